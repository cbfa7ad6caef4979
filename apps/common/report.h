/* The report of a test: one HTML file that needs nothing else, but for the video beside it. */
#ifndef OM_REPORT_H
#define OM_REPORT_H

#include "common/published.h"
#include "tensor.h"

#include <jansson.h>

typedef struct om_report_figure {
    const char *title, *caption; /* caption may be NULL */
    const char *path;            /* a PNG file, taken into the report */
} om_report_figure;

typedef struct om_report {
    const char *title;     /* "flyvis, noise 0.05, stimulus unknown" */
    const json_t *metrics; /* the contents of metrics.json (doc/formats.md); what is missing shows as a dash */
    const json_t *facts;   /* an object of what is known of the run, shown as names and values; or NULL */
    om_published_setting published; /* whose results stand beside the run's own; none: no such column */
    size_t n_figures;
    const om_report_figure *figures;
    const char *video; /* name relative to the report, "comparison.mp4", or NULL */
} om_report;

/* Writes the report at path, whole or not at all. Everything borrowed.
 * Errors: TN_EINVAL no path or no metrics; TN_EIO the report cannot be written or a figure not read; TN_EFORMAT a
 * figure is not a PNG image; TN_ENOMEM. */
tn_status om_report_write(const char *path, const om_report *report, tn_error *error);

#endif
