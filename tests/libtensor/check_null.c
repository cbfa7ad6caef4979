/* NULL instead of something, as what a failed *_new returned and nobody looked at: an error or nothing, no crash. What
 * describes is in check_mistakes.c too; here with its places. */
#include "config.h"
#include "tensor.h"
#include "testing.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* Whether call *i of all ends as it should, and its text; *i is counted down by all calls before it. Every call is in
 * this one list, so that a loop test runs each in a process of its own. */
static bool call(int *i, tn_error *error, const char **text)
{
    static float numbers[4];
    static const int32_t places[2];
    static const double rate = 0.1;
    tn_params *set = tn_params_new(TN_F64, 1);
    tn_params_add(set, "w", TN_SHAPE(2), (tn_init){TN_INIT_CONSTANT, 1, 0}, 0);
    tn_params_seal(set, NULL);
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *w = tn_param(g, set, "w");
    tn_output(g, "w", w);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    tn_optimizer *optimizer = tn_optimizer_new(set, TN_SGD_DEFAULTS, NULL);
    tn_lbfgs *lbfgs = tn_lbfgs_new(set, TN_LBFGS_DEFAULTS, NULL);
    FILE *nowhere = fopen("/dev/null", "w");
    tn_lbfgs_result step;
    bool good = true;
#define NOTHING(expression)                                                                                            \
    if ((*i)-- == 0) *text = #expression, good = (expression);
#define REFUSED(expression) NOTHING((expression) && error->status == TN_EINVAL && *error->message)
#define HARMLESS(statement) NOTHING(((statement), true))

    REFUSED(!tn_plan_new(NULL, 0, error))
    REFUSED(tn_bind(NULL, "x", numbers, error) == TN_EINVAL)
    REFUSED(tn_bind(plan, NULL, numbers, error) == TN_EINVAL)
    REFUSED(tn_run(NULL, error) == TN_EINVAL)
    NOTHING(!tn_result(NULL, "w") && !tn_result(plan, NULL))
    NOTHING(!tn_plan_memory(NULL))
    NOTHING(!tn_plan_buffer_count(NULL) && !tn_plan_buffer_at(NULL, 0).bytes)
    HARMLESS((tn_plan_print(NULL, nowhere), tn_plan_print(plan, NULL)))
    HARMLESS((tn_plan_dot(NULL, nowhere), tn_plan_dot(plan, NULL)))
    HARMLESS((tn_plan_print_memory(NULL, nowhere), tn_plan_print_memory(plan, NULL)))
    HARMLESS((tn_graph_print(NULL, nowhere), tn_graph_print(g, NULL)))
    HARMLESS((tn_graph_dot(NULL, nowhere), tn_graph_dot(g, NULL)))
    NOTHING(!tn_profile_count(NULL) && !tn_profile_at(NULL, 0, NULL).node && !tn_profile_at(plan, 0, NULL).node)
    NOTHING(!tn_profile_sum(NULL).runs)
    HARMLESS((tn_profile_print(NULL, NULL, nowhere), tn_profile_print(plan, NULL, NULL)))
    HARMLESS(tn_profile_reset(NULL))
    REFUSED(tn_peak_measure(1, true, NULL, error) == TN_EINVAL)

    NOTHING(tn_node_shape(tn_sin(NULL, w)).rank == 0 && tn_node_dtype(tn_constant(NULL, 1)) == TN_F32)
    NOTHING(tn_node_shape(NULL).rank == 0 && tn_node_dtype(NULL) == TN_F32)
    HARMLESS((tn_scope(NULL, "a"), tn_scope_end(NULL), tn_place(NULL, "a", 1), tn_placed(NULL, "a", 1)))
    REFUSED(isinf(tn_gradcheck(NULL, w, 1, &w, TN_GRADCHECK_DEFAULTS, error)))
    REFUSED(isinf(tn_gradcheck(g, w, 1, NULL, TN_GRADCHECK_DEFAULTS, error)))
    REFUSED(isinf(tn_gradcheck(g, NULL, 1, &w, TN_GRADCHECK_DEFAULTS, error)))

    HARMLESS((tn_params_add(NULL, "a", TN_SCALAR, (tn_init){0}, 0)))
    HARMLESS(tn_params_zero_gradient(NULL))
    REFUSED(tn_params_seal(NULL, error) == TN_EINVAL)
    NOTHING(!tn_params_count(NULL) && !tn_params_size(NULL) && tn_params_dtype(NULL) == TN_F32)
    NOTHING(!tn_params_at(NULL, 0).name && !tn_params_at(set, 1).name && !tn_params_at(set, -1).name)
    NOTHING(tn_params_find(NULL, "w") == -1 && tn_params_find(set, NULL) == -1)
    NOTHING(!tn_params_data(NULL, "w") && !tn_params_data(set, NULL))
    NOTHING(!tn_params_gradient(NULL, "w") && !tn_params_gradient(set, NULL))

    REFUSED(!tn_optimizer_new(NULL, TN_SGD_DEFAULTS, error))
    NOTHING(isnan(tn_optimizer_step(NULL, &rate)) && isnan(tn_optimizer_step(optimizer, NULL)))
    NOTHING(!tn_optimizer_moment(NULL, 0, 1) && !tn_optimizer_steps(NULL))
    NOTHING(tn_optimizer_set_steps(NULL, 1) == TN_EINVAL)
    HARMLESS(tn_optimizer_reset(NULL))
    REFUSED(!tn_lbfgs_new(NULL, TN_LBFGS_DEFAULTS, error))
    REFUSED(tn_lbfgs_step(NULL, plan, "w", &step, error) == TN_EINVAL)
    REFUSED(tn_lbfgs_step(lbfgs, NULL, "w", &step, error) == TN_EINVAL)
    REFUSED(tn_lbfgs_step(lbfgs, plan, NULL, &step, error) == TN_EINVAL)
    REFUSED(tn_lbfgs_step(lbfgs, plan, "w", NULL, error) == TN_EINVAL)
    HARMLESS(tn_lbfgs_reset(NULL))
    NOTHING(isnan(tn_schedule_at(NULL, 1)))

    REFUSED(!tn_sparsity_new(2, 2, 2, NULL, places, error))
    REFUSED(!tn_sparsity_from_edges(2, 2, 2, places, NULL, TN_DUPLICATES_ADD, NULL, error))
    REFUSED(!tn_index_new(2, 2, NULL, error))
    NOTHING(!tn_sparsity_entries(NULL))

    REFUSED(!tn_file_read(NULL, error))
    REFUSED(tn_file_write(NULL, 0, NULL, 0, NULL, error) == TN_EINVAL)
    NOTHING(!tn_file_count(NULL) && !tn_file_at(NULL, 0).name)
    NOTHING(!tn_file_find(NULL, "w") && !tn_file_meta(NULL, "w"))
    HARMLESS(tn_fill_normal(NULL, 4, 1, 1, 1))
    HARMLESS((tn_graph_free(NULL), tn_plan_free(NULL), tn_params_free(NULL), tn_sparsity_free(NULL)))
    HARMLESS((tn_optimizer_free(NULL), tn_lbfgs_free(NULL), tn_file_free(NULL), tn_free(NULL)))

    fclose(nowhere);
    tn_lbfgs_free(lbfgs);
    tn_optimizer_free(optimizer);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_params_free(set);
    return good;
}

START_TEST(null_is_an_error_or_nothing)
{
    tn_error error = {0};
    const char *text = "";
    int i = _i;
    ck_assert_msg(call(&i, &error, &text), "%s: %s", text, error.message);
}
END_TEST

/* The example at the top of tensor.h with a mistake in it, looked at once at the end. */
START_TEST(a_mistake_in_a_graph_is_told_after_using_what_it_could_not_make)
{
    static float x_values[6];
    static const double rates[1];
    tn_error error = {0};
    tn_params *params = tn_params_new(TN_F32, 1);
    tn_params_add(params, "w", TN_SHAPE(1, 3), (tn_init){0}, 0);
    tn_params_seal(params, &error);
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *loss = tn_mse(g, tn_linear(g, tn_input(g, "x", TN_F32, TN_SHAPE(3, 2)), tn_param(g, params, "w"), NULL),
                           tn_input(g, "y", TN_F32, TN_SHAPE(3, 1)));
    tn_output(g, "loss", loss);
    tn_params_grad(g, loss, params);
    tn_plan *plan = tn_plan_new(g, 0, &error);
    tn_optimizer *o = tn_optimizer_new(NULL, TN_SGD_DEFAULTS, &error);
    tn_bind(plan, "x", x_values, &error);
    tn_run(plan, &error);
    tn_optimizer_step(o, rates);
    ck_assert_ptr_null(tn_result(plan, "loss"));
    ck_assert_int_eq(error.status, TN_ESHAPE);
    ck_assert_msg(strstr(error.message, "input 'x' [3, 2]") != NULL, "%s", error.message);
    tn_optimizer_free(o);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_params_free(params);
}
END_TEST

int main(void)
{
    int left = INT_MAX;
    tn_error error = {0};
    const char *text;
    call(&left, &error, &text); /* which reaches none, and so counts them */
    TCase *null = tcase_create("null");
    tcase_add_loop_test(null, null_is_an_error_or_nothing, 0, INT_MAX - left);
    tcase_add_test(null, a_mistake_in_a_graph_is_told_after_using_what_it_could_not_make);
    return run_cases("null", null, NULL);
}
