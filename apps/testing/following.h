/* following.h - how well the model follows the recording: one step, rollout, and the oracle that noise caps too. */
#ifndef OM_FOLLOWING_H
#define OM_FOLLOWING_H

#include "testing/results.h"

/* One step: predicted against recorded derivative, at every frame of the split. */
tn_status om_measure_one_step(om_results *results, const om_experiment *experiment, om_progress *progress,
                              tn_error *error);
/* Rollout from the first recorded voltage; fills the selected traces too. */
tn_status om_measure_rollout(om_results *results, const om_experiment *experiment, om_progress *progress,
                             tn_error *error);
/* The same with the true circuit, without noise, under the true stimulus; NaN if either is not known. */
tn_status om_measure_oracle(om_results *results, const om_experiment *experiment, om_progress *progress,
                            tn_error *error);

#endif
