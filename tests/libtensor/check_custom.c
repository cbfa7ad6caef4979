/* Operations of the user's. That they compute, differentiate and run like others is seen by the tests of all operations
 * (check_ops.c, check_random_graphs.c), which have them among their samples; here is what is their own. */
#include "config.h"
#include "graph/plan.h"
#include "own_operations.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAYS(text, words) ck_assert_msg(strstr(text, words) != NULL, "\"%s\" does not say \"%s\"", text, words)

/* ---- mistakes ---- */

static void nothing(const tn_piece *piece)
{
    (void)piece;
}

static tn_status refuse(int n, const tn_shape *in, const void *constants, tn_shape *out, tn_error *why)
{
    (void)n, (void)in, (void)out;
    return constants ? tn_fail(why, TN_EINVAL, "the window must be odd, not %d", *(const int *)constants) : TN_ESHAPE;
}

static tn_status complain(int n, const tn_shape *in, const void *constants, tn_shape *out, tn_error *why)
{
    (void)n, (void)in, (void)constants, (void)out;
    tn_fail(why, TN_EDTYPE, "no, but all is well");
    return TN_OK;
}

static tn_status impossible(int n, const tn_shape *in, const void *constants, tn_shape *out, tn_error *why)
{
    (void)n, (void)in, (void)constants, (void)why;
    *out = TN_SHAPE(3, -1);
    return TN_OK;
}

static tn_status scalar(int n, const tn_shape *in, const void *constants, tn_shape *out, tn_error *why)
{
    (void)n, (void)in, (void)constants, (void)why;
    *out = TN_SCALAR;
    return TN_OK;
}

static double one(int n, const tn_shape *in, tn_shape out, const void *constants)
{
    (void)n, (void)in, (void)out, (void)constants;
    return 1;
}

#define KERNEL .name = "mine", .kernel_f32 = nothing
static const struct {
    tn_operation operation;
    int n;
    bool without_constants;
    tn_status status;
    const char *words[2];
} mistakes[] = {
    {{.kernel_f32 = nothing}, 1, 0, TN_EINVAL, {"tn_custom: the operation or its name is missing"}},
    {{.name = "sin", .operands = 1, .kernel_f32 = nothing}, 1, 0, TN_ENAME, {"sin: the library has an operation of"}},
    {{.name = "mine", .operands = 1}, 1, 0, TN_EINVAL, {"mine: it has no kernel"}},
    {{KERNEL, .kind = (tn_operation_kind)7, .operands = 1}, 1, 0, TN_EINVAL, {"mine: there is no such kind"}},
    {{KERNEL, .kind = TN_AT_ONCE, .operands = 17}, 1, 0, TN_EINVAL, {"mine: operands must be 0 to 16"}},
    {{KERNEL, .kind = TN_AT_ONCE}, 0, 0, TN_EINVAL, {"mine: without operands it wants a shape rule"}},
    {{KERNEL, .operands = 1, .shape = scalar}, 1, 0, TN_EINVAL, {"mine: element by element, the shape is that of"}},
    {{KERNEL, .operands = 1, .whole = 1}, 1, 0, TN_EINVAL, {"mine: `whole` is for TN_BY_ITEMS"}},
    {{KERNEL, .kind = TN_BY_ITEMS, .operands = 2, .whole = 4}, 2, 0, TN_EINVAL, {"`whole` has bits of operands"}},
    {{KERNEL, .operands = 1, .flop = 1, .cost = one}, 1, 0, TN_EINVAL, {"flop and cost exclude each"}},
    {{KERNEL, .operands = 1, .constants = 4}, 1, true, TN_EINVAL, {"mine: its constants are missing"}},
    {{KERNEL, .operands = 1}, 2, 0, TN_EINVAL, {"mine cannot take 2 inputs: it has 1"}},
    {{KERNEL, .operands = 2}, 2, 0, TN_ESHAPE,
     {"mine cannot combine input 'x' [3, 4] (check_custom.c:", "and input 'y' [5, 4] (check_custom.c:"}},
    {{.name = "mine", .operands = 1, .kernel_f64 = nothing}, 1, 0, TN_EDTYPE,
     {"mine of input 'x' [3, 4]", "it has no kernel for float32"}},
    {{KERNEL, .kind = TN_AT_ONCE, .operands = 1, .shape = refuse, .constants = sizeof(int)}, 1, 0, TN_EINVAL,
     {"mine of input 'x' [3, 4] (check_custom.c:", "): the window must be odd, not 6"}},
    {{KERNEL, .kind = TN_AT_ONCE, .operands = 1, .shape = refuse}, 1, 0, TN_ESHAPE, {"its shape rule refuses them"}},
    {{KERNEL, .kind = TN_AT_ONCE, .operands = 1, .shape = complain}, 1, 0, TN_EDTYPE, {"): no, but all is well"}},
    {{KERNEL, .kind = TN_AT_ONCE, .operands = 1, .shape = impossible}, 1, 0, TN_ESHAPE,
     {"its shape rule made [3, -1], which is not a shape: 0 to 6 axes"}},
    {{KERNEL, .kind = TN_BY_ITEMS, .operands = 1, .shape = scalar}, 1, 0, TN_ESHAPE, {"its result has no axis"}},
    {{KERNEL, .kind = TN_BY_ITEMS, .operands = 2}, 2, 0, TN_ESHAPE,
     {"mine: input 'y' [5, 4] (check_custom.c:", "has not 3 items, as the result [3, 4] has"}},
};

START_TEST(mistakes_with_operations_of_ones_own_are_named)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *in[] = {tn_input(g, "x", TN_F32, TN_SHAPE(3, 4)), tn_input(g, "y", TN_F32, TN_SHAPE(5, 4))};
    const int *constants = mistakes[_i].without_constants ? NULL : &(int){6};
    const char *message;
    char line[64];
    snprintf(line, sizeof line, "check_custom.c:%d: ", __LINE__ + 1);
    tn_node *bad = tn_custom(g, &mistakes[_i].operation, mistakes[_i].n, in, constants);
    ck_assert_int_eq(tn_graph_status(g, &message), mistakes[_i].status);
    SAYS(message, line);
    for (int w = 0; w < 2 && mistakes[_i].words[w]; w++) SAYS(message, mistakes[_i].words[w]);
    ck_assert_ptr_eq(tn_custom(g, &mistakes[_i].operation, 1, &bad, NULL), bad); /* later calls are harmless */
    tn_graph_free(g);
}
END_TEST

/* dy is a number here, and the operand has three. */
static tn_node *too_short(tn_graph *g, tn_node *const *in, tn_node *y, tn_node *dy, int i, const void *constants)
{
    (void)in, (void)y, (void)i, (void)constants;
    return tn_scale(g, dy, 2);
}

static tn_node *mistaken(tn_graph *g, tn_node *const *in, tn_node *y, tn_node *dy, int i, const void *constants)
{
    (void)y, (void)i, (void)constants;
    return tn_matmul(g, dy, in[0]);
}

START_TEST(mistakes_of_gradient_rules_are_named)
{
    static const struct {
        tn_node *(*rule)(tn_graph *, tn_node *const *, tn_node *, tn_node *, int, const void *);
        tn_status status;
        const char *words;
    } rules[] = {
        {NULL, TN_ENOGRAD, "mine has no derivative"},
        {too_short, TN_ESHAPE, "the rule made scale [] (check_custom.c:"},
        {mistaken, TN_ESHAPE, "matmul cannot multiply"},
    };
    for (int r = 0; r < 3; r++) {
        tn_operation total = {KERNEL, .kind = TN_AT_ONCE, .operands = 1, .shape = scalar, .gradient = rules[r].rule};
        tn_graph *g = tn_graph_new(TN_F32);
        tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3)), *grad;
        const char *message;
        tn_grad(g, tn_custom(g, &total, 1, &x, NULL), 1, &x, &grad);
        ck_assert_int_eq(tn_graph_status(g, &message), rules[r].status);
        SAYS(message, "the gradient of mine [] (check_custom.c:");
        SAYS(message, rules[r].words);
        tn_graph_free(g);
    }
}
END_TEST

/* Nodes made by rules are placed there, those of the library's rules at the call of tn_grad, before and behind. */
START_TEST(nodes_of_gradient_rules_have_the_places_of_the_rules)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3)), *grad;
    tn_node *y = tn_exp(g, own_gabor(g, tn_sin(g, x), 2, 0));
    int forward = g->n_nodes, line = __LINE__ + 1, rule = 0, own = 0;
    tn_grad(g, tn_sum(g, y, TN_ALL, false), 1, &x, &grad);
    for (int id = forward; id < g->n_nodes; id++) {
        const tn_origin *o = &g->nodes[id]->origin;
        bool of_rule = strstr(o->file, "own_operations.c") != NULL;
        rule += of_rule;
        own += !of_rule;
        if (!of_rule) ck_assert_int_eq(o->line, line);
        if (of_rule) ck_assert_str_eq(o->gradient_of->op->name, "gabor");
    }
    ck_assert_int_eq(rule, 5);
    ck_assert_int_gt(own, 5);
    ck_assert(strstr(grad->origin.file, "check_custom.c") && grad->origin.line == line);
    tn_graph_free(g);
}
END_TEST

/* ---- planning ---- */

static int instructions(tn_graph *g)
{
    tn_plan *plan = tn_plan_new(g, TN_PLAN_UNFUSED, NULL);
    int n = plan->n_instructions;
    tn_plan_free(plan);
    return n;
}

START_TEST(equal_applications_are_made_once_and_constants_are_copied)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3));
    tn_output(g, "a", own_gabor(g, x, 2, 0.5));
    tn_output(g, "b", own_gabor(g, x, 2, 0.5));
    ck_assert_int_eq(instructions(g), 1);
    tn_output(g, "c", own_gabor(g, x, 2, 0.25));
    tn_output(g, "d", own_cumulative_sum(g, x, 0, true));
    tn_output(g, "e", own_cumulative_sum(g, x, 0, false));
    ck_assert_int_eq(instructions(g), 4);
    tn_graph_free(g);
}
END_TEST

/* Rows and elements go through the tiles of what makes and reads them; what is done at once does not. */
START_TEST(operations_by_elements_and_by_items_share_tiles)
{
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(5000, 7)), *c = tn_input(g, "c", TN_F32, TN_SHAPE(3));
    tn_node *y = own_gabor(g, own_polynomial(g, tn_sin(g, x), c), 2, 0.5);
    tn_output(g, "y", tn_exp(g, own_hinge(g, y, tn_slice(g, x, 1, 0, 1))));
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    ck_assert_int_eq(plan->n_stages, 1);
    ck_assert_int_eq(plan->n_chains, 1);
    tn_plan_free(plan);
    tn_output(g, "z", tn_exp(g, own_cumulative_sum(g, tn_cos(g, x), 0, false)));
    plan = tn_plan_new(g, 0, NULL);
    ck_assert_int_eq(plan->n_stages, 3);
    tn_plan_free(plan);
    tn_graph_free(g);
}
END_TEST

/* ---- running ---- */

/* Without operands: element i is i times a step. */
static void ramp_f64(const tn_piece *piece)
{
    double *out = piece->out;
    int64_t width = piece->size / piece->items;
    for (int64_t i = 0; i < piece->size; i++)
        out[i] = *(const double *)piece->constants * (double)(piece->first * width + i);
}

static tn_status ramp_shape(int n, const tn_shape *in, const void *constants, tn_shape *out, tn_error *why)
{
    (void)n, (void)in, (void)constants, (void)why;
    *out = TN_SHAPE(3000, 5);
    return TN_OK;
}

START_TEST(pieces_make_up_the_whole_on_any_number_of_threads)
{
    static const tn_operation ramp = {.name = "ramp", .kind = TN_BY_ITEMS, .constants = sizeof(double),
                                      .kernel_f64 = ramp_f64, .shape = ramp_shape};
    for (int threads = 1; threads <= 4; threads *= 2) {
        tn_set_threads(threads);
        double step = 0.5;
        tn_graph *g = tn_graph_new(TN_F64);
        tn_node *y = tn_custom(g, &ramp, 0, NULL, &step);
        step = 7;
        tn_output(g, "y", tn_add(g, y, tn_custom(g, &ramp, 0, NULL, &(double){0.25})));
        tn_plan *plan = tn_plan_new(g, TN_PLAN_SPREAD, NULL);
        ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
        for (int i = 0; i < 15000; i++)
            if (((const double *)tn_result(plan, "y"))[i] != 0.75 * i)
                ck_abort_msg("element %d on %d threads", i, threads);
        tn_plan_free(plan);
        tn_graph_free(g);
    }
}
END_TEST

/* Forgets the last element of each piece. */
static void sloppy_f32(const tn_piece *piece)
{
    for (int64_t i = 0; i + 1 < piece->size; i++) ((float *)piece->out)[i] = ((const float *)piece->in[0])[i];
}

START_TEST(a_checking_plan_finds_elements_that_a_kernel_leaves_out)
{
    static const tn_operation sloppy = {.name = "sloppy", .kind = TN_AT_ONCE, .operands = 1, .kernel_f32 = sloppy_f32};
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3, 4));
    tn_output(g, "y", tn_custom(g, &sloppy, 1, &x, NULL));
    tn_plan *plan = tn_plan_new(g, TN_PLAN_CHECK, NULL), *unchecked = tn_plan_new(g, 0, NULL);
    float *data = tn_alloc(12 * sizeof *data);
    tn_error error = {0};
    tn_bind(plan, "x", data, NULL);
    tn_bind(unchecked, "x", data, NULL);
    ck_assert_int_eq(tn_run(unchecked, NULL), TN_OK);
    ck_assert_int_eq(tn_run(plan, &error), TN_ENUMERIC);
    SAYS(error.message, "element 11 of sloppy [3, 4] (check_custom.c:");
    tn_plan_free(plan);
    tn_plan_free(unchecked);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

/* Copies own their constants, in the same graph and in that of the check. */
START_TEST(operations_of_ones_own_are_computed_again_and_checked)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(5, 4)), *grad;
    tn_node *y = tn_recompute(g, own_gabor(g, own_gabor(g, x, 2, 0.5), 3, 0), 1, &x);
    tn_grad(g, tn_sum(g, y, TN_ALL, false), 1, &x, &grad);
    int again = 0;
    for (int id = 0; id < g->n_nodes; id++) {
        const tn_node *node = g->nodes[id];
        if (!node->original) continue;
        ck_assert_ptr_eq(node->op, node->original->op);
        ck_assert_ptr_ne(node->attr.constants, node->original->attr.constants);
        ck_assert_str_eq(node->origin.file, node->original->origin.file);
        ck_assert_int_eq(node->origin.line, node->original->origin.line);
        ck_assert(node->origin.gradient_of && !node->original->origin.gradient_of);
        again++;
    }
    ck_assert_int_eq(again, 2);
    tn_error error = {0};
    tn_node *both = own_cumulative_sum(g, y, 0, true);
    ck_assert_double_lt(tn_gradcheck(g, both, 1, &x, TN_GRADCHECK_DEFAULTS, &error), 1e-6);
    ck_assert_msg(error.status == TN_OK, "%s", error.message);
    ck_assert_double_lt(tn_gradcheck(g, grad, 1, &x, TN_GRADCHECK_DEFAULTS, &error), 1e-6);
    ck_assert_msg(error.status == TN_OK, "%s", error.message);
    tn_graph_free(g);
}
END_TEST

START_TEST(a_profile_shows_operations_of_ones_own_with_their_flop)
{
    tn_graph *g = tn_graph_new(TN_F64);
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(50, 4)), *c = tn_input(g, "c", TN_F64, TN_SHAPE(3));
    tn_output(g, "y", own_polynomial(g, own_gabor(g, x, 2, 0), c));
    tn_plan *plan = tn_plan_new(g, TN_PLAN_PROFILE, NULL);
    double *data = tn_alloc(200 * sizeof *data);
    tn_bind(plan, "x", data, NULL);
    tn_bind(plan, "c", data, NULL);
    tn_run(plan, NULL);
    ck_assert_int_eq(tn_profile_count(plan), 2);
    tn_profile_row first = tn_profile_at(plan, 0, NULL), second = tn_profile_at(plan, 1, NULL);
    ck_assert_str_eq(first.operation, "gabor");
    ck_assert_str_eq(second.operation, "polynomial");
    ck_assert_double_eq(first.flop, 44 * 200);
    ck_assert_double_eq(second.flop, 2 * 3 * 200);
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(data);
}
END_TEST

int main(void)
{
    TCase *describing = tcase_create("describing"), *running = tcase_create("planning and running");
    tcase_add_loop_test(describing, mistakes_with_operations_of_ones_own_are_named, 0,
                        (int)(sizeof mistakes / sizeof *mistakes));
    tcase_add_test(describing, mistakes_of_gradient_rules_are_named);
    tcase_add_test(describing, nodes_of_gradient_rules_have_the_places_of_the_rules);
    tcase_add_test(running, equal_applications_are_made_once_and_constants_are_copied);
    tcase_add_test(running, operations_by_elements_and_by_items_share_tiles);
    tcase_add_test(running, pieces_make_up_the_whole_on_any_number_of_threads);
    tcase_add_test(running, a_checking_plan_finds_elements_that_a_kernel_leaves_out);
    tcase_add_test(running, operations_of_ones_own_are_computed_again_and_checked);
    tcase_add_test(running, a_profile_shows_operations_of_ones_own_with_their_flop);
    return run_cases("custom operations", describing, running, NULL);
}
