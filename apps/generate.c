/* ommatid-generate: a recording of a circuit watching movies. */
#include "config.h"
#include "common/cli.h"
#include "common/no_memory.h"
#include "common/output.h"
#include "common/signals.h"
#include "common/text.h"
#include "common/waiting.h"
#include "generation/frames.h"
#include "generation/wiring.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_FFMPEG
#define OM_MOVIES "whatever FFmpeg reads, folders of PNG or JPEG images"
#else
#define OM_MOVIES "folders of PNG images (this program was built without FFmpeg)"
#endif

enum { COMPRESS = 1024, SETTLING_FRAMES = 100 };

static const struct argp_option own_options[] = {
    {"compress", COMPRESS, NULL, 0, "A smaller recording, slower to read at random: for archives", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key != COMPRESS) return ARGP_ERR_UNKNOWN;
    *(bool *)state->input = true;
    return 0;
}

static const struct argp own = {.options = own_options, .parser = parse};

static const om_program program = {
    .name = "ommatid-generate",
    .bit = OM_FOR_GENERATE,
    .arguments = "CONFIG -o RECORDING",
    .fewest = 1,
    .most = 1,
    .purpose = "Simulates a neural circuit that watches movies, and records its voltages.",
    .manual =
        "Examples:\n"
        "  ommatid-generate demo.yaml -o recording.h5\n"
        "  ommatid-generate fly.yaml --data-dir ~/data -o fly.h5 --set seed=2\n\n"
        "Movies are " OM_MOVIES ", or built-in scenes (scene:dead_leaves). "
        "The circuit is built in or a circuit/1 file. The recording is HDF5.",
    .own = &own,
};

/* How large the recording will be. */
static om_recording_plan size_of(const om_config *config, const om_circuit *shown, bool compress)
{
    return (om_recording_plan){
        .circuit = {.neurons = shown->neurons, .columns = shown->columns},
        .frames = {[OM_TRAIN] = config->simulation.train_frames, [OM_TEST] = config->simulation.test_frames},
        .has = {[OM_VOLTAGE] = true, [OM_DERIVATIVE] = true, [OM_STIMULUS] = true},
        .compress = compress,
    };
}

/* What the recording will say of itself. */
static om_recording_plan plan_of(const om_config *config, const om_circuits *circuits, const char **type_names,
                                 const om_recording_truth *truth, const char *config_text, bool compress)
{
    om_recording_plan plan = size_of(config, circuits->shown, compress);
    plan.attributes = (om_recording_attributes){
        .delta_t = config->simulation.delta_t, .sigma = config->simulation.sigma,
        .measurement_noise = config->simulation.measurement_noise, .seed = (uint64_t)config->seed,
        .config = config_text, .program = PACKAGE_STRING};
    plan.circuit = om_circuits_shown(circuits, type_names);
    plan.truth = truth;
    return plan;
}

/* What a recording is made of. */
typedef struct ingredients {
    om_circuits circuits;
    om_stimulus *stimulus[OM_SPLITS];
    om_simulation *simulation;
    float *start;   /* [N] voltage that both splits start from */
    double seconds; /* that preparing all this took */
} ingredients;

static void clear(ingredients *in)
{
    for (int split = 0; split < OM_SPLITS; split++) om_stimulus_free(in->stimulus[split]);
    om_simulation_free(in->simulation);
    tn_free(in->start);
    om_circuits_clear(&in->circuits);
}

/* All movies are opened before the first frame is simulated: a mistyped name must not show after hours. Nor must a
 * disk that is too small. */
static tn_status prepare(ingredients *in, const om_config *config, const char *output, bool compress,
                         tn_error *error)
{
    double begin = om_now();
    *in = (ingredients){0};
    tn_status status = om_circuits_make(&in->circuits, config, error);
    if (status) return status;
    const om_recording_plan size = size_of(config, in->circuits.shown, compress);
    if (output && (status = om_recording_space(output, &size, error))) return status;
    const om_circuit *circuit = in->circuits.simulated;
    for (int split = OM_TRAIN; split < OM_SPLITS; split++)
        if (!(in->stimulus[split] = om_frames_stimulus((om_split)split, circuit->lattice, config, error)))
            return error->status;
    in->simulation = om_simulation_new(circuit, config->simulation.delta_t, config->simulation.sigma,
                                       (uint64_t)config->seed, error);
    in->start = tn_alloc((size_t)circuit->neurons * sizeof *in->start);
    if (!in->simulation || !in->start) return tn_fail(error, TN_ENOMEM, "no memory for a simulation");
    status = om_simulation_settle(in->simulation, 0.5, SETTLING_FRAMES, error);
    if (!status)
        memcpy(in->start, om_simulation_voltage(in->simulation), (size_t)circuit->neurons * sizeof *in->start);
    in->seconds = om_now() - begin;
    return status;
}

/* Begins a recording of these ingredients. */
static om_recording_writer *begin_recording(const char *path, const om_config *config, const ingredients *in,
                                            bool compress, bool overwrite, tn_error *error)
{
    const char **type_names = calloc((size_t)in->circuits.shown->types, sizeof *type_names);
    char *text = om_config_text(config);
    om_recording_truth truth = om_circuits_truth(&in->circuits);
    om_recording_writer *writer = NULL;
    if (type_names && text) {
        om_recording_plan plan = plan_of(config, &in->circuits, type_names, &truth, text, compress);
        plan.overwrite = overwrite;
        writer = om_recording_create(path, &plan, error);
    } else
        om_no_memory(NULL, error);
    free(type_names);
    free(text);
    return writer;
}

/* ---- --dry-run ---- */

/* A path for a trial recording in a new folder of its own; to be freed, and the folder removed. */
static char *trial_path(tn_error *error)
{
    const char *where = getenv("TMPDIR");
    char *path;
    if (asprintf(&path, "%s/ommatid-trial.XXXXXX/trial.h5", where && *where ? where : "/tmp") < 0) {
        om_no_memory(NULL, error);
        return NULL;
    }
    char *slash = strrchr(path, '/');
    *slash = 0;
    if (!mkdtemp(path)) {
        tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
        free(path);
        return NULL;
    }
    *slash = '/';
    return path;
}

/* Seconds that a frame takes from the movie into the file, as small circuits take longer to be written than to be
 * simulated: a short recording is made and removed. Its training part warms up, its test part is timed. */
static tn_status time_frame(const om_config *config, ingredients *in, bool compress, double *seconds, tn_error *error)
{
    enum { WARM_UP = 20, TIMED = 200 };
    char *path = trial_path(error);
    if (!path) return error->status;
    om_config trial = *config;
    trial.simulation.train_frames = WARM_UP;
    trial.simulation.test_frames = TIMED;
    om_progress silent;
    om_progress_init(&silent, OM_PROGRESS_NONE, true);
    om_recording_writer *writer = begin_recording(path, &trial, in, compress, false, error);
    tn_status status = writer ? TN_OK : error->status;
    for (int split = OM_TRAIN; split < OM_SPLITS && !status; split++) {
        double begin = om_now();
        status = om_frames_record(writer, (om_split)split, in->simulation, in->circuits.simulated, in->stimulus[split],
                                  &trial, in->start, &silent, error);
        *seconds = (om_now() - begin) / TIMED;
    }
    om_recording_abandon(writer);
    *strrchr(path, '/') = 0;
    rmdir(path);
    free(path);
    return status;
}

static tn_status describe(const om_cli *cli, const om_config *config, ingredients *in, bool compress, tn_error *error)
{
    const om_circuit *c = in->circuits.shown;
    const om_recording_plan size = size_of(config, c, compress);
    int64_t train = config->simulation.train_frames, test = config->simulation.test_frames;
    double seconds = NAN;
    tn_error trial = {0};
    tn_status status = time_frame(config, in, compress, &seconds, &trial);
    if (status && status != TN_EIO) return tn_fail(error, status, "%s", trial.message);
    printf("circuit    %s: %d types, %d neurons, %d synapses, %d columns\n"
           "frames     %lld to learn from, %lld to test with\n"
           "memory     %.0f MB, whatever the number of frames\n"
           "disk       %s%.1f MB\n"
           "output     %s\n",
           c->name, c->types, c->neurons, c->synapses, c->columns, (long long)train, (long long)test,
           om_memory_peak() / 1e6, compress ? "at most about " : "", om_recording_bytes(&size) / 1e6,
           om_text_line(cli->output ? cli->output : "(none given)").text);
    double all = in->seconds + seconds * (double)(train + test);
    if (status)
        printf("time       unknown, as no trial can be recorded: %s\n", om_text_line(trial.message).text);
    else
        printf("time       %.1f s for the stimulus, then %.2f ms a frame: about %.*f %s on %d threads\n", in->seconds,
               1e3 * seconds, all < 100 ? 0 : 1, all < 100 ? all : all / 60, all < 100 ? "s" : "minutes", tn_threads());
    return TN_OK;
}

/* ---- the work ---- */

static tn_status record(const om_cli *cli, const om_config *config, ingredients *in, bool compress,
                        om_progress *progress, tn_error *error)
{
    om_recording_writer *writer = begin_recording(cli->output, config, in, compress, cli->force, error);
    tn_status status = writer ? TN_OK : error->status;
    for (int split = OM_TRAIN; split < OM_SPLITS && !status; split++)
        status = om_frames_record(writer, (om_split)split, in->simulation, in->circuits.simulated, in->stimulus[split],
                                  config, in->start, progress, error);
    if (!status)
        status = om_recording_finish(writer, error);
    else
        om_recording_abandon(writer);
    return status;
}

/* An image or a movie in a folder of them, or in a folder of folders of images, is an input too. Takes the path
 * over. */
static tn_status check_input(const om_cli *cli, char *path, tn_error *error)
{
    tn_status status = path ? om_output_check(cli->output, true, 1, (const char *const *)&path, error) : error->status;
    char *target = om_output_target(cli->output), *folder = target ? om_directory_of(target) : NULL, *above = NULL;
    if (!folder || asprintf(&above, "%s/..", folder) < 0) above = NULL;
    if (!above && !status) status = om_no_memory(NULL, error);
    if (!status && access(cli->output, F_OK) == 0 &&
        (om_output_same_file(folder, path) || om_output_same_file(above, path)))
        status = tn_fail(error, TN_EINVAL, "%s: lies in the input %s; the output needs a place of its own", cli->output,
                         path);
    free(target);
    free(folder);
    free(above);
    free(path);
    return status;
}

/* Reading movies takes its time, so what is wrong with the output is said first. */
static tn_status check_output(const om_cli *cli, const om_config *config, tn_error *error)
{
    const om_strings *movies[] = {&config->stimulus.train, &config->stimulus.test};
    tn_status status = om_output_check(cli->output, cli->force, 1, &cli->argument[0], error);
    if (!status) status = check_input(cli, om_circuit_path(config, error), error);
    for (int list = 0; list < 2 && !status; list++)
        for (int i = 0; i < movies[list]->count && !status; i++) {
            if (om_source_scene(movies[list]->at[i])) continue;
            char *path = om_config_path(config, movies[list]->at[i]);
            status = path ? check_input(cli, path, error) : om_no_memory(NULL, error);
        }
    return status;
}

static void warn_of_blindness(const om_circuit *circuit, om_progress *progress)
{
    for (int32_t i = 0; i < circuit->neurons; i++)
        if (circuit->is_input[i]) return;
    om_progress_warn(progress, "circuit %s: no neuron is an input, so nothing of the movies is seen", circuit->name);
}

static tn_status generate(const om_cli *cli, const om_config *config, bool compress, om_progress *progress,
                          tn_error *error)
{
    ingredients in = {0};
    tn_status status = cli->output ? check_output(cli, config, error) : TN_OK;
    if (!status) status = prepare(&in, config, cli->output, compress, error);
    if (!status) warn_of_blindness(in.circuits.simulated, progress);
    if (!status && cli->dry_run)
        status = describe(cli, config, &in, compress, error);
    else if (!status)
        status = record(cli, config, &in, compress, progress, error);
    clear(&in);
    return status;
}

int main(int argc, char **argv)
{
    om_cli cli;
    bool compress = false;
    om_config config = {0};
    om_progress progress;
    tn_error error = {0};

    om_wait_politely(argv);
    om_cli_begin(&cli, &program, &compress, argc, argv);
    om_progress_init(&progress, cli.progress, cli.quiet);
    if (om_cli_config(&cli, cli.argument[0], &config, &error)) {
        if (!cli.output && !cli.dry_run) om_cli_usage(&cli, "where to? Give -o RECORDING");
        om_signals_catch();
        generate(&cli, &config, compress, &progress, &error);
    }
    om_config_free(&config);
    return om_signals_exit(om_cli_end(&cli, &error));
}
