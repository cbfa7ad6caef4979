/* What a graph should compute: every node by plain loops in double, from its operation, shapes and constants alone.
 * Nothing of the planner or the kernels is used. Inputs have values that follow from their names. */
#ifndef ORACLE_H
#define ORACLE_H

#include "tensor.h"

/* Element i of an input: a number of [-1, 1) that float32 can hold, or of 0 to 4 for int32. */
double oracle_input(const tn_node *input, int64_t i);

/* The elements of all nodes, values[id]; parameters have the values that are in their set. */
double **oracle_evaluate(const tn_graph *g);
void oracle_free(const tn_graph *g, double **values);

/* Binds every input of the graph to memory with its values; returns the memory, to be given to oracle_unbind. */
void **oracle_bind(const tn_graph *g, tn_plan *plan);
void oracle_unbind(const tn_graph *g, void **memory);

/* The largest error of all outputs and gradients of parameters after a run: each relative to its largest element, or
 * to 1 where that is less. Infinite where something is NaN and should not be, or the other way round. */
double oracle_error(const tn_graph *g, const tn_plan *plan, double *const *values);

/* Plans and runs the graph with these options, and fails the test if the plan breaks the rules (plan_rules.h) or the
 * error is above the tolerance. */
void oracle_check(tn_graph *g, unsigned options, double tolerance);

#endif
