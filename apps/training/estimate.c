/* --dry-run: everything is checked and planned, a few steps are timed, nothing is written. */
#include <config.h>
#include "training/estimate.h"
#include "training/batch.h"
#include "training/trainer.h"

enum { TIMED_STEPS = 3 };

/* Seconds of one step: the median would need more of them, the fastest is good enough for an estimate. */
static tn_status time_step(const om_experiment *e, tn_plan *plan, double *seconds, tn_error *error)
{
    float *coefficients = tn_alloc(OM_COEFFICIENTS * sizeof *coefficients);
    om_batches *batches = coefficients ? om_batches_new(e, 0, error) : NULL;
    tn_status status = batches ? TN_OK : tn_fail(error, TN_ENOMEM, "out of memory");
    *seconds = 0;
    for (int i = 0; i < TIMED_STEPS && !status; i++) {
        const om_batch *batch;
        double start = om_now();
        if ((status = om_batches_next(batches, &batch, error))) break;
        om_batch_bind(batch, plan);
        om_experiment_bind(e, plan);
        tn_bind(plan, "coefficients", coefficients, NULL);
        status = tn_run(plan, error);
        double taken = om_now() - start;
        if (i == 0 || taken < *seconds) *seconds = taken;
    }
    om_batches_free(batches);
    tn_free(coefficients);
    return status;
}

tn_status om_estimate(const om_experiment *e, FILE *stream, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    const om_config *config = e->config;
    tn_graph *g = tn_graph_new(TN_F32);
    if (!g) return tn_fail(error, TN_ENOMEM, "no memory for a graph");
    om_joint_step(e->joint, g, e->params, config->training.batch, config->training.input_frames, false);
    tn_plan *plan = tn_plan_new(g, 0, error);
    double seconds = 0, parameters = (double)tn_params_size(e->params);
    tn_status status = plan ? time_step(e, plan, &seconds, error) : error->status;
    if (!status)
        fprintf(stream,
                "recording   %lld neurons, %lld synapses, %lld columns, %lld training frames\n"
                "model       %.0f parameters\n"
                "memory      %.0f MB for a step, %.0f MB for parameters, gradients and moments\n"
                "disk        %.0f MB for two checkpoints\n"
                "time        %.1f ms a step, about %.0f minutes for %lld steps on %d threads\n",
                (long long)c->neurons, (long long)c->synapses, (long long)c->columns, (long long)e->frames, parameters,
                (double)tn_plan_memory(plan) / 1e6, 16 * parameters / 1e6, 24 * parameters / 1e6, 1e3 * seconds,
                seconds * (double)config->training.steps / 60, (long long)config->training.steps, tn_threads());
    tn_plan_free(plan);
    tn_graph_free(g);
    return status;
}
