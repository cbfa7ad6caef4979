/* The input neurons and those with a synapse onto them, as a small circuit of its own. */
#include "config.h"
#include "joint.h"

void om_input_part_free(om_input_part *part)
{
    tn_free(part->input);
    tn_free(part->presynaptic);
    tn_sparsity_free(part->synapses);
    tn_sparsity_free(part->input_index);
    tn_sparsity_free(part->presynaptic_index);
    tn_sparsity_free(part->synapse_index);
    tn_sparsity_free(part->seen);
    *part = (om_input_part){0};
}

/* Lists the marked neurons in ascending order and leaves in place[] the place of each. Returns their number. */
static int64_t list_marked(int64_t neurons, const uint8_t *mark, int32_t *list, int32_t *place)
{
    int64_t n = 0;
    for (int64_t i = 0; i < neurons; i++)
        if (mark[i]) {
            list[n] = (int32_t)i;
            place[i] = (int32_t)n++;
        }
    return n;
}

/* Scratch arrays of one making. */
typedef struct work {
    uint8_t *presynaptic;                  /* [N] */
    int32_t *input_place, *pre_place;      /* [N] */
    int32_t *row, *col, *entry, *column;   /* [E], [N] */
} work;

static void free_work(work *w)
{
    tn_free(w->presynaptic);
    tn_free(w->input_place);
    tn_free(w->pre_place);
    tn_free(w->row);
    tn_free(w->col);
    tn_free(w->entry);
    tn_free(w->column);
}

static bool allocate(om_input_part *part, work *w, const om_wiring *wiring)
{
    size_t n = (size_t)wiring->neurons * sizeof(int32_t), e = (size_t)wiring->synapses * sizeof(int32_t);
    part->input = tn_alloc(n);
    part->presynaptic = tn_alloc(n);
    *w = (work){tn_alloc(n), tn_alloc(n), tn_alloc(n), tn_alloc(e), tn_alloc(e), tn_alloc(e), tn_alloc(n)};
    return part->input && part->presynaptic && w->presynaptic && w->input_place && w->pre_place && w->row && w->col &&
           w->entry && w->column;
}

static tn_status select(om_input_part *part, work *w, const om_wiring *wiring, tn_error *error)
{
    for (int64_t e = 0; e < wiring->synapses; e++)
        if (wiring->is_input[wiring->target[e]]) w->presynaptic[wiring->source[e]] = 1;
    part->n_inputs = list_marked(wiring->neurons, wiring->is_input, part->input, w->input_place);
    part->n_presynaptic = list_marked(wiring->neurons, w->presynaptic, part->presynaptic, w->pre_place);
    for (int64_t e = 0; e < wiring->synapses; e++)
        if (wiring->is_input[wiring->target[e]]) {
            w->row[part->n_synapses] = w->input_place[wiring->target[e]];
            w->col[part->n_synapses] = w->pre_place[wiring->source[e]];
            w->entry[part->n_synapses++] = (int32_t)e;
        }
    for (int64_t i = 0; i < part->n_inputs; i++) w->column[i] = wiring->column[part->input[i]];

    part->synapses = tn_sparsity_new(part->n_inputs, part->n_presynaptic, part->n_synapses, w->row, w->col, error);
    part->input_index = tn_index_new(part->n_inputs, wiring->neurons, part->input, error);
    part->presynaptic_index = tn_index_new(part->n_presynaptic, wiring->neurons, part->presynaptic, error);
    part->synapse_index = tn_index_new(part->n_synapses, wiring->synapses, w->entry, error);
    part->seen = tn_index_new(part->n_inputs, wiring->columns, w->column, error);
    bool made = part->synapses && part->input_index && part->presynaptic_index && part->synapse_index && part->seen;
    return made ? TN_OK : TN_ENOMEM;
}

tn_status om_input_part_make(om_input_part *part, const om_wiring *wiring, tn_error *error)
{
    work w = {0};
    tn_status status = allocate(part, &w, wiring) ? select(part, &w, wiring, error)
                                                  : tn_fail(error, TN_ENOMEM, "no memory for the input neurons");
    free_work(&w);
    return status;
}

int64_t om_joint_inputs(const om_joint *joint, const int32_t **neuron)
{
    *neuron = joint->part.input;
    return joint->part.n_inputs;
}

int64_t om_joint_presynaptic(const om_joint *joint, const int32_t **neuron)
{
    *neuron = joint->part.presynaptic;
    return joint->part.n_presynaptic;
}
