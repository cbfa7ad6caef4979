/* Random graphs over all operations: several leading sizes, repeats, products, reductions, sparse products, joins,
 * slices and operations of the user's, with segments to be computed again and the gradient of a loss to all parameters
 * and to some nodes. Values stay near 1 and away from kinks that rounding could cross. */
#ifndef RANDOM_GRAPH_H
#define RANDOM_GRAPH_H

#include "tensor.h"

typedef struct random_graph {
    tn_graph *g;
    tn_params *params;
    tn_sparsity *square, *between, *index;
} random_graph;

/* The graph of that seed, in float32 or float64. */
random_graph random_graph_new(uint64_t seed, tn_dtype dtype);
void random_graph_free(random_graph *r);

#endif
