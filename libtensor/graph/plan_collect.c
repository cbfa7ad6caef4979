/* From nodes to vertices: what no output needs is left out, equal computations become one, and operations that only
 * look at memory differently become aliases and views. */
#include "config.h"
#include "core/hash.h"
#include "core/memory.h"
#include "graph/plan.h"

#include <string.h>

int tn_plan_add_vertex(tn_plan *plan, const tn_vertex *vertex)
{
    if (!TN_RESERVE(plan->vertices, plan->n_vertices, plan->vertices_capacity)) return -1;
    plan->vertices[plan->n_vertices] = *vertex;
    return plan->n_vertices++;
}

/* needed[id]: an output depends on the node. */
static void mark_needed(const tn_graph *g, bool *needed)
{
    for (int i = 0; i < g->n_outputs; i++) needed[g->outputs[i].node->id] = true;
    for (int id = g->n_nodes - 1; id >= 0; id--)
        if (needed[id])
            for (int k = 0; k < g->nodes[id]->n_in; k++) needed[g->nodes[id]->in[k]->id] = true;
}

bool tn_plan_is_late(const tn_plan *plan, const tn_node *node)
{
    return node->original && !(plan->options & TN_PLAN_KEEP) && plan->vertex_of[node->after[1]->id] >= 0;
}

/* Whether two nodes are made after the same, if after anything. */
static bool same_time(const tn_plan *plan, const tn_node *a, const tn_node *b)
{
    bool late = tn_plan_is_late(plan, a), same = late == tn_plan_is_late(plan, b);
    for (int k = 0; k < 2 && late && same; k++)
        same = plan->vertex_of[a->after[k]->id] == plan->vertex_of[b->after[k]->id];
    return same;
}

/* Two vertices compute the same if they apply the same operation, with the same constants, to the same vertices. */
static bool same(const tn_plan *plan, const tn_vertex *a, const tn_vertex *b)
{
    const tn_attr *p = &a->node->attr, *q = &b->node->attr;
    return same_time(plan, a->node, b->node) && a->node->op == b->node->op && a->n_in == b->n_in &&
           a->node->dtype == b->node->dtype && tn_shape_equal(a->node->shape, b->node->shape) &&
           !memcmp(a->in, b->in, (size_t)a->n_in * sizeof *a->in) &&
           p->axis == q->axis && p->start == q->start && p->length == q->length &&
           p->transpose_a == q->transpose_a && p->transpose_b == q->transpose_b && p->packed == q->packed &&
           !memcmp(&p->value, &q->value, sizeof p->value) && p->sparsity == q->sparsity &&
           tn_custom_same(a->node, b->node);
}

/* Inputs and parameters are themselves; anything else may have a twin. */
static bool may_have_twin(const tn_vertex *v)
{
    return v->n_in > 0 || v->node->op->flags & TN_OP_NUMBER;
}

/* The vertex that already computes this, or -1. table holds vertex + 1 at hashed places. */
static int find_twin(const tn_plan *plan, const tn_vertex *v, int *table, uint64_t mask, uint64_t *place)
{
    uint32_t hash = tn_hash(TN_HASH_START, &v->node->op, sizeof v->node->op);
    hash = tn_hash(hash, v->in, (size_t)v->n_in * sizeof *v->in);
    hash = tn_hash(hash, &v->node->attr.value, sizeof v->node->attr.value);
    for (*place = hash & mask; table[*place]; *place = (*place + 1) & mask)
        if (same(plan, v, &plan->vertices[table[*place] - 1])) return table[*place] - 1;
    return -1;
}

/* A view is a repeat that strides can express: of a number, of a row over all rows, of a column over all columns. */
static bool expressible(const tn_node *node)
{
    tn_shape in = node->in[0]->shape, out = node->shape;
    if (tn_shape_size(in) == 1) return true;
    int64_t cols = tn_shape_cols(out), rows = tn_shape_rows(out);
    if (out.rank < 2) return false;
    if (tn_shape_size(in) == cols && in.dim[in.rank - 1] == cols) return true;
    return tn_shape_size(in) == rows && in.rank == out.rank && in.dim[in.rank - 1] == 1;
}

static void classify(tn_vertex *v)
{
    const tn_node *node = v->node;
    if (node->op->flags & TN_OP_LEAF) {
        v->kind = TN_VERTEX_LEAF;
        return;
    }
    tn_division division = node->op->division(node);
    v->kind = division.access == TN_ALIAS ? TN_VERTEX_ALIAS : TN_VERTEX_COMPUTED;
    v->offset = division.offset;
    v->itemwise = division.itemwise;
    v->columns = division.columns;
    v->reduce = division.access == TN_REDUCE;
    v->elementwise = node->op->flags & TN_OP_ELEMENTWISE;
    v->strided = v->elementwise || division.strided;
    v->mode = division.access == TN_WHOLE ? TN_UNCUT : TN_BY_ROWS;
    v->kernel = node->op->kernel[node->dtype == TN_F64];
    if (v->kind == TN_VERTEX_ALIAS) {
        bool same_items = tn_shape_dim0(node->shape) == tn_shape_dim0(node->in[0]->shape) && node->shape.rank &&
                          node->in[0]->shape.rank && division.itemwise;
        v->itemwise = same_items;
    }
}

/* Repeats that only elementwise operations read need not be made: their strides say it all. */
static void find_views(tn_plan *plan)
{
    for (int i = 0; i < plan->n_vertices; i++) {
        tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED || !(v->node->op->flags & TN_OP_REPEAT) || v->output) continue;
        if (expressible(v->node)) v->kind = TN_VERTEX_VIEW;
    }
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *reader = &plan->vertices[i];
        if (reader->kind == TN_VERTEX_LEAF || reader->elementwise) continue;
        for (int k = 0; k < reader->n_in; k++) {
            tn_vertex *v = &plan->vertices[reader->in[k]];
            if (v->kind == TN_VERTEX_VIEW) v->kind = TN_VERTEX_COMPUTED;
        }
    }
}

/* A gradient goes straight to the parameter set's memory where it is made; where it has no memory of its own (an
 * input, a reshape, the gradient of two parameters at once), a copy does, and in a plan that accumulates, always a sum
 * with what is there. */
static tn_status add_copies(tn_plan *plan, tn_error *error)
{
    const tn_graph *g = plan->g;
    bool accumulate = plan->options & TN_PLAN_ACCUMULATE;
    for (int i = 0; i < g->n_outputs; i++) {
        int v = plan->output_vertex[i];
        bool elsewhere = plan->vertices[v].kind != TN_VERTEX_COMPUTED || plan->vertices[v].output;
        if (g->outputs[i].params && (accumulate || elsewhere)) {
            const tn_node *node = plan->vertices[v].node;
            tn_vertex copy = {.node = node, .kind = TN_VERTEX_COMPUTED, .n_in = 1, .in = {v}, .itemwise = 1,
                              .partner = -1, .elementwise = true, .columns = true, .mode = TN_BY_ROWS,
                              .kernel = tn_op_find("detach")->kernel[node->dtype == TN_F64]};
            if (accumulate) copy.kernel = tn_accumulate_kernel(node);
            v = tn_plan_add_vertex(plan, &copy);
            if (v < 0) return tn_fail(error, TN_ENOMEM, "no memory for a plan");
            plan->output_vertex[i] = v;
        }
        plan->vertices[v].output = true;
    }
    return TN_OK;
}

/* Places of vertices by what they compute, to find twins. */
typedef struct twin_table {
    int *table; /* vertex + 1 at hashed places */
    uint64_t mask;
} twin_table;

/* The vertex that computes what v does: an earlier one, or v itself, which then joins the plan; -1 when out of
 * memory. */
static int join(tn_plan *plan, const twin_table *twins, tn_vertex *v)
{
    uint64_t place = 0;
    int twin = may_have_twin(v) ? find_twin(plan, v, twins->table, twins->mask, &place) : -1;
    if (twin >= 0) return twin;
    classify(v);
    twin = tn_plan_add_vertex(plan, v);
    if (may_have_twin(v)) twins->table[place] = twin + 1;
    return twin;
}

/* The vertex of a node whose inputs have theirs. */
static int collect_node(tn_plan *plan, const twin_table *twins, const tn_node *node)
{
    tn_vertex v = {.node = node, .n_in = node->n_in, .partner = -1}, before = {0};
    for (int k = 0; k < v.n_in; k++) v.in[k] = plan->vertex_of[node->in[k]->id];
    if (tn_plan_lower(plan, &v, &before)) return -1;
    if (before.node) {
        before.partner = -1;
        if ((v.in[1] = join(plan, twins, &before)) < 0) return -1;
    }
    return join(plan, twins, &v);
}

tn_status tn_plan_collect(tn_plan *plan, tn_error *error)
{
    const tn_graph *g = plan->g;
    uint64_t size = 64;
    while (size < 8 * (uint64_t)g->n_nodes) size *= 2;
    bool *needed = tn_calloc((size_t)g->n_nodes, sizeof *needed);
    twin_table twins = {tn_calloc(size, sizeof *twins.table), size - 1};
    plan->vertex_of = tn_calloc((size_t)g->n_nodes, sizeof *plan->vertex_of);
    plan->output_vertex = tn_calloc((size_t)g->n_outputs, sizeof *plan->output_vertex);
    bool enough = needed && twins.table && plan->vertex_of && plan->output_vertex;
    if (enough) mark_needed(g, needed);
    for (int id = 0; enough && id < g->n_nodes; id++) {
        plan->vertex_of[id] = needed[id] ? collect_node(plan, &twins, g->nodes[id]) : -1;
        enough = !needed[id] || plan->vertex_of[id] >= 0;
    }
    tn_release(needed);
    tn_release(twins.table);
    if (!enough) return tn_fail(error, TN_ENOMEM, "no memory for a plan");
    for (int i = 0; i < g->n_outputs; i++) plan->output_vertex[i] = plan->vertex_of[g->outputs[i].node->id];
    tn_status status = add_copies(plan, error);
    if (!status && !(plan->options & TN_PLAN_UNFUSED)) status = tn_plan_fuse(plan, error);
    find_views(plan);
    return status;
}

tn_source tn_plan_source(const tn_plan *plan, const tn_vertex *reader, int input)
{
    const tn_vertex *v = &plan->vertices[reader->in[input]];
    tn_shape shape = v->node->shape;
    tn_source s = {.root = reader->in[input], .itemwise = reader->itemwise >> input & 1, .direct = true,
                   .rows = tn_shape_rows(shape), .cols = tn_shape_cols(shape)};
    s.rs = s.cols;
    s.cs = 1;
    if (s.itemwise) s.step = tn_shape_stride0(shape);
    if (v->kind == TN_VERTEX_VIEW) {
        const tn_node *repeated = v->node->in[0];
        int64_t size = tn_shape_size(repeated->shape);
        bool row = size > 1 && size == s.cols && repeated->shape.dim[repeated->shape.rank - 1] == s.cols;
        s.rs = size > 1 && !row;
        s.cs = row;
        s.direct = false;
        s.itemwise = s.itemwise && s.rs; /* a number or a row is wanted whole */
        s.step = s.itemwise ? tn_shape_stride0(repeated->shape) : 0;
        s.root = v->in[0];
        v = &plan->vertices[s.root];
    }
    while (v->kind == TN_VERTEX_ALIAS) {
        s.offset += v->offset;
        s.itemwise = s.itemwise && (v->itemwise & 1);
        s.root = v->in[0];
        v = &plan->vertices[s.root];
    }
    if (v->stride) { /* of a matrix that is only read as one (plan_stride.c) */
        s.rs = v->stride;
        if (s.itemwise) s.step = v->stride;
    }
    return s;
}
