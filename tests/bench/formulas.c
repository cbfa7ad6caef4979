/* Fixed formulas. */
#include "config.h"
#include "formulas.h"

enum { G_PHI_INPUTS = 3, F_THETA_INPUTS = 5, SIREN_INPUTS = 3, PROBES = 3 };

double bench_weights(double inputs, double width, double square)
{
    return inputs * width + square * width * width + width;
}

double bench_training_flop(double rows, double weights)
{
    return 6 * rows * weights;
}

static double g_phi_weights(const bench_network_sizes *s)
{
    return bench_weights(G_PHI_INPUTS, s->width, 1);
}

static double f_theta_weights(const bench_network_sizes *s)
{
    return bench_weights(F_THETA_INPUTS, s->width, 1);
}

double bench_gnn_flop(const bench_network_sizes *s, double batch)
{
    return bench_training_flop(s->neurons * (batch + PROBES), g_phi_weights(s)) +
           bench_training_flop(s->neurons * batch, f_theta_weights(s));
}

double bench_input_flop(const bench_network_sizes *s, double frames)
{
    return bench_training_flop(s->presynaptic * frames, g_phi_weights(s)) +
           bench_training_flop(s->inputs * frames, f_theta_weights(s));
}

double bench_siren_flop(double points, double width, double layers)
{
    return bench_training_flop(points, bench_weights(SIREN_INPUTS, width, layers));
}

double bench_joint_flop(const bench_network_sizes *s, double batch, double extra, double siren_width,
                        double siren_layers)
{
    return bench_gnn_flop(s, batch) + bench_input_flop(s, extra) +
           bench_siren_flop(s->columns * (batch + extra), siren_width, siren_layers);
}

double bench_convolution_flop(double nodes, double edges, double features, double hidden, double classes)
{
    return bench_training_flop(nodes, hidden * (features + classes)) + 6 * edges * (hidden + classes);
}

double bench_rollout_flop(const bench_network_sizes *s)
{
    return 2 * s->neurons * (g_phi_weights(s) + f_theta_weights(s));
}

double bench_spmm_bytes(double neurons, double synapses, double frames)
{
    return 8 * synapses + 4 * frames * 2 * neurons;
}

double bench_spmm_gradients_bytes(double neurons, double synapses, double frames)
{
    return 12 * synapses + 4 * frames * 3 * neurons;
}

double bench_spmm_flop(double synapses, double frames)
{
    return 2 * synapses * frames;
}

double bench_optimizer_bytes(double parameters, int moments)
{
    return (3 + 2 * moments) * 4 * parameters;
}

double bench_lbfgs_bytes(double parameters, double steps)
{
    return (10 * steps * (steps - 1) / 2 + 25 * steps) * 4 * parameters;
}

double bench_frame_bytes(double neurons, double synapses)
{
    return 8 * synapses + 4 * 6 * neurons;
}
