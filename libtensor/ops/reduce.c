/* Reductions over a run of neighbouring axes, attr.start and attr.length; graph/build.c splits other sets of axes into
 * runs. A tensor is seen as [outer, run, inner]. */
#include "config.h"
#include "graph/plan.h"
#include "ops/op.h"

#include <math.h>

/* Partial results of a long run: the order of summation, the same on every instruction set. */
enum { LANES = 16 };

static tn_status reduce_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    tn_shape in = node->in[0]->shape;
    int start = (int)node->attr.start, length = (int)node->attr.length;
    if (start < 0 || length < 0 || start + length > in.rank)
        return tn_fail(why, TN_ESHAPE, "%s: %s has no axes %d to %d", node->op->name, tn_node_words(node->in[0]).text,
                       start, start + length - 1);
    *out = (tn_shape){.rank = in.rank - length};
    for (int i = 0; i < out->rank; i++) out->dim[i] = in.dim[i < start ? i : i + length];
    return TN_OK;
}

static tn_division reduce_division(const tn_node *node)
{
    bool leading = node->attr.start == 0 && node->attr.length > 0;
    bool strided = node->in[0]->shape.rank == 2 && node->attr.length == 1;
    return (tn_division){.access = leading ? TN_REDUCE : TN_ITEMS, .itemwise = 1, .strided = strided};
}

/* The walk of one call: `outer` runs, `apart` elements from each other, of `run` steps of `step` elements over `inner`
 * neighbours, of which `used` are wanted. */
typedef struct walk {
    int64_t outer, apart, run, step, inner, used, offset;
    bool add;
} walk;

static walk plan_walk(const tn_call *c)
{
    tn_shape in = c->node->in[0]->shape;
    int start = (int)c->node->attr.start, end = start + (int)c->node->attr.length;
    walk w = {.outer = 1, .run = 1, .inner = 1};
    for (int i = 0; i < in.rank; i++) {
        int64_t size = i ? in.dim[i] : c->items;
        if (i == 0 && end > 0 && start == 0 && !c->reduce) size = in.dim[0]; /* divided by items of the output */
        if (i < start) w.outer *= size;
        else if (i < end) w.run *= size;
        else w.inner *= size;
    }
    w.used = w.step = w.inner;
    w.apart = w.run * w.inner;
    if (in.rank == 2 && c->node->attr.length == 1) *(start ? &w.apart : &w.step) = c->in[0].rs;
    if (start == 0 && end > 0 && !c->reduce) {
        int64_t stride = tn_shape_stride0(c->node->shape);
        w.offset = c->item * stride;
        w.used = c->items * stride;
    }
    w.add = c->reduce && !c->first;
    return w;
}

/* x: what is gathered so far, y: one more. */
#define REDUCTION(name, T, nothing, combine)                                                                           \
    static inline T name##_pair(T x, T y) { return combine; }                                                          \
    TN_KERNEL void name(const tn_call *c)                                                                              \
    {                                                                                                                  \
        walk w = plan_walk(c);                                                                                         \
        for (int64_t o = 0; o < w.outer; o++) {                                                                        \
            const T *in = (const T *)c->in[0].data + o * w.apart + w.offset;                                           \
            T *out = (T *)c->out.data + o * w.used;                                                                    \
            if (!w.add)                                                                                                \
                for (int64_t j = 0; j < w.used; j++) out[j] = nothing;                                                 \
            if (w.inner == 1 && w.run >= LANES) {                                                                      \
                T lane[LANES];                                                                                         \
                int64_t whole = w.run / LANES * LANES;                                                                 \
                for (int l = 0; l < LANES; l++) lane[l] = in[l];                                                       \
                for (int64_t i = LANES; i < whole; i += LANES)                                                         \
                    _Pragma("omp simd") for (int l = 0; l < LANES; l++) lane[l] = name##_pair(lane[l], in[i + l]);     \
                for (int64_t i = whole; i < w.run; i++) lane[0] = name##_pair(lane[0], in[i]);                         \
                for (int l = 0; l < LANES; l++) *out = name##_pair(*out, lane[l]);                                     \
            } else                                                                                                     \
                for (int64_t i = 0; i < w.run; i++)                                                                    \
                    _Pragma("omp simd") for (int64_t j = 0; j < w.used; j++) out[j] =                                  \
                        name##_pair(out[j], in[i * w.step + j]);                                                       \
        }                                                                                                              \
    }
REDUCTION(sum_f32, float, 0, x + y)
REDUCTION(sum_f64, double, 0, x + y)
REDUCTION(max_f32, float, -INFINITY, y > x || y != y ? y : x)
REDUCTION(max_f64, double, -INFINITY, y > x || y != y ? y : x)

/* A tensor of the reduced shape, repeated along the run it was reduced over. */
static tn_node *spread(tn_graph *g, tn_node *reduced, const tn_node *y)
{
    tn_shape in = y->in[0]->shape, kept = in;
    for (int i = 0; i < y->attr.length; i++) kept.dim[y->attr.start + i] = 1;
    return tn_broadcast(g, tn_reshape(g, reduced, kept), in);
}

static tn_node *gradient_sum(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    return spread(g, dy, y);
}

static tn_node *gradient_max(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    (void)i;
    tn_node *largest = tn_equal(g, y->in[0], spread(g, y, y));
    tn_node *count = tn_apply(g, "sum", 1, &largest, &y->attr);
    return tn_mul(g, largest, spread(g, tn_div(g, dy, count), y));
}

/* ---- composite operations: attr.axes and attr.keep as the user gave them, or one run for min and prod ---- */

static double reduced_size(tn_shape shape, unsigned axes)
{
    double size = 1;
    for (int i = 0; i < shape.rank; i++)
        if (axes & TN_AXIS(i)) size *= (double)shape.dim[i];
    return size;
}

static tn_node *expand_mean(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    return tn_scale(g, tn_sum(g, in[0], attr->axes, attr->keep), 1 / reduced_size(in[0]->shape, attr->axes));
}

static tn_node *expand_norm1(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    return tn_sum(g, tn_abs(g, in[0]), attr->axes, attr->keep);
}

static tn_node *expand_norm2(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    return tn_sqrt(g, tn_sum(g, tn_square(g, in[0]), attr->axes, attr->keep));
}

static tn_node *expand_var(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    tn_node *centred = tn_sub(g, in[0], tn_mean(g, in[0], attr->axes, true)); /* which looks at the axes */
    double n = tn_has_failed(g) ? 1 : reduced_size(in[0]->shape, attr->axes);
    if (attr->value < 0 || (attr->value > 0 && attr->value >= n)) /* 0 of nothing is the mean of nothing */
        return tn_graph_fail(g, TN_EINVAL, "var of %s: the correction is %g, not 0 or more and below the %g elements "
                             "of a sum", tn_node_words(in[0]).text, attr->value, n);
    return tn_scale(g, tn_sum(g, tn_square(g, centred), attr->axes, attr->keep), 1 / (n - attr->value));
}

static tn_node *expand_min(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    tn_node *negative = tn_neg(g, in[0]);
    return tn_neg(g, tn_apply(g, "max", 1, &negative, attr));
}

/* The first half times the second, until one is left. Unlike y / a, the gradient of that is right where an element is
 * 0, and so are its own gradients. */
static tn_node *expand_prod(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    tn_shape shape = in[0]->shape, out = {0};
    int64_t size[3] = {1, 1, 1}, full = 1; /* before, along and behind the run */
    for (int i = 0; i < shape.rank; i++) {
        int part = i < attr->start ? 0 : i < attr->start + attr->length ? 1 : 2;
        size[part] *= shape.dim[i];
        if (part != 1) out.dim[out.rank++] = shape.dim[i];
    }
    while (full < size[1]) full *= 2;
    int axis = size[0] != 1; /* slices of the leading axis cost nothing */
    tn_node *a = tn_reshape(g, in[0], tn_shape_of(2 + axis, size + 1 - axis));
    size[1] = full - size[1];
    tn_node *ones = tn_broadcast(g, tn_number(g, a->dtype, 1), tn_shape_of(2 + axis, size + 1 - axis));
    if (size[1]) a = tn_concat(g, 2, (tn_node *[]){a, ones}, axis);
    for (int64_t half = full / 2; half > 0; half /= 2)
        a = tn_mul(g, tn_slice(g, a, axis, 0, half), tn_slice(g, a, axis, half, half));
    return tn_reshape(g, a, out);
}

const tn_op tn_ops_reduce[] = {
    {.name = "sum", .about = "sum over axes", .arity = 1, .shape = reduce_shape, .division = reduce_division,
     .kernel = TN_KERNELS(sum), .gradient = gradient_sum, .cost = tn_cost_of_input},
    {.name = "max", .about = "maximum over axes; gradient shared among equals", .arity = 1, .flags = TN_OP_MAX,
     .shape = reduce_shape, .division = reduce_division, .kernel = TN_KERNELS(max), .gradient = gradient_max,
     .cost = tn_cost_of_input},
    {.name = "mean", .about = "mean over axes", .arity = 1, .expand = expand_mean},
    {.name = "norm1", .about = "sum of absolute values over axes", .arity = 1, .expand = expand_norm1},
    {.name = "norm2", .about = "root of the sum of squares over axes", .arity = 1, .expand = expand_norm2},
    {.name = "var", .about = "variance over axes", .arity = 1, .expand = expand_var},
    {.name = "min", .about = "minimum over axes; gradient shared among equals", .arity = 1, .expand = expand_min},
    {.name = "prod", .about = "product over axes", .arity = 1, .expand = expand_prod},
    {0},
};

/* ---- combining the partial results of segments: the rows of input 0, in order ---- */

#define COMBINE(name, T, pair)                                                                                         \
    TN_KERNEL void name(const tn_call *c)                                                                              \
    {                                                                                                                  \
        int64_t n = c->out.rows * c->out.cols, at = c->item * tn_shape_stride0(c->node->shape);                        \
        T *out = c->out.data;                                                                                          \
        const T *part = (const T *)c->in[0].data + at;                                                                 \
        for (int64_t i = 0; i < n; i++) out[i] = part[i];                                                              \
        for (int64_t s = 1; s < c->in[0].rows; s++)                                                                    \
            _Pragma("omp simd") for (int64_t i = 0; i < n; i++) out[i] = pair(out[i], part[s * c->in[0].rs + i]);      \
    }
COMBINE(combine_sum_f32, float, sum_f32_pair)
COMBINE(combine_sum_f64, double, sum_f64_pair)
COMBINE(combine_max_f32, float, max_f32_pair)
COMBINE(combine_max_f64, double, max_f64_pair)

tn_kernel tn_combine_kernel(const tn_node *node)
{
    bool wide = node->dtype == TN_F64;
    if (node->op->flags & TN_OP_MAX) return wide ? combine_max_f64 : combine_max_f32;
    return wide ? combine_sum_f64 : combine_sum_f32;
}
