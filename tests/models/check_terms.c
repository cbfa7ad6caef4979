/* Terms of the loss that the reference values do not have. */
#include "config.h"
#include "small_joint.h"

#include <math.h>

/* Six neurons in a ring, with two synapses across; two see one column each. */
enum { NEURONS = 6, SYNAPSES = 8, COLUMNS = 2, BATCH = 2, HIDDEN = 6 };
static const int32_t source[SYNAPSES] = {5, 0, 3, 1, 2, 3, 0, 4}, target[SYNAPSES] = {0, 1, 1, 2, 3, 4, 5, 5};

static om_joint *model_of(bool affine, const uint8_t *silent)
{
    static const int32_t column[NEURONS] = {0, 1};
    static const uint8_t is_input[NEURONS] = {1, 1};
    om_wiring wiring = {NEURONS, SYNAPSES, COLUMNS, source, target, is_input, column, NULL};
    om_joint_spec spec = {.hidden_dim = HIDDEN, .layers = 2, .embedding_dim = 2, .weight_scale = 0.3, .xnorm = 1,
                          .affine = affine, .silent = silent};
    return made_joint(&wiring, &spec);
}

/* The value of a term in a step with these coefficients; the gradient is in the parameters. */
static double step(const om_joint *joint, tn_params *params, const char *term, const double *coefficients)
{
    tn_error error = {0};
    double *v = numbers(BATCH * NEURONS, 1), *y = numbers(BATCH * NEURONS, 2), *seen = numbers(BATCH * COLUMNS, 3);
    tn_graph *g = tn_graph_new(TN_F64);
    om_joint_step(joint, g, params, BATCH, 0, false);
    tn_plan *plan = tn_plan_new(g, 0, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    tn_bind(plan, "voltage", v, NULL);
    tn_bind(plan, "derivative", y, NULL);
    tn_bind(plan, "stimulus", seen, NULL);
    tn_bind(plan, "coefficients", coefficients, NULL);
    ck_assert_msg(tn_run(plan, &error) == TN_OK, "%s", error.message);
    double value = *(const double *)tn_result(plan, term);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(v);
    tn_free(y);
    tn_free(seen);
    return value;
}

START_TEST(weights_of_silent_neurons_are_shrunk_and_no_others)
{
    static const uint8_t silent[NEURONS] = {[0] = 1, [3] = 1};
    om_joint *joint = model_of(false, silent);
    tn_params *params = parameters_of(joint, 8);
    const double *w = tn_params_data(params, "W"), *slope = tn_params_at(params, tn_params_find(params, "W")).grad;
    double coefficients[OM_COEFFICIENTS] = {[OM_FACTOR_INPUTS] = 1}, before[SYNAPSES], sum = 0;
    step(joint, params, "term/W_silent", coefficients);
    memcpy(before, slope, sizeof before);
    coefficients[OM_TERM_W_SILENT] = 0.5;
    double term = step(joint, params, "term/W_silent", coefficients);
    for (int e = 0; e < SYNAPSES; e++) {
        bool shrunk = silent[source[e]];
        ck_assert_double_eq_tol(slope[e] - before[e], shrunk ? copysign(0.5, w[e]) : 0, 1e-12);
        sum += shrunk ? fabs(w[e]) : 0;
    }
    ck_assert_double_eq_tol(term, 0.5 * sum, 1e-12);
    tn_params_free(params);
    om_joint_free(joint);
}
END_TEST

START_TEST(without_silent_neurons_there_is_nothing_to_shrink)
{
    static const uint8_t silent[NEURONS] = {0};
    for (int i = 0; i < 2; i++) {
        om_joint *joint = model_of(false, i ? silent : NULL);
        tn_params *params = parameters_of(joint, 8);
        const double coefficients[OM_COEFFICIENTS] = {[OM_TERM_W_SILENT] = 0.5, [OM_FACTOR_INPUTS] = 1};
        ck_assert_double_eq(step(joint, params, "term/W_silent", coefficients), 0);
        tn_params_free(params);
        om_joint_free(joint);
    }
}
END_TEST

/* A hidden unit that begins at a voltage of 0.5 bends f_theta there; one so biased that it is never off does not. */
START_TEST(a_straight_f_theta_costs_nothing_and_a_bent_one_does)
{
    const double coefficients[OM_COEFFICIENTS] = {[OM_TERM_F_THETA_AFFINE] = 1, [OM_FACTOR_INPUTS] = 1};
    om_joint *joint = model_of(true, NULL);
    tn_params *params = parameters_of(joint, 8);
    double *weight = tn_params_data(params, "f_theta.0.weight"), *bias = tn_params_data(params, "f_theta.0.bias");
    double *out = tn_params_data(params, "f_theta.1.weight");
    for (int unit = 0; unit < HIDDEN; unit++) {
        for (int i = 0; i < 5; i++) weight[5 * unit + i] = i == 0; /* the voltage */
        bias[unit] = unit == 0 ? -0.5 : 100;
        out[unit] = 1;
    }
    ck_assert_double_gt(step(joint, params, "term/f_theta_affine", coefficients), 0.01);
    bias[0] = 100;
    ck_assert_double_lt(step(joint, params, "term/f_theta_affine", coefficients), 1e-10);
    tn_params_free(params);
    om_joint_free(joint);
}
END_TEST

int main(void)
{
    TCase *terms = tcase_create("terms");
    tcase_add_test(terms, weights_of_silent_neurons_are_shrunk_and_no_others);
    tcase_add_test(terms, without_silent_neurons_there_is_nothing_to_shrink);
    tcase_add_test(terms, a_straight_f_theta_costs_nothing_and_a_bent_one_does);
    return run_cases("terms", terms, NULL);
}
