/* Distances between rows. Caches find a line by the lower bits of its address: rows a multiple of 4096 bytes apart all
 * fall into the same few places, and evict each other while a product reads down a column of them. One line more from
 * row to row spreads them. */
#include "config.h"
#include "core/memory.h"
#include "graph/plan.h"

static bool would_alias(const tn_vertex *v)
{
    int64_t cols = tn_shape_cols(v->node->shape), bytes = cols * (int64_t)tn_dtype_size(v->node->dtype);
    return v->kind == TN_VERTEX_COMPUTED && v->strided && v->node->shape.rank == 2 && !v->reduce && !v->combine &&
           !v->output && cols > 1 && bytes % TN_ALIASING_BYTES == 0;
}

/* Whether the reader takes the memory of the root as the matrix that it is. */
static bool reads_rows(const tn_plan *plan, const tn_vertex *reader, int input)
{
    const tn_vertex *seen = &plan->vertices[reader->in[input]];
    tn_source s = tn_plan_source(plan, reader, input);
    return reader->kind == TN_VERTEX_COMPUTED && reader->strided && !reader->combine && s.direct && s.offset == 0 &&
           tn_shape_equal(seen->node->shape, plan->vertices[s.root].node->shape);
}

tn_status tn_plan_stride(tn_plan *plan, tn_error *error)
{
    if (plan->options & TN_PLAN_UNFUSED) return TN_OK;
    bool *fixed = tn_calloc((size_t)plan->n_vertices, sizeof *fixed);
    if (!fixed) return tn_fail(error, TN_ENOMEM, "no memory for a plan");
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        if (v->kind == TN_VERTEX_LEAF) continue;
        for (int k = 0; k < v->n_in; k++)
            if (v->kind == TN_VERTEX_COMPUTED ? !reads_rows(plan, v, k) : v->output)
                fixed[tn_plan_source(plan, v, k).root] = true;
    }
    for (int i = 0; i < plan->n_vertices; i++) {
        tn_vertex *v = &plan->vertices[i];
        int64_t line = TN_ALIGN / (int64_t)tn_dtype_size(v->node->dtype);
        if (!fixed[i] && would_alias(v)) v->stride = tn_shape_cols(v->node->shape) + line;
    }
    tn_release(fixed);
    return TN_OK;
}
