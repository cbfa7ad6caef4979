/* Words on panels: notes in corners, names beside curves, keys. */
#include "config.h"
#include "common/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void om_panel_note(const om_panel *panel, om_corner corner, size_t n, const om_phrase *lines)
{
    bool right = corner == OM_TOP_RIGHT || corner == OM_BOTTOM_RIGHT;
    bool bottom = corner == OM_BOTTOM_LEFT || corner == OM_BOTTOM_RIGHT;
    size_t shown = 0;
    for (size_t i = 0; i < n; i++) shown += lines[i].text[0] != 0;
    double x = right ? panel->x + panel->width - 4 : panel->x + 6;
    double y = bottom ? panel->y + panel->height - 6 - OM_NOTE_LINE * ((double)shown - 1) : panel->y + 8;
    for (size_t i = 0; i < n; i++) {
        if (!lines[i].text[0]) continue;
        om_text_draw(panel->cr, x, y, lines[i].text,
                     (om_font){.size = 7.5, .colour = OM_INK, .align = right ? OM_RIGHT : OM_LEFT, .halo = true});
        y += OM_NOTE_LINE;
    }
}

om_corner om_panel_free_corner(const om_panel *panel, size_t n, const double *x, const double *y)
{
    const double width = OM_NOTE_WIDTH, height = 0.34; /* of a note, as shares of the panel */
    size_t upper = 0, lower = 0;
    for (size_t i = 0; i < n; i++) {
        double right = om_axis_place(&panel->horizontal, x[i]), up = om_axis_place(&panel->vertical, y[i]);
        upper += up > 1 - height && right < width;
        lower += up < height && right > 1 - width;
    }
    return lower < upper ? OM_BOTTOM_RIGHT : OM_TOP_LEFT;
}

void om_panel_empty(const om_panel *panel, const char *words)
{
    om_text_draw(panel->cr, panel->x + panel->width / 2, panel->y + panel->height / 2, words,
                 (om_font){.size = 8, .colour = OM_GREY, .align = OM_CENTRE, .halo = true});
}

/* An end label: where it should be. */
typedef struct end_label {
    double y;
    const om_label *label;
} end_label;

static int from_the_top(const void *a, const void *b)
{
    const end_label *first = a, *second = b;
    if (first->y != second->y) return first->y < second->y ? -1 : 1;
    return first->label < second->label ? -1 : 1;
}

void om_panel_end_labels(const om_panel *panel, size_t n, const om_label *labels)
{
    enum { MOST = 400 };
    const double spacing = 7.5, bottom = panel->y + panel->height;
    end_label order[MOST];
    size_t count = 0;
    for (size_t i = 0; i < n && count < MOST; i++) {
        double y = om_panel_y(panel, labels[i].y);
        if (!isnan(y)) order[count++] = (end_label){fmin(fmax(y, panel->y), bottom), &labels[i]};
    }
    qsort(order, count, sizeof *order, from_the_top);

    size_t fitting = (size_t)(panel->height / spacing) + 1, stride = (count + fitting - 1) / fitting;
    size_t shown = stride ? (count + stride - 1) / stride : 0;
    double free_from = panel->y - 3;
    for (size_t k = 0; k < shown; k++) {
        const end_label *each = &order[k * stride];
        double latest = bottom - spacing * (double)(shown - 1 - k); /* leaves room for those below */
        double y = fmax(fmin(fmax(each->y, free_from), latest), free_from);
        om_font font = {.size = 6.5, .colour = om_colour_mix(each->label->colour, OM_BLACK, 0.25), .max_width = 64};
        om_text_draw(panel->cr, panel->x + panel->width + 4, y + 2.3, each->label->text, font);
        free_from = y + spacing;
    }
}

void om_key_lines(cairo_t *cr, double x, double y, size_t n, const om_line_key *entries)
{
    enum { PIECE = 14 };
    om_font font = {.size = 7.5, .colour = OM_INK};
    for (size_t i = 0; i < n; i++) {
        om_stroke stroke = entries[i].stroke;
        cairo_save(cr);
        om_colour_set(cr, stroke.colour, 1);
        cairo_set_line_width(cr, stroke.width > 0 ? stroke.width : 0.8);
        if (stroke.dashed) cairo_set_dash(cr, (double[]){3, 2.5}, 2, 0);
        cairo_move_to(cr, x, y - 2.5);
        cairo_line_to(cr, x + PIECE, y - 2.5);
        cairo_stroke(cr);
        cairo_restore(cr);
        om_text_draw(cr, x + PIECE + 4, y, entries[i].text, font);
        x += PIECE + 14 + om_text_width(cr, entries[i].text, font);
    }
}

void om_key_categories(cairo_t *cr, double x, double y, double height, size_t columns, size_t n,
                       const char *const *names)
{
    const double spacing = 8.5, column_width = 46;
    size_t rows = (size_t)(height / spacing), shown = n <= rows * columns ? n : rows * columns - 1;
    om_font font = {.size = 6.5, .max_width = column_width - 10};
    for (size_t i = 0; i < shown; i++) {
        double left = x + column_width * (double)(i / rows), top = y + spacing * (double)(i % rows);
        om_colour_set(cr, om_colour_category((int)i), 1);
        cairo_rectangle(cr, left, top, 5, 5);
        cairo_fill(cr);
        font.colour = OM_INK;
        om_text_draw(cr, left + 8, top + 5, names[i], font);
    }
    char words[48];
    snprintf(words, sizeof words, "+ %zu more", n - shown);
    if (shown < n)
        om_text_draw(cr, x + column_width * (double)(columns - 1), y + spacing * (double)(rows - 1) + 5, words,
                     (om_font){.size = 6.5, .colour = OM_GREY});
}
