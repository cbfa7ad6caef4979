/* ommatid-test: how well a training run recovered the circuit and the movie. */
#include "config.h"
#include "common/cli.h"
#include "common/no_memory.h"
#include "common/output.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/text.h"
#include "common/waiting.h"
#include "testing/figures.h"
#include "testing/forecast.h"
#include "testing/metrics_json.h"
#include "testing/recovered.h"
#include "testing/video.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What was typed beside the common options. */
typedef struct options {
    const char *recording;
    bool other_recording;
} options;

enum { OTHER_RECORDING = 1024 };

static const struct argp_option own_options[] = {
    {"data", 'd', "RECORDING", 0, "The recording that the run learned from", 0},
    {"other-recording", OTHER_RECORDING, NULL, 0,
     "Test a joint model with another recording of its circuit all the same; the movie that it recovered stays that of "
     "its own recording", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case 'd': o->recording = om_cli_path("--data", argument, state); break;
    case OTHER_RECORDING: o->other_recording = true; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp own = {.options = own_options, .parser = parse};

static const om_program program = {
    .name = "ommatid-test",
    .bit = OM_FOR_TEST,
    .arguments = "RUN -d RECORDING -o RESULTS",
    .fewest = 1,
    .most = 1,
    .purpose = "Measures what a training run recovered, and shows it in figures and a comparison video.",
    .manual = "Examples:\n"
              "  ommatid-test run -d recording.h5 -o results\n"
              "  ommatid-test run -d recording.h5 -o results --set test.ablation=0.5\n\n"
              "RESULTS then holds recovered.safetensors, which is the circuit and, of a joint model, the movie; and "
              "metrics.json, report.html with its figures, and comparison.mp4. What the recording does not know (the "
              "true stimulus, the true circuit) is left out. --set takes the keys of --help-config; the others are "
              "those that the run was trained with.",
    .own = &own,
};

#define METRICS "metrics.json"
#define REPORT "report.html"
#define VIDEO "comparison.mp4"
#define RECOVERED "recovered.safetensors"

/* A path in the results. */
static char *inside(const char *directory, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

/* A number, or what stands for one that is unknown. */
static void print_number(double value)
{
    if (isfinite(value))
        printf("%16.4f", value);
    else
        printf("%16s", "-");
}

/* Nothing where the recording knows no truth. */
static void print_score(const char *name, double in, double published)
{
    if (!isfinite(in) && !isfinite(published)) return;
    printf("%-20s", name);
    print_number(in);
    print_number(published);
    printf("\n");
}

/* How well the model follows the voltages of a part of the recording; other: NaN if there is none. */
static void print_following(const char *name, om_split split, double r, const char *other_name, double other)
{
    char words[32];
    snprintf(words, sizeof words, "%s r (%s)", name, split == OM_TRAIN ? "train" : "test");
    printf("%-20s", words);
    print_number(r);
    if (isfinite(other)) printf("   (%s %.4f)", other_name, other);
    printf("\n");
}

/* The recovery table: R2 of both read-outs, and what is known without a truth. */
static void print_table(const om_results *r)
{
    const om_readout_results *in = &r->inside, *pub = &r->published;
    printf("%-20s%16s%16s\n", "R2", "in distribution", "as published");
    print_score("weights", in->weights.all.r2, pub->weights.all.r2);
    print_score("  identifiable", in->weights.identifiable.r2, NAN);
    print_score("  by least squares", r->yardstick.weights.all.r2, NAN);
    print_score("time constants", in->time_constant.r2, pub->time_constant.r2);
    print_score("resting potentials", in->resting_potential.r2, pub->resting_potential.r2);
    print_score("cell types (share)", in->types.accuracy, pub->types.accuracy);
    print_score("stimulus", r->stimulus.r2, NAN);
    print_score("  solved for", r->stimulus_solved.r2, NAN);
    print_score("picture (median)", in->recovery.fit_r2, NAN);
    print_following("one step", r->split, r->one_step.pearson_mean, "", NAN);
    print_following("rollout", r->split, r->rollout.pearson_mean, "oracle", r->oracle.pearson_mean);
    if (isfinite(r->ablation.pearson_mean))
        print_following("ablation", r->split, r->ablation.pearson_mean, "unaware", r->ablation_unaware.pearson_mean);
}

static tn_status remove_result(const char *directory, const char *name, tn_error *error)
{
    char *path = inside(directory, name);
    tn_status status = path ? TN_OK : om_no_memory(NULL, error);
    if (path && unlink(path) != 0 && errno != ENOENT) status = tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    free(path);
    return status;
}

/* Removes what an older test left and this one has none of: figures and a video would pass for those of this run. */
static tn_status remove_older(const char *directory, const om_drawn *drawn, bool video, tn_error *error)
{
    const char *names[OM_FIGURES + 1] = {video ? NULL : VIDEO};
    for (int i = 0; i < OM_FIGURES; i++) {
        names[i + 1] = om_figure_file[i];
        for (int k = 0; k < drawn->n; k++)
            if (!strcmp(strrchr(drawn->figure[k].path, '/') + 1, om_figure_file[i])) names[i + 1] = NULL;
    }
    tn_status status = TN_OK;
    for (int i = 0; i <= OM_FIGURES && !status; i++)
        if (names[i]) status = remove_result(directory, names[i], error);
    return status;
}

static tn_status write_report(const om_cli *cli, const om_experiment *e, json_t *metrics, const om_drawn *drawn,
                              bool video, tn_error *error)
{
    om_report_figure figures[OM_FIGURES];
    for (int i = 0; i < drawn->n; i++)
        figures[i] = (om_report_figure){drawn->figure[i].title, drawn->figure[i].caption, drawn->figure[i].path};
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    const om_recording_attributes *attributes = om_recording_attributes_of(e->recording);
    bool comparable = om_published_circuit(c->types, c->type_names) && !(attributes->measurement_noise > 0) &&
                      !om_published_altered(attributes->config);
    bool joint = e->config->model.mode == OM_MODE_JOINT;
    char *path = inside(cli->output, REPORT);
    om_report report = {
        .title = *e->config->description ? e->config->description : "Ommatid",
        .metrics = metrics, .facts = json_object_get(metrics, "run"),
        .published = comparable ? om_published_like(joint, attributes->sigma) : OM_PUBLISHED_NONE,
        .n_figures = (size_t)drawn->n, .figures = figures, .video = video ? VIDEO : NULL,
    };
    tn_status status = path ? om_report_write(path, &report, error) : om_no_memory(NULL, error);
    free(path);
    return status;
}

static tn_status write_results(const om_cli *cli, const om_results *results, const om_experiment *e,
                               const om_progress_made *made, const om_history *history, bool shown,
                               om_progress *progress, tn_error *error)
{
    char *metrics_path = inside(cli->output, METRICS), *video_path = inside(cli->output, VIDEO);
    char *recovered_path = inside(cli->output, RECOVERED);
    om_run_facts facts = {made->step, made->seconds, made->seed, made->program};
    json_t *metrics = om_results_json(results, e, &facts);
    om_drawn *drawn = calloc(1, sizeof *drawn);
    bool video = false;
    bool complete = metrics_path && video_path && recovered_path && metrics && drawn;
    tn_status status = complete ? TN_OK : om_no_memory(NULL, error);
    if (!status) status = om_results_stopped(error);
    /* Written last, the report says that the others belong together; one of an older test must not. */
    if (!status) status = remove_result(cli->output, REPORT, error);
    if (!status) status = om_recovered_write(recovered_path, results, e, made, error);
    if (!status) status = om_json_write(metrics, metrics_path, cli->force, error);
    if (!status) status = om_figures_draw(cli->output, history, results, e, drawn, error);
    if (!status && shown) status = om_video_make(video_path, results, e, cli->force, progress, &video, error);
    if (!status) status = write_report(cli, e, metrics, drawn, video, error);
    if (!status) status = remove_older(cli->output, drawn, video, error);
    if (!status && !cli->quiet) {
        print_table(results);
        printf("results: %s\n", om_text_line(cli->output).text);
    }
    free(metrics_path);
    free(video_path);
    free(recovered_path);
    free(drawn);
    json_decref(metrics);
    return status;
}

/* Another recording of the same circuit is one way to test a model that is given the movie. The SIREN of a joint model
 * has nothing to say about it. */
static tn_status check_recording(const om_experiment *e, const om_checkpoint *checkpoint, bool accepted,
                                 om_progress *progress, tn_error *error)
{
    char how[120];
    if (!om_experiment_differs(e, checkpoint, how)) return TN_OK;
    const char *path = om_checkpoint_path(checkpoint);
    if (e->config->model.mode == OM_MODE_JOINT && !accepted)
        return tn_fail(error, TN_EFORMAT, "%s: was trained on another recording than the one given: %s; the movie of a "
                       "joint model is that of its own recording (--other-recording tests it all the same)", path, how);
    om_progress_warn(progress, "%s was trained on another recording than the one given: %s", path, how);
    return TN_OK;
}

/* What is written or removed in the results must not be what they are made from. */
static tn_status check_inputs(const om_cli *cli, const options *o, const om_checkpoint *checkpoint, tn_error *error)
{
    enum { OTHERS = 4, INPUTS = 3 };
    const char *names[OTHERS + OM_FIGURES] = {METRICS, REPORT, VIDEO, RECOVERED};
    memcpy(names + OTHERS, om_figure_file, sizeof om_figure_file);
    char *history = inside(cli->argument[0], "metrics.jsonl");
    if (!history) return om_no_memory(NULL, error);
    const char *const inputs[INPUTS] = {o->recording, om_checkpoint_path(checkpoint), history};
    tn_status status = om_output_check_files(cli->output, OTHERS + OM_FIGURES, names, INPUTS, inputs, error);
    free(history);
    return status;
}

/* The metrics of the run are read first: what is wrong with them is not to show after hours. A directory that was made
 * for results that are none goes again. */
static tn_status measure(const om_cli *cli, const options *o, om_experiment *e, const om_checkpoint *checkpoint,
                         om_progress *progress, tn_error *error)
{
    om_results results = {0};
    om_history history = {0};
    om_lock lock = {0};
    bool shown = false, there = access(cli->output, F_OK) == 0;
    tn_status status = om_output_directory(cli->output, cli->force, "written", &lock, error);
    if (!status) status = check_inputs(cli, o, checkpoint, error);
    if (!status) status = om_history_read(&history, cli->argument[0], progress, error);
    if (!status) status = om_video_plan(e, progress, &shown, error);
    if (!status) status = om_results_measure(&results, e, progress, error);
    const om_progress_made *made = om_checkpoint_made(checkpoint);
    if (!status) status = write_results(cli, &results, e, made, &history, shown, progress, error);
    om_lock_release(&lock);
    if (status && !there) rmdir(cli->output); /* which fails where something is in it */
    om_history_clear(&history);
    om_results_clear(&results);
    return status;
}

/* What the figures and the video need, without making them. */
static tn_status try_what_is_shown(const om_cli *cli, const om_experiment *e, om_progress *progress, tn_error *error)
{
    om_selected selected = {0};
    om_history history = {0};
    bool shown;
    tn_status status = om_results_select(&selected, e, error);
    if (!status) status = om_history_read(&history, cli->argument[0], progress, error);
    if (!status) status = om_video_plan(e, progress, &shown, error);
    om_history_clear(&history);
    tn_free(selected.neuron);
    return status;
}

static tn_status test(const om_cli *cli, const options *o, const om_config *config, om_recording *recording,
                      const om_checkpoint *checkpoint, om_progress *progress, tn_error *error)
{
    om_experiment experiment;
    tn_status status = om_experiment_make(&experiment, config, recording, error);
    if (!status) status = om_experiment_restore(&experiment, checkpoint, NULL, error);
    if (!status) status = check_recording(&experiment, checkpoint, o->other_recording, progress, error);
    if (!status && !cli->dry_run) status = measure(cli, o, &experiment, checkpoint, progress, error);
    else if (!status) {
        if (cli->output) status = om_output_directory_check(cli->output, cli->force, error);
        if (!status && cli->output) status = check_inputs(cli, o, checkpoint, error);
        if (!status) status = try_what_is_shown(cli, &experiment, progress, error);
        if (!status) status = om_forecast(&experiment, om_checkpoint_made(checkpoint), stdout, error);
    }
    om_experiment_clear(&experiment);
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
    om_signals_catch();
    om_checkpoint *checkpoint = om_checkpoint_newest(cli.argument[0], &progress, &error);
    if (checkpoint && om_cli_config_text(&cli, om_checkpoint_path(checkpoint), om_checkpoint_made(checkpoint)->config,
                                         &config, &error)) {
        if (!o.recording) om_cli_usage(&cli, "which recording? Give -d RECORDING");
        if (!cli.output && !cli.dry_run) om_cli_usage(&cli, "where to? Give -o RESULTS");
        om_recording *recording = om_recording_open(o.recording, &error);
        if (recording) test(&cli, &o, &config, recording, checkpoint, &progress, &error);
        om_recording_close(recording);
    }
    om_checkpoint_free(checkpoint);
    om_config_free(&config);
    return om_signals_exit(om_cli_end(&cli, &error));
}
