/* Random graphs: see random_graph.h. */
#include "config.h"
#include "random_graph.h"
#include "own_operations.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POOL = 64, STEPS = 14, MOST_ELEMENTS = 40000, MOST_FLOP = 4000000 };

typedef struct maker {
    random_graph *r;
    tn_graph *g;
    tn_dtype dtype;
    uint64_t seed, drawn;
    int64_t n[2]; /* the leading sizes */
    tn_node *pool[POOL];
    int pooled, inputs, weights;
} maker;

static int64_t draw(maker *m, int64_t below)
{
    return (int64_t)(tn_random_uniform(m->seed, 1, m->drawn++) * (double)below);
}

#define ONE_OF(m, ...)                                                                                                 \
    ((int64_t[]){__VA_ARGS__}[draw(m, (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

static int64_t dim(const tn_node *node, int axis)
{
    return tn_node_shape(node).dim[axis];
}

static int rank_of(const tn_node *node)
{
    return tn_node_shape(node).rank;
}

static tn_node *new_input(maker *m, tn_shape shape)
{
    char name[16];
    snprintf(name, sizeof name, "x%d", m->inputs++);
    return tn_input(m->g, name, m->dtype, shape);
}

static tn_node *new_weight(maker *m, tn_shape shape)
{
    char name[16];
    snprintf(name, sizeof name, "w%d", m->weights++);
    tn_params_add(m->r->params, name, shape, (tn_init){TN_INIT_UNIFORM, -1, 1}, 0);
    return tn_param(m->g, m->r->params, name);
}

static tn_node *number(maker *m, double value)
{
    return tn_constant(m->g, value);
}

static tn_node *pick(maker *m)
{
    return m->pool[draw(m, m->pooled)];
}

/* A node of the pool with that shape, or a new input. */
static tn_node *like(maker *m, tn_shape shape)
{
    for (int64_t tries = 0, i = draw(m, m->pooled); tries < m->pooled; tries++, i = (i + 1) % m->pooled)
        if (tn_shape_equal(tn_node_shape(m->pool[i]), shape)) return m->pool[i];
    return new_input(m, shape);
}

static tn_node *bounded(maker *m, tn_node *a)
{
    return tn_tanh(m->g, a);
}

/* a moved to a general position: what reads it has a kink, or compares. */
static tn_node *off_the_kink(maker *m, tn_node *a)
{
    return tn_add(m->g, a, new_input(m, tn_node_shape(a)));
}

static tn_node *unary(maker *m)
{
    tn_graph *g = m->g;
    tn_node *a = pick(m);
    tn_node *above = tn_add(g, bounded(m, a), number(m, 1.5));
    switch (draw(m, 27)) {
    case 0: return tn_tanh(g, a);
    case 1: return tn_sigmoid(g, a);
    case 2: return tn_sin(g, a);
    case 3: return tn_cos(g, a);
    case 4: return tn_softplus(g, a);
    case 5: return tn_exp(g, bounded(m, a));
    case 6: return tn_log(g, above);
    case 7: return tn_sqrt(g, tn_add(g, tn_square(g, a), number(m, 0.5)));
    case 8: return tn_square(g, bounded(m, a));
    case 9: return tn_scale(g, tn_neg(g, a), 0.75);
    case 10: return tn_add(g, tn_detach(g, a), tn_scale(g, a, 0.25));
    case 11: return tn_relu(g, off_the_kink(m, a));
    case 12: return tn_abs(g, off_the_kink(m, a));
    case 13: return tn_mul(g, tn_sign(g, off_the_kink(m, a)), a);
    case 14: return tn_where_positive(g, a, off_the_kink(m, a));
    case 15: return tn_leaky_relu(g, off_the_kink(m, a), 0.2);
    case 16: return tn_elu(g, off_the_kink(m, a), 0.8);
    case 17: return tn_gelu(g, a);
    case 18: return tn_silu(g, a);
    case 19: return tn_clip(g, off_the_kink(m, a), -0.7, 0.9);
    case 20: return tn_erf(g, a);
    case 21: return tn_erfc(g, bounded(m, a));
    case 22: return tn_expm1(g, bounded(m, a));
    case 23: return tn_log1p(g, tn_square(g, a));
    case 24: return tn_rsqrt(g, above);
    case 25: return tn_reciprocal(g, above);
    default: return tn_mul(g, tn_equal(g, a, a), tn_tan(g, bounded(m, a)));
    }
}

/* A shape that broadcasts to that of a. */
static tn_shape repeated(maker *m, const tn_node *a)
{
    tn_shape shape = tn_node_shape(a);
    int leave_out = (int)draw(m, shape.rank + 1);
    for (int i = leave_out; i < shape.rank; i++) shape.dim[i - leave_out] = draw(m, 3) ? shape.dim[i] : 1;
    shape.rank -= leave_out;
    return tn_shape_of(shape.rank, shape.dim);
}

static tn_node *binary(maker *m)
{
    tn_graph *g = m->g;
    tn_node *a = pick(m), *b = like(m, draw(m, 2) ? tn_node_shape(a) : repeated(m, a));
    switch (draw(m, 10)) {
    case 0: return tn_add(g, a, b);
    case 1: return tn_sub(g, b, a);
    case 2: return tn_mul(g, bounded(m, a), b);
    case 3: return tn_div(g, a, tn_add(g, bounded(m, b), number(m, 1.75)));
    case 4: return tn_div_no_nan(g, b, tn_add(g, bounded(m, a), number(m, 1.75)));
    case 5: return tn_minimum(g, a, off_the_kink(m, b));
    case 6: return tn_maximum(g, off_the_kink(m, b), a);
    case 7: return tn_pow(g, tn_add(g, bounded(m, a), number(m, 1.75)), bounded(m, b));
    case 8: return tn_where(g, off_the_kink(m, b), a, tn_less(g, off_the_kink(m, a), b));
    default: return tn_mse(g, tn_broadcast(g, b, tn_node_shape(a)), a);
    }
}

static tn_node *product(maker *m)
{
    tn_graph *g = m->g;
    tn_node *a = pick(m);
    if (rank_of(a) < 2) a = tn_reshape(g, a, TN_SHAPE(tn_shape_size(tn_node_shape(a)), 1));
    int64_t k = dim(a, rank_of(a) - 1), n = ONE_OF(m, 1, 3, 8, 17, 64, 130, 200);
    if (tn_shape_size(tn_node_shape(a)) * n > MOST_FLOP) n = 2;
    if (rank_of(a) == 3 && draw(m, 2)) { /* the weight transposed in place, or one for each item */
        tn_node *w = draw(m, 2) ? tn_transpose(g, new_weight(m, TN_SHAPE(1, 3, k)))
                                : new_weight(m, TN_SHAPE(dim(a, 0), k, 2));
        return tn_scale(g, tn_matmul(g, a, w), 1 / sqrt((double)k));
    }
    tn_node *y = draw(m, 3)   ? tn_linear(g, a, new_weight(m, TN_SHAPE(n, k)), new_weight(m, TN_SHAPE(n)))
                 : draw(m, 2) ? tn_linear(g, a, new_weight(m, TN_SHAPE(n, k)), NULL)
                              : tn_matmul(g, a, new_weight(m, TN_SHAPE(k, n)));
    return tn_scale(g, y, 1 / sqrt((double)k));
}

static tn_node *own(maker *m)
{
    tn_graph *g = m->g;
    tn_node *a = pick(m);
    if (rank_of(a) == 0) a = tn_reshape(g, a, TN_SHAPE(1));
    switch (draw(m, 4)) {
    case 0: return own_gabor(g, a, 1.5, 0.25 * (double)draw(m, 3));
    case 1: return own_hinge(g, off_the_kink(m, a), tn_add(g, bounded(m, like(m, repeated(m, a))), number(m, 1.5)));
    case 2: return own_polynomial(g, bounded(m, a), new_weight(m, TN_SHAPE(1 + draw(m, 3))));
    default: return tn_scale(g, own_cumulative_sum(g, a, (int)draw(m, rank_of(a)), draw(m, 2)), 0.1);
    }
}

static tn_node *reduction(maker *m)
{
    tn_graph *g = m->g;
    tn_node *a = pick(m);
    unsigned axes = draw(m, 3) ? (unsigned)draw(m, (int64_t)1 << rank_of(a)) : TN_ALL;
    bool keep = draw(m, 2);
    int axis = (int)draw(m, rank_of(a) ? rank_of(a) : 1);
    bool matrix = rank_of(a) > 0;
    switch (draw(m, matrix ? 10 : 6)) {
    case 0: return tn_max(g, off_the_kink(m, a), axes, keep);
    case 1: return tn_scale(g, tn_norm2(g, tn_add(g, tn_square(g, a), number(m, 1)), axes, keep), 0.03);
    case 2: return tn_scale(g, tn_sum(g, a, axes, keep), 0.03);
    case 3: return tn_scale(g, tn_norm1(g, off_the_kink(m, a), axes, keep), 0.01);
    case 4: return tn_min(g, off_the_kink(m, a), axes, keep);
    case 5: return tn_mean(g, a, axes, keep);
    case 6: return tn_logsumexp(g, bounded(m, a), TN_AXIS(axis), keep);
    case 7: return tn_softmax(g, a, axis);
    case 8: return tn_add(g, tn_scale(g, tn_log_softmax(g, a, axis), 0.1), tn_var(g, a, TN_AXIS(axis), true, 0));
    default: return tn_layer_norm(g, a, NULL, NULL, 0.5);
    }
}

static tn_node *reshaped(maker *m)
{
    tn_node *a = pick(m);
    tn_shape shape = tn_node_shape(a);
    int64_t size = tn_shape_size(shape), first = shape.rank ? shape.dim[0] : 1;
    if (shape.rank == 3)
        return tn_reshape(m->g, a,
                          draw(m, 2) ? TN_SHAPE(first, size / first) : TN_SHAPE(size / shape.dim[2], shape.dim[2]));
    if (shape.rank == 2 && first % 2 == 0 && draw(m, 2))
        return tn_reshape(m->g, a, TN_SHAPE(2, first / 2, shape.dim[1]));
    return tn_reshape(m->g, a, draw(m, 2) ? TN_SHAPE(size) : TN_SHAPE(first, 1, size / first));
}

static tn_node *moved(maker *m)
{
    tn_graph *g = m->g;
    tn_node *a = pick(m);
    if (rank_of(a) == 0) return tn_broadcast(g, a, TN_SHAPE(m->n[0], 3));
    int axis = (int)draw(m, rank_of(a));
    int64_t size = dim(a, axis), start = draw(m, size), length = 1 + draw(m, size - start);
    switch (draw(m, 7)) {
    case 0: return rank_of(a) >= 2 ? tn_transpose(g, a) : tn_concat(g, 3, (tn_node *[]){a, a, a}, axis);
    case 1: return tn_concat(g, 2, (tn_node *[]){a, like(m, tn_node_shape(a))}, axis);
    case 2: return tn_slice(g, a, axis, start, length);
    case 3: return tn_pad(g, a, axis, 1, 2);
    case 4: return tn_prod(g, tn_stack(g, 3, (tn_node *[]){bounded(m, a), a, a}, axis), TN_AXIS(axis), false);
    case 5: return rank_of(a) == 3 ? tn_permute(g, a, (int[]){(axis + 1) % 3, axis, (axis + 2) % 3}) : reshaped(m);
    default: return reshaped(m);
    }
}

/* A tensor of n items from the pool, or a new one. */
static tn_node *items(maker *m, int64_t n)
{
    for (int tries = 0; tries < 20; tries++) {
        tn_node *a = pick(m);
        if (rank_of(a) >= 1 && dim(a, 0) == n) return a;
    }
    return new_input(m, TN_SHAPE(n, ONE_OF(m, 1, 2, 4, 7)));
}

static tn_node *sparse(maker *m)
{
    tn_graph *g = m->g;
    random_graph *r = m->r;
    tn_node *a = items(m, m->n[draw(m, 2)]);
    bool zero = dim(a, 0) == m->n[0]; /* n[0] x n[0], n[0] x n[1]; the index has n[1] rows of n[0] */
    const tn_sparsity *s = zero && draw(m, 2) ? r->square : r->between;
    tn_node *w = like(m, TN_SHAPE(tn_sparsity_entries(s))), *y;
    if (draw(m, 3) == 0) { /* from rows or columns to the entries and back */
        tn_side side = !zero || (s == r->square && draw(m, 2)) ? TN_COLUMN : TN_ROW;
        tn_node *edges = tn_edge_gather(g, s, a, side);
        tn_shape width = tn_node_shape(edges);
        for (int i = 1; i < width.rank; i++) width.dim[i] = 1;
        if (draw(m, 3)) edges = tn_mul(g, edges, tn_edge_softmax(g, s, tn_reshape(g, w, width)));
        return draw(m, 3) ? tn_scale(g, tn_edge_sum(g, s, edges, TN_COLUMN), 0.5)
                          : tn_edge_max(g, s, off_the_kink(m, edges), TN_ROW);
    }
    tn_shape other = tn_node_shape(a);
    if (zero) {
        other.dim[0] = s == r->square ? m->n[0] : m->n[1];
        switch (draw(m, 4)) {
        case 0: return tn_gather_rows(g, r->index, a);
        case 1: return tn_scale(g, tn_sddmm(g, s, a, like(m, other)), 0.1);
        default: y = tn_spmm_t(g, s, w, a);
        }
    } else y = draw(m, 2) ? tn_spmm(g, s, w, a) : tn_segment_sum(g, r->index, a);
    return tn_scale(g, y, 0.5);
}

/* Random places, each with probability p; the entry (0, 0) is there, row 1 is empty. */
static tn_sparsity *random_places(maker *m, int64_t rows, int64_t cols, double p)
{
    int32_t *row = malloc((size_t)(rows * cols) * sizeof *row), *col = malloc((size_t)(rows * cols) * sizeof *col);
    int64_t e = 0;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            if (i != 1 && (i + j == 0 || tn_random_uniform(m->seed, 2, m->drawn++) < p)) {
                row[e] = (int32_t)i;
                col[e++] = (int32_t)j;
            }
    tn_sparsity *s = tn_sparsity_new(rows, cols, e, row, col, NULL);
    free(row);
    free(col);
    return s;
}

static void add_to_pool(maker *m, tn_node *node)
{
    const char *message;
    ck_assert_msg(tn_graph_status(m->g, &message) == TN_OK, "seed %d: %s", (int)m->seed, message);
    if (m->pooled < POOL && tn_shape_size(tn_node_shape(node)) <= MOST_ELEMENTS) m->pool[m->pooled++] = node;
}

/* In half of the graphs, gradients compute a few results again: each from all results before another one. */
static void mark_segments(maker *m)
{
    for (int64_t marks = draw(m, 2) * 3; marks > 0; marks--) {
        int64_t kept = draw(m, m->pooled), last = kept + draw(m, m->pooled - kept);
        tn_recompute(m->g, m->pool[last], (int)kept, m->pool);
    }
}

/* Some results are outputs; the loss is made of the last ones. */
static void finish(maker *m)
{
    tn_graph *g = m->g;
    tn_node *loss = number(m, 0), *grad[POOL], *inputs[POOL];
    int n = 0, first = m->pooled > 6 ? m->pooled - 6 : 0;
    for (int i = 0; i < m->pooled; i++) {
        char name[16];
        snprintf(name, sizeof name, "y%d", i);
        if (i >= first) loss = tn_add(g, loss, tn_mean(g, tn_square(g, m->pool[i]), TN_ALL, false));
        if (i == m->pooled - 1 || draw(m, 4) == 0) tn_output(g, name, m->pool[i]);
        if (i < 5) inputs[n++] = m->pool[i];
    }
    tn_output(g, "loss", loss);
    tn_grad(g, loss, n, inputs, grad);
    for (int i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", i);
        tn_output(g, name, grad[i]);
    }
    ck_assert_int_eq(tn_params_seal(m->r->params, NULL), TN_OK);
    tn_params_grad(g, loss, m->r->params);
}

random_graph random_graph_new(uint64_t seed, tn_dtype dtype)
{
    random_graph r = {.g = tn_graph_new(dtype), .params = tn_params_new(dtype, seed)};
    maker m = {.r = &r, .g = r.g, .dtype = dtype, .seed = seed};
    m.n[0] = ONE_OF(&m, 2, 5, 40, 200, 700);
    m.n[1] = ONE_OF(&m, 3, 7, 50);
    r.square = random_places(&m, m.n[0], m.n[0], 3 / (double)m.n[0]);
    r.between = random_places(&m, m.n[0], m.n[1], 0.2);
    int32_t *of = malloc((size_t)m.n[1] * sizeof *of);
    for (int64_t i = 0; i < m.n[1]; i++) of[i] = (int32_t)draw(&m, m.n[0]);
    r.index = tn_index_new(m.n[1], m.n[0], of, NULL);
    free(of);

    add_to_pool(&m, new_input(&m, TN_SHAPE(m.n[0], ONE_OF(&m, 1, 3, 16, 130))));
    add_to_pool(&m, new_input(&m, TN_SHAPE(m.n[0], 3, ONE_OF(&m, 1, 2, 8))));
    add_to_pool(&m, new_input(&m, TN_SHAPE(m.n[1], 4)));
    add_to_pool(&m, new_weight(&m, TN_SHAPE(tn_sparsity_entries(r.square))));
    add_to_pool(&m, new_weight(&m, TN_SHAPE(tn_sparsity_entries(r.between))));
    static tn_node *(*const makers[])(maker *) = {unary,   unary,     binary, binary, product,
                                                  product, reduction, moved,  sparse, own};
    for (int i = 0; i < STEPS; i++) add_to_pool(&m, makers[draw(&m, sizeof makers / sizeof *makers)](&m));
    mark_segments(&m);
    finish(&m);
    const char *message;
    ck_assert_msg(tn_graph_status(r.g, &message) == TN_OK, "seed %d: %s", (int)seed, message);
    return r;
}

void random_graph_free(random_graph *r)
{
    tn_graph_free(r->g);
    tn_params_free(r->params);
    tn_sparsity_free(r->square);
    tn_sparsity_free(r->between);
    tn_sparsity_free(r->index);
}
