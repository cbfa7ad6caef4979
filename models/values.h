/* Arrays of either number type, read as double. */
#ifndef OM_VALUES_H
#define OM_VALUES_H

#include "array.h"

#include <math.h>
#include <tensor.h>

/* An array that is read, of float32, float64 or int32; borrowed. */
typedef struct om_values {
    const void *data;
    tn_dtype dtype;
} om_values;

static inline om_values om_f32(const float *data)
{
    return (om_values){data, TN_F32};
}

static inline om_values om_f64(const double *data)
{
    return (om_values){data, TN_F64};
}

/* out[0..n) = values[first..first + n) */
static inline void om_load(double *restrict out, om_values values, int64_t first, int64_t n)
{
    if (values.dtype == TN_F64) {
        const double *in = (const double *)values.data + first;
        for (int64_t i = 0; i < n; i++) out[i] = in[i];
    } else if (values.dtype == TN_F32) {
        const float *in = (const float *)values.data + first;
        for (int64_t i = 0; i < n; i++) out[i] = in[i];
    } else {
        const int32_t *in = (const int32_t *)values.data + first;
        for (int64_t i = 0; i < n; i++) out[i] = in[i];
    }
}

/* values[i] */
static inline double om_value_at(om_values values, int64_t i)
{
    double value;
    om_load(&value, values, i, 1);
    return value;
}

/* to[i] = value; of float32 or float64 */
static inline void om_value_put(void *to, tn_dtype number, int64_t i, double value)
{
    if (number == TN_F64) ((double *)to)[i] = value;
    else ((float *)to)[i] = (float)value;
}

/* What is not finite counts as 0 in what is recovered. */
static inline double om_finite_or_zero(double x)
{
    return isfinite(x) ? x : 0;
}

#endif
