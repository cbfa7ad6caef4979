/* Included by gemm.c once per number type: T, NAME(function), BLIS_GEMM. No include guard. */

/* k is thin: each row of C is a sum of k rows of B. Rows of B are first made contiguous. */
TN_KERNEL void NAME(thin_inner)(int64_t m, int64_t n, int64_t k, const T *a, int64_t ra, int64_t ca, const T *b,
                                int64_t rb, int64_t cb, bool add, T *c, int64_t rc)
{
    enum { PANEL = 256 };
    T panel[THIN][PANEL];
    for (int64_t first = 0; first < n; first += PANEL) {
        int64_t width = n - first < PANEL ? n - first : PANEL;
        for (int64_t p = 0; p < k; p++)
            for (int64_t j = 0; j < width; j++) panel[p][j] = b[p * rb + (first + j) * cb];
        for (int64_t i = 0; i < m; i++) {
            T *row = c + i * rc + first;
            const T *ai = a + i * ra;
            if (!add) memset(row, 0, (size_t)width * sizeof *row);
            for (int64_t p = 0; p < k; p++) {
                const T factor = ai[p * ca];
                _Pragma("omp simd") for (int64_t j = 0; j < width; j++) row[j] += factor * panel[p][j];
            }
        }
    }
}

/* n is thin, and rows of A are contiguous: dot products, in LANES partial sums. */
TN_KERNEL void NAME(thin_right)(int64_t m, int64_t n, int64_t k, const T *a, int64_t ra, const T *b, int64_t rb,
                                int64_t cb, bool add, T *c, int64_t rc, int64_t cc)
{
    enum { PANEL = 256 };
    T panel[THIN][PANEL];
    for (int64_t first = 0; first < k; first += PANEL) {
        int64_t depth = k - first < PANEL ? k - first : PANEL, whole = depth / LANES * LANES;
        for (int64_t j = 0; j < n; j++)
            for (int64_t p = 0; p < depth; p++) panel[j][p] = b[(first + p) * rb + j * cb];
        for (int64_t i = 0; i < m; i++) {
            const T *ai = a + i * ra + first;
            for (int64_t j = 0; j < n; j++) {
                T lane[LANES] = {0}, sum = 0;
                for (int64_t p = 0; p < whole; p += LANES)
                    _Pragma("omp simd") for (int l = 0; l < LANES; l++) lane[l] += ai[p + l] * panel[j][p + l];
                for (int64_t p = whole; p < depth; p++) sum += ai[p] * panel[j][p];
                for (int l = 0; l < LANES; l++) sum += lane[l];
                T *target = c + i * rc + j * cc;
                *target = add || first ? *target + sum : sum;
            }
        }
    }
}

/* n is thin, and columns of A are contiguous (A is the transpose of a tall matrix): C^T gains one outer product for
 * each of the k rows, in a small panel that stays near. */
TN_KERNEL void NAME(thin_outer)(int64_t m, int64_t n, int64_t k, const T *a, int64_t ca, const T *b, int64_t rb,
                                int64_t cb, bool add, T *c, int64_t rc, int64_t cc)
{
    enum { PANEL = 256 };
    T panel[THIN][PANEL];
    for (int64_t first = 0; first < m; first += PANEL) {
        int64_t width = m - first < PANEL ? m - first : PANEL;
        for (int64_t j = 0; j < n; j++) memset(panel[j], 0, sizeof panel[j]);
        for (int64_t p = 0; p < k; p++) {
            const T *ap = a + p * ca + first, *bp = b + p * rb;
            for (int64_t j = 0; j < n; j++) {
                const T factor = bp[j * cb];
                _Pragma("omp simd") for (int64_t i = 0; i < width; i++) panel[j][i] += factor * ap[i];
            }
        }
        for (int64_t j = 0; j < n; j++)
            for (int64_t i = 0; i < width; i++) {
                T *target = c + (first + i) * rc + j * cc;
                *target = add ? *target + panel[j][i] : panel[j][i];
            }
    }
}

void NAME(tn_gemm)(int64_t m, int64_t n, int64_t k, const T *a, int64_t ra, int64_t ca, const T *b, int64_t rb,
                   int64_t cb, bool add, T *c, int64_t rc, int64_t cc)
{
    if (m <= 0 || n <= 0) return;
    if (k <= THIN && cc == 1) NAME(thin_inner)(m, n, k, a, ra, ca, b, rb, cb, add, c, rc);
    else if (n <= THIN && ca == 1) NAME(thin_right)(m, n, k, a, ra, b, rb, cb, add, c, rc, cc);
    else if (n <= THIN && ra == 1) NAME(thin_outer)(m, n, k, a, ca, b, rb, cb, add, c, rc, cc);
    else if (m <= THIN && cb == 1) NAME(thin_outer)(n, m, k, b, rb, a, ca, ra, add, c, cc, rc); /* C^T = B^T A^T */
    else {
        T one = 1, beta = add;
        rntm_t one_thread = BLIS_RNTM_INITIALIZER;
        /* BLIS may read one row beyond A when it multiplies by B^T (core/memory.h). Where a row is longer than the
         * slack of a tensor, the last one is kept from it. */
        int64_t rows = rb == 1 && ra > TN_SLACK / (int64_t)sizeof(T) ? m - 1 : m;
        BLIS_GEMM(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, rows, n, k, &one, (T *)a, ra, ca, (T *)b, rb, cb, &beta, c, rc,
                  cc, NULL, &one_thread);
        if (rows < m) NAME(thin_right)(n, 1, k, b, cb, a + rows * ra, ca, ra, add, c + rows * rc, cc, rc);
    }
}
