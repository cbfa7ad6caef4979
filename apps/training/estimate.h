/* estimate.h - what a training run would take: --dry-run. */
#ifndef OM_ESTIMATE_H
#define OM_ESTIMATE_H

#include "common/experiment.h"

/* Prints sizes, memory, disk and time; the time of a step is measured by running a few of them on copies of nothing:
 * parameters are not changed. */
tn_status om_estimate(const om_experiment *experiment, FILE *stream, tn_error *error);

#endif
