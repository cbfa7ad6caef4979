/* encode.h - writes an MP4 movie that plays everywhere: H.264 in yuv420p, visually lossless, index in front. */
#ifndef OM_ENCODE_H
#define OM_ENCODE_H

#include "common/movie.h"

typedef struct om_encoder om_encoder;

typedef struct om_encoder_options {
    int width, height; /* of the frames to come; odd sizes are padded by repeating the last column or row */
    double rate;       /* frames per second, from 0.01 to 1000 */
    const char *codec; /* "libx264", "libvpx-vp9" or "mpeg4"; NULL: the first of these that works */
    bool overwrite;    /* an existing file is replaced; else it is an error */
} om_encoder_options;

/* Begins a movie. It is written under a temporary name beside path and gets its own name when it is complete, so that
 * path never holds half a movie. The same frames give the same bytes as far as the codec does; libx264 does not always.
 * Returns NULL on error: TN_EINVAL size or rate out of range, unknown codec, path exists, FFmpeg is missing;
 * TN_EIO cannot be written; TN_ENOMEM. */
om_encoder *om_encoder_open(const char *path, const om_encoder_options *options, tn_error *error);

/* Discards an unfinished movie and its file. */
void om_encoder_free(om_encoder *encoder);

/* Appends a frame: data [height, stride] bytes, rows stride bytes apart, borrowed for the call.
 * Errors, kept for later calls: TN_EIO; TN_ENOMEM. */
tn_status om_encoder_add(om_encoder *encoder, om_pixels pixels, const uint8_t *data, size_t stride, tn_error *error);

/* Writes what is left, syncs the file and gives it its name. Errors: TN_EIO; TN_EINVAL no frame was added. */
tn_status om_encoder_finish(om_encoder *encoder, tn_error *error);

/* ---- To look inside, for tests: no program calls these ---- */

/* The codec in use. */
const char *om_encoder_codec(const om_encoder *encoder);

#endif
