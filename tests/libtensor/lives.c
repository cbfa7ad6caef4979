/* Whole lives of what the library makes: see lives.h. */
#include "lives.h"
#include "own_operations.h"

#include <stdio.h>
#include <string.h>

/* So many that sums over them are cut into several segments. */
enum { POINTS = 800 };

static void describe(world *w)
{
    tn_graph *g = w->g;
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(POINTS, 4)), *parts[20];
    tn_node *h = tn_name(g, tn_sin(g, tn_linear(g, x, tn_param(g, w->params, "a"), tn_param(g, w->params, "b"))), "h");
    h = tn_linear(g, tn_relu(g, tn_linear(g, h, tn_param(g, w->params, "large"), NULL)),
                  tn_transpose(g, tn_param(g, w->params, "large")), NULL);
    h = tn_spmm(g, w->places, tn_param(g, w->params, "w"), h);
    tn_node *share = tn_edge_softmax(g, w->edges, tn_edge_gather(g, w->edges, tn_slice(g, x, 1, 0, 1), TN_COLUMN));
    h = tn_add(g, h, tn_edge_sum(g, w->edges, share, TN_ROW));
    h = tn_dropout(g, h, 0.1, (tn_random){.step = tn_input(g, "step", TN_I32, TN_SCALAR)});
    for (int i = 0; i < 20; i++) parts[i] = tn_slice(g, h, 1, i % 4, 2);
    tn_node *all = tn_concat(g, 20, parts, 1), *detached = tn_gather_rows(g, w->index, tn_detach(g, all)), *slope;
    tn_node *loss = tn_add(g, tn_norm2(g, all, TN_ALL, false), tn_mean(g, detached, TN_ALL, false));
    tn_grad(g, loss, 1, &x, &slope);
    tn_output(g, "loss", loss);
    tn_output(g, "slope", tn_cast(g, tn_reshape(g, slope, TN_SHAPE(4, POINTS)), TN_F64));
    tn_params_grad(g, loss, w->params);
}

static tn_status make_params(world *w, tn_error *error)
{
    static const int32_t row[] = {0, 5, 5, 9}, col[] = {7, 0, POINTS - 1, 3};
    static const int32_t row_of_edge[] = {POINTS - 1, 2, 2, 7}, col_of_edge[] = {9, 1, 1, 0};
    w->places = tn_sparsity_new(10, POINTS, 4, row, col, error);
    if (!w->places) return error->status;
    w->edges = tn_sparsity_from_edges(10, POINTS, 4, col_of_edge, row_of_edge, TN_DUPLICATES_ADD, NULL, error);
    if (!w->edges) return error->status;
    w->index = tn_index_new(4, 10, row, error);
    if (!w->index) return error->status;
    w->params = tn_params_new(TN_F32, 1);
    if (!w->params) return TN_ENOMEM;
    tn_params_add(w->params, "a", TN_SHAPE(40, 4), (tn_init){TN_INIT_UNIFORM, -1, 1}, 0);
    tn_params_add(w->params, "b", TN_SHAPE(40), (tn_init){0}, 0);
    tn_params_add(w->params, "large", TN_SHAPE(70, 40), (tn_init){TN_INIT_NORMAL, 0, 0.1}, 0);
    tn_params_add(w->params, "w", TN_SHAPE(4), (tn_init){TN_INIT_NORMAL, 0, 1}, 0);
    tn_params_add(w->params, "unused", TN_SHAPE(50), (tn_init){0}, 0);
    return tn_params_seal(w->params, error);
}

static tn_status make_plans(world *w, tn_error *error)
{
    w->g = tn_graph_new(TN_F32);
    if (!w->g) return TN_ENOMEM;
    describe(w);
    w->plan = tn_plan_new(w->g, 0, error);
    if (!w->plan) return error->status;
    w->checked = tn_plan_new(w->g, TN_PLAN_CHECK | TN_PLAN_PROFILE, error);
    if (!w->checked) return error->status;
    w->accumulating = tn_plan_new(w->g, TN_PLAN_ACCUMULATE | TN_PLAN_KEEP, error);
    if (!w->accumulating) return error->status;
    w->x = tn_alloc(4 * POINTS * sizeof *w->x);
    if (!w->x) return TN_ENOMEM;
    for (int i = 0; i < 4 * POINTS; i++) w->x[i] = (float)tn_random_uniform(1, 0, (uint64_t)i);
    w->step = tn_alloc(sizeof *w->step);
    if (!w->step) return TN_ENOMEM;
    tn_plan *const plans[] = {w->plan, w->checked, w->accumulating};
    tn_status status = TN_OK;
    for (int i = 0; i < 3 && !status; i++) status = tn_bind(plans[i], "x", w->x, error);
    for (int i = 0; i < 3 && !status; i++) status = tn_bind(plans[i], "step", w->step, error);
    return status;
}

tn_status world_step(world *w, tn_error *error)
{
    tn_status status = tn_run(w->checked, error);
    if (!status) status = tn_run(w->plan, error);
    if (!status) status = tn_run(w->accumulating, error);
    if (status) return status;
    for (int i = 0; i < LIVES_RULES; i++) tn_optimizer_step(w->optimizer[i], (double[]){1e-3});
    ++*w->step;
    tn_lbfgs_result result;
    tn_lbfgs_reset(w->lbfgs); /* another step, another loss */
    for (int i = 0; i < 2 && !status; i++) status = tn_lbfgs_step(w->lbfgs, w->plan, "loss", &result, error);
    return status;
}

tn_status world_begin(world *w, tn_error *error)
{
    tn_status status = make_params(w, error);
    if (!status) status = make_plans(w, error);
    if (status) return status;
    static const double decay[] = {0.01};
    tn_optimizer_config rules[LIVES_RULES] = {TN_SGD_DEFAULTS, TN_ADAM_DEFAULTS, TN_ADAMW_DEFAULTS,
                                              TN_RMSPROP_DEFAULTS};
    rules[0].momentum = 0.9;
    rules[1].clip_norm = 1;
    rules[2].group_weight_decay = decay;
    for (int i = 0; i < LIVES_RULES; i++)
        if (!(w->optimizer[i] = tn_optimizer_new(w->params, rules[i], error))) return error->status;
    tn_lbfgs_config few = TN_LBFGS_DEFAULTS;
    few.evaluations = 2;
    w->lbfgs = tn_lbfgs_new(w->params, few, error);
    return w->lbfgs ? TN_OK : error->status;
}

void world_end(world *w)
{
    for (int i = 0; i < LIVES_RULES; i++) tn_optimizer_free(w->optimizer[i]);
    tn_lbfgs_free(w->lbfgs);
    tn_plan_free(w->accumulating);
    tn_plan_free(w->plan);
    tn_plan_free(w->checked);
    tn_graph_free(w->g);
    tn_params_free(w->params);
    tn_sparsity_free(w->places);
    tn_sparsity_free(w->edges);
    tn_sparsity_free(w->index);
    tn_free(w->x);
    tn_free(w->step);
}

tn_status training(double *loss, tn_error *error)
{
    world w = {0};
    tn_status status = world_begin(&w, error);
    for (int i = 0; i < 3 && !status; i++) status = world_step(&w, error);
    if (!status) *loss = *(const float *)tn_result(w.plan, "loss");
    world_end(&w);
    return status;
}

static void describe_derivatives(tn_graph *g)
{
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(4, 3)), *along = tn_full(g, TN_SHAPE(4, 3), 0.5), *slope, *bend;
    tn_scope(g, "segment");
    tn_node *h = tn_recompute(g, tn_softmax(g, tn_matmul(g, own_gabor(g, x, 2, 0.5), tn_transpose(g, x)), 1), 1, &x);
    tn_scope_end(g);
    tn_node *loss = tn_sum(g, tn_square(g, h), TN_ALL, false);
    tn_grad(g, loss, 1, &x, &slope);
    tn_hvp(g, loss, 1, &x, &along, &bend);
    tn_output(g, "slope", slope);
    tn_output(g, "bend", bend);
    tn_output(g, "speed", tn_jvp(g, h, 1, &x, &along));
}

tn_status derivatives(tn_error *error)
{
    static const unsigned options[] = {0, TN_PLAN_KEEP | TN_PLAN_PROFILE};
    tn_graph *g = tn_graph_new(TN_F32);
    float *x = g ? tn_alloc(12 * sizeof *x) : NULL;
    tn_status status = x ? TN_OK : TN_ENOMEM;
    if (x) describe_derivatives(g);
    for (int i = 0; i < 2 && !status; i++) {
        tn_plan *plan = tn_plan_new(g, options[i], error);
        status = plan ? tn_bind(plan, "x", x, error) : error->status;
        if (!status) status = tn_run(plan, error);
        tn_plan_free(plan);
    }
    tn_graph_free(g);
    tn_free(x);
    return status;
}

tn_status differences(tn_error *error)
{
    tn_graph *g = tn_graph_new(TN_F64);
    if (!g) return TN_ENOMEM;
    tn_node *x = tn_input(g, "x", TN_F64, TN_SHAPE(2, 3)), *y = tn_softmax(g, own_gabor(g, x, 2, 0.5), 1);
    tn_gradcheck_config config = TN_GRADCHECK_DEFAULTS;
    tn_error why = {0};
    for (config.directions = 0; config.directions <= 1 && !why.status; config.directions++)
        tn_gradcheck(g, y, 1, &x, config, &why);
    tn_graph_free(g);
    return why.status ? tn_fail(error, why.status, "%s", why.message) : TN_OK;
}

tn_status files(const char *path, tn_error *error)
{
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    tn_tensor tensors[20];
    char names[20][16];
    for (int i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "t%d", i);
        tensors[i] = (tn_tensor){.name = names[i], .dtype = TN_F32, .shape = TN_SHAPE(2, 3), .data = data};
    }
    tn_status status = tn_file_write(path, 20, tensors, 1, &(tn_pair){"key", "value"}, error);
    tn_file *file = status ? NULL : tn_file_read(path, error);
    if (file && memcmp(tn_file_find(file, "t7")->data, data, sizeof data))
        status = TN_EFORMAT;
    else if (!status && !file)
        status = error->status;
    tn_file_free(file);
    return status;
}
