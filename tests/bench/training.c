/* Models in training. */
#include "config.h"
#include "training.h"

#include <math.h>

/* ---- any model ---- */

enum { SEED = 17 };
#define RATE 1e-7

void bench_training_clear(bench_training *t)
{
    tn_optimizer_free(t->adam);
    tn_plan_free(t->plan);
    tn_graph_free(t->graph);
    tn_params_free(t->params);
    for (int i = 0; i < t->n_inputs; i++) tn_free(t->input[i].values);
    *t = (bench_training){0};
}

tn_status bench_training_begin(bench_training *t, const bench_setting *setting, tn_error *error)
{
    *t = (bench_training){.params = tn_params_new(TN_F32, SEED), .graph = tn_graph_new(TN_F32),
                          .options = setting->profile ? TN_PLAN_PROFILE : 0};
    return t->params && t->graph ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a model");
}

float *bench_training_input(bench_training *t, const char *name, tn_shape shape)
{
    int64_t n = tn_shape_size(shape);
    float *values = t->n_inputs < BENCH_INPUTS ? tn_alloc((size_t)n * sizeof *values) : NULL;
    if (!values) return NULL;
    tn_fill_normal(values, n, SEED, (uint32_t)t->n_inputs, 0);
    t->input[t->n_inputs++] = (bench_input){name, shape, values};
    return values;
}

tn_status bench_training_plan(bench_training *t, tn_error *error)
{
    t->plan = tn_plan_new(t->graph, t->options, error);
    if (!t->plan || !(t->adam = tn_optimizer_new(t->params, TN_ADAM_DEFAULTS, error))) return error->status;
    tn_status status = TN_OK;
    for (int i = 0; i < t->n_inputs && !status; i++)
        status = tn_bind(t->plan, t->input[i].name, t->input[i].values, error);
    return status;
}

tn_status bench_training_plan_anew(void (*describe)(const void *state, tn_graph *g), const void *state,
                                   tn_error *error)
{
    tn_graph *g = tn_graph_new(TN_F32);
    if (!g) return tn_fail(error, TN_ENOMEM, "no memory for a graph");
    describe(state, g);
    tn_plan *plan = tn_plan_new(g, 0, error);
    tn_status status = plan ? TN_OK : error->status;
    tn_plan_free(plan);
    tn_graph_free(g);
    return status;
}

tn_status bench_training_step(bench_training *t, tn_error *error)
{
    double rate[OM_GROUPS];
    for (int group = 0; group < OM_GROUPS; group++) rate[group] = RATE;
    tn_status status = tn_run(t->plan, error);
    if (!status) tn_optimizer_step(t->adam, rate);
    return status;
}

double bench_training_loss(const bench_training *t)
{
    return *(const float *)tn_result(t->plan, "loss");
}

void bench_training_share(const bench_training *t, bench_data *data)
{
    bench_data_params(data, t->params);
    for (int i = 0; i < t->n_inputs; i++)
        bench_data_tensor(data, t->input[i].name, TN_F32, t->input[i].shape, t->input[i].values);
    bench_data_number(data, "rate", RATE);
}

/* ---- the joint model ---- */

void bench_network_clear(bench_network *n)
{
    bench_training_clear(&n->training);
    om_joint_free(n->joint);
    *n = (bench_network){0};
}

static double largest_coordinate(const om_circuit *c)
{
    double largest = 1;
    for (int64_t i = 0; i < 2 * (int64_t)c->columns; i++) largest = fmax(largest, fabs(c->lattice->position[i]));
    return largest;
}

/* As a configuration of our own recipe makes it, over 12,000 frames. */
static om_joint_spec specify(const bench_network *n, const om_circuit *c, int64_t width)
{
    return (om_joint_spec){
        .hidden_dim = (int)width, .layers = 3, .embedding_dim = 2, .joint = n->line.width > 0,
        .siren = {.name = "siren", .hidden_dim = (int)n->line.width, .layers = (int)n->line.layers,
                  .omega = {2000, 20, 20}},
        .t_scale = 2.0 / 12000, .t_offset = -1, .xy_scale = 1 / largest_coordinate(c),
        .weight_scale = 1 / sqrt(c->synapses), .xnorm = 1.5,
    };
}

static om_joint *make_joint(const bench_network *n, const om_circuit *c, int64_t width, tn_error *error)
{
    om_joint_spec spec = specify(n, c, width);
    double *position = tn_alloc(2 * (size_t)c->columns * sizeof *position);
    if (!position) {
        tn_fail(error, TN_ENOMEM, "no memory for %d columns", c->columns);
        return NULL;
    }
    for (int64_t i = 0; i < 2 * (int64_t)c->columns; i++) position[i] = c->lattice->position[i];
    om_wiring wiring = {.neurons = c->neurons, .synapses = c->synapses, .columns = c->columns, .source = c->source,
                        .target = c->target, .is_input = c->is_input, .column = c->column, .position = position};
    om_joint *joint = om_joint_new(&wiring, &spec, error);
    tn_free(position);
    return joint;
}

tn_status bench_network_make(bench_network *n, const bench_setting *setting, const bench_line *line, tn_error *error)
{
    const om_circuit *c = bench_circuit(setting, line);
    const int32_t *neuron;
    *n = (bench_network){.circuit = c, .line = bench_sizes_of(setting, line)};
    tn_status status = bench_training_begin(&n->training, setting, error);
    if (status) return status;
    if (!(n->joint = make_joint(n, c, setting->width, error))) return error->status;
    n->sizes = (bench_network_sizes){
        .neurons = c->neurons, .synapses = c->synapses, .columns = c->columns, .width = (double)setting->width,
        .inputs = (double)om_joint_inputs(n->joint, &neuron),
        .presynaptic = (double)om_joint_presynaptic(n->joint, &neuron),
    };
    om_joint_declare(n->joint, n->training.params);
    status = tn_params_seal(n->training.params, error);
    if (!status) om_joint_initialise(n->joint, n->training.params);
    return status;
}

void bench_network_share(const bench_network *n, bench_data *data)
{
    const om_circuit *c = n->circuit;
    const int32_t *input, *presynaptic;
    int64_t inputs = om_joint_inputs(n->joint, &input), before = om_joint_presynaptic(n->joint, &presynaptic);
    bench_data_circuit(data, c);
    bench_data_tensor(data, "column", TN_I32, TN_SHAPE(c->neurons), c->column);
    bench_data_tensor(data, "inputs", TN_I32, TN_SHAPE(inputs), input);
    bench_data_tensor(data, "presynaptic", TN_I32, TN_SHAPE(before), presynaptic);
}
