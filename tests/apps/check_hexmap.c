/* The eye as a picture: every column in its place, neighbours touching. */
#include "config.h"
#include "common/hexmap.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXTENT = 8, COLUMNS = 217, WIDTH = 391, HEIGHT = 370, STRIDE = 400 };

static const uint32_t background = 0xff102030u;

/* The lattice of models.h. */
static size_t lattice(int extent, int32_t *u, int32_t *v)
{
    size_t n = 0;
    for (int i = -extent; i <= extent; i++)
        for (int j = -extent; j <= extent; j++)
            if (abs(i + j) <= extent) u[n] = i, v[n] = j, n++;
    return n;
}

static uint32_t own_colour(size_t column)
{
    return 0xff000000u | (uint32_t)(column + 1) << 12;
}

static om_hexmap *draw_eye(uint32_t *pixels)
{
    int32_t u[COLUMNS], v[COLUMNS];
    uint32_t colour[COLUMNS];
    ck_assert_uint_eq(lattice(EXTENT, u, v), COLUMNS);
    om_hexmap *map = om_hexmap_new(COLUMNS, u, v, WIDTH, HEIGHT, NULL);
    ck_assert_ptr_nonnull(map);
    for (size_t i = 0; i < COLUMNS; i++) colour[i] = own_colour(i);
    for (size_t i = 0; i < (size_t)STRIDE * HEIGHT; i++) pixels[i] = background;
    om_hexmap_draw(map, colour, pixels, STRIDE);
    return map;
}

START_TEST(every_column_shows_its_colour_at_its_centre_and_takes_the_area_of_a_hexagon)
{
    uint32_t *pixels = calloc((size_t)STRIDE * HEIGHT, sizeof *pixels);
    om_hexmap *map = draw_eye(pixels);
    double x0, y0, x1, y1;
    om_hexmap_centre(map, 0, &x0, &y0);
    om_hexmap_centre(map, 1, &x1, &y1);
    double unit = hypot(x1 - x0, y1 - y0), area = unit * unit * sqrt(3) / 2;
    for (size_t i = 0; i < COLUMNS; i++) {
        double x, y;
        size_t count = 0;
        om_hexmap_centre(map, i, &x, &y);
        ck_assert_uint_eq(pixels[(size_t)y * STRIDE + (size_t)x], own_colour(i));
        for (size_t k = 0; k < (size_t)STRIDE * HEIGHT; k++) count += pixels[k] == own_colour(i);
        /* pixels on the edge are mixed, so only the inside counts */
        ck_assert_msg(count > 0.8 * area && count < 1.02 * area, "column %zu has %zu of %g pixels", i, count, area);
    }
    om_hexmap_free(map);
    free(pixels);
}
END_TEST

START_TEST(neighbours_touch_and_nothing_is_drawn_outside)
{
    uint32_t *pixels = calloc((size_t)STRIDE * HEIGHT, sizeof *pixels);
    om_hexmap *map = draw_eye(pixels);
    size_t pairs = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t j = 0; j < i; j++) {
            double x0, y0, x1, y1;
            om_hexmap_centre(map, i, &x0, &y0);
            om_hexmap_centre(map, j, &x1, &y1);
            if (hypot(x1 - x0, y1 - y0) > 1.1 * WIDTH / 17) continue;
            pairs++;
            for (int k = 0; k <= 100; k++) { /* on the way from one to the other no background shines through */
                size_t x = (size_t)(x0 + (x1 - x0) * k / 100), y = (size_t)(y0 + (y1 - y0) * k / 100);
                ck_assert_uint_eq(pixels[y * STRIDE + x] & 0xff, 0);
            }
        }
    ck_assert_uint_eq(pairs, 9 * EXTENT * EXTENT + 3 * EXTENT);
    for (size_t y = 0; y < HEIGHT; y++)
        for (size_t x = WIDTH; x < STRIDE; x++) ck_assert_uint_eq(pixels[y * STRIDE + x], background);
    ck_assert_uint_eq(pixels[0], background);
    ck_assert_uint_eq(pixels[(size_t)(HEIGHT - 1) * STRIDE + WIDTH - 1], background);
    om_hexmap_free(map);
    free(pixels);
}
END_TEST

START_TEST(edges_mix_the_colours_of_their_two_sides)
{
    const int32_t u[] = {0, 1}, v[] = {0, 0};
    uint32_t pixels[60 * 40], darkest = 0xff, lightest = 0, colour[2] = {0xff404040u, 0xff404040u};
    om_hexmap *map = om_hexmap_new(2, u, v, 60, 40, NULL);
    ck_assert_ptr_nonnull(map);
    for (size_t i = 0; i < 60 * 40; i++) pixels[i] = 0xff404040u;
    om_hexmap_draw(map, colour, pixels, 60);
    for (size_t i = 0; i < 60 * 40; i++) ck_assert_uint_eq(pixels[i], 0xff404040u); /* one colour stays one */
    colour[0] = 0xff202020u;
    colour[1] = 0xff606060u;
    om_hexmap_draw(map, colour, pixels, 60);
    for (size_t x = 10; x < 50; x++) { /* from one centre to the other */
        uint32_t value = pixels[20 * 60 + x] & 0xff;
        ck_assert(value >= 0x20 && value <= 0x60);
        if (value < darkest) darkest = value;
        if (value > lightest) lightest = value;
        if (x > 10) ck_assert_uint_ge(value, pixels[20 * 60 + x - 1] & 0xff);
    }
    ck_assert_uint_eq(darkest, 0x20);
    ck_assert_uint_eq(lightest, 0x60);
    om_hexmap_free(map);
}
END_TEST

START_TEST(columns_lie_as_documented)
{
    const int32_t u[] = {0, 1, 0, -1}, v[] = {0, 0, 1, 0};
    double x[4], y[4];
    om_hexmap *map = om_hexmap_new(4, u, v, 300, 300, NULL);
    ck_assert_ptr_nonnull(map);
    for (size_t i = 0; i < 4; i++) om_hexmap_centre(map, i, &x[i], &y[i]);
    double unit = x[1] - x[0];
    ck_assert_double_eq_tol(unit, 100, 1e-9); /* three hexagons side by side */
    ck_assert_double_eq_tol(y[1], y[0], 1e-9);
    ck_assert_double_eq_tol(x[2] - x[0], 0.5 * unit, 1e-9);
    ck_assert_double_eq_tol(y[0] - y[2], sqrt(3) / 2 * unit, 1e-9); /* v points upwards */
    om_hexmap_free(map);
}
END_TEST

START_TEST(one_column_fills_the_picture)
{
    const int32_t zero = 0;
    const uint32_t white = 0xffffffffu;
    uint32_t pixels[40 * 40];
    om_hexmap *map = om_hexmap_new(1, &zero, &zero, 40, 40, NULL);
    ck_assert_ptr_nonnull(map);
    memset(pixels, 0, sizeof pixels);
    om_hexmap_draw(map, &white, pixels, 40);
    ck_assert_uint_eq(pixels[20 * 40 + 20], white);
    ck_assert_uint_eq(pixels[1 * 40 + 20], white); /* a corner points upwards */
    ck_assert_uint_eq(pixels[1 * 40 + 1], 0);
    om_hexmap_free(map);
}
END_TEST

START_TEST(impossible_eyes_are_refused_with_a_reason)
{
    const int32_t u[] = {0, 1, 0, 20000}, v[] = {0, 0, 0, 0};
    const struct {
        size_t first, n;
        int width;
        const char *words;
    } cases[] = {{0, 0, 100, "0 columns"},
                 {0, 3, 100, "columns 0 and 2 both lie at (0, 0)"},
                 {3, 1, 100, "too far out"},
                 {0, 2, 3, "need more than 3"},
                 {0, 2, 0, "on 0 x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(om_hexmap_new(cases[i].n, u + cases[i].first, v, cases[i].width, 50, &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
        ck_assert_msg(strstr(error.message, cases[i].words) != NULL, "%s", error.message);
    }
}
END_TEST

int main(void)
{
    TCase *hexmap = tcase_create("hexmap");
    tcase_add_test(hexmap, every_column_shows_its_colour_at_its_centre_and_takes_the_area_of_a_hexagon);
    tcase_add_test(hexmap, neighbours_touch_and_nothing_is_drawn_outside);
    tcase_add_test(hexmap, edges_mix_the_colours_of_their_two_sides);
    tcase_add_test(hexmap, columns_lie_as_documented);
    tcase_add_test(hexmap, one_column_fills_the_picture);
    tcase_add_test(hexmap, impossible_eyes_are_refused_with_a_reason);
    return run_cases("hexmap", hexmap, NULL);
}
