/* What must hold for every operation of the table, by loops over it. */
#include "config.h"
#include "graph/plan.h"
#include "oracle.h"
#include "samples.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

enum { SEEDS = 200, DRAWS = 10 };

/* ---- examples as graphs ---- */

/* The operands of an example as nodes: inputs, of [-1, 1), brought to the range of the sample. */
static void operands(tn_graph *g, const example *e, tn_node **in)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    double low = e->sample->low, high = e->sample->high;
    for (int i = 0; i < e->n; i++) {
        tn_node *unit = tn_input(g, names[i], g->number, e->shape[i]);
        in[i] = tn_add(g, tn_scale(g, unit, (high - low) / 2), tn_constant(g, (high + low) / 2));
    }
}

/* The gradient of y with respect to in[0..n) for a new input as the seed, which becomes in[n]; as one vector. */
static tn_node *gradient(tn_graph *g, tn_node *y, int n, tn_node **in, const char *seed)
{
    tn_node *grad[2 * MAX_OPERANDS];
    in[n] = tn_input(g, seed, tn_node_dtype(y), tn_node_shape(y));
    tn_vjp(g, y, in[n], n, in, grad);
    for (int i = 0; i < n; i++) grad[i] = tn_reshape(g, grad[i], TN_SHAPE(tn_shape_size(tn_node_shape(grad[i]))));
    return tn_concat(g, n, grad, 0);
}

/* ---- the table ---- */

START_TEST(every_operation_has_a_sample_a_description_and_a_gradient_rule)
{
    for (const tn_family *family = tn_op_families; family->title; family++)
        for (const tn_op *op = family->ops; op->name; op++) {
            ck_assert_msg(op->about != NULL, "%s has no description", op->name);
            if (op->flags & TN_OP_LEAF) continue;
            ck_assert_msg(has_sample(op->name), "%s has no sample in tests/libtensor/samples.c", op->name);
            ck_assert_msg(op->gradient || op->expand || op->flags & TN_OP_FLAT, "%s has no gradient", op->name);
        }
}
END_TEST

/* Not to a cast, as differences through float32 are too coarse, nor to detach, whose gradient is not the truth by
 * design: both have tests of their own below. */
static bool differences_apply(const example *e)
{
    return strcmp(e->sample->op, "cast") && strcmp(e->sample->op, "detach");
}

/* The values of inputs of int32, of which a sample has one at most: those that the oracle would use. */
static tn_tensor places_of(const tn_graph *g)
{
    tn_tensor t = {0};
    for (int id = 0; id < g->n_nodes; id++) {
        const tn_node *node = g->nodes[id];
        if (node->dtype != TN_I32) continue;
        int64_t size = tn_shape_size(node->shape);
        int32_t *data = calloc((size_t)size + 1, sizeof *data);
        for (int64_t i = 0; i < size; i++) data[i] = (int32_t)oracle_input(node, i);
        t = (tn_tensor){node->name, TN_I32, node->shape, data};
    }
    return t;
}

/* Gradients of that order with central differences of the order below, those with respect to what gradients are seeded
 * with included; along directions also Jacobian-vector products. */
static void check_derivatives(const example *e, int order, int directions, uint64_t seed)
{
    static const char *const seeds[] = {"s", "t"};
    if (!differences_apply(e)) return;
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *in[2 * MAX_OPERANDS];
    operands(g, e, in);
    tn_node *y = e->sample->build(g, in);
    int n = e->n;
    for (int k = 1; k < order; k++, n++) y = gradient(g, y, n, in, seeds[k - 1]);
    tn_tensor places = places_of(g);
    tn_gradcheck_config config = TN_GRADCHECK_DEFAULTS;
    config.directions = directions;
    config.seed = seed;
    config.n_values = places.data != NULL;
    config.values = &places;
    tn_error error = {0};
    double off = tn_gradcheck(g, y, n, in, config, &error);
    int64_t elements = 0;
    for (int k = 0; k < n; k++) elements += tn_shape_size(tn_node_shape(in[k]));
    if (!elements || !tn_shape_size(tn_node_shape(y))) ck_assert_int_eq(error.status, TN_EINVAL); /* compares nothing */
    else if (!(off <= config.tolerance)) ck_abort_msg("%s, order %d: %s", e->text, order, error.message);
    free((void *)places.data);
    tn_graph_free(g);
}

START_TEST(derivatives_agree_with_central_differences)
{
    example e = example_at(_i);
    tn_set_threads(1);
    for (int directions = 0; directions <= 2; directions += 2) check_derivatives(&e, 1, directions, 11);
}
END_TEST

START_TEST(derivatives_of_the_gradient_agree_with_central_differences)
{
    example e = example_at(_i);
    tn_set_threads(1);
    for (int directions = 0; directions <= 2; directions += 2) check_derivatives(&e, 2, directions, 11);
}
END_TEST

/* The example and its gradients up to that order: outputs 0 to order. */
static tn_plan *plan_derivatives(tn_graph *g, const example *e, int order, unsigned options)
{
    static const char *const seeds[] = {"s", "t"}, *const outputs[] = {"first", "second"};
    tn_error error = {0};
    tn_node *in[2 * MAX_OPERANDS];
    operands(g, e, in);
    tn_node *y = e->sample->build(g, in);
    tn_output(g, "y", y);
    for (int k = 0; k < order; k++) tn_output(g, outputs[k], y = gradient(g, y, e->n + k, in, seeds[k]));
    tn_plan *plan = tn_plan_new(g, options | TN_PLAN_SPREAD, &error);
    ck_assert_msg(plan != NULL, "%s: %s", e->text, error.message);
    return plan;
}

/* Plans with other numbers of threads than the first, or without fusion. */
static void check_bits(const example *e, tn_dtype dtype, int order)
{
    static const struct {
        int threads;
        unsigned options;
    } ways[] = {{1, 0}, {1, TN_PLAN_UNFUSED}, {2, 0}, {4, 0}};
    tn_plan *plan[4];
    tn_graph *g[4];
    for (int way = 0; way < 4; way++) {
        tn_set_threads(ways[way].threads);
        g[way] = tn_graph_new(dtype);
        plan[way] = plan_derivatives(g[way], e, order, ways[way].options);
        void **memory = oracle_bind(g[way], plan[way]);
        ck_assert_int_eq(tn_run(plan[way], NULL), TN_OK);
        for (int k = 0; k <= order; k++) {
            const tn_graph_output *o = &g[0]->outputs[k];
            size_t bytes = (size_t)tn_shape_size(o->node->shape) * tn_dtype_size(o->node->dtype);
            if (bytes && memcmp(tn_result(plan[0], o->name), tn_result(plan[way], o->name), bytes))
                ck_abort_msg("%s, %s: %s differs with %d threads%s", e->text, tn_dtype_name(dtype), o->name,
                             ways[way].threads, ways[way].options ? ", unfused" : "");
        }
        oracle_unbind(g[way], memory);
    }
    for (int way = 0; way < 4; way++) {
        tn_plan_free(plan[way]);
        tn_graph_free(g[way]);
    }
}

/* A cast is written for graphs of float64. */
static bool has_type(const sample *s, int dtype)
{
    return dtype == TN_F64 || strcmp(s->op, "cast");
}

START_TEST(fused_unfused_and_threaded_plans_give_the_same_bits)
{
    example e = example_at(_i);
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++)
        if (has_type(e.sample, dtype)) check_bits(&e, (tn_dtype)dtype, 2);
}
END_TEST

/* Sizes that the planner cuts into many pieces. */
START_TEST(large_operands_give_the_same_bits_on_any_number_of_threads)
{
    example e = example_sized(sample_at(_i), 30000);
    check_bits(&e, has_type(e.sample, TN_F32) ? TN_F32 : TN_F64, 1);
}
END_TEST

static void compare_with_oracle(const example *e, tn_dtype dtype, unsigned options)
{
    tn_graph *g = tn_graph_new(dtype);
    tn_node *in[MAX_OPERANDS], *grad[MAX_OPERANDS];
    operands(g, e, in);
    tn_node *y = e->sample->build(g, in);
    tn_vjp(g, y, tn_add(g, tn_sin(g, y), tn_constant(g, 2)), e->n, in, grad);
    tn_output(g, "y", y);
    for (int i = 0; i < e->n; i++) tn_output(g, (char[]){(char)('a' + i), 0}, grad[i]);
    oracle_check(g, options, dtype == TN_F64 ? 1e-13 : 1e-5);
    tn_graph_free(g);
}

START_TEST(the_oracle_agrees_in_both_number_types)
{
    example e = example_at(_i);
    if (!strcmp(e.sample->op, "cast")) return; /* written for graphs of float64 */
    tn_set_threads(1);
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++)
        for (unsigned options = 0; options <= TN_PLAN_UNFUSED; options++)
            compare_with_oracle(&e, (tn_dtype)dtype, options);
}
END_TEST

/* Seed _i draws operations and shapes; sizes of 0 and 1 are common. */
START_TEST(drawn_shapes_have_the_oracles_values_and_right_derivatives)
{
    tn_set_threads(1);
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        example e = example_drawn((uint64_t)_i, draw);
        if (strcmp(e.sample->op, "cast")) compare_with_oracle(&e, draw % 2 ? TN_F32 : TN_F64, 0);
        for (int order = 1; order <= 2; order++) check_derivatives(&e, order, 1, (uint64_t)_i);
    }
}
END_TEST

/* The loss is 3 cast(a) + 5 detach(a), so its gradient is 3. */
START_TEST(a_cast_passes_the_gradient_on_and_detach_does_not)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *a = tn_input(g, "a", TN_F64, TN_SHAPE(3)), *grad;
    tn_node *cast = tn_cast(g, tn_scale(g, tn_cast(g, a, TN_F32), 3), TN_F64);
    tn_node *loss = tn_sum(g, tn_add(g, cast, tn_scale(g, tn_detach(g, a), 5)), TN_ALL, false);
    tn_grad(g, loss, 1, &a, &grad);
    tn_output(g, "grad", grad);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    double *data = tn_alloc(3 * sizeof *data);
    tn_bind(plan, "a", data, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    for (int i = 0; i < 3; i++) ck_assert_double_eq(((const double *)tn_result(plan, "grad"))[i], 3);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

#ifdef TN_SMALL_TILES
enum { SMALL_TILES = 1 };
#else
enum { SMALL_TILES = 0 };
#endif

int main(void)
{
    TCase *table = tcase_create("table"), *every = tcase_create("every operation"), *drawn = tcase_create("drawn");
    tcase_set_timeout(every, 60); /* for machines with other work to do */
    tcase_set_timeout(drawn, 60);
    tcase_add_loop_test(every, the_oracle_agrees_in_both_number_types, 0, example_count());
    tcase_add_loop_test(every, fused_unfused_and_threaded_plans_give_the_same_bits, 0, example_count());
    if (!SMALL_TILES) { /* derivatives do not depend on how work is cut */
        int samples = 0;
        while (sample_at(samples)) samples++;
        tcase_add_loop_test(every, large_operands_give_the_same_bits_on_any_number_of_threads, 0, samples);
        tcase_add_test(table, every_operation_has_a_sample_a_description_and_a_gradient_rule);
        tcase_add_test(table, a_cast_passes_the_gradient_on_and_detach_does_not);
        tcase_add_loop_test(every, derivatives_agree_with_central_differences, 0, example_count());
        tcase_add_loop_test(every, derivatives_of_the_gradient_agree_with_central_differences, 0, example_count());
        tcase_add_loop_test(drawn, drawn_shapes_have_the_oracles_values_and_right_derivatives, 0, SEEDS);
    }
    return run_cases(SMALL_TILES ? "operations, small tiles" : "operations", table, every, drawn, NULL);
}
