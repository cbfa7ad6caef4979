/* order.h - in which order frames are visited: epoch after epoch, each a random permutation of all frames. Any place of
 * the sequence can be computed at once, so a resumed run needs no state. */
#ifndef OM_ORDER_H
#define OM_ORDER_H

#include <stdint.h>

/* The frame at a place (>= 0) of the endless sequence over frames 0 .. frames - 1. */
int64_t om_order_at(uint64_t seed, uint32_t stream, int64_t frames, int64_t place);

#endif
