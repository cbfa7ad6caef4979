/* Numbers at the edges: zeros of both signs, the smallest and the largest, infinities, NaN. */
#include "config.h"
#include "core/vecmath.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double special[] = {
    0.0,   -0.0,  1,    -1,       0.5,       -0.5, 1e-45,  -1e-45, 1e-38, -1e-38,   1e-20, -1e-20, 3.4e38,   -3.4e38,
    88.7,  89.5,  -86,  -88.7,    -104,      700,  -700,   720,    -750,  20.1,     -20.1, 9.01,   -9.01,    100,
    -1000, 3.25,  -2.5, M_PI,     -M_PI / 2, 1e4,  -1e4,   1e5,    -1e6,  31415926, 1e10,  -1e15,  INFINITY, -INFINITY,
    NAN,   1e-30, 2,    16777216, 1e-3,      -3,   1.7e19, 0.25,
};
enum { N = sizeof special / sizeof *special };

/* ---- elementwise operations ---- */

static double relu(double x) { return x < 0 ? 0 : x; }
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double softplus(double x) { return fmax(x, 0) * (x == x ? 1 : NAN) + log1p(exp(-fabs(x))); }
static double square(double x) { return x * x; }
static double negative(double x) { return -x; }
static double sign(double x) { return (x > 0) - (x < 0); }
static double reciprocal(double x) { return 1 / x; }
static double rsqrt(double x) { return 1 / sqrt(x); }

static const struct {
    const char *name;
    tn_node *(*build)(tn_graph *g, tn_node *a);
    double (*function)(double x);
} unary[] = {
    {"neg", tn_neg, negative},     {"relu", tn_relu, relu}, {"tanh", tn_tanh, tanh}, {"sigmoid", tn_sigmoid, sigmoid},
    {"softplus", tn_softplus, softplus}, {"sin", tn_sin, sin},    {"cos", tn_cos, cos},    {"exp", tn_exp, exp},
    {"log", tn_log, log},          {"sqrt", tn_sqrt, sqrt}, {"abs", tn_abs, fabs},   {"square", tn_square, square},
    {"sign", tn_sign, sign},       {"expm1", tn_expm1, expm1}, {"log1p", tn_log1p, log1p}, {"tan", tn_tan, tan},
    {"erf", tn_erf, erf},          {"erfc", tn_erfc, erfc}, {"rsqrt", tn_rsqrt, rsqrt},
    {"reciprocal", tn_reciprocal, reciprocal},
};
enum { UNARY = sizeof unary / sizeof *unary };

static double rounded(tn_dtype dtype, double x)
{
    return dtype == TN_F64 ? x : (float)x;
}

static double get(tn_dtype dtype, const void *data, int i)
{
    return dtype == TN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

/* Equal, both NaN, or as near as the number type and the functions (core/vecmath.h) allow; sums with something near 1
 * inside, such as softplus, are right to a part of 1. */
static bool near(tn_dtype dtype, double found, double expected)
{
    double part = dtype == TN_F64 ? 1e-15 : 5e-7, least = dtype == TN_F64 ? 1e-300 : 2e-38;
    expected = rounded(dtype, expected);
    return found == expected || (isnan(found) && isnan(expected)) ||
           fabs(found - expected) <= fmax(2 * part * fabs(expected), least);
}

/* Sine and cosine are right to a part of 1, whatever the argument. */
static bool near_sine(tn_dtype dtype, double found, double expected)
{
    return near(dtype, found, expected) || fabs(found - expected) <= (dtype == TN_F64 ? 1e-15 : 4e-7);
}

/* Runs the plan with the special numbers as its input x, whose memory it returns. */
static void *run_on_special(tn_plan *plan, tn_dtype dtype)
{
    void *data = tn_alloc(N * sizeof(double));
    for (int i = 0; i < N; i++)
        if (dtype == TN_F64) ((double *)data)[i] = special[i];
        else ((float *)data)[i] = (float)special[i];
    tn_bind(plan, "x", data, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    return data;
}

START_TEST(functions_of_one_number_are_right_at_the_edges)
{
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++) {
        tn_graph *g = tn_graph_new((tn_dtype)dtype);
        tn_node *x = tn_input(g, "x", (tn_dtype)dtype, TN_SHAPE(N));
        for (int k = 0; k < UNARY; k++) tn_output(g, unary[k].name, unary[k].build(g, x));
        tn_plan *plan = tn_plan_new(g, 0, NULL);
        void *data = run_on_special(plan, (tn_dtype)dtype);
        for (int k = 0; k < UNARY; k++)
            for (int i = 0; i < N; i++) {
                double found = get((tn_dtype)dtype, tn_result(plan, unary[k].name), i);
                double expected = unary[k].function(rounded((tn_dtype)dtype, special[i]));
                bool trigonometric = unary[k].build == tn_sin || unary[k].build == tn_cos;
                if (!(trigonometric ? near_sine : near)((tn_dtype)dtype, found, expected))
                    ck_abort_msg("%s(%g) in %s is %.17g, not %.17g", unary[k].name, special[i],
                                 tn_dtype_name((tn_dtype)dtype), found, expected);
            }
        tn_plan_free(plan);
        tn_graph_free(g);
        tn_free(data);
    }
}
END_TEST

static double add(double a, double b) { return a + b; }
static double sub(double a, double b) { return a - b; }
static double mul(double a, double b) { return a * b; }
static double divide(double a, double b) { return a / b; }
static double div_no_nan(double a, double b) { return b == 0 ? 0 : a / b; }
static double equal(double a, double b) { return a == b; }
static double where_positive(double a, double b) { return b > 0 ? a : 0; }
static double less(double a, double b) { return a < b; }
static double minimum(double a, double b) { return isnan(a) || isnan(b) ? NAN : b < a ? b : a; }
static double maximum(double a, double b) { return isnan(a) || isnan(b) ? NAN : b > a ? b : a; }

static const struct {
    const char *name;
    tn_node *(*build)(tn_graph *g, tn_node *a, tn_node *b);
    double (*function)(double a, double b);
} binary[] = {
    {"add", tn_add, add},       {"sub", tn_sub, sub},
    {"mul", tn_mul, mul},       {"div", tn_div, divide},
    {"equal", tn_equal, equal}, {"div_no_nan", tn_div_no_nan, div_no_nan},
    {"where_positive", tn_where_positive, where_positive}, {"less", tn_less, less},
    {"minimum", tn_minimum, minimum}, {"maximum", tn_maximum, maximum},
};
enum { BINARY = sizeof binary / sizeof *binary };

/* All pairs, in float64: exactly what C computes. */
START_TEST(functions_of_two_numbers_are_exact)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(N)), *column = tn_reshape(g, x, TN_SHAPE(N, 1));
    for (int k = 0; k < BINARY; k++) tn_output(g, binary[k].name, binary[k].build(g, column, x));
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    double *data = tn_alloc(sizeof special);
    memcpy(data, special, sizeof special);
    tn_bind(plan, "x", data, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    for (int k = 0; k < BINARY; k++)
        for (int i = 0; i < N * N; i++) {
            double a = special[i / N], b = special[i % N], expected = binary[k].function(a, b);
            double found = ((const double *)tn_result(plan, binary[k].name))[i];
            if (memcmp(&found, &expected, sizeof found) && !(isnan(found) && isnan(expected)))
                ck_abort_msg("%s(%g, %g) is %g, not %g", binary[k].name, a, b, found, expected);
        }
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

/* All pairs: near what C computes, relative to the size of the result. */
START_TEST(powers_are_right_at_the_edges)
{
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++) {
        tn_graph *g = tn_graph_new((tn_dtype)dtype);
        tn_node *x = tn_input(g, "x", (tn_dtype)dtype, TN_SHAPE(N)), *column = tn_reshape(g, x, TN_SHAPE(N, 1));
        tn_output(g, "pow", tn_pow(g, column, x));
        tn_plan *plan = tn_plan_new(g, 0, NULL);
        void *data = run_on_special(plan, (tn_dtype)dtype);
        for (int i = 0; i < N * N; i++) {
            double a = rounded((tn_dtype)dtype, special[i / N]), b = rounded((tn_dtype)dtype, special[i % N]);
            double found = get((tn_dtype)dtype, tn_result(plan, "pow"), i);
            if (!near((tn_dtype)dtype, found, pow(a, b)))
                ck_abort_msg("pow(%g, %g) in %s is %.17g, not %.17g", a, b, tn_dtype_name((tn_dtype)dtype), found,
                             pow(a, b));
        }
        tn_plan_free(plan);
        tn_graph_free(g);
        tn_free(data);
    }
}
END_TEST

/* ---- the vector functions of every instruction set ---- */

#define FUNCTION(name) {#name, offsetof(tn_vecmath, name##_f32), offsetof(tn_vecmath, name##_f64), name}
static const struct {
    const char *name;
    size_t f32, f64; /* where they are in the table */
    double (*function)(double x);
} functions[] = {FUNCTION(sin), FUNCTION(cos),   FUNCTION(tan),   FUNCTION(tanh), FUNCTION(exp),
                 FUNCTION(log), FUNCTION(log1p), FUNCTION(expm1), FUNCTION(erf),  FUNCTION(erfc)};

/* Also: the value of an element does not depend on its place, and the output may be the input. */
static void check_functions(const tn_vecmath *variant)
{
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
        for (int shift = 0; shift < 16; shift++) {
            float x[N], y[N];
            double wide[N];
            for (int i = 0; i < N; i++) x[i] = (float)(wide[i] = special[(i + shift) % N]);
            void (*single)(float *, const float *, int64_t) =
                *(void (*const *)(float *, const float *, int64_t))((const char *)variant + functions[k].f32);
            void (*twice)(double *, const double *, int64_t) =
                *(void (*const *)(double *, const double *, int64_t))((const char *)variant + functions[k].f64);
            single(y, x, N);
            twice(wide, wide, N);
            for (int i = 0; i < N; i++) {
                double at = special[(i + shift) % N], expected = functions[k].function(at);
                double narrow = functions[k].function((float)at);
                if (functions[k].function == log1p && at > 1e38) continue; /* overflows */
                if (!near_sine(TN_F64, wide[i], expected) && !near(TN_F64, wide[i], expected))
                    ck_abort_msg("%s %s_f64(%g) is %.17g, not %.17g", variant->name, functions[k].name, at, wide[i],
                                 expected);
                if (!near_sine(TN_F32, y[i], narrow))
                    ck_abort_msg("%s %s_f32(%g) is %.9g, not %.9g", variant->name, functions[k].name, at, y[i], narrow);
            }
        }
}

START_TEST(vector_functions_are_right_at_the_edges_on_every_instruction_set)
{
    for (const tn_vecmath *const *each = tn_vec_variants(); *each; each++) check_functions(*each);
}
END_TEST

/* ---- reductions ---- */

/* A NaN or an infinity anywhere reaches the result, whichever lane, tile or segment it falls into. */
START_TEST(nothing_special_is_lost_in_reductions)
{
    enum { ROWS = 3000, COLS = 7 };
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(ROWS, COLS));
    tn_output(g, "max", tn_max(g, x, TN_ALL, false));
    tn_output(g, "sum", tn_sum(g, x, TN_ALL, false));
    tn_output(g, "norm", tn_norm2(g, x, TN_ALL, false));
    tn_output(g, "rows", tn_max(g, tn_max(g, x, TN_AXIS(1), false), TN_ALL, false));
    tn_output(g, "columns", tn_max(g, tn_max(g, x, TN_AXIS(0), false), TN_ALL, false));
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    float *data = tn_alloc(ROWS * COLS * sizeof *data);
    for (int i = 0; i < ROWS * COLS; i++) data[i] = -1;
    tn_bind(plan, "x", data, NULL);
    static const float values[] = {NAN, INFINITY, 7};
    for (int at = 0; at < ROWS * COLS; at += 311)
        for (int k = 0; k < 3; k++) {
            data[at] = values[k];
            if (tn_run(plan, NULL)) ck_abort_msg("the plan does not run");
            static const char *const names[] = {"max", "rows", "columns", "sum", "norm"};
            for (int n = 0; n < (k == 2 ? 3 : 5); n++) {
                float found = *(const float *)tn_result(plan, names[n]);
                if (found != values[k] && !(isnan(found) && isnan(values[k])))
                    ck_abort_msg("%s with %g at %d is %g", names[n], values[k], at, found);
            }
            data[at] = -1;
        }
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

int main(void)
{
    TCase *elementwise = tcase_create("elementwise"), *vectors = tcase_create("vectors and sums");
    tcase_add_test(elementwise, functions_of_one_number_are_right_at_the_edges);
    tcase_add_test(elementwise, functions_of_two_numbers_are_exact);
    tcase_add_test(elementwise, powers_are_right_at_the_edges);
    tcase_add_test(vectors, vector_functions_are_right_at_the_edges_on_every_instruction_set);
    tcase_add_test(vectors, nothing_special_is_lost_in_reductions);
    return run_cases("numbers", elementwise, vectors, NULL);
}
