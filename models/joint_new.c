/* A joint model made of a circuit's wiring: what its graphs refer to. */
#include "config.h"
#include "joint.h"

#include <string.h>

void om_joint_free(om_joint *joint)
{
    if (!joint) return;
    tn_sparsity_free(joint->synapses);
    tn_sparsity_free(joint->seen);
    tn_sparsity_free(joint->silent);
    om_input_part_free(&joint->part);
    tn_free((void *)joint->wiring.source);
    tn_free((void *)joint->wiring.target);
    tn_free((void *)joint->wiring.is_input);
    tn_free((void *)joint->wiring.column);
    tn_free((void *)joint->wiring.position);
    tn_free(joint);
}

/* A copy of bytes, NULL if there are none to copy or no memory. */
static void *copy(const void *from, int64_t count, size_t size)
{
    void *to = from ? tn_alloc((size_t)count * size) : NULL;
    return to ? memcpy(to, from, (size_t)count * size) : NULL;
}

static bool copy_wiring(om_wiring *to, const om_wiring *from)
{
    *to = *from;
    to->source = copy(from->source, from->synapses, sizeof *to->source);
    to->target = copy(from->target, from->synapses, sizeof *to->target);
    to->is_input = copy(from->is_input, from->neurons, sizeof *to->is_input);
    to->column = copy(from->column, from->neurons, sizeof *to->column);
    to->position = copy(from->position, 2 * from->columns, sizeof *to->position);
    return to->source && to->target && to->is_input && to->column && (to->position || !from->position);
}

/* Each neuron's row in the stimulus [C + 1]: its column, or the row of zeros behind them. */
static tn_sparsity *what_is_seen(const om_wiring *w, tn_error *error)
{
    int32_t *row = tn_alloc((size_t)w->neurons * sizeof *row);
    if (!row) {
        tn_fail(error, TN_ENOMEM, "no memory for %lld neurons", (long long)w->neurons);
        return NULL;
    }
    tn_sparsity *seen = NULL;
    int64_t i = 0;
    for (; i < w->neurons; i++) {
        row[i] = w->is_input[i] ? w->column[i] : (int32_t)w->columns;
        if (w->is_input[i] && (w->column[i] < 0 || w->column[i] >= w->columns)) break;
    }
    if (i < w->neurons)
        tn_fail(error, TN_EINVAL, "neuron %lld is an input, but its column %d is not 0 to %lld", (long long)i,
                w->column[i], (long long)w->columns - 1);
    else
        seen = tn_index_new(w->neurons, w->columns + 1, row, error);
    tn_free(row);
    return seen;
}

/* The synapses of silent neurons, as an index of W; NULL also if there are none. */
static tn_status find_silent(tn_sparsity **index, const om_wiring *w, const uint8_t *silent, tn_error *error)
{
    int64_t found = 0;
    if (!silent) return TN_OK;
    int32_t *entry = tn_alloc((size_t)w->synapses * sizeof *entry);
    if (!entry) return tn_fail(error, TN_ENOMEM, "no memory for %lld synapses", (long long)w->synapses);
    for (int64_t e = 0; e < w->synapses; e++)
        if (silent[w->source[e]]) entry[found++] = (int32_t)e;
    if (found) *index = tn_index_new(found, w->synapses, entry, error);
    tn_free(entry);
    return found && !*index ? TN_ENOMEM : TN_OK;
}

om_joint *om_joint_new(const om_wiring *wiring, const om_joint_spec *spec, tn_error *error)
{
    bool siren_possible = !spec->joint || (spec->siren.hidden_dim >= 1 && spec->siren.layers >= 0);
    if (spec->siren.windows < 0 || spec->siren.windows > OM_MAX_WINDOWS) {
        tn_fail(error, TN_EINVAL, "model: a bank of %d SIRENs, of at most %d", spec->siren.windows, OM_MAX_WINDOWS);
        return NULL;
    }
    if (spec->hidden_dim < 1 || spec->layers < 2 || spec->embedding_dim < 1 || !siren_possible) {
        tn_fail(error, TN_EINVAL, "model: hidden_dim %d, layers %d, embedding_dim %d, siren %d x %d: too small",
                spec->hidden_dim, spec->layers, spec->embedding_dim, spec->siren.hidden_dim, spec->siren.layers);
        return NULL;
    }
    om_joint *joint = tn_alloc(sizeof *joint);
    if (!joint) {
        tn_fail(error, TN_ENOMEM, "no memory for a model");
        return NULL;
    }
    joint->spec = *spec;
    joint->spec.silent = NULL;
    joint->spec.siren.name = "siren";
    if (spec->siren.windows < 1) joint->spec.siren.windows = 1;
    joint->g_phi = (om_mlp){"g_phi", 1 + spec->embedding_dim, spec->hidden_dim, 1, spec->layers};
    joint->f_theta = (om_mlp){"f_theta", 3 + spec->embedding_dim, spec->hidden_dim, 1, spec->layers};
    joint->synapses = tn_sparsity_new(wiring->neurons, wiring->neurons, wiring->synapses, wiring->target,
                                      wiring->source, error);
    if (joint->synapses) joint->seen = what_is_seen(wiring, error);
    bool copied = copy_wiring(&joint->wiring, wiring);
    if (!copied) tn_fail(error, TN_ENOMEM, "no memory for a model of %lld synapses", (long long)wiring->synapses);
    if (copied && joint->seen && find_silent(&joint->silent, wiring, spec->silent, error) == TN_OK &&
        om_input_part_make(&joint->part, wiring, error) == TN_OK)
        return joint;
    om_joint_free(joint);
    return NULL;
}

const om_joint_spec *om_joint_specification(const om_joint *joint)
{
    return &joint->spec;
}
