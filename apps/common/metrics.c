/* Metrics as lines of JSON. */
#include "config.h"
#include "common/no_memory.h"
#include "common/metrics.h"
#include "common/input.h"
#include "common/output.h"
#include "common/progress.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct om_metrics {
    FILE *file;
    char *path;
};

static json_t *json_number(double value)
{
    if (!isfinite(value)) return json_null();
    if (value == nearbyint(value) && fabs(value) < 0x1p53) return json_integer((json_int_t)value);
    return json_real(value);
}

char *om_json_line(const char *name, const char *text, int n, const om_named_number *fields)
{
    json_t *object = json_object();
    bool good = object && (!name || json_object_set_new(object, name, json_string(text)) == 0);
    for (int i = 0; i < n && good; i++)
        good = json_object_set_new(object, fields[i].name, json_number(fields[i].value)) == 0;
    char *line = good ? json_dumps(object, JSON_REAL_PRECISION(9)) : NULL;
    json_decref(object);
    return line;
}

/* Lines that are no lines of metrics. */
typedef struct broken_lines {
    size_t count, first;                 /* how many; the number of the first, from 1 ... */
    char reason[JSON_ERROR_TEXT_LENGTH]; /* ... and what is wrong with it */
} broken_lines;

static void add_broken(broken_lines *broken, size_t number, const char *reason)
{
    if (broken->count++) return;
    broken->first = number;
    snprintf(broken->reason, sizeof broken->reason, "%s", reason);
}

static void warn_of_broken(const broken_lines *broken, const char *path, const char *fate, om_progress *progress)
{
    char more[64] = "";
    if (broken->count > 1) snprintf(more, sizeof more, ", and so are %zu more", broken->count - 1);
    if (broken->count)
        om_progress_warn(progress, "%s:%zu: %s; the line is %s%s", path, broken->first, broken->reason, fate, more);
}

tn_status om_metrics_read(FILE *file, const char *path, const om_metrics_reader *reader, om_progress *progress,
                          tn_error *error)
{
    char *line = NULL;
    size_t room = 0;
    broken_lines broken = {0};
    tn_status status = TN_OK;
    ssize_t length;
    for (size_t number = 1; status == TN_OK && (length = getline(&line, &room, file)) > 0; number++) {
        json_error_t reason;
        if (line[length - 1] != '\n') break; /* is being written, or was cut short */
        json_t *object = json_loadb(line, (size_t)length, 0, &reason);
        bool whole = json_is_integer(json_object_get(object, "step"));
        if (!whole) add_broken(&broken, number, object ? "not an object with a step" : reason.text);
        status = reader->take(reader->context, line, (size_t)length, whole ? object : NULL, error);
        json_decref(object);
    }
    if (status == TN_OK && ferror(file)) status = tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    free(line);
    if (status == TN_OK) warn_of_broken(&broken, path, reader->fate, progress);
    return status;
}

/* Where the lines go that a resumed run keeps. */
typedef struct cutting {
    FILE *kept;
    int64_t last_step;
} cutting;

/* A line that is none has no step to drop it for, and is not ours to drop. */
static tn_status keep_line(void *context, const char *line, size_t length, const json_t *object, tn_error *error)
{
    const cutting *c = context;
    (void)error;
    if (!object || json_integer_value(json_object_get(object, "step")) <= c->last_step)
        fwrite(line, 1, length, c->kept);
    return TN_OK;
}

/* Replaces the file at path by one with the lines up to last_step, if there are any. */
static tn_status cut(FILE *old, const char *path, int64_t last_step, om_progress *progress, tn_error *error)
{
    om_output output;
    tn_status status = om_output_begin(&output, path, true, error);
    if (status != TN_OK) return status;
    FILE *kept = fopen(output.temporary, "w");
    if (!kept) status = tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    else {
        cutting into = {kept, last_step};
        const om_metrics_reader reader = {keep_line, &into, "kept as it is"};
        if (old) status = om_metrics_read(old, path, &reader, progress, error);
        bool failed = ferror(kept);
        if ((fclose(kept) != 0 || failed) && status == TN_OK)
            status = tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    }
    if (status == TN_OK) return om_output_commit(&output, error);
    om_output_abort(&output);
    return status;
}

om_metrics *om_metrics_open(const char *path, int64_t last_step, om_progress *progress, tn_error *error)
{
    FILE *old = NULL;
    tn_status status = last_step < 0 ? TN_OK : om_input_open(path, true, &old, error);
    if (!status) status = cut(old, path, last_step, progress, error);
    if (old) fclose(old);
    if (status) return NULL;

    om_metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics) metrics->path = strdup(path);
    if (!metrics || !metrics->path) om_no_memory(NULL, error);
    else if (!(metrics->file = fopen(path, "ae"))) tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    else return metrics;
    om_metrics_close(metrics);
    return NULL;
}

tn_status om_metrics_write(om_metrics *metrics, int64_t step, int n, const om_named_number *fields, tn_error *error)
{
    om_named_number *all = calloc((size_t)n + 1, sizeof *all);
    char *line = NULL;
    if (all) {
        all[0] = (om_named_number){"step", (double)step};
        if (n) memcpy(all + 1, fields, (size_t)n * sizeof *all);
        line = om_json_line(NULL, NULL, n + 1, all);
    }
    free(all);
    if (!line) return om_no_memory(NULL, error);
    fprintf(metrics->file, "%s\n", line);
    free(line);
    if (fflush(metrics->file) != 0) return tn_fail(error, TN_EIO, "%s: %s", metrics->path, strerror(errno));
    return TN_OK;
}

void om_metrics_close(om_metrics *metrics)
{
    if (!metrics) return;
    if (metrics->file) fclose(metrics->file);
    free(metrics->path);
    free(metrics);
}
