/* A program and the memory that it takes. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include "tensor.h"

/* Runs a program, words[0] being its path, and waits for its end. *bytes receives the most resident memory that it has
 * held (VmHWM of Linux): the page cache is not part of it. Errors: TN_EIO it does not start, or fails. */
tn_status bench_process_peak(const char *const *words, double *bytes, tn_error *error);

#endif
