/* The builders that change shapes, put tensors together and take them apart. All end in tn_apply. */
#include "config.h"
#include "graph/graph.h"

tn_node *tn_reshape(tn_graph *g, tn_node *a, tn_shape shape)
{
    if (!tn_graph_owns(g, "reshape", 1, &a)) return tn_failed(g);
    if (tn_shape_equal(a->shape, shape)) return a;
    if (!tn_shape_valid(shape))
        return tn_graph_fail(g, TN_ESHAPE, "reshape: %s " TN_NO_SHAPE, tn_shape_words(shape).text);
    return tn_apply(g, "reshape", 1, &a, &(tn_attr){.shape = shape});
}

tn_node *tn_broadcast(tn_graph *g, tn_node *a, tn_shape shape)
{
    if (!tn_graph_owns(g, "broadcast", 1, &a)) return tn_failed(g);
    if (tn_shape_equal(a->shape, shape)) return a;
    if (!tn_shape_valid(shape))
        return tn_graph_fail(g, TN_ESHAPE, "broadcast: %s " TN_NO_SHAPE, tn_shape_words(shape).text);
    return tn_apply(g, "broadcast", 1, &a, &(tn_attr){.shape = shape});
}

/* Joins parts, in groups first where there are more than a node has inputs. */
static tn_node *join(tn_graph *g, const char *op, int n, tn_node *const *parts, int axis)
{
    if (n <= TN_MAX_INPUTS || !parts) return tn_apply(g, op, n, parts, &(tn_attr){.axis = axis, .length = n});
    tn_node *joined[TN_MAX_INPUTS];
    int group = (n + TN_MAX_INPUTS - 1) / TN_MAX_INPUTS, groups = 0;
    for (int i = 0; i < n; i += group)
        joined[groups++] = join(g, op, n - i < group ? n - i : group, parts + i, axis);
    return join(g, "concat", groups, joined, axis);
}

tn_node *tn_concat(tn_graph *g, int n, tn_node *const *parts, int axis)
{
    return join(g, "concat", n, parts, axis);
}

tn_node *tn_stack(tn_graph *g, int n, tn_node *const *parts, int axis)
{
    return join(g, "stack", n, parts, axis);
}

tn_node *tn_slice(tn_graph *g, tn_node *a, int axis, int64_t start, int64_t length)
{
    return tn_apply(g, "slice", 1, &a, &(tn_attr){.axis = axis, .start = start, .length = length});
}

void tn_split(tn_graph *g, tn_node *a, int axis, int n, tn_node **parts)
{
    if (!tn_has_failed(g) && (n < 1 || !parts))
        tn_graph_fail(g, TN_EINVAL, "split: %d parts%s: expected 1 or more, and a place for them", n,
                      parts ? "" : " at NULL");
    for (int i = 0; i < n && parts; i++)
        parts[i] = tn_apply(g, "split", 1, &a, &(tn_attr){.axis = axis, .start = i, .length = n});
}

tn_node *tn_pad(tn_graph *g, tn_node *a, int axis, int64_t before, int64_t after)
{
    if (!tn_graph_owns(g, "pad", 1, &a) || !tn_graph_has_axis(g, "pad", a, axis)) return tn_failed(g);
    if (before < 0 || after < 0 || before > INT64_MAX / 4 || after > INT64_MAX / 4)
        return tn_graph_fail(g, TN_EINVAL, "pad of %s: %lld before and %lld behind: expected 0 or more, and 2^40 "
                             "elements at most", tn_node_words(a).text, (long long)before, (long long)after);
    int64_t length = before + a->shape.dim[axis] + after;
    return tn_apply(g, "pad", 1, &a, &(tn_attr){.axis = axis, .start = before, .length = length});
}

/* Orders that only move axes of size 1, or the last two axes, are simpler operations. */
tn_node *tn_permute(tn_graph *g, tn_node *a, const int *order)
{
    if (!tn_graph_owns(g, "permute", 1, &a)) return tn_failed(g);
    if (!order && a->shape.rank) return tn_graph_fail(g, TN_EINVAL, "permute: the order is missing: NULL");
    int rank = a->shape.rank, last = -1;
    bool moves = false, transposes = rank >= 2;
    unsigned used = 0;
    tn_attr attr = {.shape = a->shape};
    for (int i = 0; i < rank; i++) {
        if (order[i] < 0 || order[i] >= rank || used & TN_AXIS(order[i]))
            return tn_graph_fail(g, TN_ESHAPE, "permute of %s: axis %d of the result is %d, not another of 0 to %d",
                                 tn_node_words(a).text, i, order[i], rank - 1);
        used |= TN_AXIS(order[i]);
        attr.axis |= (int64_t)order[i] << 3 * i;
        attr.shape.dim[i] = a->shape.dim[order[i]];
        transposes &= order[i] == (i < rank - 2 ? i : 2 * rank - 3 - i);
        if (attr.shape.dim[i] == 1) continue;
        moves |= order[i] < last;
        last = order[i];
    }
    if (!moves) return tn_reshape(g, a, attr.shape);
    return transposes ? tn_transpose(g, a) : tn_apply(g, "permute", 1, &a, &attr);
}

tn_node *tn_squeeze(tn_graph *g, tn_node *a, int axis)
{
    return tn_apply(g, "squeeze", 1, &a, &(tn_attr){.axis = axis});
}

tn_node *tn_unsqueeze(tn_graph *g, tn_node *a, int axis)
{
    return tn_apply(g, "unsqueeze", 1, &a, &(tn_attr){.axis = axis});
}
