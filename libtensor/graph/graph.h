/* The description of a computation: nodes in the order they were made, which is a topological order. */
#ifndef TN_GRAPH_GRAPH_H
#define TN_GRAPH_GRAPH_H

#include "ops/op.h"
#include "tensor.h"

struct tn_node {
    const tn_op *op;
    int id; /* place in the graph */
    int n_in;
    tn_node **in;
    tn_attr attr;
    tn_shape shape;
    tn_dtype dtype;
    char *name;               /* NULL, or what the user called it */
    const tn_params *params;  /* of a parameter: where it lives */
    int param;
    int segment;              /* 0, or number of the segment to be computed again that it belongs to (recompute.c) */
    const tn_node *original;  /* of a copy made for a gradient: what it is a copy of, which is no copy itself */
    const tn_node *after[2];  /* of a copy: what should be there before it is made */
};

typedef struct tn_graph_output {
    char *name;        /* NULL for a parameter's gradient */
    tn_node *node;
    tn_params *params; /* the gradient of parameter `param` goes to the set's gradient block */
    int param;
} tn_graph_output;

/* Nodes to be computed again for gradients: the first and the last of them, which is the segment's output. */
typedef struct tn_segment {
    int first, last;
} tn_segment;

struct tn_graph {
    tn_dtype number;
    tn_node **nodes;
    int n_nodes, nodes_capacity;
    tn_graph_output *outputs;
    int n_outputs, outputs_capacity;
    tn_segment *segments;
    int n_segments, segments_capacity;
    tn_error error;
    tn_node failed; /* what builders return after an error */
};

/* Records the error and returns the node that carries it on. */
tn_node *tn_graph_fail(tn_graph *g, tn_status status, const char *format, ...) TN_PRINTF(3, 4);

/* Whether all of in[0..n) are nodes of this graph; if not, or after an earlier error, false, with the error recorded.
 */
bool tn_graph_owns(tn_graph *g, const char *what, int n, tn_node *const *in);

/* Whether the node has that axis; if not, false, with the error recorded. */
bool tn_graph_has_axis(tn_graph *g, const char *what, const tn_node *node, int64_t axis);

/* The only function that appends an operation: checks the inputs, infers the shape. */
tn_node *tn_apply(tn_graph *g, const char *op, int n, tn_node *const *in, const tn_attr *attr);

/* A copy of a node of any graph, name included, with other inputs; belongs to no segment and is nobody's copy. */
tn_node *tn_graph_copy(tn_graph *g, const tn_node *node, tn_node *const *in);

/* Copies the nodes of a segment up to one of its members, to be made when its output and `arrived` are there: copy[id]
 * becomes the copy of node id. What the segment reads from outside is read in place. */
void tn_segment_copy(tn_graph *g, const tn_node *member, const tn_node *arrived, tn_node **copy);

/* A constant of another number type than the graph's. */
tn_node *tn_number(tn_graph *g, tn_dtype dtype, double value);

/* A node in words, "linear 'f_theta.0' [40, 16]". */
tn_words tn_node_words(const tn_node *node);

#endif
