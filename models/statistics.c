/* Statistics of the recovery metrics. */
#include "config.h"
#include "statistics.h"

#include <math.h>
#include <stdlib.h>

/* ---- Straight lines ----------------------------------------------------------------------------------------- */

enum { BLOCK = 512 }; /* pairs summed together; part of the result */

/* About the first value, so that the mean of equal values is that value exactly. */
static double block_mean(const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i] - x[0];
    return x[0] + sum / n;
}

static om_moments block_moments(const double *x, const double *y, int n)
{
    om_moments m = {.count = n, .mean_x = block_mean(x, n), .mean_y = block_mean(y, n)};
    for (int i = 0; i < n; i++) {
        double dx = x[i] - m.mean_x, dy = y[i] - m.mean_y, d = y[i] - x[i];
        m.xx += dx * dx;
        m.xy += dx * dy;
        m.yy += dy * dy;
        m.difference += d * d;
    }
    return m;
}

static void join(om_moments *a, const om_moments *b)
{
    double n = (double)(a->count + b->count), share = (double)b->count / n;
    double dx = b->mean_x - a->mean_x, dy = b->mean_y - a->mean_y, weight = (double)a->count * share;
    a->xx += b->xx + dx * dx * weight;
    a->xy += b->xy + dx * dy * weight;
    a->yy += b->yy + dy * dy * weight;
    a->difference += b->difference;
    a->mean_x += dx * share;
    a->mean_y += dy * share;
    a->count += b->count;
}

static int select_kept(double *x, double *y, const uint8_t *keep, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        if (!keep[i]) continue;
        x[kept] = x[i];
        y[kept++] = y[i];
    }
    return kept;
}

void om_moments_add(om_moments *moments, om_values x, om_values y, const uint8_t *keep, int64_t n)
{
    for (int64_t first = 0; first < n; first += BLOCK) {
        double bx[BLOCK], by[BLOCK];
        int count = n - first < BLOCK ? (int)(n - first) : BLOCK;
        om_load(bx, x, first, count);
        om_load(by, y, first, count);
        if (keep) count = select_kept(bx, by, keep + first, count);
        if (!count) continue;
        om_moments block = block_moments(bx, by, count);
        if (moments->count)
            join(moments, &block);
        else
            *moments = block;
    }
}

om_line om_line_of(const om_moments *m)
{
    om_line line = {.count = m->count};
    if (m->count == 0 || !isfinite(m->xx + m->yy + m->xy)) {
        line.slope = line.offset = line.r2 = line.r2_identity = NAN;
        return line;
    }
    if (m->xx > 0) {
        line.slope = m->xy / m->xx;
        line.r2_identity = 1 - m->difference / m->xx;
    }
    if (m->xx > 0 && m->yy > 0) line.r2 = line.slope * (m->xy / m->yy);
    line.offset = m->mean_y - line.slope * m->mean_x;
    return line;
}

om_line om_line_fit(om_values x, om_values y, const uint8_t *keep, int64_t n)
{
    om_moments moments = {0};
    om_moments_add(&moments, x, y, keep, n);
    return om_line_of(&moments);
}

int64_t om_within(uint8_t *keep, const double *truth, const double *learned, int64_t n, double limit)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) kept += keep[i] = fabs(learned[i] - truth[i]) <= limit;
    return kept;
}

double om_pearson(const om_moments *m)
{
    double n = (double)m->count, sx = sqrt(m->xx), sy = sqrt(m->yy), least = OM_NO_DEVIATION * sqrt(n);
    return n > 0 && sx > least && sy > least ? m->xy / sx / sy : NAN;
}

/* ---- Order -------------------------------------------------------------------------------------------------- */

typedef struct entry {
    double value;
    int64_t index;
} entry;

/* No NaN comes here. */
static int by_value(const void *a, const void *b)
{
    double x = ((const entry *)a)->value, y = ((const entry *)b)->value;
    return (x > y) - (x < y);
}

static bool has_nan(const double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (isnan(values[i])) return true;
    return false;
}

tn_status om_ranks(double *rank, const double *values, int64_t n, tn_error *error)
{
    if (has_nan(values, n)) {
        for (int64_t i = 0; i < n; i++) rank[i] = NAN;
        return TN_OK;
    }
    entry *sorted = om_array(n, sizeof *sorted);
    if (!sorted) return tn_fail(error, TN_ENOMEM, "ranks of %lld values: out of memory", (long long)n);
    for (int64_t i = 0; i < n; i++) sorted[i] = (entry){values[i], i};
    qsort(sorted, (size_t)n, sizeof *sorted, by_value);
    for (int64_t first = 0, last; first < n; first = last) {
        for (last = first + 1; last < n && sorted[last].value == sorted[first].value;) last++;
        for (int64_t i = first; i < last; i++) rank[sorted[i].index] = 0.5 * (double)(first + 1 + last);
    }
    tn_free(sorted);
    return TN_OK;
}

tn_status om_spearman(double *correlation, const double *x, const double *y, int64_t n, tn_error *error)
{
    double *rank_x = om_array(n, sizeof *rank_x), *rank_y = om_array(n, sizeof *rank_y);
    tn_status status = TN_OK;
    *correlation = NAN;
    if (!rank_x || !rank_y)
        status = tn_fail(error, TN_ENOMEM, "rank correlation of %lld pairs: out of memory", (long long)n);
    if (status == TN_OK) status = om_ranks(rank_x, x, n, error);
    if (status == TN_OK) status = om_ranks(rank_y, y, n, error);
    if (status == TN_OK) {
        om_moments moments = {0};
        om_moments_add(&moments, om_f64(rank_x), om_f64(rank_y), NULL, n);
        *correlation = om_pearson(&moments);
    }
    tn_free(rank_x);
    tn_free(rank_y);
    return status;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double om_lower_median(double *values, int64_t n)
{
    if (n < 1 || has_nan(values, n)) return NAN;
    qsort(values, (size_t)n, sizeof *values, ascending);
    return values[(n - 1) / 2];
}

/* ---- Spread ------------------------------------------------------------------------------------------------- */

om_spread om_spread_of(const double *values, int64_t n)
{
    om_spread spread = {.mean = NAN, .sd = NAN};
    double origin = 0, sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) continue;
        if (!spread.count++) origin = values[i];
        sum += values[i] - origin;
    }
    if (!spread.count) return spread;
    spread.mean = origin + sum / (double)spread.count;
    for (int64_t i = 0; i < n; i++) {
        double d = values[i] - spread.mean;
        if (isfinite(values[i])) squares += d * d;
    }
    spread.sd = sqrt(squares / (double)spread.count);
    return spread;
}

tn_status om_group_spread(double *mean, double *sd, const double *values, const int32_t *group, int64_t n,
                          int64_t groups, tn_error *error)
{
    for (int64_t i = 0; i < n; i++)
        if (group[i] < 0 || group[i] >= groups)
            return tn_fail(error, TN_EINVAL, "value %lld belongs to group %d, but there are groups 0 to %lld",
                           (long long)i, group[i], (long long)groups - 1);
    int64_t *count = om_array(groups, sizeof *count);
    if (!count) return tn_fail(error, TN_ENOMEM, "means of %lld groups: out of memory", (long long)groups);

    for (int64_t k = 0; k < groups; k++) mean[k] = 0;
    for (int64_t i = 0; i < n; i++) {
        count[group[i]]++;
        mean[group[i]] += (values[i] - mean[group[i]]) / (double)count[group[i]];
    }
    if (sd) {
        for (int64_t k = 0; k < groups; k++) sd[k] = 0;
        for (int64_t i = 0; i < n; i++) {
            double d = values[i] - mean[group[i]];
            sd[group[i]] += d * d;
        }
        for (int64_t k = 0; k < groups; k++)
            if (count[k]) sd[k] = sqrt(sd[k] / (double)count[k]);
    }
    tn_free(count);
    return TN_OK;
}

/* ---- Points ------------------------------------------------------------------------------------------------- */

om_frames om_probe_frames(int64_t recording, int64_t first, int64_t last, int64_t count)
{
    if (recording < 1 || count < 1) return (om_frames){0};
    if (recording < OM_SHORT_RECORDING) return (om_frames){0, recording - 1, recording};
    if (last > recording - 1) last = recording - 1;
    if (first > last) first = last;
    return (om_frames){first < 0 ? 0 : first, last < 0 ? 0 : last, count};
}

int64_t om_frame_at(om_frames frames, int64_t i)
{
    return frames.count > 1 ? frames.first + i * (frames.last - frames.first) / (frames.count - 1) : frames.first;
}
