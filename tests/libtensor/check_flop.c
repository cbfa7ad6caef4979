/* What operations cost by count, and what the machine can do: what shares in profiles are made of. */
#include "config.h"
#include "graph/plan.h"
#include "testing.h"

#include <limits.h>
#include <string.h>

/* ---- counts ---- */

START_TEST(every_operation_says_how_its_flop_are_counted)
{
    for (const tn_family *family = tn_op_families; family->title; family++)
        for (const tn_op *op = family->ops; op->name; op++) {
            if (op->flags & TN_OP_LEAF || op->expand) continue;
            int ways = (op->flop > 0) + (op->cost != NULL) + (op->flags & TN_OP_MOVES ? 1 : 0);
            ck_assert_msg(ways == 1, "%s has %d ways to count FLOP", op->name, ways);
        }
}
END_TEST

START_TEST(flop_are_those_of_the_loops)
{
    static const int32_t row[] = {0, 2, 2}, col[] = {3, 1, 2}, index[] = {0, 1, 1, 2, 0};
    tn_sparsity *s = tn_sparsity_new(3, 4, 3, row, col, NULL), *by = tn_index_new(5, 3, index, NULL);
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *a = tn_input(g, "a", TN_F64, TN_SHAPE(5, 4)), *b = tn_input(g, "b", TN_F64, TN_SHAPE(4, 7));
    tn_node *v = tn_input(g, "v", TN_F64, TN_SHAPE(3)), *c = tn_input(g, "c", TN_F64, TN_SHAPE(2, 4, 5));
    const struct {
        const tn_node *node;
        double flop;
    } known[] = {
        {tn_matmul(g, a, b), 2 * 5 * 4 * 7},
        {tn_matmul(g, c, tn_matmul(g, a, b)), 2 * 8 * 5 * 7},
        {tn_matmul(g, c, tn_transpose(g, c)), 2 * 2 * 4 * 5 * 4},
        {tn_sum(g, c, TN_AXIS(1), false), 40},
        {tn_spmm(g, s, v, b), 2 * 3 * 7},
        {tn_sddmm(g, s, tn_slice(g, tn_reshape(g, c, TN_SHAPE(8, 5)), 0, 0, 3), tn_transpose(g, a)), 2 * 3 * 5},
        {tn_segment_sum(g, by, a), 5 * 4},
        {tn_gather_rows(g, by, tn_transpose(g, tn_slice(g, a, 1, 0, 3))), 0},
        {tn_exp(g, a), 20 * 20},
        {tn_concat(g, 2, (tn_node *[]){a, a}, 0), 0},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_msg(tn_node_flop(known[i].node) == known[i].flop, "%s: %g FLOP instead of %g",
                      tn_node_words(known[i].node).text, tn_node_flop(known[i].node), known[i].flop);
    tn_graph_free(g);
    tn_sparsity_free(s);
    tn_sparsity_free(by);
}
END_TEST

/* ---- the peak ---- */

START_TEST(the_peak_in_float64_is_half_of_that_in_float32)
{
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++) {
        tn_graph *g = tn_graph_new((tn_dtype)dtype);
        tn_node *x = tn_full(g, TN_SHAPE(40, 40), 1);
        tn_output(g, "y", tn_matmul(g, x, tn_exp(g, x)));
        tn_plan *plan = tn_plan_new(g, TN_PLAN_PROFILE, NULL);
        tn_run(plan, NULL);
        tn_peak peak = {.flops = 1, .bandwidth = 1e9}; /* arithmetic is the limit */
        tn_profile_row row = tn_profile_at(plan, tn_profile_count(plan) - 1, &peak);
        ck_assert(row.flop >= 2 * 40 * 40 * 40);
        ck_assert_double_eq_tol(row.share * row.seconds / row.flop, dtype == TN_F64 ? 2 : 1, 1e-9);
        tn_plan_free(plan);
        tn_graph_free(g);
    }
}
END_TEST

START_TEST(the_peak_of_the_machine_can_be_measured)
{
    tn_peak peak;
    for (int threads = 1; threads <= 2; threads++) {
        ck_assert_int_eq(tn_peak_measure(threads, true, &peak, NULL), TN_OK);
        ck_assert(peak.flops > 1e6 && peak.bandwidth > 1e6);
        ck_assert_ptr_nonnull(peak.instructions);
    }
}
END_TEST

START_TEST(the_peak_of_an_impossible_number_of_threads_is_an_error)
{
    static const int threads[] = {0, -1, INT_MIN, 1025, INT_MAX};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        tn_error error = {0};
        tn_peak peak = {1, 1, "any"};
        ck_assert_int_eq(tn_peak_measure(threads[i], true, &peak, &error), TN_EINVAL);
        ck_assert_ptr_nonnull(strstr(error.message, "threads, not 1 to 1024"));
        ck_assert(peak.flops == 0 && peak.bandwidth == 0);
    }
    ck_assert_int_eq(tn_peak_measure(1, true, NULL, NULL), TN_EINVAL);
}
END_TEST

int main(void)
{
    TCase *counts = tcase_create("counts"), *peak = tcase_create("peak");
    tcase_add_test(counts, every_operation_says_how_its_flop_are_counted);
    tcase_add_test(counts, flop_are_those_of_the_loops);
    tcase_add_test(peak, the_peak_in_float64_is_half_of_that_in_float32);
    tcase_add_test(peak, the_peak_of_the_machine_can_be_measured);
    tcase_add_test(peak, the_peak_of_an_impossible_number_of_threads_is_an_error);
    return run_cases("flop", counts, peak, NULL);
}
