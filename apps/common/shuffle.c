/* Random orders, by exchange (Durstenfeld, Communications of the ACM 7 (1964) 420). */
#include "config.h"
#include "common/shuffle.h"
#include "tensor.h"

void om_shuffle(int64_t *order, int64_t n, uint64_t seed, uint32_t stream)
{
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)(tn_random_uniform(seed, stream, (uint64_t)i) * (double)(i + 1));
        int64_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
