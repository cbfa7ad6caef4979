/* Made by tests/tools/expected_statistics.py with SciPy 1.17.1, NumPy 2.4.6, scikit-learn 1.9.1. */
#ifndef MODELS_EXPECTED_STATISTICS_H
#define MODELS_EXPECTED_STATISTICS_H

#include <stdint.h>

static const double expected_line[4] = {
    0x1.5bae1251d331ep-1, 0x1.06aea1399a73ep+2, 0x1.8528ef74aac17p-1, -0x1.0ca1912ac2925p+1,
};

static const double expected_spearman[1] = {
    0x1.bedf611f41418p-1,
};

static const double expected_spearman_ties[1] = {
    0x1.c1980f38ec79dp-1,
};

static const double expected_ranks[60] = {
    0x1.0000000000000p+2, 0x1.1800000000000p+4, 0x1.4000000000000p+3, 0x1.1000000000000p+5, 0x1.4000000000000p+3,
    0x1.7000000000000p+5, 0x1.1800000000000p+4, 0x1.0000000000000p+2, 0x1.1800000000000p+4, 0x1.7000000000000p+5,
    0x1.bc00000000000p+5, 0x1.1000000000000p+5, 0x1.b000000000000p+4, 0x1.1000000000000p+5, 0x1.3800000000000p+5,
    0x1.7000000000000p+5, 0x1.1800000000000p+4, 0x1.7000000000000p+5, 0x1.7000000000000p+5, 0x1.bc00000000000p+5,
    0x1.7000000000000p+5, 0x1.bc00000000000p+5, 0x1.b000000000000p+4, 0x1.7000000000000p+5, 0x1.3800000000000p+5,
    0x1.b000000000000p+4, 0x1.3800000000000p+5, 0x1.1800000000000p+4, 0x1.1800000000000p+4, 0x1.4000000000000p+3,
    0x1.bc00000000000p+5, 0x1.1800000000000p+4, 0x1.3800000000000p+5, 0x1.bc00000000000p+5, 0x1.0000000000000p+2,
    0x1.bc00000000000p+5, 0x1.b000000000000p+4, 0x1.1000000000000p+5, 0x1.1800000000000p+4, 0x1.b000000000000p+4,
    0x1.b000000000000p+4, 0x1.b000000000000p+4, 0x1.0000000000000p+2, 0x1.7000000000000p+5, 0x1.b000000000000p+4,
    0x1.bc00000000000p+5, 0x1.3800000000000p+5, 0x1.bc00000000000p+5, 0x1.7000000000000p+5, 0x1.bc00000000000p+5,
    0x1.bc00000000000p+5, 0x1.0000000000000p+2, 0x1.0000000000000p+2, 0x1.b000000000000p+4, 0x1.1800000000000p+4,
    0x1.4000000000000p+3, 0x1.0000000000000p+2, 0x1.1000000000000p+5, 0x1.1800000000000p+4, 0x1.4000000000000p+3,
};

static const double expected_spread[3] = {
    0x1.0eaedb2b751ecp+2, 0x1.ddcbae6fc5d2ep+0, 0x1.e1d3e647ffa7cp+0,
};

static const double expected_coefficients[15] = {
    0x1.89a46a3431915p+0, 0x1.983ae40f4527ep-2, 0x1.8bce108f806dcp+0, 0x1.93dece7be3b53p+12, 0x1.ce335758126fep-1,
    -0x1.dae5ead9e959cp-2, -0x1.b65f1026daec0p-2, 0x0.0p+0, -0x1.10a79f95ec000p-1, -0x1.703dc50b76406p-2,
    0x1.d9e1376523bb0p-3, 0x1.983ae40f4527dp-1, 0x1.5715cdb3a4afap-2, -0x1.93c1967df3b31p+12, 0x1.ce335460a1ab1p-1,
};

static const double expected_offsets[5] = {
    0x1.a39faf3eeac7dp+1, 0x1.9d2097259340ap+1, 0x1.924ebbeb673c7p+1, 0x1.a7530aa0b9362p+1, 0x1.99b185abc752ap+1,
};

static const double expected_fit_r2[5] = {
    0x1.d1a66ea849277p-1, 0x1.e6a721a828b91p-1, 0x1.d1fd53d95bfb2p-1, 0x1.dc3bb0f787910p-1, 0x1.dfc5326433261p-1,
};

static const double expected_converged_likelihood[1] = {
    -0x1.07325e25125bdp+2,
};

static const int32_t expected_converged_iterations[1] = {
    24,
};

static const int32_t expected_converged_sizes[5] = {
    300, 112, 7, 31, 150,
};

static const double expected_stopped_likelihood[1] = {
    -0x1.129f3b5616f53p+2,
};

static const int32_t expected_stopped_iterations[1] = {
    7,
};

static const int32_t expected_stopped_sizes[5] = {
    293, 140, 0, 19, 148,
};

static const double expected_agreement[3] = {
    0x1.5a1cac083126fp-1, 0x1.b4e4415cf372cp-2, 0x1.b3089748a4083p-2,
};

static const double expected_benefit[1] = {
    0x1.39499978e8000p+5,
};

#endif
