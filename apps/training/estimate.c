/* --dry-run: everything is checked and planned, a few steps are made and timed, nothing is written. */
#include "config.h"
#include "training/estimate.h"
#include "common/evaluation.h"
#include "training/batch.h"
#include "training/course.h"
#include "training/step.h"

#include <math.h>

enum { TIMED_STEPS = 3 };

/* What a run holds while it trains: what is not made here would be missing from the memory. */
typedef struct trial {
    om_experiment *e;
    om_step planned;
    int64_t left;  /* steps to make */
    double memory; /* bytes of a step, of the larger one in a run of two parts */
    tn_optimizer *adam;
    om_batches *batches;
    om_solution solution;    /* without a stimulus: of the first part of a run */
    om_evaluator *evaluator; /* NULL: nothing to compare with, or not asked for */
} trial;

/* Seconds of what a run is made of. */
typedef struct timing {
    double step, evaluation;
    double solved_step, solving; /* of the second part, 0 without */
} timing;

static void trial_end(trial *t)
{
    om_batches_free(t->batches);
    om_solution_clear(&t->solution);
    om_evaluator_free(t->evaluator);
    tn_optimizer_free(t->adam);
    om_step_clear(&t->planned);
}

/* The plan of a step and its batches, in place of any before. */
static tn_status plan_steps(trial *t, tn_error *error)
{
    om_batches_free(t->batches);
    t->batches = NULL;
    if (om_step_plan(&t->planned, t->e, &t->solution, 0, error)) return error->status;
    t->memory = fmax(t->memory, (double)tn_plan_memory(t->planned.plan));
    om_course_coefficients(t->e->config, 0, t->planned.coefficients);
    t->batches = om_batches_new(t->e, 0, om_solution_given(&t->solution), error);
    return t->batches ? TN_OK : error->status;
}

static tn_status trial_begin(trial *t, om_experiment *e, tn_error *error)
{
    *t = (trial){.e = e};
    if (!(t->adam = tn_optimizer_new(e->params, TN_ADAM_DEFAULTS, error))) return error->status;
    return e->config->training.evaluate_every ? om_evaluator_new(&t->evaluator, e, error) : TN_OK;
}

/* Seconds of one step: the median would need more of them, the fastest is good enough for an estimate. */
static tn_status time_step(trial *t, double *seconds, tn_error *error)
{
    double rate[OM_GROUPS];
    tn_status status = plan_steps(t, error);
    for (int i = 0; i < TIMED_STEPS && !status; i++) {
        const om_batch *batch;
        double begin = om_now();
        if ((status = om_batches_next(t->batches, &batch, error))) break;
        om_solution_draw(&t->solution, i);
        om_batch_bind(batch, t->planned.plan);
        if ((status = tn_run(t->planned.plan, error))) break;
        om_course_rates(t->e->config, i, rate);
        tn_optimizer_step(t->adam, rate);
        double taken = om_now() - begin;
        if (i == 0 || taken < *seconds) *seconds = taken;
    }
    return status;
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

/* Seconds of solving for the stimulus, and of a step that learns from it. */
static tn_status time_solution(trial *t, timing *time, tn_error *error)
{
    om_experiment *e = t->e;
    int64_t last = e->config->training.steps - 1;
    if (!om_solution_covers(e->config, last)) return TN_OK;
    tn_status status = om_solution_make(&t->solution, e, error);
    om_batches_wait(t->batches);
    double begin = om_now();
    if (!status) status = om_solution_solve(&t->solution, last, error);
    time->solving = om_now() - begin;
    return status ? status : time_step(t, &time->solved_step, error);
}

/* Seconds of so many steps, the last ones of a run. */
static double total(const om_config *c, int64_t left, const timing *time)
{
    double steps = (double)left, seconds = steps * time->step;
    int64_t solved = om_smaller(om_solution_steps(c), left);
    seconds += (double)solved * (time->solved_step - time->step);
    seconds += ceil((double)solved / (double)c->training.solve_every) * time->solving;
    if (c->training.evaluate_every) seconds += ceil(steps / (double)c->training.evaluate_every) * time->evaluation;
    return seconds;
}

static void print(const trial *t, const timing *time, FILE *stream)
{
    const om_recording_circuit *c = om_recording_circuit_of(t->e->recording);
    const om_config *config = t->e->config;
    double parameters = (double)tn_params_size(t->e->params);
    fprintf(stream,
            "recording   %lld neurons, %lld synapses, %lld columns, %lld training frames\n"
            "model       %.0f parameters\n"
            "memory      %.0f MB, of which %.0f MB for a step and %.0f MB for parameters, gradients and moments\n"
            "disk        %.0f MB for two checkpoints\n",
            (long long)c->neurons, (long long)c->synapses, (long long)c->columns, (long long)t->e->frames, parameters,
            om_memory_peak() / 1e6, t->memory / 1e6, 16 * parameters / 1e6,
            (24 * parameters + 8 * (double)(t->solution.given.n * c->columns)) / 1e6);
    if (om_solution_given(&t->solution))
        fprintf(stream,
                "then        %.1f ms a step in the last %lld, and %.1f s to solve for the stimulus of %lld frames\n",
                1e3 * time->solved_step, (long long)om_solution_steps(config), time->solving,
                (long long)t->solution.given.n);
    fprintf(stream, "time        %.1f ms a step, about %.0f minutes for %s%lld steps on %d threads\n", 1e3 * time->step,
            total(config, t->left, time) / 60, t->left < config->training.steps ? "the last " : "",
            (long long)t->left, tn_threads());
}

tn_status om_estimate(om_experiment *e, int64_t made, FILE *stream, tn_error *error)
{
    trial t;
    timing time = {0};
    tn_status status = trial_begin(&t, e, error);
    t.left = made < e->config->training.steps ? e->config->training.steps - made : 0;
    if (!status) status = time_step(&t, &time.step, error);
    if (!status) status = time_evaluation(&t, &time.evaluation, error);
    if (!status) status = time_solution(&t, &time, error);
    if (!status) print(&t, &time, stream);
    trial_end(&t);
    return status;
}
