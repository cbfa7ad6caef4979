/* Messages say where: file and line of the call, the scope, and where the operands were made, for every operation. */
#include "config.h"
#include "graph/graph.h"
#include "samples.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define SAYS(text, words) ck_assert_msg(strstr(text, words) != NULL, "\"%s\" does not say \"%s\"", text, words)

static tn_graph *new_graph(const example *e, tn_graph **operands_in, tn_node **in)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    tn_graph *g = tn_graph_new(TN_F64), *of = *operands_in ? *operands_in : g;
    for (int i = 0; i < e->n; i++) in[i] = tn_input(of, names[i], TN_F64, e->shape[i]);
    return g;
}

/* The first example of sample i. */
static example first_example(int i)
{
    int k = 0;
    while (example_at(k).sample != sample_at(i)) k++;
    return example_at(k);
}

static int samples(void)
{
    int n = 0;
    while (sample_at(n)) n++;
    return n;
}

static const char *const makers[] = {"samples.c", "own_operations.c"}; /* of the samples' nodes */

static bool is_file(const tn_node *node, const char *name)
{
    const char *file = node->origin.file;
    return file && strlen(file) >= strlen(name) && !strcmp(file + strlen(file) - strlen(name), name);
}

/* ---- every operation ---- */

START_TEST(nodes_remember_the_call_that_made_them_and_gradients_what_they_are_of)
{
    example e = first_example(_i);
    tn_node *in[MAX_OPERANDS], *grad[MAX_OPERANDS];
    tn_graph *same = NULL, *g = new_graph(&e, &same, in);
    tn_node *y = e.sample->build(g, in);
    for (int id = e.n; id < g->n_nodes; id++) {
        bool known = is_file(g->nodes[id], makers[0]) || is_file(g->nodes[id], makers[1]);
        ck_assert_msg(known, "%s", tn_node_words(g->nodes[id]).text);
        ck_assert_int_gt(g->nodes[id]->origin.line, 0);
    }
    int forward = g->n_nodes, line = __LINE__ + 1;
    tn_vjp(g, y, y, e.n, in, grad);
    for (int id = forward; id < g->n_nodes; id++) {
        const tn_origin *o = &g->nodes[id]->origin;
        if (!is_file(g->nodes[id], "own_operations.c")) { /* gradient rules of the user's have places of their own */
            ck_assert_msg(is_file(g->nodes[id], "check_places.c"), "%s", tn_node_words(g->nodes[id]).text);
            ck_assert_int_eq(o->line, line);
        }
        if (o->gradient_of) ck_assert_int_lt(o->gradient_of->id, forward);
    }
    tn_graph_free(g);
}
END_TEST

/* An operand of another graph is a mistake with every operation, at the line of its first sample. Those that read int32
 * alone have other samples. Products of many matrices are called matmul. */
START_TEST(a_mistake_names_the_place_the_operation_the_operand_and_its_place)
{
    example e = first_example(_i);
    const tn_op *op = tn_op_find(e.sample->op);
    const char *message;
    tn_node *in[MAX_OPERANDS];
    char expected[256];
    if (_i && !strcmp(sample_at(_i - 1)->op, e.sample->op)) return;
    if (op && op->flags & TN_OP_CAST && op->flags & TN_OP_FLAT) return;
    tn_graph *other = tn_graph_new(TN_F64), *g = new_graph(&e, &other, in);
    e.sample->build(g, in);
    ck_assert_int_eq(tn_graph_status(g, &message), TN_EINVAL);
    const char *file = op ? makers[0] : makers[1], *place = strstr(message, file);
    ck_assert_msg(place != NULL, "\"%s\" names no place", message);
    int line = (int)strtol(place + strlen(file) + 1, NULL, 10);
    const char *name = op && op->builder ? op->builder : e.sample->op;
    snprintf(expected, sizeof expected,
             "%s:%d: %s: input 0 belongs to another graph: input 'a' %s (check_places.c:", file, line, name,
             tn_shape_words(e.shape[0]).text);
    ck_assert_msg(!strncmp(place, expected, strlen(expected)), "\"%s\" instead of \"%s\"", message, expected);
    ck_assert_int_gt(line, 0);
    tn_graph_free(g);
    tn_graph_free(other);
}
END_TEST

/* ---- file and line ---- */

/* Two lines below each other. */
static tn_node *helper(tn_graph *g, tn_node *x, int *line)
{
    *line = __LINE__ + 1;
    x = tn_sin(g, x);
    return tn_exp(g, x);
}

/* Compilers choose the order in which they evaluate arguments. */
START_TEST(a_call_within_a_call_has_its_own_place)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3));
    int within, line = __LINE__ + 1;
    tn_node *y = tn_add(g, helper(g, x, &within), helper(g, tn_neg(g, x), &within));
    ck_assert_int_eq(y->origin.line, line);
    ck_assert_int_eq(y->in[0]->origin.line, within + 1);
    ck_assert_int_eq(y->in[0]->in[0]->origin.line, within);
    ck_assert_int_eq(y->in[1]->in[0]->in[0]->origin.line, line);
    ck_assert_int_eq(x->origin.line, line - 2);
    tn_graph_free(g);
}
END_TEST

START_TEST(functions_remain_functions)
{
    tn_node *(*sine)(tn_graph *, tn_node *) = tn_sin;
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3)), *y = sine(g, x), *z = (tn_cos)(g, x);
    ck_assert_ptr_null(y->origin.file);
    ck_assert_str_eq(tn_node_words(z).text, "cos [3]");
    tn_place(g, "somewhere/else.py", 7); /* as a wrapper of another language would */
    ck_assert_str_eq(tn_node_words(y).text, "sin [3] (else.py:7)");
    ck_assert_ptr_eq(tn_placed(z, "third.py", 8), z);
    ck_assert_str_eq(tn_node_words(z).text, "cos [3] (else.py:7)");
    tn_graph_free(g);
}
END_TEST

START_TEST(calls_that_return_nothing_have_places_too)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(4)), *parts[2];
    const char *message;
    char expected[64];
    tn_split(g, x, 0, 2, parts);
    ck_assert_int_eq(parts[1]->origin.line, __LINE__ - 1);
    tn_output(g, "y", x);
    tn_output(g, "y", x);
    snprintf(expected, sizeof expected, "check_places.c:%d: output y: the name is taken by input 'x'", __LINE__ - 1);
    tn_graph_status(g, &message);
    SAYS(message, expected);
    tn_sin(g, x); /* the place of the error stays */
    SAYS(message, expected);
    tn_graph_free(g);
}
END_TEST

/* ---- scopes and gradients ---- */

START_TEST(scopes_lie_within_scopes_and_gradients_belong_to_them)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3)), *grad;
    tn_scope(g, "model");
    tn_scope(g, "layer");
    tn_node *y = tn_sin(g, x);
    tn_scope_end(g);
    tn_node *z = tn_sum(g, y, TN_ALL, false);
    tn_scope_end(g);
    tn_scope(g, "model");
    tn_node *again = tn_cos(g, x);
    tn_scope_end(g);
    tn_grad(g, z, 1, &x, &grad);
    ck_assert_ptr_null(x->origin.scope);
    ck_assert_str_eq(y->origin.scope->path, "model/layer");
    ck_assert_str_eq(z->origin.scope->path, "model");
    ck_assert_ptr_eq(again->origin.scope, z->origin.scope);
    ck_assert_str_eq(grad->origin.scope->path, "model/layer");
    ck_assert_ptr_eq(grad->origin.gradient_of, y);
    SAYS(tn_node_words(y).text, " in model/layer)");
    SAYS(tn_node_words(grad).text, " in model/layer for the gradient of sin [3] at check_places.c:");
    tn_graph_free(g);
}
END_TEST

START_TEST(mistakes_in_a_scope_or_a_gradient_say_so)
{
    const char *message;
    for (int which = 0; which < 4; which++) {
        tn_graph *g = tn_graph_new(TN_F32);
        tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3, 4));
        tn_scope(g, "encoder");
        switch (which) {
        case 0: tn_transpose(g, tn_sum(g, x, TN_AXIS(0), false)); break;
        case 1: tn_mean(g, x, TN_AXIS(2), false); break;
        case 2: tn_scope(g, ""); break;
        default: tn_scope_end(g), tn_scope_end(g);
        }
        static const char *const expected[] = {
            ": in encoder: transpose: sum [4] (check_places.c:", ": in encoder: mean: sum: input 'x' [3, 4] (",
            ": in encoder: tn_scope: a scope wants a name", ": tn_scope_end: no scope is open",
        };
        tn_graph_status(g, &message);
        SAYS(message, expected[which]);
        SAYS(message, "check_places.c:");
        tn_graph_free(g);
    }
}
END_TEST

/* The root of 0 is 0, and its derivative infinite. */
START_TEST(a_checking_plan_says_whose_gradient_is_not_finite)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(3)), *grad;
    tn_node *y = tn_name(g, tn_pow(g, x, tn_constant(g, 0.5)), "root");
    char expected[64];
    snprintf(expected, sizeof expected, "for the gradient of pow 'root' [3] at check_places.c:%d)", __LINE__ - 2);
    tn_grad(g, tn_sum(g, y, TN_ALL, false), 1, &x, &grad);
    tn_output(g, "grad", grad);
    tn_error error = {0};
    tn_plan *plan = tn_plan_new(g, TN_PLAN_CHECK, NULL);
    double *data = tn_alloc(3 * sizeof *data);
    tn_bind(plan, "x", data, NULL);
    ck_assert_int_eq(tn_run(plan, &error), TN_ENUMERIC);
    SAYS(error.message, expected);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

int main(void)
{
    TCase *every = tcase_create("every operation"), *places = tcase_create("places");
    tcase_add_loop_test(every, nodes_remember_the_call_that_made_them_and_gradients_what_they_are_of, 0, samples());
    tcase_add_loop_test(every, a_mistake_names_the_place_the_operation_the_operand_and_its_place, 0, samples());
    tcase_add_test(places, a_call_within_a_call_has_its_own_place);
    tcase_add_test(places, functions_remain_functions);
    tcase_add_test(places, calls_that_return_nothing_have_places_too);
    tcase_add_test(places, scopes_lie_within_scopes_and_gradients_belong_to_them);
    tcase_add_test(places, mistakes_in_a_scope_or_a_gradient_say_so);
    tcase_add_test(places, a_checking_plan_says_whose_gradient_is_not_finite);
    return run_cases("places", every, places, NULL);
}
