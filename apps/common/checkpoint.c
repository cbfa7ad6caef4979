/* Checkpoints: a new one is complete on disk before it takes the old one's name, and the old one stays beside it. */
#include <config.h>
#include "common/checkpoint.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct om_checkpoint {
    char *path;
    tn_file *file;
    om_progress_made made;
};

char *om_checkpoint_previous(const char *path)
{
    const char *slash = strrchr(path, '/');
    int directory = slash ? (int)(slash - path) + 1 : 0;
    char *previous;
    return asprintf(&previous, "%.*sprevious.%s", directory, path, path + directory) < 0 ? NULL : previous;
}

/* The three files of one parameter: its values and two moments. */
static const char *const prefixes[] = {"", "optimizer/first/", "optimizer/second/"};

static void *place(const tn_params *params, const tn_adam *adam, int i, int which)
{
    return which ? tn_adam_moment(adam, i, which) : tn_params_at(params, i).data;
}

static bool all_finite(const void *data, tn_dtype dtype, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(dtype == TN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i])) return false;
    return true;
}

static tn_status check_finite(const char *path, const tn_params *params, tn_error *error)
{
    for (int i = 0; i < tn_params_count(params); i++) {
        tn_param_info info = tn_params_at(params, i);
        if (!all_finite(info.data, tn_params_dtype(params), tn_shape_size(info.shape)))
            return tn_fail(error, TN_ENUMERIC, "%s: not written, as parameter %s is not finite", path, info.name);
    }
    return TN_OK;
}

/* Gives the file at path a second name; a missing file is no error. */
static tn_status keep_previous(const char *path, tn_error *error)
{
    char *previous = om_checkpoint_previous(path);
    if (!previous) return tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
    tn_status status = TN_OK;
    if ((unlink(previous) && errno != ENOENT) || (link(path, previous) && errno != ENOENT))
        status = tn_fail(error, TN_EIO, "%s: %s", previous, strerror(errno));
    free(previous);
    return status;
}

tn_status om_checkpoint_write(const char *path, const tn_params *params, const tn_adam *adam,
                              const om_progress_made *made, tn_error *error)
{
    tn_status status = check_finite(path, params, error);
    if (status) return status;
    enum { LENGTH = 160 };
    int kinds = adam ? 3 : 1, n = tn_params_count(params), total = kinds * n;
    tn_tensor *tensors = calloc((size_t)total, sizeof *tensors);
    char(*names)[LENGTH] = calloc((size_t)total, sizeof *names);
    if (!tensors || !names) status = tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
    for (int k = 0; k < kinds && !status; k++)
        for (int i = 0; i < n; i++) {
            tn_param_info info = tn_params_at(params, i);
            snprintf(names[k * n + i], LENGTH, "%s%s", prefixes[k], info.name);
            tensors[k * n + i] = (tn_tensor){names[k * n + i], tn_params_dtype(params), info.shape,
                                             place(params, adam, i, k)};
        }
    char step[32], optimizer_steps[32], seconds[32], seed[32];
    snprintf(step, sizeof step, "%lld", (long long)made->step);
    snprintf(optimizer_steps, sizeof optimizer_steps, "%lld", adam ? (long long)tn_adam_steps(adam) : 0);
    snprintf(seconds, sizeof seconds, "%.3f", made->seconds);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)made->seed);
    const tn_pair meta[] = {{"format", "checkpoint/1"}, {"step", step}, {"optimizer_steps", optimizer_steps},
                            {"train_seconds", seconds}, {"seed", seed}, {"config", made->config},
                            {"program", made->program}};
    if (!status) status = keep_previous(path, error);
    if (!status) status = tn_file_write(path, total, tensors, sizeof meta / sizeof *meta, meta, error);
    free(tensors);
    free(names);
    return status;
}

void om_checkpoint_free(om_checkpoint *checkpoint)
{
    if (!checkpoint) return;
    tn_file_free(checkpoint->file);
    free(checkpoint->path);
    free(checkpoint);
}

/* A number among the metadata. */
static tn_status number(const om_checkpoint *c, const char *key, double *value, tn_error *error)
{
    const char *text = tn_file_meta(c->file, key);
    char *end = NULL;
    if (text) *value = strtod(text, &end);
    if (!text || end == text || *end || !isfinite(*value) || *value < 0)
        return tn_fail(error, TN_EFORMAT, "%s: the metadata %s is %s%s, not a number >= 0", c->path, key,
                       text ? "" : "missing", text ? text : "");
    return TN_OK;
}

om_checkpoint *om_checkpoint_read(const char *path, tn_error *error)
{
    om_checkpoint *c = calloc(1, sizeof *c);
    if (!c || !(c->path = strdup(path))) {
        free(c);
        tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
        return NULL;
    }
    double step = 0, seed = 0;
    c->file = tn_file_read(path, error);
    bool good = c->file != NULL;
    if (good) {
        const char *format = tn_file_meta(c->file, "format");
        good = format && !strcmp(format, "checkpoint/1");
        if (!good)
            tn_fail(error, TN_EFORMAT, "%s: not a checkpoint: format is %s, not checkpoint/1", path,
                    format ? format : "missing");
    }
    good = good && !number(c, "step", &step, error) && !number(c, "train_seconds", &c->made.seconds, error) &&
           !number(c, "seed", &seed, error);
    if (good) {
        c->made.step = (int64_t)step;
        c->made.seed = (uint64_t)seed;
        c->made.config = tn_file_meta(c->file, "config");
        c->made.program = tn_file_meta(c->file, "program");
        good = c->made.config && c->made.program;
        if (!good) tn_fail(error, TN_EFORMAT, "%s: the metadata config or program is missing", path);
    }
    if (good) return c;
    om_checkpoint_free(c);
    return NULL;
}

const om_progress_made *om_checkpoint_made(const om_checkpoint *checkpoint)
{
    return &checkpoint->made;
}

static tn_status copy(const om_checkpoint *c, const char *name, tn_dtype dtype, tn_shape shape, void *to,
                      tn_error *error)
{
    const tn_tensor *tensor = tn_file_find(c->file, name);
    if (!tensor) return tn_fail(error, TN_EFORMAT, "%s: the tensor %s is missing", c->path, name);
    if (tensor->dtype != dtype || !tn_shape_equal(tensor->shape, shape))
        return tn_fail(error, TN_EFORMAT, "%s: the tensor %s has %lld elements of %s, in another shape than this "
                       "configuration and recording ask for (%lld of %s)", c->path, name,
                       (long long)tn_shape_size(tensor->shape), tn_dtype_name(tensor->dtype),
                       (long long)tn_shape_size(shape), tn_dtype_name(dtype));
    memcpy(to, tensor->data, (size_t)tn_shape_size(shape) * tn_dtype_size(dtype));
    return TN_OK;
}

tn_status om_checkpoint_restore(const om_checkpoint *c, tn_params *params, tn_adam *adam, tn_error *error)
{
    for (int k = 0; k < (adam ? 3 : 1); k++)
        for (int i = 0; i < tn_params_count(params); i++) {
            tn_param_info info = tn_params_at(params, i);
            char name[160];
            snprintf(name, sizeof name, "%s%s", prefixes[k], info.name);
            tn_status status = copy(c, name, tn_params_dtype(params), info.shape, place(params, adam, i, k), error);
            if (status) return status;
        }
    if (!adam) return TN_OK;
    double steps = 0;
    tn_status status = number(c, "optimizer_steps", &steps, error);
    if (!status) tn_adam_set_steps(adam, (int64_t)steps);
    return status;
}
