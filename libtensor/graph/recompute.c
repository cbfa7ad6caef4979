/* Segments that gradients compute again instead of keeping what the forward pass made of them: the gradient then reads
 * copies of the segment's nodes, which the planner schedules late (plan_stage.c). */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"

/* Walks back from the last node of the segment, as far as leaves, nodes of other segments and what is to be kept. */
static void mark_members(tn_graph *g, tn_segment *segment, int number, bool *keep)
{
    g->nodes[segment->last]->segment = number;
    for (int id = segment->last; id >= 0; id--) {
        tn_node *node = g->nodes[id];
        if (node->segment != number) continue;
        segment->first = id;
        for (int k = 0; k < node->n_in; k++) {
            tn_node *input = node->in[k];
            if (!input->segment && !keep[input->id] && !(input->op->flags & TN_OP_LEAF)) input->segment = number;
        }
    }
}

tn_node *tn_recompute(tn_graph *g, tn_node *output, int n, tn_node *const *inputs)
{
    if (!tn_graph_owns(g, "recompute", 1, &output) || !tn_graph_owns(g, "recompute", n, inputs)) return tn_failed(g);
    bool *keep = tn_calloc((size_t)g->n_nodes, sizeof *keep);
    if (!keep || !TN_RESERVE(g->segments, g->n_segments, g->segments_capacity)) {
        tn_release(keep);
        return tn_graph_fail(g, TN_ENOMEM, "no memory for a segment");
    }
    for (int i = 0; i < n; i++) keep[inputs[i]->id] = true;
    if (!output->segment && !keep[output->id] && !(output->op->flags & TN_OP_LEAF)) {
        tn_segment *segment = &g->segments[g->n_segments++];
        *segment = (tn_segment){output->id, output->id};
        mark_members(g, segment, g->n_segments, keep);
    }
    tn_release(keep);
    return output;
}

void tn_segment_copy(tn_graph *g, const tn_node *member, const tn_node *arrived, tn_node **copy)
{
    int number = member->segment;
    tn_segment segment = g->segments[number - 1];
    for (int id = segment.first; id <= member->id; id++) {
        const tn_node *node = g->nodes[id];
        tn_node *in[TN_MAX_INPUTS];
        if (node->segment != number) continue;
        for (int k = 0; k < node->n_in; k++) {
            tn_node *input = node->in[k];
            in[k] = input->segment == number ? copy[input->id] : input;
        }
        copy[id] = tn_graph_copy(g, node, in);
        if (tn_has_failed(g)) return;
        copy[id]->origin.gradient_of = g->origin.gradient_of; /* its place is that of the node */
        copy[id]->original = node->original ? node->original : node;
        copy[id]->after[0] = g->nodes[segment.last];
        copy[id]->after[1] = arrived;
    }
}
