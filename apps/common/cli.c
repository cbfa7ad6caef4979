/* Options, exit statuses and messages of the programs. */
#include "config.h"
#include "common/cli.h"
#include "common/no_memory.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SET = 256, DATA_DIR, SEED, THREADS, PROGRESS, FORCE, DRY_RUN, PRINT_CONFIG, HELP_CONFIG };

static const struct argp_option options[] = {
    {"output", 'o', "PATH", 0, "Where the result goes", 1},
    {"force", FORCE, NULL, 0, "Replace results that exist", 1},
    {"data-dir", DATA_DIR, "DIR", 0, "Where relative paths of the configuration start (default: its own directory)", 1},
    {"set", SET, "KEY=VALUE", 0, "Override a key of the configuration, such as --set siren.hidden_dim=512", 2},
    {"seed", SEED, "N", 0, "The same as --set seed=N", 2},
    {"threads", THREADS, "N", 0, "The same as --set threads=N; results do not depend on it", 2},
    {"print-config", PRINT_CONFIG, NULL, 0, "Print the configuration with every default, and do nothing else", 2},
    {"help-config", HELP_CONFIG, NULL, 0, "Explain every key of the configuration that this program uses", 2},
    {"dry-run", DRY_RUN, NULL, 0, "Check the inputs, say what would be done, and write nothing", 3},
    {"progress", PROGRESS, "auto|plain|json|none", 0, "How progress is shown on standard error", 3},
    {"quiet", 'q', NULL, 0, "Print nothing but warnings and errors", 3},
    {0},
};

static const char exit_statuses[] =
    "Exit status: 0 done; 1 failed, or stopped before there was a result; 2 wrong options; 3 a configuration or an "
    "input that is not what it should be; 4 training or a simulation diverged: a value became NaN or infinite; "
    "5 reading or writing failed.";

om_exit om_exit_code(tn_status status)
{
    switch (status) {
    case TN_OK: return OM_EXIT_OK;
    case TN_EINVAL:
    case TN_EFORMAT: return OM_EXIT_INPUT;
    case TN_ENUMERIC: return OM_EXIT_NUMERIC;
    case TN_EIO: return OM_EXIT_IO;
    default: return OM_EXIT_FAILED;
    }
}

/* Keeps "prefix" "value" as one assignment. */
static void keep(om_cli *cli, const char *prefix, const char *value)
{
    char **grown = reallocarray(cli->set, (size_t)cli->n_set + 1, sizeof *grown);
    if (grown) cli->set = grown;
    if (!grown || asprintf(&cli->set[cli->n_set], "%s%s", prefix, value) < 0)
        cli->failed = true;
    else
        cli->n_set++;
}

static void choose_progress(om_cli *cli, const char *word, struct argp_state *state)
{
    static const char *const words[] = {
        [OM_PROGRESS_AUTO] = "auto",
        [OM_PROGRESS_PLAIN] = "plain",
        [OM_PROGRESS_JSON] = "json",
        [OM_PROGRESS_NONE] = "none",
    };
    for (int i = 0; i <= OM_PROGRESS_NONE; i++)
        if (strcmp(word, words[i]) == 0) {
            cli->progress = (om_progress_mode)i;
            return;
        }
    argp_error(state, "--progress is auto, plain, json or none, not '%s'", om_text_line(word).text);
}

const char *om_cli_path(const char *option, const char *path, struct argp_state *state)
{
    if (!*path) argp_error(state, "%s: the path is empty", option);
    return path;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    om_cli *cli = state->input;
    const om_program *program = cli->program;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = cli->own; break;
    case 'o': cli->output = om_cli_path("--output", value, state); break;
    case DATA_DIR: cli->data_dir = om_cli_path("--data-dir", value, state); break;
    case 'q': cli->quiet = true; break;
    case FORCE: cli->force = true; break;
    case DRY_RUN: cli->dry_run = true; break;
    case PRINT_CONFIG: cli->print_config = true; break;
    case PROGRESS: choose_progress(cli, value, state); break;
    case SEED: keep(cli, "seed=", value); break;
    case THREADS: keep(cli, "threads=", value); break;
    case SET:
        if (!strchr(value, '=')) argp_error(state, "--set takes KEY=VALUE, not '%s'", om_text_line(value).text);
        keep(cli, "", value);
        break;
    case HELP_CONFIG:
        om_config_help(program->bit, stdout);
        exit(OM_EXIT_OK);
    case ARGP_KEY_ARG:
        if (cli->n_argument == program->most) argp_error(state, "too many arguments: '%s'", om_text_line(value).text);
        if (!*value) argp_error(state, "an argument is empty; expected %s", program->arguments);
        cli->argument[cli->n_argument++] = value;
        break;
    case ARGP_KEY_END:
        if (cli->n_argument < program->fewest) argp_error(state, "expected %s", program->arguments);
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void print_version(FILE *stream, struct argp_state *state)
{
    fprintf(stream,
            "%s (%s) %s\n"
            "Copyright (C) 2026 the Ommatid authors; license BSD-3-Clause.\n"
            "There is no warranty, to the extent permitted by law.\n"
            "Computing with %s.\n",
            state->name, PACKAGE_NAME, PACKAGE_VERSION, tn_hardware());
}

/* A full disk must not pass for success. Of an error met before, the reason is forgotten. */
static void check_standard_output(void)
{
    bool flushed = fflush(stdout) == 0;
    if (flushed && !ferror(stdout)) return;
    fprintf(stderr, "%s: standard output: %s\n", program_invocation_short_name,
            flushed ? "writing failed" : strerror(errno));
    _exit(OM_EXIT_IO);
}

/* Where standard input, output or error is closed, the next file opened would take its number, and messages would be
 * written into it. A place that cannot be used so keeps the number. */
static void keep_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) != stream)
            _exit(OM_EXIT_FAILED);
}

void om_cli_begin(om_cli *cli, const om_program *program, void *own, int argc, char **argv)
{
    char *doc = NULL;
    keep_standard_streams();
    *cli = (om_cli){.program = program, .own = own};
    if (asprintf(&doc, "%s\v%s\n\n%s", program->purpose, program->manual, exit_statuses) < 0) doc = NULL;
    struct argp nothing = {0};
    struct argp_child children[] = {{program->own ? program->own : &nothing, 0, NULL, 4}, {0}};
    struct argp argp = {options, parse, program->arguments, doc, children, NULL, NULL};

    /* argp's own interface is these variables. Messages bear the program's name, not that of a link or a wrapper. */
    argp_program_version_hook = print_version;
    argp_program_bug_address = PACKAGE_BUGREPORT;
    argp_err_exit_status = OM_EXIT_USAGE;
    if (argc > 0) argv[0] = (char *)program->name;
    atexit(check_standard_output);
    if (argp_parse(&argp, argc, argv, 0, NULL, cli) != 0) cli->failed = true;
    free(doc);
}

void om_cli_usage(const om_cli *cli, const char *message)
{
    fprintf(stderr, "%s: %s\nTry '%s --help' or '%s --usage' for more information.\n", cli->program->name, message,
            cli->program->name, cli->program->name);
    exit(OM_EXIT_USAGE);
}

/* Beyond MOST_THREADS, the bound of the key too, OpenMP would end the program without a word of ours. */
static bool threads_are_possible(tn_error *error)
{
    enum { MOST_THREADS = 1024 };
    if (tn_threads() <= MOST_THREADS) return true;
    tn_fail(error, TN_EFORMAT, "OMP_NUM_THREADS: %d threads, expected at most %d", tn_threads(), MOST_THREADS);
    return false;
}

static bool go_on(const om_cli *cli, tn_status status, const om_config *config, tn_error *error)
{
    if (status != TN_OK) return false;
    tn_set_threads((int)config->threads);
    if (!threads_are_possible(error)) return false;
    if (cli->print_config) om_config_print(config, stdout);
    return !cli->print_config;
}

static tn_status check_options(const om_cli *cli, tn_error *error)
{
    return cli->failed ? om_no_memory(NULL, error) : TN_OK;
}

bool om_cli_config(const om_cli *cli, const char *path, om_config *config, tn_error *error)
{
    tn_status status = check_options(cli, error);
    const char *const *set = (const char *const *)cli->set;
    if (status == TN_OK) status = om_config_read(config, path, cli->data_dir, cli->n_set, set, error);
    return go_on(cli, status, config, error);
}

/* What is kept beside results decides what they are, but for the keys that the program itself goes by. */
static void check_set(const om_cli *cli)
{
    for (int i = 0; i < cli->n_set; i++) {
        if (om_config_may_set(cli->set[i], cli->program->bit)) continue;
        char *text = NULL;
        size_t length = 0;
        FILE *stream = open_memstream(&text, &length);
        if (stream) {
            fprintf(stream, "--set %.*s: was settled when the run was trained; what may be set here is ",
                    (int)strcspn(cli->set[i], "="), cli->set[i]);
            om_config_list(cli->program->bit, stream);
        }
        om_cli_usage(cli, stream && fclose(stream) == 0 ? text : "out of memory");
    }
}

bool om_cli_config_text(const om_cli *cli, const char *name, const char *text, om_config *config, tn_error *error)
{
    tn_status status = check_options(cli, error);
    const char *const *set = (const char *const *)cli->set;
    check_set(cli);
    if (status == TN_OK)
        status = om_config_parse(config, name, text, strlen(text), cli->data_dir, cli->n_set, set, error);
    return go_on(cli, status, config, error);
}

int om_cli_end(om_cli *cli, const tn_error *error)
{
    if (error->status != TN_OK) fprintf(stderr, "%s: %s\n", cli->program->name, om_text_line(error->message).text);
    for (int i = 0; i < cli->n_set; i++) free(cli->set[i]);
    free(cli->set);
    cli->set = NULL;
    cli->n_set = 0;
    return (int)om_exit_code(error->status);
}
