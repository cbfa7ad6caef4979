/* ommatid-train: learn the circuit, and the movie it was watching, from a recording. */
#include "config.h"
#include "common/output.h"
#include "common/no_memory.h"
#include "common/signals.h"
#include "common/text.h"
#include "common/waiting.h"
#include "training/dump.h"
#include "training/estimate.h"
#include "training/files.h"
#include "training/resume.h"
#include "training/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What was typed beside the common options. */
typedef struct options {
    const char *recording, *dump, *frames;
    double max_minutes;
    bool resume, profile;
} options;

enum { RESUME = 1024, MAX_MINUTES, DUMP_STEP, FRAMES, PROFILE };

static const struct argp_option own_options[] = {
    {"data", 'd', "RECORDING", 0, "The recording to learn from, as ommatid-generate writes it", 0},
    {"resume", RESUME, NULL, 0, "Go on from the checkpoint of the run, bit for bit", 0},
    {"max-minutes", MAX_MINUTES, "N", 0, "Stop and save after so many minutes; schedules do not depend on it", 0},
    {"dump-step", DUMP_STEP, "FILE", 0,
     "Write parameters, loss terms and gradients of one step to a safetensors file, and do nothing else; the "
     "parameters are those of the run given with -o, or the initial ones without -o", 0},
    {"frames", FRAMES, "A,B,...", 0, "Training frames of that step", 0},
    {"profile", PROFILE, NULL, 0, "At the end, print where the time and the memory of a step went", 0},
    {0},
};

static double minutes(const char *text, struct argp_state *state)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value <= 0)
        argp_error(state, "--max-minutes: %s is not a number above 0", om_text_line(text).text);
    return value;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case 'd': o->recording = om_cli_path("--data", argument, state); break;
    case RESUME: o->resume = true; break;
    case MAX_MINUTES: o->max_minutes = minutes(argument, state); break;
    case DUMP_STEP: o->dump = om_cli_path("--dump-step", argument, state); break;
    case FRAMES: o->frames = argument; break;
    case PROFILE: o->profile = true; break;
    case ARGP_KEY_END:
        if (!o->dump != !o->frames) argp_error(state, "--dump-step and --frames go together");
        if (o->dump && (o->resume || o->profile || o->max_minutes > 0))
            argp_error(state, "--dump-step trains nothing; leave out --resume, --max-minutes and --profile");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp own = {.options = own_options, .parser = parse};

static const om_program program = {
    .name = "ommatid-train",
    .bit = OM_FOR_TRAIN,
    .arguments = "CONFIG -d RECORDING -o RUN",
    .fewest = 1,
    .most = 1,
    .purpose = "Learns the synaptic weights, the time constants and, unless it is given, the movie from recorded "
               "voltages and the wiring diagram.",
    .manual = "Examples:\n"
              "  ommatid-train demo.yaml -d recording.h5 -o run\n"
              "  ommatid-train demo.yaml -d recording.h5 -o run --resume --max-minutes=30\n"
              "  ommatid-train demo.yaml -d recording.h5 -o run --set training.steps=2000\n\n"
              "RUN then holds checkpoint.safetensors (parameters and the state of the optimizer; Python's safetensors "
              "reads it), previous.checkpoint.safetensors, metrics.jsonl and config.yaml. SIGTERM, a closed terminal "
              "and the first ^C finish the step, save and leave; --resume goes on. One program at a time trains a run.",
    .own = &own,
};

/* Parts that training makes use of. */
enum { WANTED = 1 << OM_PART_DERIVATIVE | 1 << OM_PART_STIMULUS | 1 << OM_PART_TRUTH };

static tn_status make_steps(const om_cli *cli, const options *o, om_trainer *trainer, tn_error *error)
{
    const om_config *config = trainer->experiment->config;
    om_experiment_say_missing(trainer->experiment, WANTED, trainer->progress);
    tn_status status = trainer->step < config->training.steps ? om_config_save(config, cli->output, error) : TN_OK;
    trainer->max_seconds = 60 * o->max_minutes;
    if (!status) status = om_trainer_run(trainer, error);
    if (!status && o->profile) om_trainer_print_profile(trainer, stdout);
    return status;
}

#define DEED "trained" /* RUN: is being trained by process ... */

/* Of a run that is there, before the recording is read: of two programs that train one run the second is to find out at
 * once. */
static tn_status lock_run(const om_cli *cli, const options *o, om_lock *lock, tn_error *error)
{
    struct stat status;
    if (o->dump || cli->dry_run) return TN_OK;
    bool there = stat(cli->output, &status) == 0 && S_ISDIR(status.st_mode);
    return there || o->resume ? om_lock_take(lock, cli->output, DEED, error) : TN_OK;
}

static tn_status train(const om_cli *cli, const options *o, om_experiment *experiment, om_lock *lock,
                       om_progress *progress, tn_error *error)
{
    om_trainer trainer = {0};
    tn_status status = o->resume ? TN_OK : om_output_directory(cli->output, cli->force, DEED, lock, error);
    if (!status) status = om_run_check(cli->output, cli->argument[0], o->recording, experiment->config, error);
    if (!status) status = om_trainer_open(&trainer, experiment, cli->output, o->resume, o->profile, progress, error);
    if (!status) status = make_steps(cli, o, &trainer, error);
    om_trainer_close(&trainer);
    return status;
}

/* --dump-step must not replace what the step is made of, or what the run is resumed and judged by. */
static tn_status check_dump(const om_cli *cli, const options *o, tn_error *error)
{
    const char *const inputs[] = {cli->argument[0], o->recording};
    tn_status status = cli->output ? om_run_spare(cli->output, o->dump, error) : TN_OK;
    return status ? status : om_output_check(o->dump, cli->force, 2, inputs, error);
}

static tn_status estimate(const om_cli *cli, const options *o, om_experiment *experiment, om_progress *progress,
                          tn_error *error)
{
    int64_t made = 0;
    tn_status status = TN_OK;
    if (cli->output && !o->resume) status = om_output_directory_check(cli->output, cli->force, error);
    if (!status && cli->output)
        status = om_run_check(cli->output, cli->argument[0], o->recording, experiment->config, error);
    if (!status && cli->output && o->resume) status = om_resume_try(experiment, cli->output, progress, &made, error);
    return status ? status : om_estimate(experiment, made, stdout, error);
}

static tn_status work(const om_cli *cli, const options *o, const om_config *config, om_recording *recording,
                      om_progress *progress, tn_error *error)
{
    om_experiment experiment = {0};
    om_lock lock = {0};
    tn_status status = lock_run(cli, o, &lock, error);
    if (!status) status = om_experiment_make(&experiment, config, recording, error);
    if (!status && (o->dump || cli->dry_run)) om_experiment_say_missing(&experiment, WANTED, progress);
    const om_dump dump = {.path = o->dump, .frames = o->frames, .run = cli->output, .dry_run = cli->dry_run};
    if (!status && o->dump)
        status = om_dump_step(&experiment, &dump, progress, error);
    else if (!status && cli->dry_run)
        status = estimate(cli, o, &experiment, progress, error);
    else if (!status)
        status = train(cli, o, &experiment, &lock, progress, error);
    om_experiment_clear(&experiment);
    om_lock_release(&lock);
    return status;
}

int main(int argc, char **argv)
{
    om_cli cli;
    options o = {0};
    om_config config = {0};
    om_progress progress;
    tn_error error = {0};

    om_wait_politely(argv);
    om_cli_begin(&cli, &program, &o, argc, argv);
    om_progress_init(&progress, cli.progress, cli.quiet);
    if (om_cli_config(&cli, cli.argument[0], &config, &error)) {
        if (!o.recording) om_cli_usage(&cli, "which recording? Give -d RECORDING");
        if (!cli.output && !cli.dry_run && !o.dump) om_cli_usage(&cli, "where to? Give -o RUN");
        if (o.resume && cli.force) om_cli_usage(&cli, "--resume goes on with a run, --force begins a new one");
        om_signals_catch();
        tn_status status = o.dump ? check_dump(&cli, &o, &error) : TN_OK;
        om_recording *recording = status ? NULL : om_recording_open(o.recording, &error);
        if (recording) work(&cli, &o, &config, recording, &progress, &error);
        om_recording_close(recording);
    }
    om_config_free(&config);
    return om_signals_exit(om_cli_end(&cli, &error));
}
