/* shuffle.h - random orders. */
#ifndef OM_SHUFFLE_H
#define OM_SHUFFLE_H

#include <stdint.h>

/* order [n] becomes a random permutation of 0 .. n - 1, a function of (n, seed, stream). */
void om_shuffle(int64_t *order, int64_t n, uint64_t seed, uint32_t stream);

#endif
