/* Frames of the comparison video. */
#include "config.h"
#include "common/colour.h"
#include "common/comparison.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 7, TRACES = 3 };
static const int32_t u[COLUMNS] = {-1, -1, 0, 0, 0, 1, 1}, v[COLUMNS] = {0, 1, -1, 0, 1, -1, 0};
static const double low[TRACES] = {-1, -1, 0}, high[TRACES] = {1, 1, 0};
static const char *const names[TRACES] = {"L1", "a name \xff that is far too long to be shown", ""};

static om_comparison_spec ordinary(void)
{
    return (om_comparison_spec){.n_columns = COLUMNS,
                                .u = u,
                                .v = v,
                                .low = 0,
                                .high = 1,
                                .a = 2,
                                .b = -0.5,
                                .n_traces = TRACES,
                                .name = names,
                                .trace_low = low,
                                .trace_high = high,
                                .dt = 0.02,
                                .window = 10};
}

static uint32_t pixel(const om_comparison_picture *picture, double x, double y)
{
    uint32_t value;
    memcpy(&value, picture->data + (size_t)y * picture->stride + 4 * (size_t)x, sizeof value);
    return value;
}

static tn_status draw(om_comparison *comparison, int64_t index, const float *truth, float recovered,
                      om_comparison_picture *picture)
{
    const float all[COLUMNS] = {recovered, recovered, recovered, recovered, recovered, recovered, recovered};
    const float voltage[TRACES] = {(float)sin((double)index), NAN, 0};
    om_comparison_frame frame = {index, (double)index * 0.02, truth, all, voltage, voltage};
    return om_comparison_draw(comparison, &frame, picture, NULL);
}

START_TEST(eyes_show_the_true_and_the_corrected_values_on_one_scale)
{
    om_comparison_spec spec = ordinary();
    om_comparison *comparison = om_comparison_new(&spec, NULL);
    const float truth[COLUMNS] = {1, 1, 1, 1, 1, 1, 1};
    om_comparison_picture picture;
    ck_assert_int_eq(draw(comparison, 0, truth, 0.25f, &picture), TN_OK);
    /* the middles of the eyes on the page of 800 x 300, at 1.6 pixels per point */
    ck_assert_uint_eq(pixel(&picture, 1.6 * 128, 1.6 * 150), om_colour_pixel(om_colour_viridis(1)));
    ck_assert_uint_eq(pixel(&picture, 1.6 * 374, 1.6 * 150), om_colour_pixel(om_colour_viridis(0)));
    ck_assert_uint_eq(pixel(&picture, 2, 2), 0xffffffffu);
    ck_assert_int_eq(draw(comparison, 1, NULL, NAN, &picture), TN_OK);
    ck_assert_uint_eq(pixel(&picture, 1.6 * 128, 1.6 * 120), 0xffffffffu);
    ck_assert_uint_eq(pixel(&picture, 1.6 * 374, 1.6 * 150), om_colour_pixel(OM_PALE));
    om_comparison_free(comparison);
}
END_TEST

START_TEST(the_error_is_that_of_the_corrected_values_and_its_mean_runs)
{
    om_comparison_spec spec = ordinary();
    om_comparison *comparison = om_comparison_new(&spec, NULL);
    const float truth[COLUMNS] = {0.7f, 0.3f, 0.5f, 0.5f, NAN, 0.5f, 0.5f};
    om_comparison_picture picture;
    ck_assert(isnan(om_comparison_running_rmse(comparison)));
    draw(comparison, 0, truth, 0.5f, &picture); /* corrected: 0.5 */
    double first = sqrt((0.04 + 0.04) / 6);
    ck_assert_double_eq_tol(om_comparison_rmse(comparison), first, 1e-7);
    draw(comparison, 1, NULL, 0.5f, &picture);
    ck_assert(isnan(om_comparison_rmse(comparison)));
    draw(comparison, 2, truth, 0.75f, &picture); /* corrected: 1 */
    double second = sqrt((0.09 + 0.49 + 4 * 0.25) / 6);
    ck_assert_double_eq_tol(om_comparison_rmse(comparison), second, 1e-7);
    ck_assert_double_eq_tol(om_comparison_running_rmse(comparison), 0.5 * (first + second), 1e-7);
    om_comparison_free(comparison);
}
END_TEST

/* How many pixels of the traces' panel are green. */
static int green_pixels(const om_comparison_picture *picture)
{
    int count = 0;
    for (int y = 60; y < picture->height - 100; y++)
        for (int x = 956; x < picture->width; x++) {
            uint32_t value = pixel(picture, x, y);
            count += (value >> 8 & 255) > (value >> 16 & 255) + 40;
        }
    return count;
}

START_TEST(traces_grow_from_the_right_until_they_fill_their_window)
{
    om_comparison_spec spec = ordinary();
    om_comparison *comparison = om_comparison_new(&spec, NULL);
    om_comparison_picture picture;
    int green[25];
    for (int i = 0; i < 25; i++) {
        ck_assert_int_eq(draw(comparison, i, NULL, 0.5f, &picture), TN_OK);
        green[i] = green_pixels(&picture);
    }
    ck_assert_int_gt(green[1], green[0]);
    ck_assert_int_gt(green[9], 3 * green[1]);
    ck_assert_int_lt(green[4], 0.7 * green[9]);
    ck_assert_int_lt(abs(green[24] - green[14]), green[24] / 2);
    om_comparison_free(comparison);
}
END_TEST

START_TEST(the_same_frames_give_the_same_pixels)
{
    om_comparison_spec spec = ordinary();
    om_comparison *comparison[2] = {om_comparison_new(&spec, NULL), om_comparison_new(&spec, NULL)};
    const float truth[COLUMNS] = {0.7f, 0.3f, 0.5f, 0.5f, 0.1f, 0.5f, 0.5f};
    om_comparison_picture picture[2];
    for (int i = 0; i < 13; i++)
        for (int k = 0; k < 2; k++) ck_assert_int_eq(draw(comparison[k], i, truth, 0.4f, &picture[k]), TN_OK);
    ck_assert_mem_eq(picture[0].data, picture[1].data, picture[0].stride * (size_t)picture[0].height);
    om_comparison_free(comparison[0]);
    om_comparison_free(comparison[1]);
}
END_TEST

START_TEST(pictures_are_even_in_size)
{
    static const int asked[][2] = {{0, 0}, {641, 241}, {320, 480}, {2000, 121}};
    static const int given[][2] = {{1280, 480}, {642, 242}, {320, 480}, {2000, 122}};
    om_comparison_spec spec = ordinary();
    om_comparison_picture picture;
    spec.width = asked[_i][0];
    spec.height = asked[_i][1];
    om_comparison *comparison = om_comparison_new(&spec, NULL);
    ck_assert_ptr_nonnull(comparison);
    ck_assert_int_eq(draw(comparison, 0, NULL, 0.5f, &picture), TN_OK);
    ck_assert_int_eq(picture.width, given[_i][0]);
    ck_assert_int_eq(picture.height, given[_i][1]);
    ck_assert_uint_ge(picture.stride, 4 * (size_t)picture.width);
    om_comparison_free(comparison);
}
END_TEST

START_TEST(a_comparison_without_traces_is_possible)
{
    om_comparison_spec spec = ordinary();
    spec.n_traces = 0;
    om_comparison *comparison = om_comparison_new(&spec, NULL);
    om_comparison_picture picture;
    ck_assert_ptr_nonnull(comparison);
    ck_assert_int_eq(draw(comparison, 0, NULL, 0.5f, &picture), TN_OK);
    om_comparison_free(comparison);
    om_comparison_free(NULL);
}
END_TEST

static void refuse(const om_comparison_spec *spec, const char *words)
{
    tn_error error = {0};
    ck_assert_ptr_null(om_comparison_new(spec, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_msg(strstr(error.message, words) != NULL, "%s", error.message);
}

START_TEST(what_cannot_be_shown_is_refused_with_a_reason)
{
    om_comparison_spec spec = ordinary(), bad;
    const int32_t same[COLUMNS] = {0};
    refuse((bad = spec, bad.width = 100, &bad), "100 x 480 pixels");
    refuse((bad = spec, bad.height = 20000, &bad), "1280 x 20000 pixels");
    refuse((bad = spec, bad.n_traces = 33, &bad), "up to 32 traces, not 33");
    refuse((bad = spec, bad.high = 0, &bad), "from 0 to 0 has no length");
    refuse((bad = spec, bad.low = NAN, &bad), "has no length");
    refuse((bad = spec, bad.dt = 0, &bad), "0 s apart");
    refuse((bad = spec, bad.window = 1, &bad), "traces of 1 frames");
    refuse((bad = spec, bad.n_columns = 0, &bad), "0 columns");
    refuse((bad = spec, bad.u = same, &bad), "both lie at (0, 0)");
}
END_TEST

int main(void)
{
    TCase *comparison = tcase_create("comparison");
    tcase_add_test(comparison, eyes_show_the_true_and_the_corrected_values_on_one_scale);
    tcase_add_test(comparison, the_error_is_that_of_the_corrected_values_and_its_mean_runs);
    tcase_add_test(comparison, traces_grow_from_the_right_until_they_fill_their_window);
    tcase_add_test(comparison, the_same_frames_give_the_same_pixels);
    tcase_add_loop_test(comparison, pictures_are_even_in_size, 0, 4);
    tcase_add_test(comparison, a_comparison_without_traces_is_possible);
    tcase_add_test(comparison, what_cannot_be_shown_is_refused_with_a_reason);
    return run_cases("comparison", comparison, NULL);
}
