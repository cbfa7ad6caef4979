/* bench: how fast the library and the models are, in shares of what the machine can do. */
#include "config.h"
#include "circuits.h"
#include "common/cli.h"
#include "common/signals.h"
#include "common/waiting.h"
#include "report.h"
#include "workloads.h"

#include <fnmatch.h>
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PYTHON "/usr/bin/python3" /* the one that Debian's python3-torch is for */
#define PEER "tests/bench/peer_pytorch.py"
enum { WIDTH = 80, SMOKE_WIDTH = 6 };

static const bench_line *const families[] = {
    bench_steps, bench_convolution, bench_replay, bench_products, bench_arrays, bench_optimizers, bench_dynamics,
    bench_recording};

/* ---- options ---- */

typedef struct options {
    bench_setting setting;
    const char *only, *circuit, *json, *python, *script;
    bool peer, list, force;
} options;

enum { ONLY = 256, SECONDS, THREADS, CIRCUIT, PEER_KEY, PYTHON_KEY, PROGRAMS, JSON, FORCE, SMOKE, LIST, PROFILE };

static const struct argp_option argp_options[] = {
    {"only", ONLY, "PATTERN", 0, "Only lines whose names match, such as 'gnn-*'", 1},
    {"seconds", SECONDS, "S", 0, "Time for each line, its peers included (default: 10)", 1},
    {"threads", THREADS, "N", 0, "Threads (default: all that this process may use)", 1},
    {"circuit", CIRCUIT, "FILE", 0, "A circuit/1 file instead of the fly's visual system or the built-in one", 1},
    {"peer", PEER_KEY, "SCRIPT", OPTION_ARG_OPTIONAL,
     "Compare with PyTorch, where it is installed (default: " PEER " of the source tree)", 2},
    {"python", PYTHON_KEY, "PROGRAM", 0, "What runs the script (default: " PYTHON ")", 2},
    {"programs", PROGRAMS, "DIR", 0, "Where ommatid-train is (default: .)", 2},
    {"json", JSON, "FILE", 0, "Write a JSON object per line too", 3},
    {"force", FORCE, NULL, 0, "Replace FILE if it exists", 3},
    {"smoke", SMOKE, NULL, 0, "Tiny sizes, to see that everything runs; the numbers mean nothing", 3},
    {"profile", PROFILE, NULL, 0, "Print for each training step where its time goes", 3},
    {"list", LIST, NULL, 0, "Print the names of the lines, and do nothing else", 3},
    {0},
};

static double positive(const char *text, double most, struct argp_state *state)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value > 0 && value <= most)) argp_error(state, "%s is not a number above 0", text);
    return value;
}

/* The script of the source tree, to which the environment may lead as it leads tests. */
static const char *script_of_source_tree(void)
{
    static char path[4096];
    const char *source = getenv("abs_top_srcdir");
    snprintf(path, sizeof path, "%s/%s", source ? source : ".", PEER);
    return path;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ONLY: o->only = value; break;
    case SECONDS: o->setting.seconds = positive(value, 1e6, state); break;
    case THREADS: o->setting.threads = (int)ceil(positive(value, 4096, state)); break;
    case CIRCUIT: o->circuit = value; break;
    case PEER_KEY:
        o->peer = true;
        o->script = value ? value : script_of_source_tree();
        break;
    case PYTHON_KEY: o->python = value; break;
    case PROGRAMS: o->setting.programs = value; break;
    case JSON: o->json = value; break;
    case FORCE: o->force = true; break;
    case SMOKE: o->setting.smoke = true; break;
    case LIST: o->list = true; break;
    case PROFILE: o->setting.profile = true; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    .options = argp_options, .parser = parse,
    .doc = "Measures how fast libtensor, the models and the programs are (doc/performance.md)."};

/* ---- temporary files ---- */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static tn_status make_directory(char path[4096], tn_error *error)
{
    const char *parent = getenv("TMPDIR");
    snprintf(path, 4096, "%s/ommatid-bench-XXXXXX", parent && *parent ? parent : "/tmp");
    return mkdtemp(path) ? TN_OK : tn_fail(error, TN_EIO, "%s: cannot be made", path);
}

static void remove_directory(const char *path)
{
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- measuring ---- */

static bool chosen(const options *o, const bench_line *line)
{
    return !o->only || fnmatch(o->only, line->name, 0) == 0;
}

/* Calls what for every line that was chosen; false if one failed, or there was none. */
static bool each_line(const options *o, bool (*what)(const bench_line *line, void *user), void *user)
{
    bool fine = true, any = false;
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (const bench_line *line = families[f]; line->name && !om_signals_pending(); line++)
            if (chosen(o, line)) {
                fine = what(line, user) && fine;
                any = true;
            }
    return fine && any;
}

static bool print_name(const bench_line *line, void *user)
{
    (void)user;
    return printf("%s\n", line->name) > 0;
}

typedef struct session {
    const bench_setting *setting;
    bench_peer *peer;
    bench_report report;
} session;

/* A line that fails does not keep the others from being measured. */
static bool measure(const bench_line *line, void *user)
{
    session *s = user;
    bench_result result;
    tn_error error = {0};
    bool fine = bench_measure(s->setting, line, &s->peer, &result, &error) == TN_OK;
    if (fine) bench_report_line(&s->report, &result);
    else bench_report_failure(&s->report, line, error.message);
    free(result.profile);
    return fine;
}

static tn_status measure_all(options *o, tn_error *error)
{
    session s = {.setting = &o->setting};
    char circuit[256];
    tn_status status = bench_circuits_read(&o->setting, o->circuit, circuit, error);
    if (!status && o->peer) {
        tn_error reason = {0};
        s.peer = bench_peer_start(o->python, o->script, o->setting.directory, o->setting.threads, &reason);
        if (!s.peer) fprintf(stderr, "bench: no peer, so no ratios: %s\n", reason.message);
    }
    if (!status) status = bench_report_begin(&s.report, &o->setting, circuit, s.peer, stdout, o->json, o->force, error);
    if (!status) {
        o->setting.peak = (tn_peak){.flops = s.report.machine.flops, .bandwidth = s.report.machine.bandwidth};
        bool fine = each_line(o, measure, &s);
        status = bench_report_end(&s.report, error);
        if (!status && !fine) status = tn_fail(error, TN_EINVAL, "some or all lines were not measured");
    }
    bench_peer_stop(s.peer);
    om_circuit_free(o->setting.circuit);
    om_circuit_free(o->setting.smaller);
    return status;
}

int main(int argc, char **argv)
{
    char directory[4096];
    options o = {.setting = {.threads = 0, .seconds = 10, .programs = "."}, .python = PYTHON};
    tn_error error = {0};

    om_wait_politely(argv); /* threads that wait must sleep, ours while a peer works and its threads while we do */
    argp_err_exit_status = OM_EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (o.list) return each_line(&o, print_name, NULL) ? OM_EXIT_OK : OM_EXIT_FAILED;
    if (!o.setting.threads) o.setting.threads = tn_threads();
    o.setting.width = o.setting.smoke ? SMOKE_WIDTH : WIDTH;
    o.setting.directory = directory;
    om_signals_catch();
    if (make_directory(directory, &error) == TN_OK) {
        measure_all(&o, &error);
        remove_directory(directory);
    }
    if (error.status) fprintf(stderr, "bench: %s\n", error.message);
    return (int)om_exit_code(error.status);
}
