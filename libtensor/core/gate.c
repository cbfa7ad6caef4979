/* Gates: spin, then sleep. */
#include "config.h"
#include "core/gate.h"

#include <limits.h>
#include <stdbool.h>

#if defined __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sleeps unless the word has another value by now. May wake up for no reason. */
static void sleep_while(atomic_uint *word, unsigned value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake_all(atomic_uint *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
#else
#include <sched.h>

static void sleep_while(atomic_uint *word, unsigned value)
{
    (void)word, (void)value;
    sched_yield();
}

static void wake_all(atomic_uint *word)
{
    (void)word;
}
#endif

enum { SPINS = 4000 }; /* about 0.1 ms, the most that waking up takes */

static bool is_open(tn_gate *gate)
{
    return atomic_load_explicit(&gate->open, memory_order_acquire);
}

void tn_gate_wait(tn_gate *gate)
{
    for (int spins = 0; spins < SPINS; spins++) {
        if (is_open(gate)) return;
#if defined __x86_64__ || defined __i386__
        __builtin_ia32_pause();
#endif
    }
    /* Either the opener sees that somebody sleeps, or the sleeper that the gate is open: both orders are total. */
    atomic_fetch_add(&gate->asleep, 1);
    while (!atomic_load(&gate->open)) sleep_while(&gate->open, 0);
    atomic_fetch_sub(&gate->asleep, 1);
}

void tn_gate_open(tn_gate *gate)
{
    atomic_store(&gate->open, 1);
    if (atomic_load(&gate->asleep)) wake_all(&gate->open);
}

void tn_gate_close(tn_gate *gate)
{
    atomic_store_explicit(&gate->open, 0, memory_order_relaxed);
}
