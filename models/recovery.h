/* The inside of the recovery metrics. */
#ifndef OM_RECOVERY_H
#define OM_RECOVERY_H

#include "joint.h"
#include "statistics.h"
#include "values.h"

om_score om_score_of(const om_line *line);

/* Of predicted and true stimulus: the truth is on the left of the line, true = a predicted + b. */
om_score om_stimulus_score(const om_moments *moments);

/* Of what gave no pointer: the caller may not have asked why. */
static inline tn_status om_failure(const tn_error *error)
{
    return error ? error->status : TN_ENOMEM;
}

/* Makes room for weights, time constants and resting potentials; false without memory. */
bool om_recovery_allocate(om_recovery *recovery, const om_joint *joint);

#endif
