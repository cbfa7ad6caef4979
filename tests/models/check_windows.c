/* Banks of SIRENs, one per window of time. */
#include "config.h"
#include "small_joint.h"

#include <math.h>
#include <string.h>

/* Two columns, two neurons that see them, and a third one behind, which acts back on the first. */
enum { NEURONS = 3, SYNAPSES = 3, COLUMNS = 2, FRAMES = 90, WINDOWS = 3, SLOTS = 3, BATCH = 2,
       EXTRA = WINDOWS * SLOTS };

static om_joint *bank_of(int windows, bool joint)
{
    static const int32_t source[] = {2, 0, 1}, target[] = {0, 2, 2}, column[NEURONS] = {0, 1, 0};
    static const uint8_t is_input[NEURONS] = {1, 1, 0};
    static const double position[] = {-0.5, 0, 0.5, 1};
    om_wiring wiring = {NEURONS, SYNAPSES, COLUMNS, source, target, is_input, column, position};
    om_joint_spec spec = {
        .hidden_dim = 5, .layers = 2, .embedding_dim = 2, .joint = joint, .weight_scale = 0.1, .xnorm = 1,
        .siren = {.hidden_dim = 8, .layers = 1, .omega = {30, 2, 2}, .windows = windows},
        .t_scale = 2.0 / FRAMES, .t_offset = -1, .xy_scale = 1,
    };
    return made_joint(&wiring, &spec);
}

START_TEST(every_frame_is_made_of_windows_that_know_it)
{
    om_joint *joint = bank_of(_i, true);
    om_siren siren = om_joint_specification(joint)->siren;
    int shared = 0;
    for (int64_t frame = 0; frame < FRAMES; frame++) {
        om_blend blend = om_joint_blend(joint, frame);
        double sum = 0;
        for (int i = 0; i < blend.n; i++) {
            int64_t first, length = om_joint_window(joint, blend.window[i], FRAMES, &first);
            ck_assert_int_ge(frame, first);
            ck_assert_int_lt(frame, first + length);
            double t = om_siren_time(&siren, blend.window[i], 2.0 * (double)frame / FRAMES - 1);
            ck_assert_double_le(fabs(t), 1);
            ck_assert_double_gt(blend.weight[i], 0);
            sum += blend.weight[i];
        }
        shared += blend.n == 2;
        ck_assert_double_eq_tol(sum, 1, 1e-15);
    }
    ck_assert(_i == 1 ? shared == 0 : shared >= _i - 1);
    om_joint_free(joint);
}
END_TEST

START_TEST(a_network_fades_out_while_the_next_fades_in)
{
    om_siren siren = {.windows = 4};
    const double border = 0.5, reach = 1.0 / 64; /* of the second half of the recording; a 32nd of a window is a 64th */
    double before = 1;
    for (double t = border - 0.99 * reach; t < border + reach; t += reach / 10) {
        om_blend blend = om_siren_blend(&siren, t);
        ck_assert_int_eq(blend.n, 2);
        ck_assert_int_eq(blend.window[0] + blend.window[1], 5);
        double third = blend.weight[blend.window[1] == 2];
        ck_assert_double_lt(third, before);
        ck_assert_double_eq_tol(third, (border + reach - t) / 2 / reach, 1e-12);
        before = third;
    }
    ck_assert_int_eq(om_siren_blend(&siren, border - 1.01 * reach).n, 1);
    ck_assert_int_eq(om_siren_blend(&siren, border + 1.01 * reach).n, 1);
}
END_TEST

/* The stimulus of the bank at some frames, [n, COLUMNS]; freed by the caller. */
static double *stimulus_of(const om_joint *joint, tn_params *params, int64_t n, const int64_t *frame)
{
    om_field *field = om_field_new(joint, params, n, NULL);
    double *copy = tn_alloc((size_t)(n * COLUMNS) * sizeof *copy);
    memcpy(copy, om_field_at(field, frame, NULL), (size_t)(n * COLUMNS) * sizeof *copy);
    om_field_free(field);
    return copy;
}

START_TEST(the_stimulus_blends_what_the_networks_say)
{
    om_joint *joint = bank_of(WINDOWS, true);
    tn_params *params = parameters_of(joint, 5);
    /* Constant networks that say 1, 2 and 4: hidden layers do not reach the output. */
    for (int k = 0; k < 3; k++) {
        char name[64];
        snprintf(name, sizeof name, "siren.%d.2.weight", k);
        memset(tn_params_data(params, name), 0, 8 * sizeof(double));
        snprintf(name, sizeof name, "siren.%d.2.bias", k);
        *(double *)tn_params_data(params, name) = 1 << k;
    }
    int64_t frame[FRAMES];
    for (int k = 0; k < FRAMES; k++) frame[k] = k;
    double *stimulus = stimulus_of(joint, params, FRAMES, frame);
    for (int k = 0; k < FRAMES; k++) {
        om_blend blend = om_joint_blend(joint, k);
        double expected = 0;
        for (int i = 0; i < blend.n; i++) expected += blend.weight[i] * (1 << blend.window[i]);
        ck_assert_double_eq_tol(stimulus[k * COLUMNS], expected, 1e-12);
        ck_assert_double_eq_tol(stimulus[k * COLUMNS + 1], expected, 1e-12);
    }
    ck_assert_double_eq(stimulus[30 * COLUMNS], 1.5); /* the border of the first and the second window */
    tn_free(stimulus);
    tn_params_free(params);
    om_joint_free(joint);
}
END_TEST

/* ---- the step ---- */

typedef struct data {
    const char *name;
    double *value;
} data;

/* The loss of a step, and the gradient of W in gradient[SYNAPSES]. */
static double loss_of(const om_joint *joint, tn_params *params, const data *inputs, int n, double *gradient)
{
    tn_error error = {0};
    tn_graph *g = tn_graph_new(TN_F64);
    om_joint_step(joint, g, params, BATCH, EXTRA, false);
    tn_plan *plan = tn_plan_new(g, 0, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(tn_bind(plan, inputs[i].name, inputs[i].value, NULL), TN_OK);
    ck_assert_msg(tn_run(plan, &error) == TN_OK, "%s", error.message);
    double loss = *(const double *)tn_result(plan, "loss");
    for (int i = 0; i < tn_params_count(params); i++)
        if (!strcmp(tn_params_at(params, i).name, "W"))
            memcpy(gradient, tn_params_at(params, i).grad, SYNAPSES * sizeof *gradient);
    tn_plan_free(plan);
    tn_graph_free(g);
    return loss;
}

START_TEST(a_step_sees_what_the_network_of_each_slot_says)
{
    /* Frames that one window knows alone, so that the bank as a whole says the same. */
    static const int64_t frame[EXTRA] = {3, 20, 9, 41, 55, 36, 70, 88, 64};
    static const int slot[BATCH] = {4, 2};
    om_joint *bank = bank_of(WINDOWS, true), *given = bank_of(1, false);
    tn_params *params = parameters_of(bank, 5), *same = parameters_of(given, 5);
    copy_parameters(same, params);
    double *all = stimulus_of(bank, params, EXTRA, frame), seen[BATCH * COLUMNS], selection[EXTRA * BATCH] = {0};
    for (int k = 0; k < BATCH; k++) {
        memcpy(seen + k * COLUMNS, all + slot[k] * COLUMNS, COLUMNS * sizeof *seen);
        selection[slot[k] * BATCH + k] = 1;
    }
    double coordinates[WINDOWS * COLUMNS * SLOTS * 3];
    for (int w = 0; w < WINDOWS; w++)
        om_joint_coordinates(bank, w, TN_F64, SLOTS, frame + w * SLOTS, coordinates + w * COLUMNS * SLOTS * 3);
    double coefficient[OM_COEFFICIENTS] = {0.1, 0.2, 0.01, [OM_FACTOR_INPUTS] = 0.5};
    data inputs[] = {
        {"voltage", numbers(BATCH * NEURONS, 1)}, {"derivative", numbers(BATCH * NEURONS, 2)},
        {"input_voltage", numbers(EXTRA * 2, 3)}, {"input_derivative", numbers(EXTRA * 2, 4)},
        {"presynaptic_voltage", numbers(EXTRA, 5)}, {"coefficients", coefficient}, {"coordinates", coordinates},
        {"selection", selection},
    };
    double gradient[2][SYNAPSES];
    double of_bank = loss_of(bank, params, inputs, 8, gradient[0]);
    inputs[6] = (data){"stimulus", seen};
    inputs[7] = (data){"input_stimulus", all};
    double of_given = loss_of(given, same, inputs, 8, gradient[1]);
    ck_assert_double_eq_tol(of_bank, of_given, 1e-12);
    for (int i = 0; i < SYNAPSES; i++) ck_assert_double_eq_tol(gradient[0][i], gradient[1][i], 1e-12);
    for (int i = 0; i < 5; i++) tn_free(inputs[i].value);
    tn_free(all);
    tn_params_free(params);
    tn_params_free(same);
    om_joint_free(bank);
    om_joint_free(given);
}
END_TEST

int main(void)
{
    TCase *time = tcase_create("time");
    tcase_add_loop_test(time, every_frame_is_made_of_windows_that_know_it, 1, 5);
    tcase_add_test(time, a_network_fades_out_while_the_next_fades_in);
    TCase *model = tcase_create("model");
    tcase_add_test(model, the_stimulus_blends_what_the_networks_say);
    tcase_add_test(model, a_step_sees_what_the_network_of_each_slot_says);
    return run_cases("windows", time, model, NULL);
}
