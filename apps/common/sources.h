/* sources.h - which movies a stimulus is made of, and which of them are for training and for testing. */
#ifndef OM_SOURCES_H
#define OM_SOURCES_H

#include "tensor.h"

/* One movie: a file, a folder of images, or one sequence of a built-in scene. */
typedef struct om_source {
    char *name;        /* the path, or "scene:NAME/SEQUENCE" */
    const char *scene; /* name of the built-in scene; NULL for a path */
    uint32_t sequence; /* of the scene */
} om_source;

/* A list of movies; begin with {0}. */
typedef struct om_sources {
    om_source *at;
    int count;
} om_sources;

void om_sources_clear(om_sources *sources);

/* Adds what a text names: a movie file; a folder of images, which is one movie; a folder without images, in which
 * every file and every folder of images is a movie; or "scene:NAME", which adds sequences of a built-in scene, numbered
 * from first_sequence. Files are opened only later. After an error the list may hold some of what was to be added.
 * Errors: TN_EINVAL unknown scene; TN_EFORMAT a folder with nothing in it, or with both images and movies (the message
 * names one of each); TN_EIO; TN_ENOMEM. */
tn_status om_sources_add(om_sources *sources, const char *text, uint32_t first_sequence, int sequences,
                         tn_error *error);

/* Sorts by the last part of the name, then by the whole name, in the order of bytes, so that nothing depends on the
 * order of a directory or on where the movies lie. */
void om_sources_sort(om_sources *sources);

/* Moves the movies into two empty lists: sorts all, takes a random order that depends on the seed, and gives the first
 * floor(share count) to train, but at least one to each list where there are two. The lists are sorted.
 * Errors: TN_EINVAL share is not within 0 to 1; TN_ENOMEM; all stays as it was. */
tn_status om_sources_split(om_sources *all, double share, uint64_t seed, om_sources *train, om_sources *test,
                           tn_error *error);

#endif
