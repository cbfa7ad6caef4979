/* Running a plan: one parallel region walks the stages; within a stage threads take pieces of work from a counter.
 * Which thread does a piece does not matter to the result, nor whether a thread comes late: the others wait for the
 * pieces of a stage, not for threads, so that one which is not running yet holds up no one. */
#include "config.h"
#include "core/memory.h"
#include "graph/plan.h"
#include "graph/profile.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* A piece of work: the first item, how many, the slice of columns, the segment; and where its tile began. */
typedef struct block {
    int64_t item, items, tile, column, columns, segment;
    char *scratch;
    tn_stopwatch *watch; /* NULL without a profile */
    bool first;          /* of its segment */
} block;

static inline tn_matrix locate(const tn_plan *plan, const tn_operand *operand, const block *b, bool sliced)
{
    const char *base = operand->home == TN_HOME_MEMORY ? plan->slots[operand->slot].base : b->scratch;
    int64_t item = operand->home == TN_HOME_MEMORY ? b->item : operand->home == TN_HOME_TILE ? b->item - b->tile : 0;
    base += item * operand->item_step;
    base += operand->offset + b->column * operand->column_step + b->segment * operand->segment_step;
    return (tn_matrix){.data = (char *)base,
                       .rows = operand->item_step ? operand->rows * b->items : operand->rows,
                       .cols = sliced && operand->column_step ? b->columns : operand->cols,
                       .rs = operand->rs, .cs = operand->cs};
}

/* So many instructions, one after the other, on one block. */
static void run_block(const tn_plan *plan, const tn_instruction *instruction, int count, const block *b, bool sliced)
{
    for (int i = 0; i < count; i++, instruction++) {
        tn_call call = {.node = instruction->node, .item = b->item, .items = b->items, .column = b->column,
                        .first = b->first, .reduce = instruction->reduce};
        call.out = locate(plan, &instruction->out, b, sliced);
        if (sliced) call.out.cols = b->columns;
        call.second = locate(plan, &instruction->second, b, sliced);
        for (int k = 0; k < instruction->n_in; k++) call.in[k] = locate(plan, &instruction->in[k], b, sliced);
        instruction->kernel(&call);
        tn_stopwatch_lap(b->watch, instruction - plan->instructions);
    }
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Row-wise instructions that follow each other go through a tile block by block, so that what one hands to the next is
 * still in the nearest cache; sums over items take the tile as a whole. */
static void run_tile(const tn_plan *plan, const tn_chain *chain, const block *tile)
{
    for (int i = 0; i < chain->count;) {
        const tn_instruction *instruction = &plan->instructions[chain->first + i];
        int run = instruction->run > 1 ? instruction->run : 1;
        block b = *tile;
        int64_t step = run > 1 ? chain->block : tile->items;
        do {
            b.items = smaller(step, tile->tile + tile->items - b.item);
            run_block(plan, instruction, run, &b, false);
            b.item += step;
        } while (b.item < tile->tile + tile->items);
        i += run;
    }
}

static void run_unit(const tn_plan *plan, const tn_chain *chain, int64_t unit, char *scratch, tn_stopwatch *watch)
{
    block b = {.items = chain->items, .columns = chain->columns, .scratch = scratch, .watch = watch, .first = true};
    tn_stopwatch_start(watch);
    if (chain->mode == TN_BY_COLUMNS) {
        b.column = unit * TN_WIDE_COLUMNS;
        b.columns = smaller(TN_WIDE_COLUMNS, chain->columns - b.column);
    }
    if (chain->mode != TN_BY_ROWS) {
        run_block(plan, &plan->instructions[chain->first], chain->count, &b, chain->mode == TN_BY_COLUMNS);
        return;
    }
    int64_t last = smaller(chain->items, (unit + 1) * chain->steps / chain->units * chain->step);
    b.segment = unit;
    b.item = unit * chain->steps / chain->units * chain->step;
    do { /* once even where there is nothing to sum: the sum is then 0 */
        b.tile = b.item;
        b.items = smaller(chain->tile, last - b.item);
        run_tile(plan, chain, &b);
        b.item += chain->tile;
        b.first = false;
    } while (b.item < last);
}

/* Whoever finishes the last piece opens the gate to the next stage. */
static void run_stage(const tn_plan *plan, tn_stage *stage, char *scratch, tn_stopwatch *watch)
{
    int64_t mine = 0, unit;
    while ((unit = atomic_fetch_add_explicit(&stage->next, 1, memory_order_relaxed)) < stage->units) {
        const tn_chain *chain = &plan->chains[stage->first];
        while (unit >= chain->units) unit -= (chain++)->units;
        run_unit(plan, chain, unit, scratch, watch);
        mine++;
    }
    if (mine && atomic_fetch_add_explicit(&stage->done, mine, memory_order_acq_rel) + mine == stage->units)
        tn_gate_open(&stage->over);
}

static void prepare_stage(tn_stage *stage)
{
    atomic_store_explicit(&stage->next, 0, memory_order_relaxed);
    atomic_store_explicit(&stage->done, 0, memory_order_relaxed);
    tn_gate_close(&stage->over);
}

static int64_t first_bad(const void *data, tn_dtype dtype, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(dtype == TN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i])) return i;
    return -1;
}

/* In a checking plan each stage is one vertex: is all that it made finite? */
static tn_status inspect(const tn_plan *plan, const tn_stage *stage, tn_error *error)
{
    const tn_instruction *instruction = &plan->instructions[plan->chains[stage->first].first];
    const tn_vertex *v = &plan->vertices[instruction->vertex];
    if (v->reduce && plan->chains[stage->first].units > 1) return TN_OK; /* its sum follows */
    const char *data = plan->slots[v->slot].base + v->place;
    int64_t bad = first_bad(data, v->node->dtype, tn_shape_size(v->node->shape));
    if (bad < 0) return TN_OK;
    double value = v->node->dtype == TN_F64 ? ((const double *)data)[bad] : (double)((const float *)data)[bad];
    char inputs[512] = "";
    size_t used = 0;
    for (int k = 0; k < v->node->n_in && used < sizeof inputs; k++)
        used += (size_t)snprintf(inputs + used, sizeof inputs - used, "%s%s", k ? ", " : " of ",
                                 tn_node_words(v->node->in[k]).text);
    return tn_fail(error, TN_ENUMERIC, "element %lld of %s%s is %g", (long long)bad, tn_node_words(v->node).text,
                   inputs, value);
}

/* Fills the result of an operation of the user's with NaN, so that elements which its kernel leaves out are found. */
static void forget(const tn_plan *plan, const tn_stage *stage)
{
    const tn_vertex *v = &plan->vertices[plan->instructions[plan->chains[stage->first].first].vertex];
    bool custom = v->node->op->flags & TN_OP_CUSTOM && v->kernel == v->node->op->kernel[v->node->dtype == TN_F64];
    size_t bytes = (size_t)tn_shape_size(v->node->shape) * tn_dtype_size(v->node->dtype);
    if (custom) memset(plan->slots[v->slot].base + v->place, 0xff, bytes);
}

static tn_status inspect_leaves(const tn_plan *plan, tn_error *error)
{
    for (int i = 0; i < plan->n_vertices; i++) {
        const tn_vertex *v = &plan->vertices[i];
        if (v->kind != TN_VERTEX_LEAF || v->node->dtype == TN_I32) continue;
        int64_t bad = first_bad(plan->slots[v->slot].base + v->place, v->node->dtype, tn_shape_size(v->node->shape));
        if (bad >= 0)
            return tn_fail(error, TN_ENUMERIC, "element %lld of %s is not finite", (long long)bad,
                           tn_node_words(v->node).text);
    }
    return TN_OK;
}

static tn_status not_bound(const tn_plan *plan, int slot, tn_error *error)
{
    const tn_vertex *v = plan->vertices;
    while (v->kind != TN_VERTEX_LEAF || v->slot != slot) v++;
    return tn_fail(error, TN_EINVAL, "%s (%s) is not bound: give its memory with tn_bind before tn_run",
                   tn_node_words(v->node).text, tn_dtype_name(v->node->dtype));
}

/* One vertex after the other, on one thread; each is inspected. */
static tn_status run_checked(tn_plan *plan, tn_error *error)
{
    tn_stopwatch watch;
    tn_status status = inspect_leaves(plan, error);
    for (int s = 0; s < plan->n_stages && !status; s++) {
        forget(plan, &plan->stages[s]);
        run_stage(plan, &plan->stages[s], plan->scratch, tn_profile_watch(plan->profile, 0, 1, &watch));
        status = inspect(plan, &plan->stages[s], error);
    }
    return status;
}

static void run_together(tn_plan *plan)
{
#pragma omp parallel num_threads(plan->threads) if (plan->threads > 1)
    {
        int me = omp_get_thread_num();
        char *scratch = plan->scratch + plan->scratch_bytes * me;
        tn_stopwatch own, *watch = tn_profile_watch(plan->profile, me, omp_get_num_threads(), &own);
        for (int s = 0; s < plan->n_stages; s++) {
            run_stage(plan, &plan->stages[s], scratch, watch);
            if (s + 1 < plan->n_stages) tn_gate_wait(&plan->stages[s].over);
        }
    }
}

tn_status tn_run(tn_plan *plan, tn_error *error)
{
    if (!plan) return tn_fail(error, TN_EINVAL, "tn_run: there is no plan: NULL instead of one");
    for (int i = TN_SLOT_FIRST_FREE; i < plan->n_slots; i++)
        if (!plan->slots[i].base) return not_bound(plan, i, error);
    for (int s = 0; s < plan->n_stages; s++) prepare_stage(&plan->stages[s]);
    int64_t start = plan->profile ? tn_clock() : 0;
    tn_status status = TN_OK;
    if (plan->options & TN_PLAN_CHECK) status = run_checked(plan, error);
    else run_together(plan);
    if (plan->profile) tn_profile_run(plan->profile, tn_clock() - start);
    return status;
}
