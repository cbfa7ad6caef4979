/* --dry-run: everything is checked and planned, a few steps are made and timed, nothing is written. */
#include "config.h"
#include "training/estimate.h"
#include "common/evaluation.h"
#include "common/no_memory.h"
#include "training/batch.h"
#include "training/course.h"
#include "training/trainer.h"

enum { TIMED_STEPS = 3 };

/* What a run holds while it trains: what is not made here would be missing from the memory. */
typedef struct trial {
    om_experiment *e;
    tn_graph *graph;
    tn_plan *plan;
    tn_optimizer *adam;
    om_batches *batches;
    om_evaluator *evaluator; /* NULL: nothing to compare with, or not asked for */
    float *coefficients;
} trial;

static void trial_end(trial *t)
{
    om_batches_free(t->batches);
    om_evaluator_free(t->evaluator);
    tn_optimizer_free(t->adam);
    tn_plan_free(t->plan);
    tn_graph_free(t->graph);
    tn_free(t->coefficients);
}

static tn_status trial_begin(trial *t, om_experiment *e, tn_error *error)
{
    const om_config *c = e->config;
    *t = (trial){.e = e, .graph = tn_graph_new(TN_F32)};
    if (!t->graph) return tn_fail(error, TN_ENOMEM, "no memory for a graph");
    om_joint_step(e->joint, t->graph, e->params, c->training.batch, c->training.input_frames, false);
    t->plan = tn_plan_new(t->graph, 0, error);
    t->adam = t->plan ? tn_optimizer_new(e->params, TN_ADAM_DEFAULTS, error) : NULL;
    if (!t->adam) return error->status;
    t->coefficients = tn_alloc(OM_COEFFICIENTS * sizeof *t->coefficients);
    if (!t->coefficients) return om_no_memory(NULL, error);
    om_course_coefficients(c, 0, t->coefficients);
    tn_bind(t->plan, "coefficients", t->coefficients, NULL);
    om_experiment_bind(e, t->plan);
    tn_status status = c->training.evaluate_every ? om_evaluator_new(&t->evaluator, e, error) : TN_OK;
    if (!status && !(t->batches = om_batches_new(e, 0, error))) status = error->status;
    return status;
}

/* Seconds of one step: the median would need more of them, the fastest is good enough for an estimate. */
static tn_status time_step(trial *t, double *seconds, tn_error *error)
{
    double rate[OM_GROUPS];
    for (int i = 0; i < TIMED_STEPS; i++) {
        const om_batch *batch;
        double begin = om_now();
        tn_status status = om_batches_next(t->batches, &batch, error);
        if (status) return status;
        om_batch_bind(batch, t->plan);
        if ((status = tn_run(t->plan, error))) return status;
        om_course_rates(t->e->config, i, rate);
        tn_optimizer_step(t->adam, rate);
        double taken = om_now() - begin;
        if (i == 0 || taken < *seconds) *seconds = taken;
    }
    return TN_OK;
}

/* Seconds of one comparison with the truth; 0 if there is none. */
static tn_status time_evaluation(trial *t, double *seconds, tn_error *error)
{
    om_scores scores;
    double begin = om_now();
    *seconds = 0;
    if (!t->evaluator) return TN_OK;
    om_batches_wait(t->batches);
    tn_status status = om_evaluate(t->evaluator, &scores, error);
    *seconds = om_now() - begin;
    return status;
}

static void print(const trial *t, double step, double evaluation, FILE *stream)
{
    const om_recording_circuit *c = om_recording_circuit_of(t->e->recording);
    const om_config *config = t->e->config;
    double parameters = (double)tn_params_size(t->e->params), steps = (double)config->training.steps;
    double every = config->training.evaluate_every ? (double)config->training.evaluate_every : steps;
    fprintf(stream,
            "recording   %lld neurons, %lld synapses, %lld columns, %lld training frames\n"
            "model       %.0f parameters\n"
            "memory      %.0f MB, of which %.0f MB for a step and %.0f MB for parameters, gradients and moments\n"
            "disk        %.0f MB for two checkpoints\n"
            "time        %.1f ms a step, about %.0f minutes for %.0f steps on %d threads\n",
            (long long)c->neurons, (long long)c->synapses, (long long)c->columns, (long long)t->e->frames, parameters,
            om_memory_peak() / 1e6, (double)tn_plan_memory(t->plan) / 1e6, 16 * parameters / 1e6, 24 * parameters / 1e6,
            1e3 * step, (step + evaluation / every) * steps / 60, steps, tn_threads());
}

tn_status om_estimate(om_experiment *e, FILE *stream, tn_error *error)
{
    trial t;
    double step = 0, evaluation = 0;
    tn_status status = trial_begin(&t, e, error);
    if (!status) status = time_step(&t, &step, error);
    if (!status) status = time_evaluation(&t, &evaluation, error);
    if (!status) print(&t, step, evaluation, stream);
    trial_end(&t);
    return status;
}
