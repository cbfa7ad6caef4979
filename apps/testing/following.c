/* One step, rollout, oracle. */
#include "config.h"
#include "testing/following.h"

#include <math.h>
#include <string.h>

om_split om_followed_split(const om_experiment *e)
{
    bool known = e->config->model.mode == OM_MODE_KNOWN && om_recording_has(e->recording, OM_PART_TEST);
    return known && om_recording_length(e->recording, OM_TEST, OM_STIMULUS) > 0 ? OM_TEST : OM_TRAIN;
}

int64_t om_followed_frames(const om_experiment *e, om_split split)
{
    int64_t length = om_recording_length(e->recording, split, OM_VOLTAGE);
    if (e->config->model.mode == OM_MODE_KNOWN)
        length = om_smaller(length, om_recording_length(e->recording, split, OM_STIMULUS));
    return om_smaller(length, e->config->test.rollout_frames);
}

/* ---- one step ---- */

enum { CHUNK = 8 };

typedef struct stepper {
    tn_graph *graph;
    tn_plan *plan;
    om_drive *drive;
    om_traces *traces;
    float *voltage, *stimulus, *derivative; /* [CHUNK, N], [CHUNK, C], [CHUNK, N] */
} stepper;

static void stepper_end(stepper *s)
{
    tn_plan_free(s->plan);
    tn_graph_free(s->graph);
    om_drive_free(s->drive);
    om_traces_free(s->traces);
    tn_free(s->voltage);
    tn_free(s->stimulus);
    tn_free(s->derivative);
}

static tn_status stepper_begin(stepper *s, const om_results *r, const om_experiment *e, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    size_t neurons = CHUNK * (size_t)c->neurons * sizeof(float);
    *s = (stepper){.graph = tn_graph_new(TN_F32), .drive = om_drive_new(e, r->split, error),
                   .traces = om_traces_new(c->neurons, error), .voltage = tn_alloc(neurons),
                   .derivative = tn_alloc(neurons),
                   .stimulus = tn_alloc(CHUNK * (size_t)c->columns * sizeof(float))};
    if (!s->graph || !s->drive || !s->traces || !s->voltage || !s->derivative || !s->stimulus)
        return tn_fail(error, TN_ENOMEM, "no memory to predict");
    om_joint_predict(e->joint, s->graph, e->params, CHUNK, false);
    if (!(s->plan = tn_plan_new(s->graph, 0, error))) return error->status;
    tn_bind(s->plan, "stimulus", s->stimulus, error);
    return tn_bind(s->plan, "voltage", s->voltage, error);
}

tn_status om_measure_one_step(om_results *r, const om_experiment *e, om_progress *progress, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    int64_t known = om_recording_length(e->recording, r->split, OM_DERIVATIVE);
    int64_t frames = om_smaller(om_followed_frames(e, r->split), known);
    stepper s;
    tn_status status = stepper_begin(&s, r, e, error);
    om_progress_begin(progress, "one step", 0, frames);
    for (int64_t first = 0; first < frames && !status; first += CHUNK) {
        int64_t n = om_smaller(CHUNK, frames - first);
        status = om_recording_block(e->recording, r->split, OM_VOLTAGE, first, n, s.voltage, error);
        if (!status) status = om_recording_block(e->recording, r->split, OM_DERIVATIVE, first, n, s.derivative, error);
        for (int64_t k = 0; k < n && !status; k++) {
            const float *light = om_drive_at(s.drive, first + k, error);
            if (!light)
                status = error->status;
            else
                memcpy(s.stimulus + k * c->columns, light, (size_t)c->columns * sizeof *light);
        }
        if (!status) status = tn_run(s.plan, error);
        if (!status) om_traces_add_f32(s.traces, s.derivative, tn_result(s.plan, "predicted_derivative"), n);
        if (!status) status = om_results_stopped(error);
        om_progress_at(progress, first + n, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    if (!status) status = om_trace_score_of(s.traces, c->neurons, NULL, NULL, &r->one_step, error);
    stepper_end(&s);
    return status;
}

/* ---- rollout ---- */

void om_say_ran_away(om_ran *ran, om_progress *progress)
{
    om_trace_score *score = ran->score;
    if (score->frames < ran->frames)
        om_progress_warn(progress, "%s ran away after %lld of %lld frames: its scores are those of the frames before",
                         ran->what, (long long)score->frames, (long long)ran->frames);
    if (score->frames >= 2) return;
    *score = (om_trace_score){score->frames, NAN, NAN, NAN, NAN};
    for (int64_t i = 0; i < ran->neurons; i++) ran->rmse[i] = ran->pearson[i] = NAN;
}

static void keep_selected(om_selected *s, int64_t frame, const float *truth, const float *predicted)
{
    if (frame >= s->frames) return;
    for (int i = 0; i < s->n; i++) {
        s->truth[frame * s->n + i] = truth[s->neuron[i]];
        s->predicted[frame * s->n + i] = predicted ? predicted[s->neuron[i]] : NAN;
    }
}

static tn_status make_room(om_results *r, int64_t frames, int64_t neurons, tn_error *error)
{
    om_selected *s = &r->selected;
    s->frames = frames;
    s->truth = tn_alloc((size_t)(frames * s->n) * sizeof *s->truth);
    s->predicted = tn_alloc((size_t)(frames * s->n) * sizeof *s->predicted);
    s->pearson = tn_alloc((size_t)s->n * sizeof *s->pearson);
    r->rollout_rmse = tn_alloc((size_t)neurons * sizeof *r->rollout_rmse);
    r->rollout_pearson = tn_alloc((size_t)neurons * sizeof *r->rollout_pearson);
    bool enough = s->truth && s->predicted && s->pearson && r->rollout_rmse && r->rollout_pearson;
    return enough ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for traces of %lld frames", (long long)frames);
}

tn_status om_measure_rollout(om_results *r, const om_experiment *e, om_progress *progress, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    int64_t frames = om_followed_frames(e, r->split);
    om_rollout *rollout = om_rollout_new(e->joint, e->params, om_recording_attributes_of(e->recording)->delta_t, error);
    om_traces *traces = om_traces_new(c->neurons, error);
    om_drive *drive = om_drive_new(e, r->split, error);
    float *truth = tn_alloc((size_t)c->neurons * sizeof *truth);
    tn_status status = make_room(r, frames, c->neurons, error);
    if (!rollout || !traces || !drive || !truth) status = tn_fail(error, TN_ENOMEM, "no memory for a rollout");
    om_progress_begin(progress, "rollout", 0, frames);
    bool finite = true;
    for (int64_t k = 0; k < frames && !status; k++) {
        status = om_recording_frames(e->recording, r->split, OM_VOLTAGE, 1, &k, truth, error);
        if (status) break;
        if (k == 0) om_rollout_start(rollout, truth);
        keep_selected(&r->selected, k, truth, finite ? om_rollout_voltage(rollout) : NULL);
        if (!finite) continue;
        om_traces_add_f32(traces, truth, om_rollout_voltage(rollout), 1);
        const float *light = om_drive_at(drive, k, error);
        status = light ? om_rollout_step(rollout, light, &finite, error) : error->status;
        if (!status) status = om_results_stopped(error);
        om_progress_at(progress, k + 1, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    if (!status)
        status = om_trace_score_of(traces, c->neurons, r->rollout_rmse, r->rollout_pearson, &r->rollout, error);
    om_ran ran = {"the model", &r->rollout, frames, c->neurons, r->rollout_rmse, r->rollout_pearson};
    if (!status) om_say_ran_away(&ran, progress);
    for (int i = 0; i < r->selected.n && !status; i++)
        r->selected.pearson[i] = r->rollout_pearson[r->selected.neuron[i]];
    om_rollout_free(rollout);
    om_traces_free(traces);
    om_drive_free(drive);
    tn_free(truth);
    return status;
}

/* ---- oracle ---- */

bool om_truth_runs(const om_results *r, const om_experiment *e)
{
    return r->truth.weight && r->truth.time_constant && r->truth.resting_potential &&
           om_recording_length(e->recording, r->split, OM_STIMULUS) > 0;
}

om_circuit om_true_circuit(const om_results *r, const om_recording_circuit *c, om_cell_type *nameless, int32_t *type)
{
    return (om_circuit){
        .neurons = (int32_t)c->neurons, .synapses = (int32_t)c->synapses, .columns = (int32_t)c->columns,
        .types = 1, .cell_type = nameless, .type = type, .column = (int32_t *)c->column,
        .is_input = (uint8_t *)c->is_input, .source = (int32_t *)c->source, .target = (int32_t *)c->target,
        .weight = r->truth.weight, .time_constant = r->truth.time_constant,
        .resting_potential = r->truth.resting_potential,
    };
}

static tn_status run_oracle(om_results *r, const om_experiment *e, om_simulation *oracle, om_progress *progress,
                            tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    int64_t known = om_recording_length(e->recording, r->split, OM_STIMULUS);
    int64_t frames = om_smaller(om_followed_frames(e, r->split), known);
    om_traces *traces = om_traces_new(c->neurons, error);
    float *truth = tn_alloc((size_t)c->neurons * sizeof *truth), *light = tn_alloc((size_t)c->columns * sizeof *light);
    tn_status status = traces && truth && light ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for an oracle");
    om_progress_begin(progress, "oracle", 0, frames);
    tn_status finite = TN_OK;
    for (int64_t k = 0; k < frames && !status && !finite; k++) {
        status = om_recording_frames(e->recording, r->split, OM_VOLTAGE, 1, &k, truth, error);
        if (!status) status = om_recording_frames(e->recording, r->split, OM_STIMULUS, 1, &k, light, error);
        if (status) break;
        if (k == 0) om_simulation_start(oracle, truth, 0);
        om_traces_add_f32(traces, truth, om_simulation_voltage(oracle), 1);
        /* Where synapses are hidden the circuit shown may run away; the score is then that of the frames before. */
        finite = om_simulation_frame(oracle, light, NULL, NULL, NULL);
        status = om_results_stopped(error);
        om_progress_at(progress, k + 1, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    if (!status) status = om_trace_score_of(traces, c->neurons, r->oracle_rmse, r->oracle_pearson, &r->oracle, error);
    om_ran ran = {"the true circuit", &r->oracle, frames, c->neurons, r->oracle_rmse, r->oracle_pearson};
    if (!status) om_say_ran_away(&ran, progress);
    om_traces_free(traces);
    tn_free(truth);
    tn_free(light);
    return status;
}

tn_status om_measure_oracle(om_results *r, const om_experiment *e, om_progress *progress, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    r->oracle = (om_trace_score){0, NAN, NAN, NAN, NAN};
    if (!om_truth_runs(r, e)) return TN_OK;
    om_cell_type nameless = {.name = "of the true circuit"};
    int32_t *type = tn_alloc((size_t)c->neurons * sizeof *type);
    r->oracle_rmse = tn_alloc((size_t)c->neurons * sizeof *r->oracle_rmse);
    r->oracle_pearson = tn_alloc((size_t)c->neurons * sizeof *r->oracle_pearson);
    if (!type || !r->oracle_rmse || !r->oracle_pearson) {
        tn_free(type);
        return tn_fail(error, TN_ENOMEM, "no memory for an oracle");
    }
    om_circuit circuit = om_true_circuit(r, c, &nameless, type);
    double delta_t = om_recording_attributes_of(e->recording)->delta_t;
    om_simulation *oracle = om_simulation_new(&circuit, delta_t, 0, 0, error);
    tn_status status = oracle ? run_oracle(r, e, oracle, progress, error) : error->status;
    om_simulation_free(oracle);
    tn_free(type);
    return status;
}
