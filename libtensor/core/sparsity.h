/* The places of the nonzeros of a matrix, by rows (CSR) and by columns (CSC). */
#ifndef TN_CORE_SPARSITY_H
#define TN_CORE_SPARSITY_H

#include "tensor.h"

struct tn_sparsity {
    int64_t rows, cols, entries;
    int64_t *row_start;  /* [rows + 1] entries of row i are row_start[i] .. row_start[i + 1] */
    int32_t *row, *col;  /* [entries] in CSR order */
    int64_t *col_start;  /* [cols + 1] */
    int32_t *csc_row;    /* [entries] row of each entry in CSC order */
    int32_t *csc_entry;  /* [entries] its place in CSR order */
    bool index;          /* made by tn_index_new: exactly one entry per row */
};

#endif
