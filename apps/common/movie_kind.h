/* How the kinds of movies are made: each has a struct that begins with om_movie, and a row of functions. */
#ifndef OM_MOVIE_KIND_H
#define OM_MOVIE_KIND_H

#include "common/movie.h"

typedef struct om_movie_kind {
    /* Fills all of *frame, or leaves data NULL at the end. Not called again after the end or an error. */
    tn_status (*next)(om_movie *movie, om_frame *frame, tn_error *error);
    void (*close)(om_movie *movie); /* frees the struct too */
} om_movie_kind;

struct om_movie {
    const om_movie_kind *kind;
    om_movie_info info;
    bool ended;
    tn_error error; /* the first, returned by every later call */
};

om_movie *om_movie_open_file(const char *path, tn_error *error);
om_movie *om_movie_open_folder(const char *path, double rate, tn_error *error);

/* Whether a name ends in .png, .jpg or .jpeg and is not hidden. */
bool om_movie_is_image(const char *name);

/* What is wrong with a file that should be one whole JPEG image, in words: another format, its end missing, or a second
 * image behind it that the first does not announce; NULL if nothing. */
const char *om_jpeg_fault(FILE *file);

/* Whether a movie file ends where its format says.
 *   format       FFmpeg's name of the container; of others than GIF, YUV4MPEG2, Matroska, AVI, FLV and MPEG-TS
 *                nothing is known
 *   frame_bytes  of the pixels of a frame, if they are not compressed
 * Errors: TN_EFORMAT truncated; TN_EIO. */
tn_status om_movie_check_end(const char *path, const char *format, int64_t frame_bytes, tn_error *error);

/* TN_EFORMAT unless 0 < width height <= OM_MAX_PIXELS. */
tn_status om_movie_check_size(const char *path, int64_t width, int64_t height, tn_error *error);

#endif
