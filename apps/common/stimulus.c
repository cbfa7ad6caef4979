/* The stimulus: sequences of footage in order. */
#include "config.h"
#include "common/stimulus.h"
#include "common/footage.h"
#include "common/no_memory.h"
#include "common/random_streams.h"
#include "common/shuffle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct om_stimulus {
    om_stimulus_options options; /* without the scales, which were borrowed */
    int columns, movies, orientations;
    om_footage *footage; /* [movies] */
    int symmetry[OM_SYMMETRIES];
    int32_t *permutation; /* [orientations, columns] */
    int64_t sequences, pass_frames;
    int64_t *order;          /* [sequences] */
    int64_t place;           /* in the order, of the sequence that is shown */
    om_stimulus_place where; /* of the latest frame */
};

/* Sequence number s, in the order of movie, scale, crop, orientation. */
typedef struct sequence {
    const om_footage *footage;
    int view, orientation;
} sequence;

static sequence sequence_at(const om_stimulus *stimulus, int64_t s)
{
    int64_t views = stimulus->footage[0].views, shown = s / stimulus->orientations;
    return (sequence){&stimulus->footage[shown / views], (int)(shown % views), (int)(s % stimulus->orientations)};
}

static int64_t length_of(const om_stimulus *stimulus, const om_footage *footage)
{
    int64_t limit = stimulus->options.max_frames;
    return limit && limit < footage->steps ? limit : footage->steps;
}

/* ---- making ---- */

static tn_status check_options(const om_sources *sources, const om_stimulus_options *o, tn_error *error)
{
    const struct {
        bool good;
        const char *what;
        double value;
    } checks[] = {
        {sources->count > 0, "movies", sources->count},
        {o->clock == OM_CLOCK_FRAMES || o->clock == OM_CLOCK_NEAREST || o->clock == OM_CLOCK_LINEAR, "clock", o->clock},
        {o->delta_t > 0 && isfinite(o->delta_t), "delta_t", o->delta_t},
        {o->scales >= 0 && o->scales <= 1000, "number of scales", o->scales},
        {o->shrink > 0 && isfinite(o->shrink), "shrink", o->shrink},
        {o->crops >= 1 && o->crops <= 1000, "crops", o->crops},
        {o->orientations && !(o->orientations & ~OM_EVERY_ORIENTATION), "set of orientations", o->orientations},
        {o->max_frames >= 0, "max_frames", (double)o->max_frames},
        {o->image_rate > 0 && isfinite(o->image_rate), "image_rate", o->image_rate},
        {o->scene_frames >= 1, "scene_frames", (double)o->scene_frames},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (!checks[i].good)
            return tn_fail(error, TN_EINVAL, "stimulus: %s %g is out of range", checks[i].what, checks[i].value);
    for (int i = 0; i < o->scales; i++)
        if (!(o->scale[i] > 0) || !isfinite(o->scale[i]))
            return tn_fail(error, TN_EINVAL, "stimulus: scale %g is out of range", o->scale[i]);
    return TN_OK;
}

static tn_status take_orientations(om_stimulus *stimulus, const om_lattice *lattice, tn_error *error)
{
    size_t columns = (size_t)lattice->columns;
    stimulus->permutation = calloc(OM_SYMMETRIES * columns, sizeof *stimulus->permutation);
    if (!stimulus->permutation) return om_no_memory("stimulus", error);
    tn_status status = TN_OK;
    for (int s = 0; s < OM_SYMMETRIES && status == TN_OK; s++) {
        if (!(stimulus->options.orientations >> s & 1)) continue;
        int n = stimulus->orientations++;
        stimulus->symmetry[n] = s;
        status = om_lattice_symmetry(lattice, s, stimulus->permutation + (size_t)n * columns, error);
    }
    return status;
}

/* All movies, each by one thread; the error of the first that failed. */
static tn_status take_footage(om_stimulus *stimulus, const om_sources *sorted, const om_lattice *lattice,
                              const om_stimulus_options *options, tn_error *error)
{
    int movies = stimulus->movies;
    tn_error *errors = calloc((size_t)movies, sizeof *errors);
    if (!errors) return om_no_memory("stimulus", error);
#pragma omp parallel for num_threads(tn_threads()) schedule(dynamic)
    for (int m = 0; m < movies; m++)
        om_footage_take(&stimulus->footage[m], &sorted->at[m], m, lattice, options, &errors[m]);
    tn_status status = TN_OK;
    for (int m = 0; m < movies && status == TN_OK; m++)
        if (errors[m].status != TN_OK) status = tn_fail(error, errors[m].status, "%s", errors[m].message);
    free(errors);
    return status;
}

static tn_status make_order(om_stimulus *stimulus, tn_error *error)
{
    int64_t views = stimulus->footage[0].views, of_movie = views * stimulus->orientations;
    stimulus->sequences = stimulus->movies * of_movie;
    for (int m = 0; m < stimulus->movies; m++)
        stimulus->pass_frames += of_movie * length_of(stimulus, &stimulus->footage[m]);
    stimulus->order = calloc((size_t)stimulus->sequences, sizeof *stimulus->order);
    if (!stimulus->order) return om_no_memory("stimulus", error);
    if (stimulus->options.shuffle)
        om_shuffle(stimulus->order, stimulus->sequences, stimulus->options.seed, OM_STREAM_ORDER);
    else
        for (int64_t s = 0; s < stimulus->sequences; s++) stimulus->order[s] = s;
    return TN_OK;
}

/* Fills in what the next frame is, given place and pass: the first step of that sequence. */
static void begin_sequence(om_stimulus *stimulus)
{
    int64_t s = stimulus->order[stimulus->place];
    sequence shown = sequence_at(stimulus, s);
    om_stimulus_place *where = &stimulus->where;
    where->movie = shown.footage->name;
    where->scale = shown.view / stimulus->options.crops;
    where->crop = shown.view % stimulus->options.crops;
    where->orientation = stimulus->symmetry[shown.orientation];
    where->length = length_of(stimulus, shown.footage);
    int64_t choices = shown.footage->steps - where->length + 1;
    uint64_t draw = (uint64_t)where->pass * (uint64_t)stimulus->sequences + (uint64_t)s;
    where->start = (int64_t)(tn_random_uniform(stimulus->options.seed, OM_STREAM_START, draw) * (double)choices);
    where->step = 0;
}

om_stimulus *om_stimulus_new(const om_lattice *lattice, const om_sources *sources, const om_stimulus_options *options,
                             tn_error *error)
{
    if (check_options(sources, options, error) != TN_OK) return NULL;
    om_stimulus *stimulus = calloc(1, sizeof *stimulus);
    om_sources sorted = {calloc((size_t)sources->count, sizeof *sorted.at), sources->count};
    tn_error cause = {0};
    if (stimulus && sorted.at) {
        stimulus->options = *options;
        stimulus->options.scale = NULL;
        stimulus->columns = lattice->columns;
        stimulus->movies = sources->count;
        stimulus->footage = calloc((size_t)sources->count, sizeof *stimulus->footage);
        memcpy(sorted.at, sources->at, (size_t)sources->count * sizeof *sorted.at);
        om_sources_sort(&sorted);
    }
    tn_status status = TN_OK;
    if (!stimulus || !sorted.at || !stimulus->footage) status = om_no_memory("stimulus", &cause);
    if (status == TN_OK) status = take_orientations(stimulus, lattice, &cause);
    if (status == TN_OK) status = take_footage(stimulus, &sorted, lattice, options, &cause);
    if (status == TN_OK) status = make_order(stimulus, &cause);
    free(sorted.at); /* the names belong to the caller */
    if (status == TN_OK) {
        begin_sequence(stimulus);
        stimulus->where.step = -1;
        return stimulus;
    }
    tn_fail(error, cause.status, "%s", cause.message);
    om_stimulus_free(stimulus);
    return NULL;
}

void om_stimulus_free(om_stimulus *stimulus)
{
    if (!stimulus) return;
    for (int m = 0; stimulus->footage && m < stimulus->movies; m++) om_footage_clear(&stimulus->footage[m]);
    free(stimulus->footage);
    free(stimulus->permutation);
    free(stimulus->order);
    free(stimulus);
}

/* ---- showing ---- */

void om_stimulus_next(om_stimulus *stimulus, float *luminance)
{
    om_stimulus_place *where = &stimulus->where;
    if (++where->step == where->length) {
        stimulus->place = (stimulus->place + 1) % stimulus->sequences;
        where->pass += stimulus->place == 0;
        begin_sequence(stimulus);
    }
    sequence shown = sequence_at(stimulus, stimulus->order[stimulus->place]);
    om_footage_look(shown.footage, &stimulus->options, shown.view, where->start + where->step,
                    stimulus->permutation + (size_t)shown.orientation * (size_t)stimulus->columns, luminance);
}

int64_t om_stimulus_sequences(const om_stimulus *stimulus)
{
    return stimulus->sequences;
}

int64_t om_stimulus_pass(const om_stimulus *stimulus)
{
    return stimulus->pass_frames;
}

om_stimulus_place om_stimulus_where(const om_stimulus *stimulus)
{
    return stimulus->where;
}
