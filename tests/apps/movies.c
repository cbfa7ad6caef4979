/* Small movies and images made by the tests themselves. */
#include "config.h"
#include "movies.h"
#include "common/encode.h"
#include "testing.h"

#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void smooth_frame(uint8_t *rgb, int width, int height, int number)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++) {
                double phase = 3.1 * x / (width + 100) + 2.3 * (c + 1) * y / (height + 100) + 0.2 * number;
                *rgb++ = (uint8_t)lround(127.5 + 80 * sin(phase + c));
            }
}

static uint8_t *new_frame(int width, int height)
{
    uint8_t *rgb = malloc((size_t)width * (size_t)height * 3);
    ck_assert_ptr_nonnull(rgb);
    return rgb;
}

void write_movie(const char *path, int width, int height, int n, const char *codec)
{
    tn_error error = {0};
    om_encoder_options options = {.width = width, .height = height, .rate = 25, .codec = codec, .overwrite = true};
    om_encoder *encoder = om_encoder_open(path, &options, &error);
    ck_assert_msg(encoder != NULL, "%s", error.message);
    uint8_t *rgb = new_frame(width, height);
    for (int i = 0; i < n; i++) {
        smooth_frame(rgb, width, height, i);
        om_encoder_add(encoder, OM_RGB24, rgb, (size_t)width * 3, &error);
    }
    om_encoder_finish(encoder, &error);
    ck_assert_msg(error.status == TN_OK, "%s", error.message);
    om_encoder_free(encoder);
    free(rgb);
}

void write_png(const char *path, int width, int height, int bytes, const uint8_t *pixels)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height};
    image.format = bytes == 1 ? PNG_FORMAT_GRAY : bytes == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
    ck_assert_msg(png_image_write_to_file(&image, path, 0, pixels, 0, NULL), "%s", image.message);
}

void write_folder(const char *path, int width, int height, int n)
{
    uint8_t *rgb = new_frame(width, height);
    mkdir(path, 0777);
    for (int i = 0; i < n; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/frame.%04d.png", path, i + 1);
        smooth_frame(rgb, width, height, i);
        write_png(name, width, height, 3, rgb);
    }
    free(rgb);
}

reading read_all(const char *path)
{
    reading result = {.last_time = -1};
    om_frame frame;
    om_movie *movie = om_movie_open(path, 24, &result.error);
    if (!movie) {
        ck_assert_int_ne(result.error.status, TN_OK);
        return result;
    }
    om_movie_info info = om_movie_about(movie);
    while (om_movie_next(movie, &frame, &result.error) == TN_OK && frame.data) {
        ck_assert_int_eq(frame.width, info.width);
        ck_assert_int_eq(frame.height, info.height);
        ck_assert(frame.time > result.last_time);
        result.last_time = frame.time;
        result.frames++;
    }
    /* The end, or the error, stays. */
    tn_error again = {0};
    ck_assert_int_eq(om_movie_next(movie, &frame, &again), result.error.status);
    ck_assert_str_eq(again.message, result.error.message);
    ck_assert_ptr_null(frame.data);
    om_movie_close(movie);
    return result;
}

char *keep_path(const char *name)
{
    return strdup(scratch_path(name));
}
