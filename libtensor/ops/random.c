/* Random tensors, made anew by every run: element i is a function of the seed (attr.start), the stream (attr.length),
 * the step, which is an input, and i alone. So any number of threads, and a run that was resumed, give the same
 * numbers, and one node serves the forward and the backward pass. */
#include "config.h"
#include "core/random.h"
#include "core/vecmath.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <math.h>

static tn_status random_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    const tn_node *step = node->in[0];
    *out = node->attr.shape;
    if (step->dtype == TN_I32 && step->shape.rank == 0) return TN_OK;
    return tn_fail(why, TN_EDTYPE, "%s: the step must be an int32 scalar, not %s (%s)", node->op->name,
                   tn_node_words(step).text, tn_dtype_name(step->dtype));
}

/* What the elements of one block of work are made from. */
typedef struct source {
    uint64_t seed, first;
    uint32_t stream, step;
    int64_t n;
} source;

static source source_of(const tn_call *c)
{
    int64_t stride = tn_shape_stride0(c->node->shape);
    return (source){.seed = (uint64_t)c->node->attr.start, .stream = (uint32_t)c->node->attr.length,
                    .step = (uint32_t)*(const int32_t *)c->in[0].data, .first = (uint64_t)(c->item * stride),
                    .n = c->items * stride};
}

/* 24 of 32 bits, and 53 of 64: all that the number types hold. */
static inline float unit_f32(const uint32_t *words)
{
    return (float)(words[0] >> 8) * 0x1p-24f;
}

static inline double unit_f64(const uint32_t *words)
{
    return (double)(((uint64_t)words[0] << 21) ^ (words[1] >> 11)) * 0x1p-53;
}

/* Element i is number i % PER of the PER numbers of block i / PER. */
#define UNIFORM(name, T, PER, unit)                                                                                    \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        source s = source_of(c);                                                                                       \
        T *out = c->out.data;                                                                                          \
        for (int64_t i = 0; i < s.n;) {                                                                                \
            uint64_t at = s.first + (uint64_t)i;                                                                       \
            philox4x32_ctr_t bits = tn_random_of_step(s.seed, s.stream, s.step, at / (PER));                           \
            for (uint64_t k = at % (PER); k < (PER) && i < s.n; k++) out[i++] = unit(&bits.v[k * 4 / (PER)]);          \
        }                                                                                                              \
    }
UNIFORM(uniform_f32, float, 4, unit_f32)
UNIFORM(uniform_f64, double, 2, unit_f64)

/* Elements 2 p and 2 p + 1 are the cosine and sine of an angle, times a radius: Box and Muller, Annals of Mathematical
 * Statistics 29 (1958) 610. A pair takes WORDS words, half of them for the radius. Half a unit keeps 0 from the
 * logarithm. */
#define NORMAL(name, T, WORDS, unit, half, root, log, sincos)                                                          \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        enum { PAIRS = 128 };                                                                                          \
        source s = source_of(c);                                                                                       \
        T *out = c->out.data, radius[PAIRS], angle[PAIRS], sine[PAIRS], cosine[PAIRS];                                 \
        uint64_t end = s.first + (uint64_t)s.n;                                                                        \
        for (uint64_t pair = s.first / 2; 2 * pair < end; pair += PAIRS) {                                             \
            for (uint64_t k = 0; k < PAIRS; k++) {                                                                     \
                uint64_t word = (pair + k) * (WORDS);                                                                  \
                philox4x32_ctr_t bits = tn_random_of_step(s.seed, s.stream, s.step, word / 4);                         \
                radius[k] = unit(&bits.v[word % 4]) + (half);                                                          \
                angle[k] = unit(&bits.v[word % 4 + (WORDS) / 2]) * (T)(2 * M_PI);                                      \
            }                                                                                                          \
            tn_vec()->log(radius, radius, PAIRS);                                                                      \
            tn_vec()->sincos(sine, cosine, angle, PAIRS);                                                              \
            for (uint64_t k = 0; k < 2 * PAIRS; k++) {                                                                 \
                uint64_t i = 2 * pair + k;                                                                             \
                if (i < s.first || i >= end) continue;                                                                 \
                out[i - s.first] = root(-2 * radius[k / 2]) * (k % 2 ? sine : cosine)[k / 2];                          \
            }                                                                                                          \
        }                                                                                                              \
    }
NORMAL(normal_f32, float, 2, unit_f32, 0x1p-25f, sqrtf, log_f32, sincos_f32)
NORMAL(normal_f64, double, 4, unit_f64, 0x1p-54, sqrt, log_f64, sincos_f64)

/* in[1]: uniform numbers. */
static tn_node *expand_dropout(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    double rate = attr->value;
    if (!(rate >= 0 && rate < 1)) return tn_graph_fail(g, TN_EINVAL, "dropout: the rate is %g, not of [0, 1)", rate);
    if (rate == 0) return in[0];
    tn_node *dropped = tn_less(g, in[1], tn_number(g, in[1]->dtype, rate));
    return tn_where(g, dropped, tn_number(g, in[0]->dtype, 0), tn_scale(g, in[0], 1 / (1 - rate)));
}

const tn_op tn_ops_random[] = {
    {.name = "uniform", .about = "uniform random numbers of [0, 1)", .arity = 1, .flags = TN_OP_FLAT | TN_OP_CAST,
     .flop = 20, .shape = random_shape, .division = tn_divide_items, .kernel = TN_KERNELS(uniform)},
    {.name = "normal", .about = "standard normal random numbers", .arity = 1, .flags = TN_OP_FLAT | TN_OP_CAST,
     .flop = 50, .shape = random_shape, .division = tn_divide_items, .kernel = TN_KERNELS(normal)},
    {.name = "dropout", .about = "a random part becomes 0, the rest grows to make up for it", .arity = 2,
     .expand = expand_dropout},
    {0},
};
