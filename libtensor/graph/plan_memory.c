/* Where results live. What only one chain sees stays in a tile's scratch, reused as soon as its last reader is done;
 * other results get an offset in the arena, shared by results whose lives do not overlap. */
#include "config.h"
#include "core/memory.h"
#include "graph/params.h"
#include "graph/plan.h"

#include <string.h>

static int64_t padded(int64_t bytes)
{
    return (bytes + TN_ALIGN - 1) / TN_ALIGN * TN_ALIGN;
}

/* Numbers the runs of row-wise instructions, chain by chain in the order of the vertices. */
static void find_runs(tn_plan *plan)
{
    int next = 0;
    for (int c = 0; c < plan->n_chains; c++) {
        bool row_wise = false;
        for (int i = 0; i < plan->n_vertices; i++) {
            tn_vertex *v = &plan->vertices[i];
            if (v->kind != TN_VERTEX_COMPUTED || v->chain != c || v->second) continue;
            if (!row_wise || v->reduce) next++;
            row_wise = !v->reduce;
            v->run = next;
        }
    }
    for (int i = 0; i < plan->n_vertices; i++)
        if (plan->vertices[i].second) plan->vertices[i].run = plan->vertices[plan->vertices[i].partner].run;
}

/* Follows who reads what: the last stage that needs each result, and whether one chain, or one run of it, is enough to
 * hold it. */
static void find_lives(tn_plan *plan)
{
    for (int i = 0; i < plan->n_vertices; i++) {
        tn_vertex *v = &plan->vertices[i];
        bool local = v->kind == TN_VERTEX_COMPUTED && v->mode == TN_BY_ROWS && !v->reduce && !v->output &&
                     !(plan->options & TN_PLAN_UNFUSED);
        v->last = v->stage;
        v->last_run = v->run;
        v->home = local ? TN_HOME_BLOCK : TN_HOME_MEMORY;
    }
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *reader = &plan->vertices[i];
        if (reader->kind != TN_VERTEX_COMPUTED) continue;
        for (int k = 0; k < reader->n_in; k++) {
            tn_source s = tn_plan_source(plan, reader, k);
            tn_vertex *v = &plan->vertices[s.root];
            if (v->kind != TN_VERTEX_COMPUTED) continue;
            if (reader->stage > v->last) v->last = reader->stage;
            if (reader->run > v->last_run) v->last_run = reader->run;
            if (reader->chain != v->chain || !s.itemwise || s.offset) v->home = TN_HOME_MEMORY;
            if (v->home == TN_HOME_BLOCK && reader->run != v->run) v->home = TN_HOME_TILE;
        }
    }
    /* An output may look at another vertex's memory, which must then live on. */
    for (int i = 0; i < plan->g->n_outputs; i++) {
        int root = plan->output_vertex[i];
        while (plan->vertices[root].kind == TN_VERTEX_ALIAS) root = plan->vertices[root].in[0];
        plan->vertices[root].last = plan->n_stages;
        plan->vertices[root].home = TN_HOME_MEMORY;
    }
}

static int add_slot(tn_plan *plan, char *base, const char *input)
{
    if (!TN_RESERVE(plan->slots, plan->n_slots, plan->slots_capacity)) return -1;
    plan->slots[plan->n_slots] = (tn_slot){.base = base, .input = input};
    return plan->n_slots++;
}

/* Inputs, parameters and numbers. */
static bool place_leaves(tn_plan *plan)
{
    for (int i = 0; i < plan->n_vertices; i++)
        plan->n_constants += plan->vertices[i].node->op->flags & TN_OP_LEAF ? 1 : 0;
    plan->constants = tn_alloc((size_t)plan->n_constants * sizeof *plan->constants);
    if (!plan->constants || add_slot(plan, NULL, NULL) < 0 || add_slot(plan, (char *)plan->constants, NULL) < 0)
        return false;
    int next = 0;
    for (int i = 0; i < plan->n_vertices; i++) {
        tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_LEAF) continue;
        if (v->node->params)
            v->slot = add_slot(plan, tn_params_place(v->node->params, v->node->params->data, v->node->param), NULL);
        else if (v->node->op->flags & TN_OP_LENT) v->slot = add_slot(plan, NULL, v->node->name);
        else {
            double *number = &plan->constants[next];
            float value = (float)v->node->attr.value;
            if (v->node->dtype == TN_F64) *number = v->node->attr.value;
            else memcpy(number, &value, sizeof value);
            v->slot = TN_SLOT_CONSTANTS;
            v->place = next++ * (int64_t)sizeof *number;
        }
        if (v->slot < 0) return false;
    }
    return true;
}

/* Gradients of parameters are made in the parameter set's own memory. */
static bool place_gradients(tn_plan *plan)
{
    const tn_graph *g = plan->g;
    for (int i = 0; i < g->n_outputs; i++) {
        if (!g->outputs[i].params) continue;
        tn_vertex *v = &plan->vertices[plan->output_vertex[i]];
        const tn_params *params = g->outputs[i].params;
        v->slot = add_slot(plan, tn_params_place(params, params->grad, g->outputs[i].param), NULL);
        if (v->slot < 0) return false;
    }
    return true;
}

static void measure(tn_plan *plan)
{
    for (int i = 0; i < plan->n_vertices; i++) {
        tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED) continue;
        int64_t size = (int64_t)tn_dtype_size(v->node->dtype), elements = tn_shape_size(v->node->shape);
        const tn_chain *chain = &plan->chains[v->chain];
        int64_t item = v->stride ? v->stride : tn_shape_stride0(v->node->shape);
        if (v->stride) elements = tn_shape_rows(v->node->shape) * item;
        if (v->home == TN_HOME_TILE) elements = chain->tile * item;
        if (v->home == TN_HOME_BLOCK) elements = chain->block * item;
        v->bytes = padded(elements * size);
        if (v->reduce) v->bytes *= plan->chains[v->chain].units;
    }
}

/* A result and when it is needed: stages for the arena, runs for a tile's scratch, vertices for a block's. */
typedef struct life {
    int vertex, first, last;
} life;

#define BYTES(l) (plan->vertices[(l)->vertex].bytes)

/* Largest first: the small ones then fill the gaps. Insertion sort: there are a few hundred. */
static void sort_by_size(const tn_plan *plan, life *lives, int n)
{
    for (int i = 1; i < n; i++) {
        life moving = lives[i];
        int j = i;
        for (; j > 0 && BYTES(&lives[j - 1]) < BYTES(&moving); j--) lives[j] = lives[j - 1];
        lives[j] = moving;
    }
}

/* Gives each life the lowest place that no overlapping life has: the first gap that is large enough, seen from below.
 * lives[0 .. i) are placed, in the order of their places. Returns the bytes needed. */
static int64_t pack(tn_plan *plan, life *lives, int n)
{
    int64_t total = 0;
    sort_by_size(plan, lives, n);
    for (int i = 0; i < n; i++) {
        const life moving = lives[i];
        tn_vertex *v = &plan->vertices[moving.vertex];
        v->place = 0;
        for (int j = 0; j < i; j++) {
            const tn_vertex *other = &plan->vertices[lives[j].vertex];
            if (moving.first > lives[j].last || lives[j].first > moving.last) continue;
            if (v->place + v->bytes <= other->place) break;
            if (other->place + other->bytes > v->place) v->place = other->place + other->bytes;
        }
        int j = i;
        for (; j > 0 && plan->vertices[lives[j - 1].vertex].place > v->place; j--) lives[j] = lives[j - 1];
        lives[j] = moving;
        if (v->place + v->bytes > total) total = v->place + v->bytes;
    }
    return total;
}

/* The last vertex that reads each result. */
static void find_last_readers(const tn_plan *plan, int *last_reader)
{
    for (int i = 0; i < plan->n_vertices; i++) {
        last_reader[i] = i;
        if (plan->vertices[i].kind != TN_VERTEX_COMPUTED) continue;
        for (int k = 0; k < plan->vertices[i].n_in; k++)
            last_reader[tn_plan_source(plan, &plan->vertices[i], k).root] = i;
    }
}

/* Lists the results of a chain that live in a scratch of that kind. A tile goes through a run block by block, so that
 * what lives in the tile's scratch is needed from the beginning of a run to the end of another. */
static int list_scratch(const tn_plan *plan, int chain, tn_home home, const int *last_reader, life *lives)
{
    int n = 0;
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED || v->home != home || v->chain != chain) continue;
        int made = v->second ? v->partner : i;
        if (home == TN_HOME_TILE) lives[n++] = (life){i, v->run, v->last_run};
        else lives[n++] = (life){i, made, last_reader[i]};
    }
    return n;
}

static void place_results(tn_plan *plan, life *lives, const int *last_reader)
{
    int n = 0;
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        if (v->kind == TN_VERTEX_COMPUTED && v->home == TN_HOME_MEMORY && v->slot == TN_SLOT_ARENA)
            lives[n++] = (life){i, v->stage, v->last};
    }
    plan->arena_bytes = pack(plan, lives, n);
    for (int c = 0; c < plan->n_chains; c++) {
        int64_t tile = pack(plan, lives, list_scratch(plan, c, TN_HOME_TILE, last_reader, lives));
        n = list_scratch(plan, c, TN_HOME_BLOCK, last_reader, lives);
        plan->chains[c].scratch = tile + pack(plan, lives, n);
        for (int i = 0; i < n; i++) plan->vertices[lives[i].vertex].place += tile;
        if (plan->chains[c].scratch > plan->scratch_bytes) plan->scratch_bytes = plan->chains[c].scratch;
    }
}

tn_status tn_plan_place(tn_plan *plan, tn_error *error)
{
    find_runs(plan);
    find_lives(plan);
    life *lives = tn_calloc((size_t)plan->n_vertices, sizeof *lives);
    int *last_reader = tn_calloc((size_t)plan->n_vertices, sizeof *last_reader);
    bool enough = lives && last_reader && place_leaves(plan) && place_gradients(plan);
    if (enough) {
        measure(plan);
        find_last_readers(plan, last_reader);
        place_results(plan, lives, last_reader);
        plan->scratch_bytes = padded(plan->scratch_bytes + TN_SLACK);
        plan->arena = tn_alloc((size_t)plan->arena_bytes);
        plan->scratch = tn_alloc((size_t)plan->scratch_bytes * (size_t)plan->threads);
        enough = plan->arena && plan->scratch;
        plan->slots[TN_SLOT_ARENA].base = plan->arena;
    }
    tn_release(lives);
    tn_release(last_reader);
    if (enough) return TN_OK;
    return tn_fail(error, TN_ENOMEM, "no memory for a plan of %lld bytes",
                   (long long)(plan->arena_bytes + plan->scratch_bytes * plan->threads));
}
