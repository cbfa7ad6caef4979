/* Linear least squares, one small problem per neuron. */
#include "config.h"
#include "least_squares.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { TILE = 64 }; /* neurons side by side in vector registers */

struct om_fit {
    int64_t neurons, frames;
    int columns;
    double *mean;   /* [tiles, P + 1, TILE]; series P is y */
    double *factor; /* [tiles, (P + 1)(P + 2) / 2, TILE]: the upper triangle, row after row */
};

static int64_t tiles(int64_t neurons)
{
    return neurons / TILE + (neurons % TILE != 0);
}

static int triangle(int n)
{
    return n * (n + 1) / 2;
}

om_fit *om_fit_new(int64_t neurons, int columns, tn_error *error)
{
    if (neurons < 0 || columns < 1 || columns > OM_FIT_COLUMNS) {
        tn_fail(error, TN_EINVAL, "least squares of %lld neurons with %d columns; there may be 1 to %d columns",
                (long long)neurons, columns, OM_FIT_COLUMNS);
        return NULL;
    }
    om_fit *fit = om_array(1, sizeof *fit);
    if (fit) {
        size_t series = (size_t)columns + 1;
        fit->neurons = neurons;
        fit->columns = columns;
        fit->mean = om_array(tiles(neurons), series * TILE * sizeof *fit->mean);
        fit->factor = om_array(tiles(neurons), (size_t)triangle((int)series) * TILE * sizeof *fit->factor);
    }
    if (!fit || !fit->mean || !fit->factor) {
        om_fit_free(fit);
        tn_fail(error, TN_ENOMEM, "least squares of %lld neurons: out of memory", (long long)neurons);
        return NULL;
    }
    return fit;
}

void om_fit_free(om_fit *fit)
{
    if (!fit) return;
    tn_free(fit->mean);
    tn_free(fit->factor);
    tn_free(fit);
}

/* ---- Gathering ---------------------------------------------------------------------------------------------- */

static void load_column(double *out, const om_column *column, int64_t at, int64_t first_neuron, int n)
{
    om_load(out, column->values, at, n);
    if (column->rectified)
        for (int i = 0; i < n; i++) out[i] = out[i] < 0 ? 0 : out[i];
    if (column->where)
        for (int i = 0; i < n; i++) out[i] = column->where[first_neuron + i] ? out[i] : 0;
}

/* Rotates row [series, TILE] into the factor; what remains of the row is 0. */
static void rotate_in(double (*restrict factor)[TILE], double (*restrict row)[TILE], int series)
{
    double cosine[TILE], sine[TILE];
    for (int s = 0; s < series; factor += series - s, s++) {
        for (int i = 0; i < TILE; i++) {
            double a = factor[0][i], b = row[s][i], h = sqrt(a * a + b * b);
            cosine[i] = h == 0 ? 1 : a / h;
            sine[i] = h == 0 ? 0 : b / h;
            factor[0][i] = h;
        }
        for (int t = s + 1; t < series; t++) {
            double *restrict f = factor[t - s], *restrict r = row[t];
            for (int i = 0; i < TILE; i++) {
                double old = f[i];
                f[i] = cosine[i] * old + sine[i] * r[i];
                r[i] = cosine[i] * r[i] - sine[i] * old;
            }
        }
    }
}

void om_fit_add(om_fit *fit, const om_column *x, om_values y, int64_t frames)
{
    int series = fit->columns + 1;
    int64_t N = fit->neurons;
    om_column last = {.values = y};
#pragma omp parallel for num_threads(tn_threads()) if (N > TILE)
    for (int64_t tile = 0; tile < tiles(N); tile++) {
        int64_t first = tile * TILE;
        int n = N - first < TILE ? (int)(N - first) : TILE;
        double row[OM_FIT_COLUMNS + 1][TILE];
        double(*mean)[TILE] = (double(*)[TILE])(fit->mean + tile * series * TILE);
        double(*factor)[TILE] = (double(*)[TILE])(fit->factor + tile * triangle(series) * TILE);
        memset(row, 0, (size_t)series * sizeof *row);
        for (int64_t t = 0; t < frames; t++) {
            for (int s = 0; s < series; s++) {
                load_column(row[s], s < fit->columns ? &x[s] : &last, t * N + first, first, n);
                om_centre(row[s], mean[s], TILE, fit->frames + t);
            }
            rotate_in(factor, row, series);
        }
    }
    fit->frames += frames;
}

/* ---- Solving ------------------------------------------------------------------------------------------------ */

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void rotate(double *a, double *b, int64_t n, double cosine, double sine)
{
    for (int64_t i = 0; i < n; i++) {
        double old = a[i];
        a[i] = cosine * old - sine * b[i];
        b[i] = sine * old + cosine * b[i];
    }
}

/* Rotates the n columns of a, one behind the other, and those of v with them, until they are orthogonal: then
 * a = U S of the singular value decomposition a v^T. */
static void orthogonalise(double *a, double *v, int64_t n)
{
    bool rotated = true;
    for (int sweep = 0; rotated && sweep < 60; sweep++) {
        rotated = false;
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = i + 1; j < n; j++) {
                double *ai = a + i * n, *aj = a + j * n;
                double aa = dot(ai, ai, n), bb = dot(aj, aj, n), ab = dot(ai, aj, n);
                if (!(fabs(ab) > DBL_EPSILON * sqrt(aa) * sqrt(bb))) continue;
                double zeta = (bb - aa) / (2 * ab), t = copysign(1, zeta) / (fabs(zeta) + sqrt(1 + zeta * zeta));
                double cosine = 1 / sqrt(1 + t * t);
                rotate(ai, aj, n, cosine, cosine * t);
                rotate(v + i * n, v + j * n, n, cosine, cosine * t);
                rotated = true;
            }
        }
    }
}

/* Shares of a direction that count as rounding. */
#define ROUNDING 1e-6

double om_triangular_solve(double *c, uint8_t *determined, const double *factor, int64_t stride, int64_t n,
                           double *work)
{
    double *a = work, *v = a + n * n, *z = v + n * n, *length = z + n, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            v[j * n + i] = i == j;
            a[j * n + i] = j < i ? 0 : *factor;
            if (j >= i) factor += stride;
        }
        z[i] = *factor;
        factor += stride;
        c[i] = 0;
        if (determined) determined[i] = 1;
    }
    orthogonalise(a, v, n);
    for (int64_t j = 0; j < n; j++) {
        length[j] = sqrt(dot(a + j * n, a + j * n, n));
        if (!(length[j] <= largest)) largest = length[j];
    }
    for (int64_t j = 0; j < n; j++) {
        if (length[j] <= OM_FIT_RANK * largest) {
            for (int64_t i = 0; i < n && determined; i++)
                if (fabs(v[j * n + i]) > ROUNDING) determined[i] = 0;
            continue;
        }
        double share = dot(a + j * n, z, n) / length[j] / length[j];
        for (int64_t i = 0; i < n; i++) c[i] += v[j * n + i] * share;
        for (int64_t i = 0; i < n; i++) z[i] -= a[j * n + i] * share;
    }
    return dot(z, z, n) + *factor * *factor;
}

static void solve_neuron(const om_fit *fit, int64_t neuron, double *coefficient, double *offset, double *r2)
{
    int P = fit->columns, series = P + 1;
    int64_t tile = neuron / TILE, N = fit->neurons;
    const double *mean = fit->mean + tile * series * TILE + neuron % TILE;
    const double *factor = fit->factor + tile * triangle(series) * TILE + neuron % TILE;
    double c[OM_FIT_COLUMNS], work[OM_SOLVE_WORK(OM_FIT_COLUMNS)], total = 0, constant = mean[P * TILE];
    double residual = om_triangular_solve(c, NULL, factor, TILE, P, work);
    for (int s = 0; s <= P; s++) {
        double z = factor[(triangle(series) - triangle(series - s) + P - s) * TILE];
        total += z * z;
    }
    for (int s = 0; s < P; s++) constant -= c[s] * mean[s * TILE];
    bool finite = isfinite(residual); /* what is not finite anywhere has come into it */
    for (int s = 0; s < P; s++) coefficient[s * N + neuron] = finite ? c[s] : 0;
    offset[neuron] = finite ? constant : 0;
    if (r2) r2[neuron] = finite && total > 0 ? 1 - residual / total : 0;
}

void om_fit_solve(const om_fit *fit, double *coefficient, double *offset, double *r2)
{
#pragma omp parallel for num_threads(tn_threads()) if (fit->neurons > TILE)
    for (int64_t i = 0; i < fit->neurons; i++) solve_neuron(fit, i, coefficient, offset, r2);
}
