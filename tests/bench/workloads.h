/* workloads.h - all lines, in the order of the result. */
#ifndef BENCH_WORKLOADS_H
#define BENCH_WORKLOADS_H

#include "bench.h"

/* Each table is ended by a line without name. */
extern const bench_line bench_steps[];     /* steps.c: training steps and their plans */
extern const bench_line bench_convolution[]; /* convolution.c: graph convolutions, and planning them */
extern const bench_line bench_replay[];    /* replay.c: runs of plans with nothing to compute */
extern const bench_line bench_products[];  /* products.c: sparse products */
extern const bench_line bench_arrays[];    /* arrays.c: elementary functions */
extern const bench_line bench_optimizers[]; /* optimizers.c */
extern const bench_line bench_dynamics[];  /* dynamics.c: simulation, rollout */
extern const bench_line bench_recording[]; /* recording.c: recordings, and a training process */

#endif
