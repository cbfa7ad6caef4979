/* cli.h - what the programs have in common for whoever types their names.
 *
 *     int main(int argc, char **argv)
 *     {
 *         om_cli cli;
 *         om_config config = {0};
 *         tn_error error = {0};
 *         om_cli_begin(&cli, &program, NULL, argc, argv);
 *         if (om_cli_config(&cli, cli.argument[0], &config, &error)) {
 *             ... do the work, which says in error why it fails ...
 *         }
 *         om_config_free(&config);
 *         return om_cli_end(&cli, &error);
 *     }                                                                                                          */
#ifndef OM_CLI_H
#define OM_CLI_H

#include "common/configuration.h"
#include "common/progress.h"

#include <argp.h>

/* Exit statuses, the same for all programs. */
typedef enum om_exit {
    OM_EXIT_OK,
    OM_EXIT_FAILED,  /* anything else, such as out of memory */
    OM_EXIT_USAGE,   /* wrong options */
    OM_EXIT_INPUT,   /* a configuration or a file that is not what it should be */
    OM_EXIT_NUMERIC, /* training or a simulation diverged: a value became NaN or infinite */
    OM_EXIT_IO,      /* reading or writing failed */
} om_exit;

om_exit om_exit_code(tn_status status);

/* What one program says of itself; constant. */
typedef struct om_program {
    const char *name;       /* "ommatid-train" */
    unsigned bit;           /* OM_FOR_TRAIN */
    const char *arguments;  /* "CONFIG RECORDING", for --help */
    int fewest, most;       /* number of plain arguments, OM_CLI_ARGUMENTS at most */
    const char *purpose;    /* what it does: before the options in --help */
    const char *manual;     /* examples and files: behind the options */
    const struct argp *own; /* its own options, or NULL; keys without a letter start at 1024 */
} om_program;

enum { OM_CLI_ARGUMENTS = 4 };

/* What was typed. Strings are those of argv. */
typedef struct om_cli {
    const om_program *program;
    int n_argument;
    const char *argument[OM_CLI_ARGUMENTS]; /* plain arguments */
    const char *output, *data_dir;          /* NULL if not given */
    bool force, dry_run, print_config, quiet;
    om_progress_mode progress;
    int n_set;
    char **set; /* "key=value", in the order given; --seed and --threads are among them */
    void *own;  /* input of the program's own options */
    bool failed; /* out of memory while reading the options */
} om_cli;

/* Reads the options. --help, --usage, --version, --help-config and wrong usage, an empty path among it, print and end
 * the program, as argp does; wrong usage with OM_EXIT_USAGE.
 *   own  what the parser of the program's own options finds in state->input, or NULL */
void om_cli_begin(om_cli *cli, const om_program *program, void *own, int argc, char **argv);

/* For parsers of options: the path given to one. An empty path is wrong usage. */
const char *om_cli_path(const char *option, const char *path, struct argp_state *state);

/* Wrong usage that shows only when all options are known: prints the message and ends the program, as argp does. */
void om_cli_usage(const om_cli *cli, const char *message) __attribute__((noreturn));

/* Reads the configuration at path (NULL: defaults) with --set and --data-dir, and sets the number of threads.
 * Returns whether the program is to go on: not after an error, nor when --print-config was asked and served. */
bool om_cli_config(const om_cli *cli, const char *path, om_config *config, tn_error *error);

/* The same from the text that a checkpoint keeps; name stands for it in messages. Of its keys only those that the
 * program uses (om_program's bit) may be set otherwise: else, as after other wrong usage, the program ends with
 * OM_EXIT_USAGE. */
bool om_cli_config_text(const om_cli *cli, const char *name, const char *text, om_config *config, tn_error *error);

/* Prints the error if there is one in one line, "ommatid-train: fly.yaml:3: ...", frees what cli owns and returns the
 * exit status. All errors of the work come out here. */
int om_cli_end(om_cli *cli, const tn_error *error);

#endif
