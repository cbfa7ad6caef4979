/* Counter-based random numbers: Philox4x32-10 from Random123. */
#include "config.h"
#include "core/vecmath.h"
#include "tensor.h"

#include <Random123/philox.h>
#include <math.h>

void tn_random_bits(uint64_t seed, uint32_t stream, uint64_t index, uint32_t bits[4])
{
    philox4x32_ctr_t counter = {{(uint32_t)index, (uint32_t)(index >> 32), stream, 0}};
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t random = philox4x32(counter, key);
    for (int i = 0; i < 4; i++) bits[i] = random.v[i];
}

/* 53 random bits, so every number is a multiple of 2^-53. */
static double unit(const uint32_t bits[2])
{
    return (double)(((uint64_t)bits[0] << 21) ^ (bits[1] >> 11)) * 0x1p-53;
}

double tn_random_uniform(uint64_t seed, uint32_t stream, uint64_t index)
{
    uint32_t bits[4];
    tn_random_bits(seed, stream, index, bits);
    return unit(bits);
}

/* Box and Muller, Annals of Mathematical Statistics 29 (1958) 610. */
double tn_random_normal(uint64_t seed, uint32_t stream, uint64_t index)
{
    uint32_t bits[4];
    tn_random_bits(seed, stream, index, bits);
    return sqrt(-2 * log(1 - unit(bits))) * cos(2 * M_PI * unit(bits + 2));
}

enum { BATCH = 128 }; /* pairs of normal numbers made at a time */

/* The batch of normal numbers number b: 2 BATCH of them, from BATCH / 2 counters. */
static void normal_batch(float *out, uint64_t seed, uint32_t stream, uint64_t block, uint32_t b)
{
    float radius[BATCH], angle[BATCH], sine[BATCH], cosine[BATCH];
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    for (uint32_t i = 0; i < BATCH / 2; i++) {
        /* The fourth word keeps these numbers apart from those of tn_random_bits. */
        philox4x32_ctr_t counter = {{b * (BATCH / 2) + i, (uint32_t)block, stream, 1u + (uint32_t)(block >> 32)}};
        philox4x32_ctr_t random = philox4x32(counter, key);
        for (int j = 0; j < 2; j++) {
            radius[2 * i + (uint32_t)j] = ((float)(random.v[2 * j] >> 8) + 0.5f) * 0x1p-24f;
            angle[2 * i + (uint32_t)j] = (float)(random.v[2 * j + 1] >> 8) * (float)(2 * M_PI * 0x1p-24);
        }
    }
    tn_vec()->log_f32(radius, radius, BATCH);
    tn_vec()->sincos_f32(sine, cosine, angle, BATCH);
    for (int i = 0; i < BATCH; i++) {
        float r = sqrtf(-2 * radius[i]);
        out[i] = r * cosine[i];
        out[BATCH + i] = r * sine[i];
    }
}

void tn_fill_normal(float *out, int64_t n, uint64_t seed, uint32_t stream, uint64_t block)
{
    if (!out || n <= 0) return;
    int64_t batches = (n + 2 * BATCH - 1) / (2 * BATCH);
#pragma omp parallel for num_threads(tn_threads()) if (batches > 8)
    for (int64_t b = 0; b < batches; b++) {
        int64_t first = b * 2 * BATCH, count = n - first < 2 * BATCH ? n - first : 2 * BATCH;
        float part[2 * BATCH];
        normal_batch(part, seed, stream, block, (uint32_t)b);
        for (int64_t i = 0; i < count; i++) out[first + i] = part[i];
    }
}
