/* Drawing the figures of a test. */
#include "config.h"
#include "testing/figures.h"

const char *const om_figure_file[OM_FIGURES] = {
    [OM_FIGURE_STIMULUS] = "stimulus.png",
    [OM_FIGURE_WEIGHTS] = "weights.png",
    [OM_FIGURE_TIME_CONSTANTS] = "time_constants.png",
    [OM_FIGURE_RESTING_POTENTIALS] = "resting_potentials.png",
    [OM_FIGURE_TYPE_ERRORS] = "type_errors.png",
    [OM_FIGURE_EMBEDDING] = "embedding.png",
    [OM_FIGURE_FUNCTIONS] = "functions.png",
    [OM_FIGURE_ROLLOUT] = "rollout.png",
    [OM_FIGURE_TRAINING] = "training.png",
};

#ifdef HAVE_CAIRO

#include "common/figure.h"
#include "testing/by_type.h"
#include "testing/functions.h"

#include <stdlib.h>

/* What all figures need. */
typedef struct sheet {
    const char *directory;
    const om_results *results;
    const om_experiment *experiment;
    const om_recording_circuit *circuit;
    om_types types; /* of neurons; type NULL: not known */
    om_drawn *drawn;
} sheet;

/* The path of a new figure; it enters the report when it has been drawn. */
static const char *begin(sheet *s, om_figure_kind kind)
{
    snprintf(s->drawn->figure[s->drawn->n].path, OM_FIGURE_PATH, "%s/%s", s->directory, om_figure_file[kind]);
    return s->drawn->figure[s->drawn->n].path;
}

static tn_status finish(sheet *s, tn_status status, const char *title, const char *caption)
{
    if (status) return status;
    s->drawn->figure[s->drawn->n].title = title;
    s->drawn->figure[s->drawn->n++].caption = caption;
    return TN_OK;
}

/* ---- recovery ---- */

static om_figure_readout panel(const char *name, const double *learned, const om_score *score)
{
    return (om_figure_readout){name, learned, score->r2, score->slope, score->offset, score->r2_identity};
}

#define READ_OUTS "Learned against true. Left, read out where neurons live; right, as published, on grids of its own."

static tn_status draw_recovery(sheet *s, om_quantity quantity, om_figure_kind kind, const char *title,
                               const float *truth, tn_error *error)
{
    if (!truth) return TN_OK;
    const om_readout_results *in = &s->results->inside, *pub = &s->results->published;
    const double *learned[2][3] = {
        {in->recovery.weight, in->recovery.time_constant, in->recovery.resting_potential},
        {pub->recovery.weight, pub->recovery.time_constant, pub->recovery.resting_potential}};
    const om_score *score[2][3] = {{&in->weights.all, &in->time_constant, &in->resting_potential},
                                   {&pub->weights.all, &pub->time_constant, &pub->resting_potential}};
    int64_t n = quantity == OM_WEIGHT ? s->circuit->synapses : s->circuit->neurons;
    om_recovery_figure figure = {
        .quantity = quantity, .n = (size_t)n, .truth = truth, .n_readouts = 2,
        .readout = {panel("in-distribution read-out", learned[0][quantity], score[0][quantity]),
                    panel("published read-out", learned[1][quantity], score[1][quantity])},
    };
    if (quantity != OM_WEIGHT) figure.types = s->types;
    return finish(s, om_figure_recovery(begin(s, kind), &figure, error), title,
                  figure.types.type ? READ_OUTS " Types that find no room for their name go without." : READ_OUTS);
}

static tn_status draw_embedding(sheet *s, tn_error *error)
{
    if (s->experiment->config->model.embedding_dim != 2) return TN_OK;
    const om_type_score *score = &s->results->published.types;
    om_embedding_figure figure = {.n = (size_t)s->circuit->neurons,
                                  .embedding = tn_params_data(s->experiment->params, "embedding"), .types = s->types,
                                  .accuracy = score->accuracy, .ari = score->ari, .nmi = score->nmi};
    return finish(s, om_figure_embedding(begin(s, OM_FIGURE_EMBEDDING), &figure, error), "Embedding",
                  "The two numbers learned for each neuron, coloured by its cell type, which was not known. "
                  "Accuracy, ARI and NMI are of clusters by the published read-out. Types that find no room for their "
                  "name go without.");
}

/* ---- per type ---- */

static tn_status draw_type_errors(sheet *s, tn_error *error)
{
    const om_recording_circuit *c = s->circuit;
    const om_recording_truth *truth = &s->results->truth;
    if (!s->types.type || !truth->time_constant || !truth->resting_potential) return TN_OK;
    double *tau = om_error_of_types(c, s->results->inside.recovery.time_constant, truth->time_constant);
    double *rest = om_error_of_types(c, s->results->inside.recovery.resting_potential, truth->resting_potential);
    tn_status status = tau && rest ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a figure");
    if (!status) {
        const om_type_error errors[] = {{"time constant error (s)", tau, 0.03},
                                        {"resting potential error", rest, 0.08}};
        om_type_errors_figure figure = {(size_t)c->types, c->type_names, 2, errors};
        status = om_figure_type_errors(begin(s, OM_FIGURE_TYPE_ERRORS), &figure, error);
    }
    tn_free(tau);
    tn_free(rest);
    return finish(s, status, "Errors by cell type",
                  "Root mean square errors of the in-distribution read-out. Red bars are above the dashed line, from "
                  "which on the published system marks its errors.");
}

static tn_status draw_functions(sheet *s, tn_error *error)
{
    if (!s->types.type) return TN_OK;
    om_functions f;
    tn_status status = om_functions_make(&f, s->results, s->experiment, error);
    if (!status) {
        om_functions_figure figure = {{f.types, f.points, f.voltage, f.true_message, f.message},
                                      {f.types, f.points, f.voltage, f.true_update, f.update}, s->types.name};
        status = om_figure_functions(begin(s, OM_FIGURE_FUNCTIONS), &figure, error);
    }
    om_functions_clear(&f);
    return finish(s, status, "Learned functions",
                  "What one neuron of each cell type sends at a voltage, and how fast its own voltage changes where "
                  "nothing acts on it, two standard deviations around its mean voltage.");
}

/* ---- stimulus ---- */

enum { STIMULUS_FRAMES = 1000, SHOWN_FRAMES = 400 };

/* Columns of the horizontal row through the middle of the eye. */
static size_t middle_row(const om_recording_circuit *c, int32_t *row)
{
    size_t n = 0;
    for (int64_t i = 0; i < c->columns; i++)
        if (c->v && c->v[i] == 0) row[n++] = (int32_t)i;
    return n;
}

static tn_status draw_stimulus(sheet *s, tn_error *error)
{
    const om_experiment *e = s->experiment;
    if (e->config->model.mode != OM_MODE_JOINT || !om_recording_has(e->recording, OM_PART_STIMULUS)) return TN_OK;
    int64_t columns = s->circuit->columns, frames = e->frames < STIMULUS_FRAMES ? e->frames : STIMULUS_FRAMES;
    float *truth = tn_alloc((size_t)(frames * columns) * sizeof *truth);
    int32_t *row = tn_alloc((size_t)columns * sizeof *row);
    tn_status status = truth && row ? om_recording_block(e->recording, OM_TRAIN, OM_STIMULUS, 0, frames, truth, error)
                                    : tn_fail(error, TN_ENOMEM, "no memory for a figure");
    if (!status) {
        const om_score *score = &s->results->stimulus;
        om_stimulus_figure figure = {
            .n_frames = (size_t)frames, .n_columns = (size_t)columns, .truth = truth,
            .recovered = s->results->movie.stimulus, .a = score->slope, .b = score->offset, .r2 = score->r2,
            .dt = om_recording_attributes_of(e->recording)->delta_t, .n_row = middle_row(s->circuit, row), .row = row,
            .shown = (size_t)(frames < SHOWN_FRAMES ? frames : SHOWN_FRAMES),
        };
        status = om_figure_stimulus(begin(s, OM_FIGURE_STIMULUS), &figure, error);
    }
    tn_free(truth);
    tn_free(row);
    return finish(s, status, "Stimulus", "True and recovered stimulus of a row of columns over time, and against each "
                  "other after the linear correction, in the first frames. R², a and b are those of all frames.");
}

/* ---- rollout ---- */

static tn_status draw_rollout(sheet *s, tn_error *error)
{
    const om_selected *chosen = &s->results->selected;
    int64_t frames = chosen->frames < STIMULUS_FRAMES ? chosen->frames : STIMULUS_FRAMES;
    if (chosen->n < 1 || frames < 1) return TN_OK;
    const char **name = calloc((size_t)chosen->n, sizeof *name);
    if (!name) return tn_fail(error, TN_ENOMEM, "no memory for a figure");
    for (int i = 0; i < chosen->n; i++)
        name[i] = s->types.type ? s->types.name[s->types.type[chosen->neuron[i]]] : "neuron";
    om_rollout_figure figure = {.n_traces = (size_t)chosen->n, .n_frames = (size_t)frames, .name = name,
                                .truth = chosen->truth, .predicted = chosen->predicted, .pearson = chosen->pearson,
                                .dt = om_recording_attributes_of(s->experiment->recording)->delta_t};
    tn_status status = om_figure_rollout(begin(s, OM_FIGURE_ROLLOUT), &figure, error);
    free(name);
    return finish(s, status, "Rollout", "Voltages of selected neurons, recorded and predicted by the model running by "
                  "itself from the first frame.");
}

/* ---- training ---- */

static tn_status draw_training(sheet *s, const om_history *history, tn_error *error)
{
    if (!history->n) return TN_OK;
    const om_series losses[] = {{"loss", history->n, history->step, history->loss},
                                {"prediction", history->n, history->step, history->prediction}};
    const om_series scores[] = {{"stimulus", history->n, history->step, history->stimulus_r2},
                                {"weights", history->n, history->step, history->weight_r2}};
    om_training_figure figure = {.n_losses = 2, .losses = losses, .n_scores = 2, .scores = scores};
    return finish(s, om_figure_training(begin(s, OM_FIGURE_TRAINING), &figure, error), "Training",
                  "The loss, its prediction term, and R² while training.");
}

tn_status om_figures_draw(const char *directory, const om_history *history, const om_results *results,
                          const om_experiment *experiment, om_drawn *drawn, tn_error *error)
{
    const om_recording_circuit *c = om_recording_circuit_of(experiment->recording);
    sheet s = {.directory = directory, .results = results, .experiment = experiment, .circuit = c, .drawn = drawn};
    if (c->type && c->type_names) s.types = (om_types){c->type, (size_t)c->types, c->type_names};
    drawn->n = 0;
    tn_status status = draw_stimulus(&s, error);
    if (!status)
        status = draw_recovery(&s, OM_WEIGHT, OM_FIGURE_WEIGHTS, "Synaptic weights", results->truth.weight, error);
    if (!status)
        status = draw_recovery(&s, OM_TIME_CONSTANT, OM_FIGURE_TIME_CONSTANTS, "Time constants",
                               results->truth.time_constant, error);
    if (!status)
        status = draw_recovery(&s, OM_RESTING_POTENTIAL, OM_FIGURE_RESTING_POTENTIALS, "Resting potentials",
                               results->truth.resting_potential, error);
    if (!status) status = draw_type_errors(&s, error);
    if (!status) status = draw_embedding(&s, error);
    if (!status) status = draw_functions(&s, error);
    if (!status) status = draw_rollout(&s, error);
    if (!status) status = draw_training(&s, history, error);
    return status;
}

#else

tn_status om_figures_draw(const char *directory, const om_history *history, const om_results *results,
                          const om_experiment *experiment, om_drawn *drawn, tn_error *error)
{
    (void)directory, (void)history, (void)results, (void)experiment, (void)error;
    drawn->n = 0;
    return TN_OK;
}

#endif
