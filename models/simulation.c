/* The circuit's dynamics, as a plan that computes one frame. */
#include "config.h"
#include "models.h"

#include <math.h>
#include <string.h>

struct om_simulation {
    const om_circuit *circuit;
    double delta_t, sigma;
    uint64_t seed;
    tn_sparsity *synapses, *seen;
    tn_graph *graph, *settling_graph;
    tn_plan *plan, *settling;
    float *voltage, *stimulus, *noise, *slow; /* [N], [C], [N]; slow: time constants of at least delta_t */
    int64_t frame;
    uint32_t stream;
};

void om_simulation_free(om_simulation *s)
{
    if (!s) return;
    tn_plan_free(s->plan);
    tn_plan_free(s->settling);
    tn_graph_free(s->graph);
    tn_graph_free(s->settling_graph);
    tn_sparsity_free(s->synapses);
    tn_sparsity_free(s->seen);
    tn_free(s->voltage);
    tn_free(s->stimulus);
    tn_free(s->noise);
    tn_free(s->slow);
    tn_free(s);
}

/* tau dv/dt = -v + Vrest + W relu(v) + I;  next = v + dt dv/dt + sigma xi */
static tn_graph *describe(const om_simulation *s)
{
    tn_graph *g = tn_graph_new(TN_F32);
    if (!g) return NULL;
    const om_circuit *c = s->circuit;
    tn_shape neurons = TN_SHAPE(c->neurons);
    tn_node *v = tn_input(g, "voltage", TN_F32, neurons), *rest = tn_input(g, "resting_potential", TN_F32, neurons);
    tn_node *tau = tn_input(g, "time_constant", TN_F32, neurons), *noise = tn_input(g, "noise", TN_F32, neurons);
    tn_node *w = tn_input(g, "weight", TN_F32, TN_SHAPE(c->synapses));
    tn_node *light = tn_input(g, "stimulus", TN_F32, TN_SHAPE(c->columns));
    tn_node *dark = tn_full(g, TN_SHAPE(1), 0);
    tn_node *seen = tn_gather_rows(g, s->seen, tn_concat(g, 2, (tn_node *[]){light, dark}, 0));
    tn_node *drive = tn_add(g, tn_sub(g, rest, v), tn_add(g, tn_spmm(g, s->synapses, w, tn_relu(g, v)), seen));
    tn_node *derivative = tn_div(g, drive, tau);
    tn_node *next = tn_add(g, v, tn_scale(g, derivative, s->delta_t));
    tn_output(g, "derivative", derivative);
    tn_output(g, "next", tn_add(g, next, tn_scale(g, noise, s->sigma)));
    return g;
}

static tn_plan *make_plan(om_simulation *s, tn_graph *g, const float *time_constant, tn_error *error)
{
    tn_plan *plan = g ? tn_plan_new(g, 0, error) : NULL;
    if (!plan) {
        tn_fail(error, TN_ENOMEM, "no memory for a simulation");
        return NULL;
    }
    const om_circuit *c = s->circuit;
    struct { const char *name; const void *data; } const inputs[] = {
        {"voltage", s->voltage}, {"resting_potential", c->resting_potential}, {"time_constant", time_constant},
        {"noise", s->noise}, {"weight", c->weight}, {"stimulus", s->stimulus},
    };
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) tn_bind(plan, inputs[i].name, inputs[i].data, error);
    return plan;
}

static bool make_wiring(om_simulation *s, tn_error *error)
{
    const om_circuit *c = s->circuit;
    int32_t *row = tn_alloc((size_t)c->neurons * sizeof *row);
    if (!row) return false;
    for (int32_t i = 0; i < c->neurons; i++) row[i] = c->is_input[i] ? c->column[i] : c->columns;
    s->seen = tn_index_new(c->neurons, c->columns + 1, row, error);
    tn_free(row);
    s->synapses = tn_sparsity_new(c->neurons, c->neurons, c->synapses, c->target, c->source, error);
    return s->seen && s->synapses;
}

om_simulation *om_simulation_new(const om_circuit *circuit, double delta_t, double sigma, uint64_t seed,
                                 tn_error *error)
{
    if (!(delta_t > 0) || !(sigma >= 0) || !isfinite(delta_t) || !isfinite(sigma)) {
        tn_fail(error, TN_EINVAL, "simulation: delta_t %g must be above 0 and sigma %g not below", delta_t, sigma);
        return NULL;
    }
    om_simulation *s = tn_alloc(sizeof *s);
    if (s) {
        size_t n = (size_t)circuit->neurons * sizeof(float);
        *s = (om_simulation){.circuit = circuit, .delta_t = delta_t, .sigma = sigma, .seed = seed};
        s->voltage = tn_alloc(n);
        s->noise = tn_alloc(n);
        s->slow = tn_alloc(n);
        s->stimulus = tn_alloc((size_t)circuit->columns * sizeof *s->stimulus);
        if (s->voltage && s->noise && s->slow && s->stimulus && make_wiring(s, error)) {
            for (int32_t i = 0; i < circuit->neurons; i++)
                s->slow[i] = fmaxf(circuit->time_constant[i], (float)delta_t);
            s->plan = make_plan(s, s->graph = describe(s), circuit->time_constant, error);
            s->settling = make_plan(s, s->settling_graph = describe(s), s->slow, error);
            if (s->plan && s->settling) return s;
        }
    }
    om_simulation_free(s);
    tn_fail(error, TN_ENOMEM, "no memory for a simulation");
    return NULL;
}

/* Beyond this no recording holds a voltage, and nothing that has come so far returns. */
#define MOST_VOLTAGE 1e9f

/* Steps of more than twice the time constant overshoot further every time, whatever the synapses do; the neuron that
 * shows it first may only listen to the one that does. */
static tn_status diverged(const om_simulation *s, int32_t neuron, tn_error *error)
{
    const om_circuit *c = s->circuit;
    int32_t fastest = neuron;
    for (int32_t i = 0; i < c->neurons; i++)
        if (c->time_constant[i] < c->time_constant[fastest]) fastest = i;
    double tau = c->time_constant[fastest];
    return tn_fail(error, TN_ENUMERIC,
                   "simulation: the voltage of neuron %d (%s) became %g at frame %lld: %s: the time step is %g s, the "
                   "shortest time constant, that of %s, %g s", neuron, c->cell_type[c->type[neuron]].name,
                   s->voltage[neuron], (long long)s->frame,
                   s->delta_t > 2 * tau ? "the time step is more than twice a time constant"
                                        : "synapses excite without bound, or the time step is too long for them",
                   s->delta_t, c->cell_type[c->type[fastest]].name, tau);
}

/* Moves on by one frame; the voltage before the step is still in s->voltage until then. */
static tn_status advance(om_simulation *s, tn_plan *plan, float *derivative, tn_error *error)
{
    size_t bytes = (size_t)s->circuit->neurons * sizeof(float);
    tn_status status = tn_run(plan, error);
    if (status) return status;
    if (derivative) memcpy(derivative, tn_result(plan, "derivative"), bytes);
    memcpy(s->voltage, tn_result(plan, "next"), bytes);
    return TN_OK;
}

tn_status om_simulation_settle(om_simulation *s, double grey, int frames, tn_error *error)
{
    size_t bytes = (size_t)s->circuit->neurons * sizeof(float);
    memcpy(s->voltage, s->circuit->resting_potential, bytes);
    memset(s->noise, 0, bytes);
    for (int32_t c = 0; c < s->circuit->columns; c++) s->stimulus[c] = (float)grey;
    tn_status status = TN_OK;
    for (int i = 0; i < frames && !status; i++) status = advance(s, s->settling, NULL, error);
    return status;
}

void om_simulation_start(om_simulation *s, const float *voltage, uint32_t stream)
{
    memcpy(s->voltage, voltage, (size_t)s->circuit->neurons * sizeof(float));
    s->frame = 0;
    s->stream = stream;
}

const float *om_simulation_voltage(const om_simulation *s)
{
    return s->voltage;
}

tn_status om_simulation_frame(om_simulation *s, const float *stimulus, float *voltage, float *derivative,
                              tn_error *error)
{
    const om_circuit *c = s->circuit;
    memcpy(s->stimulus, stimulus, (size_t)c->columns * sizeof *stimulus);
    if (voltage) memcpy(voltage, s->voltage, (size_t)c->neurons * sizeof *voltage);
    if (s->sigma > 0) tn_fill_normal(s->noise, c->neurons, s->seed, s->stream, (uint64_t)s->frame);
    tn_status status = advance(s, s->plan, derivative, error);
    for (int32_t i = 0; i < c->neurons && !status; i++)
        if (!(fabsf(s->voltage[i]) <= MOST_VOLTAGE)) status = diverged(s, i, error);
    s->frame++;
    return status;
}
