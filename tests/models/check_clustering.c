/* Clusters, and their agreement with types. */
#include "config.h"
#include "clustering.h"
#include "core/memory.h"
#include "expected_statistics.h"
#include "hashed.h"
#include "testing.h"

#include <math.h>

/* n points of 2 features in `types` square clouds around places 3 apart, on a square grid. */
static void make_clouds(double *x, int32_t *type, int n, int types, double size)
{
    int side = (int)ceil(sqrt(types));
    for (int i = 0; i < n; i++) {
        type[i] = i % types;
        x[2 * i] = 3 * (type[i] % side) + size * hashed((uint32_t)(2 * i));
        x[2 * i + 1] = 3 * (type[i] / side) + size * hashed((uint32_t)(2 * i + 1));
    }
}

/* ---- Finding ------------------------------------------------------------------------------------------------ */

START_TEST(separated_clouds_are_recovered_exactly)
{
    enum { N = 2000, TYPES = 37 };
    static double x[2 * N];
    static int32_t type[N], label[N];
    make_clouds(x, type, N, TYPES, 0.2);
    om_mixture_options options = OM_MIXTURE_DEFAULTS;
    options.components = TYPES;
    for (uint64_t seed = 0; seed < 3; seed++) {
        om_mixture_report report;
        om_agreement agreement;
        ck_assert_int_eq(om_cluster(label, x, N, 2, &options, seed, &report, NULL), TN_OK);
        ck_assert(report.converged);
        ck_assert_int_eq(om_agree(&agreement, label, type, N, NULL), TN_OK);
        ck_assert_double_eq(agreement.accuracy, 1);
        ck_assert_double_eq(agreement.ari, 1);
        ck_assert_double_eq_tol(agreement.nmi, 1, 1e-14);
    }
}
END_TEST

/* Choosing the best of several candidates finds all clouds for 18 of 20 seeds, taking any for hardly one. */
START_TEST(the_start_of_k_means_is_the_best_of_several)
{
    enum { N = 2000, TYPES = 37 };
    static double x[2 * N];
    static int32_t type[N], label[N];
    int found = 0;
    om_points points;
    make_clouds(x, type, N, TYPES, 0.8);
    ck_assert_int_eq(om_points_new(&points, x, N, 2, NULL), TN_OK);
    for (uint64_t seed = 0; seed < 20; seed++) {
        om_agreement agreement;
        ck_assert_int_eq(om_kmeans(label, &points, TYPES, seed, NULL, NULL), TN_OK);
        ck_assert_int_eq(om_agree(&agreement, label, type, N, NULL), TN_OK);
        found += agreement.ari == 1;
    }
    ck_assert_int_ge(found, 15);
    om_points_free(&points);
}
END_TEST

/* The points and the start of tests/tools/expected_statistics.py. */
enum { POINTS = 600, FEATURES = 3, COMPONENTS = 5 };

static void make_mixture(om_points *points, int32_t *start)
{
    static double x[POINTS][FEATURES];
    for (uint32_t i = 0; i < POINTS; i++) {
        for (uint32_t f = 0; f < FEATURES; f++)
            x[i][f] = (2.0 + f) * (i % 4 == f) + 1.5 * (hashed(8 * i + f) + hashed(8 * i + f + 4) - 1);
        x[i][2] += 0.5 * x[i][0];
        start[i] = ((int32_t)(hashed(i + 77777) * 3) + (int32_t)(i % 4)) % COMPONENTS;
    }
    ck_assert_int_eq(om_points_new(points, x[0], POINTS, FEATURES, NULL), TN_OK);
}

START_TEST(a_mixture_goes_the_way_of_scikit_learn)
{
    static const struct {
        double tolerance;
        int iterations;
        const double *likelihood;
        const int32_t *taken, *sizes;
    } cases[] = {
        {1e-3, 100, expected_converged_likelihood, expected_converged_iterations, expected_converged_sizes},
        {0, 7, expected_stopped_likelihood, expected_stopped_iterations, expected_stopped_sizes},
    };
    for (int i = 0; i < 2; i++) {
        om_points points;
        int32_t label[POINTS], size[COMPONENTS] = {0};
        om_mixture_options options = {COMPONENTS, 1e-6, cases[i].tolerance, cases[i].iterations, NULL};
        om_mixture_report report;
        make_mixture(&points, label);
        ck_assert_int_eq(om_mixture_fit(label, &points, &options, &report, NULL), TN_OK);
        ck_assert_int_eq(report.iterations, *cases[i].taken);
        ck_assert_int_eq(report.converged, i == 0);
        ck_assert_double_eq_tol(report.log_likelihood, *cases[i].likelihood, 1e-11);
        for (int p = 0; p < POINTS; p++) size[label[p]]++;
        ck_assert_mem_eq(size, cases[i].sizes, sizeof size);
        om_points_free(&points);
    }
}
END_TEST

START_TEST(clusters_are_the_same_on_any_number_of_threads)
{
    om_points points;
    int32_t label[2][POINTS], start[POINTS];
    om_mixture_report report[2];
    make_mixture(&points, start);
    om_mixture_options options = OM_MIXTURE_DEFAULTS;
    options.components = 20;
    for (int way = 0; way < 2; way++) {
        tn_set_threads(way ? 4 : 1);
        ck_assert_int_eq(om_kmeans(label[way], &points, 20, 5, NULL, NULL), TN_OK);
        ck_assert_int_eq(om_mixture_fit(label[way], &points, &options, &report[way], NULL), TN_OK);
    }
    ck_assert_mem_eq(label[0], label[1], sizeof label[0]);
    ck_assert_double_eq(report[0].log_likelihood, report[1].log_likelihood);
    om_points_free(&points);
}
END_TEST

START_TEST(the_seed_decides_the_start)
{
    om_points points;
    int32_t a[POINTS], b[POINTS];
    make_mixture(&points, a);
    om_kmeans(a, &points, 20, 1, NULL, NULL);
    om_kmeans(b, &points, 20, 2, NULL, NULL);
    ck_assert_mem_ne(a, b, sizeof a);
    om_kmeans(b, &points, 20, 1, NULL, NULL);
    ck_assert_mem_eq(a, b, sizeof a);
    om_points_free(&points);
}
END_TEST

/* Every point must be nearest to the mean of its own cluster: what Lloyd's iterations end in. */
START_TEST(k_means_ends_where_every_point_is_nearest_to_its_own_centre)
{
    enum { K = 6 };
    om_points points;
    int32_t label[POINTS];
    double centre[K][FEATURES] = {{0}}, size[K] = {0};
    make_mixture(&points, label);
    ck_assert_int_eq(om_kmeans(label, &points, K, 3, NULL, NULL), TN_OK);
    for (int p = 0; p < POINTS; p++) {
        size[label[p]]++;
        for (int f = 0; f < FEATURES; f++) centre[label[p]][f] += om_point(&points, p, f);
    }
    int astray = 0;
    for (int p = 0; p < POINTS; p++) {
        double nearest = INFINITY;
        int at = -1;
        for (int k = 0; k < K; k++) {
            double distance = 0;
            for (int f = 0; f < FEATURES; f++) distance += pow(om_point(&points, p, f) - centre[k][f] / size[k], 2);
            if (distance < nearest) {
                nearest = distance;
                at = k;
            }
        }
        astray += at != label[p];
    }
    ck_assert_int_le(astray, 6); /* the iterations stop when the centres all but stand still */
    om_points_free(&points);
}
END_TEST

START_TEST(equal_points_and_wild_scales_are_no_trouble)
{
    enum { N = 200 };
    double x[3 * N] = {0};
    int32_t label[N];
    om_mixture_options options = OM_MIXTURE_DEFAULTS;
    options.components = 10;
    x[3 * 77 + 1] = 1; /* two places, ten clusters */
    ck_assert_int_eq(om_cluster(label, x, N, 3, &options, 1, NULL, NULL), TN_OK);
    for (int i = 0; i < N; i++) ck_assert_int_eq(label[i] == label[77], i == 77);
    for (uint32_t i = 0; i < N; i++) {
        x[3 * i] = 1e9 * hashed(i);
        x[3 * i + 1] = x[3 * i] + 1e-9 * hashed(i + N);
        x[3 * i + 2] = 1e-9 * hashed(i + 2 * N);
    }
    om_mixture_report report;
    ck_assert_int_eq(om_cluster(label, x, N, 3, &options, 1, &report, NULL), TN_OK);
    ck_assert(isfinite(report.log_likelihood));
}
END_TEST

START_TEST(one_component_is_the_normal_distribution)
{
    const double x[] = {1, 3};
    int32_t label[2];
    om_mixture_options options = {1, 0, 1e-3, 100, NULL};
    om_mixture_report report;
    ck_assert_int_eq(om_cluster(label, x, 2, 1, &options, 0, &report, NULL), TN_OK);
    ck_assert_double_eq_tol(report.log_likelihood, -0.5 * log(2 * M_PI) - 0.5, 1e-14);
    ck_assert_int_eq(report.iterations, 2);
}
END_TEST

/* Even and odd points are alike, and so are the two components that start from them. */
START_TEST(the_first_of_equally_probable_components_is_the_label)
{
    enum { N = 300 };
    double x[N];
    int32_t label[N];
    om_points points;
    om_mixture_options options = {2, 1e-6, 1e-3, 5, NULL};
    om_mixture_report report;
    for (int i = 0; i < N; i++) {
        x[i] = hashed((uint32_t)i / 2);
        label[i] = i % 2;
    }
    ck_assert_int_eq(om_points_new(&points, x, N, 1, NULL), TN_OK);
    ck_assert_int_eq(om_mixture_fit(label, &points, &options, &report, NULL), TN_OK);
    for (int i = 0; i < N; i++) ck_assert_int_eq(label[i], 0);
    om_points_free(&points);
}
END_TEST

/* ---- Matching ----------------------------------------------------------------------------------------------- */

static double best_by_trying(const double *benefit, int rows, int cols, int row, unsigned taken)
{
    if (row == rows) return 0;
    double best = rows > cols ? best_by_trying(benefit, rows, cols, row + 1, taken) : -INFINITY;
    for (int j = 0; j < cols; j++) {
        if (taken >> j & 1) continue;
        double with = benefit[row * cols + j] + best_by_trying(benefit, rows, cols, row + 1, taken | 1u << j);
        if (with > best) best = with;
    }
    return best;
}

/* The sum of a matching, after checking that it is one and as large as it can be. */
static double matched_sum(const int32_t *column, const double *benefit, int rows, int cols)
{
    double sum = 0;
    int matched = 0;
    for (int i = 0; i < rows; i++) {
        if (column[i] < 0) continue;
        ck_assert_int_lt(column[i], cols);
        for (int other = 0; other < i; other++) ck_assert_int_ne(column[other], column[i]);
        sum += benefit[i * cols + column[i]];
        matched++;
    }
    ck_assert_int_eq(matched, rows < cols ? rows : cols);
    return sum;
}

/* Benefits of few different values, so that ties are common; every shape up to 6 x 6. */
START_TEST(a_matching_is_the_best_of_all)
{
    for (uint32_t round = 0; round < 720; round++) {
        int rows = 1 + (int)round % 6, cols = 1 + (int)round / 6 % 6;
        double benefit[36];
        int32_t column[6];
        for (int e = 0; e < rows * cols; e++)
            benefit[e] = floor(hashed(round * 36 + (uint32_t)e) * (round % 3 ? 5 : 1000)) - 2;
        ck_assert_int_eq(om_assign(column, benefit, rows, cols, NULL), TN_OK);
        double expected = best_by_trying(benefit, rows, cols, 0, 0);
        /* leaving out a row is not allowed while columns are free, whatever it costs */
        if (rows <= cols) ck_assert_double_eq(matched_sum(column, benefit, rows, cols), expected);
        double turned[36];
        int32_t row[6];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < cols; j++) turned[j * rows + i] = benefit[i * cols + j];
        ck_assert_int_eq(om_assign(row, turned, cols, rows, NULL), TN_OK);
        ck_assert_double_eq(matched_sum(row, turned, cols, rows), matched_sum(column, benefit, rows, cols));
    }
}
END_TEST

START_TEST(a_large_matching_is_that_of_scipy)
{
    enum { ROWS = 40, COLS = 65 };
    static double benefit[ROWS * COLS];
    int32_t column[ROWS];
    for (uint32_t e = 0; e < ROWS * COLS; e++) benefit[e] = hashed(e);
    ck_assert_int_eq(om_assign(column, benefit, ROWS, COLS, NULL), TN_OK);
    ck_assert_double_eq_tol(matched_sum(column, benefit, ROWS, COLS), expected_benefit[0], 1e-12);
}
END_TEST

START_TEST(empty_matchings_exist_and_bad_ones_are_refused)
{
    const double bad[] = {1, 2, NAN, 4};
    int32_t column[2];
    tn_error error = {0}, negative = {0};
    ck_assert_int_eq(om_assign(column, bad, 0, 2, NULL), TN_OK);
    ck_assert_int_eq(om_assign(column, bad, 2, 0, NULL), TN_OK);
    ck_assert(column[0] == -1 && column[1] == -1);
    ck_assert_int_eq(om_assign(column, bad, 2, 2, &error), TN_EINVAL);
    ck_assert_str_eq(error.message, "benefit of row 1 and column 0 is nan");
    ck_assert_int_eq(om_assign(column, bad, -1, 2, &negative), TN_EINVAL);
}
END_TEST

/* ---- Agreement ---------------------------------------------------------------------------------------------- */

START_TEST(agreement_is_that_of_scikit_learn)
{
    enum { N = 500 };
    int32_t type[N], cluster[N];
    om_agreement agreement;
    for (uint32_t i = 0; i < N; i++) {
        type[i] = (int32_t)(hashed(i) * 7);
        cluster[i] = hashed(i + 5000) < 0.6 ? type[i] + 1 : (int32_t)(hashed(i + 9000) * 9);
    }
    ck_assert_int_eq(om_agree(&agreement, cluster, type, N, NULL), TN_OK);
    ck_assert_double_eq_tol(agreement.accuracy, expected_agreement[0], 1e-14);
    ck_assert_double_eq_tol(agreement.ari, expected_agreement[1], 1e-14);
    ck_assert_double_eq_tol(agreement.nmi, expected_agreement[2], 1e-14);
}
END_TEST

START_TEST(small_partitions_agree_as_by_hand)
{
    static const struct {
        int32_t cluster[4], type[4];
        double accuracy, ari, nmi;
    } cases[] = {
        {{0, 0, 1, 1}, {0, 0, 1, 1}, 1, 1, 1},
        {{5, 5, 2, 2}, {0, 0, 1, 1}, 1, 1, 1},         /* names do not matter */
        {{0, 0, 0, 0}, {0, 0, 1, 1}, 0.5, 0, 0},       /* one cluster can have one type only */
        {{0, 1, 2, 3}, {0, 0, 1, 1}, 0.5, 0, 2.0 / 3}, /* a divided type loses a half */
        {{0, 1, 0, 1}, {0, 0, 1, 1}, 0.5, -0.5, 0},    /* worse than chance */
        {{0, 0, 1, 2}, {0, 0, 1, 1}, 0.75, 4.0 / 7, 0.8},
        {{3, 3, 3, 3}, {0, 0, 0, 0}, 1, 1, 1},
        {{0, 1, 2, 3}, {3, 2, 1, 0}, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        om_agreement agreement;
        ck_assert_int_eq(om_agree(&agreement, cases[i].cluster, cases[i].type, 4, NULL), TN_OK);
        ck_assert_double_eq_tol(agreement.accuracy, cases[i].accuracy, 1e-15);
        ck_assert_double_eq_tol(agreement.ari, cases[i].ari, 1e-15);
        ck_assert_double_eq_tol(agreement.nmi, cases[i].nmi, 1e-15);
    }
    om_agreement none, one;
    ck_assert_int_eq(om_agree(&none, NULL, NULL, 0, NULL), TN_OK);
    ck_assert(isnan(none.accuracy) && isnan(none.ari) && isnan(none.nmi));
    ck_assert_int_eq(om_agree(&one, cases[0].cluster, cases[0].type, 1, NULL), TN_OK);
    ck_assert(one.accuracy == 1 && one.ari == 1 && one.nmi == 1);
}
END_TEST

/* ---- Errors ------------------------------------------------------------------------------------------------- */

START_TEST(impossible_clusterings_are_refused)
{
    const double good[] = {1, 2, 3, 4}, bad[] = {1, 2, 3, INFINITY};
    int32_t label[] = {0, 1, 0, 2};
    om_points points;
    om_mixture_report report;
    om_mixture_options options = OM_MIXTURE_DEFAULTS;
    tn_error error[7] = {{0}};

    ck_assert_int_eq(om_cluster(label, bad, 2, 2, &options, 0, NULL, &error[0]), TN_ENUMERIC);
    ck_assert_str_eq(error[0].message, "feature 1 of point 1 is inf, not a finite number");
    ck_assert_int_eq(om_cluster(label, good, 4, 1, &options, 0, NULL, &error[1]), TN_EINVAL);
    ck_assert_str_eq(error[1].message, "100 clusters of 4 points; there may be 1 to as many as points");
    ck_assert_int_eq(om_points_new(&points, good, 4, 0, &error[2]), TN_EINVAL);
    ck_assert_int_eq(om_points_new(&points, good, 4, 1, NULL), TN_OK);
    options.components = 2;
    ck_assert_int_eq(om_mixture_fit(label, &points, &options, &report, &error[3]), TN_EINVAL);
    ck_assert_str_eq(error[3].message, "point 3 starts in cluster 2, but there are clusters 0 to 1");
    options.iterations = 0;
    label[3] = 1;
    ck_assert_int_eq(om_mixture_fit(label, &points, &options, &report, &error[4]), TN_EINVAL);
    om_points_free(&points);
    ck_assert_int_eq(om_mixture_fit(label, &points, &options, &report, &error[5]), TN_EINVAL);
    ck_assert_str_eq(error[5].message, "a mixture of no points");
    label[0] = -1;
    om_agreement agreement;
    ck_assert_int_eq(om_agree(&agreement, label, label, 4, &error[6]), TN_EINVAL);
    ck_assert_str_eq(error[6].message, "type of point 0 is -1");
}
END_TEST

START_TEST(a_covariance_beyond_double_is_an_error)
{
    const double x[] = {-1e200, 1e200, -1e200, 1e200};
    int32_t label[4];
    om_mixture_options options = {1, 1e-6, 1e-3, 10, NULL};
    tn_error error = {0};
    ck_assert_int_eq(om_cluster(label, x, 4, 1, &options, 0, NULL, &error), TN_ENUMERIC);
    ck_assert_str_eq(error.message, "the covariance of a component of the mixture overflows");
}
END_TEST

/* A watch that has had enough after `left` questions. */
static tn_status count_down(void *user, tn_error *error)
{
    int *left = user;
    return (*left)-- > 0 ? TN_OK : tn_fail(error, TN_EIO, "enough");
}

START_TEST(a_watch_ends_k_means_and_mixtures_at_any_iteration)
{
    enum { N = 500, MOST = 100 };
    double x[2 * N];
    int32_t type[N], label[N];
    make_clouds(x, type, N, 9, 1.5);
    om_mixture_options options = OM_MIXTURE_DEFAULTS;
    options.components = 12;
    int asked = 0, left = MOST;
    const om_watch watch = {count_down, &left};
    om_mixture_report report;
    options.watch = &watch;
    ck_assert_int_eq(om_cluster(label, x, N, 2, &options, 1, &report, NULL), TN_OK);
    asked = MOST - left;
    ck_assert_int_gt(asked, report.iterations + 1); /* and those of k-means */
    for (int patience = 0; patience < asked; patience++) {
        tn_error error = {0};
        long live = tn_live_allocations();
        left = patience;
        ck_assert_int_eq(om_cluster(label, x, N, 2, &options, 1, NULL, &error), TN_EIO);
        ck_assert_str_eq(error.message, "enough");
        ck_assert_int_eq(left, -1);
        ck_assert_int_eq(tn_live_allocations(), live);
    }
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    enum { N = 100 };
    double x[2 * N];
    int32_t type[N], label[N];
    make_clouds(x, type, N, 4, 0.2);
    om_mixture_options options = {4, 1e-6, 1e-3, 1, NULL};
    int failures = 0;
    tn_set_threads(1);
    for (tn_status status = TN_ENOMEM; status != TN_OK; failures++) {
        tn_error error = {0};
        om_agreement agreement;
        long live = tn_live_allocations();
        tn_fail_allocation(failures, 1);
        status = om_cluster(label, x, N, 2, &options, 0, NULL, &error);
        if (status == TN_OK) status = om_agree(&agreement, label, type, N, &error);
        tn_fail_allocation(-1, 0);
        ck_assert_int_eq(tn_live_allocations(), live);
        ck_assert(status == TN_OK || status == TN_ENOMEM);
    }
    ck_assert_int_gt(failures, 15);
}
END_TEST

int main(void)
{
    TCase *finding = tcase_create("finding");
    tcase_add_test(finding, separated_clouds_are_recovered_exactly);
    tcase_add_test(finding, a_mixture_goes_the_way_of_scikit_learn);
    tcase_add_test(finding, clusters_are_the_same_on_any_number_of_threads);
    tcase_add_test(finding, the_start_of_k_means_is_the_best_of_several);
    tcase_add_test(finding, the_seed_decides_the_start);
    tcase_add_test(finding, k_means_ends_where_every_point_is_nearest_to_its_own_centre);
    tcase_add_test(finding, equal_points_and_wild_scales_are_no_trouble);
    tcase_add_test(finding, the_first_of_equally_probable_components_is_the_label);
    tcase_add_test(finding, one_component_is_the_normal_distribution);
    TCase *matching = tcase_create("matching");
    tcase_add_test(matching, a_matching_is_the_best_of_all);
    tcase_add_test(matching, a_large_matching_is_that_of_scipy);
    tcase_add_test(matching, empty_matchings_exist_and_bad_ones_are_refused);
    TCase *agreement = tcase_create("agreement");
    tcase_add_test(agreement, agreement_is_that_of_scikit_learn);
    tcase_add_test(agreement, small_partitions_agree_as_by_hand);
    TCase *errors = tcase_create("errors");
    tcase_add_test(errors, impossible_clusterings_are_refused);
    tcase_add_test(errors, a_covariance_beyond_double_is_an_error);
    tcase_add_test(errors, a_watch_ends_k_means_and_mixtures_at_any_iteration);
    tcase_add_test(errors, every_failing_allocation_is_reported_and_leaks_nothing);
    return run_cases("clustering", finding, matching, agreement, errors, NULL);
}
