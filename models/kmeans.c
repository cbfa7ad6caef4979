/* Points, and clusters of points around centres. */
#include "config.h"
#include "clustering.h"
#include "streams.h"

#include <math.h>
#include <string.h>

tn_status om_points_new(om_points *points, const double *x, int64_t n, int features, tn_error *error)
{
    *points = (om_points){0};
    if (n < 0 || features < 1) return tn_fail(error, TN_EINVAL, "%lld points of %d features", (long long)n, features);
    for (int64_t i = 0; i < n * features; i++)
        if (!isfinite(x[i]))
            return tn_fail(error, TN_ENUMERIC, "feature %lld of point %lld is %g, not a finite number",
                           (long long)(i % features), (long long)(i / features), x[i]);
    int64_t blocks = n / OM_LANES + (n % OM_LANES != 0);
    double *data = om_array(blocks, (size_t)features * OM_LANES * sizeof *data);
    if (!data) return tn_fail(error, TN_ENOMEM, "%lld points: out of memory", (long long)n);
    for (int64_t i = 0; i < n; i++)
        for (int f = 0; f < features; f++)
            data[(i / OM_LANES * features + f) * OM_LANES + i % OM_LANES] = x[i * features + f];
    *points = (om_points){.count = n, .blocks = blocks, .features = features, .data = data};
    return TN_OK;
}

void om_points_free(om_points *points)
{
    tn_free(points->data);
    *points = (om_points){0};
}

/* distance [OM_LANES] = squared distances of the points of a block from centre [features]. */
static void block_distances(double *restrict distance, const om_points *points, int64_t block, const double *centre)
{
    for (int i = 0; i < OM_LANES; i++) distance[i] = 0;
    for (int f = 0; f < points->features; f++) {
        const double *x = om_points_at(points, block, f);
        for (int i = 0; i < OM_LANES; i++) distance[i] += (x[i] - centre[f]) * (x[i] - centre[f]);
    }
}

typedef struct clusters {
    const om_points *points;
    int k;
    double *centre;                 /* [k, features] */
    double *nearest, *trial, *best; /* [n], squared distances from the nearest centre */
    int64_t *size;                  /* [k] */
    int32_t *label;                 /* [n] */
} clusters;

static void place_centre(clusters *c, int j, int64_t point)
{
    int F = c->points->features;
    for (int f = 0; f < F; f++) c->centre[j * F + f] = om_point(c->points, point, f);
}

/* ---- Start -------------------------------------------------------------------------------------------------- */

/* The first point at which the running sum of weight [n] exceeds threshold. */
static int64_t draw(const double *weight, int64_t n, double threshold)
{
    double running = 0;
    int64_t last = 0;
    for (int64_t i = 0; i < n; i++) {
        running += weight[i];
        if (running > threshold) return i;
        if (weight[i] > 0) last = i;
    }
    return last;
}

/* trial = what nearest becomes with centre j. Returns the sum. */
static double try_centre(clusters *c, int j)
{
    const double *centre = c->centre + j * c->points->features;
    double sum = 0;
    for (int64_t b = 0; b < c->points->blocks; b++) {
        double distance[OM_LANES];
        block_distances(distance, c->points, b, centre);
        for (int i = 0; i < om_points_in(c->points, b); i++) {
            int64_t p = b * OM_LANES + i;
            c->trial[p] = j > 0 && c->nearest[p] < distance[i] ? c->nearest[p] : distance[i];
            sum += c->trial[p];
        }
    }
    return sum;
}

static void exchange(double **a, double **b)
{
    double *old = *a;
    *a = *b;
    *b = old;
}

/* Each centre is the best of a few points, drawn with a probability that grows with their squared distance from the
 * centres before it. */
static void choose_centres(clusters *c, uint64_t seed)
{
    int trials = 2 + (int)log(c->k);
    int64_t n = c->points->count;
    uint64_t drawn = 0;
    double sum = 0;
    for (int j = 0; j < c->k; j++) {
        double least = INFINITY;
        int64_t chosen = 0;
        for (int t = 0; t < (j ? trials : 1); t++) {
            double u = tn_random_uniform(seed, OM_STREAM_CLUSTERS, drawn++);
            int64_t p = j ? draw(c->nearest, n, u * sum) : (int64_t)(u * (double)n);
            place_centre(c, j, p);
            double left = try_centre(c, j);
            if (!(left < least)) continue;
            least = left;
            chosen = p;
            exchange(&c->best, &c->trial);
        }
        place_centre(c, j, chosen);
        exchange(&c->nearest, &c->best);
        sum = least;
    }
}

/* ---- Iterations --------------------------------------------------------------------------------------------- */

/* Gives every point the label of its nearest centre, the first of equals. Returns whether a label changed. */
static bool assign_points(clusters *c)
{
    const om_points *points = c->points;
    int changed = 0;
#pragma omp parallel for num_threads(tn_threads()) reduction(| : changed)
    for (int64_t b = 0; b < points->blocks; b++) {
        double distance[OM_LANES], nearest[OM_LANES];
        int32_t label[OM_LANES] = {0};
        block_distances(nearest, points, b, c->centre);
        for (int32_t j = 1; j < c->k; j++) {
            block_distances(distance, points, b, c->centre + j * points->features);
            for (int i = 0; i < OM_LANES; i++) {
                bool closer = distance[i] < nearest[i];
                nearest[i] = closer ? distance[i] : nearest[i];
                label[i] = closer ? j : label[i];
            }
        }
        for (int i = 0; i < om_points_in(points, b); i++) {
            int64_t p = b * OM_LANES + i;
            changed |= c->label[p] != label[i];
            c->label[p] = label[i];
            c->nearest[p] = nearest[i];
        }
    }
    return changed;
}

/* Moves every centre to the mean of its points. Returns the sum of the squared moves. */
static double move_centres(clusters *c)
{
    int F = c->points->features;
    double *sum = c->trial, moved = 0; /* [k, F] fits: it holds max(n, k F) */
    memset(sum, 0, (size_t)c->k * (size_t)F * sizeof *sum);
    memset(c->size, 0, (size_t)c->k * sizeof *c->size);
    for (int64_t p = 0; p < c->points->count; p++) {
        c->size[c->label[p]]++;
        for (int f = 0; f < F; f++) sum[c->label[p] * F + f] += om_point(c->points, p, f);
    }
    for (int j = 0; j < c->k; j++) {
        if (!c->size[j]) continue; /* as more clusters than different points make it: stays where it is */
        for (int f = 0; f < F; f++) {
            double at = sum[j * F + f] / (double)c->size[j], d = at - c->centre[j * F + f];
            c->centre[j * F + f] = at;
            moved += d * d;
        }
    }
    return moved;
}

/* Mean over the features of their variance (n in the divisor). */
static double mean_variance(const om_points *points)
{
    double total = 0;
    for (int f = 0; f < points->features; f++) {
        double mean = 0, squares = 0;
        for (int64_t p = 0; p < points->count; p++) {
            double d = om_point(points, p, f) - mean;
            mean += d / (double)(p + 1);
            squares += d * (om_point(points, p, f) - mean);
        }
        total += squares / (double)points->count;
    }
    return total / points->features;
}

tn_status om_kmeans(int32_t *label, const om_points *points, int k, uint64_t seed, const om_watch *watch,
                    tn_error *error)
{
    enum { ITERATIONS = 300 };
    int64_t n = points->count, centres = (int64_t)k * points->features, scratch = n > centres ? n : centres;
    if (k < 1 || n < k)
        return tn_fail(error, TN_EINVAL, "%d clusters of %lld points; there may be 1 to as many as points", k,
                       (long long)n);
    clusters c = {.points = points, .k = k, .label = label};
    c.centre = om_array(centres, sizeof *c.centre);
    c.size = om_array(k, sizeof *c.size);
    double **scratches[] = {&c.nearest, &c.trial, &c.best};
    bool complete = c.centre && c.size;
    for (int i = 0; i < 3; i++) complete = (*scratches[i] = om_array(scratch, sizeof(double))) && complete;
    tn_status status =
        complete ? TN_OK : tn_fail(error, TN_ENOMEM, "clusters of %lld points: out of memory", (long long)n);
    if (complete) {
        double tolerance = 1e-4 * mean_variance(points);
        memset(label, 0, (size_t)n * sizeof *label);
        choose_centres(&c, seed);
        for (int i = 0; i < ITERATIONS && (status = om_watch_ask(watch, error)) == TN_OK && assign_points(&c); i++) {
            if (move_centres(&c) > tolerance) continue;
            assign_points(&c);
            break;
        }
    }
    tn_free(c.centre);
    tn_free(c.size);
    for (int i = 0; i < 3; i++) tn_free(*scratches[i]);
    return status;
}
