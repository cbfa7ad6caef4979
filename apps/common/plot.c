/* Panels: axes, lines, points, bars. */
#include "config.h"
#include "common/plot.h"

#include <math.h>

double om_panel_x(const om_panel *panel, double value)
{
    return panel->x + om_axis_place(&panel->horizontal, value) * panel->width;
}

double om_panel_y(const om_panel *panel, double value)
{
    return panel->y + (1 - om_axis_place(&panel->vertical, value)) * panel->height;
}

/* ---- axes ---- */

/* A side of the panel that carries an axis: the direction outwards, and how tick labels stand there. */
typedef struct side {
    double right, down;
    om_align align;
} side;

static const side below = {0, 1, OM_CENTRE}, at_left = {-1, 0, OM_RIGHT}, at_right = {1, 0, OM_LEFT};
static const double tick_length = 3, tick_gap = 2.5;

static void segment(cairo_t *cr, double x0, double y0, double x1, double y1)
{
    cairo_move_to(cr, x0, y0);
    cairo_line_to(cr, x1, y1);
    cairo_stroke(cr);
}

/* The point of a side where value lies. */
static void point_at(const om_panel *panel, side where, double value, double *x, double *y)
{
    *x = where.down > 0 ? om_panel_x(panel, value) : panel->x + (where.right > 0 ? panel->width : 0);
    *y = where.down > 0 ? panel->y + panel->height : om_panel_y(panel, value);
}

static void tick(const om_panel *panel, side where, double value, double length)
{
    double x, y;
    point_at(panel, where, value, &x, &y);
    segment(panel->cr, x, y, x + length * where.right, y + length * where.down);
}

/* The unlabelled ticks of a logarithmic axis: 2 to 9 times each power of ten, while there is room for them. */
static void minor_ticks(const om_panel *panel, side where, const om_axis *axis)
{
    om_limits limits = axis->limits;
    if (!axis->logarithmic || log10(limits.high / limits.low) > 6) return;
    for (double power = pow(10, floor(log10(limits.low))); power <= limits.high; power *= 10)
        for (int k = 2; k <= 9; k++)
            if (k * power >= limits.low && k * power <= limits.high) tick(panel, where, k * power, tick_length / 2);
}

/* As many ticks as are wanted, or fewer if their labels would touch. */
static om_ticks fitting_ticks(const om_panel *panel, side where, om_axis axis, om_font font)
{
    if (axis.wanted == 0) axis.wanted = 5;
    for (;; axis.wanted--) {
        om_ticks ticks = om_axis_ticks(&axis);
        double taken = 0;
        for (int i = 0; i < ticks.count; i++)
            taken += where.down > 0 ? 6 + om_text_width(panel->cr, ticks.label[i].text, font) : 9;
        if (axis.wanted <= OM_TICKS_MIN || taken <= (where.down > 0 ? panel->width : panel->height)) return ticks;
    }
}

/* Ticks and their labels; returns how far the labels reach from the panel. */
static double tick_labels(const om_panel *panel, side where, const om_axis *axis)
{
    om_font font = {.size = 7, .colour = OM_INK, .align = where.align};
    om_ticks ticks = fitting_ticks(panel, where, *axis, font);
    double reach = tick_length + tick_gap, widest = 0;
    for (int i = 0; i < ticks.count; i++) {
        double x, y;
        point_at(panel, where, ticks.value[i], &x, &y);
        om_text_draw(panel->cr, x + reach * where.right, y + (where.down > 0 ? reach + 6 : 2.5), ticks.label[i].text,
                     font);
        widest = fmax(widest, om_text_width(panel->cr, ticks.label[i].text, font));
        om_colour_set(panel->cr, OM_INK, 1);
        tick(panel, where, ticks.value[i], tick_length);
    }
    return where.down > 0 ? reach + 6 : reach + widest;
}

static void draw_axis(const om_panel *panel, side where)
{
    const om_axis *axis = where.down > 0 ? &panel->horizontal : &panel->vertical;
    double reach = 0;
    cairo_set_line_width(panel->cr, 0.6);
    cairo_set_line_cap(panel->cr, CAIRO_LINE_CAP_SQUARE);
    if (!axis->bare) {
        reach = tick_labels(panel, where, axis);
        minor_ticks(panel, where, axis);
    }
    om_font font = {.size = 8, .colour = OM_INK, .align = OM_CENTRE, .upward = where.down == 0};
    double middle_x = panel->x + panel->width / 2, middle_y = panel->y + panel->height / 2;
    if (where.down > 0)
        om_text_draw(panel->cr, middle_x, panel->y + panel->height + reach + 12, axis->label, font);
    else if (where.right < 0)
        om_text_draw(panel->cr, panel->x - fmax(reach, axis->bare ? 0 : 27) - 6, middle_y, axis->label,
                     font); /* labels of panels above each other align */
    else
        om_text_draw(panel->cr, panel->x + panel->width + reach + 11, middle_y, axis->label, font);
}

void om_panel_axes(const om_panel *panel, const char *title)
{
    cairo_t *cr = panel->cr;
    double bottom = panel->y + panel->height;
    draw_axis(panel, below);
    draw_axis(panel, at_left);
    om_colour_set(cr, OM_INK, 1);
    if (!panel->horizontal.bare) segment(cr, panel->x, bottom, panel->x + panel->width, bottom);
    if (!panel->vertical.bare) segment(cr, panel->x, panel->y, panel->x, bottom);
    om_text_draw(cr, panel->x, panel->y - 8, title,
                 (om_font){.size = 8, .colour = OM_INK, .bold = true, .max_width = panel->width});
}

void om_panel_colour_bar(const om_panel *panel)
{
    cairo_t *cr = panel->cr;
    double step = panel->height / OM_VIRIDIS_STEPS;
    cairo_save(cr);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
    for (int i = 0; i < OM_VIRIDIS_STEPS; i++) {
        om_colour_set(cr, om_colour_viridis(i / (OM_VIRIDIS_STEPS - 1.0)), 1);
        cairo_rectangle(cr, panel->x, panel->y, panel->width, panel->height - i * step);
        cairo_fill(cr);
    }
    cairo_restore(cr);
    draw_axis(panel, at_right);
}

/* ---- data ---- */

void om_panel_clip(const om_panel *panel)
{
    cairo_save(panel->cr);
    cairo_rectangle(panel->cr, panel->x, panel->y, panel->width, panel->height);
    cairo_clip(panel->cr);
}

void om_panel_unclip(const om_panel *panel)
{
    cairo_restore(panel->cr);
}

static void stroke_begin(const om_panel *panel, om_stroke stroke)
{
    static const double dashes[] = {3, 2.5};
    om_panel_clip(panel);
    om_colour_set(panel->cr, stroke.colour, stroke.alpha > 0 ? stroke.alpha : 1);
    cairo_set_line_width(panel->cr, stroke.width > 0 ? stroke.width : 0.8);
    cairo_set_line_join(panel->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(panel->cr, stroke.dashed ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
    if (stroke.dashed) cairo_set_dash(panel->cr, dashes, 2, 0);
}

static void stroke_end(const om_panel *panel)
{
    cairo_stroke(panel->cr);
    om_panel_unclip(panel);
}

/* Points of a curve that fall on one column of pixels; a curve through them need only go where they reach. */
typedef struct bundle {
    long column;
    int count;
    double x, first, low, high, last;
} bundle;

static void draw_bundle(cairo_t *cr, const bundle *b)
{
    if (b->count > 2) {
        bool falling = b->last < b->first; /* page coordinates, but the order matters only to stay close */
        cairo_line_to(cr, b->x, falling ? b->high : b->low);
        cairo_line_to(cr, b->x, falling ? b->low : b->high);
    }
    if (b->count > 1) cairo_line_to(cr, b->x, b->last);
}

static void extend_curve(cairo_t *cr, bundle *b, double x, double y)
{
    long column = lrint(x * OM_PIXELS * 2);
    if (b->count > 0 && column == b->column) {
        b->count++;
        b->x = x;
        b->low = fmin(b->low, y);
        b->high = fmax(b->high, y);
        b->last = y;
        return;
    }
    bool begun = b->count > 0;
    draw_bundle(cr, b);
    if (!begun) cairo_move_to(cr, x, y);
    cairo_line_to(cr, x, y); /* a point alone becomes a dot */
    *b = (bundle){.column = column, .count = 1, .x = x, .first = y, .low = y, .high = y, .last = y};
}

static void mark_values(const om_panel *panel, size_t n, const double *x, const double *y, om_stroke stroke)
{
    om_colour_set(panel->cr, stroke.colour, stroke.alpha > 0 ? stroke.alpha : 1);
    for (size_t i = 0; i < n; i++) {
        double right = om_axis_place(&panel->horizontal, x[i]), up = om_axis_place(&panel->vertical, y[i]);
        if (!(right >= 0 && right <= 1 && up >= 0 && up <= 1)) continue;
        cairo_arc(panel->cr, panel->x + right * panel->width, panel->y + (1 - up) * panel->height, 1.5, 0, 2 * M_PI);
        cairo_fill(panel->cr);
    }
}

void om_panel_line(const om_panel *panel, size_t n, const double *x, const double *y, om_stroke stroke)
{
    bundle held = {0};
    stroke_begin(panel, stroke);
    for (size_t i = 0; i < n; i++) {
        double right = om_axis_place(&panel->horizontal, x[i]), up = om_axis_place(&panel->vertical, y[i]);
        if (stroke.bridged && (isnan(right) || isnan(up))) continue;
        if (isnan(right) || isnan(up)) {
            draw_bundle(panel->cr, &held);
            held = (bundle){0};
            continue;
        }
        /* Far outside is as good as outside, and cairo's coordinates are bounded. */
        right = fmin(fmax(right, -9), 10);
        up = fmin(fmax(up, -9), 10);
        extend_curve(panel->cr, &held, panel->x + right * panel->width, panel->y + (1 - up) * panel->height);
    }
    draw_bundle(panel->cr, &held);
    stroke_end(panel);
    if (stroke.marked) mark_values(panel, n, x, y, stroke);
}

void om_panel_slope(const om_panel *panel, double slope, double offset, om_stroke stroke)
{
    om_limits limits = panel->horizontal.limits;
    double x[2] = {limits.low, limits.high}, y[2] = {slope * limits.low + offset, slope * limits.high + offset};
    om_panel_line(panel, 2, x, y, stroke);
}

void om_panel_level(const om_panel *panel, double y, om_stroke stroke)
{
    om_limits limits = panel->horizontal.limits;
    om_panel_line(panel, 2, (double[]){limits.low, limits.high}, (double[]){y, y}, stroke);
}

om_tally om_panel_points(const om_panel *panel, size_t n, const double *x, const double *y, const int32_t *category,
                         double radius, double alpha)
{
    om_tally tally = {0};
    for (size_t i = 0; i < n; i++) {
        double right = om_axis_place(&panel->horizontal, x[i]), up = om_axis_place(&panel->vertical, y[i]);
        if (isnan(right) || isnan(up)) {
            tally.not_finite++;
        } else if (right < 0 || right > 1 || up < 0 || up > 1) {
            tally.outside++;
        } else {
            tally.drawn++;
            om_colour_set(panel->cr, category ? om_colour_category(category[i]) : OM_INK, alpha);
            cairo_arc(panel->cr, panel->x + right * panel->width, panel->y + (1 - up) * panel->height, radius, 0,
                      2 * M_PI);
            cairo_fill(panel->cr);
        }
    }
    return tally;
}

void om_panel_bars(const om_panel *panel, size_t n, const double *y, double limit, om_colour colour)
{
    om_panel_clip(panel);
    for (size_t i = 0; i < n; i++) {
        double left = om_panel_x(panel, (double)i - 0.38), right = om_panel_x(panel, (double)i + 0.38);
        double up = om_axis_place(&panel->vertical, y[i]);
        if (!(up > 0)) continue;
        up = fmin(up, 2);
        om_colour_set(panel->cr, limit > 0 && y[i] > limit ? OM_ALARM : colour, 1);
        cairo_rectangle(panel->cr, left, panel->y + (1 - up) * panel->height, right - left, up * panel->height);
        cairo_fill(panel->cr);
    }
    om_panel_unclip(panel);
}
