/* What the machine can do at most, measured: what rates are compared with. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "tensor.h"

typedef struct bench_machine {
    int threads;
    double flops, one_flops;         /* float32 FLOP/s of fused multiply-adds in registers, on all threads and on one */
    double bandwidth, one_bandwidth; /* bytes/s of a[i] = b[i] + s c[i] over arrays larger than the caches */
    const char *instructions;        /* the instruction set that was fastest */
} bench_machine;

/* Errors: TN_ENOMEM. */
tn_status bench_machine_measure(bench_machine *machine, int threads, bool smoke, tn_error *error);

#endif
