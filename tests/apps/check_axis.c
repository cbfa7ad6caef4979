/* Ticks, limits, places on an axis, and the words for numbers. */
#include "config.h"
#include "common/axis.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <string.h>

/* Limits of many sizes and places: index i of 600. */
static om_limits some_limits(int i)
{
    double size = pow(10, tn_random_uniform(1, 0, (uint64_t)i) * 24 - 12);
    double low = tn_random_normal(1, 1, (uint64_t)i) * size,
           length = size * (0.01 + tn_random_uniform(1, 2, (uint64_t)i));
    return (om_limits){low, low + length};
}

START_TEST(linear_ticks_are_few_round_inside_and_cover_the_range)
{
    for (int i = 0; i < 600; i++) {
        om_limits limits = some_limits(i);
        om_ticks ticks = om_ticks_linear(limits, 3 + i % 7);
        double step = ticks.value[1] - ticks.value[0], slack = 1e-6 * step;
        ck_assert_msg(ticks.count >= 3 && ticks.count <= 9, "%d ticks for [%g, %g]", ticks.count, limits.low,
                      limits.high);
        double mantissa = step / pow(10, floor(log10(step * 1.0001)));
        ck_assert_msg(fabs(mantissa - 1) < 1e-6 || fabs(mantissa - 2) < 1e-6 || fabs(mantissa - 5) < 1e-6,
                      "a step of %g is not round", step);
        for (int k = 0; k < ticks.count; k++) {
            ck_assert_double_ge(ticks.value[k], limits.low - slack);
            ck_assert_double_le(ticks.value[k], limits.high + slack);
            ck_assert_double_eq_tol(ticks.value[k] / step, round(ticks.value[k] / step), 1e-5);
            if (k) ck_assert_str_ne(ticks.label[k].text, ticks.label[k - 1].text);
        }
        ck_assert_double_lt(ticks.value[0] - step, limits.low + slack);
        ck_assert_double_gt(ticks.value[ticks.count - 1] + step, limits.high - slack);
    }
}
END_TEST

START_TEST(logarithmic_ticks_are_few_and_round_over_any_number_of_decades)
{
    for (int i = 0; i < 300; i++) {
        double decades = 1 + 0.2 * i, low = pow(10, -12 + 0.037 * i);
        om_limits limits = {low, low * pow(10, decades)};
        om_ticks ticks = om_ticks_log(limits, 3 + i % 5);
        ck_assert_msg(ticks.count >= 3 && ticks.count <= 9, "%d ticks for %g decades from %g", ticks.count, decades,
                      low);
        for (int k = 0; k < ticks.count; k++) {
            double value = ticks.value[k], mantissa = value / pow(10, floor(log10(value * 1.0001)));
            ck_assert_double_ge(value, limits.low * (1 - 1e-8));
            ck_assert_double_le(value, limits.high * (1 + 1e-8));
            ck_assert_msg(fabs(mantissa - 1) < 1e-6 || fabs(mantissa - 2) < 1e-6 || fabs(mantissa - 5) < 1e-6, "%g",
                          value);
            if (k) ck_assert_double_gt(value, ticks.value[k - 1]);
        }
    }
    ck_assert_str_eq(om_ticks_log((om_limits){2e-7, 3e4}, 5).label[0].text, "10⁻⁶");
}
END_TEST

START_TEST(limits_that_no_axis_could_have_get_ticks_all_the_same)
{
    static const om_limits odd[] = {{1, 1},          {0, 0},           {1, 0}, {NAN, 1}, {-INFINITY, INFINITY},
                                    {-1e300, 1e300}, {7e8, 7e8 + 1e-7}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        ck_assert_int_ge(om_ticks_linear(odd[i], 5).count, 3);
        ck_assert_int_ge(om_ticks_log(odd[i], 5).count, 3);
        om_limits padded = om_limits_pad(odd[i], 0.05);
        ck_assert(padded.low < padded.high);
    }
}
END_TEST

START_TEST(limits_leave_out_what_is_not_finite)
{
    const double values[] = {NAN, 3, -INFINITY, -2.5, INFINITY, 1e-9, NAN};
    const float floats[] = {NAN, 3, -INFINITY, -2.5f};
    om_limits all = om_limits_of(7, values), positive = om_limits_of_positive(7, values),
              same = om_limits_of_floats(2, floats + 1, 2);
    ck_assert_double_eq(all.low, -2.5);
    ck_assert_double_eq(all.high, 3);
    ck_assert_double_eq(positive.low, 1e-9);
    ck_assert_double_eq(same.low, -2.5);
    ck_assert_double_eq(same.high, 3);
    om_limits none = om_limits_of(1, values);
    ck_assert(none.low > none.high);
    om_limits joined = om_limits_join(none, all);
    ck_assert_double_eq(joined.low, -2.5);
}
END_TEST

START_TEST(a_few_wild_values_do_not_move_the_limits_and_many_do)
{
    double learned[3000];
    om_limits truth = {0, 1};
    for (int i = 0; i < 3000; i++) learned[i] = i / 2999.0;
    learned[0] = -1e9;
    learned[1] = 50;
    om_limits few = om_limits_beside(truth, 3000, learned, 0.5);
    ck_assert_double_eq_tol(few.low, 0, 1e-6);
    ck_assert_double_eq_tol(few.high, 1, 1e-6);
    for (int i = 0; i < 300; i++) learned[i] = 1.2;
    om_limits many = om_limits_beside(truth, 3000, learned, 0.5);
    ck_assert_double_eq_tol(many.high, 1.2, 1e-6);
    for (int i = 0; i < 300; i++) learned[i] = 100;
    om_limits bounded = om_limits_beside(truth, 3000, learned, 0.5);
    ck_assert_double_eq_tol(bounded.high, 1.5, 1e-6);
}
END_TEST

START_TEST(places_run_from_0_to_1_and_impossible_values_have_none)
{
    om_axis linear = {.limits = {-1, 3}}, logarithmic = {.limits = {1, 1000}, .logarithmic = true};
    ck_assert_double_eq(om_axis_place(&linear, 0), 0.25);
    ck_assert_double_eq_tol(om_axis_place(&logarithmic, 10), 1 / 3.0, 1e-12);
    ck_assert(isnan(om_axis_place(&linear, NAN)));
    ck_assert(isnan(om_axis_place(&linear, -INFINITY)));
    ck_assert(isnan(om_axis_place(&logarithmic, 0)));
    ck_assert(isnan(om_axis_place(&logarithmic, -4)));
}
END_TEST

START_TEST(numbers_are_written_as_readers_expect)
{
    ck_assert_str_eq(om_text_count(434112).text, "434,112");
    ck_assert_str_eq(om_text_count(-1000).text, "\u22121,000");
    ck_assert_str_eq(om_text_count(7).text, "7");
    ck_assert_str_eq(om_text_decimal(-0.9786, 3).text, "\u22120.979");
    ck_assert_str_eq(om_text_decimal(-0.0000, 3).text, "0.000");
    ck_assert_str_eq(om_text_decimal(1.25e-5, 3).text, "1.3e-05");
    ck_assert_str_eq(om_text_decimal(NAN, 3).text, "not finite");
    ck_assert_str_eq(om_text_tick(-0.25, 0.05).text, "\u22120.25");
    ck_assert_str_eq(om_text_tick(320000, 20000).text, "320k");
    ck_assert_str_eq(om_text_tick(3e6, 1e6).text, "3M");
    ck_assert_str_eq(om_text_tick(2e-5, 1e-5).text, "2\u00d710⁻⁵");
    ck_assert_str_eq(om_text_tick(1e-19, 0.5).text, "0");
    ck_assert_str_eq(om_text_power(-12).text, "10⁻¹²");
}
END_TEST

START_TEST(any_bytes_become_text_that_fits)
{
    char out[64], small[6];
    om_text_clean(out, sizeof out, "a\xff\xc3)\xed\xa0\x80\tτ\n");
    ck_assert_str_eq(out, "a?"
                          "?)?"
                          "?"
                          "? τ ");
    om_text_clean(small, sizeof small, "abcdτ");
    ck_assert_str_eq(small, "abcd");
    om_text_clean(small, sizeof small, "abcτ");
    ck_assert_str_eq(small, "abcτ");
    om_text_clean(out, sizeof out, NULL);
    ck_assert_str_eq(out, "");
    om_text_clean(out, sizeof out, "cut\xe2\x82");
    ck_assert_str_eq(out, "cut??");
}
END_TEST

int main(void)
{
    TCase *axis = tcase_create("axis");
    tcase_add_test(axis, linear_ticks_are_few_round_inside_and_cover_the_range);
    tcase_add_test(axis, logarithmic_ticks_are_few_and_round_over_any_number_of_decades);
    tcase_add_test(axis, limits_that_no_axis_could_have_get_ticks_all_the_same);
    tcase_add_test(axis, limits_leave_out_what_is_not_finite);
    tcase_add_test(axis, a_few_wild_values_do_not_move_the_limits_and_many_do);
    tcase_add_test(axis, places_run_from_0_to_1_and_impossible_values_have_none);
    tcase_add_test(axis, numbers_are_written_as_readers_expect);
    tcase_add_test(axis, any_bytes_become_text_that_fits);
    return run_cases("axis", axis, NULL);
}
