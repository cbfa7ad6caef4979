/* Learning rates and coefficients over the steps, by hand. */
#include "config.h"
#include "training/course.h"
#include "parsing.h"
#include "testing.h"

/* What the tests below ask about. */
static void read_course(const char *text)
{
    ck_assert_msg(parse(text) == TN_OK, "%s", failure.message);
}

/* ---- learning rates ---- */

#define RATES "lr_mlp: 2, lr_embedding: 3, lr_weight: 5, lr_siren: 7"

/* Factors on the rates of g_phi and f_theta, embedding and weights; and on that of the SIREN. */
static void check_rates(int64_t step, double network, double siren)
{
    double rate[OM_GROUPS];
    om_course_rates(&config, step, rate);
    ck_assert_double_eq_tol(rate[OM_GROUP_MLP], 2 * network, 1e-14);
    ck_assert_double_eq_tol(rate[OM_GROUP_EMBEDDING], 3 * network, 1e-14);
    ck_assert_double_eq_tol(rate[OM_GROUP_WEIGHT], 5 * network, 1e-14);
    ck_assert_double_eq_tol(rate[OM_GROUP_SIREN], 7 * siren, 1e-14);
}

/* At each step, of so many. */
static void check_factors(const char *text, int n, const int64_t *step, const double *factor)
{
    read_course(text);
    for (int i = 0; i < n; i++) check_rates(step[i], factor[i], factor[i]);
    om_config_free(&config);
}

START_TEST(constant_rates_stay)
{
    static const int64_t step[] = {0, 50, 99};
    static const double factor[] = {1, 1, 1};
    check_factors("training: {steps: 100, schedule: constant, schedule_final: 0.2, " RATES "}", 3, step, factor);
}
END_TEST

/* 0.2 + 0.8 (1 + cos 45) / 2 after a quarter of the way. */
START_TEST(a_cosine_ends_with_the_steps)
{
    static const int64_t step[] = {0, 25, 50, 75, 99, 100};
    static const double factor[] = {1, 0.88284271247461903, 0.6, 0.31715728752538099, 0.20019737585370737, 0.2};
    check_factors("training: {steps: 100, schedule: cosine, schedule_final: 0.2, " RATES "}", 6, step, factor);
}
END_TEST

START_TEST(a_cosine_may_be_shorter_or_longer_than_the_steps)
{
    static const int64_t step[] = {0, 10, 20, 40, 41, 99};
    static const double shorter[] = {1, 0.88284271247461903, 0.6, 0.2, 0.2, 0.2};
    check_factors("training: {steps: 100, schedule: cosine, schedule_final: 0.2, schedule_steps: 40, " RATES "}", 6,
                  step, shorter);
    static const int64_t longer_step[] = {0, 50, 100};
    static const double longer[] = {1, 0.88284271247461903, 0.6};
    check_factors("training: {steps: 100, schedule: cosine, schedule_final: 0.2, schedule_steps: 200, " RATES "}", 3,
                  longer_step, longer);
}
END_TEST

START_TEST(rates_drop_again_and_again)
{
    static const int64_t step[] = {0, 29, 30, 59, 60, 99};
    static const double factor[] = {1, 1, 0.1, 0.1, 0.01, 0.001};
    check_factors("training: {steps: 100, schedule: step, schedule_final: 0.1, schedule_steps: 30, " RATES "}", 6, step,
                  factor);
}
END_TEST

START_TEST(rates_rise_at_the_start_on_top_of_the_schedule)
{
    static const int64_t step[] = {0, 1, 3, 4, 50};
    static const double constant[] = {0.25, 0.5, 1, 1, 1};
    check_factors("training: {steps: 100, schedule: constant, warmup: 4, " RATES "}", 5, step, constant);
    static const int64_t late[] = {0, 25, 49, 50};
    static const double cosine[] = {0.02, 0.88284271247461903 * 26 / 50, 0.6125643036312514, 0.6};
    check_factors("training: {steps: 100, schedule: cosine, schedule_final: 0.2, warmup: 50, " RATES "}", 4, late,
                  cosine);
}
END_TEST

/* 100 steps in three epochs: 34, 34 and 32. The factor comes once, not anew with every epoch. */
START_TEST(later_epochs_have_other_rates_but_for_the_siren)
{
    static const int64_t step[] = {0, 33, 34, 67, 68, 99};
    static const int epoch[] = {0, 0, 1, 1, 2, 2};
    read_course("training: {steps: 100, epochs: 3, later_rate: 0.05, schedule: constant, " RATES "}");
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(om_course_epoch(&config, step[i]), epoch[i]);
        check_rates(step[i], epoch[i] ? 0.05 : 1, 1);
    }
    read_course("training: {steps: 100, epochs: 2, later_rate: 0.05, schedule: cosine, schedule_final: 0.2, " RATES
                "}");
    check_rates(25, 0.88284271247461903, 0.88284271247461903);
    check_rates(50, 0.6 * 0.05, 0.6);
    om_config_free(&config);
}
END_TEST

START_TEST(a_run_of_one_epoch_never_gets_to_the_second)
{
    read_course("training: {steps: 100, epochs: 1, later_rate: 0, schedule: constant, " RATES "}");
    check_rates(99, 1, 1);
    om_config_free(&config);
}
END_TEST

/* ---- coefficients ---- */

#define TERMS "g_phi_diff: 2, g_phi_norm: 3, W_L1: 5, W_L2: 7, g_phi_L1: 11, f_theta_L1: 13, f_theta_L2: 17, " \
              "f_theta_affine: 19, W_silent: 23"

/* Every coefficient, those that are annealed times a factor. */
static void check_coefficients(int64_t step, double annealed, double w_l2, double inputs)
{
    const double expected[OM_COEFFICIENTS] = {
        [OM_TERM_G_PHI_DIFF] = 2, [OM_TERM_G_PHI_NORM] = 3, [OM_TERM_W_L1] = 5 * annealed, [OM_TERM_W_L2] = w_l2,
        [OM_TERM_G_PHI_L1] = 11 * annealed, [OM_TERM_F_THETA_L1] = 13 * annealed, [OM_TERM_F_THETA_L2] = 17 * annealed,
        [OM_TERM_F_THETA_AFFINE] = 19, [OM_TERM_W_SILENT] = 23, [OM_TERM_FIELD] = 1, [OM_FACTOR_INPUTS] = inputs,
    };
    float coefficient[OM_COEFFICIENTS];
    om_course_coefficients(&config, step, coefficient);
    for (int i = 0; i < OM_COEFFICIENTS; i++) ck_assert_double_eq_tol(coefficient[i], expected[i], 1e-5);
}

START_TEST(without_annealing_every_term_has_its_coefficient)
{
    read_course("training: {steps: 90, epochs: 3}\nloss: {annealing_rate: 0, inputs: 29, inputs_final: 29, " TERMS "}");
    for (int64_t step = 0; step < 90; step += 30) check_coefficients(step, 1, 7, 29);
    om_config_free(&config);
}
END_TEST

/* 1 - exp(-0.5 epoch): nothing in the first epoch. */
START_TEST(annealed_terms_grow_from_epoch_to_epoch)
{
    read_course("training: {steps: 90, epochs: 3}\n"
                "loss: {annealing_rate: 0.5, inputs: 29, inputs_final: 29, " TERMS "}");
    check_coefficients(0, 0, 7, 29);
    check_coefficients(29, 0, 7, 29);
    check_coefficients(30, 0.39346934028736658, 7, 29);
    check_coefficients(59, 0.39346934028736658, 7, 29);
    check_coefficients(60, 0.63212055882855767, 7, 29);
    check_coefficients(89, 0.63212055882855767, 7, 29);
    om_config_free(&config);
}
END_TEST

START_TEST(as_published_there_is_no_L2_beside_an_L1_of_the_weights)
{
    read_course("model: {recipe: published}\ntraining: {epochs: 1}\n"
                "loss: {annealing_rate: 0, inputs: 29, inputs_final: 29, " TERMS "}");
    check_coefficients(0, 1, 0, 29);
    const char *const without_l1[] = {"loss.W_L1=0"};
    ck_assert_int_eq(parse_with("model: {recipe: published}\nloss: {W_L2: 7}", 1, without_l1), TN_OK);
    float coefficient[OM_COEFFICIENTS];
    om_course_coefficients(&config, 0, coefficient);
    ck_assert_float_eq(coefficient[OM_TERM_W_L1], 0);
    ck_assert_float_eq(coefficient[OM_TERM_W_L2], 7);
    om_config_free(&config);
}
END_TEST

/* The factor on the errors of input neurons, at each step of so many. */
static void check_inputs(const char *text, int n, const int64_t *step, const double *factor)
{
    float coefficient[OM_COEFFICIENTS];
    read_course(text);
    for (int i = 0; i < n; i++) {
        om_course_coefficients(&config, step[i], coefficient);
        ck_assert_double_eq_tol(coefficient[OM_FACTOR_INPUTS], factor[i], 1e-6);
    }
    om_config_free(&config);
}

/* From 2 to an eighth: half as much after each quarter of the cosine. */
START_TEST(input_neurons_count_less_and_less_along_the_cosine)
{
    static const int64_t step[] = {0, 25, 50, 75, 100};
    static const double factor[] = {2, 1, 0.5, 0.25, 0.125}, to_more[] = {0.125, 0.25, 0.5, 1, 2};
    check_inputs("training: {steps: 100, schedule: cosine}\nloss: {inputs: 2, inputs_final: 0.125}", 5, step, factor);
    check_inputs("training: {steps: 100, schedule: cosine}\nloss: {inputs: 0.125, inputs_final: 2}", 5, step, to_more);
    static const int64_t shorter[] = {0, 10, 20, 40, 90};
    static const double then_stays[] = {2, 1, 0.5, 0.125, 0.125};
    check_inputs("training: {steps: 100, schedule: cosine, schedule_steps: 40}\nloss: {inputs: 2, inputs_final: 0.125}",
                 5, shorter, then_stays);
}
END_TEST

START_TEST(without_a_cosine_input_neurons_count_the_same)
{
    static const int64_t step[] = {0, 50, 99};
    static const double factor[] = {2, 2, 2};
    check_inputs("training: {steps: 100, schedule: constant}\nloss: {inputs: 2, inputs_final: 0.125}", 3, step, factor);
    check_inputs("training: {steps: 100, schedule: step}\nloss: {inputs: 2, inputs_final: 0.125}", 3, step, factor);
}
END_TEST

int main(void)
{
    TCase *rates = tcase_create("rates"), *coefficients = tcase_create("coefficients");
    tcase_add_test(rates, constant_rates_stay);
    tcase_add_test(rates, a_cosine_ends_with_the_steps);
    tcase_add_test(rates, a_cosine_may_be_shorter_or_longer_than_the_steps);
    tcase_add_test(rates, rates_drop_again_and_again);
    tcase_add_test(rates, rates_rise_at_the_start_on_top_of_the_schedule);
    tcase_add_test(rates, later_epochs_have_other_rates_but_for_the_siren);
    tcase_add_test(rates, a_run_of_one_epoch_never_gets_to_the_second);
    tcase_add_test(coefficients, without_annealing_every_term_has_its_coefficient);
    tcase_add_test(coefficients, annealed_terms_grow_from_epoch_to_epoch);
    tcase_add_test(coefficients, as_published_there_is_no_L2_beside_an_L1_of_the_weights);
    tcase_add_test(coefficients, input_neurons_count_less_and_less_along_the_cosine);
    tcase_add_test(coefficients, without_a_cosine_input_neurons_count_the_same);
    return run_cases("course", rates, coefficients, NULL);
}
