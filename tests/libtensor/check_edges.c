/* Values and derivatives where formulas break: kinks, infinities, empty segments, probabilities of 0. */
#include "config.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <string.h>

/* ---- functions of one number: value, derivative and second derivative ---- */

#define OF(name, expression)                                                                                           \
    static tn_node *name(tn_graph *g, tn_node *x) { return expression; }
#define NUMBER(value) tn_constant(g, value)
OF(leaky_relu, tn_leaky_relu(g, x, 0.3))
OF(elu, tn_elu(g, x, 1.5))
OF(clip, tn_clip(g, x, -0.5, 2))
OF(clip_below, tn_clip(g, x, -INFINITY, 2))
OF(power_2, tn_pow(g, x, NUMBER(2)))
OF(power_1, tn_pow(g, x, NUMBER(1)))
OF(power_0, tn_pow(g, x, NUMBER(0)))
OF(power_3, tn_pow(g, x, NUMBER(3)))
OF(exponent_of_0, tn_pow(g, NUMBER(0), x))
OF(exponent_of_2, tn_pow(g, NUMBER(2), x))
OF(larger_than_1, tn_maximum(g, x, NUMBER(1)))
OF(smaller_than_1, tn_minimum(g, NUMBER(1), x))
OF(where_less, tn_where(g, tn_less(g, x, NUMBER(1)), tn_square(g, x), tn_log(g, x)))
OF(log1p_of_square, tn_log1p(g, tn_square(g, x)))
OF(product_with_0, tn_prod(g, tn_stack(g, 3, (tn_node *[]){x, x, tn_add(g, x, NUMBER(1))}, 0), TN_AXIS(0), false))
OF(missed, tn_scale(g, tn_binary_cross_entropy(g, x, tn_full(g, tn_node_shape(x), 1)), 1))
OF(found, tn_scale(g, tn_binary_cross_entropy(g, tn_neg(g, x), tn_full(g, tn_node_shape(x), 0)), 1))

static const struct {
    const char *name;
    tn_node *(*of)(tn_graph *g, tn_node *x);
    double x, y[3]; /* value, first and second derivative */
} points[] = {
    {"leaky_relu", leaky_relu, 2, {2, 1, 0}},
    {"leaky_relu", leaky_relu, 0, {0, 0.3, 0}},
    {"leaky_relu", leaky_relu, -2, {-0.6, 0.3, 0}},
    {"elu", elu, 1000, {1000, 1, 0}},
    {"elu", elu, 0, {0, 1.5, 1.5}},
    {"elu", elu, -1000, {-1.5, 0, 0}},
    {"gelu", tn_gelu, 50, {50, 1, 0}},
    {"gelu", tn_gelu, 0, {0, 0.5, 0.79788456080286535588}},
    {"gelu", tn_gelu, -50, {0, 0, 0}},
    {"silu", tn_silu, 800, {800, 1, 0}},
    {"silu", tn_silu, -800, {0, 0, 0}},
    {"clip", clip, 2, {2, 1, 0}},
    {"clip", clip, -0.5, {-0.5, 1, 0}},
    {"clip", clip, INFINITY, {2, 0, 0}},
    {"clip", clip, -7, {-0.5, 0, 0}},
    {"clip below", clip_below, -1e300, {-1e300, 1, 0}},
    {"x^2", power_2, 0, {0, 0, 2}},
    {"x^1", power_1, 0, {0, 1, 0}},
    {"x^0", power_0, 0, {1, 0, 0}},
    {"x^3", power_3, -2, {-8, 12, -12}},
    {"x^3", power_3, 0, {0, 0, 0}},
    {"0^x", exponent_of_0, 1.5, {0, 0, 0}},
    {"0^x", exponent_of_0, -1, {INFINITY, 0, 0}},
    {"2^x", exponent_of_2, 0, {1, M_LN2, M_LN2 *M_LN2}},
    {"max(x, 1)", larger_than_1, 1, {1, 0.5, 0}},
    {"max(x, 1)", larger_than_1, 3, {3, 1, 0}},
    {"min(1, x)", smaller_than_1, 1, {1, 0.5, 0}},
    {"min(1, x)", smaller_than_1, INFINITY, {1, 0, 0}},
    {"where", where_less, -3, {9, -6, 2}},
    {"where", where_less, 1, {0, 1, -1}},
    {"log1p(x^2)", log1p_of_square, 1e-20, {1e-40, 2e-20, 2}},
    {"x x (x + 1)", product_with_0, 0, {0, 0, 2}},
    {"binary_cross_entropy", missed, 1000, {0, 0, 0}},
    {"binary_cross_entropy", missed, 0, {M_LN2, -0.5, 0.25}},
    {"binary_cross_entropy", missed, -1000, {1000, -1, 0}},
    {"binary_cross_entropy", found, 40, {4.248354255291589e-18, -4.248354255291589e-18, 4.248354255291589e-18}},
};

static bool near(double found, double expected)
{
    return found == expected || fabs(found - expected) <= 4e-15 * fabs(expected);
}

START_TEST(functions_have_their_values_and_derivatives_at_the_edges)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(1)), *y[3] = {points[_i].of(g, x)};
    for (int k = 0; k < 2; k++) tn_grad(g, tn_sum(g, y[k], TN_ALL, false), 1, &x, &y[k + 1]);
    for (int k = 0; k < 3; k++) tn_output(g, (char[]){(char)('0' + k), 0}, y[k]);
    tn_error error = {0};
    tn_plan *plan = tn_plan_new(g, 0, &error);
    ck_assert_msg(plan != NULL, "%s: %s", points[_i].name, error.message);
    double *data = tn_alloc(sizeof *data);
    *data = points[_i].x;
    tn_bind(plan, "x", data, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    for (int k = 0; k < 3; k++) {
        double value = *(const double *)tn_result(plan, (char[]){(char)('0' + k), 0});
        ck_assert_msg(near(value, points[_i].y[k]), "%s at %g: derivative %d is %.17g, not %.17g", points[_i].name,
                      points[_i].x, k, value, points[_i].y[k]);
    }
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

/* ---- functions of a few numbers: value and gradient of the sum of 1 y_0 + 2 y_1 + ... ---- */

enum { FEW = 4 };

OF(sum_of_exponentials, tn_logsumexp(g, x, TN_ALL, true))
OF(shares, tn_softmax(g, x, 0))
OF(place_of_largest, tn_argmax(g, x, 0))
OF(without_gradient, tn_logsumexp(g, tn_detach(g, x), TN_ALL, true))
OF(log_shares, tn_log_softmax(g, x, 0))

/* Two rows of two logits. */
static tn_node *entropy(tn_graph *g, tn_node *x)
{
    tn_node *class = tn_input(g, "class", TN_I32, TN_SHAPE(2));
    return tn_cross_entropy(g, tn_reshape(g, x, TN_SHAPE(2, 2)), class);
}

static tn_sparsity *rows; /* of four entries in three rows, the second without any */
OF(edge_softmax, tn_edge_softmax(g, rows, x))
OF(edge_max, tn_edge_max(g, rows, x, TN_ROW))

#define INF INFINITY
static const struct {
    const char *name;
    tn_node *(*of)(tn_graph *g, tn_node *x);
    double x[FEW];
    int32_t class[2];
    double y[FEW], dx[FEW];
} vectors[] = {
    {"logsumexp", sum_of_exponentials, {1000, 1000, -1000, -INF}, {0}, {1000 + M_LN2}, {0.5, 0.5, 0, 0}},
    {"logsumexp", sum_of_exponentials, {-1000, -1000, -1000, -1000}, {0}, {-1000 + 2 * M_LN2}, {.25, .25, .25, .25}},
    {"logsumexp", without_gradient, {-INF, -INF, -INF, -INF}, {0}, {-INF}, {0}},
    {"logsumexp", without_gradient, {-INF, 7, INF, INF}, {0}, {INF}, {0}},
    {"argmax", place_of_largest, {3, 7, 7, -INF}, {0}, {1}, {0}},
    {"argmax", place_of_largest, {-INF, -INF, -INF, -INF}, {0}, {0}, {0}},
    {"argmax", place_of_largest, {3, 7, NAN, INF}, {0}, {2}, {0}},
    {"softmax", shares, {800, 800, -800, -INF}, {0}, {0.5, 0.5, 0, 0}, {-0.25, 0.25, 0, 0}},
    {"log_softmax", log_shares, {0, -800, -900, -1000}, {0}, {0, -800, -900, -1000}, {-9, 2, 3, 4}},
    {"cross_entropy", entropy, {0, 0, 0, -INF}, {0, 0}, {M_LN2 / 2}, {-0.25, 0.25, 0, 0}},
    {"cross_entropy", entropy, {0, 0, 5, -7}, {0, -1}, {M_LN2}, {-0.5, 0.5, 0, 0}},
    {"cross_entropy", entropy, {0, 0, 5, -7}, {2, -1}, {0}, {0, 0, 0, 0}},
    {"cross_entropy", entropy, {900, 0, -900, 0}, {0, 1}, {0}, {0, 0, 0, 0}},
    {"edge_softmax", edge_softmax, {900, 900, -900, -INF}, {0}, {0.5, 0.5, 1, 0}, {-0.25, 0.25, 0, 0}},
    {"edge_max", edge_max, {-3, -5, 2, 2}, {0}, {-3, 0, 2}, {1, 0, 1.5, 1.5}},
};

START_TEST(functions_of_several_numbers_have_their_values_and_gradients_at_the_edges)
{
    static const int32_t row[] = {0, 0, 2, 2}, col[] = {0, 1, 0, 2};
    rows = tn_sparsity_new(3, 3, 4, row, col, NULL);
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(FEW)), *y = vectors[_i].of(g, x), *dx, *weights[FEW];
    int64_t n = tn_shape_size(tn_node_shape(y));
    for (int i = 0; i < n; i++) weights[i] = tn_constant(g, i + 1);
    y = tn_reshape(g, y, TN_SHAPE(n));
    tn_vjp(g, y, tn_stack(g, (int)n, weights, 0), 1, &x, &dx);
    tn_output(g, "y", y);
    tn_output(g, "dx", dx);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    double *data = tn_alloc(sizeof vectors[_i].x);
    int32_t *class = tn_alloc(sizeof vectors[_i].class);
    memcpy(data, vectors[_i].x, sizeof vectors[_i].x);
    memcpy(class, vectors[_i].class, sizeof vectors[_i].class);
    tn_bind(plan, "x", data, NULL);
    tn_bind(plan, "class", class, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    const double *value = tn_result(plan, "y"), *gradient = tn_result(plan, "dx");
    for (int i = 0; i < n; i++)
        ck_assert_msg(near(value[i], vectors[_i].y[i]), "%s: element %d is %.17g, not %.17g", vectors[_i].name, i,
                      value[i], vectors[_i].y[i]);
    for (int i = 0; i < FEW; i++)
        ck_assert_msg(near(gradient[i], vectors[_i].dx[i]), "%s: derivative %d is %.17g, not %.17g", vectors[_i].name,
                      i, gradient[i], vectors[_i].dx[i]);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_sparsity_free(rows);
    tn_free(data);
    tn_free(class);
}
END_TEST

int main(void)
{
    TCase *one = tcase_create("one number"), *several = tcase_create("several numbers");
    tcase_add_loop_test(one, functions_have_their_values_and_derivatives_at_the_edges, 0,
                        (int)(sizeof points / sizeof *points));
    tcase_add_loop_test(several, functions_of_several_numbers_have_their_values_and_gradients_at_the_edges, 0,
                        (int)(sizeof vectors / sizeof *vectors));
    return run_cases("edges", one, several, NULL);
}
