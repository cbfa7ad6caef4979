/* The recovered circuit and movie as a file of numbers. */
#include "config.h"
#include "testing/recovered.h"
#include "common/evaluation.h"
#include "common/no_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

double om_recovered_size(const om_experiment *e, double *movie)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    const double synapse = 3 * sizeof(int32_t) + 2 * sizeof(double), neuron = 2 * sizeof(int32_t) + 5 * sizeof(double);
    *movie = e->config->model.mode == OM_MODE_JOINT
                 ? 2 * (double)e->frames * (double)c->columns * sizeof(float) : 0;
    return synapse * (double)c->synapses + neuron * (double)c->neurons + *movie;
}

/* What the recordings and the read-outs do not already hold as it is to be written. */
typedef struct converted {
    int32_t *identifiable;    /* [E] 0 or 1 */
    int32_t *is_input;        /* [N] 0 or 1 */
    float *stimulus, *solved; /* [frames, C] the SIREN's, the equations'; NULL: there is none */
} converted;

static void converted_free(converted *c)
{
    tn_free(c->identifiable);
    tn_free(c->is_input);
    tn_free(c->stimulus);
    tn_free(c->solved);
}

static tn_status recall_movie(float *out, const om_experiment *e, om_progress *progress, tn_error *error)
{
    size_t columns = (size_t)om_recording_circuit_of(e->recording)->columns;
    om_drive *drive = om_drive_new(e, OM_TRAIN, error);
    if (!drive) return error->status;
    tn_status status = TN_OK;
    om_progress_begin(progress, "recovered movie", 0, e->frames);
    for (int64_t k = 0; k < e->frames && !status; k++) {
        const float *frame = om_drive_at(drive, k, error);
        status = frame ? om_results_stopped(error) : error->status;
        if (!status) memcpy(out + (size_t)k * columns, frame, columns * sizeof *out);
        om_progress_at(progress, k + 1, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    om_drive_free(drive);
    return status;
}

static tn_status solve_movie(float *out, const om_experiment *e, om_progress *progress, tn_error *error)
{
    enum { BLOCK = 1024 };
    int64_t columns = om_recording_circuit_of(e->recording)->columns, frame[BLOCK];
    om_data data = om_experiment_data(e);
    data.watch = &om_results_watch;
    tn_status status = TN_OK;
    om_progress_begin(progress, "solved movie", 0, e->frames);
    for (int64_t first = 0; first < e->frames && !status; first += BLOCK) {
        int64_t n = e->frames - first < BLOCK ? e->frames - first : BLOCK;
        for (int64_t k = 0; k < n; k++) frame[k] = first + k;
        status = om_solve_stimulus(e->joint, e->params, &data, n, frame, out + first * columns, error);
        om_progress_at(progress, first + n, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    return status;
}

static tn_status convert_movie(converted *c, const om_experiment *e, om_progress *progress, tn_error *error)
{
    size_t size = (size_t)e->frames * (size_t)om_recording_circuit_of(e->recording)->columns * sizeof(float);
    c->stimulus = tn_alloc(size);
    c->solved = tn_alloc(size);
    if (!c->stimulus || !c->solved) return om_no_memory("the recovered movie", error);
    tn_status status = recall_movie(c->stimulus, e, progress, error);
    if (!status) status = solve_movie(c->solved, e, progress, error);
    if (status != TN_ENUMERIC) return status;
    om_progress_warn(progress, "no stimulus_solved in recovered.safetensors: %s", error->message);
    *error = (tn_error){0};
    tn_free(c->solved);
    c->solved = NULL;
    return TN_OK;
}

/* Flags in a type that safetensors files of ours have; without any, all are 0. */
static int32_t *as_int32(const uint8_t *flag, int64_t n)
{
    int32_t *out = tn_alloc((size_t)n * sizeof *out + 1);
    for (int64_t i = 0; i < n && out; i++) out[i] = flag ? flag[i] : 0;
    return out;
}

static tn_status convert(converted *c, const om_results *r, const om_experiment *e, om_progress *progress,
                         tn_error *error)
{
    const om_recovery *inside = &r->inside.recovery;
    const om_recording_circuit *circuit = om_recording_circuit_of(e->recording);
    c->identifiable = as_int32(inside->identifiable, inside->synapses);
    c->is_input = as_int32(circuit->is_input, inside->neurons);
    if (!c->identifiable || !c->is_input) return om_no_memory("the recovered circuit", error);
    return e->config->model.mode == OM_MODE_JOINT ? convert_movie(c, e, progress, error) : TN_OK;
}

tn_status om_recovered_write(const char *path, const om_results *r, const om_experiment *e,
                             const om_progress_made *made, om_progress *progress, tn_error *error)
{
    const om_recording_circuit *circuit = om_recording_circuit_of(e->recording);
    const om_recovery *inside = &r->inside.recovery, *published = &r->published.recovery;
    converted c = {0};
    tn_status status = convert(&c, r, e, progress, error);
    if (!status) {
        tn_shape neurons = TN_SHAPE(circuit->neurons), synapses = TN_SHAPE(circuit->synapses);
        tn_shape movie = TN_SHAPE(e->frames, circuit->columns);
        const tn_tensor tensors[] = {
            {"source", TN_I32, synapses, circuit->source},
            {"target", TN_I32, synapses, circuit->target},
            {"weight", TN_F64, synapses, inside->weight},
            {"identifiable", TN_I32, synapses, c.identifiable},
            {"time_constant", TN_F64, neurons, inside->time_constant},
            {"resting_potential", TN_F64, neurons, inside->resting_potential},
            {"input_gain", TN_F64, neurons, inside->input_gain},
            {"is_input", TN_I32, neurons, c.is_input},
            {"published/weight", TN_F64, synapses, published->weight},
            {"published/time_constant", TN_F64, neurons, published->time_constant},
            {"published/resting_potential", TN_F64, neurons, published->resting_potential},
            {"column", TN_I32, neurons, circuit->column},
            {"stimulus", TN_F32, movie, c.stimulus},
            {"stimulus_solved", TN_F32, movie, c.solved},
        };
        int n = sizeof tensors / sizeof *tensors;
        while (!tensors[n - 1].data) n--; /* what may be missing comes last, each only where the one before is there */
        char step[24], seed[24], delta_t[32];
        snprintf(step, sizeof step, "%" PRId64, made->step);
        snprintf(delta_t, sizeof delta_t, "%.17g", om_recording_attributes_of(e->recording)->delta_t);
        snprintf(seed, sizeof seed, "%" PRIu64, made->seed);
        const tn_pair meta[] = {
            {"format", "recovered/1"}, {"delta_t", delta_t}, {"step", step}, {"seed", seed}, {"program", made->program},
            {"config", made->config}};
        status = tn_file_write(path, n, tensors, sizeof meta / sizeof *meta, meta, error);
    }
    converted_free(&c);
    return status;
}
