/* by_type.h - results for each cell type, and for each pair of types that synapses join. */
#ifndef OM_BY_TYPE_H
#define OM_BY_TYPE_H

#include "testing/results.h"

#include <jansson.h>

/* Both are null where the recording names no types, the second also where the true weights are not known; NULL when out
 * of memory. */
json_t *om_by_type_json(const om_results *results, const om_recording_circuit *circuit);
json_t *om_by_synapse_type_json(const om_results *results, const om_recording_circuit *circuit);

/* Root mean square errors of a quantity in each cell type: new memory [types] for tn_free, NaN where no neuron has one.
 *   learned, truth  [N]
 * NULL when out of memory. */
double *om_error_of_types(const om_recording_circuit *circuit, const double *learned, const float *truth);

#endif
