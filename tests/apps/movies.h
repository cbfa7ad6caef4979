/* Small movies and images made by the tests themselves. */
#ifndef MOVIES_H
#define MOVIES_H

#include "common/movie.h"

/* A smooth picture that moves with the frame number: rgb [height, width, 3]. */
void smooth_frame(uint8_t *rgb, int width, int height, int number);

/* Writes n smooth frames at 25 frames per second with a codec (NULL: the first available). */
void write_movie(const char *path, int width, int height, int n, const char *codec);

/* Writes one image of the given bytes per pixel, 1 grey, 3 RGB, 4 RGB and alpha. */
void write_png(const char *path, int width, int height, int bytes, const uint8_t *pixels);

/* A folder name.0001.png ... of n smooth frames. */
void write_folder(const char *path, int width, int height, int n);

/* Reads to the end or to an error: frames read, the status, and the time of the last frame. Every frame must have the
 * announced size and a time after the one before. */
typedef struct reading {
    int64_t frames;
    double last_time;
    tn_error error;
} reading;
reading read_all(const char *path);

/* A copy of a path, since scratch_path forgets. To be freed. */
char *keep_path(const char *name);

#endif
