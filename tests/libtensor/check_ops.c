/* What must hold for every operation of the table, by loops over it. */
#include "config.h"
#include "graph/plan.h"
#include "oracle.h"
#include "samples.h"
#include "testing.h"

#include <math.h>
#include <string.h>

enum { SEEDS = 200, DRAWS = 10 };

/* ---- running an example ---- */

/* The loss is the sum of r y with random r: a plain sum would hide a permuted gradient. With order 2 it is instead the
 * sum of random numbers times the gradient of that, so that gradients of gradients are checked too. */
typedef struct experiment {
    tn_graph *g;
    tn_plan *plan;
    int n;
    tn_shape shape[MAX_OPERANDS];
    double *data[MAX_OPERANDS];
    int32_t *places; /* what inputs of int32 are bound to, if there are any */
} experiment;

static tn_node *random_sum(tn_graph *g, tn_node *y, uint32_t stream)
{
    tn_shape shape = tn_node_shape(y);
    tn_node *terms[4];
    /* Smooth fixed pseudo-random coefficients made in the graph: sin(i + stream) along every axis. */
    tn_node *r = tn_constant(g, 1 + 0.1 * stream);
    for (int axis = 0; axis < shape.rank && axis < 4; axis++) {
        tn_node *parts[40];
        int64_t size = shape.dim[axis];
        if (size == 0 || size > 40) continue;
        for (int64_t i = 0; i < size; i++)
            parts[i] = tn_full(g, TN_SHAPE(1), 0.5 + tn_random_uniform(3, stream + (uint32_t)axis, (uint64_t)i));
        terms[axis] = tn_concat(g, (int)size, parts, 0);
        tn_shape along = {.rank = shape.rank - axis};
        for (int k = 0; k < along.rank; k++) along.dim[k] = k ? 1 : size;
        r = tn_mul(g, r, tn_reshape(g, terms[axis], along));
    }
    return tn_sum(g, tn_mul(g, y, r), TN_ALL, false);
}

/* Binds the inputs of int32, of which a sample has one at most, to the values that the oracle would use. */
static void bind_places(experiment *x)
{
    for (int id = 0; id < x->g->n_nodes; id++) {
        const tn_node *node = x->g->nodes[id];
        if (node->dtype != TN_I32) continue;
        int64_t size = tn_shape_size(node->shape);
        x->places = tn_alloc((size_t)size * sizeof *x->places);
        for (int64_t i = 0; i < size; i++) x->places[i] = (int32_t)oracle_input(node, i);
        ck_assert_int_eq(tn_bind(x->plan, node->name, x->places, NULL), TN_OK);
    }
}

static experiment begin(const example *e, int order, unsigned options)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    experiment x = {.g = tn_graph_new(TN_F64), .n = e->n};
    tn_node *in[MAX_OPERANDS], *grad[MAX_OPERANDS];
    for (int i = 0; i < e->n; i++) {
        x.shape[i] = e->shape[i];
        in[i] = tn_input(x.g, names[i], TN_F64, e->shape[i]);
    }
    tn_node *y = e->sample->build(x.g, in), *loss = random_sum(x.g, y, 1);
    for (int k = 1; k < order; k++) {
        tn_grad(x.g, loss, e->n, in, grad);
        loss = tn_constant(x.g, 0);
        for (int i = 0; i < e->n; i++) loss = tn_add(x.g, loss, random_sum(x.g, grad[i], (uint32_t)(5 * k + i)));
    }
    tn_grad(x.g, loss, e->n, in, grad);
    tn_output(x.g, "y", y);
    tn_output(x.g, "loss", loss);
    for (int i = 0; i < e->n; i++) {
        char name[] = {'d', *names[i], 0};
        tn_output(x.g, name, grad[i]);
    }
    tn_error error = {0};
    x.plan = tn_plan_new(x.g, options | TN_PLAN_SPREAD, &error);
    ck_assert_msg(x.plan != NULL, "%s: %s", e->text, error.message);
    for (int i = 0; i < e->n; i++) {
        int64_t size = tn_shape_size(e->shape[i]);
        x.data[i] = tn_alloc((size_t)size * sizeof(double));
        for (int64_t k = 0; k < size; k++)
            x.data[i][k] = e->sample->low + (e->sample->high - e->sample->low) *
                                                tn_random_uniform(11, (uint32_t)i, (uint64_t)k);
        ck_assert_int_eq(tn_bind(x.plan, names[i], x.data[i], NULL), TN_OK);
    }
    bind_places(&x);
    return x;
}

static void finish(experiment *x)
{
    for (int i = 0; i < x->n; i++) tn_free(x->data[i]);
    tn_free(x->places);
    tn_plan_free(x->plan);
    tn_graph_free(x->g);
}

static double loss_at(experiment *x)
{
    tn_error error = {0};
    ck_assert_msg(tn_run(x->plan, &error) == TN_OK, "%s", error.message);
    return *(const double *)tn_result(x->plan, "loss");
}

/* Largest difference between the gradient and central differences, relative to the size of the gradient. */
static double gradient_error(experiment *x)
{
    static const char *const names[] = {"da", "db", "dc", "dd"};
    double worst = 0, scale = 1;
    for (int i = 0; i < x->n; i++) {
        int64_t size = tn_shape_size(x->shape[i]);
        for (int64_t k = 0; k < size; k++) {
            const double h = 1e-5, kept = x->data[i][k];
            x->data[i][k] = kept + h;
            double above = loss_at(x);
            x->data[i][k] = kept - h;
            double below = loss_at(x), difference = (above - below) / (2 * h);
            x->data[i][k] = kept;
            loss_at(x);
            double gradient = ((const double *)tn_result(x->plan, names[i]))[k];
            worst = fmax(worst, fabs(gradient - difference));
            scale = fmax(scale, fabs(difference));
        }
    }
    return worst / scale;
}

static double direction(uint64_t seed, int operand, int64_t k)
{
    return 2 * tn_random_uniform(seed, (uint32_t)operand, (uint64_t)k) - 1;
}

/* The same along one random direction in the space of all operands: much faster, and enough for many drawn cases. */
static double slope_error(experiment *x, uint64_t seed)
{
    static const char *const names[] = {"da", "db", "dc", "dd"};
    const double h = 1e-5;
    double at[2], slope = 0;
    loss_at(x);
    for (int i = 0; i < x->n; i++)
        for (int64_t k = 0; k < tn_shape_size(x->shape[i]); k++)
            slope += ((const double *)tn_result(x->plan, names[i]))[k] * direction(seed, i, k);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < x->n; i++)
            for (int64_t k = 0; k < tn_shape_size(x->shape[i]); k++)
                x->data[i][k] += (side ? -2 * h : h) * direction(seed, i, k);
        at[side] = loss_at(x);
    }
    return fabs(slope - (at[0] - at[1]) / (2 * h)) / fmax(1, fabs(slope));
}

/* ---- the table ---- */

START_TEST(every_operation_has_a_sample_a_description_and_a_gradient_rule)
{
    for (const tn_op *const *family = tn_op_families; *family; family++)
        for (const tn_op *op = *family; op->name; op++) {
            ck_assert_msg(op->about != NULL, "%s has no description", op->name);
            if (op->flags & TN_OP_LEAF) continue;
            ck_assert_msg(has_sample(op->name), "%s has no sample in tests/libtensor/samples.c", op->name);
            ck_assert_msg(op->gradient || op->expand || op->flags & TN_OP_FLAT, "%s has no gradient", op->name);
        }
}
END_TEST

/* Not to a cast, as differences through float32 are too coarse, nor to detach, whose gradient is not the truth by
 * design: both have tests of their own below. */
static bool differences_apply(const example *e)
{
    return strcmp(e->sample->op, "cast") && strcmp(e->sample->op, "detach");
}

START_TEST(gradient_agrees_with_central_differences)
{
    example e = example_at(_i);
    if (!differences_apply(&e)) return;
    tn_set_threads(1);
    experiment x = begin(&e, 1, 0);
    double error = gradient_error(&x);
    ck_assert_msg(error < 1e-6, "%s: gradient is off by %.2e relative", e.text, error);
    finish(&x);
}
END_TEST

START_TEST(gradient_of_gradient_agrees_with_central_differences)
{
    example e = example_at(_i);
    if (!differences_apply(&e)) return;
    tn_set_threads(1);
    experiment x = begin(&e, 2, 0);
    double error = gradient_error(&x);
    ck_assert_msg(error < 1e-6, "%s: second gradient is off by %.2e relative", e.text, error);
    finish(&x);
}
END_TEST

START_TEST(fused_unfused_and_threaded_plans_give_the_same_bits)
{
    example e = example_at(_i);
    static const char *const names[] = {"y", "loss", "da", "db", "dc"};
    static const struct {
        int threads;
        unsigned options;
    } ways[] = {{1, 0}, {1, TN_PLAN_UNFUSED}, {2, 0}, {4, 0}};
    experiment x[4];
    for (int way = 0; way < 4; way++) {
        tn_set_threads(ways[way].threads);
        x[way] = begin(&e, 2, ways[way].options);
        loss_at(&x[way]);
        for (int k = 0; k < 2 + e.n; k++) {
            size_t bytes = (size_t)tn_shape_size(x[0].g->outputs[k].node->shape) * sizeof(double);
            if (bytes && memcmp(tn_result(x[0].plan, names[k]), tn_result(x[way].plan, names[k]), bytes))
                ck_abort_msg("%s: %s differs with %d threads%s", e.text, names[k], ways[way].threads,
                             ways[way].options ? ", unfused" : "");
        }
    }
    for (int way = 0; way < 4; way++) finish(&x[way]);
}
END_TEST

/* The operands of an example as nodes: inputs, of [-1, 1), brought to the range of the sample. */
static void operands(tn_graph *g, const example *e, tn_node **in)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    double low = e->sample->low, high = e->sample->high;
    for (int i = 0; i < e->n; i++) {
        tn_node *unit = tn_input(g, names[i], g->number, e->shape[i]);
        in[i] = tn_add(g, tn_scale(g, unit, (high - low) / 2), tn_constant(g, (high + low) / 2));
    }
}

static void compare_with_oracle(const example *e, tn_dtype dtype, unsigned options)
{
    tn_graph *g = tn_graph_new(dtype);
    tn_node *in[MAX_OPERANDS], *grad[MAX_OPERANDS];
    operands(g, e, in);
    tn_node *y = e->sample->build(g, in);
    tn_vjp(g, y, tn_add(g, tn_sin(g, y), tn_constant(g, 2)), e->n, in, grad);
    tn_output(g, "y", y);
    for (int i = 0; i < e->n; i++) tn_output(g, (char[]){(char)('a' + i), 0}, grad[i]);
    oracle_check(g, options, dtype == TN_F64 ? 1e-13 : 1e-5);
    tn_graph_free(g);
}

START_TEST(the_oracle_agrees_in_both_number_types)
{
    example e = example_at(_i);
    if (!strcmp(e.sample->op, "cast")) return; /* written for graphs of float64 */
    tn_set_threads(1);
    for (int dtype = TN_F32; dtype <= TN_F64; dtype++)
        for (unsigned options = 0; options <= TN_PLAN_UNFUSED; options++)
            compare_with_oracle(&e, (tn_dtype)dtype, options);
}
END_TEST

/* Seed _i draws operations and shapes; sizes of 0 and 1 are common. */
START_TEST(drawn_shapes_have_the_oracles_values_and_right_derivatives)
{
    tn_set_threads(1);
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        example e = example_drawn((uint64_t)_i, draw);
        if (strcmp(e.sample->op, "cast")) compare_with_oracle(&e, draw % 2 ? TN_F32 : TN_F64, 0);
        for (int order = 1; order <= 2 && differences_apply(&e); order++) {
            experiment x = begin(&e, order, 0);
            double error = slope_error(&x, (uint64_t)_i);
            ck_assert_msg(error < 1e-6, "%s: derivative %d is off by %.2e relative", e.text, order, error);
            finish(&x);
        }
    }
}
END_TEST

/* The loss is 3 cast(a) + 5 detach(a), so its gradient is 3. */
START_TEST(a_cast_passes_the_gradient_on_and_detach_does_not)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *a = tn_input(g, "a", TN_F64, TN_SHAPE(3)), *grad;
    tn_node *cast = tn_cast(g, tn_scale(g, tn_cast(g, a, TN_F32), 3), TN_F64);
    tn_node *loss = tn_sum(g, tn_add(g, cast, tn_scale(g, tn_detach(g, a), 5)), TN_ALL, false);
    tn_grad(g, loss, 1, &a, &grad);
    tn_output(g, "grad", grad);
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    double *data = tn_alloc(3 * sizeof *data);
    tn_bind(plan, "a", data, NULL);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    for (int i = 0; i < 3; i++) ck_assert_double_eq(((const double *)tn_result(plan, "grad"))[i], 3);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

#ifdef TN_SMALL_TILES
enum { SMALL_TILES = 1 };
#else
enum { SMALL_TILES = 0 };
#endif

int main(void)
{
    TCase *table = tcase_create("table"), *every = tcase_create("every operation"), *drawn = tcase_create("drawn");
    tcase_set_timeout(every, 60); /* for machines with other work to do */
    tcase_set_timeout(drawn, 60);
    tcase_add_loop_test(every, the_oracle_agrees_in_both_number_types, 0, example_count());
    tcase_add_loop_test(every, fused_unfused_and_threaded_plans_give_the_same_bits, 0, example_count());
    if (!SMALL_TILES) { /* derivatives do not depend on how work is cut */
        tcase_add_test(table, every_operation_has_a_sample_a_description_and_a_gradient_rule);
        tcase_add_test(table, a_cast_passes_the_gradient_on_and_detach_does_not);
        tcase_add_loop_test(every, gradient_agrees_with_central_differences, 0, example_count());
        tcase_add_loop_test(every, gradient_of_gradient_agrees_with_central_differences, 0, example_count());
        tcase_add_loop_test(drawn, drawn_shapes_have_the_oracles_values_and_right_derivatives, 0, SEEDS);
    }
    return run_cases(SMALL_TILES ? "operations, small tiles" : "operations", table, every, drawn, NULL);
}
