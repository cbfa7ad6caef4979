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
    const double synapse = 3 * sizeof(int32_t) + 2 * sizeof(double), neuron = 4 * sizeof(double);
    *movie = e->config->model.mode == OM_MODE_JOINT
                 ? 2 * (double)e->frames * (double)c->columns * sizeof(float) : 0;
    return synapse * (double)c->synapses + neuron * (double)c->neurons + *movie;
}

/* What the recordings and the read-outs do not already hold as it is to be written. */
typedef struct converted {
    int32_t *identifiable;    /* [E] 0 or 1 */
    float *stimulus, *solved; /* [frames, C] the SIREN's, the equations'; NULL unless the model is a joint one */
} converted;

static void converted_free(converted *c)
{
    tn_free(c->identifiable);
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
    enum { BLOCK = 256 };
    int64_t columns = om_recording_circuit_of(e->recording)->columns, frame[BLOCK];
    om_data data = om_experiment_data(e);
    tn_status status = TN_OK;
    om_progress_begin(progress, "solved movie", 0, e->frames);
    for (int64_t first = 0; first < e->frames && !status; first += BLOCK) {
        int64_t n = e->frames - first < BLOCK ? e->frames - first : BLOCK;
        for (int64_t k = 0; k < n; k++) frame[k] = first + k;
        status = om_solve_stimulus(e->joint, e->params, &data, n, frame, out + first * columns, error);
        if (!status) status = om_results_stopped(error);
        om_progress_at(progress, first + n, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    return status;
}

static tn_status convert(converted *c, const om_results *r, const om_experiment *e, om_progress *progress,
                         tn_error *error)
{
    const om_recovery *inside = &r->inside.recovery;
    size_t movie = (size_t)e->frames * (size_t)om_recording_circuit_of(e->recording)->columns * sizeof *c->stimulus;
    c->identifiable = tn_alloc((size_t)inside->synapses * sizeof *c->identifiable + 1);
    if (!c->identifiable) return om_no_memory("the recovered circuit", error);
    for (int64_t s = 0; s < inside->synapses; s++) c->identifiable[s] = inside->identifiable[s];
    if (e->config->model.mode != OM_MODE_JOINT) return TN_OK;
    c->stimulus = tn_alloc(movie);
    c->solved = tn_alloc(movie);
    if (!c->stimulus || !c->solved) return om_no_memory("the recovered movie", error);
    tn_status status = recall_movie(c->stimulus, e, progress, error);
    return status ? status : solve_movie(c->solved, e, progress, error);
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
            {"published/weight", TN_F64, synapses, published->weight},
            {"published/time_constant", TN_F64, neurons, published->time_constant},
            {"published/resting_potential", TN_F64, neurons, published->resting_potential},
            {"stimulus", TN_F32, movie, c.stimulus},
            {"stimulus_solved", TN_F32, movie, c.solved},
        };
        char step[24], seed[24];
        snprintf(step, sizeof step, "%" PRId64, made->step);
        snprintf(seed, sizeof seed, "%" PRIu64, made->seed);
        const tn_pair meta[] = {
            {"format", "recovered/1"}, {"step", step}, {"seed", seed}, {"program", made->program}};
        int n = (int)(sizeof tensors / sizeof *tensors) - (c.stimulus ? 0 : 2);
        status = tn_file_write(path, n, tensors, sizeof meta / sizeof *meta, meta, error);
    }
    converted_free(&c);
    return status;
}
