/* The stimulus: which frame of which movie is shown when, where and how. */
#include "config.h"
#include "common/eye.h"
#include "common/stimulus.h"
#include "movies.h"
#include "testing.h"

#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A folder of n even frames whose grey tells movie and frame: 255 luminance = base + k. */
static void write_even(om_sources *sources, const char *name, int n, int base)
{
    uint8_t grey[13 * 13];
    tn_error error = {0};
    char *path = keep_path(name), image[4096];
    mkdir(path, 0777);
    for (int k = 0; k < n; k++) {
        memset(grey, base + k, sizeof grey);
        snprintf(image, sizeof image, "%s/%03d.png", path, k);
        write_png(image, 13, 13, 1, grey);
    }
    ck_assert_int_eq(om_sources_add(sources, path, 0, 0, &error), TN_OK);
    free(path);
}

static om_stimulus_options usual(void)
{
    return (om_stimulus_options){.delta_t = 0.02,
                                 .shrink = 1,
                                 .crops = 1,
                                 .orientations = OM_UPRIGHT,
                                 .seed = 4,
                                 .image_rate = 25,
                                 .scene_frames = 10};
}

static om_stimulus *new_stimulus(int extent, const om_sources *sources, om_stimulus_options options)
{
    tn_error error = {0};
    om_lattice *lattice = om_lattice_new(extent, &error);
    om_stimulus *stimulus = om_stimulus_new(lattice, sources, &options, &error);
    ck_assert_msg(stimulus != NULL, "%s", error.message);
    om_lattice_free(lattice);
    return stimulus;
}

/* The next frame of an eye of one column, as its grey. */
static double next_grey(om_stimulus *stimulus)
{
    float luminance;
    om_stimulus_next(stimulus, &luminance);
    return 255.0 * (double)luminance;
}

START_TEST(frames_follow_one_another_and_movies_too)
{
    om_sources sources = {0};
    write_even(&sources, "b", 3, 100);
    write_even(&sources, "a", 4, 20);
    om_stimulus *stimulus = new_stimulus(0, &sources, usual());
    static const int expected[] = {20, 21, 22, 23, 100, 101, 102};
    ck_assert_int_eq(om_stimulus_sequences(stimulus), 2);
    ck_assert_int_eq(om_stimulus_pass(stimulus), 7);
    for (int i = 0; i < 21; i++) {
        ck_assert_double_eq_tol(next_grey(stimulus), expected[i % 7], 1e-4);
        om_stimulus_place where = om_stimulus_where(stimulus);
        ck_assert_int_eq(where.pass, i / 7);
        ck_assert_int_eq(where.step, i % 7 < 4 ? i % 7 : i % 7 - 4);
        ck_assert_int_eq(where.length, i % 7 < 4 ? 4 : 3);
        ck_assert_int_eq(where.movie[strlen(where.movie) - 1], i % 7 < 4 ? 'a' : 'b');
    }
    om_stimulus_free(stimulus);
    om_sources_clear(&sources);
}
END_TEST

/* 12 frames at several rates, seen every 0.02 s until the last one has had its time. */
START_TEST(real_time_takes_the_nearest_frame_or_interpolates)
{
    static const double rates[] = {25, 24, 30, 50, 80, 7};
    om_sources sources = {0};
    write_even(&sources, "movie", 12, 40);
    om_stimulus_options options = usual();
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
        for (int linear = 0; linear < 2; linear++) {
            options.clock = linear ? OM_CLOCK_LINEAR : OM_CLOCK_NEAREST;
            options.image_rate = rates[r];
            om_stimulus *stimulus = new_stimulus(0, &sources, options);
            int steps = (int)floor(12 / rates[r] / 0.02 + 1e-6);
            ck_assert_int_eq(om_stimulus_pass(stimulus), steps);
            for (int k = 0; k < steps; k++) {
                double place = fmin(11, 0.02 * k * rates[r]);
                double expected = linear ? place : ceil(place - 0.5 - 1e-5); /* of two equally near the earlier */
                ck_assert_double_eq_tol(next_grey(stimulus), 40 + expected, 1e-4);
            }
            om_stimulus_free(stimulus);
        }
    om_sources_clear(&sources);
}
END_TEST

START_TEST(long_movies_are_cut_at_random_places)
{
    om_sources sources = {0};
    write_even(&sources, "long", 20, 10);
    write_even(&sources, "short", 5, 200);
    om_stimulus_options options = usual();
    options.max_frames = 8;
    om_stimulus *stimulus = new_stimulus(0, &sources, options);
    ck_assert_int_eq(om_stimulus_pass(stimulus), 8 + 5);
    int count[13] = {0};
    for (int pass = 0; pass < 300; pass++) {
        for (int k = 0; k < 8; k++) {
            double grey = next_grey(stimulus);
            om_stimulus_place where = om_stimulus_where(stimulus);
            ck_assert_double_eq_tol(grey, 10 + (double)where.start + k, 1e-4);
            if (k == 0) count[where.start]++;
        }
        for (int k = 0; k < 5; k++) ck_assert_double_eq_tol(next_grey(stimulus), 200 + k, 1e-4);
    }
    for (int start = 0; start < 13; start++) ck_assert(count[start] > 5 && count[start] < 60);
    om_stimulus_free(stimulus);
    om_sources_clear(&sources);
}
END_TEST

/* The identity of the sequence that the next frame begins. */
static int64_t begin(om_stimulus *stimulus, float *luminance)
{
    om_stimulus_next(stimulus, luminance);
    om_stimulus_place where = om_stimulus_where(stimulus);
    ck_assert_int_eq(where.step, 0);
    int64_t name = where.movie[strlen(where.movie) - 1];
    int64_t identity = ((name * 10 + where.scale) * 10 + where.crop) * 100 + where.orientation;
    for (int64_t k = 1; k < where.length; k++) om_stimulus_next(stimulus, luminance);
    return identity;
}

static int ascending(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

START_TEST(a_pass_shows_every_sequence_once_in_the_order_of_the_seed)
{
    enum { N = 3 * 2 * 4 * 12 };
    static const double scale[] = {1, 1.6};
    om_sources sources = {0};
    for (int i = 0; i < 3; i++) write_even(&sources, (char[]){(char)('a' + i), 0}, 2, 50 * i);
    om_stimulus_options options = usual();
    options.clock = OM_CLOCK_NEAREST;
    options.scales = 2;
    options.scale = scale;
    options.crops = 4;
    options.orientations = OM_EVERY_ORIENTATION;
    options.max_frames = 80;
    options.shuffle = true;
    int64_t order[3][N];
    float luminance[7];
    for (int run = 0; run < 3; run++) {
        options.seed = run < 2 ? 1 : 2;
        om_stimulus *stimulus = new_stimulus(1, &sources, options);
        ck_assert_int_eq(om_stimulus_sequences(stimulus), N);
        ck_assert_int_eq(om_stimulus_pass(stimulus), 4 * N); /* 2 frames at 25 per second are 4 steps */
        for (int i = 0; i < N; i++) order[run][i] = begin(stimulus, luminance);
        for (int i = 0; i < N; i++) ck_assert_int_eq(begin(stimulus, luminance), order[run][i]);
        om_stimulus_free(stimulus);
    }
    ck_assert_mem_eq(order[0], order[1], sizeof order[0]);
    ck_assert_mem_ne(order[0], order[2], sizeof order[0]);
    int in_place = 0;
    for (int i = 1; i < N; i++) in_place += order[0][i] > order[0][i - 1];
    ck_assert(in_place > N / 4 && in_place < 3 * N / 4);
    for (int run = 0; run < 3; run++) qsort(order[run], N, sizeof(int64_t), ascending);
    for (int i = 1; i < N; i++) ck_assert_int_gt(order[0][i], order[0][i - 1]);
    ck_assert_mem_eq(order[0], order[2], sizeof order[0]);
    om_sources_clear(&sources);
}
END_TEST

START_TEST(orientations_are_the_symmetries_of_the_lattice)
{
    enum { C = 19 };
    static const struct {
        unsigned set;
        int count, symmetry[12];
    } cases[] = {
        {OM_EVERY_ORIENTATION, 12, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
        {OM_PUBLISHED_ORIENTATIONS, 8, {0, 1, 3, 4, 6, 7, 9, 10}},
        {OM_UPRIGHT, 1, {0}},
    };
    tn_error error = {0};
    om_sources sources = {0};
    om_sources_add(&sources, "scene:flicker", 0, 1, &error);
    om_lattice *lattice = om_lattice_new(2, &error);
    om_stimulus_options options = usual();
    options.scene_frames = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float upright[C], turned[C];
        int32_t carried[C];
        options.orientations = cases[i].set;
        om_stimulus *stimulus = new_stimulus(2, &sources, options);
        ck_assert_int_eq(om_stimulus_sequences(stimulus), cases[i].count);
        for (int k = 0; k < cases[i].count; k++) {
            om_stimulus_next(stimulus, k ? turned : upright);
            ck_assert_int_eq(om_stimulus_where(stimulus).orientation, cases[i].symmetry[k]);
            om_lattice_symmetry(lattice, cases[i].symmetry[k], carried, &error);
            for (int c = 0; k && c < C; c++) ck_assert_float_eq(turned[carried[c]], upright[c]);
        }
        om_stimulus_free(stimulus);
    }
    om_lattice_free(lattice);
    om_sources_clear(&sources);
}
END_TEST

/* One smooth image, and an eye of seven columns to look at it. What the stimulus shows of the image must be what the
 * eye sees at a zoom and a place. */
enum { COLUMNS = 7, WIDTH = 120, HEIGHT = 90, SPAN = 39 }; /* SPAN: pixels that the eye sees across */
typedef struct scenery {
    uint8_t grey[WIDTH * HEIGHT];
    om_sources sources;
    om_lattice *lattice;
    om_eye *eye;
    om_frame frame;
} scenery;

static void open_scenery(scenery *s)
{
    tn_error error = {0};
    for (uint64_t i = 0; i < WIDTH * HEIGHT; i++)
        s->grey[i] = (uint8_t)(128 + 100 * sin(0.05 * (double)(i % WIDTH)) * sin(0.1 * (double)i / WIDTH));
    char *path = keep_path("smooth"), image[4096];
    mkdir(path, 0777);
    snprintf(image, sizeof image, "%s/1.png", path);
    write_png(image, WIDTH, HEIGHT, 1, s->grey);
    s->sources = (om_sources){0};
    ck_assert_int_eq(om_sources_add(&s->sources, path, 0, 0, &error), TN_OK);
    free(path);
    s->lattice = om_lattice_new(1, &error);
    s->eye = om_eye_new(COLUMNS, s->lattice->u, s->lattice->v, &error);
    ck_assert_msg(s->eye != NULL, "%s", error.message);
    s->frame = (om_frame){.width = WIDTH, .height = HEIGHT, .pixels = OM_GREY8, .data = s->grey};
}

static void close_scenery(scenery *s)
{
    om_eye_free(s->eye);
    om_lattice_free(s->lattice);
    om_sources_clear(&s->sources);
}

START_TEST(scales_are_zooms_of_the_eye)
{
    static const double scale[] = {1, 1.6};
    static const struct {
        int scales;
        double shrink, zoom[2];
    } cases[] = {{0, 1, {1}}, {0, 2, {0.5}}, {2, 1, {SPAN / 90.0, 1.6 * SPAN / 90}}};
    scenery s;
    tn_error error = {0};
    open_scenery(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        om_stimulus_options options = usual();
        options.scales = cases[i].scales;
        options.scale = scale;
        options.shrink = cases[i].shrink;
        om_stimulus *stimulus = new_stimulus(1, &s.sources, options);
        for (int k = 0; k < (cases[i].scales ? 2 : 1); k++) {
            om_view view;
            double expected[COLUMNS];
            float got[COLUMNS];
            om_eye_view(s.eye, WIDTH, HEIGHT, cases[i].zoom[k], NULL, &view, &error);
            om_eye_look(s.eye, &s.frame, 1, &view, expected, &error);
            om_stimulus_next(stimulus, got);
            for (int c = 0; c < COLUMNS; c++) ck_assert_float_eq(got[c], (float)expected[c]);
        }
        om_stimulus_free(stimulus);
    }
    close_scenery(&s);
}
END_TEST

/* The first place from which the eye would see just this, -1 if there is none: its distance from the left, pixels. */
static int place_seen(const scenery *s, const float *got)
{
    tn_error error = {0};
    for (int x = SPAN / 2; x <= WIDTH - 1 - SPAN / 2; x++)
        for (int y = SPAN / 2; y <= HEIGHT - 1 - SPAN / 2; y++) {
            om_view view = {WIDTH, HEIGHT, x, y};
            double seen[COLUMNS];
            om_eye_look(s->eye, &s->frame, 1, &view, seen, &error);
            int same = 0;
            while (same < COLUMNS && got[same] == (float)seen[same]) same++;
            if (same == COLUMNS) return x;
        }
    return -1;
}

START_TEST(crops_are_places_of_the_eye_all_over_the_frame)
{
    enum { CROPS = 30 };
    scenery s;
    open_scenery(&s);
    om_stimulus_options options = usual();
    options.crops = CROPS;
    om_stimulus *stimulus = new_stimulus(1, &s.sources, options);
    int left = 0, right = 0;
    for (int crop = 0; crop < CROPS; crop++) {
        float got[COLUMNS];
        om_stimulus_next(stimulus, got);
        int x = place_seen(&s, got);
        ck_assert_msg(x >= 0, "crop %d is no view of the frame", crop);
        *(x < WIDTH / 2 ? &left : &right) += 1;
    }
    ck_assert(left > 5 && right > 5);
    om_stimulus_free(stimulus);
    close_scenery(&s);
}
END_TEST

START_TEST(neither_threads_nor_the_order_of_the_list_change_a_bit)
{
    enum { C = 37, N = 500 };
    static float shown[3][N][C];
    static const double scale[] = {1, 1.6};
    tn_error error = {0};
    om_stimulus_options options = usual();
    options.scales = 2;
    options.scale = scale;
    options.crops = 3;
    options.orientations = OM_EVERY_ORIENTATION;
    options.max_frames = 7;
    options.shuffle = true;
    static const char *const names[] = {"scene:dead_leaves", "scene:moving_edges", "scene:gratings"};
    for (int run = 0; run < 3; run++) {
        om_sources sources = {0};
        for (int i = 0; i < 3; i++) om_sources_add(&sources, names[run < 2 ? i : 2 - i], 0, 2, &error);
        tn_set_threads(run == 1 ? 4 : 1);
        om_stimulus *stimulus = new_stimulus(3, &sources, options);
        for (int i = 0; i < N; i++) om_stimulus_next(stimulus, shown[run][i]);
        om_stimulus_free(stimulus);
        om_sources_clear(&sources);
    }
    ck_assert_mem_eq(shown[0], shown[1], sizeof shown[0]);
    ck_assert_mem_eq(shown[0], shown[2], sizeof shown[0]);
    for (int i = 0; i < N; i++)
        for (int c = 0; c < C; c++) ck_assert(shown[0][i][c] >= 0 && shown[0][i][c] <= 1);
}
END_TEST

START_TEST(memory_does_not_grow_with_the_frames_taken)
{
    om_sources sources = {0};
    write_even(&sources, "a", 4, 20);
    om_stimulus_options options = usual();
    options.shuffle = true;
    options.orientations = OM_EVERY_ORIENTATION;
    om_stimulus *stimulus = new_stimulus(0, &sources, options);
    next_grey(stimulus);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 1000000; i++) next_grey(stimulus);
    ck_assert_uint_eq(mallinfo2().uordblks, before);
    om_stimulus_free(stimulus);
    om_sources_clear(&sources);
}
END_TEST

#ifdef HAVE_FFMPEG
/* What the project's reference recording asks for, on natural movies. */
START_TEST(natural_movies_give_the_reference_recording)
{
    enum { C = 217, N = 2000 };
    static const double scale[] = {1, 1.6};
    static float luminance[C];
    tn_error error = {0};
    om_sources all = {0}, train, test;
    const char *path = shared_data("videos");
    if (!path) return;
    ck_assert_int_eq(om_sources_add(&all, path, 0, 0, &error), TN_OK);
    ck_assert_int_eq(all.count, 3);
    ck_assert_int_eq(om_sources_split(&all, 0.8, 1, &train, &test, &error), TN_OK);
    om_stimulus_options options = usual();
    options.clock = OM_CLOCK_NEAREST;
    options.scales = 2;
    options.scale = scale;
    options.crops = 4;
    options.orientations = OM_EVERY_ORIENTATION;
    options.max_frames = 80;
    options.shuffle = true;
    om_lattice *lattice = om_lattice_new(8, &error);
    om_stimulus *stimulus = om_stimulus_new(lattice, &train, &options, &error);
    ck_assert_msg(stimulus != NULL, "%s", error.message);
    ck_assert_int_eq(om_stimulus_sequences(stimulus), 2 * 2 * 4 * 12);
    ck_assert_int_eq(om_stimulus_pass(stimulus), 2 * 2 * 4 * 12 * 80);
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        om_stimulus_next(stimulus, luminance);
        for (int c = 0; c < C; c++) {
            sum += luminance[c];
            squares += luminance[c] * luminance[c];
        }
    }
    double mean = sum / N / C, deviation = sqrt(squares / N / C - mean * mean);
    ck_assert(mean > 0.2 && mean < 0.8 && deviation > 0.1);
    om_stimulus_free(stimulus);
    om_lattice_free(lattice);
    om_sources_clear(&train);
    om_sources_clear(&test);
}
END_TEST
#endif

START_TEST(bad_options_are_named)
{
    tn_error error = {0};
    om_lattice *lattice = om_lattice_new(0, &error);
    om_sources sources = {0}, none = {0};
    write_even(&sources, "a", 2, 20);
    static const double scale[] = {1, -2};
    om_stimulus_options cases[11];
    static const char *const words[] = {"movies 0",     "clock 7",      "delta_t 0",      "scale -2",
                                        "shrink nan",   "crops 0",      "orientations 0", "orientations 4096",
                                        "max_frames -", "image_rate 0", "scene_frames 0"};
    for (int i = 0; i < 11; i++) cases[i] = usual();
    cases[1].clock = (om_clock)7;
    cases[2].delta_t = 0;
    cases[3].scales = 2, cases[3].scale = scale;
    cases[4].shrink = NAN;
    cases[5].crops = 0;
    cases[6].orientations = 0;
    cases[7].orientations = 1 << 12;
    cases[8].max_frames = -1;
    cases[9].image_rate = 0;
    cases[10].scene_frames = 0;
    for (int i = 0; i < 11; i++) {
        error = (tn_error){0};
        ck_assert_ptr_null(om_stimulus_new(lattice, i ? &sources : &none, &cases[i], &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
        ck_assert_msg(strstr(error.message, words[i]) != NULL, "%s", error.message);
    }
    om_lattice_free(lattice);
    om_sources_clear(&sources);
    om_stimulus_free(NULL);
}
END_TEST

/* Whatever the threads do. */
START_TEST(the_first_bad_movie_in_the_order_of_names_is_named)
{
    tn_error error = {0};
    om_lattice *lattice = om_lattice_new(0, &error);
    om_sources sources = {0};
    write_even(&sources, "a", 2, 20);
    for (int i = 0; i < 2; i++) {
        char *path = keep_path(i ? "bad1" : "bad2"), image[4096];
        mkdir(path, 0777);
        snprintf(image, sizeof image, "%s/1.png", path);
        write_bytes(image, "no image", 8);
        ck_assert_int_eq(om_sources_add(&sources, path, 0, 0, &error), TN_OK);
        free(path);
    }
    om_stimulus_options options = usual();
    ck_assert_ptr_null(om_stimulus_new(lattice, &sources, &options, &error));
    ck_assert_int_eq(error.status, TN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "bad1/1.png"));
    om_lattice_free(lattice);
    om_sources_clear(&sources);
}
END_TEST

int main(void)
{
    TCase *stimulus = tcase_create("stimulus");
    tcase_set_timeout(stimulus, 30);
    tcase_add_test(stimulus, frames_follow_one_another_and_movies_too);
    tcase_add_test(stimulus, real_time_takes_the_nearest_frame_or_interpolates);
    tcase_add_test(stimulus, long_movies_are_cut_at_random_places);
    tcase_add_test(stimulus, a_pass_shows_every_sequence_once_in_the_order_of_the_seed);
    tcase_add_test(stimulus, orientations_are_the_symmetries_of_the_lattice);
    tcase_add_test(stimulus, scales_are_zooms_of_the_eye);
    tcase_add_test(stimulus, crops_are_places_of_the_eye_all_over_the_frame);
    tcase_add_test(stimulus, neither_threads_nor_the_order_of_the_list_change_a_bit);
    tcase_add_test(stimulus, memory_does_not_grow_with_the_frames_taken);
#ifdef HAVE_FFMPEG
    tcase_add_test(stimulus, natural_movies_give_the_reference_recording);
#endif
    tcase_add_test(stimulus, bad_options_are_named);
    tcase_add_test(stimulus, the_first_bad_movie_in_the_order_of_names_is_named);
    return run_cases("stimulus", stimulus, NULL);
}
