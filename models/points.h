/* Points in space, laid out for vector registers: LANES points side by side, feature after feature. */
#ifndef OM_POINTS_H
#define OM_POINTS_H

#include "values.h"

enum { OM_LANES = 64 }; /* points of a block; part of the result */

typedef struct om_points {
    int64_t count, blocks;
    int features;
    double *data; /* [blocks, features, OM_LANES]; places behind the last point are 0 */
} om_points;

/* The points x [n, features], copied. Errors: TN_EINVAL n < 0 or features < 1; TN_ENUMERIC names the first value that
 * is not finite; TN_ENOMEM. */
tn_status om_points_new(om_points *points, const double *x, int64_t n, int features, tn_error *error);
void om_points_free(om_points *points);

/* Feature f of the points of block b, [OM_LANES]. */
static inline const double *om_points_at(const om_points *points, int64_t block, int feature)
{
    return points->data + (block * points->features + feature) * OM_LANES;
}

/* How many points block b really has. */
static inline int om_points_in(const om_points *points, int64_t block)
{
    int64_t left = points->count - block * OM_LANES;
    return left < OM_LANES ? (int)left : OM_LANES;
}

/* Feature f of point i. */
static inline double om_point(const om_points *points, int64_t i, int feature)
{
    return om_points_at(points, i / OM_LANES, feature)[i % OM_LANES];
}

#endif
