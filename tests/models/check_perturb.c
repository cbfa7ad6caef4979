/* Null, hidden and ablated synapses. */
#include "config.h"
#include "core/memory.h"
#include "models.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static om_circuit *full;
static uint8_t *mask;

static void setup(void)
{
    tn_error error = {0};
    full = om_circuit_read(test_data("../apps/data/builtin.json"), 2, &error);
    ck_assert_msg(full != NULL, "%s", error.message);
    mask = malloc((size_t)full->synapses);
}

static void teardown(void)
{
    om_circuit_free(full);
    free(mask);
}

static int32_t *out_degree(const om_circuit *c)
{
    int32_t *degree = calloc((size_t)c->neurons, sizeof *degree);
    for (int32_t e = 0; e < c->synapses; e++) degree[c->source[e]]++;
    return degree;
}

static bool connects_to_itself(const om_circuit *c, int32_t i)
{
    for (int32_t e = 0; e < c->synapses; e++)
        if (c->source[e] == i && c->target[e] == i) return true;
    return false;
}

static void is_sorted(const om_circuit *c)
{
    for (int32_t e = 1; e < c->synapses; e++)
        ck_assert(c->target[e - 1] < c->target[e] ||
                  (c->target[e - 1] == c->target[e] && c->source[e - 1] < c->source[e]));
}

static void has_the_neurons_of(const om_circuit *a, const om_circuit *b)
{
    size_t n = (size_t)b->neurons;
    ck_assert_str_eq(a->name, b->name);
    ck_assert(a->neurons == b->neurons && a->columns == b->columns && a->types == b->types);
    ck_assert_int_eq(a->lattice->extent, b->lattice->extent);
    ck_assert_mem_eq(a->cell_type, b->cell_type, (size_t)b->types * sizeof *b->cell_type);
    ck_assert_mem_eq(a->type, b->type, n * sizeof *b->type);
    ck_assert_mem_eq(a->u, b->u, n * sizeof *b->u);
    ck_assert_mem_eq(a->v, b->v, n * sizeof *b->v);
    ck_assert_mem_eq(a->column, b->column, n * sizeof *b->column);
    ck_assert_mem_eq(a->is_input, b->is_input, n);
    ck_assert_mem_eq(a->time_constant, b->time_constant, n * sizeof *b->time_constant);
    ck_assert_mem_eq(a->resting_potential, b->resting_potential, n * sizeof *b->resting_potential);
}

static void has_the_synapses_of(const om_circuit *a, const om_circuit *b)
{
    size_t n = (size_t)b->synapses;
    ck_assert_int_eq(a->synapses, b->synapses);
    ck_assert_mem_eq(a->source, b->source, n * sizeof *b->source);
    ck_assert_mem_eq(a->target, b->target, n * sizeof *b->target);
    ck_assert_mem_eq(a->weight, b->weight, n * sizeof *b->weight);
    ck_assert_mem_eq(a->is_null, b->is_null, n);
}

static const double ratios[] = {0.02, 0.1, 0.25, 0.5, 1, 4, 1000};

START_TEST(null_synapses_leave_the_real_ones_alone)
{
    om_circuit *c = om_circuit_add_null(full, ratios[_i], 5, NULL);
    is_sorted(c);
    has_the_neurons_of(c, full);
    int32_t real = 0;
    for (int32_t e = 0; e < c->synapses; e++) {
        if (c->is_null[e]) {
            ck_assert_float_eq(c->weight[e], 0);
            ck_assert_int_ne(c->source[e], c->target[e]);
            continue;
        }
        ck_assert_int_lt(real, full->synapses);
        ck_assert_int_eq(c->source[e], full->source[real]);
        ck_assert_int_eq(c->target[e], full->target[real]);
        ck_assert_float_eq(c->weight[e], full->weight[real]);
        real++;
    }
    ck_assert_int_eq(real, full->synapses);
    om_circuit_free(c);
}
END_TEST

START_TEST(every_source_gets_its_share_of_null_synapses)
{
    om_circuit *c = om_circuit_add_null(full, ratios[_i], 5, NULL);
    int32_t *before = out_degree(full), *after = out_degree(c), sources = 0;
    for (int32_t i = 0; i < c->neurons; i++) {
        int32_t d = before[i], room = c->neurons - d - !connects_to_itself(full, i);
        sources += d > 0;
        ck_assert_int_eq(after[i] - d, d ? (int32_t)fmin(room, fmax(1, rint(ratios[_i] * d))) : 0);
    }
    ck_assert_int_gt(sources, 100);
    free(before);
    free(after);
    om_circuit_free(c);
}
END_TEST

START_TEST(every_source_loses_its_share_of_hidden_synapses_but_keeps_one)
{
    double ratio = fmin(ratios[_i], 1);
    om_circuit *c = om_circuit_hide(full, ratio, 5, mask, NULL);
    int32_t *before = out_degree(full), *after = out_degree(c), single = 0;
    for (int32_t i = 0; i < c->neurons; i++) {
        int32_t d = before[i];
        single += d == 1;
        ck_assert_int_eq(d - after[i], d ? (int32_t)fmin(d - 1, fmax(1, rint(ratio * d))) : 0);
    }
    ck_assert_int_gt(single, 0);
    is_sorted(c);
    has_the_neurons_of(c, full);
    free(before);
    free(after);
    om_circuit_free(c);
}
END_TEST

START_TEST(the_mask_leads_from_the_full_circuit_to_the_learners)
{
    om_circuit *c = om_circuit_hide(full, 0.3, 5, mask, NULL);
    int32_t e = 0;
    for (int32_t k = 0; k < full->synapses; k++) {
        if (!mask[k]) continue;
        ck_assert_int_eq(mask[k], 1);
        ck_assert_int_lt(e, c->synapses);
        ck_assert_int_eq(c->source[e], full->source[k]);
        ck_assert_int_eq(c->target[e], full->target[k]);
        ck_assert_float_eq(c->weight[e], full->weight[k]);
        e++;
    }
    ck_assert_int_eq(e, c->synapses);
    ck_assert_int_lt(e, full->synapses);
    om_circuit_free(c);
}
END_TEST

START_TEST(ablation_takes_the_weights_of_a_fraction_away)
{
    static const double fractions[] = {0, 0.001, 0.3, 0.5, 1};
    om_circuit *c = om_circuit_ablate(full, fractions[_i], 5, mask, NULL);
    has_the_neurons_of(c, full);
    int32_t count = 0;
    ck_assert_int_eq(c->synapses, full->synapses);
    for (int32_t e = 0; e < c->synapses; e++) {
        count += mask[e];
        ck_assert_int_eq(c->source[e], full->source[e]);
        ck_assert_int_eq(c->target[e], full->target[e]);
        ck_assert_float_eq(c->weight[e], mask[e] ? 0 : full->weight[e]);
        ck_assert_int_eq(c->is_null[e], 0);
    }
    ck_assert_int_eq(count, (int32_t)rint(fractions[_i] * full->synapses));
    om_circuit_free(c);
}
END_TEST

START_TEST(synapses_without_a_weight_have_nothing_to_lose)
{
    om_circuit *once = om_circuit_ablate(full, 0.3, 5, mask, NULL);
    ck_assert_int_eq(om_choose_ablated(once->synapses, once->weight, 0.5, 5, mask, NULL), TN_OK);
    int32_t acting = 0, chosen = 0;
    for (int32_t e = 0; e < once->synapses; e++) {
        acting += once->weight[e] != 0;
        chosen += mask[e];
        if (mask[e]) ck_assert_float_ne(once->weight[e], 0);
    }
    ck_assert_int_eq(chosen, (int32_t)rint(0.5 * acting));
    om_circuit_free(once);
}
END_TEST

/* --- all three ---------------------------------------------------------------------------------------------------- */

static om_circuit *perturb(int which, double ratio, uint64_t seed, tn_error *error)
{
    if (which == 0) return om_circuit_add_null(full, ratio, seed, error);
    if (which == 1) return om_circuit_hide(full, ratio, seed, mask, error);
    return om_circuit_ablate(full, ratio, seed, mask, error);
}

static bool equal(const om_circuit *a, const om_circuit *b)
{
    size_t n = (size_t)a->synapses;
    return a->synapses == b->synapses && !memcmp(a->source, b->source, n * sizeof *a->source) &&
           !memcmp(a->target, b->target, n * sizeof *a->target) && !memcmp(a->weight, b->weight, n * sizeof *a->weight);
}

START_TEST(the_choice_depends_on_the_seed_alone)
{
    om_circuit *a = perturb(_i, 0.4, 7, NULL), *b = perturb(_i, 0.4, 7, NULL), *c = perturb(_i, 0.4, 8, NULL);
    ck_assert(equal(a, b));
    ck_assert(!equal(a, c));
    om_circuit_free(a);
    om_circuit_free(b);
    om_circuit_free(c);
}
END_TEST

START_TEST(nothing_is_perturbed_at_ratio_0)
{
    om_circuit *c = perturb(_i, 0, 7, NULL);
    has_the_neurons_of(c, full);
    has_the_synapses_of(c, full);
    om_circuit_free(c);
}
END_TEST

/* Over many seeds every candidate is chosen about as often as any other: chi squared has a mean near their number and
 * a variance near twice that. */
START_TEST(every_choice_is_as_likely_as_any_other)
{
    enum { SEEDS = 400 };
    int32_t *degree = out_degree(full), source = 0;
    for (int32_t i = 0; i < full->neurons; i++)
        if (degree[i] > degree[source]) source = i;
    int32_t candidates = _i ? degree[source] : full->neurons - degree[source] - !connects_to_itself(full, source);
    ck_assert_int_gt(candidates, 20);

    int *chosen = calloc((size_t)full->neurons, sizeof *chosen), total = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        om_circuit *c = perturb(_i, 0.5, seed, NULL);
        const om_circuit *where = _i ? full : c;
        for (int32_t e = 0; e < where->synapses; e++) {
            bool is_chosen = _i == 0 ? c->is_null[e] : _i == 1 ? !mask[e] : mask[e];
            if (where->source[e] != source || !is_chosen) continue;
            chosen[where->target[e]]++;
            total++;
        }
        om_circuit_free(c);
    }
    double expected = (double)total / candidates, spread = -total;
    for (int32_t j = 0; j < full->neurons; j++) spread += chosen[j] * chosen[j] / expected;
    ck_assert_double_gt(expected, 20);
    ck_assert_double_lt(spread, candidates + 5 * sqrt(2 * candidates));
    free(degree);
    free(chosen);
}
END_TEST

START_TEST(a_ratio_out_of_range_is_refused)
{
    const double bad[] = {-0.1, (double)NAN, (double)INFINITY, 1.5};
    static const char *const words[] = {"ratio of null synapses", "ratio of hidden synapses", "ablated fraction"};
    for (int i = 0; i < (_i ? 4 : 3); i++) {
        tn_error error = {0};
        ck_assert_ptr_null(perturb(_i, bad[i], 7, &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
        ck_assert_msg(strstr(error.message, words[_i]) != NULL, "%s", error.message);
    }
}
END_TEST

/* 47,000 sources, each to be connected to nearly all of 47,251 neurons. */
START_TEST(too_many_null_synapses_are_refused)
{
    static const char text[] =
        "{\"format\": \"circuit/1\", \"name\": \"row\", \"cell_types\": [{\"name\": \"A\", \"stride\": [1, 1],"
        " \"role\": \"input\", \"time_constant\": 1, \"resting_potential\": 0}], \"synapses\": [{\"source\": \"A\","
        " \"target\": \"A\", \"sign\": 1, \"strength\": 1, \"offsets\": [[1, 0, 1]]}]}";
    tn_error error = {0};
    om_circuit *row = om_circuit_parse(text, strlen(text), "text", 125, &error);
    ck_assert_msg(row != NULL, "%s", error.message);
    ck_assert_ptr_null(om_circuit_add_null(row, 1e9, 7, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_msg(strstr(error.message, "more than 2147483647 synapses") != NULL, "%s", error.message);
    om_circuit_free(row);
}
END_TEST

START_TEST(running_out_of_memory_is_reported_and_leaks_nothing)
{
    long live = tn_live_allocations(), failures = 0;
    for (om_circuit *c = NULL; !c; failures++) {
        tn_error error = {0};
        tn_fail_allocation(failures, 0);
        c = perturb(_i, 0.5, 7, &error);
        ck_assert_int_eq(error.status, c ? TN_OK : TN_ENOMEM);
        om_circuit_free(c);
        ck_assert_int_eq(tn_live_allocations(), live);
    }
    tn_fail_allocation(-1, 0);
    ck_assert_int_gt(failures, 10);
}
END_TEST

int main(void)
{
    enum { RATIOS = sizeof ratios / sizeof *ratios };
    TCase *each = tcase_create("each");
    tcase_add_checked_fixture(each, setup, teardown);
    tcase_add_loop_test(each, null_synapses_leave_the_real_ones_alone, 0, RATIOS);
    tcase_add_loop_test(each, every_source_gets_its_share_of_null_synapses, 0, RATIOS);
    tcase_add_loop_test(each, every_source_loses_its_share_of_hidden_synapses_but_keeps_one, 0, RATIOS);
    tcase_add_test(each, the_mask_leads_from_the_full_circuit_to_the_learners);
    tcase_add_loop_test(each, ablation_takes_the_weights_of_a_fraction_away, 0, 5);
    tcase_add_test(each, synapses_without_a_weight_have_nothing_to_lose);
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, the_choice_depends_on_the_seed_alone, 0, 3);
    tcase_add_loop_test(all, nothing_is_perturbed_at_ratio_0, 0, 3);
    tcase_add_loop_test(all, every_choice_is_as_likely_as_any_other, 0, 3);
    tcase_add_loop_test(all, a_ratio_out_of_range_is_refused, 0, 3);
    tcase_add_loop_test(all, running_out_of_memory_is_reported_and_leaks_nothing, 0, 3);
    tcase_add_test(all, too_many_null_synapses_are_refused);
    return run_cases("perturb", each, all, NULL);
}
