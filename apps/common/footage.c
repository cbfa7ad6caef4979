/* A movie sampled by the eye, and how its time is read. */
#include "config.h"
#include "common/footage.h"
#include "common/eye.h"
#include "common/no_memory.h"
#include "common/random_streams.h"
#include "common/scene.h"
#include "common/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Far below a step and a frame, far above the rounding of times. */
#define INSTANT 1e-6

void om_footage_clear(om_footage *footage)
{
    free(footage->name);
    free(footage->time);
    free(footage->luminance);
    *footage = (om_footage){0};
}

/* ---- taking ---- */

static om_movie *open_scene(const om_source *source, int span, const om_stimulus_options *options, tn_error *error)
{
    double largest = 1;
    for (int i = 0; i < options->scales; i++) largest = fmax(largest, options->scale[i]);
    double height = ceil(largest * span), width = options->crops > 1 ? ceil(height * 4 / 3) : height;
    om_scene_options drawing = {.width = (int)fmin(width, 1e6),
                                .height = (int)fmin(height, 1e6),
                                .frames = options->scene_frames,
                                .rate = 1 / options->delta_t,
                                .seed = options->seed,
                                .sequence = source->sequence};
    return om_scene_open(source->scene, &drawing, error);
}

static tn_status choose_views(om_view *views, const om_eye *eye, om_movie_info info, int number,
                              const om_source *source, const om_stimulus_options *options, tn_error *error)
{
    int scales = options->scales ? options->scales : 1;
    for (int s = 0; s < scales; s++) {
        double zoom = source->scene ? 1 : 1 / options->shrink;
        if (options->scales) zoom = options->scale[s] * om_eye_span(eye) / info.height;
        for (int c = 0; c < options->crops; c++) {
            double place[2];
            uint64_t draw =
                ((uint64_t)number * (uint64_t)scales + (uint64_t)s) * (uint64_t)options->crops + (uint64_t)c;
            for (uint64_t axis = 0; axis < 2; axis++)
                place[axis] = tn_random_uniform(options->seed, OM_STREAM_PLACE, 2 * draw + axis);
            tn_status status =
                om_eye_view(eye, info.width, info.height, zoom, options->crops > 1 ? place : NULL, views++, error);
            if (status != TN_OK) return status;
        }
    }
    return TN_OK;
}

/* Room for one frame more. */
static tn_status make_room(om_footage *footage, int64_t *room, tn_error *error)
{
    if (footage->frames < *room) return TN_OK;
    *room = *room ? 2 * *room : 256;
    double *time = reallocarray(footage->time, (size_t)*room, sizeof *time);
    if (time) footage->time = time;
    float *luminance = reallocarray(footage->luminance, (size_t)*room,
                                    (size_t)footage->views * (size_t)footage->columns * sizeof *luminance);
    if (luminance) footage->luminance = luminance;
    if (time && luminance) return TN_OK;
    return tn_fail(error, TN_ENOMEM, "%s: no memory for what %d columns see of %lld frames in %d ways", footage->name,
                   footage->columns, (long long)*room, footage->views);
}

static tn_status take_frames(om_footage *footage, om_movie *movie, om_eye *eye, const om_view *views, double *seen,
                             tn_error *error)
{
    size_t size = (size_t)footage->views * (size_t)footage->columns;
    int64_t room = 0;
    om_frame frame;
    for (;;) {
        tn_status status = om_movie_next(movie, &frame, error);
        if (status != TN_OK) return status;
        if (om_signals_pending()) return tn_fail(error, TN_EINVAL, "stopped by a signal; nothing was written");
        if (!frame.data && footage->frames) return TN_OK;
        if (!frame.data) return tn_fail(error, TN_EFORMAT, "%s: there is no frame", footage->name);
        status = make_room(footage, &room, error);
        if (status == TN_OK) status = om_eye_look(eye, &frame, footage->views, views, seen, error);
        if (status != TN_OK) return status;
        float *row = footage->luminance + (size_t)footage->frames * size;
        for (size_t i = 0; i < size; i++) row[i] = (float)seen[i];
        footage->time[footage->frames++] = frame.time;
    }
}

/* The last frame lasts as long as the rate says. */
static int64_t count_steps(const om_footage *footage, double rate, const om_stimulus_options *options)
{
    if (options->clock == OM_CLOCK_FRAMES) return footage->frames;
    double steps = floor((footage->time[footage->frames - 1] + 1 / rate) / options->delta_t + INSTANT);
    return steps > 1 ? (int64_t)fmin(steps, 1e15) : 1;
}

tn_status om_footage_take(om_footage *footage, const om_source *source, int number, const om_lattice *lattice,
                          const om_stimulus_options *options, tn_error *error)
{
    int count = (options->scales ? options->scales : 1) * options->crops;
    *footage = (om_footage){.name = strdup(source->name), .views = count, .columns = lattice->columns};
    om_eye *eye = om_eye_new(lattice->columns, lattice->u, lattice->v, error);
    if (!eye) return error->status;
    om_view *views = calloc((size_t)count, sizeof *views);
    double *seen = calloc((size_t)count * (size_t)lattice->columns, sizeof *seen);
    om_movie *movie = source->scene ? open_scene(source, om_eye_span(eye), options, error)
                                    : om_movie_open(source->name, options->image_rate, error);
    tn_status status = TN_OK;
    if (!footage->name || !views || !seen)
        status = om_no_memory(source->name, error);
    else if (!movie)
        status = error->status;
    if (status == TN_OK) status = choose_views(views, eye, om_movie_about(movie), number, source, options, error);
    if (status == TN_OK) status = take_frames(footage, movie, eye, views, seen, error);
    if (status == TN_OK) footage->steps = count_steps(footage, om_movie_about(movie).rate, options);
    om_movie_close(movie);
    om_eye_free(eye);
    free(views);
    free(seen);
    return status;
}

/* ---- looking ---- */

/* The last frame that has begun at a time. */
static int64_t frame_before(const om_footage *footage, double time)
{
    int64_t low = 0, high = footage->frames; /* frame low has begun, frame high has not */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (footage->time[middle] <= time + INSTANT)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void om_footage_look(const om_footage *footage, const om_stimulus_options *options, int view, int64_t step,
                     const int32_t *place, float *out)
{
    int64_t frame = step;
    double share = 0; /* of the frame after it */
    if (options->clock != OM_CLOCK_FRAMES) {
        double time = (double)step * options->delta_t;
        frame = frame_before(footage, time);
        if (frame + 1 < footage->frames)
            share = fmax(0, (time - footage->time[frame]) / (footage->time[frame + 1] - footage->time[frame]));
    }
    if (options->clock == OM_CLOCK_NEAREST) {
        frame += share > 0.5 + INSTANT;
        share = 0;
    }
    size_t size = (size_t)footage->columns, next = (size_t)footage->views * size;
    const float *seen = footage->luminance + (size_t)frame * next + (size_t)view * size;
    for (size_t c = 0; c < size; c++)
        out[place[c]] = share > 0 ? (float)((1 - share) * seen[c] + share * seen[next + c]) : seen[c];
}
