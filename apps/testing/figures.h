/* figures.h - the figures of a test, from its results. */
#ifndef OM_TESTING_FIGURES_H
#define OM_TESTING_FIGURES_H

#include "testing/results.h"

enum { OM_FIGURES = 10, OM_FIGURE_PATH = 4096 };

/* What was drawn: for the report. */
typedef struct om_drawn {
    int n;
    struct {
        const char *title, *caption;
        char path[OM_FIGURE_PATH];
    } figure[OM_FIGURES];
} om_drawn;

/* Draws what the results allow into PNG files of a directory. Nothing is drawn by programs built without cairo.
 *   run  directory of the training run, whose metrics.jsonl gives the course of training; may be NULL */
tn_status om_figures_draw(const char *directory, const char *run, const om_results *results,
                          const om_experiment *experiment, om_drawn *drawn, tn_error *error);

#endif
