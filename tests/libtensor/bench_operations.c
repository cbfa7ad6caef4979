/* The time of every operation of the table, forward and with its gradient: one line each.
 *
 *     make bench-operations
 *     make tests/libtensor/bench_operations && tests/libtensor/bench_operations [elements [seconds [threads]]]
 *
 * A thousand elements, unless told otherwise, in float32: the product of the sizes that differ, such as m k n of a
 * matrix product. The least time of runs within so many seconds (0: of one run, which is what make check does) on so
 * many threads (1). Rates are of the plan's own count of what it computes and of what it moves to and from memory
 * outside of tiles (tn_profile_row); what fits into caches may move faster than memory does. */
#include "config.h"
#include "graph/graph.h"
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Of one run. */
typedef struct cost {
    double seconds; /* negative: it failed */
    double flop, bytes;
} cost;

/* ---- one graph ---- */

/* Numbers of the sample's range, and places of 0 to 4. */
static void *make_values(const tn_node *input, const sample *s)
{
    int64_t size = tn_shape_size(input->shape);
    void *memory = tn_alloc((size_t)size * tn_dtype_size(input->dtype));
    for (int64_t i = 0; memory && i < size; i++) {
        double u = tn_random_uniform(1, (uint32_t)input->id, (uint64_t)i), value = s->low + (s->high - s->low) * u;
        if (input->dtype == TN_F32) ((float *)memory)[i] = (float)value;
        else if (input->dtype == TN_F64) ((double *)memory)[i] = value;
        else ((int32_t *)memory)[i] = (int32_t)(5 * u);
    }
    return memory;
}

/* Least seconds of a run, negative if it fails. */
static double least_seconds(tn_plan *plan, double seconds)
{
    double start = now(), least = -1;
    do {
        double before = now();
        if (tn_run(plan, NULL)) return -1;
        double took = now() - before;
        if (least < 0 || took < least) least = took;
    } while (now() - start < seconds);
    return least;
}

/* What the plan does, from a profile of one run, whose clock would disturb the time. */
static void count_work(tn_plan *profiled, cost *c)
{
    if (tn_run(profiled, NULL)) c->seconds = -1;
    for (int i = 0; i < tn_profile_count(profiled); i++) {
        tn_profile_row row = tn_profile_at(profiled, i, NULL);
        c->flop += row.flop;
        c->bytes += row.bytes;
    }
}

static cost run_both(tn_graph *g, const sample *s, double seconds)
{
    cost c = {.seconds = -1};
    tn_plan *plan = tn_plan_new(g, 0, NULL), *profiled = plan ? tn_plan_new(g, TN_PLAN_PROFILE, NULL) : NULL;
    void **memory = calloc((size_t)g->n_nodes, sizeof *memory);
    for (int id = 0; id < g->n_nodes && memory && profiled; id++) {
        const tn_node *input = g->nodes[id];
        if (!(input->op->flags & TN_OP_LENT)) continue;
        memory[id] = make_values(input, s);
        tn_bind(plan, input->name, memory[id], NULL);
        tn_bind(profiled, input->name, memory[id], NULL);
    }
    if (memory && profiled) {
        c.seconds = least_seconds(plan, seconds);
        count_work(profiled, &c);
    }
    for (int id = 0; id < g->n_nodes && memory; id++) tn_free(memory[id]);
    free(memory);
    tn_plan_free(profiled);
    tn_plan_free(plan);
    return c;
}

/* Order 0: the result; order 1: also the gradients to all operands, of the sum of the result. */
static cost measure(const example *e, int order, double seconds, int64_t *results)
{
    static const char *const names[] = {"a", "b", "c", "d"}, *const gradients[] = {"da", "db", "dc", "dd"};
    tn_dtype dtype = strcmp(e->sample->op, "cast") ? TN_F32 : TN_F64; /* its sample is written for graphs of float64 */
    tn_graph *g = tn_graph_new(dtype);
    tn_node *in[MAX_OPERANDS], *grad[MAX_OPERANDS];
    for (int i = 0; i < e->n; i++) in[i] = tn_input(g, names[i], dtype, e->shape[i]);
    tn_node *y = e->sample->build(g, in);
    tn_output(g, "y", y);
    *results = tn_shape_size(tn_node_shape(y));
    if (order) {
        tn_vjp(g, y, tn_full(g, tn_node_shape(y), 1), e->n, in, grad);
        for (int i = 0; i < e->n; i++) tn_output(g, gradients[i], grad[i]);
    }
    cost c = run_both(g, e->sample, seconds);
    tn_graph_free(g);
    return c;
}

/* ---- the table ---- */

/* Time, and billions a second of what there is; blank for nothing. */
static void print_cost(const cost *c)
{
    const double amounts[] = {c->flop, c->bytes};
    printf(" %11.2f", 1e6 * c->seconds);
    for (int i = 0; i < 2; i++)
        if (amounts[i] > 0) printf(" %8.2f", 1e-9 * amounts[i] / c->seconds);
        else printf(" %8s", "");
}

/* The line of the first sample that shows the operation; false if there is none, or it does not run. */
static bool print_line(const tn_op *op, double elements, double seconds)
{
    int i = 0;
    while (sample_at(i) && strcmp(sample_at(i)->op, op->name)) i++;
    if (!sample_at(i)) return false;
    example e = example_sized(sample_at(i), elements);
    int64_t results;
    cost forward = measure(&e, 0, seconds, &results), both = measure(&e, 1, seconds, &results);
    printf("%-20s %-28s %10lld", op->name, strchr(e.text, ' ') + 1, (long long)results);
    print_cost(&forward);
    print_cost(&both);
    printf("\n");
    return forward.seconds >= 0 && both.seconds >= 0;
}

int main(int argc, char **argv)
{
    double elements = argc > 1 ? atof(argv[1]) : 1000, seconds = argc > 2 ? atof(argv[2]) : 0;
    bool all = true;
    tn_set_threads(argc > 3 ? atoi(argv[3]) : 1);
    printf("%-20s %-28s %10s %11s %8s %8s %11s %8s %8s\n", "operation", "operands", "results", "forward, us", "GFLOP/s",
           "GB/s", "+ gradient", "GFLOP/s", "GB/s");
    for (const tn_family *family = tn_op_families; family->title; family++)
        for (const tn_op *op = family->ops; op->name; op++)
            if (!(op->flags & TN_OP_LEAF) && !print_line(op, elements, seconds)) {
                fprintf(stderr, "%s cannot be measured\n", op->name);
                all = false;
            }
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
