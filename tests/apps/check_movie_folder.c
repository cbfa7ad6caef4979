/* Folders of images as movies, and what every kind of movie answers to a bad path. */
#include "config.h"
#include "movies.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *inside(const char *folder, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

START_TEST(a_folder_gives_its_images_in_the_natural_order_of_their_names)
{
    enum { W = 5, H = 3 };
    char *folder = keep_path("order");
    mkdir(folder, 0777);
    /* In the order expected; written from the last to the first. Numbers beyond 64 bits are numbers too. */
    static const char *const names[] = {"A.PNG",
                                        "b.png",
                                        "c1.png",
                                        "c1a.png",
                                        "c01b.png",
                                        "c2.png",
                                        "c9.png",
                                        "c10-2.png",
                                        "c10-10.png",
                                        "c010.png",
                                        "c10.png",
                                        "c100000000000000000000.png",
                                        "c200000000000000000000.png",
                                        "cc.png"};
    enum { N = sizeof names / sizeof *names };
    for (int i = N - 1; i >= 0; i--) {
        uint8_t rgb[3 * W * H];
        memset(rgb, 10 * i, sizeof rgb);
        rgb[3 * (W * 2 + 4) + 1] = 200; /* green, last row, last column */
        write_png(inside(folder, names[i]), W, H, 3, rgb);
    }
    write_bytes(inside(folder, "notes.txt"), "no image", 8);
    write_bytes(inside(folder, ".hidden.png"), "no image", 8);

    tn_error error = {0};
    om_movie *movie = om_movie_open(folder, 50, &error);
    ck_assert_msg(movie != NULL, "%s", error.message);
    om_movie_info info = om_movie_about(movie);
    ck_assert_int_eq(info.width, W);
    ck_assert_int_eq(info.height, H);
    ck_assert_int_eq(info.frames, N);
    ck_assert_double_eq(info.rate, 50);
    om_frame frame;
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(om_movie_next(movie, &frame, &error), TN_OK);
        ck_assert_ptr_nonnull(frame.data);
        ck_assert_int_eq(frame.pixels, OM_RGB24);
        ck_assert_double_eq(frame.time, i / 50.0);
        ck_assert_uint_eq(frame.data[0], 10 * i);
        ck_assert_uint_eq(frame.data[3 * W * H - 2], 200);
    }
    ck_assert_int_eq(om_movie_next(movie, &frame, &error), TN_OK);
    ck_assert_ptr_null(frame.data);
    om_movie_close(movie);
    free(folder);
}
END_TEST

START_TEST(grey_and_transparent_images_become_rgb_on_black)
{
    tn_error error = {0};
    om_frame frame;
    char *folder = keep_path("kinds");
    mkdir(folder, 0777);
    write_png(inside(folder, "1.png"), 1, 1, 1, (uint8_t[]){77});
    write_png(inside(folder, "2.png"), 1, 1, 4, (uint8_t[]){250, 120, 30, 0});
    om_movie *movie = om_movie_open(folder, 24, &error);
    om_movie_next(movie, &frame, &error);
    ck_assert_mem_eq(frame.data, ((uint8_t[]){77, 77, 77}), 3);
    om_movie_next(movie, &frame, &error);
    ck_assert_mem_eq(frame.data, ((uint8_t[]){0, 0, 0}), 3);
    ck_assert_int_eq(error.status, TN_OK);
    om_movie_close(movie);
    free(folder);
}
END_TEST

START_TEST(images_of_two_sizes_are_refused_by_name)
{
    char *folder = keep_path("sizes");
    write_folder(folder, 8, 6, 3);
    uint8_t rgb[3 * 6 * 8] = {0};
    write_png(inside(folder, "frame.0002.png"), 6, 8, 3, rgb);
    reading result = read_all(folder);
    ck_assert_int_eq(result.frames, 1);
    ck_assert_int_eq(result.error.status, TN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(result.error.message, "frame.0002.png: 6 x 8 pixels"));
    free(folder);
}
END_TEST

START_TEST(damaged_images_give_errors)
{
    char *folder = keep_path("damaged");
    write_folder(folder, 30, 20, 1);
    const char *path = inside(folder, "frame.0001.png");
    size_t size;
    uint8_t *good = read_bytes(path, &size), *bad = malloc(size);
    for (size_t length = 0; length + 12 < size; length += 1 + length / 8) { /* 12 bytes: the end chunk */
        write_bytes(path, good, length);
        reading result = read_all(folder);
        ck_assert_msg(result.error.status == TN_EFORMAT, "%zu of %zu bytes: %s", length, size, result.error.message);
        ck_assert_ptr_nonnull(strstr(result.error.message, "frame.0001.png"));
    }
    for (uint64_t trial = 0; trial < 200; trial++) {
        uint32_t random[4];
        tn_random_bits(1, 0, trial, random);
        memcpy(bad, good, size);
        bad[random[0] % size] ^= (uint8_t)(1 << random[1] % 8);
        if (random[2] % 2) memset(bad + random[3] % size, random[0] & 255, size - random[3] % size);
        write_bytes(path, bad, size);
        reading result = read_all(folder); /* must return; what, depends on where the damage is */
        ck_assert(result.error.status == TN_EFORMAT || result.frames == 1);
    }
    free(good);
    free(bad);
    free(folder);
}
END_TEST

START_TEST(a_bad_path_is_named)
{
    char *folder = keep_path("empty folder"), *file = keep_path("empty.mp4");
    mkdir(folder, 0777);
    write_bytes(file, "", 0);
    const struct {
        const char *path, *words;
        tn_status status;
    } cases[] = {
        {"/nowhere/movie.mp4", "/nowhere/movie.mp4: No such file", TN_EIO},
        {folder, "empty folder: the folder holds no PNG or JPEG image", TN_EFORMAT},
        {file, "empty.mp4: the file is empty", TN_EFORMAT},
        {"/dev/null", "/dev/null: neither a file nor a folder", TN_EINVAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reading result = read_all(cases[i].path);
        ck_assert_int_eq(result.error.status, cases[i].status);
        ck_assert_msg(strstr(result.error.message, cases[i].words) != NULL, "%s", result.error.message);
    }
    tn_error error = {0};
    ck_assert_ptr_null(om_movie_open(folder, 0, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "0 images per second"));
    ck_assert_ptr_null(om_movie_open(folder, 24, NULL));
    om_movie_close(NULL);
    free(folder);
    free(file);
}
END_TEST

#ifndef HAVE_FFMPEG
START_TEST(a_movie_file_without_ffmpeg_is_a_clear_error)
{
    write_bytes(scratch_path("movie.mp4"), "anything", 8);
    reading result = read_all(scratch_path("movie.mp4"));
    ck_assert_int_eq(result.error.status, TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(result.error.message, "built without FFmpeg"));
}
END_TEST
#endif

int main(void)
{
    TCase *folders = tcase_create("folders of images");
    tcase_add_test(folders, a_folder_gives_its_images_in_the_natural_order_of_their_names);
    tcase_add_test(folders, grey_and_transparent_images_become_rgb_on_black);
    tcase_add_test(folders, images_of_two_sizes_are_refused_by_name);
    tcase_add_test(folders, damaged_images_give_errors);
    tcase_add_test(folders, a_bad_path_is_named);
#ifndef HAVE_FFMPEG
    tcase_add_test(folders, a_movie_file_without_ffmpeg_is_a_clear_error);
#endif
    return run_cases("movie folders", folders, NULL);
}
