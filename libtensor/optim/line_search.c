/* Line search: algorithms 3.5 and 3.6 of Nocedal and Wright as one loop. `low` is the best place so far, `high` the
 * other end of an interval that must hold a good one, as soon as there is one. */
#include "config.h"
#include "optim/line_search.h"

#include <math.h>

/* The minimum of the cubic with the losses and slopes of two places (equation 3.59). May be NaN or anywhere. */
static double cubic(const tn_point *a, const tn_point *b)
{
    double d1 = a->slope + b->slope - 3 * (a->loss - b->loss) / (a->at - b->at);
    double d2 = copysign(sqrt(d1 * d1 - a->slope * b->slope), b->at - a->at);
    return b->at - (b->at - a->at) * (b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2);
}

static bool is_finite(const tn_point *p)
{
    return isfinite(p->loss) && isfinite(p->slope);
}

/* A trial within the interval, a tenth of it away from the ends so that it shrinks; nearer where the far end is
 * beyond all numbers. */
static double between(const tn_point *low, const tn_point *high)
{
    double width = high->at - low->at, share = 0.1;
    if (is_finite(high)) {
        share = (cubic(low, high) - low->at) / width;
        share = isnan(share) ? 0.5 : fmin(fmax(share, 0.1), 0.9);
    }
    return low->at + share * width;
}

/* A trial beyond all places so far, which all went down. */
static double beyond(const tn_point *before, const tn_point *last)
{
    return fmin(fmax(cubic(before, last), 2 * last->at), 10 * last->at);
}

tn_status tn_line_search_run(const tn_line_search *s, tn_point start, tn_point *found, bool *finite, tn_error *error)
{
    tn_point low = start, high = start, here = start;
    bool bracketed = false;
    double at = s->first;
    *finite = false;
    for (int i = 0; i < s->evaluations; i++) {
        here = (tn_point){.at = at};
        tn_status status = s->evaluate(s->problem, &here, error);
        if (status) return status;
        *finite |= is_finite(&here);
        double ceiling = start.loss + s->decrease * at * start.slope + s->rounding * fabs(start.loss);
        bool decreased = is_finite(&here) && here.loss <= ceiling;
        if (decreased && fabs(here.slope) <= -s->curvature * start.slope) {
            *found = here;
            return TN_OK;
        }
        tn_point before = low;
        if (!decreased || here.loss >= low.loss) {
            high = here;
            bracketed = true;
        } else {
            if (bracketed ? here.slope * (high.at - low.at) >= 0 : here.slope >= 0) {
                high = low;
                bracketed = true;
            }
            low = here;
        }
        at = bracketed ? between(&low, &high) : beyond(&before, &here);
    }
    *found = low;
    return low.at == start.at || low.at == here.at ? TN_OK : s->evaluate(s->problem, found, error);
}
