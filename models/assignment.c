/* One-to-one matching of the largest benefit: shortest augmenting paths, one row after the other. */
#include "config.h"
#include "clustering.h"

#include <math.h>
#include <string.h>

/* Minimises the cost of matching n rows to m >= n columns. Duals u, v keep cost(i, j) - u[i] - v[j] >= 0, and 0 for
 * matched pairs. */
typedef struct matching {
    const double *benefit;
    int n, m, row_stride, column_stride; /* strides of benefit: the shorter side is always the rows */
    double *u, *v, *distance;            /* [n], [m], [m]: length of the shortest path from the new row */
    int32_t *column_of, *row_of;         /* [n], [m]: the matched one, or -1 */
    int32_t *before, *done;              /* [m]: the row before on the path; whether its length is final */
} matching;

static double cost(const matching *a, int i, int j)
{
    return -a->benefit[(int64_t)i * a->row_stride + (int64_t)j * a->column_stride];
}

/* Finds the shortest path from row start to a free column, by Dijkstra, and returns that column; *length receives
 * the path's length. */
static int shortest_path(matching *a, int start, double *length)
{
    int row = start, nearest;
    *length = 0;
    for (int j = 0; j < a->m; j++) {
        a->distance[j] = INFINITY;
        a->done[j] = 0;
    }
    do {
        nearest = -1;
        for (int j = 0; j < a->m; j++) {
            if (a->done[j]) continue;
            double through = *length + (cost(a, row, j) - a->u[row] - a->v[j]);
            if (through < a->distance[j]) {
                a->distance[j] = through;
                a->before[j] = row;
            }
            if (nearest < 0 || a->distance[j] < a->distance[nearest]) nearest = j;
        }
        *length = a->distance[nearest];
        a->done[nearest] = 1;
        row = a->row_of[nearest];
    } while (row >= 0);
    return nearest;
}

static void add_row(matching *a, int start)
{
    double length;
    int column = shortest_path(a, start, &length);
    a->u[start] += length;
    for (int j = 0; j < a->m; j++) {
        if (!a->done[j] || j == column) continue;
        a->u[a->row_of[j]] += length - a->distance[j];
        a->v[j] -= length - a->distance[j];
    }
    for (int row = -1; row != start;) { /* shifts the pairs along the path, from its end to its start */
        row = a->before[column];
        int freed = a->column_of[row];
        a->row_of[column] = row;
        a->column_of[row] = column;
        column = freed;
    }
}

tn_status om_assign(int32_t *column_of_row, const double *benefit, int rows, int cols, tn_error *error)
{
    if (rows < 0 || cols < 0) return tn_fail(error, TN_EINVAL, "a matching of %d rows to %d columns", rows, cols);
    for (int64_t e = 0; e < (int64_t)rows * cols; e++)
        if (!isfinite(benefit[e]))
            return tn_fail(error, TN_EINVAL, "benefit of row %lld and column %lld is %g", (long long)(e / cols),
                           (long long)(e % cols), benefit[e]);
    bool turned = rows > cols;
    matching a = {.benefit = benefit, .n = turned ? cols : rows, .m = turned ? rows : cols};
    a.row_stride = turned ? 1 : cols;
    a.column_stride = turned ? cols : 1;
    double *numbers = om_array((int64_t)a.n + 2 * (int64_t)a.m, sizeof *numbers);
    int32_t *indices = om_array((int64_t)a.n + 3 * (int64_t)a.m, sizeof *indices);
    tn_status status = TN_OK;
    if (!numbers || !indices)
        status = tn_fail(error, TN_ENOMEM, "a matching of %d rows to %d columns: out of memory", rows, cols);
    if (status == TN_OK) {
        a.u = numbers;
        a.v = a.u + a.n;
        a.distance = a.v + a.m;
        a.column_of = indices;
        a.row_of = a.column_of + a.n;
        a.before = a.row_of + a.m;
        a.done = a.before + a.m;
        memset(indices, -1, (size_t)(a.n + a.m) * sizeof *indices);
        for (int i = 0; i < a.n; i++) add_row(&a, i);
        memcpy(column_of_row, turned ? a.row_of : a.column_of, (size_t)rows * sizeof *column_of_row);
    }
    tn_free(numbers);
    tn_free(indices);
    return status;
}
