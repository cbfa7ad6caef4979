/* ommatid-generate: a recording of a circuit watching movies. */
#include <config.h>
#include "common/cli.h"
#include "common/signals.h"
#include "generation/frames.h"
#include "generation/wiring.h"

#include <stdlib.h>
#include <string.h>

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
        "  ommatid-generate fly.yaml --data-dir ~/data -o fly.h5 --set simulation.sigma=0.5\n\n"
        "Movies are whatever FFmpeg reads, folders of PNG or JPEG images, or built-in scenes (scene:dead_leaves). "
        "The circuit is built in or a circuit/1 file. The recording is HDF5.",
    .own = &own,
};

/* What the recording will say of itself. */
static om_recording_plan plan_of(const om_config *config, const om_circuits *circuits, const char **type_names,
                                 const om_recording_truth *truth, const char *config_text)
{
    return (om_recording_plan){
        .attributes = {.delta_t = config->simulation.delta_t, .sigma = config->simulation.sigma,
                       .measurement_noise = config->simulation.measurement_noise, .seed = (uint64_t)config->seed,
                       .config = config_text, .program = PACKAGE_STRING},
        .circuit = om_circuits_shown(circuits, type_names),
        .truth = truth,
        .frames = {[OM_TRAIN] = config->simulation.train_frames, [OM_TEST] = config->simulation.test_frames},
        .has = {[OM_VOLTAGE] = true, [OM_DERIVATIVE] = true, [OM_STIMULUS] = true},
    };
}

static void describe(const om_cli *cli, const om_config *config, const om_circuits *circuits, FILE *stream)
{
    const om_circuit *c = circuits->shown;
    double frames = (double)(config->simulation.train_frames + config->simulation.test_frames);
    fprintf(stream,
            "circuit    %s: %d types, %d neurons, %d synapses, %d columns\n"
            "frames     %lld to learn from, %lld to test with\n"
            "disk       %.1f MB\n"
            "output     %s\n",
            c->name, c->types, c->neurons, c->synapses, c->columns, (long long)config->simulation.train_frames,
            (long long)config->simulation.test_frames, frames * (2.0 * c->neurons + c->columns) * 4 / 1e6,
            cli->output ? cli->output : "(none given)");
}

static tn_status record(const om_config *config, const om_circuits *circuits, om_recording_writer *writer,
                        om_progress *progress, tn_error *error)
{
    const om_circuit *circuit = circuits->simulated;
    om_simulation *simulation = om_simulation_new(circuit, config->simulation.delta_t, config->simulation.sigma,
                                                  (uint64_t)config->seed, error);
    float *start = tn_alloc((size_t)circuit->neurons * sizeof *start);
    tn_status status = simulation && start ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a simulation");
    if (!status) status = om_simulation_settle(simulation, 0.5, SETTLING_FRAMES, error);
    if (!status) memcpy(start, om_simulation_voltage(simulation), (size_t)circuit->neurons * sizeof *start);
    for (int split = OM_TRAIN; split < OM_SPLITS && !status; split++) {
        om_stimulus *stimulus = om_frames_stimulus((om_split)split, circuit->lattice, config, error);
        status = stimulus ? om_frames_record(writer, (om_split)split, simulation, circuit, stimulus, config, start,
                                             progress, error)
                          : error->status;
        om_stimulus_free(stimulus);
    }
    om_simulation_free(simulation);
    tn_free(start);
    return status;
}

static tn_status generate(const om_cli *cli, const om_config *config, bool compress, om_progress *progress,
                          tn_error *error)
{
    om_circuits circuits;
    tn_status status = om_circuits_make(&circuits, config, error);
    if (!status && cli->dry_run) describe(cli, config, &circuits, stdout);
    else if (!status) {
        const char **type_names = calloc((size_t)circuits.shown->types, sizeof *type_names);
        char *text = om_config_text(config);
        om_recording_truth truth = om_circuits_truth(&circuits);
        om_recording_writer *writer = NULL;
        if (type_names && text) {
            om_recording_plan plan = plan_of(config, &circuits, type_names, &truth, text);
            plan.compress = compress;
            plan.overwrite = cli->force;
            writer = om_recording_create(cli->output, &plan, error);
        } else tn_fail(error, TN_ENOMEM, "out of memory");
        status = writer ? record(config, &circuits, writer, progress, error) : error->status;
        if (!status) status = om_recording_finish(writer, error);
        else om_recording_abandon(writer);
        free(type_names);
        free(text);
    }
    om_circuits_clear(&circuits);
    return status;
}

int main(int argc, char **argv)
{
    om_cli cli;
    bool compress = false;
    om_config config = {0};
    om_progress progress;
    tn_error error = {0};

    om_cli_begin(&cli, &program, &compress, argc, argv);
    om_progress_init(&progress, cli.progress, cli.quiet);
    if (om_cli_config(&cli, cli.argument[0], &config, &error)) {
        if (!cli.output && !cli.dry_run) om_cli_usage(&cli, "where to? Give -o RECORDING");
        om_signals_catch();
        generate(&cli, &config, compress, &progress, &error);
    }
    om_config_free(&config);
    return om_cli_end(&cli, &error);
}
