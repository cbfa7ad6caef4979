/* Learning rates and coefficients, step by step. */
#include "config.h"
#include "training/course.h"

#include <math.h>

int64_t om_course_epoch(const om_config *c, int64_t step)
{
    int64_t length = (c->training.steps + c->training.epochs - 1) / c->training.epochs;
    return step / length;
}

int64_t om_course_length(const om_config *c)
{
    return c->training.schedule_steps ? c->training.schedule_steps : c->training.steps;
}

void om_course_rates(const om_config *c, int64_t step, double rate[OM_GROUPS])
{
    tn_schedule schedule = {.kind = (tn_schedule_kind)c->training.schedule, .steps = om_course_length(c),
                            .final = c->training.schedule_final, .warmup = c->training.warmup};
    double factor = tn_schedule_at(&schedule, step);
    double network = om_course_epoch(c, step) ? factor * c->training.later_rate : factor;
    rate[OM_GROUP_MLP] = c->training.lr_mlp * network;
    rate[OM_GROUP_EMBEDDING] = c->training.lr_embedding * network;
    rate[OM_GROUP_WEIGHT] = c->training.lr_weight * network;
    rate[OM_GROUP_SIREN] = c->training.lr_siren * factor;
}

void om_course_coefficients(const om_config *c, int64_t step, float coefficient[OM_COEFFICIENTS])
{
    double rate = c->loss.annealing_rate;
    double grown = rate > 0 ? 1 - exp(-rate * (double)om_course_epoch(c, step)) : 1;
    double gone = fmin(1, (double)step / (double)om_course_length(c));
    double progress = c->training.schedule == TN_SCHEDULE_COSINE ? gone : 0;
    /* The published code leaves W_L2 out whenever there is W_L1. */
    double w_l2 = c->model.recipe == OM_PUBLISHED && c->loss.W_L1 > 0 ? 0 : c->loss.W_L2;
    const double value[OM_COEFFICIENTS] = {
        [OM_TERM_G_PHI_DIFF] = c->loss.g_phi_diff, [OM_TERM_G_PHI_NORM] = c->loss.g_phi_norm,
        [OM_TERM_W_L1] = c->loss.W_L1 * grown, [OM_TERM_W_L2] = w_l2,
        [OM_TERM_G_PHI_L1] = c->loss.g_phi_L1 * grown, [OM_TERM_F_THETA_L1] = c->loss.f_theta_L1 * grown,
        [OM_TERM_F_THETA_L2] = c->loss.f_theta_L2 * grown,
        [OM_TERM_F_THETA_AFFINE] = c->loss.f_theta_affine, [OM_TERM_W_SILENT] = c->loss.W_silent,
        [OM_TERM_FIELD] = 1,
        [OM_FACTOR_INPUTS] = c->loss.inputs * pow(c->loss.inputs_final / c->loss.inputs, progress),
    };
    for (int i = 0; i < OM_COEFFICIENTS; i++) coefficient[i] = (float)value[i];
}
