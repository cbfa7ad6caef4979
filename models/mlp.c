/* Multilayer perceptrons with ReLU. */
#include "config.h"
#include "models.h"
#include "parameter.h"

#include <math.h>

void om_mlp_declare(const om_mlp *mlp, tn_params *params, int group)
{
    for (int i = 0; i < mlp->layers; i++) {
        int64_t in = i ? mlp->hidden_dim : mlp->inputs, out = i < mlp->layers - 1 ? mlp->hidden_dim : mlp->outputs;
        double bound = 1 / sqrt((double)in);
        tn_init first = {TN_INIT_UNIFORM, -bound, bound}, later = {TN_INIT_NORMAL, 0, 0.1}, zero = {0};
        tn_params_add(params, om_parameter(mlp->name, i, "weight").text, TN_SHAPE(out, in), i ? later : first, group);
        tn_params_add(params, om_parameter(mlp->name, i, "bias").text, TN_SHAPE(out), i ? zero : first, group);
    }
}

tn_node *om_mlp_build(const om_mlp *mlp, tn_graph *g, tn_params *params, tn_node *x)
{
    tn_scope(g, mlp->name);
    for (int i = 0; i < mlp->layers; i++) {
        x = tn_linear(g, x, tn_param(g, params, om_parameter(mlp->name, i, "weight").text),
                      tn_param(g, params, om_parameter(mlp->name, i, "bias").text));
        if (i < mlp->layers - 1) x = tn_relu(g, x);
    }
    tn_scope_end(g);
    return x;
}
