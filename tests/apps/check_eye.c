/* The compound eye, against the reference values and by its properties. */
#include "config.h"
#include "common/eye.h"
#include "common/resize.h"
#include "golden.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The hexagon of a given extent: u outer, v inner. Returns the number of columns. */
static int hexagon(int n, int32_t *u, int32_t *v)
{
    int count = 0;
    for (int i = -n; i <= n; i++)
        for (int j = -n; j <= n; j++)
            if (abs(i + j) <= n) {
                u[count] = i;
                v[count++] = j;
            }
    return count;
}

static om_eye *new_eye(int extent)
{
    int32_t u[217], v[217];
    tn_error error = {0};
    om_eye *eye = om_eye_new(hexagon(extent, u, v), u, v, &error);
    ck_assert_msg(eye != NULL, "%s", error.message);
    return eye;
}

START_TEST(luminances_agree_with_the_reference)
{
    enum { FRAMES = 4, W = 320, H = 240, C = 217 };
    static uint8_t grey[H * W], rgb[H * W * 3];
    double got[C];
    golden *file = golden_open(test_data("data/eye_extent8.h5"));
    const int32_t *values = golden_int32s(file, "grey");
    const int32_t *u = golden_int32s(file, "u"), *v = golden_int32s(file, "v");
    const double *expected = golden_doubles(file, "luminance");

    tn_error error = {0};
    om_view view;
    om_eye *eye = om_eye_new(C, u, v, &error);
    ck_assert_int_eq(om_eye_span(eye), 221);
    ck_assert_int_eq(om_eye_view(eye, W, H, 1, NULL, &view, &error), TN_OK);
    for (int f = 0; f < FRAMES; f++)
        for (int colours = 0; colours < 2; colours++) {
            for (int i = 0; i < H * W; i++) grey[i] = (uint8_t)values[f * H * W + i];
            for (int i = 0; i < H * W; i++) memset(rgb + 3 * i, grey[i], 3);
            om_frame frame = {.width = W, .height = H, .pixels = OM_GREY8, .data = grey};
            if (colours) frame = (om_frame){.width = W, .height = H, .pixels = OM_RGB24, .data = rgb};
            ck_assert_int_eq(om_eye_look(eye, &frame, 1, &view, got, &error), TN_OK);
            for (int c = 0; c < C; c++) ck_assert_double_eq_tol(got[c], expected[f * C + c], 1e-12);
        }
    golden_close(file);
    om_eye_free(eye);
}
END_TEST

START_TEST(colours_are_weighted)
{
    tn_error error = {0};
    om_eye *eye = new_eye(0);
    om_view view;
    static uint8_t rgb[13 * 13 * 3];
    static const double weight[3] = {0.299, 0.587, 0.114};
    om_frame frame = {.width = 13, .height = 13, .pixels = OM_RGB24, .data = rgb};
    om_eye_view(eye, 13, 13, 1, NULL, &view, &error);
    for (int colour = 0; colour < 3; colour++) {
        double luminance;
        for (int i = 0; i < 13 * 13 * 3; i++) rgb[i] = i % 3 == colour ? 102 : 0;
        ck_assert_int_eq(om_eye_look(eye, &frame, 1, &view, &luminance, &error), TN_OK);
        ck_assert_double_eq_tol(luminance, 0.4 * weight[colour], 1e-12);
    }
    om_eye_free(eye);
}
END_TEST

START_TEST(pixels_outside_count_zero)
{
    enum { C = 19, W = 65, H = 65 };
    tn_error error = {0};
    om_eye *eye = new_eye(2);
    static uint8_t white[H * W];
    double luminance[C];
    memset(white, 255, sizeof white);
    om_frame frame = {.width = W, .height = H, .pixels = OM_GREY8, .data = white};
    om_view view = {W, H, 6, 32}; /* the middle column of boxes touches the left edge */
    ck_assert_int_eq(om_eye_look(eye, &frame, 1, &view, luminance, &error), TN_OK);
    ck_assert_double_eq(luminance[9], 1); /* u = v = 0 */
    ck_assert_double_eq(luminance[4], 0); /* u = -1, v = 0: 13 pixels farther left */
    view.column = 3;
    om_eye_look(eye, &frame, 1, &view, luminance, &error);
    ck_assert_double_eq_tol(luminance[9], 10 / 13.0, 1e-15);
    om_eye_free(eye);
}
END_TEST

START_TEST(frames_are_scaled_as_little_as_needed)
{
    static const struct {
        int width, height;
        double zoom;
        om_view expected;
    } cases[] = {
        {320, 240, 1, {320, 240, 160, 119}},    {320, 241, 1, {320, 241, 160, 120}},
        {1280, 720, 0.5, {640, 360, 320, 179}}, {1280, 720, 0.1, {393, 221, 196, 110}},
        {176, 144, 1, {270, 221, 135, 110}},    {100, 400, 1, {221, 884, 110, 441}},
        {400, 100, 3, {1200, 300, 600, 149}},   {221, 221, 1, {221, 221, 110, 110}},
        {1, 1, 1, {221, 221, 110, 110}},
    };
    om_eye *eye = new_eye(8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error = {0};
        om_view view;
        ck_assert_int_eq(om_eye_view(eye, cases[i].width, cases[i].height, cases[i].zoom, NULL, &view, &error), TN_OK);
        ck_assert_mem_eq(&view, &cases[i].expected, sizeof view);
    }
    om_eye_free(eye);
}
END_TEST

START_TEST(placed_views_stay_within_the_frame_and_reach_its_edges)
{
    static const double places[] = {0, 0.31, 0.5, 0.99999999};
    om_eye *eye = new_eye(2);
    tn_error error = {0};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            om_view view;
            ck_assert_int_eq(om_eye_view(eye, 90, 70, 1, (double[]){places[i], places[j]}, &view, &error), TN_OK);
            ck_assert(view.column - 32 >= 0 && view.column + 32 < 90);
            ck_assert(view.row - 32 >= 0 && view.row + 32 < 70);
            if (i == 0) ck_assert_int_eq(view.column, 32);
            if (i == 3) ck_assert_int_eq(view.column, 57);
            if (j == 0) ck_assert_int_eq(view.row, 32);
            if (j == 3) ck_assert_int_eq(view.row, 37);
        }
    om_eye_free(eye);
}
END_TEST

START_TEST(several_views_of_a_frame_are_independent)
{
    enum { C = 19, W = 100, H = 80 };
    om_eye *eye = new_eye(2);
    tn_error error = {0};
    uint8_t grey[W * H];
    for (uint64_t i = 0; i < W * H; i++) grey[i] = (uint8_t)(256 * tn_random_uniform(1, 0, i));
    om_frame frame = {.width = W, .height = H, .pixels = OM_GREY8, .data = grey};
    om_view views[4];
    double together[4 * C], alone[C];
    om_eye_view(eye, W, H, 1, NULL, &views[0], &error);
    om_eye_view(eye, W, H, 1, (double[]){0.9, 0.1}, &views[1], &error);
    om_eye_view(eye, W, H, 1.6, (double[]){0.4, 0.7}, &views[2], &error);
    om_eye_view(eye, W, H, 0.9, NULL, &views[3], &error);
    ck_assert_int_eq(om_eye_look(eye, &frame, 4, views, together, &error), TN_OK);
    for (int i = 0; i < 4; i++) {
        om_eye_look(eye, &frame, 1, &views[i], alone, &error);
        ck_assert_mem_eq(alone, together + i * C, sizeof alone);
        if (i) ck_assert_mem_ne(alone, together, sizeof alone);
    }
    om_eye_free(eye);
}
END_TEST

START_TEST(shrinking_takes_means_of_areas)
{
    enum { W = 12, H = 9 };
    tn_error error = {0};
    double in[W * H], third[4 * 3], odd[5 * 7], sum = 0, odd_sum = 0;
    for (uint64_t i = 0; i < W * H; i++) sum += in[i] = tn_random_uniform(4, 0, i);
    ck_assert_int_eq(om_resize(in, W, H, third, 4, 3, &error), TN_OK);
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 4; x++) {
            double mean = 0;
            for (int i = 0; i < 9; i++) mean += in[(3 * y + i / 3) * W + 3 * x + i % 3] / 9;
            ck_assert_double_eq_tol(third[4 * y + x], mean, 1e-14);
        }
    om_resize(in, W, H, odd, 5, 7, &error);
    for (int i = 0; i < 35; i++) odd_sum += odd[i];
    ck_assert_double_eq_tol(odd_sum / 35, sum / (W * H), 1e-14);
}
END_TEST

START_TEST(growing_keeps_ramps_constants_and_the_range)
{
    enum { W = 10, H = 6, BIG = 23 };
    tn_error error = {0};
    double in[W * H], out[BIG * BIG], one = 0.3, step[4] = {0, 0, 1, 1};
    for (int i = 0; i < W * H; i++) in[i] = 0.1 + 0.05 * (i % W) + 0.03 * (i / W);
    ck_assert_int_eq(om_resize(in, W, H, out, BIG, BIG, &error), TN_OK);
    for (int y = 0; y < BIG; y++)
        for (int x = 0; x < BIG; x++) {
            double column = (x + 0.5) * W / BIG - 0.5, row = (y + 0.5) * H / BIG - 0.5;
            if (column < 1 || column > W - 2 || row < 1 || row > H - 2) continue; /* edges repeat */
            ck_assert_double_eq_tol(out[y * BIG + x], 0.1 + 0.05 * column + 0.03 * row, 1e-14);
        }
    om_resize(&one, 1, 1, out, BIG, BIG, &error);
    for (int i = 0; i < BIG * BIG; i++) ck_assert_double_eq_tol(out[i], one, 1e-15);
    om_resize(step, 4, 1, out, BIG, 1, &error);
    for (int i = 0; i < BIG; i++) ck_assert(out[i] >= 0 && out[i] <= 1);
    ck_assert_double_eq(out[0], 0);
    ck_assert_double_eq(out[BIG - 1], 1);
}
END_TEST

START_TEST(bad_eyes_and_views_are_refused)
{
    tn_error error = {0};
    om_view view;
    ck_assert_ptr_null(om_eye_new(0, NULL, NULL, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    error = (tn_error){0};
    ck_assert_ptr_null(om_eye_new(1, (int32_t[]){0}, (int32_t[]){INT32_MIN}, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    om_eye *eye = new_eye(1);
    static const double zooms[] = {0, -1, NAN, INFINITY, 1e6};
    for (size_t i = 0; i < sizeof zooms / sizeof *zooms; i++) {
        error = (tn_error){0};
        ck_assert_int_eq(om_eye_view(eye, 100, 100, zooms[i], NULL, &view, &error), TN_EINVAL);
        ck_assert_ptr_nonnull(strstr(error.message, "scaled by"));
    }
    om_eye_free(eye);
    om_eye_free(NULL);
}
END_TEST

int main(void)
{
    TCase *eye = tcase_create("eye");
    tcase_add_test(eye, luminances_agree_with_the_reference);
    tcase_add_test(eye, colours_are_weighted);
    tcase_add_test(eye, pixels_outside_count_zero);
    tcase_add_test(eye, frames_are_scaled_as_little_as_needed);
    tcase_add_test(eye, placed_views_stay_within_the_frame_and_reach_its_edges);
    tcase_add_test(eye, several_views_of_a_frame_are_independent);
    tcase_add_test(eye, shrinking_takes_means_of_areas);
    tcase_add_test(eye, growing_keeps_ramps_constants_and_the_range);
    tcase_add_test(eye, bad_eyes_and_views_are_refused);
    return run_cases("eye", eye, NULL);
}
