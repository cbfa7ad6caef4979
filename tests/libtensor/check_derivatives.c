/* Derivatives beyond the gradient: Jacobian- and Hessian-vector products, derivatives of derivatives, and the check of
 * gradients by differences. What holds for every operation is in check_ops.c. */
#include "config.h"
#include "core/memory.h"
#include "graph/plan.h"
#include "oracle.h"
#include "testing.h"

#include <math.h>
#include <string.h>

static double *run(tn_plan *plan, const char *result)
{
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    return (double *)tn_result(plan, result);
}

static int instructions(tn_graph *g)
{
    tn_plan *plan = tn_plan_new(g, TN_PLAN_UNFUSED, NULL);
    ck_assert_ptr_nonnull(plan);
    int n = plan->n_instructions;
    tn_plan_free(plan);
    return n;
}

static tn_node *flat(tn_graph *g, int n, tn_node *const *nodes)
{
    tn_node *parts[TN_MAX_INPUTS];
    for (int i = 0; i < n; i++) parts[i] = tn_reshape(g, nodes[i], TN_SHAPE(tn_shape_size(tn_node_shape(nodes[i]))));
    return tn_concat(g, n, parts, 0);
}

/* ---- a multilayer perceptron of three layers, with the parameters and a vector for each as inputs ---- */

enum { LAYERS = 3, N = 2 * LAYERS };

typedef struct perceptron {
    tn_graph *g;
    tn_node *x, *w[N], *v[N], *y, *loss;
} perceptron;

static perceptron new_perceptron(void)
{
    static const int64_t size[] = {3, 5, 4, 2};
    perceptron p = {.g = tn_graph_new(TN_F64)};
    p.y = p.x = tn_input(p.g, "x", TN_F64, TN_SHAPE(7, 3));
    for (int i = 0; i < N; i++) {
        tn_shape shape = i % 2 ? TN_SHAPE(size[i / 2 + 1]) : TN_SHAPE(size[i / 2 + 1], size[i / 2]);
        p.w[i] = tn_input(p.g, (char[]){'w', (char)('0' + i), 0}, TN_F64, shape);
        p.v[i] = tn_input(p.g, (char[]){'v', (char)('0' + i), 0}, TN_F64, shape);
    }
    for (int i = 0; i < LAYERS; i++) {
        p.y = tn_linear(p.g, p.y, p.w[2 * i], p.w[2 * i + 1]);
        if (i + 1 < LAYERS) p.y = tn_sin(p.g, p.y);
    }
    p.loss = tn_mse(p.g, p.y, tn_input(p.g, "target", TN_F64, TN_SHAPE(7, 2)));
    return p;
}

/* ---- Jacobian-vector products ---- */

/* Tangents pushed through the layers by hand are as many instructions: nothing of the detour through reverse mode is
 * left in a plan. */
START_TEST(a_jacobian_vector_product_costs_no_more_than_tangents_pushed_by_hand)
{
    perceptron p = new_perceptron(), hand = new_perceptron();
    tn_node *jvp = tn_jvp(p.g, p.y, N, p.w, p.v), *y = hand.x, *tangent = NULL;
    tn_output(p.g, "jvp", jvp);
    for (int i = 0; i < LAYERS; i++) {
        tn_node *w = hand.w[2 * i], *a = tn_linear(hand.g, y, w, hand.w[2 * i + 1]);
        tn_node *more = tn_linear(hand.g, y, hand.v[2 * i], NULL);
        if (tangent) more = tn_add(hand.g, more, tn_linear(hand.g, tangent, w, NULL));
        tangent = tn_add(hand.g, more, hand.v[2 * i + 1]);
        y = tn_sin(hand.g, a);
        if (i + 1 < LAYERS) tangent = tn_mul(hand.g, tangent, tn_cos(hand.g, a));
    }
    tn_output(hand.g, "jvp", tangent);
    ck_assert_int_eq(instructions(p.g), instructions(hand.g));
    tn_plan *plan[2] = {tn_plan_new(p.g, 0, NULL), tn_plan_new(hand.g, 0, NULL)};
    void **memory[2] = {oracle_bind(p.g, plan[0]), oracle_bind(hand.g, plan[1])};
    double *found = run(plan[0], "jvp"), *expected = run(plan[1], "jvp");
    for (int i = 0; i < 14; i++) ck_assert_double_eq_tol(found[i], expected[i], 1e-13);
    for (int i = 0; i < 2; i++) {
        oracle_unbind(i ? hand.g : p.g, memory[i]);
        tn_plan_free(plan[i]);
    }
    tn_graph_free(p.g);
    tn_graph_free(hand.g);
}
END_TEST

/* Along y itself, the same node twice, a node on the way, one y does not depend on, and one it does by a flat way. */
START_TEST(tangents_may_belong_to_any_nodes)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(4)), *t = tn_input(g, "t", TN_F64, TN_SHAPE(4));
    tn_node *h = tn_exp(g, x), *y = tn_square(g, h), *two_h = tn_scale(g, h, 2);
    tn_node *detached = tn_mul(g, tn_detach(g, x), tn_sign(g, x)), *rounded = tn_cast(g, tn_cast(g, x, TN_F32), TN_F64);
    const struct {
        tn_node *y;
        int n;
        tn_node *wrt[2], *expected;
    } cases[] = {
        {y, 1, {y}, t},
        {y, 2, {x, x}, tn_scale(g, tn_mul(g, tn_mul(g, two_h, h), t), 2)},
        {y, 2, {h, x}, tn_add(g, tn_mul(g, two_h, t), tn_mul(g, tn_mul(g, two_h, h), t))},
        {y, 1, {t}, tn_full(g, TN_SHAPE(4), 0)},
        {h, 1, {y}, tn_full(g, TN_SHAPE(4), 0)},
        {detached, 1, {x}, tn_full(g, TN_SHAPE(4), 0)},
        {rounded, 1, {x}, tn_cast(g, tn_cast(g, t, TN_F32), TN_F64)},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    for (int i = 0; i < CASES; i++) {
        tn_node *found = tn_jvp(g, cases[i].y, cases[i].n, cases[i].wrt, (tn_node *[]){t, t});
        tn_output(g, (char[]){(char)('a' + i), 0}, tn_sub(g, found, cases[i].expected));
    }
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    void **memory = oracle_bind(g, plan);
    for (int i = 0; i < CASES; i++)
        for (int k = 0; k < 4; k++) ck_assert_double_eq_tol(run(plan, (char[]){(char)('a' + i), 0})[k], 0, 1e-14);
    oracle_unbind(g, memory);
    tn_plan_free(plan);
    tn_graph_free(g);
}
END_TEST

/* ---- second derivatives ---- */

/* All elements of the Hessian, row by row as gradients of single elements of the gradient. */
static tn_node *hessian(perceptron *p)
{
    tn_node *grad[N], *rows[64], *row[N];
    tn_grad(p->g, p->loss, N, p->w, grad);
    tn_node *all = flat(p->g, N, grad);
    int size = (int)tn_node_shape(all).dim[0];
    for (int i = 0; i < size; i++) {
        tn_grad(p->g, tn_slice(p->g, all, 0, i, 1), N, p->w, row);
        rows[i] = flat(p->g, N, row);
    }
    return tn_stack(p->g, size, rows, 0);
}

START_TEST(a_hessian_vector_product_is_that_of_the_explicit_hessian)
{
    perceptron p = new_perceptron();
    tn_node *product[N], *grad[N];
    tn_hvp(p.g, p.loss, N, p.w, p.v, product);
    tn_output(p.g, "product", flat(p.g, N, product));
    tn_output(p.g, "hessian", hessian(&p));
    tn_output(p.g, "vector", flat(p.g, N, p.v));
    tn_grad(p.g, p.loss, N, p.w, grad);
    tn_output(p.g, "along", tn_jvp(p.g, flat(p.g, N, grad), N, p.w, p.v));
    tn_plan *plan = tn_plan_new(p.g, 0, NULL);
    void **memory = oracle_bind(p.g, plan);
    const double *h = run(plan, "hessian"), *v = run(plan, "vector"), *hv = run(plan, "product");
    int size = 0;
    for (int i = 0; i < N; i++) size += (int)tn_shape_size(tn_node_shape(p.w[i]));
    for (int i = 0; i < size; i++) {
        double expected = 0;
        for (int k = 0; k < size; k++) {
            ck_assert_double_eq_tol(h[i * size + k], h[k * size + i], 1e-13);
            expected += h[i * size + k] * v[k];
        }
        ck_assert_double_eq_tol(hv[i], expected, 1e-13);
        ck_assert_double_eq_tol(hv[i], ((const double *)tn_result(plan, "along"))[i], 1e-13);
    }
    oracle_unbind(p.g, memory);
    tn_plan_free(plan);
    tn_graph_free(p.g);
}
END_TEST

/* By the test above, a Hessian-vector product is how the gradient changes along the vector. */
START_TEST(the_gradient_changes_along_a_vector_as_differences_say)
{
    perceptron p = new_perceptron();
    tn_node *grad[N];
    tn_gradcheck_config config = TN_GRADCHECK_DEFAULTS;
    tn_error error = {0};
    config.directions = 5;
    tn_grad(p.g, p.loss, N, p.w, grad);
    ck_assert_msg(tn_gradcheck(p.g, flat(p.g, N, grad), N, p.w, config, &error) < 1e-8, "%s", error.message);
    tn_graph_free(p.g);
}
END_TEST

/* The sum of the second derivatives of y [POINTS, 1] by the DIMENSIONS coordinates of each point. */
enum { POINTS = 6, DIMENSIONS = 3, WIDTH = 8 };

static tn_node *laplacian(tn_graph *g, tn_node *y, tn_node *x)
{
    tn_node *first, *second, *sum = tn_full(g, TN_SHAPE(POINTS, 1), 0);
    tn_grad(g, tn_sum(g, y, TN_ALL, false), 1, &x, &first);
    for (int i = 0; i < DIMENSIONS; i++) {
        tn_grad(g, tn_sum(g, tn_slice(g, first, 1, i, 1), TN_ALL, false), 1, &x, &second);
        sum = tn_add(g, sum, tn_slice(g, second, 1, i, 1));
    }
    return sum;
}

/* The same of c sin(B sin(A x)), by the chain rule: with s = sin(A x) and z = B s, it is the sum over k of
 * c_k (cos(z_k) laplacian of z_k - sin(z_k) |gradient of z_k|^2). */
static double analytic_laplacian(const double *x, const double *a, const double *b, const double *c)
{
    double sum = 0;
    for (int k = 0; k < WIDTH; k++) {
        double z = 0, gradient[DIMENSIONS] = {0}, second = 0, squares = 0;
        for (int j = 0; j < WIDTH; j++) {
            double phase = 0, length = 0;
            for (int i = 0; i < DIMENSIONS; i++) phase += a[j * DIMENSIONS + i] * x[i];
            for (int i = 0; i < DIMENSIONS; i++) {
                length += pow(a[j * DIMENSIONS + i], 2);
                gradient[i] += b[k * WIDTH + j] * cos(phase) * a[j * DIMENSIONS + i];
            }
            z += b[k * WIDTH + j] * sin(phase);
            second -= b[k * WIDTH + j] * sin(phase) * length;
        }
        for (int i = 0; i < DIMENSIONS; i++) squares += pow(gradient[i], 2);
        sum += c[k] * (cos(z) * second - sin(z) * squares);
    }
    return sum;
}

START_TEST(the_laplacian_of_a_siren_has_its_analytic_value)
{
    static const char *const names[] = {"x", "A", "B", "c"};
    const tn_shape shapes[] = {TN_SHAPE(POINTS, DIMENSIONS), TN_SHAPE(WIDTH, DIMENSIONS), TN_SHAPE(WIDTH, WIDTH),
                               TN_SHAPE(1, WIDTH)};
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *in[4];
    for (int i = 0; i < 4; i++) in[i] = tn_input(g, names[i], TN_F64, shapes[i]);
    tn_node *hidden = tn_sin(g, tn_linear(g, in[0], tn_scale(g, in[1], 5), NULL));
    tn_node *y = tn_linear(g, tn_sin(g, tn_linear(g, hidden, in[2], NULL)), in[3], NULL);
    tn_output(g, "laplacian", laplacian(g, y, in[0]));
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    void **memory = oracle_bind(g, plan);
    const double *found = run(plan, "laplacian"), *x = memory[in[0]->id];
    double *a = memory[in[1]->id];
    double scaled[WIDTH * DIMENSIONS];
    for (int i = 0; i < WIDTH * DIMENSIONS; i++) scaled[i] = 5 * a[i];
    for (int p = 0; p < POINTS; p++) {
        double expected = analytic_laplacian(x + p * DIMENSIONS, scaled, memory[in[2]->id], memory[in[3]->id]);
        ck_assert_double_gt(fabs(expected), 1);
        ck_assert_double_eq_tol(found[p], expected, 1e-12 * fabs(expected));
    }
    oracle_unbind(g, memory);
    tn_plan_free(plan);
    tn_graph_free(g);
}
END_TEST

/* ---- the check of gradients ---- */

/* The gradient of a detach(b) b with respect to b is a b, half of what it should be: 6 instead of 12 at b = 2. */
typedef struct kit {
    tn_graph *g;
    tn_params *params;
    tn_node *a, *b, *wrong;
    double data[3];
    tn_tensor values;
    tn_gradcheck_config config;
} kit;

static kit new_kit(void)
{
    kit k = {.g = tn_graph_new(TN_F64), .params = tn_params_new(TN_F64, 1), .config = TN_GRADCHECK_DEFAULTS};
    tn_params_add(k.params, "a", TN_SHAPE(3), (tn_init){TN_INIT_CONSTANT, 3, 0}, 0);
    tn_params_seal(k.params, NULL);
    k.a = tn_param(k.g, k.params, "a");
    k.b = tn_input(k.g, "b", TN_F64, TN_SHAPE(3));
    k.wrong = tn_mul(k.g, k.a, tn_mul(k.g, tn_detach(k.g, k.b), k.b));
    memcpy(k.data, (double[]){0, 2, 0}, sizeof k.data);
    k.values = (tn_tensor){"b", TN_F64, TN_SHAPE(3), NULL};
    return k;
}

static double check(kit *k, tn_node *y, tn_node *wrt, tn_error *error)
{
    k->values.data = k->data;
    k->config.values = &k->values;
    *error = (tn_error){0};
    return tn_gradcheck(k->g, y, 1, &wrt, k->config, error);
}

static void free_kit(kit *k)
{
    tn_graph_free(k->g);
    tn_params_free(k->params);
}

START_TEST(a_wrong_gradient_is_named_with_node_element_and_both_values)
{
    static const char *const words[] = {
        "the gradient with respect to input 'b' [3] (check_derivatives.c:%*d) is %lf at element 1, but differences say "
        "%lf: off by 5.0e-01",
        "the gradient of mul [3] (check_derivatives.c:%*d) is %lf along direction 0, but differences say %lf: off by "
        "5.0e-01",
    };
    kit k = new_kit();
    tn_error error;
    k.config.n_values = 1;
    for (int way = 0; way < 2; way++) {
        double found = 0, expected = 0;
        k.config.directions = way;
        ck_assert_double_eq_tol(check(&k, k.wrong, k.b, &error), 0.5, 1e-6);
        ck_assert_int_eq(error.status, TN_EGRADIENT);
        int read = sscanf(error.message, words[way], &found, &expected);
        ck_assert_msg(read == 2 && fabs(expected / found - 2) < 1e-6, "%s", error.message);
    }
    free_kit(&k);
}
END_TEST

/* The values of b, with the gradient of b turned round: the sum of all its elements is right. */
START_TEST(a_permuted_gradient_is_noticed)
{
    kit k = new_kit();
    tn_error error;
    tn_node *parts[3];
    for (int i = 0; i < 3; i++) parts[i] = tn_slice(k.g, k.b, 0, 2 - i, 1);
    tn_node *turned = tn_concat(k.g, 3, parts, 0);
    tn_node *y = tn_add(k.g, tn_detach(k.g, k.b), tn_sub(k.g, turned, tn_detach(k.g, turned)));
    ck_assert_double_lt(check(&k, tn_sum(k.g, y, TN_ALL, false), k.b, &error), 1e-9);
    ck_assert_double_gt(check(&k, y, k.b, &error), 0.01);
    free_kit(&k);
}
END_TEST

/* One of a hundred elements: it counts for less in the sum along a direction than among the elements of the product. */
START_TEST(a_product_that_is_wrong_in_its_first_element_is_noticed)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(100)), *parts[2];
    parts[0] = tn_detach(g, tn_slice(g, x, 0, 0, 1));
    parts[1] = tn_slice(g, x, 0, 1, 99);
    tn_gradcheck_config config = TN_GRADCHECK_DEFAULTS;
    config.directions = 1;
    tn_error error = {0};
    ck_assert_double_gt(tn_gradcheck(g, tn_concat(g, 2, parts, 0), 1, &x, config, &error), 0.1);
    ck_assert_msg(strstr(error.message, "Jacobian-vector product") && strstr(error.message, "at element 0"), "%s",
                  error.message);
    tn_graph_free(g);
}
END_TEST

START_TEST(a_tolerance_and_a_least_derivative_decide_what_counts)
{
    kit k = new_kit();
    tn_error error;
    k.config.n_values = 1;
    k.config.tolerance = 0.6;
    ck_assert_double_gt(check(&k, k.wrong, k.b, &error), 0.4);
    ck_assert_int_eq(error.status, TN_OK);
    k.config.least = 6e6; /* the gradient is 6 where it should be 12, times a weight of [0.5, 1.5) */
    ck_assert_double_lt(check(&k, k.wrong, k.b, &error), 1.5e-6);
    free_kit(&k);
}
END_TEST

/* Right ones: of a scalar, of a tensor, with respect to a parameter, an input, a node on the way, and what y does not
 * depend on; neither graph nor parameters change. */
START_TEST(right_gradients_pass_and_nothing_is_changed)
{
    kit k = new_kit();
    tn_node *h = tn_sin(k.g, tn_mul(k.g, k.a, k.b)), *other = tn_input(k.g, "other", TN_F64, TN_SHAPE(2));
    tn_node *y[] = {tn_mul(k.g, h, tn_exp(k.g, h)), tn_sum(k.g, h, TN_ALL, false)}, *later = tn_exp(k.g, h);
    tn_node *wrt[] = {k.a, k.b, h, other, later};
    int nodes = k.g->n_nodes, outputs = k.g->n_outputs;
    for (int i = 0; i < 2; i++)
        for (k.config.directions = 0; k.config.directions < 3; k.config.directions++) {
            tn_error error = {0};
            double off = tn_gradcheck(k.g, y[i], 5, wrt, k.config, &error);
            ck_assert_msg(off < 1e-8 && error.status == TN_OK, "%s", error.message);
            ck_assert_double_gt(off, 0);
        }
    ck_assert_int_eq(k.g->n_nodes, nodes);
    ck_assert_int_eq(k.g->n_outputs, outputs);
    for (int i = 0; i < 3; i++) ck_assert_double_eq(((double *)tn_params_data(k.params, "a"))[i], 3);
    free_kit(&k);
}
END_TEST

/* Drawn from [-1, 1), some elements have no logarithm. */
START_TEST(what_is_not_finite_is_infinitely_wrong)
{
    kit k = new_kit();
    tn_error error;
    ck_assert(isinf(check(&k, tn_log(k.g, k.b), k.b, &error)));
    ck_assert_int_eq(error.status, TN_ENUMERIC);
    k.config.low = 0.5;
    ck_assert_double_lt(check(&k, tn_log(k.g, k.b), k.b, &error), 1e-8);
    ck_assert_int_eq(error.status, TN_OK);
    free_kit(&k);
}
END_TEST

/* What is done before, and the y that is then checked. */
#define MISTAKE(name, change, y)                                                                                       \
    static tn_node *name(kit *k)                                                                                       \
    {                                                                                                                  \
        change;                                                                                                        \
        return y;                                                                                                      \
    }
MISTAKE(no_mistake, (void)k, k->b)
MISTAKE(missing, (void)k, NULL)
MISTAKE(too_coarse, (void)k, tn_cast(k->g, k->b, TN_F32))
MISTAKE(broken, (void)k, tn_add(k->g, k->b, tn_full(k->g, TN_SHAPE(2), 1)))
MISTAKE(no_values, (void)k, tn_cast(k->g, tn_input(k->g, "i", TN_I32, TN_SHAPE(3)), TN_F64))
MISTAKE(no_such_input, k->values.name = "c", k->b)
MISTAKE(of_other_shape, k->values.shape = TN_SHAPE(1, 3), k->b)
MISTAKE(of_other_type, k->values.dtype = TN_F32, k->b)
MISTAKE(no_step, k->config.step = 0, k->b)
MISTAKE(no_least, k->config.least = 0, k->b)
MISTAKE(no_tolerance, k->config.tolerance = NAN, k->b)
MISTAKE(no_directions, k->config.directions = -1, k->b)
MISTAKE(no_elements, (void)k, tn_slice(k->g, k->b, 0, 0, 0))
MISTAKE(fewer_values, k->config.n_values = -1, k->b)
MISTAKE(nameless, k->values.name = NULL, k->b)

static const struct {
    tn_node *(*y)(kit *k);
    tn_status status;
    const char *words;
} mistakes[] = {
    {no_mistake, TN_OK, ""},
    {too_coarse, TN_EDTYPE, "too coarse for cast [3] (check_derivatives.c:"},
    {missing, TN_EINVAL, "input 0 is missing"},
    {broken, TN_ESHAPE, "add cannot combine"},
    {no_values, TN_EDTYPE, "is int32, so its values must be given"},
    {no_such_input, TN_ENAME, "given for c, but"},
    {of_other_shape, TN_ESHAPE, "[1, 3] given for input 'b' [3]"},
    {of_other_type, TN_EDTYPE, "is float64, other values"},
    {no_step, TN_EINVAL, "step of 0"},
    {no_least, TN_EINVAL, "at least 0"},
    {no_tolerance, TN_EINVAL, "tolerance of nan"},
    {no_directions, TN_EINVAL, "-1 directions"},
    {no_elements, TN_EINVAL, "nothing to compare: slice [0]"},
    {fewer_values, TN_EINVAL, "-1 values are given"},
    {nameless, TN_EINVAL, "values 0 have no name"},
};

START_TEST(a_check_that_cannot_be_made_says_why)
{
    kit k = new_kit();
    tn_error error;
    k.config.n_values = 1;
    double off = check(&k, mistakes[_i].y(&k), k.b, &error);
    ck_assert_msg(error.status == mistakes[_i].status && strstr(error.message, mistakes[_i].words), "%s: \"%s\"",
                  tn_status_name(error.status), error.message);
    ck_assert_int_eq(isinf(off) != 0, error.status != TN_OK);
    if (mistakes[_i].y != broken) ck_assert_int_eq(k.g->error.status, TN_OK); /* the mistake is not the graph's */
    free_kit(&k);
}
END_TEST

START_TEST(any_allocation_of_a_check_may_fail)
{
    kit k = new_kit();
    tn_error error = {TN_ENOMEM, ""};
    tn_node *y = tn_sin(k.g, tn_mul(k.g, k.a, k.b));
    k.config.directions = 1;
    long live = tn_live_allocations(), failures = 0;
    for (; error.status; failures++) {
        tn_fail_allocation(failures, failures % 2 != 0);
        double off = check(&k, y, k.b, &error);
        tn_fail_allocation(-1, 0);
        ck_assert_int_eq(tn_live_allocations(), live);
        ck_assert_int_eq(isinf(off) != 0, error.status == TN_ENOMEM);
    }
    ck_assert_int_gt(failures, 20);
    free_kit(&k);
}
END_TEST

int main(void)
{
    TCase *products = tcase_create("products"), *checks = tcase_create("checks");
    tcase_add_test(products, a_jacobian_vector_product_costs_no_more_than_tangents_pushed_by_hand);
    tcase_add_test(products, tangents_may_belong_to_any_nodes);
    tcase_add_test(products, a_hessian_vector_product_is_that_of_the_explicit_hessian);
    tcase_add_test(products, the_gradient_changes_along_a_vector_as_differences_say);
    tcase_add_test(products, the_laplacian_of_a_siren_has_its_analytic_value);
    tcase_add_test(checks, a_wrong_gradient_is_named_with_node_element_and_both_values);
    tcase_add_test(checks, a_permuted_gradient_is_noticed);
    tcase_add_test(checks, a_product_that_is_wrong_in_its_first_element_is_noticed);
    tcase_add_test(checks, a_tolerance_and_a_least_derivative_decide_what_counts);
    tcase_add_test(checks, right_gradients_pass_and_nothing_is_changed);
    tcase_add_test(checks, what_is_not_finite_is_infinitely_wrong);
    tcase_add_loop_test(checks, a_check_that_cannot_be_made_says_why, 0, (int)(sizeof mistakes / sizeof *mistakes));
    tcase_add_test(checks, any_allocation_of_a_check_may_fail);
    return run_cases("derivatives", products, checks, NULL);
}
