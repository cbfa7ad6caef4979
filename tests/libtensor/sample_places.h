/* Sparsities and indices of any size for samples, the same for the same sizes. They live as long as the process, as
 * graphs borrow them. */
#ifndef SAMPLE_PLACES_H
#define SAMPLE_PLACES_H

#include "tensor.h"

/* That many entries; 5 x 4 with 7 entries has an empty row and an empty column, and is known to
 * tests/tools/make_operation_values.py. */
const tn_sparsity *places(int64_t rows, int64_t cols, int64_t entries);

/* An index of that many rows into cols; 6 into 4 is known to the script too. */
const tn_sparsity *index_of(int64_t rows, int64_t cols);

#endif
