/* Panels: data land where their values say, and what has no place is left out and counted. */
#include "config.h"
#include "common/density.h"
#include "common/plot.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 120 };

/* A panel from (10, 10) to (110, 110), both axes from 0 to 1, on a white picture of one pixel per point. */
static om_panel blank_panel(void)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, SIZE, SIZE);
    cairo_t *cr = cairo_create(surface);
    cairo_surface_destroy(surface);
    om_colour_set(cr, OM_WHITE, 1);
    cairo_paint(cr);
    om_text_setup(cr);
    return (om_panel){.cr = cr,
                      .x = 10,
                      .y = 10,
                      .width = 100,
                      .height = 100,
                      .horizontal = {.limits = {0, 1}},
                      .vertical = {.limits = {0, 1}}};
}

/* The pixel at a point of the page, without the unused byte. */
static uint32_t pixel(const om_panel *panel, int x, int y)
{
    cairo_surface_t *surface = cairo_get_target(panel->cr);
    cairo_surface_flush(surface);
    ck_assert_int_eq(cairo_status(panel->cr), CAIRO_STATUS_SUCCESS);
    const unsigned char *row = cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
    uint32_t value;
    memcpy(&value, row + 4 * x, sizeof value);
    return value & 0xffffff;
}

/* Whether a pixel has a colour, but for rounding. */
static bool shows(const om_panel *panel, int x, int y, om_colour colour)
{
    uint32_t seen = pixel(panel, x, y), expected = om_colour_pixel(colour);
    int furthest = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        int miss = abs((int)(seen >> shift & 255) - (int)(expected >> shift & 255));
        if (miss > furthest) furthest = miss;
    }
    return furthest <= 1;
}

static int coloured_pixels(const om_panel *panel)
{
    int count = 0;
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++) count += pixel(panel, x, y) != 0xffffff;
    return count;
}

static const double x_values[] = {0.2, 0.8, NAN, 0.5, 0.5, INFINITY, 2},
                    y_values[] = {0.3, 0.9, 0.5, NAN, -1, 0.5, 0.5};

START_TEST(points_lie_where_their_values_say_and_the_others_are_counted)
{
    om_panel panel = blank_panel();
    const int32_t category[] = {0, 1, 2, 3, 4, 5, 6};
    om_tally tally = om_panel_points(&panel, 7, x_values, y_values, category, 3, 1);
    ck_assert_uint_eq(tally.drawn, 2);
    ck_assert_uint_eq(tally.outside, 2);
    ck_assert_uint_eq(tally.not_finite, 3);
    ck_assert(shows(&panel, 30, 80, om_colour_category(0)));
    ck_assert(shows(&panel, 90, 20, om_colour_category(1)));
    ck_assert_int_lt(coloured_pixels(&panel), 2 * 49);
    cairo_destroy(panel.cr);
}
END_TEST

START_TEST(a_cloud_shows_many_dots_lighter_than_one_and_counts_the_others)
{
    om_panel panel = blank_panel();
    double x[1000], y[1000];
    om_density density;
    ck_assert_int_eq(om_density_open(&density, &panel, NULL), TN_OK);
    om_density_add(&density, 7, x_values, y_values);
    for (int i = 0; i < 1000; i++) x[i] = y[i] = 0.5;
    om_density_add(&density, 1000, x, y);
    ck_assert_uint_eq(density.tally.drawn, 1002);
    ck_assert_uint_eq(density.tally.outside, 2);
    ck_assert_uint_eq(density.tally.not_finite, 3);
    om_density_close(&density, "dots");
    ck_assert(shows(&panel, 60, 60, om_colour_viridis(1)));
    uint32_t single = pixel(&panel, 30, 80);
    ck_assert_uint_lt(single >> 8 & 255, 0x60); /* dark violet, thinned by the rim of the dot */
    cairo_destroy(panel.cr);
}
END_TEST

START_TEST(a_curve_is_broken_where_a_value_is_missing_and_stays_inside)
{
    om_panel panel = blank_panel();
    const double x[] = {0, 0.3, 0.5, 0.7, 1, 1.5}, y[] = {0.5, 0.5, NAN, 0.5, 0.5, 1e200};
    om_panel_line(&panel, 6, x, y, (om_stroke){.width = 4});
    ck_assert_uint_eq(pixel(&panel, 20, 60), 0);
    ck_assert_uint_eq(pixel(&panel, 60, 60), 0xffffff);
    ck_assert_uint_eq(pixel(&panel, 90, 60), 0);
    ck_assert_uint_eq(pixel(&panel, 115, 60), 0xffffff);
    om_panel_line(&panel, 5, x, y, (om_stroke){.width = 4, .bridged = true});
    ck_assert_uint_eq(pixel(&panel, 60, 60), 0);
    cairo_destroy(panel.cr);
}
END_TEST

START_TEST(a_marked_curve_has_a_dot_at_each_value_and_none_between)
{
    om_panel panel = blank_panel();
    const double x[] = {0.2, 0.5, 0.8}, y[] = {0.5, NAN, 0.5};
    om_panel_line(&panel, 3, x, y, (om_stroke){.colour = OM_BLACK, .width = 0.5, .bridged = true, .marked = true});
    for (int i = 0; i < 2; i++) ck_assert_int_ne(pixel(&panel, i ? 90 : 30, 61), 0xffffff);
    ck_assert_int_eq(pixel(&panel, 60, 61), 0xffffff);
    ck_assert_int_ne(pixel(&panel, 60, 60), 0xffffff);
    cairo_destroy(panel.cr);
}
END_TEST

START_TEST(a_curve_of_very_many_points_keeps_its_extremes)
{
    enum { MANY = 200000 };
    static double x[MANY], y[MANY];
    om_panel panel = blank_panel();
    for (int i = 0; i < MANY; i++) {
        x[i] = i / (MANY - 1.0);
        y[i] = 0.5;
    }
    y[MANY / 2 + 1] = 0.95;
    y[MANY / 4 + 3] = 0.05;
    om_panel_line(&panel, MANY, x, y, (om_stroke){.width = 2});
    ck_assert_uint_ne(pixel(&panel, 60, 18), 0xffffff);
    ck_assert_uint_ne(pixel(&panel, 35, 102), 0xffffff);
    cairo_destroy(panel.cr);
}
END_TEST

START_TEST(bars_reach_their_values_and_turn_red_above_the_limit)
{
    om_panel panel = blank_panel();
    const double y[] = {0.5, 0.9, NAN, -1};
    panel.horizontal.limits = (om_limits){-0.5, 3.5};
    om_panel_bars(&panel, 4, y, 0.8, OM_GREY);
    ck_assert(shows(&panel, 22, 62, OM_GREY));
    ck_assert_uint_eq(pixel(&panel, 22, 57), 0xffffff);
    ck_assert(shows(&panel, 47, 22, OM_ALARM));
    for (int x = 62; x < SIZE; x++) ck_assert_uint_eq(pixel(&panel, x, 108), 0xffffff);
    cairo_destroy(panel.cr);
}
END_TEST

START_TEST(a_heat_map_averages_columns_and_shows_gaps)
{
    static float values[3 * 3000];
    om_panel panel = blank_panel();
    for (int i = 0; i < 3000; i++) {
        values[i] = i % 2 ? 1 : 0; /* half on average */
        values[3000 + i] = i < 1500 ? NAN : 1;
        values[6000 + i] = i % 2 ? NAN : 1;
    }
    om_panel_heat(&panel, 3, 3000, values, 3000, 1, (om_limits){0, 1});
    ck_assert(shows(&panel, 40, 25, om_colour_viridis(128 / 255.0)));
    ck_assert(shows(&panel, 30, 60, OM_PALE));
    ck_assert(shows(&panel, 90, 60, om_colour_viridis(1)));
    ck_assert(shows(&panel, 40, 95, om_colour_viridis(1)));
    cairo_destroy(panel.cr);
}
END_TEST

START_TEST(names_that_would_cover_each_other_are_left_out)
{
    om_panel panel = blank_panel();
    om_label labels[100];
    for (int i = 0; i < 100; i++) labels[i] = (om_label){.x = 0.5, .y = 0.5, .text = "a name", .colour = OM_BLACK};
    size_t written = om_panel_labels(&panel, 100, labels, NULL);
    ck_assert_uint_ge(written, 2);
    ck_assert_uint_le(written, 48); /* the places around a point */
    labels[0].x = NAN;
    labels[1].x = 7;
    ck_assert_uint_eq(om_panel_labels(&panel, 2, labels, NULL), 0);
    cairo_destroy(panel.cr);
}
END_TEST

/* Dark pixels of a part of the page. */
static int dark_pixels(const om_panel *panel, int left, int top, int right, int bottom)
{
    int count = 0;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) count += pixel(panel, x, y) < 0x808080;
    return count;
}

/* Points fill all but the right third, and there a note has the upper corner. */
START_TEST(a_name_keeps_off_points_and_notes)
{
    om_panel panel = blank_panel();
    double x[2500], y[2500];
    for (int i = 0; i < 2500; i++) x[i] = 0.65 * (i % 50) / 49, y[i] = i / 50 / 49.0;
    const om_label label = {.x = 0.6, .y = 0.5, .text = "xx", .colour = OM_BLACK};
    om_crowd crowd = {2500, x, y, 6, OM_TOP_RIGHT};
    ck_assert_uint_eq(om_panel_labels(&panel, 1, &label, &crowd), 1);
    ck_assert_int_eq(dark_pixels(&panel, 10, 10, 72, 110), 0);
    ck_assert_int_gt(dark_pixels(&panel, 76, 64, 110, 110), 0);
    crowd.lines = 0;
    cairo_destroy(panel.cr);
    panel = blank_panel();
    ck_assert_uint_eq(om_panel_labels(&panel, 1, &label, &crowd), 1);
    ck_assert_int_gt(dark_pixels(&panel, 76, 10, 110, 64), 0);
    for (int i = 0; i < 2500; i++) x[i] /= 0.65;
    ck_assert_uint_eq(om_panel_labels(&panel, 1, &label, &crowd), 0);
    cairo_destroy(panel.cr);
}
END_TEST

START_TEST(a_note_goes_to_the_corner_with_fewer_points)
{
    om_panel panel = blank_panel();
    const double x[] = {0.1, 0.2, 0.9, NAN, 0.8}, y[] = {0.9, 0.8, 0.1, 0.9, 0.3};
    ck_assert_int_eq(om_panel_free_corner(&panel, 0, NULL, NULL), OM_TOP_LEFT);
    ck_assert_int_eq(om_panel_free_corner(&panel, 4, x, y), OM_BOTTOM_RIGHT);
    ck_assert_int_eq(om_panel_free_corner(&panel, 5, x, y), OM_TOP_LEFT);
    cairo_destroy(panel.cr);
}
END_TEST

START_TEST(long_words_are_cut_to_the_room_they_have)
{
    om_panel panel = blank_panel();
    om_font font = {.size = 8, .max_width = 40};
    const char *words = "ein sehr langer Name mit Umlauten: äöüäöüäöü";
    ck_assert_double_le(om_text_width(panel.cr, words, font), 40);
    ck_assert_double_gt(om_text_width(panel.cr, words, font), 25);
    om_text_draw(panel.cr, 0, 60, words, font);
    for (int y = 0; y < SIZE; y++)
        for (int x = 42; x < SIZE; x++) ck_assert_uint_eq(pixel(&panel, x, y), 0xffffff);
    cairo_destroy(panel.cr);
}
END_TEST

int main(void)
{
    TCase *plot = tcase_create("plot");
    tcase_add_test(plot, points_lie_where_their_values_say_and_the_others_are_counted);
    tcase_add_test(plot, a_cloud_shows_many_dots_lighter_than_one_and_counts_the_others);
    tcase_add_test(plot, a_curve_is_broken_where_a_value_is_missing_and_stays_inside);
    tcase_add_test(plot, a_marked_curve_has_a_dot_at_each_value_and_none_between);
    tcase_add_test(plot, a_curve_of_very_many_points_keeps_its_extremes);
    tcase_add_test(plot, bars_reach_their_values_and_turn_red_above_the_limit);
    tcase_add_test(plot, a_heat_map_averages_columns_and_shows_gaps);
    tcase_add_test(plot, names_that_would_cover_each_other_are_left_out);
    tcase_add_test(plot, a_name_keeps_off_points_and_notes);
    tcase_add_test(plot, a_note_goes_to_the_corner_with_fewer_points);
    tcase_add_test(plot, long_words_are_cut_to_the_room_they_have);
    return run_cases("plot", plot, NULL);
}
