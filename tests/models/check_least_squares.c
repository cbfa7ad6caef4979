/* Least squares per neuron. */
#include "config.h"
#include "core/memory.h"
#include "expected_statistics.h"
#include "hashed.h"
#include "least_squares.h"
#include "testing.h"

#include <math.h>

enum { FRAMES = 30, NEURONS = 5, COLUMNS = 3 };

static double x[COLUMNS][FRAMES][NEURONS], y[FRAMES][NEURONS];

/* The problems of tests/tools/expected_statistics.py. */
static void make_problems(void)
{
    for (uint32_t t = 0; t < FRAMES; t++) {
        for (uint32_t n = 0; n < NEURONS; n++) {
            for (uint32_t p = 0; p < COLUMNS; p++) x[p][t][n] = hashed(t * 64 + n * 4 + p) - 0.25;
            if (n == 1) x[2][t][n] = 2 * x[0][t][n];
            if (n == 2) x[1][t][n] = 0.1;
            if (n == 3) x[2][t][n] = x[0][t][n] + 0x1p-18 * x[2][t][n];
            if (n == 4) x[2][t][n] = x[0][t][n] + 0x1p-21 * x[2][t][n];
            y[t][n] = 1.5 * x[0][t][n] - 0.5 * x[1][t][n] + 0.25 * x[2][t][n] + 3 + 0.5 * hashed(t * 64 + n * 4 + 3);
        }
    }
}

static void columns_from(om_column *column, int frame)
{
    for (int p = 0; p < COLUMNS; p++) column[p] = (om_column){.values = om_f64(x[p][frame])};
}

/* Collinear columns, a constant one, and singular values just above (neuron 3) and below (neuron 4) the threshold. */
START_TEST(fits_are_the_minimum_norm_ones_of_numpy)
{
    make_problems();
    double c[COLUMNS][NEURONS], offset[NEURONS], r2[NEURONS];
    om_column column[COLUMNS];
    columns_from(column, 0);
    om_fit *fit = om_fit_new(NEURONS, COLUMNS, NULL);
    om_fit_add(fit, column, om_f64(y[0]), FRAMES);
    om_fit_solve(fit, c[0], offset, r2);
    for (int n = 0; n < NEURONS; n++) {
        double allowed = n == 3 ? 1e-8 : 1e-13; /* a condition number of 5e5 */
        for (int p = 0; p < COLUMNS; p++) {
            double expected = expected_coefficients[p * NEURONS + n];
            ck_assert_double_eq_tol(c[p][n], expected, allowed * fmax(1, fabs(expected)));
        }
        ck_assert_double_eq_tol(offset[n], expected_offsets[n], 10 * allowed);
        ck_assert_double_eq_tol(r2[n], expected_fit_r2[n], allowed);
    }
    om_fit_free(fit);
}
END_TEST

START_TEST(an_exact_relation_is_found_exactly)
{
    enum { N = 100, T = 12, P = 8 };
    static float in[P][T][N];
    static double out[T][N], c[P][N], offset[N], r2[N];
    om_column column[P];
    for (uint32_t t = 0; t < T; t++) {
        for (uint32_t n = 0; n < N; n++) {
            out[t][n] = 0.5 + n;
            for (uint32_t p = 0; p < P; p++) {
                in[p][t][n] = (float)hashed((p * T + t) * N + n);
                out[t][n] += (p + 1.0) * in[p][t][n] - 0.25 * n * (p == 2) * in[p][t][n];
            }
        }
    }
    for (int p = 0; p < P; p++) column[p] = (om_column){.values = om_f32(in[p][0])};
    om_fit *fit = om_fit_new(N, P, NULL);
    om_fit_add(fit, column, om_f64(out[0]), T);
    om_fit_solve(fit, c[0], offset, r2);
    for (int n = 0; n < N; n++) {
        for (int p = 0; p < P; p++) ck_assert_double_eq_tol(c[p][n], p + 1.0 - 0.25 * n * (p == 2), 1e-10);
        ck_assert_double_eq_tol(offset[n], 0.5 + n, 1e-10);
        ck_assert_double_eq_tol(r2[n], 1, 1e-14);
    }
    om_fit_free(fit);
}
END_TEST

START_TEST(frames_may_come_in_any_pieces_and_on_any_number_of_threads)
{
    enum { N = 150, T = 20 };
    static double v[T][N], f[T][N], c[2][N], offset[2][N], r2[2][N];
    for (uint32_t t = 0; t < T; t++) {
        for (uint32_t n = 0; n < N; n++) {
            v[t][n] = hashed(t * N + n) - 0.5;
            f[t][n] = hashed(t * N + n + 100000) + v[t][n];
        }
    }
    for (int way = 0; way < 2; way++) {
        int piece = way ? T : 3;
        tn_set_threads(way ? 4 : 1);
        om_fit *fit = om_fit_new(N, 1, NULL);
        for (int t = 0; t < T; t += piece) {
            om_column column = {.values = om_f64(v[t]), .rectified = true};
            om_fit_add(fit, &column, om_f64(f[t]), T - t < piece ? T - t : piece);
        }
        om_fit_solve(fit, c[way], offset[way], r2[way]);
        om_fit_free(fit);
    }
    ck_assert_mem_eq(c[0], c[1], sizeof c[0]);
    ck_assert_mem_eq(offset[0], offset[1], sizeof offset[0]);
    ck_assert_mem_eq(r2[0], r2[1], sizeof r2[0]);
}
END_TEST

/* y = 2 relu(x) + 5; every third neuron has no x. */
START_TEST(a_column_may_be_rectified_and_belong_to_some_neurons)
{
    enum { N = 100, T = 4 };
    const double some_x[T] = {-3, -1, 1, 2}, some_y[T] = {5, 5, 7, 9};
    double v[T][N], f[T][N], c[N], offset[N], r2[N];
    uint8_t where[N];
    for (int i = 0; i < N; i++) {
        where[i] = i % 3 != 0;
        for (int t = 0; t < T; t++) {
            v[t][i] = some_x[t];
            f[t][i] = some_y[t];
        }
    }
    const om_column column = {.values = om_f64(v[0]), .where = where, .rectified = true};
    om_fit *fit = om_fit_new(N, 1, NULL);
    om_fit_add(fit, &column, om_f64(f[0]), T);
    om_fit_solve(fit, c, offset, r2);
    for (int i = 0; i < N; i++) {
        ck_assert_double_eq_tol(c[i], where[i] ? 2 : 0, 1e-14);
        ck_assert_double_eq_tol(offset[i], where[i] ? 5 : 6.5, 1e-14);
        ck_assert_double_eq_tol(r2[i], where[i], 1e-14);
    }
    om_fit_free(fit);
}
END_TEST

/* 0.1 is no binary number, so a mean by adding and dividing would leave dust to fit. */
START_TEST(constant_columns_and_too_few_frames_have_coefficient_0)
{
    double same[30], other[30], c, offset, r2;
    for (uint32_t t = 0; t < 30; t++) {
        same[t] = 0.1;
        other[t] = hashed(t);
    }
    const om_column constant = {.values = om_f64(same)}, varying = {.values = om_f64(other)};
    om_fit *fit = om_fit_new(1, 1, NULL);
    om_fit_solve(fit, &c, &offset, &r2);
    ck_assert(c == 0 && offset == 0 && r2 == 0);
    om_fit_add(fit, &constant, om_f64(other), 30);
    om_fit_solve(fit, &c, &offset, &r2);
    ck_assert_double_eq(c, 0);
    ck_assert_double_eq(r2, 0);
    om_fit_free(fit);

    fit = om_fit_new(1, 1, NULL);
    om_fit_add(fit, &varying, om_f64(same), 1);
    om_fit_solve(fit, &c, &offset, NULL);
    ck_assert_double_eq(c, 0);
    ck_assert_double_eq(offset, 0.1);
    om_fit_add(fit, &varying, om_f64(same), 29);
    om_fit_solve(fit, &c, &offset, &r2);
    ck_assert_double_eq(c, 0);
    ck_assert_double_eq(offset, 0.1);
    ck_assert_double_eq(r2, 0);
    om_fit_free(fit);
}
END_TEST

START_TEST(values_that_are_not_finite_give_0_for_their_neuron)
{
    enum { N = 7 };
    const double v[3][N] = {{1, 1, 1, 1e300, 1, 1, 1}, {2, NAN, 2, -1e300, 2, 2, 2}, {3, 3, INFINITY, 1e300, 3, 3, 3}};
    const double f[3][N] = {{2, 2, 2, 2, NAN, 2, 1e200}, {4, 4, 4, 4, 4, 4, -1e200}, {6, 6, 6, 6, 6, -INFINITY, 0}};
    double c[N], offset[N], r2[N];
    const om_column column = {.values = om_f64(v[0])};
    om_fit *fit = om_fit_new(N, 1, NULL);
    om_fit_add(fit, &column, om_f64(f[0]), 3);
    om_fit_solve(fit, c, offset, r2);
    ck_assert_double_eq_tol(c[0], 2, 1e-14);
    for (int n = 1; n < N; n++) ck_assert(c[n] == 0 && offset[n] == 0 && r2[n] == 0);
    om_fit_free(fit);
}
END_TEST

START_TEST(the_largest_number_of_columns_works)
{
    enum { P = OM_FIT_COLUMNS, T = 80 };
    static double in[P][T], out[T];
    double c[P], offset, r2;
    om_column column[P];
    for (uint32_t p = 0; p < P; p++) {
        column[p].values = om_f64(in[p]);
        column[p].where = NULL;
        column[p].rectified = false;
        for (uint32_t t = 0; t < T; t++) out[t] += p * (in[p][t] = hashed(p * T + t));
    }
    om_fit *fit = om_fit_new(1, P, NULL);
    om_fit_add(fit, column, om_f64(out), T);
    om_fit_solve(fit, c, &offset, &r2);
    for (int p = 0; p < P; p++) ck_assert_double_eq_tol(c[p], p, 1e-10);
    ck_assert_double_eq_tol(offset, 0, 1e-9);
    om_fit_free(fit);
}
END_TEST

START_TEST(wrong_sizes_are_refused_and_failing_allocations_reported)
{
    const int columns[] = {0, OM_FIT_COLUMNS + 1, 1};
    for (int i = 0; i < 3; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(om_fit_new(i == 2 ? -1 : 1, columns[i], &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
    }
    for (int after = 0; after < 3; after++) {
        tn_error error = {0};
        long live = tn_live_allocations();
        tn_fail_allocation(after, 1);
        ck_assert_ptr_null(om_fit_new(10, 2, &error));
        tn_fail_allocation(-1, 0);
        ck_assert_int_eq(error.status, TN_ENOMEM);
        ck_assert_int_eq(tn_live_allocations(), live);
    }
    om_fit_free(NULL);
}
END_TEST

int main(void)
{
    TCase *fits = tcase_create("fits");
    tcase_add_test(fits, fits_are_the_minimum_norm_ones_of_numpy);
    tcase_add_test(fits, an_exact_relation_is_found_exactly);
    tcase_add_test(fits, frames_may_come_in_any_pieces_and_on_any_number_of_threads);
    tcase_add_test(fits, a_column_may_be_rectified_and_belong_to_some_neurons);
    tcase_add_test(fits, constant_columns_and_too_few_frames_have_coefficient_0);
    tcase_add_test(fits, values_that_are_not_finite_give_0_for_their_neuron);
    tcase_add_test(fits, the_largest_number_of_columns_works);
    tcase_add_test(fits, wrong_sizes_are_refused_and_failing_allocations_reported);
    return run_cases("least squares", fits, NULL);
}
