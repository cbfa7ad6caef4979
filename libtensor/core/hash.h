/* Short numbers for names and keys. */
#ifndef TN_CORE_HASH_H
#define TN_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define TN_HASH_START 2166136261u

/* The hash of what was hashed so far, TN_HASH_START at first, and of these bytes: FNV-1a, 32 bit (Fowler, Noll and Vo,
 * 1991). Initial values of parameters depend on it: another one would change them. */
static inline uint32_t tn_hash(uint32_t hash, const void *data, size_t bytes)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ byte[i]) * 16777619u;
    return hash;
}

#endif
