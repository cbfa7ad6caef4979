/* Circuits with more, with fewer and with weaker synapses than the true one, for robustness studies. */
#include "config.h"
#include "array.h"
#include "circuit.h"
#include "streams.h"

#include <math.h>
#include <string.h>

/* Drawing without replacement: a shuffle (Fisher and Yates, Statistical Tables, 1938) taken as far as it is needed. */
typedef struct lottery {
    uint64_t seed;
    uint32_t stream;
    uint64_t draws; /* so far */
} lottery;

/* Moves one of pool[k..n) to pool[k] and returns it. */
static int32_t draw(lottery *l, int32_t *pool, int32_t k, int32_t n)
{
    int32_t chosen = k + (int32_t)(tn_random_uniform(l->seed, l->stream, l->draws++) * (n - k));
    int32_t value = pool[chosen];
    pool[chosen] = pool[k];
    return pool[k] = value;
}

static int32_t *numbers_below(int32_t n)
{
    int32_t *numbers = om_array(n, sizeof *numbers);
    for (int32_t i = 0; numbers && i < n; i++) numbers[i] = i;
    return numbers;
}

/* The synapses by source: those of neuron i are synapse[start[i]..start[i + 1]), targets ascending. */
typedef struct fan_out {
    int32_t *start;   /* [N + 1] */
    int32_t *synapse; /* [E] */
} fan_out;

static void clear_fan_out(fan_out *fan)
{
    tn_free(fan->start);
    tn_free(fan->synapse);
}

static bool make_fan_out(fan_out *fan, const om_circuit *c)
{
    fan->start = om_array((int64_t)c->neurons + 2, sizeof *fan->start);
    fan->synapse = om_array(c->synapses, sizeof *fan->synapse);
    if (!fan->start || !fan->synapse) return false;
    /* Counted two places ahead and filled one place ahead, start ends where it belongs. */
    int32_t *count = fan->start + 2, *next = fan->start + 1;
    for (int32_t e = 0; e < c->synapses; e++) count[c->source[e]]++;
    for (int32_t i = 1; i < c->neurons; i++) count[i] += count[i - 1];
    for (int32_t e = 0; e < c->synapses; e++) fan->synapse[next[c->source[e]]++] = e;
    return true;
}

static int32_t degree(const fan_out *fan, int32_t i)
{
    return fan->start[i + 1] - fan->start[i];
}

/* max(1, round(ratio d)), at most most; 0 for a neuron without targets, or ratio 0. */
static int32_t share(double ratio, int32_t d, int32_t most)
{
    if (d == 0 || ratio == 0) return 0;
    return (int32_t)fmin(fmax(1, rint(ratio * d)), most);
}

static om_circuit *no_memory(tn_error *error, const om_circuit *c)
{
    tn_fail(error, TN_ENOMEM, "no memory to perturb circuit %s", c->name);
    return NULL;
}

static om_circuit *bad_ratio(tn_error *error, const char *what, double ratio, const char *expected)
{
    tn_fail(error, TN_EINVAL, "%s is %g, expected a number %s", what, ratio, expected);
    return NULL;
}

/* --- null synapses ------------------------------------------------------------------------------------------------ */

typedef struct null_search {
    const om_circuit *circuit;
    const fan_out *fan;
    double ratio;
    int32_t *blocked; /* [N] i + 1 where neuron i must not go: itself, and where it is connected */
    int32_t *pool;    /* [N] the neurons, in an order that drawing changes */
} null_search;

/* Marks what neuron i must not be connected to, and returns how many null synapses it gets. */
static int32_t block(null_search *s, int32_t i)
{
    const om_circuit *c = s->circuit;
    bool to_itself = false;
    s->blocked[i] = i + 1;
    for (int32_t k = s->fan->start[i]; k < s->fan->start[i + 1]; k++) {
        int32_t target = c->target[s->fan->synapse[k]];
        s->blocked[target] = i + 1;
        to_itself |= target == i;
    }
    int32_t d = degree(s->fan, i);
    return share(s->ratio, d, c->neurons - d - !to_itself);
}

static int64_t count_null(null_search *s)
{
    int64_t count = 0;
    for (int32_t i = 0; i < s->circuit->neurons; i++) count += block(s, i);
    memset(s->blocked, 0, (size_t)s->circuit->neurons * sizeof *s->blocked);
    return count;
}

static void list_null(null_search *s, om_synapse *list, lottery *l)
{
    int32_t n = s->circuit->neurons;
    for (int32_t i = 0; i < n; i++) {
        int32_t wanted = block(s, i);
        for (int32_t k = 0; wanted > 0; k++) {
            int32_t target = draw(l, s->pool, k, n);
            if (s->blocked[target] == i + 1) continue;
            *list++ = (om_synapse){target, i, 0, true};
            wanted--;
        }
    }
}

om_circuit *om_circuit_add_null(const om_circuit *c, double ratio, uint64_t seed, tn_error *error)
{
    if (!(ratio >= 0) || isinf(ratio))
        return bad_ratio(error, "the ratio of null synapses", ratio, "not below 0 and finite");
    om_circuit *result = NULL;
    om_synapse *list = NULL;
    fan_out fan = {0};
    lottery l = {seed, OM_STREAM_NULL_SYNAPSES, 0};
    null_search s = {c, &fan, ratio, om_array(c->neurons, sizeof *s.blocked), numbers_below(c->neurons)};
    if (!s.blocked || !s.pool || !make_fan_out(&fan, c)) {
        no_memory(error, c);
        goto done;
    }
    int64_t extra = count_null(&s);
    if (extra > INT32_MAX - c->synapses) {
        tn_fail(error, TN_EINVAL, "circuit %s with null synapses at ratio %g has more than %d synapses", c->name, ratio,
                INT32_MAX);
        goto done;
    }
    list = om_circuit_list(c, (int32_t)extra, error);
    if (!list) goto done;
    list_null(&s, list + c->synapses, &l);
    result = om_circuit_rewire(c, list, c->synapses + (int32_t)extra, error);
done:
    clear_fan_out(&fan);
    tn_free(s.blocked);
    tn_free(s.pool);
    tn_free(list);
    return result;
}

/* --- hidden synapses ---------------------------------------------------------------------------------------------- */

om_circuit *om_circuit_hide(const om_circuit *c, double ratio, uint64_t seed, uint8_t *kept, tn_error *error)
{
    if (!(ratio >= 0 && ratio <= 1)) return bad_ratio(error, "the ratio of hidden synapses", ratio, "from 0 to 1");
    om_circuit *result = NULL;
    om_synapse *list = NULL;
    fan_out fan = {0};
    lottery l = {seed, OM_STREAM_HIDDEN_SYNAPSES, 0};
    if (!make_fan_out(&fan, c)) {
        no_memory(error, c);
        goto done;
    }
    if (!(list = om_circuit_list(c, 0, error))) goto done;

    memset(kept, 1, (size_t)c->synapses);
    for (int32_t i = 0; i < c->neurons; i++) {
        int32_t d = degree(&fan, i), hidden = share(ratio, d, d - 1);
        for (int32_t k = 0; k < hidden; k++) kept[draw(&l, fan.synapse + fan.start[i], k, d)] = 0;
    }
    int32_t count = 0;
    for (int32_t e = 0; e < c->synapses; e++)
        if (kept[e]) list[count++] = list[e];
    result = om_circuit_rewire(c, list, count, error);
done:
    clear_fan_out(&fan);
    tn_free(list);
    return result;
}

/* --- ablation ----------------------------------------------------------------------------------------------------- */

tn_status om_choose_ablated(int32_t synapses, const float *weight, double fraction, uint64_t seed, uint8_t *ablated,
                            tn_error *error)
{
    if (!(fraction >= 0 && fraction <= 1)) {
        bad_ratio(error, "the ablated fraction", fraction, "from 0 to 1");
        return TN_EINVAL;
    }
    lottery l = {seed, OM_STREAM_ABLATION, 0};
    int32_t *pool = numbers_below(synapses), n = synapses;
    if (!pool) return tn_fail(error, TN_ENOMEM, "no memory to ablate some of %d synapses", synapses);
    if (weight) {
        n = 0;
        for (int32_t e = 0; e < synapses; e++)
            if (weight[e] != 0) pool[n++] = e;
    }
    memset(ablated, 0, (size_t)synapses);
    for (int32_t k = 0, count = (int32_t)rint(fraction * n); k < count; k++) ablated[draw(&l, pool, k, n)] = 1;
    tn_free(pool);
    return TN_OK;
}

om_circuit *om_circuit_ablate(const om_circuit *c, double fraction, uint64_t seed, uint8_t *ablated, tn_error *error)
{
    if (om_choose_ablated(c->synapses, NULL, fraction, seed, ablated, error)) return NULL;
    om_synapse *list = om_circuit_list(c, 0, error);
    if (!list) return NULL;
    for (int32_t e = 0; e < c->synapses; e++)
        if (ablated[e]) list[e].weight = 0;
    om_circuit *result = om_circuit_rewire(c, list, c->synapses, error);
    tn_free(list);
    return result;
}
