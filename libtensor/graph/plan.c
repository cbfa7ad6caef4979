/* Compiling a graph into a plan, and what a user may ask of a plan. */
#include "config.h"
#include "graph/plan.h"
#include "core/memory.h"
#include "graph/params.h"
#include "graph/profile.h"

#include <string.h>

void tn_plan_free(tn_plan *plan)
{
    if (!plan) return;
    for (int i = 0; i < plan->n_made; i++) {
        tn_release(plan->made[i]->in);
        tn_release(plan->made[i]->name);
        tn_release(plan->made[i]);
    }
    tn_release(plan->made);
    tn_release(plan->vertices);
    tn_release(plan->vertex_of);
    tn_release(plan->groups);
    tn_release(plan->output_vertex);
    tn_release(plan->slots);
    tn_free(plan->constants);
    tn_release(plan->instructions);
    tn_release(plan->chains);
    tn_release(plan->stages);
    tn_free(plan->arena);
    tn_free(plan->scratch);
    tn_profile_free(plan->profile);
    tn_release(plan);
}

/* The memory of a root (a leaf or a computed vertex) as an operand, read whole. */
static tn_operand whole(const tn_vertex *root)
{
    return (tn_operand){.slot = root->slot, .offset = root->place, .home = root->home};
}

static tn_operand input_operand(const tn_plan *plan, const tn_vertex *v, int k)
{
    tn_source s = tn_plan_source(plan, v, k);
    const tn_vertex *root = &plan->vertices[s.root];
    int64_t size = (int64_t)tn_dtype_size(root->node->dtype);
    tn_operand operand = whole(root);
    operand.offset += s.offset * size;
    operand.rows = s.rows;
    operand.cols = s.cols;
    operand.rs = s.rs;
    operand.cs = s.cs;
    if (v->combine) { /* one result per segment, each padded */
        operand.rows = plan->chains[root->chain].units;
        operand.rs = operand.rows ? root->bytes / operand.rows / size : 0;
    } else if (v->mode == TN_BY_COLUMNS) operand.column_step = v->elementwise ? s.cs * size : 0;
    else if (s.step && v->mode == TN_BY_ROWS) {
        int64_t items = tn_shape_dim0(plan->vertices[v->in[k]].node->shape);
        operand.item_step = s.step * size;
        operand.rows = items ? s.rows / items : 0;
    }
    return operand;
}

static tn_operand output_operand(const tn_plan *plan, const tn_vertex *v)
{
    tn_shape shape = v->node->shape;
    int64_t size = (int64_t)tn_dtype_size(v->node->dtype), items = tn_shape_dim0(shape);
    tn_operand operand = whole(v);
    operand.rows = tn_shape_rows(shape);
    operand.cols = operand.rs = tn_shape_cols(shape);
    operand.cs = 1;
    if (v->reduce) operand.segment_step = v->bytes / plan->chains[v->chain].units;
    else if (v->mode == TN_BY_COLUMNS) operand.column_step = size;
    else if (v->mode == TN_BY_ROWS) {
        operand.item_step = tn_shape_stride0(shape) * size;
        operand.rows = items ? operand.rows / items : 0;
    }
    if (v->stride) {
        operand.rs = v->stride;
        if (operand.item_step) operand.item_step = v->stride * size;
    }
    return operand;
}

/* How many row-wise instructions follow each other. */
static void count_runs(tn_plan *plan)
{
    for (int c = 0; c < plan->n_chains; c++) {
        tn_instruction *first = &plan->instructions[plan->chains[c].first];
        for (int i = plan->chains[c].count - 1, run = 0; i >= 0; i--) {
            run = first[i].reduce ? 0 : run + 1;
            first[i].run = run;
        }
    }
}

/* Instructions, chain by chain, in the order of the vertices. What a partner makes needs none of its own. */
static tn_status write_instructions(tn_plan *plan, tn_error *error)
{
    for (int i = 0; i < plan->n_vertices; i++)
        if (plan->vertices[i].second) plan->chains[plan->vertices[i].chain].count--;
    for (int c = 0; c < plan->n_chains; c++) {
        plan->chains[c].first = plan->n_instructions;
        plan->n_instructions += plan->chains[c].count;
        plan->chains[c].count = 0;
    }
    plan->instructions = tn_calloc((size_t)plan->n_instructions, sizeof *plan->instructions);
    if (!plan->instructions) return tn_fail(error, TN_ENOMEM, "no memory for a plan");
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED || v->second) continue;
        tn_chain *chain = &plan->chains[v->chain];
        tn_instruction *to = &plan->instructions[chain->first + chain->count++];
        *to = (tn_instruction){.kernel = v->kernel, .node = v->node, .vertex = i, .n_in = v->n_in, .reduce = v->reduce};
        to->out = output_operand(plan, v);
        if (v->partner >= 0) to->second = output_operand(plan, &plan->vertices[v->partner]);
        for (int k = 0; k < v->n_in; k++) to->in[k] = input_operand(plan, v, k);
    }
    return TN_OK;
}

/* A plan of less work than this, which one thread does in about 50 us, runs on one. */
static const double work_of_threads = 1 << 20;

/* What one run does, roughly: operations on numbers, and numbers read and written. */
static double work(const tn_plan *plan)
{
    double total = 0;
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_node *node = plan->vertices[i].node;
        if (plan->vertices[i].kind != TN_VERTEX_COMPUTED) continue;
        double size = (double)tn_shape_size(node->shape);
        total += size + tn_node_flop(node);
        for (int k = 0; k < node->n_in; k++) total += (double)tn_shape_size(node->in[k]->shape);
    }
    return total;
}

/* As many as are set, but no more than find pieces of work at once, and one for little work: waking threads and waiting
 * for them takes longer than that, and much longer where other programs want the processors too. */
static int choose_threads(const tn_plan *plan)
{
    int64_t pieces = 1, threads = tn_threads();
    if (plan->options & TN_PLAN_SPREAD) return (int)threads;
    if (work(plan) < work_of_threads) return 1;
    for (int s = 0; s < plan->n_stages; s++)
        if (plan->stages[s].units > pieces) pieces = plan->stages[s].units;
    return (int)(threads < pieces ? threads : pieces);
}

static tn_plan *compile(tn_graph *g, unsigned options, tn_error *error)
{
    tn_plan *plan = tn_calloc(1, sizeof *plan);
    if (!plan) {
        tn_fail(error, TN_ENOMEM, "no memory for a plan");
        return NULL;
    }
    plan->g = g;
    plan->n_outputs = g->n_outputs;
    plan->options = options & TN_PLAN_CHECK ? options | TN_PLAN_UNFUSED : options;
    tn_status status = tn_plan_collect(plan, error);
    if (!status) status = tn_plan_divide(plan, error);
    if (!status) status = tn_plan_stage(plan, error);
    if (!status) plan->threads = choose_threads(plan);
    if (!status) status = tn_plan_stride(plan, error);
    if (!status) status = tn_plan_place(plan, error);
    if (!status) status = write_instructions(plan, error);
    if (!status && plan->options & TN_PLAN_PROFILE && !(plan->profile = tn_profile_new(plan)))
        status = tn_fail(error, TN_ENOMEM, "no memory for a profile");
    if (!status) {
        count_runs(plan);
        return plan;
    }
    tn_plan_free(plan);
    return NULL;
}

/* Whether something is computed again. */
static bool repeats(const tn_plan *plan)
{
    for (int i = 0; i < plan->n_vertices; i++)
        if (tn_plan_is_late(plan, plan->vertices[i].node)) return true;
    return false;
}

tn_plan *tn_plan_new(tn_graph *g, unsigned options, tn_error *error)
{
    if (!g) g = &tn_no_graph;
    if (g->error.status) {
        tn_fail(error, g->error.status, "%s", g->error.message);
        return NULL;
    }
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i]->params && !g->nodes[i]->params->data) {
            tn_fail(error, TN_EINVAL, "%s: its set must be sealed before planning", tn_node_words(g->nodes[i]).text);
            return NULL;
        }
    if (options & ~(unsigned)TN_PLAN_OPTIONS) {
        tn_fail(error, TN_EINVAL, "tn_plan_new: there is no option %u", options & ~(unsigned)TN_PLAN_OPTIONS);
        return NULL;
    }
    tn_plan *plan = compile(g, options, error);
    if (!plan || options & TN_PLAN_REPEAT || !repeats(plan)) return plan;
    /* Where the work of all segments is done in one stage, computing again frees nothing in between. */
    tn_plan *keeping = compile(g, options | TN_PLAN_KEEP, error);
    bool worth = keeping && tn_plan_memory(plan) < tn_plan_memory(keeping);
    tn_plan_free(worth || !keeping ? keeping : plan);
    if (!keeping) tn_plan_free(plan);
    return worth ? plan : keeping;
}

/* Names the inputs that there are. */
static tn_status no_such_input(const tn_plan *plan, const char *name, tn_error *error)
{
    char names[400] = "";
    for (int i = TN_SLOT_FIRST_FREE; i < plan->n_slots; i++) {
        size_t used = strlen(names);
        if (plan->slots[i].input)
            snprintf(names + used, sizeof names - used, "%s%.60s", used ? ", " : "", plan->slots[i].input);
    }
    return tn_fail(error, TN_ENAME, "the plan has no input %s, only: %s", name, *names ? names : "none");
}

tn_status tn_bind(tn_plan *plan, const char *name, const void *data, tn_error *error)
{
    if (!plan || !name)
        return tn_fail(error, TN_EINVAL, "tn_bind: there is no %s: NULL instead of one", plan ? "name" : "plan");
    for (int i = TN_SLOT_FIRST_FREE; i < plan->n_slots; i++)
        if (plan->slots[i].input && !strcmp(plan->slots[i].input, name)) {
            plan->slots[i].base = (char *)data;
            return TN_OK;
        }
    /* An input that no output needs may be bound all the same. */
    if (tn_graph_find_input(plan->g, name)) return TN_OK;
    return no_such_input(plan, name, error);
}

const void *tn_result(const tn_plan *plan, const char *name)
{
    for (int i = 0; plan && name && i < plan->n_outputs; i++) {
        const char *output = plan->g->outputs[i].name;
        if (!output || strcmp(output, name)) continue;
        const tn_vertex *v = &plan->vertices[plan->output_vertex[i]];
        int64_t offset = 0;
        for (; v->kind == TN_VERTEX_ALIAS; v = &plan->vertices[v->in[0]])
            offset += v->offset * (int64_t)tn_dtype_size(v->node->dtype);
        const char *base = plan->slots[v->slot].base;
        return base ? base + v->place + offset : NULL;
    }
    return NULL;
}

size_t tn_plan_memory(const tn_plan *plan)
{
    return !plan ? 0 : (size_t)(plan->arena_bytes + plan->scratch_bytes * plan->threads);
}
