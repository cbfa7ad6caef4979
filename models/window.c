/* Frames of a recording as the SIREN, or each network of a bank, sees them. */
#include "config.h"
#include "joint.h"
#include "values.h"

#include <math.h>

static double time_of(const om_joint *joint, int64_t frame)
{
    return (double)frame * joint->spec.t_scale + joint->spec.t_offset;
}

void om_joint_point(const om_joint *joint, int window, int64_t frame, int64_t column, double point[3])
{
    const om_joint_spec *spec = &joint->spec;
    point[0] = om_siren_time(&spec->siren, window, time_of(joint, frame));
    for (int i = 0; i < 2; i++) point[1 + i] = joint->wiring.position[2 * column + i] * spec->xy_scale;
}

void om_joint_coordinates(const om_joint *joint, int window, tn_dtype number, int64_t n, const int64_t *frame,
                          void *out)
{
    for (int64_t c = 0; c < joint->wiring.columns; c++)
        for (int64_t k = 0; k < n; k++) {
            double x[3];
            om_joint_point(joint, window, frame[k], c, x);
            for (int i = 0; i < 3; i++) om_value_put(out, number, (c * n + k) * 3 + i, x[i]);
        }
}

om_blend om_joint_blend(const om_joint *joint, int64_t frame)
{
    return om_siren_blend(&joint->spec.siren, time_of(joint, frame));
}

/* The first frame from which on the window's time is not below t. */
static int64_t first_from(const om_joint *joint, int window, double t, int64_t frames)
{
    int64_t low = 0, high = frames;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (om_siren_time(&joint->spec.siren, window, time_of(joint, middle)) < t) low = middle + 1;
        else high = middle;
    }
    return low;
}

int64_t om_joint_window(const om_joint *joint, int window, int64_t frames, int64_t *first)
{
    *first = 0;
    if (joint->spec.siren.windows == 1) return frames;
    *first = first_from(joint, window, -1, frames);
    return first_from(joint, window, nextafter(1, 2), frames) - *first;
}
