/* The clock by which plans and the machine are timed. */
#ifndef TN_CORE_CLOCK_H
#define TN_CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds from any origin. */
static inline int64_t tn_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

#endif
