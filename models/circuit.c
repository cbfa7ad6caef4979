/* The circuit: neurons and synapses in memory. */
#include "config.h"
#include "circuit.h"
#include "array.h"

#include <stdlib.h>
#include <string.h>

void om_circuit_free(om_circuit *c)
{
    if (!c) return;
    om_lattice_free(c->lattice);
    void *const arrays[] = {c->cell_type,     c->type,   c->u,      c->v,      c->column,  c->is_input,
                            c->time_constant, c->source, c->target, c->weight, c->is_null, c->resting_potential};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) tn_free(arrays[i]);
    tn_free(c);
}

static bool allocate_neurons(om_circuit *c)
{
    c->cell_type = om_array(c->types, sizeof *c->cell_type);
    c->type = om_array(c->neurons, sizeof *c->type);
    c->u = om_array(c->neurons, sizeof *c->u);
    c->v = om_array(c->neurons, sizeof *c->v);
    c->column = om_array(c->neurons, sizeof *c->column);
    c->is_input = om_array(c->neurons, sizeof *c->is_input);
    c->time_constant = om_array(c->neurons, sizeof *c->time_constant);
    c->resting_potential = om_array(c->neurons, sizeof *c->resting_potential);
    return c->cell_type && c->type && c->u && c->v && c->column && c->is_input && c->time_constant &&
           c->resting_potential;
}

om_circuit *om_circuit_new(const char *name, om_lattice *lattice, int32_t types, int32_t neurons, tn_error *error)
{
    om_circuit *c = tn_alloc(sizeof *c);
    if (c) {
        snprintf(c->name, sizeof c->name, "%s", name);
        c->lattice = lattice;
        c->columns = lattice->columns;
        c->types = types;
        c->neurons = neurons;
        if (allocate_neurons(c)) return c;
        om_circuit_free(c);
    } else {
        om_lattice_free(lattice);
    }
    tn_fail(error, TN_ENOMEM, "no memory for the %d neurons of circuit %s", (int)neurons, name);
    return NULL;
}

/* --- synapses ----------------------------------------------------------------------------------------------------- */

static tn_status no_memory(const om_circuit *c, int64_t synapses, tn_error *error)
{
    return tn_fail(error, TN_ENOMEM, "no memory for %lld synapses of circuit %s", (long long)synapses, c->name);
}

static int by_target_and_source(const void *a, const void *b)
{
    const om_synapse *x = a, *y = b;
    if (x->target != y->target) return x->target < y->target ? -1 : 1;
    return (x->source > y->source) - (x->source < y->source);
}

tn_status om_circuit_wire(om_circuit *c, om_synapse *list, int32_t synapses, tn_error *error)
{
    c->source = om_array(synapses, sizeof *c->source);
    c->target = om_array(synapses, sizeof *c->target);
    c->weight = om_array(synapses, sizeof *c->weight);
    c->is_null = om_array(synapses, sizeof *c->is_null);
    if (!c->source || !c->target || !c->weight || !c->is_null) return no_memory(c, synapses, error);
    qsort(list, (size_t)synapses, sizeof *list, by_target_and_source);
    c->synapses = synapses;
    for (int32_t e = 0; e < synapses; e++) {
        c->source[e] = list[e].source;
        c->target[e] = list[e].target;
        c->weight[e] = list[e].weight;
        c->is_null[e] = list[e].is_null;
    }
    return TN_OK;
}

om_synapse *om_circuit_list(const om_circuit *c, int32_t extra, tn_error *error)
{
    int64_t room = (int64_t)c->synapses + extra;
    om_synapse *list = om_array(room, sizeof *list);
    if (!list) no_memory(c, room, error);
    for (int32_t e = 0; list && e < c->synapses; e++)
        list[e] = (om_synapse){c->target[e], c->source[e], c->weight[e], c->is_null[e]};
    return list;
}

om_circuit *om_circuit_rewire(const om_circuit *from, om_synapse *list, int32_t synapses, tn_error *error)
{
    om_lattice *lattice = om_lattice_new(from->lattice->extent, error);
    om_circuit *c = lattice ? om_circuit_new(from->name, lattice, from->types, from->neurons, error) : NULL;
    if (!c) return NULL;
    size_t n = (size_t)c->neurons;
    memcpy(c->cell_type, from->cell_type, (size_t)c->types * sizeof *c->cell_type);
    memcpy(c->type, from->type, n * sizeof *c->type);
    memcpy(c->u, from->u, n * sizeof *c->u);
    memcpy(c->v, from->v, n * sizeof *c->v);
    memcpy(c->column, from->column, n * sizeof *c->column);
    memcpy(c->is_input, from->is_input, n * sizeof *c->is_input);
    memcpy(c->time_constant, from->time_constant, n * sizeof *c->time_constant);
    memcpy(c->resting_potential, from->resting_potential, n * sizeof *c->resting_potential);
    if (om_circuit_wire(c, list, synapses, error) == TN_OK) return c;
    om_circuit_free(c);
    return NULL;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

om_circuit *om_circuit_read(const char *path, int32_t extent, tn_error *error)
{
    om_diagram diagram;
    tn_status status = om_diagram_read(&diagram, path, error);
    om_circuit *circuit = status == TN_OK ? om_diagram_expand(&diagram, extent, error) : NULL;
    om_diagram_clear(&diagram);
    return circuit;
}

om_circuit *om_circuit_parse(const char *text, size_t length, const char *name, int32_t extent, tn_error *error)
{
    om_diagram diagram;
    tn_status status = om_diagram_parse(&diagram, text, length, name, error);
    om_circuit *circuit = status == TN_OK ? om_diagram_expand(&diagram, extent, error) : NULL;
    om_diagram_clear(&diagram);
    return circuit;
}
