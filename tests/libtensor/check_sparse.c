/* Sparse operations against dense matrices, their adjoints, and the errors of making sparsities. */
#include "config.h"
#include "graph/plan.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRAPHS = 1000, BATCH = 100, LARGEST = 30, WIDEST = 8 };

/* ---- random sparsities, with their dense matrix ---- */

typedef struct places {
    int64_t rows, cols, entries;
    int32_t row[LARGEST * LARGEST], col[LARGEST * LARGEST];
    int entry[LARGEST][LARGEST]; /* number of the entry, or -1 */
    tn_sparsity *sparsity;
} places;

static uint64_t drawn;

static int64_t draw(int64_t below)
{
    return (int64_t)(tn_random_uniform(1, 0, drawn++) * (double)below);
}

/* Of 0 to 30 rows and columns, from no entry at all to full; rows and columns are often empty. */
static places random_places(void)
{
    places p = {.rows = draw(LARGEST + 1)};
    p.cols = draw(3) ? draw(LARGEST + 1) : p.rows;
    double density = (double)draw(5) / 4;
    density *= density;
    for (int32_t i = 0; i < p.rows; i++)
        for (int32_t j = 0; j < p.cols; j++) {
            p.entry[i][j] = -1;
            if (i % 5 == 3 || j % 7 == 4 || tn_random_uniform(1, 1, drawn++) >= density) continue;
            p.entry[i][j] = (int)p.entries;
            p.row[p.entries] = i;
            p.col[p.entries++] = j;
        }
    tn_error error = {0};
    p.sparsity = tn_sparsity_new(p.rows, p.cols, p.entries, p.row, p.col, &error);
    ck_assert_msg(p.sparsity != NULL, "%s", error.message);
    return p;
}

/* ---- running one operation ---- */

/* A matrix in double; float32 operands are rounded to it, so both types compute with the same numbers. */
typedef struct values {
    int64_t rows, width;
    double at[LARGEST * LARGEST * WIDEST];
} values;

static values random_values(int64_t rows, int64_t width)
{
    values v = {.rows = rows, .width = width};
    for (int64_t i = 0; i < rows * width; i++) v.at[i] = (float)(2 * tn_random_uniform(1, 2, drawn++) - 1);
    return v;
}

typedef struct operand {
    tn_dtype dtype;
    void *data;
} operand;

static operand bind(tn_plan *plan, tn_dtype dtype, const char *name, const values *v)
{
    operand o = {dtype, tn_alloc((size_t)(v->rows * v->width) * tn_dtype_size(dtype))};
    for (int64_t i = 0; i < v->rows * v->width; i++)
        if (dtype == TN_F64)
            ((double *)o.data)[i] = v->at[i];
        else
            ((float *)o.data)[i] = (float)v->at[i];
    if (tn_bind(plan, name, o.data, NULL)) ck_abort_msg("%s cannot be bound", name);
    return o;
}

/* [rows] for width 1 now and then, [rows, width], or [rows, 2, width / 2]. */
static tn_shape shape_of(const values *v, int kind)
{
    if (kind == 0 && v->width == 1) return TN_SHAPE(v->rows);
    if (kind == 1 && v->width % 2 == 0) return TN_SHAPE(v->rows, 2, v->width / 2);
    return TN_SHAPE(v->rows, v->width);
}

static void get(const tn_plan *plan, tn_dtype dtype, const char *name, values *out)
{
    const void *data = tn_result(plan, name);
    for (int64_t i = 0; i < out->rows * out->width; i++)
        out->at[i] = dtype == TN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

static void compare(const char *what, tn_dtype dtype, const values *found, const values *expected)
{
    double tolerance = dtype == TN_F64 ? 1e-12 : 1e-5;
    for (int64_t i = 0; i < expected->rows * expected->width; i++)
        if (!(fabs(found->at[i] - expected->at[i]) <= tolerance * fmax(1, fabs(expected->at[i]))))
            ck_abort_msg("%s, %s: element %lld of [%lld, %lld] is %g, not %g", what, tn_dtype_name(dtype), (long long)i,
                         (long long)expected->rows, (long long)expected->width, found->at[i], expected->at[i]);
}

static double dot(const values *a, const values *b)
{
    double sum = 0;
    for (int64_t i = 0; i < a->rows * a->width; i++) sum += a->at[i] * b->at[i];
    return sum;
}

static void expect_equal(const char *what, double a, double b)
{
    if (!(fabs(a - b) <= 1e-11 * fmax(1, fabs(a)))) ck_abort_msg("%s: %.17g is not %.17g", what, a, b);
}

static tn_plan *plan_and_run(tn_graph *g, tn_dtype dtype, int n, const char *const *names, const values *const *in)
{
    tn_error error = {0};
    tn_plan *plan = tn_plan_new(g, TN_PLAN_SPREAD, &error);
    if (!plan) ck_abort_msg("%s", error.message);
    operand bound[4];
    for (int i = 0; i < n; i++) bound[i] = bind(plan, dtype, names[i], in[i]);
    if (tn_run(plan, &error)) ck_abort_msg("%s", error.message);
    for (int i = 0; i < n; i++) tn_free(bound[i].data);
    return plan;
}

/* ---- the operations ---- */

/* y = W x, x' = W^T u, and the products of rows of u and x at the entries, by loops over the dense matrix. */
static void dense(const places *p, const values *w, const values *x, const values *u, values *y, values *xt, values *e)
{
    *y = (values){.rows = p->rows, .width = x->width};
    *xt = (values){.rows = p->cols, .width = x->width};
    *e = (values){.rows = p->entries, .width = 1};
    for (int64_t i = 0; i < p->rows; i++)
        for (int64_t j = 0; j < p->cols; j++)
            for (int64_t k = 0; k < x->width && p->entry[i][j] >= 0; k++) {
                y->at[i * x->width + k] += w->at[p->entry[i][j]] * x->at[j * x->width + k];
                xt->at[j * x->width + k] += w->at[p->entry[i][j]] * u->at[i * x->width + k];
                e->at[p->entry[i][j]] += u->at[i * x->width + k] * x->at[j * x->width + k];
            }
}

static void check_products(tn_dtype dtype)
{
    static places p;
    static values w, x, u, expected[3], found[6];
    p = random_places();
    int64_t width = (int64_t[]){1, 1, 2, 3, 4, 8, 0}[draw(7)];
    int kind = (int)draw(3);
    w = random_values(p.entries, 1);
    x = random_values(p.cols, width);
    u = random_values(p.rows, width);
    dense(&p, &w, &x, &u, &expected[0], &expected[1], &expected[2]);

    tn_graph *g = tn_graph_new(dtype);
    tn_node *nw = tn_input(g, "w", dtype, TN_SHAPE(p.entries)), *nx = tn_input(g, "x", dtype, shape_of(&x, kind));
    tn_node *nu = tn_input(g, "u", dtype, shape_of(&u, kind)), *y = tn_spmm(g, p.sparsity, nw, nx), *grad[2];
    tn_vjp(g, y, nu, 2, (tn_node *[]){nw, nx}, grad); /* W^T u, and the products at the entries */
    tn_node *out[] = {y, tn_spmm_t(g, p.sparsity, nw, nu), tn_sddmm(g, p.sparsity, nu, nx), y, grad[1], grad[0]};
    for (int i = 0; i < 6; i++) tn_output(g, (char[]){(char)('a' + i), 0}, out[i]);
    tn_plan *plan = plan_and_run(g, dtype, 3, (const char *[]){"w", "x", "u"}, (const values *[]){&w, &x, &u});
    static const char *const what[] = {"spmm", "spmm_t", "sddmm", "spmm", "gradient to x", "gradient to w"};
    for (int i = 0; i < 6; i++) {
        found[i] = expected[i % 3];
        get(plan, dtype, (char[]){(char)('a' + i), 0}, &found[i]);
        compare(what[i], dtype, &found[i], &expected[i % 3]);
    }
    if (dtype == TN_F64) { /* <u, J x> = <J^T u, x>, J by x and by w */
        expect_equal("adjoint in x", dot(&u, &found[0]), dot(&found[1], &x));
        expect_equal("adjoint in w", dot(&u, &found[0]), dot(&found[2], &w));
    }
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_sparsity_free(p.sparsity);
}

static void check_index(tn_dtype dtype)
{
    static values x, u, expected[2], found[4];
    int64_t rows = draw(LARGEST + 1), cols = 1 + draw(LARGEST), width = 1 + draw(WIDEST);
    int32_t index[LARGEST];
    int kind = (int)draw(3);
    for (int64_t r = 0; r < rows; r++) index[r] = (int32_t)draw(1 + draw(cols));
    tn_sparsity *s = tn_index_new(rows, cols, index, NULL);
    ck_assert_ptr_nonnull(s);
    x = random_values(cols, width);
    u = random_values(rows, width);
    expected[0] = (values){.rows = rows, .width = width};
    expected[1] = (values){.rows = cols, .width = width};
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < width; k++) {
            expected[0].at[r * width + k] = x.at[index[r] * width + k];
            expected[1].at[index[r] * width + k] += u.at[r * width + k];
        }
    tn_graph *g = tn_graph_new(dtype);
    tn_node *nx = tn_input(g, "x", dtype, shape_of(&x, kind)), *nu = tn_input(g, "u", dtype, shape_of(&u, kind));
    tn_node *out[] = {tn_gather_rows(g, s, nx), tn_segment_sum(g, s, nu), NULL, NULL};
    tn_vjp(g, out[0], nu, 1, &nx, &out[3]);
    tn_vjp(g, out[1], nx, 1, &nu, &out[2]);
    for (int i = 0; i < 4; i++) tn_output(g, (char[]){(char)('a' + i), 0}, out[i]);
    tn_plan *plan = plan_and_run(g, dtype, 2, (const char *[]){"x", "u"}, (const values *[]){&x, &u});
    static const char *const what[] = {"gather_rows", "segment_sum", "gradient of segment_sum",
                                       "gradient of gather_rows"};
    for (int i = 0; i < 4; i++) {
        found[i] = expected[i % 2];
        get(plan, dtype, (char[]){(char)('a' + i), 0}, &found[i]);
        compare(what[i], dtype, &found[i], &expected[i % 2]);
    }
    if (dtype == TN_F64) expect_equal("adjoint of gather_rows", dot(&u, &found[0]), dot(&found[1], &x));
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_sparsity_free(s);
}

/* Batch _i of the random graphs; every fourth in float32. */
START_TEST(sparse_operations_agree_with_dense_ones)
{
    drawn = (uint64_t)_i << 32;
    tn_set_threads(1 + _i % 3);
    for (int k = 0; k < BATCH; k++) check_products(k % 4 ? TN_F64 : TN_F32);
}
END_TEST

START_TEST(gathering_and_summing_segments_agree_with_loops)
{
    drawn = (uint64_t)_i << 40;
    for (int k = 0; k < BATCH; k++) check_index(k % 4 ? TN_F64 : TN_F32);
}
END_TEST

/* ---- making sparsities ---- */

static const struct {
    int64_t rows, cols, entries;
    int32_t row[3], col[3];
    const char *words;
} wrong[] = {
    {-1, 3, 0, {0}, {0}, "0 entries in a matrix of -1 x 3: sizes must be 0 to 2147483647"},
    {3, -1, 0, {0}, {0}, "-1"},
    {3, 3, -1, {0}, {0}, "-1 entries"},
    {INT64_MAX, 3, 0, {0}, {0}, "9223372036854775807 x 3"},
    {3, (int64_t)INT32_MAX + 1, 0, {0}, {0}, "3 x 2147483648"},
    {3, 3, INT64_MAX, {0}, {0}, "9223372036854775807 entries"},
    {3, 4, 2, {0, 3}, {0, 0}, "entry 1 is (3, 0), outside of 3 x 4"},
    {3, 4, 2, {0, -1}, {0, 0}, "entry 1 is (-1, 0), outside of 3 x 4"},
    {3, 4, 3, {0, 1, 2}, {0, 0, 4}, "entry 2 is (2, 4), outside of 3 x 4"},
    {3, 4, 1, {0}, {INT32_MIN}, "entry 0 is (0, -2147483648), outside of 3 x 4"},
    {0, 0, 1, {0}, {0}, "entry 0 is (0, 0), outside of 0 x 0"},
    {3, 4, 2, {1, 0}, {0, 0}, "entry 1 is (0, 0), after (1, 0): not sorted by (row, column)"},
    {3, 4, 3, {0, 1, 1}, {0, 2, 1}, "entry 2 is (1, 1), after (1, 2): not sorted by (row, column)"},
    {3, 4, 3, {0, 1, 1}, {0, 2, 2}, "entry 2 is (1, 2), after (1, 2): given twice"},
};

START_TEST(a_wrong_list_of_entries_is_named)
{
    tn_error error = {0};
    ck_assert_ptr_null(
        tn_sparsity_new(wrong[_i].rows, wrong[_i].cols, wrong[_i].entries, wrong[_i].row, wrong[_i].col, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_msg(strstr(error.message, wrong[_i].words) != NULL, "\"%s\" does not say \"%s\"", error.message,
                  wrong[_i].words);
    ck_assert_ptr_null(
        tn_sparsity_new(wrong[_i].rows, wrong[_i].cols, wrong[_i].entries, wrong[_i].row, wrong[_i].col, NULL));
}
END_TEST

static void expect_wrong_index(int64_t rows, int64_t cols, const int32_t *index, const char *words)
{
    tn_error error = {0};
    ck_assert_ptr_null(tn_index_new(rows, cols, index, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_msg(strstr(error.message, words) != NULL, "\"%s\" does not say \"%s\"", error.message, words);
}

START_TEST(a_wrong_index_is_named)
{
    static const int32_t index[] = {2, 0, 3, -1};
    expect_wrong_index(-1, 3, index, "-1 rows of 3");
    expect_wrong_index(1, INT64_MAX, index, "1 rows of 9223372036854775807");
    expect_wrong_index(4, 3, index, "entry 2 is 3, not 0 to 2");
    expect_wrong_index(4, 4, index, "entry 3 is -1, not 0 to 3");
    expect_wrong_index(1, 0, index, "entry 0 is 2");
}
END_TEST

START_TEST(the_lists_are_copied_and_an_index_counts_its_rows)
{
    int32_t row[] = {0, 1}, col[] = {1, 0};
    tn_sparsity *s = tn_sparsity_new(2, 2, 2, row, col, NULL), *index = tn_index_new(2, 2, col, NULL);
    ck_assert_int_eq(tn_sparsity_entries(s), 2);
    ck_assert_int_eq(tn_sparsity_entries(index), 2);
    row[0] = row[1] = col[0] = col[1] = 77;
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(2));
    tn_output(g, "a", tn_spmm(g, s, x, x));
    tn_output(g, "b", tn_gather_rows(g, index, x));
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    double *data = tn_alloc(2 * sizeof *data);
    data[0] = 2;
    data[1] = 5;
    tn_bind(plan, "x", data, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    ck_assert_double_eq(*(const double *)tn_result(plan, "a"), 10);
    ck_assert_double_eq(*(const double *)tn_result(plan, "b"), 5);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(data);
    tn_sparsity_free(s);
    tn_sparsity_free(index);
    tn_sparsity_free(NULL);
}
END_TEST

/* ---- from edges in any order ---- */

/* Edges drawn with repetition: the entries are the different ones in order, and summing values into them is what the
 * dense matrix of the edges holds. */
START_TEST(edges_in_any_order_become_sorted_entries)
{
    enum { MOST = 200 };
    drawn = (uint64_t)_i << 48;
    int64_t n = 1 + draw(9), m = 1 + draw(9), edges = draw(MOST);
    int32_t row[MOST], col[MOST], entry[MOST];
    double matrix[10][10] = {{0}}, *value = tn_alloc(MOST * sizeof *value);
    bool there[10][10] = {{0}};
    for (int64_t e = 0; e < edges; e++) {
        row[e] = (int32_t)draw(n);
        col[e] = (int32_t)draw(m);
        value[e] = tn_random_uniform(1, 3, drawn++);
        matrix[row[e]][col[e]] += value[e];
        there[row[e]][col[e]] = true;
    }
    tn_error error = {0};
    tn_sparsity *s = tn_sparsity_from_edges(n, m, edges, row, col, TN_DUPLICATES_ADD, entry, &error);
    ck_assert_msg(s != NULL, "%s", error.message);
    int64_t entries = tn_sparsity_entries(s);
    tn_sparsity *order = tn_index_new(edges, entries, entry, NULL);
    tn_graph *g = tn_graph_new(TN_F64);
    tn_output(g, "w", tn_segment_sum(g, order, tn_input(g, "values", TN_F64, TN_SHAPE(edges))));
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    tn_bind(plan, "values", value, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    const double *w = tn_result(plan, "w");
    int64_t next = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++) {
            if (!there[i][j]) continue;
            ck_assert_double_eq_tol(w[next], matrix[i][j], 1e-14);
            for (int64_t e = 0; e < edges; e++)
                if ((row[e] == i && col[e] == j) != (entry[e] == next)) ck_abort_msg("edge %d is misplaced", (int)e);
            next++;
        }
    ck_assert_int_eq(next, entries);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_sparsity_free(s);
    tn_sparsity_free(order);
    tn_free(value);
}
END_TEST

START_TEST(wrong_edges_are_named)
{
    static const int32_t row[] = {2, 0, 1, 0, 2}, col[] = {1, 3, 1, 0, 1};
    static const struct {
        int64_t rows, cols, edges;
        const char *words;
    } cases[] = {
        {3, 4, 5, "edges 0 and 4 are both (2, 1)"},
        {2, 4, 5, "entry 0 is (2, 1), outside of 2 x 4"},
        {3, 3, 4, "entry 1 is (0, 3), outside of 3 x 3"},
        {-1, 4, 5, "5 entries in a matrix of -1 x 4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(tn_sparsity_from_edges(cases[i].rows, cases[i].cols, cases[i].edges, row, col,
                                                  TN_DUPLICATES_REFUSE, NULL, &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
        ck_assert_msg(strstr(error.message, cases[i].words) != NULL, "\"%s\"", error.message);
    }
    tn_error error = {0};
    ck_assert_ptr_null(tn_sparsity_from_edges(3, 4, 4, row, col, (tn_duplicates)7, NULL, &error));
    ck_assert_str_eq(error.message, "sparsity: there is no way 7 to treat equal edges");
    tn_sparsity *s = tn_sparsity_from_edges(3, 4, 4, row, col, TN_DUPLICATES_REFUSE, NULL, NULL);
    ck_assert_int_eq(tn_sparsity_entries(s), 4);
    tn_sparsity_free(s);
}
END_TEST

int main(void)
{
    TCase *operations = tcase_create("operations"), *making = tcase_create("making");
    tcase_add_loop_test(operations, sparse_operations_agree_with_dense_ones, 0, GRAPHS / BATCH);
    tcase_add_loop_test(operations, gathering_and_summing_segments_agree_with_loops, 0, GRAPHS / BATCH);
    tcase_add_loop_test(making, a_wrong_list_of_entries_is_named, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(making, a_wrong_index_is_named);
    tcase_add_test(making, the_lists_are_copied_and_an_index_counts_its_rows);
    tcase_add_loop_test(making, edges_in_any_order_become_sorted_entries, 0, 50);
    tcase_add_test(making, wrong_edges_are_named);
    return run_cases("sparse operations", operations, making, NULL);
}
