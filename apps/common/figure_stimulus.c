/* The recovered stimulus beside the true one. */
#include "config.h"
#include "common/density.h"
#include "common/figure_parts.h"

#include <math.h>
#include <stdlib.h>

enum { CHUNK = 4096 };

static tn_status check(const om_stimulus_figure *figure, tn_error *error)
{
    if (figure->first > figure->n_frames || figure->shown > figure->n_frames - figure->first)
        return tn_fail(error, TN_EINVAL, "frames %zu to %zu are to be shown, but there are %zu", figure->first,
                       figure->first + figure->shown, figure->n_frames);
    for (size_t i = 0; i < figure->n_row; i++)
        if (figure->row[i] < 0 || (size_t)figure->row[i] >= figure->n_columns)
            return tn_fail(error, TN_EINVAL, "lattice column %d is to be shown, but there are %zu", (int)figure->row[i],
                           figure->n_columns);
    return TN_OK;
}

/* [n_row, shown] values of the row of columns over time, a value + b. */
static void gather_row(const om_stimulus_figure *figure, const float *values, double a, double b, float *out)
{
    for (size_t i = 0; i < figure->n_row; i++)
        for (size_t t = 0; t < figure->shown; t++) {
            size_t place = (figure->first + t) * figure->n_columns + (size_t)figure->row[i];
            out[i * figure->shown + t] = (float)(a * (double)values[place] + b);
        }
}

/* Two images of space and time, the true one above, on one scale of colours. */
static tn_status draw_over_time(const om_canvas *canvas, const om_stimulus_figure *figure, om_limits limits,
                                tn_error *error)
{
    static const char *const titles[] = {"true stimulus", "recovered stimulus"};
    size_t n = figure->n_row * figure->shown;
    float *values = calloc(figure->n_row + 1, (figure->shown + 1) * sizeof *values);
    if (!values) return tn_fail(error, TN_ENOMEM, "out of memory for %zu values of the stimulus", n);
    double start = (double)figure->first * figure->dt, length = (double)figure->shown * figure->dt;
    om_panel panel = {.cr = canvas->cr,
                      .x = 30,
                      .y = 22,
                      .width = 250,
                      .height = 86,
                      .horizontal = {.limits = om_limits_pad((om_limits){start, start + length}, 0), .bare = true},
                      .vertical = {.limits = {0, 1}, .bare = true, .label = "position"}};
    for (int i = 0; i < 2; i++) {
        gather_row(figure, i ? figure->recovered : figure->truth, i ? figure->a : 1, i ? figure->b : 0, values);
        om_panel_heat(&panel, figure->n_row, figure->shown, values, figure->shown, 1, limits);
        if (n == 0) om_panel_empty(&panel, "no data");
        om_panel_axes(&panel, titles[i]);
        if (i == 0) panel.y += panel.height + 22;
        panel.horizontal.label = "time (s)";
        panel.horizontal.bare = false;
    }
    free(values);
    om_panel bar = {.cr = canvas->cr,
                    .x = 287,
                    .y = 22,
                    .width = 5,
                    .height = panel.y + panel.height - 22,
                    .vertical = {.limits = limits, .label = "luminance"}};
    om_panel_colour_bar(&bar);
    return TN_OK;
}

/* Square limits that hold the truth and what was recovered around it. */
static om_limits scatter_limits(const om_stimulus_figure *figure, om_limits truth)
{
    om_limits raw = om_limits_of_floats(figure->n_frames * figure->n_columns, figure->recovered, 1);
    if (raw.low > raw.high) return truth;
    double ends[2] = {figure->a * raw.low + figure->b, figure->a * raw.high + figure->b};
    double room = 0.3 * (truth.high - truth.low);
    om_limits window = {truth.low - room, truth.high + room}, both = om_limits_join(truth, om_limits_of(2, ends));
    return om_limits_pad((om_limits){fmax(both.low, window.low), fmin(both.high, window.high)}, 0.01);
}

static tn_status draw_scatter(const om_canvas *canvas, const om_stimulus_figure *figure, om_limits truth,
                              tn_error *error)
{
    om_limits limits = scatter_limits(figure, truth);
    om_panel panel = {.cr = canvas->cr,
                      .x = 376,
                      .y = 22,
                      .width = 194,
                      .height = 194,
                      .horizontal = {.label = "true luminance", .limits = limits},
                      .vertical = {.label = "recovered luminance, corrected", .limits = limits}};
    om_density density;
    om_panel_axes(&panel, "all columns");
    tn_status status = om_density_open(&density, &panel, error);
    if (status != TN_OK) return status;
    size_t n = figure->n_frames * figure->n_columns;
    for (size_t start = 0; start < n; start += CHUNK) {
        double x[CHUNK], y[CHUNK];
        size_t length = n - start < CHUNK ? n - start : CHUNK;
        for (size_t i = 0; i < length; i++) {
            x[i] = (double)figure->truth[start + i];
            y[i] = figure->a * (double)figure->recovered[start + i] + figure->b;
        }
        om_density_add(&density, length, x, y);
    }
    om_phrase lines[6] = {om_note_value("R²", figure->r2, 3), om_note_value("a", figure->a, 3),
                          om_note_value("b", figure->b, 3)};
    bool empty = density.tally.drawn == 0;
    om_note_tally(density.tally, lines + 3);
    om_density_close(&density, "overlapping values");
    om_panel_slope(&panel, 1, 0, (om_stroke){.colour = OM_INK, .width = 0.7, .dashed = true});
    om_panel_note(&panel, OM_TOP_LEFT, 6, lines);
    if (empty) om_panel_empty(&panel, "no data");
    return TN_OK;
}

tn_status om_figure_stimulus(const char *path, const om_stimulus_figure *figure, tn_error *error)
{
    om_canvas canvas;
    tn_status status = check(figure, error);
    if (status == TN_OK) status = om_canvas_open(&canvas, path, 620, 256, error);
    if (status != TN_OK) return status;
    om_limits limits = om_limits_pad(om_limits_of_floats(figure->n_frames * figure->n_columns, figure->truth, 1), 0.02);
    status = draw_over_time(&canvas, figure, limits, error);
    if (status == TN_OK) status = draw_scatter(&canvas, figure, limits, error);
    return om_canvas_close(&canvas, status, error);
}
