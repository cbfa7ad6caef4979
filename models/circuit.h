/* Circuits from inside: how they are put together. */
#ifndef OM_CIRCUIT_H
#define OM_CIRCUIT_H

#include "models.h"
#include "diagram.h"

typedef struct om_synapse {
    int32_t target, source;
    float weight;
    bool is_null;
} om_synapse;

/* A circuit of so many neurons, all 0, and no synapses, on a lattice that it takes over even when it fails. */
om_circuit *om_circuit_new(const char *name, om_lattice *lattice, int32_t types, int32_t neurons, tn_error *error);

/* Gives a circuit without synapses those of a list, which is sorted here. Errors: TN_ENOMEM. */
tn_status om_circuit_wire(om_circuit *circuit, om_synapse *list, int32_t synapses, tn_error *error);

/* The synapses of a circuit as a list with room for extra more; free with tn_free. */
om_synapse *om_circuit_list(const om_circuit *circuit, int32_t extra, tn_error *error);

/* A circuit with the neurons of another one and the synapses of a list, which is sorted here. */
om_circuit *om_circuit_rewire(const om_circuit *circuit, om_synapse *list, int32_t synapses, tn_error *error);

/* The circuit of a wiring diagram. Errors: TN_EINVAL extent. */
om_circuit *om_diagram_expand(const om_diagram *diagram, int32_t extent, tn_error *error);

#endif
