/* A wiring diagram: what a circuit/1 file says, before it is expanded on a lattice. */
#ifndef OM_DIAGRAM_H
#define OM_DIAGRAM_H

#include "models.h"

/* One offset of one synapse type: from every source in (u, v) to the target in (u + du, v + dv). */
typedef struct om_rule {
    int32_t source, target; /* cell types */
    int32_t du, dv;
    float weight;                 /* sign x strength x count */
    int32_t synapse_type, offset; /* its place in the file, synapses[].offsets[] */
} om_rule;

typedef struct om_diagram {
    char name[OM_NAME_SIZE];
    int32_t types, rules;
    om_cell_type *cell_type; /* [types] */
    om_rule *rule;           /* [rules], no two give the same synapse */
} om_diagram;

/* Read a file, or length bytes of text that messages call name. diagram needs no initialisation and is to be cleared
 * whatever the status. Errors: TN_EIO, TN_EFORMAT, TN_ENOMEM as om_circuit_read says. */
tn_status om_diagram_read(om_diagram *diagram, const char *path, tn_error *error);
tn_status om_diagram_parse(om_diagram *diagram, const char *text, size_t length, const char *name, tn_error *error);
void om_diagram_clear(om_diagram *diagram);

#endif
