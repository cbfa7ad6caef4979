/* The builders: what a user calls to describe a computation. All end in tn_apply. */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"

/* The shape two operands broadcast to: axes are aligned at the end. False if they do not fit. */
static bool common_shape(tn_shape a, tn_shape b, tn_shape *out)
{
    *out = (tn_shape){.rank = a.rank > b.rank ? a.rank : b.rank};
    for (int i = 1; i <= out->rank; i++) {
        int64_t p = i <= a.rank ? a.dim[a.rank - i] : 1, q = i <= b.rank ? b.dim[b.rank - i] : 1;
        if (p != q && p != 1 && q != 1) return false;
        out->dim[out->rank - i] = p == 1 ? q : p;
    }
    return true;
}

static tn_node *binary(tn_graph *g, const char *op, tn_node *a, tn_node *b)
{
    if (!tn_graph_owns(g, op, 2, (tn_node *[]){a, b})) return &g->failed;
    tn_shape shape;
    if (!common_shape(a->shape, b->shape, &shape))
        return tn_graph_fail(g, TN_ESHAPE, "%s cannot combine %s and %s", op, tn_node_words(a).text,
                             tn_node_words(b).text);
    return tn_apply(g, op, 2, (tn_node *[]){tn_broadcast(g, a, shape), tn_broadcast(g, b, shape)}, NULL);
}

#define BINARY(op)                                                                                                     \
    tn_node *tn_##op(tn_graph *g, tn_node *a, tn_node *b) { return binary(g, #op, a, b); }
#define UNARY(op)                                                                                                      \
    tn_node *tn_##op(tn_graph *g, tn_node *a) { return tn_apply(g, #op, 1, &a, NULL); }

BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
BINARY(div_no_nan)
BINARY(equal)
BINARY(where_positive)
UNARY(neg)
UNARY(relu)
UNARY(tanh)
UNARY(sigmoid)
UNARY(softplus)
UNARY(sin)
UNARY(cos)
UNARY(exp)
UNARY(log)
UNARY(sqrt)
UNARY(square)
UNARY(abs)
UNARY(sign)
UNARY(detach)
UNARY(transpose)

tn_node *tn_scale(tn_graph *g, tn_node *a, double factor)
{
    return tn_apply(g, "scale", 1, &a, &(tn_attr){.value = factor});
}

tn_node *tn_cast(tn_graph *g, tn_node *a, tn_dtype dtype)
{
    if (!tn_graph_owns(g, "cast", 1, &a)) return &g->failed;
    if (a->dtype == dtype) return a;
    if (dtype != TN_F32 && dtype != TN_F64)
        return tn_graph_fail(g, TN_EDTYPE, "cast of %s to %s: only to float32 and float64", tn_node_words(a).text,
                             tn_dtype_name(dtype));
    return tn_apply(g, "cast", 1, &a, &(tn_attr){.dtype = dtype});
}

tn_node *tn_matmul(tn_graph *g, tn_node *a, tn_node *b)
{
    return tn_apply(g, "matmul", 2, (tn_node *[]){a, b}, NULL);
}

tn_node *tn_linear(tn_graph *g, tn_node *x, tn_node *a, tn_node *b)
{
    if (b) return tn_apply(g, "linear", 3, (tn_node *[]){x, a, b}, NULL);
    return tn_apply(g, "matmul", 2, (tn_node *[]){x, a}, &(tn_attr){.transpose_b = true});
}

/* ---- reductions ---- */

/* Reduces run after run of neighbouring axes, the last run first so that the places of the others stay. */
static tn_node *reduce(tn_graph *g, const char *op, tn_node *a, unsigned axes, bool keep)
{
    if (!tn_graph_owns(g, op, 1, &a)) return &g->failed;
    int rank = a->shape.rank;
    tn_shape kept = a->shape;
    if (axes == TN_ALL) axes = (1u << rank) - 1;
    if (axes >> rank)
        return tn_graph_fail(g, TN_ESHAPE, "%s: %s has no axis %d", op, tn_node_words(a).text,
                             31 - __builtin_clz(axes));
    for (int end = rank; end > 0;) {
        int start = end;
        while (start > 0 && axes & TN_AXIS(start - 1)) kept.dim[--start] = 1;
        if (start < end) a = tn_apply(g, op, 1, &a, &(tn_attr){.start = start, .length = end - start});
        end = start < end ? start : end - 1;
    }
    return keep ? tn_reshape(g, a, kept) : a;
}

tn_node *tn_sum(tn_graph *g, tn_node *a, unsigned axes, bool keep)
{
    return reduce(g, "sum", a, axes, keep);
}

tn_node *tn_max(tn_graph *g, tn_node *a, unsigned axes, bool keep)
{
    return reduce(g, "max", a, axes, keep);
}

/* Means and norms are rows of the table that stand for several nodes. */
#define COMPOSITE_REDUCTION(op)                                                                                        \
    tn_node *tn_##op(tn_graph *g, tn_node *a, unsigned axes, bool keep)                                                \
    {                                                                                                                  \
        return tn_apply(g, #op, 1, &a, &(tn_attr){.axes = axes, .keep = keep});                                        \
    }
COMPOSITE_REDUCTION(mean)
COMPOSITE_REDUCTION(norm1)
COMPOSITE_REDUCTION(norm2)

tn_node *tn_mse(tn_graph *g, tn_node *a, tn_node *b)
{
    return tn_apply(g, "mse", 2, (tn_node *[]){a, b}, NULL);
}

/* ---- shape ---- */

tn_node *tn_reshape(tn_graph *g, tn_node *a, tn_shape shape)
{
    if (!tn_graph_owns(g, "reshape", 1, &a)) return &g->failed;
    if (tn_shape_equal(a->shape, shape)) return a;
    if (!tn_shape_valid(shape))
        return tn_graph_fail(g, TN_ESHAPE, "reshape: %s is not a shape", tn_shape_words(shape).text);
    return tn_apply(g, "reshape", 1, &a, &(tn_attr){.shape = shape});
}

tn_node *tn_broadcast(tn_graph *g, tn_node *a, tn_shape shape)
{
    if (!tn_graph_owns(g, "broadcast", 1, &a)) return &g->failed;
    if (tn_shape_equal(a->shape, shape)) return a;
    if (!tn_shape_valid(shape))
        return tn_graph_fail(g, TN_ESHAPE, "broadcast: %s is not a shape", tn_shape_words(shape).text);
    return tn_apply(g, "broadcast", 1, &a, &(tn_attr){.shape = shape});
}

tn_node *tn_concat(tn_graph *g, int n, tn_node *const *parts, int axis)
{
    if (n <= TN_MAX_INPUTS) return tn_apply(g, "concat", n, parts, &(tn_attr){.axis = axis});
    tn_node *joined[TN_MAX_INPUTS]; /* more parts than a node has inputs: joined in groups first */
    int group = (n + TN_MAX_INPUTS - 1) / TN_MAX_INPUTS, groups = 0;
    for (int i = 0; i < n; i += group)
        joined[groups++] = tn_concat(g, n - i < group ? n - i : group, parts + i, axis);
    return tn_concat(g, groups, joined, axis);
}

tn_node *tn_slice(tn_graph *g, tn_node *a, int axis, int64_t start, int64_t length)
{
    return tn_apply(g, "slice", 1, &a, &(tn_attr){.axis = axis, .start = start, .length = length});
}

/* ---- sparse ---- */

static tn_node *sparse(tn_graph *g, const char *op, const tn_sparsity *s, int n, tn_node *a, tn_node *b)
{
    if (!g->error.status && !s) return tn_graph_fail(g, TN_EINVAL, "%s: the sparsity is missing", op);
    return tn_apply(g, op, n, (tn_node *[]){a, b}, &(tn_attr){.sparsity = s});
}

tn_node *tn_spmm(tn_graph *g, const tn_sparsity *s, tn_node *w, tn_node *x)
{
    return sparse(g, "spmm", s, 2, w, x);
}

tn_node *tn_spmm_t(tn_graph *g, const tn_sparsity *s, tn_node *w, tn_node *y)
{
    return sparse(g, "spmm_t", s, 2, w, y);
}

tn_node *tn_sddmm(tn_graph *g, const tn_sparsity *s, tn_node *y, tn_node *x)
{
    return sparse(g, "sddmm", s, 2, y, x);
}

tn_node *tn_gather_rows(tn_graph *g, const tn_sparsity *index, tn_node *x)
{
    return sparse(g, "gather_rows", index, 1, x, NULL);
}

tn_node *tn_segment_sum(tn_graph *g, const tn_sparsity *index, tn_node *y)
{
    return sparse(g, "segment_sum", index, 1, y, NULL);
}
