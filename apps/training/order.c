/* A random permutation that needs no memory: a Feistel network on the smallest square power of two that holds all
 * frames, walked until it lands on a frame (Black and Rogaway, Ciphers with arbitrary finite domains, CT-RSA 2002). */
#include "config.h"
#include "training/order.h"
#include "tensor.h"

enum { ROUNDS = 6 };

static uint64_t permute(uint64_t seed, uint32_t stream, uint64_t epoch, int half, uint64_t x)
{
    uint64_t mask = (UINT64_C(1) << half) - 1, left = x >> half, right = x & mask;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t bits[4];
        /* 31 bits of the half, 3 of the round, and the epoch make the counter. */
        tn_random_bits(seed, stream, epoch << 35 | (uint64_t)round << 32 | right, bits);
        uint64_t mixed = left ^ (bits[0] & mask);
        left = right;
        right = mixed;
    }
    return left << half | right;
}

int64_t om_order_at(uint64_t seed, uint32_t stream, int64_t frames, int64_t place)
{
    int half = 1;
    while (half < 31 && (INT64_C(1) << 2 * half) < frames) half++;
    uint64_t x = (uint64_t)(place % frames), epoch = (uint64_t)(place / frames);
    do x = permute(seed, stream, epoch, half, x);
    while (x >= (uint64_t)frames);
    return (int64_t)x;
}
