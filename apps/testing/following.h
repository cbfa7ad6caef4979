/* following.h - how well the model follows the recording: one step, rollout, and the oracle that noise caps too; and
 * how well it follows the true circuit where no recording was made. */
#ifndef OM_FOLLOWING_H
#define OM_FOLLOWING_H

#include "testing/results.h"

/* One step: predicted against recorded derivative, in the frames of a rollout. */
tn_status om_measure_one_step(om_results *results, const om_experiment *experiment, om_progress *progress,
                              tn_error *error);
/* Rollout from the first recorded voltage; fills the selected traces too. */
tn_status om_measure_rollout(om_results *results, const om_experiment *experiment, om_progress *progress,
                             tn_error *error);
/* The same with the true circuit, without noise, under the true stimulus; NaN if either is not known. */
tn_status om_measure_oracle(om_results *results, const om_experiment *experiment, om_progress *progress,
                            tn_error *error);
/* Ablation (test.ablation): rollouts of the learned and of the true circuit, both without the same synapses, the one
 * compared with the other; and the whole true circuit compared with it, which is how well a model would do that does
 * not know what those synapses do. None has noise. NaN if none was asked for, or, with a warning, if the truth does not
 * run. */
tn_status om_measure_ablation(om_results *results, const om_experiment *experiment, om_progress *progress,
                              tn_error *error);

/* What ran by itself and was compared frame by frame, until it ran away. */
typedef struct om_ran {
    const char *what;
    om_trace_score *score;
    int64_t frames;         /* it was to run for */
    int64_t neurons;        /* of the lists; 0: without */
    double *rmse, *pearson; /* [neurons] */
} om_ran;
/* Warns if it did not run for all frames. Scores of the first frame alone, with which everything starts, would be
 * perfect: they become NaN. */
void om_say_ran_away(om_ran *ran, om_progress *progress);

/* Frames that were not learned, where the model knows what drives it there; else those of training. */
om_split om_followed_split(const om_experiment *experiment);
/* How many of the split a rollout may use. */
int64_t om_followed_frames(const om_experiment *experiment, om_split split);
/* Whether the true circuit and what drives it are known. */
bool om_truth_runs(const om_results *results, const om_experiment *experiment);
/* The true circuit as a simulation wants it: the arrays are those of the recording. Its types are only names for
 * messages, so one without a name serves where they are not known.
 *   type  [N] zeros */
om_circuit om_true_circuit(const om_results *results, const om_recording_circuit *circuit, om_cell_type *nameless,
                           int32_t *type);

#endif
