/* Training steps: the graph neural network, the SIREN, and both together; and the time and memory of planning them. */
#include "config.h"
#include "training.h"
#include "workloads.h"

#include <stdlib.h>
#include <string.h>

/* ---- graph neural network, with the stimulus given or from the SIREN ---- */

static void close_network(void *state)
{
    if (state) bench_network_clear(state);
    free(state);
}

/* The published coefficients for a known stimulus, in the order of om_term_names. */
static const float coefficients[OM_COEFFICIENTS] = {750, 0.9f, 1.5e-4f, 1.5e-6f, 0.28f, 0.05f, 1e-3f, 0, 1};

/* The inputs of om_joint_step. */
static bool make_inputs(bench_network *n, tn_error *error)
{
    bench_training *t = &n->training;
    const bench_sizes *line = &n->line;
    int64_t neurons = (int64_t)n->sizes.neurons, inputs = (int64_t)n->sizes.inputs, columns = (int64_t)n->sizes.columns;
    int64_t presynaptic = (int64_t)n->sizes.presynaptic, frames = line->batch + line->extra, frame[256];
    bool made = bench_training_input(t, "voltage", TN_SHAPE(line->batch, neurons)) &&
                bench_training_input(t, "derivative", TN_SHAPE(line->batch, neurons));
    if (line->width) {
        float *coordinates = made ? bench_training_input(t, "coordinates", TN_SHAPE(1, columns, frames, 3)) : NULL;
        for (int64_t k = 0; k < frames; k++) frame[k] = 100 * k; /* any frames of 12,000 */
        if (coordinates) om_joint_coordinates(n->joint, 0, TN_F32, frames, frame, coordinates);
        made = coordinates != NULL;
    } else made = made && bench_training_input(t, "stimulus", TN_SHAPE(line->batch, columns));
    if (line->extra)
        made = made && bench_training_input(t, "input_voltage", TN_SHAPE(line->extra, inputs)) &&
               bench_training_input(t, "input_derivative", TN_SHAPE(line->extra, inputs)) &&
               bench_training_input(t, "presynaptic_voltage", TN_SHAPE(line->extra, presynaptic));
    float *factors = made ? bench_training_input(t, "coefficients", TN_SHAPE(OM_COEFFICIENTS)) : NULL;
    if (factors) memcpy(factors, coefficients, sizeof coefficients);
    else tn_fail(error, TN_ENOMEM, "no memory for inputs");
    return factors != NULL;
}

static void *open_network(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    bench_network *n = calloc(1, sizeof *n);
    if (n && bench_network_make(n, setting, line, error) == TN_OK && make_inputs(n, error)) return n;
    tn_fail(error, TN_ENOMEM, "no memory for a network");
    close_network(n);
    return NULL;
}

static void describe_step(const void *state, tn_graph *g)
{
    const bench_network *n = state;
    om_joint_step(n->joint, g, n->training.params, n->line.batch, n->line.extra, false);
}

static void *open_step(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    bench_network *n = open_network(setting, line, error);
    if (!n) return NULL;
    describe_step(n, n->training.graph);
    if (bench_training_plan(&n->training, error) == TN_OK) return n;
    close_network(n);
    return NULL;
}

static tn_status run_step(void *state, tn_error *error)
{
    return bench_training_step(&((bench_network *)state)->training, error);
}

static double loss_of_step(const void *state)
{
    return bench_training_loss(&((const bench_network *)state)->training);
}

static tn_plan *plan_of_step(const void *state)
{
    return ((const bench_network *)state)->training.plan;
}

static bench_work work_of_step(const void *state)
{
    const bench_network *n = state;
    const bench_sizes *line = &n->line;
    double batch = (double)line->batch;
    if (!line->width) return (bench_work){.flop = bench_gnn_flop(&n->sizes, batch)};
    return (bench_work){.flop = bench_joint_flop(&n->sizes, batch, (double)line->extra, (double)line->width,
                                                 (double)line->layers)};
}

static void share_step(const void *state, bench_data *data)
{
    const bench_network *n = state;
    const om_joint_spec *spec = om_joint_specification(n->joint);
    bench_data_text(data, "kind", "network");
    bench_data_number(data, "layers", spec->layers);
    bench_data_number(data, "xnorm", spec->xnorm);
    bench_data_number(data, "siren_layers", n->line.width ? (double)n->line.layers : -1);
    bench_network_share(n, data);
    bench_training_share(&n->training, data);
}

static const bench_kind network_step = {.open = open_step, .run = run_step, .close = close_network,
                                        .work = work_of_step, .share = share_step, .value = loss_of_step,
                                        .plan = plan_of_step};

/* ---- SIREN ---- */

typedef struct siren_step {
    bench_training training;
    om_siren siren;
    int64_t points;
} siren_step;

static void close_siren(void *state)
{
    if (state) bench_training_clear(&((siren_step *)state)->training);
    free(state);
}

static void describe_siren(const void *state, tn_graph *g)
{
    const siren_step *s = state;
    tn_node *x = tn_input(g, "coordinates", TN_F32, TN_SHAPE(s->points, 3));
    tn_node *y = tn_input(g, "target", TN_F32, TN_SHAPE(s->points, 1));
    tn_node *loss = tn_mse(g, om_siren_build(&s->siren, 0, g, s->training.params, x), y);
    tn_output(g, "loss", loss);
    tn_params_grad(g, loss, s->training.params);
}

static tn_status make_siren(siren_step *s, const bench_setting *setting, tn_error *error)
{
    bench_training *t = &s->training;
    tn_status status = bench_training_begin(t, setting, error);
    if (status) return status;
    om_siren_declare(&s->siren, t->params, OM_GROUP_SIREN);
    if ((status = tn_params_seal(t->params, error))) return status;
    om_siren_initialise(&s->siren, t->params);
    if (!bench_training_input(t, "coordinates", TN_SHAPE(s->points, 3)) ||
        !bench_training_input(t, "target", TN_SHAPE(s->points, 1)))
        return tn_fail(error, TN_ENOMEM, "no memory for %lld points", (long long)s->points);
    describe_siren(s, t->graph);
    return bench_training_plan(t, error);
}

static void *open_siren(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    bench_sizes sizes = bench_sizes_of(setting, line);
    siren_step *s = calloc(1, sizeof *s);
    if (s) {
        s->points = sizes.points;
        s->siren = (om_siren){.name = "siren", .hidden_dim = (int)sizes.width, .layers = (int)sizes.layers,
                              .omega = {2000, 20, 20}};
        if (make_siren(s, setting, error) == TN_OK) return s;
    }
    tn_fail(error, TN_ENOMEM, "no memory for a SIREN");
    close_siren(s);
    return NULL;
}

static tn_status run_siren(void *state, tn_error *error)
{
    return bench_training_step(&((siren_step *)state)->training, error);
}

static double loss_of_siren(const void *state)
{
    return bench_training_loss(&((const siren_step *)state)->training);
}

static tn_plan *plan_of_siren(const void *state)
{
    return ((const siren_step *)state)->training.plan;
}

static bench_work work_of_siren(const void *state)
{
    const siren_step *s = state;
    return (bench_work){.flop = bench_siren_flop((double)s->points, s->siren.hidden_dim, s->siren.layers)};
}

static void share_siren(const void *state, bench_data *data)
{
    const siren_step *s = state;
    bench_data_text(data, "kind", "siren");
    bench_data_number(data, "siren_layers", s->siren.layers);
    bench_training_share(&s->training, data);
}

static const bench_kind siren = {.open = open_siren, .run = run_siren, .close = close_siren,
                                 .work = work_of_siren, .share = share_siren, .value = loss_of_siren,
                                 .plan = plan_of_siren};

/* ---- planning ---- */

static tn_status plan_step(void *state, tn_error *error)
{
    return bench_training_plan_anew(describe_step, state, error);
}

static tn_status plan_siren(void *state, tn_error *error)
{
    return bench_training_plan_anew(describe_siren, state, error);
}

static const bench_kind planning = {.open = open_network, .run = plan_step, .close = close_network};
static const bench_kind siren_planning = {.open = open_siren, .run = plan_siren, .close = close_siren};

static tn_status memory_of_plan(const bench_setting *setting, const bench_line *line, double *bytes, tn_error *error)
{
    bench_network *n = open_step(setting, line, error);
    if (!n) return error->status;
    *bytes = (double)tn_plan_memory(n->training.plan);
    close_network(n);
    return TN_OK;
}

static const bench_kind plan_memory = {.memory = memory_of_plan};

#define JOINT(w) .batch = 4, .extra = 64, .width = w, .layers = 3
#define SIREN_1024 .sizes = {.width = 256, .layers = 3, .points = 1024}
const bench_line bench_steps[] = {
    BENCH_LINE("gnn-b4", "GNN step, 4 frames", &network_step, .sizes = {.batch = 4}, .scaling = true,
               .published = true),
    BENCH_LINE("gnn-b1", "GNN step, 1 frame", &network_step, .sizes = {.batch = 1}, .scaling = true,
               .published = true),
    BENCH_LINE("siren-2048x4", "SIREN step, 2048 x 4, 217 points", &siren,
               .sizes = {.width = 2048, .layers = 4, .points = 217}, .scaling = true, .published = true),
    BENCH_LINE("siren-512x3", "SIREN step, 512 x 3, 217 points", &siren,
               .sizes = {.width = 512, .layers = 3, .points = 217}, .scaling = true, .published = true),
    BENCH_LINE("siren-256x3", "SIREN step, 256 x 3, 1736 points", &siren,
               .sizes = {.width = 256, .layers = 3, .points = 1736}, .scaling = true),
    BENCH_LINE("siren-256x3-1024", "SIREN step, 256 x 3, 1024 points", &siren, SIREN_1024, .scaling = true),
    BENCH_LINE("joint-256x3", "joint step, 4 + 64 frames, SIREN 256 x 3", &network_step, .sizes = {JOINT(256)},
               .scaling = true),
    BENCH_LINE("joint-512x3", "joint step, 4 + 64 frames, SIREN 512 x 3", &network_step, .sizes = {JOINT(512)},
               .scaling = true),
    BENCH_LINE("joint-small-256x3", "joint-256x3 on the smaller circuit", &network_step,
               .sizes = {JOINT(256), .smaller = true}, .scaling = true),
    BENCH_LINE("plan-time", "describing and planning joint-512x3", &planning, .sizes = {JOINT(512)}),
    BENCH_LINE("plan-time-siren", "describing and planning siren-256x3-1024", &siren_planning, SIREN_1024),
    BENCH_LINE("plan-memory", "buffers of the plan of joint-512x3", &plan_memory, .sizes = {JOINT(512)}),
    {0},
};
