/* Results as JSON. */
#include "config.h"
#include "testing/metrics_json.h"
#include "common/no_memory.h"
#include "common/output.h"
#include "testing/by_type.h"

#include <errno.h>
#include <math.h>
#include <string.h>

json_t *om_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

void om_json_set(json_t **object, const char *name, json_t *value)
{
    if (json_object_set_new(*object, name, value) == 0) return;
    json_decref(*object);
    *object = NULL;
}

void om_json_append(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) == 0) return;
    json_decref(*array);
    *array = NULL;
}

typedef struct entry {
    const char *name;
    double value;
} entry;

#define OBJECT(...) object((const entry[]){__VA_ARGS__}, sizeof((const entry[]){__VA_ARGS__}) / sizeof(entry))

static json_t *object(const entry *entries, size_t n)
{
    json_t *o = json_object();
    for (size_t i = 0; i < n; i++) om_json_set(&o, entries[i].name, om_json_number(entries[i].value));
    return o;
}

static json_t *weights(const om_results *r)
{
    const om_weight_score *in = &r->inside.weights, *pub = &r->published.weights;
    json_t *o = json_object();
    om_json_set(&o, "in_distribution",
                OBJECT({"r2", in->all.r2}, {"slope", in->all.slope}, {"r2_identity", in->all.r2_identity},
                       {"r2_identifiable", in->identifiable.r2},
                       {"share_identifiable", in->share_identifiable}, {"spearman", in->spearman}));
    om_json_set(&o, "published",
                OBJECT({"r2", pub->all.r2}, {"slope", pub->all.slope}, {"r2_filtered", pub->filtered.r2},
                       {"r2_identity", pub->all.r2_identity}, {"spearman", pub->spearman}));
    return o;
}

static json_t *neurons(const om_score *in, const om_score *pub)
{
    json_t *o = json_object();
    om_json_set(&o, "in_distribution",
                OBJECT({"r2", in->r2}, {"slope", in->slope}, {"r2_identity", in->r2_identity}));
    om_json_set(&o, "published",
                OBJECT({"r2", pub->r2}, {"slope", pub->slope}, {"r2_identity", pub->r2_identity}));
    return o;
}

static json_t *embedding(const om_results *r)
{
    const om_type_score *in = &r->inside.types, *pub = &r->published.types;
    json_t *o = OBJECT({"accuracy", pub->accuracy}, {"ari", pub->ari}, {"nmi", pub->nmi});
    om_json_set(&o, "in_distribution", OBJECT({"accuracy", in->accuracy}, {"ari", in->ari}, {"nmi", in->nmi}));
    return o;
}

static json_t *traces(const om_trace_score *s)
{
    json_t *o = OBJECT({"rmse_mean", s->rmse_mean}, {"rmse_sd", s->rmse_sd}, {"pearson_mean", s->pearson_mean},
                       {"pearson_sd", s->pearson_sd});
    om_json_set(&o, "frames", json_integer(s->frames));
    return o;
}

static json_t *rollout(const om_results *r)
{
    json_t *o = traces(&r->rollout);
    om_json_set(&o, "oracle", traces(&r->oracle));
    om_json_set(&o, "split", json_string(r->split == OM_TRAIN ? "train" : "test"));
    return o;
}

/* What least squares make of the same recording. */
static json_t *yardstick(const om_results *r)
{
    const om_readout_results *y = &r->yardstick;
    json_t *o = OBJECT({"picture_r2_median", y->recovery.fit_r2});
    om_json_set(&o, "weights",
                OBJECT({"r2", y->weights.all.r2}, {"slope", y->weights.all.slope},
                       {"r2_identity", y->weights.all.r2_identity},
                       {"r2_identifiable", y->weights.identifiable.r2},
                       {"share_identifiable", y->weights.share_identifiable},
                       {"spearman", y->weights.spearman}));
    om_json_set(&o, "time_constant",
                OBJECT({"r2", y->time_constant.r2}, {"slope", y->time_constant.slope},
                       {"r2_identity", y->time_constant.r2_identity}));
    om_json_set(&o, "resting_potential",
                OBJECT({"r2", y->resting_potential.r2}, {"slope", y->resting_potential.slope},
                       {"r2_identity", y->resting_potential.r2_identity}));
    return o;
}

static json_t *ablation(const om_results *r, double share)
{
    if (!(share > 0)) return json_null();
    json_t *o = traces(&r->ablation);
    om_json_set(&o, "share", om_json_number(share));
    om_json_set(&o, "unaware", traces(&r->ablation_unaware));
    return o;
}

json_t *om_results_json(const om_results *r, const om_experiment *e, const om_run_facts *run)
{
    json_t *o = json_object();
    om_json_set(&o, "format", json_string("metrics/1"));
    om_json_set(&o, "stimulus",
                OBJECT({"r2", r->stimulus.r2}, {"r2_raw", r->stimulus.r2_identity},
                       {"r2_first_8527", r->stimulus_first.r2}, {"r2_solved", r->stimulus_solved.r2},
                       {"a", r->stimulus.slope}, {"b", r->stimulus.offset}));
    om_json_set(&o, "weights", weights(r));
    om_json_set(&o, "time_constant", neurons(&r->inside.time_constant, &r->published.time_constant));
    om_json_set(&o, "resting_potential", neurons(&r->inside.resting_potential, &r->published.resting_potential));
    om_json_set(&o, "embedding", embedding(r));
    om_json_set(&o, "one_step", traces(&r->one_step));
    om_json_set(&o, "rollout", rollout(r));
    om_json_set(&o, "picture_r2_median", om_json_number(r->inside.recovery.fit_r2));
    om_json_set(&o, "yardstick", yardstick(r));
    om_json_set(&o, "ablation", ablation(r, e->config->test.ablation));
    om_json_set(&o, "by_type", om_by_type_json(r, om_recording_circuit_of(e->recording)));
    om_json_set(&o, "by_synapse_type", om_by_synapse_type_json(r, om_recording_circuit_of(e->recording)));
    json_t *facts = OBJECT({"train_seconds", run->train_seconds});
    om_json_set(&facts, "steps", json_integer(run->steps));
    om_json_set(&facts, "seed", json_integer((json_int_t)run->seed));
    om_json_set(&facts, "program", json_string(run->program));
    om_json_set(&o, "run", facts);
    return o;
}

tn_status om_json_write(const json_t *json, const char *path, bool force, tn_error *error)
{
    om_output output;
    if (!json) return om_no_memory(path, error);
    tn_status status = om_output_begin(&output, path, force, error);
    if (status) return status;
    FILE *file = fopen(output.temporary, "w");
    bool good = file && json_dumpf(json, file, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
                fputc('\n', file) != EOF;
    if (file && fclose(file)) good = false;
    if (good) return om_output_commit(&output, error);
    status = tn_fail(error, errno == ENOMEM ? TN_ENOMEM : TN_EIO, "%s: %s", path, strerror(errno));
    om_output_abort(&output);
    return status;
}
