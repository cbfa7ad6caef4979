/* XXH64, a fast 64-bit hash against accidental damage (not against attack), fed piece by piece.
 * Source: Collet, xxHash fast digest algorithm, specification 0.1.1, 2018. */
#ifndef TN_IO_XXH64_H
#define TN_IO_XXH64_H

#include <stddef.h>
#include <stdint.h>

typedef struct tn_xxh64 {
    uint64_t lane[4], seed, length;
    unsigned char pending[32]; /* the last length % 32 bytes, not yet in the lanes */
} tn_xxh64;

void tn_xxh64_begin(tn_xxh64 *hash, uint64_t seed);
void tn_xxh64_add(tn_xxh64 *hash, const void *data, size_t bytes);
uint64_t tn_xxh64_end(const tn_xxh64 *hash);

#endif
