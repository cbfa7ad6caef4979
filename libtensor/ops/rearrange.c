/* Rearrangements made of reshapes, slices, joins and gathers. */
#include "config.h"
#include "graph/graph.h"
#include "ops/op.h"

static tn_node *expand_squeeze(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    if (!tn_graph_has_axis(g, "squeeze", in[0], attr->axis)) return &g->failed;
    tn_shape from = in[0]->shape, to = {0};
    if (from.dim[attr->axis] != 1)
        return tn_graph_fail(g, TN_ESHAPE, "squeeze: axis %lld of %s has not size 1", (long long)attr->axis,
                             tn_node_words(in[0]).text);
    for (int i = 0; i < from.rank; i++)
        if (i != attr->axis) to.dim[to.rank++] = from.dim[i];
    return tn_reshape(g, in[0], to);
}

static tn_node *expand_unsqueeze(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    tn_shape from = in[0]->shape, to = {.rank = from.rank + 1};
    if (attr->axis < 0 || attr->axis > from.rank || to.rank > TN_MAX_RANK)
        return tn_graph_fail(g, TN_ESHAPE, "unsqueeze: %s cannot get an axis %lld: only 0 to %d, and %d axes at most",
                             tn_node_words(in[0]).text, (long long)attr->axis, from.rank, TN_MAX_RANK);
    for (int i = 0; i < to.rank; i++)
        to.dim[i] = i == attr->axis ? 1 : from.dim[i < attr->axis ? i : i - 1];
    return tn_reshape(g, in[0], to);
}

/* attr.length parts. */
static tn_node *expand_stack(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    tn_node *parts[TN_MAX_INPUTS];
    if (attr->length < 1) return tn_graph_fail(g, TN_EINVAL, "stack of nothing: it wants 1 part or more");
    for (int i = 0; i < attr->length; i++) {
        if (!tn_shape_equal(in[i]->shape, in[0]->shape))
            return tn_graph_fail(g, TN_ESHAPE, "stack cannot join %s and %s: their shapes must be equal",
                                 tn_node_words(in[0]).text, tn_node_words(in[i]).text);
        parts[i] = tn_unsqueeze(g, in[i], (int)attr->axis);
    }
    return tn_concat(g, (int)attr->length, parts, (int)attr->axis);
}

/* Part attr.start of attr.length. */
static tn_node *expand_split(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    if (!tn_graph_has_axis(g, "split", in[0], attr->axis)) return &g->failed;
    int64_t size = in[0]->shape.dim[attr->axis], parts = attr->length;
    if (size % parts)
        return tn_graph_fail(g, TN_ESHAPE, "split: axis %lld of %s cannot be cut into %lld equal parts",
                             (long long)attr->axis, tn_node_words(in[0]).text, (long long)parts);
    return tn_slice(g, in[0], (int)attr->axis, attr->start * (size / parts), size / parts);
}

/* Gathering takes rows, so the axis is moved to the front and back. */
static tn_node *expand_index_select(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    if (!tn_graph_has_axis(g, "index_select", in[0], attr->axis)) return &g->failed;
    int axis = (int)attr->axis, there[TN_MAX_RANK], back[TN_MAX_RANK];
    for (int i = 0; i < in[0]->shape.rank; i++) {
        there[i] = i == 0 ? axis : i <= axis ? i - 1 : i;
        back[there[i]] = i;
    }
    return tn_permute(g, tn_gather_rows(g, attr->sparsity, tn_permute(g, in[0], there)), back);
}

static tn_node *expand_scatter_add(tn_graph *g, tn_node *const *in, const tn_attr *attr)
{
    tn_node *sums = tn_segment_sum(g, attr->sparsity, in[1]);
    if (!g->error.status && !tn_shape_equal(in[0]->shape, sums->shape))
        return tn_graph_fail(g, TN_ESHAPE, "scatter_add: rows of %s are added to %s: expected %s",
                             tn_node_words(in[1]).text, tn_node_words(in[0]).text, tn_shape_words(sums->shape).text);
    return tn_add(g, in[0], sums);
}

const tn_op tn_ops_rearrange[] = {
    {.name = "squeeze", .about = "without an axis of size 1", .arity = 1, .expand = expand_squeeze},
    {.name = "unsqueeze", .about = "with a further axis of size 1", .arity = 1, .expand = expand_unsqueeze},
    {.name = "stack", .about = "joined along a new axis", .arity = -1, .expand = expand_stack},
    {.name = "split", .about = "one of several equal parts of an axis", .arity = 1, .expand = expand_split},
    {.name = "index_select", .about = "places of an axis picked by an index", .arity = 1,
     .expand = expand_index_select},
    {.name = "scatter_add", .about = "x, with rows of y added at the places of an index", .arity = 2,
     .expand = expand_scatter_add},
    {0},
};
