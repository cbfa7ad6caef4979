/* Trace metrics, gathered frame by frame. */
#include "config.h"
#include "core/memory.h"
#include "hashed.h"
#include "statistics.h"
#include "testing.h"
#include "traces.h"

#include <math.h>

enum { NEURONS = 600, FRAMES = 40 };

static float trace[FRAMES][NEURONS], prediction[FRAMES][NEURONS];

/* Neuron 3 is constant, and not a number that float represents; neuron 4 is predicted exactly. */
static void make_traces(void)
{
    for (uint32_t t = 0; t < FRAMES; t++) {
        for (uint32_t i = 0; i < NEURONS; i++) {
            trace[t][i] = i == 3 ? 0.1f : 100 + (float)hashed(t * NEURONS + i);
            prediction[t][i] = i == 4 ? trace[t][i] : 0.5f * trace[t][i] + (float)hashed(t * NEURONS + i + 1000000);
        }
    }
}

START_TEST(traces_have_rmse_and_correlation)
{
    make_traces();
    double rmse[NEURONS], pearson[NEURONS];
    om_traces *traces = om_traces_new(NEURONS, NULL);
    om_traces_result(traces, rmse, pearson);
    ck_assert_double_nan(rmse[0]);
    ck_assert_double_nan(pearson[0]);
    om_traces_add(traces, om_f32(trace[0]), om_f32(prediction[0]), FRAMES);
    ck_assert_int_eq(om_traces_frames(traces), FRAMES);
    om_traces_result(traces, rmse, pearson);
    for (int i = 0; i < NEURONS; i++) {
        double x[FRAMES], y[FRAMES];
        for (int t = 0; t < FRAMES; t++) {
            x[t] = trace[t][i];
            y[t] = prediction[t][i];
        }
        om_moments m = {0};
        om_moments_add(&m, om_f64(x), om_f64(y), NULL, FRAMES);
        ck_assert_double_eq_tol(rmse[i], sqrt(m.difference / FRAMES), 1e-12);
        if (i == 3)
            ck_assert_double_nan(pearson[i]);
        else
            ck_assert_double_eq_tol(pearson[i], om_pearson(&m), 1e-12);
    }
    ck_assert_double_eq(rmse[4], 0);
    ck_assert_double_eq_tol(pearson[4], 1, 1e-15);
    om_traces_free(traces);
}
END_TEST

START_TEST(frames_may_come_in_any_pieces_and_on_any_number_of_threads)
{
    make_traces();
    double rmse[2][NEURONS], pearson[2][NEURONS];
    for (int way = 0; way < 2; way++) {
        int piece = way ? FRAMES : 7;
        tn_set_threads(way ? 4 : 1);
        om_traces *traces = om_traces_new(NEURONS, NULL);
        for (int t = 0; t < FRAMES; t += piece) {
            int n = FRAMES - t < piece ? FRAMES - t : piece;
            om_traces_add(traces, om_f32(trace[t]), om_f32(prediction[t]), n);
        }
        om_traces_result(traces, rmse[way], pearson[way]);
        om_traces_free(traces);
    }
    ck_assert_mem_eq(rmse[0], rmse[1], sizeof rmse[0]);
    ck_assert_mem_eq(pearson[0], pearson[1], sizeof pearson[0]);
}
END_TEST

START_TEST(a_bad_value_spoils_its_neuron_only)
{
    const double truth[2][3] = {{1, 2, 3}, {2, 3, 5}}, predicted[2][3] = {{1, NAN, INFINITY}, {2, 1, 1}};
    double rmse[3], pearson[3];
    om_traces *traces = om_traces_new(3, NULL);
    om_traces_add(traces, om_f64(truth[0]), om_f64(predicted[0]), 2);
    om_traces_result(traces, rmse, pearson);
    ck_assert_double_eq(rmse[0], 0);
    ck_assert_double_eq_tol(pearson[0], 1, 1e-15);
    ck_assert(!isfinite(rmse[1]) && !isfinite(rmse[2]));
    ck_assert_double_nan(pearson[1]);
    ck_assert_double_nan(pearson[2]);
    om_traces_free(traces);
}
END_TEST

START_TEST(a_negative_number_of_neurons_is_refused)
{
    tn_error error = {0};
    ck_assert_ptr_null(om_traces_new(-1, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_str_eq(error.message, "traces of -1 neurons");
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    int failures = 0;
    for (tn_status status = TN_ENOMEM; status != TN_OK; failures++) {
        tn_error error = {0};
        long live = tn_live_allocations();
        tn_fail_allocation(failures, 1);
        om_traces *traces = om_traces_new(NEURONS, &error);
        om_traces_free(traces);
        tn_fail_allocation(-1, 0);
        status = error.status;
        ck_assert_int_eq(tn_live_allocations(), live);
        ck_assert(status == TN_OK || status == TN_ENOMEM);
    }
    ck_assert_int_eq(failures, 2 + 1);
}
END_TEST

int main(void)
{
    TCase *frames = tcase_create("frames");
    tcase_add_test(frames, traces_have_rmse_and_correlation);
    tcase_add_test(frames, frames_may_come_in_any_pieces_and_on_any_number_of_threads);
    tcase_add_test(frames, a_bad_value_spoils_its_neuron_only);
    TCase *errors = tcase_create("errors");
    tcase_add_test(errors, a_negative_number_of_neurons_is_refused);
    tcase_add_test(errors, every_failing_allocation_is_reported_and_leaks_nothing);
    return run_cases("traces", frames, errors, NULL);
}
