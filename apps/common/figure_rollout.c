/* Voltage traces: what neurons did, and what the learned circuit says. */
#include "config.h"
#include "common/figure_parts.h"
#include "common/no_memory.h"

#include <math.h>
#include <stdlib.h>

/* The vertical axis counts lanes from the bottom; each trace lies in one, around the middle of its true values. */
enum { LANE = 19, LEFT = 64 };

static om_limits true_limits(const om_rollout_figure *figure, size_t k)
{
    return om_limits_of_floats(figure->n_frames, figure->truth + k, figure->n_traces);
}

static int ascending(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

/* The voltage that one lane stands for: what three of four traces need, so that one lively neuron does not flatten the
 * others; its own trace then reaches into the lanes beside it. */
static double lane_voltage(const om_rollout_figure *figure, size_t n)
{
    double heights[OM_ROLLOUT_TRACES];
    size_t count = 0;
    for (size_t k = 0; k < n; k++) {
        om_limits own = true_limits(figure, k);
        if (own.low < own.high) heights[count++] = own.high - own.low;
    }
    qsort(heights, count, sizeof *heights, ascending);
    return count ? 1.05 * heights[(3 * count - 1) / 4] : 1;
}

/* One trace, its values stride elements apart, scaled so that `height` fills a lane, with `middle` at the middle of
 * lane number `lane`. */
static void draw_trace(const om_panel *panel, size_t n, const double *time, const float *values, size_t stride,
                       double *buffer, double lane, om_limits own, double height, om_stroke stroke)
{
    double middle = own.low <= own.high ? (own.low + own.high) / 2 : 0;
    for (size_t t = 0; t < n; t++) buffer[t] = lane + ((double)values[t * stride] - middle) / height;
    om_panel_line(panel, n, time, buffer, stroke);
}

static void name_lane(const om_panel *panel, double lane, const char *name, const char *after)
{
    double y = om_panel_y(panel, lane) + 2.5;
    om_text_draw(panel->cr, panel->x - 6, y, name,
                 (om_font){.size = 7, .colour = OM_INK, .align = OM_RIGHT, .max_width = LEFT - 10});
    om_text_draw(panel->cr, panel->x + panel->width + 6, y, after, (om_font){.size = 6.5, .colour = OM_GREY});
}

/* An upright bar of round length, with the voltage it stands for, right of the lowest lane. */
static void draw_scale(const om_panel *panel, double voltage)
{
    om_ticks ticks = om_ticks_linear((om_limits){0, voltage * 1.2}, 3);
    double length = ticks.value[1], x = panel->x + panel->width + 36, y = om_panel_y(panel, 0) + 8;
    double top = y - length / voltage * LANE;
    char words[80];
    om_colour_set(panel->cr, OM_INK, 1);
    cairo_set_line_width(panel->cr, 1.2);
    cairo_move_to(panel->cr, x, y);
    cairo_line_to(panel->cr, x, top);
    cairo_stroke(panel->cr);
    snprintf(words, sizeof words, "%s a.u.", ticks.label[1].text);
    om_text_draw(panel->cr, x + 3, (y + top) / 2 + 2.3, words, (om_font){.size = 6.5, .colour = OM_INK});
}

static void draw_key(const om_panel *panel, size_t left_out)
{
    const om_line_key entries[] = {{"true", OM_TRUE_TRACE}, {"predicted", OM_PREDICTED_TRACE}};
    char words[96];
    om_key_lines(panel->cr, panel->x, panel->y - 9, 2, entries);
    snprintf(words, sizeof words, "%zu more traces are not shown", left_out);
    if (left_out > 0)
        om_text_draw(panel->cr, panel->x + panel->width, panel->y - 9, words,
                     (om_font){.size = 7, .colour = OM_GREY, .align = OM_RIGHT});
}

static void draw_traces(const om_panel *panel, const om_rollout_figure *figure, size_t n, double *time, double *buffer)
{
    size_t frames = figure->n_frames, stride = figure->n_traces;
    double voltage = lane_voltage(figure, n);
    for (size_t t = 0; t < frames; t++) time[t] = (double)t * figure->dt;
    for (size_t k = 0; k < n; k++) {
        double lane = (double)(n - 1 - k);
        om_limits own = true_limits(figure, k);
        draw_trace(panel, frames, time, figure->truth + k, stride, buffer, lane, own, voltage, OM_TRUE_TRACE);
        draw_trace(panel, frames, time, figure->predicted + k, stride, buffer, lane, own, voltage, OM_PREDICTED_TRACE);
        name_lane(panel, lane, figure->name[k],
                  figure->pearson ? om_note_value("r", figure->pearson[k], 2).text : NULL);
    }
    if (figure->stimulus) {
        om_limits own = om_limits_of_floats(frames, figure->stimulus, 1), fitting = om_limits_pad(own, 0.1);
        draw_trace(panel, frames, time, figure->stimulus, 1, buffer, -1, own, fitting.high - fitting.low,
                   OM_STIMULUS_TRACE);
        name_lane(panel, -1, "stimulus", NULL);
    }
    if (n > 0 && frames > 0)
        draw_scale(panel, voltage);
    else
        om_panel_empty(panel, "no data");
}

tn_status om_figure_rollout(const char *path, const om_rollout_figure *figure, tn_error *error)
{
    size_t n = figure->n_traces < OM_ROLLOUT_TRACES ? figure->n_traces : OM_ROLLOUT_TRACES;
    double lanes = (double)n + (figure->stimulus ? 1 : 0), lowest = figure->stimulus ? -1.6 : -0.6;
    double height = LANE * fmax(4, lanes + 0.2), end = (double)figure->n_frames * figure->dt;
    om_canvas canvas;
    tn_status status = om_canvas_open(&canvas, path, 540, height + 60, error);
    if (status != TN_OK) return status;
    om_panel panel = {
        .cr = canvas.cr,
        .x = LEFT,
        .y = 24,
        .width = 400,
        .height = height,
        .horizontal = {.label = "time (s)", .limits = om_limits_pad((om_limits){0, end}, 0)},
        .vertical = {.bare = true, .limits = {lowest, lowest + height / LANE}}};
    double *time = calloc(figure->n_frames + 1, 2 * sizeof *time);
    if (!time) return om_canvas_close(&canvas, om_no_memory(path, error), error);
    om_panel_axes(&panel, NULL);
    draw_key(&panel, figure->n_traces - n);
    draw_traces(&panel, figure, n, time, time + figure->n_frames);
    free(time);
    return om_canvas_close(&canvas, TN_OK, error);
}
