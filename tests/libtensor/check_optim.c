/* Adam against a plain version in double, schedules, and the initial values of parameters. */
#include "config.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Adam ---- */

enum { TENSORS = 4, STEPS = 100, LARGEST = 20000 };

/* More than one block of Adam's division of work, a scalar, nothing, and a matrix. */
static const struct {
    const char *name;
    int rank;
    int64_t dim[2];
    int group;
} tensors[TENSORS] = {
    {"large", 1, {LARGEST, 0}, 0}, {"scalar", 0, {0, 0}, 1}, {"none", 2, {3, 0}, 1}, {"matrix", 2, {7, 5}, 2},
};

static tn_params *new_params(tn_dtype dtype)
{
    tn_params *params = tn_params_new(dtype, 5);
    for (int i = 0; i < TENSORS; i++)
        tn_params_add(params, tensors[i].name, tn_shape_of(tensors[i].rank, tensors[i].dim),
                      (tn_init){TN_INIT_NORMAL, 0, 1}, tensors[i].group);
    ck_assert_int_eq(tn_params_seal(params, NULL), TN_OK);
    return params;
}

static int64_t size_of(const tn_params *params, int i)
{
    return tn_shape_size(tn_params_at(params, i).shape);
}

static double get(tn_dtype dtype, const void *data, int64_t i)
{
    return dtype == TN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

/* Gradients of every size: most near 1, some tiny, some zero; from a list of random numbers read at varying places. */
static double gradient_at(int step, int tensor, int64_t i)
{
    enum { NUMBERS = 4099 };
    static double number[NUMBERS];
    for (uint64_t k = 0; number[NUMBERS - 1] == 0 && k < NUMBERS; k++) number[k] = (float)tn_random_normal(9, 0, k);
    double value = number[(7 * i + 1237 * step + 77 * tensor) % NUMBERS];
    return i % 11 == 3 ? 0 : i % 7 == 2 ? 0x1p-20 * value : value;
}

static void set_gradients(tn_params *params, int step)
{
    for (int t = 0; t < TENSORS; t++) {
        void *grad = tn_params_at(params, t).grad;
        for (int64_t i = 0; i < size_of(params, t); i++)
            if (tn_params_dtype(params) == TN_F64) ((double *)grad)[i] = gradient_at(step, t, i);
            else ((float *)grad)[i] = (float)gradient_at(step, t, i);
    }
}

/* The algorithm as its paper gives it, on one tensor after the other. */
typedef struct plain_adam {
    double *x[TENSORS], *first[TENSORS], *second[TENSORS];
    int64_t steps;
} plain_adam;

static plain_adam plain_new(const tn_params *params)
{
    plain_adam p = {.steps = 0};
    for (int t = 0; t < TENSORS; t++) {
        size_t n = (size_t)size_of(params, t) + 1;
        p.x[t] = calloc(n, sizeof(double));
        p.first[t] = calloc(n, sizeof(double));
        p.second[t] = calloc(n, sizeof(double));
        for (int64_t i = 0; i < size_of(params, t); i++)
            p.x[t][i] = get(tn_params_dtype(params), tn_params_at(params, t).data, i);
    }
    return p;
}

static void plain_reset(plain_adam *p, const tn_params *params)
{
    for (int t = 0; t < TENSORS; t++)
        for (int64_t i = 0; i < size_of(params, t); i++) p->first[t][i] = p->second[t][i] = 0;
    p->steps = 0;
}

static double plain_step(plain_adam *p, const tn_params *params, const tn_adam_config *c, const double *rate, int step)
{
    double squares = 0;
    for (int t = 0; t < TENSORS; t++)
        for (int64_t i = 0; i < size_of(params, t); i++) squares += pow(gradient_at(step, t, i), 2);
    double norm = sqrt(squares), clip = c->clip_norm > 0 && norm > c->clip_norm ? c->clip_norm / norm : 1;
    p->steps++;
    for (int t = 0; t < TENSORS; t++)
        for (int64_t i = 0; i < size_of(params, t); i++) {
            double g = clip * gradient_at(step, t, i), *m = &p->first[t][i], *v = &p->second[t][i];
            *m = c->beta1 * *m + (1 - c->beta1) * g;
            *v = c->beta2 * *v + (1 - c->beta2) * g * g;
            double m_hat = *m / (1 - pow(c->beta1, (double)p->steps));
            double v_hat = *v / (1 - pow(c->beta2, (double)p->steps));
            p->x[t][i] -= rate[tensors[t].group] * m_hat / (sqrt(v_hat) + c->epsilon);
        }
    return norm;
}

static void plain_free(plain_adam *p)
{
    for (int t = 0; t < TENSORS; t++) {
        free(p->x[t]);
        free(p->first[t]);
        free(p->second[t]);
    }
}

/* Largest difference between a tensor and what it should be, relative to the largest element, at least `scale`. */
static double difference(tn_dtype dtype, const void *data, const double *expected, int64_t n, double scale)
{
    double worst = 0;
    for (int64_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs(get(dtype, data, i) - expected[i]));
        scale = fmax(scale, fabs(expected[i]));
    }
    return worst / scale;
}

static void compare(const tn_params *params, const tn_adam *adam, const plain_adam *p, int step)
{
    tn_dtype dtype = tn_params_dtype(params);
    double tolerance = dtype == TN_F64 ? 1e-12 : 2e-5;
    ck_assert_int_eq(tn_adam_steps(adam), p->steps);
    for (int t = 0; t < TENSORS; t++) {
        const double *expected[] = {p->x[t], p->first[t], p->second[t]};
        for (int k = 0; k < 3; k++) {
            const void *data = k ? tn_adam_moment(adam, t, k) : tn_params_at(params, t).data;
            double off = difference(dtype, data, expected[k], size_of(params, t), k ? 1e-3 : 1);
            ck_assert_msg(off <= tolerance, "step %d, %s, %s: off by %g", step, tensors[t].name,
                          k == 0 ? "values" : k == 1 ? "first moment" : "second moment", off);
        }
    }
}

static const tn_adam_config configurations[] = {
    {0.9, 0.999, 1e-8, 0}, {0.9, 0.999, 1e-8, 100}, {0.5, 0.9, 1e-3, 1e6}, {0, 0, 1e-2, 3},
};

START_TEST(adam_follows_the_published_algorithm)
{
    const tn_adam_config *c = &configurations[_i];
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++) {
        tn_set_threads(1 + _i % 3);
        tn_params *params = new_params((tn_dtype)dtype);
        tn_adam *adam = tn_adam_new(params, *c, NULL);
        ck_assert_ptr_nonnull(adam);
        plain_adam plain = plain_new(params);
        for (int step = 0; step < STEPS; step++) {
            double rate[] = {1e-3 * (1 + step % 3), 0.02, step < 50 ? 1e-2 : 0};
            if (step == 40) {
                tn_adam_reset(adam);
                plain_reset(&plain, params);
            }
            if (step == 70) {
                tn_adam_set_steps(adam, 5000);
                plain.steps = 5000;
            }
            set_gradients(params, step);
            double norm = tn_adam_step(adam, rate), expected = plain_step(&plain, params, c, rate, step);
            ck_assert_double_eq_tol(norm, c->clip_norm > 0 ? expected : 0, 1e-6 * expected);
            if (step % 13 == 0 || step == STEPS - 1) compare(params, adam, &plain, step);
        }
        plain_free(&plain);
        tn_adam_free(adam);
        tn_params_free(params);
    }
}
END_TEST

START_TEST(adam_gives_the_same_bits_on_any_number_of_threads)
{
    float *first = malloc(LARGEST * sizeof *first);
    for (int threads = 1; threads <= 4; threads++) {
        tn_set_threads(threads);
        tn_params *params = new_params(TN_F32);
        tn_adam *adam = tn_adam_new(params, configurations[1], NULL);
        for (int step = 0; step < 5; step++) {
            set_gradients(params, step);
            tn_adam_step(adam, (double[]){1e-3, 1e-2, 1e-2});
        }
        if (threads == 1) memcpy(first, tn_params_data(params, "large"), LARGEST * sizeof *first);
        ck_assert_mem_eq(first, tn_params_data(params, "large"), LARGEST * sizeof *first);
        tn_adam_free(adam);
        tn_params_free(params);
    }
    free(first);
}
END_TEST

START_TEST(a_rate_of_zero_leaves_the_values_alone)
{
    tn_params *params = new_params(TN_F32);
    tn_adam *adam = tn_adam_new(params, TN_ADAM_DEFAULTS, NULL);
    float kept[35];
    memcpy(kept, tn_params_data(params, "matrix"), sizeof kept);
    set_gradients(params, 0);
    ck_assert_double_eq(tn_adam_step(adam, (double[]){1, 1, 0}), 0);
    ck_assert_mem_eq(kept, tn_params_data(params, "matrix"), sizeof kept);
    ck_assert_float_ne(*(float *)tn_adam_moment(adam, 3, 1), 0);
    tn_adam_free(adam);
    tn_params_free(params);
}
END_TEST

START_TEST(impossible_settings_of_adam_are_refused)
{
    tn_params *params = new_params(TN_F32), *open = tn_params_new(TN_F32, 1);
    static const tn_adam_config wrong[] = {
        {-0.1, 0.9, 1e-8, 0}, {1, 0.9, 1e-8, 0},   {NAN, 0.9, 1e-8, 0},  {0.9, 1, 1e-8, 0},   {0.9, -1, 1e-8, 0},
        {0.9, NAN, 1e-8, 0},  {0.9, 0.9, 0, 0},    {0.9, 0.9, -1, 0},    {0.9, 0.9, NAN, 0},  {0.9, 0.9, 1e-8, -1},
        {0.9, 0.9, 1e-8, NAN},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(tn_adam_new(params, wrong[i], &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
        ck_assert_str_eq(error.message, "Adam: beta must lie in [0, 1), epsilon above 0, clip_norm not below");
    }
    tn_error error = {0};
    ck_assert_ptr_null(tn_adam_new(open, TN_ADAM_DEFAULTS, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_str_eq(error.message, "Adam: the parameter set must be sealed");
    ck_assert_ptr_null(tn_adam_new(open, TN_ADAM_DEFAULTS, NULL));
    tn_adam_free(NULL);
    tn_params_free(params);
    tn_params_free(open);
}
END_TEST

/* ---- schedules ---- */

static const struct {
    tn_schedule schedule;
    int64_t step;
    double factor;
} moments[] = {
    {{TN_SCHEDULE_CONSTANT, 0, 0, 0}, 0, 1},
    {{TN_SCHEDULE_CONSTANT, 0, 0, 0}, 1000000, 1},
    {{TN_SCHEDULE_CONSTANT, 0, 0, 4}, 0, 0.25}, /* warmup: 1/4, 2/4, 3/4, 1, 1 */
    {{TN_SCHEDULE_CONSTANT, 0, 0, 4}, 2, 0.75},
    {{TN_SCHEDULE_CONSTANT, 0, 0, 4}, 3, 1},
    {{TN_SCHEDULE_CONSTANT, 0, 0, 4}, 4, 1},
    {{TN_SCHEDULE_COSINE, 100, 0.1, 0}, 0, 1},
    {{TN_SCHEDULE_COSINE, 100, 0.1, 0}, 50, 0.55},
    {{TN_SCHEDULE_COSINE, 300, 0.1, 0}, 100, 0.775}, /* 0.1 + 0.9 (1 + cos 60) / 2 */
    {{TN_SCHEDULE_COSINE, 100, 0.1, 0}, 100, 0.1},
    {{TN_SCHEDULE_COSINE, 100, 0.1, 0}, 101, 0.1},
    {{TN_SCHEDULE_COSINE, 100, 0.1, 0}, 5000, 0.1},
    {{TN_SCHEDULE_COSINE, 100, 0.1, 100}, 50, 0.55 * 51 / 100},
    {{TN_SCHEDULE_COSINE, 0, 0.1, 0}, 7, 1},
    {{TN_SCHEDULE_STEP, 10, 0.5, 0}, 9, 1},
    {{TN_SCHEDULE_STEP, 10, 0.5, 0}, 10, 0.5},
    {{TN_SCHEDULE_STEP, 10, 0.5, 0}, 39, 0.125},
    {{TN_SCHEDULE_STEP, 10, 0.5, 20}, 10, 0.5 * 11 / 20},
    {{TN_SCHEDULE_STEP, 0, 0.5, 0}, 10, 1},
};

START_TEST(schedules_have_the_factors_they_promise)
{
    ck_assert_double_eq_tol(tn_schedule_at(&moments[_i].schedule, moments[_i].step), moments[_i].factor, 1e-15);
}
END_TEST

/* ---- both together ---- */

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
    tn_adam *adam = tn_adam_new(params, TN_ADAM_DEFAULTS, NULL);
    tn_schedule cosine = {TN_SCHEDULE_COSINE, 2000, 0, 100};
    for (int64_t step = 0; step < 2000; step++) {
        double rate = 0.05 * tn_schedule_at(&cosine, step);
        ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
        tn_adam_step(adam, (double[]){rate, rate});
    }
    const float *a = tn_params_data(params, "a"), *b = tn_params_data(params, "b");
    ck_assert_float_eq_tol(a[0], 2, 1e-5f);
    ck_assert_float_eq_tol(a[1], -3, 1e-5f);
    ck_assert_float_eq_tol(b[0], 0.5f, 1e-5f);
    tn_adam_free(adam);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_params_free(params);
    tn_free(x_data);
    tn_free(y_data);
}
END_TEST

/* ---- initial values ---- */

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
    TCase *adam = tcase_create("Adam"), *schedules = tcase_create("schedules");
    TCase *initial_values = tcase_create("initial values");
    tcase_add_loop_test(adam, adam_follows_the_published_algorithm, 0,
                        (int)(sizeof configurations / sizeof *configurations));
    tcase_add_test(adam, adam_gives_the_same_bits_on_any_number_of_threads);
    tcase_add_test(adam, a_rate_of_zero_leaves_the_values_alone);
    tcase_add_test(adam, impossible_settings_of_adam_are_refused);
    tcase_add_loop_test(schedules, schedules_have_the_factors_they_promise, 0, (int)(sizeof moments / sizeof *moments));
    tcase_add_test(schedules, a_small_regression_converges);
    tcase_add_test(initial_values, initial_values_depend_on_seed_and_name_only);
    tcase_add_loop_test(initial_values, initial_values_have_the_moments_asked_for, 0,
                        (int)(sizeof distributions / sizeof *distributions));
    return run_cases("optimizing", adam, schedules, initial_values, NULL);
}
