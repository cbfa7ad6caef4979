/* Included by optimizer.c once per number type: T, ROOT (square root), NAME(function). No include guard. */

typedef struct NAME(constants) {
    T clip, limit, decay, keep, rate, beta1, beta2, rest1, rest2, root, epsilon, direct, through;
} NAME(constants);

static inline NAME(constants) NAME(constants_of)(const update *u)
{
    return (NAME(constants)){
        .clip = (T)u->clip, .limit = (T)u->limit, .decay = (T)u->decay, .keep = (T)u->keep, .rate = (T)u->rate,
        .beta1 = (T)u->beta1, .beta2 = (T)u->beta2, .rest1 = (T)(1 - u->beta1), .rest2 = (T)(1 - u->beta2),
        .root = (T)u->root, .epsilon = (T)u->epsilon, .direct = (T)u->direct, .through = (T)u->through,
    };
}

/* The gradient, clipped, and with the part of weight decay that joins it. */
static inline T NAME(gradient_of)(T gradient, T x, const NAME(constants) *c)
{
    T g = c->clip * gradient;
    g = g < -c->limit ? -c->limit : g;
    g = g > c->limit ? c->limit : g;
    return g + c->decay * x;
}

#define EACH(rule)                                                                                                     \
    TN_KERNEL void NAME(rule)(int64_t n, T *restrict x, const T *restrict gradient, T *restrict first,                 \
                              T *restrict second, const update *u)

EACH(sgd)
{
    const NAME(constants) c = NAME(constants_of)(u);
    (void)first, (void)second;
    for (int64_t i = 0; i < n; i++) x[i] -= c.rate * NAME(gradient_of)(gradient[i], x[i], &c);
}

EACH(sgd_momentum)
{
    const NAME(constants) c = NAME(constants_of)(u);
    (void)second;
    for (int64_t i = 0; i < n; i++) {
        T g = NAME(gradient_of)(gradient[i], x[i], &c);
        first[i] = c.beta1 * first[i] + g;
        x[i] -= c.rate * (c.direct * g + c.through * first[i]);
    }
}

EACH(adam)
{
    const NAME(constants) c = NAME(constants_of)(u);
    for (int64_t i = 0; i < n; i++) {
        T g = NAME(gradient_of)(gradient[i], x[i], &c);
        first[i] = c.beta1 * first[i] + c.rest1 * g;
        second[i] = c.beta2 * second[i] + c.rest2 * g * g;
        x[i] = c.keep * x[i] - c.rate * first[i] / (ROOT(second[i]) * c.root + c.epsilon);
    }
}

EACH(rmsprop)
{
    const NAME(constants) c = NAME(constants_of)(u);
    (void)first;
    for (int64_t i = 0; i < n; i++) {
        T g = NAME(gradient_of)(gradient[i], x[i], &c);
        second[i] = c.beta2 * second[i] + c.rest2 * g * g;
        x[i] -= c.rate * g / (ROOT(second[i]) + c.epsilon);
    }
}

EACH(rmsprop_momentum)
{
    const NAME(constants) c = NAME(constants_of)(u);
    for (int64_t i = 0; i < n; i++) {
        T g = NAME(gradient_of)(gradient[i], x[i], &c);
        second[i] = c.beta2 * second[i] + c.rest2 * g * g;
        first[i] = c.beta1 * first[i] + g / (ROOT(second[i]) + c.epsilon);
        x[i] -= c.rate * first[i];
    }
}

#undef EACH
