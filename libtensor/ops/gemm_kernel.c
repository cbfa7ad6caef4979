/* The kernels of gemm_kernel.h. This file is compiled three times, for SSE2, AVX2 and AVX-512. A block of C of ROWS
 * rows and two vectors is held in registers while k runs: enough chains to hide the latency of the arithmetic. */
#include "config.h"
#include "ops/gemm_kernel.h"

#include <immintrin.h>
#include <string.h>

/* Sums of neighbours in a fixed order, halves upon halves. */
static inline float sum_of_4(__m128 v)
{
    v = _mm_add_ps(v, _mm_movehl_ps(v, v));
    return _mm_cvtss_f32(_mm_add_ss(v, _mm_shuffle_ps(v, v, 1)));
}
static inline double sum_of_2(__m128d v)
{
    return _mm_cvtsd_f64(_mm_add_sd(v, _mm_unpackhi_pd(v, v)));
}
#if defined __AVX2__
static inline float sum_of_8(__m256 v)
{
    return sum_of_4(_mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1)));
}
static inline double sum_of_4_f64(__m256d v)
{
    return sum_of_2(_mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1)));
}
#endif

/* Transposes squares: to[p to_rs + j] = from[j from_rs + p]. */
#if defined __AVX2__
enum { SQUARE_F = 8, SQUARE_D = 4 };
static inline void turn_f32(float *to, int64_t to_rs, const float *from, int64_t from_rs)
{
    __m256 row[8], pair[8], four[8];
    for (int i = 0; i < 8; i++) row[i] = _mm256_loadu_ps(from + i * from_rs);
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            four[i + 2 * j] = _mm256_shuffle_ps(pair[i + j], pair[i + j + 2], 0x44);
            four[i + 2 * j + 1] = _mm256_shuffle_ps(pair[i + j], pair[i + j + 2], 0xee);
        }
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps(to + i * to_rs, _mm256_permute2f128_ps(four[i], four[i + 4], 0x20));
        _mm256_storeu_ps(to + (i + 4) * to_rs, _mm256_permute2f128_ps(four[i], four[i + 4], 0x31));
    }
}
static inline void turn_f64(double *to, int64_t to_rs, const double *from, int64_t from_rs)
{
    __m256d row[4], pair[4];
    for (int i = 0; i < 4; i++) row[i] = _mm256_loadu_pd(from + i * from_rs);
    for (int i = 0; i < 4; i += 2) {
        pair[i] = _mm256_unpacklo_pd(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_pd(row[i], row[i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        _mm256_storeu_pd(to + i * to_rs, _mm256_permute2f128_pd(pair[i], pair[i + 2], 0x20));
        _mm256_storeu_pd(to + (i + 2) * to_rs, _mm256_permute2f128_pd(pair[i], pair[i + 2], 0x31));
    }
}
#else
enum { SQUARE_F = 1, SQUARE_D = 1 };
static inline void turn_f32(float *to, int64_t to_rs, const float *from, int64_t from_rs)
{
    (void)to_rs, (void)from_rs;
    *to = *from;
}
static inline void turn_f64(double *to, int64_t to_rs, const double *from, int64_t from_rs)
{
    (void)to_rs, (void)from_rs;
    *to = *from;
}
#endif

/* Of what is stored: RELU(v) is v < 0 ? 0 : v, which keeps NaN; WHERE(v, w) is w > 0 ? v : 0. */
#if defined __AVX512F__
#define ISA avx512f
#define BYTES 64
enum { ROWS = 12 };
#define SPLAT_F(a) ((vector_f32)_mm512_set1_ps(a))
#define SPLAT_D(a) ((vector_f64)_mm512_set1_pd(a))
#define FMA_F(a, b, c) ((vector_f32)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define FMA_D(a, b, c) ((vector_f64)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define RELU_F(v) ((vector_f32)_mm512_max_ps(_mm512_setzero_ps(), (__m512)(v)))
#define RELU_D(v) ((vector_f64)_mm512_max_pd(_mm512_setzero_pd(), (__m512d)(v)))
#define POSITIVE_F(w) _mm512_cmp_ps_mask((__m512)(w), _mm512_setzero_ps(), _CMP_GT_OQ)
#define POSITIVE_D(w) _mm512_cmp_pd_mask((__m512d)(w), _mm512_setzero_pd(), _CMP_GT_OQ)
#define WHERE_F(v, w) ((vector_f32)_mm512_maskz_mov_ps(POSITIVE_F(w), (__m512)(v)))
#define WHERE_D(v, w) ((vector_f64)_mm512_maskz_mov_pd(POSITIVE_D(w), (__m512d)(v)))
#define HIGH(v) _mm512_extractf64x4_pd((__m512d)(v), 1)
#define SUM_F(v) sum_of_8(_mm256_add_ps(_mm512_castps512_ps256((__m512)(v)), _mm256_castpd_ps(HIGH(v))))
#define SUM_D(v) sum_of_4_f64(_mm256_add_pd(_mm512_castpd512_pd256((__m512d)(v)), HIGH(v)))
#elif defined __AVX2__
#define ISA avx2
#define BYTES 32
enum { ROWS = 6 };
#define SPLAT_F(a) ((vector_f32)_mm256_set1_ps(a))
#define SPLAT_D(a) ((vector_f64)_mm256_set1_pd(a))
#define FMA_F(a, b, c) ((vector_f32)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define FMA_D(a, b, c) ((vector_f64)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define RELU_F(v) ((vector_f32)_mm256_max_ps(_mm256_setzero_ps(), (__m256)(v)))
#define RELU_D(v) ((vector_f64)_mm256_max_pd(_mm256_setzero_pd(), (__m256d)(v)))
#define POSITIVE_F(w) _mm256_cmp_ps((__m256)(w), _mm256_setzero_ps(), _CMP_GT_OQ)
#define POSITIVE_D(w) _mm256_cmp_pd((__m256d)(w), _mm256_setzero_pd(), _CMP_GT_OQ)
#define WHERE_F(v, w) ((vector_f32)_mm256_and_ps(POSITIVE_F(w), (__m256)(v)))
#define WHERE_D(v, w) ((vector_f64)_mm256_and_pd(POSITIVE_D(w), (__m256d)(v)))
#define SUM_F(v) sum_of_8((__m256)(v))
#define SUM_D(v) sum_of_4_f64((__m256d)(v))
#else
#define ISA sse2
#define BYTES 16
enum { ROWS = 6 };
#define SPLAT_F(a) ((vector_f32)_mm_set1_ps(a))
#define SPLAT_D(a) ((vector_f64)_mm_set1_pd(a))
#define FMA_F(a, b, c) ((a) * (b) + (c)) /* there is no fused one */
#define FMA_D(a, b, c) ((a) * (b) + (c))
#define RELU_F(v) ((vector_f32)_mm_max_ps(_mm_setzero_ps(), (__m128)(v)))
#define RELU_D(v) ((vector_f64)_mm_max_pd(_mm_setzero_pd(), (__m128d)(v)))
#define POSITIVE_F(w) _mm_cmpgt_ps((__m128)(w), _mm_setzero_ps())
#define POSITIVE_D(w) _mm_cmpgt_pd((__m128d)(w), _mm_setzero_pd())
#define WHERE_F(v, w) ((vector_f32)_mm_and_ps(POSITIVE_F(w), (__m128)(v)))
#define WHERE_D(v, w) ((vector_f64)_mm_and_pd(POSITIVE_D(w), (__m128d)(v)))
#define SUM_F(v) sum_of_4((__m128)(v))
#define SUM_D(v) sum_of_2((__m128d)(v))
#endif

enum { PAIR = 2 };    /* vectors side by side in a block */
enum { DEPTH = 256 }; /* steps of k for which columns of B are copied, where they must be */
enum { STRIPS = 8 };  /* strips copied at once */
enum { FAR = 4096 };  /* bytes between rows that are better copied than read where they lie */

#define T float
#define NAME(name) name##_f32
#define SPLAT SPLAT_F
#define FMA FMA_F
#define SQUARE SQUARE_F
#define SUM SUM_F
#define RELU RELU_F
#define WHERE WHERE_F
#include "ops/gemm_kernel_template.h"
#undef T
#undef NAME
#undef SPLAT
#undef FMA
#undef SQUARE
#undef SUM
#undef RELU
#undef WHERE

#define T double
#define NAME(name) name##_f64
#define SPLAT SPLAT_D
#define FMA FMA_D
#define SQUARE SQUARE_D
#define SUM SUM_D
#define RELU RELU_D
#define WHERE WHERE_D
#include "ops/gemm_kernel_template.h"

#define STRING(a) STRING_(a)
#define STRING_(a) #a
#define PASTE(a, b) PASTE_(a, b)
#define PASTE_(a, b) a##b
const tn_gemm_kernel PASTE(tn_gemm_, ISA) = {
    .name = STRING(ISA),
    .product_f32 = product_f32, .pack_f32 = pack_f32, .packed_f32 = packed_f32, .dots_f32 = dots_f32,
    .product_f64 = product_f64, .pack_f64 = pack_f64, .packed_f64 = packed_f64, .dots_f64 = dots_f64,
};
