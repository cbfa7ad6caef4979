/* metrics.h - numbers with names: one JSON object per line, such as metrics.jsonl. */
#ifndef OM_METRICS_H
#define OM_METRICS_H

#include "tensor.h"

typedef struct om_named_number {
    const char *name;
    double value;
} om_named_number;

/* {"what": "train", "loss": 0.25} without a line break, to be freed; NULL when out of memory or if a text is not UTF-8.
 * Whole numbers are printed as such, others with 9 digits, NaN and infinities as null.
 *   name, text  the first pair; name NULL leaves it out */
char *om_json_line(const char *name, const char *text, int n, const om_named_number *fields);

struct json_t;
struct om_progress; /* progress.h, which includes this file */

/* Who takes the lines of metrics, one after the other. */
typedef struct om_metrics_reader {
    /*   line    [length] as it is in the file, with its end
     *   object  an object with an integer "step"; NULL: the line is no such thing. Both are borrowed for the call */
    tn_status (*take)(void *context, const char *line, size_t length, const struct json_t *object, tn_error *error);
    void *context;
    const char *fate; /* what becomes of lines that are no such thing, for the warning: "the line is ..." */
} om_metrics_reader;

/* Reads the lines of a file, which path names in messages, up to one without its end. Lines that are no object with a
 * step stop nothing; progress is told of the first of them, and of how many they are.
 * Errors: TN_EIO; what take returns. */
tn_status om_metrics_read(FILE *file, const char *path, const om_metrics_reader *reader, struct om_progress *progress,
                          tn_error *error);

typedef struct om_metrics om_metrics;

/* Opens the file for appending, after dropping the lines of steps after last_step: what a run wrote after the
 * checkpoint that is now resumed, and a line cut short when it was killed. Lines that are no objects with a step are
 * kept, with a warning: the checkpoint is what a run goes on from.
 *   last_step  -1 begins anew
 *   progress   takes the warning; not used when the file begins anew
 * Returns NULL on error: TN_EIO; TN_ENOMEM. */
om_metrics *om_metrics_open(const char *path, int64_t last_step, struct om_progress *progress, tn_error *error);

/* Appends the line {"step": ..., fields} and hands it to the system. Errors: TN_EIO, TN_ENOMEM. */
tn_status om_metrics_write(om_metrics *metrics, int64_t step, int n, const om_named_number *fields, tn_error *error);

void om_metrics_close(om_metrics *metrics); /* accepts NULL */

#endif
