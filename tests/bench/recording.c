/* Recordings: simulating into one, reading from one, and the memory of a process that trains on one. */
#include "config.h"
#include "common/dataset.h"
#include "dynamics.h"
#include "formulas.h"
#include "generation/wiring.h"
#include "process.h"
#include "workloads.h"

#include <stdlib.h>

enum { FRAMES = 1000, SMOKE_FRAMES = 20, READ_FRAMES = 64, SMOKE_READ_FRAMES = 4 };

/* ---- what both directions need ---- */

typedef struct recording {
    const om_circuit *circuit;
    const char **type_names; /* [types] */
    char *path;
    int64_t frames;          /* of the recording */
    float *voltage, *derivative, *stimulus; /* [N], [N], [C], or so many frames of each when reading */
    om_simulation *simulation; /* writing */
    om_recording *file;        /* reading */
    int64_t n, runs;           /* reading: frames of a run, runs made */
} recording;

static void close_recording(void *state)
{
    recording *r = state;
    if (!r) return;
    om_simulation_free(r->simulation);
    om_recording_close(r->file);
    free(r->type_names);
    free(r->path);
    tn_free(r->voltage);
    tn_free(r->derivative);
    tn_free(r->stimulus);
    free(r);
}

/* With room for n frames of each series. */
static recording *make(const bench_setting *setting, const bench_line *line, int64_t n, tn_error *error)
{
    const om_circuit *c = bench_circuit(setting, line);
    recording *r = calloc(1, sizeof *r);
    if (r) {
        *r = (recording){.circuit = c, .frames = setting->smoke ? SMOKE_FRAMES : FRAMES, .n = n};
        r->type_names = calloc((size_t)c->types, sizeof *r->type_names);
        r->voltage = tn_alloc((size_t)(n * c->neurons) * sizeof *r->voltage);
        r->derivative = tn_alloc((size_t)(n * c->neurons) * sizeof *r->derivative);
        r->stimulus = tn_alloc((size_t)(n * c->columns) * sizeof *r->stimulus);
        if (asprintf(&r->path, "%s/%s.h5", setting->directory, line->name) < 0) r->path = NULL;
        if (r->type_names && r->voltage && r->derivative && r->stimulus && r->path) return r;
    }
    close_recording(r);
    tn_fail(error, TN_ENOMEM, "no memory for a recording");
    return NULL;
}

static om_recording_writer *create(const recording *r, tn_error *error)
{
    om_circuit *c = (om_circuit *)r->circuit; /* not changed */
    om_circuits circuits = {.simulated = c, .shown = c, .weight = c->weight};
    om_recording_truth truth = om_circuits_truth(&circuits);
    om_recording_plan plan = {
        .attributes = {.delta_t = BENCH_DELTA_T, .sigma = BENCH_SIGMA, .measurement_noise = 0, .seed = 1, .config = "",
                       .program = PACKAGE_STRING},
        .circuit = om_circuits_shown(&circuits, r->type_names), .truth = &truth, .frames = {[OM_TRAIN] = r->frames},
        .has = {[OM_VOLTAGE] = true, [OM_DERIVATIVE] = true, [OM_STIMULUS] = true}, .overwrite = true,
    };
    return om_recording_create(r->path, &plan, error);
}

static tn_status append(om_recording_writer *writer, const recording *r, tn_error *error)
{
    const float *const series[OM_SERIES_COUNT] = {
        [OM_VOLTAGE] = r->voltage, [OM_DERIVATIVE] = r->derivative, [OM_STIMULUS] = r->stimulus};
    return om_recording_append(writer, OM_TRAIN, 1, series, error);
}

static tn_status end_writing(om_recording_writer *writer, tn_status status, tn_error *error)
{
    if (!status) return om_recording_finish(writer, error);
    om_recording_abandon(writer);
    return status;
}

/* ---- simulating into a recording, as ommatid-generate does ---- */

static void *open_writing(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    recording *r = make(setting, line, 1, error);
    if (!r) return NULL;
    r->simulation = bench_simulation_new(r->circuit, r->stimulus, error);
    if (r->simulation) return r;
    close_recording(r);
    return NULL;
}

static tn_status run_writing(void *state, tn_error *error)
{
    recording *r = state;
    om_recording_writer *writer = create(r, error);
    if (!writer) return error->status;
    tn_status status = TN_OK;
    for (int64_t t = 0; t < r->frames && !status; t++) {
        status = om_simulation_frame(r->simulation, r->stimulus, r->voltage, r->derivative, error);
        if (!status) status = append(writer, r, error);
    }
    return end_writing(writer, status, error);
}

static bench_work work_of_writing(const void *state)
{
    const recording *r = state;
    double frames = (double)r->frames;
    return (bench_work){.frames = frames,
                        .bytes = frames * bench_frame_bytes(r->circuit->neurons, r->circuit->synapses)};
}

static const bench_kind writing = {
    .open = open_writing, .run = run_writing, .close = close_recording, .work = work_of_writing};

/* ---- reading random frames ---- */

/* A recording of noise. */
static tn_status write_noise(recording *r, tn_error *error)
{
    om_recording_writer *writer = create(r, error);
    if (!writer) return error->status;
    tn_status status = TN_OK;
    for (int64_t t = 0; t < r->frames && !status; t++) {
        tn_fill_normal(r->voltage, r->circuit->neurons, 1, 0, (uint64_t)t);
        tn_fill_normal(r->derivative, r->circuit->neurons, 1, 1, (uint64_t)t);
        tn_fill_normal(r->stimulus, r->circuit->columns, 1, 2, (uint64_t)t);
        status = append(writer, r, error);
    }
    return end_writing(writer, status, error);
}

static void *open_reading(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    recording *r = make(setting, line, setting->smoke ? SMOKE_READ_FRAMES : READ_FRAMES, error);
    if (!r) return NULL;
    if (write_noise(r, error) == TN_OK && (r->file = om_recording_open(r->path, error))) return r;
    close_recording(r);
    return NULL;
}

static tn_status run_reading(void *state, tn_error *error)
{
    recording *r = state;
    int64_t frame[READ_FRAMES];
    for (int64_t i = 0; i < r->n; i++)
        frame[i] = (int64_t)(tn_random_uniform(1, 3, (uint64_t)(r->runs * r->n + i)) * (double)r->frames);
    r->runs++;
    tn_status status = om_recording_frames(r->file, OM_TRAIN, OM_VOLTAGE, r->n, frame, r->voltage, error);
    return status ? status : om_recording_frames(r->file, OM_TRAIN, OM_DERIVATIVE, r->n, frame, r->derivative, error);
}

static bench_work work_of_reading(const void *state)
{
    const recording *r = state;
    double n = (double)r->n;
    return (bench_work){.frames = n, .bytes = n * 2 * sizeof(float) * r->circuit->neurons};
}

static const bench_kind reading = {
    .open = open_reading, .run = run_reading, .close = close_recording, .work = work_of_reading};

/* ---- a training process ---- */

/* Model of the line: that of our recipe with the SIREN of the line, or the published one, which takes no input-only
 * frames. With every tool of a run: reading ahead, checkpoints, and a comparison with the truth at the end. */
static tn_status write_config(const char *path, const bench_setting *setting, const bench_line *line, tn_error *error)
{
    bench_sizes sizes = bench_sizes_of(setting, line);
    FILE *file = fopen(path, "w");
    if (!file) return tn_fail(error, TN_EIO, "%s: cannot be written", path);
    fprintf(file,
            "threads: %d\n"
            "model: {mode: joint, recipe: %s, hidden_dim: %lld}\n"
            "siren: {hidden_dim: %lld, layers: %lld}\n"
            "training: {steps: %d, batch: %lld, input_frames: %lld}\n",
            setting->threads, sizes.extra ? "ours" : "published", (long long)setting->width, (long long)sizes.width,
            (long long)sizes.layers, setting->smoke ? 2 : 10, (long long)sizes.batch, (long long)sizes.extra);
    return fclose(file) ? tn_fail(error, TN_EIO, "%s: cannot be written", path) : TN_OK;
}

static tn_status train(const bench_setting *setting, const bench_line *line, const char *recording_path, double *bytes,
                       tn_error *error)
{
    char *config, *run, *program;
    if (asprintf(&config, "%s/%s.yaml", setting->directory, line->name) < 0) config = NULL;
    if (asprintf(&run, "%s/%s-run", setting->directory, line->name) < 0) run = NULL;
    if (asprintf(&program, "%s/ommatid-train", setting->programs) < 0) program = NULL;
    tn_status status = config && run && program ? write_config(config, setting, line, error)
                                                : tn_fail(error, TN_ENOMEM, "out of memory");
    const char *const words[] = {program, config, "-d", recording_path, "-o", run, "--force", "--quiet", NULL};
    if (!status) status = bench_process_peak(words, bytes, error);
    free(config);
    free(run);
    free(program);
    return status;
}

static tn_status memory_of_training(const bench_setting *setting, const bench_line *line, double *bytes,
                                    tn_error *error)
{
    recording *r = make(setting, line, 1, error);
    if (!r) return error->status;
    tn_status status = write_noise(r, error);
    if (!status) status = train(setting, line, r->path, bytes, error);
    close_recording(r);
    return status;
}

static const bench_kind training = {.memory = memory_of_training};

const bench_line bench_recording[] = {
    BENCH_LINE("simulation-hdf5", "the same frames written to a recording", &writing, .sizes = {0}),
    BENCH_LINE("recording-read", "random frames of a recording in the page cache", &reading, .sizes = {0}),
    BENCH_LINE("training-memory-512x3", "peak of ommatid-train, 4 + 64 frames, SIREN 512 x 3", &training,
               .sizes = {.batch = 4, .extra = 64, .width = 512, .layers = 3}),
    BENCH_LINE("training-memory-2048x4", "peak of ommatid-train, 1 frame, SIREN 2048 x 4", &training,
               .sizes = {.batch = 1, .width = 2048, .layers = 4}),
    {0},
};
