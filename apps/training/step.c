/* The plan of a training step. */
#include "config.h"
#include "training/step.h"
#include "common/no_memory.h"

void om_step_clear(om_step *s)
{
    tn_plan_free(s->plan);
    tn_graph_free(s->graph);
    tn_free(s->coefficients);
    *s = (om_step){0};
}

tn_status om_step_bind(const om_step *s, const om_experiment *e, const om_solution *solution, tn_plan *plan,
                       tn_error *error)
{
    om_experiment_bind(e, plan);
    om_solution_bind(solution, plan);
    return tn_bind(plan, "coefficients", s->coefficients, error);
}

tn_status om_step_plan(om_step *s, const om_experiment *e, const om_solution *solution, unsigned options,
                       tn_error *error)
{
    om_step_clear(s);
    s->graph = tn_graph_new(TN_F32);
    s->coefficients = tn_alloc(OM_COEFFICIENTS * sizeof *s->coefficients);
    if (!s->graph || !s->coefficients) return om_no_memory(NULL, error);
    om_solution_describe(solution, e, s->graph);
    s->plan = tn_plan_new(s->graph, options, error);
    return s->plan ? om_step_bind(s, e, solution, s->plan, error) : error->status;
}
