/* Graphs and nodes. */
#include "config.h"
#include "graph/graph.h"
#include "core/memory.h"
#include "graph/params.h"

#include <stdarg.h>
#include <string.h>

tn_graph tn_no_graph = {
    .error = {TN_EINVAL, "there is no graph: NULL instead of one"}, .error_placed = true, .failed.graph = &tn_no_graph};

tn_graph *tn_graph_new(tn_dtype number)
{
    tn_graph *g = tn_calloc(1, sizeof *g);
    if (!g) return NULL;
    g->number = number;
    g->failed.graph = g;
    if (number != TN_F32 && number != TN_F64) tn_fail(&g->error, TN_EDTYPE, "a graph computes in float32 or float64");
    return g;
}

void tn_graph_free(tn_graph *g)
{
    if (!g) return;
    tn_custom_free(g);
    for (int i = 0; i < g->n_nodes; i++) {
        tn_release(g->nodes[i]->in);
        tn_release(g->nodes[i]->name);
        tn_release(g->nodes[i]);
    }
    for (int i = 0; i < g->n_outputs; i++) tn_release(g->outputs[i].name);
    tn_release(g->nodes);
    tn_release(g->outputs);
    tn_release(g->segments);
    tn_origin_free(g);
    tn_release(g);
}

tn_status tn_graph_status(const tn_graph *g, const char **message)
{
    if (!g) g = &tn_no_graph;
    if (message) *message = g->error.message;
    return g->error.status;
}

tn_node *tn_graph_fail(tn_graph *g, tn_status status, const char *format, ...)
{
    if (!tn_has_failed(g)) {
        char text[sizeof g->error.message];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        tn_fail(&g->error, status, "%s%s", tn_origin_context(&g->origin, text).text, text);
    }
    return tn_failed(g);
}

bool tn_graph_owns(tn_graph *g, const char *what, int n, tn_node *const *in)
{
    if (tn_has_failed(g)) return false;
    if (n < 0 || (n && !in))
        tn_graph_fail(g, TN_EINVAL, "%s: %d inputs%s: expected a list of 0 or more", what, n, in ? "" : " at NULL");
    for (int i = 0; i < n && !g->error.status; i++) {
        if (!in[i]) tn_graph_fail(g, TN_EINVAL, "%s: input %d is missing: NULL instead of a node", what, i);
        else if (!in[i]->op && in[i]->graph != g)
            tn_graph_fail(g, TN_EINVAL, "%s: input %d is the result of a mistake in another graph", what, i);
        else if (in[i]->id >= g->n_nodes || g->nodes[in[i]->id] != in[i])
            tn_graph_fail(g, TN_EINVAL, "%s: input %d belongs to another graph: %s", what, i,
                          tn_node_words(in[i]).text);
    }
    return g->error.status == TN_OK;
}

bool tn_graph_has_axis(tn_graph *g, const char *what, const tn_node *node, int64_t axis)
{
    if (axis >= 0 && axis < node->shape.rank) return true;
    tn_graph_fail(g, TN_ESHAPE, "%s: %s has no axis %lld; they count from 0", what, tn_node_words(node).text,
                  (long long)axis);
    return false;
}

/* Whether there is a name; if not, false, with the error recorded. */
static bool is_named(tn_graph *g, const char *what, const char *name)
{
    if (!tn_has_failed(g) && !name) tn_graph_fail(g, TN_EINVAL, "%s: its name is missing: NULL instead of one", what);
    return !tn_has_failed(g);
}

static tn_node *append(tn_graph *g, const tn_node *description)
{
    tn_node *node = tn_calloc(1, sizeof *node);
    tn_node **in = tn_calloc((size_t)description->n_in, sizeof *in);
    if (!node || !in || !TN_RESERVE(g->nodes, g->n_nodes, g->nodes_capacity)) {
        tn_release(node);
        tn_release(in);
        return tn_graph_fail(g, TN_ENOMEM, "no memory for a node");
    }
    *node = *description;
    node->graph = g;
    node->origin = g->origin;
    for (int i = 0; i < node->n_in; i++) in[i] = description->in[i];
    node->in = in;
    node->id = g->n_nodes;
    return g->nodes[g->n_nodes++] = node;
}

/* Whether the operation may have these inputs; if not, false, with the error recorded. */
static bool check_inputs(tn_graph *g, const tn_op *op, int n, tn_node *const *in)
{
    if (n < 0 || n > TN_MAX_INPUTS || (op->arity >= 0 && n != op->arity)) {
        if (op->arity >= 0) tn_graph_fail(g, TN_EINVAL, "%s cannot take %d inputs: it has %d", op->name, n, op->arity);
        else tn_graph_fail(g, TN_EINVAL, "%s cannot take %d inputs: 0 to %d", op->name, n, TN_MAX_INPUTS);
    } else if (tn_graph_owns(g, op->name, n, in))
        for (int i = 0; i < n; i++) {
            if (in[i]->dtype != in[0]->dtype)
                tn_graph_fail(g, TN_EDTYPE, "%s cannot combine %s (%s) and %s (%s): cast one of them (tn_cast)",
                              op->name, tn_node_words(in[0]).text, tn_dtype_name(in[0]->dtype),
                              tn_node_words(in[i]).text, tn_dtype_name(in[i]->dtype));
            if (in[i]->dtype == TN_I32 && !(op->flags & TN_OP_CAST))
                tn_graph_fail(g, TN_EDTYPE, "%s cannot take %s (int32), which can only be cast", op->name,
                              tn_node_words(in[i]).text);
        }
    return g->error.status == TN_OK;
}

/* The nodes that a composite operation stands for. They remember the one that the user called. */
static tn_node *expand(tn_graph *g, const tn_op *op, tn_node *const *in, const tn_attr *attr)
{
    const tn_op *outer = g->origin.composite;
    if (!outer) g->origin.composite = op;
    tn_node *node = op->expand(g, in, attr);
    g->origin.composite = outer;
    return node;
}

tn_node *tn_apply(tn_graph *g, const char *name, int n, tn_node *const *in, const tn_attr *attr)
{
    if (tn_has_failed(g)) return tn_failed(g);
    const tn_op *op = tn_op_find(name);
    return op ? tn_apply_op(g, op, n, in, attr) : tn_graph_fail(g, TN_ENAME, "there is no operation %s", name);
}

tn_node *tn_apply_op(tn_graph *g, const tn_op *op, int n, tn_node *const *in, const tn_attr *attr)
{
    static const tn_attr none;
    if (tn_has_failed(g) || !check_inputs(g, op, n, in)) return tn_failed(g);
    if (op->expand) return expand(g, op, in, attr ? attr : &none);

    tn_node node = {.op = op, .n_in = n, .in = (tn_node **)in, .attr = attr ? *attr : none,
                    .dtype = n ? in[0]->dtype : g->number};
    if (op->flags & (TN_OP_LEAF | TN_OP_CAST)) node.dtype = node.attr.dtype;
    tn_error why = {0};
    tn_status status = op->shape(&node, &node.shape, &why);
    if (!status && !tn_shape_valid(node.shape)) status =
        tn_fail(&why, TN_ESHAPE, "%s: the result would be %s, which is too large", op->name,
                         tn_shape_words(node.shape).text);
    return status ? tn_graph_fail(g, status, "%s", why.message) : append(g, &node);
}

const tn_node *tn_graph_find_input(const tn_graph *g, const char *name)
{
    for (int i = 0; i < g->n_nodes; i++) {
        const tn_node *node = g->nodes[i];
        if (node->op->flags & TN_OP_LENT && node->name && !strcmp(node->name, name)) return node;
    }
    return NULL;
}

static tn_node *set_name(tn_graph *g, tn_node *node, const char *name)
{
    if (tn_has_failed(g)) return tn_failed(g);
    char *copy = tn_strdup(name);
    if (!copy) return tn_graph_fail(g, TN_ENOMEM, "no memory for the name %s", name);
    tn_release(node->name);
    node->name = copy;
    return node;
}

tn_node *tn_graph_copy(tn_graph *g, const tn_node *node, tn_node *const *in)
{
    if (tn_has_failed(g)) return tn_failed(g);
    tn_node copy = *node;
    copy.in = (tn_node **)in;
    copy.name = NULL;
    copy.segment = 0;
    copy.original = NULL;
    if (!tn_custom_copy(g, &copy)) return tn_graph_fail(g, TN_ENOMEM, "no memory for a copy");
    tn_node *made = append(g, &copy);
    if (made == &g->failed) {
        tn_release((void *)copy.attr.constants);
        return made;
    }
    made->origin = node->origin;
    return node->name ? set_name(g, made, node->name) : made;
}

tn_node *tn_input(tn_graph *g, const char *name, tn_dtype dtype, tn_shape shape)
{
    if (!is_named(g, "input", name)) return tn_failed(g);
    if (!tn_shape_valid(shape))
        return tn_graph_fail(g, TN_ESHAPE, "input %s: %s " TN_NO_SHAPE, name, tn_shape_words(shape).text);
    if (dtype != TN_F32 && dtype != TN_F64 && dtype != TN_I32)
        return tn_graph_fail(g, TN_EDTYPE, "input %s: there is no number type %d", name, (int)dtype);
    const tn_node *other = tn_graph_find_input(g, name);
    if (other)
        return tn_graph_fail(g, TN_ENAME, "input %s: the name is taken by %s", name, tn_node_words(other).text);
    return set_name(g, tn_apply(g, "input", 0, NULL, &(tn_attr){.shape = shape, .dtype = dtype}), name);
}

/* The node of parameter i, made if there is none. */
static tn_node *parameter(tn_graph *g, tn_params *params, int i)
{
    for (int k = 0; k < g->n_nodes; k++)
        if (g->nodes[k]->params == params && g->nodes[k]->param == i) return g->nodes[k];
    tn_attr attr = {.shape = params->list[i].shape, .dtype = params->dtype};
    tn_node *node = set_name(g, tn_apply(g, "parameter", 0, NULL, &attr), params->list[i].name);
    if (tn_has_failed(g)) return node;
    node->params = params;
    node->param = i;
    return node;
}

/* Whether there is a set; if not, false, with the error recorded. */
static bool has_set(tn_graph *g, const tn_params *params)
{
    if (!tn_has_failed(g) && !params)
        tn_graph_fail(g, TN_EINVAL, TN_NO_SET);
    return !tn_has_failed(g);
}

tn_node *tn_param(tn_graph *g, tn_params *params, const char *name)
{
    if (!is_named(g, "param", name) || !has_set(g, params)) return tn_failed(g);
    int i = tn_params_find(params, name);
    return i < 0 ? tn_graph_fail(g, TN_ENAME, "there is no parameter %s among the %d of the set", name, params->count)
                 : parameter(g, params, i);
}

tn_node *tn_number(tn_graph *g, tn_dtype dtype, double value)
{
    return tn_apply(g, "constant", 0, NULL, &(tn_attr){.dtype = dtype, .value = value});
}

tn_node *tn_constant(tn_graph *g, double value)
{
    return tn_number(g, g ? g->number : TN_F32, value);
}

tn_node *tn_full(tn_graph *g, tn_shape shape, double value)
{
    if (!tn_has_failed(g) && !tn_shape_valid(shape))
        return tn_graph_fail(g, TN_ESHAPE, "full: %s " TN_NO_SHAPE, tn_shape_words(shape).text);
    return tn_broadcast(g, tn_constant(g, value), shape);
}

tn_node *tn_name(tn_graph *g, tn_node *node, const char *name)
{
    if (!is_named(g, "name", name) || !tn_graph_owns(g, "name", 1, &node)) return tn_failed(g);
    if (node->op->flags & TN_OP_LEAF && node->name)
        return tn_graph_fail(g, TN_ENAME, "%s cannot be renamed %s: inputs and parameters are known by their names",
                             tn_node_words(node).text, name);
    return set_name(g, node, name);
}

static void add_output(tn_graph *g, const char *name, tn_node *node, tn_params *params, int param)
{
    if (tn_has_failed(g)) return;
    char *copy = name ? tn_strdup(name) : NULL;
    if ((name && !copy) || !TN_RESERVE(g->outputs, g->n_outputs, g->outputs_capacity)) {
        tn_release(copy);
        tn_graph_fail(g, TN_ENOMEM, "no memory for an output");
        return;
    }
    g->outputs[g->n_outputs++] = (tn_graph_output){.name = copy, .node = node, .params = params, .param = param};
}

void tn_output(tn_graph *g, const char *name, tn_node *node)
{
    if (!is_named(g, "output", name) || !tn_graph_owns(g, "output", 1, &node)) return;
    for (int i = 0; i < g->n_outputs; i++)
        if (g->outputs[i].name && !strcmp(g->outputs[i].name, name)) {
            tn_graph_fail(g, TN_ENAME, "output %s: the name is taken by %s", name,
                          tn_node_words(g->outputs[i].node).text);
            return;
        }
    add_output(g, name, node, NULL, 0);
}

void tn_params_grad(tn_graph *g, tn_node *y, tn_params *params)
{
    if (!has_set(g, params)) return;
    for (int i = 0; i < g->n_outputs; i++)
        if (g->outputs[i].params == params) {
            tn_graph_fail(g, TN_EINVAL, "a graph can compute the gradient of one node only into a parameter set");
            return;
        }
    int n = params->count;
    tn_node **of = tn_calloc((size_t)n, 2 * sizeof *of);
    if (!of) {
        tn_graph_fail(g, TN_ENOMEM, "no memory for gradients");
        return;
    }
    tn_node **grad = of + n;
    for (int i = 0; i < n; i++) of[i] = parameter(g, params, i);
    tn_grad(g, y, n, of, grad);
    for (int i = 0; i < n; i++) add_output(g, NULL, grad[i], params, i);
    tn_release(of);
}

tn_shape tn_node_shape(const tn_node *node)
{
    return node ? node->shape : TN_SCALAR;
}

tn_dtype tn_node_dtype(const tn_node *node)
{
    return node ? node->dtype : TN_F32;
}
