/* The joint model: SIREN -> stimulus of each column -> graph neural network -> loss.
 *
 * Tensors keep the neuron as their leading axis and frames as the second, so that the sparse product takes all frames
 * of a batch at once and the layers run over neurons x frames rows. g_phi depends on the presynaptic neuron only and
 * is evaluated once per neuron; the SIREN once per column. */
#include "config.h"
#include "joint.h"
#include "parameter.h"

const char *const om_term_names[OM_TERMS] = {
    "g_phi_diff", "g_phi_norm", "W_L1", "W_L2", "g_phi_weight_L1", "f_theta_weight_L1", "f_theta_weight_L2",
    "f_theta_affine", "W_silent", "field",
};

/* ---- parameters ---- */

void om_joint_declare(const om_joint *joint, tn_params *params)
{
    om_mlp_declare(&joint->g_phi, params, OM_GROUP_MLP);
    om_mlp_declare(&joint->f_theta, params, OM_GROUP_MLP);
    tn_params_add(params, "embedding", TN_SHAPE(joint->wiring.neurons, joint->spec.embedding_dim),
                  (tn_init){TN_INIT_CONSTANT, 1, 0}, OM_GROUP_EMBEDDING);
    tn_params_add(params, "W", TN_SHAPE(joint->wiring.synapses), (tn_init){TN_INIT_NORMAL, 0, joint->spec.weight_scale},
                  OM_GROUP_WEIGHT);
    if (joint->spec.joint) om_siren_declare(&joint->spec.siren, params, OM_GROUP_SIREN);
}

void om_joint_initialise(const om_joint *joint, tn_params *params)
{
    if (joint->spec.joint) om_siren_initialise(&joint->spec.siren, params);
}

/* ---- pieces of the graph: N neurons, B frames, K = embedding_dim ---- */

static int64_t dim(const tn_node *node, int axis)
{
    return tn_node_shape(node).dim[axis];
}

/* The embedding [N, K] beside every frame: [N, B, K]. */
static tn_node *beside_frames(tn_graph *g, tn_node *embedding, int64_t frames)
{
    int64_t n = dim(embedding, 0), k = dim(embedding, 1);
    return tn_broadcast(g, tn_reshape(g, embedding, TN_SHAPE(n, 1, k)), TN_SHAPE(n, frames, k));
}

static tn_node *as_channel(tn_graph *g, tn_node *x)
{
    return tn_reshape(g, x, TN_SHAPE(dim(x, 0), dim(x, 1), 1));
}

static tn_node *without_channel(tn_graph *g, tn_node *x)
{
    return tn_reshape(g, x, TN_SHAPE(dim(x, 0), dim(x, 1)));
}

/* v [N, B], a [N, B, K] -> g_phi(v, a)^2 [N, B] */
static tn_node *activation(const om_joint *joint, tn_graph *g, tn_params *params, tn_node *v, tn_node *a)
{
    tn_node *x = tn_concat(g, 2, (tn_node *[]){as_channel(g, v), a}, 2);
    return without_channel(g, tn_square(g, om_mlp_build(&joint->g_phi, g, params, x)));
}

/* States of neurons, [N, B] each: voltage, message and stimulus. */
typedef struct states {
    tn_node *v, *m, *stimulus;
} states;

/* x [N, B], a [N, B, K] -> f_theta [N, B] */
static tn_node *derivative(const om_joint *joint, tn_graph *g, tn_params *params, states x, tn_node *a)
{
    tn_node *parts[] = {as_channel(g, x.v), a, as_channel(g, x.m), as_channel(g, x.stimulus)};
    return without_channel(g, om_mlp_build(&joint->f_theta, g, params, tn_concat(g, 4, parts, 2)));
}

/* Stimulus of the columns [C, B] -> what each neuron sees [N, B], 0 for neurons that are not inputs. */
static tn_node *seen_by_neurons(const om_joint *joint, tn_graph *g, tn_node *stimulus)
{
    tn_node *dark = tn_cast(g, tn_full(g, TN_SHAPE(1, dim(stimulus, 1)), 0), tn_node_dtype(stimulus));
    return tn_gather_rows(g, joint->seen, tn_concat(g, 2, (tn_node *[]){stimulus, dark}, 0));
}

/* An input given frame after frame, [B, n], as the layers want it: [n, B]. */
static tn_node *by_frames(tn_graph *g, tn_params *params, const char *name, int64_t frames, int64_t n)
{
    return tn_transpose(g, tn_input(g, name, tn_params_dtype(params), TN_SHAPE(frames, n)));
}

static void output_by_frames(tn_graph *g, const char *name, tn_node *x)
{
    tn_output(g, name, tn_transpose(g, x));
}

/* ---- the training step ---- */

/* The stimulus by the network of a window, [C, frames] at coordinates [C, frames, 3]. */
static tn_node *field_of(const om_joint *joint, int window, tn_graph *g, tn_params *params, tn_node *coordinates,
                         int64_t frames)
{
    /* Points in one row: what a thread takes of them need not be whole columns. */
    tn_node *points = tn_reshape(g, coordinates, TN_SHAPE(joint->wiring.columns * frames, 3));
    tn_node *values = om_siren_build(&joint->spec.siren, window, g, params, points);
    return tn_reshape(g, values, TN_SHAPE(joint->wiring.columns, frames));
}

int64_t om_joint_slots(const om_joint *joint, int64_t batch, int64_t extra)
{
    int windows = joint->spec.siren.windows;
    return windows == 1 ? batch + extra : extra ? extra / windows : batch;
}

/* The stimulus in all slots of a step, [C, windows slots]. */
static tn_node *fields(const om_joint *joint, tn_graph *g, tn_params *params, int64_t slots)
{
    int windows = joint->spec.siren.windows;
    tn_node *field[OM_MAX_WINDOWS];
    tn_node *coordinates =
        tn_input(g, "coordinates", tn_params_dtype(params), TN_SHAPE(windows, joint->wiring.columns, slots, 3));
    for (int k = 0; k < windows; k++)
        field[k] = field_of(joint, k, g, params, tn_slice(g, coordinates, 0, k, 1), slots);
    return windows == 1 ? field[0] : tn_concat(g, windows, field, 1);
}

/* Voltages and messages of input-only frames [inputs, F], and the embedding beside them. */
static states input_states(const om_joint *joint, tn_graph *g, tn_params *params, int64_t frames, tn_node **a)
{
    const om_input_part *part = &joint->part;
    tn_node *embedding = tn_param(g, params, "embedding");
    tn_node *v_pre = by_frames(g, params, "presynaptic_voltage", frames, part->n_presynaptic);
    tn_node *v = by_frames(g, params, "input_voltage", frames, part->n_inputs);
    tn_node *a_pre = beside_frames(g, tn_gather_rows(g, part->presynaptic_index, embedding), frames);
    tn_node *w = tn_gather_rows(g, part->synapse_index, tn_param(g, params, "W"));
    *a = beside_frames(g, tn_gather_rows(g, part->input_index, embedding), frames);
    return (states){v, tn_spmm(g, part->synapses, w, activation(joint, g, params, v_pre, a_pre)), NULL};
}

/* Residuals of input-only frames [inputs, F]: the same equations on the neurons that the stimulus drives. */
static tn_node *input_residual(const om_joint *joint, tn_graph *g, tn_params *params, tn_node *stimulus)
{
    int64_t frames = dim(stimulus, 1);
    tn_node *a, *y = by_frames(g, params, "input_derivative", frames, joint->part.n_inputs);
    states x = input_states(joint, g, params, frames, &a);
    x.stimulus = tn_gather_rows(g, joint->part.seen, stimulus);
    return tn_sub(g, derivative(joint, g, params, x, a), y);
}

/* Multiplies residuals [n, F] by the weight of each neuron, unless NULL; index picks the neurons, NULL: all. */
static tn_node *weigh(tn_graph *g, tn_node *residual, tn_node *weight, const tn_sparsity *index)
{
    if (!weight) return residual;
    if (index) weight = tn_gather_rows(g, index, weight);
    return tn_mul(g, residual, tn_reshape(g, weight, TN_SHAPE(dim(residual, 0), 1)));
}

/* The prediction term with input-only frames: one norm over the input neurons of all frames, and one over the others.
 * While the stimulus is still wrong, the residuals of the input neurons are far larger than the rest; in one norm they
 * would drown what the others have to say about the circuit. Their norm also has a factor: the SIREN, which learns from
 * it alone, does not feel it (Adam), but f_theta and g_phi, which all neurons share, do. */
static tn_node *apart(const om_joint *joint, tn_graph *g, tn_node *residual, tn_node *input_only, tn_node *factor)
{
    tn_dtype number = tn_node_dtype(residual);
    tn_node *light = tn_cast(g, tn_full(g, TN_SHAPE(joint->wiring.columns, 1), 1), number);
    tn_node *driven = seen_by_neurons(joint, g, light); /* [N, 1]: 1 for input neurons, else 0 */
    tn_node *inputs = tn_mul(g, residual, driven), *others = tn_sub(g, residual, inputs);
    tn_node *squares = tn_add(g, tn_sum(g, tn_square(g, inputs), TN_ALL, false),
                              tn_sum(g, tn_square(g, input_only), TN_ALL, false));
    return tn_add(g, tn_norm2(g, others, TN_ALL, false), tn_mul(g, factor, tn_sqrt(g, squares)));
}

static tn_node *factor_of(tn_graph *g, tn_node *coefficients, int i)
{
    return tn_reshape(g, tn_slice(g, coefficients, 0, i, 1), TN_SCALAR);
}

/* Sum over the parameters of an MLP of a norm each. */
static tn_node *sum_of_norms(const om_mlp *mlp, tn_graph *g, tn_params *params,
                             tn_node *(*norm)(tn_graph *, tn_node *, unsigned, bool))
{
    tn_node *sum = NULL;
    for (int i = 0; i < mlp->layers; i++)
        for (int bias = 0; bias < 2; bias++) {
            om_parameter_name name = om_parameter(mlp->name, i, bias ? "bias" : "weight");
            tn_node *one = norm(g, tn_param(g, params, name.text), TN_ALL, false);
            sum = sum ? tn_add(g, sum, one) : one;
        }
    return sum;
}

/* Adds the regularizers to the prediction term. probe [N, 3]: g_phi^2 at v, at v + 0.05 xnorm and at 2 xnorm, for the
 * first frame, with an embedding that takes no gradient. bend [N, 1]: how far f_theta is from straight; field: how far
 * the SIREN is from a solved stimulus; either may be NULL. */
static tn_node *regularize(const om_joint *joint, tn_graph *g, tn_params *params, tn_node *coefficients,
                           tn_node *prediction, tn_node *probe, tn_node *bend, tn_node *field)
{
    tn_scope(g, "regularizers");
    tn_node *at[3], *w = tn_param(g, params, "W"), *loss = prediction;
    for (int i = 0; i < 3; i++) at[i] = tn_slice(g, probe, 1, i, 1);
    tn_node *two = tn_cast(g, tn_full(g, tn_node_shape(at[2]), 2 * joint->spec.xnorm), tn_node_dtype(probe));
    tn_node *none = tn_cast(g, tn_constant(g, 0), tn_node_dtype(probe));
    tn_node *silent = joint->silent ? tn_gather_rows(g, joint->silent, w) : NULL;
    tn_node *terms[OM_TERMS] = {
        [OM_TERM_G_PHI_DIFF] = tn_norm2(g, tn_relu(g, tn_sub(g, at[0], at[1])), TN_ALL, false),
        [OM_TERM_G_PHI_NORM] = tn_norm2(g, tn_sub(g, at[2], two), TN_ALL, false),
        [OM_TERM_W_L1] = tn_norm1(g, w, TN_ALL, false),
        [OM_TERM_W_L2] = tn_norm2(g, w, TN_ALL, false),
        [OM_TERM_G_PHI_L1] = sum_of_norms(&joint->g_phi, g, params, tn_norm1),
        [OM_TERM_F_THETA_L1] = sum_of_norms(&joint->f_theta, g, params, tn_norm1),
        [OM_TERM_F_THETA_L2] = sum_of_norms(&joint->f_theta, g, params, tn_norm2),
        [OM_TERM_F_THETA_AFFINE] = bend ? tn_norm2(g, bend, TN_ALL, false) : none,
        [OM_TERM_W_SILENT] = silent ? tn_norm1(g, silent, TN_ALL, false) : none,
        [OM_TERM_FIELD] = field ? tn_norm2(g, field, TN_ALL, false) : none,
    };
    for (int i = 0; i < OM_TERMS; i++) {
        char name[64];
        snprintf(name, sizeof name, "term/%s", om_term_names[i]);
        tn_node *term = tn_mul(g, factor_of(g, coefficients, i), terms[i]);
        tn_output(g, name, term);
        loss = tn_add(g, loss, term);
    }
    tn_scope_end(g);
    return loss;
}

/* What the columns see in a step: in the batch's frames [C, B], and in the input-only ones [C, F], NULL if none. */
typedef struct light {
    tn_node *batch, *extra;
} light;

/* How far the SIREN is from a solved stimulus, [windows points, 1]. */
static tn_node *field_residual(const om_joint *joint, tn_graph *g, tn_params *params, int64_t points)
{
    int windows = joint->spec.siren.windows;
    tn_node *value[OM_MAX_WINDOWS];
    tn_node *at = tn_input(g, "points", tn_params_dtype(params), TN_SHAPE(windows, points, 3));
    tn_node *target = tn_input(g, "target", tn_params_dtype(params), TN_SHAPE(windows, points));
    for (int k = 0; k < windows; k++) {
        tn_node *x = tn_reshape(g, tn_slice(g, at, 0, k, 1), TN_SHAPE(points, 3));
        value[k] = om_siren_build(&joint->spec.siren, k, g, params, x);
    }
    return tn_sub(g, windows == 1 ? value[0] : tn_concat(g, windows, value, 0),
                  tn_reshape(g, target, TN_SHAPE(windows * points, 1)));
}

static light light_of(const om_joint *joint, tn_graph *g, tn_params *params, int64_t batch, int64_t extra, bool given)
{
    int64_t columns = joint->wiring.columns;
    if (!given) {
        int64_t slots = om_joint_slots(joint, batch, extra), windows = joint->spec.siren.windows;
        tn_node *all = fields(joint, g, params, slots);
        if (windows == 1)
            return (light){tn_slice(g, all, 1, 0, batch), extra ? tn_slice(g, all, 1, batch, extra) : NULL};
        tn_node *selection = tn_input(g, "selection", tn_params_dtype(params), TN_SHAPE(windows * slots, batch));
        return (light){tn_matmul(g, all, selection), extra ? all : NULL};
    }
    tn_node *seen = by_frames(g, params, "stimulus", batch, columns);
    return (light){seen, extra ? by_frames(g, params, "input_stimulus", extra, columns) : NULL};
}

/* g_phi^2 of the batch, v [N, B] and a [N, B, K], and at three probes of its first frame for the regularizers:
 * [N, B + 3]. All go through the layers together, so that there is one pass. */
static tn_node *activity(const om_joint *joint, tn_graph *g, tn_params *params, tn_node *v, tn_node *a)
{
    tn_dtype number = tn_params_dtype(params);
    double x = joint->spec.xnorm;
    tn_node *first = tn_slice(g, v, 1, 0, 1);
    tn_node *shifted = tn_add(g, first, tn_cast(g, tn_constant(g, 0.05 * x), number));
    tn_node *high = tn_cast(g, tn_full(g, TN_SHAPE(dim(v, 0), 1), 2 * x), number);
    tn_node *voltages = tn_concat(g, 4, (tn_node *[]){v, first, shifted, high}, 1);
    tn_node *fixed = beside_frames(g, tn_detach(g, tn_param(g, params, "embedding")), 3);
    return activation(joint, g, params, voltages, tn_concat(g, 2, (tn_node *[]){a, fixed}, 1));
}

/* The prediction term, from the residuals of the batch [N, B] and, unless NULL, the light of input-only frames. */
static tn_node *prediction_term(const om_joint *joint, tn_graph *g, tn_params *params, tn_node *residual,
                                tn_node *weight, tn_node *extra_light, tn_node *coefficients)
{
    residual = weigh(g, residual, weight, NULL);
    if (!extra_light) return tn_norm2(g, residual, TN_ALL, false);
    tn_node *more = input_residual(joint, g, params, extra_light);
    return apart(joint, g, residual, weigh(g, more, weight, joint->part.input_index),
                 factor_of(g, coefficients, OM_FACTOR_INPUTS));
}

/* f_theta of the batch's states x [N, B] in one pass with those that the affine term asks for: [N, B], and in *bend
 * [N, 1] how far it is from straight, NULL unless the model is affine. */
static tn_node *derivatives(const om_joint *joint, tn_graph *g, tn_params *params, states x, tn_node *weight,
                            tn_node **bend)
{
    int64_t batch = dim(x.v, 1);
    tn_node *embedding = tn_param(g, params, "embedding");
    *bend = NULL;
    if (!joint->spec.affine) return derivative(joint, g, params, x, beside_frames(g, embedding, batch));
    tn_node *silent = tn_cast(g, tn_full(g, TN_SHAPE(dim(x.v, 0), 1), 0), tn_node_dtype(x.v));
    tn_node *last = tn_slice(g, x.v, 1, batch - 1, 1);
    tn_node *const state[3] = {x.v, x.m, x.stimulus}, *const end[3] = {last, silent, silent};
    tn_node *all[3];
    for (int i = 0; i < 3; i++) {
        tn_node *middle = tn_scale(g, tn_add(g, tn_slice(g, state[i], 1, 0, 1), end[i]), 0.5);
        all[i] = tn_concat(g, 3, (tn_node *[]){state[i], end[i], middle}, 1);
    }
    tn_node *f = derivative(joint, g, params, (states){all[0], all[1], all[2]}, beside_frames(g, embedding, batch + 2));
    tn_node *ends = tn_add(g, tn_slice(g, f, 1, 0, 1), tn_slice(g, f, 1, batch, 1));
    tn_node *twice = tn_scale(g, tn_slice(g, f, 1, batch + 1, 1), 2);
    *bend = weigh(g, tn_sub(g, ends, twice), weight, NULL);
    return tn_slice(g, f, 1, 0, batch);
}

/* points: of each window, at which the SIREN learns a solved stimulus; 0: the stimulus is not solved. */
static void step(const om_joint *joint, tn_graph *g, tn_params *params, int64_t batch, int64_t extra, int64_t points,
                 bool details)
{
    int64_t n = joint->wiring.neurons;
    tn_node *v = by_frames(g, params, "voltage", batch, n);
    tn_node *y = by_frames(g, params, "derivative", batch, n);
    light seen = light_of(joint, g, params, batch, extra, !joint->spec.joint || points);
    tn_node *a = beside_frames(g, tn_param(g, params, "embedding"), batch);
    tn_node *g2 = activity(joint, g, params, v, a);
    tn_node *m = tn_spmm(g, joint->synapses, tn_param(g, params, "W"), tn_slice(g, g2, 1, 0, batch));
    tn_node *weight = NULL, *bend;
    if (joint->spec.weighted) weight = tn_input(g, "neuron_weight", tn_params_dtype(params), TN_SHAPE(n));
    states x = {v, m, seen_by_neurons(joint, g, seen.batch)};
    tn_node *dv = derivatives(joint, g, params, x, weight, &bend);
    tn_node *coefficients = tn_input(g, "coefficients", tn_params_dtype(params), TN_SHAPE(OM_COEFFICIENTS));
    tn_node *prediction = prediction_term(joint, g, params, tn_sub(g, dv, y), weight, seen.extra, coefficients);
    tn_output(g, "term/prediction", prediction);
    if (details) {
        output_by_frames(g, "field", seen.batch);
        output_by_frames(g, "message", m);
        output_by_frames(g, "predicted_derivative", dv);
    }
    tn_node *field = points ? field_residual(joint, g, params, points) : NULL;
    tn_node *loss = regularize(joint, g, params, coefficients, prediction, tn_slice(g, g2, 1, batch, 3), bend, field);
    tn_output(g, "loss", loss);
    tn_params_grad(g, loss, params);
}

void om_joint_step(const om_joint *joint, tn_graph *g, tn_params *params, int64_t batch, int64_t extra, bool details)
{
    step(joint, g, params, batch, extra, 0, details);
}

void om_joint_solved_step(const om_joint *joint, tn_graph *g, tn_params *params, int64_t batch, int64_t points)
{
    step(joint, g, params, batch, 0, points, false);
}

/* ---- looking at a trained model ---- */

void om_joint_predict(const om_joint *joint, tn_graph *g, tn_params *params, int64_t batch, bool details)
{
    tn_node *v = by_frames(g, params, "voltage", batch, joint->wiring.neurons);
    tn_node *stimulus = by_frames(g, params, "stimulus", batch, joint->wiring.columns);
    tn_node *a = beside_frames(g, tn_param(g, params, "embedding"), batch);
    tn_node *g2 = activation(joint, g, params, v, a);
    tn_node *m = tn_spmm(g, joint->synapses, tn_param(g, params, "W"), g2), *slope;
    tn_node *seen = seen_by_neurons(joint, g, stimulus), *dv = derivative(joint, g, params, (states){v, m, seen}, a);
    output_by_frames(g, "predicted_derivative", dv);
    if (!details) return;
    tn_grad(g, tn_sum(g, dv, TN_ALL, false), 1, &m, &slope); /* row i of f_theta depends on m_i alone */
    output_by_frames(g, "activation", g2);
    output_by_frames(g, "message", m);
    output_by_frames(g, "grad_message", slope);
    output_by_frames(g, "seen", seen);
}

void om_joint_field(const om_joint *joint, int window, tn_graph *g, tn_params *params, int64_t frames)
{
    tn_node *coordinates =
        tn_input(g, "coordinates", tn_params_dtype(params), TN_SHAPE(joint->wiring.columns, frames, 3));
    output_by_frames(g, "field", field_of(joint, window, g, params, coordinates, frames));
}

void om_joint_probe(const om_joint *joint, tn_graph *g, tn_params *params, int64_t points)
{
    tn_dtype number = tn_params_dtype(params);
    tn_node *v = tn_input(g, "voltage", number, TN_SHAPE(joint->wiring.neurons, points));
    tn_node *a = beside_frames(g, tn_param(g, params, "embedding"), points);
    tn_node *none = tn_cast(g, tn_full(g, TN_SHAPE(joint->wiring.neurons, points), 0), number);
    tn_output(g, "g", activation(joint, g, params, v, a));
    tn_output(g, "f", derivative(joint, g, params, (states){v, none, none}, a));
}

/* ---- solving for the stimulus ---- */

void om_joint_solve(const om_joint *joint, tn_graph *g, tn_params *params, int64_t frames)
{
    const tn_sparsity *column = joint->part.seen;
    tn_node *a, *slope, *y = by_frames(g, params, "input_derivative", frames, joint->part.n_inputs);
    tn_node *field = by_frames(g, params, "field", frames, joint->wiring.columns);
    states x = input_states(joint, g, params, frames, &a);
    x.stimulus = tn_gather_rows(g, column, field);
    tn_node *f = derivative(joint, g, params, x, a);
    tn_grad(g, tn_sum(g, f, TN_ALL, false), 1, &x.stimulus, &slope); /* row i of f_theta depends on I_i alone */
    tn_node *wanted = tn_segment_sum(g, column, tn_mul(g, slope, tn_sub(g, y, f)));
    tn_node *curvature = tn_segment_sum(g, column, tn_square(g, slope));
    /* Where f_theta is flat, compared with the other columns of a frame, the step stays short. More weight for the
     * SIREN would make each movie a little fainter than the one asked for, f_theta would make up for it, and the next
     * one be fainter still. */
    tn_node *damped = tn_add(g, curvature, tn_scale(g, tn_mean(g, curvature, TN_AXIS(0), true), 0.01));
    output_by_frames(g, "solved", tn_add(g, field, tn_div_no_nan(g, wanted, damped)));
}
