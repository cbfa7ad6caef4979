/* The memory of a plan: its buffers, when each is needed, and when most is. */
#include "config.h"
#include "core/memory.h"
#include "graph/params.h"
#include "graph/print.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
    [TN_BUFFER_INPUT] = "input",       [TN_BUFFER_PARAMETER] = "parameter", [TN_BUFFER_GRADIENT] = "gradient",
    [TN_BUFFER_CONSTANT] = "constant", [TN_BUFFER_OUTPUT] = "output",       [TN_BUFFER_FORWARD] = "forward",
    [TN_BUFFER_BACKWARD] = "backward", [TN_BUFFER_PARTIAL] = "partial",     [TN_BUFFER_PACKED] = "packed",
    [TN_BUFFER_TILES] = "tiles",
};

const char *tn_buffer_kind_name(tn_buffer_kind kind)
{
    return (size_t)kind < sizeof kinds / sizeof *kinds ? kinds[kind] : "unknown";
}

/* ---- data ---- */

static tn_buffer_kind kind_of(const tn_plan *plan, const tn_vertex *v)
{
    if (v->kind == TN_VERTEX_LEAF && v->node->params) return TN_BUFFER_PARAMETER;
    if (v->kind == TN_VERTEX_LEAF) return v->slot == TN_SLOT_CONSTANTS ? TN_BUFFER_CONSTANT : TN_BUFFER_INPUT;
    if (v->slot != TN_SLOT_ARENA) return TN_BUFFER_GRADIENT;
    if (v->last == plan->n_stages) return TN_BUFFER_OUTPUT;
    if (v->reduce) return TN_BUFFER_PARTIAL;
    if (!v->node->op->shape) return TN_BUFFER_PACKED; /* made by the planner */
    return v->node->origin.gradient_of ? TN_BUFFER_BACKWARD : TN_BUFFER_FORWARD;
}

/* Vertices that are a buffer of their own; what lives in a scratch is within the tiles. */
static bool is_buffer(const tn_vertex *v)
{
    return v->kind == TN_VERTEX_LEAF || (v->kind == TN_VERTEX_COMPUTED && v->home == TN_HOME_MEMORY);
}

int tn_plan_buffer_count(const tn_plan *plan)
{
    if (!plan) return 0;
    int n = 1; /* the tiles */
    for (int i = 0; i < plan->n_vertices; i++) n += is_buffer(&plan->vertices[i]);
    return n;
}

/* The scratch of all threads. The chain that needs most of it is what makes it so large. */
static tn_buffer tiles(const tn_plan *plan)
{
    tn_buffer buffer = {.kind = TN_BUFFER_TILES, .bytes = plan->scratch_bytes * plan->threads, .owned = true,
                        .last_stage = plan->n_stages - 1};
    const tn_chain *largest = NULL;
    for (int c = 0; c < plan->n_chains; c++)
        if (!largest || plan->chains[c].scratch > largest->scratch) largest = &plan->chains[c];
    int64_t most = 0;
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED || v->home == TN_HOME_MEMORY || v->bytes <= most ||
            largest != &plan->chains[v->chain])
            continue;
        most = v->bytes;
        buffer.node = v->node;
    }
    return buffer;
}

tn_buffer tn_plan_buffer_at(const tn_plan *plan, int i)
{
    if (!plan) return (tn_buffer){0};
    const tn_vertex *v = plan->vertices, *end = v + plan->n_vertices;
    while (v < end && (!is_buffer(v) || i-- > 0)) v++;
    if (v == end) return tiles(plan);
    tn_buffer buffer = {.kind = kind_of(plan, v), .node = v->node, .name = v->node->name};
    bool computed = v->kind == TN_VERTEX_COMPUTED;
    buffer.bytes = computed ? v->bytes : (int64_t)tn_node_bytes(v->node);
    buffer.owned = computed ? v->slot == TN_SLOT_ARENA : buffer.kind == TN_BUFFER_CONSTANT;
    buffer.first_stage = computed ? v->stage : 0;
    buffer.last_stage = computed && v->last < plan->n_stages ? v->last : plan->n_stages - 1;
    return buffer;
}

/* ---- report ---- */

static bool in_arena(const tn_buffer *b)
{
    return b->owned && b->kind != TN_BUFFER_TILES && b->kind != TN_BUFFER_CONSTANT;
}

static int64_t alive_at(const tn_buffer *list, int n, int stage)
{
    int64_t bytes = 0;
    for (int i = 0; i < n; i++)
        if (in_arena(&list[i]) && list[i].first_stage <= stage && stage <= list[i].last_stage) bytes += list[i].bytes;
    return bytes;
}

static int peak_stage(const tn_plan *plan, const tn_buffer *list, int n)
{
    int peak = 0;
    for (int s = 1; s < plan->n_stages; s++)
        if (alive_at(list, n, s) > alive_at(list, n, peak)) peak = s;
    return peak;
}

static int largest_first(const void *a, const void *b)
{
    int64_t x = ((const tn_buffer *)a)->bytes, y = ((const tn_buffer *)b)->bytes;
    return (x < y) - (x > y);
}

static void print_kinds(const tn_buffer *list, int n, FILE *stream)
{
    fprintf(stream, "\n  %8s %8s  kind\n", "bytes", "buffers");
    for (int kind = 0; kind < (int)(sizeof kinds / sizeof *kinds); kind++) {
        int count = 0;
        bool arena = false;
        double bytes = 0;
        for (int i = 0; i < n; i++)
            if ((int)list[i].kind == kind) {
                count++;
                bytes += (double)list[i].bytes;
                arena = in_arena(&list[i]);
            }
        if (count)
            fprintf(stream, "  %8s %8d  %s%s\n", tn_bytes_words(bytes).text, count, kinds[kind],
                    arena                        ? ", in the arena"
                    : kind == TN_BUFFER_TILES    ? ", of all threads"
                    : kind == TN_BUFFER_CONSTANT ? ""
                                                 : ", not of the plan");
    }
}

void tn_plan_print_memory(const tn_plan *plan, FILE *stream)
{
    enum { MOST = 16 };
    if (!stream) return;
    if (!plan) {
        fprintf(stream, "memory: no plan\n");
        return;
    }
    int n = tn_plan_buffer_count(plan), shown = 0;
    tn_buffer *list = tn_calloc((size_t)n, sizeof *list);
    if (!list) {
        fprintf(stream, "memory: no memory for the report\n");
        return;
    }
    for (int i = 0; i < n; i++) list[i] = tn_plan_buffer_at(plan, i);
    int peak = peak_stage(plan, list, n);
    fprintf(stream, "memory: arena %s, tiles %s x %d threads; most is needed in stage %d of %d: %s of the arena\n",
            tn_bytes_words((double)plan->arena_bytes).text, tn_bytes_words((double)plan->scratch_bytes).text,
            plan->threads, peak, plan->n_stages, tn_bytes_words((double)alive_at(list, n, peak)).text);
    print_kinds(list, n, stream);
    qsort(list, (size_t)n, sizeof *list, largest_first);
    fprintf(stream, "\n  %8s  %-8s  %-10s the largest in stage %d\n", "bytes", "kind", "stages", peak);
    for (int i = 0; i < n && shown < MOST; i++) {
        const tn_buffer *b = &list[i];
        if (!in_arena(b) || peak < b->first_stage || b->last_stage < peak) continue;
        char stages[32];
        snprintf(stages, sizeof stages, "%d to %d", b->first_stage, b->last_stage);
        fprintf(stream, "  %8s  %-8s  %-10s %s\n", tn_bytes_words((double)b->bytes).text, kinds[b->kind], stages,
                tn_node_words(b->node).text);
        shown++;
    }
    tn_release(list);
}
