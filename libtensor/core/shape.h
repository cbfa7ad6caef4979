/* Shapes as the inside of the library uses them. */
#ifndef TN_CORE_SHAPE_H
#define TN_CORE_SHAPE_H

#include "tensor.h"

/* A shape in words, "[3, 4]". */
typedef struct tn_words {
    char text[128];
} tn_words;
tn_words tn_shape_words(tn_shape shape);

/* A tensor seen as a matrix: the last axis is the columns, all axes before it are the rows. A scalar is 1 x 1, and
 * a vector of n is n x 1: its leading axis is what gets divided. */
int64_t tn_shape_cols(tn_shape shape);
int64_t tn_shape_rows(tn_shape shape);

/* The product of the sizes of axes first to last - 1, 1 of none. */
int64_t tn_shape_product(tn_shape shape, int first, int last);

/* Elements per step along the leading axis. */
int64_t tn_shape_stride0(tn_shape shape);
/* Size of the leading axis, 1 for a scalar. */
int64_t tn_shape_dim0(tn_shape shape);

/* False if the rank is impossible, a dimension is negative or there would be too many elements. */
bool tn_shape_valid(tn_shape shape);
#define TN_NO_SHAPE "is not a shape: 0 to 6 axes of sizes from 0 on, at most 2^40 elements"

#endif
