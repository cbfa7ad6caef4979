/* The oracle: see oracle.h. */
#include "config.h"
#include "oracle.h"
#include "own_operations.h"
#include "core/random.h"
#include "core/sparsity.h"
#include "graph/graph.h"
#include "graph/params.h"
#include "plan_rules.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t size_of(const tn_node *node)
{
    int64_t size = 1;
    for (int i = 0; i < node->shape.rank; i++) size *= node->shape.dim[i];
    return size;
}

/* The place of element `flat` along every axis, and back. */
typedef struct place {
    int64_t at[TN_MAX_RANK];
} place;

static place place_of(tn_shape shape, int64_t flat)
{
    place p = {{0}};
    for (int i = shape.rank - 1; i >= 0; flat /= shape.dim[i], i--) p.at[i] = flat % shape.dim[i];
    return p;
}

static int64_t flat_of(tn_shape shape, place p)
{
    int64_t flat = 0;
    for (int i = 0; i < shape.rank; i++) flat = flat * shape.dim[i] + p.at[i];
    return flat;
}

/* ---- elementwise ---- */

#define OF(name, expression)                                                                                           \
    static double name(double a, double b, const tn_attr *attr)                                                        \
    {                                                                                                                  \
        (void)a, (void)b, (void)attr;                                                                                  \
        return expression;                                                                                             \
    }
OF(add, a + b)
OF(sub, a - b)
OF(mul, a *b)
OF(divide, a / b)
OF(div_no_nan, b == 0 ? 0 : a / b)
OF(equal, a == b)
OF(where_positive, b > 0 ? a : 0)
OF(less, a < b)
OF(minimum, a < b || a != a ? a : b)
OF(maximum, a > b || a != a ? a : b)
OF(power, pow(a, b))
OF(neg, -a)
OF(relu, a < 0 ? 0 : a)
OF(tangent, tanh(a))
OF(sigmoid, 1 / (1 + exp(-a)))
OF(softplus, a > 0 ? a + log1p(exp(-a)) : log1p(exp(a)))
OF(sine, sin(a))
OF(cosine, cos(a))
OF(exponential, exp(a))
OF(logarithm, log(a))
OF(root, sqrt(a))
OF(square, a *a)
OF(reciprocal, 1 / a)
OF(reciprocal_root, 1 / sqrt(a))
OF(tan_of, tan(a))
OF(exponential_minus_1, expm1(a))
OF(logarithm_plus_1, log1p(a))
OF(error_function, erf(a))
OF(complement, erfc(a))
OF(absolute, fabs(a))
OF(sign, (a > 0) - (a < 0))
OF(scale, attr->value *a)
OF(same, a)

/* Operations of own_operations.h. */
static double gabor(double a, double b, const tn_attr *attr)
{
    const gabor_constants *c = attr->constants;
    (void)b;
    return exp(-a * a / 2) * cos(c->frequency * a + c->phase);
}

static double hinge(double a, double b, const tn_attr *attr)
{
    double z = a * b, inside = fmin(1, fmax(0, 1 - z));
    (void)attr;
    return z < 0 ? 0.5 - z : inside * inside / 2;
}

static const struct {
    const char *op;
    double (*of)(double a, double b, const tn_attr *attr);
} elementwise[] = {
    {"add", add},           {"sub", sub},           {"mul", mul},           {"div", divide},
    {"equal", equal},       {"neg", neg},           {"relu", relu},         {"div_no_nan", div_no_nan},
    {"tanh", tangent},      {"sigmoid", sigmoid},   {"softplus", softplus}, {"where_positive", where_positive},
    {"sin", sine},          {"cos", cosine},        {"exp", exponential},   {"log", logarithm},
    {"sqrt", root},         {"square", square},     {"abs", absolute},      {"sign", sign},
    {"scale", scale},       {"detach", same},       {"cast", same},         {"reshape", same},
    {"less", less},         {"minimum", minimum},   {"maximum", maximum},   {"pow", power},
    {"tan", tan_of},        {"erf", error_function}, {"erfc", complement},  {"expm1", exponential_minus_1},
    {"rsqrt", reciprocal_root}, {"reciprocal", reciprocal}, {"log1p", logarithm_plus_1},
    {"gabor", gabor},       {"hinge", hinge},
};

static bool evaluate_elementwise(const tn_node *node, double *out, double *const *in)
{
    for (size_t k = 0; k < sizeof elementwise / sizeof *elementwise; k++) {
        if (strcmp(elementwise[k].op, node->op->name)) continue;
        for (int64_t i = 0; i < size_of(node); i++) {
            out[i] = elementwise[k].of(in[0][i], node->n_in > 1 ? in[1][i] : 0, &node->attr);
            if (!strcmp(node->op->name, "cast") && node->dtype == TN_F32) out[i] = (float)out[i];
        }
        return true;
    }
    return false;
}

/* ---- one element of the others ---- */

static double evaluate_broadcast(const tn_node *node, place p, double *const *in)
{
    tn_shape from = node->in[0]->shape;
    place q = {{0}};
    for (int i = 0; i < from.rank; i++)
        if (from.dim[i] != 1) q.at[i] = p.at[i + node->shape.rank - from.rank];
    return in[0][flat_of(from, q)];
}

static double evaluate_where(const tn_node *node, place p, double *const *in)
{
    int64_t i = flat_of(node->shape, p);
    return in[0][i] > 0 ? in[1][i] : in[2][i];
}

static double evaluate_permute(const tn_node *node, place p, double *const *in)
{
    place q = {{0}};
    for (int i = 0; i < node->shape.rank; i++) q.at[node->attr.axis >> 3 * i & 7] = p.at[i];
    return in[0][flat_of(node->in[0]->shape, q)];
}

static double evaluate_transpose(const tn_node *node, place p, double *const *in)
{
    int last = node->shape.rank - 1;
    place q = p;
    q.at[last] = p.at[last - 1];
    q.at[last - 1] = p.at[last];
    return in[0][flat_of(node->in[0]->shape, q)];
}

static double evaluate_concat(const tn_node *node, place p, double *const *in)
{
    int part = 0;
    int64_t *at = &p.at[node->attr.axis];
    while (*at >= node->in[part]->shape.dim[node->attr.axis]) *at -= node->in[part++]->shape.dim[node->attr.axis];
    return in[part][flat_of(node->in[part]->shape, p)];
}

static double evaluate_slice(const tn_node *node, place p, double *const *in)
{
    p.at[node->attr.axis] += node->attr.start;
    return in[0][flat_of(node->in[0]->shape, p)];
}

static double evaluate_pad(const tn_node *node, place p, double *const *in)
{
    int64_t *at = &p.at[node->attr.axis];
    *at -= node->attr.start;
    if (*at < 0 || *at >= node->in[0]->shape.dim[node->attr.axis]) return 0;
    return in[0][flat_of(node->in[0]->shape, p)];
}

/* [..., K] [K, N], [..., K] [N, K]^T, or the sum over all leading axes of [..., M]^T [..., N]. */
static double evaluate_matmul(const tn_node *node, place p, double *const *in)
{
    const tn_node *a = node->in[0];
    int last = node->shape.rank - 1, a_last = a->shape.rank - 1;
    int64_t width = node->shape.dim[last], k = a->shape.dim[a_last];
    double sum = 0;
    if (node->attr.transpose_a) {
        for (int64_t r = 0; k && r < size_of(a) / k; r++) sum += in[0][r * k + p.at[0]] * in[1][r * width + p.at[1]];
        return sum;
    }
    int64_t row = flat_of(node->shape, p) / width, column = p.at[last];
    for (int64_t i = 0; i < k; i++)
        sum += in[0][row * k + i] * in[1][node->attr.transpose_b ? column * k + i : i * width + column];
    return sum;
}

static double evaluate_linear(const tn_node *node, place p, double *const *in)
{
    int last = node->shape.rank - 1;
    int64_t k = node->in[0]->shape.dim[last], row = flat_of(node->shape, p) / node->shape.dim[last],
            column = p.at[last];
    double sum = in[2][column];
    for (int64_t i = 0; i < k; i++) sum += in[0][row * k + i] * in[1][column * k + i];
    return sum;
}

static double evaluate_batched_matmul(const tn_node *node, place p, double *const *in)
{
    const tn_node *a = node->in[0], *b = node->in[1];
    int row = node->shape.rank - 2, column = row + 1;
    bool ta = node->attr.transpose_a, tb = node->attr.transpose_b;
    place q = p, r = p;
    double sum = 0;
    for (int64_t k = 0; k < a->shape.dim[ta ? row : column]; k++) {
        q.at[ta ? column : row] = p.at[row];
        q.at[ta ? row : column] = k;
        r.at[tb ? column : row] = k;
        r.at[tb ? row : column] = p.at[column];
        sum += in[0][flat_of(a->shape, q)] * in[1][flat_of(b->shape, r)];
    }
    return sum;
}

static double evaluate_argmax(const tn_node *node, place p, double *const *in)
{
    const tn_node *a = node->in[0];
    place q = {{0}};
    int64_t *at = &q.at[node->attr.axis], best = 0;
    for (int i = 0; i < node->shape.rank; i++) q.at[i < node->attr.axis ? i : i + 1] = p.at[i];
    double largest = in[0][flat_of(a->shape, q)];
    for (; *at < a->shape.dim[node->attr.axis]; ++*at) {
        double value = in[0][flat_of(a->shape, q)];
        if (value > largest) {
            largest = value;
            best = *at;
        }
    }
    return (double)best;
}

static double evaluate_one_hot(const tn_node *node, place p, double *const *in)
{
    return in[0][flat_of(node->in[0]->shape, p)] == (double)p.at[node->shape.rank - 1];
}

/* Word k of those of a tensor of random numbers: four to a block. */
static uint32_t word(const tn_node *node, uint64_t k, double *const *in)
{
    uint64_t seed = (uint64_t)node->attr.start;
    return tn_random_of_step(seed, (uint32_t)node->attr.length, (uint32_t)in[0][0], k / 4).v[k % 4];
}

static double unit(const tn_node *node, uint64_t k, double *const *in)
{
    if (node->dtype == TN_F32) return (word(node, k, in) >> 8) * 0x1p-24;
    return (double)((uint64_t)word(node, k, in) << 21 ^ word(node, k + 1, in) >> 11) * 0x1p-53;
}

static double evaluate_uniform(const tn_node *node, place p, double *const *in)
{
    uint64_t i = (uint64_t)flat_of(node->shape, p);
    return unit(node, node->dtype == TN_F32 ? i : 2 * i, in);
}

static double evaluate_normal(const tn_node *node, place p, double *const *in)
{
    uint64_t i = (uint64_t)flat_of(node->shape, p), width = node->dtype == TN_F32 ? 1 : 2;
    double u = unit(node, i / 2 * 2 * width, in), angle = 2 * M_PI * unit(node, (i / 2 * 2 + 1) * width, in);
    double radius = sqrt(-2 * log(u + (node->dtype == TN_F32 ? 0x1p-25 : 0x1p-54)));
    return radius * (i % 2 ? sin(angle) : cos(angle));
}

static double evaluate_polynomial(const tn_node *node, place p, double *const *in)
{
    double x = in[0][flat_of(node->shape, p)], sum = 0;
    for (int64_t k = 0; k < node->in[1]->shape.dim[0]; k++) sum += in[1][k] * pow(x, (double)k);
    return sum;
}

static double evaluate_cumulative_sum(const tn_node *node, place p, double *const *in)
{
    const cumulative_constants *c = node->attr.constants;
    int64_t *at = &p.at[c->axis], last = node->shape.dim[c->axis] - 1;
    int64_t first = c->backwards ? *at : 0;
    if (!c->backwards) last = *at;
    double sum = 0;
    for (*at = first; *at <= last; ++*at) sum += in[0][flat_of(node->shape, p)];
    return sum;
}

static const struct {
    const char *op;
    double (*element)(const tn_node *node, place p, double *const *in);
} by_element[] = {
    {"broadcast", evaluate_broadcast}, {"transpose", evaluate_transpose}, {"concat", evaluate_concat},
    {"slice", evaluate_slice},         {"pad", evaluate_pad},             {"matmul", evaluate_matmul},
    {"linear", evaluate_linear},       {"where", evaluate_where},         {"permute", evaluate_permute},
    {"argmax", evaluate_argmax},       {"one_hot", evaluate_one_hot},     {"batched_matmul", evaluate_batched_matmul},
    {"uniform", evaluate_uniform},     {"normal", evaluate_normal},       {"polynomial", evaluate_polynomial},
    {"cumulative_sum", evaluate_cumulative_sum},
};

static bool evaluate_by_element(const tn_node *node, double *out, double *const *in)
{
    for (size_t k = 0; k < sizeof by_element / sizeof *by_element; k++) {
        if (strcmp(by_element[k].op, node->op->name)) continue;
        for (int64_t i = 0; i < size_of(node); i++) out[i] = by_element[k].element(node, place_of(node->shape, i), in);
        return true;
    }
    return false;
}

/* ---- reductions and sparse operations: every element of the input, or every entry, goes somewhere ---- */

static bool evaluate_reduction(const tn_node *node, double *out, double *const *in)
{
    bool sum = !strcmp(node->op->name, "sum"), max = !strcmp(node->op->name, "max");
    if (!sum && !max) return false;
    const tn_node *a = node->in[0];
    for (int64_t i = 0; i < size_of(node); i++) out[i] = sum ? 0 : -INFINITY;
    for (int64_t i = 0; i < size_of(a); i++) {
        place p = place_of(a->shape, i), q = {{0}};
        for (int k = 0; k < node->shape.rank; k++) q.at[k] = p.at[k < node->attr.start ? k : k + node->attr.length];
        double *to = &out[flat_of(node->shape, q)];
        *to = sum ? *to + in[0][i] : fmax(*to, in[0][i]);
    }
    return true;
}

static bool evaluate_sparse(const tn_node *node, double *out, double *const *in)
{
    const char *op = node->op->name;
    const tn_sparsity *s = node->attr.sparsity;
    if (!s) return false;
    bool sampled = !strcmp(op, "sddmm");
    const tn_node *dense = node->in[node->n_in - 1];
    int64_t width = 1;
    for (int i = 1; i < dense->shape.rank; i++) width *= dense->shape.dim[i];
    for (int64_t i = 0; i < size_of(node); i++) out[i] = 0;
    for (int64_t e = 0; e < s->entries; e++)
        for (int64_t k = 0; k < width; k++) {
            int64_t row = s->row[e] * width + k, col = s->col[e] * width + k, at = e * width + k;
            int64_t side = node->attr.axis == TN_ROW ? row : col;
            if (sampled) out[e] += in[0][row] * in[1][col];
            else if (!strcmp(op, "spmm")) out[row] += in[0][e] * in[1][col];
            else if (!strcmp(op, "spmm_t")) out[col] += in[0][e] * in[1][row];
            else if (!strcmp(op, "gather_rows") || !strcmp(op, "edge_gather")) out[at] = in[0][side];
            else if (!strcmp(op, "segment_sum") || !strcmp(op, "edge_sum")) out[side] += in[0][at];
            else ck_abort_msg("the oracle does not know %s", op);
        }
    return true;
}

/* For each place, the largest of the entries that belong to it; 0 where there is none. */
static bool evaluate_edge_max(const tn_node *node, double *out, double *const *in)
{
    const tn_sparsity *s = node->attr.sparsity;
    if (strcmp(node->op->name, "edge_max") && strcmp(node->op->name, "segment_max")) return false;
    int64_t width = 1;
    for (int i = 1; i < node->shape.rank; i++) width *= node->shape.dim[i];
    for (int64_t i = 0; i < size_of(node); i++) {
        double largest = NAN;
        for (int64_t e = 0; e < s->entries; e++)
            if ((node->attr.axis == TN_ROW ? s->row : s->col)[e] == i / width)
                largest = fmax(largest, in[0][e * width + i % width]);
        out[i] = isnan(largest) ? 0 : largest;
    }
    return true;
}

/* ---- leaves ---- */

double oracle_input(const tn_node *input, int64_t i)
{
    uint32_t stream = 7;
    for (const char *c = input->name; *c; c++) stream = stream * 31 + (unsigned char)*c;
    double value = tn_random_uniform(5, stream, (uint64_t)i);
    return input->dtype == TN_I32 ? floor(5 * value) : (float)(2 * value - 1);
}

static double leaf_value(const tn_node *leaf, int64_t i)
{
    if (leaf->op->flags & TN_OP_NUMBER)
        return leaf->dtype == TN_F64 ? leaf->attr.value : (float)leaf->attr.value;
    if (!leaf->params) return oracle_input(leaf, i);
    const void *data = tn_params_place(leaf->params, leaf->params->data, leaf->param);
    return leaf->dtype == TN_F64 ? ((const double *)data)[i] : ((const float *)data)[i];
}

/* ---- graphs ---- */

double **oracle_evaluate(const tn_graph *g)
{
    double **values = calloc((size_t)g->n_nodes + 1, sizeof *values);
    for (int id = 0; id < g->n_nodes; id++) {
        const tn_node *node = g->nodes[id];
        double *in[TN_MAX_INPUTS], *out = values[id] = calloc((size_t)size_of(node) + 1, sizeof *out);
        for (int k = 0; k < node->n_in; k++) in[k] = values[node->in[k]->id];
        if (node->op->flags & TN_OP_LEAF)
            for (int64_t i = 0; i < size_of(node); i++) out[i] = leaf_value(node, i);
        else if (!evaluate_elementwise(node, out, in) && !evaluate_by_element(node, out, in) &&
                 !evaluate_reduction(node, out, in) && !evaluate_edge_max(node, out, in) &&
                 !evaluate_sparse(node, out, in))
            ck_abort_msg("the oracle does not know %s", node->op->name);
    }
    return values;
}

void oracle_free(const tn_graph *g, double **values)
{
    for (int id = 0; id < g->n_nodes; id++) free(values[id]);
    free(values);
}

void **oracle_bind(const tn_graph *g, tn_plan *plan)
{
    void **memory = calloc((size_t)g->n_nodes + 1, sizeof *memory);
    for (int id = 0; id < g->n_nodes; id++) {
        const tn_node *node = g->nodes[id];
        if (!(node->op->flags & TN_OP_LENT)) continue;
        memory[id] = tn_alloc((size_t)size_of(node) * tn_dtype_size(node->dtype));
        for (int64_t i = 0; i < size_of(node); i++) {
            double value = oracle_input(node, i);
            if (node->dtype == TN_F64) ((double *)memory[id])[i] = value;
            else if (node->dtype == TN_F32) ((float *)memory[id])[i] = (float)value;
            else ((int32_t *)memory[id])[i] = (int32_t)value;
        }
        if (tn_bind(plan, node->name, memory[id], NULL)) ck_abort_msg("input %s cannot be bound", node->name);
    }
    return memory;
}

void oracle_unbind(const tn_graph *g, void **memory)
{
    for (int id = 0; id < g->n_nodes; id++) tn_free(memory[id]);
    free(memory);
}

static double error_of(const tn_node *node, const void *result, const double *expected)
{
    double worst = 0, scale = 1;
    for (int64_t i = 0; i < size_of(node); i++) {
        double value = node->dtype == TN_F64   ? ((const double *)result)[i]
                       : node->dtype == TN_F32 ? (double)((const float *)result)[i]
                                               : ((const int32_t *)result)[i];
        if (isfinite(expected[i])) scale = fmax(scale, fabs(expected[i]));
        if (value == expected[i] || (isnan(value) && isnan(expected[i]))) continue;
        double off = fabs(value - expected[i]);
        worst = isfinite(off) ? fmax(worst, off) : INFINITY;
    }
    return worst / scale;
}

double oracle_error(const tn_graph *g, const tn_plan *plan, double *const *values)
{
    double worst = 0;
    for (int i = 0; i < g->n_outputs; i++) {
        const tn_graph_output *output = &g->outputs[i];
        const void *result = output->params ? tn_params_place(output->params, output->params->grad, output->param)
                                            : tn_result(plan, output->name);
        if (!result) ck_abort_msg("output %s has no result", output->name);
        worst = fmax(worst, error_of(output->node, result, values[output->node->id]));
    }
    return worst;
}

void oracle_check(tn_graph *g, unsigned options, double tolerance)
{
    tn_error error = {0};
    tn_plan *plan = tn_plan_new(g, options, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    check_plan_rules(plan);
    void **memory = oracle_bind(g, plan);
    ck_assert_msg(tn_run(plan, &error) == TN_OK, "%s", error.message);
    double **values = oracle_evaluate(g), off = oracle_error(g, plan, values);
    ck_assert_msg(off <= tolerance, "options %u: off by %g", options, off);
    oracle_free(g, values);
    oracle_unbind(g, memory);
    tn_plan_free(plan);
}
