/* The training loop. All that a step does depends on its number alone, so that a resumed run goes on bit for bit. */
#include "config.h"
#include "training/trainer.h"
#include "common/no_memory.h"
#include "common/signals.h"
#include "training/course.h"
#include "training/resume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- saving ---- */

static double trained_seconds(const om_trainer *t)
{
    return t->seconds + om_now() - t->began;
}

/*   first  of a new run */
static tn_status save(om_trainer *t, bool first, tn_error *error)
{
    om_progress_made made = {.step = t->step, .seconds = trained_seconds(t), .config = t->config,
                             .seed = (uint64_t)t->experiment->config->seed, .circuit = t->circuit,
                             .lattice = om_experiment_lattice(t->experiment),
                             .recording = t->experiment->mark,
                             .stimulus_r2 = t->scores.stimulus_r2, .weight_r2 = t->scores.weight_r2,
                             .program = PACKAGE_STRING, .solved = t->solution.given};
    tn_status status = om_checkpoint_write(t->checkpoint, t->experiment->params, t->optimizer, &made, first, error);
    t->saved = om_now();
    t->saved_step = t->step;
    return status;
}

/* ---- opening ---- */

tn_status om_trainer_open(om_trainer *t, om_experiment *experiment, const char *directory, bool resume,
                          bool profile, om_progress *progress, tn_error *error)
{
    *t = (om_trainer){.experiment = experiment, .directory = directory, .progress = progress,
                      .scores = {.stimulus_r2 = NAN, .weight_r2 = NAN}, .began = om_now(), .saved_step = -1,
                      .options = profile ? TN_PLAN_PROFILE : 0};
    t->checkpoint = om_checkpoint_of_run(directory);
    t->config = om_config_text(experiment->config);
    t->circuit = om_experiment_circuit(experiment);
    char *metrics;
    if (asprintf(&metrics, "%s/metrics.jsonl", directory) < 0) metrics = NULL;
    tn_status status = t->checkpoint && t->config && metrics ? TN_OK : om_no_memory(NULL, error);
    if (!status) {
        tn_optimizer_config adam = TN_ADAM_DEFAULTS;
        adam.clip_norm = experiment->config->training.clip_norm;
        t->optimizer = tn_optimizer_new(experiment->params, adam, error);
        status = t->optimizer ? TN_OK : error->status;
    }
    if (!status && experiment->config->training.evaluate_every)
        status = om_evaluator_new(&t->evaluator, experiment, error);
    if (!status && resume) status = om_resume(t, error);
    if (!status) status = om_step_plan(&t->planned, t->experiment, &t->solution, t->options, error);
    /* From its first moment on a run can be resumed; until then, what was there before can. */
    if (!status && !resume) status = save(t, true, error);
    if (!status && !(t->metrics = om_metrics_open(metrics, resume ? t->step : -1, progress, error)))
        status = error->status;
    free(metrics);
    return status;
}

void om_trainer_close(om_trainer *t)
{
    om_batches_free(t->batches);
    om_solution_clear(&t->solution);
    om_evaluator_free(t->evaluator);
    om_metrics_close(t->metrics);
    tn_optimizer_free(t->optimizer);
    om_step_clear(&t->planned);
    free(t->checkpoint);
    free(t->config);
    *t = (om_trainer){0};
}

/* ---- a step ---- */

/* Runs the step again, inspecting every value, to say where the first bad one arose. */
static tn_status blame(om_trainer *t, const om_batch *batch, tn_error *error)
{
    tn_error reason = {0};
    tn_plan *plan = tn_plan_new(t->planned.graph, TN_PLAN_CHECK, &reason);
    if (plan) {
        om_batch_bind(batch, plan);
        om_step_bind(&t->planned, t->experiment, &t->solution, plan, &reason);
        tn_run(plan, &reason);
        tn_plan_free(plan);
    }
    return tn_fail(error, TN_ENUMERIC,
                   "the loss of step %lld is not finite: %s; the latest checkpoint keeps the last good state",
                   (long long)t->step + 1, reason.status ? reason.message : "every value before it is");
}

static double result(const om_trainer *t, const char *name)
{
    return *(const float *)tn_result(t->planned.plan, name);
}

static tn_status solve_anew(om_trainer *t, bool first, tn_error *error)
{
    om_experiment *e = t->experiment;
    om_batches_free(t->batches);
    t->batches = NULL;
    tn_status status = first ? om_solution_make(&t->solution, e, error) : TN_OK;
    if (!status) status = om_solution_solve(&t->solution, t->step, error);
    if (!status && first) status = om_step_plan(&t->planned, t->experiment, &t->solution, t->options, error);
    if (!status && !(t->batches = om_batches_new(e, t->step, om_solution_given(&t->solution), error)))
        status = error->status;
    if (status) om_solution_clear(&t->solution); /* half solved is not kept */
    return status;
}

/* Before a step of the second part: has the stimulus solved for when it is time, or when a resumed run has none. Where
 * a signal ends this, the caller sees it as well, and the run is as after the step before. */
static tn_status solve(om_trainer *t, tn_error *error)
{
    const om_config *c = t->experiment->config;
    tn_error reason = {0};
    bool first = !om_solution_given(&t->solution);
    if (!om_solution_due(c, t->step) && !(first && om_solution_covers(c, t->step))) return TN_OK;
    tn_status status = solve_anew(t, first, &reason);
    if (!status || (status == TN_EINVAL && om_signals_pending())) return TN_OK;
    return tn_fail(error, status, "%s, before step %lld%s", reason.message, (long long)t->step + 1,
                   status == TN_ENUMERIC ? "; the latest checkpoint keeps the last good state" : "");
}

static tn_status make_step(om_trainer *t, tn_error *error)
{
    const om_config *c = t->experiment->config;
    const om_batch *batch;
    double rate[OM_GROUPS];
    tn_status status = om_batches_next(t->batches, &batch, error);
    if (status) return status;
    om_solution_draw(&t->solution, t->step);
    om_batch_bind(batch, t->planned.plan);
    om_course_coefficients(c, t->step, t->planned.coefficients);
    if ((status = tn_run(t->planned.plan, error))) return status;
    if (!isfinite(result(t, "loss"))) return blame(t, batch, error);
    bool new_epoch = t->step && om_course_epoch(c, t->step) != om_course_epoch(c, t->step - 1);
    if (c->training.restart_adam && new_epoch) tn_optimizer_reset(t->optimizer);
    om_course_rates(c, t->step, rate);
    tn_optimizer_step(t->optimizer, rate);
    t->step++;
    return TN_OK;
}

/* ---- between steps ---- */

static tn_status write_metrics(om_trainer *t, tn_error *error)
{
    double rate[OM_GROUPS];
    om_course_rates(t->experiment->config, t->step - 1, rate); /* of the step just made */
    om_named_number fields[6 + OM_TERMS] = {
        {"loss", result(t, "loss")}, {"prediction", result(t, "term/prediction")},
        {"stimulus_r2", t->scores.stimulus_r2}, {"weight_r2", t->scores.weight_r2},
        {"lr_mlp", rate[OM_GROUP_MLP]}, {"seconds", trained_seconds(t)},
    };
    for (int i = 0; i < OM_TERMS; i++) {
        char name[64];
        snprintf(name, sizeof name, "term/%s", om_term_names[i]);
        fields[6 + i] = (om_named_number){om_term_names[i], result(t, name)};
    }
    return om_metrics_write(t->metrics, t->step, 6 + OM_TERMS, fields, error);
}

static void show(om_trainer *t)
{
    const om_named_number fields[] = {{"loss", result(t, "loss")}, {"stimulus R2", t->scores.stimulus_r2},
                                      {"W R2", t->scores.weight_r2}};
    om_progress_at(t->progress, t->step, sizeof fields / sizeof *fields, fields);
}

static tn_status after_step(om_trainer *t, tn_error *error)
{
    const om_config *c = t->experiment->config;
    tn_status status = TN_OK;
    bool last = t->step == c->training.steps;
    if (t->evaluator && (t->step % c->training.evaluate_every == 0 || last)) {
        om_batches_wait(t->batches);
        status = om_evaluate(t->evaluator, &t->scores, error);
    }
    if (!status && (t->step % c->training.log_every == 0 || last)) status = write_metrics(t, error);
    show(t);
    if (!status && om_now() - t->saved > 60 * c->training.checkpoint_minutes) status = save(t, false, error);
    return status;
}

/* Saves the last good state: what went wrong beside the numbers, such as reading, has done the parameters no harm. */
static void rescue(om_trainer *t, tn_status cause)
{
    tn_error unsaved = {0};
    if (cause == TN_ENUMERIC || t->saved_step == t->step || save(t, false, &unsaved)) return;
    om_progress_say(t->progress, "the state after step %lld is saved; go on with --resume", (long long)t->step);
}

static tn_status make_steps(om_trainer *t, tn_error *error)
{
    int64_t steps = t->experiment->config->training.steps;
    t->batches = om_batches_new(t->experiment, t->step, om_solution_given(&t->solution), error);
    if (!t->batches) return error->status;
    tn_status status = TN_OK;
    bool late = false;
    om_progress_begin(t->progress, "train", t->step, steps);
    while (!status && t->step < steps && !om_signals_pending() && !late) {
        status = solve(t, error);
        if (!status && om_signals_pending()) break;
        if (!status) status = make_step(t, error);
        if (!status) status = after_step(t, error);
        late = t->max_seconds > 0 && om_now() - t->began > t->max_seconds;
    }
    if (status) rescue(t, status);
    else if (t->saved_step != t->step) status = save(t, false, error);
    om_progress_end(t->progress);
    if (!status && t->step < steps)
        om_progress_say(t->progress, "stopped after step %lld of %lld (%s); go on with --resume", (long long)t->step,
                        (long long)steps, late ? "the time is over" : "a signal asked for it");
    return status;
}

tn_status om_trainer_run(om_trainer *t, tn_error *error)
{
    int64_t steps = t->experiment->config->training.steps;
    t->began = t->saved = om_now();
    if (t->step < steps) return make_steps(t, error);
    om_progress_say(t->progress, "nothing to do: %lld steps are made, and training.steps is %lld%s", (long long)t->step,
                    (long long)steps, t->step > steps ? "; a run does not go back" : "");
    /* A damaged checkpoint was put aside. */
    return access(t->checkpoint, F_OK) ? save(t, false, error) : TN_OK;
}

void om_trainer_print_profile(const om_trainer *t, FILE *stream)
{
    tn_peak peak;
    bool measured = tn_peak_measure(tn_threads(), false, &peak, NULL) == TN_OK;
    tn_profile_print(t->planned.plan, measured ? &peak : NULL, stream);
    fprintf(stream, "\n");
    tn_plan_print_memory(t->planned.plan, stream);
}
