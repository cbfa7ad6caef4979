/* What the planner does with a single vertex before it joins the plan, so that its kernel finds what it likes. */
#include "config.h"
#include "core/memory.h"
#include "graph/plan.h"

#include <string.h>

/* A node of the plan's own, after an existing one. NULL when out of memory. */
static tn_node *new_node(tn_plan *plan, const tn_node *like)
{
    if (!TN_RESERVE(plan->made, plan->n_made, plan->made_capacity)) return NULL;
    tn_node *node = tn_calloc(1, sizeof *node);
    if (!node) return NULL;
    *node = *like;
    node->in = tn_calloc((size_t)(like->n_in ? like->n_in : 1), sizeof *node->in);
    node->name = like->name ? tn_strdup(like->name) : NULL; /* the user may give the other one a new name */
    plan->made[plan->n_made++] = node;
    if (!node->in || (like->name && !node->name)) return NULL;
    memcpy(node->in, like->in, (size_t)like->n_in * sizeof *node->in);
    return node;
}

/* A product of many rows is done tile by tile; its second matrix is better packed once than at each tile. */
static tn_status pack_matrix(tn_plan *plan, tn_vertex *v, tn_vertex *before)
{
    tn_shape shape;
    if (v->n_in < 2 || tn_shape_rows(v->node->shape) < TN_PACK_ROWS || tn_plan_is_wide(v->node)) return TN_OK;
    const tn_op *pack = tn_pack(v->node, &shape);
    if (!pack) return TN_OK;
    tn_node *product = new_node(plan, v->node), *packed = product ? new_node(plan, v->node) : NULL;
    if (!packed) return TN_ENOMEM;
    packed->op = pack;
    tn_release(packed->name);
    packed->name = NULL;
    packed->original = NULL; /* packed once, also for copies */
    packed->attr = (tn_attr){.transpose_b = product->attr.transpose_b || product->n_in == 3};
    packed->n_in = 1;
    packed->in[0] = v->node->in[1];
    packed->shape = shape;
    *before = (tn_vertex){.node = packed, .n_in = 1, .in = {v->in[1]}};
    product->attr.packed = true;
    product->in[1] = packed;
    v->node = product;
    return TN_OK;
}

tn_status tn_plan_lower(tn_plan *plan, tn_vertex *v, tn_vertex *before)
{
    return pack_matrix(plan, v, before);
}
