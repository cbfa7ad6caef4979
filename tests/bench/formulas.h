/* The work of each workload in floating-point operations (FLOP) and bytes, by fixed formulas of the sizes, whatever the
 * planner saves or a kernel adds: so that rates compare between programs and between versions (doc/performance.md).
 * All sizes and results are double: counts beyond 2^31. */
#ifndef BENCH_FORMULAS_H
#define BENCH_FORMULAS_H

/* Weights of a network with one output, without biases: inputs -> width, `square` layers width -> width, -> 1. */
double bench_weights(double inputs, double width, double square);

/* Forward and backward of such a network at so many rows: 6 FLOP per row and weight, as forward, the gradient to the
 * rows and the gradient to the weights are one product each, of 2. */
double bench_training_flop(double rows, double weights);

/* The circuit as the formulas see it, and the width of g_phi and f_theta (three linear layers, an embedding of 2). */
typedef struct bench_network_sizes {
    double neurons, synapses, columns;
    double inputs, presynaptic; /* neurons that input-only frames evaluate f_theta at, and g_phi at */
    double width;
} bench_network_sizes;

/* The step of the graph neural network on so many frames: g_phi also at the three states of the regularizers. Sparse
 * products (2 FLOP per synapse, frame and product, less than 1 %) and elementwise work are not counted. */
double bench_gnn_flop(const bench_network_sizes *sizes, double batch);
/* Input-only frames of the joint step, without the SIREN. */
double bench_input_flop(const bench_network_sizes *sizes, double frames);
double bench_siren_flop(double points, double width, double layers);
double bench_joint_flop(const bench_network_sizes *sizes, double batch, double extra, double siren_width,
                        double siren_layers);
/* A step of two layers of graph convolutions: of each, a dense and a sparse product. */
double bench_convolution_flop(double nodes, double edges, double features, double hidden, double classes);
/* One frame of the model alone, forward only: 2 FLOP per row and weight. */
double bench_rollout_flop(const bench_network_sizes *sizes);

/* Bytes that a sparse product of so many frames must move at least: weight and index of each synapse (4 + 4), and each
 * dense row once. The same for the gradient to the dense side; the gradient to the weights writes instead of reading
 * them; both gradients together move the synapses once and three dense matrices. */
double bench_spmm_bytes(double neurons, double synapses, double frames);
double bench_spmm_gradients_bytes(double neurons, double synapses, double frames);
double bench_spmm_flop(double synapses, double frames); /* 2 per synapse and frame */

/* An optimizer reads parameter, gradient and moments and writes back all but the gradient: Adam, with two moments,
 * moves 7 numbers of 4 bytes. */
double bench_optimizer_bytes(double parameters, int moments);
/* The first steps of L-BFGS, without the runs of the plan, of which each step takes one: per earlier step 10 numbers of
 * 4 bytes for the direction, and per step 25 for slope, place, the new pair and what is kept of the beginning. */
double bench_lbfgs_bytes(double parameters, double steps);
/* One frame of the dynamics: the synapses (4 + 4), and voltage, resting potential, time constant, noise, derivative and
 * new voltage of each neuron. */
double bench_frame_bytes(double neurons, double synapses);

#endif
