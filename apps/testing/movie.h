/* movie.h - the movie of a joint model in the frames of training. */
#ifndef OM_TESTING_MOVIE_H
#define OM_TESTING_MOVIE_H

#include "testing/results.h"

/* Recalls the movie of the SIREN and solves for the one of the learned equations, and scores both where the true one is
 * known. Without a SIREN nothing happens; a movie that cannot be solved for, as values are not finite, is left out, and
 * progress is told. Errors: those of reading; TN_ENOMEM; TN_EINVAL a signal asked to stop. */
tn_status om_measure_movie(om_results *results, const om_experiment *experiment, om_progress *progress,
                           tn_error *error);

/* Bytes of one of the two; 0 without a SIREN. */
double om_recovered_movie_size(const om_experiment *experiment);
void om_recovered_movie_clear(om_recovered_movie *movie);

#endif
