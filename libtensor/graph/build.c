/* The builders: what a user calls to describe a computation. All end in tn_apply. Those that change shapes are in
 * build_shape.c. */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"

#include <string.h>

/* The number type of a graph, if it is one. */
static tn_dtype number_of(const tn_graph *g)
{
    return g ? g->number : TN_F32;
}

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

tn_node *tn_apply_elementwise(tn_graph *g, const tn_op *op, int n, tn_node *const *in, const tn_attr *attr)
{
    if (n != op->arity) return tn_apply_op(g, op, n, in, attr); /* which says so */
    if (!tn_graph_owns(g, op->name, n, in)) return tn_failed(g);
    tn_node *repeated[TN_MAX_INPUTS];
    tn_shape shape = in[0]->shape;
    for (int i = 1; i < n; i++)
        if (!common_shape(shape, in[i]->shape, &shape))
            return tn_graph_fail(g, TN_ESHAPE,
                                 "%s cannot combine %s and %s: aligned at the last axis, sizes must be equal or 1",
                                 op->name, tn_node_words(in[i - 1]).text, tn_node_words(in[i]).text);
    for (int i = 0; i < n; i++) repeated[i] = tn_broadcast(g, in[i], shape);
    return tn_apply_op(g, op, n, repeated, attr);
}

static tn_node *elementwise(tn_graph *g, const char *op, int n, tn_node *const *in)
{
    return tn_apply_elementwise(g, tn_op_find(op), n, in, NULL);
}

#define BINARY(op)                                                                                                     \
    tn_node *tn_##op(tn_graph *g, tn_node *a, tn_node *b) { return elementwise(g, #op, 2, (tn_node *[]){a, b}); }
#define UNARY(op)                                                                                                      \
    tn_node *tn_##op(tn_graph *g, tn_node *a) { return tn_apply(g, #op, 1, &a, NULL); }

BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
BINARY(div_no_nan)
BINARY(equal)
BINARY(less)
BINARY(minimum)
BINARY(maximum)
BINARY(pow)
BINARY(where_positive)
UNARY(neg)
UNARY(relu)
UNARY(gelu)
UNARY(silu)
UNARY(tanh)
UNARY(sigmoid)
UNARY(softplus)
UNARY(sin)
UNARY(cos)
UNARY(tan)
UNARY(exp)
UNARY(expm1)
UNARY(log)
UNARY(log1p)
UNARY(erf)
UNARY(erfc)
UNARY(sqrt)
UNARY(rsqrt)
UNARY(reciprocal)
UNARY(square)
UNARY(abs)
UNARY(sign)
UNARY(detach)
UNARY(transpose)

tn_node *tn_where(tn_graph *g, tn_node *condition, tn_node *a, tn_node *b)
{
    return elementwise(g, "where", 3, (tn_node *[]){condition, a, b});
}

tn_node *tn_leaky_relu(tn_graph *g, tn_node *a, double slope)
{
    return tn_apply(g, "leaky_relu", 1, &a, &(tn_attr){.value = slope});
}

tn_node *tn_elu(tn_graph *g, tn_node *a, double factor)
{
    return tn_apply(g, "elu", 1, &a, &(tn_attr){.value = factor});
}

tn_node *tn_clip(tn_graph *g, tn_node *a, double low, double high)
{
    return tn_apply(g, "clip", 1, &a, &(tn_attr){.value = low, .upper = high});
}

tn_node *tn_scale(tn_graph *g, tn_node *a, double factor)
{
    return tn_apply(g, "scale", 1, &a, &(tn_attr){.value = factor});
}

tn_node *tn_cast(tn_graph *g, tn_node *a, tn_dtype dtype)
{
    if (!tn_graph_owns(g, "cast", 1, &a)) return tn_failed(g);
    if (a->dtype == dtype) return a;
    if (dtype != TN_F32 && dtype != TN_F64)
        return tn_graph_fail(g, TN_EDTYPE, "cast of %s to %s: only to float32 and float64", tn_node_words(a).text,
                             tn_dtype_name(dtype));
    return tn_apply(g, "cast", 1, &a, &(tn_attr){.dtype = dtype});
}

/* ---- products ---- */

/* What lies in memory behind a transpose: products read their operands either way, so a transpose that only they read
 * is never made. */
static tn_node *untransposed(tn_node *a, bool *transposed)
{
    if (strcmp(a->op->name, "transpose")) return a;
    *transposed = !*transposed;
    return a->in[0];
}

/* a with its leading axes repeated to those of the common shape; the last two stay. */
static tn_node *lead(tn_graph *g, tn_node *a, tn_shape common)
{
    for (int i = 1; i <= 2; i++) common.dim[common.rank - i] = a->shape.dim[a->shape.rank - i];
    return tn_broadcast(g, a, common);
}

static tn_node *batched_product(tn_graph *g, tn_node *a, tn_node *b, tn_attr attr)
{
    tn_shape la = a->shape, lb = b->shape, common;
    for (int i = 1; i <= 2; i++) la.dim[la.rank - i] = lb.dim[lb.rank - i] = 1;
    if (!common_shape(la, lb, &common))
        return tn_graph_fail(g, TN_ESHAPE,
                             "matmul cannot multiply %s and %s: axes before the last two, aligned at the last of them, "
                             "must be equal or 1", tn_node_words(a).text, tn_node_words(b).text);
    a = lead(g, untransposed(a, &attr.transpose_a), common);
    b = lead(g, untransposed(b, &attr.transpose_b), common);
    return tn_apply(g, "batched_matmul", 2, (tn_node *[]){a, b}, &attr);
}

/* Whether a is a vector that, as the only row of a matrix, can be multiplied by b. */
static bool is_row(const tn_node *a, const tn_node *b, bool transpose_b)
{
    return a->shape.rank == 1 && b->shape.rank == 2 && a->shape.dim[0] == b->shape.dim[transpose_b];
}

static tn_node *product(tn_graph *g, tn_node *a, tn_node *b, bool transpose_b)
{
    tn_attr attr = {.transpose_b = transpose_b};
    if (!tn_graph_owns(g, transpose_b ? "linear" : "matmul", 2, (tn_node *[]){a, b})) return tn_failed(g);
    if (is_row(a, b, transpose_b)) return tn_squeeze(g, product(g, tn_unsqueeze(g, a, 0), b, transpose_b), 0);
    if (a->shape.rank >= 2 && b->shape.rank > 2 && !transpose_b) return batched_product(g, a, b, attr);
    if (a->shape.rank >= 2 && b->shape.rank == 2) {
        b = untransposed(b, &attr.transpose_b);
        if (a->shape.rank == 2 && !attr.transpose_b) a = untransposed(a, &attr.transpose_a);
    }
    return tn_apply(g, "matmul", 2, (tn_node *[]){a, b}, &attr);
}

tn_node *tn_matmul(tn_graph *g, tn_node *a, tn_node *b)
{
    return product(g, a, b, false);
}

tn_node *tn_linear(tn_graph *g, tn_node *x, tn_node *a, tn_node *b)
{
    if (!b) return product(g, x, a, true);
    if (!tn_graph_owns(g, "linear", 3, (tn_node *[]){x, a, b})) return tn_failed(g);
    if (is_row(x, a, true)) return tn_squeeze(g, tn_linear(g, tn_unsqueeze(g, x, 0), a, b), 0);
    return tn_apply(g, "linear", 3, (tn_node *[]){x, a, b}, NULL);
}

tn_node *tn_outer(tn_graph *g, tn_node *a, tn_node *b)
{
    return tn_apply(g, "outer", 2, (tn_node *[]){a, b}, NULL);
}

tn_node *tn_dot(tn_graph *g, tn_node *a, tn_node *b)
{
    return tn_apply(g, "dot", 2, (tn_node *[]){a, b}, NULL);
}

/* ---- reductions ---- */

/* Reduces run after run of neighbouring axes, the last run first so that the places of the others stay. */
static tn_node *reduce(tn_graph *g, const char *op, tn_node *a, unsigned axes, bool keep)
{
    if (!tn_graph_owns(g, op, 1, &a)) return tn_failed(g);
    int rank = a->shape.rank;
    tn_shape kept = a->shape;
    if (axes == TN_ALL) axes = (1u << rank) - 1;
    if (axes >> rank)
        return tn_graph_fail(g, TN_ESHAPE, "%s: %s has no axis %d; they count from 0", op, tn_node_words(a).text,
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

tn_node *tn_min(tn_graph *g, tn_node *a, unsigned axes, bool keep)
{
    return reduce(g, "min", a, axes, keep);
}

tn_node *tn_prod(tn_graph *g, tn_node *a, unsigned axes, bool keep)
{
    return reduce(g, "prod", a, axes, keep);
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

COMPOSITE_REDUCTION(logsumexp)

tn_node *tn_var(tn_graph *g, tn_node *a, unsigned axes, bool keep, int correction)
{
    return tn_apply(g, "var", 1, &a, &(tn_attr){.axes = axes, .keep = keep, .value = correction});
}

tn_node *tn_softmax(tn_graph *g, tn_node *a, int axis)
{
    return tn_apply(g, "softmax", 1, &a, &(tn_attr){.axis = axis});
}

tn_node *tn_log_softmax(tn_graph *g, tn_node *a, int axis)
{
    return tn_apply(g, "log_softmax", 1, &a, &(tn_attr){.axis = axis});
}

/* Whether a vector, if given, has an element for each place along the last axis of y; if not, false, with the error
 * recorded. */
static bool is_last_axis(tn_graph *g, const tn_node *y, const char *what, tn_node *vector)
{
    if (tn_has_failed(g) || !vector) return !tn_has_failed(g);
    if (!tn_graph_owns(g, "layer_norm", 1, &vector)) return false;
    tn_shape wanted = TN_SHAPE(y->shape.dim[y->shape.rank - 1]);
    if (tn_shape_equal(vector->shape, wanted)) return true;
    tn_graph_fail(g, TN_ESHAPE, "layer_norm: the %s %s must be %s, like the last axis", what,
                  tn_node_words(vector).text, tn_shape_words(wanted).text);
    return false;
}

tn_node *tn_layer_norm(tn_graph *g, tn_node *a, tn_node *gain, tn_node *bias, double epsilon)
{
    tn_node *y = tn_apply(g, "layer_norm", 1, &a, &(tn_attr){.value = epsilon});
    if (!is_last_axis(g, y, "gain", gain) || !is_last_axis(g, y, "bias", bias)) return tn_failed(g);
    if (gain) y = tn_mul(g, y, gain);
    return bias ? tn_add(g, y, bias) : y;
}

/* ---- losses ---- */

#define LOSS(name)                                                                                                     \
    tn_node *tn_##name(tn_graph *g, tn_node *a, tn_node *b)                                                            \
    {                                                                                                                  \
        return tn_apply(g, #name, 2, (tn_node *[]){a, b}, NULL);                                                       \
    }
LOSS(mse)
LOSS(l1)
LOSS(distance)
LOSS(binary_cross_entropy)

tn_node *tn_huber(tn_graph *g, tn_node *a, tn_node *b, double delta)
{
    return tn_apply(g, "huber", 2, (tn_node *[]){a, b}, &(tn_attr){.value = delta});
}

tn_node *tn_cross_entropy(tn_graph *g, tn_node *logits, tn_node *target)
{
    if (!tn_graph_owns(g, "cross_entropy", 2, (tn_node *[]){logits, target})) return tn_failed(g);
    if (!tn_graph_has_axis(g, "cross_entropy", logits, logits->shape.rank - 1)) return tn_failed(g);
    if (target->dtype == TN_I32) {
        int64_t classes = logits->shape.dim[logits->shape.rank - 1];
        target = tn_apply(g, "one_hot", 1, &target, &(tn_attr){.length = classes, .dtype = logits->dtype});
    }
    return tn_apply(g, "cross_entropy", 2, (tn_node *[]){logits, target}, NULL);
}

/* ---- places along an axis ---- */

tn_node *tn_argmax(tn_graph *g, tn_node *a, int axis)
{
    if (!tn_graph_owns(g, "argmax", 1, &a) || !tn_graph_has_axis(g, "argmax", a, axis)) return tn_failed(g);
    return tn_apply(g, "argmax", 1, &a, &(tn_attr){.axis = axis});
}

tn_node *tn_one_hot(tn_graph *g, tn_node *index, int64_t size)
{
    return tn_apply(g, "one_hot", 1, &index, &(tn_attr){.length = size, .dtype = number_of(g)});
}

/* ---- random ---- */

static tn_node *random_tensor(tn_graph *g, const char *op, tn_shape shape, tn_dtype dtype, tn_random numbers)
{
    if (!tn_graph_owns(g, op, 1, &numbers.step)) return tn_failed(g);
    if (!tn_shape_valid(shape))
        return tn_graph_fail(g, TN_ESHAPE, "%s: %s " TN_NO_SHAPE, op, tn_shape_words(shape).text);
    tn_attr attr = {.shape = shape, .dtype = dtype, .start = (int64_t)numbers.seed, .length = numbers.stream};
    return tn_apply(g, op, 1, &numbers.step, &attr);
}

tn_node *tn_uniform(tn_graph *g, tn_shape shape, tn_random numbers)
{
    return random_tensor(g, "uniform", shape, number_of(g), numbers);
}

tn_node *tn_normal(tn_graph *g, tn_shape shape, tn_random numbers)
{
    return random_tensor(g, "normal", shape, number_of(g), numbers);
}

tn_node *tn_dropout(tn_graph *g, tn_node *a, double rate, tn_random numbers)
{
    if (!tn_graph_owns(g, "dropout", 2, (tn_node *[]){a, numbers.step})) return tn_failed(g);
    tn_node *uniform = random_tensor(g, "uniform", a->shape, a->dtype, numbers);
    return tn_apply(g, "dropout", 2, (tn_node *[]){a, uniform}, &(tn_attr){.value = rate});
}

/* ---- sparse ---- */

static tn_node *sparse(tn_graph *g, const char *op, int n, tn_node *const *in, tn_attr attr)
{
    if (!tn_has_failed(g) && !attr.sparsity)
        return tn_graph_fail(g, TN_EINVAL, "%s: the sparsity is missing: NULL instead of one", op);
    return tn_apply(g, op, n, in, &attr);
}

#define SPARSE_PRODUCT(op)                                                                                             \
    tn_node *tn_##op(tn_graph *g, const tn_sparsity *s, tn_node *a, tn_node *b)                                        \
    {                                                                                                                  \
        return sparse(g, #op, 2, (tn_node *[]){a, b}, (tn_attr){.sparsity = s});                                       \
    }
#define BY_INDEX(op)                                                                                                   \
    tn_node *tn_##op(tn_graph *g, const tn_sparsity *index, tn_node *a)                                                \
    {                                                                                                                  \
        return sparse(g, #op, 1, &a, (tn_attr){.sparsity = index, .axis = TN_COLUMN});                                 \
    }
#define BY_SIDE(op)                                                                                                    \
    tn_node *tn_##op(tn_graph *g, const tn_sparsity *s, tn_node *a, tn_side side)                                      \
    {                                                                                                                  \
        if (!tn_has_failed(g) && side != TN_ROW && side != TN_COLUMN)                                                  \
            return tn_graph_fail(g, TN_EINVAL, #op ": there is no side %d: TN_ROW or TN_COLUMN", (int)side);           \
        return sparse(g, #op, 1, &a, (tn_attr){.sparsity = s, .axis = side});                                          \
    }
SPARSE_PRODUCT(spmm)
SPARSE_PRODUCT(spmm_t)
SPARSE_PRODUCT(sddmm)
BY_INDEX(gather_rows)
BY_INDEX(segment_sum)
BY_INDEX(segment_mean)
BY_INDEX(segment_max)
BY_SIDE(edge_gather)
BY_SIDE(edge_sum)
BY_SIDE(edge_max)

tn_node *tn_edge_softmax(tn_graph *g, const tn_sparsity *s, tn_node *a)
{
    return sparse(g, "edge_softmax", 1, &a, (tn_attr){.sparsity = s});
}

tn_node *tn_index_select(tn_graph *g, const tn_sparsity *index, tn_node *a, int axis)
{
    return sparse(g, "index_select", 1, &a, (tn_attr){.sparsity = index, .axis = axis});
}

tn_node *tn_scatter_add(tn_graph *g, const tn_sparsity *index, tn_node *x, tn_node *y)
{
    return sparse(g, "scatter_add", 2, (tn_node *[]){x, y}, (tn_attr){.sparsity = index});
}
