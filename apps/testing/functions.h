/* functions.h - what the two networks learned, one neuron of each cell type. */
#ifndef OM_TESTING_FUNCTIONS_H
#define OM_TESTING_FUNCTIONS_H

#include "testing/results.h"

/* Curves over the voltages within two standard deviations of a neuron's mean, [types, points] each. */
typedef struct om_functions {
    size_t types, points;
    double *voltage;
    double *message, *true_message; /* g_phi(v, a)^2, and max(v, 0) */
    double *update, *true_update;   /* f_theta(v, a, 0, 0), and (Vrest - v) / tau, NULL where the truth is not known */
} om_functions;

/* Of the neuron in the middle of each cell type, which the recording must have.
 * Errors: TN_ENOMEM. Free with om_functions_clear, also after an error. */
tn_status om_functions_make(om_functions *functions, const om_results *results, const om_experiment *experiment,
                            tn_error *error);
void om_functions_clear(om_functions *functions);

#endif
