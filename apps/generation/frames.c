/* Recording frame after frame. */
#include "config.h"
#include "generation/frames.h"
#include "common/no_memory.h"
#include "common/random_streams.h"
#include "common/signals.h"
#include "common/sources.h"

#include <stdlib.h>
#include <string.h>

/* ---- stimulus ---- */

enum { SCENE_FRAMES = 240 }; /* of each movie that a scene counts as */
#define TRAIN_SHARE 0.8
#define IMAGE_RATE 24.0

static tn_status add_all(om_sources *sources, const om_strings *names, const om_config *config, uint32_t first,
                         tn_error *error)
{
    tn_status status = TN_OK;
    for (int i = 0; i < names->count && !status; i++) {
        char *path = om_source_scene(names->at[i]) ? strdup(names->at[i]) : om_config_path(config, names->at[i]);
        if (!path) return om_no_memory(NULL, error);
        status = om_sources_add(sources, path, first, (int)config->stimulus.scene_movies, error);
        free(path);
    }
    return status;
}

/* The movies of one split: as listed, or a share of the training list where there is no list for tests. Scenes of the
 * test part are other sequences than those of training. */
static tn_status choose_sources(om_split split, const om_config *config, om_sources *chosen, tn_error *error)
{
    if (!config->stimulus.train.count)
        return tn_fail(error, TN_EFORMAT, "stimulus.train: no movie, expected one or more to learn from");
    if (config->stimulus.test.count)
        return add_all(chosen, split == OM_TRAIN ? &config->stimulus.train : &config->stimulus.test, config,
                       split == OM_TRAIN ? 0 : (uint32_t)config->stimulus.scene_movies, error);
    om_sources all = {0}, train = {0}, test = {0};
    tn_status status = add_all(&all, &config->stimulus.train, config, 0, error);
    if (!status && all.count < 2)
        status = tn_fail(error, TN_EFORMAT, "stimulus.train: 1 movie: at least two are needed where stimulus.test is "
                         "empty, one to learn from and one to test with");
    if (!status) status = om_sources_split(&all, TRAIN_SHARE, (uint64_t)config->seed, &train, &test, error);
    if (!status) {
        om_sources *wanted = split == OM_TRAIN ? &train : &test;
        *chosen = *wanted;
        *wanted = (om_sources){0};
    }
    om_sources_clear(&all);
    om_sources_clear(&train);
    om_sources_clear(&test);
    return status;
}

static om_stimulus_options options_of(const om_config *config)
{
    static const unsigned orientations[] = {
        [OM_SYMMETRIES_ALL] = OM_EVERY_ORIENTATION,
        [OM_SYMMETRIES_PUBLISHED] = OM_PUBLISHED_ORIENTATIONS,
        [OM_SYMMETRIES_NONE] = OM_UPRIGHT,
    };
    static const om_clock clocks[] = {
        [OM_TIME_FRAME] = OM_CLOCK_FRAMES,
        [OM_TIME_NEAREST] = OM_CLOCK_NEAREST,
        [OM_TIME_LINEAR] = OM_CLOCK_LINEAR,
    };
    return (om_stimulus_options){
        .clock = clocks[config->stimulus.time], .delta_t = config->simulation.delta_t,
        .scales = config->stimulus.scales.count, .scale = config->stimulus.scales.at,
        .shrink = config->stimulus.scale, .crops = (int)config->stimulus.crops,
        .orientations = orientations[config->stimulus.symmetries], .max_frames = config->stimulus.max_frames,
        .shuffle = config->stimulus.shuffle, .seed = (uint64_t)config->seed, .image_rate = IMAGE_RATE,
        .scene_frames = SCENE_FRAMES,
    };
}

om_stimulus *om_frames_stimulus(om_split split, const om_lattice *lattice, const om_config *config, tn_error *error)
{
    om_sources sources = {0};
    om_stimulus_options options = options_of(config);
    om_stimulus *stimulus = NULL;
    if (choose_sources(split, config, &sources, error) == TN_OK)
        stimulus = om_stimulus_new(lattice, &sources, &options, error);
    om_sources_clear(&sources);
    return stimulus;
}

/* ---- frames ---- */

typedef struct buffers {
    float *voltage, *derivative, *now,
        *next; /* [N]; now and next: measurement noise of this frame and of the one after */
    float *luminance;                         /* [C] */
} buffers;

static bool allocate(buffers *b, const om_circuit *c)
{
    size_t n = (size_t)c->neurons * sizeof(float);
    *b = (buffers){tn_alloc(n), tn_alloc(n), tn_alloc(n), tn_alloc(n), tn_alloc((size_t)c->columns * sizeof(float))};
    return b->voltage && b->derivative && b->now && b->next && b->luminance;
}

static void release(buffers *b)
{
    tn_free(b->voltage);
    tn_free(b->derivative);
    tn_free(b->now);
    tn_free(b->next);
    tn_free(b->luminance);
}

/* What the learner sees: v + s eta(t) and y + s (eta(t+1) - eta(t)) / dt, the derivative of what it sees. */
static void measure(buffers *b, int64_t neurons, double noise, double delta_t)
{
    for (int64_t i = 0; i < neurons; i++) {
        b->voltage[i] += (float)noise * b->now[i];
        b->derivative[i] += (float)(noise / delta_t) * (b->next[i] - b->now[i]);
    }
}

tn_status om_frames_record(om_recording_writer *writer, om_split split, om_simulation *simulation,
                           const om_circuit *circuit, om_stimulus *stimulus, const om_config *config,
                           const float *start, om_progress *progress, tn_error *error)
{
    int64_t frames = split == OM_TRAIN ? config->simulation.train_frames : config->simulation.test_frames;
    double noise = config->simulation.measurement_noise;
    uint64_t seed = (uint64_t)config->seed;
    uint32_t stream = OM_STREAM_MEASUREMENT + (uint32_t)split;
    buffers b;
    tn_status status = allocate(&b, circuit) ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for frames");
    om_simulation_start(simulation, start, OM_STREAM_PROCESS + (uint32_t)split);
    om_progress_begin(progress, split == OM_TRAIN ? "training frames" : "test frames", 0, frames);
    if (!status && noise > 0) tn_fill_normal(b.now, circuit->neurons, seed, stream, 0);
    for (int64_t t = 0; t < frames && !status; t++) {
        om_stimulus_next(stimulus, b.luminance);
        status = om_simulation_frame(simulation, b.luminance, b.voltage, b.derivative, error);
        if (!status && noise > 0) {
            /* The last frame keeps its own derivative: there is no noise after it. */
            if (t + 1 < frames)
                tn_fill_normal(b.next, circuit->neurons, seed, stream, (uint64_t)t + 1);
            else
                memcpy(b.next, b.now, (size_t)circuit->neurons * sizeof *b.next);
            measure(&b, circuit->neurons, noise, config->simulation.delta_t);
            float *used = b.now;
            b.now = b.next;
            b.next = used;
        }
        const float *const series[OM_SERIES_COUNT] = {[OM_VOLTAGE] = b.voltage, [OM_DERIVATIVE] = b.derivative,
                                                      [OM_STIMULUS] = b.luminance};
        if (!status) status = om_recording_append(writer, split, 1, series, error);
        if (!status) status = om_signals_check("nothing was written", error);
        om_progress_at(progress, t + 1, 0, NULL);
    }
    if (!status) om_progress_end(progress);
    release(&b);
    return status;
}
