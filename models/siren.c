/* SIREN: Sitzmann, Martel, Bergman, Lindell, Wetzstein, NeurIPS 2020. */
#include "config.h"
#include "models.h"
#include "parameter.h"

#include <math.h>

static tn_init within(double bound)
{
    return (tn_init){TN_INIT_UNIFORM, -bound, bound};
}

void om_siren_declare(const om_siren *siren, tn_params *params, int group)
{
    int last = siren->layers + 1;
    for (int i = 0; i <= last; i++) {
        int64_t in = i ? siren->hidden_dim : 3, out = i < last ? siren->hidden_dim : 1;
        double he = sqrt(6 / (double)in), bias = 1 / sqrt((double)in);
        tn_init weight = within(1.0 / 3), offset = within(bias);
        if (siren->published) {
            if (i) weight = within(he / siren->omega[0]);
        } else {
            if (i)
                weight = within(i < last ? he : he / 30);
            else
                offset = within(M_PI); /* all phases of the first layer's waves */
            /* Around 0 f_theta may become an even function of the stimulus, and then each region of the movie takes a
             * sign of its own; and a square could only rise. Away from 0 it begins as a straight line. */
            if (i == last) offset = (tn_init){TN_INIT_CONSTANT, 1, 0};
        }
        tn_params_add(params, om_parameter(siren->name, i, "weight").text, TN_SHAPE(out, in), weight, group);
        tn_params_add(params, om_parameter(siren->name, i, "bias").text, TN_SHAPE(out), offset, group);
    }
}

void om_siren_initialise(const om_siren *siren, tn_params *params)
{
    if (siren->published) return;
    void *weight = tn_params_data(params, om_parameter(siren->name, 0, "weight").text);
    for (int i = 0; i < 3 * siren->hidden_dim; i++)
        if (tn_params_dtype(params) == TN_F64)
            ((double *)weight)[i] *= siren->omega[i % 3];
        else
            ((float *)weight)[i] *= (float)siren->omega[i % 3];
}

tn_node *om_siren_build(const om_siren *siren, tn_graph *g, tn_params *params, tn_node *x)
{
    int last = siren->layers + 1;
    tn_scope(g, siren->name);
    for (int i = 0; i <= last; i++) {
        x = tn_linear(g, x, tn_param(g, params, om_parameter(siren->name, i, "weight").text),
                      tn_param(g, params, om_parameter(siren->name, i, "bias").text));
        if (i < last) x = tn_sin(g, siren->published ? tn_scale(g, x, siren->omega[0]) : x);
    }
    if (siren->squared) x = tn_square(g, x);
    tn_scope_end(g);
    return x;
}
