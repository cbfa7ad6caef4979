/* peer.h - another program that runs the same workloads, as a co-process: it works while we wait for its answer, and
 * waits while we work. Requests and answers are lines:
 *
 *     value FORMULATION/LINE THREADS      -> a number, of the first run from the shared data
 *     FORMULATION/LINE THREADS [RUNS]     -> the seconds of each run (of one, without a number)
 *
 * and an answer that begins with "error" is one. What a workload is computed on lies in DIRECTORY/LINE.safetensors,
 * where DIRECTORY is the program's argument. Its first line says who it is. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "models.h"

typedef struct bench_peer bench_peer;

/* Starts `interpreter script directory`. Waiting threads must sleep (OMP_WAIT_POLICY=passive must be set already), and
 * variables that slow OpenBLAS down are not passed on. Errors: TN_EIO it does not start or does not answer. */
bench_peer *bench_peer_start(const char *interpreter, const char *script, const char *directory, int threads,
                             tn_error *error);
/* Waits for its end; NULL is allowed. */
void bench_peer_stop(bench_peer *peer);
/* What it says of itself; owned by the peer. */
const char *bench_peer_about(const bench_peer *peer);

/* Errors: TN_EIO the process has ended: stop it; TN_EINVAL it refused (the message has its words). */
tn_status bench_peer_value(bench_peer *peer, const char *formulation, const char *line, int threads, double *value,
                           tn_error *error);
tn_status bench_peer_run(bench_peer *peer, const char *formulation, const char *line, int threads, int runs,
                         double *seconds, tn_error *error);

/* ---- shared data ---- */

enum { BENCH_TENSORS = 64, BENCH_NUMBERS = 16 };

/* The tensors and numbers of one workload; borrowed, but for the text of numbers. */
typedef struct bench_data {
    int n_tensors, n_numbers;
    tn_tensor tensor[BENCH_TENSORS];
    tn_pair number[BENCH_NUMBERS];
    char text[BENCH_NUMBERS][64];
} bench_data;

/* What does not fit is left out, and the peer will miss it. Names are borrowed. */
void bench_data_tensor(bench_data *data, const char *name, tn_dtype dtype, tn_shape shape, const void *values);
void bench_data_number(bench_data *data, const char *name, double value);
void bench_data_text(bench_data *data, const char *name, const char *text);
void bench_data_params(bench_data *data, const tn_params *params);
/* Synapses and the number of neurons. */
void bench_data_circuit(bench_data *data, const om_circuit *circuit);

#endif
