/* Losses: scalars, means over all elements or rows unless their name says otherwise. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

static bool comparable(tn_graph *g, const char *op, tn_node *const *in)
{
    if (tn_shape_equal(in[0]->shape, in[1]->shape)) return true;
    tn_graph_fail(g, TN_ESHAPE, "%s cannot compare %s and %s: their shapes must be equal", op,
                  tn_node_words(in[0]).text, tn_node_words(in[1]).text);
    return false;
}

static tn_node *mean(tn_graph *g, tn_node *a)
{
    return tn_mean(g, a, TN_ALL, false);
}

static tn_node *expand_mse(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    (void)attr;
    return comparable(g, "mse", in) ? mean(g, tn_square(g, tn_sub(g, in[0], in[1]))) : &g->failed;
}

static tn_node *expand_l1(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    (void)attr;
    return comparable(g, "l1", in) ? mean(g, tn_abs(g, tn_sub(g, in[0], in[1]))) : &g->failed;
}

static tn_node *expand_distance(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    (void)attr;
    return comparable(g, "distance", in) ? tn_norm2(g, tn_sub(g, in[0], in[1]), TN_ALL, false) : &g->failed;
}

/* With c the difference d clipped to +-delta, c (d - c / 2) is d^2 / 2 inside and delta (|d| - delta / 2) outside.
 * Huber, Annals of Mathematical Statistics 35 (1964) 73. */
static tn_node *expand_huber(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    if (!comparable(g, "huber", in)) return &g->failed;
    if (!(attr->value > 0)) return tn_graph_fail(g, TN_EINVAL, "huber: delta is %g, not above 0", attr->value);
    tn_node *d = tn_sub(g, in[0], in[1]), *c = tn_clip(g, d, -attr->value, attr->value);
    return mean(g, tn_mul(g, c, tn_sub(g, d, tn_scale(g, c, 0.5))));
}

/* -t log sigmoid(x) - (1 - t) log sigmoid(-x): sums of what is positive, so nothing cancels. */
static tn_node *expand_binary_cross_entropy(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    (void)attr;
    if (!comparable(g, "binary_cross_entropy", in)) return &g->failed;
    tn_node *x = in[0], *t = in[1], *other = tn_sub(g, tn_number(g, t->dtype, 1), t);
    tn_node *missed = tn_mul(g, t, tn_softplus(g, tn_neg(g, x)));
    return mean(g, tn_add(g, missed, tn_mul(g, other, tn_softplus(g, x))));
}

/* Rows whose probabilities are all 0 do not count. The logarithms are looked at only where the probability is above
 * 0, as they may be infinite elsewhere. What all probabilities add up to depends on them too: its gradient keeps those
 * that need not add up to 1, such as weights, right. */
static tn_node *expand_cross_entropy(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    (void)attr;
    if (!comparable(g, "cross_entropy", in)) return &g->failed;
    tn_node *p = in[1], *log_q = tn_log_softmax(g, in[0], in[0]->shape.rank - 1);
    tn_node *sum = tn_sum(g, tn_mul(g, p, tn_where_positive(g, log_q, p)), TN_ALL, false);
    return tn_neg(g, tn_div_no_nan(g, sum, tn_sum(g, p, TN_ALL, false)));
}

const tn_op tn_ops_loss[] = {
    {.name = "mse", .about = "mean over all elements of (a - b)^2", .arity = 2, .expand = expand_mse},
    {.name = "l1", .about = "mean over all elements of |a - b|", .arity = 2, .expand = expand_l1},
    {.name = "distance", .about = "root of the sum over all elements of (a - b)^2", .arity = 2,
     .expand = expand_distance},
    {.name = "huber", .about = "mean of (a - b)^2 / 2 up to a distance, linear beyond", .arity = 2,
     .expand = expand_huber},
    {.name = "cross_entropy", .about = "mean over rows of -sum p log softmax(logits)", .arity = 2,
     .expand = expand_cross_entropy},
    {.name = "binary_cross_entropy", .about = "mean of -t log sigmoid(a) - (1 - t) log(1 - sigmoid(a))", .arity = 2,
     .expand = expand_binary_cross_entropy},
    {0},
};
