/* Matrix products. The three forms A B, A B^T and A^T B are each other's gradients, so derivatives of any order stay
 * among them. */
#include "config.h"
#include "graph/graph.h"
#include "ops/gemm.h"
#include "ops/gemm_kernel.h"
#include "ops/op.h"

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
    return tn_fail(why, TN_ESHAPE, "matmul cannot multiply %s%s and %s%s: it wants [..., K] and [K, N]",
                   tn_node_words(node->in[0]).text, ta ? " transposed" : "", tn_node_words(node->in[1]).text,
                   tb ? " transposed" : "");
}

static tn_division matmul_division(const tn_node *node)
{
    if (node->attr.transpose_a) return (tn_division){.access = TN_REDUCE, .itemwise = 3, .strided = true};
    return (tn_division){.access = TN_ITEMS, .itemwise = 1, .columns = true, .strided = true};
}

static double matmul_cost(const tn_node *node)
{
    return 2.0 * (double)tn_shape_size(node->in[0]->shape) * (double)tn_shape_cols(node->shape);
}

/* A product whose second matrix is packed; what is to become of its result may need one more input (plan_fuse.c). */
#define PACKED(T, precision)                                                                                           \
    static void packed_##precision(const tn_call *c, const T *bias)                                                    \
    {                                                                                                                  \
        const tn_matrix *a = &c->in[0], *where = &c->in[c->node->n_in];                                                \
        tn_finish finish = c->node->attr.finish;                                                                       \
        tn_ends_##precision ends = {.bias = bias, .relu = finish == TN_FINISH_RELU};                                   \
        if (finish == TN_FINISH_WHERE) ends.where = where->data, ends.where_rs = where->rs;                            \
        tn_gemm_here()->packed_##precision(c->out.rows, c->out.cols, a->cols,                                          \
                                           (tn_factor_##precision){a->data, a->rs, 1}, c->in[1].data, ends,            \
                                           c->out.data, c->out.rs);                                                    \
    }
PACKED(float, f32)
PACKED(double, f64)

#define MATMUL(name, T, precision)                                                                                     \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        const tn_matrix *a = &c->in[0], *b = &c->in[1], *out = &c->out;                                                \
        const tn_attr *attr = &c->node->attr;                                                                          \
        const T *first_a = a->data, *first_b = b->data;                                                                \
        if (attr->packed)                                                                                              \
            packed_##precision(c, NULL);                                                                               \
        else if (attr->transpose_a)                                                                                    \
            tn_gemm_##precision(out->rows, out->cols, a->rows, c->reduce ? first_a : first_a + c->item, 1, a->rs,      \
                                first_b, b->rs, 1, NULL, c->reduce && !c->first, out->data, out->rs);               \
        else                                                                                                           \
            tn_gemm_##precision(out->rows, out->cols, a->cols, first_a, a->rs, 1,                                      \
                                first_b + c->column * (attr->transpose_b ? b->rs : 1), attr->transpose_b ? 1 : b->rs,  \
                                attr->transpose_b ? b->rs : 1, NULL, false, out->data, out->rs);                    \
    }
MATMUL(matmul_f32, float, f32)
MATMUL(matmul_f64, double, f64)

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
    return (tn_division){.access = TN_ITEMS, .itemwise = 1, .columns = true, .strided = true};
}

#define LINEAR(name, T, precision)                                                                                     \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        const tn_matrix *x = &c->in[0], *a = &c->in[1], *out = &c->out;                                                \
        const T *bias = (const T *)c->in[2].data + c->column;                                                          \
        if (c->node->attr.packed)                                                                                      \
            packed_##precision(c, bias);                                                                               \
        else                                                                                                           \
            tn_gemm_##precision(out->rows, out->cols, x->cols, x->data, x->rs, 1,                                      \
                                (const T *)a->data + c->column * a->rs, 1, a->rs, bias, false, out->data, out->rs); \
    }
LINEAR(linear_f32, float, f32)
LINEAR(linear_f64, double, f64)

static tn_node *gradient_linear(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    unsigned leading = (1u << (y->shape.rank - 1)) - 1;
    switch (i) {
    case 0: return product(g, dy, y->in[1], false, false);
    case 1: return product(g, dy, y->in[0], true, false);
    default: return tn_sum(g, dy, leading, false);
    }
}

/* ---- pack: a matrix as the strips that matrix kernels read (gemm_kernel.h); made by the planner only ---- */

#define PACK(name, T, precision)                                                                                       \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        const tn_matrix *from = &c->in[0];                                                                             \
        bool turned = c->node->attr.transpose_b;                                                                       \
        int64_t depth = turned ? from->cols : from->rows, columns = turned ? from->rows : from->cols;                  \
        tn_factor_##precision part = {from->data, turned ? 1 : from->rs, turned ? from->rs : 1};                       \
        int64_t first = c->item * TN_STRIP(sizeof(T)), last = (c->item + c->items) * TN_STRIP(sizeof(T));              \
        part.data += first * part.cs;                                                                                  \
        tn_gemm_here()->pack_##precision(c->out.data, depth, (last < columns ? last : columns) - first, part);         \
    }
PACK(pack_f32, float, f32)
PACK(pack_f64, double, f64)

static const tn_op pack = {.name = "pack", .about = "a matrix in strips", .arity = 1, .flags = TN_OP_MOVES,
                           .division = tn_divide_items, .kernel = TN_KERNELS(pack)};

const tn_op *tn_pack(const tn_node *product, tn_shape *shape)
{
    const tn_node *matrix = product->in[1];
    bool linear = product->op->kernel[0] == linear_f32, known = linear || product->op->kernel[0] == matmul_f32;
    if (!known || product->attr.transpose_a || matrix->shape.rank != 2) return NULL;
    bool turned = linear || product->attr.transpose_b;
    int64_t columns = matrix->shape.dim[!turned], width = TN_STRIP(tn_dtype_size(matrix->dtype));
    if (columns <= TN_THIN) return NULL;
    *shape = TN_SHAPE((columns + width - 1) / width, matrix->shape.dim[turned], width);
    return &pack;
}

const tn_op tn_ops_linear[] = {
    {.name = "matmul", .about = "matrix product, [..., K] [K, N] -> [..., N]", .arity = 2, .shape = matmul_shape,
     .division = matmul_division, .kernel = TN_KERNELS(matmul), .gradient = gradient_matmul, .cost = matmul_cost},
    {.name = "linear", .about = "x A^T + b", .arity = 3, .shape = linear_shape, .division = linear_division,
     .kernel = TN_KERNELS(linear), .gradient = gradient_linear, .cost = matmul_cost},
    {0},
};
