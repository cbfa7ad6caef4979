/* models.h - libtensor-models: the science on top of libtensor.
 *
 *     tn_error error = {0};
 *     om_circuit *circuit = om_circuit_read("builtin.json", 4, &error);    a wiring diagram, expanded on the eye
 *     if (!circuit) return report(&error);
 *     ... circuit->source, circuit->target, circuit->weight ...            synapses, sorted by (target, source)
 *     om_circuit_free(circuit);
 *
 * Structures are transparent and meant to be read; what a function returned is changed by no one but its *_free,
 * which accepts NULL. Arrays come from tn_alloc, so that a plan can take them as inputs. A shape such as [C, 2] is
 * row-major. N neurons, E synapses, C columns of the compound eye. Times are in seconds, voltages without unit.
 * Functions that return a pointer return NULL on failure and say why in error (which may be NULL); every one of them
 * may fail with TN_ENOMEM. Nothing here aborts, exits or prints, and there is no global state. */
#ifndef MODELS_H
#define MODELS_H

#include <tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. Lattice --------------------------------------------------------------------------------------------- */

/* The columns of the compound eye: a hexagon of radius extent in axial coordinates (u, v), that is the (u, v) with
 * |u|, |v|, |u + v| <= extent, in ascending order of u, then of v. */
typedef struct om_lattice {
    int32_t extent;
    int32_t columns; /* C = 3 extent (extent + 1) + 1 */
    int32_t *u, *v;  /* [C] */
    float *position; /* [C, 2]  x = u + v/2, y = v sqrt(3)/2: neighbours are at distance 1 */
} om_lattice;

/* Errors: TN_EINVAL extent is negative, or above 26754, where C no longer fits an int32. */
TN_API om_lattice *om_lattice_new(int32_t extent, tn_error *error);
TN_API void om_lattice_free(om_lattice *lattice);

/* The index of column (u, v), or -1 outside the lattice. Takes the same time for every lattice. */
TN_API int32_t om_lattice_column(const om_lattice *lattice, int32_t u, int32_t v);

/* The symmetries of the hexagon, each an exact permutation of its columns. Number s = 6 m + r first mirrors m times
 * (0 or 1), (u, v) -> (u + v, -v), which turns y into -y, and then rotates r times (0 to 5) by 60 degrees from x
 * towards y, (u, v) -> (-v, u + v). Number 0 is the identity.
 *   permutation  [C]  permutation[c] is the column to which column c is carried: the picture p becomes the picture q
 *                     with q[permutation[c]] = p[c]
 * Errors: TN_EINVAL symmetry is not 0 to 11. */
#define OM_SYMMETRIES 12
TN_API tn_status om_lattice_symmetry(const om_lattice *lattice, int symmetry, int32_t *permutation, tn_error *error);

/* ---- 2. Circuit --------------------------------------------------------------------------------------------- */

typedef enum om_role {
    OM_ROLE_INPUT,  /* photoreceptors: driven by the stimulus of their column */
    OM_ROLE_HIDDEN, /* everything between */
    OM_ROLE_OUTPUT, /* what leaves the modelled part of the brain */
} om_role;

#define OM_NAME_SIZE 64 /* bytes of a name in UTF-8, with the 0 that ends it */

/* Whether text in UTF-8 can be the name of a circuit or a cell type, which end up in messages, figures and reports:
 * 1 to OM_NAME_SIZE - 1 bytes, none of a control character or of Unicode's line and paragraph separators.
 * Errors: TN_EFORMAT, what is wrong in words that follow a name: "has 64 bytes, expected 1 to 63". */
TN_API tn_status om_name_check(const char *name, size_t length, tn_error *why);

typedef struct om_cell_type {
    char name[OM_NAME_SIZE];
    int32_t stride[2]; /* one neuron in every column with u mod stride[0] = v mod stride[1] = 0 */
    om_role role;
    float time_constant;     /* seconds, > 0 */
    float resting_potential;
} om_cell_type;

/* A circuit expanded on the lattice. Neurons are numbered type by type, and within a type in the order of the
 * columns. */
typedef struct om_circuit {
    char name[OM_NAME_SIZE];
    om_lattice *lattice;
    om_cell_type *cell_type; /* [types], in the order of the file */
    int32_t types, columns, neurons, synapses;

    int32_t *type;     /* [N] index into cell_type */
    int32_t *u, *v;    /* [N] */
    int32_t *column;   /* [N] index into lattice */
    uint8_t *is_input; /* [N] 1 for neurons of the role input */
    float *time_constant, *resting_potential; /* [N] */

    int32_t *source, *target; /* [E] neurons, sorted by (target, source), no pair twice */
    float *weight;            /* [E] sign x strength x count, voltage per voltage */
    uint8_t *is_null;         /* [E] 1 for synapses of weight 0 that om_circuit_add_null invented */
} om_circuit;

/* Reads a circuit/1 file and expands it on a lattice. The file is JSON:
 *     {"format": "circuit/1", "name": ..., "source": where it comes from, "units": {"time_constant": "s", ...},
 *      "cell_types": [{"name": ..., "stride": [su, sv], "role": "input" | "hidden" | "output",
 *                      "time_constant": seconds > 0, "resting_potential": number}, ...],
 *      "synapses": [{"source": type, "target": type, "sign": 1 | -1, "strength": number >= 0,
 *                    "offsets": [[du, dv, count >= 0], ...]}, ...]}
 * where source and units may be left out and nothing else may be added. An offset gives one synapse from the source in
 * (u, v) to the target in (u + du, v + dv), wherever both exist, of weight sign x strength x count.
 * Errors: TN_EIO the file cannot be read; TN_EFORMAT the content, with line and column or a path such as
 *         synapses[12].offsets[3]; TN_EINVAL the extent, or more than 2^31 - 1 neurons or synapses. */
TN_API om_circuit *om_circuit_read(const char *path, int32_t extent, tn_error *error);

/* The same from memory; name stands for the path in messages. */
TN_API om_circuit *om_circuit_parse(const char *text, size_t length, const char *name, int32_t extent,
                                    tn_error *error);
TN_API void om_circuit_free(om_circuit *circuit);

/* Circuits for robustness studies. Each returns a new circuit; the one given is only read. Which synapses are chosen
 * depends on the circuit and the seed alone. round() takes halves to the even number. */

/* Null synapses, of weight 0: every neuron with d > 0 targets gets max(1, round(ratio d)) more, distinct, not itself,
 * not connected yet; fewer where not so many are left. Ratio 0 adds none.
 * Errors: TN_EINVAL ratio is negative or not finite, or there would be more than 2^31 - 1 synapses. */
TN_API om_circuit *om_circuit_add_null(const om_circuit *circuit, double ratio, uint64_t seed, tn_error *error);

/* Hidden synapses: every neuron with d > 0 targets loses max(1, round(ratio d)) of them, but keeps one. What is
 * returned is the circuit that a learner gets to see. Ratio 0 hides none.
 *   kept  [E of circuit]  1 where the synapse is in the returned circuit; there they stand in the same order
 * Errors: TN_EINVAL ratio is not within 0 to 1. */
TN_API om_circuit *om_circuit_hide(const om_circuit *circuit, double ratio, uint64_t seed, uint8_t *kept,
                                   tn_error *error);

/* Ablation: round(fraction E) synapses get weight 0 and stay in their places.
 *   ablated  [E]  1 where the weight was taken away
 * Errors: TN_EINVAL fraction is not within 0 to 1. */
TN_API om_circuit *om_circuit_ablate(const om_circuit *circuit, double fraction, uint64_t seed, uint8_t *ablated,
                                     tn_error *error);

/* Which of so many synapses those are; circuits of as many synapses lose the same ones.
 *   weight  [E]  synapses of weight 0 have nothing to lose: the fraction is one of the others; NULL: of all
 * Errors: TN_EINVAL, TN_ENOMEM. */
TN_API tn_status om_choose_ablated(int32_t synapses, const float *weight, double fraction, uint64_t seed,
                                   uint8_t *ablated, tn_error *error);

/* ---- 3. Multilayer perceptron ------------------------------------------------------------------------------- */

/* Linear layers with ReLU between them. Parameters are named as in PyTorch: NAME.0.weight [out, in], NAME.0.bias. */
typedef struct om_mlp {
    const char *name;
    int inputs, hidden_dim, outputs;
    int layers; /* linear layers, >= 2 */
} om_mlp;

/* Declares the parameters: first layer weights and bias uniform within 1/sqrt(inputs), the other weights normal with
 * standard deviation 0.1, the other biases 0. */
TN_API void om_mlp_declare(const om_mlp *mlp, tn_params *params, int group);
/* x [..., inputs] -> [..., outputs] */
TN_API tn_node *om_mlp_build(const om_mlp *mlp, tn_graph *g, tn_params *params, tn_node *x);

/* ---- 4. SIREN ----------------------------------------------------------------------------------------------- */

/* A network of sines (Sitzmann et al., Implicit neural representations with periodic activation functions, NeurIPS
 * 2020), or a bank of them, one per window of time: a longer recording needs more capacity, and a wider network costs
 * the square of its width at every point, more networks nothing. Time runs from -1 to 1 over the recording; the windows
 * are equal, overlap a little, and each network sees its own from -1 to 1.
 * Parameters NAME.0.weight .. NAME.L+1.bias, and of a bank NAME.WINDOW.0.weight ...
 * As published, the output is squared, so that the stimulus is not negative. But a network finds it easier to make the
 * root of a scaled luminance than the luminance itself, f_theta then learns to undo the square, and what is recovered
 * is a curved function of the true movie. Without the square it is a straight one, and black has no floor. */
enum { OM_MAX_WINDOWS = 256 };

typedef struct om_siren {
    const char *name;
    int hidden_dim;
    int layers;        /* square sine layers between the first sine layer and the linear one */
    bool published;    /* sin(omega (A x + b)), as in doc/architecture.md, else sin(A x + b) with omega in A */
    bool squared;      /* the output */
    double omega[3];   /* of t, x and y; published: omega[0] in every layer */
    int windows;       /* networks, at most OM_MAX_WINDOWS; 0 counts as 1 */
} om_siren;

/* What makes up the stimulus at a time: one network, or two in the overlap, which blends from one to the next. */
typedef struct om_blend {
    int n, window[2];
    double weight[2]; /* they add up to 1 */
} om_blend;
TN_API om_blend om_siren_blend(const om_siren *siren, double t);
/* Time as the network of a window sees it: -1 to 1 within the window. */
TN_API double om_siren_time(const om_siren *siren, int window, double t);

TN_API void om_siren_declare(const om_siren *siren, tn_params *params, int group);
/* Multiplies the first layer's columns by omega, after sealing a new set (not after reading a checkpoint). */
TN_API void om_siren_initialise(const om_siren *siren, tn_params *params);
/* coordinates [..., 3] (t, x, y) -> [..., 1], by the network of a window */
TN_API tn_node *om_siren_build(const om_siren *siren, int window, tn_graph *g, tn_params *params, tn_node *coordinates);

/* ---- 5. Graph neural network and the joint model ------------------------------------------------------------ */

/* Who is connected to whom, and who sees what: all that the learner knows of the circuit. Borrowed arrays. */
typedef struct om_wiring {
    int64_t neurons, synapses, columns;
    const int32_t *source, *target; /* [E] sorted by (target, source) */
    const uint8_t *is_input;        /* [N] */
    const int32_t *column;          /* [N] read for input neurons */
    const double *position;         /* [C, 2] of the columns, lattice units; may be NULL where the stimulus is known */
} om_wiring;

/* The loss is || dv - y ||_2 over a batch, the prediction term, plus terms that each have a factor, in the order of
 * om_term_names. v and a are those of the batch's first frame; a takes no gradient. Norms of networks include their
 * biases. */
enum {
    OM_TERM_G_PHI_DIFF, /* || relu(g_phi(v, a)^2 - g_phi(v + 0.05 xnorm, a)^2) ||_2: it rises with the voltage */
    OM_TERM_G_PHI_NORM, /* || g_phi(2 xnorm, a)^2 - 2 xnorm ||_2: its gain, which W could take over, is 1 */
    OM_TERM_W_L1,       /* |W|_1 */
    OM_TERM_W_L2,       /* ||W||_2 */
    OM_TERM_G_PHI_L1,   /* |phi|_1 */
    OM_TERM_F_THETA_L1, /* |theta|_1 */
    OM_TERM_F_THETA_L2, /* sum over the parameters of theta of their 2-norms */
    OM_TERM_F_THETA_AFFINE, /* || f_theta(x) + f_theta(x') - 2 f_theta((x + x') / 2) ||_2, residuals weighed as those of
                             * the prediction, where x = (v, m, I) of the first frame and x' = (v, 0, 0) of the last
                             * one: f_theta goes straight from what neurons live through to silence. 0 unless affine */
    OM_TERM_W_SILENT,       /* |W|_1 over the synapses of neurons that are silent: of which the data tell nothing */
    OM_TERM_FIELD,          /* || SIREN(t, x, y) - solved stimulus ||_2 at the points of a step, 0 without any */
    OM_TERMS,
    OM_FACTOR_INPUTS = OM_TERMS, /* and the factor on the prediction error of the input neurons, see om_joint_step */
    OM_COEFFICIENTS
};
/* "g_phi_diff", "g_phi_norm", "W_L1", "W_L2", "g_phi_weight_L1", "f_theta_weight_L1", "f_theta_weight_L2",
 * "f_theta_affine", "W_silent", "field" */
TN_API extern const char *const om_term_names[OM_TERMS];

/* Learning rates are given per group of parameters. */
enum { OM_GROUP_MLP, OM_GROUP_EMBEDDING, OM_GROUP_WEIGHT, OM_GROUP_SIREN, OM_GROUPS };

typedef struct om_joint_spec {
    int hidden_dim;    /* of g_phi and f_theta */
    int layers;        /* linear layers of each, >= 2 */
    int embedding_dim; /* 2 */
    bool joint;        /* the stimulus comes from the SIREN, else it is an input */
    om_siren siren;
    double t_scale, t_offset, xy_scale; /* the SIREN sees (frame t_scale + t_offset, position xy_scale) */
    double weight_scale; /* W starts normal with this standard deviation; 0: at 0 */
    bool weighted;       /* residuals are multiplied by a weight of each neuron */
    bool affine;         /* steps have the term OM_TERM_F_THETA_AFFINE */
    const uint8_t *silent; /* [N] neurons never above 0 in the data; NULL: no term OM_TERM_W_SILENT. For om_joint_new */
    double xnorm;        /* 1.5 standard deviations of the voltage, over all neurons and frames */
} om_joint_spec;

/* The model: m = W g_phi(v, a)^2, dv = f_theta(v, a, m, I), I the stimulus of each input neuron's column. */
typedef struct om_joint om_joint;

/* Errors: TN_EINVAL an input neuron without column, sizes; TN_ENOMEM. The wiring is copied. */
TN_API om_joint *om_joint_new(const om_wiring *wiring, const om_joint_spec *spec, tn_error *error);
TN_API void om_joint_free(om_joint *joint);
TN_API const om_joint_spec *om_joint_specification(const om_joint *joint);

/* Parameters g_phi.*, f_theta.*, embedding [N, embedding_dim] = 1, W [E], siren.*, in the groups above. */
TN_API void om_joint_declare(const om_joint *joint, tn_params *params);
/* Completes the initial values of a newly sealed set. */
TN_API void om_joint_initialise(const om_joint *joint, tn_params *params);

/* The neurons of the part that input-only frames evaluate: those driven by the stimulus, and those with a synapse onto
 * one of them. Arrays of neuron numbers, ascending, owned by the model. */
TN_API int64_t om_joint_inputs(const om_joint *joint, const int32_t **neuron);
TN_API int64_t om_joint_presynaptic(const om_joint *joint, const int32_t **neuron);

/* What the network of a window sees of n frames at every column: out [C, n, 3] of float32 or float64, (t, x, y). */
TN_API void om_joint_coordinates(const om_joint *joint, int window, tn_dtype number, int64_t n, const int64_t *frame,
                                 void *out);
/* The same of one frame and column. */
TN_API void om_joint_point(const om_joint *joint, int window, int64_t frame, int64_t column, double point[3]);
/* Which networks make up the stimulus of a frame. */
TN_API om_blend om_joint_blend(const om_joint *joint, int64_t frame);
/* The frames from *first on that the network of a window learns, of a recording of so many; returns their number. */
TN_API int64_t om_joint_window(const om_joint *joint, int window, int64_t frames, int64_t *first);
/* Frames of each window that a step evaluates: all of them with one window, else extra / windows, or, without
 * input-only frames, `batch`. */
TN_API int64_t om_joint_slots(const om_joint *joint, int64_t batch, int64_t extra);

/* Describes one training step on `batch` frames of all neurons and `extra` frames of the input neurons only.
 *   inputs   voltage [B, N], derivative [B, N], coefficients [OM_COEFFICIENTS]; neuron_weight [N] if weighted;
 *            stimulus [B, C], or coordinates [windows, C, slots, 3] for the joint model, of the batch's frames and
 *            then the input-only ones. With more than one window also selection [windows slots, B]: the share that
 *            each slot, those of all windows one after the other, has in each frame of the batch. With input-only
 *            frames these are the slots, and each frame of the batch is one of them: a 1; without, each window has
 *            all frames, and the shares are those of om_joint_blend;
 *            with extra > 0 also input_voltage, input_derivative [extra, inputs], presynaptic_voltage [extra, pre]
 *            (and input_stimulus [extra, C] where the stimulus is known)
 *   outputs  loss []; term/prediction and term/NAME []; and the gradient of every parameter, in the set;
 *            with details also field [B, C], message [B, N], predicted_derivative [B, N]
 * With input-only frames the prediction term is one norm over the neurons that the stimulus does not drive, and one,
 * times the coefficient OM_FACTOR_INPUTS, over the input neurons of all frames.
 * The regularizers g_phi_diff and g_phi_norm use the first frame. Errors are kept in the graph; extra must be a
 * multiple of the windows. */
TN_API void om_joint_step(const om_joint *joint, tn_graph *g, tn_params *params, int64_t batch, int64_t extra,
                          bool details);

/* Describes a step whose stimulus was solved for (om_solve_stimulus): as om_joint_step where the stimulus is known,
 * with stimulus [B, C], and with the term OM_TERM_FIELD, by which the SIREN learns it, the network of each window at so
 * many points: inputs points [windows, points, 3] of (t, x, y) and target [windows, points]. */
TN_API void om_joint_solved_step(const om_joint *joint, tn_graph *g, tn_params *params, int64_t batch, int64_t points);

/* Describes what the equations of the input neurons say of the stimulus: inputs input_voltage, input_derivative
 * [F, inputs], presynaptic_voltage [F, pre] and what the SIREN says, field [F, C]; output solved [F, C], after one step
 * of Gauss and Newton towards the least squared residuals of all neurons of a column, shortened where f_theta is flat
 * (by a hundredth of the frame's mean curvature). */
TN_API void om_joint_solve(const om_joint *joint, tn_graph *g, tn_params *params, int64_t frames);

/* Describes the model's prediction for given states: inputs voltage [B, N], stimulus [B, C]; outputs
 * predicted_derivative [B, N]; with details also message, activation = g_phi(v, a)^2, grad_message = d f_theta / d m
 * and seen, the stimulus that each neuron sees, all [B, N]. */
TN_API void om_joint_predict(const om_joint *joint, tn_graph *g, tn_params *params, int64_t batch, bool details);

/* Describes the stimulus by the network of a window: input coordinates [C, frames, 3], output field [frames, C]. */
TN_API void om_joint_field(const om_joint *joint, int window, tn_graph *g, tn_params *params, int64_t frames);

/* Describes g_phi^2 and f_theta on grids of their own, for the published read-out: input voltage [N, P]; outputs
 * g [N, P] = g_phi(v, a)^2 and f [N, P] = f_theta(v, a, 0, 0). */
TN_API void om_joint_probe(const om_joint *joint, tn_graph *g, tn_params *params, int64_t points);

/* ---- 6. Dynamics -------------------------------------------------------------------------------------------- */

/* The truth that recordings are made of, frame by frame, by explicit Euler steps:
 *     tau_i dv_i/dt = -v_i + Vrest_i + sum_j W_ij relu(v_j) + I_i(t);   v(t + dt) = v(t) + dt dv/dt + sigma xi */
typedef struct om_simulation om_simulation;

/* The circuit is borrowed.  delta_t  seconds, > 0;  sigma  standard deviation of the noise per frame, >= 0
 * Errors: TN_EINVAL, TN_ENOMEM. */
TN_API om_simulation *om_simulation_new(const om_circuit *circuit, double delta_t, double sigma, uint64_t seed,
                                        tn_error *error);
TN_API void om_simulation_free(om_simulation *simulation);

/* From v = Vrest, so many frames under an even grey, without noise, time constants of at least delta_t. */
TN_API tn_status om_simulation_settle(om_simulation *simulation, double grey, int frames, tn_error *error);

/* Starts at frame 0 from a voltage [N]; the noise is a function of (seed, stream, frame, neuron). */
TN_API void om_simulation_start(om_simulation *simulation, const float *voltage, uint32_t stream);

/* The voltage [N] now; owned by the simulation. */
TN_API const float *om_simulation_voltage(const om_simulation *simulation);

/* One frame under the stimulus [C] of the columns.
 *   voltage     [N] receives v(t), before the step; may be NULL
 *   derivative  [N] receives dv/dt at (v(t), I(t)), per second: the learner's target; may be NULL
 * Errors: TN_ENUMERIC a voltage became NaN or larger than 1e9 in size (the message names neuron, frame, time step and
 * the shortest time constant). */
TN_API tn_status om_simulation_frame(om_simulation *simulation, const float *stimulus, float *voltage,
                                     float *derivative, tn_error *error);

/* ---- 7. Recovery -------------------------------------------------------------------------------------------- */

/* Whether to go on: asked at every turn of work that takes long, by the thread that began it. What check returns other
 * than TN_OK ends the work, which returns it too. */
typedef struct om_watch {
    tn_status (*check)(void *user, tn_error *error);
    void *user;
} om_watch;

/* The data that a model is looked at with; callbacks keep this layer free of files. `out` has the number type of the
 * parameters. Each returns TN_OK or records an error, which ends the work. */
typedef struct om_data {
    int64_t frames;
    void *user;
    /* n frames of the voltage, out [n, N] */
    tn_status (*voltage)(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error);
    /* n frames of the stimulus of each column, out [n, C]; NULL: the model's own SIREN */
    tn_status (*stimulus)(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error);
    /* n frames of dv/dt, out [n, N]; NULL: unknown, and not asked for but by om_recover_least_squares and
     * om_solve_stimulus */
    tn_status (*derivative)(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error);
    const om_watch *watch; /* asked after every few frames, and wherever it takes long; NULL: nobody is asked */
} om_data;

/* A circuit read out of a trained model. Arrays are owned; those that do not apply are NULL. */
typedef struct om_recovery {
    int64_t neurons, synapses;
    double *weight;            /* [E] corrected */
    double *time_constant;     /* [N] seconds */
    double *resting_potential; /* [N] */
    double *input_gain;        /* [N] in distribution: what the stimulus is multiplied by; 0 but for input neurons */
    uint8_t *identifiable;     /* [E] in distribution: the presynaptic neuron is active in the data (a synapse that */
                               /*     the leak takes counts, as a weight of 0) */
                               /*     least squares: and only this weight explains the data best */
    double fit_r2;             /* in distribution: median over neurons of the R2 of the linear picture of f_theta */
    double *slope_g, *slope_f, *offset_f, *slope_message; /* [N] published: s_g, s_f, o_f, d */
} om_recovery;

TN_API void om_recovery_clear(om_recovery *recovery);

/* The read-out where neurons really live: over `count` frames of the data, int(linspace(0, frames - 1, count)), or all
 * where there are fewer than 200 (so too below), least squares of f_i = cv_i v_i + cm_i m_i + cI_i I_i + c0_i and g_j^2
 * = s_j relu(v_j) + o_j, from which follow, with w the raw weights, tau_i = -1/cv_i, W_ij = w_ij cm_i tau_i s_j,
 * Vrest_i = tau_i c0_i + sum_j w_ij cm_i tau_i o_j and the gain of the input, cI_i tau_i, of the circuit tau_i dv_i/dt
 * = -v_i + Vrest_i + sum_j W_ij relu(v_j) + gain_i I_i. A synapse onto itself of a neuron that is silent in at most one
 * frame of a hundred is 0, and the leak takes its part: the data do not tell them apart, and which of the circuits that
 * explain them was learned is chance.
 * The recovery is to be cleared also after an error. Errors: those of reading; TN_ENOMEM. */
TN_API tn_status om_recover_in_distribution(const om_joint *joint, tn_params *params, const om_data *data,
                                            int64_t count, om_recovery *recovery, tn_error *error);

/* The published read-out (doc/architecture.md says of which system): slopes on grids around the activity;
 * mean, sd [N] of the training voltage. */
TN_API tn_status om_recover_as_published(const om_joint *joint, tn_params *params, const om_data *data,
                                         const double *mean, const double *sd, om_recovery *recovery, tn_error *error);

/* The yardstick: what the data determine for someone who knows the form of the equations and the stimulus. Over `count`
 * frames as above, least squares (of minimum norm, on centred columns, singular values below 1e-6 of the largest
 * counting as 0) of dv_i/dt on relu(v_j) for each synapse j -> i, on v_i and, for input neurons, on their stimulus;
 * from the coefficients follow tau_i = -1/c_v, W_ij = c_j tau_i and Vrest_i = c_0 tau_i.
 *   data  all of its functions; they give float32
 * The same bits on any number of threads. The recovery is to be cleared also after an error.
 * Errors: those of reading; TN_EINVAL data lacks a function; TN_ENOMEM.
 * Cost: for a neuron with d synapses 4 (d + 3)^2 bytes, about 3 (d + 3)^2 flop a frame, and about 100 (d + 3)^3 flop to
 * solve; several times as many where there are fewer frames than synapses. */
TN_API tn_status om_recover_least_squares(const om_joint *joint, const om_data *data, int64_t count,
                                          om_recovery *recovery, tn_error *error);

/* That cost for all neurons, as long as there are more frames than synapses of one. */
typedef struct om_cost {
    double bytes, flop;
} om_cost;
TN_API om_cost om_least_squares_cost(const om_wiring *wiring, int64_t count);

/* How well one quantity agrees with the truth: the least-squares line learned = slope true + offset.
 *   r2           of that line, a squared correlation;   r2_identity  of the line learned = true */
typedef struct om_score {
    int64_t count;
    double r2, slope, offset, r2_identity;
} om_score;
TN_API extern const om_score om_score_unknown; /* all NaN */

typedef struct om_weight_score {
    om_score all, identifiable, filtered; /* filtered: without errors beyond 5, as published */
    double share_identifiable, spearman;
} om_weight_score;

/* Compares with the truth; a truth that is NULL gives NaN. Errors: TN_ENOMEM. */
TN_API tn_status om_score_weights(const om_recovery *recovery, const float *truth, om_weight_score *score,
                                  tn_error *error);
TN_API om_score om_score_neurons(const double *learned, const float *truth, int64_t neurons);

/* How well clusters of neurons agree with their types. */
typedef struct om_type_score {
    double accuracy, ari, nmi;
} om_type_score;

/* Clusters neurons by what was learned of them, [a, tau, Vrest, mean and standard deviation of incoming W, the same of
 * outgoing W], with a Gaussian mixture of full covariances, and compares with type [N]: accuracy is the share of
 * neurons whose cluster stands for their type, when clusters and types are matched one to one as well as can be.
 *   watch    may be NULL
 *   cluster  [N] receives the cluster of each neuron; may be NULL */
TN_API tn_status om_score_types(const om_joint *joint, const tn_params *params, const om_recovery *recovery,
                                const int32_t *type, int components, uint64_t seed, const om_watch *watch,
                                int32_t *cluster, om_type_score *score, tn_error *error);

/* The line true = a predicted + b over all columns and `count` frames int(linspace(0, last, count)), for the joint
 * model: score.slope is a, score.offset b, score.r2 the corrected R2, score.r2_identity the raw one.
 *   truth  its stimulus() gives the true stimulus; nothing else of it is used */
TN_API tn_status om_score_stimulus(const om_joint *joint, tn_params *params, int64_t last, int64_t count,
                                   const om_data *truth, om_score *score, tn_error *error);

/* The same for a movie [frames, C], such as om_solve_stimulus finds, of the first frames.
 *   truth  its stimulus() gives float32; nothing else of it is used but its watch */
TN_API tn_status om_score_movie(const float *movie, int64_t columns, int64_t frames, const om_data *truth,
                                om_score *score, tn_error *error);

/* The SIREN's stimulus, so many frames at a time. Errors: TN_EINVAL the model has no SIREN; TN_ENOMEM. */
typedef struct om_field om_field;
TN_API om_field *om_field_new(const om_joint *joint, tn_params *params, int64_t frames, tn_error *error);
TN_API void om_field_free(om_field *field);
/* The stimulus [frames, C], in the number type of the parameters, owned by the field, until the next call; NULL on
 * error.  frame  as many as given to om_field_new */
TN_API const void *om_field_at(om_field *field, const int64_t *frame, tn_error *error);

/* The stimulus that the model's equations ask for in n frames: each column's input neurons share one value, by which
 * their derivatives are explained best, beginning from what the SIREN says. No truth is used.
 *   data    its voltage and derivative are read
 *   solved  [n, C] receives it
 * Errors: those of reading; TN_EINVAL the model has no SIREN, or the data no derivative; TN_ENUMERIC a value is not
 * finite; TN_ENOMEM. */
TN_API tn_status om_solve_stimulus(const om_joint *joint, tn_params *params, const om_data *data, int64_t n,
                                   const int64_t *frame, float *solved, tn_error *error);

/* ---- 8. Prediction ------------------------------------------------------------------------------------------ */

/* The model running by itself: v += dt f_theta, kept within +-100 as published. */
typedef struct om_rollout om_rollout;
TN_API om_rollout *om_rollout_new(const om_joint *joint, tn_params *params, double delta_t, tn_error *error);
TN_API void om_rollout_free(om_rollout *rollout);
TN_API void om_rollout_start(om_rollout *rollout, const float *voltage);  /* [N] */
TN_API const float *om_rollout_voltage(om_rollout *rollout);              /* [N] now; owned, until the next call */
/* One step under the stimulus [C]. *finite becomes false when a voltage is NaN or infinite: stop then. */
TN_API tn_status om_rollout_step(om_rollout *rollout, const float *stimulus, bool *finite, tn_error *error);

/* How well predicted traces follow true ones, neuron by neuron, gathered frame by frame in constant memory. */
typedef struct om_traces om_traces;
TN_API om_traces *om_traces_new(int64_t neurons, tn_error *error);
TN_API void om_traces_free(om_traces *traces);
TN_API void om_traces_add_f32(om_traces *traces, const float *truth, const float *predicted,
                              int64_t frames); /* [n, N] */

/* Over neurons; those without variance have no correlation and are left out of it. */
typedef struct om_trace_score {
    int64_t frames;
    double rmse_mean, rmse_sd, pearson_mean, pearson_sd;
} om_trace_score;

/* rmse, pearson [N] receive the values of each neuron; may be NULL. Errors: TN_ENOMEM. */
TN_API tn_status om_trace_score_of(const om_traces *traces, int64_t neurons, double *rmse, double *pearson,
                                   om_trace_score *score, tn_error *error);

#ifdef __cplusplus
}
#endif
#endif