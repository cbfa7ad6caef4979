/* Which movies a configuration shows, and how often: what scenes count as. */
#include "config.h"
#include "generation/frames.h"
#include "movies.h"
#include "parsing.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 7, SCENE = 240 }; /* frames of each movie that a scene counts as */
#define EDGES "\"scene:moving_edges\""
#define UPRIGHT "crops: 1, symmetries: none, max_frames: 0"

static om_stimulus *stimulus_of(om_split split, const char *text)
{
    tn_error error = {0};
    ck_assert_msg(parse(text) == TN_OK, "%s", failure.message);
    om_lattice *lattice = om_lattice_new(1, &error);
    om_stimulus *stimulus = om_frames_stimulus(split, lattice, &config, &error);
    ck_assert_msg(stimulus != NULL, "%s", error.message);
    om_lattice_free(lattice);
    om_config_free(&config);
    return stimulus;
}

/* The next frames, [n, COLUMNS]; to be freed. */
static float *shown(om_stimulus *stimulus, int64_t n)
{
    float *luminance = malloc((size_t)(n * COLUMNS) * sizeof *luminance);
    for (int64_t t = 0; t < n; t++) om_stimulus_next(stimulus, luminance + t * COLUMNS);
    return luminance;
}

/* How many of n frames are the same as those `later`. */
static int64_t repeated(const float *frame, int64_t n, int64_t later)
{
    int64_t count = 0;
    for (int64_t t = 0; t < n; t++)
        count += !memcmp(frame + t * COLUMNS, frame + (t + later) * COLUMNS, COLUMNS * sizeof *frame);
    return count;
}

static const char *const orders[] = {"false", "true"};

START_TEST(a_scene_that_counts_as_one_movie_repeats_after_it)
{
    char text[512];
    snprintf(text, sizeof text, "stimulus: {train: [" EDGES "], test: [" EDGES "], scene_movies: 1, shuffle: %s, "
             UPRIGHT "}", orders[_i]);
    for (int split = 0; split < OM_SPLITS; split++) {
        om_stimulus *stimulus = stimulus_of((om_split)split, text);
        ck_assert_int_eq(om_stimulus_sequences(stimulus), 1);
        ck_assert_int_eq(om_stimulus_pass(stimulus), SCENE);
        float *frame = shown(stimulus, 3 * SCENE);
        ck_assert_int_eq(repeated(frame, 2 * SCENE, SCENE), 2 * SCENE);
        ck_assert_int_lt(repeated(frame, SCENE, SCENE / 2), SCENE / 4); /* and not before */
        free(frame);
        om_stimulus_free(stimulus);
    }
}
END_TEST

START_TEST(a_scene_that_counts_as_two_movies_repeats_after_both)
{
    char text[512];
    snprintf(text, sizeof text, "stimulus: {train: [" EDGES "], test: [" EDGES "], scene_movies: 2, shuffle: %s, "
             UPRIGHT "}", orders[_i]);
    for (int split = 0; split < OM_SPLITS; split++) {
        om_stimulus *stimulus = stimulus_of((om_split)split, text);
        float *frame = shown(stimulus, 4 * SCENE);
        ck_assert_int_lt(repeated(frame, SCENE, SCENE), SCENE / 4);
        ck_assert_int_eq(repeated(frame, 2 * SCENE, 2 * SCENE), 2 * SCENE);
        free(frame);
        om_stimulus_free(stimulus);
    }
}
END_TEST

/* Frames of a pass whose movie's name begins so. */
static int64_t frames_of(om_stimulus *stimulus, const char *name)
{
    int64_t count = 0;
    for (int64_t t = 0; t < om_stimulus_pass(stimulus); t++) {
        float luminance[COLUMNS];
        om_stimulus_next(stimulus, luminance);
        count += !strncmp(om_stimulus_where(stimulus).movie, name, strlen(name));
    }
    return count;
}

START_TEST(beside_a_movie_a_scene_is_shown_as_often_as_so_many)
{
    char text[4600], *folder = keep_path("movie");
    write_folder(folder, 40, 40, 10);
    for (int movies = 1; movies < 6; movies += 2) {
        snprintf(text, sizeof text, "stimulus: {train: [\"%s\", " EDGES "], test: [\"%s\"], scene_movies: %d, %s}",
                 folder, folder, movies, UPRIGHT);
        om_stimulus *stimulus = stimulus_of(OM_TRAIN, text);
        ck_assert_int_eq(om_stimulus_sequences(stimulus), movies + 1);
        ck_assert_int_eq(frames_of(stimulus, "scene:moving_edges/"), movies * SCENE);
        ck_assert_int_eq(frames_of(stimulus, folder), 10);
        om_stimulus_free(stimulus);
        stimulus = stimulus_of(OM_TEST, text);
        ck_assert_int_eq(om_stimulus_pass(stimulus), 10);
        om_stimulus_free(stimulus);
        /* Sequences as short as the movie, at two places, in every orientation: of each, the scene has as many. */
        snprintf(text, sizeof text, "stimulus: {train: [\"%s\", " EDGES "], test: [\"%s\"], scene_movies: %d, "
                 "crops: 2, symmetries: all, max_frames: 10, scales: [1]}", folder, folder, movies);
        stimulus = stimulus_of(OM_TRAIN, text);
        ck_assert_int_eq(frames_of(stimulus, folder), 10 * 2 * OM_SYMMETRIES);
        ck_assert_int_eq(frames_of(stimulus, "scene:"), movies * 10 * 2 * OM_SYMMETRIES);
        om_stimulus_free(stimulus);
    }
    free(folder);
}
END_TEST

START_TEST(the_test_part_shows_other_sequences_of_a_scene)
{
    static const char *const text =
        "stimulus: {train: [" EDGES "], test: [" EDGES "], scene_movies: 3, shuffle: false, " UPRIGHT "}";
    for (int split = 0; split < OM_SPLITS; split++) {
        om_stimulus *stimulus = stimulus_of((om_split)split, text);
        for (int i = 0; i < 3; i++) {
            char name[64];
            snprintf(name, sizeof name, "scene:moving_edges/%06d", split == OM_TRAIN ? i : 3 + i);
            ck_assert_int_eq(frames_of(stimulus, name), SCENE);
        }
        om_stimulus_free(stimulus);
    }
}
END_TEST

START_TEST(without_a_list_for_tests_a_fifth_of_the_movies_that_a_scene_counts_as_are)
{
    static const char *const text = "stimulus: {train: [" EDGES "], test: [], scene_movies: 10, " UPRIGHT "}";
    for (int split = 0; split < OM_SPLITS; split++) {
        om_stimulus *stimulus = stimulus_of((om_split)split, text);
        ck_assert_int_eq(om_stimulus_sequences(stimulus), split == OM_TRAIN ? 8 : 2);
        om_stimulus_free(stimulus);
    }
}
END_TEST

START_TEST(one_movie_is_not_enough_without_a_list_for_tests)
{
    tn_error error = {0};
    ck_assert_int_eq(parse("stimulus: {train: [" EDGES "], test: [], scene_movies: 1}"), TN_OK);
    om_lattice *lattice = om_lattice_new(1, &error);
    ck_assert_ptr_null(om_frames_stimulus(OM_TRAIN, lattice, &config, &error));
    ck_assert_int_eq(error.status, TN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "stimulus.train: 1 movie: at least two are needed"));
    om_lattice_free(lattice);
    om_config_free(&config);
}
END_TEST

int main(void)
{
    TCase *movies = tcase_create("movies");
    tcase_add_loop_test(movies, a_scene_that_counts_as_one_movie_repeats_after_it, 0, 2);
    tcase_add_loop_test(movies, a_scene_that_counts_as_two_movies_repeats_after_both, 0, 2);
    tcase_add_test(movies, beside_a_movie_a_scene_is_shown_as_often_as_so_many);
    tcase_add_test(movies, the_test_part_shows_other_sequences_of_a_scene);
    tcase_add_test(movies, without_a_list_for_tests_a_fifth_of_the_movies_that_a_scene_counts_as_are);
    tcase_add_test(movies, one_movie_is_not_enough_without_a_list_for_tests);
    return run_cases("frames", movies, NULL);
}
