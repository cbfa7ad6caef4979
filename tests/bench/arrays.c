/* Long arrays: elementary functions, and Adam over as many parameters as the published SIREN has. */
#include <config.h>
#include "formulas.h"
#include "training.h"
#include "workloads.h"

#include <stdlib.h>

/* ---- elementary functions ---- */

typedef struct function {
    const char *name;
    tn_node *(*build)(tn_graph *g, tn_node *a);
} function;

static const function functions[] = {{"sin", tn_sin}, {"exp", tn_exp}, {"tanh", tn_tanh}};

typedef struct elementwise {
    const function *f;
    bench_training training; /* a graph and one input */
    int64_t n;
} elementwise;

static void close_elementwise(void *state)
{
    if (state) bench_training_clear(&((elementwise *)state)->training);
    free(state);
}

static tn_status make_elementwise(elementwise *e, const bench_setting *setting, tn_error *error)
{
    bench_training *t = &e->training;
    tn_status status = bench_training_begin(t, setting, error);
    if (status) return status;
    tn_output(t->graph, "out", e->f->build(t->graph, tn_input(t->graph, "in", TN_F32, TN_SHAPE(e->n))));
    if (!bench_training_input(t, "in", TN_SHAPE(e->n))) return tn_fail(error, TN_ENOMEM, "no memory for an array");
    if (!(t->plan = tn_plan_new(t->graph, 0, error))) return error->status;
    return tn_bind(t->plan, "in", t->input[0].values, error);
}

static void *open_elementwise(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    elementwise *e = calloc(1, sizeof *e);
    if (e) {
        e->f = &functions[line->sizes.which];
        e->n = setting->smoke ? 1000 : 1 << 20; /* 4 MB in and 4 MB out: the function counts, not the memory */
        if (make_elementwise(e, setting, error) == TN_OK) return e;
    }
    tn_fail(error, TN_ENOMEM, "no memory for an array");
    close_elementwise(e);
    return NULL;
}

static tn_status run_elementwise(void *state, tn_error *error)
{
    return tn_run(((elementwise *)state)->training.plan, error);
}

static bench_work work_of_elementwise(const void *state)
{
    double n = (double)((const elementwise *)state)->n;
    return (bench_work){.elements = n, .bytes = 2 * sizeof(float) * n};
}

static void share_elementwise(const void *state, bench_data *data)
{
    const elementwise *e = state;
    bench_data_text(data, "kind", "function");
    bench_data_text(data, "function", e->f->name);
    bench_data_tensor(data, "in", TN_F32, TN_SHAPE(e->n), e->training.input[0].values);
}

static double value_of_elementwise(const void *state)
{
    const elementwise *e = state;
    const float *out = tn_result(e->training.plan, "out");
    double sum = 0;
    for (int64_t i = 0; i < e->n; i++) sum += (double)out[i] * out[i];
    return sum;
}

static const bench_kind elementary = {.open = open_elementwise, .run = run_elementwise, .close = close_elementwise,
                                      .work = work_of_elementwise, .share = share_elementwise,
                                      .value = value_of_elementwise};

/* ---- Adam ---- */

typedef struct adam {
    tn_params *params;
    tn_adam *adam;
} adam;

static void close_adam(void *state)
{
    adam *a = state;
    if (!a) return;
    tn_adam_free(a->adam);
    tn_params_free(a->params);
    free(a);
}

static tn_status make_adam(adam *a, const bench_sizes *sizes, tn_error *error)
{
    om_siren siren = {.name = "siren", .hidden_dim = (int)sizes->width, .layers = (int)sizes->layers};
    a->params = tn_params_new(TN_F32, 1);
    if (!a->params) return tn_fail(error, TN_ENOMEM, "no memory for parameters");
    om_siren_declare(&siren, a->params, 0);
    tn_status status = tn_params_seal(a->params, error);
    for (int i = 0; i < tn_params_count(a->params) && !status; i++) {
        tn_param_info info = tn_params_at(a->params, i);
        tn_fill_normal(info.grad, tn_shape_size(info.shape), 1, 0, (uint64_t)i);
    }
    if (!status && !(a->adam = tn_adam_new(a->params, TN_ADAM_DEFAULTS, error))) status = error->status;
    return status;
}

static void *open_adam(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    bench_sizes sizes = bench_sizes_of(setting, line);
    adam *a = calloc(1, sizeof *a);
    if (a && make_adam(a, &sizes, error) == TN_OK) return a;
    tn_fail(error, TN_ENOMEM, "no memory for Adam");
    close_adam(a);
    return NULL;
}

static tn_status run_adam(void *state, tn_error *error)
{
    const double rate[] = {1e-7};
    (void)error;
    tn_adam_step(((adam *)state)->adam, rate);
    return TN_OK;
}

static bench_work work_of_adam(const void *state)
{
    double n = (double)tn_params_size(((const adam *)state)->params);
    return (bench_work){.elements = n, .bytes = bench_adam_bytes(n)};
}

static void share_adam(const void *state, bench_data *data)
{
    const adam *a = state;
    bench_data_text(data, "kind", "adam");
    bench_data_params(data, a->params);
}

static const bench_kind optimizer = {
    .open = open_adam, .run = run_adam, .close = close_adam, .work = work_of_adam, .share = share_adam};

const bench_line bench_arrays[] = {
    BENCH_LINE("sin", "sine of 1 M numbers", &elementary, .sizes = {.which = 0}),
    BENCH_LINE("exp", "exponential of 1 M numbers", &elementary, .sizes = {.which = 1}),
    BENCH_LINE("tanh", "hyperbolic tangent of 1 M numbers", &elementary, .sizes = {.which = 2}),
    BENCH_LINE("adam", "Adam, 16.8 M parameters", &optimizer, .sizes = {.width = 2048, .layers = 4}),
    {0},
};
