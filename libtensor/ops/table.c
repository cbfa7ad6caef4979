/* The table of operations: the only list of families. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <string.h>

extern const tn_op tn_ops_elementwise[], tn_ops_activation[], tn_ops_linear[], tn_ops_products[], tn_ops_reduce[],
    tn_ops_normalise[], tn_ops_loss[], tn_ops_shape[], tn_ops_rearrange[], tn_ops_index[], tn_ops_sparse[],
    tn_ops_edge[], tn_ops_random[];

const tn_op *const tn_op_families[] = {
    tn_ops_elementwise, tn_ops_activation, tn_ops_linear, tn_ops_products,  tn_ops_reduce,
    tn_ops_normalise,   tn_ops_loss,       tn_ops_shape,  tn_ops_rearrange, tn_ops_index,
    tn_ops_sparse,      tn_ops_edge,       tn_ops_random, NULL,
};

const tn_op *tn_op_find(const char *name)
{
    for (const tn_op *const *family = tn_op_families; *family; family++)
        for (const tn_op *op = *family; op->name; op++)
            if (!strcmp(op->name, name)) return op;
    return NULL;
}

double tn_node_flop(const tn_node *node)
{
    return node->op->cost ? node->op->cost(node) : node->op->flop * (double)tn_shape_size(node->shape);
}
