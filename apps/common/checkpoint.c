/* Checkpoints: a new one is complete on disk before it takes the old one's name, and the old one stays beside it. */
#include "config.h"
#include "common/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct om_checkpoint {
    char *path;
    tn_file *file;
    om_progress_made made;
};

char *om_checkpoint_of_run(const char *run)
{
    char *path;
    return asprintf(&path, "%s/" OM_CHECKPOINT_NAME, run) < 0 ? NULL : path;
}

char *om_checkpoint_previous(const char *path)
{
    char *previous;
    size_t directory = strlen(path);
    while (directory && path[directory - 1] != '/') directory--;
    return asprintf(&previous, "%.*sprevious.%s", (int)directory, path, path + directory) < 0 ? NULL : previous;
}

/* The three tensors of one parameter: its values and two moments. */
static const char *const prefixes[] = {"", "optimizer/first/", "optimizer/second/"};

static const char solved_name[] = "solved/stimulus", solved_frames[] = "solved/frames";

static void *place(const tn_params *params, const tn_optimizer *optimizer, int i, int which)
{
    return which ? tn_optimizer_moment(optimizer, i, which) : tn_params_at(params, i).data;
}

static bool all_finite(const void *data, tn_dtype dtype, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(dtype == TN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i])) return false;
    return true;
}

static tn_status check_finite(const char *path, const tn_params *params, const tn_optimizer *optimizer, int kinds,
                              tn_error *error)
{
    for (int k = 0; k < kinds; k++)
        for (int i = 0; i < tn_params_count(params); i++) {
            tn_param_info info = tn_params_at(params, i);
            if (!all_finite(place(params, optimizer, i, k), tn_params_dtype(params), tn_shape_size(info.shape)))
                return tn_fail(error, TN_ENUMERIC, "%s: not written, as %s%s is not finite", path, prefixes[k],
                               info.name);
        }
    return TN_OK;
}

/* The checkpoint that a new one replaces. */
typedef struct replaced {
    char *previous; /* its name from then on */
    char *aside;    /* a second name until then, so that there are two whole checkpoints if the new one fails */
    bool there;     /* it has this name */
} replaced;

static tn_status name_replaced(const char *path, replaced *old, tn_error *error)
{
    *old = (replaced){.previous = om_checkpoint_previous(path)};
    if (old->previous && asprintf(&old->aside, "%s.new", old->previous) >= 0) return TN_OK;
    old->aside = NULL;
    return tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
}

static void clear_replaced(replaced *old)
{
    free(old->previous);
    free(old->aside);
}

/* Gives the file at path its second name; a missing file is no error. Where files cannot have two names it becomes the
 * previous one at once. */
static tn_status set_aside(const char *path, replaced *old, tn_error *error)
{
    tn_status status = name_replaced(path, old, error);
    if (status) return status;
    unlink(old->aside);
    old->there = linkat(AT_FDCWD, path, AT_FDCWD, old->aside, AT_SYMLINK_FOLLOW) == 0;
    if (old->there || access(path, F_OK) != 0 || rename(path, old->previous) == 0) return TN_OK;
    return tn_fail(error, TN_EIO, "%s: %s", old->previous, strerror(errno));
}

/* The new checkpoint is written, or failed with this status, which is returned. */
static tn_status settle(replaced *old, tn_status status, tn_error *error)
{
    if (old->there && !status && rename(old->aside, old->previous) != 0)
        status = tn_fail(error, TN_EIO, "%s: %s", old->previous, strerror(errno));
    if (old->there) unlink(old->aside);
    clear_replaced(old);
    return status;
}

/* A number that may be unknown, as text that gives it back. */
static char *known(double value, char text[32])
{
    if (isfinite(value)) snprintf(text, 32, "%.17g", value);
    else strcpy(text, "unknown");
    return text;
}

/* The tensors of a checkpoint, with names of their own. */
typedef struct listing {
    tn_tensor *tensor;
    char (*name)[160];
    int count;
} listing;

static void listing_free(listing *l)
{
    free(l->tensor);
    free(l->name);
}

static bool list_tensors(listing *l, const tn_params *params, const tn_optimizer *optimizer, int kinds,
                         const om_progress_made *made)
{
    int n = tn_params_count(params);
    l->tensor = calloc((size_t)(kinds * n + 2), sizeof *l->tensor);
    l->name = calloc((size_t)(kinds * n), sizeof *l->name);
    if (!l->tensor || !l->name) return false;
    for (int k = 0; k < kinds; k++)
        for (int i = 0; i < n; i++, l->count++) {
            tn_param_info info = tn_params_at(params, i);
            snprintf(l->name[l->count], sizeof *l->name, "%s%s", prefixes[k], info.name);
            l->tensor[l->count] = (tn_tensor){l->name[l->count], tn_params_dtype(params), info.shape,
                                              place(params, optimizer, i, k)};
        }
    const om_solved *solved = &made->solved;
    if (!solved->frame) return true;
    l->tensor[l->count++] = (tn_tensor){solved_frames, TN_I32, TN_SHAPE(solved->n), solved->frame};
    l->tensor[l->count++] = (tn_tensor){solved_name, TN_F32, TN_SHAPE(solved->n, solved->columns), solved->stimulus};
    return true;
}

/* What is known of a run as metadata, and room for the texts. */
enum { FACTS = 14 };
typedef struct facts {
    char text[FACTS][32];
    tn_pair pair[FACTS];
} facts;

static void list_facts(facts *f, const om_progress_made *made, const tn_optimizer *optimizer)
{
    char(*text)[32] = f->text;
    snprintf(text[1], sizeof *text, "%lld", (long long)made->step);
    snprintf(text[2], sizeof *text, "%lld", optimizer ? (long long)tn_optimizer_steps(optimizer) : 0);
    snprintf(text[3], sizeof *text, "%.3f", made->seconds);
    snprintf(text[4], sizeof *text, "%llu", (unsigned long long)made->seed);
    snprintf(text[5], sizeof *text, "%016" PRIx64, made->circuit);
    snprintf(text[8], sizeof *text, "%lld", (long long)made->recording.frames);
    snprintf(text[9], sizeof *text, "%.17g", made->recording.delta_t);
    snprintf(text[10], sizeof *text, "%016" PRIx64, made->recording.voltage);
    snprintf(text[11], sizeof *text, "%016" PRIx64, made->lattice);
    const tn_pair pairs[FACTS] = {
        {"format", "checkpoint/1"}, {"step", text[1]}, {"optimizer_steps", text[2]}, {"train_seconds", text[3]},
        {"seed", text[4]}, {"circuit", text[5]}, {"lattice", text[11]},
        {"recording_frames", text[8]}, {"recording_delta_t", text[9]},
        {"recording_voltage", text[10]}, {"stimulus_r2", known(made->stimulus_r2, text[6])},
        {"weight_r2", known(made->weight_r2, text[7])}, {"config", made->config}, {"program", made->program},
    };
    memcpy(f->pair, pairs, sizeof pairs);
}

/* Removes the checkpoint before the one at path, whichever name it has. */
static tn_status forget_previous(const char *path, tn_error *error)
{
    replaced old;
    tn_status status = name_replaced(path, &old, error);
    if (!status) unlink(old.aside);
    if (!status && unlink(old.previous) != 0 && errno != ENOENT)
        status = tn_fail(error, TN_EIO, "%s: %s", old.previous, strerror(errno));
    clear_replaced(&old);
    return status;
}

tn_status om_checkpoint_write(const char *path, const tn_params *params, const tn_optimizer *optimizer,
                              const om_progress_made *made, bool first, tn_error *error)
{
    int kinds = optimizer ? 3 : 1;
    facts meta;
    listing tensors = {0};
    tn_status status = check_finite(path, params, optimizer, kinds, error);
    if (!status && !list_tensors(&tensors, params, optimizer, kinds, made))
        status = tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
    list_facts(&meta, made, optimizer);
    replaced old = {0};
    if (!status && !first) status = set_aside(path, &old, error);
    if (!status) status = tn_file_write(path, tensors.count, tensors.tensor, FACTS, meta.pair, error);
    status = settle(&old, status, error);
    if (!status && first) status = forget_previous(path, error);
    listing_free(&tensors);
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
    if (!text || end == text || *end || !(*value >= 0 && *value <= 0x1p53))
        return tn_fail(error, TN_EFORMAT, "%s: the metadata %s is %.40s, not a number of 0 to 2^53", c->path, key,
                       text ? text : "missing");
    return TN_OK;
}

static tn_status integer(const om_checkpoint *c, const char *key, int64_t *value, tn_error *error)
{
    double real = 0;
    tn_status status = number(c, key, &real, error);
    if (!status && real != floor(real))
        status = tn_fail(error, TN_EFORMAT, "%s: the metadata %s is %.17g, not an integer", c->path, key, real);
    *value = status ? 0 : (int64_t)real;
    return status;
}

/* A hash, 0 where it is unknown, as in files of before it was kept. */
static tn_status hash(const om_checkpoint *c, const char *key, uint64_t *value, tn_error *error)
{
    enum { DIGITS = 16 };
    const char *text = tn_file_meta(c->file, key);
    *value = 0;
    if (!text) return TN_OK;
    if (strlen(text) != DIGITS || text[strspn(text, "0123456789abcdef")])
        return tn_fail(error, TN_EFORMAT, "%s: the metadata %s is %.40s, not %d hexadecimal digits", c->path, key, text,
                       DIGITS);
    *value = strtoull(text, NULL, DIGITS);
    return TN_OK;
}

/* NaN where it is unknown, as in files of before it was kept. */
static double score(const om_checkpoint *c, const char *key)
{
    const char *text = tn_file_meta(c->file, key);
    char *end;
    double value = text ? strtod(text, &end) : NAN;
    return text && end != text && !*end ? value : NAN;
}

/* Nothing where it is unknown, likewise. */
static om_recording_mark mark(const om_checkpoint *c)
{
    const char *frames = tn_file_meta(c->file, "recording_frames");
    const char *delta_t = tn_file_meta(c->file, "recording_delta_t");
    const char *voltage = tn_file_meta(c->file, "recording_voltage");
    if (!frames || !delta_t || !voltage) return (om_recording_mark){0};
    return (om_recording_mark){strtoll(frames, NULL, 10), strtod(delta_t, NULL), strtoull(voltage, NULL, 16)};
}

om_checkpoint *om_checkpoint_read(const char *path, tn_error *error)
{
    om_checkpoint *c = calloc(1, sizeof *c);
    if (!c || !(c->path = strdup(path))) {
        free(c);
        tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
        return NULL;
    }
    int64_t seed = 0, steps;
    uint64_t voltage;
    c->file = tn_file_read(path, error);
    bool good = c->file != NULL;
    if (good) {
        const char *format = tn_file_meta(c->file, "format");
        good = format && !strcmp(format, "checkpoint/1");
        if (!good)
            tn_fail(error, TN_EFORMAT, "%s: not a checkpoint: format is %s, not checkpoint/1", path,
                    format ? format : "missing");
    }
    good = good && !integer(c, "step", &c->made.step, error) && !number(c, "train_seconds", &c->made.seconds, error) &&
           !integer(c, "seed", &seed, error) && !integer(c, "optimizer_steps", &steps, error) &&
           !hash(c, "circuit", &c->made.circuit, error) && !hash(c, "lattice", &c->made.lattice, error) &&
           !hash(c, "recording_voltage", &voltage, error);
    if (good) {
        c->made.seed = (uint64_t)seed;
        c->made.recording = mark(c);
        c->made.stimulus_r2 = score(c, "stimulus_r2");
        c->made.weight_r2 = score(c, "weight_r2");
        c->made.config = tn_file_meta(c->file, "config");
        c->made.program = tn_file_meta(c->file, "program");
        good = c->made.config && c->made.program;
        if (!good) tn_fail(error, TN_EFORMAT, "%s: the metadata config or program is missing", path);
    }
    if (good) return c;
    om_checkpoint_free(c);
    return NULL;
}

/* Whether what befell the newest checkpoint is what the one before it is kept for. */
static bool is_lost(const char *path, tn_status status)
{
    return status == TN_EFORMAT || (status == TN_EIO && access(path, F_OK) != 0 && errno == ENOENT);
}

om_checkpoint *om_checkpoint_newest(const char *run, om_progress *progress, tn_error *error)
{
    tn_error first = {0}, second = {0};
    char *path = om_checkpoint_of_run(run), *previous = path ? om_checkpoint_previous(path) : NULL;
    om_checkpoint *checkpoint = NULL;
    struct stat about;
    if (!previous) tn_fail(error, TN_ENOMEM, "%s: out of memory", run);
    else if (stat(run, &about) == 0 && !S_ISDIR(about.st_mode))
        tn_fail(error, TN_EFORMAT, "%s: is not a folder, expected that of a run", run);
    else if (!(checkpoint = om_checkpoint_read(path, &first))) {
        if (!is_lost(path, first.status)) tn_fail(error, first.status, "%s", first.message);
        else if ((checkpoint = om_checkpoint_read(previous, &second)))
            om_progress_warn(progress, "%s; taking %s instead", first.message, previous);
        else if (access(previous, F_OK) == 0)
            tn_fail(error, first.status, "%.400s; %.400s", first.message, second.message);
        else tn_fail(error, first.status, "%s", first.message);
    }
    free(path);
    free(previous);
    return checkpoint;
}

const om_progress_made *om_checkpoint_made(const om_checkpoint *checkpoint)
{
    return &checkpoint->made;
}

const char *om_checkpoint_path(const om_checkpoint *checkpoint)
{
    return checkpoint->path;
}

/* ---- restoring ---- */

typedef struct shape_words {
    char text[96];
} shape_words;

/* "float32 [64, 3]" */
static shape_words in_words(tn_dtype dtype, tn_shape shape)
{
    shape_words words;
    int used = snprintf(words.text, sizeof words.text, "%s [", tn_dtype_name(dtype));
    for (int i = 0; i < shape.rank && used < (int)sizeof words.text; i++)
        used += snprintf(words.text + used, sizeof words.text - (size_t)used, "%s%lld", i ? ", " : "",
                         (long long)shape.dim[i]);
    if (used < (int)sizeof words.text) snprintf(words.text + used, sizeof words.text - (size_t)used, "]");
    return words;
}

static tn_status copy(const om_checkpoint *c, const char *name, tn_dtype dtype, tn_shape shape, void *to,
                      tn_error *error)
{
    const tn_tensor *tensor = tn_file_find(c->file, name);
    if (!tensor) return tn_fail(error, TN_EFORMAT, "%s: the tensor %s is missing", c->path, name);
    if (tensor->dtype != dtype || !tn_shape_equal(tensor->shape, shape))
        return tn_fail(error, TN_EFORMAT, "%s: the tensor %s is %s, but configuration and recording ask for %s",
                       c->path, name, in_words(tensor->dtype, tensor->shape).text, in_words(dtype, shape).text);
    memcpy(to, tensor->data, (size_t)tn_shape_size(shape) * tn_dtype_size(dtype));
    return TN_OK;
}

/* A tensor that the set does not have belongs to another model. */
static tn_status check_known(const om_checkpoint *c, const tn_params *params, tn_error *error)
{
    for (int i = 0; i < tn_file_count(c->file); i++) {
        const char *name = tn_file_at(c->file, i).name;
        if (strncmp(name, "optimizer/", strlen("optimizer/")) && strncmp(name, "solved/", strlen("solved/")) &&
            tn_params_find(params, name) < 0)
            return tn_fail(error, TN_EFORMAT, "%s: the tensor %s is no part of the model that the configuration asks "
                           "for", c->path, name);
    }
    return TN_OK;
}

tn_status om_checkpoint_restore(const om_checkpoint *c, tn_params *params, tn_optimizer *optimizer, tn_error *error)
{
    int64_t steps = 0;
    tn_status status = check_known(c, params, error);
    for (int k = 0; k < (optimizer ? 3 : 1); k++)
        for (int i = 0; i < tn_params_count(params) && !status; i++) {
            tn_param_info info = tn_params_at(params, i);
            char name[160];
            snprintf(name, sizeof name, "%s%s", prefixes[k], info.name);
            status = copy(c, name, tn_params_dtype(params), info.shape, place(params, optimizer, i, k), error);
        }
    if (!status && optimizer) status = integer(c, "optimizer_steps", &steps, error);
    if (!status && optimizer && tn_optimizer_set_steps(optimizer, steps))
        status = tn_fail(error, TN_EFORMAT, "%s: optimizer_steps is %lld, below 0", c->path, (long long)steps);
    return status;
}

bool om_checkpoint_solved(const om_checkpoint *c, int64_t frames, om_solved *solved)
{
    const tn_tensor *frame = tn_file_find(c->file, solved_frames);
    if (!frame || frame->dtype != TN_I32) return false;
    const int32_t *known = frame->data;
    for (int64_t i = 0; i < tn_shape_size(frame->shape); i++)
        if (known[i] < (i ? known[i - 1] : 0) || known[i] >= frames) return false;
    return copy(c, solved_frames, TN_I32, TN_SHAPE(solved->n), solved->frame, NULL) == TN_OK &&
           copy(c, solved_name, TN_F32, TN_SHAPE(solved->n, solved->columns), solved->stimulus, NULL) == TN_OK;
}
