/* From a trained model to a circuit: weights, time constants and resting potentials.
 *
 * The in-distribution read-out fits the model, neuron by neuron, where the neuron really lives:
 *     f_i   = cv_i v_i + cm_i m_i + cI_i I_i + c0_i        (I for input neurons only)
 *     g_j^2 = s_j relu(v_j) + o_j                          (identifiable neurons only)
 * The published read-out takes slopes of f and g on a grid instead. */
#ifndef OM_READOUT_H
#define OM_READOUT_H

#include "models.h"
#include "values.h"

/* ---- In-distribution: the linear picture of the model ------------------------------------------------------- */

typedef struct om_readout om_readout;

/* An accumulator for the N neurons of the wiring; borrows nothing. NULL: TN_EINVAL neurons < 0; TN_ENOMEM. */
om_readout *om_readout_new(const om_wiring *wiring, tn_error *error);
void om_readout_free(om_readout *readout);

/* What the model does at some frames of the training data, each [frames, N]; borrowed. */
typedef struct om_states {
    om_values v; /* voltage */
    om_values m; /* message, sum over synapses of W g^2 */
    om_values I; /* the model's own stimulus of the neuron's column; read for input neurons only, but all N are there */
    om_values f; /* f_theta(v, a, m, I) */
    om_values g2; /* g_phi(v, a)^2 */
} om_states;

/* Adds frames, in one call or many: the same bits, on any number of threads. */
void om_readout_add(om_readout *readout, const om_states *states, int64_t frames);

/* The fits, [N] each: one allocation, freed by om_picture_free.
 * Coefficients that do not exist (cI of other neurons, s and o of neurons that are not identifiable) or are not
 * finite are 0. */
typedef struct om_picture {
    int64_t neurons;
    double *cv, *cm, *cI, *c0;
    double *s, *o;
    double *f_r2, *g_r2;   /* R2 of the two fits; g_r2 is 0 where not identifiable */
    uint8_t *identifiable; /* v > 0 in more than OM_ACTIVE_FRAMES frames */
    uint8_t *always_active; /* v > 0 in all frames but OM_SILENT_SHARE of them */
} om_picture;

#define OM_ACTIVE_FRAMES 4
#define OM_SILENT_SHARE 0.01

/* Errors: TN_ENOMEM. */
tn_status om_readout_solve(const om_readout *readout, om_picture *picture, tn_error *error);
void om_picture_free(om_picture *picture);

/* ---- Circuits ----------------------------------------------------------------------------------------------- */

/* The recovered circuit, in arrays of the caller. What is not finite is 0. */
typedef struct om_recovered {
    double *weight;            /* [E], corrected */
    double *time_constant;     /* [N], seconds */
    double *resting_potential; /* [N] */
    double *input_gain;        /* [N], what the stimulus is multiplied by; NULL: not wanted */
} om_recovered;

/* tau_i = -1 / cv_i;  W_ij = w_ij cm_i tau_i s_j;  Vrest_i = tau_i c0_i + sum over j of w_ij cm_i tau_i o_j;
 * gain_i = cI_i tau_i, with raw [E], the weights w as learned.
 * Of a neuron that is always active, any leak explains the data as well as any other, with a synapse onto itself that
 * makes up for it, but for the few frames, of little weight in training, in which the neuron is silent. Which one was
 * learned is chance; of all circuits the one without that synapse is taken: W_ii = 0, and its w_ii cm_i (s_i v + o_i)
 * counts among cv_i v + c0_i.
 * Errors: TN_EINVAL a synapse's neuron is out of range, or picture and wiring differ in neurons. */
tn_status om_recover(om_recovered *out, const om_picture *picture, const om_wiring *wiring, om_values raw,
                     tn_error *error);

/* keep[e] = 1 where the presynaptic neuron of synapse e is identifiable; wiring as om_recover took it. Returns how many
 * are. */
int64_t om_identifiable_synapses(uint8_t *keep, const om_picture *picture, const om_wiring *wiring);

/* What the published read-out measures, [N] each. */
typedef struct om_published {
    const double *s_g;       /* slope of g^2 in v */
    const double *s_f, *o_f; /* slope and offset of f in v at m = 0, I = 0 */
    const double *d;         /* df/dm, median over the probe frames */
} om_published;

/* W_ij = -w_ij d_i s_g(j) / s_f(i);  tau_i = clip(-1 / s_f, 0, 1);  Vrest_i = -o_f / s_f.
 * Where s_f = 0, tau and Vrest are 1, as published. Errors: TN_EINVAL a synapse's neuron is out of range. */
tn_status om_recover_published(om_recovered *out, const om_published *published, const om_wiring *wiring, om_values raw,
                               tn_error *error);

/* What neurons are clustered by: feature [N, D + 6], row i = embedding a_i [D], tau, Vrest, mean and standard
 * deviation (count in the divisor) of incoming weights and of outgoing weights; 0 without synapses.
 *   embedding [N, D]; the weights are those of circuit
 * Errors: TN_EINVAL D < 0, or a synapse's neuron is out of range; TN_ENOMEM. */
tn_status om_features(double *feature, om_values embedding, int dimensions, const om_recovered *circuit,
                      const om_wiring *wiring, tn_error *error);

#endif
