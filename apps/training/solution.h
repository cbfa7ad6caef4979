/* solution.h - the second part of a joint run: the stimulus of some frames is solved for from the model's equations;
 * the steps that follow take it for given, and the SIREN learns it at points drawn from it, until it is the turn of
 * others. */
#ifndef OM_SOLUTION_H
#define OM_SOLUTION_H

#include "training/batch.h"

/* All zeros in the first part. */
typedef struct om_solution {
    const om_experiment *experiment; /* borrowed */
    om_solved given;                 /* frames, ascending, and their stimulus */
    int64_t points;                  /* of each window in a step */
    float *at, *target;              /* [windows, points, 3] and [windows, points] of a step */
} om_solution;

/* Whether the step of this number (from 0) belongs to that part, whether it is solved anew just before it, and how many
 * steps the part has. */
bool om_solution_covers(const om_config *config, int64_t step);
bool om_solution_due(const om_config *config, int64_t step);
int64_t om_solution_steps(const om_config *config);

/* Makes room for the second part. The solution is to be cleared also after an error. Errors: TN_ENOMEM. */
tn_status om_solution_make(om_solution *solution, const om_experiment *experiment, tn_error *error);
void om_solution_clear(om_solution *solution);

/* What was solved for; NULL in the first part. */
const om_solved *om_solution_given(const om_solution *solution);

/* Chooses the frames of a step and solves for their stimulus. Errors: those of om_solve_stimulus, and TN_EINVAL where a
 * signal asks to stop. */
tn_status om_solution_solve(om_solution *solution, int64_t step, tn_error *error);

/* Describes a step of the part that the run is in. Errors are kept in the graph. */
void om_solution_describe(const om_solution *solution, const om_experiment *experiment, tn_graph *g);

/* In the second part, lends the points of a step to its plan. */
void om_solution_bind(const om_solution *solution, tn_plan *plan);

/* In the second part, draws the points of a step. */
void om_solution_draw(om_solution *solution, int64_t step);

#endif
