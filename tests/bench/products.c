/* Sparse products over all synapses: forward, and the gradients to the weights and to the dense side, apart and
 * together. */
#include "config.h"
#include "formulas.h"
#include "workloads.h"

#include <math.h>
#include <stdlib.h>

typedef enum product {
    FORWARD,  /* y = W x */
    TO_W,     /* dW = dy x^T at the synapses */
    TO_X,     /* dx = W^T dy */
    BACKWARD, /* both */
} product;

static const char *const names[] = {[FORWARD] = "forward", [TO_W] = "to_w", [TO_X] = "to_x", [BACKWARD] = "backward"};

typedef struct products {
    const om_circuit *circuit;
    product which;
    int64_t frames;
    tn_sparsity *synapses;
    tn_graph *graph;
    tn_plan *plan;
    float *x, *dy; /* [N, frames] */
} products;

static void close_products(void *state)
{
    products *p = state;
    if (!p) return;
    tn_plan_free(p->plan);
    tn_graph_free(p->graph);
    tn_sparsity_free(p->synapses);
    tn_free(p->x);
    tn_free(p->dy);
    free(p);
}

static void describe(const products *p)
{
    tn_graph *g = p->graph;
    tn_shape dense = TN_SHAPE(p->circuit->neurons, p->frames);
    tn_node *w = tn_input(g, "weight", TN_F32, TN_SHAPE(p->circuit->synapses));
    tn_node *x = tn_input(g, "x", TN_F32, dense), *dy = tn_input(g, "dy", TN_F32, dense);
    if (p->which == FORWARD) tn_output(g, "y", tn_spmm(g, p->synapses, w, x));
    if (p->which == TO_W || p->which == BACKWARD) tn_output(g, "dw", tn_sddmm(g, p->synapses, dy, x));
    if (p->which == TO_X || p->which == BACKWARD) tn_output(g, "dx", tn_spmm_t(g, p->synapses, w, dy));
}

static tn_status make(products *p, tn_error *error)
{
    const om_circuit *c = p->circuit;
    int64_t n = c->neurons * p->frames;
    p->synapses = tn_sparsity_new(c->neurons, c->neurons, c->synapses, c->target, c->source, error);
    p->graph = tn_graph_new(TN_F32);
    p->x = tn_alloc((size_t)n * sizeof *p->x);
    p->dy = tn_alloc((size_t)n * sizeof *p->dy);
    if (!p->synapses || !p->graph || !p->x || !p->dy) return tn_fail(error, TN_ENOMEM, "no memory for a product");
    tn_fill_normal(p->x, n, 1, 0, 0);
    tn_fill_normal(p->dy, n, 1, 1, 0);
    describe(p);
    if (!(p->plan = tn_plan_new(p->graph, 0, error))) return error->status;
    tn_bind(p->plan, "weight", c->weight, error);
    tn_bind(p->plan, "x", p->x, error);
    return tn_bind(p->plan, "dy", p->dy, error);
}

static void *open_products(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    products *p = calloc(1, sizeof *p);
    if (p) {
        *p = (products){.circuit = bench_circuit(setting, line), .which = (product)line->sizes.which,
                        .frames = line->sizes.batch};
        if (make(p, error) == TN_OK) return p;
    }
    tn_fail(error, TN_ENOMEM, "no memory for a product");
    close_products(p);
    return NULL;
}

static tn_status run_products(void *state, tn_error *error)
{
    return tn_run(((products *)state)->plan, error);
}

static bench_work work_of_products(const void *state)
{
    const products *p = state;
    double n = p->circuit->neurons, e = p->circuit->synapses, frames = (double)p->frames;
    bool both = p->which == BACKWARD;
    return (bench_work){.bytes = both ? bench_spmm_gradients_bytes(n, e, frames) : bench_spmm_bytes(n, e, frames),
                        .flop = (both ? 2 : 1) * bench_spmm_flop(e, frames)};
}

static void share_products(const void *state, bench_data *data)
{
    const products *p = state;
    tn_shape dense = TN_SHAPE(p->circuit->neurons, p->frames);
    bench_data_text(data, "kind", "products");
    bench_data_text(data, "which", names[p->which]);
    bench_data_circuit(data, p->circuit);
    bench_data_tensor(data, "weight", TN_F32, TN_SHAPE(p->circuit->synapses), p->circuit->weight);
    bench_data_tensor(data, "x", TN_F32, dense, p->x);
    bench_data_tensor(data, "dy", TN_F32, dense, p->dy);
}

static double sum_of_magnitudes(const products *p, const char *output, int64_t n)
{
    const float *values = tn_result(p->plan, output);
    double sum = 0;
    for (int64_t i = 0; i < n && values; i++) sum += fabs(values[i]);
    return sum;
}

static double value_of_products(const void *state)
{
    const products *p = state;
    int64_t dense = p->circuit->neurons * p->frames;
    return sum_of_magnitudes(p, "y", dense) + sum_of_magnitudes(p, "dw", p->circuit->synapses) +
           sum_of_magnitudes(p, "dx", dense);
}

static const bench_kind sparse = {.open = open_products, .run = run_products, .close = close_products,
                                  .work = work_of_products, .share = share_products, .value = value_of_products};

const bench_line bench_products[] = {
    BENCH_LINE("spmm-b4", "W x, 4 frames", &sparse, .sizes = {.batch = 4, .which = FORWARD}),
    BENCH_LINE("spmm-b1", "W x, 1 frame", &sparse, .sizes = {.batch = 1, .which = FORWARD}),
    BENCH_LINE("spmm-to-w-b4", "gradient to W, 4 frames", &sparse, .sizes = {.batch = 4, .which = TO_W}),
    BENCH_LINE("spmm-to-w-b1", "gradient to W, 1 frame", &sparse, .sizes = {.batch = 1, .which = TO_W}),
    BENCH_LINE("spmm-to-x-b4", "gradient to x, 4 frames", &sparse, .sizes = {.batch = 4, .which = TO_X}),
    BENCH_LINE("spmm-to-x-b1", "gradient to x, 1 frame", &sparse, .sizes = {.batch = 1, .which = TO_X}),
    BENCH_LINE("spmm-backward-b4", "both gradients, 4 frames", &sparse, .sizes = {.batch = 4, .which = BACKWARD}),
    BENCH_LINE("spmm-backward-b1", "both gradients, 1 frame", &sparse, .sizes = {.batch = 1, .which = BACKWARD}),
    {0},
};
