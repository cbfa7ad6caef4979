/* metrics.h - numbers with names: one JSON object per line, such as metrics.jsonl. */
#ifndef OM_METRICS_H
#define OM_METRICS_H

#include "tensor.h"

typedef struct om_field {
    const char *name;
    double value;
} om_field;

/* {"what": "train", "loss": 0.25} without a line break, to be freed; NULL when out of memory or if a text is not UTF-8.
 * Whole numbers are printed as such, others with 9 digits, NaN and infinities as null.
 *   name, text  the first pair; name NULL leaves it out */
char *om_json_line(const char *name, const char *text, int n, const om_field *fields);

typedef struct om_metrics om_metrics;

/* Opens the file for appending, after dropping the lines of steps after last_step: what a run wrote after the
 * checkpoint that is now resumed, and a line cut short when it was killed.
 *   last_step  -1 begins anew
 * Returns NULL on error: TN_EIO; TN_EFORMAT, "file:line: ...", a line that is not an object with a step; TN_ENOMEM. */
om_metrics *om_metrics_open(const char *path, int64_t last_step, tn_error *error);

/* Appends the line {"step": ..., fields} and hands it to the system. Errors: TN_EIO, TN_ENOMEM. */
tn_status om_metrics_write(om_metrics *metrics, int64_t step, int n, const om_field *fields, tn_error *error);

void om_metrics_close(om_metrics *metrics); /* accepts NULL */

#endif
