/* Every documented error of describing, differentiating, parameters, planning, binding and running. */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"
#include "testing.h"

#include <math.h>
#include <string.h>

/* ---- what goes wrong while describing ---- */

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
MISTAKE(sin_foreign, tn_sin(k->g, k->foreign))
MISTAKE(exp_int, tn_exp(k->g, k->i))
MISTAKE(gather_int, tn_gather_rows(k->g, k->index, k->i))
MISTAKE(cast_to_int, tn_cast(k->g, k->x, TN_I32))
MISTAKE(cast_to_unknown, tn_cast(k->g, k->x, (tn_dtype)9))
MISTAKE(matmul_misfits, tn_matmul(k->g, k->x, k->y))
MISTAKE(matmul_vector, tn_matmul(k->g, k->v, tn_transpose(k->g, k->x)))
MISTAKE(linear_misfits, tn_linear(k->g, k->x, k->y, k->v))
MISTAKE(linear_without_bias, tn_linear(k->g, k->x, k->v, NULL))
MISTAKE(sum_axis, tn_sum(k->g, k->x, TN_AXIS(2), true))
MISTAKE(mean_axis, tn_mean(k->g, k->s, TN_AXIS(0), false))
MISTAKE(max_axis, tn_max(k->g, k->v, TN_AXIS(0) | TN_AXIS(31), false))
MISTAKE(mse_misfits, tn_mse(k->g, k->x, k->y))
MISTAKE(reshape_size, tn_reshape(k->g, k->x, TN_SHAPE(5, 2)))
MISTAKE(reshape_negative, tn_reshape(k->g, k->x, TN_SHAPE(-3, -4)))
MISTAKE(reshape_rank, tn_reshape(k->g, k->x, TN_SHAPE(1, 1, 1, 1, 1, 3, 4)))
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
MISTAKE(input_twice, tn_input(k->g, "x", TN_F32, TN_SCALAR))
MISTAKE(input_shape, tn_input(k->g, "z", TN_F32, TN_SHAPE(2, -1)))
MISTAKE(input_type, tn_input(k->g, "z", (tn_dtype)7, TN_SCALAR))
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
MISTAKE(two_gradients, tn_params_grad(k->g, k->s, k->params); tn_params_grad(k->g, k->s, k->params))

static const struct {
    const char *name;
    void (*make)(kit *k);
    tn_status status;
    const char *words[3]; /* what the message must contain */
} mistakes[] = {
#define ROW(mistake, status, ...) {#mistake, mistake, status, {__VA_ARGS__}}
    ROW(add_misfits, TN_ESHAPE, "add", "input 'x' [3, 4]", "input 'y' [5, 4]"),
    ROW(mul_types, TN_EDTYPE, "mul", "(float32)", "input 'wide' [3, 4] (float64)"),
    ROW(where_misfits, TN_ESHAPE, "where_positive", "relu 'gate' [3, 4]", "input 'y' [5, 4]"),
    ROW(sub_nothing, TN_EINVAL, "sub: input 1 is missing"),
    ROW(relu_nothing, TN_EINVAL, "relu: input 0 is missing"),
    ROW(div_foreign, TN_EINVAL, "div: input 0 belongs to another graph"),
    ROW(sin_foreign, TN_EINVAL, "sin: input 0 belongs to another graph"),
    ROW(exp_int, TN_EDTYPE, "exp", "input 'i' [3] (int32)", "cast"),
    ROW(gather_int, TN_EDTYPE, "gather_rows", "input 'i' [3] (int32)", "cast"),
    ROW(cast_to_int, TN_EDTYPE, "cast of input 'x' [3, 4] to int32"),
    ROW(cast_to_unknown, TN_EDTYPE, "cast of input 'x' [3, 4] to unknown"),
    ROW(matmul_misfits, TN_ESHAPE, "matmul", "input 'x' [3, 4]", "input 'y' [5, 4]"),
    ROW(matmul_vector, TN_ESHAPE, "matmul", "input 'v' [4]", "transpose [4, 3]"),
    ROW(linear_misfits, TN_ESHAPE, "linear", "input 'y' [5, 4] and input 'v' [4]", "input 'x' [3, 4]"),
    ROW(linear_without_bias, TN_ESHAPE, "input 'x' [3, 4]", "input 'v' [4] transposed"),
    ROW(sum_axis, TN_ESHAPE, "sum", "input 'x' [3, 4]", "no axis 2"),
    ROW(mean_axis, TN_ESHAPE, "input 's' []", "no axis 0"),
    ROW(max_axis, TN_ESHAPE, "max", "input 'v' [4]", "no axis 31"),
    ROW(mse_misfits, TN_ESHAPE, "mse", "input 'x' [3, 4]", "input 'y' [5, 4]"),
    ROW(reshape_size, TN_ESHAPE, "reshape", "[5, 2]", "input 'x' [3, 4]"),
    ROW(reshape_negative, TN_ESHAPE, "reshape", "[-3, -4]", "not a shape"),
    ROW(reshape_rank, TN_ESHAPE, "reshape", "not a shape"),
    ROW(reshape_huge, TN_ESHAPE, "reshape", "not a shape"),
    ROW(reshape_huge_empty, TN_ESHAPE, "reshape", "not a shape"),
    ROW(broadcast_misfits, TN_ESHAPE, "broadcast", "input 'x' [3, 4]", "[3, 5]"),
    ROW(broadcast_down, TN_ESHAPE, "broadcast", "input 'x' [3, 4]", "[4]"),
    ROW(broadcast_huge, TN_ESHAPE, "broadcast", "[1073741824, 1073741824]", "not a shape"),
    ROW(transpose_vector, TN_ESHAPE, "transpose", "input 'v' [4]", "less than two axes"),
    ROW(concat_nothing, TN_EINVAL, "concat of nothing"),
    ROW(concat_negative, TN_EINVAL, "concat cannot take -1 inputs"),
    ROW(concat_misfits, TN_ESHAPE, "concat", "input 'x' [3, 4] and input 'y' [5, 4]", "axis 1"),
    ROW(concat_axis, TN_ESHAPE, "concat", "input 'x' [3, 4]", "no axis -1"),
    ROW(concat_huge, TN_ESHAPE, "concat", "too large"),
    ROW(slice_beyond, TN_ESHAPE, "slice", "input 'x' [3, 4]", "3 elements from 2 along axis 1"),
    ROW(slice_far, TN_ESHAPE, "slice", "9223372036854775807 elements"),
    ROW(slice_axis, TN_ESHAPE, "slice", "input 'x' [3, 4]", "no axis 2"),
    ROW(spmm_misfits, TN_ESHAPE, "spmm: input 'v' [4] and input 'x' [3, 4]", "3 x 4 with 2 entries"),
    ROW(spmm_t_misfits, TN_ESHAPE, "spmm_t: slice [2] and input 'y' [5, 4]", "3 x 4 with 2 entries"),
    ROW(sddmm_misfits, TN_ESHAPE, "sddmm: input 'x' [3, 4]", "3 x 4 with 2 entries"),
    ROW(spmm_nowhere, TN_EINVAL, "spmm: the sparsity is missing"),
    ROW(gather_places, TN_EINVAL, "gather_rows", "tn_index_new"),
    ROW(gather_misfits, TN_ESHAPE, "gather_rows: input 'y' [5, 4]", "2 x 3"),
    ROW(segment_misfits, TN_ESHAPE, "segment_sum: input 'y' [5, 4]", "2 x 3"),
    ROW(segment_places, TN_EINVAL, "segment_sum", "tn_index_new"),
    ROW(input_twice, TN_ENAME, "input x", "taken"),
    ROW(input_shape, TN_ESHAPE, "input z", "[2, -1]", "not a shape"),
    ROW(input_type, TN_EDTYPE, "input z", "no number type 7"),
    ROW(no_parameter, TN_ENAME, "no parameter u"),
    ROW(output_twice, TN_ENAME, "output out", "taken"),
    ROW(output_nothing, TN_EINVAL, "output: input 0 is missing"),
    ROW(output_foreign, TN_EINVAL, "output: input 0 belongs to another graph"),
    ROW(rename_input, TN_ENAME, "input 'x' [3, 4] cannot be renamed z"),
    ROW(rename_parameter, TN_ENAME, "parameter 'w' [3, 4] cannot be renamed z"),
    ROW(grad_of_matrix, TN_ESHAPE, "the gradient of sin [3, 4]", "tn_vjp"),
    ROW(grad_of_nothing, TN_EINVAL, "gradient of: input 0 is missing"),
    ROW(grad_to_foreign, TN_EINVAL, "gradient: input 1 belongs to another graph"),
    ROW(grad_to_int, TN_EDTYPE, "cast", "int32"),
    ROW(seed_shape, TN_ESHAPE, "seed input 'v' [4]", "sin [3, 4]"),
    ROW(seed_type, TN_EDTYPE, "seed input 'wide' [3, 4] (float64)", "sin [3, 4] (float32)"),
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

START_TEST(a_graph_of_integers_is_an_error)
{
    tn_graph *g = tn_graph_new(TN_I32);
    const char *message;
    ck_assert_int_eq(tn_graph_status(g, &message), TN_EDTYPE);
    ck_assert_ptr_nonnull(strstr(message, "float32 or float64"));
    tn_graph_free(g);
}
END_TEST

/* ---- parameters ---- */

static tn_params *three_params(tn_dtype dtype)
{
    tn_params *params = tn_params_new(dtype, 3);
    tn_params_add(params, "a", TN_SHAPE(3, 4), (tn_init){TN_INIT_UNIFORM, -1, 1}, 0);
    tn_params_add(params, "b", TN_SHAPE(3, 4), (tn_init){TN_INIT_NORMAL, 0, 1}, 1);
    tn_params_add(params, "c", TN_SCALAR, (tn_init){TN_INIT_CONSTANT, 0.25, 0}, 0);
    return params;
}

static void expect_params_error(tn_params *params, tn_status status, const char *words)
{
    tn_error error = {0};
    ck_assert_int_eq(tn_params_seal(params, &error), status);
    ck_assert_int_eq(error.status, status);
    ck_assert_msg(strstr(error.message, words) != NULL, "\"%s\" does not say \"%s\"", error.message, words);
    tn_params_free(params);
}

START_TEST(mistakes_with_parameters_are_named_when_sealing)
{
    tn_params *params = three_params(TN_F32);
    tn_params_add(params, "a", TN_SCALAR, (tn_init){0}, 0);
    tn_params_add(params, "d", TN_SCALAR, (tn_init){0}, -1);
    expect_params_error(params, TN_ENAME, "parameter a: the name is taken");

    params = three_params(TN_F32);
    tn_params_add(params, "d", TN_SCALAR, (tn_init){0}, -1);
    expect_params_error(params, TN_EINVAL, "parameter d: shape [], group -1");

    params = three_params(TN_F32);
    tn_params_add(params, "d", TN_SHAPE(1, 1, 1, 1, 1, 1, 1), (tn_init){0}, 0);
    expect_params_error(params, TN_EINVAL, "parameter d: shape");

    params = three_params(TN_F32);
    tn_params_add(params, "d", TN_SHAPE(3, -2), (tn_init){0}, 0);
    expect_params_error(params, TN_EINVAL, "parameter d: shape [3, -2]");

    params = three_params(TN_F32);
    ck_assert_int_eq(tn_params_seal(params, NULL), TN_OK);
    ck_assert_int_eq(tn_params_seal(params, NULL), TN_OK);
    tn_params_add(params, "d", TN_SCALAR, (tn_init){0}, 0);
    expect_params_error(params, TN_EINVAL, "parameter d: the set is sealed");

    expect_params_error(tn_params_new(TN_I32, 0), TN_EDTYPE, "float32 or float64");
}
END_TEST

START_TEST(a_parameter_set_describes_itself)
{
    tn_params *params = three_params(TN_F64);
    ck_assert_ptr_null(tn_params_at(params, 0).data);
    ck_assert_ptr_null(tn_params_data(params, "a"));
    ck_assert_int_eq(tn_params_seal(params, NULL), TN_OK);
    ck_assert_int_eq(tn_params_count(params), 3);
    ck_assert_int_eq(tn_params_size(params), 25);
    ck_assert_int_eq(tn_params_dtype(params), TN_F64);
    ck_assert_int_eq(tn_params_find(params, "c"), 2);
    ck_assert_int_eq(tn_params_find(params, "z"), -1);
    ck_assert_ptr_null(tn_params_data(params, "z"));
    ck_assert_ptr_null(tn_params_gradient(params, "z"));
    tn_param_info b = tn_params_at(params, 1);
    ck_assert_str_eq(b.name, "b");
    ck_assert_int_eq(b.group, 1);
    ck_assert(tn_shape_equal(b.shape, TN_SHAPE(3, 4)));
    ck_assert_ptr_eq(b.data, tn_params_data(params, "b"));
    ck_assert_ptr_eq(b.grad, tn_params_gradient(params, "b"));
    ck_assert_double_eq(*(double *)tn_params_data(params, "c"), 0.25);
    tn_params_free(params);
}
END_TEST

/* ---- errors themselves ---- */

START_TEST(every_status_has_a_name_and_the_first_error_is_kept)
{
    for (int s = TN_OK; s <= TN_ENUMERIC; s++)
        for (int t = TN_OK; t < s; t++) ck_assert_str_ne(tn_status_name((tn_status)s), tn_status_name((tn_status)t));
    ck_assert_str_eq(tn_status_name(TN_ESHAPE), "shape error");
    ck_assert_str_eq(tn_status_name((tn_status)99), "unknown status");
    ck_assert_str_eq(tn_dtype_name((tn_dtype)99), "unknown");
    tn_error error = {0};
    ck_assert_int_eq(tn_fail(&error, TN_EIO, "%s: %d", "first", 1), TN_EIO);
    ck_assert_int_eq(tn_fail(&error, TN_EINVAL, "second"), TN_EINVAL);
    ck_assert_int_eq(tn_fail(NULL, TN_EINVAL, "third"), TN_EINVAL);
    ck_assert_int_eq(error.status, TN_EIO);
    ck_assert_str_eq(error.message, "first: 1");
    error = (tn_error){0};
    tn_fail(&error, TN_EINVAL, "%5000d", 1); /* cut, not overrun */
    ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
}
END_TEST

START_TEST(the_library_tells_its_version_and_its_hardware)
{
    ck_assert_str_eq(tn_version(), PACKAGE_VERSION);
    ck_assert_ptr_nonnull(strstr(tn_hardware(), ", BLIS "));
}
END_TEST

/* ---- planning, binding, running ---- */

START_TEST(mistakes_with_plans_are_named)
{
    tn_params *params = three_params(TN_F32);
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3, 4)), *unused = tn_input(g, "unused", TN_F32, TN_SHAPE(7));
    tn_output(g, "y", tn_mul(g, x, tn_param(g, params, "a")));
    (void)unused;
    tn_error error = {0};
    ck_assert_ptr_null(tn_plan_new(g, 0, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_str_eq(error.message, "parameter a: the set must be sealed before planning");

    tn_params_seal(params, NULL);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    ck_assert_ptr_nonnull(plan);
    error = (tn_error){0};
    ck_assert_int_eq(tn_run(plan, &error), TN_EINVAL);
    ck_assert_str_eq(error.message, "input x is not bound");
    error = (tn_error){0};
    float *data = tn_alloc(12 * sizeof *data);
    ck_assert_int_eq(tn_bind(plan, "z", data, &error), TN_ENAME);
    ck_assert_str_eq(error.message, "the plan has no input z");
    ck_assert_int_eq(tn_bind(plan, "a", data, NULL), TN_ENAME); /* a parameter is not an input */
    ck_assert_int_eq(tn_bind(plan, "unused", data, NULL), TN_OK);
    ck_assert_int_eq(tn_run(plan, NULL), TN_EINVAL);
    ck_assert_int_eq(tn_bind(plan, "x", data, NULL), TN_OK);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    ck_assert_int_eq(tn_bind(plan, "x", NULL, NULL), TN_OK); /* takes the memory back */
    ck_assert_int_eq(tn_run(plan, NULL), TN_EINVAL);
    ck_assert_ptr_null(tn_result(plan, "x"));
    tn_output(g, "late", x); /* the plan does not know of it */
    ck_assert_ptr_null(tn_result(plan, "late"));
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_params_free(params);
    tn_free(data);
}
END_TEST

/* Twenty results of 8 TB: more than there are addresses. The sanitizers would end the program. */
START_TEST(a_plan_too_large_for_memory_is_an_error)
{
#ifndef OM_ASAN
    tn_graph *g = tn_graph_new(TN_F64);
    for (int i = 0; i < 20; i++) tn_output(g, (char[]){(char)('a' + i), 0}, tn_full(g, TN_SHAPE((int64_t)1 << 40), i));
    tn_error error = {0};
    long live = tn_live_allocations();
    ck_assert_ptr_null(tn_plan_new(g, 0, &error));
    ck_assert_int_eq(error.status, TN_ENOMEM);
    ck_assert_ptr_nonnull(strstr(error.message, "no memory for a plan of 175921860"));
    ck_assert_int_eq(tn_live_allocations(), live);
    tn_graph_free(g);
#endif
}
END_TEST

/* Element 5 of x is NaN or infinite: a checking plan says where it comes from, any other computes on. */
START_TEST(a_checking_plan_names_the_first_value_that_is_not_finite)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3, 4));
    tn_node *root = tn_name(g, tn_log(g, tn_relu(g, x)), "root");
    tn_output(g, "y", tn_sum(g, root, TN_ALL, false));
    tn_plan *plan = tn_plan_new(g, 0, NULL), *checked = tn_plan_new(g, TN_PLAN_CHECK, NULL);
    float *data = tn_alloc(12 * sizeof *data);
    for (int i = 0; i < 12; i++) data[i] = 1;
    tn_bind(plan, "x", data, NULL);
    tn_bind(checked, "x", data, NULL);
    tn_error error = {0};
    ck_assert_int_eq(tn_run(checked, &error), TN_OK);
    data[5] = -1; /* relu makes it 0, and its logarithm is minus infinity */
    ck_assert_int_eq(tn_run(checked, &error), TN_ENUMERIC);
    ck_assert_str_eq(error.message, "element 5 of log 'root' [3, 4] of relu [3, 4] is -inf");
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    ck_assert_float_infinite(*(const float *)tn_result(plan, "y"));
    data[5] = NAN; /* must not vanish in relu */
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    ck_assert_float_nan(*(const float *)tn_result(plan, "y"));
    error = (tn_error){0};
    ck_assert_int_eq(tn_run(checked, &error), TN_ENUMERIC);
    ck_assert_str_eq(error.message, "element 5 of input 'x' [3, 4] is not finite");
    data[5] = 2;
    ck_assert_int_eq(tn_run(checked, NULL), TN_OK);
    tn_plan_free(plan);
    tn_plan_free(checked);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

int main(void)
{
    TCase *describing = tcase_create("describing"), *using = tcase_create("parameters and plans");
    tcase_add_loop_test(describing, a_mistake_is_named_with_operation_and_shapes, 0, MISTAKES);
    tcase_add_test(describing, the_first_error_stays_and_later_calls_are_harmless);
    tcase_add_test(describing, a_graph_of_integers_is_an_error);
    tcase_add_test(using, every_status_has_a_name_and_the_first_error_is_kept);
    tcase_add_test(using, the_library_tells_its_version_and_its_hardware);
    tcase_add_test(using, mistakes_with_parameters_are_named_when_sealing);
    tcase_add_test(using, a_parameter_set_describes_itself);
    tcase_add_test(using, mistakes_with_plans_are_named);
    tcase_add_test(using, a_plan_too_large_for_memory_is_an_error);
    tcase_add_test(using, a_checking_plan_names_the_first_value_that_is_not_finite);
    return run_cases("errors", describing, using, NULL);
}
