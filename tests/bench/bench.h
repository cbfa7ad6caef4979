/* bench.h - what the benchmarks share.
 *
 * Each line of the result is a row of a table (workloads.h); rows of one kind differ in their sizes. A line is measured
 * in turns: ours, ours on one thread, and the same workload in PyTorch take turns within one line, and never
 * at once, so that a ratio does not depend on what else the machine does that minute. */
#ifndef BENCH_H
#define BENCH_H

#include "machine.h"
#include "models.h"
#include "peer.h"
#include "statistics.h"

/* ---- 1. What is measured ------------------------------------------------------------------------------------ */

/* Sizes of one line; what its kind does not need is 0. */
typedef struct bench_sizes {
    int64_t batch, extra;              /* frames of a step: whole ones, and ones of the input neurons only */
    int64_t width, layers;             /* of the SIREN */
    int64_t points;                    /* at which the SIREN is evaluated, if not at the columns of the circuit */
    bool smaller;                      /* of the two circuits the smaller one */
    int which;                         /* which of the variants that a kind has */
} bench_sizes;

/* What all lines are measured on. */
typedef struct bench_setting {
    bool smoke;            /* tiny sizes, two rounds: to see that everything runs */
    int threads;
    double seconds;        /* time for one line, warm-up not counted */
    int64_t width;         /* of g_phi and f_theta */
    om_circuit *circuit;   /* of the size of the fly's visual system at extent 8 */
    om_circuit *smaller;   /* at extent 4 */
    const char *directory; /* for temporary files */
    const char *programs;  /* directory of ommatid-train */
    bool profile;          /* plans measure the time of their operations */
    tn_peak peak;          /* of all threads, for shares in profiles */
} bench_setting;

/* The work of one run, by the formulas of formulas.h; 0: not counted in that unit. */
typedef struct bench_work {
    double flop, bytes, frames, elements;
} bench_work;

typedef struct bench_line bench_line;

/* A kind of workload. */
typedef struct bench_kind {
    /* Makes all that a run needs, for the number of threads set now. NULL on error. */
    void *(*open)(const bench_setting *setting, const bench_line *line, tn_error *error);
    tn_status (*run)(void *state, tn_error *error);
    void (*close)(void *state); /* accepts NULL */
    bench_work (*work)(const void *state); /* NULL: not counted */
    /* Tells a peer all that it needs for the same run, before the first one; NULL: there is no peer. */
    void (*share)(const void *state, bench_data *data);
    /* A number by which to see that a peer computes the same, after the first run; NULL: none. */
    double (*value)(const void *state);
    /* The plan that a run runs, if its profile is worth a look; NULL: none. */
    tn_plan *(*plan)(const void *state);
    /* Instead of all these: measures memory. */
    tn_status (*memory)(const bench_setting *setting, const bench_line *line, double *bytes, tn_error *error);
} bench_kind;

/* One line of the result. */
struct bench_line {
    const char *name;
    const char *about;
    const bench_kind *kind;
    bench_sizes sizes;
    bool scaling;   /* measured on one thread too */
    bool published; /* there is a peer that computes it as published, beside the expert's */
};

/* A row; more fields follow as designators. */
#define BENCH_LINE(line_name, words, line_kind, ...)                                                                   \
    {                                                                                                                  \
        .name = line_name, .about = words, .kind = line_kind, __VA_ARGS__                                              \
    }

/* The circuit of the line. */
const om_circuit *bench_circuit(const bench_setting *setting, const bench_line *line);
/* The sizes of the line; tiny ones in a smoke test. */
bench_sizes bench_sizes_of(const bench_setting *setting, const bench_line *line);

/* ---- 2. Measuring ------------------------------------------------------------------------------------------- */

/* Another way to do the same, measured in turns with ours: ours on one thread, or a peer. */
typedef struct bench_other {
    const char *label; /* "one_thread", "published", "expert" */
    bench_quartiles seconds;
    bench_quartiles ratio; /* its time to ours, round by round: above 1, ours is faster */
    double value;          /* NaN: none */
} bench_other;

enum { BENCH_OTHERS = 3 };

typedef struct bench_result {
    const bench_line *line;
    bench_work work;         /* of one run */
    bench_quartiles seconds; /* of one run */
    double value;            /* NaN: none */
    double memory;           /* bytes, of lines that measure memory; else NaN */
    int n_others;
    bench_other other[BENCH_OTHERS];
    char *profile;           /* as tables, to be freed; NULL: not asked for */
} bench_result;

/* Measures one line. A peer that fails is left out, after a word on standard error; a peer that died is stopped and
 * *peer set to NULL. Errors: those of the workload. */
tn_status bench_measure(const bench_setting *setting, const bench_line *line, bench_peer **peer, bench_result *result,
                        tn_error *error);

#endif
