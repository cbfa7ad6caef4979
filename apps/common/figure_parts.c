/* What several figures share. */
#include "config.h"
#include "common/figure_parts.h"

#include <math.h>
#include <stdlib.h>

om_phrase om_note_value(const char *name, double value, int digits)
{
    om_phrase words = {""};
    if (!isnan(value))
        snprintf(words.text, sizeof words.text, "%.30s = %.30s", name, om_text_decimal(value, digits).text);
    return words;
}

void om_note_tally(om_tally tally, om_phrase lines[3])
{
    const struct {
        const char *before, *after;
        size_t count;
    } facts[3] = {{"n = ", "", tally.drawn + tally.outside},
                  {"", " not finite", tally.not_finite},
                  {"", " outside", tally.outside}};
    for (int i = 0; i < 3; i++) {
        lines[i].text[0] = 0;
        if (facts[i].count == 0) continue;
        snprintf(lines[i].text, sizeof lines[i].text, "%s%.40s%s", facts[i].before,
                 om_text_count((double)facts[i].count).text, facts[i].after);
    }
}

double *om_doubles(size_t n, const float *values, size_t stride)
{
    double *copy = calloc(n + 1, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++) copy[i] = (double)values[i * stride];
    return copy;
}

tn_status om_types_check(const om_types *types, size_t n, tn_error *error)
{
    for (size_t i = 0; types->type && i < n; i++)
        if (types->type[i] < 0 || (size_t)types->type[i] >= types->n_types)
            return tn_fail(error, TN_EINVAL, "the type of neuron %zu is %d, but there are %zu types", i,
                           (int)types->type[i], types->n_types);
    return TN_OK;
}

/* The points of one type. */
typedef struct cluster {
    double x, y; /* sums, then means */
    size_t count;
    size_t middle;   /* the point nearest to the mean */
    double distance; /* of its own, squared */
    int32_t type;
    double rank; /* larger comes first */
} cluster;

static int by_rank(const void *a, const void *b)
{
    const cluster *first = a, *second = b;
    if (first->rank != second->rank) return first->rank > second->rank ? -1 : 1;
    return (first->type > second->type) - (first->type < second->type);
}

static cluster *gather_clusters(const om_types *types, size_t n, const double *x, const double *y, bool strays_first)
{
    cluster *clusters = calloc(types->n_types, sizeof *clusters);
    if (!clusters) return NULL;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) continue;
        cluster *own = &clusters[types->type[i]];
        own->x += x[i];
        own->y += y[i];
        own->count++;
    }
    for (size_t k = 0; k < types->n_types; k++) {
        cluster *own = &clusters[k];
        own->type = (int32_t)k;
        own->rank = -1;
        if (own->count == 0) continue;
        own->x /= (double)own->count;
        own->y /= (double)own->count;
        own->distance = INFINITY;
        own->rank = strays_first ? fabs(own->x - own->y) : (double)own->count;
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) continue;
        cluster *own = &clusters[types->type[i]];
        double across = x[i] - own->x, up = y[i] - own->y, distance = across * across + up * up;
        if (distance < own->distance) own->distance = distance, own->middle = i;
    }
    qsort(clusters, types->n_types, sizeof *clusters, by_rank);
    return clusters;
}

tn_status om_types_labels(const om_types *types, size_t n, const double *x, const double *y, bool strays_first,
                          om_label **labels, size_t *count, tn_error *error)
{
    *labels = NULL;
    *count = 0;
    if (!types->type || !types->name || types->n_types == 0) return TN_OK;
    cluster *clusters = gather_clusters(types, n, x, y, strays_first);
    *labels = calloc(types->n_types, sizeof **labels);
    for (size_t k = 0; clusters && *labels && k < types->n_types && clusters[k].count > 0; k++)
        (*labels)[(*count)++] = (om_label){.x = x[clusters[k].middle],
                                           .y = y[clusters[k].middle],
                                           .text = types->name[clusters[k].type],
                                           .colour = om_colour_category(clusters[k].type)};
    bool made = clusters && *labels;
    free(clusters);
    return made ? TN_OK : tn_fail(error, TN_ENOMEM, "out of memory for the names of %zu cell types", types->n_types);
}
