/* movie.h - the frames of a movie one by one, whatever they come from: a file that FFmpeg reads, a folder of PNG or
 * JPEG images, or a built-in scene (scene.h). */
#ifndef OM_MOVIE_H
#define OM_MOVIE_H

#include "tensor.h"

/* Frames may have at most this many pixels: a damaged header must not ask for all memory. */
#define OM_MAX_PIXELS ((int64_t)1 << 28)

typedef enum om_pixels {
    OM_GREY8,  /* 1 byte a pixel */
    OM_RGB24,  /* 3 bytes a pixel: red, green, blue */
    OM_BGRA32, /* a 32-bit word 0xAARRGGBB in the byte order of the machine, as cairo draws; alpha is ignored */
} om_pixels;

/* Bytes of one pixel. */
int om_pixel_bytes(om_pixels pixels);

/* One frame, upright, row 0 at the top; pixels are square. */
typedef struct om_frame {
    int width, height;
    om_pixels pixels;    /* of movies: OM_RGB24 or OM_GREY8 */
    const uint8_t *data; /* [height, width, bytes]; owned by the movie, valid until its next call */
    double time;         /* seconds since the first frame; increasing */
} om_frame;

typedef struct om_movie_info {
    int width, height; /* of every frame */
    int64_t frames;    /* as the container says; -1 if it does not */
    double rate;       /* frames per second */
} om_movie_info;

typedef struct om_movie om_movie;

/* Opens a movie file or a folder of images (*.png, *.jpg, *.jpeg, all of one size, image_rate per second), in the
 * natural order of their names: digits compare as numbers, all else as bytes, so frame2 comes before frame10. Movies
 * are turned upright and stretched to square pixels as their headers say. 16-bit and transparent PNG images become
 * 8-bit ones on black. Without FFmpeg only folders of PNG images can be opened.
 * Returns NULL on error: TN_EIO cannot be read; TN_EFORMAT no image, no video, unknown or damaged content, rotated
 * by other than right angles; TN_EINVAL image_rate is not positive or FFmpeg is missing; TN_ENOMEM. */
om_movie *om_movie_open(const char *path, double image_rate, tn_error *error);
void om_movie_close(om_movie *movie);

om_movie_info om_movie_about(const om_movie *movie);

/* The next frame; at the end TN_OK with frame->data NULL.
 * Errors, kept for later calls: TN_EIO; TN_EFORMAT damaged or truncated, or a frame of another size; TN_ENOMEM. */
tn_status om_movie_next(om_movie *movie, om_frame *frame, tn_error *error);

#endif
