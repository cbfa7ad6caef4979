/* The yardstick: least squares on the true form of the equations, neuron by neuron. */
#include "config.h"
#include "least_squares.h"
#include "readout.h"
#include "recovery.h"
#include "statistics.h"
#include "watch.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { CHUNK = 16 }; /* frames read at a time */

/* Of neuron i, the columns are relu(v_j) of each synapse onto it, then v_i, then I_i if it is an input neuron; the last
 * series is y. They are gathered as in least_squares.c, but there are as many columns as synapses. */
typedef struct gathering {
    const om_wiring *wiring;
    int64_t *first;        /* [N + 1] synapses onto neuron i: first[i] to first[i + 1] - 1 */
    int64_t *start;        /* [N] where the triangle of neuron i begins */
    int64_t most;          /* series of a neuron at most */
    double *mean, *factor; /* of all neurons, one behind the other */
    int64_t *active;       /* [N] frames with v > 0 */
    float *v, *light, *y;  /* [CHUNK, N], [CHUNK, C], [CHUNK, N] */
} gathering;

static int64_t series_of(const gathering *g, int64_t i)
{
    return g->first[i + 1] - g->first[i] + 2 + (g->wiring->is_input[i] != 0);
}

/* The means lie one behind the other: those of neuron i after its synapses and at most three series per neuron. */
static double *mean_of(const gathering *g, int64_t i)
{
    return g->mean + g->first[i] + 3 * i;
}

static void gathering_end(gathering *g)
{
    void *arrays[] = {g->first, g->start, g->mean, g->factor, g->active, g->v, g->light, g->y};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) tn_free(arrays[i]);
}

static tn_status gathering_begin(gathering *g, const om_wiring *w, tn_error *error)
{
    int64_t N = w->neurons, room = 0;
    *g = (gathering){.wiring = w, .first = om_array(N + 1, sizeof *g->first), .start = om_array(N, sizeof *g->start)};
    if (!g->first || !g->start) return tn_fail(error, TN_ENOMEM, "no memory for least squares");
    for (int64_t e = 0; e < w->synapses; e++) g->first[w->target[e] + 1]++;
    for (int64_t i = 0; i < N; i++) g->first[i + 1] += g->first[i];
    for (int64_t i = 0; i < N; i++) {
        int64_t series = series_of(g, i);
        g->start[i] = room;
        room += series * (series + 1) / 2;
        if (series > g->most) g->most = series;
    }
    g->mean = om_array(w->synapses + 3 * N, sizeof *g->mean);
    g->factor = om_array(room, sizeof *g->factor);
    g->active = om_array(N, sizeof *g->active);
    g->v = om_array(CHUNK * N, sizeof *g->v);
    g->y = om_array(CHUNK * N, sizeof *g->y);
    g->light = om_array(CHUNK * w->columns, sizeof *g->light);
    if (g->mean && g->factor && g->active && g->v && g->y && g->light) return TN_OK;
    return tn_fail(error, TN_ENOMEM, "no memory for least squares: %.1f GB", 8e-9 * (double)room);
}

/* ---- gathering ---- */

static void make_row(const gathering *g, int64_t i, int64_t t, double *row)
{
    const om_wiring *w = g->wiring;
    const float *v = g->v + t * w->neurons;
    for (int64_t e = g->first[i]; e < g->first[i + 1]; e++) *row++ = v[w->source[e]] > 0 ? v[w->source[e]] : 0;
    *row++ = v[i];
    if (w->is_input[i]) *row++ = g->light[t * w->columns + w->column[i]];
    *row = g->y[t * w->neurons + i];
}

/* Not that of least_squares.c, which has neurons side by side and cannot skip what is 0: relu leaves many zeros. */
static void rotate_in(double *restrict factor, double *restrict row, int64_t series)
{
    for (int64_t s = 0; s < series; factor += series - s, s++) {
        if (row[s] * row[s] == 0) continue;
        double h = sqrt(factor[0] * factor[0] + row[s] * row[s]), cosine = factor[0] / h, sine = row[s] / h;
        factor[0] = h;
        for (int64_t t = s + 1; t < series; t++) {
            double old = factor[t - s];
            factor[t - s] = cosine * old + sine * row[t];
            row[t] = cosine * row[t] - sine * old;
        }
    }
}

static tn_status add_frames(gathering *g, int64_t before, int64_t n, tn_error *error)
{
    int64_t N = g->wiring->neurons;
    bool enough = true;
#pragma omp parallel num_threads(tn_threads())
    {
        double *row = om_array(g->most, sizeof *row);
        if (!row) {
#pragma omp atomic write
            enough = false;
        }
#pragma omp for schedule(dynamic, 16)
        for (int64_t i = 0; i < N; i++)
            for (int64_t t = 0; t < n && row; t++) {
                int64_t series = series_of(g, i);
                make_row(g, i, t, row);
                om_centre(row, mean_of(g, i), series, before + t);
                rotate_in(g->factor + g->start[i], row, series);
                g->active[i] += g->v[t * N + i] > 0;
            }
        tn_free(row);
    }
    return enough ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for least squares");
}

static tn_status gather(gathering *g, const om_data *data, om_frames visited, tn_error *error)
{
    tn_status status = TN_OK;
    for (int64_t k = 0; k < visited.count && !status; k += CHUNK) {
        int64_t frame[CHUNK], n = visited.count - k < CHUNK ? visited.count - k : CHUNK;
        for (int64_t t = 0; t < n; t++) frame[t] = om_frame_at(visited, k + t);
        status = data->voltage(data->user, n, frame, g->v, error);
        if (!status) status = data->derivative(data->user, n, frame, g->y, error);
        if (!status) status = data->stimulus(data->user, n, frame, g->light, error);
        if (!status) status = add_frames(g, k, n, error);
        if (!status) status = om_watch_ask(data->watch, error);
    }
    return status;
}

/* ---- solving ---- */

/* What a thread solves with. */
typedef struct solver {
    double *c, *work;    /* [P], [OM_SOLVE_WORK(P)] */
    uint8_t *determined; /* [P] */
} solver;

/* Neuron i of the recovery from its coefficients c: c_j = W_ij / tau_i and c_v = -1 / tau_i. */
static void solve_neuron(const gathering *g, int64_t i, const solver *own, double *fit_r2, om_recovery *r)
{
    int64_t series = series_of(g, i), P = series - 1, synapses = g->first[i + 1] - g->first[i];
    const double *factor = g->factor + g->start[i], *mean = mean_of(g, i);
    double *c = own->c, constant = mean[P], total = 0;
    double residual = om_triangular_solve(c, own->determined, factor, 1, P, own->work);
    for (int64_t s = 0; s < P; s++) constant -= c[s] * mean[s];
    for (int64_t s = 0, last = P; s <= P; last += P - s, s++) total += factor[last] * factor[last];
    double tau = isfinite(residual) ? om_finite_or_zero(-1 / c[synapses]) : 0;
    for (int64_t k = 0; k < synapses; k++) {
        int64_t e = g->first[i] + k;
        r->weight[e] = om_finite_or_zero(c[k] * tau);
        r->identifiable[e] =
            own->determined[k] && own->determined[synapses] && g->active[g->wiring->source[e]] > OM_ACTIVE_FRAMES;
    }
    r->time_constant[i] = tau;
    r->resting_potential[i] = om_finite_or_zero(constant * tau);
    fit_r2[i] = isfinite(residual) && total > 0 ? 1 - residual / total : 0;
}

/* With hundreds of synapses onto a neuron this takes longer than gathering; only the first thread may ask the watch. */
static tn_status solve(const gathering *g, om_recovery *r, const om_watch *watch, tn_error *error)
{
    int64_t N = g->wiring->neurons, P = g->most - 1;
    double *fit_r2 = om_array(N, sizeof *fit_r2);
    bool enough = fit_r2 != NULL;
    tn_status status = TN_OK;
#pragma omp parallel num_threads(tn_threads())
    {
        solver own = {om_array(P, sizeof *own.c), om_array(OM_SOLVE_WORK(P), sizeof *own.work), om_array(P, 1)};
        bool ready = fit_r2 && own.c && own.work && own.determined;
        if (!ready) {
#pragma omp atomic write
            enough = false;
        }
#pragma omp for schedule(dynamic, 16)
        for (int64_t i = 0; i < N; i++) {
            tn_status so_far;
#pragma omp atomic read
            so_far = status;
            if (!so_far && omp_get_thread_num() == 0 && (so_far = om_watch_ask(watch, error))) {
#pragma omp atomic write
                status = so_far;
            }
            if (ready && !so_far) solve_neuron(g, i, &own, fit_r2, r);
        }
        tn_free(own.c);
        tn_free(own.work);
        tn_free(own.determined);
    }
    if (enough && !status) r->fit_r2 = om_lower_median(fit_r2, N);
    tn_free(fit_r2);
    return enough ? status : tn_fail(error, TN_ENOMEM, "no memory for least squares");
}

tn_status om_recover_least_squares(const om_joint *joint, const om_data *data, int64_t count, om_recovery *r,
                                   tn_error *error)
{
    gathering g = {0};
    *r = (om_recovery){0};
    if (!data->derivative || !data->stimulus)
        return tn_fail(error, TN_EINVAL, "least squares need the derivative and the stimulus");
    bool enough = om_recovery_allocate(r, joint) && (r->identifiable = om_array(r->synapses, sizeof *r->identifiable));
    tn_status status =
        enough ? gathering_begin(&g, &joint->wiring, error) : tn_fail(error, TN_ENOMEM, "no memory for least squares");
    if (!status) status = gather(&g, data, om_probe_frames(data->frames, 0, data->frames - 1, count), error);
    if (!status) status = solve(&g, r, data->watch, error);
    gathering_end(&g);
    return status;
}

om_cost om_least_squares_cost(const om_wiring *w, int64_t count)
{
    om_cost cost = {0};
    int64_t e = 0;
    for (int64_t i = 0; i < w->neurons; i++) {
        double series = 3; /* at most, beside those of the synapses */
        for (; e < w->synapses && w->target[e] == i; e++) series++;
        cost.bytes += sizeof(double) / 2 * series * series;
        cost.flop += (3 * (double)count + 100 * series) * series * series;
    }
    return cost;
}
