/* From a configuration and a recording to a model. */
#include "config.h"
#include "common/experiment.h"

#include <inttypes.h>
#include <math.h>

void om_experiment_clear(om_experiment *e)
{
    om_joint_free(e->joint);
    tn_params_free(e->params);
    tn_free(e->mean);
    tn_free(e->sd);
    tn_free(e->silent);
    tn_free(e->neuron_weight);
    *e = (om_experiment){0};
}

/* What the chosen mode cannot do without. */
static tn_status check_parts(const om_config *config, const om_recording *recording, tn_error *error)
{
    bool known = config->model.mode == OM_MODE_KNOWN;
    const om_recording_part needed[] = {OM_PART_INPUTS, known ? OM_PART_STIMULUS : OM_PART_LATTICE};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!om_recording_has(recording, needed[i]))
            return tn_fail(error, TN_EFORMAT, "%s: does not fit model.mode: %s, as it has no %s: %s",
                           om_recording_path(recording), known ? "known" : "joint", om_recording_part_name(needed[i]),
                           om_recording_without(needed[i]));
    if (known) return TN_OK;
    const om_recording_circuit *circuit = om_recording_circuit_of(recording);
    bool seen = false;
    for (int64_t i = 0; i < circuit->neurons; i++) seen |= circuit->is_input[i];
    if (seen) return om_recording_check_places(recording, error);
    return tn_fail(error, TN_EFORMAT, "%s: does not fit model.mode: joint, as /circuit/is_input is 0 for every neuron: "
                   "no voltage tells of a movie that none of them sees", om_recording_path(recording));
}

static double largest_coordinate(const om_recording_circuit *circuit)
{
    double largest = 0;
    for (int64_t i = 0; i < 2 * circuit->columns; i++) largest = fmax(largest, fabs(circuit->position[i]));
    return largest > 0 ? largest : 1;
}

/* The coordinates that the SIREN sees: one unit is half the recording and half the lattice, or, as published, the
 * recording and the distance of two columns, times 2 pi. Frequencies are configured per second and per column, so that
 * they do not depend on the length of the recording and the size of the lattice. */
static om_joint_spec specify(const om_experiment *e)
{
    const om_config *c = e->config;
    const om_recording_circuit *circuit = om_recording_circuit_of(e->recording);
    double half = (double)e->frames / 2 * om_recording_attributes_of(e->recording)->delta_t; /* s */
    double reach = circuit->position ? largest_coordinate(circuit) : 1;                      /* columns */
    om_joint_spec spec = {
        .hidden_dim = (int)c->model.hidden_dim,
        .layers = (int)c->model.layers,
        .embedding_dim = (int)c->model.embedding_dim,
        .joint = c->model.mode == OM_MODE_JOINT,
        .weight_scale = c->model.weight_init == OM_WEIGHT_NORMAL ? 1 / sqrt((double)circuit->synapses) : 0,
        .xnorm = e->xnorm,
        .weighted = c->loss.equalize > 0,
        .affine = c->loss.f_theta_affine > 0,
        .silent = c->loss.W_silent > 0 ? e->silent : NULL,
        .siren = {.hidden_dim = (int)c->siren.hidden_dim, .layers = (int)c->siren.layers,
                  .windows = c->model.mode == OM_MODE_JOINT ? (int)c->siren.windows : 1,
                  .published = c->siren.form == OM_PUBLISHED, .squared = c->siren.squared,
                  .omega = {c->siren.omega_t * half, c->siren.omega_x * reach, c->siren.omega_y * reach}},
    };
    if (spec.siren.published) {
        spec.siren.omega[0] = c->siren.omega;
        spec.t_scale = 2 * M_PI / (double)e->frames;
        spec.xy_scale = 2 * M_PI;
    } else if (spec.joint) {
        spec.t_scale = 2.0 / (double)e->frames;
        spec.t_offset = -1;
        spec.xy_scale = 1 / reach;
    }
    return spec;
}

/* ---- what each neuron does, and counts ---- */

static tn_status measure_voltage(om_experiment *e, tn_error *error)
{
    size_t neurons = (size_t)om_recording_circuit_of(e->recording)->neurons;
    e->mean = tn_alloc(neurons * sizeof *e->mean);
    e->sd = tn_alloc(neurons * sizeof *e->sd);
    e->silent = tn_alloc(neurons * sizeof *e->silent);
    float *highest = tn_alloc(neurons * sizeof *highest);
    tn_status status = e->mean && e->sd && e->silent && highest
                           ? om_recording_statistics(e->recording, e->mean, e->sd, highest, &e->xnorm, error)
                           : tn_fail(error, TN_ENOMEM, "no memory for statistics of %zu neurons", neurons);
    for (size_t i = 0; i < neurons && !status; i++) e->silent[i] = highest[i] <= 0;
    tn_free(highest);
    return status;
}

enum { SPREAD_FRAMES = 1000 };

/* Standard deviation of each neuron's derivative, over frames spread evenly over the training part. */
static tn_status derivative_spread(const om_experiment *e, int64_t neurons, double *spread, tn_error *error)
{
    double *sum = tn_alloc((size_t)neurons * sizeof *sum), *squares = tn_alloc((size_t)neurons * sizeof *squares);
    float *y = tn_alloc((size_t)neurons * sizeof *y);
    tn_status status = sum && squares && y ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for %lld neurons",
                                                             (long long)neurons);
    int64_t count = om_smaller(SPREAD_FRAMES, e->frames);
    for (int64_t k = 0; k < count && !status; k++) {
        int64_t frame = k * e->frames / count;
        status = om_recording_frames(e->recording, OM_TRAIN, OM_DERIVATIVE, 1, &frame, y, error);
        for (int64_t i = 0; i < neurons && !status; i++) {
            sum[i] += y[i];
            squares[i] += (double)y[i] * y[i];
        }
    }
    for (int64_t i = 0; i < neurons && !status; i++) {
        double mean = sum[i] / (double)count;
        spread[i] = sqrt(fmax(0, squares[i] / (double)count - mean * mean));
    }
    tn_free(sum);
    tn_free(squares);
    tn_free(y);
    return status;
}

/* Weights spread^-equalize, scaled so that the squared residuals of a model that predicts the mean keep their sum; a
 * neuron hardly ever moving counts as one of a hundredth of the typical spread. */
static tn_status weigh_neurons(om_experiment *e, tn_error *error)
{
    int64_t neurons = om_recording_circuit_of(e->recording)->neurons;
    double power = e->config->loss.equalize, total = 0, weighted = 0;
    if (power == 0) return TN_OK;
    double *spread = tn_alloc((size_t)neurons * sizeof *spread);
    e->neuron_weight = tn_alloc((size_t)neurons * sizeof *e->neuron_weight);
    tn_status status = spread && e->neuron_weight ? derivative_spread(e, neurons, spread, error)
                                                  : tn_fail(error, TN_ENOMEM, "no memory for %lld neurons",
                                                            (long long)neurons);
    for (int64_t i = 0; i < neurons && !status; i++) total += spread[i] * spread[i];
    double typical = sqrt(total / (double)neurons);
    for (int64_t i = 0; i < neurons && !status; i++) {
        double weight = typical > 0 ? pow(fmax(spread[i], typical / 100), -power) : 1;
        e->neuron_weight[i] = (float)weight;
        weighted += weight * weight * spread[i] * spread[i];
    }
    for (int64_t i = 0; i < neurons && !status && weighted > 0; i++)
        e->neuron_weight[i] *= (float)sqrt(total / weighted);
    tn_free(spread);
    return status;
}

static tn_status check_windows(const om_experiment *e, tn_error *error)
{
    const om_config *c = e->config;
    if (c->model.mode != OM_MODE_JOINT || c->siren.windows == 1) return TN_OK;
    if (c->siren.form == OM_PUBLISHED)
        return tn_fail(error, TN_EINVAL, "siren.windows: %lld: the published form of the SIREN has one window",
                       (long long)c->siren.windows);
    if (!c->training.input_frames || c->training.input_frames % c->siren.windows)
        return tn_fail(error, TN_EINVAL, "training.input_frames: %lld is not a multiple above 0 of siren.windows, %lld, "
                       "whose networks learn from as many frames each", (long long)c->training.input_frames,
                       (long long)c->siren.windows);
    if (c->siren.windows > e->frames)
        return tn_fail(error, TN_EINVAL, "siren.windows: %lld are more than the %lld frames to learn from",
                       (long long)c->siren.windows, (long long)e->frames);
    return TN_OK;
}

static tn_status make_model(om_experiment *e, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    om_joint_spec spec = specify(e);
    double *position = c->position ? tn_alloc(2 * (size_t)c->columns * sizeof *position) : NULL;
    for (int64_t i = 0; i < 2 * c->columns && position; i++) position[i] = c->position[i];
    om_wiring wiring = {.neurons = c->neurons, .synapses = c->synapses, .columns = c->columns, .source = c->source,
                        .target = c->target, .is_input = c->is_input, .column = c->column, .position = position};
    if (position || !c->position)
        e->joint = om_joint_new(&wiring, &spec, error);
    else
        tn_fail(error, TN_ENOMEM, "no memory for %lld columns", (long long)c->columns);
    tn_free(position);
    if (!e->joint) return error ? error->status : TN_EINVAL;
    e->params = tn_params_new(TN_F32, (uint64_t)e->config->seed);
    if (!e->params) return tn_fail(error, TN_ENOMEM, "no memory for parameters");
    om_joint_declare(e->joint, e->params);
    tn_status status = tn_params_seal(e->params, error);
    if (!status) om_joint_initialise(e->joint, e->params);
    return status;
}

/* ---- what tells circuits and recordings apart ---- */

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a (Fowler, Noll and Vo, 1991): one multiplication a byte, enough to notice an accident. */
static void mix(uint64_t *hash, const void *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) *hash = (*hash ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
}

uint64_t om_experiment_circuit(const om_experiment *e)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    uint64_t hash = HASH_START;
    const int64_t sizes[] = {c->neurons, c->columns};
    mix(&hash, sizes, sizeof sizes);
    mix(&hash, c->source, (size_t)c->synapses * sizeof *c->source);
    mix(&hash, c->target, (size_t)c->synapses * sizeof *c->target);
    for (int64_t i = 0; i < c->neurons; i++)
        if (c->is_input[i]) mix(&hash, &c->column[i], sizeof c->column[i]);
    return hash ? hash : 1;
}

uint64_t om_experiment_lattice(const om_experiment *e)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    uint64_t hash = HASH_START;
    if (e->config->model.mode != OM_MODE_JOINT) return 0;
    mix(&hash, c->position, 2 * (size_t)c->columns * sizeof *c->position);
    return hash ? hash : 1;
}

enum { MARKED_FRAMES = 8 };

/* Some voltages spread over the recording tell it from every other. */
static tn_status mark_recording(om_experiment *e, tn_error *error)
{
    int64_t neurons = om_recording_circuit_of(e->recording)->neurons;
    int64_t frames = om_recording_length(e->recording, OM_TRAIN, OM_VOLTAGE);
    float *voltage = tn_alloc((size_t)neurons * sizeof *voltage);
    tn_status status = voltage ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for %lld neurons", (long long)neurons);
    e->mark = (om_recording_mark){e->frames, om_recording_attributes_of(e->recording)->delta_t, HASH_START};
    for (int64_t k = 0; k < MARKED_FRAMES && !status; k++) {
        int64_t frame = k * frames / MARKED_FRAMES;
        status = om_recording_frames(e->recording, OM_TRAIN, OM_VOLTAGE, 1, &frame, voltage, error);
        if (!status) mix(&e->mark.voltage, voltage, (size_t)neurons * sizeof *voltage);
    }
    tn_free(voltage);
    return status;
}

/* ---- the experiment ---- */

/* Reads the movie that a model is given or compared with, so that what is wrong with it is known before a run
 * begins. */
static tn_status check_stimulus(const om_experiment *e, tn_error *error)
{
    enum { BLOCK_BYTES = 4 << 20 };
    if (!om_recording_has(e->recording, OM_PART_STIMULUS)) return TN_OK;
    int64_t columns = om_recording_circuit_of(e->recording)->columns;
    int64_t frames = om_smaller(e->frames, om_recording_length(e->recording, OM_TRAIN, OM_STIMULUS));
    int64_t block = om_smaller(BLOCK_BYTES / (columns * (int64_t)sizeof(float)) + 1, frames);
    float *light = tn_alloc((size_t)(block * columns) * sizeof *light);
    tn_status status = light ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for %lld columns", (long long)columns);
    for (int64_t first = 0; first < frames && !status; first += block)
        status = om_recording_block(e->recording, OM_TRAIN, OM_STIMULUS, first, om_smaller(block, frames - first),
                                    light, error);
    tn_free(light);
    return status;
}

tn_status om_experiment_make(om_experiment *e, const om_config *config, om_recording *recording, tn_error *error)
{
    *e = (om_experiment){.config = config, .recording = recording};
    tn_status status = check_parts(config, recording, error);
    if (status) return status;
    e->frames = om_smaller(om_recording_length(recording, OM_TRAIN, OM_VOLTAGE),
                        om_recording_length(recording, OM_TRAIN, OM_DERIVATIVE));
    if (config->model.mode == OM_MODE_KNOWN)
        e->frames = om_smaller(e->frames, om_recording_length(recording, OM_TRAIN, OM_STIMULUS));
    if ((status = check_windows(e, error))) return status;
    status = measure_voltage(e, error);
    if (!status) status = mark_recording(e, error);
    if (!status) status = check_stimulus(e, error);
    if (!status) status = weigh_neurons(e, error);
    return status ? status : make_model(e, error);
}

void om_experiment_bind(const om_experiment *e, tn_plan *plan)
{
    if (e->neuron_weight) tn_bind(plan, "neuron_weight", e->neuron_weight, NULL);
}

/* ---- checkpoints ---- */

tn_status om_experiment_restore(om_experiment *e, const om_checkpoint *checkpoint, tn_optimizer *optimizer,
                                tn_error *error)
{
    uint64_t made = om_checkpoint_made(checkpoint)->circuit, here = om_experiment_circuit(e);
    tn_status status = om_checkpoint_restore(checkpoint, e->params, optimizer, error);
    if (!status && made && made != here)
        status = tn_fail(error, TN_EFORMAT, "%s: was trained on another circuit than that of the recording (%016" PRIx64
                         ", not %016" PRIx64 "), though of the same size", om_checkpoint_path(checkpoint), made, here);
    made = om_checkpoint_made(checkpoint)->lattice, here = om_experiment_lattice(e);
    if (!status && made && here && made != here)
        status = tn_fail(error, TN_EFORMAT, "%s: was trained on another circuit than that of the recording: "
                         "/lattice/position has other places (%016" PRIx64 ", not %016" PRIx64 ")",
                         om_checkpoint_path(checkpoint), made, here);
    return status;
}

bool om_experiment_differs(const om_experiment *e, const om_checkpoint *checkpoint, char words[120])
{
    enum { WORDS = 120 };
    om_recording_mark then = om_checkpoint_made(checkpoint)->recording, now = e->mark;
    if (!then.frames) return false;
    if (now.frames != then.frames)
        snprintf(words, WORDS, "it has %lld frames to learn from, not %lld", (long long)now.frames,
                 (long long)then.frames);
    else if (now.delta_t != then.delta_t)
        snprintf(words, WORDS, "its delta_t is %.9g s, not %.9g s", now.delta_t, then.delta_t);
    else if (now.voltage != then.voltage) snprintf(words, WORDS, "it has as many frames, but other voltages");
    else return false;
    return true;
}

/* Voltages of another zero look like this. */
static void say_silent(const om_experiment *e, om_progress *progress)
{
    int64_t neurons = om_recording_circuit_of(e->recording)->neurons, silent = 0;
    for (int64_t i = 0; i < neurons; i++) silent += e->silent[i];
    if (2 * silent > neurons)
        om_progress_warn(progress, "/train/voltage: %lld of %lld neurons are never above 0, where neurons begin to send "
                         "to others; nothing can be learned of their synapses (doc/formats.md: recording.h5)",
                         (long long)silent, (long long)neurons);
}

/* And those in another unit, or that never change, like this; our circuits are at 0.2 to 1.2. */
static void say_unit(const om_experiment *e, om_progress *progress)
{
    const double spread = e->xnorm / 1.5, least = 0.02, most = 50;
    if (!(spread >= least && spread <= most))
        om_progress_warn(progress, "/train/voltage: its standard deviation is %.3g, expected about 1, which learning "
                         "rates and regularizers are made for (doc/formats.md: recording.h5)", spread);
}

void om_experiment_say_missing(const om_experiment *e, unsigned parts, om_progress *progress)
{
    for (int part = 0; part < OM_PARTS; part++)
        if (parts >> part & 1 && !om_recording_has(e->recording, (om_recording_part)part))
            om_progress_warn(progress, "the recording has no %s: %s", om_recording_part_name((om_recording_part)part),
                            om_recording_without((om_recording_part)part));
    say_silent(e, progress);
    say_unit(e, progress);
}
