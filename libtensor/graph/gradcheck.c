/* Derivatives against central differences, in a graph of their own: the nodes that y is made of, where every wrt[i] is
 * wrt[i] + shift[i]. The differences are those of y at two shifts, so nothing of the user's changes. */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Streams of random numbers; those of an input's values are the numbers of nodes. */
enum { STREAM_WEIGHTS = 1 << 30, STREAM_DIRECTIONS };

static const char OURS[] = "tn_gradcheck: "; /* so begin the names of our inputs */

typedef struct check {
    tn_gradcheck_config config;
    tn_graph *g;
    int n;
    const tn_node *given;          /* y, */
    tn_node *const *wrt;           /* and what it is differentiated by, in the user's graph */
    tn_node *y, *weight;           /* in ours */
    tn_node **shift, **tangent;    /* inputs of ours */
    void **memory;                 /* of the inputs, by node */
    tn_plan *values, *derivatives; /* y; and its derivatives without a shift */
    double *above, *difference;    /* like y */
    double worst;
    char where[512];               /* words on the worst */
} check;

static double *numbers(const check *c, const tn_node *input)
{
    return c->memory[input->id];
}

static int64_t size_of(const tn_node *node)
{
    return tn_shape_size(node->shape);
}

/* An input of ours, under a name that no user gives. */
static tn_node *new_input(check *c, const char *what, int i, tn_shape shape)
{
    char name[48];
    snprintf(name, sizeof name, "%s%s %d", OURS, what, i);
    return tn_input(c->g, name, TN_F64, shape);
}

/* needed[id]: y is made of the node. A copy for a gradient is the same as its original. */
static void mark_needed(const tn_graph *g, const tn_node *y, bool *needed)
{
    needed[y->id] = true;
    for (int id = y->id; id >= 0; id--) {
        const tn_node *node = g->nodes[id];
        if (!needed[id]) continue;
        if (node->original) needed[node->original->id] = true;
        for (int k = 0; k < node->n_in && !node->original; k++) needed[node->in[k]->id] = true;
    }
}

static void copy_nodes(check *c, const tn_graph *from, const bool *needed, tn_node **copy)
{
    for (int id = 0; id <= c->given->id && !c->g->error.status; id++) {
        const tn_node *node = from->nodes[id];
        tn_node *in[TN_MAX_INPUTS];
        if (!needed[id]) continue;
        for (int k = 0; k < node->n_in; k++) in[k] = copy[node->in[k]->id];
        copy[id] = node->original ? copy[node->original->id] : tn_graph_copy(c->g, node, in);
        for (int i = 0; i < c->n; i++)
            if (c->wrt[i] == node) copy[id] = tn_add(c->g, copy[id], c->shift[i]);
    }
    c->y = copy[c->given->id];
}

static void describe(check *c, const tn_graph *from)
{
    bool *needed = tn_calloc((size_t)from->n_nodes, sizeof *needed);
    tn_node **copy = tn_calloc((size_t)from->n_nodes, sizeof *copy);
    for (int i = 0; i < c->n; i++) {
        c->shift[i] = new_input(c, "shift", i, c->wrt[i]->shape);
        c->tangent[i] = new_input(c, "tangent", i, c->wrt[i]->shape);
    }
    if (needed && copy) {
        mark_needed(from, c->given, needed);
        copy_nodes(c, from, needed, copy);
    } else tn_graph_fail(c->g, TN_ENOMEM, "no memory for a check of gradients");
    c->weight = new_input(c, "weight", 0, c->given->shape);
    tn_release(needed);
    tn_release(copy);
}

/* ---- values ---- */

static const tn_tensor *given_values(const check *c, const char *name)
{
    for (int i = 0; i < c->config.n_values; i++)
        if (!strcmp(c->config.values[i].name, name)) return &c->config.values[i];
    return NULL;
}

/* The values of one input of the user's: given, or drawn. */
static tn_status fill(const check *c, const tn_node *input, void *to, tn_error *error)
{
    int64_t n = size_of(input);
    const tn_tensor *values = given_values(c, input->name);
    if (values && !tn_shape_equal(values->shape, input->shape))
        return tn_fail(error, TN_ESHAPE, "the values %s given for %s do not fit", tn_shape_words(values->shape).text,
                       tn_node_words(input).text);
    if (input->dtype != (values ? values->dtype : input->dtype == TN_I32 ? TN_F64 : input->dtype))
        return tn_fail(error, TN_EDTYPE, "%s is %s, %s", tn_node_words(input).text, tn_dtype_name(input->dtype),
                       values ? "other values are given" : "so its values must be given");
    if (values) memcpy(to, values->data, (size_t)n * tn_dtype_size(input->dtype));
    for (int64_t k = 0; k < n && !values; k++) {
        double unit = tn_random_uniform(c->config.seed, (uint32_t)input->id, (uint64_t)k);
        double value = c->config.low + (c->config.high - c->config.low) * unit;
        if (input->dtype == TN_F64) ((double *)to)[k] = value;
        else ((float *)to)[k] = (float)value;
    }
    return TN_OK;
}

static tn_status bind(check *c, tn_error *error)
{
    c->memory = tn_calloc((size_t)c->g->n_nodes, sizeof *c->memory);
    tn_status status = c->memory ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a check of gradients");
    for (int id = 0; id < c->g->n_nodes && !status; id++) {
        const tn_node *node = c->g->nodes[id];
        if (!(node->op->flags & TN_OP_LENT)) continue;
        c->memory[id] = tn_alloc((size_t)size_of(node) * tn_dtype_size(node->dtype));
        if (!c->memory[id]) return tn_fail(error, TN_ENOMEM, "no memory for a check of gradients");
        if (strncmp(node->name, OURS, strlen(OURS))) status = fill(c, node, c->memory[id], error);
        tn_bind(c->values, node->name, c->memory[id], error);
        tn_bind(c->derivatives, node->name, c->memory[id], error);
    }
    for (int64_t j = 0; j < size_of(c->weight) && !status; j++)
        numbers(c, c->weight)[j] = 0.5 + tn_random_uniform(c->config.seed, STREAM_WEIGHTS, (uint64_t)j);
    return status;
}

/* Plans y, then its derivatives as well. */
static tn_status plan(check *c, tn_error *error)
{
    tn_graph *g = c->g;
    tn_node **gradient = tn_calloc((size_t)c->n, sizeof *gradient);
    tn_output(g, "y", c->y);
    c->values = tn_plan_new(g, 0, error);
    if (gradient && c->values) {
        tn_vjp(g, c->y, c->weight, c->n, c->shift, gradient);
        for (int i = 0; i < c->n; i++) {
            char name[16];
            snprintf(name, sizeof name, "%d", i);
            tn_output(g, name, gradient[i]);
        }
        if (c->config.directions) tn_output(g, "jvp", tn_jvp(g, c->y, c->n, c->shift, c->tangent));
        c->derivatives = tn_plan_new(g, 0, error);
    }
    tn_release(gradient);
    return c->derivatives ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a check of gradients");
}

static const double *gradient_by(const check *c, int i)
{
    char name[16];
    snprintf(name, sizeof name, "%d", i);
    return tn_result(c->derivatives, name);
}

/* ---- comparing ---- */

/* Shifts element k of wrt[i], or if i is negative everything along the tangents. */
static void move(check *c, int i, int64_t k, double by)
{
    if (i >= 0) numbers(c, c->shift[i])[k] = by;
    for (int w = 0; w < c->n && i < 0; w++)
        for (int64_t e = 0; e < size_of(c->shift[w]); e++)
            numbers(c, c->shift[w])[e] = by * numbers(c, c->tangent[w])[e];
}

/* Of y, element by element; returns their weighted sum. */
static double differ(check *c, int i, int64_t k)
{
    double h = c->config.step, sum = 0;
    for (int side = 0; side < 2; side++) {
        move(c, i, k, side ? -h : h);
        tn_run(c->values, NULL);
        const double *y = tn_result(c->values, "y");
        for (int64_t j = 0; j < size_of(c->y); j++)
            if (side) c->difference[j] = (c->above[j] - y[j]) / (2 * h);
            else c->above[j] = y[j];
    }
    move(c, i, k, 0);
    for (int64_t j = 0; j < size_of(c->y); j++) sum += numbers(c, c->weight)[j] * c->difference[j];
    return sum;
}

/* A derivative and the difference that it should be, where they are furthest apart; scale: the largest of all. */
typedef struct pair {
    double derivative, difference, scale;
    int64_t at;
} pair;

static void compare(pair *worst, double derivative, double difference, int64_t at)
{
    double off = fabs(derivative - difference), most = fabs(worst->derivative - worst->difference);
    double scale = fmax(worst->scale, fmax(fabs(derivative), fabs(difference)));
    if (off > most || isnan(off)) *worst = (pair){derivative, difference, scale, at};
    worst->scale = scale;
}

/* Keeps the words on this pair if it is worse than all before. */
static void judge(check *c, const pair *p, const char *what, const tn_node *node, const char *place, int64_t at)
{
    double off = fabs(p->derivative - p->difference) / p->scale;
    if (!isfinite(off)) off = INFINITY;
    if (off <= c->worst) return;
    c->worst = off;
    snprintf(c->where, sizeof c->where, "%s %s is %.9g %s %lld, but differences say %.9g: off by %.1e relative", what,
             tn_node_words(node).text, p->derivative, place, (long long)at, p->difference, off);
}

static void check_elements(check *c)
{
    for (int i = 0; i < c->n; i++) {
        const double *gradient = gradient_by(c, i);
        pair worst = {.scale = c->config.least};
        for (int64_t k = 0; k < size_of(c->shift[i]); k++) compare(&worst, gradient[k], differ(c, i, k), k);
        judge(c, &worst, "the gradient with respect to", c->wrt[i], "at element", worst.at);
    }
}

static void check_direction(check *c, int direction)
{
    pair sum = {.scale = c->config.least}, jvp = sum;
    double squares = 0;
    for (int i = 0; i < c->n; i++)
        for (int64_t k = 0; k < size_of(c->shift[i]); k++)
            numbers(c, c->tangent[i])[k] = 2 * tn_random_uniform(c->config.seed + (uint64_t)direction,
                                                                 STREAM_DIRECTIONS + (uint32_t)i, (uint64_t)k) - 1;
    tn_run(c->derivatives, NULL);
    sum.difference = differ(c, -1, 0);
    for (int i = 0; i < c->n; i++)
        for (int64_t k = 0; k < size_of(c->shift[i]); k++) {
            double term = gradient_by(c, i)[k] * numbers(c, c->tangent[i])[k];
            sum.derivative += term;
            squares += term * term;
        }
    /* the sum itself may be small by chance */
    sum.scale = fmax(sum.scale, fmax(sqrt(squares), fabs(sum.difference)));
    judge(c, &sum, "the gradient of", c->given, "along direction", direction);
    const double *derivative = tn_result(c->derivatives, "jvp");
    for (int64_t j = 0; j < size_of(c->y); j++) compare(&jvp, derivative[j], c->difference[j], j);
    judge(c, &jvp, "the Jacobian-vector product of", c->given, "at element", jvp.at);
}

/* ---- the whole ---- */

static tn_status check_everything(check *c, tn_graph *g, tn_error *error)
{
    size_t y = (size_t)size_of(c->given);
    c->g = tn_graph_new(TN_F64);
    c->shift = tn_calloc((size_t)c->n, sizeof *c->shift);
    c->tangent = tn_calloc((size_t)c->n, sizeof *c->tangent);
    c->above = tn_calloc(y, sizeof *c->above);
    c->difference = tn_calloc(y, sizeof *c->difference);
    if (!c->g || !c->shift || !c->tangent || !c->above || !c->difference)
        return tn_fail(error, TN_ENOMEM, "no memory for a check of gradients");
    describe(c, g);
    tn_status status = plan(c, error);
    if (!status) status = bind(c, error);
    if (!status) status = tn_run(c->derivatives, error);
    if (status) return status;
    for (int d = 0; d < c->config.directions; d++) check_direction(c, d);
    if (c->config.directions == 0) check_elements(c);
    if (c->worst <= c->config.tolerance) return TN_OK;
    return tn_fail(error, isfinite(c->worst) ? TN_EGRADIENT : TN_ENUMERIC, "%s", c->where);
}

/* No comparison holds for NaN. */
static tn_status check_config(const tn_gradcheck_config *config, tn_error *error)
{
    if (!(config->step > 0 && config->least > 0))
        return tn_fail(error, TN_EINVAL, "a step of %g and derivatives of at least %g: both must be above 0",
                       config->step, config->least);
    if (!(config->tolerance >= 0) || config->directions < 0)
        return tn_fail(error, TN_EINVAL, "a tolerance of %g and %d directions: neither may be below 0",
                       config->tolerance, config->directions);
    if (config->n_values < 0 || (config->n_values && !config->values))
        return tn_fail(error, TN_EINVAL, "%d values are given%s: expected a list of 0 or more", config->n_values,
                       config->values ? "" : " at NULL");
    for (int v = 0; v < config->n_values; v++)
        if (!config->values[v].name || (!config->values[v].data && tn_shape_size(config->values[v].shape)))
            return tn_fail(error, TN_EINVAL, "the values %d have no name or no data", v);
    return TN_OK;
}

/* A check of nothing would pass. */
static tn_status check_sizes(const tn_node *y, int n, tn_node *const *wrt, tn_error *error)
{
    int64_t elements = 0;
    for (int i = 0; i < n; i++) elements += size_of(wrt[i]);
    if (size_of(y) && elements) return TN_OK;
    return tn_fail(error, TN_EINVAL, "there is nothing to compare: %s has %lld elements, what it is differentiated by "
                   "%lld", tn_node_words(y).text, (long long)size_of(y), (long long)elements);
}

/* What a check needs before it begins. */
static tn_status is_possible(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, const tn_gradcheck_config *config,
                             tn_error *error)
{
    tn_status status = check_config(config, error);
    if (status) return status;
    if (!g) return tn_fail(error, TN_EINVAL, "%s", tn_no_graph.error.message);
    tn_error before = g->error;
    if (!tn_graph_owns(g, "gradient of", 1, &y) || !tn_graph_owns(g, "gradient", n, wrt)) {
        status = tn_fail(error, g->error.status, "%s", g->error.message);
        g->error = before; /* the mistake is the call's, not the graph's */
        return status;
    }
    for (int i = -1; i < n; i++) {
        const tn_node *node = i < 0 ? y : wrt[i];
        if (node->dtype != TN_F64)
            return tn_fail(error, TN_EDTYPE, "differences are too coarse for %s (%s)", tn_node_words(node).text,
                           tn_dtype_name(node->dtype));
    }
    for (int v = 0; v < config->n_values; v++) {
        const char *name = config->values[v].name;
        if (!tn_graph_find_input(g, name))
            return tn_fail(error, TN_ENAME, "values are given for %s, but there is no such input", name);
    }
    return check_sizes(y, n, wrt, error);
}

double tn_gradcheck(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, tn_gradcheck_config config, tn_error *error)
{
    check c = {.config = config, .n = n, .given = y, .wrt = wrt};
    tn_status status = is_possible(g, y, n, wrt, &config, error);
    if (!status) status = check_everything(&c, g, error);
    for (int id = 0; c.memory && id < c.g->n_nodes; id++) tn_free(c.memory[id]);
    tn_release(c.memory);
    tn_release(c.shift);
    tn_release(c.tangent);
    tn_release(c.above);
    tn_release(c.difference);
    tn_plan_free(c.values);
    tn_plan_free(c.derivatives);
    tn_graph_free(c.g);
    return status && status != TN_EGRADIENT ? INFINITY : c.worst;
}
