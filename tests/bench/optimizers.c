/* Optimizers over as many parameters as the published SIREN has, and L-BFGS over less. */
#include "config.h"
#include "formulas.h"
#include "training.h"
#include "workloads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one step along a fixed gradient ---- */

/* The kinds, with what PyTorch calls them. */
static const struct rule {
    const char *name;
    tn_optimizer_config config;
    int moments;
} rules[] = {
    {"SGD", {.kind = TN_SGD}, 0},
    {"SGD", {.kind = TN_SGD, .momentum = 0.9}, 1},
    {"Adam", {.kind = TN_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8}, 2},
    {"AdamW", {.kind = TN_ADAMW, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.01}, 2},
    {"RMSprop", {.kind = TN_RMSPROP, .beta2 = 0.99, .epsilon = 1e-8}, 1},
};
enum { SGD, MOMENTUM, ADAM, ADAMW, RMSPROP };

typedef struct stepping {
    const struct rule *rule;
    tn_params *params;
    tn_optimizer *optimizer;
} stepping;

static void close_stepping(void *state)
{
    stepping *s = state;
    if (!s) return;
    tn_optimizer_free(s->optimizer);
    tn_params_free(s->params);
    free(s);
}

static tn_status make_stepping(stepping *s, const bench_sizes *sizes, tn_error *error)
{
    om_siren siren = {.name = "siren", .hidden_dim = (int)sizes->width, .layers = (int)sizes->layers};
    s->rule = &rules[sizes->which];
    s->params = tn_params_new(TN_F32, 1);
    if (!s->params) return tn_fail(error, TN_ENOMEM, "no memory for parameters");
    om_siren_declare(&siren, s->params, 0);
    tn_status status = tn_params_seal(s->params, error);
    for (int i = 0; i < tn_params_count(s->params) && !status; i++) {
        tn_param_info info = tn_params_at(s->params, i);
        tn_fill_normal(info.grad, tn_shape_size(info.shape), 1, 0, (uint64_t)i);
    }
    if (!status && !(s->optimizer = tn_optimizer_new(s->params, s->rule->config, error))) status = error->status;
    return status;
}

static void *open_stepping(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    bench_sizes sizes = bench_sizes_of(setting, line);
    stepping *s = calloc(1, sizeof *s);
    if (s && make_stepping(s, &sizes, error) == TN_OK) return s;
    tn_fail(error, TN_ENOMEM, "no memory for an optimizer");
    close_stepping(s);
    return NULL;
}

static tn_status run_stepping(void *state, tn_error *error)
{
    const double rate[] = {1e-7};
    (void)error;
    tn_optimizer_step(((stepping *)state)->optimizer, rate);
    return TN_OK;
}

static bench_work work_of_stepping(const void *state)
{
    const stepping *s = state;
    double n = (double)tn_params_size(s->params);
    return (bench_work){.elements = n, .bytes = bench_optimizer_bytes(n, s->rule->moments)};
}

static void share_stepping(const void *state, bench_data *data)
{
    const stepping *s = state;
    bench_data_text(data, "kind", "optimizer");
    bench_data_text(data, "rule", s->rule->name);
    bench_data_number(data, "momentum", s->rule->config.momentum);
    bench_data_params(data, s->params);
}

static const bench_kind optimizer = {.open = open_stepping, .run = run_stepping, .close = close_stepping,
                                     .work = work_of_stepping, .share = share_stepping};

/* ---- L-BFGS: the same few steps, again and again ---- */

enum { LBFGS_STEPS = 10 };

typedef struct descent {
    bench_training training;
    tn_lbfgs *lbfgs;
    int64_t n;
    double loss;
} descent;

static void close_descent(void *state)
{
    descent *d = state;
    if (!d) return;
    tn_lbfgs_free(d->lbfgs);
    bench_training_clear(&d->training);
    free(d);
}

/* The sum of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2 over neighbours: far from a minimum for many steps. */
static tn_node *valley(tn_graph *g, tn_node *x, int64_t n)
{
    tn_node *a = tn_slice(g, x, 0, 0, n - 1), *b = tn_slice(g, x, 0, 1, n - 1);
    tn_node *steep = tn_scale(g, tn_square(g, tn_sub(g, b, tn_square(g, a))), 100);
    return tn_sum(g, tn_add(g, steep, tn_square(g, tn_sub(g, tn_constant(g, 1), a))), TN_ALL, false);
}

static tn_status make_descent(descent *d, const bench_setting *setting, tn_error *error)
{
    bench_training *t = &d->training;
    tn_status status = bench_training_begin(t, setting, error);
    if (status) return status;
    tn_params_add(t->params, "x", TN_SHAPE(d->n), (tn_init){TN_INIT_NORMAL, 0, 1}, 0);
    if ((status = tn_params_seal(t->params, error))) return status;
    tn_node *loss = valley(t->graph, tn_param(t->graph, t->params, "x"), d->n);
    tn_output(t->graph, "loss", loss);
    tn_params_grad(t->graph, loss, t->params);
    if (!(t->plan = tn_plan_new(t->graph, 0, error))) return error->status;
    d->lbfgs = tn_lbfgs_new(t->params, TN_LBFGS_DEFAULTS, error);
    return d->lbfgs ? TN_OK : error->status;
}

static void *open_descent(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    (void)line;
    descent *d = calloc(1, sizeof *d);
    if (d) {
        d->n = setting->smoke ? 1000 : 1 << 18;
        if (make_descent(d, setting, error) == TN_OK) return d;
    }
    tn_fail(error, TN_ENOMEM, "no memory for L-BFGS");
    close_descent(d);
    return NULL;
}

static tn_status run_descent(void *state, tn_error *error)
{
    descent *d = state;
    tn_lbfgs_result result = {0};
    tn_status status = TN_OK;
    tn_fill_normal(tn_params_data(d->training.params, "x"), d->n, 1, 0, 0);
    tn_lbfgs_reset(d->lbfgs);
    for (int i = 0; i < LBFGS_STEPS && !status; i++)
        status = tn_lbfgs_step(d->lbfgs, d->training.plan, "loss", &result, error);
    d->loss = result.loss;
    return status;
}

static bench_work work_of_descent(const void *state)
{
    double n = (double)((const descent *)state)->n;
    return (bench_work){.elements = n, .bytes = bench_lbfgs_bytes(n, LBFGS_STEPS)};
}

static double value_of_descent(const void *state)
{
    return ((const descent *)state)->loss;
}

static const bench_kind lbfgs = {.open = open_descent, .run = run_descent, .close = close_descent,
                                 .work = work_of_descent, .value = value_of_descent};

#define LINE(name, words, rule)                                                                                        \
    BENCH_LINE(name, words ", 16.8 M parameters", &optimizer, .sizes = {.width = 2048, .layers = 4, .which = rule})

const bench_line bench_optimizers[] = {
    LINE("sgd", "SGD", SGD),
    LINE("sgd-momentum", "SGD with momentum", MOMENTUM),
    LINE("adam", "Adam", ADAM),
    LINE("adamw", "AdamW", ADAMW),
    LINE("rmsprop", "RMSprop", RMSPROP),
    BENCH_LINE("lbfgs", "10 steps of L-BFGS, 262,144 parameters", &lbfgs, .scaling = true),
    {0},
};
