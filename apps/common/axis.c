/* Axes: limits, ticks, places. */
#include "config.h"
#include "common/axis.h"

#include <math.h>

/* Beyond this, differences of values could overflow. */
#define LARGEST 1e150

static om_limits extended(om_limits limits, double value)
{
    if (!(fabs(value) <= LARGEST)) return limits;
    if (limits.low > limits.high) return (om_limits){value, value};
    return (om_limits){fmin(limits.low, value), fmax(limits.high, value)};
}

om_limits om_limits_of(size_t n, const double *values)
{
    om_limits limits = OM_NO_LIMITS;
    for (size_t i = 0; i < n; i++) limits = extended(limits, values[i]);
    return limits;
}

om_limits om_limits_of_floats(size_t n, const float *values, size_t stride)
{
    om_limits limits = OM_NO_LIMITS;
    for (size_t i = 0; i < n; i++) limits = extended(limits, values[i * stride]);
    return limits;
}

om_limits om_limits_of_positive(size_t n, const double *values)
{
    om_limits limits = OM_NO_LIMITS;
    for (size_t i = 0; i < n; i++)
        if (values[i] > 1 / LARGEST) limits = extended(limits, values[i]);
    return limits;
}

om_limits om_limits_join(om_limits a, om_limits b)
{
    if (b.low > b.high) return a;
    if (a.low > a.high) return b;
    return (om_limits){fmin(a.low, b.low), fmax(a.high, b.high)};
}

om_limits om_limits_pad(om_limits limits, double share)
{
    if (!(limits.low <= limits.high) || !(fabs(limits.low) <= LARGEST && fabs(limits.high) <= LARGEST))
        return (om_limits){0, 1};
    double length = limits.high - limits.low, size = fmax(fabs(limits.low), fabs(limits.high));
    if (length <= 1e-9 * size || length < 1 / LARGEST) {
        double room = size > 0 ? 0.2 * size : 0.5;
        return (om_limits){limits.low - room, limits.high + room};
    }
    return (om_limits){limits.low - share * length, limits.high + share * length};
}

om_limits om_limits_pad_log(om_limits limits, double share)
{
    if (!(limits.low <= limits.high) || !(limits.low > 0) || !(limits.high <= LARGEST)) return (om_limits){0.1, 1};
    double decades = log10(limits.high / limits.low), room = decades < 1e-3 ? 0.3 : share * decades;
    return (om_limits){limits.low * pow(10, -room), limits.high * pow(10, room)};
}

/* The bound nearest to `inner` beyond which no more than `allowed` of the values lie, or else `outer`. */
static double bound_between(double inner, double outer, size_t n, const double *values, size_t allowed)
{
    bool below = outer < inner;
    for (int i = 0; i < 32; i++) {
        double middle = inner + (outer - inner) * (i == 0 ? 0 : 0.5);
        size_t beyond = 0;
        for (size_t k = 0; k < n; k++) beyond += below ? values[k] < middle : values[k] > middle;
        if (beyond > allowed)
            inner = middle;
        else
            outer = middle;
    }
    return outer;
}

om_limits om_limits_beside(om_limits truth, size_t n, const double *learned, double reach)
{
    if (truth.low > truth.high) return om_limits_of(n, learned);
    om_limits base = om_limits_pad(truth, 0);
    double room = reach * (base.high - base.low);
    return (om_limits){bound_between(truth.low, base.low - room, n, learned, n / 1000),
                       bound_between(truth.high, base.high + room, n, learned, n / 1000)};
}

/* First multiple of step that is not below low, and how many fit; the slack forgives rounding. */
static double first_multiple(om_limits limits, double step, double *count)
{
    const double slack = 1e-9;
    double first = ceil(limits.low / step - slack), last = floor(limits.high / step + slack);
    *count = last - first + 1;
    return first;
}

om_ticks om_ticks_linear(om_limits limits, int wanted)
{
    static const double round_steps[] = {1, 2, 5};
    if (!(limits.low < limits.high)) limits = om_limits_pad(limits, 0);
    limits = om_limits_pad(limits, 0);
    double magnitude = floor(log10(limits.high - limits.low)), best = INFINITY, step = 0;
    for (int k = 0; k < 9; k++) {
        double exponent = magnitude - 2 + k / 3;
        double candidate =
            exponent < 0 ? round_steps[k % 3] / pow(10, -exponent) : round_steps[k % 3] * pow(10, exponent);
        double count, distance;
        first_multiple(limits, candidate, &count);
        distance = fabs(count - wanted);
        if (count >= OM_TICKS_MIN && count <= OM_TICKS_MAX && distance < best) best = distance, step = candidate;
    }
    om_ticks ticks = {0};
    double count, first = first_multiple(limits, step, &count);
    ticks.count = (int)count;
    for (int i = 0; i < ticks.count; i++) {
        ticks.value[i] = (first + i) * step;
        ticks.label[i] = om_text_tick(ticks.value[i], step);
    }
    return ticks;
}

static void add_tick(om_ticks *ticks, om_limits limits, double value, om_phrase label)
{
    if (value < limits.low * (1 - 1e-9) || value > limits.high * (1 + 1e-9) || ticks->count == OM_TICKS_MAX) return;
    ticks->value[ticks->count] = value;
    ticks->label[ticks->count++] = label;
}

om_ticks om_ticks_log(om_limits limits, int wanted)
{
    if (!(limits.low > 0) || !(limits.low < limits.high)) limits = om_limits_pad_log(limits, 0);
    double decades = log10(limits.high / limits.low);
    if (decades < 1) return om_ticks_linear(limits, wanted);
    int first = (int)floor(log10(limits.low) + 1e-9), last = (int)ceil(log10(limits.high) - 1e-9);
    int stride = (int)fmax(1, round(decades / (wanted < 4 ? 4 : wanted)));
    om_ticks ticks = {0};
    for (int exponent = first; exponent <= last; exponent++) {
        if (exponent % stride) continue;
        double power = pow(10, exponent);
        add_tick(&ticks, limits, power, decades < 3 ? om_text_tick(power, power) : om_text_power(exponent));
        for (int k = 2; k <= 5 && decades < 3; k += 3)
            add_tick(&ticks, limits, k * power, om_text_tick(k * power, power));
    }
    return ticks;
}

om_ticks om_axis_ticks(const om_axis *axis)
{
    int wanted = axis->wanted ? axis->wanted : 5;
    return axis->logarithmic ? om_ticks_log(axis->limits, wanted) : om_ticks_linear(axis->limits, wanted);
}

double om_axis_place(const om_axis *axis, double value)
{
    double low = axis->limits.low, high = axis->limits.high;
    if (!(fabs(value) <= LARGEST)) return NAN;
    if (!axis->logarithmic) return (value - low) / (high - low);
    return value > 0 ? log(value / low) / log(high / low) : NAN;
}
