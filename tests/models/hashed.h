/* Numbers that tests and tests/tools/expected_statistics.py make alike, to the last bit. */
#ifndef MODELS_HASHED_H
#define MODELS_HASHED_H

#include <stdint.h>

/* A number in [0, 1) that looks random (the finaliser of MurmurHash3, Appleby 2011). */
static inline double hashed(uint32_t i)
{
    i = (i ^ i >> 16) * 0x85ebca6bu;
    i = (i ^ i >> 13) * 0xc2b2ae35u;
    return (i ^ i >> 16) * 0x1p-32;
}

#endif
