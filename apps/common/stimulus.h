/* stimulus.h - what the columns of the eye see, frame after frame without end: movies and scenes, each at several
 * scales, at several places, in several orientations, cut into sequences and shown in random order.
 *
 * A sequence is one movie at one scale and place in one orientation. All of them make a pass, in an order that depends
 * on the seed; passes follow each other in the same order. Everything random depends on the seed and on the sorted list
 * of movies alone. */
#ifndef OM_STIMULUS_H
#define OM_STIMULUS_H

#include "common/sources.h"
#include "models.h"

/* How the time of a movie becomes the time of the stimulus. */
typedef enum om_clock {
    OM_CLOCK_FRAMES,  /* one frame a step, whatever the movie's rate */
    OM_CLOCK_NEAREST, /* real time, the nearest frame of the movie; the earlier of two equally near */
    OM_CLOCK_LINEAR,  /* real time, linear between frames */
} om_clock;

/* Orientations, as sets of symmetries of the lattice: bit s is number s of om_lattice_symmetry. */
#define OM_EVERY_ORIENTATION      0xfffu
#define OM_PUBLISHED_ORIENTATIONS 0x6dbu /* mirrored or not, turned by 0, 60, 180 and 240 degrees */
#define OM_UPRIGHT                0x001u

typedef struct om_stimulus_options {
    om_clock clock;
    double delta_t;        /* seconds of a step, > 0 */
    int scales;            /* 0: frames are shrunk by shrink */
    const double *scale;   /* [scales] > 0: the height of the frame, in heights of the lattice; borrowed for the call */
    double shrink;         /* > 0: 1 keeps the pixels of the movie, 2 shows twice as much */
    int crops;             /* places of each movie at each scale: 1 is centred, more are random */
    unsigned orientations; /* one of the sets above, or any other */
    int64_t max_frames;    /* steps of a sequence at most, from a start that is random in each pass; 0: all */
    bool shuffle;          /* false: sequences by movie, scale, place, orientation */
    uint64_t seed;
    double image_rate;    /* images per second of folders, > 0 */
    int64_t scene_frames; /* steps of each sequence of a built-in scene, >= 1 */
} om_stimulus_options;

typedef struct om_stimulus om_stimulus;

/* Shows every movie to the eye once and keeps what the columns see, 4 bytes for each of frames x scales x crops x
 * columns; the frames that are taken later need no more. Movies are read by several threads; the result does not
 * depend on them. The list of movies is borrowed for the call and may be in any order. A scene is drawn as high as the
 * lattice times the largest scale, and a third wider if there are several crops; shrink does not touch it.
 * Errors: TN_EINVAL an option outside its range, or no movie; TN_ENOMEM; those of opening and reading movies, for the
 * first movie that fails in the order of names. Returns NULL on error. */
om_stimulus *om_stimulus_new(const om_lattice *lattice, const om_sources *sources, const om_stimulus_options *options,
                             tn_error *error);
void om_stimulus_free(om_stimulus *stimulus);

/* The next frame: luminance [columns] in the order of the lattice, from 0 to 1. Never ends and never fails. */
void om_stimulus_next(om_stimulus *stimulus, float *luminance);

/* ---- To look inside, for tests: no program calls these ---- */

/* Sequences of a pass, and their frames together. */
int64_t om_stimulus_sequences(const om_stimulus *stimulus);
int64_t om_stimulus_pass(const om_stimulus *stimulus);

/* What the latest frame is. */
typedef struct om_stimulus_place {
    const char *movie;            /* name of the source; owned by the stimulus */
    int scale, crop, orientation; /* index of scale and crop; number of the symmetry */
    int64_t pass;                 /* counted from 0 */
    int64_t step, start, length;  /* of the sequence: steps into it, its first step within the movie, its steps */
} om_stimulus_place;
om_stimulus_place om_stimulus_where(const om_stimulus *stimulus);

#endif
