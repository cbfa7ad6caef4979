/* Colours: the map rises in lightness, categories differ. */
#include "config.h"
#include "common/colour.h"
#include "testing.h"

#include <math.h>

START_TEST(the_map_rises_evenly_in_lightness_from_dark_to_light)
{
    double before = om_colour_lightness(om_colour_viridis(0));
    ck_assert_double_lt(before, 0.35);
    for (int i = 1; i <= 1000; i++) {
        double lightness = om_colour_lightness(om_colour_viridis(i / 1000.0)), rise = lightness - before;
        ck_assert_msg(rise > 0.0003 && rise < 0.0012, "lightness rises by %g at %d/1000", rise, i);
        before = lightness;
    }
    ck_assert_double_gt(before, 0.85);
}
END_TEST

START_TEST(the_map_is_smooth_clamped_and_pale_without_a_value)
{
    for (int i = 0; i < 500; i++) {
        om_colour a = om_colour_viridis(i / 500.0), b = om_colour_viridis((i + 1) / 500.0);
        ck_assert_double_lt(fabs(a.red - b.red) + fabs(a.green - b.green) + fabs(a.blue - b.blue), 0.02);
    }
    ck_assert_uint_eq(om_colour_pixel(om_colour_viridis(-3)), om_colour_pixel(om_colour_viridis(0)));
    ck_assert_uint_eq(om_colour_pixel(om_colour_viridis(INFINITY)), om_colour_pixel(om_colour_viridis(1)));
    ck_assert_uint_eq(om_colour_pixel(om_colour_viridis(NAN)), om_colour_pixel(OM_PALE));
}
END_TEST

START_TEST(the_table_is_the_map)
{
    uint32_t table[OM_VIRIDIS_STEPS];
    om_colour_viridis_table(table);
    ck_assert_uint_eq(om_colour_lookup(table, 0), om_colour_pixel(om_colour_viridis(0)));
    ck_assert_uint_eq(om_colour_lookup(table, 51 / 255.0), om_colour_pixel(om_colour_viridis(51 / 255.0)));
    ck_assert_uint_eq(om_colour_lookup(table, 9), om_colour_pixel(om_colour_viridis(1)));
    ck_assert_uint_eq(om_colour_lookup(table, NAN), om_colour_pixel(OM_PALE));
}
END_TEST

START_TEST(categories_are_dark_enough_and_neighbours_differ)
{
    for (int i = 0; i < 200; i++) {
        om_colour a = om_colour_category(i), b = om_colour_category(i + 1);
        double distance = hypot(hypot(a.red - b.red, a.green - b.green), a.blue - b.blue);
        ck_assert_double_gt(distance, 0.3);
        ck_assert_double_lt(om_colour_lightness(a), 0.78);
        ck_assert_double_gt(om_colour_lightness(a), 0.3);
    }
}
END_TEST

START_TEST(pixels_hold_red_green_and_blue_in_this_order)
{
    ck_assert_uint_eq(om_colour_pixel((om_colour){1, 0.5, 0}), 0xffff8000u);
    ck_assert_uint_eq(om_colour_pixel((om_colour){-1, 2, 1.0 / 255}), 0xff00ff01u);
    ck_assert_uint_eq(om_colour_pixel(om_colour_mix(OM_BLACK, OM_WHITE, 0.2)), 0xff333333u);
}
END_TEST

int main(void)
{
    TCase *colour = tcase_create("colour");
    tcase_add_test(colour, the_map_rises_evenly_in_lightness_from_dark_to_light);
    tcase_add_test(colour, the_map_is_smooth_clamped_and_pale_without_a_value);
    tcase_add_test(colour, the_table_is_the_map);
    tcase_add_test(colour, categories_are_dark_enough_and_neighbours_differ);
    tcase_add_test(colour, pixels_hold_red_green_and_blue_in_this_order);
    return run_cases("colour", colour, NULL);
}
