/* Operations that move elements: reshape and leading slices cost nothing, the others copy runs of memory. Also the
 * leaves: inputs, parameters, constants. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <string.h>

/* A shape with the size of one axis changed. */
static tn_shape with(tn_shape shape, int axis, int64_t size)
{
    shape.dim[axis] = size;
    return shape;
}

static bool has_axis(const tn_node *node, tn_error *why)
{
    if (node->attr.axis >= 0 && node->attr.axis < node->in[0]->shape.rank) return true;
    tn_fail(why, TN_ESHAPE, "%s: %s has no axis %lld; they count from 0", node->op->name,
            tn_node_words(node->in[0]).text, (long long)node->attr.axis);
    return false;
}

/* ---- leaves ---- */

static tn_status wanted_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    (void)why;
    *out = node->attr.shape;
    return TN_OK;
}

/* ---- reshape ---- */

static tn_status reshape_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    *out = node->attr.shape;
    if (tn_shape_size(*out) == tn_shape_size(node->in[0]->shape)) return TN_OK;
    return tn_fail(why, TN_ESHAPE, "reshape cannot make %s of %s: it wants as many elements",
                   tn_shape_words(*out).text, tn_node_words(node->in[0]).text);
}

static tn_division alias(const tn_node *node)
{
    (void)node;
    return (tn_division){.access = TN_ALIAS, .itemwise = 1};
}

static tn_node *gradient_reshape(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    return tn_reshape(g, dy, y->in[0]->shape);
}

/* ---- broadcast: axes are aligned at the end, axes of size 1 or missing are repeated ---- */

static tn_status broadcast_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    tn_shape in = node->in[0]->shape;
    *out = node->attr.shape;
    bool fits = in.rank <= out->rank;
    for (int i = 1; fits && i <= in.rank; i++)
        fits = in.dim[in.rank - i] == 1 || in.dim[in.rank - i] == out->dim[out->rank - i];
    if (fits) return TN_OK;
    return tn_fail(why, TN_ESHAPE, "broadcast cannot repeat %s to %s: only axes of size 1, or missing in front",
                   tn_node_words(node->in[0]).text, tn_shape_words(*out).text);
}

/* Sizes of the input aligned with the axes of the output. */
static tn_shape aligned(const tn_node *node)
{
    tn_shape in = node->in[0]->shape, padded = {.rank = node->shape.rank};
    for (int i = 0; i < padded.rank; i++)
        padded.dim[i] = i < padded.rank - in.rank ? 1 : in.dim[i - (padded.rank - in.rank)];
    return padded;
}

static tn_division broadcast_division(const tn_node *node)
{
    tn_shape in = node->in[0]->shape;
    bool itemwise = in.rank && in.rank == node->shape.rank && in.dim[0] == node->shape.dim[0];
    return (tn_division){.access = TN_ITEMS, .itemwise = itemwise};
}

static void copy_run(char *to, const char *from, int64_t n, int64_t stride, size_t size)
{
    if (stride == 1) memcpy(to, from, (size_t)n * size);
    else if (size == 4)
        for (int64_t i = 0; i < n; i++) memcpy(to + 4 * i, from + 4 * i * stride, 4);
    else
        for (int64_t i = 0; i < n; i++) memcpy(to + 8 * i, from + 8 * i * stride, 8);
}

/* Copies the block of the output, whose axes are so many elements apart in the input. */
static void strided_copy(const tn_call *c, const int64_t *stride, bool itemwise, size_t size)
{
    tn_shape out = c->node->shape;
    int64_t index[TN_MAX_RANK] = {0};
    if (out.rank) out.dim[0] = c->items;
    int last = out.rank - 1;
    int64_t total = tn_shape_size(out), run = out.rank ? out.dim[last] : 1;
    if (!total) return;
    const char *from = c->in[0].data;
    char *to = c->out.data;
    if (out.rank && !itemwise) from += (size_t)(c->item * stride[0]) * size;
    for (int64_t done = 0; done < total; done += run) {
        int64_t at = 0;
        for (int i = 0; i < last; i++) at += index[i] * stride[i];
        copy_run(to, from + (size_t)at * size, run, out.rank ? stride[last] : 0, size);
        to += (size_t)run * size;
        for (int i = last - 1; i >= 0 && ++index[i] == out.dim[i]; i--) index[i] = 0;
    }
}

static void broadcast_copy(const tn_call *c, size_t size)
{
    tn_shape in = aligned(c->node);
    int64_t stride[TN_MAX_RANK], step = 1;
    for (int i = in.rank - 1; i >= 0; step *= in.dim[i], i--) stride[i] = in.dim[i] == 1 ? 0 : step;
    strided_copy(c, stride, broadcast_division(c->node).itemwise, size);
}

static tn_node *gradient_broadcast(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    tn_shape in = aligned(y);
    unsigned repeated = 0;
    for (int k = 0; k < in.rank; k++)
        if (in.dim[k] == 1 && y->shape.dim[k] != 1) repeated |= TN_AXIS(k);
    return tn_reshape(g, tn_sum(g, dy, repeated, true), y->in[0]->shape);
}

/* ---- transpose: the last two axes change places ---- */

static tn_status transpose_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    *out = node->in[0]->shape;
    if (out->rank < 2)
        return tn_fail(why, TN_ESHAPE, "transpose: %s has less than two axes", tn_node_words(node->in[0]).text);
    int64_t last = out->dim[out->rank - 1];
    out->dim[out->rank - 1] = out->dim[out->rank - 2];
    out->dim[out->rank - 2] = last;
    return TN_OK;
}

static tn_division transpose_division(const tn_node *node)
{
    return (tn_division){.access = TN_ITEMS, .itemwise = node->shape.rank > 2};
}

#define TRANSPOSE(name, T)                                                                                             \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        tn_shape out = c->node->shape;                                                                                 \
        int64_t cols = out.dim[out.rank - 1], rows = out.rank > 2 ? out.dim[out.rank - 2] : c->items;                  \
        int64_t height = out.dim[out.rank - 2];                                                                        \
        int64_t sheets = out.rank > 2 ? c->items * tn_shape_product(out, 1, out.rank - 2) : 1;                         \
        const T *from = (const T *)c->in[0].data + (out.rank > 2 ? 0 : c->item);                                       \
        T *to = c->out.data;                                                                                           \
        for (int64_t s = 0; s < sheets; s++, from += rows * cols, to += rows * cols)                                   \
            for (int64_t i = 0; i < rows; i++)                                                                         \
                for (int64_t j = 0; j < cols; j++) to[i * cols + j] = from[j * height + i];                            \
    }
TRANSPOSE(transpose_f32, float)
TRANSPOSE(transpose_f64, double)

static tn_node *gradient_transpose(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)y, (void)i;
    return tn_transpose(g, dy);
}

/* ---- permute: axis i of the output is axis (attr.axis >> 3 i) & 7 of the input ---- */

static int origin(const tn_node *node, int axis)
{
    return (int)(node->attr.axis >> 3 * axis & 7);
}

static tn_division permute_division(const tn_node *node)
{
    return (tn_division){.access = TN_ITEMS, .itemwise = origin(node, 0) == 0};
}

static void permute_copy(const tn_call *c, size_t size)
{
    tn_shape in = c->node->in[0]->shape;
    int64_t stride[TN_MAX_RANK], from[TN_MAX_RANK], step = 1;
    for (int i = in.rank - 1; i >= 0; step *= in.dim[i], i--) from[i] = step;
    for (int i = 0; i < in.rank; i++) stride[i] = from[origin(c->node, i)];
    strided_copy(c, stride, permute_division(c->node).itemwise, size);
}

static tn_node *gradient_permute(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    int back[TN_MAX_RANK];
    for (int k = 0; k < y->shape.rank; k++) back[origin(y, k)] = k;
    return tn_permute(g, dy, back);
}

/* ---- concat along attr.axis ---- */

static tn_status concat_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    if (node->n_in < 1) return tn_fail(why, TN_EINVAL, "concat of nothing: it wants 1 part or more");
    if (!has_axis(node, why)) return TN_ESHAPE;
    int axis = (int)node->attr.axis;
    *out = node->in[0]->shape;
    for (int i = 1; i < node->n_in; i++) {
        tn_shape part = node->in[i]->shape;
        if (part.rank != out->rank || !tn_shape_equal(with(part, axis, 0), with(*out, axis, 0)))
            return tn_fail(why, TN_ESHAPE, "concat cannot join %s and %s along axis %d: the other axes must be equal",
                           tn_node_words(node->in[0]).text, tn_node_words(node->in[i]).text, axis);
        out->dim[axis] += part.dim[axis];
    }
    return TN_OK;
}

static tn_division concat_division(const tn_node *node)
{
    if (node->attr.axis == 0) return (tn_division){.access = TN_WHOLE};
    return (tn_division){.access = TN_ITEMS, .itemwise = (1u << node->n_in) - 1};
}

/* Number of runs before the axis in the block of this call. */
static int64_t runs_before(const tn_call *c, tn_shape shape, int axis)
{
    return axis ? c->items * tn_shape_product(shape, 1, axis) : 1;
}

static void concat_copy(const tn_call *c, size_t size)
{
    tn_shape out = c->node->shape;
    int axis = (int)c->node->attr.axis;
    int64_t runs = runs_before(c, out, axis), inner = tn_shape_product(out, axis + 1, out.rank);
    size_t width = (size_t)(out.dim[axis] * inner) * size, at = 0;
    for (int i = 0; i < c->node->n_in; i++) {
        size_t part = (size_t)(c->node->in[i]->shape.dim[axis] * inner) * size;
        for (int64_t r = 0; r < runs; r++)
            memcpy((char *)c->out.data + (size_t)r * width + at, (const char *)c->in[i].data + (size_t)r * part, part);
        at += part;
    }
}

static tn_node *gradient_concat(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    int axis = (int)y->attr.axis;
    int64_t start = 0;
    for (int k = 0; k < i; k++) start += y->in[k]->shape.dim[axis];
    return tn_slice(g, dy, axis, start, y->in[i]->shape.dim[axis]);
}

/* ---- slice: attr.length elements of attr.axis from attr.start;  pad: its gradient, zeros around ---- */

static tn_status slice_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    if (!has_axis(node, why)) return TN_ESHAPE;
    tn_shape in = node->in[0]->shape;
    int64_t start = node->attr.start, length = node->attr.length, size = in.dim[node->attr.axis];
    if (start < 0 || length < 0 || start > size || length > size - start)
        return tn_fail(why, TN_ESHAPE, "slice: %s has no %lld elements from %lld along axis %lld",
                       tn_node_words(node->in[0]).text, (long long)length, (long long)start,
                       (long long)node->attr.axis);
    *out = with(in, (int)node->attr.axis, length);
    return TN_OK;
}

static tn_division slice_division(const tn_node *node)
{
    if (node->attr.axis == 0)
        return (tn_division){.access = TN_ALIAS, .offset = node->attr.start * tn_shape_stride0(node->shape)};
    return (tn_division){.access = TN_ITEMS, .itemwise = 1};
}

static tn_status pad_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    if (!has_axis(node, why)) return TN_ESHAPE;
    tn_shape in = node->in[0]->shape;
    int64_t start = node->attr.start, length = node->attr.length, size = in.dim[node->attr.axis];
    if (start < 0 || length < size || start > length - size)
        return tn_fail(why, TN_ESHAPE, "pad: %s does not fit into %lld from %lld along axis %lld",
                       tn_node_words(node->in[0]).text, (long long)length, (long long)start,
                       (long long)node->attr.axis);
    *out = with(in, (int)node->attr.axis, length);
    return TN_OK;
}

static tn_division pad_division(const tn_node *node)
{
    if (node->attr.axis == 0) return (tn_division){.access = TN_WHOLE};
    return (tn_division){.access = TN_ITEMS, .itemwise = 1};
}

/* slice and pad are one copy of runs of the narrower tensor into or out of the wider one. */
static void slice_copy(const tn_call *c, size_t size)
{
    tn_shape in = c->node->in[0]->shape;
    int axis = (int)c->node->attr.axis;
    int64_t runs = runs_before(c, in, axis), inner = tn_shape_product(in, axis + 1, in.rank);
    size_t wide = (size_t)(in.dim[axis] * inner) * size, narrow = (size_t)(c->node->attr.length * inner) * size;
    const char *from = (const char *)c->in[0].data + (size_t)(c->node->attr.start * inner) * size;
    for (int64_t r = 0; r < runs; r++)
        memcpy((char *)c->out.data + (size_t)r * narrow, from + (size_t)r * wide, narrow);
}

static void pad_copy(const tn_call *c, size_t size)
{
    tn_shape in = c->node->in[0]->shape;
    int axis = (int)c->node->attr.axis;
    int64_t runs = runs_before(c, in, axis), inner = tn_shape_product(in, axis + 1, in.rank);
    size_t narrow = (size_t)(in.dim[axis] * inner) * size, wide = (size_t)(c->node->attr.length * inner) * size;
    size_t before = (size_t)(c->node->attr.start * inner) * size;
    for (int64_t r = 0; r < runs; r++) {
        char *to = (char *)c->out.data + (size_t)r * wide;
        memset(to, 0, before);
        memcpy(to + before, (const char *)c->in[0].data + (size_t)r * narrow, narrow);
        memset(to + before + narrow, 0, wide - before - narrow);
    }
}

static tn_node *gradient_slice(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    tn_attr attr = y->attr;
    attr.length = y->in[0]->shape.dim[attr.axis];
    return tn_apply(g, "pad", 1, &dy, &attr);
}

static tn_node *gradient_pad(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    return tn_slice(g, dy, (int)y->attr.axis, y->attr.start, y->in[0]->shape.dim[y->attr.axis]);
}

/* The copies know elements by their size only. */
#define COPIES(name)                                                                                                   \
    static void name##_f32(const tn_call *c) { name##_copy(c, sizeof(float)); }                                        \
    static void name##_f64(const tn_call *c) { name##_copy(c, sizeof(double)); }
COPIES(broadcast)
COPIES(permute)
COPIES(concat)
COPIES(slice)
COPIES(pad)

#define ROW(op, inputs, also, words)                                                                                   \
    .name = #op, .about = words, .arity = inputs, .flags = TN_OP_MOVES | (also), .shape = op##_shape,                  \
    .division = op##_division, .kernel = TN_KERNELS(op), .gradient = gradient_##op

const tn_op tn_ops_shape[] = {
    {.name = "input", .about = "memory bound by name", .flags = TN_OP_LEAF | TN_OP_LENT, .shape = wanted_shape},
    {.name = "parameter", .builder = "param", .about = "a tensor of a parameter set", .flags = TN_OP_LEAF,
     .shape = wanted_shape},
    {.name = "constant", .about = "a number; in any shape: tn_full(g, shape, value)",
     .flags = TN_OP_LEAF | TN_OP_NUMBER, .shape = wanted_shape},
    {.name = "reshape", .about = "the same elements in another shape", .arity = 1, .flags = TN_OP_MOVES,
     .shape = reshape_shape, .division = alias, .gradient = gradient_reshape},
    {ROW(broadcast, 1, TN_OP_REPEAT, "repeated along axes, as in NumPy")},
    {ROW(transpose, 1, 0, "the last two axes change places")},
    {.name = "permute", .about = "the axes in another order", .arity = 1, .flags = TN_OP_MOVES, .shape = wanted_shape,
     .division = permute_division, .kernel = TN_KERNELS(permute), .gradient = gradient_permute},
    {ROW(concat, -1, 0, "joined along an axis")},
    {ROW(slice, 1, 0, "a range of an axis")},
    {ROW(pad, 1, 0, "zeros around a range of an axis")},
    {0},
};
