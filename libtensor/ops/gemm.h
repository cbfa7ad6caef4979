/* Dense matrix products, one thread, any strides. */
#ifndef TN_OPS_GEMM_H
#define TN_OPS_GEMM_H

#include "ops/gemm_kernel.h"

/* C [m, n] = A [m, k] B [k, n], added to what C holds (add), to bias [n] in every row (bias not NULL), or to zero.
 * Strides in elements: r down a column, c along a row; along a row of C it is 1.
 * Reads at most TN_SLACK bytes behind each matrix (core/memory.h), and writes none.
 * The method depends on the sizes and strides only, so equal calls give equal bits. */
void tn_gemm_f32(int64_t m, int64_t n, int64_t k, const float *a, int64_t ra, int64_t ca, const float *b, int64_t rb,
                 int64_t cb, const float *bias, bool add, float *c, int64_t rc);
void tn_gemm_f64(int64_t m, int64_t n, int64_t k, const double *a, int64_t ra, int64_t ca, const double *b, int64_t rb,
                 int64_t cb, const double *bias, bool add, double *c, int64_t rc);

/* The same by the kernels of that instruction set: for tests. */
void tn_gemm_by_f32(const tn_gemm_kernel *kernel, int64_t m, int64_t n, int64_t k, const float *a, int64_t ra,
                    int64_t ca, const float *b, int64_t rb, int64_t cb, const float *bias, bool add, float *c,
                    int64_t rc);
void tn_gemm_by_f64(const tn_gemm_kernel *kernel, int64_t m, int64_t n, int64_t k, const double *a, int64_t ra,
                    int64_t ca, const double *b, int64_t rb, int64_t cb, const double *bias, bool add, double *c,
                    int64_t rc);

#endif
