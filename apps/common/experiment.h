/* experiment.h - a configuration and a recording made into a model with parameters: what training and testing share. */
#ifndef OM_EXPERIMENT_H
#define OM_EXPERIMENT_H

#include "common/checkpoint.h"
#include "common/configuration.h"
#include "common/dataset.h"
#include "models.h"

typedef struct om_experiment {
    const om_config *config; /* borrowed */
    om_recording *recording; /* borrowed */
    int64_t frames;          /* T: training frames that have voltage, derivative and, if it is known, stimulus */
    om_recording_mark mark;  /* of the recording, and of what is learned from it */
    double xnorm;            /* 1.5 standard deviations of the training voltage */
    double *mean, *sd;       /* [N] of each neuron's training voltage */
    uint8_t *silent;         /* [N] whether that is never above 0 */
    float *neuron_weight;    /* [N] what each neuron's prediction error counts; NULL: all the same */
    om_joint *joint;
    tn_params *params;       /* sealed, with initial values */
} om_experiment;

/* Reads the training voltage once, for its statistics. The experiment is to be cleared also after an error.
 * Errors: TN_EFORMAT the recording lacks what the configuration asks for (the message says what); those of reading. */
tn_status om_experiment_make(om_experiment *experiment, const om_config *config, om_recording *recording,
                             tn_error *error);
void om_experiment_clear(om_experiment *experiment);

/* Binds what a plan of om_joint_step takes from the experiment, the same in every step. */
void om_experiment_bind(const om_experiment *experiment, tn_plan *plan);

/* A number that tells circuits apart: of N, C, the synapses and what the inputs see. */
uint64_t om_experiment_circuit(const om_experiment *experiment);

/* A number that tells apart where the columns of the eye are, which the SIREN of a joint model depends on; 0 for other
 * models. */
uint64_t om_experiment_lattice(const om_experiment *experiment);

/* Copies a checkpoint into the parameters, and into the moments of the optimizer unless that is NULL.
 * Errors: TN_EFORMAT it was made with another circuit, or a tensor does not fit (the message names it). */
tn_status om_experiment_restore(om_experiment *experiment, const om_checkpoint *checkpoint, tn_optimizer *optimizer,
                                tn_error *error);

/* Whether the checkpoint was made with another recording than this one, as far as it knows; then words say how this one
 * differs, "it has 200 frames to learn from, not 300". */
bool om_experiment_differs(const om_experiment *experiment, const om_checkpoint *checkpoint, char words[120]);

/* Says which of some parts the recording lacks, and what cannot be done without them; and whether most neurons seem to
 * be silent.
 *   parts  bit i is om_recording_part i */
void om_experiment_say_missing(const om_experiment *experiment, unsigned parts, om_progress *progress);

#endif
