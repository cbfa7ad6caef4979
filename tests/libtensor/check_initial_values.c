/* The initial values of parameters. */
#include "config.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>

static double get(tn_dtype dtype, const void *data, int64_t i)
{
    return dtype == TN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

enum { MANY = 200000 };

/* The initial values of one tensor of many numbers, declared among others. */
static double *initial(tn_dtype dtype, uint64_t seed, const char *name, tn_init init, int before, int after)
{
    tn_params *params = tn_params_new(dtype, seed);
    for (int i = 0; i < before; i++)
        tn_params_add(params, (char[]){(char)('a' + i), 0}, TN_SHAPE(13, i), (tn_init){TN_INIT_NORMAL, 0, 1}, 0);
    tn_params_add(params, name, TN_SHAPE(MANY), init, 0);
    for (int i = 0; i < after; i++) tn_params_add(params, (char[]){(char)('z' - i), 0}, TN_SHAPE(i), init, 0);
    ck_assert_int_eq(tn_params_seal(params, NULL), TN_OK);
    double *values = malloc(MANY * sizeof *values);
    for (int64_t i = 0; i < MANY; i++) values[i] = get(dtype, tn_params_data(params, name), i);
    tn_params_free(params);
    return values;
}

START_TEST(initial_values_depend_on_seed_and_name_only)
{
    const tn_init normal = {TN_INIT_NORMAL, 0.5, 2};
    tn_set_threads(1);
    double *expected = initial(TN_F64, 7, "weight", normal, 0, 0);
    tn_set_threads(3);
    double *among_others = initial(TN_F64, 7, "weight", normal, 5, 3);
    ck_assert_mem_eq(expected, among_others, MANY * sizeof *expected);
    double *single = initial(TN_F32, 7, "weight", normal, 1, 0);
    double *other_name = initial(TN_F64, 7, "weighs", normal, 0, 0);
    double *other_seed = initial(TN_F64, 8, "weight", normal, 0, 0);
    double name_product = 0, seed_product = 0;
    for (int i = 0; i < MANY; i++) {
        if (single[i] != (float)expected[i]) ck_abort_msg("float32 has other numbers than float64");
        name_product += (expected[i] - 0.5) * (other_name[i] - 0.5) / (4.0 * MANY);
        seed_product += (expected[i] - 0.5) * (other_seed[i] - 0.5) / (4.0 * MANY);
    }
    ck_assert_double_eq_tol(name_product, 0, 0.01); /* uncorrelated: 4.5 standard deviations */
    ck_assert_double_eq_tol(seed_product, 0, 0.01);
    double *all[] = {expected, among_others, single, other_name, other_seed};
    for (int i = 0; i < 5; i++) free(all[i]);
}
END_TEST

static const struct {
    tn_init init;
    double mean, deviation, low, high;
} distributions[] = {
    {{TN_INIT_CONSTANT, -1.25, 9}, -1.25, 0, -1.25, -1.25},
    {{TN_INIT_UNIFORM, -1, 3}, 1, 1.1547005383792515, -1, 3},
    {{TN_INIT_UNIFORM, 2, 2}, 2, 0, 2, 2},
    {{TN_INIT_NORMAL, -0.5, 0.1}, -0.5, 0.1, -1.1, 0.1},
    {{TN_INIT_NORMAL, 4, 0}, 4, 0, 4, 4},
};

START_TEST(initial_values_have_the_moments_asked_for)
{
    double *x = initial(TN_F64, 3, "w", distributions[_i].init, 0, 0), sum = 0, squares = 0;
    double low = x[0], high = x[0], mean = distributions[_i].mean, deviation = distributions[_i].deviation;
    for (int i = 0; i < MANY; i++) {
        sum += x[i] - mean;
        squares += (x[i] - mean) * (x[i] - mean);
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    ck_assert_double_le(fabs(sum / MANY), 0.01 * deviation);
    ck_assert_double_le(fabs(sqrt(squares / MANY) - deviation), 0.01 * deviation);
    ck_assert_double_ge(low, distributions[_i].low);
    ck_assert_double_le(high, distributions[_i].high);
    ck_assert_double_ge(high - low, 0.99 * 2 * (distributions[_i].init.kind == TN_INIT_NORMAL ? 4 : 1.73) * deviation);
    free(x);
}
END_TEST

int main(void)
{
    TCase *initial_values = tcase_create("initial values");
    tcase_add_test(initial_values, initial_values_depend_on_seed_and_name_only);
    tcase_add_loop_test(initial_values, initial_values_have_the_moments_asked_for, 0,
                        (int)(sizeof distributions / sizeof *distributions));
    return run_cases("initial values", initial_values, NULL);
}
