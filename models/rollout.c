/* Letting the model run by itself, and how well it follows the recording. */
#include "config.h"
#include "recovery.h"
#include "traces.h"

#include <math.h>
#include <string.h>

struct om_rollout {
    int64_t neurons, columns;
    tn_dtype number;
    double delta_t;
    tn_graph *graph;
    tn_plan *plan;
    void *voltage, *stimulus; /* in the number type of the parameters */
    float *now;               /* [N] */
};

/* The published rollout keeps voltages within this. */
#define LIMIT 100.0

void om_rollout_free(om_rollout *r)
{
    if (!r) return;
    tn_plan_free(r->plan);
    tn_graph_free(r->graph);
    tn_free(r->voltage);
    tn_free(r->stimulus);
    tn_free(r->now);
    tn_free(r);
}

om_rollout *om_rollout_new(const om_joint *joint, tn_params *params, double delta_t, tn_error *error)
{
    om_rollout *r = tn_alloc(sizeof *r);
    if (r) {
        *r = (om_rollout){.neurons = joint->wiring.neurons, .columns = joint->wiring.columns, .delta_t = delta_t,
                          .number = tn_params_dtype(params), .graph = tn_graph_new(tn_params_dtype(params))};
        r->voltage = om_array(r->neurons, tn_dtype_size(r->number));
        r->stimulus = om_array(r->columns, tn_dtype_size(r->number));
        r->now = om_array(r->neurons, sizeof *r->now);
        if (r->graph && r->voltage && r->stimulus && r->now) {
            om_joint_predict(joint, r->graph, params, 1, false);
            r->plan = tn_plan_new(r->graph, 0, error);
        }
        if (r->plan) {
            tn_bind(r->plan, "voltage", r->voltage, error);
            tn_bind(r->plan, "stimulus", r->stimulus, error);
            return r;
        }
    }
    om_rollout_free(r);
    tn_fail(error, TN_ENOMEM, "no memory for a rollout");
    return NULL;
}

/* Copies float32 into the number type of the parameters. */
static void put(const om_rollout *r, void *to, const float *from, int64_t n)
{
    if (r->number == TN_F64)
        for (int64_t i = 0; i < n; i++) ((double *)to)[i] = from[i];
    else
        memcpy(to, from, (size_t)n * sizeof *from);
}

void om_rollout_start(om_rollout *r, const float *voltage)
{
    put(r, r->voltage, voltage, r->neurons);
}

const float *om_rollout_voltage(om_rollout *r)
{
    om_values voltage = {r->voltage, r->number};
    for (int64_t i = 0; i < r->neurons; i++) r->now[i] = (float)om_value_at(voltage, i);
    return r->now;
}

tn_status om_rollout_step(om_rollout *r, const float *stimulus, bool *finite, tn_error *error)
{
    put(r, r->stimulus, stimulus, r->columns);
    tn_status status = tn_run(r->plan, error);
    if (status) return status;
    om_values voltage = {r->voltage, r->number}, derivative = {tn_result(r->plan, "predicted_derivative"), r->number};
    *finite = true;
    for (int64_t i = 0; i < r->neurons; i++) {
        double next = om_value_at(voltage, i) + r->delta_t * om_value_at(derivative, i);
        *finite = *finite && isfinite(next);
        om_value_put(r->voltage, r->number, i, fmin(fmax(next, -LIMIT), LIMIT));
    }
    return TN_OK;
}

/* ---- traces ---- */

tn_status om_trace_score_of(const om_traces *traces, int64_t neurons, double *rmse, double *pearson,
                            om_trace_score *score, tn_error *error)
{
    double *own = om_array(2 * neurons, sizeof *own);
    if (!own) return tn_fail(error, TN_ENOMEM, "no memory for %lld traces", (long long)neurons);
    om_traces_result(traces, own, own + neurons);
    om_spread errors = om_spread_of(own, neurons), correlations = om_spread_of(own + neurons, neurons);
    *score = (om_trace_score){om_traces_frames(traces), errors.mean, errors.sd, correlations.mean, correlations.sd};
    if (rmse) memcpy(rmse, own, (size_t)neurons * sizeof *rmse);
    if (pearson) memcpy(pearson, own + neurons, (size_t)neurons * sizeof *pearson);
    tn_free(own);
    return TN_OK;
}

void om_traces_add_f32(om_traces *traces, const float *truth, const float *predicted, int64_t frames)
{
    om_traces_add(traces, om_f32(truth), om_f32(predicted), frames);
}
