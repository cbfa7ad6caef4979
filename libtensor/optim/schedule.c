/* Learning rate schedules. */
#include "config.h"
#include "tensor.h"

#include <math.h>

double tn_schedule_at(const tn_schedule *s, int64_t step)
{
    double factor = 1, t = (double)step;
    if (s->kind == TN_SCHEDULE_COSINE && s->steps > 0) {
        double done = t < (double)s->steps ? t / (double)s->steps : 1;
        factor = s->final + (1 - s->final) * (1 + cos(M_PI * done)) / 2;
    } else if (s->kind == TN_SCHEDULE_STEP && s->steps > 0) factor = pow(s->final, floor(t / (double)s->steps));
    return step < s->warmup ? factor * (t + 1) / (double)s->warmup : factor;
}
