/* Operations on the entries of a sparsity, the edges of a graph: values go from rows or columns to the entries, and
 * from the entries back by sums and maxima. attr.axis says which side: TN_ROW or TN_COLUMN. An index (tn_index_new) has
 * one entry per row, so gather_rows and the segment operations are the column side of these, under the names they have
 * there. Whoever writes an item of the output reads its entries in order, so there are no atomics. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <string.h>

static double edge_cost(const tn_node *node)
{
    return (double)node->attr.sparsity->entries * (double)tn_shape_stride0(node->shape);
}

/* Entries lie in the order of rows, so sums by row need no places; columns know theirs by a list. */
static double gather_traffic(const tn_node *node)
{
    return 4.0 * (double)node->attr.sparsity->entries;
}

static double sum_traffic(const tn_node *node)
{
    return node->attr.axis == TN_ROW ? 0 : gather_traffic(node);
}

/* ---- shapes: the leading size changes from that of a side to the number of entries, or back ---- */

static tn_status resized(const tn_node *node, int64_t from, int64_t to, tn_shape *out, tn_error *why)
{
    const tn_sparsity *s = node->attr.sparsity;
    *out = node->in[0]->shape;
    if (out->rank < 1 || out->dim[0] != from)
        return tn_fail(why, TN_ESHAPE,
                       "%s: %s does not fit a sparsity of %lld x %lld with %lld entries: it wants [%lld, ...]",
                       node->op->name, tn_node_words(node->in[0]).text, (long long)s->rows, (long long)s->cols,
                       (long long)s->entries, (long long)from);
    out->dim[0] = to;
    return TN_OK;
}

static int64_t side(const tn_node *node)
{
    return node->attr.axis == TN_ROW ? node->attr.sparsity->rows : node->attr.sparsity->cols;
}

static tn_status to_entries(const tn_node *node, tn_shape *out, tn_error *why)
{
    return resized(node, side(node), node->attr.sparsity->entries, out, why);
}

static tn_status from_entries(const tn_node *node, tn_shape *out, tn_error *why)
{
    return resized(node, node->attr.sparsity->entries, side(node), out, why);
}

static bool is_index(const tn_node *node, tn_error *why)
{
    if (!node->attr.sparsity->index)
        tn_fail(why, TN_EINVAL, "%s wants an index made by tn_index_new", node->op->name);
    return node->attr.sparsity->index;
}

static tn_status to_index(const tn_node *node, tn_shape *out, tn_error *why)
{
    return is_index(node, why) ? to_entries(node, out, why) : TN_EINVAL;
}

static tn_status from_index(const tn_node *node, tn_shape *out, tn_error *why)
{
    return is_index(node, why) ? from_entries(node, out, why) : TN_EINVAL;
}

/* ---- gather: out[e] = x[row or column of e] ---- */

static void gather_copy(const tn_call *c, size_t size)
{
    const tn_sparsity *s = c->node->attr.sparsity;
    const int32_t *place = (c->node->attr.axis == TN_ROW ? s->row : s->col) + c->item;
    size_t width = (size_t)tn_shape_stride0(c->node->shape) * size;
    const char *x = c->in[0].data;
    char *out = c->out.data;
    for (int64_t e = 0; e < c->items; e++) memcpy(out + (size_t)e * width, x + (size_t)place[e] * width, width);
}
static void edge_gather_f32(const tn_call *c) { gather_copy(c, sizeof(float)); }
static void edge_gather_f64(const tn_call *c) { gather_copy(c, sizeof(double)); }

/* ---- out[i] = sum or maximum of the values of the entries of row or column i, in the order of the other side; 0 where
 * there is none ---- */

/* x: what is gathered so far, y: one more; begin: of the first. */
#define EDGE_REDUCTION(name, T, begin, combine)                                                                        \
    TN_KERNEL void name(const tn_call *c)                                                                              \
    {                                                                                                                  \
        const tn_sparsity *s = c->node->attr.sparsity;                                                                 \
        bool by_row = c->node->attr.axis == TN_ROW;                                                                    \
        const int64_t K = tn_shape_stride0(c->node->shape), *start = (by_row ? s->row_start : s->col_start) + c->item; \
        T *out = c->out.data;                                                                                          \
        for (int64_t i = 0; i < c->items; i++, out += K) {                                                             \
            if (start[i] == start[i + 1]) memset(out, 0, (size_t)K * sizeof *out);                                     \
            for (int64_t p = start[i]; p < start[i + 1]; p++) {                                                        \
                const T *from = (const T *)c->in[0].data + (by_row ? p : s->csc_entry[p]) * K;                         \
                if (p == start[i])                                                                                     \
                    for (int64_t k = 0; k < K; k++) { T y = from[k]; out[k] = (begin); }                               \
                else                                                                                                   \
                    for (int64_t k = 0; k < K; k++) { T x = out[k], y = from[k]; out[k] = (combine); }                 \
            }                                                                                                          \
        }                                                                                                              \
    }
EDGE_REDUCTION(edge_sum_f32, float, 0 + y, x + y)
EDGE_REDUCTION(edge_sum_f64, double, 0 + y, x + y)
EDGE_REDUCTION(edge_max_f32, float, y, y > x || y != y ? y : x)
EDGE_REDUCTION(edge_max_f64, double, y, y > x || y != y ? y : x)

/* ---- gradients: the operation that goes the other way, under the name of the same kind ---- */

static tn_node *other_way(tn_graph *g, tn_node *y, tn_node *a, const char *edge, const char *index)
{
    return tn_apply(g, y->attr.sparsity->index && y->attr.axis == TN_COLUMN ? index : edge, 1, &a, &y->attr);
}

static tn_node *sums(tn_graph *g, tn_node *y, tn_node *a)
{
    return other_way(g, y, a, "edge_sum", "segment_sum");
}

static tn_node *gathered(tn_graph *g, tn_node *y, tn_node *a)
{
    return other_way(g, y, a, "edge_gather", "gather_rows");
}

static tn_node *gradient_gather(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    return sums(g, y, dy);
}

static tn_node *gradient_sum(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    return gathered(g, y, dy);
}

static tn_node *gradient_max(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    tn_node *largest = tn_equal(g, y->in[0], gathered(g, y, y));
    return tn_mul(g, largest, gathered(g, y, tn_div_no_nan(g, dy, sums(g, y, largest))));
}

/* ---- composite ---- */

static tn_node *expand_segment_mean(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    tn_node *y = in[0];
    tn_shape ones = {.rank = y->shape.rank};
    for (int i = 0; i < ones.rank; i++) ones.dim[i] = i ? 1 : y->shape.dim[0];
    tn_node *count = tn_segment_sum(g, attr->sparsity, tn_broadcast(g, tn_number(g, y->dtype, 1), ones));
    return tn_div_no_nan(g, tn_segment_sum(g, attr->sparsity, y), count);
}

static tn_node *expand_edge_softmax(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    const tn_sparsity *s = attr->sparsity;
    tn_node *top = tn_edge_gather(g, s, tn_steady(g, tn_edge_max(g, s, in[0], TN_ROW)), TN_ROW);
    tn_node *e = tn_exp(g, tn_sub(g, in[0], top));
    return tn_div(g, e, tn_edge_gather(g, s, tn_edge_sum(g, s, e, TN_ROW), TN_ROW));
}

#define ROW(op, kind, sizes, words)                                                                                    \
    {                                                                                                                  \
        .name = #op, .about = words, .arity = 1, .flags = kind##_flags, .shape = sizes, .division = tn_divide_items,   \
        .kernel = TN_KERNELS(edge_##kind), .gradient = gradient_##kind, .cost = kind##_cost, .traffic = kind##_traffic \
    }
enum { gather_flags = TN_OP_MOVES, sum_flags = 0, max_flags = 0 };
#define gather_cost NULL
#define sum_cost edge_cost
#define max_cost edge_cost
#define max_traffic sum_traffic

const tn_op tn_ops_edge[] = {
    ROW(gather_rows, gather, to_index, "rows picked by an index"),
    ROW(segment_sum, sum, from_index, "sums of rows with equal index"),
    ROW(segment_max, max, from_index, "maxima of rows with equal index; gradient shared among equals"),
    {.name = "segment_mean", .about = "means of rows with equal index", .arity = 1, .expand = expand_segment_mean},
    ROW(edge_gather, gather, to_entries, "what belongs to the row or the column of each entry of a sparsity"),
    ROW(edge_sum, sum, from_entries, "sums of entries by row or by column"),
    ROW(edge_max, max, from_entries, "maxima of entries by row or by column; gradient shared among equals"),
    {.name = "edge_softmax", .about = "softmax of the entries of each row of a sparsity", .arity = 1,
     .expand = expand_edge_softmax},
    {0},
};
