/* Linear least squares, one small problem per neuron, gathered frame by frame:
 *     y = c[0] x[0] + ... + c[P-1] x[P-1] + offset
 * The columns are centred, the fit is of minimum norm, and nothing but a mean and a triangular factor is kept per
 * neuron, so any number of frames takes the same memory. */
#ifndef OM_LEAST_SQUARES_H
#define OM_LEAST_SQUARES_H

#include "values.h"

#define OM_FIT_COLUMNS 64   /* most columns of a fit */
#define OM_FIT_RANK    1e-6 /* singular values at most this times the largest count as 0 */

/* One column of the fits: a value per frame and neuron. */
typedef struct om_column {
    om_values values;     /* [frames, N] */
    const uint8_t *where; /* [N] or NULL: neurons where it is 0 do not have this column, their coefficient is 0 */
    bool rectified;       /* the column is relu(values) */
} om_column;

typedef struct om_fit om_fit;

/* NULL: TN_EINVAL neurons < 0 or columns outside 1 to OM_FIT_COLUMNS; TN_ENOMEM. */
om_fit *om_fit_new(int64_t neurons, int columns, tn_error *error);
void om_fit_free(om_fit *fit);

/* Adds frames: columns x[P] and y, each [frames, N]. The same bits on any number of threads and however the frames
 * are divided among calls.
 * Method: the rows of the centred matrix, one frame after the other as deviations from the running mean (Welford),
 * are rotated into its triangular factor (Golub and Van Loan, Matrix Computations, 5.1.8 and 6.5.3).
 * Cost: P + 1 square roots and about 3 (P + 1)^2 flop per frame and neuron. */
void om_fit_add(om_fit *fit, const om_column *x, om_values y, int64_t frames);

/* The coefficients. coefficient [P, N], offset [N], and r2 [N], the R2 of each fit (0 where y does not vary); r2 may
 * be NULL. Results that are not finite, and those without frames, are 0.
 * Method: singular values of the factor by one-sided Jacobi rotations (Hestenes, J. SIAM 6 (1958) 51). */
void om_fit_solve(const om_fit *fit, double *coefficient, double *offset, double *r2);

/* Numbers of frame k (from 0) become those of the centred matrix: sqrt(k / (k + 1)) (x - mean of the frames before it);
 * the means [n] take them in. */
static inline void om_centre(double *restrict row, double *restrict mean, int64_t n, int64_t k)
{
    double share = 1 / (double)(k + 1), weight = sqrt((double)k * share);
    for (int64_t i = 0; i < n; i++) {
        double d = row[i] - mean[i];
        mean[i] += d * share;
        row[i] = d * weight;
    }
}

/* The minimum-norm solution c [n] of min |R c - z|. factor: the n + 1 rows of the upper triangle (R, z; 0, rest), row
 * after row, its numbers `stride` apart; rest is what the equations leave over. Returns the squared residual.
 *   determined  [n] 1 where all solutions of the least residual agree; may be NULL
 *   work        [OM_SOLVE_WORK(n)] */
double om_triangular_solve(double *c, uint8_t *determined, const double *factor, int64_t stride, int64_t n,
                           double *work);
#define OM_SOLVE_WORK(n) (2 * (n) * (n) + 2 * (n))

#endif
