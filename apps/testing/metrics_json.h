/* metrics_json.h - results as JSON (doc/formats.md). */
#ifndef OM_METRICS_JSON_H
#define OM_METRICS_JSON_H

#include "testing/results.h"

#include <jansson.h>

/* What the checkpoint says of the run. */
typedef struct om_run_facts {
    int64_t steps;
    double train_seconds;
    uint64_t seed;
    const char *program;
} om_run_facts;

/* A new reference, NULL when out of memory. What is not known is null. */
json_t *om_results_json(const om_results *results, const om_experiment *experiment, const om_run_facts *run);

/* JSON has no NaN: what is not known is null. */
json_t *om_json_number(double value);

/* Set or append a value, whose reference they take. Where memory does not suffice, for it or for the value, which is
 * NULL then, what it was meant for becomes NULL and stays so: whoever builds asks once, at the end. */
void om_json_set(json_t **object, const char *name, json_t *value);
void om_json_append(json_t **array, json_t *value);

/* Writes it to a file, whole or not at all. Errors: TN_EIO, TN_ENOMEM. */
tn_status om_json_write(const json_t *json, const char *path, bool force, tn_error *error);

#endif
