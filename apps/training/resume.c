/* Resuming. */
#include "config.h"
#include "training/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- the configuration then and now ---- */

/* Keys that decide what the tensors mean. The SIREN's matter where there is one. */
static bool decides_the_model(const char *key, const om_config *config)
{
    bool joint = config->model.mode == OM_MODE_JOINT;
    return !strcmp(key, "seed") || !strncmp(key, "model.", strlen("model.")) ||
           (joint && !strncmp(key, "siren.", strlen("siren.")));
}

/* Keys that change no result. */
static bool does_not_matter(const char *key, const om_config *config)
{
    bool joint = config->model.mode == OM_MODE_JOINT;
    return !strcmp(key, "description") || !strcmp(key, "threads") ||
           (!joint && !strncmp(key, "siren.", strlen("siren.")));
}

static tn_status compare_key(om_trainer *t, const char *path, const om_key *key, const om_config *then,
                             tn_error *error)
{
    const om_config *now = t->experiment->config;
    if (!(key->programs & OM_FOR_TRAIN) || does_not_matter(key->name, now)) return TN_OK;
    char *before = om_config_value(then, key), *after = om_config_value(now, key);
    tn_status status = before && after ? TN_OK : tn_fail(error, TN_ENOMEM, "out of memory");
    bool same = status || !strcmp(before, after);
    if (!same && decides_the_model(key->name, now))
        status = tn_fail(error, TN_EFORMAT, "%s: %s was %s when the run began and is %s now; a run goes on with the "
                         "model it began with", path, key->name, before, after);
    else if (!same) om_progress_warn(t->progress, "%s is %s from here on; it was %s", key->name, after, before);
    free(before);
    free(after);
    return status;
}

static tn_status compare_configurations(om_trainer *t, const om_checkpoint *checkpoint, tn_error *error)
{
    const char *path = om_checkpoint_path(checkpoint), *text = om_checkpoint_made(checkpoint)->config;
    om_config then = {0};
    int count;
    const om_key *keys = om_config_keys(&count);
    tn_status status = om_config_parse(&then, path, text, strlen(text), NULL, 0, NULL, error);
    for (int i = 0; i < count && !status; i++) status = compare_key(t, path, &keys[i], &then, error);
    om_config_free(&then);
    return status;
}

/* ---- the checkpoint ---- */

static tn_status put_aside(const char *path, const char *run, tn_error *error)
{
    char *aside;
    if (asprintf(&aside, "%s/damaged.checkpoint.safetensors", run) < 0)
        return tn_fail(error, TN_ENOMEM, "out of memory");
    tn_status status = rename(path, aside) == 0 || errno == ENOENT
                           ? TN_OK
                           : tn_fail(error, TN_EIO, "%s: %s", aside, strerror(errno));
    free(aside);
    return status;
}

tn_status om_resume(om_trainer *t, tn_error *error)
{
    om_checkpoint *checkpoint = om_checkpoint_newest(t->directory, t->progress, error);
    if (!checkpoint) return error->status;
    tn_status status = compare_configurations(t, checkpoint, error);
    if (!status) status = om_experiment_restore(t->experiment, checkpoint, t->optimizer, error);
    if (!status && strcmp(om_checkpoint_path(checkpoint), t->checkpoint))
        status = put_aside(t->checkpoint, t->directory, error);
    const om_progress_made *made = om_checkpoint_made(checkpoint);
    t->step = made->step;
    t->seconds = made->seconds;
    t->scores.stimulus_r2 = made->stimulus_r2;
    t->scores.weight_r2 = made->weight_r2;
    om_checkpoint_free(checkpoint);
    return status;
}
