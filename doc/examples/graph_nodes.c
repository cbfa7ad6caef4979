/* Classes of the nodes of a graph, when only a few nodes are labelled: papers of a field cite papers of that field, so
 * the neighbours of a node say more than its own features do.
 *
 *     graph_nodes [NODES [STEPS [SEED]]]
 *
 * draws a graph of NODES (1500) from a stochastic block model, trains three networks of two layers on 20 nodes of each
 * class for STEPS (60), and prints the share of the others that each finds.
 * Sources: Kipf and Welling, Semi-supervised classification with graph convolutional networks, ICLR 2017;
 * Velickovic et al., Graph attention networks, ICLR 2018. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tensor.h>

enum { CLASSES = 4, FEATURES = 16, HEADS = 4, WIDTH = 8, LABELLED = 20 };

/* A graph, and what its nodes say of themselves. Node i is of class i % CLASSES. */
typedef struct data {
    int nodes;
    tn_sparsity *edges; /* [nodes, nodes], both ways, with an edge from each node to itself */
    float *weight;      /* [E] 1 / sqrt(degree of row, degree of column) */
    float *features;    /* [nodes, FEATURES] */
    int32_t *label;     /* [nodes] class, or -1 where the networks must not know it */
} data;

/* 4 neighbours of the same class and 1.5 others on average; one feature in four tells the class, but weakly. */
static data draw(int nodes, uint64_t seed, tn_error *error)
{
    enum { EDGES, NOISE };
    size_t n = (size_t)nodes;
    double same = 4.0 * CLASSES / nodes, other = 1.5 * CLASSES / ((CLASSES - 1.0) * nodes);
    int32_t *row = malloc(n * 64 * sizeof *row), *col = malloc(n * 64 * sizeof *col),
            *degree = calloc(n, sizeof *degree);
    int64_t edges = 0;
    for (int32_t i = 0; i < nodes; i++)
        for (int32_t j = 0; j < nodes; j++) {
            uint64_t pair = i < j ? (uint64_t)i * n + (uint64_t)j : (uint64_t)j * n + (uint64_t)i;
            double probability = i == j ? 1 : i % CLASSES == j % CLASSES ? same : other;
            if (tn_random_uniform(seed, EDGES, pair) >= probability) continue;
            row[edges] = i, col[edges++] = j, degree[i]++;
        }
    data d = {nodes, tn_sparsity_new(nodes, nodes, edges, row, col, error), tn_alloc((size_t)edges * sizeof(float)),
              tn_alloc(n * FEATURES * sizeof(float)), tn_alloc(n * sizeof(int32_t))};
    for (int64_t e = 0; e < edges; e++) d.weight[e] = 1 / sqrtf((float)(degree[row[e]] * degree[col[e]]));
    for (int i = 0; i < nodes; i++) {
        d.label[i] = i < CLASSES * LABELLED ? i % CLASSES : -1;
        for (int k = 0; k < FEATURES; k++)
            d.features[i * FEATURES + k] = (float)tn_random_normal(seed, NOISE, (uint64_t)(i * FEATURES + k)) +
                                           (k % CLASSES == i % CLASSES ? 0.5f : 0);
    }
    free(row), free(col), free(degree);
    return d;
}

/* ---- three kinds of layers ---- */

typedef struct network {
    tn_graph *g;
    tn_params *params;
    const tn_sparsity *edges;
    tn_node *weight; /* of the edges */
    int layer;
} network;

typedef tn_node *layer(network *n, tn_node *x, int64_t heads, int64_t width); /* x [N, in] -> [N, heads width] */

/* A parameter of this layer. A graph may be described before its parameters are sealed, so they are declared in use. */
static tn_node *parameter(network *n, const char *what, tn_shape shape, double deviation)
{
    char name[32];
    snprintf(name, sizeof name, "%s%d", what, n->layer);
    tn_params_add(n->params, name, shape, (tn_init){TN_INIT_NORMAL, 0, deviation}, 0);
    return tn_param(n->g, n->params, name);
}

/* Each node by itself. */
static tn_node *dense(network *n, tn_node *x, int64_t heads, int64_t width)
{
    int64_t in = tn_node_shape(x).dim[1], out = heads * width;
    tn_node *weight = parameter(n, "weight", TN_SHAPE(out, in), sqrt(2 / (double)(in + out)));
    return tn_linear(n->g, x, weight, parameter(n, "bias", TN_SHAPE(out), 0));
}

/* The mean of a node and its neighbours, weighted by the degrees of both. */
static tn_node *convolution(network *n, tn_node *x, int64_t heads, int64_t width)
{
    return tn_spmm(n->g, n->edges, n->weight, dense(n, x, heads, width));
}

/* A mean whose weights are learned: how much i heeds j is a function of both. Each head [width] has its own. */
static tn_node *attention(network *n, tn_node *x, int64_t heads, int64_t width)
{
    tn_graph *g = n->g;
    int64_t nodes = tn_node_shape(x).dim[0], edges = tn_sparsity_entries(n->edges);
    tn_node *h = tn_reshape(g, dense(n, x, heads, width), TN_SHAPE(nodes, heads, width)), *score[2];
    for (int side = TN_ROW; side <= TN_COLUMN; side++) {
        tn_node *a = parameter(n, side == TN_ROW ? "listener" : "speaker", TN_SHAPE(heads, width), 0.1);
        score[side] = tn_edge_gather(g, n->edges, tn_sum(g, tn_mul(g, h, a), TN_AXIS(2), false), (tn_side)side);
    }
    tn_node *heed = tn_edge_softmax(g, n->edges, tn_leaky_relu(g, tn_add(g, score[0], score[1]), 0.2)); /* [E, heads] */
    tn_node *said = tn_edge_gather(g, n->edges, h, TN_COLUMN); /* [E, heads, width] */
    tn_node *heard = tn_edge_sum(g, n->edges, tn_mul(g, said, tn_reshape(g, heed, TN_SHAPE(edges, heads, 1))), TN_ROW);
    return tn_reshape(g, heard, TN_SHAPE(nodes, heads * width));
}

/* ---- training, and what came of it ---- */

/* The share of the nodes without label that a network of such layers puts into the right class. */
static double accuracy(layer *kind, const data *d, int steps, uint64_t seed, tn_error *error)
{
    network n = {tn_graph_new(TN_F32), tn_params_new(TN_F32, seed), d->edges, NULL, 0};
    n.weight = tn_input(n.g, "weight", TN_F32, TN_SHAPE(tn_sparsity_entries(d->edges)));
    tn_node *x = tn_input(n.g, "features", TN_F32, TN_SHAPE(d->nodes, FEATURES));
    tn_node *hidden = tn_relu(n.g, kind(&n, x, HEADS, WIDTH));
    n.layer = 1;
    tn_node *logits = kind(&n, hidden, 1, CLASSES);
    tn_node *loss = tn_cross_entropy(n.g, logits, tn_input(n.g, "label", TN_I32, TN_SHAPE(d->nodes)));
    tn_output(n.g, "class", tn_argmax(n.g, logits, 1));
    /* With so few labels a network would learn them by heart: large weights cost something. */
    for (int i = 0; i < tn_params_count(n.params); i++) {
        tn_node *weight = tn_param(n.g, n.params, tn_params_at(n.params, i).name);
        loss = tn_add(n.g, loss, tn_scale(n.g, tn_sum(n.g, tn_square(n.g, weight), TN_ALL, false), 0.005));
    }
    tn_params_grad(n.g, loss, n.params);
    tn_params_seal(n.params, error);
    tn_plan *plan = tn_plan_new(n.g, 0, error);
    tn_optimizer *adam = plan ? tn_optimizer_new(n.params, TN_ADAM_DEFAULTS, error) : NULL;
    int right = 0;
    if (adam) {
        tn_bind(plan, "weight", d->weight, error);
        tn_bind(plan, "features", d->features, error);
        tn_bind(plan, "label", d->label, error);
        for (int step = 0; step < steps; step++) {
            tn_run(plan, error);
            tn_optimizer_step(adam, (double[]){0.01});
        }
        tn_run(plan, error);
        const float *class = tn_result(plan, "class");
        for (int i = CLASSES * LABELLED; i < d->nodes; i++) right += (int)class[i] == i % CLASSES;
    }
    tn_optimizer_free(adam), tn_plan_free(plan), tn_graph_free(n.g), tn_params_free(n.params);
    return right / (double)(d->nodes - CLASSES * LABELLED);
}

int main(int argc, char **argv)
{
    int nodes = argc > 1 ? atoi(argv[1]) : 1500, steps = argc > 2 ? atoi(argv[2]) : 60;
    uint64_t seed = argc > 3 ? (uint64_t)atoi(argv[3]) : 1;
    tn_error error = {0};
    if (nodes <= CLASSES * LABELLED) return fprintf(stderr, "graph_nodes: more than %d nodes\n", CLASSES * LABELLED), 2;
    data d = draw(nodes, seed, &error);
    static const struct {
        const char *name;
        layer *kind;
    } kinds[] = {{"without edges", dense}, {"graph convolution", convolution}, {"graph attention", attention}};
    for (int i = 0; i < 3 && !error.status; i++)
        printf("%-18s %.1f %%\n", kinds[i].name, 100 * accuracy(kinds[i].kind, &d, steps, seed, &error));
    if (error.status) fprintf(stderr, "graph_nodes: %s\n", error.message);
    tn_sparsity_free(d.edges), tn_free(d.weight), tn_free(d.features), tn_free(d.label);
    return error.status != TN_OK;
}
