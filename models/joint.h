/* The inside of the joint model. */
#ifndef OM_JOINT_H
#define OM_JOINT_H

#include "models.h"

/* The part of the circuit that decides what input neurons do: what input-only frames evaluate. */
typedef struct om_input_part {
    int64_t n_inputs, n_presynaptic, n_synapses;
    int32_t *input, *presynaptic; /* neurons, ascending */
    tn_sparsity *synapses;        /* inputs x presynaptic */
    tn_sparsity *input_index, *presynaptic_index; /* rows of the embedding */
    tn_sparsity *synapse_index;   /* entries of W */
    tn_sparsity *seen;            /* each input's column */
} om_input_part;

struct om_joint {
    om_joint_spec spec;
    om_wiring wiring;      /* with arrays of its own */
    om_mlp g_phi, f_theta;
    tn_sparsity *synapses; /* N x N, W in CSR order */
    tn_sparsity *seen;     /* each neuron's row in the stimulus, C for those that see nothing */
    tn_sparsity *silent;   /* the entries of W of silent neurons; NULL: none */
    om_input_part part;
};

tn_status om_input_part_make(om_input_part *part, const om_wiring *wiring, tn_error *error);
void om_input_part_free(om_input_part *part);

#endif
