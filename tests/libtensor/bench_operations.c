/* The time of every operation of the table, forward and with its gradient: one line each.
 *
 *     make tests/libtensor/bench_operations && tests/libtensor/bench_operations [elements [seconds [threads]]]
 *
 * A thousand elements, unless told otherwise, in float32: the product of the sizes that differ, such as m k n of a
 * matrix product. The least time of runs within so many seconds (0: of one run, which is what make check does) on so
 * many threads (1). */
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

/* Least seconds of a run, negative if it fails. Inputs are numbers of the sample's range, and places of 0 to 4. */
static double seconds_of_a_run(tn_graph *g, const sample *s, double seconds)
{
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    if (!plan) return -1;
    void **memory = calloc((size_t)g->n_nodes, sizeof *memory);
    for (int id = 0; id < g->n_nodes; id++) {
        const tn_node *input = g->nodes[id];
        if (!(input->op->flags & TN_OP_LENT)) continue;
        int64_t size = tn_shape_size(input->shape);
        memory[id] = tn_alloc((size_t)size * tn_dtype_size(input->dtype));
        for (int64_t i = 0; i < size; i++) {
            double u = tn_random_uniform(1, (uint32_t)id, (uint64_t)i);
            if (input->dtype == TN_F32) ((float *)memory[id])[i] = (float)(s->low + (s->high - s->low) * u);
            else ((int32_t *)memory[id])[i] = (int32_t)(5 * u);
        }
        tn_bind(plan, input->name, memory[id], NULL);
    }
    double start = now(), least = -1;
    do {
        double before = now();
        if (tn_run(plan, NULL)) break;
        double took = now() - before;
        if (least < 0 || took < least) least = took;
    } while (now() - start < seconds);
    for (int id = 0; id < g->n_nodes; id++) tn_free(memory[id]);
    free(memory);
    tn_plan_free(plan);
    return least;
}

/* Order 0: the result; order 1: also the gradients to all operands, of the sum of the result. */
static double measure(const example *e, int order, double seconds, int64_t *results)
{
    static const char *const names[] = {"a", "b", "c", "d"}, *const gradients[] = {"da", "db", "dc", "dd"};
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *in[MAX_OPERANDS], *grad[MAX_OPERANDS];
    for (int i = 0; i < e->n; i++) in[i] = tn_input(g, names[i], TN_F32, e->shape[i]);
    tn_node *y = e->sample->build(g, in);
    tn_output(g, "y", y);
    *results = tn_shape_size(tn_node_shape(y));
    if (order) {
        tn_vjp(g, y, tn_full(g, tn_node_shape(y), 1), e->n, in, grad);
        for (int i = 0; i < e->n; i++) tn_output(g, gradients[i], grad[i]);
    }
    double least = seconds_of_a_run(g, e->sample, seconds);
    tn_graph_free(g);
    return least;
}

/* The line of the first sample that shows the operation; false if there is none, or it does not run. */
static bool print_line(const tn_op *op, double elements, double seconds)
{
    int i = 0;
    while (sample_at(i) && strcmp(sample_at(i)->op, op->name)) i++;
    if (!sample_at(i)) return false;
    example e = example_sized(sample_at(i), elements);
    int64_t results;
    double forward = measure(&e, 0, seconds, &results), both = measure(&e, 1, seconds, &results);
    if (!strcmp(op->name, "cast")) return true; /* its sample is written for graphs of float64 */
    printf("%-20s %-28s %12lld %12.2f %12.2f\n", op->name, strchr(e.text, ' ') + 1, (long long)results, 1e6 * forward,
           1e6 * both);
    return forward >= 0 && both >= 0;
}

int main(int argc, char **argv)
{
    double elements = argc > 1 ? atof(argv[1]) : 1000, seconds = argc > 2 ? atof(argv[2]) : 0;
    bool all = true;
    tn_set_threads(argc > 3 ? atoi(argv[3]) : 1);
    printf("%-20s %-28s %12s %12s %12s\n", "operation", "operands", "results", "forward, us", "with gradient");
    for (const tn_family *family = tn_op_families; family->title; family++)
        for (const tn_op *op = family->ops; op->name; op++)
            if (!(op->flags & TN_OP_LEAF) && !print_line(op, elements, seconds)) {
                fprintf(stderr, "%s cannot be measured\n", op->name);
                all = false;
            }
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
