/* Comparing a model with the truth while it learns. */
#include "config.h"
#include "common/evaluation.h"
#include "common/no_memory.h"

#include <math.h>

/* Frames looked at while training: enough to see how it goes, few enough to take a second. */
enum { STIMULUS_FRAMES = 400, READOUT_FRAMES = 400 };

struct om_evaluator {
    const om_experiment *experiment;
    om_recording_truth truth;
    bool stimulus; /* the true one is there to compare with */
};

static tn_status read_voltage(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    return om_recording_frames(user, OM_TRAIN, OM_VOLTAGE, n, frame, out, error);
}

static tn_status read_stimulus(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    return om_recording_frames(user, OM_TRAIN, OM_STIMULUS, n, frame, out, error);
}

static tn_status read_derivative(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    return om_recording_frames(user, OM_TRAIN, OM_DERIVATIVE, n, frame, out, error);
}

om_data om_experiment_data(const om_experiment *e)
{
    bool known = e->config->model.mode == OM_MODE_KNOWN;
    return (om_data){.frames = e->frames, .user = e->recording, .voltage = read_voltage,
                     .stimulus = known ? read_stimulus : NULL, .derivative = read_derivative};
}

om_data om_experiment_truth(const om_experiment *e)
{
    om_data data = om_experiment_data(e);
    data.stimulus = read_stimulus;
    return data;
}

tn_status om_evaluator_new(om_evaluator **evaluator, const om_experiment *experiment, tn_error *error)
{
    *evaluator = NULL;
    bool stimulus = experiment->config->model.mode == OM_MODE_JOINT &&
                    om_recording_has(experiment->recording, OM_PART_STIMULUS);
    if (!stimulus && !om_recording_has(experiment->recording, OM_PART_TRUTH)) return TN_OK;
    om_evaluator *v = tn_alloc(sizeof *v);
    if (!v) return om_no_memory(NULL, error);
    *v = (om_evaluator){.experiment = experiment, .stimulus = stimulus};
    tn_status status = TN_OK;
    if (om_recording_has(experiment->recording, OM_PART_TRUTH))
        status = om_recording_read_truth(experiment->recording, &v->truth, error);
    if (status)
        om_evaluator_free(v);
    else
        *evaluator = v;
    return status;
}

void om_evaluator_free(om_evaluator *v)
{
    if (!v) return;
    om_recording_truth_free(&v->truth);
    tn_free(v);
}

tn_status om_evaluate(om_evaluator *v, om_scores *scores, tn_error *error)
{
    const om_experiment *e = v->experiment;
    *scores = (om_scores){NAN, NAN};
    tn_status status = TN_OK;
    if (v->stimulus) {
        om_score score;
        int64_t last = om_recording_length(e->recording, OM_TRAIN, OM_STIMULUS) - 1;
        if (last >= e->frames) last = e->frames - 1;
        om_data truth = om_experiment_truth(e);
        status = om_score_stimulus(e->joint, e->params, last, STIMULUS_FRAMES, &truth, &score, error);
        scores->stimulus_r2 = score.r2;
    }
    if (!status && v->truth.weight) {
        om_data data = om_experiment_data(e);
        om_recovery recovery = {0};
        om_weight_score weights = {0};
        status = om_recover_in_distribution(e->joint, e->params, &data, READOUT_FRAMES, &recovery, error);
        if (!status) status = om_score_weights(&recovery, v->truth.weight, &weights, error);
        scores->weight_r2 = weights.all.r2;
        om_recovery_clear(&recovery);
    }
    return status;
}
