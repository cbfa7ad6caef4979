/* scene.h - built-in scenes: movies that are drawn, not recorded, as long and as many as needed.
 * What a frame shows is a function of (name, seed, sequence, size, time) alone. Lengths within a scene are shares of
 * its height, times are in seconds; frames are grey (OM_GREY8) and anti-aliased. */
#ifndef OM_SCENE_H
#define OM_SCENE_H

#include "common/movie.h"

typedef struct om_scene_options {
    int width, height; /* pixels, from 8 to 4096, one at most 8 times the other */
    int64_t frames;    /* at least 1 */
    double rate;       /* frames per second, > 0 */
    uint64_t seed;
    uint32_t sequence; /* which of the endless many that a seed gives */
} om_scene_options;

/* A scene as a movie: om_movie_next, om_movie_about and om_movie_close work as for any other. It needs memory for two
 * frames, however long it is. Errors: TN_EINVAL unknown name (the message lists the known ones), or an option outside
 * its range; TN_ENOMEM. Returns NULL on error. */
om_movie *om_scene_open(const char *name, const om_scene_options *options, tn_error *error);

/* The name of a scene, if there is one of that name; else NULL and TN_EINVAL with a message that lists the scenes. */
const char *om_scene_find(const char *name, tn_error *error);

/* ---- To look inside, for tests: no program calls this ---- */

/* The name of scene number i; NULL past the last. */
const char *om_scene_name(int i);

#endif
