/* Places in one block of memory for results that live at different times. */
#ifndef TN_GRAPH_PACK_H
#define TN_GRAPH_PACK_H

#include <stdint.h>

/* A result and when it is needed: stages for the arena, runs for a tile's scratch, vertices for a block's. */
typedef struct tn_life {
    int vertex, first, last;
    int64_t bytes;
    int64_t place; /* what tn_pack_lives finds */
} tn_life;

/* Gives each life the lowest place that no overlapping life has, the largest ones first, and returns the bytes needed;
 * -1 when out of memory. The lives come in the order of their vertices and leave it in another. */
int64_t tn_pack_lives(tn_life *lives, int n);

#endif
