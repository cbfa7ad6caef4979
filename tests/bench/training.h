/* A model in training: parameters, the plan of one step, Adam, and inputs of random numbers. */
#ifndef BENCH_TRAINING_H
#define BENCH_TRAINING_H

#include "bench.h"
#include "formulas.h"

typedef struct bench_input {
    const char *name;
    tn_shape shape;
    float *values;
} bench_input;

enum { BENCH_INPUTS = 8 };

typedef struct bench_training {
    tn_params *params;
    tn_graph *graph;
    tn_plan *plan;
    unsigned options; /* of the plan */
    tn_optimizer *adam;
    int n_inputs;
    bench_input input[BENCH_INPUTS];
} bench_training;

/* Begins with an empty parameter set and graph. Errors: TN_ENOMEM. To be cleared also after an error. */
tn_status bench_training_begin(bench_training *training, const bench_setting *setting, tn_error *error);
void bench_training_clear(bench_training *training);

/* Adds an input of standard normal numbers, which values may then replace; NULL when out of memory.
 *   shape  rank 0 adds nothing */
float *bench_training_input(bench_training *training, const char *name, tn_shape shape);

/* Plans the graph and binds the inputs; the parameter set has been sealed. */
tn_status bench_training_plan(bench_training *training, tn_error *error);

/* Describes, differentiates and plans a graph anew, as a program does once; the plan is thrown away. */
tn_status bench_training_plan_anew(void (*describe)(const void *state, tn_graph *g), const void *state,
                                   tn_error *error);

/* One step: loss, gradients, Adam, at rates so small that the values hardly change from run to run. */
tn_status bench_training_step(bench_training *training, tn_error *error);
double bench_training_loss(const bench_training *training);

/* Parameters, inputs, and the learning rate. */
void bench_training_share(const bench_training *training, bench_data *data);

/* ---- the joint model on a circuit ---- */

/* The model and its parameters. */
typedef struct bench_network {
    bench_training training;
    const om_circuit *circuit; /* borrowed */
    om_joint *joint;
    bench_network_sizes sizes;
    bench_sizes line;
} bench_network;

/* Makes the model, with a SIREN where the line has one. To be cleared also after an error. */
tn_status bench_network_make(bench_network *network, const bench_setting *setting, const bench_line *line,
                             tn_error *error);
void bench_network_clear(bench_network *network);
/* Who is connected to whom, for a peer. */
void bench_network_share(const bench_network *network, bench_data *data);

#endif
