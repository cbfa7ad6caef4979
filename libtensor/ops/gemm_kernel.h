/* Matrix products of tiles that lie in the cache, one table of kernels per instruction set. */
#ifndef TN_OPS_GEMM_KERNEL_H
#define TN_OPS_GEMM_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* A matrix that is only read: element (i, j) is at data[i rs + j cs]. */
typedef struct tn_factor_f32 {
    const float *data;
    int64_t rs, cs;
} tn_factor_f32;
typedef struct tn_factor_f64 {
    const double *data;
    int64_t rs, cs;
} tn_factor_f64;

/* C [m, n] = A [m, k] B [k, n], added to what C holds (add), to bias [n] in every row (bias not NULL), or to zero.
 * Rows of C are contiguous, rc elements apart. Reads and writes nothing outside of the matrices.
 *   product  Every element of C is one chain of multiplications and additions in ascending order of k, whatever the
 *            sizes. B is read where it lies if its rows are contiguous and near each other, else through a copy.
 *   packed   The same from strips of B: they lie in the order in which they are read.
 *   pack     Makes strips [ceil(n / width), k, width] of B [k, n], width = TN_STRIP(sizeof(T)).
 *   dots     For at most TN_THIN columns, where rows of A are contiguous: dot products in TN_LANES partial sums. */
enum { TN_THIN = 8, TN_LANES = 16 };

/* Columns of a packed strip, TN_STRIP(sizeof(T)); strip j of a matrix of k rows holds its columns from j TN_STRIP on as
 * k contiguous rows, the last strip filled up with zeros. */
#define TN_STRIP(size) (128 / (int64_t)(size))

typedef struct tn_gemm_kernel {
    const char *name; /* of the instruction set */
    void (*product_f32)(int64_t m, int64_t n, int64_t k, tn_factor_f32 a, tn_factor_f32 b, const float *bias, bool add,
                        float *c, int64_t rc);
    void (*pack_f32)(float *strips, int64_t k, int64_t n, tn_factor_f32 b);
    void (*packed_f32)(int64_t m, int64_t n, int64_t k, tn_factor_f32 a, const float *strips, const float *bias,
                       bool add, float *c, int64_t rc);
    void (*dots_f32)(int64_t m, int64_t n, int64_t k, tn_factor_f32 a, tn_factor_f32 b, const float *bias, bool add,
                     float *c, int64_t rc);
    void (*product_f64)(int64_t m, int64_t n, int64_t k, tn_factor_f64 a, tn_factor_f64 b, const double *bias,
                        bool add, double *c, int64_t rc);
    void (*pack_f64)(double *strips, int64_t k, int64_t n, tn_factor_f64 b);
    void (*packed_f64)(int64_t m, int64_t n, int64_t k, tn_factor_f64 a, const double *strips, const double *bias,
                       bool add, double *c, int64_t rc);
    void (*dots_f64)(int64_t m, int64_t n, int64_t k, tn_factor_f64 a, tn_factor_f64 b, const double *bias, bool add,
                     double *c, int64_t rc);
} tn_gemm_kernel;

extern const tn_gemm_kernel tn_gemm_sse2, tn_gemm_avx2, tn_gemm_avx512f;

/* The variant in use. */
const tn_gemm_kernel *tn_gemm_here(void);

/* All variants that this machine can run, widest first, ended by NULL: for tests. */
const tn_gemm_kernel *const *tn_gemm_variants(void);

#endif
