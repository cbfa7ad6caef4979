/* What a circuit must be before anybody computes with it. */
#include "config.h"
#include "common/dataset_parts.h"
#include "common/no_memory.h"
#include "common/text.h"
#include "models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where a check looks, for its message. */
typedef struct place {
    const char *file;
    tn_status status;
    tn_error *error;
} place;

static tn_status check_size(const place *at, const char *what, int64_t size, int64_t least)
{
    if (size >= least && size <= INT32_MAX) return TN_OK;
    return tn_fail(at->error, at->status, "%s: %lld %s, expected %lld to 2^31 - 1", at->file, (long long)size, what,
                   (long long)least);
}

/* Both or none. */
static tn_status check_pair(const place *at, const char *a_name, const void *a, const char *b_name, const void *b)
{
    if (!a == !b) return TN_OK;
    return tn_fail(at->error, at->status, "%s: %s is missing, which %s needs", at->file, a ? b_name : a_name,
                   a ? a_name : b_name);
}

static tn_status check_range(const place *at, const char *name, const int32_t *values, int64_t n, int64_t least,
                             int64_t most)
{
    for (int64_t i = 0; values && i < n; i++)
        if (values[i] < least || values[i] > most)
            return tn_fail(at->error, at->status, "%s: %s[%lld] is %d, expected %lld to %lld", at->file, name,
                           (long long)i, values[i], (long long)least, (long long)most);
    return TN_OK;
}

static tn_status check_synapses(const place *at, const om_recording_circuit *circuit)
{
    const int32_t *source = circuit->source, *target = circuit->target;
    if (circuit->synapses && (!source || !target))
        return tn_fail(at->error, at->status, "%s: /circuit/source and /circuit/target are missing", at->file);
    tn_status status = check_range(at, "/circuit/source", source, circuit->synapses, 0, circuit->neurons - 1);
    if (status == TN_OK)
        status = check_range(at, "/circuit/target", target, circuit->synapses, 0, circuit->neurons - 1);
    for (int64_t e = 1; e < circuit->synapses && status == TN_OK; e++) {
        if (target[e] > target[e - 1] || (target[e] == target[e - 1] && source[e] > source[e - 1])) continue;
        bool twice = target[e] == target[e - 1] && source[e] == source[e - 1];
        status = tn_fail(at->error, at->status,
                         "%s: /circuit: synapse %lld (target %d, source %d) %s synapse %lld (target %d, source %d), "
                         "expected them sorted by (target, source) and each once",
                         at->file, (long long)e, target[e], source[e], twice ? "repeats" : "follows", (long long)e - 1,
                         target[e - 1], source[e - 1]);
    }
    return status;
}

static tn_status check_inputs(const place *at, const om_recording_circuit *circuit)
{
    tn_status status = check_pair(at, "/circuit/is_input", circuit->is_input, "/circuit/column", circuit->column);
    if (status != TN_OK || !circuit->is_input) return status;
    status = check_range(at, "/circuit/column", circuit->column, circuit->neurons, -1, circuit->columns - 1);
    for (int64_t i = 0; i < circuit->neurons && status == TN_OK; i++) {
        if (circuit->is_input[i] > 1)
            status = tn_fail(at->error, at->status, "%s: /circuit/is_input[%lld] is %d, expected 0 or 1", at->file,
                             (long long)i, circuit->is_input[i]);
        else if (circuit->is_input[i] && circuit->column[i] < 0)
            status = tn_fail(at->error, at->status,
                             "%s: /circuit/column[%lld] is %d, expected a column: the neuron is an input", at->file,
                             (long long)i, circuit->column[i]);
    }
    return status;
}

static tn_status check_positions(const place *at, const om_recording_circuit *circuit)
{
    for (int64_t i = 0; circuit->position && i < 2 * circuit->columns; i++)
        if (!isfinite(circuit->position[i]))
            return tn_fail(at->error, at->status, "%s: /lattice/position[%lld, %lld] is %g, expected a finite number",
                           at->file, (long long)i / 2, (long long)i % 2, (double)circuit->position[i]);
    return TN_OK;
}

/* ---- Places of columns ---- */

typedef struct spot {
    double x, y;
    int64_t column;
} spot;

/* By the places, and columns at one place by their numbers. */
static int by_place(const void *a, const void *b)
{
    const spot *left = a, *right = b;
    if (left->x != right->x) return left->x < right->x ? -1 : 1;
    if (left->y != right->y) return left->y < right->y ? -1 : 1;
    return (left->column > right->column) - (left->column < right->column);
}

static tn_status check_apart(const place *at, const char *name, spot *spots, int64_t n)
{
    qsort(spots, (size_t)n, sizeof *spots, by_place);
    for (int64_t i = 1; i < n; i++)
        if (spots[i].x == spots[i - 1].x && spots[i].y == spots[i - 1].y)
            return tn_fail(at->error, at->status, "%s: %s: columns %lld and %lld are both at (%g, %g), expected each "
                           "at a place of its own", at->file, name, (long long)spots[i - 1].column,
                           (long long)spots[i].column, spots[i].x, spots[i].y);
    return TN_OK;
}

tn_status om_recording_check_places(const om_recording *recording, tn_error *error)
{
    const om_recording_circuit *c = &recording->circuit;
    const place at = {recording->path, TN_EFORMAT, error};
    spot *spots = calloc((size_t)c->columns + 1, sizeof *spots);
    tn_status status = spots ? TN_OK : om_no_memory(at.file, error);
    for (int64_t i = 0; c->u && i < c->columns && !status; i++) spots[i] = (spot){c->u[i], c->v[i], i};
    if (c->u && !status) status = check_apart(&at, "/lattice/u and v", spots, c->columns);
    for (int64_t i = 0; c->position && i < c->columns && !status; i++)
        spots[i] = (spot){c->position[2 * i], c->position[2 * i + 1], i};
    if (c->position && !status) status = check_apart(&at, "/lattice/position", spots, c->columns);
    free(spots);
    return status;
}

/* ---- Names of cell types ---- */

static tn_status check_name(const place *at, int64_t i, const char *name)
{
    tn_error why = {0};
    size_t length = strlen(name), valid = om_text_valid(name);
    if (valid < length)
        tn_fail(&why, TN_EFORMAT, "has the byte 0x%02X at %zu, expected UTF-8", (unsigned char)name[valid], valid);
    else
        om_name_check(name, length, &why);
    if (why.status == TN_OK) return TN_OK;
    return tn_fail(at->error, at->status, "%s: /circuit/type_names[%lld] %s", at->file, (long long)i, why.message);
}

/* By the names, and those of equal names by their places. */
static int by_name(const void *a, const void *b)
{
    const char *const *left = *(const char *const *const *)a, *const *right = *(const char *const *const *)b;
    int order = strcmp(*left, *right);
    return order ? order : (left > right) - (left < right);
}

/* Types are told apart by their names, in metrics and in test.traces. */
static tn_status check_names(const place *at, const om_recording_circuit *circuit)
{
    tn_status status = TN_OK;
    const char *const *names = circuit->type_names;
    for (int64_t i = 0; names && i < circuit->types && status == TN_OK; i++) status = check_name(at, i, names[i]);
    if (!names || status != TN_OK) return status;
    const char *const **sorted = calloc((size_t)circuit->types + 1, sizeof *sorted);
    if (!sorted) return om_no_memory(at->file, at->error);
    for (int64_t i = 0; i < circuit->types; i++) sorted[i] = &names[i];
    qsort(sorted, (size_t)circuit->types, sizeof *sorted, by_name);
    for (int64_t i = 1; i < circuit->types && status == TN_OK; i++)
        if (strcmp(*sorted[i - 1], *sorted[i]) == 0)
            status = tn_fail(at->error, at->status, "%s: /circuit/type_names[%lld] is \"%s\", as is [%lld]; expected "
                             "each name once", at->file, (long long)(sorted[i] - names), *sorted[i],
                             (long long)(sorted[i - 1] - names));
    free(sorted);
    return status;
}

tn_status om_recording_check_circuit(const om_recording_circuit *circuit, const char *where, tn_status violation,
                                     tn_error *error)
{
    const place at = {where, violation, error};
    tn_status status = check_size(&at, "neurons", circuit->neurons, 1);
    if (status == TN_OK) status = check_size(&at, "synapses", circuit->synapses, 0);
    if (status == TN_OK) status = check_size(&at, "columns", circuit->columns, 0);
    if (status == TN_OK) status = check_size(&at, "cell types", circuit->types, 0);
    if (status == TN_OK) status = check_synapses(&at, circuit);
    if (status == TN_OK) status = check_inputs(&at, circuit);
    if (status == TN_OK) status = check_pair(&at, "/lattice/u", circuit->u, "/lattice/v", circuit->v);
    if (status == TN_OK) status = check_positions(&at, circuit);
    if (status == TN_OK)
        status = check_pair(&at, "/circuit/type", circuit->type, "/circuit/type_names", circuit->type_names);
    if (status == TN_OK)
        status = check_range(&at, "/circuit/type", circuit->type, circuit->neurons, 0, circuit->types - 1);
    return status == TN_OK ? check_names(&at, circuit) : status;
}

tn_status om_recording_check_delta_t(double delta_t, const char *where, tn_status status, tn_error *error)
{
    if (delta_t >= OM_LEAST_DELTA_T && delta_t <= OM_MOST_DELTA_T) return TN_OK;
    return tn_fail(error, status, "%s: delta_t (attribute) is %g, expected %g to %g seconds", where, delta_t,
                   OM_LEAST_DELTA_T, OM_MOST_DELTA_T);
}

tn_status om_recording_check_frames(const char *path, om_split split, om_recording_series series, const float *values,
                                    int64_t n, int64_t width, int64_t first, tn_status status, tn_error *error)
{
    static const float limits[OM_SERIES_COUNT] = {
        [OM_VOLTAGE] = OM_MOST_VOLTAGE, [OM_DERIVATIVE] = OM_MOST_DERIVATIVE, [OM_STIMULUS] = OM_MOST_VOLTAGE};
    const float most = limits[series];
    for (int64_t i = 0; i < n; i++) {
        const float *row = values + i * width;
        int bad = 0;
        for (int64_t k = 0; k < width; k++) bad |= !(fabsf(row[k]) <= most);
        for (int64_t k = 0; bad && k < width; k++)
            if (!(fabsf(row[k]) <= most))
                return tn_fail(error, status,
                               "%s: %s[%lld, %lld], frame %lld of %s %lld, is %g, expected a finite number from %g to "
                               "%g",
                               path, om_series_name[split][series], (long long)(first + i), (long long)k,
                               (long long)(first + i), series == OM_STIMULUS ? "column" : "neuron", (long long)k,
                               (double)row[k], -(double)most, (double)most);
    }
    return TN_OK;
}
