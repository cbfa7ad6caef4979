/* Reading and perturbing the circuit. */
#include "config.h"
#include "generation/wiring.h"
#include "common/no_memory.h"
#include "generation/builtin.h"

#include <stdlib.h>
#include <string.h>

void om_circuits_clear(om_circuits *c)
{
    if (c->shown != c->simulated) om_circuit_free(c->shown);
    om_circuit_free(c->simulated);
    tn_free(c->weight);
    *c = (om_circuits){0};
}

char *om_circuit_path(const om_config *config, tn_error *error)
{
    if (!strcmp(config->circuit.file, "builtin")) return om_builtin_circuit(error);
    char *path = om_config_path(config, config->circuit.file);
    if (!path) om_no_memory(NULL, error);
    return path;
}

/* Replaces a circuit by what a perturbation made of it. */
static tn_status take(om_circuit **circuit, om_circuit *changed, const tn_error *error)
{
    if (!changed) return error->status;
    om_circuit_free(*circuit);
    *circuit = changed;
    return TN_OK;
}

/* Weights of the simulated circuit at the synapses shown: those of a subset stand in the same order. */
static tn_status copy_weights(om_circuits *c, tn_error *error)
{
    c->weight = tn_alloc((size_t)c->shown->synapses * sizeof *c->weight);
    if (!c->weight) return tn_fail(error, TN_ENOMEM, "no memory for %d synapses", c->shown->synapses);
    for (int32_t e = 0, s = 0; e < c->shown->synapses; e++, s++) {
        while (c->simulated->source[s] != c->shown->source[e] || c->simulated->target[s] != c->shown->target[e]) s++;
        c->weight[e] = c->simulated->weight[s];
    }
    return TN_OK;
}

tn_status om_circuits_make(om_circuits *c, const om_config *config, tn_error *error)
{
    uint64_t seed = (uint64_t)config->seed;
    *c = (om_circuits){0};
    char *path = om_circuit_path(config, error);
    if (!path) return error->status;
    c->simulated = om_circuit_read(path, (int32_t)config->circuit.extent, error);
    free(path);
    if (!c->simulated) return error->status;
    tn_status status = TN_OK;
    if (config->circuit.null_synapses > 0)
        status =
            take(&c->simulated, om_circuit_add_null(c->simulated, config->circuit.null_synapses, seed, error), error);
    c->shown = c->simulated;
    if (!status && config->circuit.hidden_synapses > 0) {
        uint8_t *kept = tn_alloc((size_t)c->simulated->synapses);
        om_circuit *shown =
            kept ? om_circuit_hide(c->simulated, config->circuit.hidden_synapses, seed, kept, error) : NULL;
        tn_free(kept);
        if (!shown) return om_no_memory(NULL, error);
        if (config->circuit.hidden == OM_HIDDEN_REDUCED) {
            om_circuit_free(c->simulated);
            c->simulated = shown;
        }
        c->shown = shown;
    }
    if (!status && config->circuit.ablation > 0) {
        uint8_t *ablated = tn_alloc((size_t)c->simulated->synapses);
        om_circuit *cut =
            ablated ? om_circuit_ablate(c->simulated, config->circuit.ablation, seed, ablated, error) : NULL;
        tn_free(ablated);
        if (!cut) return om_no_memory(NULL, error);
        if (c->shown == c->simulated) c->shown = cut;
        om_circuit_free(c->simulated);
        c->simulated = cut;
    }
    return status ? status : copy_weights(c, error);
}

om_recording_circuit om_circuits_shown(const om_circuits *c, const char **type_names)
{
    const om_circuit *s = c->shown;
    for (int32_t t = 0; t < s->types; t++) type_names[t] = s->cell_type[t].name;
    return (om_recording_circuit){
        .neurons = s->neurons, .synapses = s->synapses, .columns = s->columns, .types = s->types,
        .source = s->source, .target = s->target, .is_input = s->is_input, .column = s->column, .type = s->type,
        .type_names = type_names, .u = s->lattice->u, .v = s->lattice->v, .position = s->lattice->position,
    };
}

om_recording_truth om_circuits_truth(const om_circuits *c)
{
    return (om_recording_truth){.weight = c->weight, .time_constant = c->shown->time_constant,
                                .resting_potential = c->shown->resting_potential, .is_null = c->shown->is_null};
}
