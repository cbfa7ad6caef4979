/* A graph convolution network on a graph of citations, in training: two layers that mean over neighbours, with one
 * learned weight for each edge. Sizes are those of Cora (Kipf and Welling, ICLR 2017) but for the features. */
#include "config.h"
#include "training.h"
#include "workloads.h"

#include <stdlib.h>

enum { FEATURES = 64, CLASSES = 7, LABELLED = 20, GROUP = 0 };

/* Of 2,708 nodes, 10,556. */
static int64_t edges_before(int64_t node)
{
    return node * 10556 / 2708;
}

typedef struct convolution {
    bench_training training;
    tn_sparsity *places; /* who cites whom */
    int32_t *row, *col, *label;
    int64_t nodes, edges, hidden;
} convolution;

static void close_convolution(void *state)
{
    convolution *c = state;
    if (!c) return;
    bench_training_clear(&c->training);
    tn_sparsity_free(c->places);
    tn_free(c->row);
    tn_free(c->col);
    tn_free(c->label);
    free(c);
}

/* ---- the graph ---- */

/* Each node has 3 or 4 edges, at random, in order; 20 nodes of each class are labelled, and of the others nothing is
 * known. */
static tn_status draw(convolution *c, tn_error *error)
{
    c->row = tn_alloc((size_t)c->edges * sizeof *c->row);
    c->col = tn_alloc((size_t)c->edges * sizeof *c->col);
    c->label = tn_alloc((size_t)c->nodes * sizeof *c->label);
    if (!c->row || !c->col || !c->label) return tn_fail(error, TN_ENOMEM, "no memory for a graph");
    for (int64_t i = 0; i < c->nodes; i++) {
        int64_t first = edges_before(i), count = edges_before(i + 1) - first;
        for (int64_t k = 0; k < count; k++) { /* one of each part of the nodes, so that they differ */
            int64_t from = k * c->nodes / count, to = (k + 1) * c->nodes / count;
            c->row[first + k] = (int32_t)i;
            c->col[first + k] = (int32_t)(from + (int64_t)(tn_random_uniform(1, 0, (uint64_t)(first + k)) *
                                                           (double)(to - from)));
        }
        c->label[i] = i < CLASSES * LABELLED ? (int32_t)(i % CLASSES) : -1;
    }
    c->places = tn_sparsity_new((int32_t)c->nodes, (int32_t)c->nodes, c->edges, c->row, c->col, error);
    return c->places ? TN_OK : error->status;
}

/* ---- the network ---- */

static const struct {
    const char *weight, *bias;
} layers[] = {{"convolution.0.weight", "convolution.0.bias"}, {"convolution.1.weight", "convolution.1.bias"}};

static void declare(const convolution *c)
{
    const int64_t width[] = {FEATURES, c->hidden, CLASSES};
    const tn_init normal = {TN_INIT_NORMAL, 0, 0.3};
    for (int i = 0; i < 2; i++) {
        tn_params_add(c->training.params, layers[i].weight, TN_SHAPE(width[i + 1], width[i]), normal, GROUP);
        tn_params_add(c->training.params, layers[i].bias, TN_SHAPE(width[i + 1]), (tn_init){0}, GROUP);
    }
    tn_params_add(c->training.params, "W", TN_SHAPE(c->edges), normal, GROUP);
}

static void describe(const void *state, tn_graph *g)
{
    const convolution *c = state;
    tn_params *params = c->training.params;
    tn_node *x = tn_input(g, "features", TN_F32, TN_SHAPE(c->nodes, FEATURES)), *w = tn_param(g, params, "W");
    for (int i = 0; i < 2; i++) {
        x = tn_linear(g, x, tn_param(g, params, layers[i].weight), tn_param(g, params, layers[i].bias));
        x = tn_spmm(g, c->places, w, x);
        if (i == 0) x = tn_relu(g, x);
    }
    tn_node *loss = tn_cross_entropy(g, x, tn_input(g, "label", TN_I32, TN_SHAPE(c->nodes)));
    tn_output(g, "loss", loss);
    tn_params_grad(g, loss, params);
}

static tn_status make_convolution(convolution *c, const bench_setting *setting, tn_error *error)
{
    bench_training *t = &c->training;
    tn_status status = bench_training_begin(t, setting, error);
    if (!status) status = draw(c, error);
    if (status) return status;
    declare(c);
    if ((status = tn_params_seal(t->params, error))) return status;
    if (!bench_training_input(t, "features", TN_SHAPE(c->nodes, FEATURES)))
        return tn_fail(error, TN_ENOMEM, "no memory for features");
    describe(c, t->graph);
    status = bench_training_plan(t, error);
    return status ? status : tn_bind(t->plan, "label", c->label, error);
}

static void *open_convolution(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    bench_sizes sizes = bench_sizes_of(setting, line);
    convolution *c = calloc(1, sizeof *c);
    if (c) {
        c->nodes = sizes.points;
        c->edges = edges_before(sizes.points);
        c->hidden = sizes.width;
        if (make_convolution(c, setting, error) == TN_OK) return c;
    }
    tn_fail(error, TN_ENOMEM, "no memory for a graph");
    close_convolution(c);
    return NULL;
}

/* ---- a step, and its plan ---- */

static tn_status run_convolution(void *state, tn_error *error)
{
    return bench_training_step(&((convolution *)state)->training, error);
}

static tn_status plan_anew(void *state, tn_error *error)
{
    return bench_training_plan_anew(describe, state, error);
}

static double loss_of_convolution(const void *state)
{
    return bench_training_loss(&((const convolution *)state)->training);
}

static tn_plan *plan_of_convolution(const void *state)
{
    return ((const convolution *)state)->training.plan;
}

static bench_work work_of_convolution(const void *state)
{
    const convolution *c = state;
    return (bench_work){.flop = bench_convolution_flop((double)c->nodes, (double)c->edges, FEATURES,
                                                       (double)c->hidden, CLASSES)};
}

static void share_convolution(const void *state, bench_data *data)
{
    const convolution *c = state;
    bench_data_text(data, "kind", "convolution");
    bench_data_tensor(data, "target", TN_I32, TN_SHAPE(c->edges), c->row);
    bench_data_tensor(data, "source", TN_I32, TN_SHAPE(c->edges), c->col);
    bench_data_tensor(data, "label", TN_I32, TN_SHAPE(c->nodes), c->label);
    bench_training_share(&c->training, data);
}

static const bench_kind step = {.open = open_convolution, .run = run_convolution, .close = close_convolution,
                                .work = work_of_convolution, .share = share_convolution, .value = loss_of_convolution,
                                .plan = plan_of_convolution};
static const bench_kind planning = {.open = open_convolution, .run = plan_anew, .close = close_convolution};

#define CITATIONS .sizes = {.points = 2708, .width = 16}
const bench_line bench_convolution[] = {
    BENCH_LINE("gcn-16", "graph convolutions, 2708 nodes, 16 hidden", &step, CITATIONS, .scaling = true),
    BENCH_LINE("plan-time-gcn-16", "describing and planning gcn-16", &planning, CITATIONS),
    {0},
};
