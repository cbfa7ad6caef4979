/* Vectors of elementary functions, through SLEEF's deterministic variants: the value of an element depends on the
 * element only, not on its place in the vector. The widest instruction set of the machine is picked at first use. */
#ifndef TN_CORE_VECMATH_H
#define TN_CORE_VECMATH_H

#include <stdint.h>

typedef struct tn_vecmath {
    const char *name; /* of the instruction set */
    /* out may be in. float32: at most 3.5 ULP (sin, cos, tan, tanh), 1.5 ULP (erfc) or 1 ULP; float64: 1.5 ULP (erfc)
     * or 1 ULP. log1p overflows above 1e38 in float32 and 1e307 in float64 */
    void (*sin_f32)(float *out, const float *in, int64_t n);
    void (*cos_f32)(float *out, const float *in, int64_t n);
    void (*sincos_f32)(float *sin, float *cos, const float *in, int64_t n);
    void (*tanh_f32)(float *out, const float *in, int64_t n);
    void (*exp_f32)(float *out, const float *in, int64_t n);
    void (*log_f32)(float *out, const float *in, int64_t n);
    void (*log1p_f32)(float *out, const float *in, int64_t n);
    void (*expm1_f32)(float *out, const float *in, int64_t n);
    void (*tan_f32)(float *out, const float *in, int64_t n);
    void (*erf_f32)(float *out, const float *in, int64_t n);
    void (*erfc_f32)(float *out, const float *in, int64_t n);
    void (*pow_f32)(float *out, const float *base, const float *exponent, int64_t n);
    void (*sin_f64)(double *out, const double *in, int64_t n);
    void (*cos_f64)(double *out, const double *in, int64_t n);
    void (*sincos_f64)(double *sin, double *cos, const double *in, int64_t n);
    void (*tanh_f64)(double *out, const double *in, int64_t n);
    void (*exp_f64)(double *out, const double *in, int64_t n);
    void (*log_f64)(double *out, const double *in, int64_t n);
    void (*log1p_f64)(double *out, const double *in, int64_t n);
    void (*expm1_f64)(double *out, const double *in, int64_t n);
    void (*tan_f64)(double *out, const double *in, int64_t n);
    void (*erf_f64)(double *out, const double *in, int64_t n);
    void (*erfc_f64)(double *out, const double *in, int64_t n);
    void (*pow_f64)(double *out, const double *base, const double *exponent, int64_t n);
} tn_vecmath;

extern const tn_vecmath tn_vecmath_sse2, tn_vecmath_avx2, tn_vecmath_avx512f;

/* The variant in use. */
const tn_vecmath *tn_vec(void);

/* All variants that this machine can run, widest first, ended by NULL: for tests. */
const tn_vecmath *const *tn_vec_variants(void);

#endif
