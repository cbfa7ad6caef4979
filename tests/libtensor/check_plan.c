/* What planning does: merges, drops, fuses, reuses memory, and never changes a result. */
#include "config.h"
#include "graph/plan.h"
#include "oracle.h"
#include "plan_rules.h"
#include "random_graph.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static tn_plan *plan_of(tn_graph *g, unsigned options)
{
    tn_error error = {0};
    tn_plan *plan = tn_plan_new(g, options, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    return plan;
}

static int instructions(tn_graph *g)
{
    tn_plan *plan = plan_of(g, TN_PLAN_UNFUSED);
    int n = plan->n_instructions;
    tn_plan_free(plan);
    return n;
}

/* ---- merging and dropping ---- */

START_TEST(equal_computations_are_done_once)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(5, 6)), *w = tn_input(g, "w", TN_F32, TN_SHAPE(6, 6));
    for (int i = 0; i < 3; i++) {
        tn_node *y = tn_sin(g, tn_matmul(g, tn_scale(g, x, 2), w));
        y = tn_mul(g, tn_slice(g, y, 1, 2, 3), tn_add(g, tn_sum(g, y, TN_ALL, false), tn_constant(g, 7)));
        tn_output(g, (char[]){(char)('a' + i), 0}, y);
    }
    ck_assert_int_eq(instructions(g), 7);
    oracle_check(g, 0, 1e-5);
    tn_graph_free(g);
}
END_TEST

START_TEST(different_computations_are_not_merged)
{
    static const int32_t row[] = {0, 1}, col[] = {1, 0}, diagonal[] = {0, 1};
    tn_sparsity *s = tn_sparsity_new(2, 2, 2, row, col, NULL), *t = tn_sparsity_new(2, 2, 2, row, diagonal, NULL);
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(2, 2)), *v = tn_input(g, "v", TN_F64, TN_SHAPE(2));
    tn_node *y = tn_input(g, "y", TN_F64, TN_SHAPE(2, 2));
    tn_node *pairs[][2] = {
        {tn_scale(g, x, 2), tn_scale(g, x, 3)},
        {tn_sub(g, x, y), tn_sub(g, y, x)},
        {tn_slice(g, x, 1, 0, 1), tn_slice(g, x, 1, 1, 1)},
        {tn_concat(g, 2, (tn_node *[]){x, y}, 0), tn_concat(g, 2, (tn_node *[]){x, y}, 1)},
        {tn_concat(g, 2, (tn_node *[]){y, x}, 1), tn_concat(g, 2, (tn_node *[]){x, x}, 1)},
        {tn_sum(g, x, TN_AXIS(0), false), tn_sum(g, x, TN_AXIS(1), false)},
        {tn_sum(g, y, TN_AXIS(0), false), tn_max(g, y, TN_AXIS(0), false)},
        {tn_matmul(g, x, y), tn_linear(g, x, y, NULL)},
        {tn_spmm(g, s, v, x), tn_spmm(g, t, v, x)},
        {tn_spmm(g, s, v, y), tn_spmm_t(g, s, v, y)},
        {tn_cast(g, tn_cast(g, x, TN_F32), TN_F64), x},
        {tn_div(g, x, tn_constant(g, 0.0)), tn_div(g, x, tn_constant(g, -0.0))},
    };
    enum { N = sizeof pairs / sizeof *pairs };
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2; k++) tn_output(g, (char[]){(char)('a' + i), (char)('0' + k), 0}, pairs[i][k]);
    oracle_check(g, 0, 1e-12);
    tn_graph_free(g);
    tn_sparsity_free(s);
    tn_sparsity_free(t);
}
END_TEST

START_TEST(what_no_output_needs_is_not_done)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(5)), *unbound = tn_input(g, "unbound", TN_F32, TN_SHAPE(5)), *grad;
    tn_node *y = tn_sum(g, tn_square(g, x), TN_ALL, false), *dead = tn_exp(g, tn_mul(g, tn_sin(g, x), unbound));
    tn_grad(g, tn_sum(g, dead, TN_ALL, false), 1, &x, &grad);
    tn_output(g, "y", y);
    ck_assert_int_eq(instructions(g), 2);
    tn_plan *plan = plan_of(g, 0);
    float *data = tn_alloc(5 * sizeof *data);
    tn_bind(plan, "x", data, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

/* ---- memory ---- */

/* 60 results of 100,000 numbers. The chain of sines needs no memory but the output's when fused; what a transpose reads
 * and writes must both be there. */
START_TEST(a_long_chain_needs_the_memory_of_few_results)
{
    enum { N = 100000, LENGTH = 60 };
    const size_t result = N * sizeof(float), overhead = 1 << 20;
    for (int transposes = 0; transposes < 2; transposes++) {
        tn_graph *g = tn_graph_new(TN_F32);
        tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(N / 10, 10));
        for (int i = 0; i < LENGTH; i++) x = transposes && i % 2 ? tn_transpose(g, x) : tn_sin(g, x);
        tn_output(g, "y", x);
        tn_set_threads(1);
        tn_plan *fused = plan_of(g, 0), *unfused = plan_of(g, TN_PLAN_UNFUSED);
        ck_assert_uint_le(tn_plan_memory(unfused), 2 * result + overhead);
        ck_assert_uint_le(tn_plan_memory(fused), (transposes ? 2 : 1) * result + overhead);
        ck_assert_uint_ge(tn_plan_memory(fused), result);
        tn_plan_free(fused);
        tn_plan_free(unfused);
        tn_graph_free(g);
    }
}
END_TEST

/* ---- division by columns ---- */

/* x A^T + b with the parameters of layer i, which are declared if they are new. */
static tn_node *layer(tn_graph *g, tn_params *params, int i, tn_node *x, int64_t in, int64_t out)
{
    char name[] = {'a', (char)('0' + i), 0};
    double limit = 1.5 / (double)(i ? in : 1);
    tn_init init = {TN_INIT_UNIFORM, -limit, limit};
    if (tn_params_find(params, name) < 0) tn_params_add(params, name, TN_SHAPE(out, in), init, 0);
    tn_node *a = tn_param(g, params, name);
    name[0] = 'b';
    if (tn_params_find(params, name) < 0) tn_params_add(params, name, TN_SHAPE(out), init, 0);
    return tn_linear(g, x, a, tn_param(g, params, name));
}

static tn_graph *with_gradient(tn_graph *g, tn_params *params, tn_node *loss)
{
    tn_output(g, "loss", loss);
    ck_assert_int_eq(tn_params_seal(params, NULL), TN_OK);
    tn_params_grad(g, loss, params);
    return g;
}

/* Two wide sine layers and a thin one on `rows` coordinates, with the gradients of all parameters. The leading axis of
 * the coordinates is 1 long, or as long as all rows; between the layers the rows are seen the other way. */
static tn_graph *wide_layers(tn_params *params, int64_t rows, int64_t width, bool reshaped)
{
    tn_graph *g = tn_graph_new(tn_params_dtype(params));
    tn_node *x = tn_input(g, "x", tn_params_dtype(params), TN_SHAPE(rows, 3));
    for (int i = 0; i < 4; i++) {
        int64_t in = i ? width : 3, out = i < 3 ? width : 1;
        x = layer(g, params, i, x, in, out);
        if (reshaped) x = tn_reshape(g, x, i % 2 ? TN_SHAPE(rows, out) : TN_SHAPE(1, rows, out));
        if (i < 3) x = tn_sin(g, x);
    }
    return with_gradient(g, params, tn_mean(g, tn_square(g, x), TN_ALL, false));
}

static bool divides_by_columns(const tn_plan *plan)
{
    for (int c = 0; c < plan->n_chains; c++)
        if (plan->chains[c].mode == TN_BY_COLUMNS) return true;
    return false;
}

/* The gradients that a plan leaves in the set, after a run on that many threads. */
static void *gradients(tn_graph *g, tn_params *params, unsigned options, int threads, bool by_columns)
{
    tn_set_threads(threads);
    tn_plan *plan = plan_of(g, options | TN_PLAN_SPREAD);
    void **memory = oracle_bind(g, plan);
    ck_assert_int_eq(divides_by_columns(plan), by_columns);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    size_t bytes = 0, size = tn_dtype_size(tn_params_dtype(params));
    char *copy = malloc((size_t)tn_params_size(params) * size);
    for (int i = 0; i < tn_params_count(params); i++) {
        tn_param_info p = tn_params_at(params, i);
        memcpy(copy + bytes, p.grad, (size_t)tn_shape_size(p.shape) * size);
        bytes += (size_t)tn_shape_size(p.shape) * size;
    }
    oracle_unbind(g, memory);
    tn_plan_free(plan);
    return copy;
}

static const struct {
    int64_t rows, width;
    bool reshaped, by_columns;
} wide[] = {{1, 128, false, true},   {20, 300, false, true},  {20, 300, true, true},  {217, 130, true, true},
            {511, 128, false, true}, {40, 127, false, false}, {512, 128, true, false}, {30, 512, false, true},
            {30, 1024, true, true}};

START_TEST(wide_layers_are_divided_by_columns_without_changing_a_bit)
{
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++) {
        tn_params *params = tn_params_new((tn_dtype)dtype, 1);
        tn_graph *g = wide_layers(params, wide[_i].rows, wide[_i].width, wide[_i].reshaped);
        size_t bytes = (size_t)tn_params_size(params) * tn_dtype_size((tn_dtype)dtype);
        void *expected = gradients(g, params, TN_PLAN_UNFUSED, 1, wide[_i].by_columns);
        for (int threads = 1; threads <= 4; threads++)
            for (int again = 0; again < 3; again++) {
                void *found = gradients(g, params, 0, threads, wide[_i].by_columns);
                ck_assert_msg(!memcmp(expected, found, bytes), "%lld x %lld: other bits on %d threads",
                              (long long)wide[_i].rows, (long long)wide[_i].width, threads);
                free(found);
            }
        oracle_check(g, 0, dtype == TN_F64 ? 1e-11 : 1e-5);
        free(expected);
        tn_graph_free(g);
        tn_params_free(params);
    }
}
END_TEST

/* Rows that are a multiple of 4096 bytes apart fall into the same places of a cache. */
START_TEST(rows_of_wide_layers_keep_off_each_other_in_caches)
{
    for (int64_t width = 1000; width <= 1024; width += 24) {
        tn_params *params = tn_params_new(TN_F32, 1);
        tn_graph *g = wide_layers(params, 30, width, false);
        tn_plan *plan = plan_of(g, 0);
        int64_t apart = 0;
        for (int i = 0; i < plan->n_vertices; i++)
            if (plan->vertices[i].stride > apart) apart = plan->vertices[i].stride;
        ck_assert_int_eq(apart, width == 1024 ? 1024 + 16 : 0);
        tn_plan_free(plan);
        tn_graph_free(g);
        tn_params_free(params);
    }
}
END_TEST

/* Ten large matrices added up: there is nothing to gain from ten parts, but from parts of the matrix. */
START_TEST(a_sum_over_few_items_is_divided_by_what_it_leaves)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(10, 2048, 1024));
    tn_output(g, "sum", tn_sum(g, x, TN_AXIS(0), false));
    tn_plan *plan = plan_of(g, 0);
    ck_assert_int_eq(plan->n_chains, 1);
    ck_assert_int_ge(plan->chains[0].units, 8);
    tn_plan_free(plan);
    tn_graph_free(g);
}
END_TEST

/* ---- products and what reads them ---- */

/* Two relu layers and a thin one, and the norm of the result, which must be known before the gradient goes back. Where
 * `seen`, the second layer is an output before its relu as well. */
static tn_graph *relu_layers(tn_params *params, int64_t rows, bool seen)
{
    enum { IN = 3, WIDTH = 40 };
    tn_graph *g = tn_graph_new(tn_params_dtype(params));
    tn_node *x = tn_input(g, "x", tn_params_dtype(params), TN_SHAPE(rows, IN));
    x = tn_relu(g, layer(g, params, 0, x, IN, WIDTH));
    x = layer(g, params, 1, x, WIDTH, WIDTH);
    if (seen) tn_output(g, "seen", x);
    x = layer(g, params, 2, tn_relu(g, x), WIDTH, 1);
    return with_gradient(g, params, tn_norm2(g, x, TN_ALL, false));
}

/* A first layer is made again in the backward pass only where it is larger than what caches keep. */
static const struct {
    int64_t rows;
    bool seen;
    int relus, layers;
} relu[] = {{200, false, 0, 3}, {200, true, 1, 3}, {30000, false, 0, 4}, {30000, true, 1, 4}, {50, false, 2, 3}};

/* Of a node that is made twice, the first result is not wanted any more once the second is there. */
static void check_made_again(const tn_plan *plan)
{
    for (int i = 0; i < plan->n_vertices; i++)
        for (int k = i + 1; k < plan->n_vertices; k++) {
            const tn_vertex *first = &plan->vertices[i], *again = &plan->vertices[k];
            if (first->kind == TN_VERTEX_COMPUTED && again->kind == TN_VERTEX_COMPUTED && first->node == again->node &&
                first->kernel == again->kernel)
                ck_assert_int_lt(first->last, again->stage);
        }
}

START_TEST(products_end_in_relus_and_thin_layers_are_made_again_without_changing_a_bit)
{
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++) {
        tn_params *params = tn_params_new((tn_dtype)dtype, 1);
        tn_graph *g = relu_layers(params, relu[_i].rows, relu[_i].seen);
        tn_plan *plan = plan_of(g, 0);
        check_plan_rules(plan);
        ck_assert_int_eq(plan_count(plan, "relu"), relu[_i].relus);
        ck_assert_int_eq(plan_count(plan, "where_positive"), relu[_i].rows < 96 ? 2 : 0);
        ck_assert_int_eq(plan_count(plan, "linear"), relu[_i].layers);
        check_made_again(plan);
        tn_plan_free(plan);
        size_t bytes = (size_t)tn_params_size(params) * tn_dtype_size((tn_dtype)dtype);
        void *expected = gradients(g, params, TN_PLAN_UNFUSED, 1, false);
        for (int threads = 1; threads <= 4; threads++) {
            void *found = gradients(g, params, 0, threads, false);
            ck_assert_msg(!memcmp(expected, found, bytes), "%lld rows: other bits on %d threads",
                          (long long)relu[_i].rows, threads);
            free(found);
        }
        if (relu[_i].rows < 1000) oracle_check(g, 0, dtype == TN_F64 ? 1e-11 : 1e-5);
        free(expected);
        tn_graph_free(g);
        tn_params_free(params);
    }
}
END_TEST

/* A network of coordinates whose frequency is known only when all coordinates have been seen: the first product has no
 * reader before. */
START_TEST(a_thin_layer_that_only_later_stages_read_is_made_there)
{
    enum { ROWS = 4096, WIDTH = 2048 };
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(ROWS, 3));
    tn_node *late = tn_rsqrt(g, tn_mean(g, tn_square(g, x), TN_ALL, false));
    tn_node *y = tn_linear(g, x, tn_input(g, "a", TN_F32, TN_SHAPE(WIDTH, 3)), NULL);
    y = tn_sin(g, tn_mul(g, y, late));
    tn_output(g, "y", tn_linear(g, y, tn_input(g, "c", TN_F32, TN_SHAPE(1, WIDTH)), NULL));
    tn_set_threads(2);
    tn_plan *plan = plan_of(g, 0);
    check_plan_rules(plan);
    ck_assert_int_eq(plan_count(plan, "linear") + plan_count(plan, "matmul"), 2);
    tn_plan_free(plan);
    oracle_check(g, 0, 1e-5);
    tn_graph_free(g);
}
END_TEST

/* Sines and cosines are made at once, but here the rows of the cosines alone keep off each other in caches. */
START_TEST(rows_of_two_results_made_at_once_may_be_differently_far_apart)
{
    for (int64_t width = 1000; width <= 1024; width += 24) {
        tn_graph *g = tn_graph_new(TN_F32);
        tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(64, width)), *y = tn_sin(g, x), *gradient;
        tn_grad(g, tn_sum(g, y, TN_ALL, false), 1, &x, &gradient);
        tn_output(g, "y", y);
        tn_output(g, "gradient", tn_square(g, gradient));
        oracle_check(g, 0, 1e-6);
        tn_graph_free(g);
    }
}
END_TEST

/* ---- running ---- */

START_TEST(inputs_may_be_bound_anew_before_any_run)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(3));
    tn_output(g, "y", tn_scale(g, x, 2));
    tn_output(g, "x", x);
    tn_plan *plan = plan_of(g, 0), *other = plan_of(g, TN_PLAN_UNFUSED);
    double *data[3] = {tn_alloc(3 * sizeof(double)), tn_alloc(3 * sizeof(double)), tn_alloc(5 * sizeof(double))};
    for (int i = 0; i < 3; i++) data[0][i] = i, data[1][i] = 10 + i;
    for (int i = 0; i < 5; i++) data[2][i] = i;
    tn_bind(other, "x", data[1], NULL);
    for (int run = 0; run < 4; run++) {
        tn_bind(plan, "x", data[run % 2], NULL);
        ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
        ck_assert_int_eq(tn_run(other, NULL), TN_OK);
        ck_assert_ptr_eq(tn_result(plan, "x"), data[run % 2]);
        for (int i = 0; i < 3; i++) {
            ck_assert_double_eq(((const double *)tn_result(plan, "y"))[i], 2 * data[run % 2][i]);
            ck_assert_double_eq(((const double *)tn_result(other, "y"))[i], 2 * data[1][i]);
        }
    }
    data[0][1] = 7; /* zero copy */
    tn_bind(plan, "x", data[0], NULL);
    tn_run(plan, NULL);
    ck_assert_double_eq(((const double *)tn_result(plan, "y"))[1], 14);
    tn_bind(plan, "x", data[2] + 1, NULL); /* within a block */
    tn_run(plan, NULL);
    for (int i = 0; i < 3; i++) ck_assert_double_eq(((const double *)tn_result(plan, "y"))[i], 2 * (i + 1));
    tn_free(data[2]);
    tn_plan_free(plan);
    tn_plan_free(other);
    tn_graph_free(g);
    tn_free(data[0]);
    tn_free(data[1]);
}
END_TEST

/* A graph may grow after it was planned, and its nodes be renamed: old plans go on as before. */
START_TEST(a_graph_may_be_planned_at_several_stages_of_its_life)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(4)), *y = tn_exp(g, x);
    tn_output(g, "y", y);
    tn_node *product = tn_matmul(g, tn_full(g, TN_SHAPE(500, 3), 1), tn_full(g, TN_SHAPE(3, 40), 1));
    tn_output(g, "product", tn_name(g, product, "first"));
    tn_plan *first = plan_of(g, 0);
    tn_name(g, product, "second");
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    tn_plan_print(first, stream);
    fclose(stream);
    ck_assert_ptr_nonnull(strstr(text, "'first'"));
    free(text);
    for (int i = 0; i < 100; i++) y = tn_sin(g, y);
    tn_output(g, "z", y);
    tn_plan *second = plan_of(g, 0);
    double *data = tn_alloc(4 * sizeof *data);
    tn_bind(first, "x", data, NULL);
    tn_bind(second, "x", data, NULL);
    ck_assert_int_eq(tn_run(first, NULL), TN_OK);
    ck_assert_int_eq(tn_run(second, NULL), TN_OK);
    ck_assert_double_eq(*(const double *)tn_result(first, "y"), 1);
    ck_assert_double_eq(*(const double *)tn_result(second, "y"), 1);
    ck_assert_ptr_null(tn_result(first, "z"));
    ck_assert_ptr_nonnull(tn_result(second, "z"));
    tn_plan_free(first);
    oracle_check(g, 0, 1e-12);
    tn_plan_free(second);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

START_TEST(a_plan_prints_its_stages_chains_and_operations)
{
    tn_params *params = tn_params_new(TN_F32, 1);
    tn_graph *g = wide_layers(params, 20, 300, true);
    tn_plan *plan = plan_of(g, 0);
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    tn_plan_print(plan, stream);
    fclose(stream);
    static const char *const words[] = {"stage 0", "columns in 3 slices", "tiles of", "linear [20, 300]", "gradient",
                                        "arena"};
    for (int i = 0; i < 6; i++) ck_assert_msg(strstr(text, words[i]) != NULL, "\"%s\" is not in:\n%s", words[i], text);
    free(text);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_params_free(params);
}
END_TEST

/* Six thousand nodes. Takes 20 ms; a cubic step in the planner takes seconds. */
START_TEST(planning_a_deep_network_takes_no_noticeable_time)
{
    tn_params *params = tn_params_new(TN_F32, 1);
    tn_params_add(params, "a", TN_SHAPE(8, 8), (tn_init){TN_INIT_NORMAL, 0, 0.3}, 0);
    tn_params_seal(params, NULL);
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *a = tn_param(g, params, "a"), *x = tn_input(g, "x", TN_F32, TN_SHAPE(500, 8));
    for (int i = 0; i < 800; i++) x = tn_tanh(g, tn_linear(g, x, tn_scale(g, a, 1 + i * 1e-3), NULL));
    tn_params_grad(g, tn_sum(g, x, TN_ALL, false), params);
    ck_assert_int_gt(g->n_nodes, 6000);
    for (unsigned options = 0; options <= TN_PLAN_UNFUSED; options++) {
        clock_t start = clock();
        tn_plan *plan = plan_of(g, options);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        ck_assert_msg(seconds < 5, "planning %d nodes took %g s", g->n_nodes, seconds);
        tn_plan_free(plan);
    }
    tn_graph_free(g);
    tn_params_free(params);
}
END_TEST

int main(void)
{
    TCase *planning = tcase_create("planning"), *running = tcase_create("running");
    tcase_add_test(planning, equal_computations_are_done_once);
    tcase_add_test(planning, different_computations_are_not_merged);
    tcase_add_test(planning, what_no_output_needs_is_not_done);
    tcase_add_test(planning, a_long_chain_needs_the_memory_of_few_results);
    tcase_add_test(planning, planning_a_deep_network_takes_no_noticeable_time);
    tcase_add_test(planning, rows_of_wide_layers_keep_off_each_other_in_caches);
    tcase_add_test(planning, a_sum_over_few_items_is_divided_by_what_it_leaves);
    tcase_add_test(planning, a_thin_layer_that_only_later_stages_read_is_made_there);
    tcase_add_test(planning, rows_of_two_results_made_at_once_may_be_differently_far_apart);
    tcase_add_loop_test(planning, products_end_in_relus_and_thin_layers_are_made_again_without_changing_a_bit, 0,
                        (int)(sizeof relu / sizeof *relu));
    tcase_add_loop_test(planning, wide_layers_are_divided_by_columns_without_changing_a_bit, 0,
                        (int)(sizeof wide / sizeof *wide));
    tcase_add_test(running, inputs_may_be_bound_anew_before_any_run);
    tcase_add_test(running, a_graph_may_be_planned_at_several_stages_of_its_life);
    tcase_add_test(running, a_plan_prints_its_stages_chains_and_operations);
    return run_cases("plans", planning, running, NULL);
}
