/* Random numbers: known answers, moments, and independence of the number of threads. */
#include "config.h"
#include "core/vecmath.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From the known-answer file of Random123 (kat_vectors): counter and key zero. */
START_TEST(philox_gives_the_published_numbers)
{
    static const uint32_t expected[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    uint32_t bits[4];
    tn_random_bits(0, 0, 0, bits);
    ck_assert_mem_eq(bits, expected, sizeof expected);
}
END_TEST

START_TEST(streams_seeds_and_indices_give_different_numbers)
{
    ck_assert_double_ne(tn_random_uniform(1, 0, 0), tn_random_uniform(2, 0, 0));
    ck_assert_double_ne(tn_random_uniform(1, 0, 0), tn_random_uniform(1, 1, 0));
    ck_assert_double_ne(tn_random_uniform(1, 0, 0), tn_random_uniform(1, 0, 1));
}
END_TEST

START_TEST(normal_numbers_have_the_moments_of_the_normal_distribution)
{
    enum { N = 1000003 };
    float *x = malloc(N * sizeof *x);
    double moment[5] = {0};
    for (int block = 0; block < 10; block++) {
        tn_fill_normal(x, N, 7, 3, (uint64_t)block);
        for (int i = 0; i < N; i++)
            for (int k = 1; k <= 4; k++) moment[k] += pow(x[i], k);
    }
    for (int k = 1; k <= 4; k++) moment[k] /= 10.0 * N;
    ck_assert_double_eq_tol(moment[1], 0, 1.5e-3);
    ck_assert_double_eq_tol(moment[2], 1, 2e-3);
    ck_assert_double_eq_tol(moment[3], 0, 5e-3);
    ck_assert_double_eq_tol(moment[4], 3, 1.5e-2);
    free(x);
}
END_TEST

START_TEST(a_fill_is_the_same_on_any_number_of_threads_and_for_any_length)
{
    enum { N = 70001 };
    float *one = malloc(N * sizeof *one), *four = malloc(N * sizeof *four);
    tn_set_threads(1);
    tn_fill_normal(one, N, 5, 1, 9);
    tn_set_threads(4);
    tn_fill_normal(four, N, 5, 1, 9);
    ck_assert_mem_eq(one, four, N * sizeof *one);
    tn_fill_normal(four, 100, 5, 1, 9);
    ck_assert_mem_eq(one, four, N * sizeof *one);
    free(one);
    free(four);
}
END_TEST

/* ---- random tensors of plans ---- */

enum { ROWS = 3001, COLS = 37 };

/* Uniform and normal numbers, dropout and its gradient, at one step, on that many threads. */
typedef struct drawn {
    tn_dtype dtype;
    void *uniform, *normal, *dropped, *gradient;
} drawn;

static void *copy(const void *data, size_t bytes)
{
    return memcpy(malloc(bytes), data, bytes);
}

static drawn run_at(tn_dtype dtype, int32_t step, uint32_t stream, int threads)
{
    size_t bytes = ROWS * COLS * tn_dtype_size(dtype);
    tn_set_threads(threads);
    tn_graph *g = tn_graph_new(dtype);
    tn_random numbers = {.seed = 3, .stream = stream, .step = tn_input(g, "step", TN_I32, TN_SCALAR)}, others = numbers;
    tn_node *x = tn_full(g, TN_SHAPE(ROWS, COLS), 3), *dropped = tn_dropout(g, x, 0.25, numbers), *gradient;
    tn_grad(g, tn_sum(g, tn_square(g, dropped), TN_ALL, false), 1, &x, &gradient);
    others.stream++;
    tn_output(g, "uniform", tn_uniform(g, TN_SHAPE(ROWS, COLS), others));
    tn_output(g, "normal", tn_normal(g, TN_SHAPE(ROWS, COLS), others));
    tn_output(g, "dropped", dropped);
    tn_output(g, "gradient", gradient);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    int32_t *bound = tn_alloc(sizeof *bound);
    *bound = step;
    tn_bind(plan, "step", bound, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    drawn d = {dtype, copy(tn_result(plan, "uniform"), bytes), copy(tn_result(plan, "normal"), bytes),
               copy(tn_result(plan, "dropped"), bytes), copy(tn_result(plan, "gradient"), bytes)};
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(bound);
    return d;
}

static void free_drawn(drawn *d)
{
    free(d->uniform);
    free(d->normal);
    free(d->dropped);
    free(d->gradient);
}

static double at(const drawn *d, const void *data, int i)
{
    return d->dtype == TN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

/* Type _i. */
START_TEST(random_tensors_depend_on_step_and_stream_but_not_on_threads)
{
    size_t bytes = ROWS * COLS * tn_dtype_size((tn_dtype)_i);
    drawn first = run_at((tn_dtype)_i, 5, 1, 1);
    for (int threads = 2; threads <= 4; threads++) {
        drawn again = run_at((tn_dtype)_i, 5, 1, threads);
        ck_assert_mem_eq(first.uniform, again.uniform, bytes);
        ck_assert_mem_eq(first.normal, again.normal, bytes);
        ck_assert_mem_eq(first.dropped, again.dropped, bytes);
        ck_assert_mem_eq(first.gradient, again.gradient, bytes);
        free_drawn(&again);
    }
    for (int other = 0; other < 2; other++) {
        drawn different = run_at((tn_dtype)_i, other ? 5 : 6, other ? 2 : 1, 1);
        int equal = 0;
        for (int i = 0; i < ROWS * COLS; i++)
            equal += at(&first, first.uniform, i) == at(&different, different.uniform, i);
        ck_assert_int_lt(equal, 20);
        free_drawn(&different);
    }
    free_drawn(&first);
}
END_TEST

START_TEST(random_tensors_have_the_moments_of_their_distributions)
{
    enum { N = ROWS * COLS };
    drawn d = run_at((tn_dtype)_i, -1, 9, 2);
    double moment[5] = {0}, mean = 0, square = 0, neighbours = 0;
    for (int i = 0; i < N; i++) {
        double u = at(&d, d.uniform, i);
        ck_assert(u >= 0 && u < 1);
        mean += u / N;
        square += u * u / N;
        if (i) neighbours += (u - 0.5) * (at(&d, d.uniform, i - 1) - 0.5) / N;
        for (int k = 1; k <= 4; k++) moment[k] += pow(at(&d, d.normal, i), k) / N;
    }
    ck_assert_double_eq_tol(mean, 0.5, 4e-3); /* each four or more standard deviations wide */
    ck_assert_double_eq_tol(square, 1.0 / 3, 4e-3);
    ck_assert_double_eq_tol(neighbours, 0, 1.2e-3);
    ck_assert_double_eq_tol(moment[1], 0, 0.013);
    ck_assert_double_eq_tol(moment[2], 1, 0.018);
    ck_assert_double_eq_tol(moment[3], 0, 0.05);
    ck_assert_double_eq_tol(moment[4], 3, 0.12);
    free_drawn(&d);
}
END_TEST

/* y = 3 / 0.75 where kept, and d(sum y^2)/dx = 2 y / 0.75 there. */
START_TEST(dropout_drops_its_share_and_its_gradient_the_same_elements)
{
    drawn d = run_at((tn_dtype)_i, 7, 2, 2);
    int kept = 0;
    for (int i = 0; i < ROWS * COLS; i++) {
        double y = at(&d, d.dropped, i), dx = at(&d, d.gradient, i);
        if (fabs(y - (y != 0 ? 4 : 0)) > 1e-6 || fabs(dx - 2 * y / 0.75) > 1e-5)
            ck_abort_msg("element %d is %g, with derivative %g", i, y, dx);
        kept += y != 0;
    }
    ck_assert_double_eq_tol(kept / (double)(ROWS * COLS), 0.75, 0.006);
    free_drawn(&d);
}
END_TEST

/* Every element function against libm, on every instruction set of this machine. */
START_TEST(vector_functions_agree_with_libm_on_every_instruction_set)
{
    enum { N = 1003 };
    float x[N], s[N], c[N], y[N];
    for (const tn_vecmath *const *each = tn_vec_variants(); *each; each++) {
        for (int i = 0; i < N; i++) x[i] = (float)(tn_random_uniform(1, 0, (uint64_t)i) * 60 - 30);
        (*each)->sincos_f32(s, c, x, N);
        (*each)->sin_f32(y, x, N);
        ck_assert_mem_eq(s, y, sizeof s);
        (*each)->cos_f32(y, x, N);
        ck_assert_mem_eq(c, y, sizeof c);
        for (int i = 0; i < N; i++) {
            ck_assert_float_eq_tol(s[i], (float)sin(x[i]), 4e-7f);
            ck_assert_float_eq_tol(c[i], (float)cos(x[i]), 4e-7f);
        }
        (*each)->exp_f32(y, x, N);
        for (int i = 0; i < N; i++) ck_assert_double_eq_tol(y[i] / exp(x[i]), 1, 2e-7);
        (*each)->log_f32(y, y, N);
        for (int i = 0; i < N; i++) ck_assert_float_eq_tol(y[i], x[i], 4e-6f);
        (*each)->tanh_f32(y, x, N);
        for (int i = 0; i < N; i++) ck_assert_float_eq_tol(y[i], (float)tanh(x[i]), 4e-7f);
    }
}
END_TEST

int main(void)
{
    TCase *random = tcase_create("random");
    tcase_add_test(random, philox_gives_the_published_numbers);
    tcase_add_test(random, streams_seeds_and_indices_give_different_numbers);
    tcase_add_test(random, normal_numbers_have_the_moments_of_the_normal_distribution);
    tcase_add_test(random, a_fill_is_the_same_on_any_number_of_threads_and_for_any_length);
    TCase *tensors = tcase_create("tensors");
    tcase_add_loop_test(tensors, random_tensors_depend_on_step_and_stream_but_not_on_threads, TN_F32, TN_F64 + 1);
    tcase_add_loop_test(tensors, random_tensors_have_the_moments_of_their_distributions, TN_F32, TN_F64 + 1);
    tcase_add_loop_test(tensors, dropout_drops_its_share_and_its_gradient_the_same_elements, TN_F32, TN_F64 + 1);
    TCase *vectors = tcase_create("vectors");
    tcase_add_test(vectors, vector_functions_agree_with_libm_on_every_instruction_set);
    return run_cases("random", random, tensors, vectors, NULL);
}
