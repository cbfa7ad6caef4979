/* The table of operations: the only list of families. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <string.h>

extern const tn_op tn_ops_elementwise[], tn_ops_activation[], tn_ops_linear[], tn_ops_products[], tn_ops_reduce[],
    tn_ops_normalise[], tn_ops_loss[], tn_ops_shape[], tn_ops_rearrange[], tn_ops_index[], tn_ops_sparse[],
    tn_ops_edge[], tn_ops_random[];

const tn_family tn_op_families[] = {
    {"Elementwise", tn_ops_elementwise},
    {"Activations, and clipping", tn_ops_activation},
    {"Products with a matrix", tn_ops_linear},
    {"Products of many matrices, and of vectors", tn_ops_products},
    {"Reductions", tn_ops_reduce},
    {"Softmax and normalization", tn_ops_normalise},
    {"Losses", tn_ops_loss},
    {"Inputs, parameters, constants, and the shape of tensors", tn_ops_shape},
    {"More on shapes, and parts of tensors", tn_ops_rearrange},
    {"Places along an axis", tn_ops_index},
    {"Products with a sparse matrix", tn_ops_sparse},
    {"Rows by an index, nodes and edges of a graph", tn_ops_edge},
    {"Random numbers", tn_ops_random},
    {0},
};

const tn_op *tn_op_find(const char *name)
{
    for (const tn_family *family = tn_op_families; family->title; family++)
        for (const tn_op *op = family->ops; op->name; op++)
            if (!strcmp(op->name, name)) return op;
    return NULL;
}

double tn_node_flop(const tn_node *node)
{
    return node->op->cost ? node->op->cost(node) : node->op->flop * (double)tn_shape_size(node->shape);
}
