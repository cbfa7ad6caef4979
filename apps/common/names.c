/* Names beside points: each where it covers neither another name nor many points, near if there is room, else further
 * off with a line to its point. */
#include "config.h"
#include "common/plot.h"

#include <math.h>
#include <stdlib.h>

typedef struct rectangle {
    double x, y, width, height;
} rectangle;

static bool overlap(rectangle a, rectangle b, double margin)
{
    return a.x < b.x + b.width + margin && b.x < a.x + a.width + margin && a.y < b.y + b.height + margin &&
           b.y < a.y + a.height + margin;
}

/* The panel in cells, 1 where something is drawn, and the names that have a place. */
enum { MOST = 400, CELLS = 256 };
typedef struct room {
    const om_panel *panel;
    unsigned char taken[CELLS][CELLS]; /* [across][up] */
    rectangle name[MOST];
    size_t names;
} room;

static int cell_of(double share)
{
    return (int)fmin(fmax(share * CELLS, 0), CELLS - 1);
}

static void take(room *r, double left, double right, double low, double high)
{
    for (int i = cell_of(left); i <= cell_of(right); i++)
        for (int j = cell_of(low); j <= cell_of(high); j++) r->taken[i][j] = 1;
}

static void take_crowd(room *r, const om_crowd *crowd)
{
    const om_panel *panel = r->panel;
    const double radius = 1.3;
    double across = radius / panel->width, up = radius / panel->height;
    for (size_t i = 0; i < crowd->n; i++) {
        double x = om_axis_place(&panel->horizontal, crowd->x[i]), y = om_axis_place(&panel->vertical, crowd->y[i]);
        if (x >= 0 && x <= 1 && y >= 0 && y <= 1) take(r, x - across, x + across, y - up, y + up);
    }
    if (!crowd->lines) return;
    double width = OM_NOTE_WIDTH, height = (4 + OM_NOTE_LINE * (double)crowd->lines) / panel->height;
    bool right = crowd->corner == OM_TOP_RIGHT || crowd->corner == OM_BOTTOM_RIGHT;
    bool bottom = crowd->corner == OM_BOTTOM_LEFT || crowd->corner == OM_BOTTOM_RIGHT;
    take(r, right ? 1 - width : 0, right ? 1 : width, bottom ? 0 : 1 - height, bottom ? height : 1);
}

/* The share of a place on the page where something is drawn already. */
static double covered(const room *r, rectangle place)
{
    const om_panel *panel = r->panel;
    int count = 0, all = 0;
    for (int i = cell_of((place.x - panel->x) / panel->width);
         i <= cell_of((place.x + place.width - panel->x) / panel->width); i++)
        for (int j = cell_of(1 - (place.y + place.height - panel->y) / panel->height);
             j <= cell_of(1 - (place.y - panel->y) / panel->height); j++, all++)
            count += r->taken[i][j];
    return (double)count / all;
}

static bool is_free(const room *r, rectangle place)
{
    const om_panel *panel = r->panel;
    if (place.x < panel->x + 2 || place.x + place.width > panel->x + panel->width || place.y < panel->y ||
        place.y + place.height > panel->y + panel->height)
        return false;
    for (size_t k = 0; k < r->names; k++)
        if (overlap(place, r->name[k], 1.5)) return false;
    return true;
}

/* Where a side of something of this length begins, when it is to lie before, around or behind `from`. */
static double side(double from, double direction, double gap, double length)
{
    return from + gap * direction - (direction > 0 ? 0 : direction < 0 ? length : length / 2);
}

/* Where the line from a name to its point begins, and whether the name is so far off that it needs one. */
static bool lead_of(rectangle place, double x, double y, double *from_x, double *from_y)
{
    const double near = 7;
    *from_x = fmin(fmax(x, place.x), place.x + place.width);
    *from_y = fmin(fmax(y, place.y), place.y + place.height);
    return hypot(*from_x - x, *from_y - y) >= near;
}

/* Whether that line keeps off the names that have a place. */
static bool lead_is_free(const room *r, rectangle place, double x, double y)
{
    enum { PIECES = 16 };
    double from_x, from_y;
    if (!lead_of(place, x, y, &from_x, &from_y)) return true;
    for (int i = 0; i <= PIECES; i++) {
        double part = (double)i / PIECES;
        rectangle piece = {from_x + part * (x - from_x), from_y + part * (y - from_y), 0, 0};
        for (size_t k = 0; k < r->names; k++)
            if (overlap(piece, r->name[k], 0.5)) return false;
    }
    return true;
}

/* The best place for a name of this width around (x, y): what covers little, and then what is near. */
static bool find_place(const room *r, double x, double y, double width, rectangle *best)
{
    static const double ring[][2] = {{1, 0},      {-1, 0},      {0, -1},    {0, 1},
                                     {0.7, -0.7}, {-0.7, -0.7}, {0.7, 0.7}, {-0.7, 0.7}};
    static const double gaps[] = {3, 5.5, 8, 11, 14, 18};
    const double height = 6.5, tolerated = 0.25, distance = 0.015; /* cover that a point of distance is worth */
    double least = INFINITY;
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (size_t i = 0; i < sizeof ring / sizeof *ring; i++) {
            rectangle place = {side(x, ring[i][0], gaps[g], width), side(y, ring[i][1], gaps[g], height), width,
                               height};
            if (!is_free(r, place) || !lead_is_free(r, place, x, y)) continue;
            double cover = covered(r, place), cost = cover + distance * gaps[g];
            if (cover <= tolerated && cost < least) least = cost, *best = place;
        }
    return isfinite(least);
}

/* Draws the line, and keeps later names off it. */
static void lead(room *r, rectangle place, double x, double y, om_colour colour)
{
    enum { PIECES = 64 };
    const om_panel *panel = r->panel;
    double from_x, from_y;
    if (!lead_of(place, x, y, &from_x, &from_y)) return;
    om_colour_set(panel->cr, colour, 0.7);
    cairo_set_line_width(panel->cr, 0.4);
    cairo_move_to(panel->cr, from_x, from_y);
    cairo_line_to(panel->cr, x, y);
    cairo_stroke(panel->cr);
    for (int i = 0; i <= PIECES; i++) {
        double part = (double)i / PIECES, across = (from_x + part * (x - from_x) - panel->x) / panel->width;
        double up = 1 - (from_y + part * (y - from_y) - panel->y) / panel->height;
        take(r, across, across, up, up);
    }
}

size_t om_panel_labels(const om_panel *panel, size_t n, const om_label *labels, const om_crowd *crowd)
{
    room *r = calloc(1, sizeof *r);
    if (!r) return 0; /* a figure without names */
    r->panel = panel;
    if (crowd) take_crowd(r, crowd);
    for (size_t i = 0; i < n && r->names < MOST; i++) {
        double x = om_panel_x(panel, labels[i].x), y = om_panel_y(panel, labels[i].y);
        if (!(x >= panel->x && x <= panel->x + panel->width && y >= panel->y && y <= panel->y + panel->height))
            continue;
        om_font font = {.size = 6.5, .colour = om_colour_mix(labels[i].colour, OM_BLACK, 0.35), .halo = true,
                        .max_width = 60};
        rectangle place;
        if (!find_place(r, x, y, om_text_width(panel->cr, labels[i].text, font), &place)) continue;
        lead(r, place, x, y, font.colour);
        om_text_draw(panel->cr, place.x, place.y + 5.3, labels[i].text, font);
        r->name[r->names++] = place;
    }
    size_t written = r->names;
    free(r);
    return written;
}
