/* The circuits that lines are measured on. */
#ifndef BENCH_CIRCUITS_H
#define BENCH_CIRCUITS_H

#include "bench.h"

/* Fills in both circuits: of the file at path, or (path NULL) of the fly's visual system where the shared data is, else
 * the built-in one, expanded until it has as many neurons; in a smoke test the built-in one, tiny.
 *   words  what was chosen
 * Errors: those of om_circuit_read. */
tn_status bench_circuits_read(bench_setting *setting, const char *path, char words[256], tn_error *error);

#endif
