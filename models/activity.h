/* Activity statistics: mean and standard deviation of every neuron's voltage, gathered frame by frame. */
#ifndef OM_ACTIVITY_H
#define OM_ACTIVITY_H

#include "values.h"

typedef struct om_activity om_activity;

/* An accumulator of N = neurons; its memory does not grow with the frames. NULL: TN_EINVAL neurons < 0; TN_ENOMEM. */
om_activity *om_activity_new(int64_t neurons, tn_error *error);
void om_activity_free(om_activity *activity);

/* Adds voltage [frames, N]. In double, by the updates of Welford, Technometrics 4 (1962) 419: the same bits on any
 * number of threads and however the frames are divided among calls. */
void om_activity_add(om_activity *activity, om_values voltage, int64_t frames);

/* mean, sd [N]: n-1 in the divisor of sd. One frame gives sd 0; none gives NaN in both. Either may be NULL. */
void om_activity_result(const om_activity *activity, double *mean, double *sd);

/* The standard deviation (n-1) over all neurons and frames together: 1.5 of it is xnorm of the loss. NaN if nothing
 * was added. */
double om_activity_total_sd(const om_activity *activity);

#endif
