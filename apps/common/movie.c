/* Movies: what all kinds have in common. */
#include "config.h"
#include "common/movie_kind.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int om_pixel_bytes(om_pixels pixels)
{
    static const int bytes[] = {[OM_GREY8] = 1, [OM_RGB24] = 3, [OM_BGRA32] = 4};
    return bytes[pixels];
}

tn_status om_movie_check_size(const char *path, int64_t width, int64_t height, tn_error *error)
{
    if (width > 0 && height > 0 && width <= OM_MAX_PIXELS && height <= OM_MAX_PIXELS / width) return TN_OK;
    return tn_fail(error, TN_EFORMAT, "%s: frames of %lld x %lld pixels; from 1 to %lld pixels are possible", path,
                   (long long)width, (long long)height, (long long)OM_MAX_PIXELS);
}

om_movie *om_movie_open(const char *path, double image_rate, tn_error *error)
{
    struct stat about;
    if (stat(path, &about)) {
        tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (S_ISDIR(about.st_mode)) return om_movie_open_folder(path, image_rate, error);
    if (!S_ISREG(about.st_mode)) {
        tn_fail(error, TN_EINVAL, "%s: neither a file nor a folder of images", path);
        return NULL;
    }
    if (about.st_size == 0) {
        tn_fail(error, TN_EFORMAT, "%s: the file is empty", path);
        return NULL;
    }
    return om_movie_open_file(path, error);
}

void om_movie_close(om_movie *movie)
{
    if (movie) movie->kind->close(movie);
}

om_movie_info om_movie_about(const om_movie *movie)
{
    return movie->info;
}

tn_status om_movie_next(om_movie *movie, om_frame *frame, tn_error *error)
{
    *frame = (om_frame){0};
    if (!movie->ended) {
        tn_status status = movie->kind->next(movie, frame, &movie->error);
        movie->ended = status != TN_OK || !frame->data;
    }
    if (movie->error.status == TN_OK) return TN_OK;
    *frame = (om_frame){0};
    return tn_fail(error, movie->error.status, "%s", movie->error.message);
}
