/* Ablation: does what was learned predict an experiment that was never made? */
#include "config.h"
#include "testing/following.h"

#include <math.h>
#include <string.h>

/* Three circuits that start alike: the true one and the learned one without the same synapses, and the true one whole.
 * None has noise, or the noise would tell them apart. */
typedef struct lesion {
    uint8_t *ablated;             /* [E] */
    float *weight;                /* [E] true ones, 0 where ablated */
    float *learned;               /* [E] learned ones as they were, to be put back */
    bool is_cut;                  /* they are changed in the parameters */
    int32_t *type;                /* [N] zeros */
    om_cell_type nameless;
    om_circuit cut_circuit, whole_circuit;
    om_simulation *cut, *whole;
    om_rollout *rollout;
    om_drive *drive;
    om_traces *followed, *unaware;
    float *start, *light;         /* [N], [C] */
} lesion;

static void lesion_end(lesion *l)
{
    om_simulation_free(l->cut);
    om_simulation_free(l->whole);
    om_rollout_free(l->rollout);
    om_drive_free(l->drive);
    om_traces_free(l->followed);
    om_traces_free(l->unaware);
    void *arrays[] = {l->ablated, l->weight, l->learned, l->type, l->start, l->light};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) tn_free(arrays[i]);
}

/* The learned weights are changed in the parameters, which the rollout reads. */
static void cut_weights(lesion *l, float *learned, int64_t synapses)
{
    l->is_cut = true;
    memcpy(l->learned, learned, (size_t)synapses * sizeof *learned);
    for (int64_t e = 0; e < synapses; e++)
        if (l->ablated[e]) l->weight[e] = learned[e] = 0;
}

static tn_status lesion_begin(lesion *l, const om_results *r, const om_experiment *e, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    size_t E = (size_t)c->synapses, N = (size_t)c->neurons;
    double delta_t = om_recording_attributes_of(e->recording)->delta_t;
    *l = (lesion){.ablated = tn_alloc(E), .weight = tn_alloc(E * sizeof(float)), .learned = tn_alloc(E * sizeof(float)),
                  .type = tn_alloc(N * sizeof(int32_t)), .nameless = {.name = "of the true circuit"},
                  .start = tn_alloc(N * sizeof(float)), .light = tn_alloc((size_t)c->columns * sizeof(float)),
                  .drive = om_drive_new(e, r->split, error), .followed = om_traces_new(c->neurons, error),
                  .unaware = om_traces_new(c->neurons, error)};
    if (!l->ablated || !l->weight || !l->learned || !l->type || !l->start || !l->light || !l->drive || !l->followed ||
        !l->unaware)
        return tn_fail(error, TN_ENOMEM, "no memory for an ablation");
    /* The recording's circuit may have been ablated already, with the same seed. */
    tn_status status = om_choose_ablated((int32_t)c->synapses, r->truth.weight, e->config->test.ablation,
                                         (uint64_t)e->config->seed, l->ablated, error);
    if (status) return status;
    memcpy(l->weight, r->truth.weight, E * sizeof(float));
    cut_weights(l, tn_params_data(e->params, "W"), c->synapses);
    l->cut_circuit = l->whole_circuit = om_true_circuit(r, c, &l->nameless, l->type);
    l->cut_circuit.weight = l->weight;
    l->cut = om_simulation_new(&l->cut_circuit, delta_t, 0, 0, error);
    l->whole = om_simulation_new(&l->whole_circuit, delta_t, 0, 0, error);
    l->rollout = om_rollout_new(e->joint, e->params, delta_t, error);
    return l->cut && l->whole && l->rollout ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for an ablation");
}

/* One frame of all three. *finite becomes false when one of them runs away. */
static tn_status advance(lesion *l, const om_results *r, const om_experiment *e, int64_t k, bool *finite,
                         tn_error *error)
{
    const float *cut = om_simulation_voltage(l->cut);
    om_traces_add_f32(l->followed, cut, om_rollout_voltage(l->rollout), 1);
    om_traces_add_f32(l->unaware, cut, om_simulation_voltage(l->whole), 1);
    tn_status status = om_recording_frames(e->recording, r->split, OM_STIMULUS, 1, &k, l->light, error);
    const float *seen = status ? NULL : om_drive_at(l->drive, k, error);
    if (!seen) return error->status;
    status = om_rollout_step(l->rollout, seen, finite, error);
    if (om_simulation_frame(l->cut, l->light, NULL, NULL, NULL) ||
        om_simulation_frame(l->whole, l->light, NULL, NULL, NULL))
        *finite = false;
    return status ? status : om_results_stopped(error);
}

static tn_status run(lesion *l, om_results *r, const om_experiment *e, om_progress *progress, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    int64_t known = om_recording_length(e->recording, r->split, OM_STIMULUS), zero = 0;
    int64_t frames = om_smaller(om_followed_frames(e, r->split), known);
    tn_status status = om_recording_frames(e->recording, r->split, OM_VOLTAGE, 1, &zero, l->start, error);
    if (status) return status;
    om_simulation_start(l->cut, l->start, 0);
    om_simulation_start(l->whole, l->start, 0);
    om_rollout_start(l->rollout, l->start);
    om_progress_begin(progress, "ablation", 0, frames);
    bool finite = true;
    for (int64_t k = 0; k < frames && finite && !status; k++) {
        status = advance(l, r, e, k, &finite, error);
        om_progress_at(progress, k + 1, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    if (!status) status = om_trace_score_of(l->followed, c->neurons, NULL, NULL, &r->ablation, error);
    if (!status) status = om_trace_score_of(l->unaware, c->neurons, NULL, NULL, &r->ablation_unaware, error);
    if (status) return status;
    om_ran ran = {"one of the circuits of the ablation", &r->ablation, frames, 0, NULL, NULL};
    om_say_ran_away(&ran, progress);
    ran.score = &r->ablation_unaware;
    ran.frames = r->ablation.frames; /* they end together, and that is said */
    om_say_ran_away(&ran, progress);
    return TN_OK;
}

tn_status om_measure_ablation(om_results *r, const om_experiment *e, om_progress *progress, tn_error *error)
{
    r->ablation = r->ablation_unaware = (om_trace_score){0, NAN, NAN, NAN, NAN};
    if (!(e->config->test.ablation > 0)) return TN_OK;
    if (!om_truth_runs(r, e)) {
        om_progress_warn(progress, "no ablation: it takes the whole /truth and the stimulus of the recording");
        return TN_OK;
    }
    lesion l;
    tn_status status = lesion_begin(&l, r, e, error);
    if (!status) status = run(&l, r, e, progress, error);
    if (l.is_cut)
        memcpy(tn_params_data(e->params, "W"), l.learned,
               (size_t)om_recording_circuit_of(e->recording)->synapses * sizeof *l.learned);
    lesion_end(&l);
    return status;
}
