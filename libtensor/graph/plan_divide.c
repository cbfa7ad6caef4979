/* How work is cut. The cuts follow from shapes alone, never from the number of threads, the caches or what is fused
 * with what: sums are grouped by them, so they are part of the result. */
#include "config.h"
#include "core/memory.h"
#include "graph/plan.h"

#include <string.h>

int tn_plan_group(tn_plan *plan, int64_t items)
{
    for (int i = 0; i < plan->n_groups; i++)
        if (plan->groups[i].items == items) return i;
    if (!TN_RESERVE(plan->groups, plan->n_groups, plan->groups_capacity)) return -1;
    plan->groups[plan->n_groups] = (tn_group){.items = items, .elements = 1};
    return plan->n_groups++;
}

/* A matrix product cut by rows of its output. */
static bool is_product(const tn_vertex *v)
{
    return v->columns && !v->elementwise;
}

static int64_t largest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Numbers that an item of a sparse operation takes from elsewhere, on the average. */
static int64_t gathered(const tn_node *node)
{
    const tn_sparsity *s = node->attr.sparsity;
    int64_t items = tn_shape_dim0(node->shape);
    return s && items ? tn_sparsity_entries(s) / items * tn_shape_stride0(node->shape) : 0;
}

/* What the vertices of a group have in common: their leading size is that of the output, or of what is summed. */
static bool join_group(tn_plan *plan, tn_vertex *v)
{
    tn_shape shape = v->reduce ? v->node->in[0]->shape : v->node->shape;
    v->group = tn_plan_group(plan, tn_shape_dim0(shape));
    if (v->group < 0) return false;
    tn_group *group = &plan->groups[v->group];
    group->elements = largest(group->elements, tn_shape_stride0(shape));
    group->gathered = largest(group->gathered, gathered(v->node));
    if (is_product(v) && group->items)
        group->rows = largest(group->rows, tn_shape_rows(v->node->shape) / group->items);
    if (v->reduce)
        group->partial =
            largest(group->partial, tn_shape_size(v->node->shape) * (int64_t)tn_dtype_size(v->node->dtype));
    return true;
}

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t parts(int64_t whole, int64_t part)
{
    return (whole + part - 1) / part;
}

/* The least number of items whose rows fill the registers of a matrix kernel without a rest; 1 if they are too many. */
static int64_t items_of_a_step(int64_t rows)
{
    int64_t a = TN_STEP_ROWS, b = rows;
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return rows && TN_STEP_ROWS / a * rows <= 2 * TN_TILE_ROWS ? TN_STEP_ROWS / a : 1;
}

/* Segments differ by one step at the most, so that threads are done at the same time; so do the tiles of a segment. */
static void cut(tn_group *group)
{
    int64_t rows = group->rows;
    int64_t tile = largest(1, rows ? TN_TILE_ROWS / rows
                                   : TN_TILE_ELEMENTS / largest(group->elements, group->gathered));
    group->step = items_of_a_step(rows);
    group->steps = parts(group->items, group->step);
    int64_t limit = at_most(TN_SEGMENTS, at_most(group->steps, parts(group->items, tile)));
    if (rows) limit = at_most(limit, group->items * rows / TN_SEGMENT_ROWS);
    if (group->partial) limit = at_most(limit, TN_PARTIAL_BYTES / group->partial);
    for (group->segments = 1; 2 * group->segments <= limit;) group->segments *= 2;

    int64_t longest = largest(1, parts(group->steps, group->segments)); /* segment, in steps */
    group->tile = group->step * parts(longest, largest(1, (longest * group->step + tile / 2) / tile));
    int64_t fitting = TN_BLOCK_BYTES / ((int64_t)sizeof(float) * largest(1, group->elements));
    group->block = rows ? largest(group->step, fitting - fitting % group->step) : group->tile;
}

/* A sum that is not worth several segments is cut by items of its output instead, if it has several: the product of
 * two wide matrices, which then wants tiles of matrix size. */
static bool by_output(const tn_plan *plan, const tn_vertex *v)
{
    return v->reduce && plan->groups[v->group].segments == 1 && tn_shape_dim0(v->node->shape) > 1;
}

bool tn_plan_is_wide(const tn_node *product)
{
    return product->shape.rank >= 2 && tn_shape_rows(product->shape) < TN_WIDE_ROWS &&
           tn_shape_cols(product->shape) >= TN_WIDE_COLUMNS &&
           tn_shape_cols(product->in[0]->shape) >= TN_WIDE_COLUMNS / 2;
}

/* Few rows and many columns: cut by columns, together with the elementwise operations that follow. */
static void choose_mode(const tn_plan *plan, tn_vertex *v)
{
    int64_t rows = tn_shape_rows(v->node->shape), cols = tn_shape_cols(v->node->shape);
    if (!v->columns || v->node->shape.rank < 2) return;
    if (is_product(v)) {
        if (tn_plan_is_wide(v->node)) v->mode = TN_BY_COLUMNS;
        return;
    }
    for (int k = 0; k < v->n_in; k++) {
        tn_source s = tn_plan_source(plan, v, k);
        const tn_vertex *root = &plan->vertices[s.root];
        if (s.direct && root->kind == TN_VERTEX_COMPUTED && root->mode == TN_BY_COLUMNS &&
            tn_shape_cols(root->node->shape) == cols && tn_shape_rows(root->node->shape) == rows)
            v->mode = TN_BY_COLUMNS;
    }
}

/* Rebuilds the list with a second vertex behind each sum over segments, which adds up their results. */
static tn_status split_sums(tn_plan *plan, tn_error *error)
{
    int count = plan->n_vertices;
    tn_vertex *old = plan->vertices;
    int *moved = tn_calloc((size_t)count, sizeof *moved);
    plan->vertices = NULL;
    plan->n_vertices = plan->vertices_capacity = 0;
    bool enough = moved;
    for (int i = 0; enough && i < count; i++) {
        tn_vertex v = old[i];
        for (int k = 0; k < v.n_in; k++) v.in[k] = moved[v.in[k]];
        bool split = v.kind == TN_VERTEX_COMPUTED && v.reduce && plan->groups[v.group].segments > 1;
        bool output = v.output;
        if (split) v.output = false;
        moved[i] = tn_plan_add_vertex(plan, &v);
        enough = moved[i] >= 0;
        if (split && enough) {
            tn_vertex sum = {.node = v.node, .kind = TN_VERTEX_COMPUTED, .n_in = 1, .in = {moved[i]}, .combine = true,
                             .mode = TN_BY_ROWS, .output = output, .partner = -1, .kernel = tn_combine_kernel(v.node)};
            sum.group = tn_plan_group(plan, tn_shape_dim0(v.node->shape));
            moved[i] = tn_plan_add_vertex(plan, &sum);
            enough = sum.group >= 0 && moved[i] >= 0;
        }
    }
    if (enough) {
        for (int i = 0; i < plan->g->n_outputs; i++) plan->output_vertex[i] = moved[plan->output_vertex[i]];
        for (int id = 0; id < plan->g->n_nodes; id++)
            if (plan->vertex_of[id] >= 0) plan->vertex_of[id] = moved[plan->vertex_of[id]];
    }
    tn_release(moved);
    tn_release(old);
    return enough ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a plan");
}

tn_status tn_plan_divide(tn_plan *plan, tn_error *error)
{
    bool enough = true;
    for (int i = 0; i < plan->n_vertices && enough; i++)
        if (plan->vertices[i].kind == TN_VERTEX_COMPUTED) enough = join_group(plan, &plan->vertices[i]);
    for (int i = 0; i < plan->n_groups; i++) cut(&plan->groups[i]);

    for (int i = 0; i < plan->n_vertices && enough; i++) {
        tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED || !by_output(plan, v)) continue;
        v->reduce = false;
        v->itemwise = 0;
        v->group = tn_plan_group(plan, tn_shape_dim0(v->node->shape));
        enough = v->group >= 0;
        if (!enough) break;
        tn_group *group = &plan->groups[v->group];
        if (!v->node->attr.transpose_a) group->elements = largest(group->elements, tn_shape_stride0(v->node->shape));
        else if (!group->rows) group->rows = 1;
    }
    for (int i = 0; i < plan->n_groups; i++) cut(&plan->groups[i]);
    if (!enough) return tn_fail(error, TN_ENOMEM, "no memory for a plan");

    for (int i = 0; i < plan->n_vertices; i++)
        if (plan->vertices[i].kind == TN_VERTEX_COMPUTED && plan->vertices[i].mode == TN_BY_ROWS)
            choose_mode(plan, &plan->vertices[i]);
    tn_status status = split_sums(plan, error);
    for (int i = 0; i < plan->n_groups; i++) /* groups of combined sums may be new */
        if (!plan->groups[i].tile) cut(&plan->groups[i]);
    return status;
}
