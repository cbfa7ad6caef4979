/* Graphs and plans as pictures, in the language of Graphviz: `dot -Tsvg graph.dot >graph.svg`. Colours say what kind of
 * thing a node is, the width of an arrow how much goes along it. */
#include "config.h"
#include "graph/params.h"
#include "graph/print.h"
#include "graph/profile.h"

#include <math.h>
#include <string.h>

static const char *const head =
    "    graph [fontname=\"Helvetica\", fontsize=11, fontcolor=\"#555555\", color=\"#bbbbbb\", style=rounded,\n"
    "           nodesep=0.25, ranksep=0.35, labeljust=l];\n"
    "    node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"rounded,filled\", color=\"#777777\",\n"
    "          penwidth=0.7, margin=\"0.09,0.05\", height=0.3];\n"
    "    edge [color=\"#888888\", arrowsize=0.5];\n";

/* ---- parts of nodes ---- */

/* Text inside of a label. */
static void escaped(const char *text, FILE *stream)
{
    for (; *text; text++)
        switch (*text) {
        case '<': fputs("&lt;", stream); break;
        case '>': fputs("&gt;", stream); break;
        case '&': fputs("&amp;", stream); break;
        case '"': fputs("&quot;", stream); break;
        default: fputc(*text, stream);
        }
}

/* The beginning of a label. Operations of users have any name. */
static void title(const char *text, FILE *stream)
{
    fputs("label=<<b>", stream);
    escaped(text, stream);
    fputs("</b>", stream);
}

/* A number as Graphviz reads it, whatever the decimal point of the user's language: 0 or more, with three digits. */
static tn_words decimal(double number)
{
    tn_words words;
    long thousandths = lround(1000 * number);
    snprintf(words.text, sizeof words.text, "%ld.%03ld", thousandths / 1000, thousandths % 1000);
    return words;
}

/* A line in small grey letters, if there is anything to say. */
static void small(const char *text, FILE *stream)
{
    if (!*text) return;
    fputs("<br/><font point-size=\"9\" color=\"#555555\">", stream);
    escaped(text, stream);
    fputs("</font>", stream);
}

/* What is known of a node below its title: name, shape, and the number type if it is not the usual one. */
static void describe(const tn_graph *g, const tn_node *node, FILE *stream)
{
    char shape[160];
    if (node->name) {
        fputs("<br/>", stream);
        escaped(node->name, stream);
    }
    snprintf(shape, sizeof shape, "%s%s%s", tn_shape_words(node->shape).text, node->dtype == g->number ? "" : " ",
             node->dtype == g->number ? "" : tn_dtype_name(node->dtype));
    small(shape, stream);
}

/* Memory of others; products, sums and the like; elementwise; and what only moves elements. */
static const char *colour(const tn_node *node)
{
    if (node->params) return "#ffe8a3";
    if (node->op->flags & TN_OP_LEAF) return "#cdeccd";
    if (node->op->flags & TN_OP_ELEMENTWISE) return "#dfecf9";
    return node->op->flags & TN_OP_MOVES ? "#ffffff" : "#fbd5b0";
}

/* Thin up to a kilobyte, five times as wide from a gigabyte on. */
static double width(double bytes)
{
    return fmin(4, fmax(0.8, 0.8 + 3.2 * log10((bytes + 1) / 1e3) / 6));
}

/* ---- graphs ---- */

static bool is_number(const tn_node *node)
{
    return node->op->flags & TN_OP_NUMBER;
}

/* Numbers stand in front of each reader, as one for all would be far away from most. */
static void write_node(const tn_node *node, FILE *stream)
{
    if (is_number(node)) return;
    fprintf(stream, "    n%d [fillcolor=\"%s\"%s, ", node->id, colour(node),
            node->origin.gradient_of ? ", color=\"#b03030\"" : "");
    title(node->op->name, stream);
    describe(node->graph, node, stream);
    small(tn_attr_words(node).text, stream);
    if (node->origin.composite) {
        char of[64];
        snprintf(of, sizeof of, "of %.50s", node->origin.composite->name);
        small(of, stream);
    }
    fputs(">];\n", stream);
}

static void write_edges(const tn_node *node, FILE *stream)
{
    for (int k = 0; k < node->n_in; k++) {
        const tn_node *in = node->in[k];
        if (is_number(in))
            fprintf(stream, "    c%d_%d [shape=plain, style=\"\", fontsize=9, label=\"%g\"];\n    c%d_%d -> n%d;\n",
                    node->id, k, in->attr.value, node->id, k, node->id);
        else
            fprintf(stream, "    n%d -> n%d [penwidth=%s];\n", in->id, node->id,
                    decimal(width(tn_node_bytes(in))).text);
    }
}

/* The nodes of a scope, those of its gradient or the others, and the scopes within it, in a box of its own. */
static void write_scope(const tn_graph *g, const tn_graph_scope *scope, bool gradient, FILE *stream)
{
    for (int id = 0; id < g->n_nodes; id++)
        if (g->nodes[id]->origin.scope == scope && !g->nodes[id]->origin.gradient_of == !gradient)
            write_node(g->nodes[id], stream);
    for (int i = 0; i < g->n_scopes; i++) {
        if (g->scopes[i]->outer != scope) continue;
        fprintf(stream, "    subgraph cluster_%d_%d {\n    ", gradient, i);
        title(g->scopes[i]->path, stream);
        fputs(">; bgcolor=\"#0000000a\";\n", stream);
        write_scope(g, g->scopes[i], gradient, stream);
        fputs("    }\n", stream);
    }
}

static void write_output(const tn_graph_output *output, int i, FILE *stream)
{
    fprintf(stream, "    o%d [shape=oval, fillcolor=\"%s\", label=<", i, output->params ? "#ffe8a3" : "#cdeccd");
    escaped(output->params ? output->params->list[output->param].name : output->name, stream);
    if (output->params) small("gradient", stream);
    fputs(">];\n", stream);
}

void tn_graph_dot(const tn_graph *g, FILE *stream)
{
    if (!stream) return;
    if (!g) g = &tn_no_graph;
    fprintf(stream, "digraph graph_of_%d_nodes {\n%s", g->n_nodes, head);
    write_scope(g, NULL, false, stream);
    fputs("    subgraph cluster_gradient {\n    label=<<b>gradient</b>>; color=\"#b03030\";\n", stream);
    write_scope(g, NULL, true, stream);
    fputs("    }\n", stream);
    for (int id = 0; id < g->n_nodes; id++) write_edges(g->nodes[id], stream);
    for (int i = 0; i < g->n_outputs; i++) {
        write_output(&g->outputs[i], i, stream);
        fprintf(stream, "    n%d -> o%d;\n", g->outputs[i].node->id, i);
    }
    fputs("}\n", stream);
}

/* ---- plans ---- */

/* The redder, the more of the time of all instructions was spent on this one. */
static void write_heat(const tn_plan *plan, int instruction, FILE *stream)
{
    const tn_node *node = plan->vertices[plan->instructions[instruction].vertex].node;
    tn_profile_total total = tn_profile_sum(plan);
    if (!(total.working > 0)) {
        fprintf(stream, "fillcolor=\"%s\"", colour(node));
        return;
    }
    double part = tn_profile_at(plan, instruction, NULL).seconds / total.working;
    fprintf(stream, "fillcolor=\"0.02 %s 1\", tooltip=\"%.1f %%\"", decimal(fmin(0.75, sqrt(part))).text, 100 * part);
}

static void write_instruction(const tn_plan *plan, int i, FILE *stream)
{
    int vertex = plan->instructions[i].vertex;
    const tn_vertex *v = &plan->vertices[vertex];
    char text[160];
    fprintf(stream, "        v%d [", vertex);
    write_heat(plan, i, stream);
    fputs(v->node->origin.gradient_of ? ", color=\"#b03030\", " : ", ", stream);
    title(tn_vertex_operation(plan, vertex).text, stream);
    describe(plan->g, v->node, stream);
    const tn_graph_scope *scope = v->node->origin.scope;
    snprintf(text, sizeof text, "%s%s%s%s%.80s", tn_vertex_home(v), v->home == TN_HOME_MEMORY ? " " : "",
             v->home == TN_HOME_MEMORY ? tn_bytes_words((double)v->bytes).text : "", scope ? ", " : "",
             scope ? scope->path : "");
    small(text, stream);
    tn_profile_total total = tn_profile_sum(plan);
    if (total.runs) {
        double seconds = tn_profile_at(plan, i, NULL).seconds;
        snprintf(text, sizeof text, "%.3f ms, %.1f %%", 1e3 * seconds / (double)total.runs / total.threads,
                 total.working > 0 ? 100 * seconds / total.working : 0);
        small(text, stream);
    }
    fputs(">];\n", stream);
}

/* What goes through memory is drawn dark and as wide as it is large, what stays in a tile light. */
static void write_reads(const tn_plan *plan, int vertex, FILE *stream)
{
    const tn_vertex *v = &plan->vertices[vertex];
    for (int k = 0; k < v->n_in; k++) {
        int root = tn_plan_source(plan, v, k).root;
        const tn_vertex *from = &plan->vertices[root];
        if (is_number(from->node)) continue;
        int writer = from->second ? from->partner : root;
        if (from->home != TN_HOME_MEMORY) fprintf(stream, "    v%d -> v%d [color=\"#9db8d6\"];\n", writer, vertex);
        else
            fprintf(stream, "    v%d -> v%d [penwidth=%s%s];\n", writer, vertex,
                    decimal(width(tn_node_bytes(from->node))).text,
                    from->kind == TN_VERTEX_LEAF ? ", color=\"#bbbbbb\"" : ", color=\"#444444\"");
    }
}

static void write_stage(const tn_plan *plan, int s, FILE *stream)
{
    const tn_stage *stage = &plan->stages[s];
    fprintf(stream, "    subgraph cluster_stage%d {\n    label=\"stage %d\"; bgcolor=\"#0000000a\";\n", s, s);
    for (int c = stage->first; c < stage->first + stage->count; c++) {
        const tn_chain *chain = &plan->chains[c];
        fprintf(stream, "      subgraph cluster_chain%d {\n      label=\"%s\"; bgcolor=\"#ffffff\"; fontsize=9;\n", c,
                tn_chain_words(chain).text);
        for (int i = chain->first; i < chain->first + chain->count; i++) write_instruction(plan, i, stream);
        fputs("      }\n", stream);
    }
    fputs("    }\n", stream);
}

void tn_plan_dot(const tn_plan *plan, FILE *stream)
{
    if (!stream) return;
    if (!plan) {
        fputs("digraph no_plan {}\n", stream);
        return;
    }
    fprintf(stream, "digraph plan_of_%d_stages {\n%s", plan->n_stages, head);
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_node *node = plan->vertices[i].node;
        if (plan->vertices[i].kind != TN_VERTEX_LEAF || is_number(node)) continue;
        fprintf(stream, "    v%d [fillcolor=\"%s\", ", i, colour(node));
        title(node->op->name, stream);
        describe(plan->g, node, stream);
        fputs(">];\n", stream);
    }
    for (int s = 0; s < plan->n_stages; s++) write_stage(plan, s, stream);
    for (int i = 0; i < plan->n_instructions; i++) write_reads(plan, plan->instructions[i].vertex, stream);
    for (int i = 0; i < plan->n_outputs; i++) {
        int root = plan->output_vertex[i];
        while (plan->vertices[root].kind == TN_VERTEX_ALIAS) root = plan->vertices[root].in[0];
        if (is_number(plan->vertices[root].node)) continue;
        write_output(&plan->g->outputs[i], i, stream);
        if (plan->vertices[root].second) root = plan->vertices[root].partner;
        fprintf(stream, "    v%d -> o%d;\n", root, i);
    }
    fputs("}\n", stream);
}
