/* Random graphs, planned in every way: the numbers of the oracle, the same bits fused, unfused and on any number of
 * threads, and plans that keep the rules of their own data structures. */
#include "config.h"
#include "graph/graph.h"
#include "graph/params.h"
#include "graph/plan.h"
#include "oracle.h"
#include "plan_rules.h"
#include "random_graph.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#ifdef TN_SMALL_TILES
enum { GRAPHS = 100 };
#else
enum { GRAPHS = 200 };
#endif

/* All outputs and all gradients of parameters, one after the other. */
typedef struct results {
    size_t bytes;
    char *data;
} results;

static results collect(const tn_graph *g, const tn_plan *plan)
{
    results r = {0};
    for (int i = 0; i < g->n_outputs; i++)
        r.bytes += (size_t)tn_shape_size(g->outputs[i].node->shape) * tn_dtype_size(g->outputs[i].node->dtype);
    char *to = r.data = malloc(r.bytes + 1);
    for (int i = 0; i < g->n_outputs; i++) {
        const tn_graph_output *o = &g->outputs[i];
        size_t bytes = (size_t)tn_shape_size(o->node->shape) * tn_dtype_size(o->node->dtype);
        memcpy(to, o->params ? tn_params_place(o->params, o->params->grad, o->param) : tn_result(plan, o->name), bytes);
        to += bytes;
    }
    return r;
}

/* Plans and runs on that many threads, twice; the second run must change nothing. */
static results run(tn_graph *g, unsigned options, int threads, double *off)
{
    tn_error error = {0};
    tn_set_threads(threads);
    tn_plan *plan = tn_plan_new(g, options | TN_PLAN_SPREAD, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    check_plan_rules(plan);
    void **memory = oracle_bind(g, plan);
    ck_assert_msg(tn_run(plan, &error) == TN_OK, "%s", error.message);
    results first = collect(g, plan);
    memset(plan->arena, 0xff, (size_t)plan->arena_bytes); /* NaN: nothing may be read that this run did not write */
    memset(plan->scratch, 0xff, (size_t)plan->scratch_bytes);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    results second = collect(g, plan);
    ck_assert_msg(!memcmp(first.data, second.data, first.bytes), "a second run differs");
    if (off) {
        double **values = oracle_evaluate(g);
        *off = oracle_error(g, plan, values);
        oracle_free(g, values);
    }
    free(second.data);
    oracle_unbind(g, memory);
    tn_plan_free(plan);
    return first;
}

static void check_same_bits(tn_graph *g, const results *expected, unsigned options, int threads)
{
    results other = run(g, options, threads, NULL);
    ck_assert_msg(!memcmp(expected->data, other.data, expected->bytes), "options %u on %d threads: other bits", options,
                  threads);
    free(other.data);
}

/* Also where segments are kept that are to be computed again (in half of the graphs).
 * Graph _i: threads 2, 3 or 4 in turn, as waiting threads are slow where processors are few. */
START_TEST(random_graphs_give_the_oracles_numbers_and_the_same_bits_however_planned)
{
    for (int dtype = TN_F64; dtype >= TN_F32; dtype--) {
        random_graph r = random_graph_new((uint64_t)_i, (tn_dtype)dtype);
        double off;
        results expected = run(r.g, 0, 1, &off);
        ck_assert_msg(off < (dtype == TN_F64 ? 1e-9 : 2e-3), "%s: off by %g", tn_dtype_name((tn_dtype)dtype), off);
        check_same_bits(r.g, &expected, TN_PLAN_UNFUSED, 1);
        check_same_bits(r.g, &expected, 0, 2 + _i % 3);
        if (r.g->n_segments)
            for (int keep = 0; keep < 2; keep++)
                check_same_bits(r.g, &expected, keep ? TN_PLAN_KEEP : TN_PLAN_REPEAT, 1);
        free(expected.data);
        random_graph_free(&r);
    }
}
END_TEST

int main(void)
{
    TCase *random = tcase_create("random graphs");
    tcase_set_timeout(random, 60); /* for machines with other work to do */
    tcase_add_loop_test(random, random_graphs_give_the_oracles_numbers_and_the_same_bits_however_planned, 0, GRAPHS);
    return run_cases("random graphs", random, NULL);
}
