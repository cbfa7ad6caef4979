/* Small joint models, for tests that look inside a step. */
#ifndef MODELS_SMALL_JOINT_H
#define MODELS_SMALL_JOINT_H

#include "testing.h"

#include <models.h>
#include <string.h>

static inline om_joint *made_joint(const om_wiring *wiring, const om_joint_spec *spec)
{
    tn_error error = {0};
    om_joint *made = om_joint_new(wiring, spec, &error);
    ck_assert_msg(made != NULL, "%s", error.message);
    return made;
}

static inline tn_params *parameters_of(const om_joint *joint, uint64_t seed)
{
    tn_params *params = tn_params_new(TN_F64, seed);
    om_joint_declare(joint, params);
    ck_assert_int_eq(tn_params_seal(params, NULL), TN_OK);
    om_joint_initialise(joint, params);
    return params;
}

/* Gives `to` what `from` knows by the same names. */
static inline void copy_parameters(tn_params *to, tn_params *from)
{
    for (int i = 0; i < tn_params_count(to); i++) {
        tn_param_info info = tn_params_at(to, i);
        memcpy(info.data, tn_params_data(from, info.name), (size_t)tn_shape_size(info.shape) * sizeof(double));
    }
}

/* Reproducible numbers of no meaning. */
static inline double *numbers(int64_t count, uint32_t stream)
{
    double *x = tn_alloc((size_t)count * sizeof *x);
    for (int64_t i = 0; i < count; i++) x[i] = tn_random_uniform(3, stream, (uint64_t)i);
    return x;
}

/* An input of a graph; a list of them ends with {0}. */
typedef struct input {
    const char *name;
    const void *value;
} input;

/* A plan of the graph that has run once, on these inputs. */
static inline tn_plan *planned(tn_graph *g, const input *inputs)
{
    tn_error error = {0};
    tn_plan *plan = tn_plan_new(g, 0, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    for (; inputs->name; inputs++) ck_assert_int_eq(tn_bind(plan, inputs->name, inputs->value, &error), TN_OK);
    ck_assert_msg(tn_run(plan, &error) == TN_OK, "%s", error.message);
    return plan;
}

#endif
