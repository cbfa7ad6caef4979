/* The table of a report. Where published values come from, doc/architecture.md says. */
#include "config.h"
#include "common/metrics_table.h"

#include <math.h>
#include <string.h>

/* clang-format off */
const om_metric om_metrics[] = {
    /* group, name; place of the value in our read-out, in the published one; digits; headline; published values in the
     * order of om_published_setting: none, joint, then known stimulus at sigma 0, 0.05 and 0.5 */
    {"stimulus", "R² after correction", "stimulus.r2", NULL, 4, "stimulus R²", {0}},
    {"stimulus", "R² after correction, first 8,527 frames (the published window)", "stimulus.r2_first_8527", NULL, 4,
     NULL, {NULL, "0.8546"}},
    {"stimulus", "R² after correction, solved for from the model's equations", "stimulus.r2_solved", NULL, 4, NULL,
     {0}},
    {"stimulus", "R² without correction (scale and offset are arbitrary)", "stimulus.r2_raw", NULL, 4, NULL, {0}},
    {"stimulus", "scale a", "stimulus.a", NULL, 4, NULL, {0}},
    {"stimulus", "offset b", "stimulus.b", NULL, 4, NULL, {0}},
    {"weights", "R²", "weights.in_distribution.r2", "weights.published.r2", 4, "weights R²", {0}},
    {"weights", "R² without outliers (error above 5)", NULL, "weights.published.r2_filtered", 4, NULL,
     {NULL, "0.94", "0.8950", "0.9744", "0.9968"}},
    {"weights", "slope", "weights.in_distribution.slope", "weights.published.slope", 4, NULL,
     {NULL, "1.00", "0.9498", "0.9967", "0.9980"}},
    {"weights", "R² to identity", "weights.in_distribution.r2_identity", "weights.published.r2_identity", 4, NULL,
     {0}},
    {"weights", "R² of identifiable synapses", "weights.in_distribution.r2_identifiable", NULL, 4, NULL, {0}},
    {"weights", "share of identifiable synapses", "weights.in_distribution.share_identifiable", NULL, 4, NULL, {0}},
    {"weights", "rank correlation", "weights.in_distribution.spearman", "weights.published.spearman", 4, NULL, {0}},
    {"weights", "R² of least squares on the true equations (yardstick)", "yardstick.weights.r2", NULL, 4, NULL, {0}},
    {"weights", "R² of least squares, synapses that the data determine", "yardstick.weights.r2_identifiable", NULL, 4,
     NULL, {0}},
    {"weights", "R² of the mean of each type of synapses", "by_synapse_type.r2", NULL, 4, NULL, {0}},
    {"time constants", "R²", "time_constant.in_distribution.r2", "time_constant.published.r2", 4,
     "time constants R²", {NULL, "0.96", "0.3659", "0.9787", "0.9997"}},
    {"time constants", "slope", "time_constant.in_distribution.slope", "time_constant.published.slope", 4, NULL,
     {NULL, "1.01"}},
    {"time constants", "R² to identity", "time_constant.in_distribution.r2_identity",
     "time_constant.published.r2_identity", 4, NULL, {0}},
    {"resting potentials", "R²", "resting_potential.in_distribution.r2", "resting_potential.published.r2", 4,
     "resting pot. R²", {NULL, "0.17", "0.1237", "0.2109", "0.9886"}},
    {"resting potentials", "slope", "resting_potential.in_distribution.slope", "resting_potential.published.slope", 4,
     NULL, {NULL, "0.52"}},
    {"resting potentials", "R² to identity", "resting_potential.in_distribution.r2_identity",
     "resting_potential.published.r2_identity", 4, NULL, {0}},
    {"cell types", "accuracy", "embedding.in_distribution.accuracy", "embedding.accuracy", 4, "cell type accuracy",
     {NULL, "0.81", "0.8061", "0.8673", "0.8897"}},
    {"cell types", "adjusted Rand index", "embedding.in_distribution.ari", "embedding.ari", 4, NULL, {0}},
    {"cell types", "normalized mutual information", "embedding.in_distribution.nmi", "embedding.nmi", 4,
     NULL, {0}},
    {"one step", "RMSE of dv/dt", "one_step.rmse", NULL, 3, NULL,
     {NULL, NULL, "0.168 ± 0.129", "0.200 ± 0.166", "0.453 ± 0.264"}},
    {"one step", "Pearson r", "one_step.pearson", NULL, 3, NULL,
     {NULL, NULL, "0.990 ± 0.051", "0.999 ± 0.002", "1.000 ± 0.001"}},
    {"rollout", "RMSE", "rollout.rmse", NULL, 4, NULL,
     {NULL, "0.1441 ± 0.0789", "0.0100 ± 0.0073", "0.1078 ± 0.0564", "0.8439 ± 0.3523"}},
    {"rollout", "Pearson r", "rollout.pearson", NULL, 3, "rollout r",
     {NULL, "0.665 ± 0.228", "0.991 ± 0.045", "0.779 ± 0.238", "0.173 ± 0.147"}},
    {"rollout", "RMSE of the true circuit", "rollout.oracle.rmse", NULL, 4, NULL, {0}},
    {"rollout", "Pearson r of the true circuit", "rollout.oracle.pearson", NULL, 3, NULL, {0}},
    {"ablation", "RMSE without the same synapses", "ablation.rmse", NULL, 4, NULL, {0}},
    {"ablation", "Pearson r without the same synapses", "ablation.pearson", NULL, 3, NULL, {0}},
    {"ablation", "Pearson r of the whole true circuit", "ablation.unaware.pearson", NULL, 3, NULL, {0}},
    {"read-out", "R² of the linear picture, median over neurons", "picture_r2_median", NULL, 4, NULL, {0}},
    {0},
};
/* clang-format on */

/* The number at a path of keys, with a suffix on the last one; NaN if there is none. */
static double number_at(const json_t *metrics, const char *keys, const char *suffix)
{
    char key[64];
    const json_t *place = metrics;
    for (const char *from = keys; place && *from;) {
        size_t length = strcspn(from, ".");
        bool last = from[length] == 0;
        snprintf(key, sizeof key, "%.*s%s", (int)length, from, last ? suffix : "");
        place = json_object_get(place, key);
        from += length + !last;
    }
    return json_is_number(place) ? json_number_value(place) : NAN;
}

om_phrase om_metric_value(const json_t *metrics, const char *keys, int digits)
{
    om_phrase words = {"\u2013"};
    if (!keys) return words;
    double value = number_at(metrics, keys, ""), mean = number_at(metrics, keys, "_mean"),
           sd = number_at(metrics, keys, "_sd");
    if (!isnan(value)) return om_text_decimal(value, digits);
    if (!isnan(mean) && isnan(sd)) return om_text_decimal(mean, digits);
    if (!isnan(mean))
        snprintf(words.text, sizeof words.text, "%.24s ± %.24s", om_text_decimal(mean, digits).text,
                 om_text_decimal(sd, digits).text);
    return words;
}

om_phrase om_metric_with_part(const json_t *metrics, const om_metric *row, const char *words)
{
    om_phrase phrase;
    const char *split = json_string_value(json_object_get(json_object_get(metrics, "rollout"), "split"));
    bool followed = row->own && (!strncmp(row->own, "one_step.", 9) || !strncmp(row->own, "rollout.", 8));
    const char *part = !followed || !split ? "" : !strcmp(split, "train") ? ", training frames" : ", test frames";
    snprintf(phrase.text, sizeof phrase.text, "%.40s%s", words, part);
    return phrase;
}
