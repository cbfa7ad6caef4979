/* The published read-out, and the frames that probes visit, against the reference values of the joint model. */
#include "config.h"
#include "golden.h"
#include "readout.h"
#include "statistics.h"
#include "testing.h"

#include <math.h>

static const char *const files[] = {"joint_step.h5", "joint_step_hard.h5"};

static void agree(golden *file, const char *name, const double *x, int64_t n)
{
    const double *expected = golden_doubles(file, name);
    double largest = 0, error = 0;
    ck_assert_int_eq(tn_shape_size(golden_shape(file, name)), n);
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(expected[i]));
        error = fmax(error, fabs(x[i] - expected[i]));
    }
    ck_assert_msg(error <= 1e-9 * largest, "%s is off by %.1e of the largest value", name, error / largest);
}

START_TEST(the_published_circuit_and_its_agreement_with_the_truth)
{
    golden *file = golden_open(golden_data(files[_i]));
    if (!file) return;
    int64_t N = (int64_t)golden_attribute(file, "/", "n_neurons"), E = tn_shape_size(golden_shape(file, "source"));
    const om_wiring wiring = {
        .neurons = N, .synapses = E, .source = golden_int32s(file, "source"), .target = golden_int32s(file, "target")};
    const om_published published = {
        golden_doubles(file, "metric/slope_g_phi"), golden_doubles(file, "metric/slope_f_theta"),
        golden_doubles(file, "metric/offset_f_theta"), golden_doubles(file, "metric/grad_message")};
    double *W = tn_alloc((size_t)(E + 2 * N) * sizeof *W), *tau = W + E, *rest = tau + N;
    om_recovered circuit = {W, tau, rest, NULL};
    om_values raw = om_f64(golden_doubles(file, "param/W"));
    ck_assert_int_eq(om_recover_published(&circuit, &published, &wiring, raw, NULL), TN_OK);
    agree(file, "metric/corrected_W", W, E);
    agree(file, "metric/time_constant", tau, N);
    agree(file, "metric/resting_potential", rest, N);

    const double *true_W = golden_doubles(file, "metric/true_W");
    om_line line = om_line_fit(om_f64(true_W), om_f64(W), NULL, E);
    agree(file, "metric/W_r2", &line.r2, 1);
    agree(file, "metric/W_slope", &line.slope, 1);
    uint8_t *keep = tn_alloc((size_t)E);
    om_within(keep, true_W, W, E, 5);
    line = om_line_fit(om_f64(true_W), om_f64(W), keep, E);
    agree(file, "metric/W_r2_filtered", &line.r2, 1);
    line = om_line_fit(om_f64(golden_doubles(file, "metric/true_time_constant")), om_f64(tau), NULL, N);
    agree(file, "metric/time_constant_r2", &line.r2, 1);
    line = om_line_fit(om_f64(golden_doubles(file, "metric/true_resting_potential")), om_f64(rest), NULL, N);
    agree(file, "metric/resting_potential_r2", &line.r2, 1);
    tn_free(keep);
    tn_free(W);
    golden_close(file);
}
END_TEST

START_TEST(probes_visit_the_reference_frames)
{
    golden *file = golden_open(golden_data(files[_i]));
    if (!file) return;
    int64_t T = golden_shape(file, "voltage").dim[0];
    const om_frames probes[] = {om_probe_frames(T, T / 10, T - 100, 8), om_probe_frames(T, 0, T - 1, 400)};
    const char *const names[] = {"metric/probe_frames", "metric/in_distribution/frames"};
    for (int p = 0; p < 2; p++) {
        const int32_t *expected = golden_int32s(file, names[p]);
        ck_assert_int_eq(probes[p].count, tn_shape_size(golden_shape(file, names[p])));
        for (int64_t i = 0; i < probes[p].count; i++) ck_assert_int_eq(om_frame_at(probes[p], i), expected[i]);
    }
    golden_close(file);
}
END_TEST

int main(void)
{
    TCase *reference = tcase_create("reference values");
    tcase_add_loop_test(reference, the_published_circuit_and_its_agreement_with_the_truth, 0, 2);
    tcase_add_loop_test(reference, probes_visit_the_reference_frames, 0, 2);
    return run_cases("read-out, reference values", reference, NULL);
}
