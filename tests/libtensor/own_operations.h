/* Operations as a user of the library would add them: two element by element, one by items, one at once. */
#ifndef OWN_OPERATIONS_H
#define OWN_OPERATIONS_H

#include "tensor.h"

/* exp(-x^2 / 2) cos(frequency x + phase): Gabor, Journal of the IEE 93 (1946) 429. */
typedef struct gabor_constants {
    double frequency, phase;
} gabor_constants;
tn_node *own_gabor(tn_graph *g, tn_node *x, double frequency, double phase);

/* The hinge max(0, 1 - z) of z = score label, smoothed between 0 and 1: Rennie and Srebro, IJCAI Workshop on Advances
 * in Preference Handling, 2005. */
tn_node *own_hinge(tn_graph *g, tn_node *score, tn_node *label);

/* The polynomial with coefficients c [K] at each element of x [N, ...]: c[0] + c[1] x + ... */
tn_node *own_polynomial(tn_graph *g, tn_node *x, tn_node *c);

/* Sums of the elements up to each one along an axis, or from each one on. */
typedef struct cumulative_constants {
    int64_t axis, backwards;
} cumulative_constants;
tn_node *own_cumulative_sum(tn_graph *g, tn_node *x, int axis, bool backwards);

#endif
