/* Movie files: natural movies, rotation, aspect ratio, and every kind of damage. */
#include "config.h"
#include "movies.h"
#include "testing.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { W = 48, H = 32, N = 30 };

START_TEST(natural_movies_are_read_whole)
{
    static const struct {
        const char *name;
        int width, height, frames;
        double rate;
    } movies[] = {
        {"videos/bigbuckbunny.mp4", 1280, 720, 132, 25},
        {"videos/bikes.mp4", 640, 272, 250, 25},
        {"videos/carphone_pristine.mp4", 193, 144, 120, 30000 / 1001.0}, /* 176 wide, pixels of 128:117 */
    };
    for (size_t i = 0; i < sizeof movies / sizeof *movies; i++) {
        const char *path = shared_data(movies[i].name);
        if (!path) continue;
        tn_error error = {0};
        om_movie *movie = om_movie_open(path, 24, &error);
        ck_assert_msg(movie != NULL, "%s", error.message);
        om_movie_info info = om_movie_about(movie);
        ck_assert_int_eq(info.width, movies[i].width);
        ck_assert_int_eq(info.height, movies[i].height);
        ck_assert_int_eq(info.frames, movies[i].frames);
        ck_assert_double_eq_tol(info.rate, movies[i].rate, 1e-6);
        om_movie_close(movie);
        reading result = read_all(path);
        ck_assert_msg(result.error.status == TN_OK, "%s", result.error.message);
        ck_assert_int_eq(result.frames, movies[i].frames);
        ck_assert_double_eq_tol(result.last_time, (movies[i].frames - 1) / movies[i].rate, 1e-3);
    }
}
END_TEST

/* Replaces the first occurrence of some bytes in a copy of a movie. */
static void patch(const char *path, const void *old, const void *new, size_t length)
{
    size_t size, at = 0;
    uint8_t *bytes = read_bytes(path, &size);
    while (at + length <= size && memcmp(bytes + at, old, length)) at++;
    ck_assert_uint_le(at + length, size);
    memcpy(bytes + at, new, length);
    write_bytes(path, bytes, size);
    free(bytes);
}

/* The display matrix of a track as it stands in an MP4 file: big-endian, 16.16. */
static void matrix_bytes(uint8_t *out, const int16_t m[4])
{
    memset(out, 0, 36);
    for (int i = 0; i < 4; i++) {
        uint8_t *at = out + 4 * (i + i / 2);
        at[0] = (uint8_t)((uint16_t)m[i] >> 8);
        at[1] = (uint8_t)m[i];
    }
    out[32] = 0x40;
}

static void set_matrix(const char *path, const int16_t m[4])
{
    static const int16_t identity[4] = {1, 0, 0, 1};
    uint8_t old[4 + 36] = "tkhd", new[36];
    size_t size, at = 0;
    uint8_t *bytes = read_bytes(path, &size);
    while (memcmp(bytes + at, old, 4)) at++;
    matrix_bytes(old, identity);
    matrix_bytes(new, m);
    while (memcmp(bytes + at, old, 36)) at++;
    memcpy(bytes + at, new, 36);
    write_bytes(path, bytes, size);
    free(bytes);
}

static om_movie *first_frame(const char *path, om_frame *frame)
{
    tn_error error = {0};
    om_movie *movie = om_movie_open(path, 24, &error);
    ck_assert_msg(movie != NULL, "%s", error.message);
    ck_assert_int_eq(om_movie_next(movie, frame, &error), TN_OK);
    return movie;
}

START_TEST(turned_and_mirrored_movies_come_upright)
{
    char *path = keep_path("turned.mp4");
    write_movie(path, W, H, 2, NULL);
    om_frame plain, turned;
    om_movie *original = first_frame(path, &plain);
    /* Where pixel (x, y) of the stored picture goes: rows of (x, y, 1) times the matrix. */
    static const struct {
        int16_t matrix[4];
        int xx, x1, xy, yx, y1, yy; /* X = xx x + xy y + x1,  Y = yx x + yy y + y1 */
    } cases[] = {
        {{0, 1, -1, 0}, 0, H - 1, -1, 1, 0, 0},       /* a quarter clockwise */
        {{-1, 0, 0, -1}, -1, W - 1, 0, 0, H - 1, -1}, /* a half */
        {{0, -1, 1, 0}, 0, 0, 1, -1, W - 1, 0},       /* a quarter the other way */
        {{-1, 0, 0, 1}, -1, W - 1, 0, 0, 0, 1},       /* mirrored */
        {{0, 1, 1, 0}, 0, 0, 1, 1, 0, 0},             /* mirrored at the diagonal */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_movie(path, W, H, 2, NULL);
        set_matrix(path, cases[i].matrix);
        om_movie *movie = first_frame(path, &turned);
        ck_assert_int_eq(turned.width, cases[i].xx ? W : H);
        ck_assert_int_eq(turned.height, cases[i].xx ? H : W);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                int X = cases[i].xx * x + cases[i].xy * y + cases[i].x1;
                int Y = cases[i].yx * x + cases[i].yy * y + cases[i].y1;
                ck_assert_mem_eq(turned.data + 3 * (Y * turned.width + X), plain.data + 3 * (y * W + x), 3);
            }
        om_movie_close(movie);
    }
    om_movie_close(original);
    free(path);
}
END_TEST

START_TEST(other_turns_are_refused)
{
    char *path = keep_path("oblique.mp4");
    static const int16_t cases[][4] = {{1, 1, -1, 1}, {0, 0, 0, 0}, {1, 0, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_movie(path, W, H, 2, NULL);
        set_matrix(path, cases[i]);
        reading result = read_all(path);
        ck_assert_int_eq(result.error.status, TN_EFORMAT);
        ck_assert_ptr_nonnull(strstr(result.error.message, "oblique.mp4: the "));
    }
    free(path);
}
END_TEST

START_TEST(pixels_are_made_square)
{
    char *path = keep_path("aspect.mp4");
    static const struct {
        const char *ratio;
        int width, height;
    } cases[] = {{"pasp\0\0\0\3\0\0\0\2", W * 3 / 2, H}, {"pasp\0\0\0\1\0\0\0\2", W, 2 * H}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_movie(path, W, H, 2, NULL);
        patch(path, "pasp\0\0\0\1\0\0\0\1", cases[i].ratio, 12);
        om_frame frame;
        om_movie *movie = first_frame(path, &frame);
        ck_assert_int_eq(frame.width, cases[i].width);
        ck_assert_int_eq(frame.height, cases[i].height);
        om_movie_close(movie);
    }
    write_movie(path, W, H, 2, NULL);
    patch(path, "pasp\0\0\0\1\0\0\0\1", "pasp\0\0\0\1\0\0\0\x77", 12);
    ck_assert_ptr_nonnull(strstr(read_all(path).error.message, "aspect ratio of 1:119"));
    free(path);
}
END_TEST

/* The same packets in the container that the name asks for. */
static void repack(const char *from, const char *to)
{
    AVFormatContext *in = NULL, *out = NULL;
    AVPacket *packet = av_packet_alloc();
    ck_assert_int_ge(avformat_open_input(&in, from, NULL, NULL), 0);
    ck_assert_int_ge(avformat_find_stream_info(in, NULL), 0);
    ck_assert_int_ge(avformat_alloc_output_context2(&out, NULL, NULL, to), 0);
    AVStream *stream = avformat_new_stream(out, NULL);
    avcodec_parameters_copy(stream->codecpar, in->streams[0]->codecpar);
    stream->codecpar->codec_tag = 0;
    stream->time_base = in->streams[0]->time_base;
    stream->avg_frame_rate = in->streams[0]->avg_frame_rate;
    ck_assert_int_ge(avio_open(&out->pb, to, AVIO_FLAG_WRITE), 0);
    ck_assert_int_ge(avformat_write_header(out, NULL), 0);
    while (av_read_frame(in, packet) >= 0) {
        av_packet_rescale_ts(packet, in->streams[0]->time_base, stream->time_base);
        ck_assert_int_ge(av_interleaved_write_frame(out, packet), 0);
    }
    ck_assert_int_eq(av_write_trailer(out), 0);
    avio_closep(&out->pb);
    avformat_free_context(out);
    avformat_close_input(&in);
    av_packet_free(&packet);
}

START_TEST(a_truncated_movie_is_an_error_wherever_it_ends)
{
    static const struct {
        const char *ending, *codec; /* AVI holds no frames out of order; FLV and MPEG-TS no MPEG-4 part 2 */
        bool has_tail;              /* what follows the last frame tells nothing of the movie */
    } kinds[] = {{"mp4", "mpeg4", true}, {"mov", "mpeg4", true}, {"mkv", "mpeg4", false}, {"avi", "mpeg4", false},
                 {"ts", "libx264", false}, {"flv", "libx264", false}};
    const char *ending = kinds[_i].ending, *codec = kinds[_i].codec;
    if (!avcodec_find_encoder_by_name(codec)) {
        printf("SKIPPED: truncated .%s, as FFmpeg has no %s\n", ending, codec);
        return;
    }
    char whole[20], cut_name[20];
    snprintf(whole, sizeof whole, "whole.%s", ending);
    snprintf(cut_name, sizeof cut_name, "cut.%s", ending);
    char *first = keep_path("first.mp4"), *path = keep_path(whole), *cut = keep_path(cut_name);
    write_movie(first, W, H, N, codec);
    repack(first, path);
    ck_assert_int_eq(read_all(path).frames, N);
    size_t size;
    uint8_t *bytes = read_bytes(path, &size);
    for (size_t length = 1; length < size; length += 1 + size / 97) {
        write_bytes(cut, bytes, length);
        reading result = read_all(cut);
        if (result.error.status == TN_OK && result.frames == N && kinds[_i].has_tail) continue;
        ck_assert_msg(result.error.status == TN_EFORMAT, "%s, %zu of %zu bytes: %s", ending, length, size,
                      result.error.message);
        ck_assert_ptr_nonnull(strstr(result.error.message, cut_name));
        ck_assert_int_lt(result.frames, N);
    }
    free(bytes);
    free(first);
    free(path);
    free(cut);
}
END_TEST

START_TEST(flipped_bits_never_crash)
{
    char *path = keep_path("good.mp4"), *bad = keep_path("bad.mp4");
    write_movie(path, W, H, N, NULL);
    size_t size;
    uint8_t *bytes = read_bytes(path, &size), *copy = malloc(size);
    int refused = 0;
    for (uint64_t trial = 0; trial < 150; trial++) {
        uint32_t random[4];
        memcpy(copy, bytes, size);
        for (uint64_t k = 0; k <= trial % 4; k++) {
            tn_random_bits(2, 0, 4 * trial + k, random);
            copy[random[0] % size] ^= (uint8_t)(1 << random[1] % 8);
        }
        write_bytes(bad, copy, size);
        reading result = read_all(bad);
        refused += result.error.status != TN_OK;
    }
    ck_assert_int_gt(refused, 50);
    free(copy);
    free(bytes);
    free(path);
    free(bad);
}
END_TEST

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

START_TEST(what_is_no_movie_is_refused)
{
    enum { SAMPLES = 8000 };
    uint8_t sound[44 + SAMPLES] = "RIFF....WAVEfmt \20\0\0\0\1\0\1\0\100\37\0\0\100\37\0\0\1\0\10\0data";
    put32(sound + 4, 36 + SAMPLES);
    put32(sound + 40, SAMPLES);
    uint8_t noise[5000];
    for (uint64_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)(256 * tn_random_uniform(3, 0, i));

    char *path = keep_path("sound.wav");
    write_bytes(path, sound, sizeof sound);
    reading result = read_all(path);
    ck_assert_int_eq(result.error.status, TN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(result.error.message, "sound.wav: the file holds no video"));
    free(path);
    path = keep_path("noise.mp4");
    write_bytes(path, noise, sizeof noise);
    result = read_all(path);
    ck_assert_int_eq(result.error.status, TN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(result.error.message, "noise.mp4: "));
    free(path);
}
END_TEST

/* A file name is never a pattern or an address. */
START_TEST(names_are_taken_literally)
{
    static const char name[] = "http:frame%03d.mp4";
    char *folder = keep_path("");
    ck_assert_int_eq(chdir(folder), 0);
    write_movie(name, W, H, 2, NULL);
    reading result = read_all(name);
    ck_assert_msg(result.frames == 2, "%s", result.error.message);
    free(folder);
}
END_TEST

int main(void)
{
    TCase *files = tcase_create("movie files");
    tcase_set_timeout(files, 30);
    tcase_add_test(files, natural_movies_are_read_whole);
    tcase_add_test(files, turned_and_mirrored_movies_come_upright);
    tcase_add_test(files, other_turns_are_refused);
    tcase_add_test(files, pixels_are_made_square);
    tcase_add_loop_test(files, a_truncated_movie_is_an_error_wherever_it_ends, 0, 6);
    tcase_add_test(files, flipped_bits_never_crash);
    tcase_add_test(files, what_is_no_movie_is_refused);
    tcase_add_test(files, names_are_taken_literally);
    return run_cases("movie files", files, NULL);
}
