/* An operation is one row of a table: everything the library knows of it. Gradient, planner, runner and tests read the
 * row, whose flags say what they want to know; they single out no operation by its name. Names are for those who make
 * nodes: builders, which also look through the transposes of their operands, expansions and gradient rules; and for the
 * planner's copies, which take the kernel of detach.
 *
 * Words used here and in the planner:
 *   item     one index of the leading axis of a tensor; what work is divided by
 *   matrix   a tensor seen as rows x columns: the last axis is the columns (a vector is one column) */
#ifndef TN_OPS_OP_H
#define TN_OPS_OP_H

#include "core/shape.h"
#include "core/sparsity.h"
#include "tensor.h"

typedef struct tn_op tn_op;

/* What a product does to its result before it is stored: relu, or where_positive with one more input. */
typedef enum tn_finish { TN_FINISH_NONE, TN_FINISH_RELU, TN_FINISH_WHERE } tn_finish;

/* The constants of one application: each operation uses the fields it needs and leaves the others 0. */
typedef struct tn_attr {
    tn_shape shape;              /* reshape, broadcast, full: the wanted shape */
    tn_dtype dtype;              /* cast */
    int64_t axis, start, length; /* slice, pad, concat, sum, max, permute, edge_*, uniform, ...: see their rows */
    bool transpose_a, transpose_b;
    bool packed;                 /* products: the planner has the second matrix packed beforehand (plan_lower.c) */
    tn_finish finish;            /* packed products: what the planner has them do to their result (plan_fuse.c) */
    double value;                /* scale, full */
    const tn_sparsity *sparsity;
    /* Of composite operations only: nodes that differ in these alone would count as equal (graph/plan_collect.c). */
    unsigned axes;               /* reductions as the user asked for them */
    bool keep;
    double upper;                /* clip */
    const void *constants;       /* of an operation of the user's, owned by the graph (custom.c) */
} tn_attr;

/* How the work of one node may be divided. */
typedef enum tn_access {
    TN_ITEMS,  /* by items of the output: item i needs item i of the inputs in the mask, and all of the others */
    TN_REDUCE, /* by items of the inputs (all have the same): each block adds to a partial result, summed later */
    TN_WHOLE,  /* not at all */
    TN_ALIAS,  /* nothing to do: the output is the memory of input 0, `offset` elements in */
} tn_access;

typedef struct tn_division {
    tn_access access;
    unsigned itemwise; /* mask of inputs */
    bool columns;      /* may also be divided by columns of the output */
    bool strided;      /* takes and makes matrices whose rows are any distance apart, as elementwise operations do */
    int64_t offset;    /* of an alias, in elements */
} tn_division;

/* A matrix in memory; strides in elements. */
typedef struct tn_matrix {
    void *data;
    int64_t rows, cols, rs, cs;
} tn_matrix;

#define TN_MAX_INPUTS 16

/* One block of one node's work, as a kernel sees it.
 * TN_ITEMS: out holds the block; itemwise inputs hold the same items, others everything.
 * TN_REDUCE: inputs hold the block of items, out everything; the kernel adds to out, or overwrites it if `first`. */
typedef struct tn_call {
    const tn_node *node;
    tn_matrix out, in[TN_MAX_INPUTS];
    tn_matrix second;    /* of a kernel for two: the result of the other operation */
    int64_t item, items; /* first item of the block, and number of items */
    int64_t column;      /* first column of out, when divided by columns */
    bool first;
    bool reduce;         /* called as TN_REDUCE */
} tn_call;

typedef void (*tn_kernel)(const tn_call *call);

enum {
    TN_OP_ELEMENTWISE = 1, /* all inputs have the shape of the output; kernels accept any strides */
    TN_OP_FLAT = 2,        /* no gradient flows: the derivative is zero wherever it exists */
    TN_OP_LEAF = 4,        /* input, parameter or constant: has memory, no kernel */
    TN_OP_MAX = 8,         /* a TN_REDUCE that combines partial results by the maximum instead of the sum */
    TN_OP_CAST = 16,       /* the number type of the output is attr.dtype; only such operations may read int32 */
    TN_OP_LENT = 32,       /* a leaf whose memory the user lends (tn_bind) */
    TN_OP_NUMBER = 64,     /* a leaf that is the number attr.value: equal ones are one */
    TN_OP_REPEAT = 128,    /* repeats its input; where strides of 0 say as much, it is not made */
    TN_OP_MOVES = 256,     /* does no arithmetic: its FLOP are 0 */
    TN_OP_CUSTOM = 512,    /* of the user's: its row belongs to the graph (custom.c) */
};

/* FLOP are counted so: an addition, a multiplication, a division, a comparison and a square root are 1, however long
 * they take; other functions of one number 20 to 60, about what a polynomial for them takes; moving elements, and
 * changing their number type, 0 (TN_OP_MOVES). A row says how many there are for each element of the output (flop), or
 * in the whole node (cost). Bytes are those of the inputs and the output, each once, and `traffic` besides. */
struct tn_op {
    const char *name;
    const char *about;  /* one line for the documentation */
    const char *builder; /* there also: tn_NAME makes such nodes; NULL: the name of the row */
    int arity;          /* number of inputs, -1 = any */
    unsigned flags;
    double flop;        /* per element of the output */
    /* The shape of the output; on error words what is wrong. NULL for composite operations. */
    tn_status (*shape)(const tn_node *node, tn_shape *out, tn_error *why);
    tn_division (*division)(const tn_node *node);
    tn_kernel kernel[2]; /* float32, float64 */
    /* Another operation that costs little more when it is done together with this one, and the kernels for both. */
    const char *partner;
    tn_kernel both[2];
    tn_finish finish; /* what a packed product does at its end instead, where nothing else reads it (plan_fuse.c) */
    /* The gradient to input i, given that of the output, as nodes; NULL where it is zero everywhere. */
    tn_node *(*gradient)(tn_graph *g, tn_node *y, tn_node *dy, int i);
    /* For composite operations: the nodes it stands for. */
    tn_node *(*expand)(tn_graph *g, tn_node *const *in, const tn_attr *attr);
    double (*cost)(const tn_node *node);    /* FLOP of the whole node, where not proportional to the output */
    double (*traffic)(const tn_node *node); /* bytes that a kernel reads besides its inputs: the places of a sparsity */
};

/* Operations of one kind, ended by a row without name. */
typedef struct tn_family {
    const char *title; /* for the documentation */
    const tn_op *ops;
} tn_family;

/* All families of operations, ended by one without title. */
extern const tn_family tn_op_families[];

/* FLOP of a node, by its row. */
double tn_node_flop(const tn_node *node);

/* The row of that name; NULL if there is none. */
const tn_op *tn_op_find(const char *name);

/* The operation that packs the second matrix of a product into the strips that its kernel reads fastest (not part of
 * the table: only the planner makes it), and the shape of its result. NULL if there is nothing to pack. */
const tn_op *tn_pack(const tn_node *product, tn_shape *shape);

/* One clone of a kernel per instruction set, chosen when the program is loaded. Kernels need names that are unique in
 * the library: clang 14 makes the function that chooses a global symbol. The sanitizers cannot run before
 * that choice is made, so they get one plain version. */
#if defined OM_SANITIZED || !defined __x86_64__
#define TN_KERNEL static
#else
#define TN_KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"))) static
#endif
#define TN_KERNELS(name) {name##_f32, name##_f64}

/* The rows and columns that an elementwise kernel walks: all in one row where the memory of every operand and result
 * allows it. */
static inline void tn_extent(const tn_call *c, int n, int64_t *rows, int64_t *cols)
{
    bool one_run = c->out.rs == c->out.cols && (!c->second.data || c->second.rs == c->out.cols);
    for (int i = 0; i < n; i++)
        one_run &= c->in[i].cs ? c->in[i].rs == c->out.cols : c->in[i].rs == 0;
    *rows = one_run ? 1 : c->out.rows;
    *cols = one_run ? c->out.rows * c->out.cols : c->out.cols;
}

/* Rules that several families share. */
tn_status tn_same_shape(const tn_node *node, tn_shape *out, tn_error *why);
tn_division tn_divide_elementwise(const tn_node *node);
tn_division tn_divide_items(const tn_node *node); /* of the result, each from all of the operands */
double tn_cost_of_input(const tn_node *node);     /* one operation per element */

/* a without gradient, and 0 where it is not finite: what may be taken off the arguments of exponentials. */
tn_node *tn_steady(tn_graph *g, tn_node *a);

#endif
