/* The command line: what each option does, and how wrong ones end. */
#include "config.h"
#include "common/cli.h"
#include "testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OWN_OPTION = 1024 };

static error_t own_option(int key, char *value, struct argp_state *state)
{
    if (key != OWN_OPTION) return ARGP_ERR_UNKNOWN;
    *(const char **)state->input = value;
    return 0;
}

static const struct argp_option own_options[] = {{"resume", OWN_OPTION, "RUN", 0, "Go on", 0}, {0}};
static const struct argp own = {own_options, own_option, NULL, NULL, NULL, NULL, NULL};
static const om_program program = {
    .name = "ommatid-demo",
    .bit = OM_FOR_TRAIN,
    .arguments = "CONFIG [RECORDING]",
    .fewest = 1,
    .most = 2,
    .purpose = "Shows what programs share.",
    .manual = "Examples:\n  ommatid-demo fly.yaml",
    .own = &own,
};

enum { MOST_WORDS = 32 };

/* The words of a command line behind the program's name, ended by NULL. */
static int words_of(const char *const *words, char **argv)
{
    static char name[] = "./some-link";
    int argc = 1;
    argv[0] = name;
    while (words[argc - 1]) {
        argv[argc] = (char *)words[argc - 1];
        argc++;
    }
    argv[argc] = NULL;
    return argc;
}

/* A whole program: returns its exit status. */
static int whole_program(const char *const *words)
{
    char *argv[MOST_WORDS];
    const char *resume = NULL;
    om_cli cli;
    om_config config = {0};
    tn_error error = {0};
    om_cli_begin(&cli, &program, &resume, words_of(words, argv), argv);
    if (om_cli_config(&cli, cli.argument[0], &config, &error)) puts("going on");
    om_config_free(&config);
    return om_cli_end(&cli, &error);
}

static char said[8192], complained[8192];

static void read_back(const char *name, char text[8192])
{
    FILE *file = fopen(scratch_path(name), "r");
    text[fread(text, 1, 8191, file)] = 0;
    fclose(file);
}

/* Runs the program in a process of its own; what it prints comes to said and complained.
 *   standard_output  where it prints to, or NULL */
static int run(const char *standard_output, const char *const *words)
{
    int status;
    char output[256], errors[256];
    snprintf(output, sizeof output, "%s", standard_output ? standard_output : scratch_path("out"));
    snprintf(errors, sizeof errors, "%s", scratch_path("err"));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int flags = O_WRONLY | O_CREAT | O_TRUNC;
        if (dup2(open(output, flags, 0666), STDOUT_FILENO) < 0 || dup2(open(errors, flags, 0666), STDERR_FILENO) < 0)
            _exit(99);
        exit(whole_program(words));
    }
    waitpid(child, &status, 0);
    if (!standard_output) read_back("out", said);
    read_back("err", complained);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RUN(...) run(NULL, (const char *const[]){__VA_ARGS__, NULL})

static const char *some_config(const char *text)
{
    static char path[256];
    snprintf(path, sizeof path, "%s", scratch_path("some.yaml"));
    write_text(path, text);
    return path;
}

START_TEST(statuses_have_documented_exit_codes)
{
    ck_assert_int_eq(om_exit_code(TN_OK), 0);
    ck_assert_int_eq(om_exit_code(TN_ENOMEM), 1);
    ck_assert_int_eq(om_exit_code(TN_ESHAPE), 1);
    ck_assert_int_eq(om_exit_code(TN_EINVAL), 3);
    ck_assert_int_eq(om_exit_code(TN_EFORMAT), 3);
    ck_assert_int_eq(om_exit_code(TN_ENUMERIC), 4);
    ck_assert_int_eq(om_exit_code(TN_EIO), 5);
}
END_TEST

START_TEST(options_and_arguments_arrive)
{
    static const char *const words[] = {"fly.yaml", "-o",       "run",  "--data", "/data", "--set=siren.layers=2",
                                        "--seed",   "7",        "-q",     "--force", "--progress=json",
                                        "rec.h5",   "--resume", "old", NULL};
    char *argv[MOST_WORDS];
    const char *resume = NULL;
    om_cli cli;
    om_cli_begin(&cli, &program, &resume, words_of(words, argv), argv);
    ck_assert_int_eq(cli.n_argument, 2);
    ck_assert_str_eq(cli.argument[0], "fly.yaml");
    ck_assert_str_eq(cli.argument[1], "rec.h5");
    ck_assert_str_eq(cli.output, "run");
    ck_assert_str_eq(cli.data_dir, "/data");
    ck_assert_str_eq(resume, "old");
    ck_assert_int_eq(cli.n_set, 2);
    ck_assert_str_eq(cli.set[0], "siren.layers=2");
    ck_assert_str_eq(cli.set[1], "seed=7");
    ck_assert(cli.force && cli.quiet && !cli.dry_run && !cli.print_config);
    ck_assert_int_eq(cli.progress, OM_PROGRESS_JSON);
    ck_assert_int_eq(om_cli_end(&cli, &(tn_error){0}), 0);
}
END_TEST

START_TEST(the_configuration_is_read_with_the_options)
{
    static const char *const words[] = {"-", "--threads=3", "--set", "siren.layers=2", "--data-dir=/data", NULL};
    char *argv[MOST_WORDS];
    om_cli cli;
    om_config config = {0};
    tn_error error = {0};
    om_cli_begin(&cli, &program, NULL, words_of(words, argv), argv);
    ck_assert(om_cli_config(&cli, some_config("siren: {layers: 1, hidden_dim: 9}\n"), &config, &error));
    ck_assert_int_eq(config.siren.layers, 2);
    ck_assert_int_eq(config.siren.hidden_dim, 9);
    ck_assert_str_eq(config.directory, "/data");
    ck_assert_int_eq(tn_threads(), 3);
    om_config_free(&config);

    config = (om_config){0};
    ck_assert(om_cli_config_text(&cli, "kept", "seed: 5\n", &config, &error));
    ck_assert_int_eq(config.seed, 5);
    ck_assert_int_eq(config.siren.layers, 2);
    om_config_free(&config);

    config = (om_config){0};
    ck_assert(!om_cli_config_text(&cli, "kept", "\nsed: 5\n", &config, &error));
    ck_assert_str_eq(error.message, "kept:2: unknown key sed; did you mean seed?");
    om_config_free(&config);
    om_cli_end(&cli, &(tn_error){0});
}
END_TEST

/* Messages would be written into a file that got the number of standard error. */
START_TEST(files_do_not_take_the_place_of_closed_standard_streams)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        static const char *const words[] = {"a", NULL};
        char *argv[MOST_WORDS];
        const char *resume = NULL;
        om_cli cli;
        int argc = words_of(words, argv);
        for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) close(stream);
        om_cli_begin(&cli, &program, &resume, argc, argv);
        _exit(open("/dev/null", O_RDONLY) > STDERR_FILENO && write(STDOUT_FILENO, "", 1) < 0 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(wrong_usage_ends_with_2_and_a_hint)
{
    static const char *const wrong[][4] = {
        {NULL},
        {"a", "b", "c"},
        {"a", "--nonsense"},
        {"a", "--set"},
        {"a", "--set=seed"},
        {"a", "--progress=loud"},
        {"a", "--output"},
        {"a", "--output="},
        {"a", "--data-dir="},
        {""},
        {"a", ""},
    };
    ck_assert_int_eq(run(NULL, wrong[_i]), OM_EXIT_USAGE);
    ck_assert_str_eq(said, "");
    ck_assert_msg(strncmp(complained, "ommatid-demo: ", 14) == 0, "%s", complained);
    ck_assert_ptr_nonnull(strstr(complained, "\nTry `ommatid-demo --help'"));
}
END_TEST

START_TEST(errors_are_one_line_and_have_their_exit_status)
{
    char expected[512];
    ck_assert_int_eq(RUN("/nowhere/x.yaml"), OM_EXIT_IO);
    ck_assert_str_eq(complained, "ommatid-demo: /nowhere/x.yaml: No such file or directory\n");
    const char *path = some_config("seed: 1\nthreads: 2x\n");
    ck_assert_int_eq(RUN(path), OM_EXIT_INPUT);
    snprintf(expected, sizeof expected,
             "ommatid-demo: %s:2: threads: expected a whole number in [0, 1024], found '2x'\n", path);
    ck_assert_str_eq(complained, expected);
    ck_assert_str_eq(said, "");
    ck_assert_int_eq(RUN(some_config("seed: 1\n"), "--seed=one"), OM_EXIT_INPUT);
    ck_assert_ptr_nonnull(strstr(complained, "command line: seed: expected a whole number"));
}
END_TEST

/* Every byte of a path is shown, and none breaks the line. */
START_TEST(control_characters_in_paths_are_escaped)
{
    ck_assert_int_eq(RUN("/nowhere/a\nb\t\x1b[1m\xff\xc2\x85\xce\xb1\\.yaml"), OM_EXIT_IO);
    ck_assert_str_eq(complained, "ommatid-demo: /nowhere/a\\nb\\t\\x1B[1m\\xFF\\xC2\\x85\xce\xb1\\.yaml: "
                                 "No such file or directory\n");
    ck_assert_int_eq(RUN("a", "--progress=lo\nud"), OM_EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(complained, "not 'lo\\nud'\n"));
}
END_TEST

START_TEST(a_good_command_goes_on_in_silence)
{
    ck_assert_int_eq(RUN(some_config("seed: 1\n")), 0);
    ck_assert_str_eq(said, "going on\n");
    ck_assert_str_eq(complained, "");
}
END_TEST

START_TEST(print_config_prints_what_would_be_used_and_stops)
{
    ck_assert_int_eq(RUN(some_config("seed: 1\nmodel: {mode: known}\n"), "--print-config", "--seed=8"), 0);
    ck_assert_ptr_nonnull(strstr(said, "\nseed: 8 "));
    ck_assert_ptr_nonnull(strstr(said, "\n  mode: known "));
    ck_assert_ptr_null(strstr(said, "going on"));
    ck_assert_str_eq(complained, "");
}
END_TEST

/* Lines broken and indented as they may be become one. */
static void join_lines(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != '\n' && *from != ' ')
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    *to = 0;
}

START_TEST(help_and_version_teach)
{
    static const char *const taught[] = {
        "Usage: ommatid-demo [OPTION...] CONFIG [RECORDING]", "Shows what programs share.", "ommatid-demo fly.yaml",
        "--resume=RUN", "--set=KEY=VALUE", "Exit status: 0 done; 1 failed", "; 2 wrong options; 3 a configuration",
        "; 4 training", "; 5 reading", "Report bugs to ",
    };
    ck_assert_int_eq(RUN("--help"), 0);
    join_lines(said);
    for (size_t i = 0; i < sizeof taught / sizeof *taught; i++) ck_assert_msg(strstr(said, taught[i]), "%s", taught[i]);
    ck_assert_int_eq(RUN("--version"), 0);
    ck_assert_msg(strncmp(said, "ommatid-demo (ommatid) " PACKAGE_VERSION "\n", 20) == 0, "%s", said);
    ck_assert_ptr_nonnull(strstr(said, "BSD-3-Clause"));
    ck_assert_int_eq(RUN("--help-config"), 0);
    ck_assert_ptr_nonnull(strstr(said, "siren.omega_t\n"));
    ck_assert_ptr_null(strstr(said, "circuit.file"));
}
END_TEST

START_TEST(output_that_does_not_fit_is_an_error)
{
    if (access("/dev/full", W_OK) != 0) return;
    ck_assert_int_eq(run("/dev/full", (const char *const[]){"--help", NULL}), OM_EXIT_IO);
    ck_assert_ptr_nonnull(strstr(complained, ": standard output: "));
    ck_assert_int_eq(run("/dev/full", (const char *const[]){some_config("{}"), "--print-config", NULL}), OM_EXIT_IO);
}
END_TEST

int main(void)
{
    TCase *cli = tcase_create("cli");
    tcase_add_test(cli, statuses_have_documented_exit_codes);
    tcase_add_test(cli, options_and_arguments_arrive);
    tcase_add_test(cli, the_configuration_is_read_with_the_options);
    tcase_add_test(cli, files_do_not_take_the_place_of_closed_standard_streams);
    tcase_add_loop_test(cli, wrong_usage_ends_with_2_and_a_hint, 0, 11);
    tcase_add_test(cli, errors_are_one_line_and_have_their_exit_status);
    tcase_add_test(cli, control_characters_in_paths_are_escaped);
    tcase_add_test(cli, a_good_command_goes_on_in_silence);
    tcase_add_test(cli, print_config_prints_what_would_be_used_and_stops);
    tcase_add_test(cli, help_and_version_teach);
    tcase_add_test(cli, output_that_does_not_fit_is_an_error);
    return run_cases("cli", cli, NULL);
}
