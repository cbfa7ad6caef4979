/* A small network learns a curve: y = sin 3x for x of [-1, 1].
 *
 *     cc curve.c $(pkg-config --cflags --libs libtensor) -lm && ./a.out */
#include <tensor.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 100, WIDTH = 32, STEPS = 1000 };

/* x [POINTS, 1] -> tanh of WIDTH weighted sums -> one weighted sum [POINTS, 1]; the loss is the mean squared error. */
static tn_node *describe(tn_graph *g, tn_params *params)
{
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(POINTS, 1)), *y = tn_input(g, "y", TN_F32, TN_SHAPE(POINTS, 1));
    tn_node *h = tn_tanh(g, tn_linear(g, x, tn_param(g, params, "a"), tn_param(g, params, "b")));
    tn_node *fit = tn_linear(g, h, tn_param(g, params, "c"), NULL);
    tn_output(g, "fit", fit);
    return tn_mse(g, fit, y);
}

static tn_params *declare(tn_error *error)
{
    tn_params *params = tn_params_new(TN_F32, 1);
    if (!params) return NULL;
    tn_params_add(params, "a", TN_SHAPE(WIDTH, 1), (tn_init){TN_INIT_NORMAL, 0, 2}, 0);
    tn_params_add(params, "b", TN_SHAPE(WIDTH), (tn_init){TN_INIT_UNIFORM, -1, 1}, 0);
    tn_params_add(params, "c", TN_SHAPE(1, WIDTH), (tn_init){TN_INIT_NORMAL, 0, 0.1}, 0);
    tn_params_seal(params, error);
    return params;
}

/* Returns the last loss, or NaN and the error. */
static double learn(tn_plan *plan, tn_params *params, float *x, float *y, tn_error *error)
{
    tn_optimizer *adam = tn_optimizer_new(params, TN_ADAM_DEFAULTS, error);
    bool fine = adam && !tn_bind(plan, "x", x, error) && !tn_bind(plan, "y", y, error);
    for (int step = 0; step < STEPS && fine; step++) {
        fine = tn_run(plan, error) == TN_OK;
        if (fine) tn_optimizer_step(adam, &(double){0.01});
    }
    tn_optimizer_free(adam);
    return fine ? (double)*(const float *)tn_result(plan, "loss") : NAN;
}

int main(void)
{
    tn_error error = {0};
    float *x = tn_alloc(POINTS * sizeof *x), *y = tn_alloc(POINTS * sizeof *y);
    tn_params *params = declare(&error);
    tn_graph *g = tn_graph_new(TN_F32);
    if (!x || !y || !params || !g || error.status) return EXIT_FAILURE;
    for (int i = 0; i < POINTS; i++) {
        x[i] = -1 + 2 * (float)i / (POINTS - 1);
        y[i] = sinf(3 * x[i]);
    }
    tn_node *loss = describe(g, params);
    tn_output(g, "loss", loss);
    tn_params_grad(g, loss, params);
    tn_plan *plan = tn_plan_new(g, 0, &error);
    double last = plan ? learn(plan, params, x, y, &error) : NAN;
    if (error.status) fprintf(stderr, "%s: %s\n", tn_status_name(error.status), error.message);
    else printf("libtensor %s: mean squared error %.1e after %d steps\n", tn_version(), last, STEPS);

    tn_plan_free(plan);
    tn_graph_free(g);
    tn_params_free(params);
    tn_free(x);
    tn_free(y);
    return last < 1e-3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
