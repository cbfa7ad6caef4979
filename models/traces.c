/* Trace metrics, gathered frame by frame. */
#include "config.h"
#include "traces.h"
#include "statistics.h"

#include <math.h>

enum {
    TILE = 256, /* neurons that one thread takes through all frames of a call */
    MEAN_X = 0,
    MEAN_Y,
    XX,
    XY,
    YY,
    DIFFERENCE,
    SUMS,
};

struct om_traces {
    int64_t neurons, frames;
    double *sum; /* [tiles, SUMS, TILE], named as in om_moments */
};

static int64_t tiles(int64_t neurons)
{
    return neurons / TILE + (neurons % TILE != 0);
}

om_traces *om_traces_new(int64_t neurons, tn_error *error)
{
    if (neurons < 0) {
        tn_fail(error, TN_EINVAL, "traces of %lld neurons", (long long)neurons);
        return NULL;
    }
    om_traces *traces = om_array(1, sizeof *traces);
    if (traces) {
        traces->neurons = neurons;
        traces->sum = om_array(tiles(neurons), SUMS * TILE * sizeof *traces->sum);
    }
    if (!traces || !traces->sum) {
        om_traces_free(traces);
        tn_fail(error, TN_ENOMEM, "traces of %lld neurons: out of memory", (long long)neurons);
        return NULL;
    }
    return traces;
}

void om_traces_free(om_traces *traces)
{
    if (!traces) return;
    tn_free(traces->sum);
    tn_free(traces);
}

/* sum [SUMS, TILE]; x, y [TILE]; share is 1 / the number of frames, this one included. */
static void add_frame(double (*restrict sum)[TILE], const double *restrict x, const double *restrict y, double share)
{
    for (int i = 0; i < TILE; i++) {
        double dx = x[i] - sum[MEAN_X][i], dy = y[i] - sum[MEAN_Y][i], d = y[i] - x[i];
        sum[MEAN_X][i] += dx * share;
        sum[MEAN_Y][i] += dy * share;
        double rest = y[i] - sum[MEAN_Y][i];
        sum[XX][i] += dx * (x[i] - sum[MEAN_X][i]);
        sum[XY][i] += dx * rest;
        sum[YY][i] += dy * rest;
        sum[DIFFERENCE][i] += d * d;
    }
}

void om_traces_add(om_traces *traces, om_values truth, om_values predicted, int64_t frames)
{
    int64_t N = traces->neurons;
#pragma omp parallel for num_threads(tn_threads()) if (N > TILE)
    for (int64_t tile = 0; tile < tiles(N); tile++) {
        int64_t first = tile * TILE;
        int n = N - first < TILE ? (int)(N - first) : TILE;
        double x[TILE] = {0}, y[TILE] = {0};
        double(*sum)[TILE] = (double(*)[TILE])(traces->sum + tile * SUMS * TILE);
        for (int64_t t = 0; t < frames; t++) {
            om_load(x, truth, t * N + first, n);
            om_load(y, predicted, t * N + first, n);
            add_frame(sum, x, y, 1 / (double)(traces->frames + t + 1));
        }
    }
    traces->frames += frames;
}

int64_t om_traces_frames(const om_traces *traces)
{
    return traces->frames;
}

void om_traces_result(const om_traces *traces, double *rmse, double *pearson)
{
    for (int64_t i = 0; i < traces->neurons; i++) {
        const double *sum = traces->sum + i / TILE * SUMS * TILE + i % TILE;
        om_moments m = {.count = traces->frames, .xx = sum[XX * TILE], .xy = sum[XY * TILE], .yy = sum[YY * TILE]};
        if (rmse) rmse[i] = m.count ? sqrt(sum[DIFFERENCE * TILE] / (double)m.count) : NAN;
        if (pearson) pearson[i] = om_pearson(&m);
    }
}
