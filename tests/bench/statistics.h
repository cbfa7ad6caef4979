/* Quartiles. */
#ifndef BENCH_STATISTICS_H
#define BENCH_STATISTICS_H

typedef struct bench_quartiles {
    int n;
    double lower, median, upper; /* NaN where n is 0 */
} bench_quartiles;

/* Sorts the values and interpolates linearly between them (Hyndman and Fan, Sample quantiles in statistical packages,
 * The American Statistician 50 (1996) 361, definition 7). */
bench_quartiles bench_quartiles_of(double *values, int n);

#endif
