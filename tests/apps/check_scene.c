/* Built-in scenes, each by the properties that all must have. */
#include "config.h"
#include "common/resize.h"
#include "common/scene.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { W = 96, H = 72, SIZE = W * H, SCENES = 5, NOISE = SCENES - 1 };

static om_movie *open_scene(int kind, om_scene_options options)
{
    tn_error error = {0};
    om_movie *movie = om_scene_open(om_scene_name(kind), &options, &error);
    ck_assert_msg(movie != NULL, "%s", error.message);
    return movie;
}

static om_scene_options usual(void)
{
    return (om_scene_options){.width = W, .height = H, .frames = 1000, .rate = 50, .seed = 5, .sequence = 3};
}

static om_frame next(om_movie *movie)
{
    tn_error error = {0};
    om_frame frame;
    ck_assert_int_eq(om_movie_next(movie, &frame, &error), TN_OK);
    ck_assert_ptr_nonnull(frame.data);
    ck_assert_int_eq(frame.pixels, OM_GREY8);
    return frame;
}

/* Frame number k of a scene, to be freed. */
static uint8_t *frame_of(int kind, om_scene_options options, int k)
{
    size_t size = (size_t)options.width * (size_t)options.height;
    om_movie *movie = open_scene(kind, options);
    for (int i = 0; i < k; i++) next(movie);
    uint8_t *copy = malloc(size);
    memcpy(copy, next(movie).data, size);
    om_movie_close(movie);
    return copy;
}

static double difference(const uint8_t *a, const uint8_t *b, size_t size)
{
    double sum = 0;
    for (size_t i = 0; i < size; i++) sum += abs(a[i] - b[i]);
    return sum / (255.0 * (double)size);
}

START_TEST(a_scene_is_a_movie_of_the_wanted_size_and_length)
{
    om_scene_options options = usual();
    options.frames = 3;
    om_movie *movie = open_scene(_i, options);
    om_movie_info info = om_movie_about(movie);
    ck_assert_int_eq(info.width, W);
    ck_assert_int_eq(info.height, H);
    ck_assert_int_eq(info.frames, 3);
    ck_assert_double_eq(info.rate, 50);
    for (int i = 0; i < 3; i++) ck_assert_double_eq(next(movie).time, i / 50.0);
    om_frame frame;
    tn_error error = {0};
    ck_assert_int_eq(om_movie_next(movie, &frame, &error), TN_OK);
    ck_assert_ptr_null(frame.data);
    om_movie_close(movie);
}
END_TEST

START_TEST(frames_depend_on_seed_sequence_and_time_alone)
{
    om_scene_options options = usual();
    uint8_t *base = frame_of(_i, options, 20);
    struct {
        om_scene_options options;
        int frame;
        bool same;
    } cases[5];
    for (int i = 0; i < 5; i++) cases[i].options = options;
    cases[0].same = true, cases[0].frame = 20;
    cases[1].same = true, cases[1].frame = 10, cases[1].options.rate = 25;
    cases[2].same = true, cases[2].frame = 20, cases[2].options.frames = (int64_t)1 << 60;
    cases[3].same = false, cases[3].frame = 20, cases[3].options.seed++;
    cases[4].same = false, cases[4].frame = 20, cases[4].options.sequence++;
    for (int i = 0; i < 5; i++) {
        uint8_t *other = frame_of(_i, cases[i].options, cases[i].frame);
        double far = difference(base, other, SIZE);
        ck_assert_msg(cases[i].same ? far == 0 : far > 0.03, "case %d: %g", i, far);
        free(other);
    }
    free(base);
}
END_TEST

/* Drawn four times finer and averaged, a frame is the same: lengths are shares of the height, and edges are smooth. */
START_TEST(frames_are_anti_aliased)
{
    enum { FINE = 4, WIDE = 95, HIGH = 71, COARSE = WIDE * HIGH, BIG = COARSE * FINE * FINE }; /* squares on no grid */
    om_scene_options options = usual(), fine = usual();
    options.width = WIDE, fine.width = WIDE * FINE;
    options.height = HIGH, fine.height = HIGH * FINE;
    double *from = malloc(BIG * sizeof *from), *to = malloc(COARSE * sizeof *to), sum = 0;
    tn_error error = {0};
    uint8_t *coarse = frame_of(_i, options, 35), *detailed = frame_of(_i, fine, 35);
    for (int i = 0; i < BIG; i++) from[i] = detailed[i] / 255.0;
    om_resize(from, WIDE * FINE, HIGH * FINE, to, WIDE, HIGH, &error);
    for (int i = 0; i < COARSE; i++) sum += fabs(to[i] - coarse[i] / 255.0);
    ck_assert_msg(sum / COARSE < 0.006, "mean difference %g", sum / COARSE);
    free(coarse);
    free(detailed);
    free(from);
    free(to);
}
END_TEST

START_TEST(scenes_move_without_tearing)
{
    om_movie *movie = open_scene(_i, usual());
    uint8_t first[SIZE], latest[SIZE];
    double steps = 0;
    for (int i = 0; i < 100; i++) {
        om_frame frame = next(movie);
        if (i == 0)
            memcpy(first, frame.data, SIZE);
        else
            steps += difference(frame.data, latest, SIZE);
        memcpy(latest, frame.data, SIZE);
    }
    om_movie_close(movie);
    ck_assert_double_gt(steps / 99, 0.001);
    ck_assert_double_lt(steps / 99, 0.15);
    ck_assert_double_gt(difference(first, latest, SIZE), 0.05);
}
END_TEST

/* Even the largest square is new in each picture, and between two pictures nothing changes. */
START_TEST(pictures_of_noise_have_nothing_in_common)
{
    enum { PICTURES = 200, EACH = 3 };
    om_scene_options options = usual();
    options.rate = 50 * EACH;
    om_movie *movie = open_scene(NOISE, options);
    ck_assert_str_eq(om_scene_name(NOISE), "white_noise");
    double corner[PICTURES], mean[PICTURES], together = 0, squares = 0;
    for (int k = 0; k < PICTURES; k++) {
        uint8_t first[SIZE];
        for (int i = 0; i < EACH; i++) {
            const uint8_t *grey = next(movie).data;
            if (i == 0) memcpy(first, grey, SIZE);
            ck_assert_mem_eq(grey, first, SIZE);
        }
        corner[k] = first[0] / 255.0 - 0.5, mean[k] = -0.5;
        for (int i = 0; i < SIZE; i++) mean[k] += first[i] / 255.0 / SIZE;
    }
    om_movie_close(movie);
    for (int k = 0; k + 1 < PICTURES; k++) {
        together += mean[k] * mean[k + 1] + corner[k] * corner[k + 1];
        squares += mean[k] * mean[k] + corner[k] * corner[k];
    }
    ck_assert_msg(fabs(together) < 0.25 * squares, "%g of %g", together, squares);
}
END_TEST

/* Over many sequences and long times the light is balanced and has contrast. */
START_TEST(light_is_balanced_at_all_times)
{
    double sum = 0, squares = 0, count = 0;
    for (uint32_t sequence = 0; sequence < 40; sequence++) {
        om_scene_options options = usual();
        options.rate = 0.0123; /* a frame every 81 seconds */
        options.sequence = sequence;
        om_movie *movie = open_scene(_i, options);
        for (int k = 0; k < 5; k++) {
            const uint8_t *grey = next(movie).data;
            for (int i = 0; i < SIZE; i++, count++) {
                sum += grey[i] / 255.0;
                squares += grey[i] / 255.0 * (grey[i] / 255.0);
            }
        }
        om_movie_close(movie);
    }
    double mean = sum / count, deviation = sqrt(squares / count - mean * mean);
    ck_assert_msg(mean > 0.44 && mean < 0.56, "mean %g", mean);
    ck_assert_msg(deviation > 0.15 && deviation < 0.4, "standard deviation %g", deviation);
}
END_TEST

/* Between the leaves one would see the grey of nothing, 128; as the grey of a leaf it is rare. */
START_TEST(dead_leaves_cover_everything)
{
    om_scene_options options = usual();
    options.rate = 1 / 7.7;
    om_movie *movie = open_scene(0, options);
    ck_assert_str_eq(om_scene_name(0), "dead_leaves");
    int nothing = 0;
    for (int k = 0; k < 20; k++) {
        const uint8_t *grey = next(movie).data;
        for (int i = 0; i < SIZE; i++) nothing += grey[i] == 128;
    }
    ck_assert_msg(nothing < 20 * SIZE / 50, "%d pixels", nothing);
    om_movie_close(movie);
}
END_TEST

START_TEST(what_cannot_be_drawn_is_refused)
{
    static const struct {
        const char *name, *words;
        om_scene_options options;
    } cases[] = {
        {"live_leaves", "scene live_leaves is unknown; there are dead_leaves, moving_edges, ", {W, H, 5, 50, 0, 0}},
        {"flicker", "scene flicker: frames of 7 x 72 pixels", {7, H, 5, 50, 0, 0}},
        {"flicker", "frames of 96 x 5000 pixels", {W, 5000, 5, 50, 0, 0}},
        {"flicker", "one side may be 8 times the other", {1000, 100, 5, 50, 0, 0}},
        {"flicker", "0 frames at 50 per second", {W, H, 0, 50, 0, 0}},
        {"flicker", "5 frames at 0 per second", {W, H, 5, 0, 0, 0}},
        {"flicker", "5 frames at nan per second", {W, H, 5, NAN, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(om_scene_open(cases[i].name, &cases[i].options, &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
        ck_assert_msg(strstr(error.message, cases[i].words) != NULL, "%s", error.message);
    }
    ck_assert_ptr_nonnull(om_scene_name(SCENES - 1));
    ck_assert_ptr_null(om_scene_name(SCENES)); /* else this program does not test all */
    ck_assert_ptr_null(om_scene_name(-1));
}
END_TEST

int main(void)
{
    TCase *scenes = tcase_create("scenes");
    tcase_set_timeout(scenes, 20);
    tcase_add_loop_test(scenes, a_scene_is_a_movie_of_the_wanted_size_and_length, 0, SCENES);
    tcase_add_loop_test(scenes, frames_depend_on_seed_sequence_and_time_alone, 0, SCENES);
    tcase_add_loop_test(scenes, frames_are_anti_aliased, 0, SCENES);
    tcase_add_loop_test(scenes, scenes_move_without_tearing, 0, NOISE);
    tcase_add_test(scenes, pictures_of_noise_have_nothing_in_common);
    tcase_add_loop_test(scenes, light_is_balanced_at_all_times, 0, SCENES);
    tcase_add_test(scenes, dead_leaves_cover_everything);
    tcase_add_test(scenes, what_cannot_be_drawn_is_refused);
    return run_cases("scenes", scenes, NULL);
}
