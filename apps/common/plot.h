/* Panels: axes, and data drawn between them. All functions draw on the panel's cairo context, in points, and keep
 * quiet: cairo records the first error. Values without a place (NaN, infinite, <= 0 on a logarithmic axis) are left
 * out, and counted where the count is returned. */
#ifndef OM_PLOT_H
#define OM_PLOT_H

#include "common/axis.h"
#include "common/canvas.h"

#include <stdint.h>

typedef struct om_panel {
    cairo_t *cr;
    double x, y, width, height; /* of the rectangle between the axes; x, y its upper left corner */
    om_axis horizontal, vertical;
} om_panel;

typedef struct om_stroke {
    om_colour colour;
    double width; /* points; 0 means 0.8 */
    double alpha; /* 0 means 1 */
    bool dashed;
    bool bridged; /* pass over missing values instead of breaking the curve */
    bool marked;  /* a dot at each value */
} om_stroke;

/* How traces look everywhere: what a neuron did, what the model says, what the eye saw. */
#define OM_TRUE_TRACE      ((om_stroke){.colour = OM_TRUTH, .width = 2.4})
#define OM_PREDICTED_TRACE ((om_stroke){.colour = OM_BLACK, .width = 0.7})
#define OM_STIMULUS_TRACE  ((om_stroke){.colour = OM_ALARM, .width = 0.7, .dashed = true})

/* What became of the points of a scatter. */
typedef struct om_tally {
    size_t drawn, outside, not_finite;
} om_tally;

/* Axis lines, ticks and labels; title (may be NULL) above, in bold. */
void om_panel_axes(const om_panel *panel, const char *title);

/* Keeps what follows inside the panel, until om_panel_unclip. */
void om_panel_clip(const om_panel *panel);
void om_panel_unclip(const om_panel *panel);

/* The place of a point on the page. */
double om_panel_x(const om_panel *panel, double value);
double om_panel_y(const om_panel *panel, double value);

/* A curve through n points, broken where a value has no place, clipped to the panel. More points than pixels are
 * drawn as the range that each pixel column holds. */
void om_panel_line(const om_panel *panel, size_t n, const double *x, const double *y, om_stroke stroke);

/* The line y = slope x + offset across the panel. The identity line is om_panel_slope(panel, 1, 0, ...). */
void om_panel_slope(const om_panel *panel, double slope, double offset, om_stroke stroke);
void om_panel_level(const om_panel *panel, double y, om_stroke stroke); /* horizontal line */

/* Discs of the given radius; category[i] chooses the colour (om_colour_category), NULL makes all of them ink. */
om_tally om_panel_points(const om_panel *panel, size_t n, const double *x, const double *y, const int32_t *category,
                         double radius, double alpha);

/* Bars from the horizontal axis up to y[i], at places 0, 1, ..., n - 1; those above limit (if > 0) in OM_ALARM. */
void om_panel_bars(const om_panel *panel, size_t n, const double *y, double limit, om_colour colour);

/* An image of rows x columns values, row 0 on top; strides in elements. Values run from limits.low (dark) to
 * limits.high (light); NaN is pale. More columns than pixels are averaged. Fills the panel. */
void om_panel_heat(const om_panel *panel, size_t rows, size_t columns, const float *values, size_t row_stride,
                   size_t column_stride, om_limits limits);

/* An upright colour bar that fills the panel; its axis is the panel's vertical one. */
void om_panel_colour_bar(const om_panel *panel);

/* Lines of text in a corner of the panel, the first on top; empty ones are passed over. */
#define OM_NOTE_LINE 10.0  /* points from one line to the next */
#define OM_NOTE_WIDTH 0.46 /* of the panel's width, that a note may take */
typedef enum om_corner { OM_TOP_LEFT, OM_TOP_RIGHT, OM_BOTTOM_LEFT, OM_BOTTOM_RIGHT } om_corner;
void om_panel_note(const om_panel *panel, om_corner corner, size_t n, const om_phrase *lines);

/* The upper left or the lower right corner, which the identity line leaves free: that with fewer points, for a note. */
om_corner om_panel_free_corner(const om_panel *panel, size_t n, const double *x, const double *y);

/* Grey words in the middle, for panels with nothing to show. */
void om_panel_empty(const om_panel *panel, const char *words);

/* Names beside points: each where it covers neither another name nor the panel's edge, and little of what else is
 * drawn; further off a line leads to its point. In the order given; those that find no room are left out. Returns how
 * many were written. */
typedef struct om_label {
    double x, y; /* values on the axes */
    const char *text;
    om_colour colour;
} om_label;
/* What else is drawn. */
typedef struct om_crowd {
    size_t n;
    const double *x, *y; /* [n] points, as om_panel_points draws them */
    size_t lines;        /* of a note, 0: none */
    om_corner corner;    /* where it is */
} om_crowd;
size_t om_panel_labels(const om_panel *panel, size_t n, const om_label *labels, const om_crowd *crowd); /* or NULL */

/* A key to lines, in one row with its baseline at y, beginning at x: a piece of each line and its name. */
typedef struct om_line_key {
    const char *text;
    om_stroke stroke;
} om_line_key;
void om_key_lines(cairo_t *cr, double x, double y, size_t n, const om_line_key *entries);

/* A key to categories: names in their colours, in up to `columns` columns of this height; says
 * how many it leaves out. */
void om_key_categories(cairo_t *cr, double x, double y, double height, size_t columns, size_t n,
                       const char *const *names);

/* Names of curves right of the panel, each near the height of its curve's end, without overlap. */
void om_panel_end_labels(const om_panel *panel, size_t n, const om_label *labels);

#endif
