/* Statistics of the recovery metrics: straight lines, R2, ranks, medians, groups, and the frames that probes visit.
 * Sums are double and run in a fixed order. No variance: R2 and slope are 0. No values at all: NaN. A NaN or an
 * infinity among the values makes the results NaN. */
#ifndef OM_STATISTICS_H
#define OM_STATISTICS_H

#include "values.h"

/* ---- Straight lines ----------------------------------------------------------------------------------------- */

/* First and second moments of pairs (x, y), about their means. Zero-initialise; adding block by block keeps memory
 * constant. xx is the sum of (x - mean_x)^2, xy and yy likewise; difference is the sum of (y - x)^2. */
typedef struct om_moments {
    int64_t count;
    double mean_x, mean_y, xx, xy, yy, difference;
} om_moments;

/* Adds the n pairs (x[i], y[i]), or those where keep[i] is not 0 when keep is not NULL.
 * Each block is summed about its own mean, and blocks are joined as in Chan, Golub and LeVeque, The American
 * Statistician 37 (1983) 242: an array gives the same bits whatever the number of threads. */
void om_moments_add(om_moments *moments, om_values x, om_values y, const uint8_t *keep, int64_t n);

/* The least-squares line y = slope x + offset, with x the truth and y what was learned.
 *   r2           1 - SSres / SStot of that line, a squared correlation
 *   r2_identity  R2 of the line y = x: 1 - sum (y - x)^2 / sum (x - mean x)^2 */
typedef struct om_line {
    int64_t count;
    double slope, offset, r2, r2_identity;
} om_line;

om_line om_line_of(const om_moments *moments);

/* The line through the n pairs, or those that keep selects. */
om_line om_line_fit(om_values x, om_values y, const uint8_t *keep, int64_t n);

/* keep[i] = 1 where |learned[i] - truth[i]| <= limit, else 0 (also for NaN). Returns how many are kept. */
int64_t om_within(uint8_t *keep, const double *truth, const double *learned, int64_t n, double limit);

/* Pearson's correlation, NaN where the standard deviation (n in the divisor) of x or of y is at most
 * OM_NO_DEVIATION, as published. */
#define OM_NO_DEVIATION 1e-8
double om_pearson(const om_moments *moments);

/* ---- Order -------------------------------------------------------------------------------------------------- */

/* rank[i] = the place of values[i] in ascending order, counted from 1; equal values share the mean of their places.
 * All NaN if a value is NaN. Errors: TN_ENOMEM. */
tn_status om_ranks(double *rank, const double *values, int64_t n, tn_error *error);

/* Spearman's rank correlation: Pearson's of the ranks, ties averaged. NaN if a value is NaN or either side has no
 * two different values. Errors: TN_ENOMEM. */
tn_status om_spearman(double *correlation, const double *x, const double *y, int64_t n, tn_error *error);

/* The median, for an even number of values the lower of the two middle ones. Sorts values. NaN if a value is NaN. */
double om_lower_median(double *values, int64_t n);

/* ---- Spread ------------------------------------------------------------------------------------------------- */

/* Mean and standard deviation (count in the divisor) of the finite values among n; count says how many they are. */
typedef struct om_spread {
    int64_t count;
    double mean, sd;
} om_spread;

om_spread om_spread_of(const double *values, int64_t n);

/* Mean and standard deviation (count in the divisor) of the values of each group; 0 for a group without values.
 *   values, group [n], 0 <= group < groups     mean, sd [groups]; sd may be NULL
 * Errors: TN_EINVAL a group out of range; TN_ENOMEM. */
tn_status om_group_spread(double *mean, double *sd, const double *values, const int32_t *group, int64_t n,
                          int64_t groups, tn_error *error);

/* ---- Points ------------------------------------------------------------------------------------------------- */

/* Frames int(linspace(first, last, count)), both ends included. */
typedef struct om_frames {
    int64_t first, last, count;
} om_frames;

/* The frames that a probe of a recording visits: the ones asked for, limited to the recording, or all frames of a
 * recording shorter than OM_SHORT_RECORDING. None if the recording is empty or count < 1. */
#define OM_SHORT_RECORDING 200
om_frames om_probe_frames(int64_t recording, int64_t first, int64_t last, int64_t count);

/* Frame i of them: first + floor(i (last - first) / (count - 1)). */
int64_t om_frame_at(om_frames frames, int64_t i);

#endif
