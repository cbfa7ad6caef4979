/* What a run of a plan costs besides arithmetic: plans of a thousand nodes that have next to nothing to do, so that a
 * run of so many milliseconds takes as many microseconds a node. */
#include "config.h"
#include "training.h"
#include "workloads.h"

#include <stdlib.h>

enum { NODES = 1000, SMOKE_NODES = 20 };

typedef struct replay {
    bench_training training; /* a graph and one input */
    int64_t nodes;
} replay;

/* x [4, 4] -> the same, in so many nodes. */
typedef tn_node *describe(tn_graph *g, tn_node *x, int64_t nodes);

/* Numbers that a chain of instructions works on, one after the other. */
static tn_node *elementwise(tn_graph *g, tn_node *x, int64_t nodes)
{
    for (int64_t i = 0; i < nodes; i++) x = i % 2 ? tn_relu(g, x) : tn_neg(g, x);
    return x;
}

/* Products, each of which needs all of the one before: a stage each. */
static tn_node *stages(tn_graph *g, tn_node *x, int64_t nodes)
{
    tn_node *y = x;
    for (int64_t i = 0; i < nodes; i++) y = tn_matmul(g, x, y);
    return y;
}

static describe *const describes[] = {elementwise, stages};

static void close_replay(void *state)
{
    if (state) bench_training_clear(&((replay *)state)->training);
    free(state);
}

static tn_status make_replay(replay *r, describe *what, const bench_setting *setting, tn_error *error)
{
    bench_training *t = &r->training;
    tn_status status = bench_training_begin(t, setting, error);
    if (status) return status;
    tn_output(t->graph, "out", what(t->graph, tn_input(t->graph, "in", TN_F32, TN_SHAPE(4, 4)), r->nodes));
    if (!bench_training_input(t, "in", TN_SHAPE(4, 4))) return tn_fail(error, TN_ENOMEM, "no memory for numbers");
    if (!(t->plan = tn_plan_new(t->graph, t->options, error))) return error->status;
    return tn_bind(t->plan, "in", t->input[0].values, error);
}

static void *open_replay(const bench_setting *setting, const bench_line *line, tn_error *error)
{
    replay *r = calloc(1, sizeof *r);
    if (r) {
        r->nodes = setting->smoke ? SMOKE_NODES : NODES;
        if (make_replay(r, describes[line->sizes.which], setting, error) == TN_OK) return r;
    }
    tn_fail(error, TN_ENOMEM, "no memory for a plan");
    close_replay(r);
    return NULL;
}

static tn_status run_replay(void *state, tn_error *error)
{
    return tn_run(((replay *)state)->training.plan, error);
}

static tn_plan *plan_of_replay(const void *state)
{
    return ((const replay *)state)->training.plan;
}

static bench_work work_of_replay(const void *state)
{
    return (bench_work){.elements = (double)((const replay *)state)->nodes};
}

static const bench_kind kind = {.open = open_replay, .run = run_replay, .close = close_replay, .work = work_of_replay,
                                .plan = plan_of_replay};

const bench_line bench_replay[] = {
    BENCH_LINE("replay-elementwise", "1000 nodes of 16 numbers", &kind, .sizes = {.which = 0}),
    BENCH_LINE("replay-stages", "1000 products of 4 x 4, one after the other", &kind, .sizes = {.which = 1}),
    {0},
};
