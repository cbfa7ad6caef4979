/* The dynamics that lines are measured on. */
#ifndef BENCH_DYNAMICS_H
#define BENCH_DYNAMICS_H

#include "models.h"

/* Those of a recording by our recipe: seconds between frames, standard deviation of the noise. */
#define BENCH_DELTA_T 0.02
#define BENCH_SIGMA 0.05

/* A simulation with noise, settled under grey; stimulus [C] receives a luminance for every column. The circuit is
 * borrowed. NULL on error. */
om_simulation *bench_simulation_new(const om_circuit *circuit, float *stimulus, tn_error *error);

#endif
