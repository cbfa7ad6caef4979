/* Where results live. What only one chain sees stays in a tile's scratch, reused as soon as its last reader is done;
 * other results get an offset in the arena, shared by results whose lives do not overlap. */
#include "config.h"
#include "core/memory.h"
#include "graph/lists.h"
#include "graph/pack.h"
#include "graph/params.h"
#include "graph/plan.h"

#include <string.h>

static int64_t padded(int64_t bytes)
{
    return (bytes + TN_ALIGN - 1) / TN_ALIGN * TN_ALIGN;
}

/* The vertices of each chain. */
static bool list_chains(const tn_plan *plan, tn_lists *by_chain)
{
    int n = plan->n_vertices, *chain = tn_calloc((size_t)n, sizeof *chain);
    for (int i = 0; i < n && chain; i++)
        chain[i] = plan->vertices[i].kind == TN_VERTEX_COMPUTED ? plan->vertices[i].chain : -1;
    bool enough = chain && tn_lists_make(by_chain, n, chain, plan->n_chains);
    tn_release(chain);
    return enough;
}

/* Numbers the runs of row-wise instructions, chain by chain in the order of the vertices. */
static void find_runs(tn_plan *plan, const tn_lists *by_chain)
{
    int next = 0;
    for (int c = 0; c < plan->n_chains; c++) {
        bool row_wise = false;
        for (int p = by_chain->start[c]; p < by_chain->start[c + 1]; p++) {
            tn_vertex *v = &plan->vertices[by_chain->item[p]];
            if (v->second) continue;
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
static int list_scratch(const tn_plan *plan, const tn_lists *by_chain, int chain, tn_home home, const int *last_reader,
                        tn_life *lives)
{
    int n = 0;
    for (int p = by_chain->start[chain]; p < by_chain->start[chain + 1]; p++) {
        int i = by_chain->item[p];
        const tn_vertex *v = &plan->vertices[i];
        if (v->home != home) continue;
        int made = v->second ? v->partner : i;
        bool tile = home == TN_HOME_TILE;
        lives[n++] = (tn_life){i, tile ? v->run : made, tile ? v->last_run : last_reader[i], v->bytes, 0};
    }
    return n;
}

/* Gives listed results their places, the first at `base`; returns the bytes needed, or -1 when out of memory. */
static int64_t place(tn_plan *plan, tn_life *lives, int n, int64_t base)
{
    int64_t bytes = tn_pack_lives(lives, n);
    for (int i = 0; i < n; i++) plan->vertices[lives[i].vertex].place = base + lives[i].place;
    return bytes;
}

static bool place_results(tn_plan *plan, const tn_lists *by_chain, tn_life *lives, const int *last_reader)
{
    int n = 0;
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        if (v->kind == TN_VERTEX_COMPUTED && v->home == TN_HOME_MEMORY && v->slot == TN_SLOT_ARENA)
            lives[n++] = (tn_life){i, v->stage, v->last, v->bytes, 0};
    }
    plan->arena_bytes = place(plan, lives, n, 0);
    if (plan->arena_bytes < 0) return false;
    for (int c = 0; c < plan->n_chains; c++) {
        n = list_scratch(plan, by_chain, c, TN_HOME_TILE, last_reader, lives);
        int64_t tile = place(plan, lives, n, 0);
        n = list_scratch(plan, by_chain, c, TN_HOME_BLOCK, last_reader, lives);
        int64_t block = place(plan, lives, n, tile);
        if (tile < 0 || block < 0) return false;
        plan->chains[c].scratch = tile + block;
        if (plan->chains[c].scratch > plan->scratch_bytes) plan->scratch_bytes = plan->chains[c].scratch;
    }
    return true;
}

tn_status tn_plan_place(tn_plan *plan, tn_error *error)
{
    tn_lists by_chain = {0};
    tn_life *lives = tn_calloc((size_t)plan->n_vertices, sizeof *lives);
    int *last_reader = tn_calloc((size_t)plan->n_vertices, sizeof *last_reader);
    bool enough = lives && last_reader && list_chains(plan, &by_chain);
    if (enough) {
        find_runs(plan, &by_chain);
        find_lives(plan);
        enough = place_leaves(plan) && place_gradients(plan);
    }
    if (enough) {
        measure(plan);
        find_last_readers(plan, last_reader);
        enough = place_results(plan, &by_chain, lives, last_reader);
    }
    if (enough) {
        plan->scratch_bytes = padded(plan->scratch_bytes + TN_SLACK);
        plan->arena = tn_alloc((size_t)plan->arena_bytes);
        plan->scratch = tn_alloc((size_t)plan->scratch_bytes * (size_t)plan->threads);
        enough = plan->arena && plan->scratch;
        plan->slots[TN_SLOT_ARENA].base = plan->arena;
    }
    tn_lists_free(&by_chain);
    tn_release(lives);
    tn_release(last_reader);
    if (enough) return TN_OK;
    return tn_fail(error, TN_ENOMEM, "no memory for a plan of %lld bytes",
                   (long long)(plan->arena_bytes + plan->scratch_bytes * plan->threads));
}
