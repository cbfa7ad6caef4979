/* Folders of images as movies: PNG through libpng, JPEG through FFmpeg. */
#include "config.h"
#include "common/input.h"
#include "common/movie_kind.h"
#include "common/no_memory.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct folder {
    om_movie base;
    char *path;
    char **names; /* of the images, sorted */
    int64_t next;
    uint8_t *rgb; /* [height, width, 3] */
} folder;

static bool ends_in(const char *name, const char *extension)
{
    size_t length = strlen(name), tail = strlen(extension);
    return length > tail && !strcasecmp(name + length - tail, extension);
}

bool om_movie_is_image(const char *name)
{
    return name[0] != '.' && (ends_in(name, ".png") || ends_in(name, ".jpg") || ends_in(name, ".jpeg"));
}

static size_t digits_at(const char *text)
{
    return strspn(text, "0123456789");
}

/* Numbers of any length, by value: without leading zeros, the longer one is larger. Moves behind both. */
static int compare_numbers(const char **a, const char **b)
{
    const char *left = *a + strspn(*a, "0"), *right = *b + strspn(*b, "0");
    size_t left_length = digits_at(left), right_length = digits_at(right);
    *a = left + left_length;
    *b = right + right_length;
    if (left_length != right_length) return left_length < right_length ? -1 : 1;
    return memcmp(left, right, left_length);
}

/* Cameras and programs number frames without leading zeros, so frame2 comes before frame10. Names that differ in
 * leading zeros only are told apart by their bytes: no two names are equal, so no order depends on the directory. */
static int by_name(const void *a, const void *b)
{
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    int order = 0;
    while (!order && *left && *right) {
        if (digits_at(left) && digits_at(right))
            order = compare_numbers(&left, &right);
        else
            order = (unsigned char)*left++ - (unsigned char)*right++;
    }
    if (!order) order = (unsigned char)*left - (unsigned char)*right;
    return order ? order : strcmp(*(char *const *)a, *(char *const *)b);
}

static tn_status add_name(folder *movie, int64_t *room, const char *name, tn_error *error)
{
    int64_t count = movie->base.info.frames;
    if (count == *room) {
        char **grown = reallocarray(movie->names, (size_t)(*room = *room ? 2 * *room : 64), sizeof *grown);
        if (!grown) return tn_fail(error, TN_ENOMEM, "%s: no memory for the names of the images", movie->path);
        movie->names = grown;
    }
    if (!(movie->names[count] = strdup(name))) return om_no_memory(movie->path, error);
    movie->base.info.frames++;
    return TN_OK;
}

static tn_status list_images(folder *movie, tn_error *error)
{
    DIR *directory = opendir(movie->path);
    if (!directory) return tn_fail(error, TN_EIO, "%s: %s", movie->path, strerror(errno));
    tn_status status = TN_OK;
    int64_t room = 0;
    errno = 0;
    for (struct dirent *entry; status == TN_OK && (entry = readdir(directory));)
        if (om_movie_is_image(entry->d_name)) status = add_name(movie, &room, entry->d_name, error);
    if (status == TN_OK && errno) status = tn_fail(error, TN_EIO, "%s: %s", movie->path, strerror(errno));
    closedir(directory);
    if (status != TN_OK) return status;
    if (!movie->base.info.frames)
        return tn_fail(error, TN_EFORMAT, "%s: the folder holds no PNG or JPEG image", movie->path);
    qsort(movie->names, (size_t)movie->base.info.frames, sizeof *movie->names, by_name);
    return TN_OK;
}

/* The first image gives the size of all. */
static tn_status take_size(folder *movie, const char *path, int64_t width, int64_t height, tn_error *error)
{
    om_movie_info *info = &movie->base.info;
    if (!movie->rgb) {
        tn_status status = om_movie_check_size(path, width, height, error);
        if (status != TN_OK) return status;
        info->width = (int)width;
        info->height = (int)height;
        movie->rgb = malloc((size_t)width * (size_t)height * 3);
        return movie->rgb ? TN_OK : tn_fail(error, TN_ENOMEM, "%s: no memory for a frame", path);
    }
    if (width == info->width && height == info->height) return TN_OK;
    return tn_fail(error, TN_EFORMAT, "%s: %lld x %lld pixels, but the first image of the folder has %d x %d", path,
                   (long long)width, (long long)height, info->width, info->height);
}

static tn_status read_png(folder *movie, const char *path, FILE *file, tn_error *error)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    png_color black = {0};
    tn_status status;
    errno = 0;
    if (!png_image_begin_read_from_stdio(&image, file)) {
        status = tn_fail(error, errno ? TN_EIO : TN_EFORMAT, "%s: not read as a PNG image: %s", path, image.message);
        png_image_free(&image);
        return status;
    }
    image.format = PNG_FORMAT_RGB;
    image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB; /* 16-bit files are encoded as 8-bit ones are */
    status = take_size(movie, path, image.width, image.height, error);
    if (status == TN_OK && !png_image_finish_read(&image, &black, movie->rgb, 0, NULL))
        status = tn_fail(error, TN_EFORMAT, "%s: a damaged PNG image: %s", path, image.message);
    png_image_free(&image);
    return status;
}

static tn_status read_jpeg(folder *movie, const char *path, FILE *file, tn_error *error)
{
    om_frame frame;
    const char *fault = om_jpeg_fault(file);
    if (fault) return tn_fail(error, ferror(file) ? TN_EIO : TN_EFORMAT, "%s: %s", path, fault);
    om_movie *image = om_movie_open_file(path, error);
    if (!image) return error->status;
    tn_status status = om_movie_next(image, &frame, error);
    if (status == TN_OK) status = take_size(movie, path, frame.width, frame.height, error);
    if (status == TN_OK) memcpy(movie->rgb, frame.data, (size_t)frame.width * (size_t)frame.height * 3);
    om_movie_close(image);
    return status;
}

static tn_status read_image(folder *movie, int64_t number, tn_error *error)
{
    char *path;
    FILE *file;
    if (asprintf(&path, "%s/%s", movie->path, movie->names[number]) < 0) return om_no_memory(movie->path, error);
    tn_status status = om_input_open(path, false, &file, error);
    if (status == TN_OK) {
        status = (ends_in(path, ".png") ? read_png : read_jpeg)(movie, path, file, error);
        fclose(file);
    }
    free(path);
    return status;
}

/* The first image was read by opening. */
static tn_status next_image(om_movie *base, om_frame *frame, tn_error *error)
{
    folder *movie = (folder *)base;
    if (movie->next == base->info.frames) return TN_OK;
    tn_status status = movie->next ? read_image(movie, movie->next, error) : TN_OK;
    if (status != TN_OK) return status;
    *frame = (om_frame){.width = base->info.width,
                        .height = base->info.height,
                        .pixels = OM_RGB24,
                        .data = movie->rgb,
                        .time = (double)movie->next / base->info.rate};
    movie->next++;
    return TN_OK;
}

static void close_folder(om_movie *base)
{
    folder *movie = (folder *)base;
    for (int64_t i = 0; i < base->info.frames; i++) free(movie->names[i]);
    free(movie->names);
    free(movie->path);
    free(movie->rgb);
    free(movie);
}

om_movie *om_movie_open_folder(const char *path, double rate, tn_error *error)
{
    static const om_movie_kind kind = {next_image, close_folder};
    tn_error cause = {0};
    folder *movie = NULL;
    if (!(rate > 0) || !isfinite(rate)) {
        tn_fail(error, TN_EINVAL, "%s: %g images per second; a positive number was expected", path, rate);
        return NULL;
    }
    if (!(movie = calloc(1, sizeof *movie)) || !(movie->path = strdup(path))) om_no_memory(path, &cause);
    if (cause.status == TN_OK) {
        movie->base.kind = &kind;
        movie->base.info.rate = rate;
        if (list_images(movie, &cause) == TN_OK) read_image(movie, 0, &cause);
    }
    if (cause.status == TN_OK) return &movie->base;
    tn_fail(error, cause.status, "%s", cause.message);
    if (movie) close_folder(&movie->base);
    return NULL;
}
