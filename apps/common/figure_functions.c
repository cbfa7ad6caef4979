/* Learned functions beside the true ones, and errors per cell type. */
#include "config.h"
#include "common/figure_parts.h"

#include <math.h>
#include <stdlib.h>

/* ---- functions ---- */

static void draw_curves(const om_panel *panel, const om_curves *curves, const double *values)
{
    bool any = false;
    for (size_t k = 0; values && k < curves->n_curves; k++) {
        size_t start = k * curves->n_points;
        om_limits own = om_limits_of(curves->n_points, values + start);
        any |= own.low <= own.high;
        om_panel_line(panel, curves->n_points, curves->v + start, values + start,
                      (om_stroke){.colour = om_colour_category((int)k), .width = 0.8, .alpha = 0.85});
    }
    if (!any) om_panel_empty(panel, values ? "no data" : "not known");
}

static void draw_function(const om_canvas *canvas, double y, const om_curves *curves, const char *label,
                          const char *function)
{
    enum { SIDE = 176, LEFT = 50, GAP = 56 };
    size_t n = curves->n_curves * curves->n_points;
    om_limits truth = curves->truth ? om_limits_of(n, curves->truth) : OM_NO_LIMITS;
    om_limits up = om_limits_pad(om_limits_beside(truth, n, curves->learned, 0.25), 0.04);
    om_panel panel = {
        .cr = canvas->cr,
        .x = LEFT,
        .y = y,
        .width = SIDE,
        .height = SIDE,
        .horizontal = {.label = "voltage v (a.u.)", .limits = om_limits_pad(om_limits_of(n, curves->v), 0.02)},
        .vertical = {.label = label, .limits = up}};
    char title[64];
    for (int i = 0; i < 2; i++) {
        snprintf(title, sizeof title, "%s, %s", function, i ? "learned" : "true");
        om_panel_axes(&panel, title);
        if (up.low < 0 && up.high > 0) om_panel_level(&panel, 0, (om_stroke){.colour = OM_PALE, .width = 0.6});
        draw_curves(&panel, curves, i ? curves->learned : curves->truth);
        if (i == 0) panel.x += SIDE + GAP;
    }
}

tn_status om_figure_functions(const char *path, const om_functions_figure *figure, tn_error *error)
{
    om_canvas canvas;
    tn_status status = om_canvas_open(&canvas, path, 566, 470, error);
    if (status != TN_OK) return status;
    draw_function(&canvas, 22, &figure->message, "message (a.u.)", "message function g\u03c6");
    draw_function(&canvas, 256, &figure->update, "dv/dt without input (a.u./s)", "update function f\u03b8");
    size_t n = figure->message.n_curves > figure->update.n_curves ? figure->message.n_curves : figure->update.n_curves;
    if (figure->name) om_key_categories(canvas.cr, 472, 22, 410, 2, n, figure->name);
    return om_canvas_close(&canvas, TN_OK, error);
}

/* ---- errors per type ---- */

/* Names under bars, read from below; every second, third ... when there are too many. */
static void name_bars(const om_panel *panel, size_t n, const char *const *name)
{
    size_t fitting = (size_t)(panel->width / 6.5), stride = n > fitting ? (n + fitting - 1) / fitting : 1;
    for (size_t k = 0; k < n; k += stride)
        om_text_draw(panel->cr, om_panel_x(panel, (double)k) + 2.3, panel->y + panel->height + 5, name[k],
                     (om_font){.size = 6.5, .colour = OM_INK, .align = OM_RIGHT, .upward = true, .max_width = 50});
}

static void draw_errors(const om_panel *panel, const om_type_error *each, size_t n)
{
    om_panel_axes(panel, NULL);
    om_panel_bars(panel, n, each->value, each->limit, om_colour_viridis(0.45));
    if (each->limit > 0 && each->limit < panel->vertical.limits.high) {
        const om_stroke level = {.colour = OM_ALARM, .width = 0.6, .dashed = true};
        char words[64];
        om_panel_level(panel, each->limit, level);
        snprintf(words, sizeof words, "%g; bars above it are red", each->limit);
        om_key_lines(panel->cr, panel->x + panel->width - 112, panel->y - 5, 1, &(om_line_key){words, level});
    }
    size_t missing = 0;
    for (size_t k = 0; k < n; k++) missing += !isfinite(each->value[k]);
    om_phrase line = {""};
    if (missing > 0 && missing < n) snprintf(line.text, sizeof line.text, "%zu without a value", missing);
    om_panel_note(panel, OM_TOP_RIGHT, 1, &line);
    if (missing == n) om_panel_empty(panel, "no data");
}

tn_status om_figure_type_errors(const char *path, const om_type_errors_figure *figure, tn_error *error)
{
    enum { HEIGHT = 92, GAP = 24, TOP = 18, NAMES = 56 };
    om_canvas canvas;
    double n_panels = (double)figure->n_errors;
    tn_status status =
        om_canvas_open(&canvas, path, 540, fmax(1, n_panels) * (HEIGHT + GAP) + TOP + NAMES - GAP, error);
    if (status != TN_OK) return status;
    om_panel panel = {.cr = canvas.cr,
                      .x = 50,
                      .y = TOP,
                      .width = 480,
                      .height = HEIGHT,
                      .horizontal = {.bare = true, .limits = {-0.7, fmax(1, (double)figure->n_types) - 0.3}},
                      .vertical = {.wanted = 4}};
    for (size_t i = 0; i < figure->n_errors; i++, panel.y += HEIGHT + GAP) {
        const om_type_error *each = &figure->errors[i];
        om_limits values = om_limits_of(figure->n_types, each->value);
        panel.vertical.label = each->label;
        panel.vertical.limits = om_limits_pad(om_limits_join((om_limits){0, 0}, values), 0.06);
        panel.vertical.limits.low = 0;
        draw_errors(&panel, each, figure->n_types);
        if (i + 1 == figure->n_errors) name_bars(&panel, figure->n_types, figure->name);
    }
    return om_canvas_close(&canvas, TN_OK, error);
}
