/* The encoder, read back with the decoder. */
#include "config.h"
#include "common/encode.h"
#include "movies.h"
#include "testing.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Peak signal-to-noise ratio in dB of a decoded frame against the w x h smooth frame of that number. */
static double psnr(const om_frame *frame, int w, int h, int number)
{
    uint8_t *expected = malloc((size_t)w * (size_t)h * 3);
    double sum = 0;
    smooth_frame(expected, w, h, number);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < 3 * w; x++) {
            double difference = expected[y * 3 * w + x] - frame->data[y * 3 * frame->width + x];
            sum += difference * difference;
        }
    free(expected);
    return 10 * log10(255.0 * 255 * 3 * w * h / (sum + 1e-9));
}

/* Position of an MP4 box name, or the size if it is not there. */
static size_t find_box(const uint8_t *bytes, size_t size, const char *name)
{
    for (size_t i = 4; i + 4 <= size; i++)
        if (!memcmp(bytes + i, name, 4)) return i;
    return size;
}

static const struct shape {
    int width, height, frames;
    const char *codec;
} shapes[] = {
    {1, 1, 3, "libx264"},     {2, 2, 3, "libx264"},   {33, 17, 5, "libx264"},    {320, 2, 2, "libx264"},
    {1280, 96, 3, "libx264"}, {64, 48, 1, "libx264"}, {64, 48, 60, "libx264"},   {33, 17, 5, "libvpx-vp9"},
    {33, 17, 5, "mpeg4"},     {64, 48, 30, "mpeg4"},  {64, 48, 1, "libvpx-vp9"},
};

START_TEST(what_was_encoded_is_read_back)
{
    const struct shape s = shapes[_i];
    char *path = keep_path("movie.mp4");
    write_movie(path, s.width, s.height, s.frames, s.codec);
    size_t size;
    uint8_t *bytes = read_bytes(path, &size);
    ck_assert_uint_lt(find_box(bytes, size, "moov"), find_box(bytes, size, "mdat"));
    ck_assert_uint_lt(find_box(bytes, size, "mdat"), size);
    free(bytes);

    tn_error error = {0};
    om_frame frame;
    om_movie *movie = om_movie_open(path, 24, &error);
    ck_assert_msg(movie != NULL, "%s", error.message);
    om_movie_info info = om_movie_about(movie);
    ck_assert_int_eq(info.width, s.width + s.width % 2);
    ck_assert_int_eq(info.height, s.height + s.height % 2);
    ck_assert_int_eq(info.frames, s.frames);
    ck_assert_double_eq_tol(info.rate, 25, 1e-9);
    int n = 0;
    for (; om_movie_next(movie, &frame, &error) == TN_OK && frame.data; n++) {
        ck_assert_double_eq_tol(frame.time, n / 25.0, 1e-6);
        double ratio = psnr(&frame, s.width, s.height, n);
        ck_assert_msg(ratio >= 35, "frame %d: %.1f dB", n, ratio);
    }
    ck_assert_msg(error.status == TN_OK, "%s", error.message);
    ck_assert_int_eq(n, s.frames);
    om_movie_close(movie);
    free(path);
}
END_TEST

static om_encoder *open_encoder(const char *path, int width, int height, double rate, const char *codec,
                                tn_error *error)
{
    om_encoder_options options = {.width = width, .height = height, .rate = rate, .codec = codec};
    return om_encoder_open(path, &options, error);
}

START_TEST(rows_of_cairo_and_of_grey_are_taken_too)
{
    enum { W = 16, H = 12, STRIDE = 80 };
    static const uint8_t colour[3] = {200, 60, 30};
    uint32_t words[H * STRIDE / 4];
    uint8_t grey[H * W];
    for (int i = 0; i < H * STRIDE / 4; i++) words[i] = 0x55c83c1e; /* alpha, red, green, blue */
    memset(grey, 90, sizeof grey);
    tn_error error = {0};
    char *path = keep_path("colour.mp4");
    om_encoder *encoder = open_encoder(path, W, H, 50, NULL, &error);
    ck_assert_msg(encoder != NULL, "%s", error.message);
    om_encoder_add(encoder, OM_BGRA32, (const uint8_t *)words, STRIDE, &error);
    om_encoder_add(encoder, OM_GREY8, grey, W, &error);
    om_encoder_finish(encoder, &error);
    ck_assert_msg(error.status == TN_OK, "%s", error.message);
    om_encoder_free(encoder);

    om_frame frame;
    om_movie *movie = om_movie_open(path, 24, &error);
    om_movie_next(movie, &frame, &error);
    for (int c = 0; c < 3; c++) ck_assert_int_lt(abs(frame.data[3 * 40 + c] - colour[c]), 4);
    om_movie_next(movie, &frame, &error);
    for (int c = 0; c < 3; c++) ck_assert_int_lt(abs(frame.data[3 * 40 + c] - 90), 4);
    om_movie_close(movie);
    free(path);
}
END_TEST

/* All that is ours is repeatable: the conversion and the file around the packets. Debian's libx264 itself is not: the
 * same planes gave 2932 and 2921 bytes in one process, depending on where its memory lies, but never with asm=0. */
START_TEST(the_same_frames_give_the_same_bytes)
{
    size_t size[2];
    uint8_t *bytes[2];
    for (int i = 0; i < 2; i++) {
        tn_set_threads(i + 1);
        write_movie(scratch_path("again.mp4"), 64, 48, 20, "mpeg4");
        bytes[i] = read_bytes(scratch_path("again.mp4"), &size[i]);
    }
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}
END_TEST

START_TEST(the_first_codec_that_works_is_used)
{
    tn_error error = {0};
    om_encoder *encoder = open_encoder(scratch_path("codec.mp4"), 16, 16, 25, NULL, &error);
    ck_assert_ptr_nonnull(strstr("libx264 libvpx-vp9 mpeg4", om_encoder_codec(encoder)));
    om_encoder_free(encoder);
    encoder = open_encoder(scratch_path("codec.mp4"), 16, 16, 25, "mpeg4", &error);
    ck_assert_str_eq(om_encoder_codec(encoder), "mpeg4");
    om_encoder_free(encoder);
}
END_TEST

START_TEST(an_unfinished_movie_leaves_nothing)
{
    tn_error error = {0};
    uint8_t grey[64] = {0};
    char *folder = keep_path("unfinished");
    mkdir(folder, 0777);
    char path[4096];
    snprintf(path, sizeof path, "%s/movie.mp4", folder);
    om_encoder *encoder = open_encoder(path, 8, 8, 25, NULL, &error);
    om_encoder_add(encoder, OM_GREY8, grey, 8, &error);
    ck_assert_int_eq(access(path, F_OK), -1);
    om_encoder_free(encoder);
    ck_assert_int_eq(entries(folder), 0);

    encoder = open_encoder(path, 8, 8, 25, NULL, &error);
    ck_assert_int_eq(om_encoder_finish(encoder, &error), TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "a movie without frames"));
    om_encoder_free(encoder);
    ck_assert_int_eq(entries(folder), 0);
    om_encoder_free(NULL);
    free(folder);
}
END_TEST

/* A full disk, played by a limit on the size of files; what was there before stays. */
START_TEST(a_full_disk_is_an_error_and_keeps_the_old_file)
{
    enum { W = 256, H = 256 };
    char *path = keep_path("full.mp4");
    write_bytes(path, "old", 3);
    uint8_t *noise = malloc(W * H);
    tn_error error = {0};
    om_encoder_options options = {.width = W, .height = H, .rate = 25, .overwrite = true};
    om_encoder *encoder = om_encoder_open(path, &options, &error);
    struct rlimit limit = {100000, 100000};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    for (uint64_t n = 0; n < 60; n++) {
        for (uint64_t i = 0; i < W * H; i++) noise[i] = (uint8_t)(256 * tn_random_uniform(n, 0, i));
        om_encoder_add(encoder, OM_GREY8, noise, W, &error);
    }
    ck_assert_int_eq(om_encoder_finish(encoder, &error), TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "full.mp4"));
    om_encoder_free(encoder);
    size_t size;
    uint8_t *bytes = read_bytes(path, &size);
    ck_assert_uint_eq(size, 3);
    free(bytes);
    free(noise);
    free(path);
}
END_TEST

START_TEST(bad_wishes_are_refused)
{
    char *existing = keep_path("existing.mp4"), *path = keep_path("new.mp4");
    write_bytes(existing, "old", 3);
    const struct {
        const char *path;
        int width, height;
        double rate;
        const char *codec, *words;
        tn_status status;
    } cases[] = {
        {path, 0, 5, 25, NULL, "0 x 5 pixels", TN_EINVAL},
        {path, 5, 20000, 25, NULL, "5 x 20000 pixels", TN_EINVAL},
        {path, 8, 8, 0, NULL, "0 frames per second", TN_EINVAL},
        {path, 8, 8, NAN, NULL, "nan frames per second", TN_EINVAL},
        {path, 8, 8, 25, "av1", "codec av1: libx264", TN_EINVAL},
        {existing, 8, 8, 25, NULL, "existing.mp4: exists", TN_EINVAL},
        {"/nowhere/movie.mp4", 8, 8, 25, NULL, "/nowhere/movie.mp4", TN_EIO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(
            open_encoder(cases[i].path, cases[i].width, cases[i].height, cases[i].rate, cases[i].codec, &error));
        ck_assert_int_eq(error.status, cases[i].status);
        ck_assert_msg(strstr(error.message, cases[i].words) != NULL, "%s", error.message);
    }
    free(existing);
    free(path);
}
END_TEST

int main(void)
{
    TCase *encoder = tcase_create("encoder");
    tcase_set_timeout(encoder, 20);
    tcase_add_loop_test(encoder, what_was_encoded_is_read_back, 0, sizeof shapes / sizeof *shapes);
    tcase_add_test(encoder, rows_of_cairo_and_of_grey_are_taken_too);
    tcase_add_test(encoder, the_same_frames_give_the_same_bytes);
    tcase_add_test(encoder, the_first_codec_that_works_is_used);
    tcase_add_test(encoder, an_unfinished_movie_leaves_nothing);
    tcase_add_test(encoder, a_full_disk_is_an_error_and_keeps_the_old_file);
    tcase_add_test(encoder, bad_wishes_are_refused);
    return run_cases("encode", encoder, NULL);
}
