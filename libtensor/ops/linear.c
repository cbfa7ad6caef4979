/* Matrix products. The three forms A B, A B^T and A^T B are each other's gradients, so derivatives of any order stay
 * among them. */
#include "config.h"
#include "graph/graph.h"
#include "ops/gemm.h"
#include "ops/op.h"

#include <string.h>

/* ---- matmul: A B, A B^T (attr.transpose_b), A^T B (attr.transpose_a) ---- */

static tn_status matmul_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    tn_shape a = node->in[0]->shape, b = node->in[1]->shape;
    bool ta = node->attr.transpose_a, tb = node->attr.transpose_b, fits = false;
    if (ta) { /* [..., M]^T [..., N] -> [M, N]: the sum goes over all leading axes */
        fits = a.rank >= 2 && a.rank == b.rank && !tb;
        for (int i = 0; fits && i < a.rank - 1; i++) fits = a.dim[i] == b.dim[i];
        if (fits) *out = TN_SHAPE(a.dim[a.rank - 1], b.dim[b.rank - 1]);
    } else { /* [..., K] [K, N] -> [..., N] */
        fits = a.rank >= 2 && b.rank == 2 && a.dim[a.rank - 1] == b.dim[tb ? 1 : 0];
        *out = a;
        if (fits) out->dim[a.rank - 1] = b.dim[tb ? 0 : 1];
    }
    if (fits) return TN_OK;
    return tn_fail(why, TN_ESHAPE, "matmul cannot multiply %s%s and %s%s", tn_node_words(node->in[0]).text,
                   ta ? " transposed" : "", tn_node_words(node->in[1]).text, tb ? " transposed" : "");
}

static tn_division matmul_division(const tn_node *node)
{
    if (node->attr.transpose_a) return (tn_division){.access = TN_REDUCE, .itemwise = 3};
    return (tn_division){.access = TN_ITEMS, .itemwise = 1, .columns = true};
}

static double matmul_cost(const tn_node *node)
{
    return 2.0 * (double)tn_shape_size(node->in[0]->shape) * (double)tn_shape_cols(node->shape);
}

#define MATMUL(name, T, gemm)                                                                                          \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        const tn_matrix *a = &c->in[0], *b = &c->in[1], *out = &c->out;                                                \
        const T *first_a = a->data, *first_b = b->data;                                                                \
        if (c->node->attr.transpose_a) {                                                                               \
            if (!c->reduce) first_a += c->item;                                                                        \
            gemm(out->rows, out->cols, a->rows, first_a, 1, a->rs, first_b, b->rs, 1, c->reduce && !c->first,          \
                 out->data, out->rs, 1);                                                                               \
        } else if (c->node->attr.transpose_b)                                                                          \
            gemm(out->rows, out->cols, a->cols, first_a, a->rs, 1, first_b + c->column * b->rs, 1, b->rs, false,       \
                 out->data, out->rs, 1);                                                                               \
        else                                                                                                           \
            gemm(out->rows, out->cols, a->cols, first_a, a->rs, 1, first_b + c->column, b->rs, 1, false, out->data,    \
                 out->rs, 1);                                                                                          \
    }
MATMUL(matmul_f32, float, tn_gemm_f32)
MATMUL(matmul_f64, double, tn_gemm_f64)

static tn_node *product(tn_graph *g, tn_node *a, tn_node *b, bool ta, bool tb)
{
    return tn_apply(g, "matmul", 2, (tn_node *[]){a, b}, &(tn_attr){.transpose_a = ta, .transpose_b = tb});
}

static tn_node *gradient_matmul(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    tn_node *a = y->in[0], *b = y->in[1];
    if (y->attr.transpose_a) return i ? product(g, a, dy, false, false) : product(g, b, dy, false, true);
    if (y->attr.transpose_b) return i ? product(g, dy, a, true, false) : product(g, dy, b, false, false);
    return i ? product(g, a, dy, true, false) : product(g, dy, b, false, true);
}

/* ---- linear: x A^T + b ---- */

static tn_status linear_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    tn_shape x = node->in[0]->shape, a = node->in[1]->shape, b = node->in[2]->shape;
    *out = x;
    if (x.rank < 2 || a.rank != 2 || b.rank != 1 || x.dim[x.rank - 1] != a.dim[1] || b.dim[0] != a.dim[0])
        return tn_fail(why, TN_ESHAPE, "linear cannot apply %s and %s to %s: it wants [N, K] and [N] for [..., K]",
                       tn_node_words(node->in[1]).text, tn_node_words(node->in[2]).text,
                       tn_node_words(node->in[0]).text);
    out->dim[x.rank - 1] = a.dim[0];
    return TN_OK;
}

static tn_division linear_division(const tn_node *node)
{
    (void)node;
    return (tn_division){.access = TN_ITEMS, .itemwise = 1, .columns = true};
}

#define LINEAR(name, T, gemm)                                                                                          \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        const tn_matrix *x = &c->in[0], *a = &c->in[1], *out = &c->out;                                                \
        const T *bias = (const T *)c->in[2].data + c->column;                                                          \
        for (int64_t r = 0; r < out->rows; r++)                                                                        \
            memcpy((T *)out->data + r * out->rs, bias, (size_t)out->cols * sizeof(T));                                 \
        gemm(out->rows, out->cols, x->cols, x->data, x->rs, 1, (const T *)a->data + c->column * a->rs, 1, a->rs, true, \
             out->data, out->rs, 1);                                                                                   \
    }
LINEAR(linear_f32, float, tn_gemm_f32)
LINEAR(linear_f64, double, tn_gemm_f64)

static tn_node *gradient_linear(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    unsigned leading = (1u << (y->shape.rank - 1)) - 1;
    switch (i) {
    case 0: return product(g, dy, y->in[1], false, false);
    case 1: return product(g, dy, y->in[0], true, false);
    default: return tn_sum(g, dy, leading, false);
    }
}

const tn_op tn_ops_linear[] = {
    {.name = "matmul", .about = "matrix product, [..., K] [K, N] -> [..., N]", .arity = 2, .shape = matmul_shape,
     .division = matmul_division, .kernel = TN_KERNELS(matmul), .gradient = gradient_matmul, .cost = matmul_cost},
    {.name = "linear", .about = "x A^T + b", .arity = 3, .shape = linear_shape, .division = linear_division,
     .kernel = TN_KERNELS(linear), .gradient = gradient_linear, .cost = matmul_cost},
    {0},
};
