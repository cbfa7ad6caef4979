/* Frames of the comparison video: the true stimulus on the eye, the recovered one beside it on the same scale of
 * colours, and the latest voltages of selected neurons. */
#ifndef OM_COMPARISON_H
#define OM_COMPARISON_H

#include "tensor.h"

typedef struct om_comparison om_comparison;

enum { OM_COMPARISON_TRACES = 32 };

/* What stays the same from frame to frame; copied. */
typedef struct om_comparison_spec {
    int width, height; /* pixels; 0 means 1280 x 480; odd sizes grow by one, as video wants them even */
    size_t n_columns;
    const int32_t *u, *v;    /* [n_columns] lattice places */
    double low, high;        /* luminance at the ends of the colour scale */
    double a, b;             /* the correction: true = a recovered + b */
    size_t n_traces;         /* up to OM_COMPARISON_TRACES, from the top */
    const char *const *name; /* [n_traces] */
    const double *trace_low; /* [n_traces] each trace has its own scale: voltages between which it mostly lies */
    const double *trace_high;
    double dt;  /* seconds from one drawn frame to the next */
    int window; /* frames that the traces look back; 0 means 200 */
} om_comparison_spec;

/* One frame; NaN shows as a gap or in pale grey. */
typedef struct om_comparison_frame {
    int64_t index;                    /* frame of the recording */
    double time;                      /* seconds */
    const float *truth;               /* [n_columns], or NULL: not known */
    const float *recovered;           /* [n_columns] before the correction */
    const float *voltage, *predicted; /* [n_traces] */
} om_comparison_frame;

/* A picture: pixels 0xffRRGGBB, which are bytes B, G, R, A on a little-endian machine. */
typedef struct om_comparison_picture {
    const uint8_t *data;
    size_t stride; /* bytes from one row to the next */
    int width, height;
} om_comparison_picture;

/* Errors: TN_EINVAL a size below 320 x 120 or beyond 16384, no column, two columns at one place, too many traces, or a
 * scale without length; TN_ENOMEM. Returns NULL on error. */
om_comparison *om_comparison_new(const om_comparison_spec *spec, tn_error *error);
void om_comparison_free(om_comparison *comparison);

/* Draws the next frame: the traces move on by one, and the running RMSE is over all frames drawn so far.
 *   picture   valid until the next call; owned by the comparison
 * Errors: TN_ENOMEM, as cairo reports it. */
tn_status om_comparison_draw(om_comparison *comparison, const om_comparison_frame *frame,
                             om_comparison_picture *picture, tn_error *error);

/* Root mean square of truth - (a recovered + b) over the columns where both are finite, in the latest frame and on
 * average over all frames; NaN when there is none. */
double om_comparison_rmse(const om_comparison *comparison);
double om_comparison_running_rmse(const om_comparison *comparison);

#endif
