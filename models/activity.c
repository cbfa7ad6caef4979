/* Activity statistics, gathered frame by frame. */
#include "config.h"
#include "activity.h"

#include <math.h>

enum { TILE = 256 }; /* neurons that one thread takes through all frames of a call */

struct om_activity {
    int64_t neurons, frames;
    double *mean, *squares; /* [N], squares about the mean */
};

om_activity *om_activity_new(int64_t neurons, tn_error *error)
{
    if (neurons < 0) {
        tn_fail(error, TN_EINVAL, "activity of %lld neurons", (long long)neurons);
        return NULL;
    }
    om_activity *a = om_array(1, sizeof *a);
    if (a) {
        a->neurons = neurons;
        a->mean = om_array(neurons, sizeof *a->mean);
        a->squares = om_array(neurons, sizeof *a->squares);
    }
    if (!a || !a->mean || !a->squares) {
        om_activity_free(a);
        tn_fail(error, TN_ENOMEM, "activity of %lld neurons: out of memory", (long long)neurons);
        return NULL;
    }
    return a;
}

void om_activity_free(om_activity *activity)
{
    if (!activity) return;
    tn_free(activity->mean);
    tn_free(activity->squares);
    tn_free(activity);
}

void om_activity_add(om_activity *a, om_values voltage, int64_t frames)
{
#pragma omp parallel for num_threads(tn_threads()) if (a->neurons > TILE)
    for (int64_t first = 0; first < a->neurons; first += TILE) {
        int n = a->neurons - first < TILE ? (int)(a->neurons - first) : TILE;
        double *mean = a->mean + first, *squares = a->squares + first, v[TILE];
        for (int64_t t = 0; t < frames; t++) {
            double share = 1 / (double)(a->frames + t + 1);
            om_load(v, voltage, t * a->neurons + first, n);
            for (int i = 0; i < n; i++) {
                double d = v[i] - mean[i];
                mean[i] += d * share;
                squares[i] += d * (v[i] - mean[i]);
            }
        }
    }
    a->frames += frames;
}

void om_activity_result(const om_activity *a, double *mean, double *sd)
{
    double divisor = a->frames > 1 ? (double)(a->frames - 1) : 1;
    for (int64_t i = 0; i < a->neurons; i++) {
        if (mean) mean[i] = a->frames ? a->mean[i] : NAN;
        if (sd) sd[i] = a->frames ? sqrt(a->squares[i] / divisor) : NAN;
    }
}

double om_activity_total_sd(const om_activity *a)
{
    double centre = 0, squares = 0, count = (double)a->neurons * (double)a->frames;
    if (count == 0) return NAN;
    for (int64_t i = 0; i < a->neurons; i++) centre += (a->mean[i] - centre) / (double)(i + 1);
    for (int64_t i = 0; i < a->neurons; i++) {
        double d = a->mean[i] - centre;
        squares += a->squares[i] + (double)a->frames * d * d;
    }
    return count > 1 ? sqrt(squares / (count - 1)) : 0;
}
