/* The time of every instruction of a plan, measured while it runs. */
#ifndef TN_GRAPH_PROFILE_H
#define TN_GRAPH_PROFILE_H

#include "core/clock.h"
#include "graph/plan.h"

/* What one thread spent on one instruction. */
typedef struct tn_tally {
    int64_t nanoseconds, calls;
} tn_tally;

struct tn_profile {
    int64_t runs, nanoseconds; /* of whole runs */
    int threads;               /* that took part in the latest run */
    int stride;                /* tallies of a thread, in whole cache lines */
    tn_tally *tally;           /* [threads of the plan][stride] */
};

/* A thread's clock. Each lap is what happened since the one before. */
typedef struct tn_stopwatch {
    int64_t since;
    tn_tally *tally;
} tn_stopwatch;

static inline void tn_stopwatch_start(tn_stopwatch *watch)
{
    if (watch) watch->since = tn_clock();
}

static inline void tn_stopwatch_lap(tn_stopwatch *watch, int64_t instruction)
{
    if (!watch) return;
    int64_t now = tn_clock();
    watch->tally[instruction].nanoseconds += now - watch->since;
    watch->tally[instruction].calls++;
    watch->since = now;
}

/* For a plan with instructions; NULL when out of memory. */
tn_profile *tn_profile_new(const tn_plan *plan);
void tn_profile_free(tn_profile *profile);

/* The watch of thread `thread` of so many, made in *watch; NULL without a profile. */
tn_stopwatch *tn_profile_watch(tn_profile *profile, int thread, int threads, tn_stopwatch *watch);
/* Counts a run that took so long. */
void tn_profile_run(tn_profile *profile, int64_t nanoseconds);

#endif
