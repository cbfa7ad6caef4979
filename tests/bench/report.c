/* The table and the JSON lines. */
#include "config.h"
#include "report.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* ---- numbers of a result ---- */

static double per_second(double amount, const bench_result *r)
{
    return amount > 0 && r->seconds.n ? amount / r->seconds.median : NAN;
}

/* Of the limit that is nearer: arithmetic or memory. */
static double share_of_peak(const bench_machine *machine, const bench_result *r)
{
    return fmax(per_second(r->work.flop, r) / machine->flops, per_second(r->work.bytes, r) / machine->bandwidth);
}

/* Does the other one compute the same? Ours gives the same bits on one thread; a peer sums float32 in another order.
 * True where there is nothing to compare. */
static bool agrees(const bench_result *r, const bench_other *other)
{
    double tolerance = strcmp(other->label, "one_thread") ? 1e-3 : 0;
    return !(fabs(other->value - r->value) > tolerance * fabs(r->value));
}

static const bench_other *other_of(const bench_result *r, const char *label)
{
    for (int i = 0; i < r->n_others; i++)
        if (!strcmp(r->other[i].label, label)) return &r->other[i];
    return NULL;
}

/* ---- the table ---- */

typedef struct cell {
    char text[32];
} cell;

static cell number(double value, const char *format)
{
    cell c = {"-"};
    if (isfinite(value)) snprintf(c.text, sizeof c.text, format, value);
    return c;
}

static cell rate_of(const bench_result *r)
{
    if (r->work.frames > 0) return number(per_second(r->work.frames, r), "%.0f frames");
    return number(per_second(r->work.elements, r) / 1e9, "%.3g G");
}

static cell ratio_of(const bench_result *r, const char *label)
{
    const bench_other *other = other_of(r, label);
    return number(other ? other->ratio.median : NAN, other && !agrees(r, other) ? "%.2f x ?" : "%.2f x");
}

static void print_heading(FILE *table)
{
    fprintf(table, "%-22s %10s  %-22s %9s %7s %12s %7s %9s %10s %9s\n", "line", "median ms", "quartiles ms", "GFLOP/s",
            "GB/s", "1/s", "of peak", "1 thread", "published", "expert");
}

static void print_line(FILE *table, const bench_machine *machine, const bench_result *r)
{
    char quartiles[64];
    if (isfinite(r->memory)) {
        fprintf(table, "%-22s %10.1f MB  %s\n", r->line->name, r->memory / 1e6, r->line->about);
        return;
    }
    snprintf(quartiles, sizeof quartiles, "%.4g .. %.4g", 1e3 * r->seconds.lower, 1e3 * r->seconds.upper);
    fprintf(table, "%-22s %10.4g  %-22s %9s %7s %12s %7s %9s %10s %9s\n", r->line->name, 1e3 * r->seconds.median,
            quartiles, number(per_second(r->work.flop, r) / 1e9, "%.1f").text,
            number(per_second(r->work.bytes, r) / 1e9, "%.1f").text, rate_of(r).text,
            number(100 * share_of_peak(machine, r), "%.1f %%").text, ratio_of(r, "one_thread").text,
            ratio_of(r, "published").text, ratio_of(r, "expert").text);
}

/* ---- JSON ---- */

/* JSON has no NaN: what is not known is not there. */
static void put(json_t *object, const char *name, double value)
{
    if (isfinite(value)) json_object_set_new(object, name, json_real(value));
}

static void put_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, json_string(text));
}

static json_t *quartiles_json(const bench_quartiles *q)
{
    json_t *object = json_object();
    json_object_set_new(object, "n", json_integer(q->n));
    put(object, "lower", q->lower);
    put(object, "median", q->median);
    put(object, "upper", q->upper);
    return object;
}

static json_t *other_json(const bench_result *r, const bench_other *other)
{
    json_t *object = json_object();
    json_object_set_new(object, "seconds", quartiles_json(&other->seconds));
    json_object_set_new(object, "ratio", quartiles_json(&other->ratio));
    put(object, "value", other->value);
    if (isfinite(other->value) && isfinite(r->value))
        json_object_set_new(object, "agrees", json_boolean(agrees(r, other)));
    return object;
}

static json_t *line_json(const bench_machine *machine, const bench_result *r)
{
    json_t *object = json_object();
    put_text(object, "line", r->line->name);
    put_text(object, "about", r->line->about);
    put(object, "memory_bytes", r->memory);
    if (isfinite(r->memory)) return object;
    json_object_set_new(object, "threads", json_integer(machine->threads));
    json_object_set_new(object, "seconds", quartiles_json(&r->seconds));
    struct { const char *name; double amount; } const work[] = {
        {"flop", r->work.flop}, {"bytes", r->work.bytes}, {"frames", r->work.frames}, {"elements", r->work.elements}};
    for (size_t i = 0; i < sizeof work / sizeof *work; i++)
        if (work[i].amount > 0) {
            char name[32];
            snprintf(name, sizeof name, "%s_per_second", work[i].name);
            put(object, work[i].name, work[i].amount);
            put(object, name, per_second(work[i].amount, r));
        }
    put(object, "share_of_peak", share_of_peak(machine, r));
    put(object, "value", r->value);
    for (int i = 0; i < r->n_others; i++)
        json_object_set_new(object, r->other[i].label, other_json(r, &r->other[i]));
    return object;
}

static void write_json(const bench_report *report, json_t *object)
{
    if (report->json) {
        json_dumpf(object, report->json, JSON_COMPACT | JSON_REAL_PRECISION(9));
        fputc('\n', report->json);
        fflush(report->json);
    }
    json_decref(object);
}

/* ---- the report ---- */

static void describe(bench_report *report, const bench_setting *setting, const char *circuit, const bench_peer *peer)
{
    const bench_machine *m = &report->machine;
    fprintf(report->table,
            "%s, computing with %s\n"
            "peak       %.1f GFLOP/s float32 (%s), %.1f GB/s on %d threads; %.1f and %.1f on one\n"
            "circuit    %s\n"
            "peer       %s\n",
            PACKAGE_STRING, tn_hardware(), m->flops / 1e9, m->instructions, m->bandwidth / 1e9, m->threads,
            m->one_flops / 1e9, m->one_bandwidth / 1e9, circuit, peer ? bench_peer_about(peer) : "none");
    print_heading(report->table);
    fflush(report->table);
    json_t *object = json_object();
    put_text(object, "program", PACKAGE_STRING);
    put_text(object, "hardware", tn_hardware());
    put_text(object, "instructions", m->instructions);
    put_text(object, "circuit", circuit);
    if (peer) put_text(object, "peer", bench_peer_about(peer));
    json_object_set_new(object, "smoke", json_boolean(setting->smoke));
    json_object_set_new(object, "threads", json_integer(m->threads));
    put(object, "flop_per_second", m->flops);
    put(object, "bytes_per_second", m->bandwidth);
    put(object, "one_thread_flop_per_second", m->one_flops);
    put(object, "one_thread_bytes_per_second", m->one_bandwidth);
    write_json(report, object);
}

tn_status bench_report_begin(bench_report *report, const bench_setting *setting, const char *circuit,
                             const bench_peer *peer, FILE *table, const char *json, bool force, tn_error *error)
{
    *report = (bench_report){.table = table};
    tn_status status = bench_machine_measure(&report->machine, setting->threads, setting->smoke, error);
    if (!status && json) {
        status = om_output_begin(&report->output, json, force, error);
        if (status) return status;
        if (!(report->json = fopen(report->output.temporary, "w"))) {
            om_output_abort(&report->output);
            return tn_fail(error, TN_EIO, "%s: cannot be written", json);
        }
    }
    if (!status) describe(report, setting, circuit, peer);
    return status;
}

void bench_report_line(bench_report *report, const bench_result *result)
{
    print_line(report->table, &report->machine, result);
    if (result->profile) fprintf(report->table, "\n%s\n", result->profile);
    fflush(report->table);
    write_json(report, line_json(&report->machine, result));
}

void bench_report_failure(bench_report *report, const bench_line *line, const char *message)
{
    fprintf(report->table, "%-22s failed: %s\n", line->name, message);
    json_t *object = json_object();
    put_text(object, "line", line->name);
    put_text(object, "error", message);
    write_json(report, object);
}

tn_status bench_report_end(bench_report *report, tn_error *error)
{
    if (!report->json) return TN_OK;
    bool failed = ferror(report->json) != 0;
    if (fclose(report->json)) failed = true;
    report->json = NULL;
    if (!failed) return om_output_commit(&report->output, error);
    om_output_abort(&report->output);
    return tn_fail(error, TN_EIO, "the JSON file could not be written");
}
