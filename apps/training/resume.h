/* resume.h - going on with a run from its checkpoint. */
#ifndef OM_RESUME_H
#define OM_RESUME_H

#include "training/trainer.h"

/* Takes parameters, moments, step, time and scores from the newest checkpoint of the run that is whole. A damaged
 * newer one is put aside under the name damaged.checkpoint.safetensors, so that it will not push the good one out.
 * What the configuration says otherwise than when the run began is told to the trainer's progress, unless all steps are
 * made; a seed or model of another kind is refused, and so is another recording.
 * Errors: TN_EIO there is no checkpoint; TN_EFORMAT it is damaged, and so is the one before it, or it does not fit
 * (the message names the key or the tensor). */
tn_status om_resume(om_trainer *trainer, tn_error *error);

/* Whether om_resume would do, without moving any file: takes the parameters into the experiment, and the steps made. */
tn_status om_resume_try(om_experiment *experiment, const char *run, om_progress *progress, int64_t *step,
                        tn_error *error);

#endif
