/* The random numbers of a step of a running plan, apart from those of tn_random_bits and tn_fill_normal. */
#ifndef TN_CORE_RANDOM_H
#define TN_CORE_RANDOM_H

#include <Random123/philox.h>

/* Four words of 32 random bits, a function of the arguments: the fourth word of the counter keeps them apart from the
 * others (core/random.c). */
static inline philox4x32_ctr_t tn_random_of_step(uint64_t seed, uint32_t stream, uint32_t step, uint64_t block)
{
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t counter = {{(uint32_t)block, step, stream, 0x80000000u | (uint32_t)(block >> 32)}};
    return philox4x32(counter, key);
}

#endif
