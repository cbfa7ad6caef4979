/* Agreement of clusters and types. */
#include "config.h"
#include "clustering.h"

#include <math.h>

/* How many points each pair of type and cluster has. */
typedef struct table {
    int types, clusters;
    double *count;      /* [types, clusters] */
    double *of_type;    /* [types] */
    double *of_cluster; /* [clusters] */
} table;

static tn_status label_count(int *count, const int32_t *label, int64_t n, const char *what, tn_error *error)
{
    *count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (label[i] < 0 || label[i] == INT32_MAX)
            return tn_fail(error, TN_EINVAL, "%s of point %lld is %d", what, (long long)i, label[i]);
        if (label[i] >= *count) *count = label[i] + 1;
    }
    return TN_OK;
}

static tn_status table_new(table *t, const int32_t *cluster, const int32_t *type, int64_t n, tn_error *error)
{
    tn_status status = label_count(&t->types, type, n, "type", error);
    if (status == TN_OK) status = label_count(&t->clusters, cluster, n, "cluster", error);
    if (status != TN_OK) return status;
    int64_t cells = (int64_t)t->types * t->clusters;
    t->count = om_array(cells + t->types + t->clusters, sizeof *t->count);
    if (!t->count) return tn_fail(error, TN_ENOMEM, "%d types times %d clusters: out of memory", t->types, t->clusters);
    t->of_type = t->count + cells;
    t->of_cluster = t->of_type + t->types;
    for (int64_t i = 0; i < n; i++) {
        t->count[(int64_t)type[i] * t->clusters + cluster[i]]++;
        t->of_type[type[i]]++;
        t->of_cluster[cluster[i]]++;
    }
    return TN_OK;
}

static tn_status matched_share(double *accuracy, const table *t, int64_t n, tn_error *error)
{
    int32_t *cluster_of = om_array(t->types, sizeof *cluster_of);
    if (!cluster_of) return tn_fail(error, TN_ENOMEM, "%d types: out of memory", t->types);
    tn_status status = om_assign(cluster_of, t->count, t->types, t->clusters, error);
    double matched = 0;
    for (int i = 0; i < t->types && status == TN_OK; i++)
        if (cluster_of[i] >= 0) matched += t->count[(int64_t)i * t->clusters + cluster_of[i]];
    *accuracy = matched / (double)n;
    tn_free(cluster_of);
    return status;
}

static double pairs(const double *count, int64_t cells)
{
    double sum = 0;
    for (int64_t i = 0; i < cells; i++) sum += count[i] * (count[i] - 1) / 2;
    return sum;
}

static double adjusted_rand_index(const table *t, int64_t n)
{
    double together = pairs(t->count, (int64_t)t->types * t->clusters), points = (double)n;
    double a = pairs(t->of_type, t->types), b = pairs(t->of_cluster, t->clusters), all = points * (points - 1) / 2;
    double expected = all > 0 ? a * b / all : 0, most = (a + b) / 2;
    return most == expected ? 1 : (together - expected) / (most - expected);
}

static double entropy(const double *count, int64_t cells, double n)
{
    double sum = 0;
    for (int64_t i = 0; i < cells; i++)
        if (count[i] > 0) sum -= count[i] / n * log(count[i] / n);
    return sum;
}

static double normalised_information(const table *t, int64_t n)
{
    double points = (double)n;
    double types = entropy(t->of_type, t->types, points), clusters = entropy(t->of_cluster, t->clusters, points);
    double both = entropy(t->count, (int64_t)t->types * t->clusters, points);
    return types + clusters > 0 ? 2 * fmax(types + clusters - both, 0) / (types + clusters) : 1;
}

tn_status om_agree(om_agreement *agreement, const int32_t *cluster, const int32_t *type, int64_t n, tn_error *error)
{
    table t = {0};
    *agreement = (om_agreement){NAN, NAN, NAN};
    if (n < 1) return TN_OK;
    tn_status status = table_new(&t, cluster, type, n, error);
    if (status == TN_OK) status = matched_share(&agreement->accuracy, &t, n, error);
    if (status == TN_OK) {
        agreement->ari = adjusted_rand_index(&t, n);
        agreement->nmi = normalised_information(&t, n);
    }
    tn_free(t.count);
    return status;
}
