/* The table of a report: each metric of this run beside the published value (doc/architecture.md). */
#ifndef OM_METRICS_TABLE_H
#define OM_METRICS_TABLE_H

#include "common/report.h"
#include "common/text.h"

/* One row: where metrics.json holds a quantity, in the in-distribution read-out (or only) and in the published one. */
typedef struct om_metric {
    const char *group, *name;
    const char *own, *published_way; /* "weights.in_distribution.r2"; NULL: no such value */
    int digits;
    const char *headline;     /* name among the large numbers on top, or NULL */
    const char *published[OM_PUBLISHED_SETTINGS]; /* NULL: not published */
} om_metric;

extern const om_metric om_metrics[]; /* ends with a row without a name */

/* The value at a path of keys joined by dots, "0.979" or "0.144 ± 0.079" (key + "_mean" and key + "_sd"); an en dash
 * where there is no number. */
om_phrase om_metric_value(const json_t *metrics, const char *keys, int digits);

/* Words, and for one step and rollout also the part of the recording that they are of: "rollout, training frames". */
om_phrase om_metric_with_part(const json_t *metrics, const om_metric *row, const char *words);

#endif
