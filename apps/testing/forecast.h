/* forecast.h - what a test would take: --dry-run. */
#ifndef OM_FORECAST_H
#define OM_FORECAST_H

#include "common/experiment.h"

/* Prints what the recording holds and lacks, memory, disk and time; a few frames are predicted to see how long that
 * takes. Errors: those of reading and predicting. */
tn_status om_forecast(const om_experiment *experiment, const om_progress_made *made, FILE *stream, tn_error *error);

#endif
