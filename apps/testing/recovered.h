/* recovered.h - what was recovered, as numbers for other programs: recovered.safetensors (doc/formats.md). */
#ifndef OM_TESTING_RECOVERED_H
#define OM_TESTING_RECOVERED_H

#include "testing/results.h"

/* How large the file becomes, bytes, and what of it is the movie, which is held in memory. */
double om_recovered_size(const om_experiment *experiment, double *movie);

/* Writes the circuit that both read-outs find and, of a joint model, the movie; a movie that cannot be solved for, as
 * values are not finite, is left out, and progress is told. An older file is replaced.
 * Errors: those of reading; TN_EIO; TN_ENOMEM; TN_EINVAL a signal asked to stop, and nothing is written. */
tn_status om_recovered_write(const char *path, const om_results *results, const om_experiment *experiment,
                             const om_progress_made *made, om_progress *progress, tn_error *error);

#endif
