/* Statistics of the recovery metrics: lines, ranks, medians, groups, frames. */
#include "config.h"
#include "core/memory.h"
#include "expected_statistics.h"
#include "hashed.h"
#include "statistics.h"
#include "testing.h"

#include <math.h>

enum { PAIRS = 60 };

/* The pairs of tests/tools/expected_statistics.py. */
static void make_pairs(double *x, double *y)
{
    for (uint32_t i = 0; i < PAIRS; i++) {
        x[i] = hashed(i) * 8 - 4;
        y[i] = 0.7 * x[i] + hashed(i + 1000) * 3 + 2.5;
    }
}

/* ---- Lines -------------------------------------------------------------------------------------------------- */

START_TEST(a_line_is_that_of_scipy)
{
    double x[PAIRS], y[PAIRS];
    make_pairs(x, y);
    om_line line = om_line_fit(om_f64(x), om_f64(y), NULL, PAIRS);
    ck_assert_int_eq(line.count, PAIRS);
    ck_assert_double_eq_tol(line.slope, expected_line[0], 1e-14);
    ck_assert_double_eq_tol(line.offset, expected_line[1], 1e-14);
    ck_assert_double_eq_tol(line.r2, expected_line[2], 1e-14);
    ck_assert_double_eq_tol(line.r2_identity, expected_line[3], 1e-13);
}
END_TEST

/* By hand: x 0 1 2 3, y 1 3 5 8; slope 2.3, offset 0.8, SSres 0.3, SStot 26.75. */
START_TEST(a_small_line_is_that_of_the_formulas)
{
    const float x[] = {0, 1, 2, 3}, y[] = {1, 3, 5, 8};
    om_line line = om_line_fit(om_f32(x), om_f32(y), NULL, 4);
    ck_assert_double_eq_tol(line.slope, 2.3, 1e-15);
    ck_assert_double_eq_tol(line.offset, 0.8, 1e-15);
    ck_assert_double_eq_tol(line.r2, 1 - 0.3 / 26.75, 1e-15);
    ck_assert_double_eq_tol(line.r2_identity, 1 - 39 / 5.0, 1e-15);
}
END_TEST

START_TEST(a_line_through_blocks_is_the_line_through_all)
{
    enum { N = 3001 };
    static double x[N], y[N];
    for (uint32_t i = 0; i < N; i++) {
        x[i] = 1e6 + hashed(i);
        y[i] = -3 * x[i] + hashed(i + N);
    }
    om_moments parts = {0}, whole = {0};
    for (int first = 0, n; first < N; first += n) {
        n = first + 1 < N - first ? first + 1 : N - first;
        om_moments_add(&parts, om_f64(x + first), om_f64(y + first), NULL, n);
    }
    om_moments_add(&whole, om_f64(x), om_f64(y), NULL, N);
    ck_assert_int_eq(parts.count, N);
    ck_assert_double_eq_tol(parts.mean_x, whole.mean_x, 1e-9);
    ck_assert_double_eq_tol(parts.xy / whole.xy, 1, 1e-10);
    ck_assert_double_eq_tol(parts.yy / whole.yy, 1, 1e-10);
    ck_assert_double_eq_tol(parts.difference / whole.difference, 1, 1e-12);
    ck_assert_double_eq_tol(om_line_of(&whole).slope, -3, 0.1);
}
END_TEST

START_TEST(no_variance_means_no_fit)
{
    const double same[] = {0.1, 0.1, 0.1}, other[] = {1, 2, 4};
    om_line line = om_line_fit(om_f64(same), om_f64(other), NULL, 3);
    ck_assert_double_eq(line.slope, 0);
    ck_assert_double_eq(line.r2, 0);
    ck_assert_double_eq(line.r2_identity, 0);
    ck_assert_double_eq_tol(line.offset, 7.0 / 3, 1e-15);
    line = om_line_fit(om_f64(other), om_f64(same), NULL, 3);
    ck_assert_double_eq(line.slope, 0);
    ck_assert_double_eq(line.r2, 0);
    ck_assert_double_eq(line.offset, 0.1);
    line = om_line_fit(om_f64(other), om_f64(other + 2), NULL, 1);
    ck_assert_double_eq(line.slope, 0);
    ck_assert_double_eq(line.offset, 4);
    ck_assert_double_eq(line.r2, 0);
}
END_TEST

START_TEST(no_pairs_and_values_that_are_not_finite_give_nan)
{
    const double bad[][3] = {{1, 2, NAN}, {1, INFINITY, 3}}, good[] = {1, 2, 3};
    const uint8_t none[3] = {0};
    om_line line[] = {
        om_line_fit(om_f64(good), om_f64(good), NULL, 0),     om_line_fit(om_f64(good), om_f64(good), none, 3),
        om_line_fit(om_f64(bad[0]), om_f64(good), NULL, 3),   om_line_fit(om_f64(good), om_f64(bad[0]), NULL, 3),
        om_line_fit(om_f64(bad[1]), om_f64(bad[0]), NULL, 3), om_line_fit(om_f64(good), om_f64(bad[1]), NULL, 3),
    };
    for (size_t i = 0; i < sizeof line / sizeof *line; i++) {
        ck_assert_double_nan(line[i].slope);
        ck_assert_double_nan(line[i].offset);
        ck_assert_double_nan(line[i].r2);
        ck_assert_double_nan(line[i].r2_identity);
    }
    ck_assert_int_eq(line[1].count, 0);
}
END_TEST

START_TEST(outliers_and_unwanted_pairs_are_left_out)
{
    const double truth[] = {0, 1, 2, 3, 4, 5}, learned[] = {1, -4, 5, 8.01, NAN, INFINITY};
    uint8_t keep[6];
    ck_assert_int_eq(om_within(keep, truth, learned, 6, 5), 3);
    const uint8_t expected[] = {1, 1, 1, 0, 0, 0};
    ck_assert_mem_eq(keep, expected, sizeof keep);
    om_line line = om_line_fit(om_f64(truth), om_f64(learned), keep, 6);
    ck_assert_int_eq(line.count, 3);
    ck_assert_double_eq_tol(line.slope, 2, 1e-15);
}
END_TEST

START_TEST(correlation_of_a_constant_is_undefined)
{
    const double x[] = {1, 2, 3, 4}, flat[] = {1, 1 + 1e-9, 1, 1}, down[] = {4, 3, 2, 1};
    om_moments falling = {0}, constant = {0};
    om_moments_add(&falling, om_f64(x), om_f64(down), NULL, 4);
    om_moments_add(&constant, om_f64(x), om_f64(flat), NULL, 4);
    ck_assert_double_eq_tol(om_pearson(&falling), -1, 1e-15);
    ck_assert_double_nan(om_pearson(&constant));
    ck_assert_double_nan(om_pearson(&(om_moments){0}));
}
END_TEST

/* ---- Order -------------------------------------------------------------------------------------------------- */

START_TEST(ranks_average_ties_as_scipy_does)
{
    double x[PAIRS], y[PAIRS], rank[PAIRS], correlation;
    make_pairs(x, y);
    ck_assert_int_eq(om_spearman(&correlation, x, y, PAIRS, NULL), TN_OK);
    ck_assert_double_eq_tol(correlation, expected_spearman[0], 1e-14);
    for (int i = 0; i < PAIRS; i++) {
        x[i] = floor(x[i]);
        y[i] = floor(y[i]);
    }
    ck_assert_int_eq(om_ranks(rank, x, PAIRS, NULL), TN_OK);
    ck_assert_mem_eq(rank, expected_ranks, sizeof rank);
    ck_assert_int_eq(om_spearman(&correlation, x, y, PAIRS, NULL), TN_OK);
    ck_assert_double_eq_tol(correlation, expected_spearman_ties[0], 1e-14);
}
END_TEST

START_TEST(rank_correlation_sees_order_only)
{
    const double x[] = {-1, 0, 0.5, 7}, y[] = {-INFINITY, 2, 3, INFINITY}, same[] = {2, 2, 2, 2},
                 bad[] = {1, NAN, 2, 3};
    double correlation;
    om_spearman(&correlation, x, y, 4, NULL);
    ck_assert_double_eq_tol(correlation, 1, 1e-15);
    om_spearman(&correlation, x, same, 4, NULL);
    ck_assert_double_nan(correlation);
    om_spearman(&correlation, bad, x, 4, NULL);
    ck_assert_double_nan(correlation);
    om_spearman(&correlation, x, x, 0, NULL);
    ck_assert_double_nan(correlation);
    om_spearman(&correlation, x, x, 1, NULL);
    ck_assert_double_nan(correlation);
}
END_TEST

START_TEST(the_median_is_the_lower_of_the_two_middle_values)
{
    double eight[] = {8, 1, 7, 2, 6, 3, 5, 4}, three[] = {9, -1, 4}, one[] = {5}, bad[] = {5, 4, 3, 2, NAN};
    ck_assert_double_eq(om_lower_median(eight, 8), 4);
    ck_assert_double_eq(om_lower_median(three, 3), 4);
    ck_assert_double_eq(om_lower_median(one, 1), 5);
    ck_assert_double_nan(om_lower_median(one, 0));
    ck_assert_double_nan(om_lower_median(bad, 5));
}
END_TEST

/* ---- Spread ------------------------------------------------------------------------------------------------- */

START_TEST(spread_is_of_the_finite_values)
{
    double x[PAIRS], y[PAIRS + 2] = {NAN};
    make_pairs(x, y + 1);
    y[PAIRS + 1] = -INFINITY;
    om_spread spread = om_spread_of(y, PAIRS + 2);
    ck_assert_int_eq(spread.count, PAIRS);
    ck_assert_double_eq_tol(spread.mean, expected_spread[0], 1e-14);
    ck_assert_double_eq_tol(spread.sd, expected_spread[1], 1e-14);
    spread = om_spread_of(y, 1);
    ck_assert_int_eq(spread.count, 0);
    ck_assert_double_nan(spread.mean);
    ck_assert_double_nan(spread.sd);
}
END_TEST

START_TEST(groups_have_their_own_mean_and_spread)
{
    const double values[] = {1, 10, 3, 0.1, 5, 0.1};
    const int32_t group[] = {2, 0, 2, 3, 2, 3}, bad[] = {0, 4};
    double mean[4], sd[4];
    ck_assert_int_eq(om_group_spread(mean, sd, values, group, 6, 4, NULL), TN_OK);
    const double expected_mean[] = {10, 0, 3, 0.1}, expected_sd[] = {0, 0, sqrt(8.0 / 3), 0};
    for (int k = 0; k < 4; k++) {
        ck_assert_double_eq_tol(mean[k], expected_mean[k], 1e-15);
        ck_assert_double_eq_tol(sd[k], expected_sd[k], 1e-15);
    }
    ck_assert_int_eq(om_group_spread(mean, NULL, values, group, 6, 4, NULL), TN_OK);
    ck_assert_int_eq(om_group_spread(mean, NULL, values, group, 0, 0, NULL), TN_OK);
    tn_error error = {0};
    ck_assert_int_eq(om_group_spread(mean, sd, values, bad, 2, 4, &error), TN_EINVAL);
    ck_assert_str_eq(error.message, "value 1 belongs to group 4, but there are groups 0 to 3");
}
END_TEST

/* ---- Points ------------------------------------------------------------------------------------------------- */

START_TEST(probe_frames_include_both_ends)
{
    om_frames frames = om_probe_frames(500, 50, 400, 8);
    for (int i = 0; i < 8; i++) ck_assert_int_eq(om_frame_at(frames, i), 50 + 50 * i);
    frames = om_probe_frames(500, 0, 499, 400);
    ck_assert_int_eq(frames.count, 400);
    ck_assert_int_eq(om_frame_at(frames, 0), 0);
    ck_assert_int_eq(om_frame_at(frames, 4), 5);
    ck_assert_int_eq(om_frame_at(frames, 399), 499);
    ck_assert_int_eq(om_frame_at(om_probe_frames(500, 7, 90, 1), 0), 7);
}
END_TEST

START_TEST(a_short_recording_is_probed_everywhere_and_never_outside)
{
    om_frames frames = om_probe_frames(199, 19, 99, 8);
    ck_assert_int_eq(frames.count, 199);
    for (int i = 0; i < 199; i++) ck_assert_int_eq(om_frame_at(frames, i), i);
    frames = om_probe_frames(200, -5, 1000, 3);
    ck_assert_int_eq(om_frame_at(frames, 0), 0);
    ck_assert_int_eq(om_frame_at(frames, 2), 199);
    ck_assert_int_eq(om_frame_at(om_probe_frames(200, 900, 100, 3), 0), 100);
    ck_assert_int_eq(om_probe_frames(0, 0, 10, 8).count, 0);
    ck_assert_int_eq(om_probe_frames(300, 0, 10, 0).count, 0);
}
END_TEST

/* ---- Errors ------------------------------------------------------------------------------------------------- */

static tn_status everything_that_allocates(tn_error *error)
{
    double x[PAIRS], y[PAIRS], result[PAIRS];
    int32_t group[PAIRS] = {0};
    make_pairs(x, y);
    if (om_ranks(result, x, PAIRS, error) != TN_OK) return error->status;
    if (om_spearman(result, x, y, PAIRS, error) != TN_OK) return error->status;
    if (om_group_spread(result, NULL, x, group, PAIRS, 1, error) != TN_OK) return error->status;
    return TN_OK;
}

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    int failures = 0;
    for (tn_status status = TN_ENOMEM; status != TN_OK; failures++) {
        tn_error error = {0};
        long live = tn_live_allocations();
        tn_fail_allocation(failures, 1);
        status = everything_that_allocates(&error);
        tn_fail_allocation(-1, 0);
        ck_assert_int_eq(tn_live_allocations(), live);
        ck_assert(status == TN_OK || status == TN_ENOMEM);
    }
    ck_assert_int_gt(failures, 5);
}
END_TEST

int main(void)
{
    TCase *lines = tcase_create("lines");
    tcase_add_test(lines, a_line_is_that_of_scipy);
    tcase_add_test(lines, a_small_line_is_that_of_the_formulas);
    tcase_add_test(lines, a_line_through_blocks_is_the_line_through_all);
    tcase_add_test(lines, no_variance_means_no_fit);
    tcase_add_test(lines, no_pairs_and_values_that_are_not_finite_give_nan);
    tcase_add_test(lines, outliers_and_unwanted_pairs_are_left_out);
    tcase_add_test(lines, correlation_of_a_constant_is_undefined);
    TCase *order = tcase_create("order");
    tcase_add_test(order, ranks_average_ties_as_scipy_does);
    tcase_add_test(order, rank_correlation_sees_order_only);
    tcase_add_test(order, the_median_is_the_lower_of_the_two_middle_values);
    TCase *spread = tcase_create("spread");
    tcase_add_test(spread, spread_is_of_the_finite_values);
    tcase_add_test(spread, groups_have_their_own_mean_and_spread);
    TCase *points = tcase_create("points");
    tcase_add_test(points, probe_frames_include_both_ends);
    tcase_add_test(points, a_short_recording_is_probed_everywhere_and_never_outside);
    TCase *errors = tcase_create("errors");
    tcase_add_test(errors, every_failing_allocation_is_reported_and_leaks_nothing);
    return run_cases("statistics", lines, order, spread, points, errors, NULL);
}
