/* A barrier for the threads of one team. It spins, as stages follow each other within microseconds; but after a while
 * it yields, because a thread that waits for one which is not running only keeps it from running. */
#ifndef TN_CORE_BARRIER_H
#define TN_CORE_BARRIER_H

#include <sched.h>
#include <stdatomic.h>

typedef struct tn_barrier {
    int threads;
    atomic_int waiting, generation;
} tn_barrier;

enum { TN_BARRIER_SPINS = 4000 };

static inline void tn_barrier_wait(tn_barrier *barrier)
{
    int generation = atomic_load_explicit(&barrier->generation, memory_order_acquire);
    if (atomic_fetch_add_explicit(&barrier->waiting, 1, memory_order_acq_rel) == barrier->threads - 1) {
        atomic_store_explicit(&barrier->waiting, 0, memory_order_relaxed);
        atomic_fetch_add_explicit(&barrier->generation, 1, memory_order_release);
        return;
    }
    for (int spins = 0; atomic_load_explicit(&barrier->generation, memory_order_acquire) == generation; spins++) {
#if defined __x86_64__ || defined __i386__
        __builtin_ia32_pause();
#endif
        if (spins > TN_BARRIER_SPINS) sched_yield();
    }
}

#endif
