/* Sparse operations over a fixed sparsity. Rows of the output belong to one thread and sums run in the order of the
 * entries, so there are no atomics and results do not depend on the number of threads. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <string.h>

#define SPARSITY (c->node->attr.sparsity)

static double sparse_cost(const tn_node *node)
{
    return 2.0 * (double)node->attr.sparsity->entries * (double)tn_shape_stride0(node->in[1]->shape);
}

/* One index of 4 bytes per entry beside the weights, or two: the sparsity knows rows by their first entry. */
static double spmm_traffic(const tn_node *node)
{
    return 4.0 * (double)node->attr.sparsity->entries;
}

static double spmm_t_traffic(const tn_node *node)
{
    return 2 * spmm_traffic(node);
}
#define sddmm_traffic spmm_t_traffic

/* The shape of `like` with `rows` items. */
static tn_shape with_items(tn_shape like, int64_t rows)
{
    like.dim[0] = rows;
    return like;
}

static tn_status misfit(const tn_node *node, const char *wanted, tn_error *why)
{
    const tn_sparsity *s = node->attr.sparsity;
    return tn_fail(why, TN_ESHAPE, "%s: %s and %s do not fit a sparsity of %lld x %lld with %lld entries: it wants %s",
                   node->op->name, tn_node_words(node->in[0]).text, tn_node_words(node->in[node->n_in - 1]).text,
                   (long long)s->rows, (long long)s->cols, (long long)s->entries, wanted);
}

/* ---- spmm and its transpose: out[i] = sum over entries (i, j) of w[e] x[j] ---- */

static tn_status spmm_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    const tn_sparsity *s = node->attr.sparsity;
    tn_shape w = node->in[0]->shape, x = node->in[1]->shape;
    if (w.rank != 1 || w.dim[0] != s->entries || x.rank < 1 || x.dim[0] != s->cols)
        return misfit(node, "[entries] and [columns, ...]", why);
    *out = with_items(x, s->rows);
    return TN_OK;
}

static tn_status spmm_t_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    const tn_sparsity *s = node->attr.sparsity;
    tn_shape w = node->in[0]->shape, y = node->in[1]->shape;
    if (w.rank != 1 || w.dim[0] != s->entries || y.rank < 1 || y.dim[0] != s->rows)
        return misfit(node, "[entries] and [rows, ...]", why);
    *out = with_items(y, s->cols);
    return TN_OK;
}

/* One kernel for both directions: CSR with entries in place, or CSC with the permutation. K is the width of a row;
 * the widths that occur most get their own loops. */
#define SPMM_ROWS(T, K)                                                                                                \
    for (int64_t i = first; i < last; i++, out += (K)) {                                                               \
        memset(out, 0, (size_t)(K) * sizeof *out);                                                                     \
        for (int64_t e = start[i]; e < start[i + 1]; e++) {                                                            \
            const T value = w[entry ? entry[e] : e], *from = x + (int64_t)other[e] * (K);                              \
            for (int64_t k = 0; k < (K); k++) out[k] += value * from[k];                                               \
        }                                                                                                              \
    }

/* Rows of one number: in DOT_LANES partial sums, added in pairs, as one sum would wait for each addition. */
enum { DOT_LANES = 8 };
#define SPMM_DOTS(T, WEIGHT)                                                                                           \
    for (int64_t i = first; i < last; i++) {                                                                           \
        T lane[DOT_LANES] = {0};                                                                                       \
        int64_t e = start[i], end = start[i + 1];                                                                      \
        for (; e + DOT_LANES <= end; e += DOT_LANES)                                                                   \
            _Pragma("omp simd") for (int l = 0; l < DOT_LANES; l++) lane[l] += w[WEIGHT(e + l)] * x[other[e + l]];     \
        for (int l = 0; e < end; e++, l++) lane[l] += w[WEIGHT(e)] * x[other[e]];                                      \
        for (int half = DOT_LANES / 2; half; half /= 2)                                                                \
            for (int l = 0; l < half; l++) lane[l] += lane[l + half];                                                  \
        *out++ = lane[0];                                                                                              \
    }
#define IN_PLACE(e) (e)
#define PERMUTED(e) entry[e]

#define SPMM(name, T)                                                                                                  \
    TN_KERNEL void name##_rows(const T *w, const T *x, T *out, int64_t K, const int64_t *start, const int32_t *other,  \
                               const int32_t *entry, int64_t first, int64_t last)                                      \
    {                                                                                                                  \
        if (K == 1 && !entry)                                                                                          \
            SPMM_DOTS(T, IN_PLACE)                                                                                     \
        else if (K == 1)                                                                                               \
            SPMM_DOTS(T, PERMUTED)                                                                                     \
        else if (K == 4)                                                                                               \
            SPMM_ROWS(T, 4)                                                                                            \
        else                                                                                                           \
            SPMM_ROWS(T, K)                                                                                            \
    }                                                                                                                  \
    static void spmm_##name(const tn_call *c)                                                                          \
    {                                                                                                                  \
        name##_rows(c->in[0].data, c->in[1].data, c->out.data, tn_shape_stride0(c->node->shape), SPARSITY->row_start,  \
                    SPARSITY->col, NULL, c->item, c->item + c->items);                                                 \
    }                                                                                                                  \
    static void spmm_t_##name(const tn_call *c)                                                                        \
    {                                                                                                                  \
        name##_rows(c->in[0].data, c->in[1].data, c->out.data, tn_shape_stride0(c->node->shape), SPARSITY->col_start,  \
                    SPARSITY->csc_row, SPARSITY->csc_entry, c->item, c->item + c->items);                              \
    }
SPMM(f32, float)
SPMM(f64, double)

static tn_node *apply_sparse(tn_graph *g, const char *op, const tn_sparsity *s, tn_node *a, tn_node *b)
{
    return tn_apply(g, op, 2, (tn_node *[]){a, b}, &(tn_attr){.sparsity = s});
}

static tn_node *gradient_spmm(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    const tn_sparsity *s = y->attr.sparsity;
    return i ? apply_sparse(g, "spmm_t", s, y->in[0], dy) : apply_sparse(g, "sddmm", s, dy, y->in[1]);
}

static tn_node *gradient_spmm_t(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    const tn_sparsity *s = y->attr.sparsity;
    return i ? apply_sparse(g, "spmm", s, y->in[0], dy) : apply_sparse(g, "sddmm", s, y->in[1], dy);
}

/* ---- sddmm: out[e] = y[i] . x[j], in LANES partial sums: the order of summation, on every instruction set ---- */

enum { LANES = 16 };

static tn_status sddmm_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    const tn_sparsity *s = node->attr.sparsity;
    tn_shape y = node->in[0]->shape, x = node->in[1]->shape;
    if (y.rank < 1 || y.rank != x.rank || y.dim[0] != s->rows || x.dim[0] != s->cols ||
        !tn_shape_equal(with_items(y, 0), with_items(x, 0)))
        return misfit(node, "[rows, ...] and [columns, ...]", why);
    *out = TN_SHAPE(s->entries);
    return TN_OK;
}

/* Rows of few numbers: entry by entry, so that several are made at once. */
#define SDDMM_FEW(T, K)                                                                                                \
    _Pragma("omp simd") for (int64_t e = 0; e < c->items; e++)                                                         \
    {                                                                                                                  \
        const T *yi = y + (int64_t)row[e] * (K), *xj = x + (int64_t)col[e] * (K);                                      \
        T sum = 0;                                                                                                     \
        for (int k = 0; k < (K); k++) sum += yi[k] * xj[k];                                                            \
        out[e] = sum;                                                                                                  \
    }

#define SDDMM(name, T)                                                                                                 \
    TN_KERNEL void name(const tn_call *c)                                                                              \
    {                                                                                                                  \
        const T *y = c->in[0].data, *x = c->in[1].data;                                                                \
        const int32_t *row = SPARSITY->row + c->item, *col = SPARSITY->col + c->item;                                  \
        T *out = c->out.data;                                                                                          \
        const int64_t K = tn_shape_stride0(c->node->in[0]->shape), whole = K / LANES * LANES;                          \
        if (K == 1) {                                                                                                  \
            SDDMM_FEW(T, 1)                                                                                            \
            return;                                                                                                    \
        }                                                                                                              \
        if (K == 4) {                                                                                                  \
            SDDMM_FEW(T, 4)                                                                                            \
            return;                                                                                                    \
        }                                                                                                              \
        for (int64_t e = 0; e < c->items; e++) {                                                                       \
            const T *yi = y + (int64_t)row[e] * K, *xj = x + (int64_t)col[e] * K;                                      \
            T lane[LANES] = {0}, sum = 0;                                                                              \
            for (int64_t k = 0; k < whole; k += LANES)                                                                 \
                _Pragma("omp simd") for (int l = 0; l < LANES; l++) lane[l] += yi[k + l] * xj[k + l];                  \
            for (int64_t k = whole; k < K; k++) sum += yi[k] * xj[k];                                                  \
            for (int l = 0; l < LANES && whole; l++) sum += lane[l];                                                   \
            out[e] = sum;                                                                                              \
        }                                                                                                              \
    }
SDDMM(sddmm_f32, float)
SDDMM(sddmm_f64, double)

static tn_node *gradient_sddmm(tn_graph *g, tn_node *z, tn_node *dz, int i)
{
    const tn_sparsity *s = z->attr.sparsity;
    return i ? apply_sparse(g, "spmm_t", s, dz, z->in[0]) : apply_sparse(g, "spmm", s, dz, z->in[1]);
}

#define ROW(op, words)                                                                                                 \
    {                                                                                                                  \
        .name = #op, .about = words, .arity = 2, .shape = op##_shape, .division = tn_divide_items,                     \
        .kernel = TN_KERNELS(op), .gradient = gradient_##op, .cost = sparse_cost,                                      \
        .traffic = op##_traffic                                                                                        \
    }

const tn_op tn_ops_sparse[] = {
    ROW(spmm, "sparse times dense"),
    ROW(spmm_t, "transposed sparse times dense"),
    ROW(sddmm, "dense times dense, at the entries of a sparsity"),
    {0},
};
