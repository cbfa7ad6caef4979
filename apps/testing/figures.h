/* figures.h - the figures of a test, from its results. */
#ifndef OM_TESTING_FIGURES_H
#define OM_TESTING_FIGURES_H

#include "testing/history.h"
#include "testing/results.h"

typedef enum om_figure_kind {
    OM_FIGURE_STIMULUS,
    OM_FIGURE_WEIGHTS,
    OM_FIGURE_TIME_CONSTANTS,
    OM_FIGURE_RESTING_POTENTIALS,
    OM_FIGURE_TYPE_ERRORS,
    OM_FIGURE_EMBEDDING,
    OM_FIGURE_FUNCTIONS,
    OM_FIGURE_ROLLOUT,
    OM_FIGURE_TRAINING,
    OM_FIGURES
} om_figure_kind;

enum { OM_FIGURE_PATH = 4096 };

/* The names of their files, "stimulus.png". */
extern const char *const om_figure_file[OM_FIGURES];

/* What was drawn: for the report. */
typedef struct om_drawn {
    int n;
    struct {
        const char *title, *caption;
        char path[OM_FIGURE_PATH];
    } figure[OM_FIGURES];
} om_drawn;

/* Draws what the results allow into PNG files of a directory. Nothing is drawn by programs built without cairo.
 *   history  the course of training */
tn_status om_figures_draw(const char *directory, const om_history *history, const om_results *results,
                          const om_experiment *experiment, om_drawn *drawn, tn_error *error);

#endif
