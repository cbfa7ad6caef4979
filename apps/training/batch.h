/* batch.h - the frames of one training step, read while the step before runs. */
#ifndef OM_BATCH_H
#define OM_BATCH_H

#include "common/experiment.h"

/* The inputs of om_joint_step, by name; buffers of a size that follows from the experiment. */
enum {
    OM_BATCH_VOLTAGE,
    OM_BATCH_DERIVATIVE,
    OM_BATCH_STIMULUS,             /* where it is known, or solved for */
    OM_BATCH_COORDINATES,          /* joint model */
    OM_BATCH_INPUT_VOLTAGE,        /* this and the following: with input-only frames */
    OM_BATCH_INPUT_DERIVATIVE,
    OM_BATCH_PRESYNAPTIC_VOLTAGE,
    OM_BATCH_INPUT_STIMULUS,
    OM_BATCH_SELECTION,            /* with more than one window: where the batch stands among the slots */
    OM_BATCH_BUFFERS
};

typedef struct om_batch {
    float *buffer[OM_BATCH_BUFFERS]; /* NULL where the model has no such input */
} om_batch;

/* Lends the buffers to the inputs of a plan of om_joint_step. */
void om_batch_bind(const om_batch *batch, tn_plan *plan);

typedef struct om_batches om_batches;

/* Starts to read the batch of step `first`.
 *   given  frames to draw from and their stimulus, borrowed, for om_joint_solved_step; NULL: all frames, and the SIREN
 * The experiment is borrowed, and its recording must not be read by others
 * until om_batches_free. Errors: TN_ENOMEM; the words say whether it was memory or a thread that was not to be had. */
om_batches *om_batches_new(const om_experiment *experiment, int64_t first, const om_solved *given, tn_error *error);
void om_batches_free(om_batches *batches);

/* The batch of the next step, to be used until the next call; the reading of the one after it begins.
 * Errors: those of reading. */
tn_status om_batches_next(om_batches *batches, const om_batch **batch, tn_error *error);

/* Waits until nothing is being read, so that until the next om_batches_next others may read the recording. */
void om_batches_wait(om_batches *batches);

/* One batch of given frames, for a single step; free with om_batch_clear. */
tn_status om_batch_of(om_batch *batch, const om_experiment *experiment, int64_t n, const int64_t *frame,
                      tn_error *error);
void om_batch_clear(om_batch *batch);

#endif
