/* Between numbers and places: the place of the largest number, and a 1 at a given place. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <string.h>

/* ---- argmax over attr.axis: a place, as a number of the type of the input ---- */

static tn_status argmax_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    tn_shape in = node->in[0]->shape;
    int axis = (int)node->attr.axis;
    int64_t most = node->in[0]->dtype == TN_F64 ? INT64_C(1) << 53 : 1 << 24;
    if (in.dim[axis] < 1 || in.dim[axis] > most)
        return tn_fail(why, TN_ESHAPE, "argmax: axis %d of %s must have size 1 to %lld", axis,
                       tn_node_words(node->in[0]).text, (long long)most);
    *out = (tn_shape){.rank = in.rank - 1};
    for (int i = 0; i < out->rank; i++) out->dim[i] = in.dim[i < axis ? i : i + 1];
    return TN_OK;
}

static tn_division argmax_division(const tn_node *node)
{
    return (tn_division){.access = TN_ITEMS, .itemwise = node->attr.axis > 0};
}

/* The input is [outer, run, inner]; out holds the places found so far. The first of equals stays; NaN counts as
 * largest. */
#define ARGMAX(name, T)                                                                                                \
    TN_KERNEL void name(const tn_call *c)                                                                              \
    {                                                                                                                  \
        tn_shape in = c->node->in[0]->shape;                                                                           \
        int axis = (int)c->node->attr.axis;                                                                            \
        int64_t outer = axis ? c->items : 1, run = in.dim[axis], inner = 1;                                            \
        for (int i = 1; i < axis; i++) outer *= in.dim[i];                                                             \
        for (int i = axis + 1; i < in.rank; i++) inner *= in.dim[i];                                                   \
        const T *from = c->in[0].data;                                                                                 \
        T *out = c->out.data;                                                                                          \
        int64_t used = inner; /* divided by items of the output where the axis is the first */                         \
        if (axis == 0) {                                                                                               \
            from += c->item * tn_shape_stride0(c->node->shape);                                                        \
            used = c->items * tn_shape_stride0(c->node->shape);                                                        \
        }                                                                                                              \
        for (int64_t o = 0; o < outer; o++, from += run * inner, out += used) {                                        \
            memset(out, 0, (size_t)used * sizeof *out);                                                                \
            for (int64_t i = 1; i < run; i++)                                                                          \
                for (int64_t j = 0; j < used; j++) {                                                                   \
                    T best = from[(int64_t)out[j] * inner + j], next = from[i * inner + j];                            \
                    if (next > best || (next != next && best == best)) out[j] = (T)i;                                  \
                }                                                                                                      \
        }                                                                                                              \
    }
ARGMAX(argmax_f32, float)
ARGMAX(argmax_f64, double)

/* ---- one_hot: a new last axis of attr.length, 1 at the place that an int32 names, else 0 ---- */

static tn_status one_hot_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    const tn_node *index = node->in[0];
    *out = index->shape;
    if (index->dtype != TN_I32)
        return tn_fail(why, TN_EDTYPE, "one_hot wants int32, not %s (%s)", tn_node_words(index).text,
                       tn_dtype_name(index->dtype));
    if (out->rank == TN_MAX_RANK || node->attr.length < 0)
        return tn_fail(why, TN_ESHAPE, "one_hot: %s cannot get an axis of size %lld: 0 or more, and %d axes at most",
                       tn_node_words(index).text, (long long)node->attr.length, TN_MAX_RANK);
    out->dim[out->rank++] = node->attr.length;
    return TN_OK;
}

static tn_division one_hot_division(const tn_node *node)
{
    return (tn_division){.access = TN_ITEMS, .itemwise = node->in[0]->shape.rank > 0};
}

#define ONE_HOT(name, T)                                                                                               \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        tn_shape shape = c->node->shape;                                                                               \
        int64_t width = c->node->attr.length, rows = shape.rank > 1 ? c->items : 1;                                    \
        for (int i = 1; i < shape.rank - 1; i++) rows *= shape.dim[i];                                                 \
        int64_t first = shape.rank > 1 ? 0 : c->item, n = shape.rank > 1 ? width : c->items;                           \
        const int32_t *index = c->in[0].data;                                                                          \
        T *out = c->out.data;                                                                                          \
        for (int64_t r = 0; r < rows; r++, out += n)                                                                   \
            for (int64_t i = 0; i < n; i++) out[i] = index[r] == first + i;                                            \
    }
ONE_HOT(one_hot_f32, float)
ONE_HOT(one_hot_f64, double)

const tn_op tn_ops_index[] = {
    {.name = "argmax", .about = "place of the largest along an axis, the first of equals", .arity = 1,
     .flags = TN_OP_FLAT, .shape = argmax_shape, .division = argmax_division, .kernel = TN_KERNELS(argmax),
     .cost = tn_cost_of_input},
    {.name = "one_hot", .about = "1 at the place that an int32 names, else 0", .arity = 1,
     .flags = TN_OP_FLAT | TN_OP_CAST | TN_OP_MOVES, .shape = one_hot_shape, .division = one_hot_division,
     .kernel = TN_KERNELS(one_hot)},
    {0},
};
