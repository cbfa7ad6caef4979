/* Unusual graphs that must work: anything as an output, gradients of every kind, extreme shapes. Each is planned in
 * every way and compared with the oracle. */
#include "config.h"
#include "graph/graph.h"
#include "oracle.h"
#include "testing.h"

#include <string.h>

static tn_params *three_params(tn_dtype dtype)
{
    tn_params *params = tn_params_new(dtype, 3);
    tn_params_add(params, "a", TN_SHAPE(3, 4), (tn_init){TN_INIT_UNIFORM, -1, 1}, 0);
    tn_params_add(params, "b", TN_SHAPE(3, 4), (tn_init){TN_INIT_NORMAL, 0, 1}, 1);
    tn_params_add(params, "c", TN_SCALAR, (tn_init){TN_INIT_CONSTANT, 0.25, 0}, 0);
    return params;
}

static void check_in_every_way(tn_graph *g)
{
    static const unsigned options[] = {0, TN_PLAN_UNFUSED, TN_PLAN_CHECK};
    const char *message;
    ck_assert_msg(tn_graph_status(g, &message) == TN_OK, "%s", message);
    for (int i = 0; i < 3; i++) oracle_check(g, options[i], 1e-12);
}

START_TEST(anything_may_be_an_output)
{
    tn_params *params = three_params(TN_F64);
    tn_params_seal(params, NULL);
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(3, 4)), *a = tn_param(g, params, "a"), *y = tn_sin(g, x);
    tn_output(g, "input", x);
    tn_output(g, "input again", x);
    tn_output(g, "integers", tn_input(g, "i", TN_I32, TN_SHAPE(5)));
    tn_output(g, "parameter", a);
    tn_output(g, "number", tn_constant(g, 1.5));
    tn_output(g, "same number", tn_constant(g, 1.5));
    tn_output(g, "full", tn_full(g, TN_SHAPE(2, 3), 2.5));
    tn_output(g, "reshape", tn_reshape(g, x, TN_SHAPE(12)));
    tn_output(g, "rows", tn_slice(g, x, 0, 1, 2));
    tn_output(g, "rows of rows", tn_reshape(g, tn_slice(g, tn_slice(g, y, 0, 1, 2), 0, 1, 1), TN_SHAPE(2, 2)));
    tn_output(g, "columns", tn_slice(g, x, 1, 1, 2));
    tn_output(g, "no rows", tn_slice(g, x, 0, 3, 0));
    tn_output(g, "repeated", tn_broadcast(g, x, TN_SHAPE(2, 3, 4)));
    tn_output(g, "repeated and used", tn_broadcast(g, tn_slice(g, x, 1, 0, 1), TN_SHAPE(3, 4)));
    tn_output(g, "used", tn_add(g, y, tn_slice(g, x, 1, 0, 1)));
    tn_output(g, "computed", y);
    tn_output(g, "computed again", y);
    tn_output(g, "twin", tn_sin(g, x));
    tn_output(g, "view of computed", tn_reshape(g, y, TN_SHAPE(4, 3)));
    tn_output(g, "detached", tn_detach(g, y));
    check_in_every_way(g);
    tn_graph_free(g);
    tn_params_free(params);
}
END_TEST

/* Losses of a, b (both [3, 4]) and c, with gradients of every unusual kind. */
#define LOSS(name, expression)                                                                                         \
    static tn_node *name(tn_graph *g, tn_node *a, tn_node *b, tn_node *c, tn_node *x)                                  \
    {                                                                                                                  \
        (void)g, (void)a, (void)b, (void)c, (void)x;                                                                   \
        return expression;                                                                                             \
    }
#define SUM(node) tn_sum(g, node, TN_ALL, false)
LOSS(uses_nothing, SUM(x))
LOSS(uses_one, SUM(tn_square(g, a)))
LOSS(uses_one_twice, SUM(tn_mul(g, a, tn_sin(g, a))))
LOSS(gradient_is_an_input, SUM(tn_mul(g, a, x)))
LOSS(gradient_is_a_parameter, SUM(tn_mul(g, a, b)))
LOSS(gradient_is_a_number, c)
LOSS(gradient_is_ones, SUM(a))
LOSS(same_gradient_for_two, SUM(tn_square(g, tn_add(g, a, b))))
LOSS(gradient_is_a_reshape, SUM(tn_mul(g, tn_reshape(g, a, TN_SHAPE(12)), tn_reshape(g, tn_exp(g, b), TN_SHAPE(12)))))
LOSS(gradient_is_a_slice, SUM(tn_mul(g, tn_concat(g, 2, (tn_node *[]){b, a}, 0),
                                     tn_concat(g, 2, (tn_node *[]){tn_sin(g, x), tn_sin(g, x)}, 0))))
LOSS(through_reshape_and_slice, SUM(tn_slice(g, tn_reshape(g, a, TN_SHAPE(2, 6)), 1, 1, 3)))
LOSS(through_broadcast, SUM(tn_mul(g, tn_broadcast(g, c, TN_SHAPE(3, 4)), x)))
LOSS(detached, SUM(tn_mul(g, tn_detach(g, a), b)))
LOSS(only_detached, SUM(tn_detach(g, a)))
LOSS(only_flat, SUM(tn_add(g, tn_sign(g, a), tn_where_positive(g, x, b))))

static const struct {
    const char *name;
    tn_node *(*loss)(tn_graph *g, tn_node *a, tn_node *b, tn_node *c, tn_node *x);
} losses[] = {
#define ROW(loss) {#loss, loss}
    ROW(uses_nothing), ROW(uses_one), ROW(uses_one_twice), ROW(gradient_is_an_input), ROW(gradient_is_a_parameter),
    ROW(gradient_is_a_number), ROW(gradient_is_ones), ROW(same_gradient_for_two), ROW(gradient_is_a_reshape),
    ROW(gradient_is_a_slice), ROW(through_reshape_and_slice), ROW(through_broadcast), ROW(detached), ROW(only_detached),
    ROW(only_flat),
#undef ROW
};

START_TEST(gradients_of_parameters_are_right_however_they_are_used)
{
    tn_set_threads(1);
    for (unsigned options = 0; options <= TN_PLAN_UNFUSED; options++)
        for (int read_too = 0; read_too < 3; read_too++) { /* the gradients are outputs too: declared before or after */
            tn_params *params = three_params(TN_F64);
            tn_params_seal(params, NULL);
            tn_graph *g = tn_graph_new(TN_F64);
            tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(3, 4)), *p[3], *grad[3];
            for (int i = 0; i < 3; i++) p[i] = tn_param(g, params, tn_params_at(params, i).name);
            tn_node *loss = losses[_i].loss(g, p[0], p[1], p[2], x);
            tn_output(g, "loss", loss);
            if (read_too == 2) tn_params_grad(g, loss, params);
            tn_grad(g, loss, 3, p, grad);
            for (int i = 0; i < 3 && read_too; i++) tn_output(g, tn_params_at(params, i).name, grad[i]);
            if (read_too < 2) tn_params_grad(g, loss, params);
            for (int i = 0; i < 3; i++) memset(tn_params_at(params, i).grad, 0x55, i < 2 ? 12 * 8 : 8); /* stale */
            oracle_check(g, options, 1e-12);

            /* a is detached in "detached", everything in "only ...": differences do not know of that */
            int detached = strstr(losses[_i].name, "only") ? 3 : !strcmp(losses[_i].name, "detached");
            tn_error error = {0};
            if (detached < 3) tn_gradcheck(g, loss, 3 - detached, p + detached, TN_GRADCHECK_DEFAULTS, &error);
            ck_assert_msg(error.status == TN_OK, "%s: %s", losses[_i].name, error.message);
            for (int i = 0; i < detached; i++)
                for (int64_t k = 0; k < tn_shape_size(tn_params_at(params, i).shape); k++)
                    ck_assert_double_eq(((const double *)tn_params_at(params, i).grad)[k], 0);
            tn_graph_free(g);
            tn_params_free(params);
        }
}
END_TEST

/* A parameter that a graph does not mention gets a gradient of zeros all the same. */
START_TEST(a_parameter_the_graph_does_not_use_has_gradient_zero)
{
    tn_params *params = three_params(TN_F32);
    tn_params_seal(params, NULL);
    tn_graph *g = tn_graph_new(TN_F32);
    tn_params_grad(g, tn_sum(g, tn_square(g, tn_param(g, params, "a")), TN_ALL, false), params);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    float *b = tn_params_gradient(params, "b"), *c = tn_params_gradient(params, "c");
    b[7] = 3;
    *c = 4;
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    ck_assert_float_eq(b[7], 0);
    ck_assert_float_eq(*c, 0);
    ck_assert_float_eq(((float *)tn_params_gradient(params, "a"))[3], 2 * ((float *)tn_params_data(params, "a"))[3]);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_params_free(params);
}
END_TEST

/* Of zeros, and of the largest of equals. */
START_TEST(derivatives_at_kinks_are_what_they_are_said_to_be)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(4)), *one = tn_full(g, TN_SHAPE(4), 1), *grad;
    const struct {
        tn_node *y;
        double derivative;
    } kinks[] = {
        {tn_relu(g, x), 0},
        {tn_abs(g, x), 0},
        {tn_sqrt(g, x), 0},
        {tn_sqrt(g, tn_square(g, x)), 0},
        {tn_norm2(g, x, TN_ALL, false), 0},
        {tn_norm1(g, x, TN_ALL, false), 0},
        {tn_sign(g, x), 0},
        {tn_equal(g, x, x), 0},
        {tn_max(g, x, TN_ALL, false), 0.25},
        {tn_div_no_nan(g, one, x), 0},
        {tn_div_no_nan(g, x, tn_detach(g, x)), 0},
        {tn_where_positive(g, x, x), 0},
        {tn_where_positive(g, one, x), 0},
        {tn_where_positive(g, x, one), 1},
    };
    enum { N = sizeof kinks / sizeof *kinks };
    for (int i = 0; i < N; i++) {
        tn_grad(g, tn_sum(g, kinks[i].y, TN_ALL, false), 1, &x, &grad);
        tn_output(g, (char[]){(char)('a' + i), 0}, grad);
    }
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    double *zeros = tn_alloc(4 * sizeof *zeros);
    tn_bind(plan, "x", zeros, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 4; k++)
            ck_assert_msg(((const double *)tn_result(plan, (char[]){(char)('a' + i), 0}))[k] == kinks[i].derivative,
                          "kink %d", i);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(zeros);
}
END_TEST

/* Parameters of float32 in a graph that computes in float64, and the other way round. */
START_TEST(number_types_may_be_mixed_by_casts)
{
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++) {
        tn_params *params = three_params((tn_dtype)dtype);
        tn_params_seal(params, NULL);
        tn_graph *g = tn_graph_new(dtype == TN_F32 ? TN_F64 : TN_F32);
        tn_node *a = tn_param(g, params, "a"), *x = tn_input(g, "x", g->number, TN_SHAPE(3, 4));
        tn_node *y = tn_mul(g, tn_sin(g, tn_cast(g, a, g->number)), x), *loss = tn_sum(g, y, TN_ALL, false), *grad;
        tn_grad(g, tn_cast(g, loss, (tn_dtype)dtype), 1, &x, &grad);
        ck_assert_int_eq(tn_node_dtype(grad), g->number);
        tn_output(g, "grad", grad);
        tn_output(g, "y", y);
        tn_params_grad(g, loss, params);
        for (unsigned options = 0; options <= TN_PLAN_UNFUSED; options++) oracle_check(g, options, 1e-6);
        tn_graph_free(g);
        tn_params_free(params);
    }
}
END_TEST

START_TEST(gradients_may_go_to_several_parameter_sets)
{
    tn_params *params[2] = {three_params(TN_F64), three_params(TN_F64)};
    tn_graph *g = tn_graph_new(TN_F64);
    for (int i = 0; i < 2; i++) tn_params_seal(params[i], NULL);
    tn_node *a = tn_param(g, params[0], "a"), *b = tn_param(g, params[1], "a");
    ck_assert_ptr_ne(a, b);
    tn_node *loss = tn_sum(g, tn_mul(g, tn_sin(g, a), tn_exp(g, b)), TN_ALL, false);
    for (int i = 0; i < 2; i++) tn_params_grad(g, loss, params[i]);
    check_in_every_way(g);
    tn_graph_free(g);
    for (int i = 0; i < 2; i++) tn_params_free(params[i]);
}
END_TEST

/* The gradient of a node with respect to itself, to what it does not depend on, and to a node on the way; with a seed.
 */
START_TEST(gradients_to_any_node_are_right)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(3, 4)), *z = tn_input(g, "z", TN_F64, TN_SHAPE(2));
    tn_node *h = tn_exp(g, x), *y = tn_sum(g, tn_square(g, h), TN_ALL, false), *later = tn_square(g, y), *grad[6];
    tn_grad(g, y, 6, (tn_node *[]){x, x, h, y, z, later}, grad);
    tn_node *two_h = tn_scale(g, h, 2);
    tn_output(g, "to x", tn_sub(g, grad[0], tn_mul(g, two_h, h)));
    tn_output(g, "to x again", tn_sub(g, grad[1], tn_mul(g, two_h, h)));
    tn_output(g, "to h", tn_sub(g, grad[2], two_h));
    tn_output(g, "to y", tn_sub(g, grad[3], tn_constant(g, 1)));
    tn_output(g, "to z", grad[4]);
    tn_output(g, "to later", grad[5]);
    tn_node *jump = tn_sign(g, x), *seeded[2];
    tn_vjp(g, jump, h, 2, (tn_node *[]){x, jump}, seeded);
    tn_output(g, "flat", seeded[0]);
    tn_output(g, "seed", tn_sub(g, seeded[1], h));
    check_in_every_way(g);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    void **memory = oracle_bind(g, plan);
    tn_run(plan, NULL);
    for (int i = 0; i < g->n_outputs; i++) /* all of them differences from what is right */
        for (int64_t k = 0; k < tn_shape_size(g->outputs[i].node->shape); k++)
            ck_assert_double_eq_tol(((const double *)tn_result(plan, g->outputs[i].name))[k], 0, 1e-12);
    oracle_unbind(g, memory);
    tn_plan_free(plan);
    tn_graph_free(g);
}
END_TEST

/* ---- extreme shapes ---- */

static void output_all(tn_graph *g, int n, tn_node *const *nodes)
{
    for (int i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "out %d", i);
        tn_output(g, name, nodes[i]);
    }
}

START_TEST(empty_tensors_work_everywhere)
{
    tn_sparsity *none = tn_sparsity_new(0, 3, 0, NULL, NULL, NULL), *empty = tn_sparsity_new(4, 0, 0, NULL, NULL, NULL);
    tn_sparsity *no_rows = tn_index_new(0, 3, NULL, NULL);
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(0, 3)), *w = tn_input(g, "w", TN_F64, TN_SHAPE(5, 3));
    tn_node *b = tn_input(g, "b", TN_F64, TN_SHAPE(5)), *t = tn_transpose(g, x),
            *e = tn_input(g, "e", TN_F64, TN_SHAPE(0));
    tn_node *full = tn_input(g, "full", TN_F64, TN_SHAPE(3, 3));
    tn_node *out[] = {
        tn_relu(g, tn_linear(g, x, w, b)),
        tn_matmul(g, t, x), /* [3, 0] [0, 3]: zeros */
        tn_matmul(g, x, t),
        tn_linear(g, t, tn_input(g, "thin", TN_F64, TN_SHAPE(2, 0)), tn_slice(g, b, 0, 0, 2)),
        tn_sum(g, x, TN_AXIS(0), false),
        tn_sum(g, x, TN_AXIS(1), false),
        tn_sum(g, x, TN_ALL, false),
        tn_norm2(g, x, TN_ALL, false),
        tn_mean(g, t, TN_AXIS(0), true),
        tn_concat(g, 3, (tn_node *[]){x, full, x}, 0),
        tn_concat(g, 2, (tn_node *[]){t, full}, 1),
        tn_slice(g, full, 1, 3, 0),
        tn_reshape(g, x, TN_SHAPE(3, 0, 7)),
        tn_broadcast(g, tn_slice(g, full, 0, 0, 1), TN_SHAPE(0, 3)),
        tn_add(g, x, tn_constant(g, 1)),
        tn_mul(g, tn_reshape(g, x, TN_SHAPE(0, 1, 3)), tn_full(g, TN_SHAPE(4, 3), 2)),
        tn_spmm(g, none, e, full),
        tn_spmm_t(g, none, e, x),
        tn_sddmm(g, none, x, full),
        tn_spmm(g, empty, e, x),
        tn_gather_rows(g, no_rows, full),
        tn_segment_sum(g, no_rows, x),
        tn_cast(g, tn_cast(g, x, TN_F32), TN_F64),
    };
    enum { N = sizeof out / sizeof *out };
    output_all(g, N, out);
    tn_node *loss = tn_constant(g, 0), *wrt[] = {x, w, b, e, full}, *grad[5];
    for (int i = 0; i < N; i++) loss = tn_add(g, loss, tn_sum(g, tn_square(g, out[i]), TN_ALL, false));
    tn_grad(g, loss, 5, wrt, grad);
    for (int i = 0; i < 5; i++) tn_output(g, (char[]){(char)('a' + i), 0}, grad[i]);
    check_in_every_way(g);
    tn_graph_free(g);
    g = tn_graph_new(TN_F64); /* not finite, as in NumPy */
    x = tn_input(g, "x", TN_F64, TN_SHAPE(2, 0));
    output_all(g, 2, (tn_node *[]){tn_max(g, x, TN_AXIS(1), false), tn_mean(g, x, TN_ALL, false)});
    oracle_check(g, 0, 0);
    oracle_check(g, TN_PLAN_UNFUSED, 0);
    tn_graph_free(g);
    tn_sparsity_free(none);
    tn_sparsity_free(empty);
    tn_sparsity_free(no_rows);
}
END_TEST

START_TEST(graphs_of_scalars_and_graphs_of_nothing_work)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    ck_assert_ptr_null(tn_result(plan, "y"));
    tn_plan_free(plan);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SCALAR), *y = tn_sin(g, tn_mul(g, x, tn_constant(g, 3))), *grad, *second;
    tn_grad(g, y, 1, &x, &grad);
    tn_grad(g, grad, 1, &x, &second);
    tn_output(g, "max", tn_max(g, x, TN_ALL, true));
    tn_output(g, "sum", tn_sum(g, tn_sum(g, x, 0, false), TN_ALL, false));
    tn_output(g, "as matrix", tn_reshape(g, y, TN_SHAPE(1, 1, 1)));
    tn_output(g, "y", y);
    tn_output(g, "second", second);
    tn_output(g, "minus nine y", tn_scale(g, y, -9));
    check_in_every_way(g);
    tn_graph_free(g);
}
END_TEST

START_TEST(a_vector_is_multiplied_as_a_row)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(3)), *row = tn_unsqueeze(g, x, 0);
    tn_node *a = tn_input(g, "a", TN_F64, TN_SHAPE(2, 3)), *b = tn_input(g, "b", TN_F64, TN_SHAPE(2));
    tn_node *of[] = {tn_matmul(g, x, tn_transpose(g, a)), tn_matmul(g, row, tn_transpose(g, a)),
                     tn_linear(g, x, a, NULL), tn_linear(g, row, a, NULL), tn_linear(g, x, a, b),
                     tn_linear(g, row, a, b)};
    for (int i = 0; i < 6; i += 2) {
        tn_error error = {0};
        ck_assert(tn_shape_equal(tn_node_shape(of[i]), TN_SHAPE(2)));
        tn_node *both = tn_sub(g, of[i], tn_reshape(g, of[i + 1], TN_SHAPE(2)));
        tn_output(g, (char[]){(char)('0' + i), 0}, both);
        tn_gradcheck(g, of[i], i < 4 ? 2 : 3, (tn_node *[]){x, a, b}, TN_GRADCHECK_DEFAULTS, &error);
        ck_assert_msg(!error.status, "%s", error.message);
    }
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    double *numbers = tn_alloc(6 * sizeof *numbers);
    for (int i = 0; i < 6; i++) numbers[i] = i + 1;
    for (int i = 0; i < 3; i++) tn_bind(plan, (const char *[]){"x", "a", "b"}[i], numbers, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    for (int i = 0; i < 6; i += 2) {
        const double *difference = tn_result(plan, (char[]){(char)('0' + i), 0});
        ck_assert(difference[0] == 0 && difference[1] == 0);
    }
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(numbers);
}
END_TEST

START_TEST(six_axes_work)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(2, 3, 1, 2, 3, 4));
    tn_node *y = tn_input(g, "y", TN_F64, TN_SHAPE(3, 2, 1, 1, 4));
    tn_node *z = tn_mul(g, tn_add(g, x, y), tn_input(g, "u", TN_F64, TN_SHAPE(2, 1, 1, 1, 1, 1)));
    tn_node *out[24] = {z, tn_matmul(g, z, tn_input(g, "w", TN_F64, TN_SHAPE(4, 5))), tn_transpose(g, z)};
    int n = 3;
    for (unsigned axes = 0; axes < 63; axes += 9) {
        out[n++] = tn_sum(g, z, axes, axes & 1);
        out[n++] = tn_norm2(g, z, axes ^ 5, axes & 2);
    }
    for (int axis = 0; axis < 6; axis++) {
        tn_node *part = tn_slice(g, z, axis, 1, tn_node_shape(z).dim[axis] - 1);
        if (n < 24) out[n++] = tn_concat(g, 2, (tn_node *[]){part, tn_sin(g, z)}, axis);
    }
    output_all(g, n, out);
    tn_node *loss = tn_constant(g, 0), *wrt[] = {x, y}, *grad[2];
    for (int i = 0; i < n; i++) loss = tn_add(g, loss, tn_mean(g, tn_square(g, out[i]), TN_ALL, false));
    tn_grad(g, loss, 2, wrt, grad);
    tn_output(g, "dx", grad[0]);
    tn_output(g, "dy", grad[1]);
    check_in_every_way(g);
    tn_graph_free(g);
}
END_TEST

START_TEST(integers_can_be_cast_and_joins_may_have_many_parts)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *i = tn_input(g, "i", TN_I32, TN_SHAPE(9, 2)), *parts[300], *grad;
    tn_output(g, "double", tn_cast(g, i, TN_F64));
    tn_output(g, "single", tn_cast(g, i, TN_F32));
    for (int k = 0; k < 40; k++)
        parts[k] = tn_scale(g, tn_input(g, (char[]){(char)(k + 1), 0}, TN_F64, TN_SHAPE(2, k % 3)), k);
    for (int n = 1; n <= 40; n += 13) {
        tn_node *joined = tn_concat(g, n, parts, 1);
        tn_grad(g, tn_sum(g, tn_square(g, joined), TN_ALL, false), 1, &parts[n - 1], &grad);
        tn_output(g, (char[]){'j', (char)(n + 1), 0}, joined);
        tn_output(g, (char[]){'g', (char)(n + 1), 0}, grad);
    }
    for (int k = 0; k < 300; k++) parts[k] = parts[k % 40];
    tn_output(g, "many", tn_concat(g, 300, parts, 1));
    check_in_every_way(g);
    tn_graph_free(g);
}
END_TEST

int main(void)
{
    TCase *outputs = tcase_create("outputs and gradients"), *shapes = tcase_create("extreme shapes");
    tcase_add_test(outputs, anything_may_be_an_output);
    tcase_add_loop_test(outputs, gradients_of_parameters_are_right_however_they_are_used, 0,
                        (int)(sizeof losses / sizeof *losses));
    tcase_add_test(outputs, a_parameter_the_graph_does_not_use_has_gradient_zero);
    tcase_add_test(outputs, derivatives_at_kinks_are_what_they_are_said_to_be);
    tcase_add_test(outputs, number_types_may_be_mixed_by_casts);
    tcase_add_test(outputs, gradients_may_go_to_several_parameter_sets);
    tcase_add_test(outputs, gradients_to_any_node_are_right);
    tcase_add_test(shapes, empty_tensors_work_everywhere);
    tcase_add_test(shapes, graphs_of_scalars_and_graphs_of_nothing_work);
    tcase_add_test(shapes, a_vector_is_multiplied_as_a_row);
    tcase_add_test(shapes, six_axes_work);
    tcase_add_test(shapes, integers_can_be_cast_and_joins_may_have_many_parts);
    return run_cases("graphs", outputs, shapes, NULL);
}
