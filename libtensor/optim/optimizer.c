/* Optimizers: each rule is a row of a table; all share clipping, weight decay, moments and one parallel pass. */
#include "config.h"
#include "core/memory.h"
#include "ops/op.h"
#include "optim/blocks.h"

#include <math.h>
#include <string.h>

/* The constants of one step for one block. What the configuration does not ask for has the constant that changes
 * nothing: clip and keep 1, limit infinite, decay 0. */
typedef struct update {
    double clip, limit;     /* the gradient is multiplied by clip, then moved into [-limit, limit] */
    double decay, keep;     /* decay times the value joins the gradient; the value is multiplied by keep */
    double rate;
    double beta1, beta2;    /* what the moments keep */
    double root, epsilon;   /* the root of the second moment is multiplied by root */
    double direct, through; /* shares of the gradient itself and of the first moment in a step */
} update;

typedef void (*update_f32)(int64_t, float *restrict, const float *restrict, float *restrict, float *restrict,
                           const update *);
typedef void (*update_f64)(int64_t, double *restrict, const double *restrict, double *restrict, double *restrict,
                           const update *);

#define T float
#define ROOT sqrtf
#define NAME(name) name##_f32
#include "optim/rules_template.h"
#undef T
#undef ROOT
#undef NAME

#define T double
#define ROOT sqrt
#define NAME(name) name##_f64
#include "optim/rules_template.h"

/* ---- the rules ---- */

enum {
    MOMENTUM = 1,  /* has a second form, with a first moment, where the configuration has momentum */
    FIRST = 2,     /* keeps the mean of gradients, with beta1, */
    SECOND = 4,    /* and that of their squares, with beta2; divides by its root and epsilon */
    UNBIASED = 8,  /* both corrected for their start at 0 */
    DECOUPLED = 16 /* weight decay shrinks the values instead of joining the gradient */
};

typedef struct rule {
    const char *name;
    unsigned traits;
    struct {
        update_f32 f32;
        update_f64 f64;
    } plain, momentum;
} rule;

#define FORM(name) {name##_f32, name##_f64}
static const rule rules[] = {
    [TN_SGD] = {"SGD", MOMENTUM, FORM(sgd), FORM(sgd_momentum)},
    [TN_ADAM] = {"Adam", FIRST | SECOND | UNBIASED, FORM(adam), {0}},
    [TN_ADAMW] = {"AdamW", FIRST | SECOND | UNBIASED | DECOUPLED, FORM(adam), {0}},
    [TN_RMSPROP] = {"RMSprop", MOMENTUM | SECOND, FORM(rmsprop), FORM(rmsprop_momentum)},
};
enum { RULES = sizeof rules / sizeof *rules };

struct tn_optimizer {
    tn_params *params;
    tn_optimizer_config config;
    const rule *rule;
    bool has_momentum;
    double *weight_decay; /* of each group */
    void *moment[2];      /* laid out like the parameters; NULL where the rule has none */
    int64_t steps;
    tn_blocks blocks;
};

/* ---- making ---- */

static bool fraction(double value)
{
    return value >= 0 && value < 1;
}

static int groups(const tn_params *params)
{
    int n = 0;
    for (int i = 0; i < params->count; i++)
        if (params->list[i].group >= n) n = params->list[i].group + 1;
    return n;
}

/* No comparison holds for NaN. */
static tn_status check(const tn_params *params, const tn_optimizer_config *c, tn_error *error)
{
    if (!params || !params->data) return tn_fail(error, TN_EINVAL, "an optimizer wants a sealed parameter set");
    if ((unsigned)c->kind >= RULES) return tn_fail(error, TN_EINVAL, "there is no optimizer of kind %d", (int)c->kind);
    const rule *r = &rules[c->kind];
    unsigned traits = r->traits;
    const struct {
        const char *field;
        double value;
        bool possible;
        const char *expected;
    } checks[] = {
        {"momentum", c->momentum, !(traits & MOMENTUM) || fraction(c->momentum), "lie in [0, 1)"},
        {"nesterov", c->nesterov, !c->nesterov || (c->kind == TN_SGD && c->momentum > 0), "go with SGD and momentum"},
        {"beta1", c->beta1, !(traits & FIRST) || fraction(c->beta1), "lie in [0, 1)"},
        {"beta2", c->beta2, !(traits & SECOND) || fraction(c->beta2), "lie in [0, 1)"},
        {"epsilon", c->epsilon, !(traits & SECOND) || c->epsilon > 0, "be above 0"},
        {"weight_decay", c->weight_decay, c->weight_decay >= 0, "not be below 0"},
        {"clip_norm", c->clip_norm, c->clip_norm >= 0, "not be below 0"},
        {"clip_value", c->clip_value, c->clip_value >= 0, "not be below 0"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (!checks[i].possible)
            return tn_fail(error, TN_EINVAL, "%s: %s is %g and must %s", r->name, checks[i].field, checks[i].value,
                           checks[i].expected);
    for (int i = 0; i < groups(params) && c->group_weight_decay; i++)
        if (!(c->group_weight_decay[i] >= 0))
            return tn_fail(error, TN_EINVAL, "%s: the weight decay of group %d is %g and must not be below 0", r->name,
                           i, c->group_weight_decay[i]);
    return TN_OK;
}

static tn_status reserve(tn_optimizer *o, tn_error *error)
{
    const bool wanted[] = {o->rule->traits & FIRST || o->has_momentum, o->rule->traits & SECOND};
    size_t bytes = (size_t)o->params->length * tn_dtype_size(o->params->dtype);
    int n = groups(o->params);
    tn_status status = tn_blocks_new(&o->blocks, o->params, error);
    if (status) return status;
    for (int i = 0; i < 2; i++)
        if (wanted[i] && !(o->moment[i] = tn_alloc(bytes)))
            return tn_fail(error, TN_ENOMEM, "no memory for the moments of %s", o->rule->name);
    o->weight_decay = tn_calloc((size_t)n, sizeof *o->weight_decay);
    if (!o->weight_decay) return tn_fail(error, TN_ENOMEM, "no memory for %s", o->rule->name);
    const double *each = o->config.group_weight_decay;
    for (int i = 0; i < n; i++) o->weight_decay[i] = each ? each[i] : o->config.weight_decay;
    o->config.group_weight_decay = NULL; /* the caller's */
    return TN_OK;
}

tn_optimizer *tn_optimizer_new(tn_params *params, tn_optimizer_config config, tn_error *error)
{
    if (check(params, &config, error)) return NULL;
    tn_optimizer *o = tn_calloc(1, sizeof *o);
    if (!o) {
        tn_fail(error, TN_ENOMEM, "no memory for an optimizer");
        return NULL;
    }
    *o = (tn_optimizer){.params = params, .config = config, .rule = &rules[config.kind]};
    o->has_momentum = o->rule->traits & MOMENTUM && config.momentum > 0;
    if (reserve(o, error) == TN_OK) return o;
    tn_optimizer_free(o);
    return NULL;
}

void tn_optimizer_free(tn_optimizer *o)
{
    if (!o) return;
    tn_blocks_clear(&o->blocks);
    tn_free(o->moment[0]);
    tn_free(o->moment[1]);
    tn_release(o->weight_decay);
    tn_release(o);
}

/* ---- stepping ---- */

/* What the constants of all blocks have in common. */
static update constants(const tn_optimizer *o, double length)
{
    const tn_optimizer_config *c = &o->config;
    bool unbiased = o->rule->traits & UNBIASED;
    return (update){
        .clip = length > c->clip_norm && c->clip_norm > 0 ? c->clip_norm / length : 1,
        .limit = c->clip_value > 0 ? c->clip_value : INFINITY,
        .beta1 = o->rule->traits & FIRST ? c->beta1 : c->momentum,
        .beta2 = c->beta2, .epsilon = c->epsilon,
        .root = unbiased ? 1 / sqrt(1 - pow(c->beta2, (double)o->steps)) : 1,
        .direct = c->nesterov, .through = c->nesterov ? c->momentum : 1,
    };
}

static void *place(const tn_optimizer *o, void *vector, const tn_block *block)
{
    return vector ? (char *)vector + (size_t)block->first * tn_dtype_size(o->params->dtype) : NULL;
}

static void step_block(const tn_optimizer *o, const tn_block *block, const update *u)
{
    void *x = place(o, o->params->data, block), *gradient = place(o, o->params->grad, block);
    void *first = place(o, o->moment[0], block), *second = place(o, o->moment[1], block);
    if (o->params->dtype == TN_F64)
        (o->has_momentum ? o->rule->momentum : o->rule->plain).f64(block->n, x, gradient, first, second, u);
    else (o->has_momentum ? o->rule->momentum : o->rule->plain).f32(block->n, x, gradient, first, second, u);
}

double tn_optimizer_step(tn_optimizer *o, const double *rate)
{
    if (!o || !rate) return NAN;
    const tn_params *params = o->params;
    double length = o->config.clip_norm > 0 ? sqrt(tn_blocks_dot(&o->blocks, params->grad, params->grad)) : 0;
    o->steps++;
    const update common = constants(o, length);
    const double correction = o->rule->traits & UNBIASED ? 1 / (1 - pow(o->config.beta1, (double)o->steps)) : 1;
    const bool decoupled = o->rule->traits & DECOUPLED;
#pragma omp parallel for num_threads(tn_blocks_threads(&o->blocks)) schedule(static)
    for (int64_t i = 0; i < o->blocks.count; i++) {
        int group = params->list[o->blocks.list[i].param].group;
        double decay = o->weight_decay[group];
        update u = common;
        u.rate = rate[group] * correction;
        u.decay = decoupled ? 0 : decay;
        u.keep = decoupled ? 1 - rate[group] * decay : 1;
        step_block(o, &o->blocks.list[i], &u);
    }
    return length;
}

/* ---- state ---- */

void tn_optimizer_reset(tn_optimizer *o)
{
    if (!o) return;
    for (int i = 0; i < 2; i++)
        if (o->moment[i]) memset(o->moment[i], 0, (size_t)o->params->length * tn_dtype_size(o->params->dtype));
    o->steps = 0;
}

void *tn_optimizer_moment(const tn_optimizer *o, int i, int which)
{
    if (!o || i < 0 || i >= o->params->count || which < 1 || which > 2) return NULL;
    return tn_params_place(o->params, o->moment[which - 1], i);
}

int64_t tn_optimizer_steps(const tn_optimizer *o)
{
    return o ? o->steps : 0;
}

tn_status tn_optimizer_set_steps(tn_optimizer *o, int64_t steps)
{
    if (!o || steps < 0) return TN_EINVAL;
    o->steps = steps;
    return TN_OK;
}
