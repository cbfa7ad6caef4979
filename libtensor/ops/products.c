/* Products other than those of linear.c: of as many matrices as the leading axes have places, and of vectors. */
#include "config.h"
#include "graph/graph.h"
#include "ops/gemm.h"
#include "ops/op.h"

/* ---- batched_matmul: A B, either of them transposed or both, so that gradients are such products again ---- */

typedef struct sizes {
    int64_t m, n, k; /* of the product */
    bool fit;
} sizes;

static sizes sizes_of(const tn_node *node)
{
    tn_shape a = node->in[0]->shape, b = node->in[1]->shape;
    bool ta = node->attr.transpose_a, tb = node->attr.transpose_b;
    sizes s = {.fit = a.rank >= 2 && a.rank == b.rank};
    for (int i = 0; s.fit && i < a.rank - 2; i++) s.fit = a.dim[i] == b.dim[i];
    if (!s.fit) return s;
    int row = a.rank - 2, column = a.rank - 1;
    s.m = a.dim[ta ? column : row];
    s.k = a.dim[ta ? row : column];
    s.n = b.dim[tb ? row : column];
    s.fit = s.k == b.dim[tb ? column : row];
    return s;
}

static tn_status batched_matmul_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    sizes s = sizes_of(node);
    if (!s.fit)
        return tn_fail(why, TN_ESHAPE,
                       "matmul cannot multiply %s%s and %s%s: it wants [..., M, K] and [..., K, N], or [..., K] and "
                       "[K, N]", tn_node_words(node->in[0]).text, node->attr.transpose_a ? " transposed" : "",
                       tn_node_words(node->in[1]).text, node->attr.transpose_b ? " transposed" : "");
    *out = node->in[0]->shape;
    out->dim[out->rank - 2] = s.m;
    out->dim[out->rank - 1] = s.n;
    return TN_OK;
}

static tn_division batched_matmul_division(const tn_node *node)
{
    if (node->shape.rank == 2) return (tn_division){.access = TN_WHOLE};
    return (tn_division){.access = TN_ITEMS, .itemwise = 3};
}

static double batched_matmul_cost(const tn_node *node)
{
    return 2.0 * (double)tn_shape_size(node->shape) * (double)sizes_of(node).k;
}

#define BATCHED_MATMUL(name, T, gemm)                                                                                  \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        sizes s = sizes_of(c->node);                                                                                   \
        bool ta = c->node->attr.transpose_a, tb = c->node->attr.transpose_b;                                           \
        const T *a = c->in[0].data, *b = c->in[1].data;                                                                \
        T *out = c->out.data;                                                                                          \
        int64_t matrices = c->node->shape.rank > 2 ? c->items : 1;                                                     \
        for (int i = 1; i < c->node->shape.rank - 2; i++) matrices *= c->node->shape.dim[i];                           \
        for (; matrices > 0; matrices--, a += s.m * s.k, b += s.k * s.n, out += s.m * s.n)                             \
            gemm(s.m, s.n, s.k, a, ta ? 1 : s.k, ta ? s.m : 1, b, tb ? 1 : s.n, tb ? s.k : 1, NULL, false, out, s.n);  \
    }
BATCHED_MATMUL(batched_matmul_f32, float, tn_gemm_f32)
BATCHED_MATMUL(batched_matmul_f64, double, tn_gemm_f64)

static tn_node *product(tn_graph *g, tn_node *a, tn_node *b, bool ta, bool tb)
{
    return tn_apply(g, "batched_matmul", 2, (tn_node *[]){a, b}, &(tn_attr){.transpose_a = ta, .transpose_b = tb});
}

static tn_node *gradient_batched_matmul(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    tn_node *a = y->in[0], *b = y->in[1];
    bool ta = y->attr.transpose_a, tb = y->attr.transpose_b;
    if (i == 0) return ta ? product(g, b, dy, tb, true) : product(g, dy, b, false, !tb);
    return tb ? product(g, dy, a, true, ta) : product(g, a, dy, !ta, false);
}

/* ---- of vectors ---- */

static tn_node *expand_outer(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    (void)attr;
    if (in[0]->shape.rank != 1 || in[1]->shape.rank != 1)
        return tn_graph_fail(g, TN_ESHAPE, "outer wants two vectors, not %s and %s", tn_node_words(in[0]).text,
                             tn_node_words(in[1]).text);
    return tn_mul(g, tn_unsqueeze(g, in[0], 1), in[1]);
}

static tn_node *expand_dot(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    (void)attr;
    if (in[0]->shape.rank != 1 || !tn_shape_equal(in[0]->shape, in[1]->shape))
        return tn_graph_fail(g, TN_ESHAPE, "dot wants two vectors of equal size, not %s and %s",
                             tn_node_words(in[0]).text, tn_node_words(in[1]).text);
    return tn_sum(g, tn_mul(g, in[0], in[1]), TN_ALL, false);
}

const tn_op tn_ops_products[] = {
    {.name = "batched_matmul", .builder = "matmul",
     .about = "a matrix product for each place of the leading axes, [..., M, K] [..., K, N] -> [..., M, N]",
     .arity = 2, .shape = batched_matmul_shape, .division = batched_matmul_division,
     .kernel = TN_KERNELS(batched_matmul), .gradient = gradient_batched_matmul, .cost = batched_matmul_cost},
    {.name = "outer", .about = "products of all pairs of elements of two vectors", .arity = 2, .expand = expand_outer},
    {.name = "dot", .about = "sum of the products of the elements of two vectors", .arity = 2, .expand = expand_dot},
    {0},
};
