/* The recovered circuit and movie as a file of numbers. */
#include "config.h"
#include "testing/recovered.h"
#include "common/no_memory.h"
#include "common/output.h"
#include "testing/movie.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double om_recovered_size(const om_experiment *e)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    const double synapse = 3 * sizeof(int32_t) + 2 * sizeof(double), neuron = 2 * sizeof(int32_t) + 5 * sizeof(double);
    return synapse * (double)c->synapses + neuron * (double)c->neurons + 2 * om_recovered_movie_size(e);
}

/* Flags in a type that safetensors files of ours have; without any, all are 0. */
static int32_t *as_int32(const uint8_t *flag, int64_t n)
{
    int32_t *out = tn_alloc((size_t)n * sizeof *out + 1);
    for (int64_t i = 0; i < n && out; i++) out[i] = flag ? flag[i] : 0;
    return out;
}

tn_status om_recovered_write(const char *path, const om_results *r, const om_experiment *e,
                             const om_progress_made *made, tn_error *error)
{
    const om_recording_circuit *circuit = om_recording_circuit_of(e->recording);
    const om_recovery *inside = &r->inside.recovery, *published = &r->published.recovery;
    int32_t *identifiable = as_int32(inside->identifiable, inside->synapses);
    int32_t *is_input = as_int32(circuit->is_input, inside->neurons);
    tn_status status = identifiable && is_input ? TN_OK : om_no_memory("the recovered circuit", error);
    if (!status) {
        tn_shape neurons = TN_SHAPE(circuit->neurons), synapses = TN_SHAPE(circuit->synapses);
        tn_shape movie = TN_SHAPE(e->frames, circuit->columns);
        const tn_tensor tensors[] = {
            {"source", TN_I32, synapses, circuit->source},
            {"target", TN_I32, synapses, circuit->target},
            {"weight", TN_F64, synapses, inside->weight},
            {"identifiable", TN_I32, synapses, identifiable},
            {"time_constant", TN_F64, neurons, inside->time_constant},
            {"resting_potential", TN_F64, neurons, inside->resting_potential},
            {"input_gain", TN_F64, neurons, inside->input_gain},
            {"is_input", TN_I32, neurons, is_input},
            {"published/weight", TN_F64, synapses, published->weight},
            {"published/time_constant", TN_F64, neurons, published->time_constant},
            {"published/resting_potential", TN_F64, neurons, published->resting_potential},
            {"column", TN_I32, neurons, circuit->column},
            {"stimulus", TN_F32, movie, r->movie.stimulus},
            {"stimulus_solved", TN_F32, movie, r->movie.solved},
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
        char *target = om_output_target(path); /* which the library would not make where a link leads to nothing */
        status = target ? tn_file_write(target, n, tensors, sizeof meta / sizeof *meta, meta, error)
                        : om_no_memory(path, error);
        free(target);
    }
    tn_free(identifiable);
    tn_free(is_input);
    return status;
}
