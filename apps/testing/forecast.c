/* --dry-run: the inputs are read, a few frames are predicted, nothing is written. */
#include "config.h"
#include "testing/forecast.h"
#include "common/evaluation.h"
#include "testing/movie.h"
#include "testing/recovered.h"

#include <math.h>

enum { TIMED_FRAMES = 32 };

/* Seconds that one frame of a rollout takes, with its stimulus. */
static tn_status time_frame(const om_experiment *e, double *seconds, tn_error *error)
{
    int64_t neurons = om_recording_circuit_of(e->recording)->neurons, zero = 0;
    om_rollout *rollout = om_rollout_new(e->joint, e->params, om_recording_attributes_of(e->recording)->delta_t, error);
    om_drive *drive = om_drive_new(e, OM_TRAIN, error);
    float *voltage = tn_alloc((size_t)neurons * sizeof *voltage);
    tn_status status = rollout && drive && voltage
                           ? om_recording_frames(e->recording, OM_TRAIN, OM_VOLTAGE, 1, &zero, voltage, error)
                           : tn_fail(error, TN_ENOMEM, "no memory for a rollout");
    int64_t frames = e->frames < TIMED_FRAMES ? e->frames : TIMED_FRAMES;
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
    int64_t frames = e->frames < TIMED_FRAMES ? e->frames : TIMED_FRAMES;
    tn_status status = om_recover_in_distribution(e->joint, e->params, &data, frames, &recovery, error);
    om_recovery_clear(&recovery);
    return status;
}

/* What encoding a video takes beside, measured with libx264. */
#if defined HAVE_CAIRO && defined HAVE_FFMPEG
#define VIDEO_MEMORY 5e7
#else
#define VIDEO_MEMORY 0.0
#endif

tn_status om_forecast(const om_experiment *e, const om_progress_made *made, FILE *stream, tn_error *error)
{
    enum { GRIDS = 1000, PICTURE_BYTES = 60000, REPORT_BYTES = 3000000 };
    double seconds;
    tn_status status = time_frame(e, &seconds, error);
    if (!status) status = try_read_out(e, error);
    if (status) return status;
    /* One step and rollout, the two read-outs with their grids, the movie and solving for it. */
    const om_config *c = e->config;
    bool joint = c->model.mode == OM_MODE_JOINT;
    double recorded = (double)e->frames, read_out = fmin((double)c->test.readout_frames, recorded);
    double frames = 2 * fmin((double)c->test.rollout_frames, recorded) + read_out + GRIDS +
                    (joint ? 2 * recorded : 0);
    bool shown = joint && c->test.video_frames > 0;
    double video = shown ? (double)c->test.video_frames * PICTURE_BYTES : 0;
    om_recording_describe(e->recording, stream);
    fprintf(stream,
            "run        %lld steps in %.0f s by %s\n"
            "model      %lld parameters\n"
            "memory     about %.0f MB%s\n"
            "disk       about %.0f MB\n"
            "time       %.2f ms a frame, about %.1f minutes on %d threads\n",
            (long long)made->step, made->seconds, made->program, (long long)tn_params_size(e->params),
            (om_memory_peak() + 2 * om_recovered_movie_size(e) + (shown ? VIDEO_MEMORY : 0)) / 1e6,
            joint ? "" : ", whatever the number of frames", (REPORT_BYTES + video + om_recovered_size(e)) / 1e6,
            1e3 * seconds, seconds * frames / 60, tn_threads());
    return TN_OK;
}
