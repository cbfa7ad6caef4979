/* The files of a run. */
#include "config.h"
#include "training/files.h"
#include "common/no_memory.h"
#include "common/output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static tn_status check_file(const char *path, const char *configuration, const char *recording, const om_config *config,
                            tn_error *error)
{
    const char *name = strrchr(path, '/') + 1, *const inputs[] = {configuration, recording};
    if (!strcmp(name, OM_CONFIG_NAME)) {
        if (om_config_is_saved(config, path)) return TN_OK;
        if (om_output_same_file(path, configuration))
            return tn_fail(error, TN_EINVAL, "%s: is the configuration given, and the run would write another text "
                           "into it; give a copy that is kept elsewhere", path);
    }
    return om_output_check(path, true, sizeof inputs / sizeof *inputs, inputs, error);
}

tn_status om_run_check(const char *run, const char *configuration, const char *recording, const om_config *config,
                       tn_error *error)
{
    static const char *const names[] = {OM_CONFIG_NAME, "metrics.jsonl", "checkpoint.safetensors",
                                        "previous.checkpoint.safetensors", "damaged.checkpoint.safetensors"};
    tn_status status = TN_OK;
    if (access(run, F_OK) != 0) return TN_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && !status; i++) {
        char *path;
        if (asprintf(&path, "%s/%s", run, names[i]) < 0) return om_no_memory(NULL, error);
        status = check_file(path, configuration, recording, config, error);
        free(path);
    }
    return status;
}
