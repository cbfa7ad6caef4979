/* Parameter sets: named tensors in one flat block, gradients in another of the same layout. */
#include "config.h"
#include "graph/params.h"
#include "core/hash.h"
#include "core/memory.h"
#include "core/shape.h"

#include <string.h>

tn_params *tn_params_new(tn_dtype dtype, uint64_t seed)
{
    tn_params *params = tn_calloc(1, sizeof *params);
    if (!params) return NULL;
    params->dtype = dtype;
    params->seed = seed;
    if (dtype != TN_F32 && dtype != TN_F64) tn_fail(&params->error, TN_EDTYPE, "parameters must be float32 or float64");
    return params;
}

void tn_params_free(tn_params *params)
{
    if (!params) return;
    for (int i = 0; i < params->count; i++) tn_release(params->list[i].name);
    tn_release(params->list);
    tn_free(params->data);
    tn_free(params->grad);
    tn_release(params);
}

int tn_params_find(const tn_params *params, const char *name)
{
    for (int i = 0; params && name && i < params->count; i++)
        if (!strcmp(params->list[i].name, name)) return i;
    return -1;
}

void tn_params_add(tn_params *params, const char *name, tn_shape shape, tn_init init, int group)
{
    if (!params || params->error.status) return;
    tn_error *error = &params->error;
    if (!name) tn_fail(error, TN_EINVAL, "parameter %d: its name is missing: NULL instead of one", params->count);
    else if (params->data) tn_fail(error, TN_EINVAL, "parameter %s: the set is sealed", name);
    else if (!tn_shape_valid(shape) || group < 0)
        tn_fail(error, TN_EINVAL, "parameter %s: shape %s, group %d: not possible", name, tn_shape_words(shape).text,
                group);
    else if (init.kind != TN_INIT_CONSTANT && init.kind != TN_INIT_UNIFORM && init.kind != TN_INIT_NORMAL)
        tn_fail(error, TN_EINVAL, "parameter %s: there are no initial values of kind %d", name, (int)init.kind);
    else if (tn_params_find(params, name) >= 0) tn_fail(error, TN_ENAME, "parameter %s: the name is taken", name);
    else if (!TN_RESERVE(params->list, params->count, params->capacity))
        tn_fail(error, TN_ENOMEM, "parameter %s: out of memory", name);
    if (error->status) return;

    char *copy = tn_strdup(name);
    if (!copy) {
        tn_fail(error, TN_ENOMEM, "parameter %s: out of memory", name);
        return;
    }
    int64_t unit = (int64_t)(TN_ALIGN / tn_dtype_size(params->dtype));
    params->list[params->count++] =
        (tn_parameter){.name = copy, .shape = shape, .init = init, .group = group, .offset = params->length};
    params->length += (tn_shape_size(shape) + unit - 1) / unit * unit;
}

static double initial_value(const tn_init *init, uint64_t seed, uint32_t stream, uint64_t i)
{
    switch (init->kind) {
    case TN_INIT_UNIFORM: return init->a + (init->b - init->a) * tn_random_uniform(seed, stream, i);
    case TN_INIT_NORMAL: return init->a + init->b * tn_random_normal(seed, stream, i);
    default: return init->a;
    }
}

static void initialise(tn_params *params, int i)
{
    const tn_parameter *p = &params->list[i];
    uint32_t stream = tn_hash(TN_HASH_START, p->name, strlen(p->name)); /* whatever other parameters there are */
    int64_t size = tn_shape_size(p->shape);
    void *data = tn_params_place(params, params->data, i);
#pragma omp parallel for num_threads(tn_threads()) if (size > 10000)
    for (int64_t k = 0; k < size; k++) {
        double value = initial_value(&p->init, params->seed, stream, (uint64_t)k);
        if (params->dtype == TN_F64) ((double *)data)[k] = value;
        else ((float *)data)[k] = (float)value;
    }
}

tn_status tn_params_seal(tn_params *params, tn_error *error)
{
    if (!params) return tn_fail(error, TN_EINVAL, TN_NO_SET);
    if (params->error.status) return tn_fail(error, params->error.status, "%s", params->error.message);
    if (params->data) return TN_OK;
    size_t bytes = (size_t)params->length * tn_dtype_size(params->dtype);
    params->data = tn_alloc(bytes);
    params->grad = tn_alloc(bytes);
    if (!params->data || !params->grad) {
        tn_free(params->data);
        tn_free(params->grad);
        params->data = params->grad = NULL;
        return tn_fail(error, TN_ENOMEM, "no memory for %lld parameters", (long long)tn_params_size(params));
    }
    for (int i = 0; i < params->count; i++) initialise(params, i);
    return TN_OK;
}

void *tn_params_place(const tn_params *params, void *block, int i)
{
    return block ? (char *)block + (size_t)params->list[i].offset * tn_dtype_size(params->dtype) : NULL;
}

int tn_params_count(const tn_params *params)
{
    return params ? params->count : 0;
}

tn_param_info tn_params_at(const tn_params *params, int i)
{
    if (i < 0 || i >= tn_params_count(params)) return (tn_param_info){0};
    const tn_parameter *p = &params->list[i];
    return (tn_param_info){.name = p->name, .shape = p->shape, .group = p->group,
                           .data = tn_params_place(params, params->data, i),
                           .grad = tn_params_place(params, params->grad, i)};
}

void *tn_params_data(const tn_params *params, const char *name)
{
    int i = tn_params_find(params, name);
    return i < 0 ? NULL : tn_params_place(params, params->data, i);
}

void *tn_params_gradient(const tn_params *params, const char *name)
{
    int i = tn_params_find(params, name);
    return i < 0 ? NULL : tn_params_place(params, params->grad, i);
}

void tn_params_zero_gradient(tn_params *params)
{
    if (params && params->grad) memset(params->grad, 0, (size_t)params->length * tn_dtype_size(params->dtype));
}

tn_dtype tn_params_dtype(const tn_params *params)
{
    return params ? params->dtype : TN_F32;
}

int64_t tn_params_size(const tn_params *params)
{
    int64_t size = 0;
    for (int i = 0; params && i < params->count; i++) size += tn_shape_size(params->list[i].shape);
    return size;
}
