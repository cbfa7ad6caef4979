/* Values and gradients of single operations against PyTorch: tests/data/operations.safetensors, written by
 * tests/tools/make_operation_values.py, which says what each tensor is. */
#include "config.h"
#include "graph/graph.h"
#include "samples.h"
#include "testing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PyTorch has other random numbers. */
static const char *const without_values[] = {"uniform", "normal", "dropout"};

static tn_file *file;

/* Tensor `what` of case k of a sample; NULL if it is not there. */
static const tn_tensor *find(const sample *s, int k, const char *what)
{
    char name[80];
    snprintf(name, sizeof name, "%s.%d.%s", s->name, k, what);
    return tn_file_find(file, name);
}

/* ---- one case ---- */

/* The inputs of the graph have the names of tensors. */
static void **bind(const tn_graph *g, tn_plan *plan, const sample *s, int k)
{
    void **memory = calloc((size_t)g->n_nodes, sizeof *memory);
    for (int id = 0; id < g->n_nodes; id++) {
        const tn_node *input = g->nodes[id];
        if (!(input->op->flags & TN_OP_LENT)) continue;
        const tn_tensor *t = find(s, k, input->name);
        ck_assert_msg(t && tn_shape_equal(t->shape, input->shape), "%s.%d.%s has another shape", s->name, k,
                      input->name);
        int64_t size = tn_shape_size(t->shape);
        memory[id] = tn_alloc((size_t)size * tn_dtype_size(input->dtype));
        for (int64_t i = 0; i < size; i++)
            if (input->dtype == TN_F32) ((float *)memory[id])[i] = (float)((const double *)t->data)[i];
            else if (input->dtype == TN_F64) ((double *)memory[id])[i] = ((const double *)t->data)[i];
            else ((int32_t *)memory[id])[i] = ((const int32_t *)t->data)[i];
        ck_assert_int_eq(tn_bind(plan, input->name, memory[id], NULL), TN_OK);
    }
    return memory;
}

static void compare(const tn_graph *g, const tn_plan *plan, const sample *s, int k, double tolerance)
{
    for (int o = 0; o < g->n_outputs; o++) {
        const tn_node *node = g->outputs[o].node;
        const tn_tensor *t = find(s, k, g->outputs[o].name);
        ck_assert_msg(t && tn_shape_equal(t->shape, node->shape), "%s.%d.%s has another shape", s->name, k,
                      g->outputs[o].name);
        const void *result = tn_result(plan, g->outputs[o].name);
        const double *expected = t->data;
        double scale = 1;
        int64_t size = tn_shape_size(t->shape);
        for (int64_t i = 0; i < size; i++) scale = fmax(scale, fabs(expected[i]));
        for (int64_t i = 0; i < size; i++) {
            double found = node->dtype == TN_F64 ? ((const double *)result)[i] : (double)((const float *)result)[i];
            if (!(fabs(found - expected[i]) <= tolerance * scale))
                ck_abort_msg("%s.%d.%s in %s: element %d is %.17g, not %.17g", s->name, k, g->outputs[o].name,
                             tn_dtype_name(node->dtype), (int)i, found, expected[i]);
        }
    }
}

static void check_case(const sample *s, int k, tn_dtype dtype)
{
    static const char *const names[] = {"a", "b", "c", "d"}, *const gradients[] = {"da", "db", "dc", "dd"};
    tn_graph *g = tn_graph_new(dtype);
    tn_node *in[MAX_OPERANDS], *grad[MAX_OPERANDS];
    int n = 0;
    for (const tn_tensor *t; n < MAX_OPERANDS && (t = find(s, k, names[n])); n++)
        in[n] = tn_input(g, names[n], dtype, t->shape);
    tn_node *y = s->build(g, in);
    tn_vjp(g, y, tn_input(g, "dy", dtype, tn_node_shape(y)), n, in, grad);
    tn_output(g, "y", y);
    for (int i = 0; i < n; i++) tn_output(g, gradients[i], grad[i]);
    tn_error error = {0};
    tn_plan *plan = tn_plan_new(g, 0, &error);
    ck_assert_msg(plan != NULL, "%s.%d: %s", s->name, k, error.message);
    void **memory = bind(g, plan, s, k);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    compare(g, plan, s, k, dtype == TN_F64 ? 1e-13 : 2e-6);
    for (int id = 0; id < g->n_nodes; id++) tn_free(memory[id]);
    free(memory);
    tn_plan_free(plan);
    tn_graph_free(g);
}

static bool has_values(const sample *s)
{
    for (size_t i = 0; i < sizeof without_values / sizeof *without_values; i++)
        if (!strcmp(s->op, without_values[i])) return false;
    return true;
}

START_TEST(values_and_gradients_are_those_of_pytorch)
{
    const sample *s = sample_at(_i);
    tn_error error = {0};
    file = tn_file_read(test_data("data/operations.safetensors"), &error);
    ck_assert_msg(file != NULL, "%s", error.message);
    ck_assert_msg(!has_values(s) || find(s, 0, "y"), "there are no values of %s", s->name);
    for (int k = 0; find(s, k, "y"); k++) {
        check_case(s, k, TN_F64);
        if (strcmp(s->op, "cast")) check_case(s, k, TN_F32); /* written for graphs of float64 */
    }
    tn_file_free(file);
}
END_TEST

int main(void)
{
    int samples = 0;
    while (sample_at(samples)) samples++;
    tn_set_threads(1);
    TCase *values = tcase_create("values");
    tcase_add_loop_test(values, values_and_gradients_are_those_of_pytorch, 0, samples);
    return run_cases("values of operations", values, NULL);
}
