/* Expanding a wiring diagram on the lattice, neuron by neuron and synapse by synapse. */
#include "config.h"
#include "array.h"
#include "circuit.h"
#include "lattice.h"

#include <stdlib.h>
#include <string.h>

/* --- counting, before any memory is asked for ------------------------------------------------------------------- */

static int64_t least_common_multiple(int64_t a, int64_t b)
{
    int64_t x = a, y = b;
    while (y) {
        int64_t rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

/* How many v in [first, last] are a multiple of a while v + shift is a multiple of b. A remainder of C may be
 * negative, but it is 0 exactly where the mathematical one is. */
static int64_t count_common(int64_t first, int64_t last, int32_t a, int32_t b, int32_t shift)
{
    int64_t period = least_common_multiple(a, b);
    for (int64_t v = first; v <= last && v < first + period; v++)
        if (v % a == 0 && (v + shift) % b == 0) return (last - v) / period + 1;
    return 0;
}

/* How many columns have a neuron of type a while the column (du, dv) further has one of type b. */
static int64_t count_pairs(int32_t extent, const om_cell_type *a, const om_cell_type *b, int32_t du, int32_t dv)
{
    int64_t count = 0;
    for (int32_t u = -extent; u <= extent; u++) {
        if (abs(u + du) > extent || u % a->stride[0] || (u + du) % b->stride[0]) continue;
        int32_t first = om_row_first(extent, u), first_there = om_row_first(extent, u + du) - dv;
        int32_t last = om_row_last(extent, u), last_there = om_row_last(extent, u + du) - dv;
        count += count_common(first > first_there ? first : first_there, last < last_there ? last : last_there,
                              a->stride[1], b->stride[1], dv);
    }
    return count;
}

typedef struct counts {
    int64_t neurons, synapses;
} counts;

static tn_status count_all(counts *n, const om_diagram *diagram, int32_t extent, tn_error *error)
{
    const om_cell_type *type = diagram->cell_type;
    *n = (counts){0};
    for (int32_t t = 0; t < diagram->types; t++) n->neurons += count_pairs(extent, &type[t], &type[t], 0, 0);
    for (int32_t r = 0; r < diagram->rules; r++) {
        const om_rule *rule = &diagram->rule[r];
        n->synapses += count_pairs(extent, &type[rule->source], &type[rule->target], rule->du, rule->dv);
    }
    if (n->neurons <= INT32_MAX && n->synapses <= INT32_MAX) return TN_OK;
    return tn_fail(error, TN_EINVAL,
                   "circuit %s at extent %d would have %lld neurons and %lld synapses, expected at most %d of each",
                   diagram->name, (int)extent, (long long)n->neurons, (long long)n->synapses, INT32_MAX);
}

/* --- expanding ---------------------------------------------------------------------------------------------------- */

/* Numbers the neurons, type by type, and describes each. index [types, C] receives the number of the neuron of a type
 * in a column, -1 where there is none. */
static void fill_neurons(om_circuit *circuit, int32_t *index)
{
    const om_lattice *lattice = circuit->lattice;
    int32_t i = 0;
    for (int32_t t = 0; t < circuit->types; t++)
        for (int32_t c = 0; c < circuit->columns; c++) {
            const om_cell_type *type = &circuit->cell_type[t];
            int32_t u = lattice->u[c], v = lattice->v[c];
            bool exists = u % type->stride[0] == 0 && v % type->stride[1] == 0;
            *index++ = exists ? i : -1;
            if (!exists) continue;
            circuit->type[i] = t;
            circuit->u[i] = u;
            circuit->v[i] = v;
            circuit->column[i] = c;
            circuit->is_input[i] = type->role == OM_ROLE_INPUT;
            circuit->time_constant[i] = type->time_constant;
            circuit->resting_potential[i] = type->resting_potential;
            i++;
        }
}

static void list_synapses(om_synapse *list, const om_diagram *diagram, const om_lattice *lattice, const int32_t *index)
{
    int64_t columns = lattice->columns;
    for (int32_t r = 0; r < diagram->rules; r++) {
        const om_rule *rule = &diagram->rule[r];
        const int32_t *sources = index + rule->source * columns, *targets = index + rule->target * columns;
        for (int64_t c = 0; c < columns; c++) {
            int32_t there = om_lattice_column(lattice, lattice->u[c] + rule->du, lattice->v[c] + rule->dv);
            if (there < 0 || sources[c] < 0 || targets[there] < 0) continue;
            *list++ = (om_synapse){targets[there], sources[c], rule->weight, false};
        }
    }
}

om_circuit *om_diagram_expand(const om_diagram *diagram, int32_t extent, tn_error *error)
{
    counts n;
    if (om_lattice_check(extent, error) != TN_OK || count_all(&n, diagram, extent, error) != TN_OK) return NULL;
    om_lattice *lattice = om_lattice_new(extent, error);
    if (!lattice) return NULL;
    om_circuit *circuit = om_circuit_new(diagram->name, lattice, diagram->types, (int32_t)n.neurons, error);
    if (!circuit) return NULL;

    int32_t *index = om_array((int64_t)diagram->types * circuit->columns, sizeof *index);
    om_synapse *list = om_array(n.synapses, sizeof *list);
    tn_status status = TN_ENOMEM;
    if (index && list) {
        memcpy(circuit->cell_type, diagram->cell_type, (size_t)diagram->types * sizeof *diagram->cell_type);
        fill_neurons(circuit, index);
        list_synapses(list, diagram, circuit->lattice, index);
        status = om_circuit_wire(circuit, list, (int32_t)n.synapses, error);
    } else {
        tn_fail(error, status, "no memory to expand circuit %s at extent %d", diagram->name, (int)extent);
    }
    tn_free(index);
    tn_free(list);
    if (status == TN_OK) return circuit;
    om_circuit_free(circuit);
    return NULL;
}
