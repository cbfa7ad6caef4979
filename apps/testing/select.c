/* Which neurons are shown: one of each chosen cell type, nearest to the chosen column of the eye. */
#include "config.h"
#include "testing/results.h"
#include "common/no_memory.h"

#include <string.h>

enum { SPREAD = 10 }; /* types shown if none are chosen */

static int64_t type_of_name(const om_recording_circuit *c, const char *name)
{
    for (int64_t t = 0; t < c->types; t++)
        if (c->type_names && !strcmp(c->type_names[t], name)) return t;
    return -1;
}

/* Squared distance between columns in the plane, in lattice units; far if a neuron has no column. */
static double distance(const om_recording_circuit *c, int64_t neuron, int64_t column)
{
    if (!c->position || !c->column || c->column[neuron] < 0) return 1e30;
    const float *a = c->position + 2 * c->column[neuron], *b = c->position + 2 * column;
    double x = (double)a[0] - b[0], y = (double)a[1] - b[1];
    return x * x + y * y;
}

static int64_t central_column(const om_recording_circuit *c)
{
    int64_t best = 0;
    for (int64_t i = 0; i < c->columns && c->position; i++) {
        const float *p = c->position + 2 * i, *q = c->position + 2 * best;
        if (p[0] * p[0] + p[1] * p[1] < q[0] * q[0] + q[1] * q[1]) best = i;
    }
    return best;
}

static int64_t nearest_of_type(const om_recording_circuit *c, int64_t type, int64_t column)
{
    int64_t best = -1;
    for (int64_t i = 0; i < c->neurons; i++)
        if (c->type[i] == type && (best < 0 || distance(c, i, column) < distance(c, best, column))) best = i;
    return best;
}

tn_status om_results_select(om_selected *s, const om_experiment *e, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    const om_strings *names = &e->config->test.traces;
    int64_t column = e->config->test.column;
    if (column >= c->columns)
        return tn_fail(error, TN_EFORMAT, "test.column: %lld is not below the %lld columns of the recording",
                       (long long)column, (long long)c->columns);
    if (column < 0) column = central_column(c);
    bool typed = c->type && c->types > 0;
    int64_t possible = typed ? c->types : c->neurons, wanted = names->count ? names->count : SPREAD;
    if (!names->count && wanted > possible) wanted = possible;
    s->neuron = tn_alloc((size_t)wanted * sizeof *s->neuron);
    if (!s->neuron) return om_no_memory(NULL, error);
    for (int64_t k = 0; k < wanted; k++) {
        int64_t choice = possible * k / wanted;
        if (names->count && (choice = typed ? type_of_name(c, names->at[k]) : -1) < 0)
            return tn_fail(error, TN_EFORMAT, "test.traces: the recording has no cell type %s", names->at[k]);
        int64_t neuron = typed ? nearest_of_type(c, choice, column) : choice;
        if (neuron >= 0) s->neuron[s->n++] = neuron;
    }
    return TN_OK;
}
