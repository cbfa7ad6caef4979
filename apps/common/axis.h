/* Axes: limits of data, round ticks, and the way from a value to its place. */
#ifndef OM_AXIS_H
#define OM_AXIS_H

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>

/* low <= high, or low > high where there is no data. */
typedef struct om_limits {
    double low, high;
} om_limits;

#define OM_NO_LIMITS ((om_limits){1, 0})

/* The limits of the finite values; the others are left out. */
om_limits om_limits_of(size_t n, const double *values);
om_limits om_limits_of_floats(size_t n, const float *values, size_t stride); /* values stride elements apart */
om_limits om_limits_of_positive(size_t n, const double *values);             /* values > 0 only, for logarithmic axes */
om_limits om_limits_join(om_limits a, om_limits b);                          /* holds both */

/* Limits fit for an axis: widened by a share of their length on both sides, with room around constant data, [0, 1]
 * without data. The logarithmic kind widens in decades and keeps low > 0. */
om_limits om_limits_pad(om_limits limits, double share);
om_limits om_limits_pad_log(om_limits limits, double share);

/* Limits for learned values beside true ones: they hold the truth and the learned values around it, but leave out up to
 * a thousandth of them at each end, and all that is further from the truth than `reach` times its length, so that wild
 * values do not squeeze the picture. Without truth, the limits of the learned values. */
om_limits om_limits_beside(om_limits truth, size_t n, const double *learned, double reach);

enum { OM_TICKS_MIN = 3, OM_TICKS_MAX = 9 };

typedef struct om_ticks {
    int count;
    double value[OM_TICKS_MAX];
    om_phrase label[OM_TICKS_MAX];
} om_ticks;

/* The ticks of an axis with these limits (low < high, finite): 1, 2 or 5 times a power of ten apart, inside the limits
 * and with room for no further one at either end, as near to `wanted` as 3 to 9 ticks allow.
 * Limits that no axis could have (equal, crossed, not finite) give the ticks of om_limits_pad of them. */
om_ticks om_ticks_linear(om_limits limits, int wanted);

/* Powers of ten (every second, third ... when there are many), with 2 and 5 between them when there are few; less than
 * a decade gets linear ticks. limits.low > 0. */
om_ticks om_ticks_log(om_limits limits, int wanted);

typedef struct om_axis {
    const char *label; /* lower case, with unit: "time (s)"; NULL for none */
    om_limits limits;
    bool logarithmic;
    bool bare;  /* neither line nor ticks */
    int wanted; /* ticks; 0 means 5 */
} om_axis;

om_ticks om_axis_ticks(const om_axis *axis);

/* Where value lies on the axis: 0 at limits.low, 1 at limits.high; NaN for what has no place (NaN, infinity,
 * and values <= 0 on a logarithmic axis). */
double om_axis_place(const om_axis *axis, double value);

#endif
