/* evaluation.h - how far a model has come, compared with the truth of its recording: to report, never to learn. */
#ifndef OM_EVALUATION_H
#define OM_EVALUATION_H

#include "common/experiment.h"

/* NaN where there is nothing to compare with. */
typedef struct om_scores {
    double stimulus_r2; /* corrected, over frames spread over the recording; joint model */
    double weight_r2;   /* in-distribution read-out */
} om_scores;

typedef struct om_evaluator om_evaluator;

/* Reads the truth. *evaluator stays NULL if the recording has nothing to compare with. Errors: those of reading. */
tn_status om_evaluator_new(om_evaluator **evaluator, const om_experiment *experiment, tn_error *error);
void om_evaluator_free(om_evaluator *evaluator);

/* Compares the parameters as they are. The recording must not be read by others meanwhile. */
tn_status om_evaluate(om_evaluator *evaluator, om_scores *scores, tn_error *error);

/* The training part of a recording as models look at it; to be used while the experiment lives. */
om_data om_experiment_data(const om_experiment *experiment);

/* The same with the true training stimulus, whether the model knows it or not: to compare with. */
om_data om_experiment_truth(const om_experiment *experiment);

#endif
