/* The rules of plans: see plan_rules.h. Conditions are tested with if, as an assertion of Check writes to a file each
 * time. */
#include "config.h"
#include "plan_rules.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Where an instruction runs: its stage, its chain, its place in the list of all instructions, and the first and the
 * last place of its run, which a tile goes through block by block. */
typedef struct moment {
    int stage, chain, place, first, last;
} moment;

static moment *moments(const tn_plan *plan)
{
    moment *of = calloc((size_t)plan->n_vertices, sizeof *of);
    for (int c = 0; c < plan->n_chains; c++)
        for (int i = 0, first = 0, length = 0; i < plan->chains[c].count; i++) {
            int place = plan->chains[c].first + i;
            if (i == 0 || first + length <= place) {
                first = place;
                length = plan->instructions[place].run > 1 ? plan->instructions[place].run : 1;
            }
            int vertex = plan->instructions[place].vertex, partner = plan->vertices[vertex].partner;
            of[vertex] = (moment){plan->chains[c].stage, c, place, first, first + length - 1};
            if (partner >= 0) of[partner] = of[vertex]; /* made at once */
        }
    return of;
}

/* Whoever reads a result runs in a later stage, or later in the same chain and then only the same block of it. */
static void check_order(const tn_plan *plan, const moment *of)
{
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_COMPUTED) continue;
        for (int k = 0; k < v->n_in; k++) {
            tn_source s = tn_plan_source(plan, v, k);
            if (plan->vertices[s.root].kind != TN_VERTEX_COMPUTED || of[s.root].stage < of[i].stage) continue;
            if (of[s.root].chain != of[i].chain || of[s.root].place >= of[i].place || s.offset != 0 ||
                (!s.itemwise && v->mode != TN_BY_COLUMNS))
                ck_abort_msg("vertex %d reads %d too early", i, s.root);
        }
    }
}

/* When a result is there and when it is last read: in stages in the arena, in instructions in a scratch. Blocks pass
 * through a run one after the other, so in a tile's scratch a result is there for whole runs. */
static int begin(const tn_vertex *v, const moment *at)
{
    return v->home == TN_HOME_MEMORY ? at->stage : v->home == TN_HOME_TILE ? at->first : at->place;
}

static int end(const tn_vertex *v, const moment *reader)
{
    return v->home == TN_HOME_MEMORY ? reader->stage : v->home == TN_HOME_TILE ? reader->last : reader->place;
}

/* Two results that are alive at the same time do not share memory, and what lives in a block is read in its run only.
 */
static void check_places(const tn_plan *plan, const moment *of)
{
    int n = plan->n_vertices;
    ck_assert_int_gt(n, 0);
    int *last = calloc((size_t)n, sizeof *last);
    for (int i = 0; i < n; i++) last[i] = end(&plan->vertices[i], &of[i]);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < plan->vertices[i].n_in && plan->vertices[i].kind == TN_VERTEX_COMPUTED; k++) {
            int root = tn_plan_source(plan, &plan->vertices[i], k).root, at = end(&plan->vertices[root], &of[i]);
            if (at > last[root]) last[root] = at;
            if (plan->vertices[root].home == TN_HOME_BLOCK && of[i].first != of[root].first)
                ck_abort_msg("vertex %d reads %d after its run", i, root);
        }
    for (int i = 0; i < plan->n_outputs; i++) {
        int root = plan->output_vertex[i];
        while (plan->vertices[root].kind == TN_VERTEX_ALIAS) root = plan->vertices[root].in[0];
        last[root] = plan->n_stages;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            const tn_vertex *a = &plan->vertices[i], *b = &plan->vertices[j];
            if (a->kind != TN_VERTEX_COMPUTED || b->kind != TN_VERTEX_COMPUTED || a->slot || b->slot) continue;
            if (!a->home != !b->home || (a->home && of[i].chain != of[j].chain)) continue;
            bool apart = a->place + a->bytes <= b->place || b->place + b->bytes <= a->place;
            int64_t room = a->home ? plan->scratch_bytes : plan->arena_bytes;
            bool together = last[i] >= begin(b, &of[j]) && last[j] >= begin(a, &of[i]);
            if ((!apart && (together || a->home != b->home)) || a->place < 0 || a->place + a->bytes > room)
                ck_abort_msg("vertices %d and %d share memory, or %d has none", i, j, i);
        }
    free(last);
}

/* Nothing is computed for nobody: it would be written tile by tile where there is room for a block. */
static void check_readers(const tn_plan *plan)
{
    bool *wanted = calloc((size_t)plan->n_vertices, sizeof *wanted);
    for (int i = 0; i < plan->n_outputs; i++) {
        int root = plan->output_vertex[i];
        while (plan->vertices[root].kind == TN_VERTEX_ALIAS) root = plan->vertices[root].in[0];
        wanted[root] = true;
    }
    for (int i = 0; i < plan->n_vertices; i++)
        for (int k = 0; k < plan->vertices[i].n_in && plan->vertices[i].kind == TN_VERTEX_COMPUTED; k++)
            wanted[tn_plan_source(plan, &plan->vertices[i], k).root] = true;
    for (int i = 0; i < plan->n_vertices; i++)
        if (plan->vertices[i].kind == TN_VERTEX_COMPUTED && !wanted[i])
            ck_abort_msg("vertex %d is computed for nobody", i);
    free(wanted);
}

void check_plan_rules(const tn_plan *plan)
{
    moment *of = moments(plan);
    check_readers(plan);
    check_order(plan, of);
    check_places(plan, of);
    free(of);
}

int plan_count(const tn_plan *plan, const char *operation)
{
    int n = 0;
    for (int i = 0; i < plan->n_instructions; i++) n += !strcmp(plan->instructions[i].node->op->name, operation);
    return n;
}
