/* The prediction term of the loss: how residuals are weighed and added up, with and without input-only frames. */
#include "config.h"
#include "small_joint.h"

#include <math.h>

/* Seven neurons. The three that see are not the first ones, and their columns are in another order than they. */
enum { NEURONS = 7, SYNAPSES = 9, COLUMNS = 3, INPUTS = 3, BATCH = 2, EXTRA = 4, FRAMES = BATCH + EXTRA };
static const uint8_t is_input[NEURONS] = {0, 1, 0, 0, 1, 1, 0};
static const double weight[NEURONS] = {0.5, 2, 0.25, 3, 1.5, 0.1, 4}, ones[NEURONS] = {1, 1, 1, 1, 1, 1, 1};

/* What the frames show: first those of the batch, then the input-only ones. */
static const int64_t frame[FRAMES] = {17, 4, 9, 0, 12, 17};

static om_joint *model_of(bool joint, bool weighted, bool affine)
{
    static const int32_t source[SYNAPSES] = {5, 0, 6, 3, 4, 2, 1, 4, 2}, target[SYNAPSES] = {0, 1, 1, 2, 3, 4, 5, 5, 6};
    static const int32_t column[NEURONS] = {-1, 2, -1, -1, 0, 1, -1};
    static const double position[] = {-0.5, 0, 0.5, 1, 0.5, -1};
    om_wiring wiring = {NEURONS, SYNAPSES, COLUMNS, source, target, is_input, column, position};
    om_joint_spec spec = {
        .hidden_dim = 6, .layers = 2, .embedding_dim = 2, .joint = joint, .weight_scale = 0.3, .xnorm = 1,
        .weighted = weighted, .affine = affine, .siren = {.hidden_dim = 8, .layers = 1, .omega = {3, 2, 2}},
        .t_scale = 2.0 / 20, .t_offset = -1, .xy_scale = 1,
    };
    return made_joint(&wiring, &spec);
}

/* Parameters by which every neuron is another. */
static tn_params *parameters_for(const om_joint *joint)
{
    tn_params *params = parameters_of(joint, 8);
    double *embedding = tn_params_data(params, "embedding");
    for (int i = 0; i < 2 * NEURONS; i++) embedding[i] = cos(3 * i);
    return params;
}

/* Voltage and derivative [FRAMES, NEURONS], and what the columns see [FRAMES, COLUMNS]. */
typedef struct data {
    double *v, *y, *seen;
} data;

static data data_for(const om_joint *joint, tn_params *params)
{
    data d = {numbers(FRAMES * NEURONS, 1), numbers(FRAMES * NEURONS, 2), numbers(FRAMES * COLUMNS, 3)};
    if (!om_joint_specification(joint)->joint) return d;
    om_field *field = om_field_new(joint, params, FRAMES, NULL);
    memcpy(d.seen, om_field_at(field, frame, NULL), FRAMES * COLUMNS * sizeof *d.seen);
    om_field_free(field);
    return d;
}

static void release(data *d)
{
    tn_free(d->v);
    tn_free(d->y);
    tn_free(d->seen);
}

/* What some neurons do in the input-only frames, [EXTRA, n]. */
static double *in_extra_frames(const double *series, int64_t n, const int32_t *neuron)
{
    double *chosen = tn_alloc((size_t)(EXTRA * n) * sizeof *chosen);
    for (int64_t k = 0; k < EXTRA; k++)
        for (int64_t i = 0; i < n; i++) chosen[k * n + i] = series[(BATCH + k) * NEURONS + neuron[i]];
    return chosen;
}

/* A term of a step with `extra` input-only frames, 0 or EXTRA. */
static double step(const om_joint *joint, tn_params *params, const data *d, int extra, const double *neuron_weight,
                   const double *coefficients, const char *term)
{
    const int32_t *input_neuron, *presynaptic;
    int64_t n_inputs = om_joint_inputs(joint, &input_neuron), n_pre = om_joint_presynaptic(joint, &presynaptic);
    ck_assert_int_eq(n_inputs, INPUTS);
    double *v = in_extra_frames(d->v, n_inputs, input_neuron), *y = in_extra_frames(d->y, n_inputs, input_neuron);
    double *v_pre = in_extra_frames(d->v, n_pre, presynaptic), coordinates[COLUMNS * FRAMES * 3];
    input inputs[10] = {{"voltage", d->v}, {"derivative", d->y}, {"coefficients", coefficients}};
    int n = 3;
    if (om_joint_specification(joint)->joint) {
        om_joint_coordinates(joint, 0, TN_F64, BATCH + extra, frame, coordinates);
        inputs[n++] = (input){"coordinates", coordinates};
    } else {
        inputs[n++] = (input){"stimulus", d->seen};
        if (extra) inputs[n++] = (input){"input_stimulus", d->seen + BATCH * COLUMNS};
    }
    if (extra) {
        inputs[n++] = (input){"input_voltage", v};
        inputs[n++] = (input){"input_derivative", y};
        inputs[n++] = (input){"presynaptic_voltage", v_pre};
    }
    if (neuron_weight) inputs[n++] = (input){"neuron_weight", neuron_weight};
    tn_graph *g = tn_graph_new(TN_F64);
    om_joint_step(joint, g, params, BATCH, extra, false);
    tn_plan *plan = planned(g, inputs);
    double value = *(const double *)tn_result(plan, term);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(v);
    tn_free(y);
    tn_free(v_pre);
    return value;
}

/* The same term from what the model says of all neurons in all frames, by plain loops. */
static double by_hand(const om_joint *joint, tn_params *params, const data *d, int extra, const double *neuron_weight,
                      double factor)
{
    double inputs = 0, others = 0;
    tn_graph *g = tn_graph_new(TN_F64);
    om_joint_predict(joint, g, params, FRAMES, false);
    tn_plan *plan = planned(g, (input[]){{"voltage", d->v}, {"stimulus", d->seen}, {0}});
    const double *dv = tn_result(plan, "predicted_derivative");
    for (int k = 0; k < BATCH + extra; k++)
        for (int i = 0; i < NEURONS; i++) {
            double residual = dv[k * NEURONS + i] - d->y[k * NEURONS + i];
            double square = neuron_weight[i] * neuron_weight[i] * residual * residual;
            if (is_input[i]) inputs += square;
            else if (k < BATCH) others += square;
        }
    tn_plan_free(plan);
    tn_graph_free(g);
    return extra ? sqrt(others) + factor * sqrt(inputs) : sqrt(others + inputs);
}

/* Without weights where these are NULL. */
static void check_term(bool joint, int extra, const double *neuron_weight)
{
    const double factor = 0.3, coefficients[OM_COEFFICIENTS] = {[OM_FACTOR_INPUTS] = factor};
    om_joint *model = model_of(joint, neuron_weight != NULL, false);
    tn_params *params = parameters_for(model);
    data d = data_for(model, params);
    double expected = by_hand(model, params, &d, extra, neuron_weight ? neuron_weight : ones, factor);
    ck_assert_double_gt(expected, 0.1);
    static const char *const results[] = {"term/prediction", "loss"}; /* nothing else has a coefficient */
    for (int i = 0; i < 2; i++)
        ck_assert_double_eq_tol(step(model, params, &d, extra, neuron_weight, coefficients, results[i]), expected,
                                1e-12);
    release(&d);
    tn_params_free(params);
    om_joint_free(model);
}

START_TEST(the_error_of_a_neuron_counts_as_its_weight)
{
    check_term(_i, 0, weight);
}
END_TEST

START_TEST(the_error_of_a_neuron_counts_as_its_weight_in_input_only_frames_too)
{
    check_term(_i, EXTRA, weight);
}
END_TEST

START_TEST(without_weights_all_errors_count_the_same)
{
    check_term(_i, 0, NULL);
    check_term(_i, EXTRA, NULL);
}
END_TEST

/* Where one neuron counts alone, the term is how far that one is from straight. */
START_TEST(how_bent_f_theta_is_counts_as_the_weight_of_the_neuron)
{
    const double coefficients[OM_COEFFICIENTS] = {[OM_TERM_F_THETA_AFFINE] = 1, [OM_FACTOR_INPUTS] = 1};
    const char *const term = "term/f_theta_affine";
    om_joint *model = model_of(false, true, true), *plain = model_of(false, false, true);
    tn_params *params = parameters_for(model), *same = parameters_for(plain);
    double *slope = tn_params_data(params, "f_theta.0.weight"), *bias = tn_params_data(params, "f_theta.0.bias");
    for (int i = 0; i < 30; i++) slope[i] = 4 * cos(2 * i); /* so that some units begin to respond within the data */
    for (int i = 0; i < 6; i++) bias[i] = 0;
    copy_parameters(same, params);
    data d = data_for(model, params);
    double squares = 0, weighed = 0;
    for (int i = 0; i < NEURONS; i++) {
        double alone[NEURONS] = {0};
        alone[i] = 1;
        double bend = step(model, params, &d, 0, alone, coefficients, term);
        squares += bend * bend;
        weighed += weight[i] * weight[i] * bend * bend;
    }
    ck_assert_double_gt(squares, 1e-4);
    ck_assert_double_eq_tol(step(model, params, &d, 0, weight, coefficients, term), sqrt(weighed), 1e-12);
    ck_assert_double_eq_tol(step(plain, same, &d, 0, NULL, coefficients, term), sqrt(squares), 1e-12);
    release(&d);
    tn_params_free(params);
    tn_params_free(same);
    om_joint_free(model);
    om_joint_free(plain);
}
END_TEST

int main(void)
{
    TCase *prediction = tcase_create("prediction");
    tcase_add_loop_test(prediction, the_error_of_a_neuron_counts_as_its_weight, 0, 2); /* known stimulus, SIREN */
    tcase_add_loop_test(prediction, the_error_of_a_neuron_counts_as_its_weight_in_input_only_frames_too, 0, 2);
    tcase_add_loop_test(prediction, without_weights_all_errors_count_the_same, 0, 2);
    tcase_add_test(prediction, how_bent_f_theta_is_counts_as_the_weight_of_the_neuron);
    return run_cases("prediction", prediction, NULL);
}
