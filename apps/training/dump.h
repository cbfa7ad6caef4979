/* dump.h - one training step written down, so that anyone can check it against another framework. */
#ifndef OM_DUMP_H
#define OM_DUMP_H

#include "common/experiment.h"

/* What was asked for; borrowed. */
typedef struct om_dump {
    const char *path;   /* of the file, which is replaced if it is there */
    const char *frames; /* of the training part: "131,321,381" */
    const char *run;    /* directory whose checkpoint gives the parameters; NULL: initial values */
    bool dry_run;       /* compute the step, print to standard output what would be written, and write nothing */
} om_dump;

/* Computes one step on the given training frames and writes param/, grad/, term/, loss, field, message,
 * predicted_derivative and frames to a safetensors file (doc/formats.md). The loss is that of the last epoch. progress
 * is told if the one before the newest checkpoint is taken, and if the run learned from another recording.
 * Errors: TN_EINVAL the list of frames; TN_EFORMAT, TN_EIO, TN_ENOMEM. */
tn_status om_dump_step(om_experiment *experiment, const om_dump *dump, om_progress *progress, tn_error *error);

#endif
