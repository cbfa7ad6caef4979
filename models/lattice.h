/* The rows of the lattice: row u is the columns (u, v) from om_row_first to om_row_last. */
#ifndef OM_LATTICE_H
#define OM_LATTICE_H

#include "models.h"

static inline int32_t om_row_first(int32_t extent, int32_t u)
{
    return u < 0 ? -extent - u : -extent;
}

static inline int32_t om_row_last(int32_t extent, int32_t u)
{
    return u < 0 ? extent : extent - u;
}

/* TN_EINVAL unless a lattice can be that wide. */
tn_status om_lattice_check(int32_t extent, tn_error *error);

#endif
