/* What happens to the result of a product is done while it is in registers: a product that nothing but a relu reads
 * becomes one that ends in a relu, and so does one read by nothing but the gradient of a relu. */
#include "config.h"
#include "core/memory.h"
#include "graph/plan.h"

/* How many vertices and outputs read each vertex; NULL when out of memory. */
static int *count_readers(const tn_plan *plan)
{
    int *readers = tn_calloc((size_t)plan->n_vertices, sizeof *readers);
    for (int i = 0; readers && i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        for (int k = 0; k < v->n_in; k++) readers[v->in[k]]++;
        readers[i] += v->output;
    }
    return readers;
}

/* The node of a packed product is the plan's own (plan_lower.c), so it may be changed. */
static tn_node *own_node(const tn_plan *plan, const tn_vertex *product)
{
    for (int i = 0; i < plan->n_made; i++)
        if (plan->made[i] == product->node) return plan->made[i];
    return NULL;
}

tn_status tn_plan_fuse(tn_plan *plan, tn_error *error)
{
    int *readers = count_readers(plan);
    if (!readers) return tn_fail(error, TN_ENOMEM, "no memory for a plan");
    for (int i = 0; i < plan->n_vertices; i++) {
        tn_vertex *v = &plan->vertices[i];
        tn_finish finish = v->node->op->finish;
        if (finish == TN_FINISH_NONE || v->kind != TN_VERTEX_COMPUTED || v->output) continue;
        tn_vertex *product = &plan->vertices[v->in[0]];
        if (product->kind != TN_VERTEX_COMPUTED || !product->node->attr.packed || product->node->attr.finish ||
            readers[v->in[0]] != 1 || (finish == TN_FINISH_WHERE && v->in[1] >= v->in[0]))
            continue;
        own_node(plan, product)->attr.finish = finish;
        if (finish == TN_FINISH_WHERE) {
            product->itemwise |= 1u << product->n_in;
            product->in[product->n_in++] = v->in[1];
        }
        *v = (tn_vertex){.node = v->node, .kind = TN_VERTEX_ALIAS, .n_in = 1, .in = {v->in[0]}, .itemwise = 1,
                         .partner = -1};
    }
    tn_release(readers);
    return TN_OK;
}
