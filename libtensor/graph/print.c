/* Graphs and plans as text. */
#include "config.h"
#include "graph/print.h"
#include "graph/params.h"

#include <stdarg.h>
#include <string.h>

/* ---- words ---- */

/* Goes on with a list, as far as there is room. */
static void TN_PRINTF(2, 3) add(tn_words *words, const char *format, ...)
{
    size_t used = strlen(words->text), room = sizeof words->text;
    if (used) used += (size_t)snprintf(words->text + used, room - used, ", ");
    if (used >= room) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words->text + used, room - used, format, arguments);
    va_end(arguments);
}

tn_words tn_attr_words(const tn_node *node)
{
    tn_words words = {""};
    const tn_attr *attr = &node->attr;
    if (attr->sparsity)
        add(&words, "%lld x %lld with %lld entries", (long long)attr->sparsity->rows, (long long)attr->sparsity->cols,
            (long long)attr->sparsity->entries);
    if (attr->transpose_a) add(&words, "first transposed");
    if (attr->transpose_b) add(&words, "second transposed");
    if (attr->packed) add(&words, "second packed");
    if (attr->axis > 0 && attr->axis < TN_MAX_RANK) add(&words, "axis %lld", (long long)attr->axis);
    if (attr->start) add(&words, "start %lld", (long long)attr->start);
    if (attr->length) add(&words, "length %lld", (long long)attr->length);
    if (attr->value != 0) add(&words, "%g", attr->value);
    return words;
}

/* The operation that the vertex does besides its own: its partner's, or an elementwise one that became its end. */
static const char *also_does(const tn_plan *plan, int vertex)
{
    const tn_vertex *v = &plan->vertices[vertex];
    if (v->partner >= 0) return plan->vertices[v->partner].node->op->name;
    for (int i = vertex + 1; i < plan->n_vertices; i++) {
        const tn_vertex *end = &plan->vertices[i];
        if (end->kind == TN_VERTEX_ALIAS && end->in[0] == vertex && end->node->op->flags & TN_OP_ELEMENTWISE)
            return end->node->op->name;
    }
    return NULL;
}

tn_words tn_vertex_operation(const tn_plan *plan, int vertex)
{
    tn_words words;
    const tn_vertex *v = &plan->vertices[vertex];
    const char *own = v->node->op->name, *also = also_does(plan, vertex);
    if (v->kernel == tn_accumulate_kernel(v->node)) snprintf(words.text, sizeof words.text, "accumulate");
    else if (v->combine) snprintf(words.text, sizeof words.text, "%.40s of segments", own);
    else if (v->reduce) snprintf(words.text, sizeof words.text, "%.40s per segment", own);
    else if (also) snprintf(words.text, sizeof words.text, "%.40s and %.40s", own, also);
    else {
        bool copies = v->kind == TN_VERTEX_COMPUTED && v->kernel != v->node->op->kernel[v->node->dtype == TN_F64];
        snprintf(words.text, sizeof words.text, "%.40s", copies ? "copy" : own);
    }
    return words;
}

const char *tn_vertex_home(const tn_vertex *v)
{
    if (v->home == TN_HOME_MEMORY) return v->slot == TN_SLOT_ARENA ? "arena" : "gradient";
    return v->home == TN_HOME_TILE ? "tile" : "block";
}

tn_words tn_bytes_words(double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    tn_words words;
    int unit = 0;
    for (; bytes >= 999.5 && unit < 4; unit++) bytes /= 1000;
    snprintf(words.text, sizeof words.text, "%.*f %s", bytes < 9.95 && unit ? 1 : 0, bytes, units[unit]);
    return words;
}

tn_words tn_chain_words(const tn_chain *chain)
{
    tn_words words;
    if (chain->mode == TN_BY_COLUMNS)
        snprintf(words.text, sizeof words.text, "%lld columns in %lld slices", (long long)chain->columns,
                 (long long)chain->units);
    else if (chain->mode == TN_UNCUT) snprintf(words.text, sizeof words.text, "uncut");
    else
        snprintf(words.text, sizeof words.text, "%lld items in %lld segments, tiles of %lld", (long long)chain->items,
                 (long long)chain->units, (long long)chain->tile);
    return words;
}

/* ---- graphs ---- */

/* File and line, scope, and the node it is a part of the gradient of. */
static void print_origin(const tn_node *node, FILE *stream)
{
    const tn_origin *o = &node->origin;
    if (o->file) fprintf(stream, "  %s:%d", o->file, o->line);
    if (o->scope) fprintf(stream, "  in %s", o->scope->path);
    if (o->composite) fprintf(stream, "  of %s", o->composite->name);
    if (o->gradient_of) fprintf(stream, "  gradient of %%%d", o->gradient_of->id);
    fprintf(stream, "\n");
}

void tn_graph_print(const tn_graph *g, FILE *stream)
{
    if (!stream) return;
    if (!g) g = &tn_no_graph;
    fprintf(stream, "graph: %d nodes, %d outputs, %s\n", g->n_nodes, g->n_outputs, tn_dtype_name(g->number));
    for (int id = 0; id < g->n_nodes; id++) {
        const tn_node *node = g->nodes[id];
        char inputs[256] = "";
        for (int k = 0; k < node->n_in; k++) {
            size_t used = strlen(inputs);
            snprintf(inputs + used, sizeof inputs - used, " %%%d", node->in[k]->id);
        }
        tn_words attr = tn_attr_words(node);
        fprintf(stream, "  %%%-4d %-36s %-7s%s%s%s%s", id, tn_node_label(node).text, tn_dtype_name(node->dtype), inputs,
                *attr.text ? " (" : "", attr.text, *attr.text ? ")" : "");
        print_origin(node, stream);
    }
    for (int i = 0; i < g->n_outputs; i++) {
        const tn_graph_output *output = &g->outputs[i];
        if (output->params)
            fprintf(stream, "  gradient '%s' %%%d\n", output->params->list[output->param].name, output->node->id);
        else fprintf(stream, "  output '%s' %%%d\n", output->name, output->node->id);
    }
}

/* ---- plans ---- */

static void print_instruction(const tn_plan *plan, const tn_instruction *instruction, FILE *stream)
{
    const tn_vertex *v = &plan->vertices[instruction->vertex];
    char does[256];
    tn_words name = tn_node_label(v->node); /* which begins with the operation, as far as there is room */
    size_t operation = strlen(v->node->op->name), length = strlen(name.text);
    snprintf(does, sizeof does, "%s%s%s", tn_vertex_operation(plan, instruction->vertex).text,
             name.text + (operation < length ? operation : length), tn_plan_is_late(plan, v->node) ? " again" : "");
    fprintf(stream, "    %%%-4d %-40s", instruction->vertex, does);
    for (int k = 0; k < v->n_in; k++) fprintf(stream, " %%%d", tn_plan_source(plan, v, k).root);
    if (v->partner >= 0) fprintf(stream, " and %%%d", v->partner);
    if (v->stride) fprintf(stream, ", rows %lld apart", (long long)v->stride);
    fprintf(stream, " -> %s", tn_vertex_home(v));
    if (v->home == TN_HOME_MEMORY) fprintf(stream, ", %s", tn_bytes_words((double)v->bytes).text);
    print_origin(v->node, stream);
}

void tn_plan_print(const tn_plan *plan, FILE *stream)
{
    if (!stream) return;
    if (!plan) {
        fprintf(stream, "plan: none\n");
        return;
    }
    fprintf(stream, "plan: %d nodes, %d instructions, %d chains, %d stages, arena %s, scratch %s x %d threads\n",
            plan->g->n_nodes, plan->n_instructions, plan->n_chains, plan->n_stages,
            tn_bytes_words((double)plan->arena_bytes).text, tn_bytes_words((double)plan->scratch_bytes).text,
            plan->threads);
    for (int s = 0; s < plan->n_stages; s++) {
        const tn_stage *stage = &plan->stages[s];
        fprintf(stream, "stage %d\n", s);
        for (int c = stage->first; c < stage->first + stage->count; c++) {
            const tn_chain *chain = &plan->chains[c];
            fprintf(stream, "  chain: %s\n", tn_chain_words(chain).text);
            for (int i = 0; i < chain->count; i++)
                print_instruction(plan, &plan->instructions[chain->first + i], stream);
        }
    }
}
