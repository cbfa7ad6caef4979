/* tensor.h - libtensor: describe a computation once, differentiate it, plan it, run it many times. For C17 and C++17.
 *
 *     tn_error error = {0};
 *     tn_graph *g = tn_graph_new(TN_F32);
 *     tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(100, 3));           describe
 *     tn_node *w = tn_param(g, params, "w"), *b = tn_param(g, params, "b");
 *     tn_node *loss = tn_mse(g, tn_linear(g, x, w, b), tn_input(g, "y", TN_F32, TN_SHAPE(100, 1)));
 *     tn_output(g, "loss", loss);
 *     tn_params_grad(g, loss, params);                                   differentiate
 *     tn_plan *plan = tn_plan_new(g, 0, &error);                         plan
 *     tn_bind(plan, "x", x_values, &error); tn_bind(plan, "y", y_values, &error);
 *     while (...) { tn_run(plan, &error); tn_optimizer_step(o, rates); } run
 *
 * Tensors are dense and row-major. Builders never fail loudly: an invalid call returns a node that carries the
 * error on, and tn_plan_new reports the first one, so user code checks once.
 * Nothing here aborts, exits or prints. Handles are opaque; every *_new has a *_free, which accepts NULL. So do all
 * functions, as what a failed *_new returned: it is an error (TN_EINVAL), or what they return is NULL, 0 or NaN.
 * A graph, a plan, a parameter set or an optimizer belongs to one thread at a time; different ones may be used
 * by different threads at once.  Results are the same bits on any number of threads. */
#ifndef TENSOR_H
#define TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the shared library shows, and functions that print as printf does. */
#if defined __GNUC__
#define TN_API __attribute__((visibility("default")))
#define TN_PRINTF(text, values) __attribute__((__format__(__printf__, text, values)))
#else
#define TN_API
#define TN_PRINTF(text, values)
#endif

/* A structure of these fields, in C and in C++. */
#ifdef __cplusplus
#define TN_LITERAL(type, ...) (type{__VA_ARGS__})
#else
#define TN_LITERAL(type, ...) ((type){__VA_ARGS__})
#endif

/* ---- 1. Errors ---------------------------------------------------------------------------------------------- */

/* How a call ended. */
typedef enum tn_status {
    TN_OK,        /* well */
    TN_EINVAL,    /* an argument outside its range */
    TN_ESHAPE,    /* shapes that do not go together */
    TN_EDTYPE,    /* number types that do not go together */
    TN_ENAME,     /* a name that is unknown, or taken */
    TN_ENOGRAD,   /* a derivative was asked of something that has none */
    TN_ENOMEM,    /* out of memory */
    TN_EIO,       /* reading or writing failed */
    TN_EFORMAT,   /* a file is not what it should be */
    TN_ENUMERIC,  /* a value became NaN or infinite */
    TN_EGRADIENT, /* a derivative is not what differences of values say */
} tn_status;

/* What went wrong, in words. Zero-initialise it; the first error recorded is the one kept. */
typedef struct tn_error {
    tn_status status;
    char message[1024];
} tn_error;

/* The name of a status, "shape error" for TN_ESHAPE. */
TN_API const char *tn_status_name(tn_status status);

/* Records an error, unless error is NULL or holds one already. Returns status, so that one can
 * `return tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));`. A place for a breakpoint. */
TN_API tn_status tn_fail(tn_error *error, tn_status status, const char *format, ...) TN_PRINTF(3, 4);

/* ---- 2. Memory and threads ---------------------------------------------------------------------------------- */

/* Zeroed memory, aligned to 64 bytes, with room behind it that matrix kernels may read (not write).
 * Every buffer handed to a plan must come from here. Returns NULL when out of memory; free with tn_free. */
TN_API void *tn_alloc(size_t bytes);
TN_API void tn_free(void *memory);

/* Threads used by tn_run, the optimizers and the random fills; 0 means one per processor this process may use,
 * or OMP_NUM_THREADS. A plan keeps the number that was set when it was made, or fewer if it has little to do.
 * The only global state of the library. Where the system refuses a thread, OpenMP ends the program. */
TN_API void tn_set_threads(int threads);
TN_API int tn_threads(void);

/* ---- 3. Numbers and shapes ---------------------------------------------------------------------------------- */

/* The type of the numbers of a tensor: float32, float64, int32. */
typedef enum tn_dtype { TN_F32, TN_F64, TN_I32 } tn_dtype;

TN_API size_t tn_dtype_size(tn_dtype dtype);      /* bytes */
TN_API const char *tn_dtype_name(tn_dtype dtype); /* "float32", "float64", "int32" */

/* The most axes that a tensor may have. */
#define TN_MAX_RANK 6

/* The sizes of the axes, outermost first. rank 0 is a scalar; an axis may have size 0. Tensors have at most 2^40
 * elements, where axes of size 0 count as 1. */
typedef struct tn_shape {
    int rank; /* number of axes */
    int64_t dim[TN_MAX_RANK];
} tn_shape;

/* TN_SHAPE(3, 4) is the shape [3, 4]; TN_SCALAR the shape []. */
TN_API tn_shape tn_shape_of(int rank, const int64_t *dim);
#define TN_SCALAR tn_shape_of(0, NULL)
#ifndef __cplusplus
#define TN_SHAPE(...)                                                                                                  \
    tn_shape_of((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]){__VA_ARGS__})
#else
#define TN_SHAPE(...) tn_shape_from(__VA_ARGS__)
extern "C++" {
template <typename... Sizes> inline tn_shape tn_shape_from(Sizes... sizes)
{
    const int64_t dim[] = {static_cast<int64_t>(sizes)...};
    return tn_shape_of(static_cast<int>(sizeof...(sizes)), dim);
}
}
#endif
TN_API int64_t tn_shape_size(tn_shape shape); /* number of elements */
TN_API bool tn_shape_equal(tn_shape a, tn_shape b);

/* ---- 4. Random numbers -------------------------------------------------------------------------------------- */

/* Philox4x32-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011), counter based: the numbers
 * are a function of (seed, stream, index) alone, whatever the number of threads and whatever was drawn before. */
TN_API void tn_random_bits(uint64_t seed, uint32_t stream, uint64_t index, uint32_t bits[4]);

/* One number in [0, 1), one standard normal number. */
TN_API double tn_random_uniform(uint64_t seed, uint32_t stream, uint64_t index);
TN_API double tn_random_normal(uint64_t seed, uint32_t stream, uint64_t index);

/* Fills out[0..n) with standard normal numbers in parallel; out[i] depends on (seed, stream, block, i) only.
 *   block   a counter, such as the frame number, that makes each fill different */
TN_API void tn_fill_normal(float *out, int64_t n, uint64_t seed, uint32_t stream, uint64_t block);

/* ---- 5. Parameters ------------------------------------------------------------------------------------------ */

/* A parameter set owns named tensors of one dtype in one flat block, and their gradients in a second one.
 * Declare all of them, then seal; only then does the memory exist. */
typedef struct tn_params tn_params;

/* The initial values of a parameter: (tn_init){0} is zero. */
typedef enum tn_init_kind { TN_INIT_CONSTANT, TN_INIT_UNIFORM, TN_INIT_NORMAL } tn_init_kind;
typedef struct tn_init {
    tn_init_kind kind;
    double a, b; /* constant: the value a;  uniform: from a to b;  normal: mean a, standard deviation b */
} tn_init;

/* One parameter, as tn_params_at describes it. data and grad are NULL before sealing; owned by the set. */
typedef struct tn_param_info {
    const char *name;
    tn_shape shape;
    int group; /* index of the learning rate it takes */
    void *data, *grad;
} tn_param_info;

/* A new set of tensors of float32 or float64, whose random initial values follow from seed. NULL when out of memory. */
TN_API tn_params *tn_params_new(tn_dtype dtype, uint64_t seed);
TN_API void tn_params_free(tn_params *params);

/* Adds a tensor. Its initial values depend on the seed and its name only; the name is copied. Errors are kept and
 * reported by seal: TN_ENAME the name is taken; TN_EINVAL the set is sealed, the group is negative, there is no name,
 * no such shape or no such kind of initial values; TN_EDTYPE the set is to be of int32; TN_ENOMEM. */
TN_API void tn_params_add(tn_params *params, const char *name, tn_shape shape, tn_init init, int group);
/* Allocates the tensors and their gradients, both of which then stay where they are, and fills in the initial values.
 * Sealing again does nothing. Errors: those of tn_params_add. */
TN_API tn_status tn_params_seal(tn_params *params, tn_error *error);

/* What a set holds. i counts from 0, in order of declaration. */
TN_API int tn_params_count(const tn_params *params);                         /* number of tensors */
TN_API tn_param_info tn_params_at(const tn_params *params, int i);           /* tensor i, 0 <= i < count */
TN_API int tn_params_find(const tn_params *params, const char *name);        /* index, or -1 */
TN_API void *tn_params_data(const tn_params *params, const char *name);      /* values, or NULL */
TN_API void *tn_params_gradient(const tn_params *params, const char *name);  /* gradient, or NULL */
TN_API tn_dtype tn_params_dtype(const tn_params *params);
TN_API int64_t tn_params_size(const tn_params *params);                      /* elements of all tensors together */

/* ---- 6. Describing: graphs, inputs, outputs ----------------------------------------------------------------- */

/* The description of a computation. */
typedef struct tn_graph tn_graph;
typedef struct tn_node tn_node; /* a tensor of it, to be computed; owned by its graph */

/* A new graph; number is the dtype of its constants, TN_F32 or TN_F64. NULL when out of memory. */
TN_API tn_graph *tn_graph_new(tn_dtype number);
TN_API void tn_graph_free(tn_graph *g);

/* The first error made while describing, or TN_OK; message (may be NULL) receives the words, owned by g. */
TN_API tn_status tn_graph_status(const tn_graph *g, const char **message);

/* A tensor whose memory the user binds by name before running (tn_bind). The name is copied.
 * Errors: TN_ENAME another input has that name; TN_ESHAPE; TN_EDTYPE. */
TN_API tn_node *tn_input(tn_graph *g, const char *name, tn_dtype dtype, tn_shape shape);

/* The parameter of that name. The set must be sealed before planning and must outlive the plans.
 * Errors: TN_ENAME there is none. */
TN_API tn_node *tn_param(tn_graph *g, tn_params *params, const char *name);

/* The same value everywhere, in the number type of the graph. */
TN_API tn_node *tn_constant(tn_graph *g, double value);                     /* a scalar */
TN_API tn_node *tn_full(tn_graph *g, tn_shape shape, double value);         /* of that shape */

/* Marks a node as a result to be read after each run (tn_result). The name is copied.
 * Errors: TN_ENAME another output has that name. */
TN_API void tn_output(tn_graph *g, const char *name, tn_node *node);

/* Gives a node a name for messages, prints and profiles; returns the node. The name is copied.
 * Errors: TN_ENAME inputs and parameters keep the names by which they are known. */
TN_API tn_node *tn_name(tn_graph *g, tn_node *node, const char *name);

/* What is known of a node. The one that an invalid call returns has rank 0. */
TN_API tn_shape tn_node_shape(const tn_node *node);
TN_API tn_dtype tn_node_dtype(const tn_node *node);

/* The graph as text, one node a line, and as a picture in the language of Graphviz (`dot -Tsvg`): boxes for scopes and
 * for the gradient, colours by kind of operation, arrows as wide as what goes along them is large. */
TN_API void tn_graph_print(const tn_graph *g, FILE *stream);
TN_API void tn_graph_dot(const tn_graph *g, FILE *stream);

/* Nodes made from here on belong to a part of the model of that name, until tn_scope_end; parts may lie within parts:
 * "joint/siren". Their gradients belong to it too. Messages, prints, pictures and profiles say it. The name is copied.
 * Errors: TN_EINVAL an empty name, an end without a beginning. */
TN_API void tn_scope(tn_graph *g, const char *name);
TN_API void tn_scope_end(tn_graph *g);

/* Note file and line of what was described since the last note, and of an error in it. Nobody needs to call them: in C
 * and C++, every function that describes is also a macro that does (tensor_places.h); in other languages, a wrapper of
 * them may. tn_placed returns node. file is borrowed, like __FILE__, and must outlive the graph. */
TN_API void tn_place(tn_graph *g, const char *file, int line);
TN_API tn_node *tn_placed(tn_node *node, const char *file, int line);

/* ---- 7. Operations ------------------------------------------------------------------------------------------ */
/* All return a node of g; [N, K] is a shape, [..., K] one with any axes before the last, or none. Operands of one call
 * have one dtype, and int32 tensors can only be cast or name places (tn_one_hot, tn_cross_entropy). Elementwise
 * operations of several operands broadcast as in NumPy: shapes are aligned at the last axis, and an axis of size 1 (or
 * a missing one) is repeated. Errors are kept by the graph: TN_ESHAPE shapes that do not fit, an axis or a
 * place that a shape does not have; TN_EDTYPE; TN_EINVAL any other number outside its range, a node that is missing or
 * of another graph. What changes nothing returns its operand (the same shape or dtype, a dropout of rate 0). */

/* Elementwise, two operands. */
TN_API tn_node *tn_add(tn_graph *g, tn_node *a, tn_node *b);
TN_API tn_node *tn_sub(tn_graph *g, tn_node *a, tn_node *b);
TN_API tn_node *tn_mul(tn_graph *g, tn_node *a, tn_node *b);
TN_API tn_node *tn_div(tn_graph *g, tn_node *a, tn_node *b);
TN_API tn_node *tn_div_no_nan(tn_graph *g, tn_node *a, tn_node *b); /* a / b, and 0 where b = 0 */
TN_API tn_node *tn_pow(tn_graph *g, tn_node *a, tn_node *b);        /* a^b as in C; gradient to b 0 where a <= 0 */
TN_API tn_node *tn_minimum(tn_graph *g, tn_node *a, tn_node *b);    /* gradient shared where equal */
TN_API tn_node *tn_maximum(tn_graph *g, tn_node *a, tn_node *b);    /* gradient shared where equal */
TN_API tn_node *tn_equal(tn_graph *g, tn_node *a, tn_node *b);      /* 1 where equal, else 0; gradient 0 */
TN_API tn_node *tn_less(tn_graph *g, tn_node *a, tn_node *b);       /* 1 where a < b, else 0; gradient 0 */
TN_API tn_node *tn_where_positive(tn_graph *g, tn_node *a, tn_node *b); /* a where b > 0, else 0; no gradient to b */

/* a where condition > 0, else b, as for a condition from tn_less or tn_equal. No gradient to the condition; 0 to the
 * operand that is not chosen, which must not be made by something of infinite derivative there: 0 times that is NaN. */
TN_API tn_node *tn_where(tn_graph *g, tn_node *condition, tn_node *a, tn_node *b);

/* Elementwise, one operand. */
TN_API tn_node *tn_neg(tn_graph *g, tn_node *a);
TN_API tn_node *tn_abs(tn_graph *g, tn_node *a);      /* derivative at 0 is 0 */
TN_API tn_node *tn_sign(tn_graph *g, tn_node *a);     /* -1, 0 or 1; gradient 0 */
TN_API tn_node *tn_reciprocal(tn_graph *g, tn_node *a);
TN_API tn_node *tn_square(tn_graph *g, tn_node *a);
TN_API tn_node *tn_sqrt(tn_graph *g, tn_node *a);     /* derivative at 0 is taken as 0 */
TN_API tn_node *tn_rsqrt(tn_graph *g, tn_node *a);    /* 1 / sqrt a */
TN_API tn_node *tn_exp(tn_graph *g, tn_node *a);
TN_API tn_node *tn_expm1(tn_graph *g, tn_node *a);    /* exp(a) - 1, to all digits near 0 */
TN_API tn_node *tn_log(tn_graph *g, tn_node *a);
TN_API tn_node *tn_log1p(tn_graph *g, tn_node *a);    /* log(1 + a), to all digits near 0 */
TN_API tn_node *tn_sin(tn_graph *g, tn_node *a);
TN_API tn_node *tn_cos(tn_graph *g, tn_node *a);
TN_API tn_node *tn_tan(tn_graph *g, tn_node *a);
TN_API tn_node *tn_tanh(tn_graph *g, tn_node *a);
TN_API tn_node *tn_erf(tn_graph *g, tn_node *a);      /* 2 / sqrt pi times the integral of exp(-t^2) from 0 to a */
TN_API tn_node *tn_erfc(tn_graph *g, tn_node *a);     /* 1 - erf a, to all digits where that is small */
TN_API tn_node *tn_scale(tn_graph *g, tn_node *a, double factor);           /* factor a */
TN_API tn_node *tn_clip(tn_graph *g, tn_node *a, double low, double high);  /* moved to the limits where outside of
                                                                               them; derivative there 0, else 1 */
TN_API tn_node *tn_cast(tn_graph *g, tn_node *a, tn_dtype dtype);  /* to float32 or float64; gradient cast back */
TN_API tn_node *tn_detach(tn_graph *g, tn_node *a);                         /* a, but no gradient passes */

/* Activations. */
TN_API tn_node *tn_sigmoid(tn_graph *g, tn_node *a);
TN_API tn_node *tn_softplus(tn_graph *g, tn_node *a); /* log(1 + exp a), without overflow */
TN_API tn_node *tn_relu(tn_graph *g, tn_node *a);     /* max(a, 0); derivative at 0 is 0 */
TN_API tn_node *tn_leaky_relu(tn_graph *g, tn_node *a, double slope); /* a where a > 0, else slope a */
TN_API tn_node *tn_elu(tn_graph *g, tn_node *a, double factor);       /* a where a > 0, else factor (exp(a) - 1) */
TN_API tn_node *tn_gelu(tn_graph *g, tn_node *a);     /* a Phi(a), Phi the standard normal distribution */
TN_API tn_node *tn_silu(tn_graph *g, tn_node *a);     /* a sigmoid(a) */

/* Linear algebra. Transposed operands (tn_transpose) are read in place wherever that is possible.
 * tn_matmul: [..., K] [K, N] -> [..., N]; with b of more than two axes one product for each place of the leading axes,
 * which broadcast, [..., M, K] [..., K, N] -> [..., M, N]. */
TN_API tn_node *tn_matmul(tn_graph *g, tn_node *a, tn_node *b);
TN_API tn_node *tn_linear(tn_graph *g, tn_node *x, tn_node *a, tn_node *b);     /* x A^T + b: x [..., K], A [N, K],
                                                                                   b [N] or NULL -> [..., N] */
TN_API tn_node *tn_outer(tn_graph *g, tn_node *a, tn_node *b);                  /* [M] [N] -> [M, N] */
TN_API tn_node *tn_dot(tn_graph *g, tn_node *a, tn_node *b);                    /* [N] [N] -> [] */

/* Reductions over the axes whose bits are set in axes (bit 0 is axis 0), or over all axes with TN_ALL.
 * keep = true leaves reduced axes with size 1, else they disappear. Summed in a fixed order. Of no elements the sum and
 * the norms are 0, the product is 1, the maximum and tn_logsumexp -infinity, the minimum infinity, mean and variance
 * NaN. Gradients of the maximum and the minimum are shared among equals, axes that are not neighbours one by one. */
#define TN_ALL 0xffffffffu
#define TN_AXIS(i) (1u << (i))
TN_API tn_node *tn_sum(tn_graph *g, tn_node *a, unsigned axes, bool keep);
TN_API tn_node *tn_mean(tn_graph *g, tn_node *a, unsigned axes, bool keep);
TN_API tn_node *tn_max(tn_graph *g, tn_node *a, unsigned axes, bool keep);
TN_API tn_node *tn_min(tn_graph *g, tn_node *a, unsigned axes, bool keep);
TN_API tn_node *tn_prod(tn_graph *g, tn_node *a, unsigned axes, bool keep);
TN_API tn_node *tn_norm1(tn_graph *g, tn_node *a, unsigned axes, bool keep); /* sum of |a| */
TN_API tn_node *tn_norm2(tn_graph *g, tn_node *a, unsigned axes, bool keep); /* root of the sum of squares; gradient
                                                                                at the zero vector is 0 */
TN_API tn_node *tn_logsumexp(tn_graph *g, tn_node *a, unsigned axes, bool keep); /* log of the sum of exp a, without
                                                                                    overflow */
/* The mean squared distance from the mean; the sum is divided by the number of elements less correction: 0 for the
 * variance of these elements, 1 to estimate that of what they were drawn from. Errors: TN_EINVAL a correction below 0,
 * or as large as that number. */
TN_API tn_node *tn_var(tn_graph *g, tn_node *a, unsigned axes, bool keep, int correction);

/* Along one axis. */
TN_API tn_node *tn_softmax(tn_graph *g, tn_node *a, int axis);     /* exp a / sum of exp a, without overflow */
TN_API tn_node *tn_log_softmax(tn_graph *g, tn_node *a, int axis); /* log of that, to all digits */
/* The place of the largest element, the first of equals, as a number of the dtype of a; the axis disappears. No
 * gradient. Errors: TN_ESHAPE the axis is empty, or longer than the dtype can count (2^24 in float32). */
TN_API tn_node *tn_argmax(tn_graph *g, tn_node *a, int axis);
/* (a - mean) / sqrt(variance + epsilon) gain + bias, with mean and variance (correction 0) along the last axis of a
 * [..., K]; gain and bias [K], or NULL; epsilon above 0.  Source: Ba, Kiros and Hinton, arXiv:1607.06450. */
TN_API tn_node *tn_layer_norm(tn_graph *g, tn_node *a, tn_node *gain, tn_node *bias, double epsilon);

/* Losses: scalars of two tensors of equal shape; means over all elements but for tn_distance and tn_cross_entropy. */
TN_API tn_node *tn_mse(tn_graph *g, tn_node *a, tn_node *b);       /* (a - b)^2 */
TN_API tn_node *tn_l1(tn_graph *g, tn_node *a, tn_node *b);        /* |a - b| */
TN_API tn_node *tn_huber(tn_graph *g, tn_node *a, tn_node *b, double delta); /* (a - b)^2 / 2 where |a - b| <= delta,
                                                                                delta (|a - b| - delta / 2) beyond */
TN_API tn_node *tn_distance(tn_graph *g, tn_node *a, tn_node *b);  /* 2-norm of a - b; gradient at a = b is 0 */
/* -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), of logits x and targets t of [0, 1], without overflow. */
TN_API tn_node *tn_binary_cross_entropy(tn_graph *g, tn_node *logits, tn_node *target);
/* Cross entropy of logits [..., C]: the mean over rows of -log softmax(logits)[class]; a row whose class is not 0 to
 * C - 1 does not count, and without any row that counts the loss is 0.
 *   target   int32 [...], the classes; or like the logits [..., C], probabilities p: -sum of p log softmax(logits),
 *            divided by the number of rows (by the sum of all p) */
TN_API tn_node *tn_cross_entropy(tn_graph *g, tn_node *logits, tn_node *target);

/* Shape. */
TN_API tn_node *tn_reshape(tn_graph *g, tn_node *a, tn_shape shape);                     /* costs nothing */
TN_API tn_node *tn_squeeze(tn_graph *g, tn_node *a, int axis);                           /* drops an axis of size 1 */
TN_API tn_node *tn_unsqueeze(tn_graph *g, tn_node *a, int axis);     /* new axis of size 1, 0 <= axis <= rank of a */
TN_API tn_node *tn_broadcast(tn_graph *g, tn_node *a, tn_shape shape);                   /* as in NumPy */
TN_API tn_node *tn_transpose(tn_graph *g, tn_node *a);                                   /* swaps the last two axes */
TN_API tn_node *tn_permute(tn_graph *g, tn_node *a, const int *order);   /* axis i of the result is order[i] of a */
TN_API tn_node *tn_concat(tn_graph *g, int n, tn_node *const *parts, int axis);
TN_API tn_node *tn_stack(tn_graph *g, int n, tn_node *const *parts, int axis);           /* along a new axis */
TN_API tn_node *tn_slice(tn_graph *g, tn_node *a, int axis, int64_t start, int64_t length);
TN_API void tn_split(tn_graph *g, tn_node *a, int axis, int n, tn_node **parts);         /* n equal slices */
TN_API tn_node *tn_pad(tn_graph *g, tn_node *a, int axis, int64_t before, int64_t after); /* zeros around an axis */
/* A new last axis of that size: 1 at the place named by index (int32 of any shape), else 0; all 0 where the index is
 * outside of it. In the number type of the graph. With tn_matmul, a table of rows to look up by numbers that change. */
TN_API tn_node *tn_one_hot(tn_graph *g, tn_node *index, int64_t size);

/* Random numbers, drawn anew by each run: a function of the seed, the stream, the value of step, the place in the
 * tensor and the dtype alone. So any number of threads draws the same numbers, and a run that was stopped goes on
 * with the numbers of one that was not: bind step to the number of the training step, and count it up. Nodes made
 * with equal arguments are equal; give each its own stream. No gradient. */
typedef struct tn_random {
    uint64_t seed;
    uint32_t stream;
    tn_node *step; /* int32 scalar, as from tn_input(g, "step", TN_I32, TN_SCALAR) */
} tn_random;
TN_API tn_node *tn_uniform(tn_graph *g, tn_shape shape, tn_random numbers); /* of [0, 1), in the graph's number type */
TN_API tn_node *tn_normal(tn_graph *g, tn_shape shape, tn_random numbers);  /* mean 0, standard deviation 1 */
/* Each element becomes 0 with probability rate, of [0, 1), and a / (1 - rate) otherwise; the gradient sees the same
 * choice. For training: a graph that is to predict is described without it. */
TN_API tn_node *tn_dropout(tn_graph *g, tn_node *a, double rate, tn_random numbers);

/* ---- 8. Sparse operations ----------------------------------------------------------------------------------- */

/* The places of the nonzeros of an [N, M] matrix: its E entries, by row and then by column ("CSR order"). Their values
 * are ordinary tensors [E] in this order. It also keeps the order by column, so that transposed products are as fast.
 * Immutable once made, so graphs and threads may share it. */
typedef struct tn_sparsity tn_sparsity;

/* From edge lists of E entries sorted by (row, column), without duplicates; the lists are copied.
 * Errors: TN_EINVAL an index out of range or an entry out of order (the message names it); TN_ENOMEM. */
TN_API tn_sparsity *tn_sparsity_new(int64_t rows, int64_t cols, int64_t entries, const int32_t *row, const int32_t *col,
                                    tn_error *error);
/* The same from E edges in any order. Equal edges are an error, or one entry, whose value should be the sum of theirs.
 *   entry   [E] or NULL: receives the entry that each edge became. With tn_index_new(E, entries, entry) as index,
 *           tn_segment_sum brings values in the order of the edges into that of the entries and adds up those given
 *           several times; tn_gather_rows is the way back
 * Errors: TN_EINVAL an index out of range, two equal edges (the message names them), or no such way to treat them;
 * TN_ENOMEM. */
typedef enum tn_duplicates { TN_DUPLICATES_REFUSE, TN_DUPLICATES_ADD } tn_duplicates;
TN_API tn_sparsity *tn_sparsity_from_edges(int64_t rows, int64_t cols, int64_t edges, const int32_t *row,
                                           const int32_t *col, tn_duplicates duplicates, int32_t *entry,
                                           tn_error *error);
/* An index, as tn_gather_rows, tn_scatter_add, tn_segment_sum and the like take it: index [rows], each names one of
 * cols places, 0 to cols - 1. It is a sparsity with one entry in each row r, (r, index[r]). Errors as above. */
TN_API tn_sparsity *tn_index_new(int64_t rows, int64_t cols, const int32_t *index, tn_error *error);
TN_API void tn_sparsity_free(tn_sparsity *sparsity);
TN_API int64_t tn_sparsity_entries(const tn_sparsity *sparsity);

/* tn_spmm: sparse times dense, out[i,:] = sum over entries e = (i, j) of w[e] x[j,:].
 *   s [N, M] with E entries, borrowed, must outlive graph and plans;   w [E];   x [M, K] (or [M], giving [N])
 *   returns [N, K]; a row without entries is zero
 * Gradient: to w by tn_sddmm, to x by tn_spmm_t; none to the sparsity.
 * Cost: 2 E K flop; the entries of a row are summed in CSR order, for K = 1 in eight sums that are then added up.
 * Source: Davis, Direct Methods for Sparse Linear Systems, SIAM 2006, chapter 2. */
TN_API tn_node *tn_spmm(tn_graph *g, const tn_sparsity *s, tn_node *w, tn_node *x);
/* tn_spmm_t: the transposed product, out[j,:] = sum over entries e = (i, j) of w[e] y[i,:];  y [N, K] -> [M, K]. */
TN_API tn_node *tn_spmm_t(tn_graph *g, const tn_sparsity *s, tn_node *w, tn_node *y);
/* tn_sddmm: sampled dense-dense product, out[e] = sum over k of y[i,k] x[j,k];  y [N, K], x [M, K] -> [E]. */
TN_API tn_node *tn_sddmm(tn_graph *g, const tn_sparsity *s, tn_node *y, tn_node *x);

/* With the entries as the edges of a graph, what the nodes know goes to the edges, and what the edges know comes
 * together at the nodes: by row, the first index of an entry, or by column, the second. Trailing axes are the same on
 * both sides. Gradients of these operations are these operations. */
typedef enum tn_side { TN_ROW, TN_COLUMN } tn_side;
/* tn_edge_gather: out[e,:] = x[row or column of e,:];  x [N or M, ...] -> [E, ...]. */
TN_API tn_node *tn_edge_gather(tn_graph *g, const tn_sparsity *s, tn_node *x, tn_side side);
/* tn_edge_sum: out[i,:] = sum of y[e,:] over the entries of row or column i;  y [E, ...] -> [N or M, ...]. */
TN_API tn_node *tn_edge_sum(tn_graph *g, const tn_sparsity *s, tn_node *y, tn_side side);
/* tn_edge_max: likewise the largest; 0 where there is no entry. Gradient shared among equals. */
TN_API tn_node *tn_edge_max(tn_graph *g, const tn_sparsity *s, tn_node *y, tn_side side);
/* tn_edge_softmax: exp y[e,:], divided by the sum over all entries of the row of e, without overflow; [E, ...].
 * Source: Velickovic et al., Graph attention networks, ICLR 2018, equation 3. */
TN_API tn_node *tn_edge_softmax(tn_graph *g, const tn_sparsity *s, tn_node *y);

/* tn_gather_rows: out[r,:] = x[index[r],:];  x [M, ...] -> [R, ...].  Gradient: tn_segment_sum. */
TN_API tn_node *tn_gather_rows(tn_graph *g, const tn_sparsity *index, tn_node *x);
/* tn_index_select: likewise along any axis, which goes from M to R. */
TN_API tn_node *tn_index_select(tn_graph *g, const tn_sparsity *index, tn_node *x, int axis);
/* tn_segment_sum: out[m,:] = sum of y[r,:] over the r with index[r] = m;  y [R, ...] -> [M, ...]. Likewise the mean,
 * and the largest (gradient shared among equals); all are 0 where there is no such r. */
TN_API tn_node *tn_segment_sum(tn_graph *g, const tn_sparsity *index, tn_node *y);
TN_API tn_node *tn_segment_mean(tn_graph *g, const tn_sparsity *index, tn_node *y);
TN_API tn_node *tn_segment_max(tn_graph *g, const tn_sparsity *index, tn_node *y);
/* tn_scatter_add: x [M, ...] with y[r,:] added at index[r], for all r;  y [R, ...]. */
TN_API tn_node *tn_scatter_add(tn_graph *g, const tn_sparsity *index, tn_node *x, tn_node *y);

/* ---- 9. Differentiating ------------------------------------------------------------------------------------- */
/* Derivatives are ordinary nodes: they can be read, used and differentiated again. Ask for as many as you like:
 * planning leaves out what no output needs, and does once what several have in common. */

/* Appends the gradient of the scalar y with respect to wrt[0..n); grad[i] has the shape of wrt[i] and is a tensor of
 * zeros where y does not depend on it.
 * Errors: TN_ESHAPE y is more than a single number; TN_ENOGRAD an operation on the way has no derivative. */
TN_API void tn_grad(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, tn_node **grad);

/* The vector-Jacobian product: like tn_grad for a y of any shape, whose elements count as much as those of seed, of the
 * same shape: grad[i] is the gradient of the sum of seed times y. Reverse mode.
 * Cost: about twice that of y, for all n together; what the rules read of y's making is kept (see tn_recompute). */
TN_API void tn_vjp(tn_graph *g, tn_node *y, tn_node *seed, int n, tn_node *const *wrt, tn_node **grad);

/* The Jacobian-vector product: how y, of any shape, changes as every wrt[i] moves along tangent[i], which is like
 * wrt[i]. Returns a node of the shape of y. Forward mode.
 * Errors: TN_ESHAPE, TN_EDTYPE a tangent is not like its node; TN_ENOGRAD as above.
 * Cost: about twice that of y, which is included; nothing is kept for it.
 * Source: Townsend, A new trick for calculating Jacobian vector products, 2017. */
TN_API tn_node *tn_jvp(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, tn_node *const *tangent);

/* The Hessian-vector product: product[i] is the sum over j of the second derivatives of the scalar y by wrt[i] and
 * wrt[j], times vector[j], which has the shape of wrt[j]. It is the gradient of the sum of tn_grad times the vectors.
 * Errors: as for tn_grad and tn_jvp.  Cost: about twice that of tn_grad, which is included; the matrix is never made.
 * Source: Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994) 147. */
TN_API void tn_hvp(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, tn_node *const *vector, tn_node **product);

/* The gradient of y with respect to every parameter of the set (zero where y does not depend on it), computed into the
 * set's gradient block by each run. Once per graph and set. */
TN_API void tn_params_grad(tn_graph *g, tn_node *y, tn_params *params);

/* Trades time for memory: the segment between inputs[0..n) and output is not kept for gradients made after this call,
 * but computed again when they have come that far. It is all that output is computed from, output included, as far back
 * as these inputs, inputs and parameters of the graph, and segments marked before. Returns output.
 *     x = tn_recompute(g, layers(g, x), 1, &x);
 * Results are the same bits. With L equal layers in segments of sqrt(L), memory grows as sqrt(L) instead of L. Layers
 * that the planner fuses into one chain (tn_plan_print) are done in one stage, within which memory is not given back:
 * computing them again would save nothing, and where it does not, a plan keeps them all the same. To see what is saved,
 * compare tn_plan_memory with that of a plan made with TN_PLAN_KEEP, which computes nothing again.
 * Cost: the segment once more for each gradient that passes.  Errors: TN_EINVAL a node is missing or of another graph.
 * Source: Chen et al., Training deep nets with sublinear memory cost, arXiv:1604.06174. */
TN_API tn_node *tn_recompute(tn_graph *g, tn_node *output, int n, tn_node *const *inputs);

/* How tn_gradcheck compares. */
typedef struct tn_gradcheck_config {
    double step;                    /* differences are of values this far on either side */
    double tolerance;               /* a larger relative error is recorded */
    double least;                   /* errors are relative to the largest derivative, or to this if that is smaller */
    int directions;                 /* 0: by every element;  else along so many random directions: much faster */
    double low, high;               /* inputs whose values are not given are drawn from [low, high) */
    uint64_t seed;                  /* of all that is drawn */
    int n_values;                   /* given values of inputs, by name; int32 inputs must have some */
    const struct tn_tensor *values; /* [n_values], or NULL */
} tn_gradcheck_config;

/* step 1e-5, tolerance 1e-6, least 1e-3, every element, values of [-1, 1) */
#define TN_GRADCHECK_DEFAULTS TN_LITERAL(tn_gradcheck_config, 1e-5, 1e-6, 1e-3, 0, -1, 1, 0, 0, NULL)

/* Compares derivatives with central differences: tn_vjp of y, of any shape, with random weights as the seed, and along
 * directions also tn_jvp. wrt[0..n) are inputs, parameters or any other nodes; all in float64. Parameters have the
 * values in their set. The graph does not grow, nothing of the user's is changed, and no plan is needed.
 * Returns the largest relative error; infinity where a derivative is not finite or nothing could be compared.
 * Errors: TN_EGRADIENT the error is above the tolerance: the message names node, element and both values; TN_ENUMERIC
 * likewise, where one of them is not finite; TN_EDTYPE not float64, or values of another type; TN_ENAME, TN_ESHAPE
 * values of no input, or that do not fit; TN_EINVAL step or least are not above 0, tolerance or directions are below 0,
 * or there is nothing to compare: n is 0, or y or all wrt[i] are empty; and those of planning. It says nothing at
 * kinks, nor of tn_detach.
 * Cost: two runs of y per element or direction. */
TN_API double tn_gradcheck(tn_graph *g, tn_node *y, int n, tn_node *const *wrt, tn_gradcheck_config config,
                           tn_error *error);

/* ---- 10. Planning and running ------------------------------------------------------------------------------- */

/* A compiled graph, with the memory it needs. */
typedef struct tn_plan tn_plan;

/* Options of tn_plan_new, to be combined by |. */
enum {
    TN_PLAN_UNFUSED = 1,     /* one operation at a time: same results, for tests and for blaming time */
    TN_PLAN_CHECK = 2,       /* unfused, and every value is inspected: tn_run names the first NaN or infinity */
    TN_PLAN_PROFILE = 4,     /* every run measures the time of each operation: see tn_profile_print */
    TN_PLAN_ACCUMULATE = 16, /* gradients are added to those in the set: see tn_params_zero_gradient */
    TN_PLAN_KEEP = 256,      /* nothing is computed again: see tn_recompute */
};

/* Compiles what g is to compute: its outputs, and gradients into parameter sets (tn_params_grad). The plan borrows g,
 * its parameter sets and its sparsities.
 * Errors: whatever was recorded while describing; TN_EINVAL a set is not sealed, or no such option; TN_ENOMEM. */
TN_API tn_plan *tn_plan_new(tn_graph *g, unsigned options, tn_error *error);
TN_API void tn_plan_free(tn_plan *plan);

/* Lends the memory of an input, zero copy; it may be bound anew before any run. From tn_alloc, at least as large as
 * the input, in the input's number type; it must live as long as it is bound. It may be a part of a larger block, such
 * as a batch of all rows, that begins at any number of it. Inputs of size 0 are bound too. NULL takes it back.
 * Errors: TN_ENAME no input of that name. */
TN_API tn_status tn_bind(tn_plan *plan, const char *name, const void *data, tn_error *error);

/* Computes every output once. No allocation and no lock; no system call, but of threads that wait for others longer
 * than about 0.1 ms and then sleep.
 * Errors: TN_EINVAL an input is not bound; TN_ENUMERIC (checking plans) the message names node, operation, shapes. */
TN_API tn_status tn_run(tn_plan *plan, tn_error *error);

/* The values of an output after the latest run, in the shape and the number type of its node; owned by the plan, or by
 * the user where the output is an input or only looks at one. NULL if the name is unknown. */
TN_API const void *tn_result(const tn_plan *plan, const char *name);

/* A plan as text, and as a picture in the language of Graphviz: what runs in which stage, which operations share tiles
 * (a chain), and where results live. In the picture of a plan with a profile, the redder the slower. */
TN_API void tn_plan_print(const tn_plan *plan, FILE *stream);
TN_API void tn_plan_dot(const tn_plan *plan, FILE *stream);

/* Memory. Results that are not needed at the same time share the plan's arena, so it is smaller than their sum; what
 * only one chain sees lives in tiles, a scratch memory of each thread. */
TN_API size_t tn_plan_memory(const tn_plan *plan); /* bytes of arena and tiles */

/* What a buffer holds. */
typedef enum tn_buffer_kind {
    TN_BUFFER_INPUT,     /* an input, lent by the user */
    TN_BUFFER_PARAMETER, /* of a parameter set */
    TN_BUFFER_GRADIENT,  /* of a parameter, in the set */
    TN_BUFFER_CONSTANT,  /* a number */
    TN_BUFFER_OUTPUT,    /* a result that the user may read */
    TN_BUFFER_FORWARD,   /* a result on the way to the outputs: activations */
    TN_BUFFER_BACKWARD,  /* a result on the way to a gradient */
    TN_BUFFER_PARTIAL,   /* the sums of segments, to be added up */
    TN_BUFFER_PACKED,    /* a matrix in the order in which products read it */
    TN_BUFFER_TILES,     /* the scratch of all threads */
} tn_buffer_kind;
TN_API const char *tn_buffer_kind_name(tn_buffer_kind kind); /* "forward" */

/* A buffer of a plan. */
typedef struct tn_buffer {
    tn_buffer_kind kind;
    int64_t bytes;
    const tn_node *node;         /* whose result it holds; of tiles, the largest there; or NULL */
    const char *name;            /* of that node, or NULL; owned by the graph */
    bool owned;                  /* by the plan: neither the user's nor a parameter set's */
    int first_stage, last_stage; /* when it is needed; outputs to the end */
} tn_buffer;
TN_API int tn_plan_buffer_count(const tn_plan *plan);
TN_API tn_buffer tn_plan_buffer_at(const tn_plan *plan, int i); /* 0 <= i < count */
/* Prints how much there is of each kind, in which stage most is needed, and for what. */
TN_API void tn_plan_print_memory(const tn_plan *plan, FILE *stream);

/* What the machine can do at most, with all threads. */
typedef struct tn_peak {
    double flops;             /* float32 operations per second; half of that in float64 */
    double bandwidth;         /* bytes per second to and from memory */
    const char *instructions; /* the instruction set that was fastest, or NULL */
} tn_peak;

/* Measures it with so many threads: multiply-adds in registers, and a[i] = b[i] + s c[i] over arrays of twice the last
 * cache (64 MB to 1 GB each), the best of ten trials. Takes about a second on an idle machine.
 *   threads   1 to 1024
 *   quick     a look at little memory, within milliseconds: no measurement, for tests
 * Errors, after which *peak is 0: TN_EINVAL the number of threads; TN_ENOMEM. */
TN_API tn_status tn_peak_measure(int threads, bool quick, tn_peak *peak, tn_error *error);

/* One row of the profile of a plan made with TN_PLAN_PROFILE: what one operation took in all runs since the first, or
 * since tn_profile_reset. The clock is read after each kernel of each tile, so operations are told apart although they
 * share tiles; results are the same bits as without. What is done at once has one row ("sin and cos"); a sum over
 * items has two ("sum per segment", "sum of segments"). Reading the clock takes some 30 ns a call, which counts as the
 * operation's: much for an operation on a thousand numbers, little for one on ten thousand. */
typedef struct tn_profile_row {
    const tn_node *node;     /* what is made (its shape: tn_node_shape) */
    char operation[64];      /* "linear" */
    const char *name;        /* of the node, or NULL; this and the next two are owned by the graph */
    const char *scope;       /* that it was made in, or NULL */
    const char *file;        /* where, or NULL */
    int line;
    bool gradient;           /* made for a gradient */
    int stage, chain;        /* of the plan, as tn_plan_print counts them (chains: from 0 over all stages) */
    int64_t calls;           /* of its kernel */
    double seconds;          /* of all threads together */
    double flop;             /* additions, multiplications and so on; a sine or an exponential counts 20 */
    double bytes;            /* read from and written to memory outside of tiles, everything once a run */
    double share;            /* of what the peak allows: of arithmetic or of memory, the larger; 0 without a peak */
} tn_profile_row;

/* The whole of a profile. */
typedef struct tn_profile_total {
    int64_t runs;
    int threads;             /* of the latest run */
    double seconds;          /* of all runs, by the clock on the wall */
    double working, waiting; /* seconds of all threads together: in operations, and for each other or for work */
} tn_profile_total;

/* The profile as data: rows in the order in which they run. Without TN_PLAN_PROFILE there are none, and the total is 0.
 *   peak   what shares are shares of; NULL: no shares */
TN_API int tn_profile_count(const tn_plan *plan);
TN_API tn_profile_row tn_profile_at(const tn_plan *plan, int i, const tn_peak *peak); /* 0 <= i < count */
TN_API tn_profile_total tn_profile_sum(const tn_plan *plan);
TN_API void tn_profile_reset(tn_plan *plan); /* begins anew */

/* Prints the rows added up by operation, by scope, and by node, longest first: the share of the time of all threads, in
 * milliseconds a run as if all threads had shared the work, and rates as if all did this. Caches are faster than
 * memory, so what finds its operands there may take more than the peak.
 *   peak   as above; NULL: no shares */
TN_API void tn_profile_print(const tn_plan *plan, const tn_peak *peak, FILE *stream);

/* ---- 11. Optimizing ----------------------------------------------------------------------------------------- */

/* A step changes the values x of a sealed set along the gradients that the latest run left there. g is the gradient,
 * clipped; weight decay d then adds d x to it, but for AdamW, which has its own way. m and v are the first and second
 * moment of each value, 0 at first; t counts steps from 1; rate is the learning rate of the value's group. Moments are
 * of the number type of the values.
 *     SGD        x -= rate g
 *                with momentum: m = momentum m + g;  x -= rate m;  nesterov: x -= rate (g + momentum m)
 *     Adam       m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
 *                x -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *     AdamW      x -= rate d x, and as Adam
 *     RMSprop    v = beta2 v + (1 - beta2) g^2;  x -= rate g / (sqrt v + epsilon)
 *                with momentum: m = momentum m + g / (sqrt v + epsilon);  x -= rate m
 * Sources: Sutskever et al., ICML 2013 (momentum); Kingma and Ba, ICLR 2015 (Adam); Loshchilov and Hutter, ICLR 2019
 * (AdamW); Tieleman and Hinton, lecture 6.5, 2012 (RMSprop). */
typedef struct tn_optimizer tn_optimizer;

/* The rules above. */
typedef enum tn_optimizer_kind { TN_SGD, TN_ADAM, TN_ADAMW, TN_RMSPROP } tn_optimizer_kind;

/* Their constants. */
typedef struct tn_optimizer_config {
    tn_optimizer_kind kind;
    double momentum;             /* SGD, RMSprop: of [0, 1) */
    bool nesterov;               /* SGD with momentum */
    double beta1, beta2;         /* Adam, AdamW; RMSprop beta2 only: of [0, 1) */
    double epsilon;              /* with beta2: above 0 */
    double weight_decay;         /* of all groups, */
    const double *group_weight_decay; /* unless this gives each group its own; copied; NULL: it does not */
    double clip_norm;  /* gradients longer than this (2-norm over all parameters) are shortened to it; 0 = never */
    double clip_value; /* then, elements of the gradient beyond [-clip_value, clip_value] move to its ends; 0 = never */
} tn_optimizer_config;

/* What is customary: beta1 0.9, beta2 0.999 (RMSprop 0.99), epsilon 1e-8, weight decay 0.01 for AdamW; else 0. */
#define TN_SGD_DEFAULTS TN_LITERAL(tn_optimizer_config, TN_SGD, 0, false, 0, 0, 0, 0, NULL, 0, 0)
#define TN_ADAM_DEFAULTS TN_LITERAL(tn_optimizer_config, TN_ADAM, 0, false, 0.9, 0.999, 1e-8, 0, NULL, 0, 0)
#define TN_ADAMW_DEFAULTS TN_LITERAL(tn_optimizer_config, TN_ADAMW, 0, false, 0.9, 0.999, 1e-8, 0.01, NULL, 0, 0)
#define TN_RMSPROP_DEFAULTS TN_LITERAL(tn_optimizer_config, TN_RMSPROP, 0, false, 0, 0.99, 1e-8, 0, NULL, 0, 0)

/* An optimizer of a sealed set, which it borrows. Errors: TN_EINVAL the set is not sealed, or a number outside its
 * range (the message names it); TN_ENOMEM. */
TN_API tn_optimizer *tn_optimizer_new(tn_params *params, tn_optimizer_config config, tn_error *error);
TN_API void tn_optimizer_free(tn_optimizer *optimizer);

/* One step; rate[group] is the learning rate of each group. One parallel pass, and one before it for clip_norm. No
 * allocation. Returns the 2-norm of the gradient when clip_norm is on, else 0. */
TN_API double tn_optimizer_step(tn_optimizer *optimizer, const double *rate);
TN_API void tn_optimizer_reset(tn_optimizer *optimizer); /* moments and step count to zero */

/* State for checkpoints: the moments of parameter i, of its shape (which: 1 is m, 2 is v; NULL where the rule has it
 * not, or there is no such parameter), and the number of steps taken. */
TN_API void *tn_optimizer_moment(const tn_optimizer *optimizer, int i, int which);
TN_API int64_t tn_optimizer_steps(const tn_optimizer *optimizer);
/* TN_EINVAL, and nothing changes, where steps is below 0 or there is no optimizer. */
TN_API tn_status tn_optimizer_set_steps(tn_optimizer *optimizer, int64_t steps);

/* Batches too large for one run: with TN_PLAN_ACCUMULATE (section 10), tn_run adds to the gradients in the set instead
 * of replacing them. Zero them, run once per part, step. For the gradient of the mean over n equal parts, let
 * the loss be tn_scale(g, mean over a part, 1.0 / n). */
TN_API void tn_params_zero_gradient(tn_params *params);

/* Limited-memory BFGS, for smooth losses of few parameters over a full batch: a step goes along the direction that the
 * changes of the gradient along the latest steps tell, to a place where the strong Wolfe conditions hold.
 * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., Springer 2006, chapters 3 and 7. */
typedef struct tn_lbfgs tn_lbfgs;

/* Its constants. */
typedef struct tn_lbfgs_config {
    int history;                /* steps that are remembered */
    int evaluations;            /* places that one line search may try, of one run each */
    double decrease, curvature; /* strong Wolfe conditions, 0 < decrease < curvature < 1 */
} tn_lbfgs_config;

/* history 10, evaluations 25, decrease 1e-4, curvature 0.9 */
#define TN_LBFGS_DEFAULTS TN_LITERAL(tn_lbfgs_config, 10, 25, 1e-4, 0.9)

/* What a step came to. */
typedef struct tn_lbfgs_result {
    double loss, gradient_norm; /* where the values are now; the 2-norm over all parameters */
    int evaluations;            /* runs of the plan in this step */
    bool done;                  /* no lower place was found: the values are at a minimum, as far as numbers tell */
} tn_lbfgs_result;

/* For a sealed set, which it borrows. All its memory, 2 history + 3 times that of the values, is allocated here.
 * Errors: TN_EINVAL the set is not sealed, or a number outside its range; TN_ENOMEM. */
TN_API tn_lbfgs *tn_lbfgs_new(tn_params *params, tn_lbfgs_config config, tn_error *error);
TN_API void tn_lbfgs_free(tn_lbfgs *lbfgs);

/* One step. The plan has the gradient of its output `loss`, a single number, into the set (tn_params_grad). Between
 * steps, values, gradients and inputs must stay as they are; after a change, tn_lbfgs_reset. Runs the plan about once,
 * and once more in the first step. *result is filled in where there is no error.
 * Errors leave the values as they were: TN_ENUMERIC loss or gradient is not finite at the values, or nowhere along
 * the gradient; TN_ENAME no such output; TN_ESHAPE it is not a single number; TN_EINVAL the plan makes no gradient in
 * the set, or accumulates it; those of tn_run. */
TN_API tn_status tn_lbfgs_step(tn_lbfgs *lbfgs, tn_plan *plan, const char *loss, tn_lbfgs_result *result,
                               tn_error *error);
TN_API void tn_lbfgs_reset(tn_lbfgs *lbfgs); /* forgets all steps */

/* The course of a learning rate, as a factor: 1 for ever (constant); from 1 to `final` along half a cosine, a line or
 * an exponential; or in drops (step). */
typedef enum tn_schedule_kind {
    TN_SCHEDULE_CONSTANT,
    TN_SCHEDULE_COSINE,
    TN_SCHEDULE_STEP,
    TN_SCHEDULE_LINEAR,
    TN_SCHEDULE_EXPONENTIAL,
} tn_schedule_kind;
typedef struct tn_schedule {
    tn_schedule_kind kind;
    int64_t steps;  /* to the end of the decay, where the factor stays; in drops: from one to the next; 0: no decay */
    double final;   /* the factor at the end; in drops: what each multiplies it by */
    int64_t warmup; /* steps of linear rise at the start, on top of the decay: step s takes (s + 1) / warmup of it */
} tn_schedule;

/* The factor on the learning rate at a step, counted from 0; NaN where there is none: before it, or of NULL. */
TN_API double tn_schedule_at(const tn_schedule *schedule, int64_t step);

/* ---- 12. Files ---------------------------------------------------------------------------------------------- */

/* One tensor of a safetensors file. When reading, name, shape and data are owned by the file. */
typedef struct tn_tensor {
    const char *name;
    tn_dtype dtype;
    tn_shape shape;
    const void *data;
} tn_tensor;

/* One line of the file's metadata. */
typedef struct tn_pair {
    const char *key, *value;
} tn_pair;

/* Writes a safetensors file under a temporary name, syncs it and renames it, so that a reader finds the old file or
 * the new one and never half. Of a symbolic link the file it leads to is written. The metadata receives two hashes, by
 * which reading notices damage: "header_hash", its first entry, of the header, and "payload_hash" of the payload
 * (doc/formats.md).
 * Errors: TN_EIO with path and reason; TN_EINVAL a name given twice or not UTF-8, a tensor without data, an impossible
 * shape, fewer than 0 of something, NULL instead of a list, or path is there and no file; TN_ENOMEM. */
TN_API tn_status tn_file_write(const char *path, int n_tensors, const tn_tensor *tensors, int n_meta,
                               const tn_pair *meta, tn_error *error);

/* A safetensors file in memory: its tensors in the order of the header, and its metadata. */
typedef struct tn_file tn_file;

/* Reads a whole safetensors file and checks it: header, types, offsets that cover the payload exactly, and the
 * hashes if there are any. Errors: TN_EIO; TN_EFORMAT with path and what was wrong; TN_ENOMEM. NULL on error. */
TN_API tn_file *tn_file_read(const char *path, tn_error *error);
TN_API void tn_file_free(tn_file *file);

/* What a file holds. */
TN_API int tn_file_count(const tn_file *file);                                 /* number of tensors */
TN_API tn_tensor tn_file_at(const tn_file *file, int i);                       /* tensor i, 0 <= i < count */
TN_API const tn_tensor *tn_file_find(const tn_file *file, const char *name);   /* NULL if absent */
TN_API const char *tn_file_meta(const tn_file *file, const char *key);         /* NULL if absent */

/* ---- 13. Operations of your own ----------------------------------------------------------------------------- */
/* An operation that the library does not have: give its kernels, and where needed its shape and its gradient. All else
 * follows: it is planned, cut into tiles and fused, run on any number of threads, checked (TN_PLAN_CHECK also finds
 * elements that a kernel leaves out), profiled and differentiated like others. For example y = sin(x) / x:
 *
 *     static void sinc(const tn_piece *p)
 *     {
 *         const float *x = (const float *)p->in[0];
 *         float *y = (float *)p->out;
 *         for (int64_t i = 0; i < p->size; i++) y[i] = x[i] == 0 ? 1 : sinf(x[i]) / x[i];
 *     }
 *     static tn_node *sinc_gradient(tn_graph *g, tn_node *const *in, tn_node *y, tn_node *dy, int i, const void *c)
 *     {
 *         return tn_mul(g, dy, tn_div_no_nan(g, tn_sub(g, tn_cos(g, in[0]), y), in[0]));
 *     }
 *     static const tn_operation sinc_operation = {.name = "sinc", .kind = TN_BY_ELEMENTS, .operands = 1,
 *                                                 .kernel_f32 = sinc, .gradient = sinc_gradient, .flop = 21};
 *     tn_node *y = tn_custom(g, &sinc_operation, 1, &x, NULL); */

/* What of its operands an element of the result is made of. */
typedef enum tn_operation_kind {
    TN_BY_ELEMENTS, /* the element at the same place; operands are first repeated to their common shape */
    TN_BY_ITEMS,    /* the item (the index of the leading axis) at the same place, and the whole of some operands */
    TN_AT_ONCE,     /* anything: one call of the kernel, on one thread */
} tn_operation_kind;

/* What a kernel is called to do: all of the result, or a piece of it, of any size. Elements lie next to each other. */
typedef struct tn_piece {
    int64_t first, items;        /* by items: the first one, and how many */
    int64_t size;                /* elements of the result in this piece */
    int n;                       /* operands */
    const void *in[16];          /* their elements, of the number type of the kernel: of the same piece, or the whole */
    void *out;                   /* the result of this piece; every element is to be written */
    tn_shape shape, in_shape[16]; /* of the whole result and of whole operands */
    const void *constants;       /* those of this application */
} tn_piece;

/* A kernel: a function of the operands and the constants alone, which must not depend on how work is cut into pieces.
 * Several threads call it at once. */
typedef void (*tn_piece_kernel)(const tn_piece *piece);

/* An operation. It is borrowed and must outlive graphs and plans: let it be static. Members that are 0 or NULL need not
 * be given. */
typedef struct tn_operation {
    const char *name; /* for messages, prints and profiles */
    tn_operation_kind kind;
    int operands;     /* how many, 0 to 16 */
    unsigned whole;   /* by items: bits of the operands of which every item needs all (bit 0: operand 0) */
    size_t constants; /* bytes that each application brings; equal applications are merged by comparing them */
    tn_piece_kernel kernel_f32, kernel_f64; /* for float32 and float64; one may be missing */
    /* The shape of the result; NULL: that of operand 0. Not by elements. On error, tn_fail(why, ...) what is wrong. */
    tn_status (*shape)(int n, const tn_shape *in, const void *constants, tn_shape *out, tn_error *why);
    /* The gradient to operand i, made of nodes, given that of the result y; NULL where it is zero everywhere. Without a
     * rule, asking for a gradient is an error. Gradients of gradients need no more. */
    tn_node *(*gradient)(tn_graph *g, tn_node *const *in, tn_node *y, tn_node *dy, int i, const void *constants);
    /* Operations on numbers for each element of the result, or in all: for profiles, and because a plan of little work
     * runs on one thread. */
    double flop;
    double (*cost)(int n, const tn_shape *in, tn_shape out, const void *constants);
} tn_operation;

/* Applies it. constants: as many bytes as the operation says, copied; else NULL.
 * Errors: TN_EINVAL the operation contradicts itself, or the number of operands; TN_ENAME the library has one of that
 * name; TN_EDTYPE there is no kernel for the operands; TN_ESHAPE the shapes; whatever its rules report. */
TN_API tn_node *tn_custom(tn_graph *g, const tn_operation *operation, int n, tn_node *const *operands,
                          const void *constants);

/* ---- 14. About ---------------------------------------------------------------------------------------------- */

TN_API const char *tn_version(void);  /* "0.1.0" */
TN_API const char *tn_hardware(void); /* the instruction set and BLIS kernels in use, "avx512f, BLIS zen3" */

#ifdef __cplusplus
}
#endif

/* Behind all declarations; -DTN_NO_PLACES leaves it out. */
#ifndef TN_NO_PLACES
#include "tensor_places.h"
#endif
#endif
