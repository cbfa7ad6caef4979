/* Measuring a trained model. */
#include "config.h"
#include "testing/results.h"
#include "common/evaluation.h"
#include "common/signals.h"
#include "testing/following.h"
#include "testing/movie.h"

#include <math.h>

/* The published mixture has 100 components for the 65 cell types of the fly; other circuits get as many per type. */
static int components(const om_experiment *e)
{
    int64_t types = om_recording_circuit_of(e->recording)->types, chosen = e->config->test.clusters;
    return (int)(chosen ? chosen : (types * 100 + 32) / 65);
}

const om_watch om_results_watch = {om_signals_ask, (void *)"the results are not complete"};

tn_status om_results_stopped(tn_error *error)
{
    return om_signals_check(om_results_watch.user, error);
}

/* Without types. */
static tn_status compare_circuit(om_readout_results *r, const om_results *results, const om_experiment *e,
                                 tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    r->time_constant = om_score_neurons(r->recovery.time_constant, results->truth.time_constant, c->neurons);
    r->resting_potential =
        om_score_neurons(r->recovery.resting_potential, results->truth.resting_potential, c->neurons);
    r->types = (om_type_score){NAN, NAN, NAN};
    return om_score_weights(&r->recovery, results->truth.weight, &r->weights, error);
}

static tn_status compare(om_readout_results *r, const om_results *results, const om_experiment *e, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    tn_status status = compare_circuit(r, results, e, error);
    if (!status && om_recording_has(e->recording, OM_PART_TYPES))
        status = om_score_types(e->joint, e->params, &r->recovery, c->type, components(e), (uint64_t)e->config->seed,
                                &om_results_watch, NULL, &r->types, error);
    return status;
}

static tn_status read_out(om_results *results, const om_experiment *e, tn_error *error)
{
    om_data data = om_experiment_data(e);
    data.watch = &om_results_watch;
    int64_t frames = om_smaller(e->config->test.readout_frames, e->frames);
    tn_status status = om_recover_in_distribution(e->joint, e->params, &data, frames, &results->inside.recovery, error);
    if (!status) status = compare(&results->inside, results, e, error);
    if (!status)
        status =
            om_recover_as_published(e->joint, e->params, &data, e->mean, e->sd, &results->published.recovery, error);
    if (!status) status = compare(&results->published, results, e, error);
    return status;
}

/* Of those that have a true stimulus. */
static int64_t known_frames(const om_experiment *e)
{
    return om_smaller(e->frames, om_recording_length(e->recording, OM_TRAIN, OM_STIMULUS));
}

int64_t om_yardstick_frames(const om_experiment *e)
{
    return om_smaller(e->config->test.yardstick_frames, known_frames(e));
}

/* Only to compare, so only where there is a truth; the stimulus is the true one, whatever the model was given. */
static tn_status measure_yardstick(om_results *results, const om_experiment *e, om_progress *progress, tn_error *error)
{
    om_readout_results *r = &results->yardstick;
    int64_t frames = om_yardstick_frames(e);
    r->time_constant = r->resting_potential = r->weights.all = r->weights.identifiable = om_score_unknown;
    r->weights.spearman = r->weights.share_identifiable = r->recovery.fit_r2 = NAN;
    if (!frames || !results->truth.weight) return TN_OK;
    om_data data = om_experiment_truth(e);
    data.frames = known_frames(e);
    data.watch = &om_results_watch;
    om_progress_say(progress, "least squares, to compare with");
    tn_status status = om_recover_least_squares(e->joint, &data, frames, &r->recovery, error);
    return status ? status : compare_circuit(r, results, e, error);
}

static om_split followed_split(const om_experiment *e, om_progress *progress)
{
    om_split split = om_followed_split(e);
    if (split == OM_TRAIN && e->config->model.mode == OM_MODE_KNOWN && om_recording_has(e->recording, OM_PART_TEST))
        om_progress_warn(progress, "the recording has no /test/stimulus: errors on frames that were not learned cannot "
                         "be reported");
    return split;
}

static unsigned wanted_parts(const om_experiment *e)
{
    unsigned parts = 1 << OM_PART_DERIVATIVE | 1 << OM_PART_STIMULUS | 1 << OM_PART_TYPES | 1 << OM_PART_TRUTH;
    return e->config->model.mode == OM_MODE_JOINT ? parts : parts | 1 << OM_PART_TEST;
}

/* Of a truth that knows some quantities only. */
static void say_unknown(const om_recording_truth *truth, om_progress *progress)
{
    const struct {
        const char *name;
        const float *values;
    } parts[] = {{"weight", truth->weight}, {"time_constant", truth->time_constant},
                 {"resting_potential", truth->resting_potential}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!parts[i].values)
            om_progress_warn(progress, "the recording has no /truth/%s: how well it was recovered cannot be reported",
                            parts[i].name);
}

tn_status om_results_measure(om_results *results, om_experiment *e, om_progress *progress, tn_error *error)
{
    om_experiment_say_missing(e, wanted_parts(e), progress);
    *results = (om_results){.split = followed_split(e, progress)};
    tn_status status = om_results_select(&results->selected, e, error);
    if (!status && om_recording_has(e->recording, OM_PART_TRUTH)) {
        status = om_recording_read_truth(e->recording, &results->truth, error);
        if (!status) say_unknown(&results->truth, progress);
    }
    if (!status) om_progress_say(progress, "reading the circuit out of the model");
    if (!status) status = read_out(results, e, error);
    if (!status) status = measure_yardstick(results, e, progress, error);
    if (!status) status = om_measure_movie(results, e, progress, error);
    if (!status) status = om_measure_one_step(results, e, progress, error);
    if (!status) status = om_measure_rollout(results, e, progress, error);
    if (!status) status = om_measure_oracle(results, e, progress, error);
    if (!status) status = om_measure_ablation(results, e, progress, error);
    return status;
}

void om_results_clear(om_results *r)
{
    om_recording_truth_free(&r->truth);
    om_recovered_movie_clear(&r->movie);
    om_recovery_clear(&r->inside.recovery);
    om_recovery_clear(&r->published.recovery);
    om_recovery_clear(&r->yardstick.recovery);
    tn_free(r->rollout_rmse);
    tn_free(r->rollout_pearson);
    tn_free(r->oracle_rmse);
    tn_free(r->oracle_pearson);
    tn_free(r->selected.neuron);
    tn_free(r->selected.truth);
    tn_free(r->selected.predicted);
    tn_free(r->selected.pearson);
    *r = (om_results){0};
}
