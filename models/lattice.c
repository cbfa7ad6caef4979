/* The hexagonal lattice of columns and its symmetries. */
#include "config.h"
#include "lattice.h"
#include "array.h"

#include <math.h>

enum { MAX_EXTENT = 26754 }; /* the largest with 3 n (n + 1) + 1 <= INT32_MAX */

tn_status om_lattice_check(int32_t extent, tn_error *error)
{
    if (extent >= 0 && extent <= MAX_EXTENT) return TN_OK;
    return tn_fail(error, TN_EINVAL, "the extent of the lattice is %d, expected 0 to %d", (int)extent, MAX_EXTENT);
}

/* Columns in the k outermost rows on one side: n + 1 in the first, one more in each. */
static int32_t outer_rows(int32_t n, int32_t k)
{
    return k * (n + 1) + k * (k - 1) / 2;
}

int32_t om_lattice_column(const om_lattice *lattice, int32_t u, int32_t v)
{
    int32_t n = lattice->extent;
    if (u < -n || u > n || v < om_row_first(n, u) || v > om_row_last(n, u)) return -1;
    int32_t row = u <= 0 ? outer_rows(n, n + u) : lattice->columns - outer_rows(n, n - u + 1);
    return row + (v - om_row_first(n, u));
}

static void fill(om_lattice *lattice)
{
    int32_t n = lattice->extent;
    size_t c = 0;
    for (int32_t u = -n; u <= n; u++)
        for (int32_t v = om_row_first(n, u); v <= om_row_last(n, u); v++, c++) {
            lattice->u[c] = u;
            lattice->v[c] = v;
            lattice->position[2 * c] = (float)(u + v / 2.0);
            lattice->position[2 * c + 1] = (float)(v * sqrt(3) / 2);
        }
}

om_lattice *om_lattice_new(int32_t extent, tn_error *error)
{
    if (om_lattice_check(extent, error) != TN_OK) return NULL;
    om_lattice *lattice = tn_alloc(sizeof *lattice);
    if (!lattice) goto no_memory;
    lattice->extent = extent;
    lattice->columns = 3 * extent * (extent + 1) + 1;
    lattice->u = om_array(lattice->columns, sizeof *lattice->u);
    lattice->v = om_array(lattice->columns, sizeof *lattice->v);
    lattice->position = om_array(lattice->columns, 2 * sizeof *lattice->position);
    if (!lattice->u || !lattice->v || !lattice->position) goto no_memory;
    fill(lattice);
    return lattice;
no_memory:
    om_lattice_free(lattice);
    tn_fail(error, TN_ENOMEM, "no memory for a lattice of extent %d", (int)extent);
    return NULL;
}

void om_lattice_free(om_lattice *lattice)
{
    if (!lattice) return;
    tn_free(lattice->u);
    tn_free(lattice->v);
    tn_free(lattice->position);
    tn_free(lattice);
}

tn_status om_lattice_symmetry(const om_lattice *lattice, int symmetry, int32_t *permutation, tn_error *error)
{
    if (symmetry < 0 || symmetry >= OM_SYMMETRIES)
        return tn_fail(error, TN_EINVAL, "symmetry %d of the lattice, expected 0 to %d", symmetry, OM_SYMMETRIES - 1);
    for (int32_t c = 0; c < lattice->columns; c++) {
        int32_t u = lattice->u[c], v = lattice->v[c];
        if (symmetry >= 6) {
            u = u + v;
            v = -v;
        }
        for (int r = 0; r < symmetry % 6; r++) {
            int32_t sum = u + v;
            u = -v;
            v = sum;
        }
        permutation[c] = om_lattice_column(lattice, u, v);
    }
    return TN_OK;
}
