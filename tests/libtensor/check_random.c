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
    TCase *vectors = tcase_create("vectors");
    tcase_add_test(vectors, vector_functions_agree_with_libm_on_every_instruction_set);
    return run_cases("random", random, vectors, NULL);
}
