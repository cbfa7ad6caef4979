/* Measuring one line: ours and the others in turns. */
#include "config.h"
#include "bench.h"
#include "common/progress.h"
#include "common/signals.h"

#include <math.h>
#include <stdlib.h>

/* ---- sizes ---- */

const om_circuit *bench_circuit(const bench_setting *setting, const bench_line *line)
{
    return line->sizes.smaller ? setting->smaller : setting->circuit;
}

static void at_most(int64_t *size, int64_t limit)
{
    if (*size > limit) *size = limit;
}

bench_sizes bench_sizes_of(const bench_setting *setting, const bench_line *line)
{
    bench_sizes sizes = line->sizes;
    if (!setting->smoke) return sizes;
    at_most(&sizes.extra, 3);
    at_most(&sizes.width, 8);
    at_most(&sizes.layers, 1);
    at_most(&sizes.points, 5);
    return sizes;
}

/* ---- one who takes turns ---- */

/* A turn is a number of runs one after the other, long enough for what the others left in caches to be gone. */
#define TURN_SECONDS 0.1
enum { MOST_RUNS = 1000, MOST_ROUNDS = 1000, FEWEST_ROUNDS = 5, SMOKE_ROUNDS = 2 };

typedef struct contestant {
    const char *label;
    const bench_line *line;
    int threads;
    void *state;       /* ours */
    bench_peer **peer; /* else */
    bool out;          /* failed: takes no more turns */
    int runs;          /* of a turn */
    int n, rounds;     /* samples, turns */
    double *sample;    /* [MOST_ROUNDS x runs] seconds of each run */
    double turn[MOST_ROUNDS]; /* median seconds of a run, of each turn */
    double value;
} contestant;

static tn_status run_ours(const contestant *c, int runs, double *seconds, tn_error *error)
{
    tn_status status = TN_OK;
    tn_set_threads(c->threads);
    for (int i = 0; i < runs && !status; i++) {
        double start = om_now();
        status = c->line->kind->run(c->state, error);
        seconds[i] = om_now() - start;
    }
    return status;
}

static tn_status run(const contestant *c, int runs, double *seconds, tn_error *error)
{
    return c->peer ? bench_peer_run(*c->peer, c->label, c->line->name, c->threads, runs, seconds, error)
                   : run_ours(c, runs, seconds, error);
}

/* The first run, which is not counted; then one more decides how many make a turn. */
static tn_status warm_up(contestant *c, const bench_setting *setting, tn_error *error)
{
    double first, second;
    tn_status status = c->peer ? bench_peer_value(*c->peer, c->label, c->line->name, c->threads, &c->value, error)
                               : run_ours(c, 1, &first, error);
    if (!status && !c->peer && c->line->kind->value) c->value = c->line->kind->value(c->state);
    if (!status) status = run(c, 1, &second, error);
    if (status) return status;
    double seconds = setting->smoke ? 0 : fmin(TURN_SECONDS, setting->seconds / 10);
    c->runs = (int)fmin(fmax(ceil(seconds / second), 1), MOST_RUNS);
    c->sample = malloc((size_t)MOST_ROUNDS * (size_t)c->runs * sizeof *c->sample);
    return c->sample ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for %d samples", MOST_ROUNDS * c->runs);
}

static tn_status take_turn(contestant *c, tn_error *error)
{
    double *sample = c->sample + c->n, sorted[MOST_RUNS];
    tn_status status = run(c, c->runs, sample, error);
    if (status) return status;
    for (int i = 0; i < c->runs; i++) sorted[i] = sample[i];
    c->turn[c->rounds++] = bench_quartiles_of(sorted, c->runs).median;
    c->n += c->runs;
    return TN_OK;
}

/* ---- all of a line ---- */

typedef struct contest {
    int n;
    contestant *at; /* [1 + BENCH_OTHERS], ours first */
} contest;

static void end_contest(contest *c)
{
    for (int i = 0; i < c->n; i++) {
        if (c->at[i].state) c->at[i].line->kind->close(c->at[i].state);
        free(c->at[i].sample);
    }
    free(c->at);
}

/* Ours, for so many threads. */
static tn_status enter_ours(contest *c, const bench_setting *setting, const bench_line *line, int threads,
                            const char *label, tn_error *error)
{
    tn_set_threads(threads);
    contestant *one = &c->at[c->n++];
    *one = (contestant){.label = label, .line = line, .threads = threads, .value = NAN};
    one->state = line->kind->open(setting, line, error);
    return one->state ? TN_OK : error->status;
}

/* Writes what the peer computes on. */
static tn_status share(const bench_setting *setting, const bench_line *line, const void *state, tn_error *error)
{
    bench_data *data = calloc(1, sizeof *data);
    char *path;
    if (asprintf(&path, "%s/%s.safetensors", setting->directory, line->name) < 0) path = NULL;
    tn_status status = data && path ? TN_OK : tn_fail(error, TN_ENOMEM, "out of memory");
    if (!status) {
        line->kind->share(state, data);
        status = tn_file_write(path, data->n_tensors, data->tensor, data->n_numbers, data->number, error);
    }
    free(path);
    free(data);
    return status;
}

static tn_status enter(contest *c, const bench_setting *setting, const bench_line *line, bench_peer **peer,
                       tn_error *error)
{
    if (!(c->at = calloc(1 + BENCH_OTHERS, sizeof *c->at))) return tn_fail(error, TN_ENOMEM, "out of memory");
    tn_status status = enter_ours(c, setting, line, setting->threads, "ours", error);
    if (!status && *peer && line->kind->share) {
        status = share(setting, line, c->at[0].state, error);
        for (int i = line->published ? 0 : 1; i < 2; i++)
            c->at[c->n++] = (contestant){.label = i ? "expert" : "published", .line = line, .threads = setting->threads,
                                         .peer = peer, .value = NAN};
    }
    if (!status && line->scaling && setting->threads > 1)
        status = enter_ours(c, setting, line, 1, "one_thread", error);
    return status;
}

/* A peer that fails is not our failure: it is left out of this line, and of all if its process ended. */
static tn_status forgive(contestant *c, tn_status status, tn_error *error)
{
    if (!status || !c->peer) return status;
    fprintf(stderr, "%s: %s: %s\n", c->line->name, c->label, error->message);
    if (status == TN_EIO) {
        bench_peer_stop(*c->peer);
        *c->peer = NULL;
    }
    c->out = true;
    *error = (tn_error){0};
    return TN_OK;
}

/* Lets every contestant do something, one after the other. */
static tn_status each(contest *c, const bench_setting *setting, bool warm, tn_error *error)
{
    tn_status status = TN_OK;
    for (int i = 0; i < c->n && !status; i++) {
        contestant *one = &c->at[i];
        if (one->peer && !*one->peer) one->out = true;
        if (one->out) continue;
        status = forgive(one, warm ? warm_up(one, setting, error) : take_turn(one, error), error);
    }
    return status;
}

/* The plan of ours, if it has a profile. */
static tn_plan *profiled(const contest *c)
{
    const bench_kind *kind = c->at[0].line->kind;
    return kind->plan && tn_profile_count(kind->plan(c->at[0].state)) ? kind->plan(c->at[0].state) : NULL;
}

/* Its profile as tables; NULL if it has none. */
static char *print_profile(const contest *c, const tn_peak *peak)
{
    tn_plan *plan = profiled(c);
    char *text = NULL;
    size_t length;
    FILE *stream = plan ? open_memstream(&text, &length) : NULL;
    if (!stream) return NULL;
    tn_profile_print(plan, peak, stream);
    fclose(stream);
    return text;
}

static tn_status take_turns(contest *c, const bench_setting *setting, tn_error *error)
{
    int fewest = setting->smoke ? SMOKE_ROUNDS : FEWEST_ROUNDS;
    tn_status status = each(c, setting, true, error);
    tn_plan *plan = profiled(c);
    if (plan) tn_profile_reset(plan);
    double end = om_now() + setting->seconds;
    for (int round = 0; round < MOST_ROUNDS && !status; round++) {
        if (om_signals_pending()) return tn_fail(error, TN_EINVAL, "stopped by a signal");
        if (round >= fewest && (setting->smoke || om_now() > end)) break;
        status = each(c, setting, false, error);
    }
    return status;
}

static bench_other compare(contestant *ours, contestant *other)
{
    static double ratio[MOST_ROUNDS];
    int rounds = other->rounds < ours->rounds ? other->rounds : ours->rounds;
    for (int i = 0; i < rounds; i++) ratio[i] = other->turn[i] / ours->turn[i];
    return (bench_other){.label = other->label, .value = other->value, .ratio = bench_quartiles_of(ratio, rounds),
                         .seconds = bench_quartiles_of(other->sample, other->n)};
}

static void conclude(contest *c, bench_result *result)
{
    contestant *ours = &c->at[0];
    if (ours->line->kind->work) result->work = ours->line->kind->work(ours->state);
    result->value = ours->value;
    for (int i = 1; i < c->n; i++)
        if (!c->at[i].out) result->other[result->n_others++] = compare(ours, &c->at[i]);
    result->seconds = bench_quartiles_of(ours->sample, ours->n);
}

tn_status bench_measure(const bench_setting *setting, const bench_line *line, bench_peer **peer, bench_result *result,
                        tn_error *error)
{
    *result = (bench_result){.line = line, .value = NAN, .memory = NAN};
    if (line->kind->memory) {
        tn_set_threads(setting->threads);
        return line->kind->memory(setting, line, &result->memory, error);
    }
    contest c = {0};
    tn_status status = enter(&c, setting, line, peer, error);
    if (!status) status = take_turns(&c, setting, error);
    if (!status) {
        conclude(&c, result);
        result->profile = print_profile(&c, &setting->peak);
    }
    end_contest(&c);
    return status;
}
