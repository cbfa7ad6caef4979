/* estimate.h - what a training run would take: --dry-run. */
#ifndef OM_ESTIMATE_H
#define OM_ESTIMATE_H

#include "common/experiment.h"

/* Prints sizes, memory, disk and the time of what is left after so many steps. A few steps are made, with a comparison
 * with the truth where the run would make some, and timed: memory is the most that the process has then held. The
 * parameters of the experiment change.
 * Errors: those of reading and of planning. */
tn_status om_estimate(om_experiment *experiment, int64_t made, FILE *stream, tn_error *error);

#endif
