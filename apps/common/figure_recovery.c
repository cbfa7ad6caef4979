/* Learned against true: weights, time constants, resting potentials; and the embedding. */
#include "config.h"
#include "common/density.h"
#include "common/figure_parts.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE = 190, LEFT = 46 }; /* of a panel, in points */

static const struct quantity {
    const char *truth, *learned, *cloud;
} quantities[] = {
    [OM_WEIGHT] = {"true weight", "learned weight", "overlapping synapses"},
    [OM_TIME_CONSTANT] = {"true time constant (s)", "learned time constant (s)", "overlapping neurons"},
    [OM_RESTING_POTENTIAL] = {"true resting potential (a.u.)", "learned resting potential (a.u.)",
                              "overlapping neurons"},
};

static om_limits shared_limits(const om_recovery_figure *figure, const double *true_values)
{
    om_limits truth = om_limits_of(figure->n, true_values), limits = truth;
    for (size_t i = 0; i < figure->n_readouts; i++)
        limits = om_limits_join(limits, om_limits_beside(truth, figure->n, figure->readout[i].learned, 0.5));
    return om_limits_pad(limits, 0.06);
}

static tn_status draw_cloud(const om_panel *panel, const om_recovery_figure *figure, const double *truth,
                            const double *learned, om_tally *tally, tn_error *error)
{
    om_density density;
    tn_status status = om_density_open(&density, panel, error);
    if (status != TN_OK) return status;
    om_density_add(&density, figure->n, truth, learned);
    *tally = density.tally;
    om_density_close(&density, quantities[figure->quantity].cloud);
    return TN_OK;
}

static void draw_lines(const om_panel *panel, const om_figure_readout *readout)
{
    static const om_line_key entries[] = {{"identity", {.colour = OM_GREY, .width = 0.8, .dashed = true}},
                                          {"fit", {.colour = OM_ALARM, .width = 0.7}}};
    bool fitted = isfinite(readout->slope) && isfinite(readout->offset);
    om_panel_slope(panel, 1, 0, entries[0].stroke);
    if (fitted) om_panel_slope(panel, readout->slope, readout->offset, entries[1].stroke);
    om_key_lines(panel->cr, panel->x + panel->width - (fitted ? 82 : 46), panel->y - 8, fitted ? 2 : 1, entries);
}

static tn_status draw_readout(const om_panel *panel, const om_recovery_figure *figure, const double *truth,
                              const om_figure_readout *readout, tn_error *error)
{
    om_phrase lines[6] = {om_note_value("R²", readout->r2, 3), om_note_value("slope", readout->slope, 2),
                          om_note_value("R² to identity", readout->r2_identity, 3)};
    om_label *labels = NULL;
    size_t n_labels = 0;
    om_tally tally;
    tn_status status = TN_OK;

    om_panel_axes(panel, readout->name);
    if (figure->types.type)
        tally = om_panel_points(panel, figure->n, truth, readout->learned, figure->types.type, 1.1, 0.5);
    else
        status = draw_cloud(panel, figure, truth, readout->learned, &tally, error);
    if (status == TN_OK)
        status = om_types_labels(&figure->types, figure->n, truth, readout->learned, true, &labels, &n_labels, error);
    if (status != TN_OK) return status;

    draw_lines(panel, readout);
    om_corner corner = om_panel_free_corner(panel, figure->n, truth, readout->learned);
    const om_crowd crowd = {figure->n, truth, readout->learned, 6, corner};
    om_panel_labels(panel, n_labels, labels, &crowd);
    om_note_tally(tally, lines + 3);
    om_panel_note(panel, corner, 6, lines);
    if (tally.drawn == 0) om_panel_empty(panel, "no data");
    free(labels);
    return TN_OK;
}

static tn_status draw_readouts(const om_canvas *canvas, const om_recovery_figure *figure, double gap, tn_error *error)
{
    tn_status status = TN_OK;
    double *truth = om_doubles(figure->n, figure->truth, 1);
    if (!truth) return tn_fail(error, TN_ENOMEM, "out of memory for %zu points", figure->n);
    om_limits limits = shared_limits(figure, truth);
    for (size_t i = 0; i < figure->n_readouts && status == TN_OK; i++) {
        om_panel panel = {.cr = canvas->cr,
                          .x = LEFT + (double)i * (SIDE + gap),
                          .y = 26,
                          .width = SIDE,
                          .height = SIDE,
                          .horizontal = {.label = quantities[figure->quantity].truth, .limits = limits},
                          .vertical = {.label = quantities[figure->quantity].learned, .limits = limits}};
        status = draw_readout(&panel, figure, truth, &figure->readout[i], error);
    }
    free(truth);
    return status;
}

tn_status om_figure_recovery(const char *path, const om_recovery_figure *figure, tn_error *error)
{
    bool coloured = figure->types.type != NULL;
    double gap = coloured ? 60 : 86; /* a cloud has its colour bar there */
    if (figure->n_readouts < 1 || figure->n_readouts > 2)
        return tn_fail(error, TN_EINVAL, "a recovery figure has 1 or 2 read-outs, not %zu", figure->n_readouts);
    tn_status status = om_types_check(&figure->types, figure->n, error);
    om_canvas canvas;
    if (status == TN_OK)
        status =
            om_canvas_open(&canvas, path, (SIDE + gap) * (double)figure->n_readouts + (coloured ? 0 : 10), 256, error);
    if (status != TN_OK) return status;
    return om_canvas_close(&canvas, draw_readouts(&canvas, figure, gap, error), error);
}

/* ---- embedding ---- */

static tn_status draw_embedding(const om_canvas *canvas, const om_embedding_figure *figure, const double *a0,
                                const double *a1, tn_error *error)
{
    om_limits across = om_limits_pad(om_limits_of(figure->n, a0), 0.05),
              up = om_limits_pad(om_limits_of(figure->n, a1), 0.05);
    om_panel panel = {.cr = canvas->cr,
                      .x = 46,
                      .y = 20,
                      .width = 290,
                      .height = 250,
                      .horizontal = {.label = "embedding a\u2080", .limits = across},
                      .vertical = {.label = "embedding a\u2081", .limits = up}};
    om_label *labels;
    size_t n_labels;
    tn_status status = om_types_labels(&figure->types, figure->n, a0, a1, false, &labels, &n_labels, error);
    if (status != TN_OK) return status;
    om_panel_axes(&panel, NULL);
    om_tally tally = om_panel_points(&panel, figure->n, a0, a1, figure->types.type, 1.3, 0.6);
    om_panel_labels(&panel, n_labels, labels, &(om_crowd){.n = figure->n, .x = a0, .y = a1});
    free(labels);
    om_phrase lines[6] = {om_note_value("accuracy", figure->accuracy, 3), om_note_value("ARI", figure->ari, 3),
                          om_note_value("NMI", figure->nmi, 3)};
    om_note_tally(tally, lines + 3);
    om_panel beside = panel;
    beside.x += panel.width + 4;
    om_panel_note(&beside, OM_TOP_LEFT, 6, lines);
    if (tally.drawn == 0) om_panel_empty(&panel, "no data");
    return TN_OK;
}

tn_status om_figure_embedding(const char *path, const om_embedding_figure *figure, tn_error *error)
{
    tn_status status = om_types_check(&figure->types, figure->n, error);
    om_canvas canvas;
    if (status == TN_OK) status = om_canvas_open(&canvas, path, 424, 312, error);
    if (status != TN_OK) return status;
    double *a0 = om_doubles(figure->n, figure->embedding, 2);
    double *a1 = om_doubles(figure->n, figure->n ? figure->embedding + 1 : NULL, 2);
    status = a0 && a1 ? draw_embedding(&canvas, figure, a0, a1, error)
                      : tn_fail(error, TN_ENOMEM, "out of memory for %zu points", figure->n);
    free(a0);
    free(a1);
    return om_canvas_close(&canvas, status, error);
}
