/* The joint model against reference values from NumPy and PyTorch: loss, terms, gradients, and both read-outs. */
#include "config.h"
#include "golden.h"
#include "models.h"
#include "testing.h"

#include <math.h>
#include <string.h>

/* ---- a reference file as a model with data ---- */

typedef struct reference {
    golden *file;
    tn_dtype number;
    int neurons, synapses, columns, frames;
    uint8_t *is_input;
    const double *voltage, *true_field;
    om_joint *joint;
    tn_params *params;
} reference;

enum { FILES = 2 };

static const char *path_of(int file)
{
    return golden_data(file == 0 ? "joint_step.h5" : "joint_step_hard.h5");
}

static void *convert(const double *from, int64_t n, tn_dtype number)
{
    void *to = tn_alloc((size_t)n * tn_dtype_size(number));
    for (int64_t i = 0; i < n; i++)
        if (number == TN_F64)
            ((double *)to)[i] = from[i];
        else
            ((float *)to)[i] = (float)from[i];
    return to;
}

static void load_parameters(reference *r)
{
    for (int i = 0; i < tn_params_count(r->params); i++) {
        tn_param_info info = tn_params_at(r->params, i);
        char name[128];
        snprintf(name, sizeof name, "param/%s", info.name);
        int64_t n = tn_shape_size(info.shape);
        ck_assert(tn_shape_equal(golden_shape(r->file, name), info.shape));
        void *values = convert(golden_doubles(r->file, name), n, r->number);
        memcpy(info.data, values, (size_t)n * tn_dtype_size(r->number));
        tn_free(values);
    }
}

static bool open_reference(reference *r, int file, tn_dtype number)
{
    tn_error error = {0};
    *r = (reference){.file = golden_open(path_of(file)), .number = number};
    if (!r->file) return false;
    r->neurons = (int)golden_attribute(r->file, "/", "n_neurons");
    r->columns = (int)golden_attribute(r->file, "/", "n_columns");
    r->synapses = (int)golden_shape(r->file, "source").dim[0];
    r->frames = (int)golden_shape(r->file, "voltage").dim[0];
    r->is_input = tn_alloc((size_t)r->neurons);
    memset(r->is_input, 1, (size_t)golden_attribute(r->file, "/", "n_inputs"));
    om_wiring wiring = {r->neurons,
                        r->synapses,
                        r->columns,
                        golden_int32s(r->file, "source"),
                        golden_int32s(r->file, "target"),
                        r->is_input,
                        golden_int32s(r->file, "column"),
                        golden_doubles(r->file, "position")};
    om_joint_spec spec = {
        .hidden_dim = 16, .layers = 3, .embedding_dim = 2, .joint = true,
        .siren = {.hidden_dim = 24, .layers = 2, .published = true, .squared = true,
                  .omega = {golden_attribute(r->file, "/", "omega")}},
        .t_scale = golden_attribute(r->file, "/", "t_scale"), .xy_scale = golden_attribute(r->file, "/", "xy_scale"),
        .xnorm = *golden_doubles(r->file, "xnorm"),
    };
    r->joint = om_joint_new(&wiring, &spec, &error);
    ck_assert_msg(r->joint != NULL, "%s", error.message);
    r->voltage = golden_doubles(r->file, "voltage");
    r->true_field = golden_doubles(r->file, "metric/true_field");
    r->params = tn_params_new(number, 1);
    om_joint_declare(r->joint, r->params);
    ck_assert_int_eq(tn_params_seal(r->params, &error), TN_OK);
    load_parameters(r);
    return true;
}

static void close_reference(reference *r)
{
    om_joint_free(r->joint);
    tn_params_free(r->params);
    tn_free(r->is_input);
    golden_close(r->file);
}

/* Largest error relative to the largest reference value. */
static void check_array(reference *r, const char *name, const void *got, tn_dtype number, double tolerance)
{
    const double *expected = golden_doubles(r->file, name);
    int64_t n = tn_shape_size(golden_shape(r->file, name));
    double error = 0, scale = 0;
    for (int64_t i = 0; i < n; i++) {
        double value = number == TN_F64 ? ((const double *)got)[i] : (double)((const float *)got)[i];
        error = fmax(error, isfinite(value) ? fabs(value - expected[i]) : INFINITY);
        scale = fmax(scale, fabs(expected[i]));
    }
    ck_assert_msg(error <= tolerance * scale, "%s is off by %.2e of %.2e", name, error, scale);
}

/* ---- the step ---- */

static void *frames_of(reference *r, const char *name, const int32_t *frame, int n)
{
    double *chosen = tn_alloc((size_t)(n * r->neurons) * sizeof *chosen);
    for (int k = 0; k < n; k++)
        memcpy(chosen + k * r->neurons, golden_doubles(r->file, name) + frame[k] * r->neurons,
               (size_t)r->neurons * sizeof *chosen);
    void *converted = convert(chosen, n * r->neurons, r->number);
    tn_free(chosen);
    return converted;
}

static void *coordinates_of(reference *r, const int32_t *frame, int n)
{
    int64_t wide[16];
    for (int k = 0; k < n; k++) wide[k] = frame[k];
    void *x = tn_alloc((size_t)(r->columns * n * 3) * tn_dtype_size(r->number));
    om_joint_coordinates(r->joint, 0, r->number, n, wide, x);
    return x;
}

static void check_step(int file, tn_dtype number, unsigned options, double tolerance)
{
    reference r;
    tn_error error = {0};
    if (!open_reference(&r, file, number)) return;
    int n = (int)golden_shape(r.file, "batch_frames").dim[0];
    const int32_t *frame = golden_int32s(r.file, "batch_frames");
    double coefficient[OM_COEFFICIENTS] = {[OM_FACTOR_INPUTS] = 1};
    for (int i = 0; i < OM_TERM_F_THETA_AFFINE; i++) {
        char name[64];
        snprintf(name, sizeof name, "coefficient/%s", om_term_names[i]);
        coefficient[i] = *golden_doubles(r.file, name);
    }
    tn_graph *g = tn_graph_new(number);
    om_joint_step(r.joint, g, r.params, n, 0, true);
    tn_plan *plan = tn_plan_new(g, options, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    struct { const char *name; void *data; } inputs[] = {
        {"voltage", frames_of(&r, "voltage", frame, n)}, {"derivative", frames_of(&r, "derivative", frame, n)},
        {"coordinates", coordinates_of(&r, frame, n)}, {"coefficients", convert(coefficient, OM_COEFFICIENTS, number)},
    };
    for (int i = 0; i < 4; i++) ck_assert_int_eq(tn_bind(plan, inputs[i].name, inputs[i].data, NULL), TN_OK);
    ck_assert_msg(tn_run(plan, &error) == TN_OK, "%s", error.message);

    static const char *const results[] = {"loss", "term/prediction", "field", "message", "predicted_derivative"};
    for (int i = 0; i < 5; i++) check_array(&r, results[i], tn_result(plan, results[i]), number, tolerance);
    for (int i = 0; i < OM_TERM_F_THETA_AFFINE; i++) {
        char name[64];
        snprintf(name, sizeof name, "term/%s", om_term_names[i]);
        check_array(&r, name, tn_result(plan, name), number, tolerance);
    }
    for (int i = 0; i < tn_params_count(r.params); i++) {
        char name[128];
        snprintf(name, sizeof name, "grad/%s", tn_params_at(r.params, i).name);
        check_array(&r, name, tn_params_at(r.params, i).grad, number, tolerance);
    }
    for (int i = 0; i < 4; i++) tn_free(inputs[i].data);
    tn_plan_free(plan);
    tn_graph_free(g);
    close_reference(&r);
}

START_TEST(a_step_agrees_with_the_reference_in_float64)
{
    check_step(_i, TN_F64, 0, 1e-9);
    check_step(_i, TN_F64, TN_PLAN_CHECK, 1e-9);
}
END_TEST

START_TEST(a_step_agrees_with_the_reference_in_float32)
{
    check_step(_i, TN_F32, 0, 1e-4);
}
END_TEST

/* ---- read-outs ---- */

static tn_status read_voltage(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    reference *r = user;
    (void)error;
    const double *voltage = r->voltage;
    for (int64_t k = 0; k < n; k++)
        for (int i = 0; i < r->neurons; i++) {
            double v = voltage[frame[k] * r->neurons + i];
            if (r->number == TN_F64)
                ((double *)out)[k * r->neurons + i] = v;
            else
                ((float *)out)[k * r->neurons + i] = (float)v;
        }
    return TN_OK;
}

START_TEST(the_in_distribution_read_out_agrees_with_the_reference)
{
    reference r;
    tn_error error = {0};
    if (!open_reference(&r, _i, TN_F64)) return;
    om_data data = {.frames = r.frames, .user = &r, .voltage = read_voltage};
    om_recovery recovery;
    int64_t count = golden_shape(r.file, "metric/in_distribution/frames").dim[0];
    ck_assert_msg(om_recover_in_distribution(r.joint, r.params, &data, count, &recovery, &error) == TN_OK, "%s",
                  error.message);
    check_array(&r, "metric/in_distribution/W", recovery.weight, TN_F64, 1e-9);
    check_array(&r, "metric/in_distribution/time_constant", recovery.time_constant, TN_F64, 1e-9);
    check_array(&r, "metric/in_distribution/resting_potential", recovery.resting_potential, TN_F64, 1e-9);
    om_recovery_clear(&recovery);
    close_reference(&r);
}
END_TEST

static void statistics_of(reference *r, double *mean, double *sd)
{
    const double *voltage = golden_doubles(r->file, "voltage");
    for (int64_t i = 0; i < r->neurons; i++) {
        double sum = 0, squares = 0, frames = (double)r->frames;
        for (int64_t t = 0; t < r->frames; t++) sum += voltage[t * r->neurons + i];
        mean[i] = sum / frames;
        for (int64_t t = 0; t < r->frames; t++) squares += pow(voltage[t * r->neurons + i] - mean[i], 2);
        sd[i] = sqrt(squares / (frames - 1));
    }
}

START_TEST(the_published_read_out_agrees_with_the_reference)
{
    reference r;
    tn_error error = {0};
    if (!open_reference(&r, _i, TN_F64)) return;
    double mean[64], sd[64];
    statistics_of(&r, mean, sd);
    om_data data = {.frames = r.frames, .user = &r, .voltage = read_voltage};
    om_recovery recovery;
    ck_assert_msg(om_recover_as_published(r.joint, r.params, &data, mean, sd, &recovery, &error) == TN_OK, "%s",
                  error.message);
    check_array(&r, "metric/slope_g_phi", recovery.slope_g, TN_F64, 1e-9);
    check_array(&r, "metric/slope_f_theta", recovery.slope_f, TN_F64, 1e-9);
    check_array(&r, "metric/offset_f_theta", recovery.offset_f, TN_F64, 1e-9);
    check_array(&r, "metric/grad_message", recovery.slope_message, TN_F64, 1e-9);
    check_array(&r, "metric/corrected_W", recovery.weight, TN_F64, 1e-9);
    check_array(&r, "metric/time_constant", recovery.time_constant, TN_F64, 1e-9);
    check_array(&r, "metric/resting_potential", recovery.resting_potential, TN_F64, 1e-9);
    om_recovery_clear(&recovery);
    close_reference(&r);
}
END_TEST

/* A watch that has had enough after `left` questions. */
static tn_status count_down(void *user, tn_error *error)
{
    int *left = user;
    return (*left)-- > 0 ? TN_OK : tn_fail(error, TN_EIO, "enough");
}

/* At any strip of its two grids, and where it has looked at frames. */
START_TEST(a_watch_ends_the_published_read_out_wherever_it_is_asked)
{
    enum { STRIPS = 2 * 1000 / 50, ENDLESS = 1000 };
    reference r;
    if (!open_reference(&r, 0, TN_F64)) return;
    double mean[64], sd[64];
    statistics_of(&r, mean, sd);
    int left;
    const om_watch watch = {count_down, &left};
    om_data data = {.frames = r.frames, .user = &r, .voltage = read_voltage, .watch = &watch};
    for (int patience = ENDLESS, asked = 0; patience >= 0; patience = patience == ENDLESS ? asked : patience - 1) {
        om_recovery recovery;
        tn_error error = {0};
        left = patience;
        tn_status status = om_recover_as_published(r.joint, r.params, &data, mean, sd, &recovery, &error);
        if (patience == ENDLESS) asked = patience - left;
        ck_assert_int_gt(asked, STRIPS);
        ck_assert_int_eq(status, patience < asked ? TN_EIO : TN_OK);
        ck_assert_int_eq(left, patience < asked ? -1 : patience - asked);
        ck_assert_str_eq(error.message, patience < asked ? "enough" : "");
        om_recovery_clear(&recovery);
    }
    close_reference(&r);
}
END_TEST

static tn_status read_true_field(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    reference *r = user;
    (void)error;
    for (int64_t k = 0; k < n; k++)
        memcpy((double *)out + k * r->columns, r->true_field + frame[k] * r->columns,
               (size_t)r->columns * sizeof(double));
    return TN_OK;
}

START_TEST(the_stimulus_score_agrees_with_the_reference)
{
    reference r;
    if (!open_reference(&r, _i, TN_F64)) return;
    om_score score;
    om_data truth = {.user = &r, .stimulus = read_true_field};
    ck_assert_int_eq(om_score_stimulus(r.joint, r.params, r.frames - 1, r.frames, &truth, &score, NULL), TN_OK);
    check_array(&r, "metric/field_a", &score.slope, TN_F64, 1e-9);
    check_array(&r, "metric/field_b", &score.offset, TN_F64, 1e-9);
    check_array(&r, "metric/field_r2", &score.r2, TN_F64, 1e-9);
    close_reference(&r);
}
END_TEST

int main(void)
{
    TCase *step = tcase_create("step"), *readout = tcase_create("read-out");
    tcase_add_loop_test(step, a_step_agrees_with_the_reference_in_float64, 0, FILES);
    tcase_add_loop_test(step, a_step_agrees_with_the_reference_in_float32, 0, FILES);
    tcase_add_loop_test(readout, the_in_distribution_read_out_agrees_with_the_reference, 0, FILES);
    tcase_add_loop_test(readout, the_published_read_out_agrees_with_the_reference, 0, FILES);
    tcase_add_test(readout, a_watch_ends_the_published_read_out_wherever_it_is_asked);
    tcase_add_loop_test(readout, the_stimulus_score_agrees_with_the_reference, 0, FILES);
    return run_cases("joint", step, readout, NULL);
}
