/* The files of a run. */
#include "config.h"
#include "training/files.h"
#include "common/no_memory.h"
#include "common/output.h"

#include <stdlib.h>
#include <unistd.h>

enum { FILES = 5 };
static const char *const names[FILES] = {OM_CONFIG_NAME, "metrics.jsonl", "checkpoint.safetensors",
                                         "previous.checkpoint.safetensors", "damaged.checkpoint.safetensors"};

/* RUN/config.yaml, which may be the configuration given if that is what would be written. */
static tn_status check_config(const char *run, const char *configuration, const om_config *config, bool *saved,
                              tn_error *error)
{
    char *path;
    if (asprintf(&path, "%s/%s", run, names[0]) < 0) return om_no_memory(NULL, error);
    tn_status status = TN_OK;
    *saved = om_config_is_saved(config, path);
    if (!*saved && om_output_same_file(path, configuration))
        status = tn_fail(error, TN_EINVAL, "%s: is the configuration given, and the run would write another text "
                         "into it; give a copy that is kept elsewhere", path);
    free(path);
    return status;
}

tn_status om_run_check(const char *run, const char *configuration, const char *recording, const om_config *config,
                       tn_error *error)
{
    const char *const inputs[] = {configuration, recording};
    bool saved = false;
    tn_status status = check_config(run, configuration, config, &saved, error);
    return status ? status : om_output_check_files(run, FILES - saved, names + saved, 2, inputs, error);
}

tn_status om_run_spare(const char *run, const char *output, tn_error *error)
{
    tn_status status = TN_OK;
    for (int i = 0; i < FILES && !status; i++) {
        char *path;
        if (asprintf(&path, "%s/%s", run, names[i]) < 0) return om_no_memory(NULL, error);
        if (om_output_same_file(output, path))
            status = tn_fail(error, TN_EINVAL, "%s: is the input %s; the output needs a file of its own", output, path);
        free(path);
    }
    return status;
}
