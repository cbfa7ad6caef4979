/* The peak of the machine: multiply-adds that touch no memory, and memory that is hardly computed with. */
#include "config.h"
#include "core/clock.h"
#include "core/hardware.h"
#include "tensor.h"

#include <math.h>
#include <omp.h>
#include <unistd.h>

/* ---- arithmetic ---- */

/* So many independent sums hide the latency of two multiply-add units (4 to 5 cycles each), and leave registers for
 * the two constants even where there are 16. */
enum { SUMS = 12 };
#define EACH_SUM(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11)

/* Keeps the compiler from leaving out what nobody looks at. */
static volatile float seen;

/* The sums tend to a limit of about 1, so that nothing overflows or becomes subnormal. */
#define DEFINE(i) V s##i = value(1.0f + (i) * 0.001f);
#define MULTIPLY_ADD(i) s##i = multiply_add(s##i, a, b);
#define LOOP(name, isa)                                                                                                \
    isa static void name(int64_t n)                                                                                    \
    {                                                                                                                  \
        V a = value(0.9999f), b = value(0.0001f);                                                                      \
        EACH_SUM(DEFINE)                                                                                               \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            EACH_SUM(MULTIPLY_ADD)                                                                                     \
        }                                                                                                              \
        V sum = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;                                           \
        seen = sum[0];                                                                                                 \
    }

/* Any machine: a vector of 4, multiplied and added apart. */
typedef float vector4 __attribute__((vector_size(16)));
#define V vector4
#define value(x) ((vector4){x, x, x, x})
#define multiply_add(s, a, b) ((s) * (a) + (b))
LOOP(sums_of_4, )
#undef V
#undef value
#undef multiply_add

#ifdef __x86_64__
#include <immintrin.h>
#define V __m256
#define value _mm256_set1_ps
#define multiply_add _mm256_fmadd_ps
LOOP(sums_of_8, __attribute__((target("avx2,fma"))))
#undef V
#undef value
#undef multiply_add
#define V __m512
#define value _mm512_set1_ps
#define multiply_add _mm512_fmadd_ps
LOOP(sums_of_16, __attribute__((target("avx512f"))))
#endif

typedef struct variant {
    const char *name;
    void (*loop)(int64_t n);
    int width;
} variant;

/* The variants that this machine can run. */
static int list_variants(variant list[3])
{
    int n = 0;
    list[n++] = (variant){"4 lanes", sums_of_4, 4};
#ifdef __x86_64__
    if (tn_isa_here() <= TN_ISA_AVX2) list[n++] = (variant){"AVX2", sums_of_8, 8};
    if (tn_isa_here() <= TN_ISA_AVX512) list[n++] = (variant){"AVX-512", sums_of_16, 16};
#endif
    return n;
}

/* Wall time from the moment when all threads are there to that when all are done: what a program could use. Receives
 * how many there were, which may be fewer than asked for. */
static double time_loop(const variant *v, int64_t n, int *threads)
{
    double start = 0, end = 0;
#pragma omp parallel num_threads(*threads)
    {
#pragma omp master
        *threads = omp_get_num_threads();
#pragma omp barrier
#pragma omp master
        start = 1e-9 * (double)tn_clock();
        v->loop(n);
#pragma omp barrier
#pragma omp master
        end = 1e-9 * (double)tn_clock();
    }
    return end - start;
}

/* The best of several trials: what disturbs a trial only makes it slower. */
static double flops_of(const variant *v, int threads, int trials, double seconds)
{
    int64_t n = 1 << 14;
    while (time_loop(v, n, &threads) < seconds && n < INT64_C(1) << 40) n *= 2;
    double fastest = INFINITY;
    for (int i = 0; i < trials; i++) fastest = fmin(fastest, time_loop(v, n, &threads));
    return 2.0 * SUMS * v->width * (double)n * threads / fastest;
}

/* ---- memory ---- */

typedef void (*triad)(float *a, float *b, float *c, int64_t n);

static void triad_plain(float *restrict a, float *restrict b, float *restrict c, int64_t n)
{
    for (int64_t i = 0; i < n; i++) a[i] = b[i] + 3.0f * c[i];
}

/* Stores that go past the caches: else each line of a would first be read. */
static void triad_streaming(float *restrict a, float *restrict b, float *restrict c, int64_t n)
{
#ifdef __x86_64__
    __m128 s = _mm_set1_ps(3);
    for (int64_t i = 0; i < n; i += 4)
        _mm_stream_ps(a + i, _mm_add_ps(_mm_load_ps(b + i), _mm_mul_ps(s, _mm_load_ps(c + i))));
    _mm_sfence();
#else
    triad_plain(a, b, c, n);
#endif
}

/* Memory that was never written to is one page of zeros, however long. */
static void touch(float *restrict a, float *restrict b, float *restrict c, int64_t n)
{
    for (int64_t i = 0; i < n; i++) a[i] = b[i] = c[i] = 1;
}

/* Each thread has the same part in every trial. */
static double time_triad(triad work, float *a, float *b, float *c, int64_t n, int threads)
{
    double start = 0, end = 0;
#pragma omp parallel num_threads(threads)
    {
        int64_t me = omp_get_thread_num(), all = omp_get_num_threads();
        int64_t first = n / 16 * me / all * 16, last = me + 1 < all ? n / 16 * (me + 1) / all * 16 : n;
#pragma omp barrier
#pragma omp master
        start = 1e-9 * (double)tn_clock();
        work(a + first, b + first, c + first, last - first);
#pragma omp barrier
#pragma omp master
        end = 1e-9 * (double)tn_clock();
    }
    return end - start;
}

/* Floats in each of the three arrays: twice the last cache, and 64 MB at least. */
static int64_t array_length(bool quick)
{
    long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
    int64_t bytes = cache > 0 ? 2 * (int64_t)cache : 0;
    if (bytes < 64 << 20) bytes = 64 << 20;
    if (bytes > 1 << 30) bytes = 1 << 30;
    return quick ? 1 << 16 : bytes / (int64_t)sizeof(float) / 16 * 16;
}

static double bandwidth_of(float *a, float *b, float *c, int64_t n, int threads, int trials)
{
    static const triad ways[] = {triad_plain, triad_streaming};
    double fastest = INFINITY;
    time_triad(touch, a, b, c, n, threads);
    for (int i = 0; i < trials; i++)
        for (size_t way = 0; way < sizeof ways / sizeof *ways; way++)
            fastest = fmin(fastest, time_triad(ways[way], a, b, c, n, threads));
    return 3.0 * sizeof(float) * (double)n / fastest;
}

/* More than any machine of today has processors; OpenMP ends the program where it cannot make a thread. */
enum { MOST_THREADS = 1024 };

tn_status tn_peak_measure(int threads, bool quick, tn_peak *peak, tn_error *error)
{
    if (!peak) return tn_fail(error, TN_EINVAL, "tn_peak_measure: NULL instead of a place for the peak");
    *peak = (tn_peak){0};
    if (threads < 1 || threads > MOST_THREADS)
        return tn_fail(error, TN_EINVAL, "tn_peak_measure: %d threads, not 1 to %d", threads, MOST_THREADS);
    variant list[3];
    int variants = list_variants(list), trials = quick ? 2 : 10;
    int64_t n = array_length(quick);
    size_t bytes = (size_t)n * sizeof(float);
    for (int i = 0; i < variants; i++) {
        double flops = flops_of(&list[i], threads, trials, quick ? 1e-4 : 0.02);
        if (flops > peak->flops) *peak = (tn_peak){.flops = flops, .instructions = list[i].name};
    }
    float *a = tn_alloc(bytes), *b = tn_alloc(bytes), *c = tn_alloc(bytes);
    bool there = a && b && c;
    if (there) peak->bandwidth = bandwidth_of(a, b, c, n, threads, trials);
    tn_free(a);
    tn_free(b);
    tn_free(c);
    return there ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for three arrays of %lld numbers", (long long)n);
}
