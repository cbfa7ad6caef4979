/* Every documented error of parameters, planning, binding and running; those of describing are in check_mistakes.c. */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"
#include "testing.h"

#include <math.h>
#include <string.h>

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
    tn_params_add(params, NULL, TN_SCALAR, (tn_init){0}, 0);
    expect_params_error(params, TN_EINVAL, "parameter 3: its name is missing: NULL");

    params = three_params(TN_F32);
    tn_params_add(params, "d", TN_SCALAR, (tn_init){.kind = (tn_init_kind)9}, 0);
    expect_params_error(params, TN_EINVAL, "parameter d: there are no initial values of kind 9");

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
    for (int s = TN_OK; s <= TN_EGRADIENT; s++)
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
    ck_assert_ptr_nonnull(strstr(error.message, "parameter 'a' [3, 4] (check_errors.c:"));
    ck_assert_ptr_nonnull(strstr(error.message, "): its set must be sealed before planning"));

    tn_params_seal(params, NULL);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    ck_assert_ptr_nonnull(plan);
    error = (tn_error){0};
    ck_assert_int_eq(tn_run(plan, &error), TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "input 'x' [3, 4] (check_errors.c:"));
    ck_assert_ptr_nonnull(strstr(error.message, ") (float32) is not bound: give its memory with tn_bind"));
    error = (tn_error){0};
    float *data = tn_alloc(12 * sizeof *data);
    ck_assert_int_eq(tn_bind(plan, "z", data, &error), TN_ENAME);
    ck_assert_str_eq(error.message, "the plan has no input z, only: x");
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
#ifndef OM_SANITIZED
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
    int line = __LINE__ - 1;
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
    char expected[256];
    snprintf(expected, sizeof expected,
             "element 5 of log 'root' [3, 4] (check_errors.c:%d) of relu [3, 4] (check_errors.c:%d) is -inf", line,
             line);
    ck_assert_str_eq(error.message, expected);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    ck_assert_float_infinite(*(const float *)tn_result(plan, "y"));
    data[5] = NAN; /* must not vanish in relu */
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    ck_assert_float_nan(*(const float *)tn_result(plan, "y"));
    error = (tn_error){0};
    ck_assert_int_eq(tn_run(checked, &error), TN_ENUMERIC);
    snprintf(expected, sizeof expected, "element 5 of input 'x' [3, 4] (check_errors.c:%d) is not finite", line - 1);
    ck_assert_str_eq(error.message, expected);
    data[5] = 2;
    ck_assert_int_eq(tn_run(checked, NULL), TN_OK);
    tn_plan_free(plan);
    tn_plan_free(checked);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

START_TEST(an_option_that_there_is_not_is_named)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_error error = {0};
    tn_output(g, "one", tn_constant(g, 1));
    ck_assert_ptr_null(tn_plan_new(g, TN_PLAN_CHECK | 8, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_str_eq(error.message, "tn_plan_new: there is no option 8");
    tn_graph_free(g);
}
END_TEST

START_TEST(a_checking_plan_accepts_softmax_of_nothing)
{
    static const struct {
        int64_t dim[2];
        int rank, axis;
    } empty[] = {{{0}, 1, 0}, {{0, 3}, 2, 0}, {{0, 3}, 2, 1}, {{375, 0}, 2, 1}, {{375, 0}, 2, 0}};
    static tn_node *(*const along[])(tn_graph *, tn_node *, int) = {tn_softmax, tn_log_softmax};
    for (size_t i = 0; i < 2 * sizeof empty / sizeof *empty; i++) {
        tn_graph *g = tn_graph_new(TN_F32);
        tn_node *x = tn_input(g, "x", TN_F32, tn_shape_of(empty[i / 2].rank, empty[i / 2].dim)), *slope;
        tn_node *y = along[i % 2](g, x, empty[i / 2].axis);
        tn_grad(g, tn_sum(g, tn_square(g, y), TN_ALL, false), 1, &x, &slope);
        tn_output(g, "y", y);
        tn_output(g, "slope", slope);
        tn_plan *plan = tn_plan_new(g, TN_PLAN_CHECK, NULL);
        float *data = tn_alloc(4);
        tn_error error = {0};
        tn_bind(plan, "x", data, NULL);
        tn_run(plan, &error);
        ck_assert_msg(!error.status && tn_shape_equal(tn_node_shape(y), tn_node_shape(x)), "%zu: %s", i, error.message);
        tn_plan_free(plan);
        tn_graph_free(g);
        tn_free(data);
    }
}
END_TEST

int main(void)
{
    TCase *using = tcase_create("parameters and plans");
    tcase_add_test(using, every_status_has_a_name_and_the_first_error_is_kept);
    tcase_add_test(using, the_library_tells_its_version_and_its_hardware);
    tcase_add_test(using, mistakes_with_parameters_are_named_when_sealing);
    tcase_add_test(using, a_parameter_set_describes_itself);
    tcase_add_test(using, mistakes_with_plans_are_named);
    tcase_add_test(using, a_plan_too_large_for_memory_is_an_error);
    tcase_add_test(using, a_checking_plan_names_the_first_value_that_is_not_finite);
    tcase_add_test(using, an_option_that_there_is_not_is_named);
    tcase_add_test(using, a_checking_plan_accepts_softmax_of_nothing);
    return run_cases("errors", using, NULL);
}
