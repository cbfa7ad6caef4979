/* step.h - the plan of a training step. */
#ifndef OM_STEP_H
#define OM_STEP_H

#include "training/solution.h"

/* To be cleared also after an error. */
typedef struct om_step {
    tn_graph *graph;
    tn_plan *plan;
    float *coefficients; /* [OM_COEFFICIENTS], to be filled by om_course_coefficients before a run */
} om_step;

/* Describes and plans a step of the part that the run is in, in place of any before, and lends its plan what is the
 * same in every step.
 *   options  as of tn_plan_new
 * Errors: those of tn_plan_new. */
tn_status om_step_plan(om_step *step, const om_experiment *experiment, const om_solution *solution, unsigned options,
                       tn_error *error);
void om_step_clear(om_step *step);

/* Lends another plan of the step's graph what is the same in every step. */
tn_status om_step_bind(const om_step *step, const om_experiment *experiment, const om_solution *solution, tn_plan *plan,
                       tn_error *error);

#endif
