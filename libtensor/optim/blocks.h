/* Vectors laid out like the flat block of a parameter set, cut into pieces: what one thread takes at a time, and what
 * sums are grouped by, so that they have the same bits on any number of threads. */
#ifndef TN_OPTIM_BLOCKS_H
#define TN_OPTIM_BLOCKS_H

#include "graph/params.h"

typedef struct tn_block {
    int param;
    int64_t first, n; /* elements, counted from the start of the set's block */
} tn_block;

typedef struct tn_blocks {
    const tn_params *params;
    tn_block *list;
    int64_t count;
    double *partial; /* [count] */
} tn_blocks;

/* Cuts every tensor of a sealed set. To be cleared also after an error. Errors: TN_ENOMEM. */
tn_status tn_blocks_new(tn_blocks *blocks, const tn_params *params, tn_error *error);
void tn_blocks_clear(tn_blocks *blocks);

/* Threads worth having for one pass over all blocks. */
int tn_blocks_threads(const tn_blocks *blocks);

/* The sum of all a[i] b[i], in double. */
double tn_blocks_dot(const tn_blocks *blocks, const void *a, const void *b);

/* out = a x + b y; out may be x or y. */
void tn_blocks_combine(const tn_blocks *blocks, void *out, double a, const void *x, double b, const void *y);

#endif
