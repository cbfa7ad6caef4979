/* How well predicted traces follow the true ones, neuron by neuron, gathered frame by frame: one step or rollout. */
#ifndef OM_TRACES_H
#define OM_TRACES_H

#include "models.h"
#include "values.h"

/* Adds truth and predicted [frames, N]. In double, by the updates of Welford, Technometrics 4 (1962) 419: the same
 * bits on any number of threads and however the frames are divided among calls. */
void om_traces_add(om_traces *traces, om_values truth, om_values predicted, int64_t frames);

int64_t om_traces_frames(const om_traces *traces);

/* rmse [N]: root of the mean squared difference; NaN without frames.
 * pearson [N]: correlation; NaN where a trace is constant (om_pearson). Either may be NULL.
 * A NaN or an infinity in a neuron's traces makes its results NaN. */
void om_traces_result(const om_traces *traces, double *rmse, double *pearson);

#endif
