/* The movie of a joint model, and how well it agrees with the truth. */
#include "config.h"
#include "testing/movie.h"
#include "common/evaluation.h"
#include "common/no_memory.h"

#include <string.h>

/* The window of the published stimulus and rollout: the length of that system's test part, less one frame. */
enum { PUBLISHED_FRAMES = 8527 };

double om_recovered_movie_size(const om_experiment *e)
{
    if (e->config->model.mode != OM_MODE_JOINT) return 0;
    return (double)e->frames * (double)om_recording_circuit_of(e->recording)->columns * sizeof(float);
}

static tn_status recall(float *out, const om_experiment *e, om_progress *progress, tn_error *error)
{
    size_t columns = (size_t)om_recording_circuit_of(e->recording)->columns;
    om_drive *drive = om_drive_new(e, OM_TRAIN, error);
    if (!drive) return error->status;
    tn_status status = TN_OK;
    om_progress_begin(progress, "recovered movie", 0, e->frames);
    for (int64_t k = 0; k < e->frames && !status; k++) {
        const float *frame = om_drive_at(drive, k, error);
        status = frame ? om_results_stopped(error) : error->status;
        if (!status) memcpy(out + (size_t)k * columns, frame, columns * sizeof *out);
        om_progress_at(progress, k + 1, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    om_drive_free(drive);
    return status;
}

static tn_status solve(float *out, const om_experiment *e, om_progress *progress, tn_error *error)
{
    enum { BLOCK = 1024 };
    int64_t columns = om_recording_circuit_of(e->recording)->columns, frame[BLOCK];
    om_data data = om_experiment_data(e);
    data.watch = &om_results_watch;
    tn_status status = TN_OK;
    om_progress_begin(progress, "solved movie", 0, e->frames);
    for (int64_t first = 0; first < e->frames && !status; first += BLOCK) {
        int64_t n = e->frames - first < BLOCK ? e->frames - first : BLOCK;
        for (int64_t k = 0; k < n; k++) frame[k] = first + k;
        status = om_solve_stimulus(e->joint, e->params, &data, n, frame, out + first * columns, error);
        om_progress_at(progress, first + n, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    return status;
}

static tn_status make(om_recovered_movie *movie, const om_experiment *e, om_progress *progress, tn_error *error)
{
    movie->stimulus = tn_alloc((size_t)om_recovered_movie_size(e));
    movie->solved = tn_alloc((size_t)om_recovered_movie_size(e));
    if (!movie->stimulus || !movie->solved) return om_no_memory("the recovered movie", error);
    tn_status status = recall(movie->stimulus, e, progress, error);
    if (!status) status = solve(movie->solved, e, progress, error);
    if (status != TN_ENUMERIC) return status;
    om_progress_warn(progress, "no movie could be solved for: %s", error->message);
    *error = (tn_error){0};
    tn_free(movie->solved);
    movie->solved = NULL;
    return TN_OK;
}

static tn_status score(om_results *r, const om_experiment *e, tn_error *error)
{
    int64_t frames = om_recording_length(e->recording, OM_TRAIN, OM_STIMULUS);
    if (frames > e->frames) frames = e->frames;
    int64_t first = frames < PUBLISHED_FRAMES ? frames : PUBLISHED_FRAMES;
    const struct {
        const float *movie;
        int64_t frames;
        om_score *score;
    } wanted[] = {{r->movie.stimulus, frames, &r->stimulus},
                  {r->movie.stimulus, first, &r->stimulus_first},
                  {r->movie.solved, frames, &r->stimulus_solved}};
    int64_t columns = om_recording_circuit_of(e->recording)->columns;
    om_data truth = om_experiment_truth(e);
    truth.watch = &om_results_watch;
    tn_status status = TN_OK;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted && !status; i++)
        if (wanted[i].movie)
            status = om_score_movie(wanted[i].movie, columns, wanted[i].frames, &truth, wanted[i].score, error);
    return status;
}

tn_status om_measure_movie(om_results *r, const om_experiment *e, om_progress *progress, tn_error *error)
{
    r->stimulus = r->stimulus_first = r->stimulus_solved = om_score_unknown;
    if (e->config->model.mode != OM_MODE_JOINT) return TN_OK;
    tn_status status = make(&r->movie, e, progress, error);
    return status || !om_recording_has(e->recording, OM_PART_STIMULUS) ? status : score(r, e, error);
}

void om_recovered_movie_clear(om_recovered_movie *movie)
{
    tn_free(movie->stimulus);
    tn_free(movie->solved);
    *movie = (om_recovered_movie){0};
}
