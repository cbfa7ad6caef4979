/* Mixtures of Gaussians with full covariances, by expectation maximisation. */
#include "config.h"
#include "clustering.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A symmetric or lower triangular matrix keeps its lower triangle row after row: entry (i, j), j <= i, lies at
 * i (i + 1) / 2 + j. */
typedef struct mixture {
    const om_points *points;
    const om_mixture_options *options;
    int K, F, entries;  /* components, features, entries of a triangle */
    double *share;      /* [blocks, K, OM_LANES]: how probably a point belongs to a component */
    double *size;       /* [K]: points of a component, the sum of its shares */
    double *mean;       /* [K, F] */
    double *whitener;   /* [K, entries]: inverse of the Cholesky factor of the covariance */
    double *constant;   /* [K]: log weight and log normalisation */
    double *likelihood; /* [blocks]: sum of the points' log likelihoods */
    int32_t *label;     /* [n] */
} mixture;

static double *share_of(const mixture *m, int64_t block, int component)
{
    return m->share + (block * m->K + component) * OM_LANES;
}

/* ---- Maximisation: components from shares ------------------------------------------------------------------- */

/* Sums over points are kept in PARTS parts, which fit into registers; part of the result. */
enum { PARTS = 8 };

/* sum [PARTS] += a b over the points of a block. */
static void add_products(double *restrict sum, const double *restrict a, const double *restrict b)
{
    double part[PARTS];
    for (int i = 0; i < PARTS; i++) part[i] = sum[i];
    for (int first = 0; first < OM_LANES; first += PARTS)
        for (int i = 0; i < PARTS; i++) part[i] += a[first + i] * b[first + i];
    for (int i = 0; i < PARTS; i++) sum[i] = part[i];
}

static double total(const double *sum)
{
    double all = 0;
    for (int i = 0; i < PARTS; i++) all += sum[i];
    return all;
}

/* Most points have no share in most components. */
static bool nothing_in(const double *share)
{
    double largest = 0;
    for (int i = 0; i < OM_LANES; i++) largest = share[i] > largest ? share[i] : largest;
    return largest == 0;
}

/* size and mean of component k; sum [F + 1, PARTS] is scratch. */
static void estimate_mean(mixture *m, int k, double *sum)
{
    double one[OM_LANES];
    for (int i = 0; i < OM_LANES; i++) one[i] = 1;
    memset(sum, 0, (size_t)(m->F + 1) * PARTS * sizeof *sum);
    for (int64_t b = 0; b < m->points->blocks; b++) {
        const double *share = share_of(m, b, k);
        if (nothing_in(share)) continue;
        for (int f = 0; f < m->F; f++) add_products(sum + f * PARTS, share, om_points_at(m->points, b, f));
        add_products(sum + m->F * PARTS, share, one);
    }
    m->size[k] = total(sum + m->F * PARTS) + 10 * DBL_EPSILON;
    for (int f = 0; f < m->F; f++) m->mean[k * m->F + f] = total(sum + f * PARTS) / m->size[k];
}

/* d [F, OM_LANES] = points of a block about the mean of component k. */
static void deviations(double *restrict d, const mixture *m, int64_t block, int k)
{
    for (int f = 0; f < m->F; f++) {
        const double *x = om_points_at(m->points, block, f);
        double mean = m->mean[k * m->F + f];
        for (int i = 0; i < OM_LANES; i++) d[f * OM_LANES + i] = x[i] - mean;
    }
}

/* covariance [entries] of component k; d [F, OM_LANES] and sum [entries, PARTS] are scratch. */
static void estimate_covariance(double *covariance, const mixture *m, int k, double *d, double *sum)
{
    memset(sum, 0, (size_t)m->entries * PARTS * sizeof *sum);
    for (int64_t b = 0; b < m->points->blocks; b++) {
        const double *share = share_of(m, b, k);
        if (nothing_in(share)) continue;
        deviations(d, m, b, k);
        double *s = sum;
        for (int f = 0; f < m->F; f++) {
            double weighted[OM_LANES];
            for (int i = 0; i < OM_LANES; i++) weighted[i] = share[i] * d[f * OM_LANES + i];
            for (int g = 0; g <= f; g++, s += PARTS) add_products(s, weighted, d + g * OM_LANES);
        }
    }
    for (int e = 0; e < m->entries; e++) covariance[e] = total(sum + e * PARTS) / m->size[k];
}

/* L [entries], the Cholesky factor of a + ridge I. False if that is not positive definite in double. */
static bool cholesky(double *L, const double *a, int n, double ridge)
{
    for (int i = 0; i < n; i++) {
        double *row = L + i * (i + 1) / 2;
        for (int j = 0; j <= i; j++) {
            const double *other = L + j * (j + 1) / 2;
            double left = a[i * (i + 1) / 2 + j] + (i == j ? ridge : 0);
            for (int k = 0; k < j; k++) left -= row[k] * other[k];
            if (i == j && !(left > 0 && left <= DBL_MAX)) return false;
            row[j] = i == j ? sqrt(left) : left / other[j];
        }
    }
    return true;
}

/* L becomes its inverse. Returns the log of its determinant. */
static double invert_triangle(double *L, int n)
{
    double log_determinant = 0;
    for (int i = 0; i < n; i++) {
        double *row = L + i * (i + 1) / 2, diagonal = 1 / row[i];
        for (int j = 0; j < i; j++) {
            double sum = 0;
            for (int k = j; k < i; k++) sum += row[k] * L[k * (k + 1) / 2 + j];
            row[j] = -sum * diagonal;
        }
        row[i] = diagonal;
        log_determinant += log(diagonal);
    }
    return log_determinant;
}

/* Everything about component k but its weight. False if the covariance is hopeless. */
static bool estimate_component(mixture *m, int k, double *scratch)
{
    double *covariance = scratch, *d = covariance + m->entries, *sum = d + m->F * OM_LANES;
    double *whitener = m->whitener + k * m->entries, ridge = m->options->regularisation;
    estimate_mean(m, k, sum);
    estimate_covariance(covariance, m, k, d, sum);
    while (!cholesky(whitener, covariance, m->F, ridge)) {
        ridge = ridge > 0 ? 10 * ridge : DBL_MIN;
        if (ridge > DBL_MAX) return false;
    }
    m->constant[k] = invert_triangle(whitener, m->F) - 0.5 * m->F * log(2 * M_PI);
    return true;
}

static tn_status maximise(mixture *m, tn_error *error)
{
    int hopeless = 0;
    bool complete = true;
#pragma omp parallel num_threads(tn_threads()) reduction(| : hopeless) reduction(&& : complete)
    {
        double *scratch =
            om_array(m->entries + (int64_t)m->F * OM_LANES + (m->entries + m->F + 1) * PARTS, sizeof *scratch);
        complete = scratch != NULL;
#pragma omp for schedule(dynamic)
        for (int k = 0; k < m->K; k++)
            if (scratch) hopeless |= !estimate_component(m, k, scratch);
        tn_free(scratch);
    }
    if (!complete) return tn_fail(error, TN_ENOMEM, "mixture of %d components: out of memory", m->K);
    if (hopeless) return tn_fail(error, TN_ENUMERIC, "the covariance of a component of the mixture overflows");
    double total = 0;
    for (int k = 0; k < m->K; k++) total += m->size[k];
    for (int k = 0; k < m->K; k++) m->constant[k] += log(m->size[k] / total);
    return TN_OK;
}

/* ---- Expectation: shares from components -------------------------------------------------------------------- */

/* out [OM_LANES] = log(weight density) of component k at the points of a block; d [F, OM_LANES] is scratch. */
static void log_density(double *restrict out, const mixture *m, int64_t block, int k, double *restrict d)
{
    double constant = m->constant[k];
    deviations(d, m, block, k);
    for (int first = 0; first < OM_LANES; first += PARTS) {
        const double *w = m->whitener + k * m->entries;
        double square[PARTS] = {0};
        for (int f = 0; f < m->F; f++) {
            double white[PARTS] = {0};
            for (int g = 0; g <= f; g++, w++)
                for (int i = 0; i < PARTS; i++) white[i] += *w * d[g * OM_LANES + first + i];
            for (int i = 0; i < PARTS; i++) square[i] += white[i] * white[i];
        }
        for (int i = 0; i < PARTS; i++) out[first + i] = constant - 0.5 * square[i];
    }
}

/* exp of what is not so negative that it is 0 anyhow. */
static double exp_or_zero(double x)
{
    return x < -745.2 ? 0 : exp(x);
}

/* Log densities of the points of a block, in share, become shares; likelihood [OM_LANES] and label [OM_LANES] receive
 * each point's log likelihood and most probable component. */
static void share_out(double *restrict share, int K, double *restrict likelihood, int32_t *restrict label)
{
    double largest[OM_LANES], sum[OM_LANES] = {0};
    for (int i = 0; i < OM_LANES; i++) {
        largest[i] = share[i];
        label[i] = 0;
    }
    for (int32_t k = 1; k < K; k++) {
        for (int i = 0; i < OM_LANES; i++) {
            bool larger = share[k * OM_LANES + i] > largest[i];
            largest[i] = larger ? share[k * OM_LANES + i] : largest[i];
            label[i] = larger ? k : label[i];
        }
    }
    for (int k = 0; k < K; k++)
        for (int i = 0; i < OM_LANES; i++)
            sum[i] += share[k * OM_LANES + i] = exp_or_zero(share[k * OM_LANES + i] - largest[i]);
    for (int k = 0; k < K; k++)
        for (int i = 0; i < OM_LANES; i++) share[k * OM_LANES + i] /= sum[i];
    for (int i = 0; i < OM_LANES; i++) likelihood[i] = largest[i] + log(sum[i]);
}

static void expect_block(mixture *m, int64_t block, double *scratch)
{
    double *share = share_of(m, block, 0), likelihood[OM_LANES];
    int32_t label[OM_LANES];
    int count = om_points_in(m->points, block);
    for (int k = 0; k < m->K; k++) log_density(share_of(m, block, k), m, block, k, scratch);
    share_out(share, m->K, likelihood, label);
    for (int k = 0; k < m->K; k++) /* places behind the last point */
        for (int i = count; i < OM_LANES; i++) share[k * OM_LANES + i] = 0;
    m->likelihood[block] = 0;
    for (int i = 0; i < count; i++) {
        m->likelihood[block] += likelihood[i];
        m->label[block * OM_LANES + i] = label[i];
    }
}

/* mean receives the mean log likelihood per point. */
static tn_status expect(mixture *m, double *mean, tn_error *error)
{
    bool complete = true;
#pragma omp parallel num_threads(tn_threads()) reduction(&& : complete)
    {
        double *scratch = om_array(m->F, OM_LANES * sizeof *scratch);
        complete = scratch != NULL;
#pragma omp for
        for (int64_t b = 0; b < m->points->blocks; b++)
            if (scratch) expect_block(m, b, scratch);
        tn_free(scratch);
    }
    if (!complete) return tn_fail(error, TN_ENOMEM, "mixture of %d components: out of memory", m->K);
    double sum = 0;
    for (int64_t b = 0; b < m->points->blocks; b++) sum += m->likelihood[b];
    *mean = sum / (double)m->points->count;
    return TN_OK;
}

/* ---- The whole ---------------------------------------------------------------------------------------------- */

static tn_status check(const om_points *points, const om_mixture_options *o, const int32_t *label, tn_error *error)
{
    if (points->count < 1) return tn_fail(error, TN_EINVAL, "a mixture of no points");
    if (o->components < 1 || o->iterations < 1 || !(o->regularisation >= 0) || isnan(o->tolerance))
        return tn_fail(error, TN_EINVAL, "a mixture of %d components, %d iterations, regularisation %g, tolerance %g",
                       o->components, o->iterations, o->regularisation, o->tolerance);
    for (int64_t i = 0; i < points->count; i++)
        if (label[i] < 0 || label[i] >= o->components)
            return tn_fail(error, TN_EINVAL, "point %lld starts in cluster %d, but there are clusters 0 to %d",
                           (long long)i, label[i], o->components - 1);
    return TN_OK;
}

static tn_status iterate(mixture *m, om_mixture_report *report, tn_error *error)
{
    double previous = -INFINITY;
    tn_status status = maximise(m, error);
    *report = (om_mixture_report){0};
    while (status == TN_OK && !report->converged && report->iterations < m->options->iterations) {
        report->iterations++;
        status = om_watch_ask(m->options->watch, error);
        if (status == TN_OK) status = expect(m, &report->log_likelihood, error);
        if (status == TN_OK) status = maximise(m, error);
        report->converged = fabs(report->log_likelihood - previous) < m->options->tolerance;
        previous = report->log_likelihood;
    }
    return status == TN_OK ? expect(m, &previous, error) : status; /* labels of the final components */
}

tn_status om_mixture_fit(int32_t *label, const om_points *points, const om_mixture_options *options,
                         om_mixture_report *report, tn_error *error)
{
    if (check(points, options, label, error) != TN_OK) return TN_EINVAL;
    int K = options->components, F = points->features, entries = F * (F + 1) / 2;
    int64_t per_component = 2 + F + entries;
    double *parameters = om_array(per_component, (size_t)K * sizeof *parameters);
    double *share = om_array(points->blocks, (size_t)K * OM_LANES * sizeof *share);
    double *likelihood = om_array(points->blocks, sizeof *likelihood);
    tn_status status = TN_OK;
    if (!parameters || !share || !likelihood)
        status = tn_fail(error, TN_ENOMEM, "mixture of %d components: out of memory", K);
    if (status == TN_OK) {
        mixture m = {points, options, K, F, entries, share, .likelihood = likelihood, .label = label};
        m.size = parameters;
        m.constant = m.size + K;
        m.mean = m.constant + K;
        m.whitener = m.mean + (int64_t)K * F;
        for (int64_t i = 0; i < points->count; i++) share_of(&m, i / OM_LANES, label[i])[i % OM_LANES] = 1;
        status = iterate(&m, report, error);
    }
    tn_free(parameters);
    tn_free(share);
    tn_free(likelihood);
    return status;
}

tn_status om_cluster(int32_t *label, const double *x, int64_t n, int features, const om_mixture_options *options,
                     uint64_t seed, om_mixture_report *report, tn_error *error)
{
    om_points points;
    om_mixture_report unread;
    tn_status status = om_points_new(&points, x, n, features, error);
    if (status == TN_OK) status = om_kmeans(label, &points, options->components, seed, options->watch, error);
    if (status == TN_OK) status = om_mixture_fit(label, &points, options, report ? report : &unread, error);
    om_points_free(&points);
    return status;
}
