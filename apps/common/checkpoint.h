/* checkpoint.h - the state of a training run in one safetensors file (doc/formats.md). */
#ifndef OM_CHECKPOINT_H
#define OM_CHECKPOINT_H

#include "common/progress.h"

/* What tells recordings of one circuit apart. */
typedef struct om_recording_mark {
    int64_t frames;   /* that are learned from; 0: nothing is known */
    double delta_t;   /* s */
    uint64_t voltage; /* hash of some frames */
} om_recording_mark;

/* A stimulus that was solved for, of some frames. */
typedef struct om_solved {
    int64_t n, columns;
    int32_t *frame;  /* [n]; NULL: none */
    float *stimulus; /* [n, columns] */
} om_solved;

/* What a checkpoint holds beside parameters and moments. Texts are owned by whoever filled them in; after reading, by
 * the checkpoint. */
typedef struct om_progress_made {
    int64_t step;     /* optimizer steps made */
    double seconds;   /* of training, over all resumes */
    uint64_t seed;
    uint64_t circuit; /* om_experiment's mark of the circuit that W belongs to; 0: unknown */
    uint64_t lattice; /* om_experiment's mark of where the columns are; 0: unknown, or of no consequence */
    om_recording_mark recording; /* that was learned from */
    double stimulus_r2, weight_r2; /* the latest comparison with the truth; NaN: none */
    const char *config, *program;
    om_solved solved; /* to write only: om_checkpoint_solved reads it */
} om_progress_made;

/* Writes parameters, both moments of the optimizer (Adam; may be NULL) and the progress. An older file at path lives on
 * as path's name with "previous." before it; whenever the program may be killed, one of the two is whole.
 *   first  of a new run: the files at both names are another run's, and are gone when this one is written, not before
 * Errors: TN_EIO; TN_ENUMERIC a parameter or moment is not finite (the message names it; nothing is written);
 *         TN_ENOMEM. */
tn_status om_checkpoint_write(const char *path, const tn_params *params, const tn_optimizer *optimizer,
                              const om_progress_made *made, bool first, tn_error *error);

typedef struct om_checkpoint om_checkpoint;

/* Opens and checks a checkpoint. Errors: TN_EIO; TN_EFORMAT. Returns NULL on error. */
om_checkpoint *om_checkpoint_read(const char *path, tn_error *error);

#define OM_CHECKPOINT_NAME "checkpoint.safetensors"

/* The newest checkpoint of a run: RUN/checkpoint.safetensors, or where that is damaged or missing the one before it,
 * which progress is told. Whatever else keeps the newest from being read, such as a lack of permission or of memory, is
 * an error, for the file may be good. Errors: those of the newest, with those of the other in the message. */
om_checkpoint *om_checkpoint_newest(const char *run, om_progress *progress, tn_error *error);
void om_checkpoint_free(om_checkpoint *checkpoint);
const om_progress_made *om_checkpoint_made(const om_checkpoint *checkpoint);
const char *om_checkpoint_path(const om_checkpoint *checkpoint);

/* Copies its values into a sealed set, and into the moments of the optimizer unless that is NULL.
 * Errors: TN_EFORMAT a tensor is missing, has another shape or type, or is none of the set's (the message names it). */
tn_status om_checkpoint_restore(const om_checkpoint *checkpoint, tn_params *params, tn_optimizer *optimizer,
                                tn_error *error);

/* Copies the solved stimulus into arrays of its size; false if there is none of that size or its frames are not, in
 * ascending order, some of 0 to frames - 1. */
bool om_checkpoint_solved(const om_checkpoint *checkpoint, int64_t frames, om_solved *solved);

/* RUN/checkpoint.safetensors, and the path of the file that is kept when a new one is written to path; to be freed,
 * NULL when out of memory. */
char *om_checkpoint_of_run(const char *run);
char *om_checkpoint_previous(const char *path);

#endif
