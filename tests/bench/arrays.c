/* Long arrays: elementary functions. */
#include "config.h"
#include "training.h"
#include "workloads.h"

#include <stdlib.h>

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

const bench_line bench_arrays[] = {
    BENCH_LINE("sin", "sine of 1 M numbers", &elementary, .sizes = {.which = 0}),
    BENCH_LINE("exp", "exponential of 1 M numbers", &elementary, .sizes = {.which = 1}),
    BENCH_LINE("tanh", "hyperbolic tangent of 1 M numbers", &elementary, .sizes = {.which = 2}),
    {0},
};
