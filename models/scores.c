/* Comparing a recovered circuit with the truth. */
#include "config.h"
#include "recovery.h"
#include "clustering.h"
#include "readout.h"

#include <math.h>

const om_score om_score_unknown = {.r2 = NAN, .slope = NAN, .offset = NAN, .r2_identity = NAN};

om_score om_score_neurons(const double *learned, const float *truth, int64_t neurons)
{
    if (!truth) return om_score_unknown;
    om_line line = om_line_fit(om_f32(truth), om_f64(learned), NULL, neurons);
    return om_score_of(&line);
}

/* The published tables leave out errors beyond this. */
#define FILTER 5.0

tn_status om_score_weights(const om_recovery *r, const float *truth, om_weight_score *score, tn_error *error)
{
    *score = (om_weight_score){om_score_unknown, om_score_unknown, om_score_unknown, NAN, NAN};
    if (!truth) return TN_OK;
    double *exact = om_array(r->synapses, sizeof *exact);
    uint8_t *kept = om_array(r->synapses, sizeof *kept);
    tn_status status = exact && kept ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory to compare weights");
    if (!status) {
        om_load(exact, om_f32(truth), 0, r->synapses);
        score->all = om_score_neurons(r->weight, truth, r->synapses);
        om_within(kept, exact, r->weight, r->synapses, FILTER);
        om_line filtered = om_line_fit(om_f32(truth), om_f64(r->weight), kept, r->synapses);
        score->filtered = om_score_of(&filtered);
        if (r->identifiable) {
            om_line line = om_line_fit(om_f32(truth), om_f64(r->weight), r->identifiable, r->synapses);
            score->identifiable = om_score_of(&line);
            score->share_identifiable = r->synapses ? (double)line.count / (double)r->synapses : NAN;
        }
        status = om_spearman(&score->spearman, exact, r->weight, r->synapses, error);
    }
    tn_free(exact);
    tn_free(kept);
    return status;
}

tn_status om_score_types(const om_joint *joint, const tn_params *params, const om_recovery *r, const int32_t *type,
                         int components, uint64_t seed, const om_watch *watch, int32_t *cluster, om_type_score *score,
                         tn_error *error)
{
    int64_t n = r->neurons;
    int dimensions = joint->spec.embedding_dim, features = dimensions + 6;
    double *feature = om_array(n * features, sizeof *feature);
    int32_t *label = om_array(n, sizeof *label);
    om_recovered circuit = {r->weight, r->time_constant, r->resting_potential, NULL};
    om_values embedding = {tn_params_data(params, "embedding"), tn_params_dtype(params)};
    om_mixture_options options = OM_MIXTURE_DEFAULTS;
    options.components = components < n ? components : (int)n;
    options.watch = watch;
    tn_status status = feature && label ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory to cluster neurons");
    if (!status) status = om_features(feature, embedding, dimensions, &circuit, &joint->wiring, error);
    if (!status) status = om_cluster(label, feature, n, features, &options, seed, NULL, error);
    om_agreement agreement = {NAN, NAN, NAN};
    if (!status) status = om_agree(&agreement, label, type, n, error);
    *score = (om_type_score){agreement.accuracy, agreement.ari, agreement.nmi};
    for (int64_t i = 0; i < n && cluster && !status; i++) cluster[i] = label[i];
    tn_free(feature);
    tn_free(label);
    return status;
}
