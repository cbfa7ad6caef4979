/* Operations as a user of the library would add them: see own_operations.h. */
#include "config.h"
#include "own_operations.h"

#include <math.h>

/* Both number types from one source. */
#define KERNELS(name, ...)                                                                                             \
    static void name##_f32(const tn_piece *p) { typedef float T; __VA_ARGS__ }                                         \
    static void name##_f64(const tn_piece *p) { typedef double T; __VA_ARGS__ }

/* ---- gabor ---- */

KERNELS(gabor, {
    const gabor_constants *c = p->constants;
    const T *x = p->in[0];
    T *y = p->out;
    for (int64_t i = 0; i < p->size; i++) y[i] = (T)(exp(-0.5 * x[i] * x[i]) * cos(c->frequency * x[i] + c->phase));
})

/* The derivative of the cosine is the same function a quarter turn later, so gradients of any order are. */
static tn_node *gabor_gradient(tn_graph *g, tn_node *const *in, tn_node *y, tn_node *dy, int i, const void *constants)
{
    (void)i;
    const gabor_constants *c = constants;
    tn_node *turned = tn_scale(g, own_gabor(g, in[0], c->frequency, c->phase + M_PI_2), c->frequency);
    return tn_mul(g, dy, tn_sub(g, turned, tn_mul(g, in[0], y)));
}

static const tn_operation gabor = {
    .name = "gabor", .kind = TN_BY_ELEMENTS, .operands = 1, .constants = sizeof(gabor_constants),
    .kernel_f32 = gabor_f32, .kernel_f64 = gabor_f64, .gradient = gabor_gradient, .flop = 44,
};

tn_node *own_gabor(tn_graph *g, tn_node *x, double frequency, double phase)
{
    return tn_custom(g, &gabor, 1, &x, &(gabor_constants){frequency, phase});
}

/* ---- hinge ---- */

KERNELS(hinge, {
    const T *score = p->in[0], *label = p->in[1];
    T *y = p->out;
    for (int64_t i = 0; i < p->size; i++) {
        T z = score[i] * label[i];
        y[i] = z <= 0 ? (T)0.5 - z : z < 1 ? (T)0.5 * (1 - z) * (1 - z) : 0;
    }
})

static tn_node *hinge_gradient(tn_graph *g, tn_node *const *in, tn_node *y, tn_node *dy, int i, const void *constants)
{
    (void)constants;
    tn_node *one = tn_cast(g, tn_constant(g, 1), tn_node_dtype(y));
    tn_node *slope = tn_sub(g, tn_clip(g, tn_mul(g, in[0], in[1]), 0, 1), one);
    return tn_mul(g, dy, tn_mul(g, slope, in[!i]));
}

static const tn_operation hinge = {
    .name = "hinge", .kind = TN_BY_ELEMENTS, .operands = 2, .kernel_f32 = hinge_f32, .kernel_f64 = hinge_f64,
    .gradient = hinge_gradient, .flop = 5,
};

tn_node *own_hinge(tn_graph *g, tn_node *score, tn_node *label)
{
    return tn_custom(g, &hinge, 2, (tn_node *[]){score, label}, NULL);
}

/* ---- polynomial ---- */

KERNELS(polynomial, {
    const T *x = p->in[0], *c = p->in[1];
    T *y = p->out;
    for (int64_t i = 0; i < p->size; i++) {
        y[i] = 0;
        for (int64_t k = p->in_shape[1].dim[0] - 1; k >= 0; k--) y[i] = y[i] * x[i] + c[k];
    }
})

static tn_status polynomial_shape(int n, const tn_shape *in, const void *constants, tn_shape *out, tn_error *why)
{
    (void)n, (void)constants;
    *out = in[0];
    return in[1].rank == 1 ? TN_OK : tn_fail(why, TN_ESHAPE, "the coefficients must be a vector [K]");
}

/* To x: dy times the polynomial of k c[k];  to c[k]: the sum of dy x^k. */
static tn_node *polynomial_gradient(tn_graph *g, tn_node *const *in, tn_node *y, tn_node *dy, int i,
                                    const void *constants)
{
    (void)constants, (void)y;
    int64_t degree = tn_node_shape(in[1]).dim[0] - 1;
    tn_node *parts[16];
    if (i == 0 && degree < 1) return NULL;
    for (int64_t k = 0; k < degree + (i == 1); k++) {
        if (i == 0) parts[k] = tn_scale(g, tn_slice(g, in[1], 0, k + 1, 1), (double)(k + 1));
        else parts[k] = tn_reshape(g, tn_sum(g, dy, TN_ALL, false), TN_SHAPE(1));
        if (i == 1) dy = tn_mul(g, dy, in[0]);
    }
    tn_node *joined = tn_concat(g, (int)(degree + (i == 1)), parts, 0);
    return i ? joined : tn_mul(g, dy, own_polynomial(g, in[0], joined));
}

static double polynomial_cost(int n, const tn_shape *in, tn_shape out, const void *constants)
{
    (void)n, (void)constants;
    return 2 * (double)tn_shape_size(out) * (double)in[1].dim[0];
}

static const tn_operation polynomial = {
    .name = "polynomial", .kind = TN_BY_ITEMS, .operands = 2, .whole = 1u << 1, .kernel_f32 = polynomial_f32,
    .kernel_f64 = polynomial_f64, .shape = polynomial_shape, .gradient = polynomial_gradient, .cost = polynomial_cost,
};

tn_node *own_polynomial(tn_graph *g, tn_node *x, tn_node *c)
{
    return tn_custom(g, &polynomial, 2, (tn_node *[]){x, c}, NULL);
}

/* ---- cumulative sum ---- */

/* A tensor is seen as [outer, run, inner]. */
KERNELS(cumulative_sum, {
    const cumulative_constants *c = p->constants;
    const T *x = p->in[0];
    T *y = p->out;
    int64_t outer = 1, run = p->shape.dim[c->axis], inner = 1;
    for (int i = 0; i < p->shape.rank; i++) {
        if (i < c->axis) outer *= p->shape.dim[i];
        if (i > c->axis) inner *= p->shape.dim[i];
    }
    for (int64_t o = 0; o < outer; o++, x += run * inner, y += run * inner)
        for (int64_t k = 0; k < run; k++)
            for (int64_t j = 0; j < inner; j++) {
                int64_t at = (c->backwards ? run - 1 - k : k) * inner + j;
                y[at] = x[at] + (k ? y[at + (c->backwards ? inner : -inner)] : 0);
            }
})

static tn_status cumulative_shape(int n, const tn_shape *in, const void *constants, tn_shape *out, tn_error *why)
{
    (void)n;
    const cumulative_constants *c = constants;
    *out = in[0];
    if (c->axis >= 0 && c->axis < in[0].rank) return TN_OK;
    return tn_fail(why, TN_ESHAPE, "there is no axis %d", (int)c->axis);
}

static tn_node *cumulative_gradient(tn_graph *g, tn_node *const *in, tn_node *y, tn_node *dy, int i,
                                    const void *constants)
{
    (void)in, (void)y, (void)i;
    const cumulative_constants *c = constants;
    return own_cumulative_sum(g, dy, (int)c->axis, !c->backwards);
}

static const tn_operation cumulative_sum = {
    .name = "cumulative_sum", .kind = TN_AT_ONCE, .operands = 1, .constants = sizeof(cumulative_constants),
    .kernel_f32 = cumulative_sum_f32, .kernel_f64 = cumulative_sum_f64, .shape = cumulative_shape,
    .gradient = cumulative_gradient, .flop = 1,
};

tn_node *own_cumulative_sum(tn_graph *g, tn_node *x, int axis, bool backwards)
{
    return tn_custom(g, &cumulative_sum, 1, &x, &(cumulative_constants){axis, backwards});
}
