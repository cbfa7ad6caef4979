/* Adam: Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1. */
#include "config.h"
#include "core/memory.h"
#include "graph/params.h"
#include "ops/op.h"

#include <math.h>

struct tn_adam {
    tn_params *params;
    tn_adam_config config;
    void *first, *second; /* moments, laid out like the parameters */
    int64_t steps;
};

/* A block of the flat parameter list: what one thread takes at a time, and what squares of gradients are summed in. */
enum { BLOCK = 16384 };

tn_adam *tn_adam_new(tn_params *params, tn_adam_config config, tn_error *error)
{
    bool possible = config.beta1 >= 0 && config.beta1 < 1 && config.beta2 >= 0 && config.beta2 < 1 &&
                    config.epsilon > 0 && config.clip_norm >= 0; /* none of these holds for NaN */
    if (!params->data || !possible) {
        tn_fail(error, TN_EINVAL, params->data ? "Adam: beta must lie in [0, 1), epsilon above 0, clip_norm not below"
                                               : "Adam: the parameter set must be sealed");
        return NULL;
    }
    tn_adam *adam = tn_calloc(1, sizeof *adam);
    if (adam) {
        size_t bytes = (size_t)params->length * tn_dtype_size(params->dtype);
        *adam = (tn_adam){.params = params, .config = config, .first = tn_alloc(bytes), .second = tn_alloc(bytes)};
        if (adam->first && adam->second) return adam;
    }
    tn_adam_free(adam);
    tn_fail(error, TN_ENOMEM, "no memory for the moments of Adam");
    return NULL;
}

void tn_adam_free(tn_adam *adam)
{
    if (!adam) return;
    tn_free(adam->first);
    tn_free(adam->second);
    tn_release(adam);
}

/* The constants of one step for one parameter. */
typedef struct update {
    double clip, rate, beta1, beta2, root, epsilon;
} update;

#define UPDATE(name, T, squareroot)                                                                                    \
    TN_KERNEL void name(int64_t n, T *restrict x, const T *restrict gradient, T *restrict first, T *restrict second,   \
                        const update *u)                                                                               \
    {                                                                                                                  \
        const T clip = (T)u->clip, rate = (T)u->rate, b1 = (T)u->beta1, b2 = (T)u->beta2, c1 = (T)(1 - u->beta1),      \
                c2 = (T)(1 - u->beta2), root = (T)u->root, epsilon = (T)u->epsilon;                                    \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            T g = clip * gradient[i];                                                                                  \
            first[i] = b1 * first[i] + c1 * g;                                                                         \
            second[i] = b2 * second[i] + c2 * g * g;                                                                   \
            x[i] -= rate * first[i] / (squareroot(second[i]) * root + epsilon);                                        \
        }                                                                                                              \
    }
UPDATE(update_f32, float, sqrtf)
UPDATE(update_f64, double, sqrt)

/* Sum of squares of a block, in 16 partial sums. */
#define SQUARES(name, T)                                                                                               \
    TN_KERNEL double name(int64_t n, const T *x)                                                                       \
    {                                                                                                                  \
        double lane[16] = {0}, sum = 0;                                                                                \
        for (int64_t i = 0; i + 16 <= n; i += 16)                                                                      \
            for (int l = 0; l < 16; l++) lane[l] += (double)x[i + l] * (double)x[i + l];                               \
        for (int64_t i = n / 16 * 16; i < n; i++) sum += (double)x[i] * (double)x[i];                                  \
        for (int l = 0; l < 16; l++) sum += lane[l];                                                                   \
        return sum;                                                                                                    \
    }
SQUARES(squares_f32, float)
SQUARES(squares_f64, double)

/* Calls work on block after block of every parameter, in parallel; blocks are numbered from 0. */
static double norm(const tn_params *params)
{
    double sum = 0;
    for (int p = 0; p < params->count; p++) {
        int64_t size = tn_shape_size(params->list[p].shape), blocks = (size + BLOCK - 1) / BLOCK;
        void *grad = tn_params_place(params, params->grad, p);
        for (int64_t b = 0; b < blocks; b++) {
            int64_t n = size - b * BLOCK < BLOCK ? size - b * BLOCK : BLOCK;
            sum += params->dtype == TN_F64 ? squares_f64(n, (double *)grad + b * BLOCK)
                                           : squares_f32(n, (float *)grad + b * BLOCK);
        }
    }
    return sqrt(sum);
}

static void step_block(const tn_adam *adam, int p, int64_t first, int64_t n, const update *u)
{
    const tn_params *params = adam->params;
    void *x = tn_params_place(params, params->data, p), *g = tn_params_place(params, params->grad, p);
    void *m = tn_params_place(params, adam->first, p), *v = tn_params_place(params, adam->second, p);
    if (params->dtype == TN_F64)
        update_f64(n, (double *)x + first, (double *)g + first, (double *)m + first, (double *)v + first, u);
    else update_f32(n, (float *)x + first, (float *)g + first, (float *)m + first, (float *)v + first, u);
}

double tn_adam_step(tn_adam *adam, const double *rate)
{
    const tn_params *params = adam->params;
    const tn_adam_config *c = &adam->config;
    double length = c->clip_norm > 0 ? norm(params) : 0, t = (double)++adam->steps;
    update u = {.clip = length > c->clip_norm && c->clip_norm > 0 ? c->clip_norm / length : 1,
                .beta1 = c->beta1, .beta2 = c->beta2, .epsilon = c->epsilon, .root = 1 / sqrt(1 - pow(c->beta2, t))};
    double correction = 1 / (1 - pow(c->beta1, t));
#pragma omp parallel num_threads(tn_threads()) firstprivate(u) if (params->length > BLOCK)
    for (int p = 0; p < params->count; p++) {
        int64_t size = tn_shape_size(params->list[p].shape), blocks = (size + BLOCK - 1) / BLOCK;
        u.rate = rate[params->list[p].group] * correction;
#pragma omp for schedule(static) nowait
        for (int64_t b = 0; b < blocks; b++)
            step_block(adam, p, b * BLOCK, size - b * BLOCK < BLOCK ? size - b * BLOCK : BLOCK, &u);
    }
    return length;
}

void tn_adam_reset(tn_adam *adam)
{
    const tn_params *params = adam->params;
    for (int p = 0; p < params->count; p++)
        for (int which = 1; which <= 2; which++) {
            char *moment = tn_adam_moment(adam, p, which);
            for (size_t i = 0; i < (size_t)tn_shape_size(params->list[p].shape) * tn_dtype_size(params->dtype); i++)
                moment[i] = 0;
        }
    adam->steps = 0;
}

void *tn_adam_moment(const tn_adam *adam, int i, int which)
{
    return tn_params_place(adam->params, which == 1 ? adam->first : adam->second, i);
}

int64_t tn_adam_steps(const tn_adam *adam)
{
    return adam->steps;
}

void tn_adam_set_steps(tn_adam *adam, int64_t steps)
{
    adam->steps = steps;
}
