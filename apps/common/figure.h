/* The figures of a test report. Each function draws one PNG from plain arrays, which it borrows. A file appears whole or
 * not at all and replaces an older one.
 * Values that are not finite are left out and counted on the figure; so are points outside the axes, whose limits keep
 * a few wild values from squeezing the rest. Empty arrays give an empty figure that says so.
 * Errors of all: TN_EINVAL an index is out of range (the message names it); TN_EIO path and reason; TN_ENOMEM. */
#ifndef OM_FIGURE_H
#define OM_FIGURE_H

#include "tensor.h"

/* Cell types: type[i] in [0, n_types) of neuron i, and their names. type may be NULL: all points look the same. */
typedef struct om_types {
    const int32_t *type;
    size_t n_types;
    const char *const *name; /* [n_types] */
} om_types;

/* ---- weights, time constants, resting potentials: learned against true ---- */

typedef enum om_quantity { OM_WEIGHT, OM_TIME_CONSTANT, OM_RESTING_POTENTIAL } om_quantity;

/* One way to read a quantity out of a trained model, with the numbers of om_score; NaN: not known. */
typedef struct om_figure_readout {
    const char *name;      /* title of the panel: "in-distribution read-out" */
    const double *learned; /* [n] */
    double r2, slope, offset, r2_identity;
} om_figure_readout;

typedef struct om_recovery_figure {
    om_quantity quantity;
    size_t n;           /* synapses or neurons */
    const float *truth; /* [n] */
    size_t n_readouts;  /* 1 or 2 panels, side by side */
    om_figure_readout readout[2];
    om_types types; /* colours points and names types; without it the points are drawn as a density */
} om_recovery_figure;

tn_status om_figure_recovery(const char *path, const om_recovery_figure *figure, tn_error *error);

/* ---- the learned embedding ---- */

typedef struct om_embedding_figure {
    size_t n;               /* neurons */
    const float *embedding; /* [n, 2] */
    om_types types;
    double accuracy, ari, nmi; /* NaN: not known */
} om_embedding_figure;

tn_status om_figure_embedding(const char *path, const om_embedding_figure *figure, tn_error *error);

/* ---- learned functions beside the true ones, one curve per type ---- */

typedef struct om_curves {
    size_t n_curves, n_points;
    const double *v;       /* [n_curves, n_points] voltage */
    const double *truth;   /* [n_curves, n_points], or NULL: the panel stays empty */
    const double *learned; /* [n_curves, n_points] */
} om_curves;

typedef struct om_functions_figure {
    om_curves message;       /* g_phi(v, a)^2 and relu(v) */
    om_curves update;        /* f_theta(v, a, 0, 0) and (Vrest - v) / tau */
    const char *const *name; /* of the curves, which take the colours of om_types; NULL: none */
} om_functions_figure;

tn_status om_figure_functions(const char *path, const om_functions_figure *figure, tn_error *error);

/* ---- errors per cell type ---- */

typedef struct om_type_error {
    const char *label;   /* "weight error (RMSE)" */
    const double *value; /* [n_types], NaN: no value */
    double limit;        /* larger values are drawn in red, and the figure says so; 0: none */
} om_type_error;

typedef struct om_type_errors_figure {
    size_t n_types;
    const char *const *name; /* [n_types] */
    size_t n_errors;
    const om_type_error *errors; /* one panel each, from the top */
} om_type_errors_figure;

tn_status om_figure_type_errors(const char *path, const om_type_errors_figure *figure, tn_error *error);

/* ---- the stimulus ---- */

typedef struct om_stimulus_figure {
    size_t n_frames, n_columns;
    const float *truth, *recovered; /* [n_frames, n_columns]; recovered before the correction */
    double a, b;                    /* true = a recovered + b */
    double r2;                      /* after the correction; NaN: not known */
    double dt;                      /* seconds per frame */
    size_t n_row;
    const int32_t *row;  /* [n_row] lattice columns along a row of the eye, shown over time */
    size_t first, shown; /* the frames shown over time; all frames enter the scatter */
} om_stimulus_figure;

tn_status om_figure_stimulus(const char *path, const om_stimulus_figure *figure, tn_error *error);

/* ---- training ---- */

typedef struct om_series {
    const char *name;
    size_t n;
    const double *step, *value; /* [n]; NaN where a step has no value, which the curve passes over */
} om_series;

typedef struct om_training_figure {
    size_t n_losses;
    const om_series *losses; /* logarithmic; values <= 0 are left out */
    size_t n_scores;
    const om_series *scores; /* R2 while training, in [0, 1], a dot for each value; none: one panel only */
} om_training_figure;

tn_status om_figure_training(const char *path, const om_training_figure *figure, tn_error *error);

/* ---- rollout ---- */

typedef struct om_rollout_figure {
    size_t n_traces, n_frames; /* the first OM_ROLLOUT_TRACES traces are drawn; the figure says what it leaves out */
    const char *const *name;   /* [n_traces] */
    const float *truth;        /* [n_frames, n_traces] */
    const float *predicted;    /* [n_frames, n_traces]; NaN where a rollout stopped */
    const float *stimulus;     /* [n_frames], or NULL: drawn below the traces */
    double dt;                 /* seconds */
    const double *pearson;     /* [n_traces] written beside each trace, or NULL */
} om_rollout_figure;

enum { OM_ROLLOUT_TRACES = 80 };

tn_status om_figure_rollout(const char *path, const om_rollout_figure *figure, tn_error *error);

#endif
