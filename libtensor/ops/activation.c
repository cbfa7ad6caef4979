/* Activations made of a few elementwise operations. Where one side of a kink would overflow, it is given a harmless
 * argument first: what is not chosen still takes part in the gradient, and 0 times infinity is not 0. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <math.h>

static tn_node *number(tn_graph *g, const tn_node *like, double value)
{
    return tn_number(g, like->dtype, value);
}

static tn_node *expand_leaky_relu(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    return tn_where(g, in[0], in[0], tn_scale(g, in[0], attr->value));
}

static tn_node *expand_elu(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    tn_node *a = in[0], *negative = tn_where(g, a, number(g, a, 0), a);
    return tn_where(g, a, a, tn_scale(g, tn_expm1(g, negative), attr->value));
}

/* a Phi(a) with the normal distribution Phi(a) = erfc(-a / sqrt 2) / 2, which keeps its digits for negative a.
 * Hendrycks and Gimpel, arXiv:1606.08415. */
static tn_node *expand_gelu(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    (void)attr;
    return tn_mul(g, tn_scale(g, in[0], 0.5), tn_erfc(g, tn_scale(g, in[0], -M_SQRT1_2)));
}

static tn_node *expand_silu(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    (void)attr;
    return tn_mul(g, in[0], tn_sigmoid(g, in[0]));
}

static tn_node *expand_clip(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    if (!(attr->value <= attr->upper))
        return tn_graph_fail(g, TN_EINVAL, "clip of %s: the limits are %g and %g, not the lower one first",
                             tn_node_words(in[0]).text, attr->value, attr->upper);
    tn_node *low = number(g, in[0], attr->value), *high = number(g, in[0], attr->upper);
    tn_node *raised = tn_where(g, tn_sub(g, low, in[0]), low, in[0]);
    return tn_where(g, tn_sub(g, raised, high), high, raised);
}

const tn_op tn_ops_activation[] = {
    {.name = "leaky_relu", .about = "a where a > 0, else a times a slope", .arity = 1, .expand = expand_leaky_relu},
    {.name = "elu", .about = "a where a > 0, else a factor times (exp(a) - 1)", .arity = 1, .expand = expand_elu},
    {.name = "gelu", .about = "a Phi(a), Phi(a) the probability of a normal number below a", .arity = 1,
     .expand = expand_gelu},
    {.name = "silu", .about = "a times the sigmoid of a", .arity = 1, .expand = expand_silu},
    {.name = "clip", .about = "a, moved to the nearer limit where it is outside of two", .arity = 1,
     .expand = expand_clip},
    {0},
};
