/* Results for each cell type and each type of synapses. */
#include "config.h"
#include "testing/by_type.h"
#include "testing/metrics_json.h"

#include <math.h>
#include <stdlib.h>

/* ---- cell types ---- */

/* [types] the mean over the neurons of each type of what is finite, NaN where nothing is; NULL without memory. */
static double *mean_of_types(const om_recording_circuit *c, const double *value)
{
    double *mean = tn_alloc((size_t)c->types * sizeof *mean);
    for (int64_t t = 0; t < c->types && mean; t++) {
        int64_t n = 0;
        for (int64_t i = 0; i < c->neurons; i++)
            if (c->type[i] == t && isfinite(value[i])) {
                mean[t] += value[i];
                n++;
            }
        mean[t] = n ? mean[t] / (double)n : NAN;
    }
    return mean;
}

double *om_error_of_types(const om_recording_circuit *c, const double *learned, const float *truth)
{
    double *square = tn_alloc((size_t)c->neurons * sizeof *square);
    for (int64_t i = 0; i < c->neurons && square; i++)
        square[i] = (learned[i] - (double)truth[i]) * (learned[i] - (double)truth[i]);
    double *error = square ? mean_of_types(c, square) : NULL;
    for (int64_t t = 0; t < c->types && error; t++) error[t] = sqrt(error[t]);
    tn_free(square);
    return error;
}

/* Takes the numbers [types] over. */
static json_t *list_of_types(const om_recording_circuit *c, double *number)
{
    json_t *list = number ? json_array() : NULL;
    for (int64_t t = 0; t < c->types && list; t++) om_json_append(&list, om_json_number(number[t]));
    tn_free(number);
    return list;
}

static json_t *mean_list(const om_recording_circuit *c, const double *value)
{
    return value ? list_of_types(c, mean_of_types(c, value)) : json_null();
}

static json_t *error_list(const om_recording_circuit *c, const double *learned, const float *truth)
{
    return truth ? list_of_types(c, om_error_of_types(c, learned, truth)) : json_null();
}

json_t *om_by_type_json(const om_results *r, const om_recording_circuit *c)
{
    if (!c->type || !c->type_names) return json_null();
    json_t *o = json_object(), *names = json_array();
    for (int64_t t = 0; t < c->types; t++) om_json_append(&names, json_string(c->type_names[t]));
    om_json_set(&o, "names", names);
    om_json_set(&o, "time_constant_rmse",
                error_list(c, r->inside.recovery.time_constant, r->truth.time_constant));
    om_json_set(&o, "resting_potential_rmse",
                error_list(c, r->inside.recovery.resting_potential, r->truth.resting_potential));
    om_json_set(&o, "rollout_rmse", mean_list(c, r->rollout_rmse));
    om_json_set(&o, "rollout_pearson", mean_list(c, r->rollout_pearson));
    om_json_set(&o, "oracle_rmse", mean_list(c, r->oracle_rmse));
    om_json_set(&o, "oracle_pearson", mean_list(c, r->oracle_pearson));
    return o;
}

/* ---- types of synapses ---- */

typedef struct member {
    int32_t source, target; /* types */
    int64_t synapse;
} member;

static int compare(const void *a, const void *b)
{
    const member *x = a, *y = b;
    if (x->source != y->source) return x->source < y->source ? -1 : 1;
    if (x->target != y->target) return x->target < y->target ? -1 : 1;
    return x->synapse < y->synapse ? -1 : x->synapse > y->synapse;
}

/* Synapses sorted by type; NULL without memory. */
static member *members_of(const om_recording_circuit *c)
{
    member *m = tn_alloc((size_t)c->synapses * sizeof *m);
    for (int64_t e = 0; e < c->synapses && m; e++) m[e] = (member){c->type[c->source[e]], c->type[c->target[e]], e};
    if (m) qsort(m, (size_t)c->synapses, sizeof *m, compare);
    return m;
}

enum { SOURCE, TARGET, SYNAPSES, TRUE_MEAN, LEARNED_MEAN, RMSE, IDENTIFIABLE, COLUMNS };
static const char *const column_names[COLUMNS] = {"source",       "target", "synapses",          "true_mean",
                                                  "learned_mean", "rmse",   "share_identifiable"};

/* The types of synapses, each a row of the columns; returns how many, and their mean weights. */
static int64_t fill(json_t **column, const om_results *r, const om_recording_circuit *c, const member *m,
                    double *learned_mean, float *true_mean)
{
    const om_recovery *inside = &r->inside.recovery;
    int64_t types = 0;
    for (int64_t begin = 0, end; begin < c->synapses; begin = end, types++) {
        double truth = 0, learned = 0, square = 0, identifiable = 0;
        for (end = begin; end < c->synapses && m[end].source == m[begin].source && m[end].target == m[begin].target;
             end++) {
            int64_t e = m[end].synapse;
            double exact = (double)r->truth.weight[e], found = inside->weight[e];
            truth += exact;
            learned += found;
            square += (found - exact) * (found - exact);
            identifiable += inside->identifiable[e] != 0;
        }
        double n = (double)(end - begin);
        true_mean[types] = (float)(truth / n);
        learned_mean[types] = learned / n;
        om_json_append(&column[SOURCE], json_string(c->type_names[m[begin].source]));
        om_json_append(&column[TARGET], json_string(c->type_names[m[begin].target]));
        om_json_append(&column[SYNAPSES], json_integer(end - begin));
        om_json_append(&column[TRUE_MEAN], om_json_number(truth / n));
        om_json_append(&column[LEARNED_MEAN], om_json_number(learned / n));
        om_json_append(&column[RMSE], om_json_number(sqrt(square / n)));
        om_json_append(&column[IDENTIFIABLE], om_json_number(identifiable / n));
    }
    return types;
}

json_t *om_by_synapse_type_json(const om_results *r, const om_recording_circuit *c)
{
    if (!c->type || !c->type_names || !r->truth.weight) return json_null();
    json_t *o = json_object(), *column[COLUMNS];
    for (int k = 0; k < COLUMNS; k++) column[k] = json_array();
    member *m = members_of(c);
    double *learned = tn_alloc((size_t)c->synapses * sizeof *learned);
    float *truth = tn_alloc((size_t)c->synapses * sizeof *truth);
    bool enough = m && learned && truth;
    om_score score = om_score_unknown;
    if (enough) score = om_score_neurons(learned, truth, fill(column, r, c, m, learned, truth));
    for (int k = 0; k < COLUMNS; k++) om_json_set(&o, column_names[k], column[k]);
    om_json_set(&o, "r2", om_json_number(score.r2));
    om_json_set(&o, "slope", om_json_number(score.slope));
    om_json_set(&o, "r2_identity", om_json_number(score.r2_identity));
    if (!enough) {
        json_decref(o);
        o = NULL;
    }
    tn_free(m);
    tn_free(learned);
    tn_free(truth);
    return o;
}
