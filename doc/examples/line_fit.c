/* Fits a line to noisy points. */
#include <stdio.h>
#include <tensor.h>

int main(void)
{
    enum { N = 200 };
    tn_error error = {0};
    float *x = tn_alloc(N * sizeof *x), *y = tn_alloc(N * sizeof *y);
    for (int i = 0; i < N; i++) {
        x[i] = (float)i / N;
        y[i] = 2 * x[i] - 1 + 0.1f * (float)tn_random_normal(1, 0, (uint64_t)i);
    }
    tn_params *params = tn_params_new(TN_F32, 1);
    tn_params_add(params, "slope", TN_SCALAR, (tn_init){TN_INIT_NORMAL, 0, 1}, 0);
    tn_params_add(params, "offset", TN_SCALAR, (tn_init){TN_INIT_CONSTANT, 0, 0}, 0);
    tn_params_seal(params, &error);

    tn_graph *g = tn_graph_new(TN_F32); /* describe */
    tn_node *rise = tn_mul(g, tn_param(g, params, "slope"), tn_input(g, "x", TN_F32, TN_SHAPE(N)));
    tn_node *line = tn_add(g, rise, tn_param(g, params, "offset"));
    tn_node *loss = tn_mse(g, line, tn_input(g, "y", TN_F32, TN_SHAPE(N)));
    tn_output(g, "loss", loss);
    tn_params_grad(g, loss, params);           /* differentiate */
    tn_plan *plan = tn_plan_new(g, 0, &error); /* plan; a mistake in any line above is reported here */
    tn_optimizer *adam = plan ? tn_optimizer_new(params, TN_ADAM_DEFAULTS, &error) : NULL;
    if (!adam) return fprintf(stderr, "line_fit: %s\n", error.message), 1;
    tn_bind(plan, "x", x, &error);
    tn_bind(plan, "y", y, &error);
    for (int step = 0; step < 1000; step++) {
        tn_run(plan, &error); /* run, as often as wanted */
        tn_optimizer_step(adam, (double[]){0.01});
    }
    printf("y = %.3f x %+.3f, mean squared error %.4f\n", *(float *)tn_params_data(params, "slope"),
           *(float *)tn_params_data(params, "offset"), *(const float *)tn_result(plan, "loss"));
    tn_optimizer_free(adam), tn_plan_free(plan), tn_graph_free(g), tn_params_free(params), tn_free(x), tn_free(y);
}
