/* Segments that gradients compute again: less memory, the same bits. Random graphs have some too
 * (check_random_graphs.c). */
#include "config.h"
#include "core/memory.h"
#include "graph/plan.h"
#include "oracle.h"
#include "plan_rules.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

static tn_plan *plan_of(tn_graph *g, unsigned options)
{
    tn_error error = {0};
    tn_plan *plan = tn_plan_new(g, options, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    return plan;
}

static int instructions(tn_graph *g, unsigned options)
{
    tn_plan *plan = plan_of(g, options | TN_PLAN_UNFUSED);
    int n = plan->n_instructions;
    tn_plan_free(plan);
    return n;
}

/* How often tn_plan_print says so. */
static int printed(const tn_plan *plan, const char *words)
{
    char *text;
    size_t length;
    int n = 0;
    FILE *stream = open_memstream(&text, &length);
    tn_plan_print(plan, stream);
    fclose(stream);
    for (const char *at = text; (at = strstr(at, words)); at++) n++;
    free(text);
    return n;
}

/* Whether all outputs are the same bits with and without keeping, fused and not, on one thread and on three; and what
 * the oracle says. */
static void check_same_bits(tn_graph *g)
{
    static const struct {
        unsigned options;
        int threads;
    } ways[] = {{TN_PLAN_KEEP, 1}, {TN_PLAN_REPEAT, 1}, {TN_PLAN_REPEAT | TN_PLAN_UNFUSED, 1},
              {TN_PLAN_REPEAT, 3}};
    tn_plan *plan[4];
    void **memory[4];
    for (int way = 0; way < 4; way++) {
        tn_set_threads(ways[way].threads);
        plan[way] = plan_of(g, ways[way].options);
        memory[way] = oracle_bind(g, plan[way]);
        ck_assert_int_eq(tn_run(plan[way], NULL), TN_OK);
        for (int i = 0; i < g->n_outputs; i++) {
            const tn_graph_output *o = &g->outputs[i];
            size_t bytes = (size_t)tn_shape_size(o->node->shape) * tn_dtype_size(o->node->dtype);
            ck_assert_msg(!memcmp(tn_result(plan[0], o->name), tn_result(plan[way], o->name), bytes),
                          "%s: other bits, options %u", o->name, ways[way].options);
        }
    }
    for (int way = 0; way < 4; way++) {
        oracle_unbind(g, memory[way]);
        tn_plan_free(plan[way]);
    }
    oracle_check(g, 0, 1e-9);
}

static tn_graph *three_sines(tn_node **x, tn_node **y)
{
    tn_graph *g = tn_graph_new(TN_F64);
    *x = tn_input(g, "x", TN_F64, TN_SHAPE(4, 4));
    *y = tn_sin(g, tn_transpose(g, tn_sin(g, tn_transpose(g, tn_sin(g, *x)))));
    return g;
}

/* ---- memory ---- */

/* 64 layers that cannot be fused, as each reads what the one before wrote in another order, in segments of 8. */
START_TEST(the_memory_of_a_deep_chain_falls_to_the_root_of_its_depth)
{
    enum { LAYERS = 64, SEGMENT = 8, SIZE = 100 };
    const double result = SIZE * SIZE * sizeof(double);
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *first = tn_input(g, "x", TN_F64, TN_SHAPE(SIZE, SIZE)), *x = first, *input = x, *grad;
    for (int i = 1; i <= LAYERS; i++) {
        x = tn_sin(g, tn_transpose(g, x));
        if (i % SEGMENT) continue;
        tn_recompute(g, x, 1, &input);
        input = x;
    }
    tn_node *loss = tn_sum(g, tn_square(g, x), TN_ALL, false);
    tn_grad(g, loss, 1, &first, &grad);
    tn_output(g, "loss", loss);
    tn_output(g, "grad", grad);
    tn_set_threads(1);
    for (unsigned options = 0; options <= TN_PLAN_UNFUSED; options++) {
        tn_plan *less = plan_of(g, options), *more = plan_of(g, options | TN_PLAN_KEEP);
        double kept = (double)tn_plan_memory(more) / result, again = (double)tn_plan_memory(less) / result;
        ck_assert_msg(kept > LAYERS && again < 2 * SEGMENT + 3, "%g results, and %g", kept, again);
        tn_plan_free(less);
        tn_plan_free(more);
    }
    check_same_bits(g);
    tn_graph_free(g);
}
END_TEST

/* The gradient of a sine reads what the sine is made of, so the one that ends a segment is not computed again. */
START_TEST(only_what_the_gradient_reads_is_computed_again)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *first = tn_input(g, "x", TN_F64, TN_SHAPE(9, 9)), *x = first, *grad;
    for (int i = 0; i < 3; i++) {
        tn_node *input = x;
        for (int k = 0; k < 4; k++) x = tn_sin(g, tn_transpose(g, x));
        tn_recompute(g, x, 1, &input);
    }
    tn_grad(g, tn_sum(g, x, TN_ALL, false), 1, &first, &grad);
    tn_output(g, "loss", tn_sum(g, x, TN_ALL, false));
    tn_output(g, "grad", grad);
    tn_plan *less = plan_of(g, TN_PLAN_UNFUSED), *more = plan_of(g, TN_PLAN_UNFUSED | TN_PLAN_KEEP);
    ck_assert_int_eq(plan_count(more, "sin"), 12);
    ck_assert_int_eq(plan_count(less, "sin"), 12 + 9);
    ck_assert_int_eq(plan_count(less, "cos"), plan_count(more, "cos"));
    ck_assert_int_eq(printed(less, " again"), instructions(g, 0) - instructions(g, TN_PLAN_KEEP));
    ck_assert_int_eq(printed(more, " again"), 0);
    tn_plan_free(less);
    tn_plan_free(more);
    tn_graph_free(g);
}
END_TEST

/* The gradient that arrives repeats the row that exp makes, and needs no memory; the copies wait for exp. */
START_TEST(copies_wait_for_gradients_that_only_repeat_something)
{
    tn_node *x, *y, *grad;
    tn_graph *g = three_sines(&x, &y);
    tn_recompute(g, y, 1, &x);
    tn_grad(g, tn_sum(g, tn_exp(g, tn_sum(g, y, TN_AXIS(0), true)), TN_ALL, false), 1, &x, &grad);
    tn_output(g, "grad", grad);
    tn_plan *plan = plan_of(g, 0);
    int arrived = -1, copies = 0;
    for (int i = 0; i < plan->n_vertices; i++)
        if (!strcmp(plan->vertices[i].node->op->name, "exp")) arrived = plan->vertices[i].stage;
    ck_assert_int_gt(arrived, 0);
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED || !tn_plan_is_late(plan, v->node)) continue;
        copies++;
        ck_assert_int_ge(v->stage, arrived);
    }
    ck_assert_int_gt(copies, 0);
    tn_plan_free(plan);
    tn_graph_free(g);
}
END_TEST

/* ---- the same results ---- */

/* A layer with every kind of place where a gradient looks: weights, results, repeats, an index, a random choice; and a
 * way around it. */
static tn_node *layer(tn_graph *g, tn_node *x, tn_node *w, const tn_sparsity *index, tn_node *step)
{
    tn_node *h = tn_tanh(g, tn_linear(g, x, tn_sin(g, w), NULL));
    h = tn_mul(g, tn_name(g, h, "hidden"), tn_softmax(g, tn_transpose(g, h), 1));
    h = tn_dropout(g, h, 0.25, (tn_random){.seed = 5, .stream = 1, .step = step});
    return tn_add(g, x, tn_exp(g, tn_gather_rows(g, index, h)));
}

/* Gradients, Jacobian- and Hessian-vector products, with respect to inputs and to nodes between inputs and output. */
static tn_graph *derivatives(const tn_sparsity *index, int orders, bool marked)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *w = tn_input(g, "w", TN_F64, TN_SHAPE(6, 6)), *x = tn_input(g, "x", TN_F64, TN_SHAPE(6, 6));
    tn_node *v = tn_input(g, "v", TN_F64, TN_SHAPE(6, 6)), *step = tn_input(g, "step", TN_I32, TN_SCALAR);
    tn_node *wrt[4] = {w, x}, *grad[4], *y = x;
    for (int i = 0; i < 3; i++) {
        tn_node *input = y;
        y = layer(g, y, w, index, step);
        for (int id = 0; id < g->n_nodes; id++)
            if (i == 1 && g->nodes[id]->name && !strcmp(g->nodes[id]->name, "hidden")) wrt[2] = g->nodes[id];
        if (marked) tn_recompute(g, y, 1, &input);
        if (i == 1) wrt[3] = y;
    }
    tn_node *value = tn_sum(g, tn_mul(g, y, tn_tanh(g, y)), TN_ALL, false);
    for (int order = 1; order <= orders; order++) {
        tn_grad(g, value, 4, wrt, grad);
        value = tn_constant(g, 0);
        for (int i = 0; i < 4; i++) {
            tn_output(g, (char[]){(char)('0' + order), (char)('a' + i), 0}, grad[i]);
            value = tn_add(g, value, tn_sum(g, tn_mul(g, tn_sin(g, grad[i]), v), TN_ALL, false));
        }
    }
    tn_output(g, "jvp", tn_jvp(g, y, 4, wrt, (tn_node *[]){v, v, v, v}));
    tn_hvp(g, tn_sum(g, tn_square(g, y), TN_ALL, false), 4, wrt, (tn_node *[]){v, v, v, v}, grad);
    for (int i = 0; i < 4; i++) tn_output(g, (char[]){'h', (char)('a' + i), 0}, grad[i]);
    return g;
}

START_TEST(derivatives_of_every_kind_and_order_are_the_same_bits)
{
    tn_sparsity *index = tn_index_new(6, 6, (const int32_t[]){3, 0, 0, 5, 2, 1}, NULL);
    tn_graph *marked = derivatives(index, 3, true), *plain = derivatives(index, 3, false);
    ck_assert_int_gt(instructions(marked, TN_PLAN_REPEAT), instructions(plain, 0));
    ck_assert_int_eq(instructions(marked, TN_PLAN_KEEP), instructions(plain, 0));
    check_same_bits(marked);
    tn_plan *plan[2] = {plan_of(marked, 0), plan_of(plain, 0)};
    void **memory[2] = {oracle_bind(marked, plan[0]), oracle_bind(plain, plan[1])};
    for (int i = 0; i < 2; i++) ck_assert_int_eq(tn_run(plan[i], NULL), TN_OK);
    for (int i = 0; i < plain->n_outputs; i++) {
        const tn_graph_output *o = &plain->outputs[i];
        size_t bytes = (size_t)tn_shape_size(o->node->shape) * sizeof(double);
        ck_assert_msg(!memcmp(tn_result(plan[0], o->name), tn_result(plan[1], o->name), bytes), "%s", o->name);
    }
    for (int i = 0; i < 2; i++) {
        oracle_unbind(i ? plain : marked, memory[i]);
        tn_plan_free(plan[i]);
    }
    tn_graph_free(marked);
    tn_graph_free(plain);
    tn_sparsity_free(index);
}
END_TEST

/* Gradients that read copies of h and k are functions of h and k, also to a check: it finds right ones right, and
 * notices that of a detached k. */
START_TEST(differences_see_through_copies)
{
    for (int detached = 0; detached < 2; detached++) {
        tn_graph *g = tn_graph_new(TN_F64);
        tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(5)), *h = tn_exp(g, x), *k = tn_sin(g, h), *grad;
        tn_node *y = tn_recompute(g, tn_tanh(g, tn_mul(g, detached ? tn_detach(g, k) : k, h)), 0, NULL);
        tn_error error = {0};
        tn_grad(g, tn_sum(g, y, TN_ALL, false), 1, &x, &grad);
        double off = tn_gradcheck(g, grad, 2, (tn_node *[]){h, k}, TN_GRADCHECK_DEFAULTS, &error);
        ck_assert_msg(detached ? off > 0.1 : off < 1e-7, "%g: %s", off, error.message);
        tn_graph_free(g);
    }
}
END_TEST

/* ---- what is not computed again ---- */

/* A recurrent network on few rows is one chain in one stage. */
START_TEST(a_plan_that_would_not_become_smaller_keeps_what_is_marked)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *w = tn_input(g, "w", TN_F32, TN_SHAPE(16, 16)), *h = tn_input(g, "h", TN_F32, TN_SHAPE(8, 16));
    tn_node *start = h, *gradient, *error = tn_constant(g, 0);
    for (int step = 1; step <= 24; step++) {
        h = tn_tanh(g, tn_linear(g, h, w, NULL));
        error = tn_add(g, error, tn_mean(g, tn_square(g, h), TN_ALL, false));
        if (step % 6 == 0) start = tn_recompute(g, h, 1, &start);
    }
    tn_grad(g, error, 1, &w, &gradient);
    tn_output(g, "gradient", gradient);
    tn_plan *plan[3] = {plan_of(g, 0), plan_of(g, TN_PLAN_KEEP), plan_of(g, TN_PLAN_REPEAT)};
    ck_assert_uint_gt(tn_plan_memory(plan[2]), tn_plan_memory(plan[1]));
    ck_assert_uint_eq(tn_plan_memory(plan[0]), tn_plan_memory(plan[1]));
    ck_assert_int_eq(plan[0]->n_instructions, plan[1]->n_instructions);
    for (int i = 0; i < 3; i++) tn_plan_free(plan[i]);
    tn_graph_free(g);
}
END_TEST

/* Tangents go the way of the values, so nothing needs to be kept for them. */
START_TEST(jacobian_vector_products_compute_nothing_again)
{
    tn_node *x, *y;
    tn_graph *g = three_sines(&x, &y);
    tn_recompute(g, y, 1, &x);
    tn_output(g, "y", y);
    tn_output(g, "jvp", tn_jvp(g, y, 1, &x, &x));
    ck_assert_int_eq(instructions(g, TN_PLAN_REPEAT), instructions(g, TN_PLAN_KEEP));
    tn_graph_free(g);
}
END_TEST

START_TEST(equal_gradients_share_what_they_compute_again)
{
    tn_node *x, *y, *grad;
    tn_graph *g = three_sines(&x, &y);
    tn_node *loss = tn_sum(g, tn_square(g, tn_recompute(g, y, 1, &x)), TN_ALL, false);
    int once = 0;
    for (int i = 0; i < 2; i++) {
        tn_grad(g, loss, 1, &x, &grad);
        tn_output(g, i ? "again" : "grad", grad);
        if (i == 0) once = instructions(g, 0);
    }
    ck_assert_int_eq(instructions(g, 0), once);
    tn_graph_free(g);
}
END_TEST

START_TEST(a_segment_ends_at_its_inputs)
{
    tn_node *x, *y;
    tn_graph *g = three_sines(&x, &y);
    tn_node *last = y->in[0], *middle = last->in[0], *before = middle->in[0];
    tn_recompute(g, y, 1, &middle);
    ck_assert_int_eq(y->segment, 1);
    ck_assert_int_eq(last->segment, 1);
    ck_assert_int_eq(middle->segment, 0);
    ck_assert_int_eq(before->segment, 0);
    tn_graph_free(g);
}
END_TEST

/* A node belongs to the segment that was marked first; inputs, parameters and what is to be kept belong to none. */
START_TEST(segments_may_overlap_and_be_empty)
{
    tn_node *x, *y, *grad;
    tn_graph *g = three_sines(&x, &y);
    tn_node *middle = y->in[0];
    ck_assert_ptr_eq(tn_recompute(g, x, 0, NULL), x);
    ck_assert_ptr_eq(tn_recompute(g, middle, 1, &middle), middle);
    ck_assert_int_eq(g->n_segments, 0);
    for (int again = 0; again < 2; again++) {
        tn_recompute(g, middle, 0, NULL);
        tn_recompute(g, y, 1, &x);
        ck_assert_int_eq(g->n_segments, 2);
    }
    ck_assert_int_eq(middle->segment, 1);
    ck_assert_int_eq(y->segment, 2);
    ck_assert_int_eq(x->segment, 0);
    tn_grad(g, tn_sum(g, y, TN_ALL, false), 1, &x, &grad);
    tn_output(g, "grad", grad);
    check_same_bits(g);
    tn_graph_free(g);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    long live = tn_live_allocations(), failures = 0;
    tn_error error = {TN_ENOMEM, ""};
    for (; error.status; failures++) {
        tn_node *x, *y, *grad;
        tn_graph *g = three_sines(&x, &y);
        error = (tn_error){0};
        tn_fail_allocation(failures, failures % 2 != 0);
        tn_recompute(g, y, 1, &x);
        tn_grad(g, tn_sum(g, y, TN_ALL, false), 1, &x, &grad);
        tn_output(g, "grad", grad);
        tn_plan *plan = tn_plan_new(g, 0, &error);
        tn_fail_allocation(-1, 0);
        ck_assert(!error.status || error.status == TN_ENOMEM);
        tn_plan_free(plan);
        tn_graph_free(g);
        ck_assert_int_eq(tn_live_allocations(), live);
    }
    ck_assert_int_gt(failures, 20);
}
END_TEST

int main(void)
{
    TCase *memory = tcase_create("memory"), *results = tcase_create("results"), *rest = tcase_create("rest");
    tcase_add_test(memory, the_memory_of_a_deep_chain_falls_to_the_root_of_its_depth);
    tcase_add_test(memory, only_what_the_gradient_reads_is_computed_again);
    tcase_add_test(memory, copies_wait_for_gradients_that_only_repeat_something);
    tcase_add_test(results, derivatives_of_every_kind_and_order_are_the_same_bits);
    tcase_add_test(results, differences_see_through_copies);
    tcase_add_test(rest, jacobian_vector_products_compute_nothing_again);
    tcase_add_test(rest, a_plan_that_would_not_become_smaller_keeps_what_is_marked);
    tcase_add_test(rest, equal_gradients_share_what_they_compute_again);
    tcase_add_test(rest, a_segment_ends_at_its_inputs);
    tcase_add_test(rest, segments_may_overlap_and_be_empty);
    tcase_add_test(rest, any_allocation_may_fail);
    return run_cases("recompute", memory, results, rest, NULL);
}
