/* Optimizers against plain versions in double, and schedules. */
#include "config.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- parameters and gradients ---- */

enum { TENSORS = 4, STEPS = 100, LARGEST = 50000 };

/* More than one block of the division of work, a scalar, nothing, and a matrix. */
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

/* ---- the rules as their papers give them, on one number after the other ---- */

typedef struct plain {
    double *x[TENSORS], *first[TENSORS], *second[TENSORS];
    int64_t steps;
} plain;

static plain plain_new(const tn_params *params)
{
    plain p = {.steps = 0};
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

static void plain_reset(plain *p, const tn_params *params)
{
    for (int t = 0; t < TENSORS; t++)
        for (int64_t i = 0; i < size_of(params, t); i++) p->first[t][i] = p->second[t][i] = 0;
    p->steps = 0;
}

/* One number: its value, moments, gradient and rate. */
static void plain_update(const tn_optimizer_config *c, double *x, double *m, double *v, double g, double rate,
                         double steps)
{
    switch (c->kind) {
    case TN_SGD:
        *m = c->momentum * *m + g;
        *x -= rate * (c->nesterov ? g + c->momentum * *m : *m);
        break;
    case TN_RMSPROP:
        *v = c->beta2 * *v + (1 - c->beta2) * g * g;
        *m = c->momentum * *m + g / (sqrt(*v) + c->epsilon);
        *x -= rate * *m;
        break;
    default:
        *m = c->beta1 * *m + (1 - c->beta1) * g;
        *v = c->beta2 * *v + (1 - c->beta2) * g * g;
        *x -= rate * (*m / (1 - pow(c->beta1, steps))) / (sqrt(*v / (1 - pow(c->beta2, steps))) + c->epsilon);
    }
}

static double plain_step(plain *p, const tn_params *params, const tn_optimizer_config *c, const double *rate, int step)
{
    double squares = 0;
    for (int t = 0; t < TENSORS; t++)
        for (int64_t i = 0; i < size_of(params, t); i++) squares += pow(gradient_at(step, t, i), 2);
    double norm = sqrt(squares), clip = c->clip_norm > 0 && norm > c->clip_norm ? c->clip_norm / norm : 1;
    p->steps++;
    for (int t = 0; t < TENSORS; t++) {
        int group = tensors[t].group;
        double decay = c->group_weight_decay ? c->group_weight_decay[group] : c->weight_decay;
        for (int64_t i = 0; i < size_of(params, t); i++) {
            double g = clip * gradient_at(step, t, i), *x = &p->x[t][i];
            if (c->clip_value > 0) g = fmax(-c->clip_value, fmin(c->clip_value, g));
            if (c->kind == TN_ADAMW) *x -= rate[group] * decay * *x;
            else g += decay * *x;
            plain_update(c, x, &p->first[t][i], &p->second[t][i], g, rate[group], (double)p->steps);
        }
    }
    return norm;
}

static void plain_free(plain *p)
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

static void compare(const tn_params *params, const tn_optimizer *optimizer, const plain *p, int step)
{
    tn_dtype dtype = tn_params_dtype(params);
    double tolerance = dtype == TN_F64 ? 1e-12 : 2e-5;
    ck_assert_int_eq(tn_optimizer_steps(optimizer), p->steps);
    for (int t = 0; t < TENSORS; t++) {
        const double *expected[] = {p->x[t], p->first[t], p->second[t]};
        for (int k = 0; k < 3; k++) {
            const void *data = k ? tn_optimizer_moment(optimizer, t, k) : tn_params_at(params, t).data;
            double off = data ? difference(dtype, data, expected[k], size_of(params, t), k ? 1e-3 : 1) : 0;
            ck_assert_msg(off <= tolerance, "step %d, %s, %s: off by %g", step, tensors[t].name,
                          k == 0 ? "values" : k == 1 ? "first moment" : "second moment", off);
        }
    }
}

/* ---- optimizers ---- */

static const double decays[] = {0.1, 0, 0.3};
static const tn_optimizer_config configurations[] = {
    {.kind = TN_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8},
    {.kind = TN_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .clip_norm = 100},
    {.kind = TN_ADAM, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-3, .clip_norm = 1e6, .weight_decay = 0.2},
    {.kind = TN_ADAM, .epsilon = 1e-2, .clip_norm = 3},
    {.kind = TN_ADAMW, .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-3, .weight_decay = 0.2},
    {.kind = TN_ADAMW, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-3, .group_weight_decay = decays, .clip_value = 0.7},
    {.kind = TN_SGD},
    {.kind = TN_SGD, .weight_decay = 0.1, .clip_value = 0.5, .clip_norm = 120},
    {.kind = TN_SGD, .momentum = 0.9, .group_weight_decay = decays},
    {.kind = TN_SGD, .momentum = 0.7, .nesterov = true, .clip_norm = 50},
    {.kind = TN_RMSPROP, .beta2 = 0.99, .epsilon = 1e-3},
    {.kind = TN_RMSPROP, .beta2 = 0.9, .epsilon = 1e-2, .momentum = 0.8, .weight_decay = 0.01},
};
enum { CONFIGURATIONS = sizeof configurations / sizeof *configurations };

START_TEST(optimizers_follow_their_published_rules)
{
    const tn_optimizer_config *c = &configurations[_i];
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++) {
        tn_set_threads(1 + _i % 3);
        tn_params *params = new_params((tn_dtype)dtype);
        tn_optimizer *optimizer = tn_optimizer_new(params, *c, NULL);
        ck_assert_ptr_nonnull(optimizer);
        plain p = plain_new(params);
        for (int step = 0; step < STEPS; step++) {
            double rate[] = {1e-3 * (1 + step % 3), 0.02, step < 50 ? 1e-2 : 0};
            if (step == 40) {
                tn_optimizer_reset(optimizer);
                plain_reset(&p, params);
            }
            if (step == 70) {
                tn_optimizer_set_steps(optimizer, 5000);
                p.steps = 5000;
            }
            set_gradients(params, step);
            double norm = tn_optimizer_step(optimizer, rate), expected = plain_step(&p, params, c, rate, step);
            ck_assert_double_eq_tol(norm, c->clip_norm > 0 ? expected : 0, 1e-6 * expected);
            if (step % 13 == 0 || step == STEPS - 1) compare(params, optimizer, &p, step);
        }
        plain_free(&p);
        tn_optimizer_free(optimizer);
        tn_params_free(params);
    }
}
END_TEST

START_TEST(a_step_has_the_same_bits_on_any_number_of_threads)
{
    double *first = malloc(LARGEST * sizeof *first);
    for (int threads = 1; threads <= 4; threads++) {
        tn_set_threads(threads);
        tn_params *params = new_params(TN_F64);
        tn_optimizer *optimizer = tn_optimizer_new(params, configurations[_i], NULL);
        for (int step = 0; step < 5; step++) {
            set_gradients(params, step);
            tn_optimizer_step(optimizer, (double[]){1e-3, 1e-2, 1e-2});
        }
        if (threads == 1) memcpy(first, tn_params_data(params, "large"), LARGEST * sizeof *first);
        ck_assert_mem_eq(first, tn_params_data(params, "large"), LARGEST * sizeof *first);
        tn_optimizer_free(optimizer);
        tn_params_free(params);
    }
    free(first);
}
END_TEST

START_TEST(moments_are_there_where_the_rule_has_them)
{
    static const struct {
        tn_optimizer_config config;
        bool first, second;
    } kinds[] = {
        {{.kind = TN_SGD}, false, false},
        {{.kind = TN_SGD, .momentum = 0.5}, true, false},
        {{.kind = TN_ADAM, .beta1 = 0.9, .beta2 = 0.9, .epsilon = 1}, true, true},
        {{.kind = TN_ADAMW, .epsilon = 1}, true, true},
        {{.kind = TN_RMSPROP, .epsilon = 1}, false, true},
        {{.kind = TN_RMSPROP, .epsilon = 1, .momentum = 0.5}, true, true},
    };
    tn_params *params = new_params(TN_F64);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        tn_optimizer *optimizer = tn_optimizer_new(params, kinds[i].config, NULL);
        for (int which = 1; which <= 2; which++) {
            const double *moment = tn_optimizer_moment(optimizer, 3, which);
            ck_assert_int_eq(moment != NULL, which == 1 ? kinds[i].first : kinds[i].second);
            if (moment) ck_assert_double_eq(moment[34], 0);
            ck_assert_ptr_null(tn_optimizer_moment(optimizer, -1, which));
            ck_assert_ptr_null(tn_optimizer_moment(optimizer, TENSORS, which));
        }
        ck_assert_ptr_null(tn_optimizer_moment(optimizer, 3, 0));
        ck_assert_ptr_null(tn_optimizer_moment(optimizer, 3, 3));
        ck_assert_int_eq(tn_optimizer_set_steps(optimizer, 7), TN_OK);
        ck_assert_int_eq(tn_optimizer_set_steps(optimizer, -5), TN_EINVAL);
        ck_assert_int_eq(tn_optimizer_steps(optimizer), 7);
        tn_optimizer_free(optimizer);
    }
    tn_params_free(params);
}
END_TEST

START_TEST(a_rate_of_zero_leaves_the_values_alone)
{
    tn_params *params = new_params(TN_F32);
    for (int i = 0; i < CONFIGURATIONS; i++) {
        tn_optimizer_config c = configurations[i];
        tn_optimizer *optimizer = tn_optimizer_new(params, c, NULL);
        float kept[35];
        memcpy(kept, tn_params_data(params, "matrix"), sizeof kept);
        set_gradients(params, 0);
        tn_optimizer_step(optimizer, (double[]){1, 1, 0});
        ck_assert_mem_eq(kept, tn_params_data(params, "matrix"), sizeof kept);
        const float *moment = tn_optimizer_moment(optimizer, 3, c.kind == TN_RMSPROP ? 2 : 1);
        if (moment) ck_assert_float_ne(moment[0], 0);
        tn_optimizer_free(optimizer);
    }
    tn_params_free(params);
}
END_TEST

#define ADAM(...) {.kind = TN_ADAM, .beta1 = 0.9, .beta2 = 0.9, .epsilon = 1, __VA_ARGS__}
static const struct {
    tn_optimizer_config config;
    const char *message;
} wrong[] = {
    {{.kind = TN_ADAM, .beta1 = -0.1, .epsilon = 1}, "Adam: beta1 is -0.1 and must lie in [0, 1)"},
    {{.kind = TN_ADAM, .beta1 = 1, .epsilon = 1}, "Adam: beta1 is 1 and must lie in [0, 1)"},
    {{.kind = TN_ADAM, .beta1 = NAN, .epsilon = 1}, "Adam: beta1 is nan and must lie in [0, 1)"},
    {{.kind = TN_ADAMW, .beta2 = 1, .epsilon = 1}, "AdamW: beta2 is 1 and must lie in [0, 1)"},
    {{.kind = TN_RMSPROP, .beta2 = -1, .epsilon = 1}, "RMSprop: beta2 is -1 and must lie in [0, 1)"},
    {{.kind = TN_ADAM, .epsilon = 0}, "Adam: epsilon is 0 and must be above 0"},
    {{.kind = TN_RMSPROP, .epsilon = NAN}, "RMSprop: epsilon is nan and must be above 0"},
    {{.kind = TN_SGD, .momentum = 1}, "SGD: momentum is 1 and must lie in [0, 1)"},
    {{.kind = TN_RMSPROP, .momentum = -1, .epsilon = 1}, "RMSprop: momentum is -1 and must lie in [0, 1)"},
    {{.kind = TN_SGD, .nesterov = true}, "SGD: nesterov is 1 and must go with SGD and momentum"},
    {ADAM(.nesterov = true, .momentum = 0.5), "Adam: nesterov is 1 and must go with SGD and momentum"},
    {ADAM(.clip_norm = -1), "Adam: clip_norm is -1 and must not be below 0"},
    {ADAM(.clip_norm = NAN), "Adam: clip_norm is nan and must not be below 0"},
    {ADAM(.clip_value = -1), "Adam: clip_value is -1 and must not be below 0"},
    {{.kind = TN_SGD, .weight_decay = -1}, "SGD: weight_decay is -1 and must not be below 0"},
    {{.kind = TN_SGD, .group_weight_decay = (double[]){0, 1, -1}},
     "SGD: the weight decay of group 2 is -1 and must not be below 0"},
    {{.kind = 7}, "there is no optimizer of kind 7"},
};

START_TEST(impossible_settings_are_refused)
{
    tn_params *params = new_params(TN_F32);
    tn_error error = {0};
    ck_assert_ptr_null(tn_optimizer_new(params, wrong[_i].config, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_str_eq(error.message, wrong[_i].message);
    tn_params_free(params);
}
END_TEST

START_TEST(an_open_set_is_refused)
{
    tn_params *open = tn_params_new(TN_F32, 1);
    tn_error error = {0};
    ck_assert_ptr_null(tn_optimizer_new(open, TN_ADAM_DEFAULTS, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_str_eq(error.message, "an optimizer wants a sealed parameter set");
    ck_assert_ptr_null(tn_optimizer_new(open, TN_ADAM_DEFAULTS, NULL));
    tn_optimizer_free(NULL);
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
    {{TN_SCHEDULE_LINEAR, 10, 0.2, 0}, 0, 1},
    {{TN_SCHEDULE_LINEAR, 10, 0.2, 0}, 5, 0.6},
    {{TN_SCHEDULE_LINEAR, 10, 0.2, 0}, 25, 0.2},
    {{TN_SCHEDULE_LINEAR, 10, 0, 4}, 1, 0.9 * 2 / 4},
    {{TN_SCHEDULE_EXPONENTIAL, 20, 0.01, 0}, 0, 1},
    {{TN_SCHEDULE_EXPONENTIAL, 20, 0.01, 0}, 10, 0.1},
    {{TN_SCHEDULE_EXPONENTIAL, 20, 0.01, 0}, 30, 0.01},
    {{TN_SCHEDULE_EXPONENTIAL, 0, 0.01, 0}, 30, 1},
};

START_TEST(schedules_have_the_factors_they_promise)
{
    ck_assert_double_eq_tol(tn_schedule_at(&moments[_i].schedule, moments[_i].step), moments[_i].factor, 1e-15);
}
END_TEST

START_TEST(a_schedule_has_no_factor_before_its_first_step)
{
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        ck_assert_double_nan(tn_schedule_at(&moments[i].schedule, -1));
}
END_TEST

int main(void)
{
    TCase *optimizers = tcase_create("optimizers"), *schedules = tcase_create("schedules");
    tcase_add_loop_test(optimizers, optimizers_follow_their_published_rules, 0, CONFIGURATIONS);
    tcase_add_loop_test(optimizers, a_step_has_the_same_bits_on_any_number_of_threads, 0, CONFIGURATIONS);
    tcase_add_test(optimizers, moments_are_there_where_the_rule_has_them);
    tcase_add_test(optimizers, a_rate_of_zero_leaves_the_values_alone);
    tcase_add_loop_test(optimizers, impossible_settings_are_refused, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(optimizers, an_open_set_is_refused);
    tcase_add_loop_test(schedules, schedules_have_the_factors_they_promise, 0, (int)(sizeof moments / sizeof *moments));
    tcase_add_test(schedules, a_schedule_has_no_factor_before_its_first_step);
    return run_cases("optimizing", optimizers, schedules, NULL);
}
