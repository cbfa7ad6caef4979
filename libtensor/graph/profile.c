/* Profiles: what tn_run measured, as data and as tables. */
#include "config.h"
#include "graph/profile.h"
#include "core/memory.h"
#include "graph/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- measuring ---- */

tn_profile *tn_profile_new(const tn_plan *plan)
{
    const int line = 64 / (int)sizeof(tn_tally);
    tn_profile *profile = tn_calloc(1, sizeof *profile);
    if (!profile) return NULL;
    profile->stride = (plan->n_instructions + line - 1) / line * line;
    profile->tally = tn_alloc((size_t)profile->stride * (size_t)plan->threads * sizeof *profile->tally);
    if (profile->tally) return profile;
    tn_release(profile);
    return NULL;
}

void tn_profile_free(tn_profile *profile)
{
    if (!profile) return;
    tn_free(profile->tally);
    tn_release(profile);
}

tn_stopwatch *tn_profile_watch(tn_profile *profile, int thread, int threads, tn_stopwatch *watch)
{
    if (!profile) return NULL;
    if (thread == 0) profile->threads = threads;
    *watch = (tn_stopwatch){.tally = profile->tally + (ptrdiff_t)profile->stride * thread};
    return watch;
}

void tn_profile_run(tn_profile *profile, int64_t nanoseconds)
{
    profile->runs++;
    profile->nanoseconds += nanoseconds;
}

void tn_profile_reset(tn_plan *plan)
{
    tn_profile *profile = plan ? plan->profile : NULL;
    if (!profile) return;
    memset(profile->tally, 0, (size_t)profile->stride * (size_t)plan->threads * sizeof *profile->tally);
    profile->runs = profile->nanoseconds = 0;
}

/* ---- data ---- */

/* Bytes that an instruction moves to and from memory: each operand outside of the scratch, once. */
static double moved_bytes(const tn_plan *plan, const tn_vertex *v)
{
    double bytes = v->node->op->traffic && !v->combine ? v->node->op->traffic(v->node) : 0;
    for (int k = 0; k < v->n_in; k++) {
        int root = tn_plan_source(plan, v, k).root;
        const tn_vertex *from = &plan->vertices[root], *seen = &plan->vertices[v->in[k]];
        if (from->home != TN_HOME_MEMORY) continue;
        if (v->combine) bytes += (double)from->bytes;
        else bytes += tn_node_bytes(seen->kind == TN_VERTEX_VIEW ? from->node : seen->node);
    }
    if (v->kernel == tn_accumulate_kernel(v->node)) bytes += tn_node_bytes(v->node); /* read as well */
    if (v->home == TN_HOME_MEMORY) bytes += v->reduce ? (double)v->bytes : tn_node_bytes(v->node);
    const tn_vertex *second = v->partner >= 0 ? &plan->vertices[v->partner] : NULL;
    if (second && second->home == TN_HOME_MEMORY) bytes += tn_node_bytes(second->node);
    return bytes;
}

static double flop_of(const tn_plan *plan, const tn_vertex *v)
{
    if (v->combine) {
        const tn_vertex *parts = &plan->vertices[v->in[0]];
        return (double)(plan->chains[parts->chain].units - 1) * (double)tn_shape_size(v->node->shape);
    }
    double size = (double)tn_shape_size(v->node->shape);
    if (v->kernel == tn_accumulate_kernel(v->node)) return size;
    if (v->kernel != v->node->op->kernel[v->node->dtype == TN_F64] && v->partner < 0) return 0; /* a copy */
    double also = v->partner >= 0 ? tn_node_flop(plan->vertices[v->partner].node) : v->node->attr.finish ? size : 0;
    return tn_node_flop(v->node) + also;
}

int tn_profile_count(const tn_plan *plan)
{
    return plan && plan->profile ? plan->n_instructions : 0;
}

tn_profile_row tn_profile_at(const tn_plan *plan, int i, const tn_peak *peak)
{
    if (i < 0 || i >= tn_profile_count(plan)) return (tn_profile_row){0};
    const tn_profile *profile = plan->profile;
    const tn_vertex *v = &plan->vertices[plan->instructions[i].vertex];
    const tn_origin *origin = &v->node->origin;
    tn_profile_row row = {.node = v->node, .name = v->node->name, .scope = origin->scope ? origin->scope->path : NULL,
                          .file = origin->file, .line = origin->line, .gradient = origin->gradient_of != NULL,
                          .stage = v->stage, .chain = v->chain};
    snprintf(row.operation, sizeof row.operation, "%.63s",
             tn_vertex_operation(plan, plan->instructions[i].vertex).text);
    for (int t = 0; t < plan->threads; t++) {
        const tn_tally *tally = profile->tally + (ptrdiff_t)profile->stride * t + i;
        row.calls += tally->calls;
        row.seconds += 1e-9 * (double)tally->nanoseconds;
    }
    row.flop = flop_of(plan, v) * (double)profile->runs;
    row.bytes = moved_bytes(plan, v) * (double)profile->runs;
    if (peak && row.seconds > 0) {
        double flops = v->node->dtype == TN_F64 ? peak->flops / 2 : peak->flops;
        row.share = fmax(row.flop / flops, row.bytes / peak->bandwidth) * profile->threads / row.seconds;
    }
    return row;
}

tn_profile_total tn_profile_sum(const tn_plan *plan)
{
    tn_profile_total total = {0};
    const tn_profile *profile = plan ? plan->profile : NULL;
    if (!profile) return total;
    total = (tn_profile_total){.runs = profile->runs, .threads = profile->threads,
                               .seconds = 1e-9 * (double)profile->nanoseconds};
    for (int t = 0; t < plan->threads; t++)
        for (int i = 0; i < plan->n_instructions; i++)
            total.working += 1e-9 * (double)profile->tally[(ptrdiff_t)profile->stride * t + i].nanoseconds;
    total.waiting = total.seconds * total.threads - total.working;
    return total;
}

/* ---- tables ---- */

/* Rows of a profile with the same label, added up. */
typedef struct table_line {
    char label[256];
    double seconds, flop, bytes;
    double least; /* seconds that the same would take at the peak */
} table_line;

typedef struct table {
    const char *title;
    /* What rows that are to be added up have in common. */
    void (*label)(const tn_profile_row *row, char *text, size_t room);
    int most; /* lines to be printed */
} table;

static void by_operation(const tn_profile_row *row, char *text, size_t room)
{
    snprintf(text, room, "%s", row->operation);
}

static void by_scope(const tn_profile_row *row, char *text, size_t room)
{
    snprintf(text, room, "%.200s%s", row->scope ? row->scope : "outside of scopes", row->gradient ? ", gradient" : "");
}

static void by_node(const tn_profile_row *row, char *text, size_t room)
{
    const char *slash = row->file ? strrchr(row->file, '/') : NULL, *file = slash ? slash + 1 : row->file;
    char place[64] = "";
    if (file) snprintf(place, sizeof place, "  %.50s:%d", file, row->line);
    snprintf(text, room, "%s%s%.50s%s %.40s, stage %d%s%.60s%s%s", row->operation, row->name ? " '" : "",
             row->name ? row->name : "", row->name ? "'" : "", tn_shape_words(row->node->shape).text, row->stage,
             row->scope ? "  in " : "", row->scope ? row->scope : "", row->gradient ? "  gradient" : "", place);
}

static int add_row(const table *t, const tn_profile_row *row, table_line *lines, int n)
{
    table_line line = {.seconds = row->seconds, .flop = row->flop, .bytes = row->bytes,
                       .least = row->share * row->seconds};
    int i = 0;
    t->label(row, line.label, sizeof line.label);
    while (i < n && strcmp(lines[i].label, line.label)) i++;
    if (i == n) lines[n++] = line;
    else {
        lines[i].seconds += line.seconds;
        lines[i].flop += line.flop;
        lines[i].bytes += line.bytes;
        lines[i].least += line.least;
    }
    return n;
}

static int longest_first(const void *a, const void *b)
{
    double x = ((const table_line *)a)->seconds, y = ((const table_line *)b)->seconds;
    return (x < y) - (x > y);
}

/* Billions a second, on all threads, with three digits; blank for nothing. */
static void print_rate(double amount, double seconds, FILE *stream)
{
    double rate = seconds > 0 ? 1e-9 * amount / seconds : 0;
    if (rate > 0) fprintf(stream, " %8.*f", rate < 9.995 ? 2 : rate < 99.95 ? 1 : 0, rate);
    else fprintf(stream, " %8s", "");
}

static void print_line(const table_line *line, const tn_profile_total *total, bool shares, FILE *stream)
{
    double all = total->seconds * total->threads, seconds = line->seconds / total->threads;
    fprintf(stream, "  %5.1f %% %9.3f", all > 0 ? 100 * line->seconds / all : 0, 1e3 * seconds / (double)total->runs);
    print_rate(line->flop, seconds, stream);
    print_rate(line->bytes, seconds, stream);
    if (shares && line->least > 0) fprintf(stream, " %5.0f %%", 100 * line->least / line->seconds);
    else if (shares) fprintf(stream, " %7s", "");
    fprintf(stream, "  %s\n", line->label);
}

static void print_table(const tn_plan *plan, const table *t, const tn_peak *peak, table_line *lines, FILE *stream)
{
    tn_profile_total total = tn_profile_sum(plan);
    int n = 0;
    for (int i = 0; i < plan->n_instructions; i++) {
        tn_profile_row row = tn_profile_at(plan, i, peak);
        n = add_row(t, &row, lines, n);
    }
    qsort(lines, (size_t)n, sizeof *lines, longest_first);
    fprintf(stream, "\n  %7s %9s %8s %8s%s  %s\n", "time", "ms a run", "GFLOP/s", "GB/s", peak ? " of peak" : "",
            t->title);
    for (int i = 0; i < n && i < t->most; i++) print_line(&lines[i], &total, peak != NULL, stream);
    if (n > t->most) fprintf(stream, "  ... and %d more\n", n - t->most);
}

void tn_profile_print(const tn_plan *plan, const tn_peak *peak, FILE *stream)
{
    static const table tables[] = {
        {"operation", by_operation, 40}, {"scope", by_scope, 40}, {"node", by_node, 24},
    };
    tn_profile_total total = tn_profile_sum(plan);
    if (!stream) return;
    if (!total.runs) {
        const char *why = plan && !plan->profile ? "the plan was made without TN_PLAN_PROFILE" : "no run yet";
        fprintf(stream, "profile: %s\n", plan ? why : "no plan");
        return;
    }
    table_line *lines = tn_calloc((size_t)plan->n_instructions, sizeof *lines);
    double all = total.seconds * total.threads;
    fprintf(stream, "profile: %lld runs on %d threads, %.3f ms a run, %.1f %% of it in operations, %.1f %% waiting\n",
            (long long)total.runs, total.threads, 1e3 * total.seconds / (double)total.runs, 100 * total.working / all,
            100 * total.waiting / all);
    if (peak)
        fprintf(stream, "peak: %.1f GFLOP/s, %.1f GB/s\n", 1e-9 * peak->flops, 1e-9 * peak->bandwidth);
    for (size_t i = 0; i < sizeof tables / sizeof *tables && lines; i++)
        print_table(plan, &tables[i], peak, lines, stream);
    if (!lines) fprintf(stream, "no memory for the tables\n");
    tn_release(lines);
}
