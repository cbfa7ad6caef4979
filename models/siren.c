/* SIREN: Sitzmann, Martel, Bergman, Lindell, Wetzstein, NeurIPS 2020. */
#include "config.h"
#include "models.h"
#include "parameter.h"

#include <math.h>

/* ---- windows of time ---- */

/* A window reaches this part of its length into its neighbours. */
static const double overlap = 1.0 / 32;

static int windows_of(const om_siren *siren)
{
    return siren->windows > 1 ? siren->windows : 1;
}

/* Half the length of a window with what it reaches into its neighbours, in units of half the recording. */
static double half_length(const om_siren *siren)
{
    int windows = windows_of(siren);
    return windows > 1 ? (1 + 2 * overlap) / windows : 1;
}

double om_siren_time(const om_siren *siren, int window, double t)
{
    int windows = windows_of(siren);
    double centre = (2 * window + 1.0) / windows - 1;
    return windows > 1 ? (t - centre) / half_length(siren) : t;
}

om_blend om_siren_blend(const om_siren *siren, double t)
{
    int windows = windows_of(siren);
    double place = (t + 1) / 2 * windows; /* in windows from the first one's beginning */
    int window = (int)fmin(fmax(floor(place), 0), windows - 1);
    /* Half and half at the border, alone at a distance of overlap. */
    double left = place - window, right = 1 - left;
    bool with_next = right < left;
    double others = 0.5 - (with_next ? right : left) / overlap / 2;
    int other = window + (with_next ? 1 : -1);
    if (others <= 0 || other < 0 || other >= windows) return (om_blend){1, {window}, {1}};
    return (om_blend){2, {window, other}, {1 - others, others}};
}

/* ---- networks ---- */

static om_parameter_name name_of(const om_siren *siren, int window, int layer, const char *what)
{
    char network[64];
    snprintf(network, sizeof network, "%s.%d", siren->name, window);
    return om_parameter(windows_of(siren) > 1 ? network : siren->name, layer, what);
}

static tn_init within(double bound)
{
    return (tn_init){TN_INIT_UNIFORM, -bound, bound};
}

static void declare(const om_siren *siren, int window, tn_params *params, int group)
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
        tn_params_add(params, name_of(siren, window, i, "weight").text, TN_SHAPE(out, in), weight, group);
        tn_params_add(params, name_of(siren, window, i, "bias").text, TN_SHAPE(out), offset, group);
    }
}

void om_siren_declare(const om_siren *siren, tn_params *params, int group)
{
    for (int window = 0; window < windows_of(siren); window++) declare(siren, window, params, group);
}

void om_siren_initialise(const om_siren *siren, tn_params *params)
{
    if (siren->published) return;
    for (int window = 0; window < windows_of(siren); window++) {
        void *weight = tn_params_data(params, name_of(siren, window, 0, "weight").text);
        for (int i = 0; i < 3 * siren->hidden_dim; i++) {
            /* The same frequencies, however long a window is. */
            double omega = siren->omega[i % 3] * (i % 3 ? 1 : half_length(siren));
            if (tn_params_dtype(params) == TN_F64) ((double *)weight)[i] *= omega;
            else ((float *)weight)[i] *= (float)omega;
        }
    }
}

tn_node *om_siren_build(const om_siren *siren, int window, tn_graph *g, tn_params *params, tn_node *x)
{
    int last = siren->layers + 1;
    tn_scope(g, siren->name);
    for (int i = 0; i <= last; i++) {
        x = tn_linear(g, x, tn_param(g, params, name_of(siren, window, i, "weight").text),
                      tn_param(g, params, name_of(siren, window, i, "bias").text));
        if (i < last) x = tn_sin(g, siren->published ? tn_scale(g, x, siren->omega[0]) : x);
    }
    if (siren->squared) x = tn_square(g, x);
    tn_scope_end(g);
    return x;
}
