/* The first steps of optimizers against PyTorch: tests/data/optimizers.safetensors, written by
 * tests/tools/make_optimizer_values.py, which says what each tensor is. */
#include "config.h"
#include "tensor.h"
#include "testing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TENSORS = 2 };
static const char *const names[TENSORS] = {"a", "b"}, *const moments[] = {"first", "second"};

static tn_file *file;

/* Tensor GROUP.NAME of the file; NULL if it is not there. */
static const tn_tensor *find(const char *group, const char *name)
{
    char whole[160];
    snprintf(whole, sizeof whole, "%s.%s", group, name);
    return tn_file_find(file, whole);
}

static tn_params *begin(tn_dtype dtype)
{
    tn_params *params = tn_params_new(dtype, 1);
    for (int t = 0; t < TENSORS; t++) tn_params_add(params, names[t], find("begin", names[t])->shape, (tn_init){0}, t);
    ck_assert_int_eq(tn_params_seal(params, NULL), TN_OK);
    return params;
}

/* n numbers from a row of a tensor of the file. */
static void put(tn_dtype dtype, void *to, const tn_tensor *from, int64_t row, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double value = ((const double *)from->data)[row * n + i];
        if (dtype == TN_F64) ((double *)to)[i] = value;
        else ((float *)to)[i] = (float)value;
    }
}

static void compare(const char *what, int step, tn_dtype dtype, const void *found, const tn_tensor *expected,
                    int64_t row, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double wanted = ((const double *)expected->data)[row * n + i];
        double is = dtype == TN_F64 ? ((const double *)found)[i] : (double)((const float *)found)[i];
        if (!(fabs(is - wanted) <= (dtype == TN_F64 ? 1e-13 : 2e-6) * fmax(1, fabs(wanted))))
            ck_abort_msg("%s, step %d in %s: element %d is %.17g, not %.17g", what, step, tn_dtype_name(dtype), (int)i,
                         is, wanted);
    }
}

/* In the order of SETTINGS in the tool. */
typedef struct settings {
    double kind, momentum, nesterov, beta1, beta2, epsilon, decay[TENSORS], clip_norm, clip_value, rate[TENSORS];
} settings;

static tn_optimizer *new_optimizer(tn_params *params, const settings *s)
{
    tn_error error = {0};
    tn_optimizer_config config = {.kind = (int)s->kind, .momentum = s->momentum, .nesterov = s->nesterov > 0,
                                  .beta1 = s->beta1, .beta2 = s->beta2, .epsilon = s->epsilon,
                                  .group_weight_decay = s->decay, .clip_norm = s->clip_norm,
                                  .clip_value = s->clip_value};
    tn_optimizer *optimizer = tn_optimizer_new(params, config, &error);
    ck_assert_msg(optimizer != NULL, "%s", error.message);
    return optimizer;
}

/* Another optimizer that goes on where this one is. */
static tn_optimizer *hand_over(tn_optimizer *from, tn_params *params, const settings *s)
{
    tn_optimizer *to = new_optimizer(params, s);
    for (int t = 0; t < TENSORS; t++)
        for (int k = 1; k <= 2; k++)
            if (tn_optimizer_moment(from, t, k))
                memcpy(tn_optimizer_moment(to, t, k), tn_optimizer_moment(from, t, k),
                       (size_t)tn_shape_size(tn_params_at(params, t).shape) * tn_dtype_size(tn_params_dtype(params)));
    tn_optimizer_set_steps(to, tn_optimizer_steps(from));
    tn_optimizer_free(from);
    return to;
}

static void check_moments(const char *name, const tn_optimizer *optimizer, const tn_params *params)
{
    for (int t = 0; t < TENSORS; t++)
        for (int k = 0; k < 2; k++) {
            char key[32];
            snprintf(key, sizeof key, "%s.%s", names[t], moments[k]);
            const void *found = tn_optimizer_moment(optimizer, t, k + 1);
            const tn_tensor *expected = find(name, key);
            ck_assert_msg(!found == !expected, "%s: which moments there are", name);
            if (found)
                compare(name, -1, tn_params_dtype(params), found, expected, 0, tn_shape_size(expected->shape));
        }
}

static void check_case(const char *name, const settings *s, tn_dtype dtype, bool handed_over)
{
    tn_params *params = begin(dtype);
    tn_optimizer *optimizer = new_optimizer(params, s);
    int steps = (int)find("gradient", names[0])->shape.dim[0];
    for (int t = 0; t < TENSORS; t++) {
        tn_param_info p = tn_params_at(params, t);
        put(dtype, p.data, find("begin", p.name), 0, tn_shape_size(p.shape));
    }
    for (int step = 0; step < steps; step++) {
        if (handed_over && step == 3) optimizer = hand_over(optimizer, params, s);
        for (int t = 0; t < TENSORS; t++) {
            tn_param_info p = tn_params_at(params, t);
            put(dtype, p.grad, find("gradient", p.name), step, tn_shape_size(p.shape));
        }
        tn_optimizer_step(optimizer, s->rate);
        for (int t = 0; t < TENSORS; t++) {
            tn_param_info p = tn_params_at(params, t);
            compare(name, step, dtype, p.data, find(name, p.name), step, tn_shape_size(p.shape));
        }
    }
    check_moments(name, optimizer, params);
    tn_optimizer_free(optimizer);
    tn_params_free(params);
}

START_TEST(optimizers_make_the_steps_of_pytorch)
{
    static const char ending[] = ".settings";
    tn_error error = {0};
    file = tn_file_read(test_data("data/optimizers.safetensors"), &error);
    ck_assert_msg(file != NULL, "%s", error.message);
    int cases = 0;
    for (int i = 0; i < tn_file_count(file); i++) {
        tn_tensor tensor = tn_file_at(file, i);
        const char *end = strstr(tensor.name, ending);
        settings s;
        char name[64];
        if (!end) continue;
        ck_assert_int_eq(tn_shape_size(tensor.shape), (int)(sizeof s / sizeof(double)));
        memcpy(&s, tensor.data, sizeof s);
        snprintf(name, sizeof name, "%.*s", (int)(end - tensor.name), tensor.name);
        for (int way = 0; way < 4; way++) check_case(name, &s, way % 2 ? TN_F32 : TN_F64, way / 2);
        cases++;
    }
    ck_assert_int_ge(cases, 12);
    tn_file_free(file);
}
END_TEST

int main(void)
{
    TCase *values = tcase_create("values");
    tcase_add_test(values, optimizers_make_the_steps_of_pytorch);
    return run_cases("values of optimizers", values, NULL);
}
