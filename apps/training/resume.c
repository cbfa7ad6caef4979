/* Resuming. */
#include "config.h"
#include "training/resume.h"
#include "common/no_memory.h"

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
           (!joint && (!strncmp(key, "siren.", strlen("siren.")) || !strcmp(key, "training.lr_siren") ||
                       !strncmp(key, "training.solve_", strlen("training.solve_"))));
}

/* Looks at the keys that decide the model, of which none may differ, or at the others, whose differences are told. */
static tn_status compare(om_trainer *t, const char *path, const om_config *then, bool deciding, tn_error *error)
{
    const om_config *now = t->experiment->config;
    int count;
    const om_key *keys = om_config_keys(&count);
    tn_status status = TN_OK;
    for (int i = 0; i < count && !status; i++) {
        const char *name = keys[i].name;
        if (!(keys[i].programs & OM_FOR_TRAIN) || does_not_matter(name, now)) continue;
        if (decides_the_model(name, now) != deciding) continue;
        char *before = om_config_value(then, &keys[i]), *after = om_config_value(now, &keys[i]);
        if (!before || !after) status = om_no_memory(NULL, error);
        else if (strcmp(before, after) && deciding)
            status = tn_fail(error, TN_EFORMAT, "%s: %s was %s when the run began and is %s now; a run goes on with "
                             "the model it began with", path, name, before, after);
        else if (strcmp(before, after))
            om_progress_warn(t->progress, "%s is %s from here on; it was %s", name, after, before);
        free(before);
        free(after);
    }
    return status;
}

/* ---- the checkpoint ---- */

static tn_status put_aside(const char *path, const char *run, tn_error *error)
{
    char *aside;
    if (asprintf(&aside, "%s/damaged.checkpoint.safetensors", run) < 0)
        return om_no_memory(NULL, error);
    tn_status status = rename(path, aside) == 0 || errno == ENOENT
                           ? TN_OK
                           : tn_fail(error, TN_EIO, "%s: %s", aside, strerror(errno));
    free(aside);
    return status;
}

/* Everything that may be refused comes first, so that no warning is given of what does not happen.
 *   dry  nothing is moved */
static tn_status take(om_trainer *t, const om_checkpoint *checkpoint, const om_config *then, bool dry, tn_error *error)
{
    const char *path = om_checkpoint_path(checkpoint);
    char how[120];
    tn_status status = compare(t, path, then, true, error);
    if (!status) status = om_experiment_restore(t->experiment, checkpoint, t->optimizer, error);
    if (!status && om_experiment_differs(t->experiment, checkpoint, how))
        status = tn_fail(error, TN_EFORMAT, "%s: was trained on another recording than the one given: %s; a run goes "
                         "on with the recording it began with", path, how);
    if (!status && !dry && strcmp(path, t->checkpoint)) status = put_aside(t->checkpoint, t->directory, error);
    bool done = om_checkpoint_made(checkpoint)->step >= t->experiment->config->training.steps;
    return status || done ? status : compare(t, path, then, false, error);
}

/* As take, from the newest checkpoint, which is to be freed; NULL on errors. */
static om_checkpoint *take_newest(om_trainer *t, bool dry, tn_error *error)
{
    om_checkpoint *checkpoint = om_checkpoint_newest(t->directory, t->progress, error);
    if (!checkpoint) return NULL;
    const char *text = om_checkpoint_made(checkpoint)->config;
    om_config then = {0};
    tn_status status = om_config_parse(&then, om_checkpoint_path(checkpoint), text, strlen(text), NULL, 0, NULL, error);
    if (!status) status = take(t, checkpoint, &then, dry, error);
    om_config_free(&then);
    if (!status) return checkpoint;
    om_checkpoint_free(checkpoint);
    return NULL;
}

tn_status om_resume_try(om_experiment *experiment, const char *run, om_progress *progress, int64_t *step,
                        tn_error *error)
{
    om_trainer t = {.experiment = experiment, .directory = run, .progress = progress,
                    .checkpoint = om_checkpoint_of_run(run)};
    if (!t.checkpoint) return om_no_memory(NULL, error);
    om_checkpoint *checkpoint = take_newest(&t, true, error);
    if (checkpoint) *step = om_checkpoint_made(checkpoint)->step;
    om_checkpoint_free(checkpoint);
    free(t.checkpoint);
    return checkpoint ? TN_OK : error->status;
}

tn_status om_resume(om_trainer *t, tn_error *error)
{
    om_checkpoint *checkpoint = take_newest(t, false, error);
    if (!checkpoint) return error->status;
    const om_progress_made *made = om_checkpoint_made(checkpoint);
    tn_status status = TN_OK;
    const om_experiment *e = t->experiment;
    if (om_solution_covers(e->config, made->step)) {
        status = om_solution_make(&t->solution, e, error);
        if (!status && !om_checkpoint_solved(checkpoint, e->frames, &t->solution.given))
            om_solution_clear(&t->solution);
    }
    t->step = made->step;
    t->seconds = made->seconds;
    t->scores.stimulus_r2 = made->stimulus_r2;
    t->scores.weight_r2 = made->weight_r2;
    om_checkpoint_free(checkpoint);
    return status;
}
