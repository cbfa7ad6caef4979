/* From a trained model to a circuit. */
#include "config.h"
#include "readout.h"
#include "least_squares.h"
#include "statistics.h"

#include <string.h>

/* ---- In-distribution: the linear picture of the model ------------------------------------------------------- */

enum { CV, CM, CI, F_COLUMNS };

struct om_readout {
    int64_t neurons;
    uint8_t *is_input;
    int64_t frames;
    int64_t *active; /* [N], frames with v > 0 */
    om_fit *f, *g;
};

om_readout *om_readout_new(const om_wiring *wiring, tn_error *error)
{
    int64_t neurons = wiring->neurons;
    om_fit *f = om_fit_new(neurons, F_COLUMNS, error), *g = om_fit_new(neurons, 1, error);
    om_readout *readout = om_array(1, sizeof *readout);
    if (readout) {
        *readout = (om_readout){.neurons = neurons, .f = f, .g = g};
        readout->is_input = om_array(neurons, sizeof *readout->is_input);
        readout->active = om_array(neurons, sizeof *readout->active);
    }
    if (!f || !g || !readout || !readout->is_input || !readout->active) {
        tn_fail(error, TN_ENOMEM, "read-out of %lld neurons: out of memory", (long long)neurons);
        if (readout) {
            om_readout_free(readout);
        } else {
            om_fit_free(f);
            om_fit_free(g);
        }
        return NULL;
    }
    memcpy(readout->is_input, wiring->is_input, (size_t)neurons);
    return readout;
}

void om_readout_free(om_readout *readout)
{
    if (!readout) return;
    om_fit_free(readout->f);
    om_fit_free(readout->g);
    tn_free(readout->is_input);
    tn_free(readout->active);
    tn_free(readout);
}

static void count_active(om_readout *readout, om_values v, int64_t frames)
{
    enum { TILE = 256 };
    int64_t N = readout->neurons;
    for (int64_t t = 0; t < frames; t++) {
        for (int64_t first = 0; first < N; first += TILE) {
            double tile[TILE];
            int n = N - first < TILE ? (int)(N - first) : TILE;
            om_load(tile, v, t * N + first, n);
            for (int i = 0; i < n; i++) readout->active[first + i] += tile[i] > 0;
        }
    }
}

void om_readout_add(om_readout *readout, const om_states *states, int64_t frames)
{
    const om_column f_columns[F_COLUMNS] = {
        [CV] = {.values = states->v},
        [CM] = {.values = states->m},
        [CI] = {.values = states->I, .where = readout->is_input},
    };
    const om_column rectified = {.values = states->v, .rectified = true};
    om_fit_add(readout->f, f_columns, states->f, frames);
    om_fit_add(readout->g, &rectified, states->g2, frames);
    count_active(readout, states->v, frames);
    readout->frames += frames;
}

tn_status om_readout_solve(const om_readout *readout, om_picture *picture, tn_error *error)
{
    int64_t N = readout->neurons;
    double *block = om_array(N, 8 * sizeof *block + 2);
    if (!block) return tn_fail(error, TN_ENOMEM, "read-out of %lld neurons: out of memory", (long long)N);
    *picture = (om_picture){
        .neurons = N,
        .cv = block + CV * N,
        .cm = block + CM * N,
        .cI = block + CI * N,
        .c0 = block + 3 * N,
        .s = block + 4 * N,
        .o = block + 5 * N,
        .f_r2 = block + 6 * N,
        .g_r2 = block + 7 * N,
        .identifiable = (uint8_t *)(block + 8 * N),
        .always_active = (uint8_t *)(block + 8 * N) + N,
    };
    om_fit_solve(readout->f, block, picture->c0, picture->f_r2);
    om_fit_solve(readout->g, picture->s, picture->o, picture->g_r2);
    for (int64_t i = 0; i < N; i++) {
        picture->identifiable[i] = readout->active[i] > OM_ACTIVE_FRAMES;
        picture->always_active[i] =
            (double)readout->active[i] >= (1 - OM_SILENT_SHARE) * (double)readout->frames;
        if (!picture->identifiable[i]) picture->s[i] = picture->o[i] = picture->g_r2[i] = 0;
    }
    return TN_OK;
}

void om_picture_free(om_picture *picture)
{
    tn_free(picture->cv);
    *picture = (om_picture){0};
}

/* ---- Circuits ----------------------------------------------------------------------------------------------- */

static tn_status check_synapses(const om_wiring *wiring, tn_error *error)
{
    for (int64_t e = 0; e < wiring->synapses; e++) {
        int32_t source = wiring->source[e], target = wiring->target[e];
        if (source < 0 || target < 0 || source >= wiring->neurons || target >= wiring->neurons)
            return tn_fail(error, TN_EINVAL, "synapse %lld joins neurons %d and %d, but there are neurons 0 to %lld",
                           (long long)e, source, target, (long long)wiring->neurons - 1);
    }
    return TN_OK;
}

/* The leak of a neuron that is always active, and its synapse onto itself: the data do not tell them apart. */
static bool is_leak(const om_picture *picture, const om_wiring *wiring, int64_t e)
{
    return wiring->source[e] == wiring->target[e] && picture->always_active[wiring->target[e]];
}

tn_status om_recover(om_recovered *out, const om_picture *picture, const om_wiring *wiring, om_values raw,
                     tn_error *error)
{
    double *tau = out->time_constant, *rest = out->resting_potential;
    if (picture->neurons != wiring->neurons)
        return tn_fail(error, TN_EINVAL, "the fits are of %lld neurons, the synapses of %lld",
                       (long long)picture->neurons, (long long)wiring->neurons);
    if (check_synapses(wiring, error) != TN_OK) return TN_EINVAL;

    double *slope = tau, *offset = rest; /* of f_theta in v, until they have become what they are for */
    for (int64_t i = 0; i < picture->neurons; i++) {
        slope[i] = picture->cv[i];
        offset[i] = picture->c0[i];
    }
    for (int64_t e = 0; e < wiring->synapses; e++) {
        if (!is_leak(picture, wiring, e)) continue;
        int32_t i = wiring->target[e];
        slope[i] += om_value_at(raw, e) * picture->cm[i] * picture->s[i];
        offset[i] += om_value_at(raw, e) * picture->cm[i] * picture->o[i];
    }
    for (int64_t i = 0; i < picture->neurons; i++) {
        tau[i] = om_finite_or_zero(-1 / slope[i]);
        rest[i] = tau[i] * offset[i];
        if (out->input_gain) out->input_gain[i] = om_finite_or_zero(picture->cI[i] * tau[i]);
    }
    for (int64_t e = 0; e < wiring->synapses; e++) {
        int32_t i = wiring->target[e], j = wiring->source[e];
        double gain = is_leak(picture, wiring, e) ? 0 : om_value_at(raw, e) * picture->cm[i] * tau[i];
        out->weight[e] = om_finite_or_zero(gain * picture->s[j]);
        rest[i] += gain * picture->o[j];
    }
    for (int64_t i = 0; i < picture->neurons; i++) rest[i] = om_finite_or_zero(rest[i]);
    return TN_OK;
}

int64_t om_identifiable_synapses(uint8_t *keep, const om_picture *picture, const om_wiring *wiring)
{
    int64_t kept = 0;
    for (int64_t e = 0; e < wiring->synapses; e++) kept += keep[e] = picture->identifiable[wiring->source[e]];
    return kept;
}

tn_status om_recover_published(om_recovered *out, const om_published *published, const om_wiring *wiring, om_values raw,
                               tn_error *error)
{
    const double *s_f = published->s_f;
    if (check_synapses(wiring, error) != TN_OK) return TN_EINVAL;

    for (int64_t i = 0; i < wiring->neurons; i++) {
        double tau = s_f[i] == 0 ? 1 : -1 / s_f[i];
        out->time_constant[i] = tau > 1 ? 1 : tau > 0 ? tau : 0;
        out->resting_potential[i] = s_f[i] == 0 ? 1 : om_finite_or_zero(-published->o_f[i] / s_f[i]);
    }
    for (int64_t e = 0; e < wiring->synapses; e++) {
        int32_t i = wiring->target[e], j = wiring->source[e];
        out->weight[e] = om_finite_or_zero(-om_value_at(raw, e) * published->d[i] * published->s_g[j] / s_f[i]);
    }
    return TN_OK;
}

enum { TAU, REST, IN_MEAN, IN_SD, OUT_MEAN, OUT_SD, CIRCUIT_FEATURES };

tn_status om_features(double *feature, om_values embedding, int dimensions, const om_recovered *circuit,
                      const om_wiring *wiring, tn_error *error)
{
    int64_t N = wiring->neurons, E = wiring->synapses;
    if (dimensions < 0) return tn_fail(error, TN_EINVAL, "an embedding of %d dimensions", dimensions);
    if (check_synapses(wiring, error) != TN_OK) return TN_EINVAL;
    double *column[CIRCUIT_FEATURES] = {[TAU] = circuit->time_constant, [REST] = circuit->resting_potential};
    double *spread = om_array(N, 4 * sizeof *spread);
    if (!spread) return tn_fail(error, TN_ENOMEM, "features of %lld neurons: out of memory", (long long)N);
    for (int k = IN_MEAN; k <= OUT_SD; k++) column[k] = spread + (k - IN_MEAN) * N;

    tn_status status = om_group_spread(column[IN_MEAN], column[IN_SD], circuit->weight, wiring->target, E, N, error);
    if (status == TN_OK)
        status = om_group_spread(column[OUT_MEAN], column[OUT_SD], circuit->weight, wiring->source, E, N, error);
    for (int64_t i = 0; i < N && status == TN_OK; i++) {
        double *row = feature + i * (dimensions + CIRCUIT_FEATURES);
        om_load(row, embedding, i * dimensions, dimensions);
        for (int k = 0; k < CIRCUIT_FEATURES; k++) row[dimensions + k] = column[k][i];
    }
    tn_free(spread);
    return status;
}
