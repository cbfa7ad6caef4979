/* Whole lives of what the library makes, from making to freeing, for tests of failing allocations and of threads. */
#ifndef LIVES_H
#define LIVES_H

#include "tensor.h"

enum { LIVES_RULES = 4 };

/* A training: sparsities, parameters, a graph with its gradient, three plans, an optimizer of each kind.
 * All zero: nothing yet. */
typedef struct world {
    tn_sparsity *places, *edges, *index;
    tn_params *params;
    tn_graph *g;
    tn_plan *plan, *checked, *accumulating;
    tn_optimizer *optimizer[LIVES_RULES];
    tn_lbfgs *lbfgs;
    float *x;
    int32_t *step;
} world;

/* Each returns the first error; world_end is wanted after errors too. A step runs all plans and optimizers. */
tn_status world_begin(world *w, tn_error *error);
tn_status world_step(world *w, tn_error *error);
void world_end(world *w);

/* All of that with three steps; the loss of the last one. */
tn_status training(double *loss, tn_error *error);

/* A small graph with a segment that is computed again and products with Jacobian and Hessian, planned and run. */
tn_status derivatives(tn_error *error);

/* A graph of float64 whose gradient is compared with differences, along directions too. */
tn_status differences(tn_error *error);

/* Writes twenty tensors to a file of that path and reads them again. */
tn_status files(const char *path, tn_error *error);

#endif
