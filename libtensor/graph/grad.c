/* Reverse mode: the gradient of a node as ordinary nodes. */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"

/* depends[id]: whether the node is one of wrt or computed from one, along paths that pass a gradient. */
static void mark_dependence(const tn_graph *g, int last, int n, tn_node *const *wrt, bool *depends)
{
    for (int i = 0; i < n; i++)
        if (wrt[i]->id <= last) depends[wrt[i]->id] = true;
    for (int id = 0; id <= last; id++) {
        const tn_node *node = g->nodes[id];
        if (node->op->flags & TN_OP_FLAT) continue;
        for (int k = 0; k < node->n_in; k++) depends[id] |= depends[node->in[k]->id];
    }
}

/* Adds to the gradients of the inputs what passes through one node. What is made for that belongs to the node. */
static void pass_through(tn_graph *g, tn_node *y, const bool *depends, tn_node **gradient)
{
    tn_origin outer = g->origin;
    g->origin = (tn_origin){.scope = y->origin.scope, .gradient_of = y};
    for (int k = 0; k < y->n_in && !g->error.status; k++) {
        tn_node *input = y->in[k];
        if (!depends[input->id]) continue;
        if (!y->op->gradient) {
            tn_graph_fail(g, TN_ENOGRAD, "%s has no derivative: see tn_detach", y->op->name);
            break;
        }
        tn_node *more = y->op->gradient(g, y, gradient[y->id], k), *sum = gradient[input->id];
        if (more) gradient[input->id] = sum ? tn_add(g, sum, more) : more;
    }
    g->origin = outer;
}

void tn_vjp(tn_graph *g, tn_node *y, tn_node *seed, int n, tn_node *const *wrt, tn_node **grad)
{
    for (int i = 0; i < n; i++) grad[i] = &g->failed;
    if (!tn_graph_owns(g, "gradient", n, wrt) || !tn_graph_owns(g, "gradient of", 2, (tn_node *[]){y, seed})) return;
    if (!tn_shape_equal(seed->shape, y->shape) || seed->dtype != y->dtype) {
        tn_graph_fail(g, seed->dtype == y->dtype ? TN_ESHAPE : TN_EDTYPE,
                      "the seed %s (%s) of a gradient must be like %s (%s), of its shape and number type",
                      tn_node_words(seed).text, tn_dtype_name(seed->dtype), tn_node_words(y).text,
                      tn_dtype_name(y->dtype));
        return;
    }
    size_t count = (size_t)y->id + 1;
    bool *depends = tn_calloc(count, sizeof *depends);
    tn_node **gradient = tn_calloc(count, sizeof *gradient);
    if (!depends || !gradient) tn_graph_fail(g, TN_ENOMEM, "no memory for gradients");
    else {
        mark_dependence(g, y->id, n, wrt, depends);
        gradient[y->id] = seed;
        for (int id = y->id; id >= 0 && !g->error.status; id--)
            if (gradient[id] && !(g->nodes[id]->op->flags & TN_OP_FLAT))
                pass_through(g, g->nodes[id], depends, gradient);
        for (int i = 0; i < n && !g->error.status; i++) {
            tn_node *found = wrt[i]->id <= y->id && depends[wrt[i]->id] ? gradient[wrt[i]->id] : NULL;
            grad[i] = found ? found : tn_cast(g, tn_full(g, wrt[i]->shape, 0), wrt[i]->dtype);
        }
    }
    tn_release(depends);
    tn_release(gradient);
}

void tn_grad(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, tn_node **grad)
{
    for (int i = 0; i < n; i++) grad[i] = &g->failed;
    if (!tn_graph_owns(g, "gradient of", 1, &y)) return;
    if (tn_shape_size(y->shape) != 1) {
        tn_graph_fail(g, TN_ESHAPE, "the gradient of %s: only a single number has one; see tn_vjp",
                      tn_node_words(y).text);
        return;
    }
    tn_vjp(g, y, tn_cast(g, tn_full(g, y->shape, 1), y->dtype), n, wrt, grad);
}
