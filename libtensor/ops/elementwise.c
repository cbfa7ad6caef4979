/* Elementwise operations: element i of the output depends on element i of each input. Broadcasting is undone before
 * they are made (graph/build.c), but the planner may hand a kernel a repeated row, column or number as strides of 0. */
#include "config.h"
#include "core/vecmath.h"
#include "graph/plan.h"
#include "ops/op.h"

#include <math.h>
#include <string.h>

tn_status tn_same_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    *out = node->in[0]->shape;
    for (int i = 1; i < node->n_in; i++)
        if (!tn_shape_equal(*out, node->in[i]->shape))
            return tn_fail(why, TN_ESHAPE, "%s cannot combine %s and %s: their shapes must be equal", node->op->name,
                           tn_node_words(node->in[0]).text, tn_node_words(node->in[i]).text);
    return TN_OK;
}

tn_division tn_divide_items(const tn_node *node)
{
    (void)node;
    return (tn_division){.access = TN_ITEMS};
}

double tn_cost_of_input(const tn_node *node)
{
    return (double)tn_shape_size(node->in[0]->shape);
}

tn_division tn_divide_elementwise(const tn_node *node)
{
    return (tn_division){.access = TN_ITEMS, .itemwise = (1u << node->n_in) - 1, .columns = true};
}

#define SIMD _Pragma("omp simd")
enum { PART = 1024 }; /* elements of a row given to a vector function at a time */

/* z = expression of x and y. An operand with column stride 0 is one number per row. */
#define BINARY_OF(function, T, expression)                                                                             \
    TN_KERNEL void function(const tn_call *c)                                                                          \
    {                                                                                                                  \
        int64_t rows, cols;                                                                                            \
        tn_extent(c, 2, &rows, &cols);                                                                                 \
        for (int64_t r = 0; r < rows; r++) {                                                                           \
            T *out = (T *)c->out.data + r * c->out.rs;                                                                 \
            const T *a = (const T *)c->in[0].data + r * c->in[0].rs, *b = (const T *)c->in[1].data + r * c->in[1].rs;  \
            if (c->in[0].cs && c->in[1].cs) {                                                                          \
                SIMD for (int64_t i = 0; i < cols; i++) { T x = a[i], y = b[i]; out[i] = (expression); }               \
            } else if (c->in[0].cs) {                                                                                  \
                T y = *b;                                                                                              \
                SIMD for (int64_t i = 0; i < cols; i++) { T x = a[i]; out[i] = (expression); }                         \
            } else if (c->in[1].cs) {                                                                                  \
                T x = *a;                                                                                              \
                SIMD for (int64_t i = 0; i < cols; i++) { T y = b[i]; out[i] = (expression); }                         \
            } else {                                                                                                   \
                T x = *a, y = *b;                                                                                      \
                SIMD for (int64_t i = 0; i < cols; i++) out[i] = (expression);                                         \
            }                                                                                                          \
        }                                                                                                              \
    }
#define BINARY(name, expression) BINARY_OF(name##_f32, float, expression) BINARY_OF(name##_f64, double, expression)

/* z = expression of x, and of the attributes. */
#define UNARY_OF(function, T, expression)                                                                              \
    TN_KERNEL void function(const tn_call *c)                                                                          \
    {                                                                                                                  \
        int64_t rows, cols;                                                                                            \
        tn_extent(c, 1, &rows, &cols);                                                                                 \
        const T value = (T)c->node->attr.value;                                                                        \
        (void)value;                                                                                                   \
        for (int64_t r = 0; r < rows; r++) {                                                                           \
            T *out = (T *)c->out.data + r * c->out.rs;                                                                 \
            const T *a = (const T *)c->in[0].data + r * c->in[0].rs;                                                   \
            if (c->in[0].cs) {                                                                                         \
                SIMD for (int64_t i = 0; i < cols; i++) { T x = a[i]; out[i] = (expression); }                         \
            } else {                                                                                                   \
                T x = *a;                                                                                              \
                SIMD for (int64_t i = 0; i < cols; i++) out[i] = (expression);                                         \
            }                                                                                                          \
        }                                                                                                              \
    }
#define UNARY(name, expression) UNARY_OF(name##_f32, float, expression) UNARY_OF(name##_f64, double, expression)

/* out = finish(function(prepare(x))), where function is one of the vector functions. */
#define VECTOR_OF(name, number, prepare, function, finish)                                                             \
    TN_KERNEL void name(const tn_call *c)                                                                              \
    {                                                                                                                  \
        typedef number T;                                                                                              \
        int64_t rows, cols;                                                                                            \
        tn_extent(c, 1, &rows, &cols);                                                                                 \
        T kept[PART], part[PART];                                                                                      \
        for (int64_t r = 0; r < rows; r++)                                                                             \
            for (int64_t first = 0; first < cols; first += PART) {                                                     \
                int64_t n = cols - first < PART ? cols - first : PART;                                                 \
                T *out = (T *)c->out.data + r * c->out.rs + first;                                                     \
                const T *a = (const T *)c->in[0].data + r * c->in[0].rs + first * c->in[0].cs;                         \
                for (int64_t i = 0; i < n; i++) kept[i] = a[i * c->in[0].cs];                                          \
                SIMD for (int64_t i = 0; i < n; i++) { T x = kept[i]; part[i] = (prepare); }                           \
                tn_vec()->function(part, part, n);                                                                     \
                SIMD for (int64_t i = 0; i < n; i++) { T x = kept[i], y = part[i]; (void)x; out[i] = (finish); }       \
            }                                                                                                          \
    }
#define VECTOR(name, prepare, function, finish)                                                                        \
    VECTOR_OF(name##_f32, float, prepare, function##_f32, finish)                                                      \
    VECTOR_OF(name##_f64, double, prepare, function##_f64, finish)

/* Sine and cosine at once: the same bits, as both are the halves of one function (core/vecmath.c). */
#define BOTH_OF(name, T, function)                                                                                     \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        int64_t rows, cols;                                                                                            \
        tn_extent(c, 1, &rows, &cols);                                                                                 \
        for (int64_t r = 0; r < rows; r++)                                                                             \
            tn_vec()->function((T *)c->out.data + r * c->out.rs, (T *)c->second.data + r * c->second.rs,               \
                               (const T *)c->in[0].data + r * c->in[0].rs, cols);                                      \
    }
BOTH_OF(sincos_f32, float, sincos_f32)
BOTH_OF(sincos_f64, double, sincos_f64)

/* n neighbours of a row of an operand: in place, or copies of one number where it is repeated along the row. */
#define NEIGHBOURS(name, T)                                                                                            \
    static inline const T *name(const tn_matrix *m, int64_t row, int64_t first, int64_t n, T *copies)                  \
    {                                                                                                                  \
        const T *at = (const T *)m->data + row * m->rs + first * m->cs;                                                \
        for (int64_t i = 0; i < n && !m->cs; i++) copies[i] = *at;                                                     \
        return m->cs ? at : copies;                                                                                    \
    }
NEIGHBOURS(neighbours_f32, float)
NEIGHBOURS(neighbours_f64, double)

/* out = where x > 0, y, else z. */
#define WHERE(name, T, neighbours)                                                                                     \
    TN_KERNEL void name(const tn_call *c)                                                                              \
    {                                                                                                                  \
        int64_t rows, cols;                                                                                            \
        tn_extent(c, 3, &rows, &cols);                                                                                 \
        T copies[3][PART];                                                                                             \
        for (int64_t r = 0; r < rows; r++)                                                                             \
            for (int64_t first = 0; first < cols; first += PART) {                                                     \
                int64_t n = cols - first < PART ? cols - first : PART;                                                 \
                T *out = (T *)c->out.data + r * c->out.rs + first;                                                     \
                const T *x = neighbours(&c->in[0], r, first, n, copies[0]);                                            \
                const T *y = neighbours(&c->in[1], r, first, n, copies[1]);                                            \
                const T *z = neighbours(&c->in[2], r, first, n, copies[2]);                                            \
                SIMD for (int64_t i = 0; i < n; i++) { T a = y[i], b = z[i]; out[i] = x[i] > 0 ? a : b; }              \
            }                                                                                                          \
    }
WHERE(where_f32, float, neighbours_f32)
WHERE(where_f64, double, neighbours_f64)

#define POWER(name, T, neighbours, function)                                                                           \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        int64_t rows, cols;                                                                                            \
        tn_extent(c, 2, &rows, &cols);                                                                                 \
        T copies[2][PART];                                                                                             \
        for (int64_t r = 0; r < rows; r++)                                                                             \
            for (int64_t first = 0; first < cols; first += PART) {                                                     \
                int64_t n = cols - first < PART ? cols - first : PART;                                                 \
                const T *x = neighbours(&c->in[0], r, first, n, copies[0]);                                            \
                const T *y = neighbours(&c->in[1], r, first, n, copies[1]);                                            \
                tn_vec()->function((T *)c->out.data + r * c->out.rs + first, x, y, n);                                 \
            }                                                                                                          \
    }
POWER(pow_f32, float, neighbours_f32, pow_f32)
POWER(pow_f64, double, neighbours_f64, pow_f64)

BINARY(add, x + y)
BINARY(sub, x - y)
BINARY(mul, x * y)
BINARY(div, x / y)
BINARY(div_no_nan, y == 0 ? 0 : x / y)
BINARY(equal, x == y)
BINARY(less, x < y)
BINARY(minimum, y < x || y != y ? y : x) /* NaN wins, to be noticed */
BINARY(maximum, y > x || y != y ? y : x)
BINARY(where_positive, y > 0 ? x : 0)
UNARY(neg, -x)
UNARY(relu, x < 0 ? 0 : x) /* NaN stays NaN, to be noticed */
UNARY(square, x * x)
UNARY(reciprocal, 1 / x)
UNARY(sign, (x > 0) - (x < 0))
UNARY(scale, value * x)
UNARY(detach, x)
UNARY(accumulate, out[i] + x) /* of no operation: gradients (graph/plan_collect.c) */
UNARY_OF(abs_f32, float, fabsf(x))
UNARY_OF(abs_f64, double, fabs(x))
UNARY_OF(sqrt_f32, float, sqrtf(x))
UNARY_OF(sqrt_f64, double, sqrt(x))
UNARY_OF(rsqrt_f32, float, 1 / sqrtf(x))
UNARY_OF(rsqrt_f64, double, 1 / sqrt(x))
VECTOR(sin, x, sin, y)
VECTOR(cos, x, cos, y)
VECTOR(tan, x, tan, y)
VECTOR(exp, x, exp, y)
VECTOR(expm1, x, expm1, y)
VECTOR(log, x, log, y)
/* The vector function overflows near the largest numbers, where log1p(x) = log1p(x / 2^64) + 64 log 2. */
VECTOR(log1p, x > (T)1e30 ? x * (T)0x1p-64 : x, log1p, x > (T)1e30 ? y + (T)(64 * M_LN2) : y)
VECTOR(erf, x, erf, y)
VECTOR(erfc, x, erfc, y)
VECTOR(tanh, x, tanh, y)
VECTOR(sigmoid, -x, exp, 1 / (1 + y))
#define EXP_NEGATIVE_ABS (x > 0 ? -x : x)
/* log(1 + e^x) = max(x, 0) + log1p(e^-|x|): softplus is that of the exponential, made first. */
#define SOFTPLUS_OF(name, T, suffix)                                                                                   \
    VECTOR_OF(name##_exponential_##suffix, T, EXP_NEGATIVE_ABS, exp_##suffix, y)                                       \
    static void name##_##suffix(const tn_call *c)                                                                      \
    {                                                                                                                  \
        name##_exponential_##suffix(c);                                                                                \
        for (int64_t r = 0; r < c->out.rows; r++) {                                                                    \
            T *out = (T *)c->out.data + r * c->out.rs;                                                                 \
            const T *a = (const T *)c->in[0].data + r * c->in[0].rs;                                                   \
            tn_vec()->log1p_##suffix(out, out, c->out.cols);                                                           \
            for (int64_t i = 0; i < c->out.cols; i++) {                                                                \
                T x = a[i * c->in[0].cs];                                                                              \
                out[i] += x > 0 ? x : 0;                                                                               \
            }                                                                                                          \
        }                                                                                                              \
    }
SOFTPLUS_OF(softplus, float, f32)
SOFTPLUS_OF(softplus, double, f64)

/* Number type conversion: the only kernel whose input has another type than its output. */
#define CAST_TO(name, T)                                                                                               \
    static void name(const tn_call *c)                                                                                 \
    {                                                                                                                  \
        tn_dtype from = c->node->in[0]->dtype;                                                                         \
        for (int64_t r = 0; r < c->out.rows; r++)                                                                      \
            for (int64_t i = 0; i < c->out.cols; i++) {                                                                \
                int64_t at = r * c->in[0].rs + i * c->in[0].cs;                                                        \
                const void *data = c->in[0].data;                                                                      \
                ((T *)c->out.data)[r * c->out.rs + i] = from == TN_F64   ? (T)((const double *)data)[at]               \
                                                        : from == TN_F32 ? (T)((const float *)data)[at]                \
                                                                         : (T)((const int32_t *)data)[at];             \
            }                                                                                                          \
    }
CAST_TO(cast_f32, float)
CAST_TO(cast_f64, double)

/* Gradient rules: y = op(a, b), dy given. */
#define RULE(name) static tn_node *gradient_##name(tn_graph *g, tn_node *y, tn_node *dy, int i)
#define A (y->in[0])
#define B (y->in[1])

/* dy where a > b, half of it where they are equal. */
static tn_node *shared(tn_graph *g, tn_node *a, tn_node *b, tn_node *dy)
{
    tn_node *sign = tn_sign(g, tn_sub(g, a, b));
    return tn_mul(g, dy, tn_scale(g, tn_add(g, sign, tn_number(g, dy->dtype, 1)), 0.5));
}

/* b a^(b - 1), where 0^-1 for b = 0 would make NaN of what is 0. */
static tn_node *gradient_to_base(tn_graph *g, tn_node *y, tn_node *dy)
{
    tn_node *zero = tn_number(g, dy->dtype, 0), *one = tn_number(g, dy->dtype, 1);
    tn_node *both_zero = tn_mul(g, tn_equal(g, A, zero), tn_equal(g, B, zero));
    tn_node *exponent = tn_sub(g, tn_add(g, B, both_zero), one);
    return tn_mul(g, dy, tn_mul(g, B, tn_pow(g, A, exponent)));
}

/* a^b log a, and 0 where a <= 0. */
static tn_node *gradient_to_exponent(tn_graph *g, tn_node *y, tn_node *dy)
{
    tn_node *zero = tn_number(g, dy->dtype, 0), *one = tn_number(g, dy->dtype, 1); /* y itself may be infinite or NaN */
    return tn_mul(g, dy, tn_mul(g, tn_where(g, A, y, zero), tn_log(g, tn_where(g, A, A, one))));
}

RULE(add) { (void)g, (void)y, (void)i; return dy; }
RULE(sub) { (void)y; return i ? tn_neg(g, dy) : dy; }
RULE(mul) { return tn_mul(g, dy, i ? A : B); }
RULE(div) { return i ? tn_neg(g, tn_div(g, tn_mul(g, dy, y), B)) : tn_div(g, dy, B); }
RULE(div_no_nan) { return i ? tn_neg(g, tn_div_no_nan(g, tn_mul(g, dy, y), B)) : tn_div_no_nan(g, dy, B); }
RULE(minimum) { return i ? shared(g, A, B, dy) : shared(g, B, A, dy); }
RULE(maximum) { return i ? shared(g, B, A, dy) : shared(g, A, B, dy); }
RULE(pow) { return i ? gradient_to_exponent(g, y, dy) : gradient_to_base(g, y, dy); }
RULE(where)
{
    tn_node *condition = y->in[0], *zero = tn_number(g, dy->dtype, 0);
    if (i == 0) return NULL;
    return i == 1 ? tn_where(g, condition, dy, zero) : tn_where(g, condition, zero, dy);
}
RULE(where_positive) { return i ? NULL : tn_where_positive(g, dy, B); }
RULE(neg) { (void)y, (void)i; return tn_neg(g, dy); }
RULE(relu) { (void)i; return tn_where_positive(g, dy, y); }
RULE(tanh) { (void)i; return tn_sub(g, dy, tn_mul(g, dy, tn_square(g, y))); }
RULE(sigmoid) { (void)i; return tn_mul(g, dy, tn_sub(g, y, tn_square(g, y))); }
RULE(softplus) { (void)i; return tn_mul(g, dy, tn_sigmoid(g, A)); }
RULE(sin) { (void)i; return tn_mul(g, dy, tn_cos(g, A)); }
RULE(cos) { (void)i; return tn_neg(g, tn_mul(g, dy, tn_sin(g, A))); }
RULE(exp) { (void)i; return tn_mul(g, dy, y); }
RULE(expm1) { (void)i; return tn_mul(g, dy, tn_exp(g, A)); }
RULE(log1p) { (void)i; return tn_div(g, dy, tn_add(g, A, tn_number(g, A->dtype, 1))); }
RULE(tan) { (void)i; return tn_add(g, dy, tn_mul(g, dy, tn_square(g, y))); }
RULE(erf) { (void)i; return tn_mul(g, dy, tn_scale(g, tn_exp(g, tn_neg(g, tn_square(g, A))), M_2_SQRTPI)); }
RULE(erfc) { (void)i; return tn_mul(g, dy, tn_scale(g, tn_exp(g, tn_neg(g, tn_square(g, A))), -M_2_SQRTPI)); }
RULE(reciprocal) { (void)i; return tn_neg(g, tn_mul(g, dy, tn_square(g, y))); }
RULE(rsqrt) { (void)i; return tn_mul(g, tn_scale(g, dy, -0.5), tn_mul(g, y, tn_square(g, y))); }
RULE(log) { (void)i; return tn_div(g, dy, A); }
RULE(sqrt) { (void)i; return tn_div_no_nan(g, dy, tn_scale(g, y, 2)); }
RULE(square) { (void)i; return tn_mul(g, tn_scale(g, dy, 2), A); }
RULE(abs) { (void)i; return tn_mul(g, dy, tn_sign(g, A)); }
RULE(scale) { (void)i; return tn_scale(g, dy, y->attr.value); }
RULE(cast) { (void)i; return tn_cast(g, dy, A->dtype); }

#define FIELDS(op, inputs, cost, more, words, rule)                                                                    \
    .name = #op, .about = words, .arity = inputs, .flags = TN_OP_ELEMENTWISE | more, .flop = cost,                     \
    .shape = tn_same_shape, .division = tn_divide_elementwise, .kernel = TN_KERNELS(op), .gradient = rule
#define ROW(...) {FIELDS(__VA_ARGS__)}

const tn_op tn_ops_elementwise[] = {
    ROW(add, 2, 1, 0, "a + b", gradient_add),
    ROW(sub, 2, 1, 0, "a - b", gradient_sub),
    ROW(mul, 2, 1, 0, "a b", gradient_mul),
    ROW(div, 2, 1, 0, "a / b", gradient_div),
    ROW(div_no_nan, 2, 1, 0, "a / b, and 0 where b = 0", gradient_div_no_nan),
    ROW(equal, 2, 1, TN_OP_FLAT, "1 where a = b, else 0", NULL),
    ROW(less, 2, 1, TN_OP_FLAT, "1 where a < b, else 0", NULL),
    ROW(minimum, 2, 1, 0, "the smaller of two; gradient shared among equals", gradient_minimum),
    ROW(maximum, 2, 1, 0, "the larger of two; gradient shared among equals", gradient_maximum),
    ROW(pow, 2, 60, 0, "a to the power b", gradient_pow),
    ROW(where, 3, 1, 0, "a where the condition > 0, else b", gradient_where),
    {FIELDS(where_positive, 2, 1, 0, "a where b > 0, else 0", gradient_where_positive), .finish = TN_FINISH_WHERE},
    ROW(neg, 1, 1, 0, "-a", gradient_neg),
    {FIELDS(relu, 1, 1, 0, "max(a, 0)", gradient_relu), .finish = TN_FINISH_RELU},
    ROW(tanh, 1, 20, 0, "hyperbolic tangent", gradient_tanh),
    ROW(sigmoid, 1, 20, 0, "1 / (1 + exp -a)", gradient_sigmoid),
    ROW(softplus, 1, 40, 0, "log(1 + exp a)", gradient_softplus),
    {FIELDS(sin, 1, 20, 0, "sine", gradient_sin), .partner = "cos", .both = TN_KERNELS(sincos)},
    ROW(cos, 1, 20, 0, "cosine", gradient_cos),
    ROW(exp, 1, 20, 0, "exponential", gradient_exp),
    ROW(tan, 1, 20, 0, "tangent", gradient_tan),
    ROW(expm1, 1, 20, 0, "exp(a) - 1, also near 0", gradient_expm1),
    ROW(log1p, 1, 20, 0, "log(1 + a), also near 0", gradient_log1p),
    ROW(erf, 1, 30, 0, "error function", gradient_erf),
    ROW(erfc, 1, 30, 0, "1 - erf a, also where it is small", gradient_erfc),
    ROW(log, 1, 20, 0, "natural logarithm", gradient_log),
    ROW(sqrt, 1, 1, 0, "square root; derivative at 0 taken as 0", gradient_sqrt),
    ROW(rsqrt, 1, 2, 0, "1 / square root", gradient_rsqrt),
    ROW(reciprocal, 1, 1, 0, "1 / a", gradient_reciprocal),
    ROW(square, 1, 1, 0, "a a", gradient_square),
    ROW(abs, 1, 1, 0, "|a|; derivative at 0 is 0", gradient_abs),
    ROW(sign, 1, 1, TN_OP_FLAT, "-1, 0 or 1", NULL),
    ROW(scale, 1, 1, 0, "a times a number", gradient_scale),
    ROW(detach, 1, 0, TN_OP_FLAT | TN_OP_MOVES, "a, but no gradient passes", NULL),
    ROW(cast, 1, 0, TN_OP_CAST | TN_OP_MOVES, "a as another number type", gradient_cast),
    {0},
};

tn_kernel tn_accumulate_kernel(const tn_node *node)
{
    return node->dtype == TN_F64 ? accumulate_f64 : accumulate_f32;
}
