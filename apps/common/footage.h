/* footage.h - one movie as the columns of the eye see it through several views. */
#ifndef OM_FOOTAGE_H
#define OM_FOOTAGE_H

#include "common/stimulus.h"

typedef struct om_footage {
    char *name;
    int64_t frames;   /* of the movie */
    int64_t steps;    /* of the stimulus */
    int views;        /* scales x crops, crops of one scale next to each other */
    int columns;      /* C */
    double *time;     /* [frames] seconds */
    float *luminance; /* [frames, views, C] */
} om_footage;

/* Reads a movie, or draws a scene, to its end.
 *   number  of the movie in the sorted list: chooses the random places of the crops
 *   error   not NULL
 * Errors: those of opening and reading movies; TN_EINVAL a signal asks to stop (signals.h). The footage is to be
 * cleared also after an error. */
tn_status om_footage_take(om_footage *footage, const om_source *source, int number, const om_lattice *lattice,
                          const om_stimulus_options *options, tn_error *error);
void om_footage_clear(om_footage *footage);

/* What the columns see at a step: out[place[c]] is the luminance of column c; place [C] is a permutation. */
void om_footage_look(const om_footage *footage, const om_stimulus_options *options, int view, int64_t step,
                     const int32_t *place, float *out);

#endif
