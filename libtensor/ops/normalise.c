/* Exponentials and moments along axes, made of a few primitives. A row's largest element is taken off before the
 * exponential, so that nothing overflows; the result does not depend on it, so no gradient passes through it. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <math.h>

tn_node *tn_steady(tn_graph *g, tn_node *a)
{
    tn_node *zero = tn_number(g, a->dtype, 0), *fixed = tn_detach(g, a);
    return tn_where(g, tn_equal(g, tn_sub(g, fixed, fixed), zero), fixed, zero);
}

static tn_node *largest(tn_graph *g, tn_node *a, unsigned axes)
{
    return tn_steady(g, tn_max(g, a, axes, true));
}

static tn_shape without(tn_shape shape, unsigned axes)
{
    tn_shape out = {0};
    for (int i = 0; i < shape.rank; i++)
        if (!(axes & TN_AXIS(i))) out.dim[out.rank++] = shape.dim[i];
    return out;
}

static tn_node *expand_logsumexp(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    tn_node *top = largest(g, in[0], attr->axes);
    tn_node *sum = tn_sum(g, tn_exp(g, tn_sub(g, in[0], top)), attr->axes, true);
    tn_node *result = tn_add(g, tn_log(g, sum), top);
    return attr->keep ? result : tn_reshape(g, result, without(in[0]->shape, attr->axes));
}

/* Of nothing there is nothing to take off: its largest element would be minus infinity, which checking plans refuse. */
static bool is_empty(const tn_node *a)
{
    return tn_shape_size(a->shape) == 0;
}

static tn_node *expand_softmax(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    if (!tn_graph_has_axis(g, "softmax", in[0], attr->axis)) return &g->failed;
    if (is_empty(in[0])) return tn_exp(g, in[0]);
    unsigned axis = TN_AXIS(attr->axis);
    tn_node *e = tn_exp(g, tn_sub(g, in[0], largest(g, in[0], axis)));
    return tn_div(g, e, tn_sum(g, e, axis, true));
}

static tn_node *expand_log_softmax(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    if (!tn_graph_has_axis(g, "log_softmax", in[0], attr->axis)) return &g->failed;
    if (is_empty(in[0])) return tn_exp(g, in[0]);
    unsigned axis = TN_AXIS(attr->axis);
    tn_node *shifted = tn_sub(g, in[0], largest(g, in[0], axis));
    return tn_sub(g, shifted, tn_log(g, tn_sum(g, tn_exp(g, shifted), axis, true)));
}

/* Ba, Kiros and Hinton, arXiv:1607.06450. */
static tn_node *expand_layer_norm(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    int last = in[0]->shape.rank - 1;
    if (!tn_graph_has_axis(g, "layer_norm", in[0], last)) return &g->failed;
    if (!(attr->value > 0 && attr->value < INFINITY))
        return tn_graph_fail(g, TN_EINVAL, "layer_norm: epsilon is %g, not above 0 and finite", attr->value);
    tn_node *centred = tn_sub(g, in[0], tn_mean(g, in[0], TN_AXIS(last), true));
    tn_node *variance = tn_mean(g, tn_square(g, centred), TN_AXIS(last), true);
    return tn_mul(g, centred, tn_rsqrt(g, tn_add(g, variance, tn_number(g, variance->dtype, attr->value))));
}

const tn_op tn_ops_normalise[] = {
    {.name = "logsumexp", .about = "log of the sum of exponentials over axes", .arity = 1, .expand = expand_logsumexp},
    {.name = "softmax", .about = "exponentials along an axis, divided by their sum", .arity = 1,
     .expand = expand_softmax},
    {.name = "log_softmax", .about = "logarithm of softmax", .arity = 1, .expand = expand_log_softmax},
    {.name = "layer_norm", .about = "mean 0 and variance 1 along the last axis", .arity = 1,
     .expand = expand_layer_norm},
    {0},
};
