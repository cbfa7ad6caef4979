/* Vector functions of SLEEF. This file is compiled three times, for SSE2, AVX2 and AVX-512: one table each. */
#include "config.h"
#include "core/vecmath.h"

#include <immintrin.h>
#include <sleef.h>
#include <string.h>

/* A function over an array from one over a vector; the last partial vector is padded with zeros. */
#define UNARY(function, T, width, load, store, sleef)                                                                  \
    static void function(T *out, const T *in, int64_t n)                                                     \
    {                                                                                                                  \
        int64_t i = 0;                                                                                                 \
        for (; i + (width) <= n; i += (width)) store(out + i, sleef(load(in + i)));                                    \
        if (i < n) {                                                                                                   \
            T part[width] = {0};                                                                                       \
            memcpy(part, in + i, (size_t)(n - i) * sizeof *part);                                                      \
            store(part, sleef(load(part)));                                                                            \
            memcpy(out + i, part, (size_t)(n - i) * sizeof *part);                                                     \
        }                                                                                                              \
    }

/* The same over pairs of elements. */
#define BINARY(function, T, width, load, store, sleef)                                                                 \
    static void function(T *out, const T *a, const T *b, int64_t n)                                                    \
    {                                                                                                                  \
        int64_t i = 0;                                                                                                 \
        for (; i + (width) <= n; i += (width)) store(out + i, sleef(load(a + i), load(b + i)));                        \
        if (i < n) {                                                                                                   \
            T part[2][width] = {{0}};                                                                                  \
            size_t bytes = (size_t)(n - i) * sizeof(T);                                                                \
            memcpy(part[0], a + i, bytes);                                                                             \
            memcpy(part[1], b + i, bytes);                                                                             \
            store(part[0], sleef(load(part[0]), load(part[1])));                                                       \
            memcpy(out + i, part[0], bytes);                                                                           \
        }                                                                                                              \
    }

#define SINCOS(function, T, V2, width, load, store, sleef)                                                             \
    static void function(T *sin, T *cos, const T *in, int64_t n)                                             \
    {                                                                                                                  \
        int64_t i = 0;                                                                                                 \
        for (; i + (width) <= n; i += (width)) {                                                                       \
            V2 both = sleef(load(in + i));                                                                             \
            store(sin + i, both.x);                                                                                    \
            store(cos + i, both.y);                                                                                    \
        }                                                                                                              \
        if (i < n) {                                                                                                   \
            T part[2][width] = {{0}};                                                                                  \
            size_t bytes = (size_t)(n - i) * sizeof(T);                                                                \
            memcpy(part[0], in + i, bytes);                                                                            \
            V2 both = sleef(load(part[0]));                                                                            \
            store(part[0], both.x);                                                                                    \
            store(part[1], both.y);                                                                                    \
            memcpy(sin + i, part[0], bytes);                                                                           \
            memcpy(cos + i, part[1], bytes);                                                                           \
        }                                                                                                              \
    }

#if defined __AVX512F__
#define ISA avx512f
#define NAME(function, precision) PASTE4(Sleef_finz_, function, precision, ISA)
#define F f16
#define D d8
#define LOADF _mm512_loadu_ps
#define STOREF _mm512_storeu_ps
#define LOADD _mm512_loadu_pd
#define STORED _mm512_storeu_pd
typedef Sleef___m512_2 pair_f;
typedef Sleef___m512d_2 pair_d;
enum { WF = 16, WD = 8 };
#elif defined __AVX2__
#define ISA avx2
#define NAME(function, precision) PASTE4(Sleef_finz_, function, precision, ISA)
#define F f8
#define D d4
#define LOADF _mm256_loadu_ps
#define STOREF _mm256_storeu_ps
#define LOADD _mm256_loadu_pd
#define STORED _mm256_storeu_pd
typedef Sleef___m256_2 pair_f;
typedef Sleef___m256d_2 pair_d;
enum { WF = 8, WD = 4 };
#else
#define ISA sse2
#define NAME(function, precision) PASTE4(Sleef_cinz_, function, precision, ISA)
#define F f4
#define D d2
#define LOADF _mm_loadu_ps
#define STOREF _mm_storeu_ps
#define LOADD _mm_loadu_pd
#define STORED _mm_storeu_pd
typedef Sleef___m128_2 pair_f;
typedef Sleef___m128d_2 pair_d;
enum { WF = 4, WD = 2 };
#endif

#define PASTE4(a, b, c, d) PASTE4_(a, b, c, d)
#define PASTE4_(a, b, c, d) a##b##c##d
#define PASTE2(a, b) PASTE2_(a, b)
#define PASTE2_(a, b) a##b
#define STRING(a) STRING_(a)
#define STRING_(a) #a

/* SLEEF's sin and sincos differ in the last bit. One definition for both, so that a fused plan has the bits of an
 * unfused one: sin and cos are the halves of sincos. */
#define SINE(vector) NAME(PASTE2(sincos, F), _u35)(vector).x
#define COSINE(vector) NAME(PASTE2(sincos, F), _u35)(vector).y
#define SINE_D(vector) NAME(PASTE2(sincos, D), _u10)(vector).x
#define COSINE_D(vector) NAME(PASTE2(sincos, D), _u10)(vector).y

UNARY(sin_f32, float, WF, LOADF, STOREF, SINE)
UNARY(cos_f32, float, WF, LOADF, STOREF, COSINE)
UNARY(tanh_f32, float, WF, LOADF, STOREF, NAME(PASTE2(tanh, F), _u35))
UNARY(exp_f32, float, WF, LOADF, STOREF, NAME(PASTE2(exp, F), _u10))
UNARY(log_f32, float, WF, LOADF, STOREF, NAME(PASTE2(log, F), _u10))
UNARY(log1p_f32, float, WF, LOADF, STOREF, NAME(PASTE2(log1p, F), _u10))
UNARY(expm1_f32, float, WF, LOADF, STOREF, NAME(PASTE2(expm1, F), _u10))
UNARY(tan_f32, float, WF, LOADF, STOREF, NAME(PASTE2(tan, F), _u35))
UNARY(erf_f32, float, WF, LOADF, STOREF, NAME(PASTE2(erf, F), _u10))
UNARY(erfc_f32, float, WF, LOADF, STOREF, NAME(PASTE2(erfc, F), _u15))
BINARY(pow_f32, float, WF, LOADF, STOREF, NAME(PASTE2(pow, F), _u10))
SINCOS(sincos_f32, float, pair_f, WF, LOADF, STOREF, NAME(PASTE2(sincos, F), _u35))
UNARY(sin_f64, double, WD, LOADD, STORED, SINE_D)
UNARY(cos_f64, double, WD, LOADD, STORED, COSINE_D)
UNARY(tanh_f64, double, WD, LOADD, STORED, NAME(PASTE2(tanh, D), _u10))
UNARY(exp_f64, double, WD, LOADD, STORED, NAME(PASTE2(exp, D), _u10))
UNARY(log_f64, double, WD, LOADD, STORED, NAME(PASTE2(log, D), _u10))
UNARY(log1p_f64, double, WD, LOADD, STORED, NAME(PASTE2(log1p, D), _u10))
UNARY(expm1_f64, double, WD, LOADD, STORED, NAME(PASTE2(expm1, D), _u10))
UNARY(tan_f64, double, WD, LOADD, STORED, NAME(PASTE2(tan, D), _u10))
UNARY(erf_f64, double, WD, LOADD, STORED, NAME(PASTE2(erf, D), _u10))
UNARY(erfc_f64, double, WD, LOADD, STORED, NAME(PASTE2(erfc, D), _u15))
BINARY(pow_f64, double, WD, LOADD, STORED, NAME(PASTE2(pow, D), _u10))
SINCOS(sincos_f64, double, pair_d, WD, LOADD, STORED, NAME(PASTE2(sincos, D), _u10))

#define BOTH(function) .function##_f32 = function##_f32, .function##_f64 = function##_f64
const tn_vecmath PASTE2(tn_vecmath_, ISA) = {
    .name = STRING(ISA), BOTH(sin), BOTH(cos), BOTH(sincos), BOTH(tanh), BOTH(exp), BOTH(log), BOTH(log1p),
    BOTH(expm1), BOTH(tan), BOTH(erf), BOTH(erfc), BOTH(pow),
};
