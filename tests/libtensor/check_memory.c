/* Memory: any allocation may fail, at any point of a whole life, without a crash or a leak; running allocates none. */
#include "config.h"
#include "core/memory.h"
#include "graph/plan.h"
#include "lives.h"
#include "oracle.h"
#include "samples.h"
#include "testing.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- every allocation of the process ---- */

/* Also those of BLIS, OpenMP and the C library. But the sanitizers have allocators of their own, and LLVM's OpenMP
 * allocates whenever threads begin, and ends the program when it cannot: then only the library's own are counted. */
#if !defined OM_SANITIZED && !defined __clang__
#define EVERY_ALLOCATION
#endif
static atomic_long mallocs, refused = -1;
static atomic_bool for_good;

#ifdef EVERY_ALLOCATION
#pragma GCC visibility push(default) /* else the libraries would go on with those of the C library */
static atomic_long frees;
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);
extern void __libc_free(void *memory);

static bool given(void)
{
    long left = refused;
    if (left < 0 || left-- > 0) {
        if (refused >= 0) refused = left;
        mallocs++;
        return true;
    }
    if (!for_good) refused = -1;
    errno = ENOMEM;
    return false;
}

void *malloc(size_t bytes)
{
    return given() ? __libc_malloc(bytes) : NULL;
}

void *calloc(size_t n, size_t bytes)
{
    return given() ? __libc_calloc(n, bytes) : NULL;
}

void *realloc(void *memory, size_t bytes)
{
    if (!given()) return NULL;
    frees += memory != NULL;
    return __libc_realloc(memory, bytes);
}

void *reallocarray(void *memory, size_t n, size_t bytes)
{
    return realloc(memory, n * bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return given() ? __libc_memalign(alignment, bytes) : NULL;
}

int posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    *memory = aligned_alloc(alignment, bytes);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    frees += memory != NULL;
    __libc_free(memory);
}
#pragma GCC visibility pop
#endif

/* Has an allocation of the process fail, the one after so many; -1: none. */
static void refuse(long allocation, bool all_after_it)
{
    for_good = all_after_it;
    refused = allocation;
}

/* ---- failing ---- */

static tn_status train(tn_error *error)
{
    double loss;
    return training(&loss, error);
}

static tn_status write_and_read(tn_error *error)
{
    return files(scratch_path("a.safetensors"), error);
}

static tn_status (*const lives[])(tn_error *error) = {train, derivatives, differences, write_and_read};

/* How many allocations the life asks for when all succeed. */
static long count(tn_status (*life)(tn_error *error))
{
    tn_error error = {0};
    long before = tn_total_allocations(), live = tn_live_allocations();
    ck_assert_msg(life(&error) == TN_OK, "%s", error.message);
    ck_assert_int_eq(tn_live_allocations(), live);
    return tn_total_allocations() - before;
}

/* Life _i / 2; allocation k of the library fails, alone or with all that follow it. */
START_TEST(every_allocation_may_fail)
{
    tn_set_threads(2);
    tn_status (*life)(tn_error * error) = lives[_i / 2];
    long allocations = count(life), live = tn_live_allocations();
    ck_assert_int_gt(allocations, 5);
    for (long k = 0; k < allocations; k++) {
        tn_error error = {0};
        tn_fail_allocation(k, _i % 2);
        tn_status status = life(&error);
        tn_fail_allocation(-1, 0);
        if (status != TN_ENOMEM || (error.status && error.status != TN_ENOMEM))
            ck_abort_msg("allocation %ld fails, and the end is \"%s\" (%s)", k, tn_status_name(status), error.message);
        if (tn_live_allocations() != live)
            ck_abort_msg("allocation %ld fails, and %ld are lost", k, tn_live_allocations() - live);
        if (k % 50 == 0) count(life);
    }
    ck_assert_int_eq(count(life), allocations);
}
END_TEST

/* Those of the C library as well, which names of files and directories take. What the file is not needed for, such as
 * looking for leftovers of killed programs, is left undone without an error. */
START_TEST(every_allocation_of_the_process_may_fail_while_files_are_written_and_read)
{
#ifdef EVERY_ALLOCATION
    char path[4096];
    snprintf(path, sizeof path, "%s", scratch_path("b.safetensors"));
    tn_error error = {0};
    ck_assert_int_eq(files(path, &error), TN_OK);
    long all = mallocs, live = mallocs - frees, failures = 0;
    ck_assert_int_eq(files(path, &error), TN_OK);
    ck_assert_int_eq(mallocs - frees, live);
    all = mallocs - all;
    ck_assert_int_gt(all, count(write_and_read)); /* the C library takes some */
    for (long k = 0; k < all; k++) {
        tn_error why = {0};
        refuse(k, _i);
        tn_status status = files(path, &why);
        refuse(-1, false);
        failures += status == TN_ENOMEM;
        if (status && status != TN_ENOMEM)
            ck_abort_msg("allocation %ld fails, and the end is \"%s\" (%s)", k, tn_status_name(status), why.message);
        if (mallocs - frees != live) ck_abort_msg("allocation %ld fails, and %ld are lost", k, mallocs - frees - live);
    }
    ck_assert_int_gt(failures, all / 2);
    ck_assert_int_eq(files(path, &error), TN_OK);
#endif
}
END_TEST

/* ---- every operation ---- */

/* Once as it is, as OpenMP and BLIS may get their buffers then; once counted; and once while nobody gets any memory. */
static void run_without_memory(const tn_graph *g, tn_plan *plan, const char *what)
{
    void **memory = oracle_bind(g, plan);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    long ours = tn_total_allocations(), all = mallocs;
    tn_status status = tn_run(plan, NULL);
    if (status || tn_total_allocations() != ours || mallocs != all) ck_abort_msg("%s allocates while it runs", what);
    tn_fail_allocation(0, 1);
    refuse(0, true);
    status = tn_run(plan, NULL);
    refuse(-1, false);
    tn_fail_allocation(-1, 0);
    if (status) ck_abort_msg("%s does not run without memory", what);
    oracle_unbind(g, memory);
}

/* Applies the operation, differentiates, plans and runs; allocation k of the library fails before it runs, alone or
 * with all that follow it. */
static tn_status life_of(const example *e, long k, bool all_after_it)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    tn_error error = {0};
    tn_node *in[MAX_OPERANDS], *grad[MAX_OPERANDS];
    tn_graph *g = tn_graph_new(TN_F64);
    for (int i = 0; i < e->n; i++) in[i] = tn_input(g, names[i], TN_F64, e->shape[i]);
    tn_fail_allocation(k, all_after_it);
    tn_node *y = e->sample->build(g, in);
    tn_vjp(g, y, y, e->n, in, grad);
    tn_output(g, "y", y);
    for (int i = 0; i < e->n; i++) tn_output(g, names[i], grad[i]);
    tn_plan *plan = tn_plan_new(g, 0, &error);
    tn_fail_allocation(-1, 0);
    if (plan) run_without_memory(g, plan, e->text);
    tn_plan_free(plan);
    tn_graph_free(g);
    return error.status;
}

START_TEST(of_any_operation_every_allocation_may_fail_and_running_makes_none)
{
    example e = example_at(_i);
    if (_i && example_at(_i - 1).sample == e.sample) return; /* one case of each sample is enough */
    tn_set_threads(1);
    ck_assert_int_eq(life_of(&e, -1, false), TN_OK); /* makes the sample's sparsity, which is kept */
    long live = tn_live_allocations();
    for (int all_after_it = 0; all_after_it < 2; all_after_it++) {
        long failures = 0;
        for (tn_status status = TN_ENOMEM; status; failures++) {
            status = life_of(&e, failures, all_after_it);
            if ((status && status != TN_ENOMEM) || tn_live_allocations() != live)
                ck_abort_msg("%s: allocation %ld fails: %s, %ld are lost", e.text, failures, tn_status_name(status),
                             tn_live_allocations() - live);
        }
        ck_assert_int_gt(failures, 15);
    }
}
END_TEST

/* ---- running ---- */

/* On _i threads; the first steps may, as BLIS and OpenMP get their buffers then. */
START_TEST(a_running_step_allocates_nothing)
{
    tn_error error = {0};
    world w = {0};
    tn_set_threads(_i);
    ck_assert_msg(world_begin(&w, &error) == TN_OK, "%s", error.message);
    ck_assert_int_eq(w.plan->threads, _i);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(world_step(&w, &error), TN_OK);
    long ours = tn_total_allocations(), all = mallocs;
    for (int i = 0; i < 50; i++)
        if (world_step(&w, &error)) ck_abort_msg("%s", error.message);
    long more = mallocs - all;
    ck_assert_int_eq(tn_total_allocations(), ours);
    ck_assert_int_eq(more, 0);
    world_end(&w);
#ifdef EVERY_ALLOCATION
    all = mallocs;
    tn_free(tn_alloc(1));
    ck_assert_int_eq(mallocs, all + 1); /* they are counted */
#endif
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
    tn_free(NULL);
    tn_file_free(NULL);
    world_end(&(world){0});
    ck_assert_int_eq(tn_live_allocations(), 0);
}
END_TEST

int main(void)
{
    TCase *failing = tcase_create("failing"), *every = tcase_create("every operation"),
          *running = tcase_create("running");
    tcase_add_loop_test(failing, every_allocation_may_fail, 0, 2 * (int)(sizeof lives / sizeof *lives));
    tcase_add_loop_test(failing, every_allocation_of_the_process_may_fail_while_files_are_written_and_read, 0, 2);
    tcase_set_timeout(every, 60); /* for machines with other work to do */
    tcase_add_loop_test(every, of_any_operation_every_allocation_may_fail_and_running_makes_none, 0, example_count());
    tcase_add_loop_test(running, a_running_step_allocates_nothing, 1, 4);
    tcase_add_test(running, freeing_nothing_is_allowed);
    return run_cases("memory", failing, every, running, NULL);
}
