/* Learning rate schedules. */
#include "config.h"
#include "tensor.h"

#include <math.h>

/* The factor at t, without the rise at the start. */
static double decayed(const tn_schedule *s, double t)
{
    if (s->steps <= 0) return 1;
    double length = (double)s->steps, done = t < length ? t / length : 1;
    switch (s->kind) {
    case TN_SCHEDULE_COSINE: return s->final + (1 - s->final) * (1 + cos(M_PI * done)) / 2;
    case TN_SCHEDULE_STEP: return pow(s->final, floor(t / length));
    case TN_SCHEDULE_LINEAR: return 1 + (s->final - 1) * done;
    case TN_SCHEDULE_EXPONENTIAL: return pow(s->final, done);
    default: return 1;
    }
}

double tn_schedule_at(const tn_schedule *s, int64_t step)
{
    if (!s || step < 0) return NAN;
    double t = (double)step, factor = decayed(s, t);
    return step < s->warmup ? factor * (t + 1) / (double)s->warmup : factor;
}
