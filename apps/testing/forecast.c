/* --dry-run: the inputs are read, a few frames are predicted, nothing is written. */
#include "config.h"
#include "testing/forecast.h"
#include "common/evaluation.h"
#include "testing/following.h"
#include "testing/movie.h"
#include "testing/recovered.h"

#include <math.h>

enum { TIMED_FRAMES = 32 };

/* Seconds that one frame of a rollout takes, with its stimulus. */
static tn_status time_frame(const om_experiment *e, double *seconds, tn_error *error)
{
    int64_t neurons = om_recording_circuit_of(e->recording)->neurons, zero = 0;
    om_split split = om_followed_split(e);
    om_rollout *rollout = om_rollout_new(e->joint, e->params, om_recording_attributes_of(e->recording)->delta_t, error);
    om_drive *drive = om_drive_new(e, split, error);
    float *voltage = tn_alloc((size_t)neurons * sizeof *voltage);
    tn_status status = rollout && drive && voltage
                           ? om_recording_frames(e->recording, split, OM_VOLTAGE, 1, &zero, voltage, error)
                           : tn_fail(error, TN_ENOMEM, "no memory for a rollout");
    int64_t frames = om_smaller(om_followed_frames(e, split), TIMED_FRAMES);
    if (!status) om_rollout_start(rollout, voltage);
    double begin = om_now();
    for (int64_t k = 0; k < frames && !status; k++) {
        bool finite;
        const float *light = om_drive_at(drive, k, error);
        status = light ? om_rollout_step(rollout, light, &finite, error) : error->status;
    }
    *seconds = (om_now() - begin) / (double)frames;
    om_rollout_free(rollout);
    om_drive_free(drive);
    tn_free(voltage);
    return status;
}

/* A read-out of a few frames, for the memory that it takes. */
static tn_status try_read_out(const om_experiment *e, tn_error *error)
{
    om_data data = om_experiment_data(e);
    om_recovery recovery = {0};
    int64_t frames = om_smaller(e->frames, TIMED_FRAMES);
    tn_status status = om_recover_in_distribution(e->joint, e->params, &data, frames, &recovery, error);
    om_recovery_clear(&recovery);
    return status;
}

/* ---- least squares, to compare with ---- */

enum { FITTED_FRAMES = 256, FITTED_SHARE = 8 };

/* The frames of the fit, 0 if there will be none. */
static int64_t fitted_frames(const om_experiment *e)
{
    return om_recording_has(e->recording, OM_PART_TRUTH) ? om_yardstick_frames(e) : 0;
}

static om_wiring whole_wiring(const om_experiment *e)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    return (om_wiring){.neurons = c->neurons, .synapses = c->synapses, .columns = c->columns, .source = c->source,
                       .target = c->target, .is_input = c->is_input, .column = c->column};
}

/* Leaves the synapses onto every eighth neuron, in arrays of their size, and onto those only if they are fewer than
 * half of the frames: singular values that are nothing but rounding would take longer than all others. */
static om_wiring part_of(const om_wiring *whole, int64_t frames, int32_t *source, int32_t *target)
{
    om_wiring part = *whole;
    part.source = source;
    part.target = target;
    part.synapses = 0;
    for (int64_t first = 0, last = 0; first < whole->synapses; first = last) {
        while (last < whole->synapses && whole->target[last] == whole->target[first]) last++;
        bool left = whole->target[first] % FITTED_SHARE == 0 && 2 * (last - first) < frames;
        for (int64_t e = first; e < last && left; e++, part.synapses++) {
            source[part.synapses] = whole->source[e];
            target[part.synapses] = whole->target[e];
        }
    }
    return part;
}

static tn_status fit(const om_experiment *e, const om_wiring *wiring, int64_t frames, double *seconds, tn_error *error)
{
    const om_joint_spec any = {.hidden_dim = 1, .layers = 2, .embedding_dim = 1};
    om_joint *joint = om_joint_new(wiring, &any, error);
    if (!joint) return error->status;
    om_data data = om_experiment_truth(e);
    om_recovery recovery = {0};
    data.frames = frames;
    double begin = om_now();
    tn_status status = om_recover_least_squares(joint, &data, frames, &recovery, error);
    *seconds = om_now() - begin;
    om_recovery_clear(&recovery);
    om_joint_free(joint);
    return status;
}

/* Seconds of the fit, from those of a part of it. */
static tn_status time_fit(const om_experiment *e, double *seconds, tn_error *error)
{
    om_wiring whole = whole_wiring(e);
    int64_t wanted = fitted_frames(e), frames = om_smaller(wanted, FITTED_FRAMES);
    *seconds = 0;
    if (!wanted) return TN_OK;
    int32_t *source = tn_alloc((size_t)whole.synapses * sizeof *source);
    int32_t *target = tn_alloc((size_t)whole.synapses * sizeof *target);
    tn_status status = source && target ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a part of the circuit");
    om_wiring part = status ? whole : part_of(&whole, frames, source, target);
    if (!status && part.synapses) status = fit(e, &part, frames, seconds, error);
    *seconds *= om_least_squares_cost(&whole, wanted).flop / om_least_squares_cost(&part, frames).flop;
    tn_free(source);
    tn_free(target);
    return status;
}

/* ---- all of it ---- */

/* What drawing figures and then encoding a video take beside, bytes and s a picture, measured with libx264. */
#ifdef HAVE_CAIRO
#define FIGURE_MEMORY 1.8e7
#else
#define FIGURE_MEMORY 0.0
#endif
#if defined HAVE_CAIRO && defined HAVE_FFMPEG
#define VIDEO_MEMORY    5e7
#define PICTURE_SECONDS 0.018
#else
#define VIDEO_MEMORY    0.0
#define PICTURE_SECONDS 0.0
#endif

static int64_t pictures(const om_experiment *e)
{
    return e->config->model.mode == OM_MODE_JOINT ? e->config->test.video_frames : 0;
}

/* Bytes: what was held up to now, what is kept until the end, and the most that is held beside for a while. */
static double memory(const om_experiment *e)
{
    enum { READ_OUTS = 3, WEIGHTS = sizeof(double) + sizeof(uint8_t), NEURON = 8 * sizeof(double) };
    om_wiring whole = whole_wiring(e);
    double kept = READ_OUTS * (WEIGHTS * (double)whole.synapses + NEURON * (double)whole.neurons);
    double fitting = fitted_frames(e) ? om_least_squares_cost(&whole, 0).bytes : 0;
    double showing = FIGURE_MEMORY + (pictures(e) ? VIDEO_MEMORY : 0);
    return om_memory_peak() + kept + fmax(fitting, 2 * om_recovered_movie_size(e) + showing);
}

/* Frames that the model predicts, in those of a rollout: one step, rollout and ablation, the two read-outs with their
 * grids. The SIREN's movie and the one solved for, which ask the columns and the input neurons alone, take half as long
 * together; the oracle, and the mixtures that sort neurons, next to nothing. */
static double predicted_frames(const om_experiment *e)
{
    enum { GRIDS = 1000 };
    om_split split = om_followed_split(e);
    int64_t rollout = om_followed_frames(e, split);
    int64_t steps = om_smaller(rollout, om_recording_length(e->recording, split, OM_DERIVATIVE));
    int64_t read_out = om_smaller(e->config->test.readout_frames, e->frames);
    int64_t lesioned = e->config->test.ablation > 0 && om_recording_has(e->recording, OM_PART_TRUTH) ? rollout : 0;
    int64_t movies = e->config->model.mode == OM_MODE_JOINT ? e->frames / 2 : 0;
    return (double)(steps + rollout + lesioned + read_out + GRIDS + movies);
}

tn_status om_forecast(const om_experiment *e, const om_progress_made *made, FILE *stream, tn_error *error)
{
    enum { PICTURE_BYTES = 60000, REPORT_BYTES = 3000000 };
    double frame, fitting;
    tn_status status = time_frame(e, &frame, error);
    if (!status) status = try_read_out(e, error);
    if (!status) status = time_fit(e, &fitting, error);
    if (status) return status;
    bool joint = e->config->model.mode == OM_MODE_JOINT;
    double seconds = frame * predicted_frames(e) + fitting + PICTURE_SECONDS * (double)pictures(e);
    double disk = REPORT_BYTES + PICTURE_BYTES * (double)pictures(e) + om_recovered_size(e);
    om_recording_describe(e->recording, stream);
    fprintf(stream,
            "run        %lld steps in %.0f s by %s\n"
            "model      %lld parameters\n"
            "memory     about %.0f MB%s\n"
            "disk       about %.0f MB\n"
            "time       %.2f ms a frame, about %.1f minutes on %d threads, of which %.1f for least squares\n",
            (long long)made->step, made->seconds, made->program, (long long)tn_params_size(e->params), memory(e) / 1e6,
            joint ? "" : ", whatever the number of frames", disk / 1e6, 1e3 * frame, seconds / 60, tn_threads(),
            fitting / 60);
    return TN_OK;
}
