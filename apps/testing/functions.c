/* Evaluating the learned networks for a figure. */
#include "config.h"
#include "testing/functions.h"
#include "common/no_memory.h"

#include <math.h>

enum { POINTS = 64 };

void om_functions_clear(om_functions *f)
{
    double *arrays[] = {f->voltage, f->message, f->true_message, f->update, f->true_update};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) tn_free(arrays[i]);
    *f = (om_functions){0};
}

/* The middle neuron of each type, so that on a lattice it is no neuron of the rim. -1: the type has none. */
static bool choose_neurons(int64_t *chosen, const om_recording_circuit *c)
{
    int64_t *left = tn_alloc((size_t)c->types * sizeof *left);
    if (!left) return false;
    for (int64_t i = 0; i < c->neurons; i++) left[c->type[i]]++;
    for (int64_t k = 0; k < c->types; k++) {
        left[k] = (left[k] + 1) / 2;
        chosen[k] = -1;
    }
    for (int64_t i = 0; i < c->neurons; i++)
        if (--left[c->type[i]] == 0) chosen[c->type[i]] = i;
    tn_free(left);
    return true;
}

static double voltage_at(const om_experiment *e, int64_t neuron, int point)
{
    return e->mean[neuron] + (4.0 * point / (POINTS - 1) - 2) * e->sd[neuron];
}

/* g and f [N, POINTS] of all neurons, owned by the plan. */
static tn_status evaluate(const om_experiment *e, tn_plan *plan, int64_t neurons, tn_error *error)
{
    float *voltage = tn_alloc((size_t)neurons * POINTS * sizeof *voltage);
    if (!voltage) return om_no_memory(NULL, error);
    for (int64_t i = 0; i < neurons; i++)
        for (int p = 0; p < POINTS; p++) voltage[i * POINTS + p] = (float)voltage_at(e, i, p);
    tn_status status = tn_bind(plan, "voltage", voltage, error);
    if (!status) status = tn_run(plan, error);
    tn_free(voltage);
    return status;
}

static void fill(om_functions *f, const om_results *results, const om_experiment *e, const int64_t *chosen,
                 const tn_plan *plan)
{
    const float *g = tn_result(plan, "g"), *update = tn_result(plan, "f");
    const om_recording_truth *truth = &results->truth;
    for (size_t k = 0; k < f->types; k++)
        for (int p = 0; p < POINTS; p++) {
            int64_t i = chosen[k];
            size_t at = k * POINTS + (size_t)p;
            double v = i < 0 ? NAN : voltage_at(e, i, p);
            f->voltage[at] = v;
            f->true_message[at] = fmax(v, 0) + 0 * v; /* NaN stays */
            f->message[at] = i < 0 ? NAN : g[i * POINTS + p];
            f->update[at] = i < 0 ? NAN : update[i * POINTS + p];
            if (f->true_update)
                f->true_update[at] = i < 0 ? NAN : (truth->resting_potential[i] - v) / truth->time_constant[i];
        }
}

tn_status om_functions_make(om_functions *f, const om_results *results, const om_experiment *e, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    bool known = results->truth.time_constant && results->truth.resting_potential;
    size_t types = (size_t)c->types, bytes = types * POINTS * sizeof(double);
    *f = (om_functions){.types = types, .points = POINTS, .voltage = tn_alloc(bytes), .message = tn_alloc(bytes),
                        .true_message = tn_alloc(bytes), .update = tn_alloc(bytes),
                        .true_update = known ? tn_alloc(bytes) : NULL};
    int64_t *chosen = tn_alloc(types * sizeof *chosen);
    tn_graph *g = tn_graph_new(TN_F32);
    bool enough = f->voltage && f->message && f->true_message && f->update && (f->true_update || !known) && chosen && g;
    tn_status status = enough && choose_neurons(chosen, c) ? TN_OK : om_no_memory("the learned functions", error);
    tn_plan *plan = NULL;
    if (!status) {
        om_joint_probe(e->joint, g, e->params, POINTS);
        plan = tn_plan_new(g, 0, error);
        status = plan ? evaluate(e, plan, c->neurons, error) : error->status;
    }
    if (!status) fill(f, results, e, chosen, plan);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(chosen);
    return status;
}
