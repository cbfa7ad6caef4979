/* What several figures share. */
#ifndef OM_FIGURE_PARTS_H
#define OM_FIGURE_PARTS_H

#include "common/figure.h"
#include "common/plot.h"

/* "R² = 0.979"; empty where the value is not known (NaN). */
om_phrase om_note_value(const char *name, double value, int digits);

/* "n = 13,741", and what was left out: "2 not finite", "5 outside". Fills three lines. */
void om_note_tally(om_tally tally, om_phrase lines[3]);

/* n floats, stride elements apart, as an array of doubles, to be freed by the caller; NULL when out of memory. */
double *om_doubles(size_t n, const float *values, size_t stride);

/* Errors: TN_EINVAL a type index is not in [0, n_types). */
tn_status om_types_check(const om_types *types, size_t n, tn_error *error);

/* Names of types, each at the one of its points with finite x and y that is nearest to their mean; types without are
 * left out. With strays_first those furthest from the line y = x come first, else those with most points.
 *   labels   receives the array, to be freed by the caller; count its length
 * Errors: TN_ENOMEM. */
tn_status om_types_labels(const om_types *types, size_t n, const double *x, const double *y, bool strays_first,
                          om_label **labels, size_t *count, tn_error *error);

#endif
