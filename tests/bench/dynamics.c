/* Frames per second: of the circuit's own dynamics, and of the trained model running by itself. */
#include "config.h"
#include "dynamics.h"
#include "training.h"
#include "workloads.h"

#include <math.h>
#include <stdlib.h>

enum { FRAMES = 100, ROLLOUT_FRAMES = 20, SMOKE_FRAMES = 3, SETTLING_FRAMES = 100 };

static int frames_of(const bench_setting *setting, int frames)
{
    return setting->smoke ? SMOKE_FRAMES : frames;
}

/* ---- simulation ---- */

om_simulation *bench_simulation_new(const om_circuit *circuit, float *stimulus, tn_error *error)
{
    for (int32_t i = 0; i < circuit->columns; i++) stimulus[i] = (float)tn_random_uniform(1, 0, (uint64_t)i);
    om_simulation *simulation = om_simulation_new(circuit, BENCH_DELTA_T, BENCH_SIGMA, 1, error);
    if (!simulation || om_simulation_settle(simulation, 0.5, SETTLING_FRAMES, error) == TN_OK) return simulation;
    om_simulation_free(simulation);
    return NULL;
}

typedef struct dynamics {
    const om_circuit *circuit;
    om_simulation *simulation;
    float *stimulus; /* [C] */
    int32_t *column; /* [N] what each neuron sees; C: nothing */
    int frames;      /* of a run */
} dynamics;

static void close_dynamics(void *state)
{
    dynamics *d = state;
    if (!d) return;
    om_simulation_free(d->simulation);
    tn_free(d->stimulus);
    tn_free(d->column);
    free(d);
}

static tn_status make_dynamics(dynamics *d, tn_error *error)
{
    const om_circuit *c = d->circuit;
    d->stimulus = tn_alloc((size_t)c->columns * sizeof *d->stimulus);
    d->column = tn_alloc((size_t)c->neurons * sizeof *d->column);
    if (!d->stimulus || !d->column) return tn_fail(error, TN_ENOMEM, "no memory for a simulation");
    for (int32_t i = 0; i < c->neurons; i++) d->column[i] = c->is_input[i] ? c->column[i] : c->columns;
    d->simulation = bench_simulation_new(c, d->stimulus, error);
    return d->simulation ? TN_OK : error->status;
}

static void *open_dynamics(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    dynamics *d = calloc(1, sizeof *d);
    if (d) {
        *d = (dynamics){.circuit = bench_circuit(setting, line), .frames = frames_of(setting, FRAMES)};
        if (make_dynamics(d, error) == TN_OK) return d;
    }
    tn_fail(error, TN_ENOMEM, "no memory for a simulation");
    close_dynamics(d);
    return NULL;
}

static tn_status run_dynamics(void *state, tn_error *error)
{
    dynamics *d = state;
    tn_status status = TN_OK;
    for (int i = 0; i < d->frames && !status; i++)
        status = om_simulation_frame(d->simulation, d->stimulus, NULL, NULL, error);
    return status;
}

static bench_work work_of_dynamics(const void *state)
{
    const dynamics *d = state;
    return (bench_work){.frames = d->frames,
                        .bytes = d->frames * bench_frame_bytes(d->circuit->neurons, d->circuit->synapses)};
}

static void share_dynamics(const void *state, bench_data *data)
{
    const dynamics *d = state;
    const om_circuit *c = d->circuit;
    bench_data_text(data, "kind", "dynamics");
    bench_data_number(data, "frames", d->frames);
    bench_data_number(data, "delta_t", BENCH_DELTA_T);
    bench_data_number(data, "sigma", BENCH_SIGMA);
    bench_data_circuit(data, c);
    bench_data_tensor(data, "weight", TN_F32, TN_SHAPE(c->synapses), c->weight);
    bench_data_tensor(data, "column", TN_I32, TN_SHAPE(c->neurons), d->column);
    bench_data_tensor(data, "time_constant", TN_F32, TN_SHAPE(c->neurons), c->time_constant);
    bench_data_tensor(data, "resting_potential", TN_F32, TN_SHAPE(c->neurons), c->resting_potential);
    bench_data_tensor(data, "stimulus", TN_F32, TN_SHAPE(c->columns), d->stimulus);
    bench_data_tensor(data, "voltage", TN_F32, TN_SHAPE(c->neurons), om_simulation_voltage(d->simulation));
}

static const bench_kind simulating = {.open = open_dynamics, .run = run_dynamics, .close = close_dynamics,
                                      .work = work_of_dynamics, .share = share_dynamics};

/* ---- rollout ---- */

typedef struct rollout {
    bench_network network;
    om_rollout *rollout;
    float *voltage, *stimulus; /* [N], [C] */
    int frames;
} rollout;

static void close_rollout(void *state)
{
    rollout *r = state;
    if (!r) return;
    om_rollout_free(r->rollout);
    bench_network_clear(&r->network);
    tn_free(r->voltage);
    tn_free(r->stimulus);
    free(r);
}

static tn_status make_rollout(rollout *r, const bench_setting *setting, const bench_line *line, tn_error *error)
{
    const om_circuit *c = bench_circuit(setting, line);
    tn_status status = bench_network_make(&r->network, setting, line, error);
    if (status) return status;
    r->frames = frames_of(setting, ROLLOUT_FRAMES);
    r->voltage = tn_alloc((size_t)c->neurons * sizeof *r->voltage);
    r->stimulus = tn_alloc((size_t)c->columns * sizeof *r->stimulus);
    if (!r->voltage || !r->stimulus) return tn_fail(error, TN_ENOMEM, "no memory for a rollout");
    tn_fill_normal(r->voltage, c->neurons, 1, 0, 0);
    tn_fill_normal(r->stimulus, c->columns, 1, 1, 0);
    if (!(r->rollout = om_rollout_new(r->network.joint, r->network.training.params, BENCH_DELTA_T, error)))
        return error->status;
    om_rollout_start(r->rollout, r->voltage);
    return TN_OK;
}

static void *open_rollout(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    rollout *r = calloc(1, sizeof *r);
    if (r && make_rollout(r, setting, line, error) == TN_OK) return r;
    tn_fail(error, TN_ENOMEM, "no memory for a rollout");
    close_rollout(r);
    return NULL;
}

static tn_status run_rollout(void *state, tn_error *error)
{
    rollout *r = state;
    tn_status status = TN_OK;
    for (int i = 0; i < r->frames && !status; i++) {
        bool finite;
        status = om_rollout_step(r->rollout, r->stimulus, &finite, error);
    }
    return status;
}

static bench_work work_of_rollout(const void *state)
{
    const rollout *r = state;
    return (bench_work){.frames = r->frames, .flop = r->frames * bench_rollout_flop(&r->network.sizes)};
}

static void share_rollout(const void *state, bench_data *data)
{
    const rollout *r = state;
    bench_data_text(data, "kind", "rollout");
    bench_data_number(data, "layers", om_joint_specification(r->network.joint)->layers);
    bench_data_number(data, "frames", r->frames);
    bench_data_number(data, "delta_t", BENCH_DELTA_T);
    bench_network_share(&r->network, data);
    bench_data_params(data, r->network.training.params);
    bench_data_tensor(data, "voltage", TN_F32, TN_SHAPE(r->network.circuit->neurons), r->voltage);
    bench_data_tensor(data, "stimulus", TN_F32, TN_SHAPE(r->network.circuit->columns), r->stimulus);
}

static double value_of_rollout(const void *state)
{
    const rollout *r = state;
    const float *voltage = om_rollout_voltage(r->rollout);
    double sum = 0;
    for (int32_t i = 0; i < r->network.circuit->neurons; i++) sum += fabs(voltage[i]);
    return sum;
}

static const bench_kind rolling = {.open = open_rollout, .run = run_rollout, .close = close_rollout,
                                   .work = work_of_rollout, .share = share_rollout, .value = value_of_rollout};

const bench_line bench_dynamics[] = {
    BENCH_LINE("simulation", "frames of the dynamics, with noise, kept nowhere", &simulating, .scaling = true),
    BENCH_LINE("rollout", "frames of the model running by itself", &rolling, .sizes = {.batch = 1}),
    {0},
};
