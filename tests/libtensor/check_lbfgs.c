/* L-BFGS against minima that are known, and what it does where there is none. */
#include "config.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- problems: parameters, a graph, a plan with the output "loss" ---- */

typedef struct problem {
    tn_params *params;
    tn_graph *g;
    tn_plan *plan;
} problem;

static problem finish(tn_params *params, tn_graph *g, tn_node *loss)
{
    tn_error error = {0};
    tn_output(g, "loss", loss);
    tn_params_grad(g, loss, params);
    problem p = {params, g, tn_plan_new(g, 0, &error)};
    ck_assert_msg(p.plan != NULL, "%s", error.message);
    return p;
}

static void free_problem(problem *p)
{
    tn_plan_free(p->plan);
    tn_graph_free(p->g);
    tn_params_free(p->params);
}

static tn_params *unknowns(tn_dtype dtype, int64_t n, tn_init init)
{
    tn_params *params = tn_params_new(dtype, 3);
    tn_params_add(params, "x", TN_SHAPE(n), init, 0);
    ck_assert_int_eq(tn_params_seal(params, NULL), TN_OK);
    return params;
}

/* The sum of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2 over neighbours, and `least`, the minimum, where all are 1. */
static problem rosenbrock(tn_dtype dtype, int64_t n, double least)
{
    tn_params *params = unknowns(dtype, n, (tn_init){TN_INIT_CONSTANT, -1.2, 0});
    tn_graph *g = tn_graph_new(dtype);
    tn_node *x = tn_param(g, params, "x"), *a = tn_slice(g, x, 0, 0, n - 1), *b = tn_slice(g, x, 0, 1, n - 1);
    tn_node *valley = tn_scale(g, tn_square(g, tn_sub(g, b, tn_square(g, a))), 100);
    tn_node *slope = tn_square(g, tn_sub(g, tn_constant(g, 1), a));
    return finish(params, g, tn_add(g, tn_sum(g, tn_add(g, valley, slope), TN_ALL, false), tn_constant(g, least)));
}

/* Half the sum of c[i] (x[i] - 1)^2 with c from 1 to condition, evenly in their logarithms. */
static problem quadratic(int64_t n, double condition)
{
    tn_params *params = unknowns(TN_F64, n, (tn_init){TN_INIT_NORMAL, 0, 1});
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node **row = calloc((size_t)n, sizeof *row);
    for (int64_t i = 0; i < n; i++) row[i] = tn_full(g, TN_SHAPE(1), pow(condition, (double)i / (double)(n - 1)));
    tn_node *c = tn_concat(g, 16, row, 0), *away = tn_sub(g, tn_param(g, params, "x"), tn_constant(g, 1));
    free(row);
    return finish(params, g, tn_scale(g, tn_sum(g, tn_mul(g, c, tn_square(g, away)), TN_ALL, false), 0.5));
}

/* Steps until the gradient is that short, or there is no lower place; returns the runs of the plan. */
static int minimize(problem *p, tn_lbfgs_config config, double gradient_norm, tn_lbfgs_result *result)
{
    tn_error error = {0};
    tn_lbfgs *lbfgs = tn_lbfgs_new(p->params, config, &error);
    ck_assert_msg(lbfgs != NULL, "%s", error.message);
    int runs = 0;
    double loss = INFINITY;
    for (int step = 0; step < 2000; step++) {
        ck_assert_msg(tn_lbfgs_step(lbfgs, p->plan, "loss", result, &error) == TN_OK, "%s", error.message);
        runs += result->evaluations;
        ck_assert_msg(result->loss <= loss + 1e-6 * fabs(loss), "step %d: the loss grows to %g", step, result->loss);
        loss = result->loss;
        if (result->done || result->gradient_norm <= gradient_norm) break;
    }
    tn_lbfgs_free(lbfgs);
    return runs;
}

/* ---- minima ---- */

START_TEST(rosenbrock_is_minimized_to_ten_digits)
{
    static const int64_t sizes[] = {2, 3, 30, 100};
    problem p = rosenbrock(TN_F64, sizes[_i], 0);
    tn_lbfgs_result result;
    int runs = minimize(&p, TN_LBFGS_DEFAULTS, 1e-9, &result);
    const double *x = tn_params_data(p.params, "x");
    for (int64_t i = 0; i < sizes[_i]; i++)
        ck_assert_msg(fabs(x[i] - 1) < 1e-10, "x[%d] is %.12f after %d runs", (int)i, x[i], runs);
    ck_assert_double_lt(result.loss, 1e-20);
    if (sizes[_i] == 2) ck_assert_int_lt(runs, 100);
    free_problem(&p);
}
END_TEST

/* Where the loss does not change in its last digit any more, steps come to an end. */
START_TEST(float32_gets_as_near_as_its_digits_allow)
{
    problem p = rosenbrock(TN_F32, 2 + _i, 1);
    tn_lbfgs_result result;
    int runs = minimize(&p, TN_LBFGS_DEFAULTS, -1, &result);
    const float *x = tn_params_data(p.params, "x");
    ck_assert_msg(result.done && runs < 200, "%d runs, gradient %g", runs, result.gradient_norm);
    for (int i = 0; i < 2 + _i; i++) ck_assert_float_eq_tol(x[i], 1, 1e-2f);
    free_problem(&p);
}
END_TEST

/* Solves the symmetric positive a x = b, both n long in rows of n, by elimination; x takes the place of b. */
static void eliminate(int n, double *a, double *b)
{
    for (int k = 0; k < n; k++)
        for (int i = k + 1; i < n; i++) {
            double factor = a[i * n + k] / a[k * n + k];
            for (int j = k; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
            b[i] -= factor * b[k];
        }
    for (int i = n - 1; i >= 0; i--) {
        for (int j = i + 1; j < n; j++) b[i] -= a[i * n + j] * b[j];
        b[i] /= a[i * n + i];
    }
}

/* min |A x - y|^2 of 40 noisy equations for 6 unknowns: the solution of A^T A x = A^T y. */
START_TEST(least_squares_has_its_exact_solution)
{
    enum { ROWS = 40, N = 6 };
    tn_params *params = unknowns(TN_F64, N, (tn_init){0});
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *a = tn_input(g, "a", TN_F64, TN_SHAPE(ROWS, N)), *y = tn_input(g, "y", TN_F64, TN_SHAPE(ROWS));
    tn_node *x = tn_reshape(g, tn_param(g, params, "x"), TN_SHAPE(N, 1));
    problem p = finish(params, g, tn_mse(g, tn_reshape(g, tn_matmul(g, a, x), TN_SHAPE(ROWS)), y));
    double *left = tn_alloc(ROWS * N * sizeof *left), *right = tn_alloc(ROWS * sizeof *right);
    double square[N * N] = {0}, expected[N] = {0};
    for (int i = 0; i < ROWS * N; i++) left[i] = tn_random_normal(1, 0, (uint64_t)i) * (1 + i % N);
    for (int i = 0; i < ROWS; i++) right[i] = tn_random_normal(1, 1, (uint64_t)i);
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) square[i * N + j] += left[r * N + i] * left[r * N + j];
            expected[i] += left[r * N + i] * right[r];
        }
    eliminate(N, square, expected);
    tn_bind(p.plan, "a", left, NULL);
    tn_bind(p.plan, "y", right, NULL);
    tn_lbfgs_result result;
    minimize(&p, TN_LBFGS_DEFAULTS, 1e-13, &result);
    const double *found = tn_params_data(params, "x");
    for (int i = 0; i < N; i++) ck_assert_double_eq_tol(found[i], expected[i], 1e-11);
    free_problem(&p);
    tn_free(left);
    tn_free(right);
}
END_TEST

/* Gradient descent at the best fixed rate, 2 / (1 + condition), on the same quadratic. */
static int descend(problem *p, double condition, double gradient_norm)
{
    tn_optimizer *sgd = tn_optimizer_new(p->params, TN_SGD_DEFAULTS, NULL);
    const double *gradient = tn_params_gradient(p->params, "x");
    int runs = 0;
    for (double norm = INFINITY; norm > gradient_norm;) {
        ck_assert_int_eq(tn_run(p->plan, NULL), TN_OK);
        norm = 0;
        for (int64_t i = 0; i < tn_params_size(p->params); i++) norm = hypot(norm, gradient[i]);
        tn_optimizer_step(sgd, (double[]){2 / (1 + condition)});
        runs++;
    }
    tn_optimizer_free(sgd);
    return runs;
}

START_TEST(an_ill_conditioned_quadratic_takes_far_fewer_runs_than_gradient_descent)
{
    const double condition = 1e3, norm = 1e-8;
    problem p = quadratic(16, condition), q = quadratic(16, condition);
    tn_lbfgs_result result;
    int runs = minimize(&p, TN_LBFGS_DEFAULTS, norm, &result), steps = descend(&q, condition, norm);
    ck_assert_double_le(result.gradient_norm, norm);
    ck_assert_msg(20 * runs < steps, "%d runs, %d steps of gradient descent", runs, steps);
    free_problem(&p);
    free_problem(&q);
}
END_TEST

START_TEST(a_longer_history_takes_fewer_runs)
{
    int runs[2];
    for (int i = 0; i < 2; i++) {
        problem p = quadratic(16, 1e4);
        tn_lbfgs_config config = TN_LBFGS_DEFAULTS;
        config.history = i ? 16 : 1;
        tn_lbfgs_result result;
        runs[i] = minimize(&p, config, 1e-8, &result);
        free_problem(&p);
    }
    ck_assert_msg(3 * runs[1] < 2 * runs[0], "%d runs with one pair, %d with 16", runs[0], runs[1]);
}
END_TEST

START_TEST(at_a_minimum_nothing_moves)
{
    problem p = quadratic(16, 10);
    double *x = tn_params_data(p.params, "x");
    for (int i = 0; i < 16; i++) x[i] = 1;
    tn_lbfgs *lbfgs = tn_lbfgs_new(p.params, TN_LBFGS_DEFAULTS, NULL);
    tn_lbfgs_result result;
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(tn_lbfgs_step(lbfgs, p.plan, "loss", &result, NULL), TN_OK);
        ck_assert(result.done && result.loss == 0 && result.gradient_norm == 0);
        ck_assert_int_eq(result.evaluations, again ? 0 : 1);
        for (int i = 0; i < 16; i++) ck_assert_double_eq(x[i], 1);
    }
    tn_lbfgs_free(lbfgs);
    free_problem(&p);
}
END_TEST

/* ---- the same bits ---- */

START_TEST(a_whole_run_has_the_same_bits_on_any_number_of_threads)
{
    enum { N = 40000, STEPS = 12 };
    double *first = malloc(N * sizeof *first), losses[STEPS];
    for (int threads = 1; threads <= 4; threads *= 2) {
        tn_set_threads(threads);
        problem p = rosenbrock(TN_F64, N, 0);
        double *x = tn_params_data(p.params, "x");
        for (int i = 0; i < N; i++) x[i] = tn_random_normal(1, 0, (uint64_t)i);
        tn_lbfgs *lbfgs = tn_lbfgs_new(p.params, TN_LBFGS_DEFAULTS, NULL);
        for (int step = 0; step < STEPS; step++) {
            tn_lbfgs_result result;
            ck_assert_int_eq(tn_lbfgs_step(lbfgs, p.plan, "loss", &result, NULL), TN_OK);
            if (threads == 1) losses[step] = result.loss;
            ck_assert_double_eq(result.loss, losses[step]);
        }
        if (threads == 1) memcpy(first, x, N * sizeof *first);
        ck_assert_msg(!memcmp(first, x, N * sizeof *first), "other bits on %d threads", threads);
        tn_lbfgs_free(lbfgs);
        free_problem(&p);
    }
    ck_assert_double_lt(losses[STEPS - 1], 0.1 * losses[0]);
    free(first);
}
END_TEST

/* ---- where there are no numbers ---- */

/* x - log x, which has its minimum where x = 1, begun at `at`. */
static problem logarithm(double at)
{
    tn_params *params = unknowns(TN_F64, 1, (tn_init){TN_INIT_CONSTANT, at, 0});
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_param(g, params, "x");
    return finish(params, g, tn_sum(g, tn_sub(g, x, tn_log(g, x)), TN_ALL, false));
}

START_TEST(steps_beyond_all_numbers_are_shortened)
{
    problem p = logarithm(0.9);
    double *x = tn_params_data(p.params, "x");
    x[0] = 30; /* the gradient is nearly 1 there, and later steps go below 0 */
    tn_lbfgs_result result;
    minimize(&p, TN_LBFGS_DEFAULTS, 1e-12, &result);
    ck_assert_double_eq_tol(x[0], 1, 1e-10);
    free_problem(&p);
}
END_TEST

START_TEST(a_loss_that_is_not_a_number_is_an_error_and_moves_nothing)
{
    problem p = logarithm(-2);
    tn_lbfgs *lbfgs = tn_lbfgs_new(p.params, TN_LBFGS_DEFAULTS, NULL);
    tn_lbfgs_result result;
    tn_error error = {0};
    double *x = tn_params_data(p.params, "x");
    ck_assert_int_eq(tn_lbfgs_step(lbfgs, p.plan, "loss", &result, &error), TN_ENUMERIC);
    ck_assert_msg(strstr(error.message, "the loss is") != NULL, "%s", error.message);
    ck_assert_double_eq(x[0], -2);
    x[0] = 3; /* from a number on, it goes */
    ck_assert_int_eq(tn_lbfgs_step(lbfgs, p.plan, "loss", &result, NULL), TN_OK);
    ck_assert_double_lt(x[0], 3);
    tn_lbfgs_free(lbfgs);
    free_problem(&p);
}
END_TEST

/* A loss that is a number only where it begins: sqrt(-(x - 1)^2) + x. */
START_TEST(no_number_anywhere_along_the_gradient_is_an_error)
{
    tn_params *params = unknowns(TN_F64, 1, (tn_init){TN_INIT_CONSTANT, 1, 0});
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_param(g, params, "x"), *away = tn_square(g, tn_sub(g, x, tn_constant(g, 1)));
    problem p = finish(params, g, tn_sum(g, tn_add(g, tn_sqrt(g, tn_neg(g, away)), x), TN_ALL, false));
    tn_lbfgs_config config = TN_LBFGS_DEFAULTS;
    config.evaluations = 5;
    tn_lbfgs *lbfgs = tn_lbfgs_new(params, config, NULL);
    tn_lbfgs_result result;
    tn_error error = {0};
    ck_assert_int_eq(tn_lbfgs_step(lbfgs, p.plan, "loss", &result, &error), TN_ENUMERIC);
    ck_assert_msg(strstr(error.message, "along the gradient") != NULL, "%s", error.message);
    ck_assert_double_eq(*(double *)tn_params_data(params, "x"), 1);
    ck_assert_double_eq(*(double *)tn_params_gradient(params, "x"), 1);
    tn_lbfgs_free(lbfgs);
    free_problem(&p);
}
END_TEST

/* ---- mistakes ---- */

START_TEST(impossible_settings_are_refused)
{
    static const tn_lbfgs_config wrong[] = {{0, 25, 1e-4, 0.9}, {10, 0, 1e-4, 0.9}, {10, 25, 0, 0.9},
                                            {10, 25, 0.9, 0.5}, {10, 25, 1e-4, 1},  {10, 25, NAN, 0.9}};
    tn_params *params = unknowns(TN_F32, 3, (tn_init){0}), *open = tn_params_new(TN_F32, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(tn_lbfgs_new(params, wrong[i], &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
    }
    ck_assert_ptr_null(tn_lbfgs_new(open, TN_LBFGS_DEFAULTS, NULL));
    tn_lbfgs_free(NULL);
    tn_params_free(params);
    tn_params_free(open);
}
END_TEST

START_TEST(a_plan_that_does_not_fit_is_named)
{
    problem p = quadratic(16, 10);
    tn_output(p.g, "x", tn_param(p.g, p.params, "x"));
    tn_params *others = unknowns(TN_F64, 4, (tn_init){0});
    tn_plan *plan = tn_plan_new(p.g, 0, NULL), *adding = tn_plan_new(p.g, TN_PLAN_ACCUMULATE, NULL);
    tn_lbfgs *lbfgs = tn_lbfgs_new(p.params, TN_LBFGS_DEFAULTS, NULL);
    tn_lbfgs *other = tn_lbfgs_new(others, TN_LBFGS_DEFAULTS, NULL);
    const struct {
        tn_lbfgs *lbfgs;
        tn_plan *plan;
        const char *loss;
        tn_status status;
        const char *words;
    } mistakes[] = {
        {lbfgs, plan, "los", TN_ENAME, "no output los"},
        {lbfgs, plan, "x", TN_ESHAPE, ", is not a single number"},
        {lbfgs, adding, "loss", TN_EINVAL, "adds to the gradient"},
        {other, plan, "loss", TN_EINVAL, "does not make the gradient"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        tn_error error = {0};
        tn_lbfgs_result result;
        ck_assert_int_eq(tn_lbfgs_step(mistakes[i].lbfgs, mistakes[i].plan, mistakes[i].loss, &result, &error),
                         mistakes[i].status);
        ck_assert_msg(strstr(error.message, mistakes[i].words) != NULL, "%s", error.message);
    }
    tn_lbfgs_free(lbfgs);
    tn_lbfgs_free(other);
    tn_plan_free(plan);
    tn_plan_free(adding);
    tn_params_free(others);
    free_problem(&p);
}
END_TEST

int main(void)
{
    TCase *minima = tcase_create("minima"), *numbers = tcase_create("numbers"), *mistakes = tcase_create("mistakes");
    tcase_add_loop_test(minima, rosenbrock_is_minimized_to_ten_digits, 0, 4);
    tcase_add_loop_test(minima, float32_gets_as_near_as_its_digits_allow, 0, 10);
    tcase_add_test(minima, least_squares_has_its_exact_solution);
    tcase_add_test(minima, an_ill_conditioned_quadratic_takes_far_fewer_runs_than_gradient_descent);
    tcase_add_test(minima, a_longer_history_takes_fewer_runs);
    tcase_add_test(minima, at_a_minimum_nothing_moves);
    tcase_add_test(minima, a_whole_run_has_the_same_bits_on_any_number_of_threads);
    tcase_add_test(numbers, steps_beyond_all_numbers_are_shortened);
    tcase_add_test(numbers, a_loss_that_is_not_a_number_is_an_error_and_moves_nothing);
    tcase_add_test(numbers, no_number_anywhere_along_the_gradient_is_an_error);
    tcase_add_test(mistakes, impossible_settings_are_refused);
    tcase_add_test(mistakes, a_plan_that_does_not_fit_is_named);
    return run_cases("L-BFGS", minima, numbers, mistakes, NULL);
}
