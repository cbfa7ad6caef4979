/* Reading metrics.jsonl. */
#include "config.h"
#include "testing/history.h"
#include "common/no_memory.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES = 5 };

static double **series(om_history *h, int i)
{
    double **const all[SERIES] = {&h->step, &h->loss, &h->prediction, &h->stimulus_r2, &h->weight_r2};
    return all[i];
}

static const char *const names[SERIES] = {"step", "loss", "prediction", "stimulus_r2", "weight_r2"};

void om_history_clear(om_history *h)
{
    for (int i = 0; i < SERIES; i++) free(*series(h, i));
    *h = (om_history){0};
}

static tn_status add_line(om_history *h, const char *path, size_t number, const char *line, tn_error *error)
{
    json_error_t reason;
    json_t *object = json_loads(line, 0, &reason);
    if (!json_is_object(object)) {
        json_decref(object);
        return tn_fail(error, TN_EFORMAT, "%s:%zu: %s", path, number, object ? "not an object" : reason.text);
    }
    tn_status status = TN_OK;
    for (int i = 0; i < SERIES && !status; i++) {
        double *grown = reallocarray(*series(h, i), h->n + 1, sizeof *grown);
        if (!grown)
            status = om_no_memory(path, error);
        else {
            json_t *value = json_object_get(object, names[i]);
            grown[h->n] = json_is_number(value) ? json_number_value(value) : NAN;
            *series(h, i) = grown;
        }
    }
    h->n += !status;
    json_decref(object);
    return status;
}

/* Every line holds the latest comparison with the truth; what repeats the line before was not measured again. */
static void forget_repetitions(double *values, size_t n)
{
    for (size_t i = n; i-- > 1;)
        if (values[i] == values[i - 1]) values[i] = NAN;
}

tn_status om_history_read(om_history *h, const char *run, tn_error *error)
{
    char *path, *line = NULL;
    size_t room = 0, number = 0;
    *h = (om_history){0};
    if (asprintf(&path, "%s/metrics.jsonl", run) < 0) return om_no_memory(NULL, error);
    FILE *file = fopen(path, "r");
    tn_status status = file || errno == ENOENT ? TN_OK : tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    /* A last line without its end is being written, or was cut short. */
    for (ssize_t length; file && !status && (length = getline(&line, &room, file)) > 0 && line[length - 1] == '\n';)
        status = add_line(h, path, ++number, line, error);
    if (file) fclose(file);
    free(line);
    free(path);
    forget_repetitions(h->stimulus_r2, h->n);
    forget_repetitions(h->weight_r2, h->n);
    return status;
}
