/* Where nodes come from: file and line of the user's call, the scope it was made in, the composite operation, and the
 * node whose gradient it belongs to. Messages, prints and profiles say it. */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"

#include <stdarg.h>
#include <string.h>

void tn_origin_free(tn_graph *g)
{
    for (int i = 0; i < g->n_scopes; i++) {
        tn_release(g->scopes[i]->path);
        tn_release(g->scopes[i]);
    }
    tn_release(g->scopes);
}

/* ---- file and line ---- */

/* Puts file and line in front of the message, as compilers do, so that editors find the place. */
static void place_error(tn_error *error, const char *file, int line)
{
    char message[sizeof error->message];
    memcpy(message, error->message, sizeof message);
    int used = snprintf(error->message, sizeof error->message, "%.200s:%d: ", file, line);
    snprintf(error->message + used, sizeof error->message - (size_t)used, "%s", message);
}

/* Follows each call, so what has no place yet was made by it: operands were placed before. */
void tn_place(tn_graph *g, const char *file, int line)
{
    if (!g) return;
    for (; g->placed < g->n_nodes; g->placed++) {
        tn_origin *origin = &g->nodes[g->placed]->origin;
        if (origin->file) continue; /* made by a gradient rule of the user's, which has places of its own */
        origin->file = file;
        origin->line = line;
    }
    if (g->error.status && !g->error_placed) {
        g->error_placed = true;
        place_error(&g->error, file, line);
    }
}

tn_node *tn_placed(tn_node *node, const char *file, int line)
{
    if (node) tn_place(node->graph, file, line);
    return node;
}

/* ---- scopes ---- */

static tn_graph_scope *find_scope(const tn_graph *g, const char *path)
{
    for (int i = 0; i < g->n_scopes; i++)
        if (!strcmp(g->scopes[i]->path, path)) return g->scopes[i];
    return NULL;
}

/* The scope of that name within the one that is open; NULL when out of memory. */
static tn_graph_scope *make_scope(tn_graph *g, const char *name)
{
    const tn_graph_scope *outer = g->origin.scope;
    size_t length = strlen(name) + (outer ? strlen(outer->path) + 1 : 0) + 1;
    char *path = tn_calloc(length, 1);
    if (!path) return NULL;
    snprintf(path, length, "%s%s%s", outer ? outer->path : "", outer ? "/" : "", name);
    tn_graph_scope *scope = find_scope(g, path);
    if (!scope && TN_RESERVE(g->scopes, g->n_scopes, g->scopes_capacity) && (scope = tn_calloc(1, sizeof *scope))) {
        *scope = (tn_graph_scope){path, outer};
        return g->scopes[g->n_scopes++] = scope;
    }
    tn_release(path);
    return scope;
}

void tn_scope(tn_graph *g, const char *name)
{
    if (tn_has_failed(g)) return;
    if (!name || !*name) {
        tn_graph_fail(g, TN_EINVAL, "tn_scope: a scope wants a name");
        return;
    }
    const tn_graph_scope *scope = make_scope(g, name);
    if (scope) g->origin.scope = scope;
    else tn_graph_fail(g, TN_ENOMEM, "no memory for the scope %s", name);
}

void tn_scope_end(tn_graph *g)
{
    if (tn_has_failed(g)) return;
    if (g->origin.scope) g->origin.scope = g->origin.scope->outer;
    else tn_graph_fail(g, TN_EINVAL, "tn_scope_end: no scope is open");
}

/* ---- in words ---- */

tn_words tn_node_label(const tn_node *node)
{
    tn_words words;
    tn_words shape = tn_shape_words(node->shape);
    if (node->name) snprintf(words.text, sizeof words.text, "%s '%.50s' %.60s", node->op->name, node->name, shape.text);
    else snprintf(words.text, sizeof words.text, "%s %.60s", node->op->name, shape.text);
    return words;
}

/* A file without its folders: in front of a message is the whole path. */
static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void tn_say(tn_sentence *words, const char *format, ...)
{
    size_t used = strlen(words->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words->text + used, sizeof words->text - used, format, arguments);
    va_end(arguments);
}

tn_sentence tn_node_words(const tn_node *node)
{
    tn_sentence words = {""};
    const tn_origin *o = &node->origin;
    const char *between = " (";
    tn_say(&words, "%s", tn_node_label(node).text);
    if (o->file) {
        tn_say(&words, "%s%.60s:%d", between, base(o->file), o->line);
        between = " ";
    }
    if (o->scope) {
        tn_say(&words, "%sin %.60s", between, o->scope->path);
        between = " ";
    }
    if (o->gradient_of) {
        const tn_origin *of = &o->gradient_of->origin;
        tn_say(&words, "%sfor the gradient of %s", between, tn_node_label(o->gradient_of).text);
        between = " ";
        if (of->file) tn_say(&words, " at %.60s:%d", base(of->file), of->line);
    }
    if (*between == ' ' && !between[1]) tn_say(&words, ")");
    return words;
}

tn_sentence tn_origin_context(const tn_origin *origin, const char *text)
{
    tn_sentence words = {""};
    const char *op = origin->composite ? origin->composite->name : NULL;
    if (origin->scope) tn_say(&words, "in %.60s: ", origin->scope->path);
    if (origin->gradient_of) tn_say(&words, "the gradient of %s: ", tn_node_words(origin->gradient_of).text);
    if (op && strncmp(text, op, strlen(op))) tn_say(&words, "%s: ", op);
    return words;
}
