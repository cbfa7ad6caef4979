/* results.h - everything that ommatid-test measures, before it becomes JSON and figures. */
#ifndef OM_RESULTS_H
#define OM_RESULTS_H

#include "common/experiment.h"
#include "common/progress.h"

/* One read-out compared with the truth. */
typedef struct om_readout_results {
    om_recovery recovery;
    om_weight_score weights;
    om_score time_constant, resting_potential;
    om_type_score types;
} om_readout_results;

/* Voltages of selected neurons, true and predicted, frame by frame: for the video and the rollout figure. */
typedef struct om_selected {
    int n;
    int64_t *neuron;         /* [n] */
    int64_t frames;          /* of the rollout that are kept */
    float *truth, *predicted; /* [frames, n]; predicted is NaN after a stop */
    double *pearson;         /* [n] over the whole rollout */
} om_selected;

/* What a joint model was shown in the frames of training; both NULL without a SIREN. */
typedef struct om_recovered_movie {
    float *stimulus; /* [frames, C] as the SIREN has it */
    float *solved;   /* [frames, C] as the learned equations ask for it; NULL: not finite */
} om_recovered_movie;

typedef struct om_results {
    om_split split;          /* of one-step and rollout: test, or training for the joint model */
    om_recording_truth truth;
    om_readout_results inside, published; /* in distribution; as published */
    om_readout_results yardstick;         /* least squares, without types */
    om_recovered_movie movie;
    om_score stimulus, stimulus_first;    /* the SIREN's: all frames; the first 8,527 */
    om_score stimulus_solved;             /* what the model's equations ask for: all frames */
    om_trace_score one_step, rollout, oracle;
    double *rollout_rmse, *rollout_pearson; /* [N] */
    double *oracle_rmse, *oracle_pearson;   /* [N]; NULL where there is no oracle */
    om_trace_score ablation, ablation_unaware; /* the learned circuit, and the whole true one, against the true one
                                                  without some synapses */
    om_selected selected;
} om_results;

/* Measures everything that the recording allows; what it does not is NaN. To be cleared also after an error.
 * Errors: those of reading and computing; TN_EINVAL a signal asked to stop, as in all that takes its time here. */
tn_status om_results_measure(om_results *results, om_experiment *experiment, om_progress *progress, tn_error *error);
void om_results_clear(om_results *results);

/* Frames of the least-squares fit, 0 where there is no true stimulus to fit with. */
int64_t om_yardstick_frames(const om_experiment *experiment);

/* TN_EINVAL where a signal asked to stop; the same for what asks while it computes. */
extern const om_watch om_results_watch;
tn_status om_results_stopped(tn_error *error);

/* The neurons shown: one of each chosen type, in the chosen column of the eye or near it. */
tn_status om_results_select(om_selected *selected, const om_experiment *experiment, tn_error *error);

/* The stimulus that drives the model at frame k, [C]: the true one, or the SIREN's for the joint model. */
typedef struct om_drive om_drive;
om_drive *om_drive_new(const om_experiment *experiment, om_split split, tn_error *error);
void om_drive_free(om_drive *drive);
const float *om_drive_at(om_drive *drive, int64_t frame, tn_error *error);

#endif
