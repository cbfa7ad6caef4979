/* Reading metrics.jsonl. */
#include "config.h"
#include "testing/history.h"
#include "common/no_memory.h"
#include "common/input.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

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

static tn_status add_line(void *context, const char *line, size_t length, const json_t *object, tn_error *error)
{
    om_history *h = context;
    (void)line, (void)length;
    if (!object) return TN_OK;
    for (int i = 0; i < SERIES; i++) {
        double *grown = reallocarray(*series(h, i), h->n + 1, sizeof *grown);
        if (!grown) return om_no_memory(NULL, error);
        json_t *value = json_object_get(object, names[i]);
        grown[h->n] = json_is_number(value) ? json_number_value(value) : NAN;
        *series(h, i) = grown;
    }
    h->n++;
    return TN_OK;
}

/* Every line holds the latest comparison with the truth; what repeats the line before was not measured again. */
static void forget_repetitions(double *values, size_t n)
{
    for (size_t i = n; i-- > 1;)
        if (values[i] == values[i - 1]) values[i] = NAN;
}

tn_status om_history_read(om_history *h, const char *run, om_progress *progress, tn_error *error)
{
    char *path;
    FILE *file;
    *h = (om_history){0};
    if (asprintf(&path, "%s/metrics.jsonl", run) < 0) return om_no_memory(NULL, error);
    tn_status status = om_input_open(path, true, &file, error);
    const om_metrics_reader reader = {add_line, h, "left out of the course of training"};
    if (file && !status) status = om_metrics_read(file, path, &reader, progress, error);
    if (file) fclose(file);
    free(path);
    forget_repetitions(h->stimulus_r2, h->n);
    forget_repetitions(h->weight_r2, h->n);
    return status;
}
