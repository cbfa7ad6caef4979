/* history.h - the course of training, from metrics.jsonl. */
#ifndef OM_HISTORY_H
#define OM_HISTORY_H

#include "common/progress.h"

typedef struct om_history {
    size_t n;
    double *step, *loss, *prediction; /* [n]; NaN: not known */
    double *stimulus_r2, *weight_r2;  /* [n]; NaN where a line repeats the comparison that the one before knew */
} om_history;

/* Reads RUN/metrics.jsonl; a run without one has an empty history. Lines that are no object with a step are left out,
 * and progress is told of the first of them. To be cleared also after an error. Errors: TN_EIO; TN_ENOMEM. */
tn_status om_history_read(om_history *history, const char *run, om_progress *progress, tn_error *error);
void om_history_clear(om_history *history);

#endif
