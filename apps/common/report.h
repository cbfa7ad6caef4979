/* The report of a test: one HTML file that needs nothing else, but for the video beside it. */
#ifndef OM_REPORT_H
#define OM_REPORT_H

#include "tensor.h"

#include <jansson.h>

typedef struct om_report_figure {
    const char *title, *caption; /* caption may be NULL */
    const char *path;            /* a PNG file, taken into the report */
} om_report_figure;

/* Which results of the published system stand beside the run's own: those of training with the stimulus unknown, or
 * with the stimulus known at one of three levels of noise. */
typedef enum om_published_setting {
    OM_PUBLISHED_NONE,
    OM_PUBLISHED_JOINT,      /* stimulus unknown, sigma = 0.05 */
    OM_PUBLISHED_NOISE_FREE, /* stimulus known, sigma = 0 */
    OM_PUBLISHED_LOW_NOISE,  /* stimulus known, sigma = 0.05 */
    OM_PUBLISHED_HIGH_NOISE, /* stimulus known, sigma = 0.5 */
} om_published_setting;

/* The published setting like this one, or none. */
om_published_setting om_published_like(bool joint, double sigma);

typedef struct om_report {
    const char *title;     /* "flyvis, noise 0.05, stimulus unknown" */
    const json_t *metrics; /* the contents of metrics.json (specification section 9); what is missing shows as a dash */
    const json_t *facts;   /* an object of what is known of the run, shown as names and values; or NULL */
    om_published_setting published;
    size_t n_figures;
    const om_report_figure *figures;
    const char *video; /* name relative to the report, "comparison.mp4", or NULL */
} om_report;

/* Writes the report at path, whole or not at all. Everything borrowed.
 * Errors: TN_EINVAL no path or no metrics; TN_EIO the report cannot be written or a figure not read; TN_EFORMAT a
 * figure is not a PNG image; TN_ENOMEM. */
tn_status om_report_write(const char *path, const om_report *report, tn_error *error);

#endif
