/* Quartiles. */
#include "config.h"
#include "statistics.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, int n, double share)
{
    double place = share * (n - 1);
    int below = (int)place, above = below + 1 < n ? below + 1 : below;
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

bench_quartiles bench_quartiles_of(double *values, int n)
{
    if (n == 0) return (bench_quartiles){0, NAN, NAN, NAN};
    qsort(values, (size_t)n, sizeof *values, ascending);
    return (bench_quartiles){n, quantile(values, n, 0.25), quantile(values, n, 0.5), quantile(values, n, 0.75)};
}
