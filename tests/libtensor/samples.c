/* Example applications of every operation. */
#include "samples.h"
#include "own_operations.h"
#include "sample_places.h"

#include <check.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define IN2 g, in[0], in[1]
#define BUILD(name, expression)                                                                                        \
    static tn_node *build_##name(tn_graph *g, tn_node *const *in) { return expression; }
#define UNARY(op) BUILD(op, tn_##op(g, in[0]))
#define BINARY(op) BUILD(op, tn_##op(IN2))

static int64_t dim(const tn_node *node, int axis)
{
    return tn_node_shape(node).dim[axis];
}

static int rank(const tn_node *node)
{
    return tn_node_shape(node).rank;
}

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
BUILD(where, tn_where(g, in[0], in[1], in[2]))
UNARY(neg)
UNARY(relu)
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
UNARY(gelu)
UNARY(silu)
BUILD(scale, tn_scale(g, in[0], -1.75))
BUILD(cast, tn_cast(g, tn_cast(g, in[0], TN_F32), TN_F64))
BUILD(leaky_relu, tn_leaky_relu(g, in[0], 0.3))
BUILD(elu, tn_elu(g, in[0], 1.7))
BUILD(clip, tn_clip(g, in[0], -0.9, 1.3))

BINARY(matmul)
BUILD(matmul_nt, tn_linear(g, in[0], in[1], NULL))
BUILD(matmul_t, tn_matmul(g, in[0], tn_transpose(g, in[1])))
BUILD(t_matmul, tn_matmul(g, tn_transpose(g, in[0]), in[1]))
BUILD(t_matmul_t, tn_matmul(g, tn_transpose(g, in[0]), tn_transpose(g, in[1])))
BUILD(linear, tn_linear(g, in[0], in[1], in[2]))
BUILD(batched_matmul, tn_matmul(IN2))
BINARY(outer)
BINARY(dot)

BUILD(sum_all, tn_sum(g, in[0], TN_ALL, false))
BUILD(sum_first, tn_sum(g, in[0], TN_AXIS(0), false))
BUILD(sum_last, tn_sum(g, in[0], TN_AXIS(1), true))
BUILD(sum_outer, tn_sum(g, in[0], TN_AXIS(0) | TN_AXIS(2), false))
BUILD(max_all, tn_max(g, in[0], TN_ALL, false))
BUILD(max_first, tn_max(g, in[0], TN_AXIS(0), true))
BUILD(max_last, tn_max(g, in[0], TN_AXIS(1), false))
BUILD(min_all, tn_min(g, in[0], TN_ALL, false))
BUILD(min_outer, tn_min(g, in[0], TN_AXIS(0) | TN_AXIS(2), true))
BUILD(mean, tn_mean(g, in[0], TN_AXIS(1), false))
BUILD(var, tn_var(g, in[0], TN_AXIS(0), false, 0))
BUILD(var_sample, tn_var(g, in[0], TN_AXIS(1), true, 1))
BUILD(prod_all, tn_prod(g, in[0], TN_ALL, false))
BUILD(prod_first, tn_prod(g, in[0], TN_AXIS(0), true))
BUILD(prod_outer, tn_prod(g, in[0], TN_AXIS(0) | TN_AXIS(2), false))
BUILD(norm1, tn_norm1(g, in[0], TN_ALL, false))
BUILD(norm2, tn_norm2(g, in[0], TN_AXIS(0), false))
BUILD(logsumexp, tn_logsumexp(g, in[0], TN_AXIS(1), false))
BUILD(logsumexp_outer, tn_logsumexp(g, in[0], TN_AXIS(0) | TN_AXIS(2), true))
BUILD(softmax_first, tn_softmax(g, in[0], 0))
BUILD(softmax_last, tn_softmax(g, in[0], 1))
BUILD(log_softmax_first, tn_log_softmax(g, in[0], 0))
BUILD(log_softmax_last, tn_log_softmax(g, in[0], 1))
BUILD(layer_norm, tn_layer_norm(g, in[0], NULL, NULL, 0.1))
BUILD(layer_norm_affine, tn_layer_norm(g, in[0], in[1], in[2], 1e-3))
BUILD(argmax_first, tn_argmax(g, in[0], 0))
BUILD(argmax_last, tn_argmax(g, in[0], rank(in[0]) - 1))

BINARY(mse)
BINARY(l1)
BINARY(distance)
BINARY(binary_cross_entropy)
BUILD(huber, tn_huber(IN2, 0.7))
BUILD(cross_entropy_soft, tn_cross_entropy(g, in[0], tn_softmax(g, in[1], rank(in[1]) - 1)))

BUILD(cross_entropy_weights, tn_cross_entropy(IN2))

/* A class for every row, by default of 0 to 4: where there are less, some rows do not count. */
static tn_node *classes(tn_graph *g, const tn_node *logits)
{
    tn_shape shape = tn_node_shape(logits);
    return tn_input(g, "class", TN_I32, tn_shape_of(shape.rank - 1, shape.dim));
}
BUILD(cross_entropy, tn_cross_entropy(g, in[0], classes(g, in[0])))
BUILD(one_hot, tn_mul(g, in[0], tn_one_hot(g, classes(g, in[0]), dim(in[0], rank(in[0]) - 1))))

BUILD(reshape, tn_reshape(g, in[0], TN_SHAPE(tn_shape_size(tn_node_shape(in[0])))))
BUILD(broadcast, tn_broadcast(g, in[0], TN_SHAPE(2, 3, 4)))
BUILD(broadcast_rows, tn_broadcast(g, in[0], TN_SHAPE(3, dim(in[0], 0), 2)))
BUILD(transpose, tn_transpose(g, in[0]))
BUILD(permute_cycle, tn_permute(g, in[0], (int[]){2, 0, 1}))
BUILD(permute_inner, tn_permute(g, in[0], (int[]){0, 3, 1, 2}))
BUILD(concat0, tn_concat(g, 2, in, 0))
BUILD(concat1, tn_concat(g, 3, in, 1))
BUILD(stack0, tn_stack(g, 2, in, 0))
BUILD(stack_last, tn_stack(g, 3, in, rank(in[0])))
BUILD(slice0, tn_slice(g, in[0], 0, dim(in[0], 0) / 3, (dim(in[0], 0) + 1) / 2))
BUILD(slice1, tn_slice(g, in[0], 1, dim(in[0], 1) / 3, (dim(in[0], 1) + 1) / 2))
BUILD(pad0, tn_pad(g, in[0], 0, 1, 2))
BUILD(pad1, tn_pad(g, in[0], 1, 2, 0))
BUILD(squeeze, tn_squeeze(g, in[0], 1))
BUILD(unsqueeze, tn_unsqueeze(g, in[0], 1))

static tn_node *build_split(tn_graph *g, tn_node *const *in)
{
    tn_node *parts[3];
    tn_split(g, in[0], 1, 3, parts);
    return tn_mul(g, parts[0], tn_sub(g, parts[1], parts[2]));
}

/* Sparsities of a size that follows from the operands: for 7 entries, that of sample_places.h. */
BUILD(spmm, tn_spmm(g, places(2 * dim(in[0], 0) / dim(in[1], 0) + 2, dim(in[1], 0), dim(in[0], 0)), in[0], in[1]))
BUILD(spmm_t, tn_spmm_t(g, places(dim(in[1], 0), 2 * dim(in[0], 0) / dim(in[1], 0) + 2, dim(in[0], 0)), in[0], in[1]))
BUILD(sddmm, tn_sddmm(g, places(dim(in[0], 0), dim(in[1], 0), dim(in[0], 0) * dim(in[1], 0) / 3 + 1), in[0], in[1]))
BUILD(edge_gather_row, tn_edge_gather(g, places(dim(in[0], 0), 4, 3 * dim(in[0], 0) / 2), in[0], TN_ROW))
BUILD(edge_gather_column, tn_edge_gather(g, places(5, dim(in[0], 0), 7 * dim(in[0], 0) / 4), in[0], TN_COLUMN))
#define OF_EDGES places(dim(in[0], 0) / 2 + 2, 4, dim(in[0], 0)), in[0]
BUILD(edge_sum_row, tn_edge_sum(g, OF_EDGES, TN_ROW))
BUILD(edge_sum_column, tn_edge_sum(g, OF_EDGES, TN_COLUMN))
BUILD(edge_max_row, tn_edge_max(g, OF_EDGES, TN_ROW))
BUILD(edge_max_column, tn_edge_max(g, OF_EDGES, TN_COLUMN))
BUILD(edge_softmax, tn_edge_softmax(g, OF_EDGES))
BUILD(gather_rows, tn_gather_rows(g, index_of(dim(in[0], 0) + 2, dim(in[0], 0)), in[0]))
BUILD(segment_sum, tn_segment_sum(g, index_of(dim(in[0], 0), dim(in[0], 0) / 2 + 1), in[0]))
BUILD(segment_mean, tn_segment_mean(g, index_of(dim(in[0], 0), dim(in[0], 0) / 2 + 1), in[0]))
BUILD(segment_max, tn_segment_max(g, index_of(dim(in[0], 0), dim(in[0], 0) / 2 + 1), in[0]))
BUILD(index_select, tn_index_select(g, index_of(dim(in[0], 1) + 2, dim(in[0], 1)), in[0], 1))
BUILD(scatter_add, tn_scatter_add(g, index_of(dim(in[1], 0), dim(in[0], 0)), in[0], in[1]))

/* Random tensors are outputs without operands; products with one show that gradients see the same numbers. */
static tn_random numbers(tn_graph *g)
{
    return (tn_random){.seed = 0x123456789abcdef, .stream = 7, .step = tn_input(g, "step", TN_I32, TN_SCALAR)};
}
BUILD(uniform, tn_mul(g, in[0], tn_uniform(g, tn_node_shape(in[0]), numbers(g))))
BUILD(normal, tn_mul(g, in[0], tn_normal(g, tn_node_shape(in[0]), numbers(g))))
BUILD(dropout, tn_square(g, tn_dropout(g, in[0], 0.4, numbers(g))))

/* Operations that the library does not have. */
BUILD(gabor, own_gabor(g, in[0], 2.5, 0.4))
BUILD(hinge, own_hinge(IN2))
BUILD(polynomial, own_polynomial(IN2))
BUILD(cumulative_first, own_cumulative_sum(g, in[0], 0, false))
BUILD(cumulative_last, own_cumulative_sum(g, in[0], rank(in[0]) - 1, true))

#define ONE "3,4;0,4;1,1;5;;2,3,2;1,7;7,1"
#define TWO "3,4|3,4;4|3,4;3,4|4;3,1|1,4;0,3|0,3;0,3|1,3;1,1|1,1;|2,3;2,1,3|4,1;6|6;6|1;2,3,2|3,1"
#define THREE "3,4|3,4|3,4;4|3,1|;|2,3|3;0,3|1,3|3;2,1,3|4,1|4,3;5|1|5"
#define ANY1 "n;m,n;k,m,n"
#define ANY2 "n|n;m,n|n;n|m,n;m,1|1,n;|m,n;k,m,n|m,1;k,1,n|m,n;m,n|m,n"
#define ANY3 "m,n|n|m,1;m,n||;k,m,n|m,n|n;m,1|n|m,n;m,n|m,n|m,n"

#define S(op, name, low, high, shapes, any_shapes) {#op, #name, shapes, any_shapes, build_##name, low, high}

static const sample samples[] = {
    S(add, add, -2, 2, TWO, ANY2),
    S(sub, sub, -2, 2, TWO, ANY2),
    S(mul, mul, -2, 2, TWO, ANY2),
    S(div, div, 0.5, 2, TWO, ANY2),
    S(div_no_nan, div_no_nan, 0.5, 2, TWO, ANY2),
    S(equal, equal, -2, 2, TWO, ANY2),
    S(less, less, -2, 2, TWO, ANY2),
    S(minimum, minimum, -2, 2, TWO, ANY2),
    S(maximum, maximum, -2, 2, TWO, ANY2),
    S(pow, pow, 0.3, 2.5, TWO, ANY2),
    S(where_positive, where_positive, -2, 2, TWO, ANY2),
    S(where, where, -2, 2, THREE, ANY3),
    S(neg, neg, -2, 2, ONE, ANY1),
    S(relu, relu, -2, 2, ONE, ANY1),
    S(tanh, tanh, -2, 2, ONE, ANY1),
    S(sigmoid, sigmoid, -4, 4, ONE, ANY1),
    S(softplus, softplus, -4, 4, ONE, ANY1),
    S(sin, sin, -9, 9, ONE, ANY1),
    S(cos, cos, -9, 9, ONE, ANY1),
    S(tan, tan, -1.2, 1.2, ONE, ANY1),
    S(exp, exp, -2, 2, ONE, ANY1),
    S(expm1, expm1, -2, 2, ONE, ANY1),
    S(log, log, 0.5, 3, ONE, ANY1),
    S(log1p, log1p, -0.5, 3, ONE, ANY1),
    S(erf, erf, -2, 2, ONE, ANY1),
    S(erfc, erfc, -2, 2, ONE, ANY1),
    S(sqrt, sqrt, 0.5, 3, ONE, ANY1),
    S(rsqrt, rsqrt, 0.5, 3, ONE, ANY1),
    S(reciprocal, reciprocal, 0.5, 3, ONE, ANY1),
    S(square, square, -2, 2, ONE, ANY1),
    S(abs, abs, -2, 2, ONE, ANY1),
    S(sign, sign, -2, 2, ONE, ANY1),
    S(scale, scale, -2, 2, ONE, ANY1),
    S(detach, detach, -2, 2, ONE, ANY1),
    S(cast, cast, -2, 2, ONE, ANY1),
    S(leaky_relu, leaky_relu, -2, 2, ONE, ANY1),
    S(elu, elu, -2, 2, ONE, ANY1),
    S(gelu, gelu, -3, 3, ONE, ANY1),
    S(silu, silu, -4, 4, ONE, ANY1),
    S(clip, clip, -2, 2, ONE, ANY1),
    S(matmul, matmul, -1, 1, "3,4|4,2;0,4|4,2;1,4|4,1;3,0|0,2;2,3,4|4,5;30,20|20,17", "M,k|k,N;m,K|K,n;b,m,k|k,n"),
    S(matmul, matmul_nt, -1, 1, "3,4|2,4;0,4|2,4;1,4|1,4;2,3,4|5,4;30,20|17,20", "m,K|n,K;b,m,k|n,k"),
    S(matmul, matmul_t, -1, 1, "3,4|2,4;0,4|2,4;2,3,4|5,4;2,3,4|2,5,4;5,4|2,3,4", "m,k|n,k;b,m,k|n,k;b,m,k|b,n,k"),
    S(matmul, t_matmul, -1, 1, "4,3|4,2;4,0|4,2;3,4,2|4,5;2,4,3|2,4,5", "k,m|k,n;b,k,m|k,n;b,k,m|b,k,n"),
    S(matmul, t_matmul_t, -1, 1, "4,3|2,4;3,4,2|5,4;2,4,3|2,5,4", "k,m|n,k;b,k,m|n,k;b,k,m|b,n,k"),
    S(linear, linear, -1, 1,
      "3,4|2,4|2;0,4|2,4|2;1,1|1,1|1;2,3,4|5,4|5;30,20|17,20|17;7,3|40,3|40;9,40|1,40|1;5,600|3,600|3",
      "m,k|n,k|n;b,m,k|n,k|n"),
    S(batched_matmul, batched_matmul, -1, 1, "2,3,4|2,4,5;0,3,4|4,5;2,3,1,4|3,4,2;5,1,3,2|2,2,4;3,4|2,4,2;2,3,0|2,0,2",
      "m,k|b,k,n;c,b,m,k|b,k,n;1,b,m,k|c,1,k,n;b,m,k|b,k,n"),
    S(outer, outer, -1, 1, "3|4;1|1;0|2;5|1", "m|n"),
    S(dot, dot, -1, 1, "4|4;1|1;0|0;40|40", "n|n"),
    S(sum, sum_all, -1, 1, ONE ";600,2;40", ANY1),
    S(sum, sum_first, -1, 1, "3,4;0,4;1,4;4,1;2,3,4;600;40;3,0", ANY1),
    S(sum, sum_last, -1, 1, "3,4;0,4;1,4;4,1;2,3,4;3,40;2,0", "m,n;k,m,n"),
    S(sum, sum_outer, -1, 1, "2,3,4;1,3,1;2,0,4;0,2,3", "k,m,n"),
    S(max, max_all, -1, 1, "3,4;1,1;5;2,3,2;40", "N;M,N;K,M,N"),
    S(max, max_first, -1, 1, "3,4;1,4;4,1;2,3,4;600", "N;M,n;K,m,N"),
    S(max, max_last, -1, 1, "3,4;1,4;4,1;0,3;3,40", "m,N;k,M,n"),
    S(min, min_all, -1, 1, "3,4;1,1;5;40", "N;M,N;K,M,N"),
    S(min, min_outer, -1, 1, "2,3,4;1,3,1;4,1,2", "K,m,N"),
    S(mean, mean, -1, 1, "3,4;1,4;4,1;2,3,4;0,3", "m,N;k,M,n"),
    S(var, var, -1, 1, "3,4;1,4;4,1;2,3,4;3,0;7", "N;M,n;K,m,n"),
    S(var, var_sample, -1, 1, "3,4;1,2;4,3;2,3,4;0,3", "3,5;m,4"),
    S(prod, prod_all, 0.5, 1.5, "3,4;1,1;5;;3,2,2;0,3", ANY1),
    S(prod, prod_first, -1, 1, "3,4;1,4;7,1;2,3,2;0,3;16", ANY1),
    S(prod, prod_outer, -1, 1, "2,3,3;1,3,1;3,0,4;0,2,3", "k,m,n"),
    S(norm1, norm1, -1, 1, "3,4;0,4;1,1;6", ANY1),
    S(norm2, norm2, -1, 1, "3,4;1,4;6;2,3,2", "N;M,n;K,m,n"),
    S(logsumexp, logsumexp, -3, 3, "3,4;1,4;4,1;2,3,4;0,3", "m,N;k,M,n"),
    S(logsumexp, logsumexp_outer, -3, 3, "2,3,4;1,3,1;4,1,2", "K,m,N"),
    S(softmax, softmax_first, -3, 3, "3,4;1,4;5;2,3,4;3,0", "N;M,n;K,m,n"),
    S(softmax, softmax_last, -3, 3, "3,4;1,4;4,1;2,3,4;0,3", "m,N;k,M,n"),
    S(log_softmax, log_softmax_first, -3, 3, "3,4;1,4;5;2,3,4;3,0", "N;M,n;K,m,n"),
    S(log_softmax, log_softmax_last, -3, 3, "3,4;1,4;4,1;2,3,4;0,3", "m,N;k,M,n"),
    S(layer_norm, layer_norm, -1, 1, "3,4;1,4;4,1;2,3,4;0,3;6", "5;k,m,3;m,48"),
    S(layer_norm, layer_norm_affine, 0.5, 2, "3,4|4|4;2,3,5|5|5;0,3|3|3;5|5|5", "k,m,3|3|3;m,4|4|4"),
    S(argmax, argmax_first, -1, 1, "3,4;1,4;7;2,3,4;3,0", "N;M,n;K,m,n"),
    S(argmax, argmax_last, -1, 1, "3,4;4,1;7;2,3,4;0,3", "N;m,N;k,m,N"),
    S(mse, mse, -1, 1, "3,4|3,4;1|1;2,3,2|2,3,2", "M,N|M,N"),
    S(l1, l1, -1, 1, "3,4|3,4;1|1;2,3,2|2,3,2", "M,N|M,N"),
    S(distance, distance, -1, 1, "3,4|3,4;1|1;2,3,2|2,3,2", "M,N|M,N"),
    S(huber, huber, -1, 1, "3,4|3,4;1|1;2,3,2|2,3,2", "M,N|M,N"),
    S(binary_cross_entropy, binary_cross_entropy, -3, 3, "3,4|3,4;1|1;2,3,2|2,3,2", "M,N|M,N"),
    S(cross_entropy, cross_entropy, -3, 3, "6,5;4,3;1,4;2,3,5;0,3;5;3,1", "m,5;k,m,4;m,N"),
    S(cross_entropy, cross_entropy_soft, 0.1, 1, "3,4|3,4;1,4|1,4;4,1|4,1;2,3,4|2,3,4;5|5", "M,N|M,N"),
    S(cross_entropy, cross_entropy_weights, 0.1, 1, "3,4|3,4;1,4|1,4;4,1|4,1;2,3,4|2,3,4;5|5", "M,N|M,N"),
    S(one_hot, one_hot, -1, 1, "6,5;4,3;3,1;5;2,3,5;0,3", "N;m,N;k,m,N"),
    S(reshape, reshape, -1, 1, ONE, ANY1),
    S(broadcast, broadcast, -1, 1, "2,3,4;3,4;4;;1,1;2,1,4;2,3,1;1,3,1;3,1", "1,3,4;1,4"),
    S(broadcast, broadcast_rows, -1, 1, "4,1;1,1;0,1;5,2", "m,1;m,2"),
    S(transpose, transpose, -1, 1, "3,4;0,4;1,1;2,3,4;2,3,4,2", "m,n;k,m,n"),
    S(permute, permute_cycle, -1, 1, "2,3,4;1,3,4;2,1,4;0,2,3;5,1,1", "k,m,n"),
    S(permute, permute_inner, -1, 1, "2,3,4,2;1,2,3,4;3,1,2,1;0,2,2,2", "k,l,m,n"),
    S(concat, concat0, -1, 1, "3,4|2,4;0,4|2,4;3|2;1,2,2|2,2,2", "m|k;m,n|k,n"),
    S(concat, concat1, -1, 1, "3,4|3,1|3,2;0,4|0,1|0,2;3,0|3,1|3,2;2,2,2|2,1,2|2,3,2", "m,k|m,l|m,n;m,k,b|m,l,b|m,n,b"),
    S(stack, stack0, -1, 1, "3,4|3,4;0,2|0,2;3|3;|", "n|n;m,n|m,n"),
    S(stack, stack_last, -1, 1, "3,4|3,4|3,4;0,2|0,2|0,2;3|3|3;||", "n|n|n;m,n|m,n|m,n"),
    S(split, split, -1, 1, "2,3;4,6;0,3;2,9,2", "m,3;m,6,n"),
    S(slice, slice0, -1, 1, "3,4;4;3,2,2;3,0", ANY1),
    S(slice, slice1, -1, 1, "3,4;0,4;2,3,2", "m,n;k,m,n"),
    S(pad, pad0, -1, 1, "3,4;4;0,2;1,1;2,3,2", ANY1),
    S(pad, pad1, -1, 1, "3,4;0,4;1,1;3,0;2,3,2", "m,n;k,m,n"),
    S(squeeze, squeeze, -1, 1, "3,1;0,1;2,1,3", "m,1;m,1,n"),
    S(unsqueeze, unsqueeze, -1, 1, "3;0;2,3", ANY1),
    S(spmm, spmm, -1, 1, "7|4,3;7|4;7|4,1;7|4,4;7|4,2,2;7|4,0", "e|M;e|M,n"),
    S(spmm_t, spmm_t, -1, 1, "7|5,3;7|5;7|5,4", "e|M;e|M,n"),
    S(sddmm, sddmm, -1, 1, "5,3|4,3;5|4;5,2,2|4,2,2", "M|N;M,k|N,k"),
    S(edge_gather, edge_gather_row, -1, 1, "5,3;5;5,2,2;1,2", "N;N,k"),
    S(edge_gather, edge_gather_column, -1, 1, "4,3;4;4,2,2;1,2", "N;N,k"),
    S(edge_sum, edge_sum_row, -1, 1, "7,3;7;7,2,2;0,2", "n;n,k"),
    S(edge_sum, edge_sum_column, -1, 1, "7,3;7;7,2,2;0,2", "n;n,k"),
    S(edge_max, edge_max_row, -1, 1, "7,3;7;7,2,2;0,2", "n;n,k"),
    S(edge_max, edge_max_column, -1, 1, "7,3;7;7,2,2;0,2", "n;n,k"),
    S(edge_softmax, edge_softmax, -3, 3, "7,3;7;7,2,2;0,2;1", "n;n,k"),
    S(gather_rows, gather_rows, -1, 1, "4,3;4;4,2,2", "N;N,k"),
    S(segment_sum, segment_sum, -1, 1, "6,3;6;6,2,2;0,3", "n;n,k"),
    S(segment_mean, segment_mean, -1, 1, "6,3;6;6,2,2;0,3", "n;n,k"),
    S(segment_max, segment_max, -1, 1, "6,3;6;6,2,2;0,3", "n;n,k"),
    S(index_select, index_select, -1, 1, "3,4;2,4,3;0,4;1,1", "m,N;m,N,k"),
    S(scatter_add, scatter_add, -1, 1, "4,3|6,3;4|6;4,2|0,2", "N|m;N,k|m,k"),
    S(uniform, uniform, -1, 1, ONE, ANY1),
    S(normal, normal, -1, 1, ONE ";20,30", ANY1),
    S(dropout, dropout, -1, 1, ONE, ANY1),
    S(gabor, gabor, -2, 2, ONE ";20,30", ANY1),
    S(hinge, hinge, -1.5, 1.5, TWO, ANY2),
    S(polynomial, polynomial, -1, 1, "3,4|3;5|1;0,4|2;2,3,2|4;40|5", "n|4;m,n|3;k,m,n|2"),
    S(cumulative_sum, cumulative_first, -1, 1, "3,4;0,4;1,1;5;2,3,2", ANY1),
    S(cumulative_sum, cumulative_last, -1, 1, "3,4;3,0;1,1;5;2,3,2", ANY1),
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static int cases(const char *shapes)
{
    int n = 1;
    for (const char *c = shapes; *c; c++) n += *c == ';';
    return n;
}

int example_count(void)
{
    int n = 0;
    for (int i = 0; i < SAMPLES; i++) n += cases(samples[i].shapes);
    return n;
}

/* Case i of shapes; sizes[letter] is the size that a letter stands for. */
static example parse(const sample *s, const char *shapes, int i, const int64_t *sizes)
{
    for (; i > 0; shapes++) i -= *shapes == ';';
    example e = {.sample = s, .n = 1};
    int used = snprintf(e.text, sizeof e.text, "%s ", s->name);
    for (const char *c = shapes; *c && *c != ';'; c++) {
        tn_shape *shape = &e.shape[e.n - 1];
        char *to = e.text + used;
        size_t room = sizeof e.text - (size_t)used;
        if (*c == '|' || *c == ',') {
            e.n += *c == '|';
            used += snprintf(to, room, "%c", *c);
            continue;
        }
        char *end;
        int64_t size = isalpha(*c) ? sizes[(unsigned char)*c] : strtoll(c, &end, 10);
        if (!isalpha(*c)) c = end - 1;
        shape->dim[shape->rank++] = size;
        used += snprintf(to, room, "%lld", (long long)size);
    }
    return e;
}

example example_at(int i)
{
    const sample *s = samples;
    while (i >= cases(s->shapes)) i -= cases((s++)->shapes);
    return parse(s, s->shapes, i, NULL);
}

example example_drawn(uint64_t seed, uint64_t draw)
{
    static const int64_t likely[] = {1, 2, 3, 4, 5, 7, 0, 1};
    uint32_t bits[4];
    int64_t sizes[128];
    tn_random_bits(seed, 17, draw, bits);
    const sample *s = &samples[bits[0] % SAMPLES];
    for (char c = 'a'; c <= 'z'; c++) {
        uint32_t more[4];
        tn_random_bits(seed, 18, draw << 8 | (unsigned char)c, more);
        sizes[(int)c] = likely[more[0] % 8];
        sizes[toupper(c)] = likely[more[0] % 6];
    }
    return parse(s, s->any_shapes, (int)(bits[1] % (uint32_t)cases(s->any_shapes)), sizes);
}

example example_sized(const sample *s, double elements)
{
    const char *last = strrchr(s->any_shapes, ';');
    bool used[128] = {0};
    int letters = 0;
    for (const char *c = last ? last : s->any_shapes; *c; c++) {
        letters += isalpha(*c) && !used[(int)*c];
        used[(int)*c] = true;
    }
    /* What sizes there are in numbers, in the first operand, is taken off. */
    for (const char *c = last ? last + 1 : s->any_shapes; *c && *c != '|'; c++) {
        char *end;
        if (!isdigit(*c)) continue;
        elements /= (double)strtoll(c, &end, 10);
        c = end - 1;
    }
    int64_t sizes[128];
    for (int c = 0; c < 128; c++) sizes[c] = (int64_t)(pow(elements, 1.0 / (letters ? letters : 1)) + 0.01);
    return parse(s, s->any_shapes, cases(s->any_shapes) - 1, sizes);
}

const sample *sample_at(int i)
{
    return i < SAMPLES ? &samples[i] : NULL;
}

bool has_sample(const char *op)
{
    for (int i = 0; i < SAMPLES; i++)
        if (!strcmp(samples[i].op, op)) return true;
    return false;
}
