/* recovered.h - what was recovered, as numbers for other programs: recovered.safetensors (doc/formats.md). */
#ifndef OM_TESTING_RECOVERED_H
#define OM_TESTING_RECOVERED_H

#include "testing/results.h"

/* How large the file becomes, bytes. */
double om_recovered_size(const om_experiment *experiment);

/* Writes the circuit that both read-outs find and what there is of the movie. An older file is replaced.
 * Errors: TN_EIO; TN_ENOMEM. */
tn_status om_recovered_write(const char *path, const om_results *results, const om_experiment *experiment,
                             const om_progress_made *made, tn_error *error);

#endif
