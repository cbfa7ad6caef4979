/* Sums and combinations of vectors laid out like a parameter set. */
#include "config.h"
#include "optim/blocks.h"
#include "core/memory.h"
#include "ops/op.h"

enum { BLOCK = 16384 };

tn_status tn_blocks_new(tn_blocks *blocks, const tn_params *params, tn_error *error)
{
    *blocks = (tn_blocks){.params = params};
    for (int p = 0; p < params->count; p++) blocks->count += (tn_shape_size(params->list[p].shape) + BLOCK - 1) / BLOCK;
    blocks->list = tn_calloc((size_t)blocks->count, sizeof *blocks->list);
    blocks->partial = tn_calloc((size_t)blocks->count, sizeof *blocks->partial);
    if (!blocks->list || !blocks->partial) return tn_fail(error, TN_ENOMEM, "no memory for an optimizer");
    tn_block *next = blocks->list;
    for (int p = 0; p < params->count; p++) {
        int64_t size = tn_shape_size(params->list[p].shape);
        for (int64_t first = 0; first < size; first += BLOCK)
            *next++ = (tn_block){.param = p, .first = params->list[p].offset + first,
                                 .n = size - first < BLOCK ? size - first : BLOCK};
    }
    return TN_OK;
}

void tn_blocks_clear(tn_blocks *blocks)
{
    tn_release(blocks->list);
    tn_release(blocks->partial);
    *blocks = (tn_blocks){0};
}

int tn_blocks_threads(const tn_blocks *blocks)
{
    return blocks->params->length > BLOCK ? tn_threads() : 1;
}

/* In 16 partial sums. The sum of squares, where second is a, reads and converts each number once. */
#define DOT(name, T, second)                                                                                           \
    TN_KERNEL double name(int64_t n, const T *a, const T *b)                                                           \
    {                                                                                                                  \
        double lane[16] = {0}, sum = 0;                                                                                \
        (void)b;                                                                                                       \
        for (int64_t i = 0; i + 16 <= n; i += 16)                                                                      \
            for (int l = 0; l < 16; l++) lane[l] += (double)a[i + l] * (double)second[i + l];                          \
        for (int64_t i = n / 16 * 16; i < n; i++) sum += (double)a[i] * (double)second[i];                             \
        for (int l = 0; l < 16; l++) sum += lane[l];                                                                   \
        return sum;                                                                                                    \
    }
DOT(block_dot_f32, float, b)
DOT(block_dot_f64, double, b)
DOT(block_squares_f32, float, a)
DOT(block_squares_f64, double, a)

static double dot_f32(int64_t n, const float *a, const float *b)
{
    return a == b ? block_squares_f32(n, a, b) : block_dot_f32(n, a, b);
}

static double dot_f64(int64_t n, const double *a, const double *b)
{
    return a == b ? block_squares_f64(n, a, b) : block_dot_f64(n, a, b);
}

double tn_blocks_dot(const tn_blocks *blocks, const void *a, const void *b)
{
    bool wide = blocks->params->dtype == TN_F64;
#pragma omp parallel for num_threads(tn_blocks_threads(blocks)) schedule(static)
    for (int64_t i = 0; i < blocks->count; i++) {
        int64_t first = blocks->list[i].first, n = blocks->list[i].n;
        blocks->partial[i] = wide ? dot_f64(n, (const double *)a + first, (const double *)b + first)
                                  : dot_f32(n, (const float *)a + first, (const float *)b + first);
    }
    double sum = 0;
    for (int64_t i = 0; i < blocks->count; i++) sum += blocks->partial[i];
    return sum;
}

#define COMBINE(name, T)                                                                                               \
    TN_KERNEL void name(int64_t n, T *out, T a, const T *x, T b, const T *y)                                           \
    {                                                                                                                  \
        _Pragma("omp simd") for (int64_t i = 0; i < n; i++) out[i] = a * x[i] + b * y[i];                              \
    }
COMBINE(block_combine_f32, float)
COMBINE(block_combine_f64, double)

void tn_blocks_combine(const tn_blocks *blocks, void *out, double a, const void *x, double b, const void *y)
{
    bool wide = blocks->params->dtype == TN_F64;
#pragma omp parallel for num_threads(tn_blocks_threads(blocks)) schedule(static)
    for (int64_t i = 0; i < blocks->count; i++) {
        int64_t first = blocks->list[i].first, n = blocks->list[i].n;
        if (wide)
            block_combine_f64(n, (double *)out + first, a, (const double *)x + first, b, (const double *)y + first);
        else
            block_combine_f32(n, (float *)out + first, (float)a, (const float *)x + first, (float)b,
                              (const float *)y + first);
    }
}
