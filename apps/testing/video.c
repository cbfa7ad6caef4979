/* The comparison video: true stimulus, recovered stimulus, voltages. */
#include "config.h"
#include "testing/video.h"

/* It shows what a joint model recovered; with a known stimulus there is nothing to see. */
static bool is_wanted(const om_experiment *e)
{
    return e->config->model.mode == OM_MODE_JOINT && e->config->test.video_frames > 0;
}

#if defined HAVE_CAIRO && defined HAVE_FFMPEG

#include "common/comparison.h"
#include "common/encode.h"
#include "common/evaluation.h"

#include <math.h>
#include <stdlib.h>

/* What is drawn: frames 0, step, 2 step, ... */
typedef struct show {
    const om_results *results;
    const om_experiment *experiment;
    int64_t frames, step;
    om_comparison *comparison;
    om_encoder *encoder;
    float *truth;              /* [C]; NULL if the true stimulus is not known */
    const char **name;         /* [traces] */
    double *low, *high;        /* [traces] */
} show;

static void show_end(show *s)
{
    om_comparison_free(s->comparison);
    om_encoder_free(s->encoder);
    tn_free(s->truth);
    free(s->name);
    tn_free(s->low);
    tn_free(s->high);
}

/* Names of the traces, and the ranges of their true values in the frames shown. */
static bool describe_traces(show *s)
{
    const om_selected *chosen = &s->results->selected;
    const om_recording_circuit *c = om_recording_circuit_of(s->experiment->recording);
    s->name = calloc((size_t)chosen->n + 1, sizeof *s->name);
    s->low = tn_alloc((size_t)chosen->n * sizeof *s->low);
    s->high = tn_alloc((size_t)chosen->n * sizeof *s->high);
    if (!s->name || !s->low || !s->high) return false;
    for (int i = 0; i < chosen->n; i++) {
        s->name[i] = c->type && c->type_names ? c->type_names[c->type[chosen->neuron[i]]] : "neuron";
        double low = INFINITY, high = -INFINITY;
        for (int64_t k = 0; k < s->frames; k++) {
            double v = chosen->truth[k * s->step * chosen->n + i];
            low = fmin(low, v);
            high = fmax(high, v);
        }
        s->low[i] = low < high ? low : -1;
        s->high[i] = low < high ? high : 1;
    }
    return true;
}

/* Frames that the traces look back: in a short video they would never fill more. */
static int window_of(int64_t frames)
{
    enum { SHORTEST = 20, LONGEST = 200 };
    int64_t half = (frames + 1) / 2;
    return (int)(half < SHORTEST ? SHORTEST : half > LONGEST ? LONGEST : half);
}

/* The part of a comparison that does not depend on results. */
static om_comparison_spec eyes_of(const om_experiment *e)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    double delta_t = om_recording_attributes_of(e->recording)->delta_t;
    return (om_comparison_spec){.n_columns = (size_t)c->columns,
                                .u = c->u,
                                .v = c->v,
                                .low = 0,
                                .high = 1,
                                .a = 1,
                                .dt = (double)e->config->test.video_step * delta_t};
}

static tn_status show_begin(show *s, tn_error *error)
{
    const om_experiment *e = s->experiment;
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    const om_selected *chosen = &s->results->selected;
    bool scored = isfinite(s->results->stimulus.slope);
    if (om_recording_has(e->recording, OM_PART_STIMULUS)) {
        s->truth = tn_alloc((size_t)c->columns * sizeof *s->truth);
        if (!s->truth) return tn_fail(error, TN_ENOMEM, "no memory for a video");
    }
    if (!describe_traces(s)) return tn_fail(error, TN_ENOMEM, "no memory for a video");
    om_comparison_spec spec = eyes_of(e);
    spec.a = scored ? s->results->stimulus.slope : 1;
    spec.b = scored ? s->results->stimulus.offset : 0;
    spec.n_traces = (size_t)(chosen->n < OM_COMPARISON_TRACES ? chosen->n : OM_COMPARISON_TRACES);
    spec.name = s->name;
    spec.trace_low = s->low;
    spec.trace_high = s->high;
    spec.window = window_of(s->frames);
    s->comparison = om_comparison_new(&spec, error);
    return s->comparison ? TN_OK : error->status;
}

static tn_status add_frame(show *s, int64_t k, const char *path, bool force, tn_error *error)
{
    const om_experiment *e = s->experiment;
    const om_selected *chosen = &s->results->selected;
    int64_t index = k * s->step;
    tn_status status = TN_OK;
    if (s->truth)
        status = om_recording_frames(e->recording, OM_TRAIN, OM_STIMULUS, 1, &index, s->truth, error);
    if (status) return status;
    om_comparison_frame frame = {
        .index = index, .time = (double)index * om_recording_attributes_of(e->recording)->delta_t, .truth = s->truth,
        .recovered = s->results->movie.stimulus + index * om_recording_circuit_of(e->recording)->columns,
        .voltage = chosen->truth + index * chosen->n,
        .predicted = chosen->predicted + index * chosen->n,
    };
    om_comparison_picture picture;
    status = om_comparison_draw(s->comparison, &frame, &picture, error);
    if (!status && !s->encoder) {
        om_encoder_options options = {.width = picture.width, .height = picture.height,
                                      .rate = e->config->test.video_fps, .overwrite = force};
        s->encoder = om_encoder_open(path, &options, error);
        if (!s->encoder) return error->status;
    }
    return status ? status : om_encoder_add(s->encoder, OM_BGRA32, picture.data, picture.stride, error);
}

/* Whether the lattice can be drawn is known to who draws it. */
tn_status om_video_plan(const om_experiment *e, om_progress *progress, bool *possible, tn_error *error)
{
    *possible = false;
    if (!is_wanted(e)) return TN_OK;
    if (!om_recording_circuit_of(e->recording)->u) {
        om_progress_warn(progress, "no video: it shows columns on the lattice, and the recording has no /lattice/u and "
                         "/lattice/v");
        return TN_OK;
    }
    tn_error why = {0};
    om_comparison_spec spec = eyes_of(e);
    om_comparison *comparison = om_comparison_new(&spec, &why);
    *possible = comparison != NULL;
    om_comparison_free(comparison);
    if (*possible) return TN_OK;
    if (why.status != TN_EINVAL) return tn_fail(error, why.status, "%s", why.message);
    om_progress_warn(progress, "no video: %s: /lattice: %s", om_recording_path(e->recording), why.message);
    return TN_OK;
}

tn_status om_video_make(const char *path, const om_results *results, const om_experiment *e, bool force,
                        om_progress *progress, bool *made, tn_error *error)
{
    *made = false;
    if (results->selected.frames < 1) return TN_OK;
    show s = {.results = results, .experiment = e, .step = e->config->test.video_step};
    int64_t recovered = om_smaller(results->selected.frames, e->frames); /* without a derivative one frame less */
    s.frames = om_smaller(e->config->test.video_frames, (recovered + s.step - 1) / s.step);
    tn_status status = show_begin(&s, error);
    om_progress_begin(progress, "video", 0, s.frames);
    for (int64_t k = 0; k < s.frames && !status; k++) {
        status = add_frame(&s, k, path, force, error);
        if (!status) status = om_results_stopped(error);
        om_progress_at(progress, k + 1, 0, NULL);
    }
    if (!status) status = om_encoder_finish(s.encoder, error);
    if (!status) om_progress_end(progress);
    *made = !status;
    show_end(&s);
    return status;
}

#else

tn_status om_video_plan(const om_experiment *e, om_progress *progress, bool *possible, tn_error *error)
{
    (void)error;
    *possible = false;
    if (is_wanted(e)) om_progress_warn(progress, "no video: built without cairo or FFmpeg");
    return TN_OK;
}

tn_status om_video_make(const char *path, const om_results *results, const om_experiment *e, bool force,
                        om_progress *progress, bool *made, tn_error *error)
{
    (void)path, (void)results, (void)e, (void)force, (void)progress, (void)error;
    *made = false;
    return TN_OK;
}

#endif
