/* When each vertex runs. A stage is done before the next begins; vertices of one stage that are divided alike form a
 * chain, which runs tile by tile so that what they hand on stays in the cache. Copies made for gradients wait until
 * these have arrived, so that the memory of their originals is free in between. */
#include "config.h"
#include "core/memory.h"
#include "graph/lists.h"
#include "graph/plan.h"

#include <string.h>

/* Whether block b of the reader needs no more than block b of the writer, so that both may share a chain. */
static bool block_by_block(const tn_plan *plan, const tn_vertex *writer, const tn_vertex *reader, const tn_source *s)
{
    if (writer->kind != TN_VERTEX_COMPUTED || writer->reduce || plan->options & TN_PLAN_UNFUSED) return false;
    if (writer->mode != reader->mode || reader->mode == TN_UNCUT) return false;
    if (reader->mode == TN_BY_COLUMNS)
        return reader->elementwise && s->direct && s->offset == 0 &&
               tn_shape_cols(writer->node->shape) == tn_shape_cols(reader->node->shape) &&
               tn_shape_rows(writer->node->shape) == tn_shape_rows(reader->node->shape);
    return s->itemwise && s->offset == 0 && writer->group == reader->group;
}

/* The stage that makes a node's memory; 0 where no stage does. */
static int stage_of(const tn_plan *plan, const tn_node *node)
{
    int i = plan->vertex_of[node->id];
    while (i >= 0 && (plan->vertices[i].kind == TN_VERTEX_ALIAS || plan->vertices[i].kind == TN_VERTEX_VIEW))
        i = plan->vertices[i].in[0];
    return i >= 0 && plan->vertices[i].kind == TN_VERTEX_COMPUTED ? plan->vertices[i].stage : 0;
}

static int earliest_stage(const tn_plan *plan, const tn_vertex *v)
{
    int stage = 0;
    for (int k = 0; k < 2 && tn_plan_is_late(plan, v->node); k++) {
        int earliest = stage_of(plan, v->node->after[k]);
        if (earliest > stage) stage = earliest;
    }
    for (int k = 0; k < v->n_in; k++) {
        tn_source s = tn_plan_source(plan, v, k);
        const tn_vertex *writer = &plan->vertices[s.root];
        if (writer->kind != TN_VERTEX_COMPUTED) continue;
        int after = writer->stage + !block_by_block(plan, writer, v, &s);
        if (after > stage) stage = after;
    }
    return stage;
}

/* For each vertex, who reads its memory (through views and aliases): vertices and their inputs, as lists. */
typedef struct readers {
    int *start, *reader, *input;
    tn_lists lists;
} readers;

static void free_readers(readers *r)
{
    tn_lists_free(&r->lists);
    tn_release(r->reader);
    tn_release(r->input);
    *r = (readers){0};
}

static bool find_readers(const tn_plan *plan, readers *r)
{
    int total = 0, n = 0;
    for (int i = 0; i < plan->n_vertices; i++) total += plan->vertices[i].n_in;
    int *root = tn_calloc((size_t)total, sizeof *root), *of = tn_calloc((size_t)total, sizeof *of);
    int *input = tn_calloc((size_t)total, sizeof *input);
    r->reader = tn_calloc((size_t)total, sizeof *r->reader);
    r->input = tn_calloc((size_t)total, sizeof *r->input);
    bool enough = root && of && input && r->reader && r->input;
    for (int i = 0; i < plan->n_vertices && enough; i++)
        for (int k = 0; k < plan->vertices[i].n_in && plan->vertices[i].kind == TN_VERTEX_COMPUTED; k++, n++) {
            root[n] = tn_plan_source(plan, &plan->vertices[i], k).root;
            of[n] = i;
            input[n] = k;
        }
    enough = enough && tn_lists_make(&r->lists, n, root, plan->n_vertices);
    r->start = r->lists.start;
    for (int p = 0; p < n && enough; p++) {
        r->reader[p] = of[r->lists.item[p]];
        r->input[p] = input[r->lists.item[p]];
    }
    tn_release(root);
    tn_release(of);
    tn_release(input);
    return enough;
}

/* The latest stage at which v could run for its readers, or -1 if it must stay. */
static int latest_stage(const tn_plan *plan, const readers *r, int i)
{
    const tn_vertex *v = &plan->vertices[i];
    int latest = -1;
    for (int p = r->start[i]; p < r->start[i + 1]; p++) {
        const tn_vertex *reader = &plan->vertices[r->reader[p]];
        tn_source s = tn_plan_source(plan, reader, r->input[p]);
        int before = reader->stage - !block_by_block(plan, v, reader, &s);
        if (latest < 0 || before < latest) latest = before;
    }
    return latest;
}

/* Whether the memory of input k of v is wanted at that stage or later by someone else too. */
static bool kept_anyway(const tn_plan *plan, const readers *r, int i, int k, int stage)
{
    int root = tn_plan_source(plan, &plan->vertices[i], k).root;
    if (plan->vertices[root].kind == TN_VERTEX_LEAF || plan->vertices[root].output) return true;
    for (int p = r->start[root]; p < r->start[root + 1]; p++)
        if (r->reader[p] != i && plan->vertices[r->reader[p]].stage >= stage) return true;
    return false;
}

/* Vertices run as early as they can, so that what the backward pass needs of the forward pass is made while it is in
 * the cache (the cosine of a sine layer). But where the inputs are kept anyway, an elementwise result is better made
 * again next to its reader than kept as well. */
static void delay(tn_plan *plan, const readers *r)
{
    for (int i = plan->n_vertices - 1; i >= 0; i--) {
        tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED || !v->elementwise || v->output) continue;
        int latest = latest_stage(plan, r, i);
        if (latest <= v->stage) continue;
        bool free = true;
        for (int k = 0; k < v->n_in && free; k++) free = kept_anyway(plan, r, i, k, latest);
        if (free) v->stage = latest;
    }
}

/* A product of a few columns costs less to make again than to keep where its result is large. */
static bool is_cheap(const tn_vertex *v)
{
    return v->kind == TN_VERTEX_COMPUTED && v->mode == TN_BY_ROWS && v->node->attr.packed && !v->output &&
           tn_shape_cols(v->node->in[0]->shape) <= TN_CHEAP_COLUMNS &&
           tn_shape_size(v->node->shape) >= TN_CHEAP_ELEMENTS;
}

/* The first reader of a stage later than the vertex's own, if all such readers are of one stage and could share a chain
 * with a copy of the vertex there, whose inputs are kept anyway; else -1. */
static int first_late_reader(const tn_plan *plan, const readers *r, int i)
{
    tn_vertex copy = plan->vertices[i];
    int first = -1;
    for (int p = r->start[i]; p < r->start[i + 1]; p++) {
        const tn_vertex *reader = &plan->vertices[r->reader[p]];
        if (reader->stage <= plan->vertices[i].stage) continue;
        tn_source s = tn_plan_source(plan, reader, r->input[p]);
        const tn_node *seen = plan->vertices[reader->in[r->input[p]]].node;
        if (first >= 0 && reader->stage != copy.stage) return -1;
        if (!block_by_block(plan, &copy, reader, &s) || !tn_shape_equal(seen->shape, copy.node->shape)) return -1;
        copy.stage = reader->stage;
        if (first < 0 || r->reader[p] < first) first = r->reader[p];
    }
    return first >= 0 && kept_anyway(plan, r, i, 0, copy.stage) ? first : -1;
}

static bool has_early_reader(const tn_plan *plan, const readers *r, int i)
{
    for (int p = r->start[i]; p < r->start[i + 1]; p++)
        if (plan->vertices[r->reader[p]].stage <= plan->vertices[i].stage) return true;
    return false;
}

/* Makes room for a vertex before another one. false when out of memory. */
static bool insert(tn_plan *plan, int at, const tn_vertex *vertex)
{
    if (tn_plan_add_vertex(plan, vertex) < 0) return false;
    tn_vertex *v = plan->vertices;
    memmove(v + at + 1, v + at, (size_t)(plan->n_vertices - 1 - at) * sizeof *v);
    v[at] = *vertex;
    for (int i = 0; i < plan->n_vertices; i++)
        for (int k = 0; k < v[i].n_in; k++) v[i].in[k] += v[i].in[k] >= at;
    for (int i = 0; i < plan->n_outputs; i++) plan->output_vertex[i] += plan->output_vertex[i] >= at;
    for (int i = 0; i < plan->g->n_nodes; i++) plan->vertex_of[i] += plan->vertex_of[i] >= at;
    return true;
}

/* Large results that are cheap to make are made again where they are needed late, or there only if nobody needs them
 * before: writing them out and reading them in again takes longer. */
static bool repeat(tn_plan *plan, readers *r)
{
    for (int i = 0; i < plan->n_vertices; i++) {
        int at = is_cheap(&plan->vertices[i]) ? first_late_reader(plan, r, i) : -1;
        if (at < 0) continue;
        tn_vertex copy = plan->vertices[i];
        copy.stage = plan->vertices[at].stage;
        if (!has_early_reader(plan, r, i)) {
            plan->vertices[i].stage = copy.stage;
            continue;
        }
        if (!insert(plan, at, &copy)) return false;
        for (int k = at + 1; k < plan->n_vertices; k++)
            for (int input = 0; input < plan->vertices[k].n_in; input++) {
                tn_vertex *reader = &plan->vertices[k];
                bool late = reader->kind == TN_VERTEX_COMPUTED && reader->stage == copy.stage;
                if (late && tn_plan_source(plan, reader, input).root == i) reader->in[input] = at;
            }
        free_readers(r);
        if (!find_readers(plan, r)) return false;
    }
    return true;
}

/* The chain that v begins if it finds none to join. */
static tn_chain chain_of(const tn_plan *plan, const tn_vertex *v)
{
    const tn_group *group = &plan->groups[v->group];
    tn_chain chain = {.stage = v->stage, .mode = v->mode, .items = group->items, .steps = 1, .units = 1};
    if (v->mode == TN_BY_COLUMNS) {
        chain.items = tn_shape_rows(v->node->shape);
        chain.columns = tn_shape_cols(v->node->shape);
        chain.units = (chain.columns + TN_WIDE_COLUMNS - 1) / TN_WIDE_COLUMNS;
    }
    chain.tile = chain.step = chain.items;
    if (v->mode == TN_BY_ROWS) {
        chain.tile = group->tile;
        chain.block = group->block;
        chain.step = group->step;
        chain.steps = group->steps;
        chain.units = group->segments;
    }
    return chain;
}

/* The first chain of that stage that is divided alike, or -1; what is not cut has a chain of its own. The chains of a
 * stage are the last ones. */
static int find_chain(const tn_plan *plan, const tn_chain *wanted)
{
    int found = -1;
    for (int c = plan->n_chains - 1; c >= 0 && plan->chains[c].stage == wanted->stage; c--) {
        const tn_chain *chain = &plan->chains[c];
        if (wanted->mode != TN_UNCUT && chain->mode == wanted->mode && chain->items == wanted->items &&
            chain->columns == wanted->columns)
            found = c;
    }
    return found;
}

/* Chains in order of stage; vertices keep their order within a chain, which is topological. */
static bool find_chains(tn_plan *plan)
{
    int n = plan->n_vertices, *stage = tn_calloc((size_t)n, sizeof *stage);
    for (int i = 0; i < n && stage; i++)
        stage[i] = plan->vertices[i].kind == TN_VERTEX_COMPUTED ? plan->vertices[i].stage : -1;
    tn_lists by_stage = {0};
    bool enough = stage && tn_lists_make(&by_stage, n, stage, plan->n_stages);
    for (int p = 0; enough && p < by_stage.start[plan->n_stages]; p++) {
        tn_vertex *v = &plan->vertices[by_stage.item[p]];
        tn_chain chain = chain_of(plan, v);
        v->chain = find_chain(plan, &chain);
        if (v->chain < 0) {
            enough = TN_RESERVE(plan->chains, plan->n_chains, plan->chains_capacity);
            if (!enough) break;
            v->chain = plan->n_chains;
            plan->chains[plan->n_chains++] = chain;
        }
        plan->chains[v->chain].count++;
    }
    tn_lists_free(&by_stage);
    tn_release(stage);
    return enough;
}

/* A later vertex of the same chain that makes the partner's result out of the same input, or -1. */
static int find_partner(const tn_plan *plan, const readers *r, int i)
{
    const tn_vertex *v = &plan->vertices[i];
    tn_source s = tn_plan_source(plan, v, 0);
    for (int p = r->start[s.root]; s.direct && p < r->start[s.root + 1]; p++) {
        const tn_vertex *other = &plan->vertices[r->reader[p]];
        if (r->reader[p] > i && other->chain == v->chain && other->in[0] == v->in[0] &&
            !strcmp(other->node->op->name, v->node->op->partner))
            return r->reader[p];
    }
    return -1;
}

/* Pairs what is better done at once, such as a sine and a cosine of the same. */
static void pair_up(tn_plan *plan, const readers *r)
{
    for (int i = 0; i < plan->n_vertices; i++) {
        tn_vertex *v = &plan->vertices[i];
        const tn_op *op = v->node->op;
        int number = v->node->dtype == TN_F64;
        if (v->kind != TN_VERTEX_COMPUTED || !op->partner || v->kernel != op->kernel[number]) continue;
        if ((v->partner = find_partner(plan, r, i)) < 0) continue;
        v->kernel = op->both[number];
        plan->vertices[v->partner].partner = i;
        plan->vertices[v->partner].second = true;
    }
}

tn_status tn_plan_stage(tn_plan *plan, tn_error *error)
{
    int next = 0;
    for (int i = 0; i < plan->n_vertices; i++) {
        tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED) continue;
        v->stage = plan->options & TN_PLAN_UNFUSED ? next++ : earliest_stage(plan, v);
    }
    readers r = {0};
    bool enough = find_readers(plan, &r);
    if (enough && !(plan->options & TN_PLAN_UNFUSED)) {
        delay(plan, &r);
        enough = repeat(plan, &r);
    }
    for (int i = 0; i < plan->n_vertices; i++)
        if (plan->vertices[i].kind == TN_VERTEX_COMPUTED && plan->vertices[i].stage >= plan->n_stages)
            plan->n_stages = plan->vertices[i].stage + 1;
    plan->stages = tn_calloc((size_t)plan->n_stages, sizeof *plan->stages);
    enough = enough && plan->stages && find_chains(plan);
    if (enough) pair_up(plan, &r);
    free_readers(&r);
    if (!enough) return tn_fail(error, TN_ENOMEM, "no memory for a plan");
    for (int c = 0; c < plan->n_chains; c++) {
        tn_stage *stage = &plan->stages[plan->chains[c].stage];
        if (stage->count++ == 0) stage->first = c;
        stage->units += plan->chains[c].units;
    }
    return TN_OK;
}
