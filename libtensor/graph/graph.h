/* The description of a computation: nodes in the order they were made, which is a topological order. */
#ifndef TN_GRAPH_GRAPH_H
#define TN_GRAPH_GRAPH_H

#include "ops/op.h"
#include "tensor.h"

/* The row of an operation of the user's (ops/custom.c). */
typedef struct tn_custom_op tn_custom_op;

/* A part of the description that was given a name (tn_scope). */
typedef struct tn_graph_scope tn_graph_scope;
struct tn_graph_scope {
    char *path; /* "joint/siren" */
    const tn_graph_scope *outer;
};

/* Where a node comes from. */
typedef struct tn_origin {
    const char *file;            /* of the user's call, or NULL */
    int line;
    const tn_graph_scope *scope; /* or NULL */
    const tn_op *composite;      /* what the user called, where that stands for several nodes; or NULL */
    const tn_node *gradient_of;  /* the node whose gradient this is a part of, or NULL */
} tn_origin;

struct tn_node {
    tn_graph *graph;
    const tn_op *op;
    int id; /* place in the graph */
    int n_in;
    tn_node **in;
    tn_attr attr;
    tn_shape shape;
    tn_dtype dtype;
    char *name;               /* NULL, or what the user called it */
    tn_origin origin;
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
    tn_origin origin; /* of the nodes that are being made; their file and line follow behind (tn_place) */
    int placed;       /* so many nodes have them */
    bool error_placed;
    tn_graph_scope **scopes;
    int n_scopes, scopes_capacity;
    tn_custom_op *custom;
    tn_error error;
    tn_node failed; /* what builders return after an error */
};

/* What stands for a graph where there is none, because tn_graph_new failed or NULL was given: one that carries this
 * error. Nothing is ever written to it, so threads may share it. */
extern tn_graph tn_no_graph;

/* The node that carries an error on, and whether there is one. */
static inline tn_node *tn_failed(tn_graph *g)
{
    return g ? &g->failed : &tn_no_graph.failed;
}
static inline bool tn_has_failed(const tn_graph *g)
{
    return !g || g->error.status;
}

/* Of the result, if it were written row behind row. */
static inline double tn_node_bytes(const tn_node *node)
{
    return (double)tn_shape_size(node->shape) * (double)tn_dtype_size(node->dtype);
}

/* Records the error and returns the node that carries it on. */
tn_node *tn_graph_fail(tn_graph *g, tn_status status, const char *format, ...) TN_PRINTF(3, 4);

/* Whether all of in[0..n) are nodes of this graph; if not, or after an earlier error, false, with the error recorded.
 */
bool tn_graph_owns(tn_graph *g, const char *what, int n, tn_node *const *in);

/* Whether the node has that axis; if not, false, with the error recorded. */
bool tn_graph_has_axis(tn_graph *g, const char *what, const tn_node *node, int64_t axis);

/* The only function that appends an operation: checks the inputs, infers the shape. */
tn_node *tn_apply_op(tn_graph *g, const tn_op *op, int n, tn_node *const *in, const tn_attr *attr);
/* The same with operands that are first repeated to their common shape. */
tn_node *tn_apply_elementwise(tn_graph *g, const tn_op *op, int n, tn_node *const *in, const tn_attr *attr);
/* tn_apply_op with the name of a row of the table. */
tn_node *tn_apply(tn_graph *g, const char *op, int n, tn_node *const *in, const tn_attr *attr);

/* The input of that name, or NULL. */
const tn_node *tn_graph_find_input(const tn_graph *g, const char *name);

/* A copy of a node of any graph, name and origin included, with other inputs; belongs to no segment and is nobody's
 * copy. */
tn_node *tn_graph_copy(tn_graph *g, const tn_node *node, tn_node *const *in);

/* Copies the nodes of a segment up to one of its members, to be made when its output and `arrived` are there: copy[id]
 * becomes the copy of node id. What the segment reads from outside is read in place. */
void tn_segment_copy(tn_graph *g, const tn_node *member, const tn_node *arrived, tn_node **copy);

/* A constant of another number type than the graph's. */
tn_node *tn_number(tn_graph *g, tn_dtype dtype, double value);

/* A node as it is called in lists, "linear 'f_theta.0' [40, 16]". */
tn_words tn_node_label(const tn_node *node);

/* The same for messages, with where it was made:
 * "linear 'f_theta.0' [40, 16] (model.c:12 in f_theta)", "mul [3] (train.c:7, for the gradient of ...)". */
typedef struct tn_sentence {
    char text[320];
} tn_sentence;
tn_sentence tn_node_words(const tn_node *node);

/* Goes on with a sentence, as far as there is room. */
void tn_say(tn_sentence *words, const char *format, ...) TN_PRINTF(2, 3);

/* Where nodes that are being made come from, for messages: "in f_theta: the gradient of ...: mean: ", or "". The text
 * that is to follow may begin with the name of the operation already. */
tn_sentence tn_origin_context(const tn_origin *origin, const char *text);

void tn_origin_free(tn_graph *g);

/* Frees the rows of the user's operations and the constants of their nodes. */
void tn_custom_free(tn_graph *g);
/* Gives a node that is a copy of another, maybe of another graph, a row and constants of its own, if it is one of the
 * user's operations; false when out of memory. */
bool tn_custom_copy(tn_graph *g, tn_node *copy);
/* Whether two nodes of one operation have the same constants of the user's. */
bool tn_custom_same(const tn_node *a, const tn_node *b);

#endif
