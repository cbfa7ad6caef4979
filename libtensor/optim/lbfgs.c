/* Limited-memory BFGS: Nocedal and Wright, Numerical Optimization, 2nd ed., Springer 2006, algorithms 7.4 and 7.5. */
#include "config.h"
#include "core/memory.h"
#include "graph/plan.h"
#include "optim/blocks.h"
#include "optim/line_search.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A step that was made, the change of the gradient along it, and their product. */
typedef struct pair {
    void *step, *change;
    double product;
    double share; /* of the step in the direction, while that is computed */
} pair;

struct tn_lbfgs {
    tn_params *params;
    tn_lbfgs_config config;
    tn_blocks blocks;
    char *vectors;                      /* the memory of all vectors */
    void *start, *gradient, *direction; /* where the step began, and the gradient there */
    pair *pairs;                        /* [history], a ring */
    int count, newest;
    double scale;                       /* of the inverse Hessian before it knows of the pairs */
    bool known;                         /* loss and gradient of the values are those of the latest run */
    double loss, squares;               /* there; squares: of the gradient */
    double least;                       /* the least squares of all steps */
};

/* ---- making ---- */

static tn_status check(const tn_params *params, const tn_lbfgs_config *c, tn_error *error)
{
    if (!params || !params->data) return tn_fail(error, TN_EINVAL, "L-BFGS wants a sealed parameter set");
    if (c->history < 1 || c->evaluations < 1)
        return tn_fail(error, TN_EINVAL, "L-BFGS: history is %d and evaluations is %d; both must be at least 1",
                       c->history, c->evaluations);
    if (!(0 < c->decrease && c->decrease < c->curvature && c->curvature < 1))
        return tn_fail(error, TN_EINVAL, "L-BFGS: decrease is %g and curvature is %g; it must be 0 < decrease < "
                       "curvature < 1", c->decrease, c->curvature);
    return TN_OK;
}

static tn_status reserve(tn_lbfgs *l, tn_error *error)
{
    size_t bytes = (size_t)l->params->length * tn_dtype_size(l->params->dtype), n = (size_t)l->config.history;
    tn_status status = tn_blocks_new(&l->blocks, l->params, error);
    if (status) return status;
    l->pairs = tn_calloc(n, sizeof *l->pairs);
    l->vectors = tn_alloc((2 * n + 3) * bytes);
    if (!l->pairs || !l->vectors)
        return tn_fail(error, TN_ENOMEM, "no memory for L-BFGS with a history of %d", l->config.history);
    char *next = l->vectors;
    void **fixed[] = {&l->start, &l->gradient, &l->direction};
    for (int i = 0; i < 3; i++, next += bytes) *fixed[i] = next;
    for (size_t i = 0; i < n; i++, next += 2 * bytes) l->pairs[i] = (pair){.step = next, .change = next + bytes};
    return TN_OK;
}

tn_lbfgs *tn_lbfgs_new(tn_params *params, tn_lbfgs_config config, tn_error *error)
{
    if (check(params, &config, error)) return NULL;
    tn_lbfgs *l = tn_calloc(1, sizeof *l);
    if (!l) {
        tn_fail(error, TN_ENOMEM, "no memory for L-BFGS");
        return NULL;
    }
    *l = (tn_lbfgs){.params = params, .config = config};
    if (reserve(l, error) == TN_OK) return l;
    tn_lbfgs_free(l);
    return NULL;
}

void tn_lbfgs_free(tn_lbfgs *l)
{
    if (!l) return;
    tn_blocks_clear(&l->blocks);
    tn_release(l->pairs);
    tn_free(l->vectors);
    tn_release(l);
}

void tn_lbfgs_reset(tn_lbfgs *l)
{
    if (!l) return;
    l->count = 0;
    l->known = false;
}

/* ---- the plan as a function ---- */

/* A plan with the result that is to be made small. */
typedef struct problem {
    tn_lbfgs *lbfgs;
    tn_plan *plan;
    const void *loss;
    tn_dtype dtype;
    int runs;
} problem;

/* Looks the loss up, and whether the plan makes the gradient that is wanted. */
static tn_status pose(problem *p, const char *loss, tn_error *error)
{
    const tn_graph *g = p->plan->g;
    const tn_node *node = NULL;
    bool gradient = false;
    for (int i = 0; i < p->plan->n_outputs; i++) {
        gradient |= g->outputs[i].params == p->lbfgs->params;
        if (g->outputs[i].name && !strcmp(g->outputs[i].name, loss)) node = g->outputs[i].node;
    }
    if (!node) return tn_fail(error, TN_ENAME, "L-BFGS: the plan has no output %s", loss);
    if (tn_shape_size(node->shape) != 1)
        return tn_fail(error, TN_ESHAPE, "L-BFGS: output %s, %s, is not a single number", loss,
                       tn_node_words(node).text);
    if (!gradient || p->plan->options & TN_PLAN_ACCUMULATE)
        return tn_fail(error, TN_EINVAL, gradient ? "L-BFGS: the plan adds to the gradient instead of making it"
                                                  : "L-BFGS: the plan does not make the gradient of the parameters");
    p->loss = tn_result(p->plan, loss);
    p->dtype = node->dtype;
    return TN_OK;
}

static tn_status run(problem *p, double *loss, tn_error *error)
{
    p->runs++;
    tn_status status = tn_run(p->plan, error);
    if (!status) *loss = p->dtype == TN_F64 ? *(const double *)p->loss : (double)*(const float *)p->loss;
    return status;
}

static tn_status evaluate(void *of, tn_point *here, tn_error *error)
{
    problem *p = of;
    const tn_lbfgs *l = p->lbfgs;
    tn_blocks_combine(&l->blocks, l->params->data, 1, l->start, here->at, l->direction);
    tn_status status = run(p, &here->loss, error);
    if (!status) here->slope = tn_blocks_dot(&l->blocks, l->params->grad, l->direction);
    return status;
}

/* ---- the direction ---- */

static pair *pair_at(const tn_lbfgs *l, int age)
{
    return &l->pairs[(l->newest - age + l->config.history) % l->config.history];
}

/* Algorithm 7.4: minus the inverse Hessian, as the pairs tell it, times the gradient. */
static void find_direction(const tn_lbfgs *l)
{
    const tn_blocks *b = &l->blocks;
    void *q = l->direction;
    tn_blocks_combine(b, q, -1, l->gradient, 0, l->gradient);
    for (int age = 0; age < l->count; age++) {
        pair *p = pair_at(l, age);
        p->share = tn_blocks_dot(b, p->step, q) / p->product;
        tn_blocks_combine(b, q, 1, q, -p->share, p->change);
    }
    if (l->count) tn_blocks_combine(b, q, l->scale, q, 0, q);
    for (int age = l->count - 1; age >= 0; age--) {
        const pair *p = pair_at(l, age);
        tn_blocks_combine(b, q, 1, q, p->share - tn_blocks_dot(b, p->change, q) / p->product, p->step);
    }
}

/* Takes in the step just made. One along which the gradient did not grow, as far as numbers tell, would spoil the
 * direction: it is left out, and the oldest pair, whose place it took, is lost. */
static void remember(tn_lbfgs *l)
{
    int place = l->count ? (l->newest + 1) % l->config.history : 0;
    pair *p = &l->pairs[place];
    tn_blocks_combine(&l->blocks, p->step, 1, l->params->data, -1, l->start);
    tn_blocks_combine(&l->blocks, p->change, 1, l->params->grad, -1, l->gradient);
    double squares = tn_blocks_dot(&l->blocks, p->change, p->change);
    p->product = tn_blocks_dot(&l->blocks, p->step, p->change);
    double scale = p->product / squares;
    if (!(p->product > 0 && scale > 0 && isfinite(scale))) {
        if (l->count == l->config.history) l->count--;
        return;
    }
    l->scale = scale;
    l->newest = place;
    if (l->count < l->config.history) l->count++;
}

/* ---- a step ---- */

static void copy(const tn_lbfgs *l, void *to, const void *from)
{
    memcpy(to, from, (size_t)l->params->length * tn_dtype_size(l->params->dtype));
}

static void go_back(const tn_lbfgs *l)
{
    copy(l, l->params->data, l->start);
    copy(l, l->params->grad, l->gradient);
}

static double squares_of_gradient(const tn_lbfgs *l)
{
    return tn_blocks_dot(&l->blocks, l->params->grad, l->params->grad);
}

/* The loss and the gradient where the values are. */
static tn_status begin(problem *p, tn_error *error)
{
    tn_lbfgs *l = p->lbfgs;
    if (!l->known) {
        tn_status status = run(p, &l->loss, error);
        if (status) return status;
        l->least = l->squares = squares_of_gradient(l);
    }
    if (!isfinite(l->loss) || !isfinite(l->squares))
        return tn_fail(error, TN_ENUMERIC, "L-BFGS: where it is to begin, the loss is %g and the gradient %g long",
                       l->loss, sqrt(l->squares));
    l->known = true;
    copy(l, l->start, l->params->data);
    copy(l, l->gradient, l->params->grad);
    return TN_OK;
}

/* Whether the step is one: down, or, where rounding hides that, to a shorter gradient than ever; so steps end. */
static bool leads_on(tn_lbfgs *l, double loss)
{
    double squares = squares_of_gradient(l);
    if (!(loss < l->loss || squares < l->least)) return false;
    l->loss = loss;
    l->squares = squares;
    l->least = fmin(l->least, squares);
    return true;
}

/* Goes along the direction that the pairs tell, without any along the gradient. *moved: it leads on. */
static tn_status descend(problem *p, bool *moved, tn_error *error)
{
    tn_lbfgs *l = p->lbfgs;
    bool wide = p->dtype == TN_F64 && l->params->dtype == TN_F64, finite;
    const tn_line_search search = {
        .decrease = l->config.decrease, .curvature = l->config.curvature, .evaluations = l->config.evaluations,
        .rounding = 4 * (wide ? DBL_EPSILON : FLT_EPSILON), .evaluate = evaluate, .problem = p,
        .first = l->count ? 1 : fmin(1, 1 / sqrt(l->squares)),
    };
    find_direction(l);
    tn_point start = {.loss = l->loss, .slope = tn_blocks_dot(&l->blocks, l->gradient, l->direction)}, found;
    if (!(start.slope < 0)) return TN_OK;
    tn_status status = tn_line_search_run(&search, start, &found, &finite, error);
    if (status) return status;
    if (!finite && !l->count)
        return tn_fail(error, TN_ENUMERIC, "L-BFGS: the loss is not a number anywhere along the gradient");
    *moved = found.at > 0 && leads_on(l, found.loss);
    return TN_OK;
}

tn_status tn_lbfgs_step(tn_lbfgs *l, tn_plan *plan, const char *loss, tn_lbfgs_result *result, tn_error *error)
{
    if (!l || !plan || !loss || !result)
        return tn_fail(error, TN_EINVAL, "tn_lbfgs_step: there is no %s: NULL instead of one",
                       !l ? "optimizer" : !plan ? "plan" : !loss ? "name of a loss" : "place for the result");
    problem p = {.lbfgs = l, .plan = plan};
    bool moved = false;
    tn_status status = pose(&p, loss, error);
    if (!status) status = begin(&p, error);
    if (status) return status;
    for (bool again = l->squares > 0; again && !moved && !status;) {
        again = l->count > 0;
        status = descend(&p, &moved, error);
        if (!moved) l->count = 0;
    }
    if (moved) remember(l);
    else go_back(l);
    *result = (tn_lbfgs_result){
        .loss = l->loss, .gradient_norm = sqrt(l->squares), .evaluations = p.runs, .done = !moved};
    return status;
}
