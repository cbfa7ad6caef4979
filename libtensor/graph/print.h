/* Words that prints, pictures and reports share. */
#ifndef TN_GRAPH_PRINT_H
#define TN_GRAPH_PRINT_H

#include "graph/plan.h"

/* The constants of a node that are not 0, "axis 1, length 3", or "". */
tn_words tn_attr_words(const tn_node *node);

/* What a vertex does, "sum", "sum per segment", "sum of segments", "copy", "accumulate", "sin and cos". */
tn_words tn_vertex_operation(const tn_plan *plan, int vertex);

/* Where a computed vertex's result lives: "arena", "gradient", "tile" or "block". */
const char *tn_vertex_home(const tn_vertex *v);

/* "12.3 MB", in powers of 1000. */
tn_words tn_bytes_words(double bytes);

/* How the work of a chain is cut, "217 items in 4 segments, tiles of 40". */
tn_words tn_chain_words(const tn_chain *chain);

#endif
