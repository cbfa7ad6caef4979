/* Threads: those that share a plan, and those that each have a graph of their own. */
#include "config.h"
#include "core/gate.h"
#include "graph/params.h"
#include "graph/plan.h"
#include "lives.h"
#include "oracle.h"
#include "random_graph.h"
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS = 4 };

/* ---- gates ---- */

enum { GATES = 200 };

typedef struct walk {
    tn_gate gates[GATES];
    atomic_int arrived[GATES];
    int behind[GATES]; /* what the opener wrote before it opened the gate */
} walk;

static void *walk_through(void *argument)
{
    walk *w = argument;
    long wrong = 0;
    for (int i = 0; i < GATES; i++) {
        w->arrived[i]++;
        tn_gate_wait(&w->gates[i]);
        wrong += w->behind[i] != i + 1;
    }
    return (void *)wrong;
}

/* Every tenth gate stays closed long enough for all to fall asleep, the others open as soon as all have come. */
START_TEST(whoever_waits_at_a_gate_goes_on_once_it_is_open)
{
    static walk w;
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, walk_through, &w), 0);
    for (int i = 0; i < GATES; i++) {
        while (w.arrived[i] < WORKERS) usleep(10);
        if (i % 10 == 0)
            while (w.gates[i].asleep < WORKERS) usleep(100);
        w.behind[i] = i + 1;
        tn_gate_open(&w.gates[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        ck_assert_ptr_null(wrong);
    }
    for (int k = 0; k < GATES; k++) ck_assert_uint_eq(w.gates[k].asleep, 0);
    tn_gate_wait(&w.gates[0]); /* does not wait: it is open */
    tn_gate_close(&w.gates[0]);
    ck_assert_uint_eq(w.gates[0].open, 0);
}
END_TEST

/* ---- the threads of a plan ---- */

static tn_graph *sines(int64_t rows, int64_t columns)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_output(g, "y", tn_sin(g, tn_input(g, "x", TN_F32, TN_SHAPE(rows, columns))));
    return g;
}

/* Two rows are two pieces of work at the most. */
START_TEST(a_plan_keeps_its_threads_and_takes_fewer_for_little_work)
{
    static const struct {
        int64_t rows, columns;
        unsigned options;
        int threads;
    } cases[] = {{10, 100, 0, 1}, {10, 100, TN_PLAN_SPREAD, 3}, {10000, 100, 0, 3}, {2, 500000, 0, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_set_threads(3);
        tn_graph *g = sines(cases[i].rows, cases[i].columns);
        tn_plan *plan = tn_plan_new(g, cases[i].options, NULL);
        tn_set_threads(2);
        void **memory = oracle_bind(g, plan);
        ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
        ck_assert_int_eq(plan->threads, cases[i].threads);
        oracle_unbind(g, memory);
        tn_plan_free(plan);
        tn_graph_free(g);
    }
}
END_TEST

/* Sparse products, edges, dropout, sums and both optimizers, as one training has them. */
START_TEST(a_training_has_the_same_bits_on_any_number_of_threads)
{
    static const int threads[] = {1, 2, 4};
    float loss[3];
    void *values = NULL;
    for (int i = 0; i < 3; i++) {
        world w = {0};
        tn_error error = {0};
        tn_set_threads(threads[i]);
        ck_assert_msg(world_begin(&w, &error) == TN_OK, "%s", error.message);
        ck_assert_int_eq(w.plan->threads, threads[i]);
        for (int step = 0; step < 10; step++) ck_assert_int_eq(world_step(&w, &error), TN_OK);
        size_t bytes = (size_t)w.params->length * sizeof(float);
        if (!values) values = memcpy(malloc(bytes), w.params->data, bytes);
        ck_assert_msg(!memcmp(values, w.params->data, bytes), "other bits on %d threads", threads[i]);
        loss[i] = *(const float *)tn_result(w.plan, "loss");
        ck_assert_mem_eq(&loss[i], &loss[0], sizeof *loss);
        world_end(&w);
    }
    free(values);
}
END_TEST

/* ---- different graphs in different threads ---- */

typedef struct worker {
    pthread_t thread;
    uint64_t seed;
    int threads;       /* the setting, which all share */
    double worst;      /* error of random graphs */
    double loss;       /* of a training */
    char path[4096];   /* of its file */
    tn_status status;
    tn_error error;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    for (int again = 0; again < 3; again++) {
        random_graph r = random_graph_new(w->seed, TN_F64);
        tn_plan *plan = tn_plan_new(r.g, TN_PLAN_SPREAD, NULL);
        void **memory = oracle_bind(r.g, plan);
        double **values = oracle_evaluate(r.g);
        for (int run = 0; run < 10; run++) {
            double off = tn_run(plan, NULL) == TN_OK ? oracle_error(r.g, plan, values) : 1;
            if (!(off <= w->worst)) w->worst = off;
        }
        oracle_free(r.g, values);
        oracle_unbind(r.g, memory);
        tn_plan_free(plan);
        random_graph_free(&r);
    }
    return NULL;
}

static void *work_and_train(void *argument)
{
    worker *w = argument;
    tn_set_threads(w->threads);
    for (int again = 0; again < 5 && !w->status; again++) {
        w->status = training(&w->loss, &w->error);
        if (!w->status) w->status = files(w->path, &w->error);
    }
    return work(w);
}

/* With a setting of _i threads for each. */
START_TEST(different_graphs_may_be_used_by_different_threads_at_once)
{
    static worker workers[WORKERS];
    tn_set_threads(_i);
    double loss = 0;
    ck_assert_int_eq(training(&loss, NULL), TN_OK);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.seed = 11 + (uint64_t)i / 2, .threads = _i};
        char name[] = {(char)('a' + i), 0};
        snprintf(workers[i].path, sizeof workers[i].path, "%s", scratch_path(name));
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work_and_train, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++) pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < WORKERS; i++) {
        ck_assert_msg(workers[i].status == TN_OK, "%s", workers[i].error.message);
        ck_assert_msg(!memcmp(&workers[i].loss, &loss, sizeof loss), "loss %.17g, not %.17g", workers[i].loss, loss);
        ck_assert_double_le(workers[i].worst, 1e-9);
    }
}
END_TEST

/* Where no threads of its own are to be had, a plan runs on one. */
START_TEST(a_plan_runs_inside_a_parallel_region)
{
    double worst = 0;
    tn_set_threads(3);
#pragma omp parallel for num_threads(2) reduction(max : worst)
    for (int i = 0; i < 4; i++) {
        worker w = {.seed = 20 + (uint64_t)i};
        work(&w);
        if (!(w.worst <= worst)) worst = w.worst;
    }
    ck_assert_double_le(worst, 1e-9);
}
END_TEST

int main(void)
{
    TCase *gates = tcase_create("gates"), *plans = tcase_create("plans"), *threads = tcase_create("threads");
    tcase_add_test(gates, whoever_waits_at_a_gate_goes_on_once_it_is_open);
    tcase_add_test(plans, a_plan_keeps_its_threads_and_takes_fewer_for_little_work);
    tcase_add_test(plans, a_training_has_the_same_bits_on_any_number_of_threads);
    tcase_set_timeout(threads, 30);
    tcase_add_loop_test(threads, different_graphs_may_be_used_by_different_threads_at_once, 1, 3);
    tcase_add_test(threads, a_plan_runs_inside_a_parallel_region);
    return run_cases("threads", gates, plans, threads, NULL);
}
