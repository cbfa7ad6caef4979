/* Training as a whole: runs and steps together, on any number of threads, resumed, and with gradients added up over
 * several runs. */
#include "config.h"
#include "graph/params.h"
#include "graph/plan.h"
#include "oracle.h"
#include "plan_rules.h"
#include "random_graph.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a regression ---- */

/* y = 2 x0 - 3 x1 + 0.5 from 64 exact samples: after 2,000 steps with a cosine schedule the parameters are there. */
START_TEST(a_small_regression_converges)
{
    enum { N = 64 };
    tn_params *params = tn_params_new(TN_F32, 2);
    tn_params_add(params, "a", TN_SHAPE(1, 2), (tn_init){TN_INIT_NORMAL, 0, 1}, 0);
    tn_params_add(params, "b", TN_SHAPE(1), (tn_init){0}, 1);
    tn_params_seal(params, NULL);
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(N, 2)), *y = tn_input(g, "y", TN_F32, TN_SHAPE(N, 1));
    tn_node *loss = tn_mse(g, tn_linear(g, x, tn_param(g, params, "a"), tn_param(g, params, "b")), y);
    tn_output(g, "loss", loss);
    tn_params_grad(g, loss, params);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    float *x_data = tn_alloc(2 * N * sizeof *x_data), *y_data = tn_alloc(N * sizeof *y_data);
    for (int i = 0; i < 2 * N; i++) x_data[i] = (float)tn_random_normal(1, 1, (uint64_t)i);
    for (int i = 0; i < N; i++) y_data[i] = 2 * x_data[2 * i] - 3 * x_data[2 * i + 1] + 0.5f;
    tn_bind(plan, "x", x_data, NULL);
    tn_bind(plan, "y", y_data, NULL);
    tn_optimizer *adam = tn_optimizer_new(params, TN_ADAM_DEFAULTS, NULL);
    tn_schedule cosine = {TN_SCHEDULE_COSINE, 2000, 0, 100};
    for (int64_t step = 0; step < 2000; step++) {
        double rate = 0.05 * tn_schedule_at(&cosine, step);
        ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
        tn_optimizer_step(adam, (double[]){rate, rate});
    }
    const float *a = tn_params_data(params, "a"), *b = tn_params_data(params, "b");
    ck_assert_float_eq_tol(a[0], 2, 1e-5f);
    ck_assert_float_eq_tol(a[1], -3, 1e-5f);
    ck_assert_float_eq_tol(b[0], 0.5f, 1e-5f);
    tn_optimizer_free(adam);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_params_free(params);
    tn_free(x_data);
    tn_free(y_data);
}
END_TEST

/* ---- whole runs ---- */

/* A network of two layers, wide enough for several blocks of the optimizers' work and several segments of sums. */
typedef struct network {
    tn_params *params;
    tn_graph *g;
    tn_plan *plan;
    float *x, *y;
    int64_t rows;
} network;

enum { INPUTS = 30, WIDTH = 600, ALL_ROWS = 1600 };

static float *numbers(int64_t n, uint32_t stream)
{
    float *values = tn_alloc((size_t)n * sizeof *values);
    tn_fill_normal(values, n, 1, stream, 0);
    return values;
}

/* Its loss is the mean over a batch of so many rows, times scale. */
static network new_network(int64_t rows, double scale, unsigned options)
{
    network n = {.params = tn_params_new(TN_F32, 2), .g = tn_graph_new(TN_F32), .rows = rows};
    tn_init init = {TN_INIT_NORMAL, 0, 0.1};
    tn_params_add(n.params, "a", TN_SHAPE(WIDTH, INPUTS), init, 0);
    tn_params_add(n.params, "b", TN_SHAPE(WIDTH), init, 1);
    tn_params_add(n.params, "c", TN_SHAPE(1, WIDTH), init, 0);
    tn_params_seal(n.params, NULL);
    tn_node *x = tn_input(n.g, "x", TN_F32, TN_SHAPE(rows, INPUTS)), *y = tn_input(n.g, "y", TN_F32, TN_SHAPE(rows, 1));
    tn_node *h = tn_tanh(n.g, tn_linear(n.g, x, tn_param(n.g, n.params, "a"), tn_param(n.g, n.params, "b")));
    tn_node *loss = tn_scale(n.g, tn_mse(n.g, tn_linear(n.g, h, tn_param(n.g, n.params, "c"), NULL), y), scale);
    tn_output(n.g, "loss", loss);
    tn_params_grad(n.g, loss, n.params);
    n.plan = tn_plan_new(n.g, options, NULL);
    n.x = numbers(ALL_ROWS * INPUTS, 0);
    n.y = numbers(ALL_ROWS, 1);
    return n;
}

static void free_network(network *n)
{
    tn_plan_free(n->plan);
    tn_graph_free(n->g);
    tn_params_free(n->params);
    tn_free(n->x);
    tn_free(n->y);
}

/* Runs on the part of all rows of that number. */
static void run_part(network *n, int64_t part)
{
    int64_t first = part * n->rows % ALL_ROWS;
    tn_bind(n->plan, "x", n->x + first * INPUTS, NULL);
    tn_bind(n->plan, "y", n->y + first, NULL);
    ck_assert_int_eq(tn_run(n->plan, NULL), TN_OK);
}

/* The block of all values (which 0) or of a moment (1, 2); NULL: there is none. */
static void *block_of(const network *n, const tn_optimizer *optimizer, int which)
{
    return which ? tn_optimizer_moment(optimizer, 0, which) : n->params->data;
}

static size_t bytes(const network *n)
{
    return (size_t)n->params->length * sizeof(float);
}

static const tn_optimizer_config kinds[] = {
    {.kind = TN_SGD},
    {.kind = TN_SGD, .momentum = 0.9, .nesterov = true, .weight_decay = 1e-3, .clip_norm = 1},
    {.kind = TN_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .clip_norm = 0.5},
    {.kind = TN_ADAMW, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.1},
    {.kind = TN_RMSPROP, .beta2 = 0.99, .epsilon = 1e-8, .clip_value = 0.1},
    {.kind = TN_RMSPROP, .beta2 = 0.99, .epsilon = 1e-8, .momentum = 0.9},
};
enum { KINDS = sizeof kinds / sizeof *kinds, STEPS = 25 };

/* Steps of a run; the loss of the last one. */
static double train(network *n, tn_optimizer *optimizer, int64_t first, int64_t last)
{
    for (int64_t step = first; step < last; step++) {
        run_part(n, step);
        double rate = 3e-4 * (1 + (double)(step % 3));
        tn_optimizer_step(optimizer, (double[]){rate, 2 * rate});
    }
    return *(const float *)tn_result(n->plan, "loss");
}

START_TEST(a_whole_run_has_the_same_bits_on_any_number_of_threads)
{
    static const int threads[] = {1, 2, 4};
    void *first = NULL;
    for (int i = 0; i < 3; i++) {
        tn_set_threads(threads[i]);
        network n = new_network(ALL_ROWS / 2, 1, 0);
        ck_assert_int_eq(n.plan->threads, threads[i]);
        tn_optimizer *optimizer = tn_optimizer_new(n.params, kinds[_i], NULL);
        double early = train(&n, optimizer, 0, 1), late = train(&n, optimizer, 1, STEPS);
        ck_assert_msg(late < early, "the loss goes from %g to %g", early, late);
        if (!first) first = memcpy(malloc(bytes(&n)), n.params->data, bytes(&n));
        ck_assert_msg(!memcmp(first, n.params->data, bytes(&n)), "other bits on %d threads", threads[i]);
        tn_optimizer_free(optimizer);
        free_network(&n);
    }
    free(first);
}
END_TEST

START_TEST(a_run_resumed_from_its_moments_has_the_same_bits)
{
    network whole = new_network(100, 1, 0), half = new_network(100, 1, 0), other = new_network(100, 1, 0);
    tn_optimizer *one = tn_optimizer_new(whole.params, kinds[_i], NULL);
    tn_optimizer *begun = tn_optimizer_new(half.params, kinds[_i], NULL);
    tn_optimizer *resumed = tn_optimizer_new(other.params, kinds[_i], NULL);
    train(&whole, one, 0, STEPS);
    train(&half, begun, 0, STEPS / 2);
    for (int which = 0; which < 3; which++)
        if (block_of(&half, begun, which))
            memcpy(block_of(&other, resumed, which), block_of(&half, begun, which), bytes(&half));
    tn_optimizer_set_steps(resumed, tn_optimizer_steps(begun));
    train(&other, resumed, STEPS / 2, STEPS);
    for (int which = 0; which < 3; which++)
        if (block_of(&whole, one, which))
            ck_assert_mem_eq(block_of(&other, resumed, which), block_of(&whole, one, which), bytes(&whole));
    tn_optimizer *optimizers[] = {one, begun, resumed};
    for (int i = 0; i < 3; i++) tn_optimizer_free(optimizers[i]);
    free_network(&whole);
    free_network(&half);
    free_network(&other);
}
END_TEST

/* ---- gradients added up over runs ---- */

START_TEST(the_gradient_over_parts_is_that_of_the_whole_batch)
{
    enum { PARTS = 8 };
    network whole = new_network(ALL_ROWS, 1, 0);
    run_part(&whole, 0);
    const float *expected = whole.params->grad;
    float largest = 0, *first = NULL;
    for (int64_t i = 0; i < whole.params->length; i++) largest = fmaxf(largest, fabsf(expected[i]));
    for (int way = 0; way < 6; way++) {
        tn_set_threads((int[]){1, 2, 4}[way % 3]);
        unsigned options = TN_PLAN_ACCUMULATE | (way < 3 ? 0 : TN_PLAN_UNFUSED);
        network parts = new_network(ALL_ROWS / PARTS, 1.0 / PARTS, options);
        for (int again = 0; again < 2; again++) {
            tn_params_zero_gradient(parts.params);
            for (int part = 0; part < PARTS; part++) run_part(&parts, part);
        }
        const float *found = parts.params->grad;
        for (int64_t i = 0; i < whole.params->length; i++)
            if (!(fabsf(found[i] - expected[i]) <= 1e-6f * largest))
                ck_abort_msg("element %d is %g, not %g", (int)i, found[i], expected[i]);
        if (!first) first = memcpy(malloc(bytes(&parts)), found, bytes(&parts));
        ck_assert_msg(!memcmp(first, found, bytes(&parts)), "way %d has other bits", way);
        free_network(&parts);
    }
    free(first);
    free_network(&whole);
}
END_TEST

/* Gradients of every shape and origin, as random graphs have them: each run adds what a plain plan makes, in one
 * rounding, and results are left alone. */
static void check_added(const random_graph *r, unsigned options, int threads, const double *made)
{
    tn_params *params = r->params;
    tn_set_threads(threads);
    tn_plan *plan = tn_plan_new(r->g, options | TN_PLAN_ACCUMULATE, NULL);
    ck_assert_ptr_nonnull(plan);
    check_plan_rules(plan);
    void **memory = oracle_bind(r->g, plan);
    double *gradient = params->grad;
    for (int64_t i = 0; i < params->length; i++) gradient[i] = (double)(i % 5);
    for (int run = 0; run < 2; run++) ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    for (int p = 0; p < params->count; p++)
        for (int64_t k = 0; k < tn_shape_size(params->list[p].shape); k++) {
            int64_t i = params->list[p].offset + k;
            double expected = (double)(i % 5) + made[i] + made[i];
            if (gradient[i] != expected)
                ck_abort_msg("options %u, %d threads: element %d of gradient %d is %.17g, not %.17g", options, threads,
                             (int)k, p, gradient[i], expected);
        }
    oracle_unbind(r->g, memory);
    tn_plan_free(plan);
}

START_TEST(every_gradient_of_a_graph_is_added_in_one_rounding)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        random_graph r = random_graph_new(100 + seed, TN_F64);
        tn_set_threads(1);
        tn_plan *plain = tn_plan_new(r.g, 0, NULL);
        void **memory = oracle_bind(r.g, plain);
        ck_assert_int_eq(tn_run(plain, NULL), TN_OK);
        size_t size = (size_t)r.params->length * sizeof(double);
        double *made = memcpy(malloc(size), r.params->grad, size);
        static const unsigned options[] = {0, TN_PLAN_UNFUSED, TN_PLAN_CHECK};
        for (int way = 0; way < 9; way++) check_added(&r, options[way / 3], (int[]){1, 2, 4}[way % 3], made);
        free(made);
        oracle_unbind(r.g, memory);
        tn_plan_free(plain);
        random_graph_free(&r);
    }
}
END_TEST

/* Where the gradient has no memory of its own: it is an input, another parameter, a repeated number, or that of two
 * parameters at once, or there is none. */
START_TEST(gradients_that_are_not_computed_are_added_too)
{
    static const char *const names[] = {"same", "too", "bound", "other", "sum", "unused"};
    tn_params *params = tn_params_new(TN_F64, 1);
    for (int i = 0; i < 6; i++)
        tn_params_add(params, names[i], TN_SHAPE(2, 3), (tn_init){TN_INIT_CONSTANT, i + 1, 0}, 0);
    tn_params_seal(params, NULL);
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *of[6], *x = tn_input(g, "x", TN_F64, TN_SHAPE(2, 3));
    for (int i = 0; i < 6; i++) of[i] = tn_param(g, params, names[i]);
    tn_node *terms = tn_add(g, tn_mul(g, tn_add(g, of[0], of[1]), tn_sin(g, x)), tn_mul(g, of[2], x));
    terms = tn_add(g, terms, tn_mul(g, of[3], tn_detach(g, of[4])));
    tn_params_grad(g, tn_add(g, tn_sum(g, terms, TN_ALL, false), tn_sum(g, of[4], TN_ALL, false)), params);
    double *values = tn_alloc(6 * sizeof *values);
    for (int i = 0; i < 6; i++) values[i] = 0.25 * i;
    tn_plan *plan = tn_plan_new(g, TN_PLAN_ACCUMULATE, NULL);
    tn_bind(plan, "x", values, NULL);
    for (int run = 0; run < 3; run++) ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    for (int p = 0; p < 6; p++)
        for (int i = 0; i < 6; i++) {
            double one = p < 2 ? sin(values[i]) : p == 2 ? values[i] : p == 3 ? 5 : p == 4 ? 1 : 0;
            ck_assert_double_eq_tol(((double *)tn_params_gradient(params, names[p]))[i], 3 * one, 1e-14);
        }
    tn_params_zero_gradient(params);
    for (int p = 0; p < 6; p++) ck_assert_double_eq(((double *)tn_params_gradient(params, names[p]))[5], 0);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_params_free(params);
    tn_free(values);
}
END_TEST

int main(void)
{
    TCase *runs = tcase_create("runs"), *added = tcase_create("gradients added up");
    tcase_add_test(runs, a_small_regression_converges);
    tcase_add_loop_test(runs, a_whole_run_has_the_same_bits_on_any_number_of_threads, 0, KINDS);
    tcase_add_loop_test(runs, a_run_resumed_from_its_moments_has_the_same_bits, 0, KINDS);
    tcase_add_test(added, the_gradient_over_parts_is_that_of_the_whole_batch);
    tcase_add_test(added, every_gradient_of_a_graph_is_added_in_one_rounding);
    tcase_add_test(added, gradients_that_are_not_computed_are_added_too);
    return run_cases("training", runs, added, NULL);
}
