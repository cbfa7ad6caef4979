/* What an experiment takes from its recording: the weight of each neuron's prediction error. */
#include "config.h"
#include "common/experiment.h"
#include "parsing.h"
#include "recordings.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Derivatives that rise for a while, in the first or in the second half of the recording, and are even in the other
 * one: some frames of a part of the recording tell little of the rest. The fourth neuron never changes, and the third
 * one so little that it counts as if it did more. */
static const double rise[NEURONS] = {1, 4, 0.01, 0, 9}, mean[NEURONS] = {0.5, -2, 8, 3, 0};
static const int half[NEURONS] = {0, 1, 0, 0, 1};

static float derivative_at(double size, int64_t frames, int64_t t, int i)
{
    double gone = 2 * (double)t / (double)frames - half[i];
    return (float)(mean[i] + size * rise[i] * (gone >= 0 && gone < 1 ? gone : 0));
}

/* The sample with so many frames of such derivatives, times `size`, and no stimulus. */
static om_recording *recorded(int64_t frames, double size)
{
    tn_error error = {0};
    om_recording_plan plan = sample_plan();
    plan.frames[OM_TRAIN] = frames;
    plan.frames[OM_TEST] = 0;
    plan.has[OM_STIMULUS] = false;
    char *path = strdup(scratch_path("recording.h5"));
    unlink(path);
    om_recording_writer *writer = om_recording_create(path, &plan, &error);
    ck_assert_msg(writer != NULL, "%s", error.message);
    for (int64_t t = 0; t < frames; t++) {
        float voltage[NEURONS], derivative[NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            voltage[i] = sample_value(OM_TRAIN, OM_VOLTAGE, t, i);
            derivative[i] = derivative_at(size, frames, t, i);
        }
        const float *const series[OM_SERIES_COUNT] = {[OM_VOLTAGE] = voltage, [OM_DERIVATIVE] = derivative};
        ck_assert_msg(om_recording_append(writer, OM_TRAIN, 1, series, &error) == TN_OK, "%s", error.message);
    }
    ck_assert_msg(om_recording_finish(writer, &error) == TN_OK, "%s", error.message);
    om_recording *recording = open_or_fail(path);
    free(path);
    return recording;
}

/* The standard deviation of each neuron's derivative over all frames. */
static void spreads(int64_t frames, double *spread)
{
    for (int i = 0; i < NEURONS; i++) {
        double sum = 0, squares = 0;
        for (int64_t t = 0; t < frames; t++) sum += (double)derivative_at(1, frames, t, i);
        for (int64_t t = 0; t < frames; t++)
            squares += pow((double)derivative_at(1, frames, t, i) - sum / (double)frames, 2);
        spread[i] = sqrt(squares / (double)frames);
    }
}

static om_experiment experiment_of(om_recording *recording, const char *loss)
{
    tn_error error = {0};
    om_experiment e;
    ck_assert_msg(parse_with("model: {hidden_dim: 4}\nsiren: {hidden_dim: 4, layers: 1}", 1, &loss) == TN_OK, "%s",
                  failure.message);
    ck_assert_msg(om_experiment_make(&e, &config, recording, &error) == TN_OK, "%s", error.message);
    return e;
}

static void forget(om_experiment *e, om_recording *recording)
{
    om_experiment_clear(e);
    om_recording_close(recording);
    om_config_free(&config);
}

static const struct {
    const char *loss;
    double power;
    int64_t frames;
    double tolerance; /* of many frames, not all are looked at */
} cases[] = {
    {"loss={}", 0.5, 900, 1e-5}, {"loss={}", 0.5, 1900, 5e-3}, {"loss.equalize=0.25", 0.25, 900, 1e-5},
    {"loss.equalize=1", 1, 900, 1e-5}, {"loss.equalize=1", 1, 1900, 5e-3}, {"loss.equalize=1", 1, 3000, 5e-3},
};
enum { CASES = sizeof cases / sizeof *cases };

START_TEST(an_error_counts_as_the_spread_to_the_power_of_minus_equalize)
{
    om_recording *recording = recorded(cases[_i].frames, 1);
    om_experiment e = experiment_of(recording, cases[_i].loss);
    double spread[NEURONS], total = 0, power = cases[_i].power;
    spreads(cases[_i].frames, spread);
    for (int i = 0; i < NEURONS; i++) total += spread[i] * spread[i];
    double least = sqrt(total / NEURONS) / 100;
    for (int i = 0; i < NEURONS; i++) {
        ck_assert(i == 2 || i == 3 ? spread[i] < least / 2 : spread[i] > 2 * least);
        double expected = pow(fmax(spread[i], least) / spread[0], -power);
        ck_assert_double_eq_tol((double)(e.neuron_weight[i] / e.neuron_weight[0]), expected,
                                cases[_i].tolerance * expected);
    }
    ck_assert(om_joint_specification(e.joint)->weighted);
    forget(&e, recording);
}
END_TEST

/* Where the prediction is the mean, residuals are as large as the spread. */
START_TEST(weighed_residuals_of_the_mean_have_the_sum_of_squares_of_unweighed_ones)
{
    om_recording *recording = recorded(cases[_i].frames, 1);
    om_experiment e = experiment_of(recording, cases[_i].loss);
    double spread[NEURONS], total = 0, weighed = 0;
    spreads(cases[_i].frames, spread);
    for (int i = 0; i < NEURONS; i++) {
        total += pow(spread[i], 2);
        weighed += pow((double)e.neuron_weight[i] * spread[i], 2);
    }
    ck_assert_double_eq_tol(weighed, total, cases[_i].tolerance * total);
    forget(&e, recording);
}
END_TEST

START_TEST(neurons_that_never_change_count_as_they_are)
{
    om_recording *recording = recorded(50, 0);
    om_experiment e = experiment_of(recording, "loss.equalize=0.5");
    for (int i = 0; i < NEURONS; i++) ck_assert_float_eq(e.neuron_weight[i], 1);
    forget(&e, recording);
}
END_TEST

START_TEST(without_equalize_there_are_no_weights)
{
    om_recording *recording = recorded(50, 1);
    om_experiment e = experiment_of(recording, "loss.equalize=0");
    ck_assert_ptr_null(e.neuron_weight);
    ck_assert(!om_joint_specification(e.joint)->weighted);
    forget(&e, recording);
}
END_TEST

int main(void)
{
    TCase *weights = tcase_create("weights");
    tcase_add_loop_test(weights, an_error_counts_as_the_spread_to_the_power_of_minus_equalize, 0, CASES);
    tcase_add_loop_test(weights, weighed_residuals_of_the_mean_have_the_sum_of_squares_of_unweighed_ones, 0, CASES);
    tcase_add_test(weights, neurons_that_never_change_count_as_they_are);
    tcase_add_test(weights, without_equalize_there_are_no_weights);
    return run_cases("experiment", weights, NULL);
}
