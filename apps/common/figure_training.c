/* Losses and scores while training. */
#include "config.h"
#include "common/figure_parts.h"

static void draw_series(const om_panel *panel, size_t n, const om_series *series, bool marked)
{
    enum { MOST = 32 };
    om_label labels[MOST];
    size_t named = 0;
    om_panel_axes(panel, NULL);
    for (size_t k = 0; k < n; k++) {
        const om_series *each = &series[k];
        om_colour colour = om_colour_category((int)k);
        om_panel_line(panel, each->n, each->step, each->value,
                      (om_stroke){.colour = colour, .width = 0.8, .bridged = true, .marked = marked});
        size_t last = each->n;
        while (last > 0 && !(om_panel_y(panel, each->value[last - 1]) < 1e9)) last--;
        if (last > 0 && named < MOST)
            labels[named++] = (om_label){each->step[last - 1], each->value[last - 1], each->name, colour};
    }
    om_panel_end_labels(panel, named, labels);
    if (named == 0) om_panel_empty(panel, "no data");
}

static om_limits steps_of(size_t n, const om_series *series, om_limits limits)
{
    for (size_t k = 0; k < n; k++) limits = om_limits_join(limits, om_limits_of(series[k].n, series[k].step));
    return limits;
}

tn_status om_figure_training(const char *path, const om_training_figure *figure, tn_error *error)
{
    om_canvas canvas;
    tn_status status = om_canvas_open(&canvas, path, figure->n_scores ? 590 : 300, 220, error);
    if (status != TN_OK) return status;
    om_limits steps = steps_of(figure->n_losses, figure->losses, OM_NO_LIMITS), losses = OM_NO_LIMITS;
    steps = om_limits_pad(steps_of(figure->n_scores, figure->scores, steps), 0);
    for (size_t k = 0; k < figure->n_losses; k++)
        losses = om_limits_join(losses, om_limits_of_positive(figure->losses[k].n, figure->losses[k].value));
    om_panel panel = {.cr = canvas.cr,
                      .x = 48,
                      .y = 14,
                      .width = 180,
                      .height = 170,
                      .horizontal = {.label = "training step", .limits = steps, .wanted = 4},
                      .vertical = {.label = "loss", .limits = om_limits_pad_log(losses, 0.04), .logarithmic = true}};
    draw_series(&panel, figure->n_losses, figure->losses, false);
    if (figure->n_scores > 0) {
        panel.x += 292;
        panel.vertical = (om_axis){.label = "R²", .limits = {0, 1.02}};
        draw_series(&panel, figure->n_scores, figure->scores, true);
    }
    return om_canvas_close(&canvas, TN_OK, error);
}
