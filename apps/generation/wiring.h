/* wiring.h - the circuits of one recording: the one that is simulated and the one that the learner is shown. */
#ifndef OM_GENERATION_WIRING_H
#define OM_GENERATION_WIRING_H

#include "common/configuration.h"
#include "common/dataset.h"
#include "models.h"

typedef struct om_circuits {
    om_circuit *simulated;
    om_circuit *shown;     /* may be the same */
    float *weight;         /* [E of shown] as simulated: 0 where a synapse was ablated */
} om_circuits;

/* The path of the circuit file, to be freed. Errors: those of om_builtin_circuit. Returns NULL on error. */
char *om_circuit_path(const om_config *config, tn_error *error);

/* Reads the circuit file and perturbs it as the configuration says. To be cleared also after an error.
 * Errors: those of om_circuit_read; TN_ENOMEM. */
tn_status om_circuits_make(om_circuits *circuits, const om_config *config, tn_error *error);
void om_circuits_clear(om_circuits *circuits);

/* The shown circuit as a recording stores it. type_names [types] receives borrowed names. */
om_recording_circuit om_circuits_shown(const om_circuits *circuits, const char **type_names);
/* Its truth; arrays are borrowed. */
om_recording_truth om_circuits_truth(const om_circuits *circuits);

#endif
