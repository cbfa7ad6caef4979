/* Matrix products: right, and within the memory that tn_alloc promises. */
#include "config.h"
#include "core/memory.h"
#include "ops/gemm.h"
#include "ops/gemm_kernel.h"
#include "ops/op.h"
#include "testing.h"

#include "tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Memory as tn_alloc promises it at the least: TN_SLACK readable bytes behind a matrix, then nothing. The slack is
 * full of NaN, which must neither get into a result nor be overwritten. */
enum { ROOM = 8 << 20, CANARIES = 16 };
typedef struct guarded {
    char *base, *end; /* a matrix ends at end */
} guarded;

static void guard(guarded *memory)
{
    memory->base = mmap(NULL, ROOM + TN_SLACK + 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(memory->base, MAP_FAILED);
    memory->end = memory->base + ROOM;
    memset(memory->end, 0xff, TN_SLACK);
    ck_assert_int_eq(mprotect(memory->end + TN_SLACK, 65536, PROT_NONE), 0);
}

static bool all_bytes(const void *data, size_t bytes, unsigned char value)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < bytes; i++)
        if (byte[i] != value) return false;
    return true;
}

static void check_slack(const guarded *memory)
{
    ck_assert_msg(all_bytes(memory->end, TN_SLACK, 0xff), "the slack behind a matrix was written to");
}

static void release(guarded *memory)
{
    munmap(memory->base, ROOM + TN_SLACK + 65536);
}

static double get(tn_dtype dtype, const void *data, int64_t i)
{
    return dtype == TN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

static void set(tn_dtype dtype, void *data, int64_t i, double value)
{
    if (dtype == TN_F64) ((double *)data)[i] = value;
    else ((float *)data)[i] = (float)value;
}

/* A matrix of rows x cols: its strides and its memory. */
typedef struct matrix {
    int64_t rows, cols, rs, cs;
    void *data;
} matrix;

static matrix row_major(int64_t rows, int64_t cols, int64_t gap)
{
    return (matrix){.rows = rows, .cols = cols, .rs = cols + gap, .cs = 1};
}

static matrix col_major(int64_t rows, int64_t cols, int64_t gap)
{
    return (matrix){.rows = rows, .cols = cols, .rs = 1, .cs = rows + gap};
}

/* Puts the matrix at the end of the memory, and random numbers of [-1, 1) into it. */
static void place(matrix *m, tn_dtype dtype, const guarded *memory, int64_t before_end, uint32_t stream)
{
    int64_t elements = m->rows && m->cols ? (m->rows - 1) * m->rs + (m->cols - 1) * m->cs + 1 : 0;
    m->data = memory->end - (size_t)(elements + before_end) * tn_dtype_size(dtype);
    if ((char *)m->data - CANARIES < memory->base) ck_abort_msg("the test's memory is too small");
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) {
            uint32_t bits[4];
            tn_random_bits(1, stream, (uint64_t)(i * m->cols + j), bits);
            set(dtype, m->data, i * m->rs + j * m->cs, (double)(int32_t)bits[0] * 0x1p-31);
        }
}

static void multiply(const tn_gemm_kernel *kernel, tn_dtype dtype, const matrix *a, const matrix *b, bool add,
                     matrix *c)
{
    if (dtype == TN_F64)
        tn_gemm_by_f64(kernel, c->rows, c->cols, a->cols, a->data, a->rs, a->cs, b->data, b->rs, b->cs, NULL, add,
                       c->data, c->rs);
    else
        tn_gemm_by_f32(kernel, c->rows, c->cols, a->cols, a->data, a->rs, a->cs, b->data, b->rs, b->cs, NULL, add,
                       c->data, c->rs);
}

/* Largest error of C = A B or C += A B against loops in double, relative to the sums of |a| |b|. */
static double worst_error(const tn_gemm_kernel *kernel, tn_dtype dtype, const matrix *a, const matrix *b, bool add,
                          matrix *c)
{
    int64_t m = c->rows, n = c->cols, k = a->cols;
    double *expected = malloc((size_t)(m * n + 1) * sizeof *expected),
           *size = malloc((size_t)(m * n + 1) * sizeof *size);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = add ? get(dtype, c->data, i * c->rs + j * c->cs) : 0, magnitude = fabs(sum) + 1e-30;
            for (int64_t p = 0; p < k; p++) {
                double term = get(dtype, a->data, i * a->rs + p * a->cs) * get(dtype, b->data, p * b->rs + j * b->cs);
                sum += term;
                magnitude += fabs(term);
            }
            expected[i * n + j] = sum;
            size[i * n + j] = magnitude;
            if (!add) set(dtype, c->data, i * c->rs + j * c->cs, NAN);
        }
    char *canary = (char *)c->data - CANARIES;
    memset(canary, 0x55, CANARIES);
    multiply(kernel, dtype, a, b, add, c);
    if (!all_bytes(canary, CANARIES, 0x55)) return INFINITY;
    double worst = 0;
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double error = fabs(get(dtype, c->data, i * c->rs + j * c->cs) - expected[i * n + j]) / size[i * n + j];
            if (!(error <= worst)) worst = error; /* a NaN is the worst */
        }
    free(expected);
    free(size);
    return worst;
}

static guarded memory[3];

/* a, b, c have their strides but no memory yet. As this machine multiplies, and as one without fused arithmetic does,
 * which leaves most to BLIS. */
static void check_product(tn_dtype dtype, matrix a, matrix b, bool add, matrix c)
{
    const tn_gemm_kernel *const kernels[] = {tn_gemm_here(), &tn_gemm_sse2};
    for (int i = 0; i < 2; i++) {
        place(&a, dtype, &memory[0], 0, 1);
        place(&b, dtype, &memory[1], 0, 2);
        place(&c, dtype, &memory[2], 0, 3);
        double error = worst_error(kernels[i], dtype, &a, &b, add, &c);
        if (error <= (dtype == TN_F64 ? 1e-14 : 1e-5)) continue;
        ck_abort_msg("%s: %s [%lld, %lld] (%lld, %lld) times [%lld, %lld] (%lld, %lld)%s is off by %g",
                     kernels[i]->name, tn_dtype_name(dtype), (long long)a.rows, (long long)a.cols, (long long)a.rs,
                     (long long)a.cs, (long long)b.rows, (long long)b.cols, (long long)b.rs, (long long)b.cs,
                     add ? ", added," : "", error);
    }
}

/* The three forms that plans use: A B, A B^T, A^T B; C is always row-major. */
enum { NN, NT, TN, FORMS };
static void check_form(tn_dtype dtype, int form, int64_t m, int64_t n, int64_t k, bool add)
{
    matrix a = form == TN ? col_major(m, k, 0) : row_major(m, k, 0);
    matrix b = form == NT ? col_major(k, n, 0) : row_major(k, n, 0);
    check_product(dtype, a, b, add, row_major(m, n, 0));
}

static void setup(void)
{
    for (int i = 0; i < 3; i++) guard(&memory[i]);
}

static void teardown(void)
{
    for (int i = 0; i < 3; i++) check_slack(&memory[i]);
    for (int i = 0; i < 3; i++) release(&memory[i]);
}

/* 21 x 21 x 21 sizes x 3 forms x add or not x two number types. */
START_TEST(small_products_of_every_form_are_right_and_stay_within_the_slack)
{
    for (int64_t n = 0; n <= 20; n++)
        for (int64_t k = 0; k <= 20; k++)
            for (int form = 0; form < FORMS; form++)
                for (int add = 0; add < 2; add++)
                    for (int dtype = TN_F32; dtype <= TN_F64; dtype++)
                        check_form((tn_dtype)dtype, form, _i, n, k, add);
}
END_TEST

static const int64_t large[][3] = {
    /* m, n, k: where BLIS 0.9.0 was seen to read beyond, rows longer than the slack, more than a panel, thin sides */
    {10001, 2, 64}, {256, 2, 1024}, {7, 16, 1001},  {1, 20, 20001},  {4, 17, 17003}, {13, 9, 20001}, {4, 17, 9003},
    {8, 9, 20001},  {2000, 1, 64},  {1, 2000, 64},  {3, 2000, 65},   {700, 3, 17},   {700, 17, 3},   {17, 3, 700},
    {64, 64, 600},  {129, 257, 33}, {200, 300, 70}, {300, 8, 300},   {8, 300, 300},  {9, 300, 257},  {300, 700, 8},
};

START_TEST(large_and_thin_products_are_right_and_stay_within_the_slack)
{
    const int64_t *size = large[_i];
    for (int form = 0; form < FORMS; form++)
        for (int add = 0; add < 2; add++)
            for (int dtype = TN_F32; dtype <= TN_F64; dtype++)
                check_form((tn_dtype)dtype, form, size[0], size[1], size[2], add);
}
END_TEST

/* Rows and columns with gaps behind them, and operands that are neither row- nor column-major. */
static matrix any_strides(int64_t rows, int64_t cols, uint32_t bits)
{
    int64_t gap = bits >> 2 & 3;
    matrix m = bits & 1 ? row_major(rows, cols, gap) : col_major(rows, cols, gap);
    if ((bits >> 4 & 7) == 0) m.rs *= 2, m.cs *= 2;
    return m;
}

START_TEST(products_with_any_strides_are_right)
{
    for (int i = 0; i < 4000; i++) {
        uint32_t bits[4];
        tn_random_bits(7, 0, (uint64_t)i, bits);
        int64_t m = bits[0] % 40, n = bits[1] % 40, k = 1 + bits[2] % 40;
        check_product(bits[3] & 1 ? TN_F64 : TN_F32, any_strides(m, k, bits[0] >> 8), any_strides(k, n, bits[1] >> 8),
                      bits[3] & 2, row_major(m, n, bits[2] >> 8 & 3));
    }
}
END_TEST

/* A fused plan has its operands elsewhere than an unfused one. */
START_TEST(where_the_operands_lie_does_not_change_a_bit)
{
    for (int i = 0; i < 300; i++) {
        uint32_t bits[4];
        tn_random_bits(8, 0, (uint64_t)i, bits);
        int64_t m = 1 + bits[0] % 60, n = 1 + bits[1] % 60, k = 1 + bits[2] % 300;
        int form = (int)(bits[3] % FORMS);
        matrix a = form == TN ? col_major(m, k, 0) : row_major(m, k, 0), c = row_major(m, n, 0);
        matrix b = form == NT ? col_major(k, n, 0) : row_major(k, n, 0);
        float *first = malloc((size_t)(m * n) * sizeof *first);
        for (int shift = 0; shift < 5; shift++) {
            place(&a, TN_F32, &memory[0], shift, 1);
            place(&b, TN_F32, &memory[1], 3 * shift, 2);
            place(&c, TN_F32, &memory[2], 2 * shift, 3);
            multiply(tn_gemm_here(), TN_F32, &a, &b, true, &c);
            if (shift == 0) memcpy(first, c.data, (size_t)(m * n) * sizeof *first);
            ck_assert_msg(!memcmp(first, c.data, (size_t)(m * n) * sizeof *first),
                          "form %d of %lld, %lld, %lld differs when moved by %d elements", form, (long long)m,
                          (long long)n, (long long)k, shift);
        }
        free(first);
    }
}
END_TEST

/* ---- the kernels of each instruction set ---- */

static const tn_gemm_kernel *variant_at(int i)
{
    int count = 0;
    while (tn_gemm_variants()[count]) count++;
    return i < count ? tn_gemm_variants()[i] : NULL;
}

/* Packs B [k, n] into strips, element by element as gemm_kernel.h describes them. */
static float *strips_of(const matrix *b)
{
    int64_t width = TN_STRIP(sizeof(float)), strips = (b->cols + width - 1) / width;
    float *out = calloc((size_t)(strips * b->rows * width + 1), sizeof *out);
    for (int64_t p = 0; p < b->rows; p++)
        for (int64_t j = 0; j < b->cols; j++)
            out[(j / width * b->rows + p) * width + j % width] = ((float *)b->data)[p * b->rs + j * b->cs];
    return out;
}

typedef enum method { PRODUCT, PACKED, DOTS, METHODS } method;

static void run_method(const tn_gemm_kernel *kernel, method how, const matrix *a, const matrix *b, tn_ends_f32 ends,
                       const matrix *c)
{
    tn_factor_f32 left = {a->data, a->rs, a->cs}, right = {b->data, b->rs, b->cs};
    float *strips = strips_of(b), *packed = strips_of(&(matrix){.cols = b->cols, .rows = b->rows, .data = b->data});
    int64_t width = TN_STRIP(sizeof(float)), elements = (b->cols + width - 1) / width * b->rows * width;
    kernel->pack_f32(packed, b->rows, b->cols, right);
    if (memcmp(packed, strips, (size_t)elements * sizeof *packed)) ck_abort_msg("%s: packed wrongly", kernel->name);
    free(packed);
    if (how == PACKED)
        kernel->packed_f32(c->rows, c->cols, a->cols, left, strips, ends, c->data, c->rs);
    else
        (how == DOTS ? kernel->dots_f32 : kernel->product_f32)(c->rows, c->cols, a->cols, left, right, ends, c->data,
                                                               c->rs);
    free(strips);
}

static void check_variant(const tn_gemm_kernel *kernel, method how, tn_finish finish, matrix a, matrix b, matrix c)
{
    float bias[64], where[40 * 64];
    tn_ends_f32 ends = {.bias = bias, .where_rs = 64, .relu = finish == TN_FINISH_RELU};
    if (finish == TN_FINISH_WHERE) ends.where = where;
    for (int i = 0; i < 40 * 64; i++) where[i] = (float)(i % 3 - 1);
    for (int j = 0; j < 64; j++) bias[j] = (float)(2.385 - 0.375 * j);
    place(&a, TN_F32, &memory[0], 0, 1);
    place(&b, TN_F32, &memory[1], 0, 2);
    place(&c, TN_F32, &memory[2], 0, 3);
    run_method(kernel, how, &a, &b, ends, &c);
    for (int64_t i = 0; i < c.rows; i++)
        for (int64_t j = 0; j < c.cols; j++) {
            double sum = bias[j], magnitude = fabs(sum);
            for (int64_t p = 0; p < a.cols; p++) {
                double term = get(TN_F32, a.data, i * a.rs + p * a.cs) * get(TN_F32, b.data, p * b.rs + j * b.cs);
                sum += term;
                magnitude += fabs(term);
            }
            if ((ends.relu && sum < 0) || (ends.where && where[i * 64 + j] <= 0)) sum = 0;
            if (!(fabs(get(TN_F32, c.data, i * c.rs + j) - sum) <= 1e-6 * magnitude))
                ck_abort_msg("%s, method %d, %lld x %lld x %lld: element (%lld, %lld) is wrong", kernel->name, how,
                             (long long)c.rows, (long long)c.cols, (long long)a.cols, (long long)i, (long long)j);
        }
}

START_TEST(every_instruction_set_multiplies_right)
{
    const tn_gemm_kernel *kernel = variant_at(_i / METHODS);
    method how = _i % METHODS;
    if (!kernel) return; /* this machine does not have it */
    for (int i = 0; i < 600; i++) {
        uint32_t bits[4];
        tn_random_bits(9, 0, (uint64_t)i, bits);
        int64_t m = 1 + bits[0] % 40, n = 1 + bits[1] % (how == DOTS ? TN_THIN : 60), k = 1 + bits[2] % 300;
        matrix a = bits[3] & 1 && how != DOTS ? col_major(m, k, bits[3] >> 4 & 3) : row_major(m, k, bits[3] >> 4 & 3);
        matrix b = bits[3] & 2 ? col_major(k, n, 0) : row_major(k, n, bits[3] >> 6 & 3);
        check_variant(kernel, how, i % 3, a, b, row_major(m, n, bits[3] >> 8 & 3));
    }
}
END_TEST

/* An element is the same chain of operations whatever the width of the registers, if they fuse both steps. */
START_TEST(instruction_sets_with_fused_arithmetic_give_the_same_bits)
{
    const tn_gemm_kernel *first = variant_at(0);
    for (int v = 1; variant_at(v) && variant_at(v) != &tn_gemm_sse2; v++)
        for (int how = PRODUCT; how < METHODS; how++) {
            matrix a = row_major(29, 300, 1), b = row_major(300, how == DOTS ? 7 : 53, 2), c = row_major(29, b.cols, 0);
            float *expected = malloc((size_t)(c.rows * c.cols) * sizeof *expected);
            place(&a, TN_F32, &memory[0], 0, 1);
            place(&b, TN_F32, &memory[1], 0, 2);
            place(&c, TN_F32, &memory[2], 0, 3);
            run_method(first, (method)how, &a, &b, (tn_ends_f32){0}, &c);
            memcpy(expected, c.data, (size_t)(c.rows * c.cols) * sizeof *expected);
            run_method(variant_at(v), (method)how, &a, &b, (tn_ends_f32){0}, &c);
            ck_assert_msg(!memcmp(expected, c.data, (size_t)(c.rows * c.cols) * sizeof *expected),
                          "%s and %s differ, method %d", first->name, variant_at(v)->name, how);
            free(expected);
        }
}
END_TEST

/* What the tests above take for granted. */
START_TEST(memory_is_aligned_zero_and_has_slack_behind_it)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 4096, 1000003, 40 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int again = 0; again < 2; again++) {
            unsigned char *data = tn_alloc(sizes[i]);
            ck_assert_ptr_nonnull(data);
            ck_assert_uint_eq((uintptr_t)data % TN_ALIGN, 0);
            ck_assert(all_bytes(data, sizes[i] + TN_SLACK, 0));
            memset(data, 0xff, sizes[i]);
            tn_free(data);
        }
    ck_assert_ptr_null(tn_alloc(SIZE_MAX));
    ck_assert_ptr_null(tn_alloc((size_t)PTRDIFF_MAX - 1));
}
END_TEST

int main(void)
{
    TCase *products = tcase_create("products");
    tcase_add_checked_fixture(products, setup, teardown);
    tcase_add_loop_test(products, small_products_of_every_form_are_right_and_stay_within_the_slack, 0, 21);
    tcase_add_loop_test(products, large_and_thin_products_are_right_and_stay_within_the_slack, 0,
                        (int)(sizeof large / sizeof *large));
    tcase_add_test(products, products_with_any_strides_are_right);
    tcase_add_test(products, where_the_operands_lie_does_not_change_a_bit);
    tcase_add_loop_test(products, every_instruction_set_multiplies_right, 0, 3 * METHODS);
    tcase_add_test(products, instruction_sets_with_fused_arithmetic_give_the_same_bits);
    TCase *memory_case = tcase_create("memory");
    tcase_add_test(memory_case, memory_is_aligned_zero_and_has_slack_behind_it);
    return run_cases("matrix products", products, memory_case, NULL);
}
