/* Included by gemm.c once per number type: T, NAME(function), BLIS_GEMM. No include guard. */

typedef struct NAME(tn_factor) NAME(factor);
typedef struct NAME(tn_ends) NAME(ends);

static NAME(factor) NAME(transposed)(NAME(factor) a)
{
    return (NAME(factor)){a.data, a.cs, a.rs};
}

/* Few columns, and A is the transpose of a tall matrix: C^T = B^T A^T, part by part, for A^T has long rows. */
static void NAME(thin)(const tn_gemm_kernel *kernel, int64_t m, int64_t n, int64_t k, NAME(factor) a, NAME(factor) b,
                       bool add, T *c, int64_t rc)
{
    enum { PART = 256 };
    T part[TN_THIN * PART];
    for (int64_t first = 0; first < m; first += PART) {
        int64_t width = m - first < PART ? m - first : PART;
        NAME(factor) rows = {a.data + first * a.rs, a.cs, a.rs};
        kernel->NAME(product)(n, width, k, NAME(transposed)(b), rows, (NAME(ends)){0}, part, PART);
        for (int64_t i = 0; i < width; i++)
            for (int64_t j = 0; j < n; j++) {
                T *to = c + (first + i) * rc + j;
                *to = add ? *to + part[j * PART + i] : part[j * PART + i];
            }
    }
}

static void NAME(blis)(int64_t m, int64_t n, int64_t k, NAME(factor) a, NAME(factor) b, bool add, T *c, int64_t rc)
{
    T one = 1, beta = add;
    rntm_t one_thread = BLIS_RNTM_INITIALIZER;
    /* BLIS may read one row beyond A when it multiplies by B^T (core/memory.h). Where a row is longer than the slack
     * of a tensor, the last one is kept from it. */
    int64_t rows = b.rs == 1 && a.rs > TN_SLACK / (int64_t)sizeof(T) ? m - 1 : m;
    BLIS_GEMM(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, rows, n, k, &one, (T *)a.data, a.rs, a.cs, (T *)b.data, b.rs, b.cs,
              &beta, c, rc, 1, NULL, &one_thread);
    for (int64_t i = rows; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            T sum = 0;
            for (int64_t p = 0; p < k; p++) sum += a.data[i * a.rs + p * a.cs] * b.data[p * b.rs + j * b.cs];
            c[i * rc + j] = add ? c[i * rc + j] + sum : sum;
        }
}

void NAME(tn_gemm_by)(const tn_gemm_kernel *kernel, int64_t m, int64_t n, int64_t k, const T *a, int64_t ra, int64_t ca,
                      const T *b, int64_t rb, int64_t cb, const T *bias, bool add, T *c, int64_t rc)
{
    NAME(factor) left = {a, ra, ca}, right = {b, rb, cb};
    NAME(ends) ends = {.bias = bias, .add = add};
    if (m <= 0 || n <= 0) return;
    if (n <= TN_THIN && ca == 1 && k > TN_THIN) kernel->NAME(dots)(m, n, k, left, right, ends, c, rc);
    else if (n <= TN_THIN && ra == 1 && m > n && !bias) NAME(thin)(kernel, m, n, k, left, right, add, c, rc);
    else if (kernel != &tn_gemm_sse2 || bias) kernel->NAME(product)(m, n, k, left, right, ends, c, rc);
    else NAME(blis)(m, n, k, left, right, add, c, rc);
}

void NAME(tn_gemm)(int64_t m, int64_t n, int64_t k, const T *a, int64_t ra, int64_t ca, const T *b, int64_t rb,
                   int64_t cb, const T *bias, bool add, T *c, int64_t rc)
{
    NAME(tn_gemm_by)(tn_gemm_here(), m, n, k, a, ra, ca, b, rb, cb, bias, add, c, rc);
}
