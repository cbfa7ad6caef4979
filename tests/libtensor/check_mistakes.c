/* Every documented error of describing and differentiating: each names the operation, the shapes and what was
 * expected. */
#include "config.h"
#define TN_NO_PLACES /* messages as other languages see them; check_places.c looks at the places */
#include "graph/graph.h"
#include "testing.h"

#include <math.h>
#include <string.h>

/* Things to make mistakes with. */
typedef struct kit {
    tn_graph *g, *other_g;
    tn_node *x, *y, *v, *s, *i, *wide, *foreign; /* [3, 4], [5, 4], [4], [], int32 [3], float64 [3, 4] */
    tn_params *params;
    tn_sparsity *places, *index; /* [3, 4] with 2 entries; 2 rows of 3 */
    tn_node *grad[2];
} kit;

static kit new_kit(void)
{
    static const int32_t row[] = {0, 2}, col[] = {3, 1};
    kit k = {.g = tn_graph_new(TN_F32), .other_g = tn_graph_new(TN_F32), .params = tn_params_new(TN_F32, 1)};
    k.x = tn_input(k.g, "x", TN_F32, TN_SHAPE(3, 4));
    k.y = tn_input(k.g, "y", TN_F32, TN_SHAPE(5, 4));
    k.v = tn_input(k.g, "v", TN_F32, TN_SHAPE(4));
    k.s = tn_input(k.g, "s", TN_F32, TN_SCALAR);
    k.i = tn_input(k.g, "i", TN_I32, TN_SHAPE(3));
    k.wide = tn_input(k.g, "wide", TN_F64, TN_SHAPE(3, 4));
    for (int n = 0; n < 10; n++) k.foreign = tn_input(k.other_g, (char[]){(char)('a' + n), 0}, TN_F32, TN_SHAPE(3, 4));
    tn_params_add(k.params, "w", TN_SHAPE(3, 4), (tn_init){0}, 0);
    ck_assert_int_eq(tn_params_seal(k.params, NULL), TN_OK);
    k.places = tn_sparsity_new(3, 4, 2, row, col, NULL);
    k.index = tn_index_new(2, 3, row, NULL);
    tn_output(k.g, "out", k.x);
    return k;
}

static void free_kit(kit *k)
{
    tn_graph_free(k->g);
    tn_graph_free(k->other_g);
    tn_params_free(k->params);
    tn_sparsity_free(k->places);
    tn_sparsity_free(k->index);
}

#define MISTAKE(name, call)                                                                                            \
    static void name(kit *k) { call; }
MISTAKE(add_misfits, tn_add(k->g, k->x, k->y))
MISTAKE(mul_types, tn_mul(k->g, k->x, k->wide))
MISTAKE(where_misfits, tn_where_positive(k->g, tn_name(k->g, tn_relu(k->g, k->x), "gate"), k->y))
MISTAKE(sub_nothing, tn_sub(k->g, k->x, NULL))
MISTAKE(relu_nothing, tn_relu(k->g, NULL))
MISTAKE(div_foreign, tn_div(k->g, k->foreign, k->x))
MISTAKE(sin_of_mistake, tn_sin(k->g, tn_add(k->other_g, NULL, NULL)))
MISTAKE(output_of_no_graph, tn_output(k->g, "z", tn_constant(NULL, 1)))
MISTAKE(linear_nothing, tn_linear(k->g, k->x, NULL, NULL))
MISTAKE(dropout_without_step, tn_dropout(k->g, k->x, 0.5, (tn_random){0}))
MISTAKE(pad_beyond, tn_pad(k->g, k->x, 0, INT64_MAX, 0))
MISTAKE(sin_foreign, tn_sin(k->g, k->foreign))
MISTAKE(exp_int, tn_exp(k->g, k->i))
MISTAKE(gather_int, tn_gather_rows(k->g, k->index, k->i))
MISTAKE(cast_to_int, tn_cast(k->g, k->x, TN_I32))
MISTAKE(cast_to_unknown, tn_cast(k->g, k->x, (tn_dtype)9))
MISTAKE(matmul_misfits, tn_matmul(k->g, k->x, k->y))
MISTAKE(matmul_vector, tn_matmul(k->g, k->v, k->x))
MISTAKE(matmul_by_vector, tn_matmul(k->g, k->x, k->v))
MISTAKE(matmul_scalar, tn_matmul(k->g, k->s, k->x))
MISTAKE(linear_vector, tn_linear(k->g, tn_slice(k->g, k->v, 0, 0, 3), k->x, k->v))
MISTAKE(linear_of_vector_bias, tn_linear(k->g, k->v, k->x, k->v))
MISTAKE(linear_misfits, tn_linear(k->g, k->x, k->y, k->v))
MISTAKE(linear_without_bias, tn_linear(k->g, k->x, k->v, NULL))
MISTAKE(sum_axis, tn_sum(k->g, k->x, TN_AXIS(2), true))
MISTAKE(mean_axis, tn_mean(k->g, k->s, TN_AXIS(0), false))
MISTAKE(max_axis, tn_max(k->g, k->v, TN_AXIS(0) | TN_AXIS(31), false))
MISTAKE(mse_misfits, tn_mse(k->g, k->x, k->y))
MISTAKE(reshape_size, tn_reshape(k->g, k->x, TN_SHAPE(5, 2)))
MISTAKE(reshape_negative, tn_reshape(k->g, k->x, TN_SHAPE(-3, -4)))
MISTAKE(reshape_rank, tn_reshape(k->g, k->x, TN_SHAPE(1, 1, 1, 1, 1, 3, 4)))
MISTAKE(reshape_of_no_list, tn_reshape(k->g, k->x, tn_shape_of(2, NULL)))
MISTAKE(full_negative, tn_full(k->g, TN_SHAPE(-3), 1))
MISTAKE(reshape_huge, tn_reshape(k->g, k->x, TN_SHAPE(INT64_MAX, INT64_MAX)))
MISTAKE(reshape_huge_empty, tn_reshape(k->g, k->x, TN_SHAPE(0, INT64_MAX, INT64_MAX)))
MISTAKE(broadcast_misfits, tn_broadcast(k->g, k->x, TN_SHAPE(3, 5)))
MISTAKE(broadcast_down, tn_broadcast(k->g, k->x, TN_SHAPE(4)))
MISTAKE(broadcast_huge, tn_broadcast(k->g, k->s, TN_SHAPE(1 << 30, 1 << 30)))
MISTAKE(transpose_vector, tn_transpose(k->g, k->v))
MISTAKE(concat_nothing, tn_concat(k->g, 0, NULL, 0))
MISTAKE(concat_negative, tn_concat(k->g, -1, NULL, 0))
MISTAKE(concat_misfits, tn_concat(k->g, 2, (tn_node *[]){k->x, k->y}, 1))
MISTAKE(concat_axis, tn_concat(k->g, 2, (tn_node *[]){k->x, k->y}, -1))
MISTAKE(concat_huge, tn_node *half = tn_broadcast(k->g, k->s, TN_SHAPE((int64_t)1 << 40));
        tn_concat(k->g, 2, (tn_node *[]){half, half}, 0))
MISTAKE(slice_beyond, tn_slice(k->g, k->x, 1, 2, 3))
MISTAKE(slice_far, tn_slice(k->g, k->x, 1, INT64_MAX, INT64_MAX))
MISTAKE(slice_axis, tn_slice(k->g, k->x, 2, 0, 1))
MISTAKE(spmm_misfits, tn_spmm(k->g, k->places, k->v, k->x))
MISTAKE(spmm_t_misfits, tn_spmm_t(k->g, k->places, tn_slice(k->g, k->v, 0, 0, 2), k->y))
MISTAKE(sddmm_misfits, tn_sddmm(k->g, k->places, k->x, k->x))
MISTAKE(spmm_nowhere, tn_spmm(k->g, NULL, k->v, k->x))
MISTAKE(gather_places, tn_gather_rows(k->g, k->places, k->y))
MISTAKE(gather_misfits, tn_gather_rows(k->g, k->index, k->y))
MISTAKE(segment_misfits, tn_segment_sum(k->g, k->index, k->y))
MISTAKE(segment_places, tn_segment_sum(k->g, k->places, k->x))
MISTAKE(where_of_three, tn_where(k->g, k->v, k->x, k->y))
MISTAKE(where_nothing, tn_where(k->g, k->x, k->x, NULL))
MISTAKE(clip_limits, tn_clip(k->g, k->x, 2, 1))
MISTAKE(clip_nan, tn_clip(k->g, k->x, NAN, 1))
MISTAKE(huber_delta, tn_huber(k->g, k->x, k->x, 0))
MISTAKE(l1_misfits, tn_l1(k->g, k->x, k->v))
MISTAKE(entropy_misfits, tn_cross_entropy(k->g, k->x, k->y))
MISTAKE(entropy_classes, tn_cross_entropy(k->g, k->y, k->i))
MISTAKE(entropy_scalar, tn_cross_entropy(k->g, k->s, k->s))
MISTAKE(binary_misfits, tn_binary_cross_entropy(k->g, k->x, k->s))
MISTAKE(distance_misfits, tn_distance(k->g, k->x, k->y))
MISTAKE(softmax_axis, tn_softmax(k->g, k->x, 2))
MISTAKE(log_softmax_axis, tn_log_softmax(k->g, k->x, -1))
MISTAKE(logsumexp_axis, tn_logsumexp(k->g, k->x, TN_AXIS(5), false))
MISTAKE(layer_norm_scalar, tn_layer_norm(k->g, k->s, NULL, NULL, 1e-5))
MISTAKE(layer_norm_gain, tn_layer_norm(k->g, k->x, k->s, NULL, 1e-5))
MISTAKE(layer_norm_bias, tn_layer_norm(k->g, k->x, k->v, k->x, 1e-5))
MISTAKE(layer_norm_foreign, tn_layer_norm(k->g, k->x, k->foreign, NULL, 1e-5))
MISTAKE(layer_norm_zero, tn_layer_norm(k->g, k->x, NULL, NULL, 0))
MISTAKE(layer_norm_nan, tn_layer_norm(k->g, k->x, NULL, NULL, NAN))
MISTAKE(var_of_too_few, tn_var(k->g, k->x, TN_AXIS(0), false, 3))
MISTAKE(var_of_one, tn_var(k->g, k->s, TN_ALL, false, 1))
MISTAKE(var_negative, tn_var(k->g, k->x, TN_ALL, false, -1))
MISTAKE(var_axis, tn_var(k->g, k->x, TN_AXIS(2), false, 1))
MISTAKE(argmax_axis, tn_argmax(k->g, k->x, 2))
MISTAKE(argmax_empty, tn_argmax(k->g, tn_slice(k->g, k->x, 1, 0, 0), 1))
MISTAKE(argmax_long, tn_argmax(k->g, tn_broadcast(k->g, k->s, TN_SHAPE((1 << 24) + 1)), 0))
MISTAKE(one_hot_floats, tn_one_hot(k->g, k->x, 3))
MISTAKE(one_hot_negative, tn_one_hot(k->g, k->i, -3))
MISTAKE(batches_misfit, tn_node *y = tn_reshape(k->g, k->y, TN_SHAPE(5, 2, 2));
        tn_matmul(k->g, tn_reshape(k->g, k->x, TN_SHAPE(3, 2, 2)), y))
MISTAKE(batched_depth, tn_matmul(k->g, tn_unsqueeze(k->g, k->x, 0), tn_unsqueeze(k->g, k->y, 0)))
MISTAKE(outer_matrix, tn_outer(k->g, k->x, k->v))
MISTAKE(dot_misfits, tn_dot(k->g, k->v, tn_slice(k->g, k->v, 0, 0, 3)))
MISTAKE(permute_twice, tn_permute(k->g, k->x, (int[]){1, 1}))
MISTAKE(permute_beyond, tn_permute(k->g, k->x, (int[]){0, 2}))
MISTAKE(squeeze_wide, tn_squeeze(k->g, k->x, 1))
MISTAKE(squeeze_axis, tn_squeeze(k->g, k->x, 2))
MISTAKE(unsqueeze_axis, tn_unsqueeze(k->g, k->x, 3))
MISTAKE(unsqueeze_rank, tn_unsqueeze(k->g, tn_reshape(k->g, k->x, TN_SHAPE(1, 1, 1, 1, 3, 4)), 0))
MISTAKE(stack_misfits, tn_stack(k->g, 2, (tn_node *[]){k->x, k->y}, 0))
MISTAKE(stack_nothing, tn_stack(k->g, 0, NULL, 0))
MISTAKE(split_unevenly, tn_node *parts[3]; tn_split(k->g, k->x, 1, 3, parts))
MISTAKE(split_axis, tn_node *parts[3]; tn_split(k->g, k->x, 2, 3, parts))
MISTAKE(pad_negative, tn_pad(k->g, k->x, 0, -1, 1))
MISTAKE(pad_axis, tn_pad(k->g, k->x, 2, 1, 1))
MISTAKE(pad_huge, tn_pad(k->g, k->x, 0, (int64_t)1 << 50, 1))
MISTAKE(index_select_axis, tn_index_select(k->g, k->index, k->x, 2))
MISTAKE(index_select_misfits, tn_index_select(k->g, k->index, k->x, 1))
MISTAKE(index_select_nothing, tn_index_select(k->g, NULL, k->x, 0))
MISTAKE(scatter_misfits, tn_scatter_add(k->g, k->index, k->x, k->y))
MISTAKE(scatter_onto_a_row,
        tn_scatter_add(k->g, k->index, tn_slice(k->g, k->x, 0, 0, 1), tn_slice(k->g, k->x, 0, 0, 2)))
MISTAKE(segment_max_places, tn_segment_max(k->g, k->places, k->x))
MISTAKE(segment_mean_misfits, tn_segment_mean(k->g, k->index, k->x))
MISTAKE(edge_gather_misfits, tn_edge_gather(k->g, k->places, k->x, TN_COLUMN))
MISTAKE(edge_sum_misfits, tn_edge_sum(k->g, k->places, k->x, TN_ROW))
MISTAKE(edge_max_scalar, tn_edge_max(k->g, k->places, k->s, TN_ROW))
MISTAKE(edge_sum_side, tn_edge_sum(k->g, k->places, k->x, (tn_side)9))
MISTAKE(edge_gather_side, tn_edge_gather(k->g, k->places, k->x, (tn_side)-1))
MISTAKE(edge_softmax_nowhere, tn_edge_softmax(k->g, NULL, k->v))
MISTAKE(uniform_step, tn_uniform(k->g, TN_SHAPE(3), (tn_random){.step = k->s}))
MISTAKE(normal_steps, tn_normal(k->g, TN_SHAPE(3), (tn_random){.step = k->i}))
MISTAKE(uniform_shape, tn_uniform(k->g, TN_SHAPE(3, -1), (tn_random){.step = k->i}))
MISTAKE(normal_without_step, tn_normal(k->g, TN_SHAPE(3), (tn_random){0}))
MISTAKE(dropout_rate, tn_dropout(k->g, k->x, 1, (tn_random){.step = tn_input(k->g, "step", TN_I32, TN_SCALAR)}))
MISTAKE(input_twice, tn_input(k->g, "x", TN_F32, TN_SCALAR))
MISTAKE(input_shape, tn_input(k->g, "z", TN_F32, TN_SHAPE(2, -1)))
MISTAKE(input_type, tn_input(k->g, "z", (tn_dtype)7, TN_SCALAR))
MISTAKE(input_nameless, tn_input(k->g, NULL, TN_F32, TN_SCALAR))
MISTAKE(parameter_nameless, tn_param(k->g, k->params, NULL))
MISTAKE(parameter_of_nothing, tn_param(k->g, NULL, "w"))
MISTAKE(params_grad_nowhere, tn_params_grad(k->g, k->s, NULL))
MISTAKE(output_nameless, tn_output(k->g, NULL, k->y))
MISTAKE(rename_to_nothing, tn_name(k->g, tn_sin(k->g, k->x), NULL))
MISTAKE(scope_nameless, tn_scope(k->g, NULL))
MISTAKE(concat_list, tn_concat(k->g, 2, NULL, 0))
MISTAKE(stack_long_list, tn_stack(k->g, 100, NULL, 0))
MISTAKE(split_none, tn_split(k->g, k->x, 0, 0, k->grad))
MISTAKE(split_nowhere, tn_split(k->g, k->x, 0, 3, NULL))
MISTAKE(permute_orderless, tn_permute(k->g, k->x, NULL))
MISTAKE(grad_nowhere, tn_grad(k->g, k->s, 1, &k->x, NULL))
MISTAKE(grad_negative, tn_grad(k->g, k->s, -1, &k->x, k->grad))
MISTAKE(recompute_negative, tn_recompute(k->g, tn_sin(k->g, k->x), -1, &k->x))
MISTAKE(grad_list, tn_grad(k->g, k->s, 1, NULL, k->grad))
MISTAKE(vjp_nowhere, tn_vjp(k->g, k->x, k->x, 1, &k->x, NULL))
MISTAKE(jvp_list, tn_jvp(k->g, k->x, 1, &k->x, NULL))
MISTAKE(hvp_nowhere, tn_hvp(k->g, k->s, 1, &k->x, &k->x, NULL))
MISTAKE(recompute_list, tn_recompute(k->g, tn_sin(k->g, k->x), 1, NULL))
MISTAKE(custom_nothing, tn_custom(k->g, NULL, 1, &k->x, NULL))
MISTAKE(no_parameter, tn_param(k->g, k->params, "u"))
MISTAKE(output_twice, tn_output(k->g, "out", k->y))
MISTAKE(output_nothing, tn_output(k->g, "none", NULL))
MISTAKE(output_foreign, tn_output(k->g, "none", k->foreign))
MISTAKE(rename_input, tn_name(k->g, k->x, "z"))
MISTAKE(rename_parameter, tn_name(k->g, tn_param(k->g, k->params, "w"), "z"))
MISTAKE(grad_of_matrix, tn_grad(k->g, tn_sin(k->g, k->x), 1, &k->x, k->grad))
MISTAKE(grad_of_nothing, tn_grad(k->g, NULL, 1, &k->x, k->grad))
MISTAKE(grad_to_foreign, tn_grad(k->g, k->s, 2, (tn_node *[]){k->x, k->foreign}, k->grad))
MISTAKE(grad_to_int, tn_grad(k->g, tn_sum(k->g, tn_cast(k->g, k->i, TN_F32), TN_ALL, false), 1, &k->i, k->grad))
MISTAKE(seed_shape, tn_vjp(k->g, tn_sin(k->g, k->x), k->v, 1, &k->x, k->grad))
MISTAKE(seed_type, tn_vjp(k->g, tn_sin(k->g, k->x), k->wide, 1, &k->x, k->grad))
MISTAKE(jvp_of_nothing, tn_jvp(k->g, NULL, 1, &k->x, &k->x))
MISTAKE(jvp_tangent, tn_jvp(k->g, tn_sin(k->g, k->x), 2, (tn_node *[]){k->x, k->y}, (tn_node *[]){k->x, k->x}))
MISTAKE(jvp_type, tn_jvp(k->g, tn_sin(k->g, k->x), 1, &k->x, &k->wide))
MISTAKE(jvp_foreign, tn_jvp(k->g, tn_sin(k->g, k->x), 1, &k->x, &k->foreign))
MISTAKE(hvp_of_matrix, tn_hvp(k->g, tn_sin(k->g, k->x), 1, &k->x, &k->x, k->grad))
MISTAKE(hvp_vector, tn_hvp(k->g, k->s, 1, &k->x, &k->v, k->grad))
MISTAKE(recompute_nothing, tn_recompute(k->g, NULL, 0, NULL))
MISTAKE(recompute_foreign, tn_recompute(k->g, tn_sin(k->g, k->x), 1, &k->foreign))
MISTAKE(two_gradients, tn_params_grad(k->g, k->s, k->params); tn_params_grad(k->g, k->s, k->params))

static const struct {
    const char *name;
    void (*make)(kit *k);
    tn_status status;
    const char *words[3]; /* what the message must contain */
} mistakes[] = {
#define ROW(mistake, status, ...) {#mistake, mistake, status, {__VA_ARGS__}}
    ROW(add_misfits, TN_ESHAPE, "add", "input 'x' [3, 4] and input 'y' [5, 4]", "must be equal or 1"),
    ROW(mul_types, TN_EDTYPE, "mul", "(float32) and input 'wide' [3, 4] (float64)", "cast one of them"),
    ROW(where_misfits, TN_ESHAPE, "where_positive", "relu 'gate' [3, 4]", "input 'y' [5, 4]"),
    ROW(sub_nothing, TN_EINVAL, "sub: input 1 is missing"),
    ROW(relu_nothing, TN_EINVAL, "relu: input 0 is missing"),
    ROW(div_foreign, TN_EINVAL, "div: input 0 belongs to another graph"),
    ROW(sin_of_mistake, TN_EINVAL, "sin: input 0 is the result of a mistake in another graph"),
    ROW(output_of_no_graph, TN_EINVAL, "output: input 0 is the result of a mistake in another graph"),
    ROW(linear_nothing, TN_EINVAL, "linear: input 1 is missing"),
    ROW(dropout_without_step, TN_EINVAL, "dropout: input 1 is missing"),
    ROW(pad_beyond, TN_EINVAL, "pad of input 'x' [3, 4]: 9223372036854775807 before", "expected 0 or more"),
    ROW(sin_foreign, TN_EINVAL, "sin: input 0 belongs to another graph"),
    ROW(exp_int, TN_EDTYPE, "exp", "input 'i' [3] (int32)", "cast"),
    ROW(gather_int, TN_EDTYPE, "gather_rows", "input 'i' [3] (int32)", "cast"),
    ROW(cast_to_int, TN_EDTYPE, "cast of input 'x' [3, 4] to int32"),
    ROW(cast_to_unknown, TN_EDTYPE, "cast of input 'x' [3, 4] to unknown"),
    ROW(matmul_misfits, TN_ESHAPE, "matmul", "input 'x' [3, 4] and input 'y' [5, 4]", "it wants [..., K] and [K, N]"),
    ROW(matmul_vector, TN_ESHAPE, "matmul", "input 'v' [4] and input 'x' [3, 4]", "it wants [..., K] and [K, N]"),
    ROW(matmul_by_vector, TN_ESHAPE, "matmul", "input 'x' [3, 4] and input 'v' [4]"),
    ROW(matmul_scalar, TN_ESHAPE, "matmul", "input 's' [] and input 'x' [3, 4]"),
    ROW(linear_vector, TN_ESHAPE, "linear", "input 'x' [3, 4] and input 'v' [4] to slice [3]"),
    ROW(linear_of_vector_bias, TN_ESHAPE, "linear", "input 'x' [3, 4] and input 'v' [4]", "[N, K] and [N]"),
    ROW(linear_misfits, TN_ESHAPE, "linear", "input 'y' [5, 4] and input 'v' [4]", "input 'x' [3, 4]"),
    ROW(linear_without_bias, TN_ESHAPE, "input 'x' [3, 4]", "input 'v' [4] transposed"),
    ROW(sum_axis, TN_ESHAPE, "sum", "input 'x' [3, 4]", "no axis 2"),
    ROW(mean_axis, TN_ESHAPE, "input 's' []", "no axis 0"),
    ROW(max_axis, TN_ESHAPE, "max", "input 'v' [4]", "no axis 31"),
    ROW(mse_misfits, TN_ESHAPE, "mse", "input 'x' [3, 4] and input 'y' [5, 4]", "must be equal"),
    ROW(reshape_size, TN_ESHAPE, "reshape cannot make [5, 2] of input 'x' [3, 4]", "as many elements"),
    ROW(reshape_negative, TN_ESHAPE, "reshape", "[-3, -4]", "not a shape"),
    ROW(reshape_rank, TN_ESHAPE, "reshape: [7 axes] is not a shape: 0 to 6 axes"),
    ROW(reshape_of_no_list, TN_ESHAPE, "reshape: [-1, -1] is not a shape"),
    ROW(full_negative, TN_ESHAPE, "full: [-3] is not a shape"),
    ROW(reshape_huge, TN_ESHAPE, "reshape", "not a shape"),
    ROW(reshape_huge_empty, TN_ESHAPE, "reshape", "not a shape"),
    ROW(broadcast_misfits, TN_ESHAPE, "broadcast cannot repeat input 'x' [3, 4] to [3, 5]", "only axes of size 1"),
    ROW(broadcast_down, TN_ESHAPE, "broadcast", "input 'x' [3, 4]", "[4]"),
    ROW(broadcast_huge, TN_ESHAPE, "broadcast", "[1073741824, 1073741824]", "not a shape"),
    ROW(transpose_vector, TN_ESHAPE, "transpose", "input 'v' [4]", "less than two axes"),
    ROW(concat_nothing, TN_EINVAL, "concat of nothing"),
    ROW(concat_negative, TN_EINVAL, "concat cannot take -1 inputs"),
    ROW(concat_misfits, TN_ESHAPE, "concat", "input 'x' [3, 4] and input 'y' [5, 4]",
        "axis 1: the other axes must be equal"),
    ROW(concat_axis, TN_ESHAPE, "concat", "input 'x' [3, 4]", "no axis -1"),
    ROW(concat_huge, TN_ESHAPE, "concat", "too large"),
    ROW(slice_beyond, TN_ESHAPE, "slice", "input 'x' [3, 4]", "3 elements from 2 along axis 1"),
    ROW(slice_far, TN_ESHAPE, "slice", "9223372036854775807 elements"),
    ROW(slice_axis, TN_ESHAPE, "slice", "input 'x' [3, 4]", "no axis 2"),
    ROW(spmm_misfits, TN_ESHAPE, "spmm: input 'v' [4] and input 'x' [3, 4]", "3 x 4 with 2 entries",
        "it wants [entries] and [columns, ...]"),
    ROW(spmm_t_misfits, TN_ESHAPE, "spmm_t: slice [2] and input 'y' [5, 4]", "3 x 4 with 2 entries"),
    ROW(sddmm_misfits, TN_ESHAPE, "sddmm: input 'x' [3, 4]", "3 x 4 with 2 entries"),
    ROW(spmm_nowhere, TN_EINVAL, "spmm: the sparsity is missing"),
    ROW(gather_places, TN_EINVAL, "gather_rows", "tn_index_new"),
    ROW(gather_misfits, TN_ESHAPE, "gather_rows: input 'y' [5, 4]", "2 x 3"),
    ROW(segment_misfits, TN_ESHAPE, "segment_sum: input 'y' [5, 4]", "2 x 3"),
    ROW(segment_places, TN_EINVAL, "segment_sum", "tn_index_new"),
    ROW(where_of_three, TN_ESHAPE, "where", "input 'x' [3, 4]", "input 'y' [5, 4]"),
    ROW(where_nothing, TN_EINVAL, "where: input 2 is missing"),
    ROW(clip_limits, TN_EINVAL, "clip of input 'x' [3, 4]", "2 and 1"),
    ROW(clip_nan, TN_EINVAL, "clip", "nan and 1"),
    ROW(huber_delta, TN_EINVAL, "huber: delta is 0"),
    ROW(l1_misfits, TN_ESHAPE, "l1", "input 'x' [3, 4] and input 'v' [4]"),
    ROW(entropy_misfits, TN_ESHAPE, "cross_entropy", "input 'x' [3, 4] and input 'y' [5, 4]"),
    ROW(entropy_classes, TN_ESHAPE, "cross_entropy", "input 'y' [5, 4] and one_hot [3, 4]"),
    ROW(entropy_scalar, TN_ESHAPE, "cross_entropy: input 's' []", "axis"),
    ROW(binary_misfits, TN_ESHAPE, "binary_cross_entropy", "input 'x' [3, 4] and input 's' []"),
    ROW(distance_misfits, TN_ESHAPE, "distance", "input 'x' [3, 4] and input 'y' [5, 4]"),
    ROW(softmax_axis, TN_ESHAPE, "softmax: input 'x' [3, 4] has no axis 2"),
    ROW(log_softmax_axis, TN_ESHAPE, "log_softmax: input 'x' [3, 4] has no axis -1"),
    ROW(logsumexp_axis, TN_ESHAPE, "input 'x' [3, 4]", "no axis 5"),
    ROW(layer_norm_scalar, TN_ESHAPE, "layer_norm: input 's' []", "no axis"),
    ROW(layer_norm_gain, TN_ESHAPE, "layer_norm: the gain input 's' [] must be [4]"),
    ROW(layer_norm_bias, TN_ESHAPE, "layer_norm: the bias input 'x' [3, 4] must be [4]"),
    ROW(layer_norm_foreign, TN_EINVAL, "layer_norm: input 0 belongs to another graph"),
    ROW(layer_norm_zero, TN_EINVAL, "layer_norm: epsilon is 0"),
    ROW(layer_norm_nan, TN_EINVAL, "layer_norm: epsilon is nan"),
    ROW(var_of_too_few, TN_EINVAL, "var of input 'x' [3, 4]: the correction is 3", "below the 3 elements"),
    ROW(var_of_one, TN_EINVAL, "var of input 's' []: the correction is 1"),
    ROW(var_negative, TN_EINVAL, "the correction is -1"),
    ROW(var_axis, TN_ESHAPE, "input 'x' [3, 4]", "no axis 2"),
    ROW(argmax_axis, TN_ESHAPE, "argmax: input 'x' [3, 4] has no axis 2"),
    ROW(argmax_empty, TN_ESHAPE, "argmax: axis 1 of slice [3, 0]", "size 1 to"),
    ROW(argmax_long, TN_ESHAPE, "argmax: axis 0 of broadcast [16777217]", "16777216"),
    ROW(one_hot_floats, TN_EDTYPE, "one_hot wants int32, not input 'x' [3, 4] (float32)"),
    ROW(one_hot_negative, TN_ESHAPE, "one_hot: input 'i' [3]", "size -3"),
    ROW(batches_misfit, TN_ESHAPE, "matmul", "reshape [3, 2, 2] and reshape [5, 2, 2]"),
    ROW(batched_depth, TN_ESHAPE, "matmul", "reshape [1, 3, 4] and reshape [1, 5, 4]"),
    ROW(outer_matrix, TN_ESHAPE, "outer wants two vectors", "input 'x' [3, 4] and input 'v' [4]"),
    ROW(dot_misfits, TN_ESHAPE, "dot wants two vectors of equal size", "input 'v' [4] and slice [3]"),
    ROW(permute_twice, TN_ESHAPE, "permute of input 'x' [3, 4]: axis 1 of the result is 1"),
    ROW(permute_beyond, TN_ESHAPE, "permute of input 'x' [3, 4]: axis 1 of the result is 2"),
    ROW(squeeze_wide, TN_ESHAPE, "squeeze: axis 1 of input 'x' [3, 4] has not size 1"),
    ROW(squeeze_axis, TN_ESHAPE, "squeeze: input 'x' [3, 4] has no axis 2"),
    ROW(unsqueeze_axis, TN_ESHAPE, "unsqueeze: input 'x' [3, 4] cannot get an axis 3"),
    ROW(unsqueeze_rank, TN_ESHAPE, "unsqueeze: reshape [1, 1, 1, 1, 3, 4] cannot get an axis 0"),
    ROW(stack_misfits, TN_ESHAPE, "stack cannot join input 'x' [3, 4] and input 'y' [5, 4]"),
    ROW(stack_nothing, TN_EINVAL, "stack of nothing"),
    ROW(split_unevenly, TN_ESHAPE, "split: axis 1 of input 'x' [3, 4]", "3 equal parts"),
    ROW(split_axis, TN_ESHAPE, "split: input 'x' [3, 4] has no axis 2"),
    ROW(pad_negative, TN_EINVAL, "pad of input 'x' [3, 4]: -1 before and 1 behind"),
    ROW(pad_axis, TN_ESHAPE, "pad: input 'x' [3, 4] has no axis 2"),
    ROW(pad_huge, TN_ESHAPE, "pad", "too large"),
    ROW(index_select_axis, TN_ESHAPE, "index_select: input 'x' [3, 4] has no axis 2"),
    ROW(index_select_misfits, TN_ESHAPE, "index_select: gather_rows: transpose [4, 3]", "2 x 3",
        "it wants [3, ...]"),
    ROW(index_select_nothing, TN_EINVAL, "index_select: the sparsity is missing"),
    ROW(scatter_misfits, TN_ESHAPE, "segment_sum: input 'y' [5, 4]", "2 x 3"),
    ROW(scatter_onto_a_row, TN_ESHAPE, "scatter_add: rows of slice [2, 4]", "added to slice [1, 4]", "expected [3, 4]"),
    ROW(segment_max_places, TN_EINVAL, "segment_max", "tn_index_new"),
    ROW(segment_mean_misfits, TN_ESHAPE, "segment_mean: segment_sum: broadcast [3, 1]", "2 x 3"),
    ROW(edge_gather_misfits, TN_ESHAPE, "edge_gather: input 'x' [3, 4]", "3 x 4 with 2 entries"),
    ROW(edge_sum_misfits, TN_ESHAPE, "edge_sum: input 'x' [3, 4]", "3 x 4 with 2 entries"),
    ROW(edge_max_scalar, TN_ESHAPE, "edge_max: input 's' []", "3 x 4 with 2 entries"),
    ROW(edge_sum_side, TN_EINVAL, "edge_sum: there is no side 9"),
    ROW(edge_gather_side, TN_EINVAL, "edge_gather: there is no side -1"),
    ROW(edge_softmax_nowhere, TN_EINVAL, "edge_softmax: the sparsity is missing"),
    ROW(uniform_step, TN_EDTYPE, "uniform: the step must be an int32 scalar, not input 's' [] (float32)"),
    ROW(normal_steps, TN_EDTYPE, "normal: the step must be an int32 scalar, not input 'i' [3] (int32)"),
    ROW(uniform_shape, TN_ESHAPE, "uniform: [3, -1] is not a shape"),
    ROW(normal_without_step, TN_EINVAL, "normal: input 0 is missing"),
    ROW(dropout_rate, TN_EINVAL, "dropout: the rate is 1"),
    ROW(input_twice, TN_ENAME, "input x", "taken by input 'x' [3, 4]"),
    ROW(input_shape, TN_ESHAPE, "input z", "[2, -1]", "not a shape"),
    ROW(input_type, TN_EDTYPE, "input z", "no number type 7"),
    ROW(input_nameless, TN_EINVAL, "input: its name is missing: NULL"),
    ROW(parameter_nameless, TN_EINVAL, "param: its name is missing: NULL"),
    ROW(parameter_of_nothing, TN_EINVAL, "there is no parameter set: NULL"),
    ROW(params_grad_nowhere, TN_EINVAL, "there is no parameter set: NULL"),
    ROW(output_nameless, TN_EINVAL, "output: its name is missing: NULL"),
    ROW(rename_to_nothing, TN_EINVAL, "name: its name is missing: NULL"),
    ROW(scope_nameless, TN_EINVAL, "a scope wants a name"),
    ROW(concat_list, TN_EINVAL, "concat: 2 inputs at NULL"),
    ROW(stack_long_list, TN_EINVAL, "stack cannot take 100 inputs"),
    ROW(split_none, TN_EINVAL, "split: 0 parts: expected 1 or more"),
    ROW(split_nowhere, TN_EINVAL, "split: 3 parts at NULL"),
    ROW(permute_orderless, TN_EINVAL, "permute: the order is missing: NULL"),
    ROW(grad_nowhere, TN_EINVAL, "there is no place for 1 gradients: NULL"),
    ROW(grad_negative, TN_EINVAL, "gradient: -1 inputs: expected a list of 0 or more"),
    ROW(recompute_negative, TN_EINVAL, "recompute: -1 inputs"),
    ROW(grad_list, TN_EINVAL, "gradient: 1 inputs at NULL"),
    ROW(vjp_nowhere, TN_EINVAL, "there is no place for 1 gradients: NULL"),
    ROW(jvp_list, TN_EINVAL, "tangent: 1 inputs at NULL"),
    ROW(hvp_nowhere, TN_EINVAL, "there is no place for 1 gradients: NULL"),
    ROW(recompute_list, TN_EINVAL, "recompute: 1 inputs at NULL"),
    ROW(custom_nothing, TN_EINVAL, "tn_custom: the operation or its name is missing"),
    ROW(no_parameter, TN_ENAME, "no parameter u among the 1"),
    ROW(output_twice, TN_ENAME, "output out", "taken by input 'x' [3, 4]"),
    ROW(output_nothing, TN_EINVAL, "output: input 0 is missing"),
    ROW(output_foreign, TN_EINVAL, "output: input 0 belongs to another graph"),
    ROW(rename_input, TN_ENAME, "input 'x' [3, 4] cannot be renamed z: inputs and parameters"),
    ROW(rename_parameter, TN_ENAME, "parameter 'w' [3, 4] cannot be renamed z"),
    ROW(grad_of_matrix, TN_ESHAPE, "the gradient of sin [3, 4]", "tn_vjp"),
    ROW(grad_of_nothing, TN_EINVAL, "gradient of: input 0 is missing"),
    ROW(grad_to_foreign, TN_EINVAL, "gradient: input 1 belongs to another graph"),
    ROW(grad_to_int, TN_EDTYPE, "cast", "int32"),
    ROW(seed_shape, TN_ESHAPE, "seed input 'v' [4]", "sin [3, 4]"),
    ROW(seed_type, TN_EDTYPE, "seed input 'wide' [3, 4] (float64)", "sin [3, 4] (float32)"),
    ROW(jvp_of_nothing, TN_EINVAL, "derivative of: input 0 is missing"),
    ROW(jvp_tangent, TN_ESHAPE, "tangent input 'x' [3, 4]", "must be like input 'y' [5, 4]"),
    ROW(jvp_type, TN_EDTYPE, "tangent input 'wide' [3, 4] (float64)", "input 'x' [3, 4] (float32)"),
    ROW(jvp_foreign, TN_EINVAL, "tangent: input 0 belongs to another graph"),
    ROW(hvp_of_matrix, TN_ESHAPE, "the gradient of sin [3, 4]"),
    ROW(hvp_vector, TN_ESHAPE, "vector input 'v' [4]", "must be like input 'x' [3, 4]"),
    ROW(recompute_nothing, TN_EINVAL, "recompute: input 0 is missing"),
    ROW(recompute_foreign, TN_EINVAL, "recompute: input 0 belongs to another graph"),
    ROW(two_gradients, TN_EINVAL, "gradient of one node only"),
#undef ROW
};
enum { MISTAKES = sizeof mistakes / sizeof *mistakes };

START_TEST(a_mistake_is_named_with_operation_and_shapes)
{
    kit k = new_kit();
    const char *message;
    ck_assert_int_eq(tn_graph_status(k.g, NULL), TN_OK);
    mistakes[_i].make(&k);
    tn_status status = tn_graph_status(k.g, &message);
    ck_assert_msg(status == mistakes[_i].status, "%s: %s (%s)", mistakes[_i].name, tn_status_name(status), message);
    for (int w = 0; w < 3 && mistakes[_i].words[w]; w++)
        ck_assert_msg(strstr(message, mistakes[_i].words[w]) != NULL, "%s: \"%s\" does not say \"%s\"",
                      mistakes[_i].name, message, mistakes[_i].words[w]);
    tn_error error = {0};
    ck_assert_ptr_null(tn_plan_new(k.g, 0, &error));
    ck_assert_int_eq(error.status, status);
    ck_assert_str_eq(error.message, message);
    ck_assert_ptr_null(tn_plan_new(k.g, 0, NULL));
    free_kit(&k);
}
END_TEST

/* All other mistakes are made with what the first one returned: nothing changes, nothing crashes. */
START_TEST(the_first_error_stays_and_later_calls_are_harmless)
{
    kit k = new_kit();
    const char *message;
    tn_node *bad = tn_add(k.g, k.x, k.y);
    tn_graph_status(k.g, &message);
    int nodes = k.g->n_nodes, outputs = k.g->n_outputs;
    char first[1024];
    snprintf(first, sizeof first, "%s", message);
    for (int again = 0; again < 2; again++) {
        for (int m = 0; m < MISTAKES; m++) mistakes[m].make(&k);
        k.x = k.y = k.v = k.s = k.i = k.wide = k.foreign = again ? NULL : bad;
    }
    ck_assert_str_eq(message, first);
    ck_assert_int_eq(k.g->n_nodes, nodes);
    ck_assert_int_eq(k.g->n_outputs, outputs);
    ck_assert_int_eq(tn_node_shape(bad).rank, 0);
    free_kit(&k);
}
END_TEST

/* As where tn_graph_new found no memory, and nobody looked. */
START_TEST(describing_in_no_graph_is_harmless)
{
    kit k = new_kit(), without = k;
    const char *message;
    without.g = NULL;
    mistakes[_i].make(&without);
    ck_assert_int_eq(tn_graph_status(NULL, &message), TN_EINVAL);
    ck_assert_str_eq(message, "there is no graph: NULL instead of one");
    ck_assert_int_eq(tn_no_graph.n_nodes + tn_no_graph.n_outputs, 0);
    free_kit(&k);
}
END_TEST

START_TEST(a_graph_of_integers_is_an_error)
{
    tn_graph *g = tn_graph_new(TN_I32);
    const char *message;
    ck_assert_int_eq(tn_graph_status(g, &message), TN_EDTYPE);
    ck_assert_ptr_nonnull(strstr(message, "float32 or float64"));
    tn_graph_free(g);
}
END_TEST

int main(void)
{
    TCase *describing = tcase_create("describing");
    tcase_add_loop_test(describing, a_mistake_is_named_with_operation_and_shapes, 0, MISTAKES);
    tcase_add_test(describing, the_first_error_stays_and_later_calls_are_harmless);
    tcase_add_loop_test(describing, describing_in_no_graph_is_harmless, 0, MISTAKES);
    tcase_add_test(describing, a_graph_of_integers_is_an_error);
    return run_cases("mistakes", describing, NULL);
}
