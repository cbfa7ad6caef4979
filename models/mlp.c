/* Multilayer perceptrons with ReLU. */
#include "config.h"
#include "models.h"

#include <math.h>

typedef struct name {
    char text[128];
} name;

static name parameter(const om_mlp *mlp, int layer, const char *what)
{
    name n;
    snprintf(n.text, sizeof n.text, "%s.%d.%s", mlp->name, layer, what);
    return n;
}

void om_mlp_declare(const om_mlp *mlp, tn_params *params, int group)
{
    for (int i = 0; i < mlp->layers; i++) {
        int64_t in = i ? mlp->hidden_dim : mlp->inputs, out = i < mlp->layers - 1 ? mlp->hidden_dim : mlp->outputs;
        double bound = 1 / sqrt((double)in);
        tn_init first = {TN_INIT_UNIFORM, -bound, bound}, later = {TN_INIT_NORMAL, 0, 0.1}, zero = {0};
        tn_params_add(params, parameter(mlp, i, "weight").text, TN_SHAPE(out, in), i ? later : first, group);
        tn_params_add(params, parameter(mlp, i, "bias").text, TN_SHAPE(out), i ? zero : first, group);
    }
}

tn_node *om_mlp_build(const om_mlp *mlp, tn_graph *g, tn_params *params, tn_node *x)
{
    tn_scope(g, mlp->name);
    for (int i = 0; i < mlp->layers; i++) {
        x = tn_linear(g, x, tn_param(g, params, parameter(mlp, i, "weight").text),
                      tn_param(g, params, parameter(mlp, i, "bias").text));
        if (i < mlp->layers - 1) x = tn_relu(g, x);
    }
    tn_scope_end(g);
    return x;
}
