/* Derivatives as ordinary nodes. There is one mechanism, reverse mode; forward mode is a derivative of its result. */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"

/* One walk from results back to what they are computed from; arrays are indexed by node. */
typedef struct sweep {
    tn_graph *g;
    int count;          /* nodes up to the last result */
    bool *depends;      /* whether it is one of wrt or computed from one, along paths that pass a gradient */
    tn_node **gradient; /* what has arrived there */
    tn_node **copy;     /* of a node of a segment that is to be computed again: what the gradient reads instead */
} sweep;

/* Where a gradient goes that is to go to the node: a copy is the same function of everything as its original. */
static int place(const tn_node *node)
{
    return node->original ? node->original->id : node->id;
}

static void mark_dependence(sweep *s, int n, tn_node *const *wrt)
{
    for (int i = 0; i < n; i++)
        if (place(wrt[i]) < s->count) s->depends[place(wrt[i])] = true;
    for (int id = 0; id < s->count; id++) {
        const tn_node *node = s->g->nodes[id];
        if (node->op->flags & TN_OP_FLAT) continue;
        for (int k = 0; k < node->n_in; k++) s->depends[id] |= s->depends[place(node->in[k])];
    }
}

static void arrive(sweep *s, int at, tn_node *more)
{
    s->gradient[at] = s->gradient[at] ? tn_add(s->g, s->gradient[at], more) : more;
}

/* The node as the gradient reads it. */
static tn_node *seen(sweep *s, tn_node *node)
{
    if (!node->segment) return node;
    if (!s->copy[node->id]) tn_segment_copy(s->g, node, s->gradient[node->id], s->copy);
    return s->copy[node->id];
}

/* Adds to the gradients of the inputs what passes through one node. What is made for that belongs to the node. */
static void pass_through(sweep *s, tn_node *y)
{
    tn_graph *g = s->g;
    tn_origin outer = g->origin;
    g->origin = (tn_origin){.scope = y->origin.scope, .gradient_of = y};
    for (int k = 0; k < y->n_in && !g->error.status; k++) {
        if (!s->depends[place(y->in[k])]) continue;
        if (!y->op->gradient) {
            tn_graph_fail(g, TN_ENOGRAD, "%s has no derivative: see tn_detach", y->op->name);
            break;
        }
        tn_node *from = seen(s, y), *more = g->error.status ? NULL : y->op->gradient(g, from, s->gradient[y->id], k);
        if (more) arrive(s, place(y->in[k]), more);
    }
    g->origin = outer;
}

static void walk_back(sweep *s, int m, tn_node *const *y, tn_node *const *seed, int n, tn_node *const *wrt,
                      tn_node **grad)
{
    tn_graph *g = s->g;
    mark_dependence(s, n, wrt);
    for (int j = 0; j < m; j++) arrive(s, place(y[j]), seed[j]);
    for (int id = s->count - 1; id >= 0 && !g->error.status; id--)
        if (s->gradient[id] && !(g->nodes[id]->op->flags & TN_OP_FLAT)) pass_through(s, g->nodes[id]);
    for (int i = 0; i < n && !g->error.status; i++) {
        int at = place(wrt[i]);
        tn_node *found = at < s->count && s->depends[at] ? s->gradient[at] : NULL;
        grad[i] = found ? found : tn_cast(g, tn_full(g, wrt[i]->shape, 0), wrt[i]->dtype);
    }
}

/* Whether the two have the same shape and number type; if not, false, with the error recorded. */
static bool alike(tn_graph *g, const char *what, const tn_node *a, const tn_node *b)
{
    if (tn_shape_equal(a->shape, b->shape) && a->dtype == b->dtype) return true;
    tn_graph_fail(g, a->dtype == b->dtype ? TN_ESHAPE : TN_EDTYPE,
                  "the %s %s (%s) must be like %s (%s), of its shape and number type", what, tn_node_words(a).text,
                  tn_dtype_name(a->dtype), tn_node_words(b).text, tn_dtype_name(b->dtype));
    return false;
}

/* The gradient of the sum over j of the products of y[j] and seed[j]. grad[i] stays as it is after an error. */
static void pull_back(tn_graph *g, int m, tn_node *const *y, tn_node *const *seed, int n, tn_node *const *wrt,
                      tn_node **grad)
{
    sweep s = {.g = g};
    for (int j = 0; j < m; j++) s.count = y[j]->id >= s.count ? y[j]->id + 1 : s.count;
    s.depends = tn_calloc((size_t)s.count, sizeof *s.depends);
    s.gradient = tn_calloc((size_t)s.count, sizeof *s.gradient);
    s.copy = tn_calloc((size_t)s.count, sizeof *s.copy);
    if (s.depends && s.gradient && s.copy) walk_back(&s, m, y, seed, n, wrt, grad);
    else tn_graph_fail(g, TN_ENOMEM, "no memory for gradients");
    tn_release(s.depends);
    tn_release(s.gradient);
    tn_release(s.copy);
}

/* Sets a place for each gradient to the node that carries errors on; false, with the error recorded, if there is no
 * place. */
static bool begin_gradients(tn_graph *g, int n, tn_node **grad)
{
    for (int i = 0; i < n && grad; i++) grad[i] = tn_failed(g);
    if (n > 0 && !grad) tn_graph_fail(g, TN_EINVAL, "gradient: there is no place for %d gradients: NULL", n);
    return !tn_has_failed(g);
}

void tn_vjp(tn_graph *g, tn_node *y, tn_node *seed, int n, tn_node *const *wrt, tn_node **grad)
{
    if (!begin_gradients(g, n, grad)) return;
    if (!tn_graph_owns(g, "gradient", n, wrt) || !tn_graph_owns(g, "gradient of", 2, (tn_node *[]){y, seed})) return;
    if (alike(g, "seed", seed, y)) pull_back(g, 1, &y, &seed, n, wrt, grad);
}

/* Whether y is a single number. */
static bool is_number(tn_graph *g, tn_node *y)
{
    if (!tn_graph_owns(g, "gradient of", 1, &y)) return false;
    if (tn_shape_size(y->shape) == 1) return true;
    tn_graph_fail(g, TN_ESHAPE, "the gradient of %s: only a single number has one; see tn_vjp", tn_node_words(y).text);
    return false;
}

void tn_grad(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, tn_node **grad)
{
    if (begin_gradients(g, n, grad) && is_number(g, y))
        tn_vjp(g, y, tn_cast(g, tn_full(g, y->shape, 1), y->dtype), n, wrt, grad);
}

/* Whether vectors go with nodes; if not, false, with the error recorded. */
static bool are_vectors(tn_graph *g, const char *what, int n, tn_node *const *wrt, tn_node *const *vector)
{
    if (!tn_graph_owns(g, what, n, wrt) || !tn_graph_owns(g, what, n, vector)) return false;
    for (int i = 0; i < n; i++)
        if (!alike(g, what, vector[i], wrt[i])) return false;
    return true;
}

/* The gradient of y with respect to wrt is linear in its seed, whatever that is; one more gradient, with respect to the
 * seed, transposes the matrix of that. Plans leave out what only the first one needs.
 * Townsend, A new trick for calculating Jacobian vector products, 2017. */
tn_node *tn_jvp(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, tn_node *const *tangent)
{
    tn_node *out = tn_failed(g);
    if (!tn_graph_owns(g, "derivative of", 1, &y) || !are_vectors(g, "tangent", n, wrt, tangent)) return out;
    tn_node **grad = tn_calloc((size_t)n, sizeof *grad);
    if (!grad) return tn_graph_fail(g, TN_ENOMEM, "no memory for gradients");
    tn_node *seed = tn_broadcast(g, tn_number(g, y->dtype, 0), y->shape);
    if (!g->error.status) pull_back(g, 1, &y, &seed, n, wrt, grad);
    if (!g->error.status) pull_back(g, n, grad, tangent, 1, &seed, &out);
    tn_release(grad);
    return out;
}

/* The matrix of second derivatives is symmetric, so it may be multiplied from either side. */
void tn_hvp(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, tn_node *const *vector, tn_node **product)
{
    if (!begin_gradients(g, n, product) || !is_number(g, y) || !are_vectors(g, "vector", n, wrt, vector)) return;
    tn_node **grad = tn_calloc((size_t)n, sizeof *grad);
    if (grad) tn_grad(g, y, n, wrt, grad);
    else tn_graph_fail(g, TN_ENOMEM, "no memory for gradients");
    if (!g->error.status) pull_back(g, n, grad, vector, n, wrt, product);
    tn_release(grad);
}
