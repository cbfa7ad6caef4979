/* Pages on cairo, and words on them. */
#include "config.h"
#include "common/canvas.h"
#include "common/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static cairo_status_t write_bytes(void *stream, const unsigned char *data, unsigned length)
{
    return fwrite(data, 1, length, stream) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

tn_status om_canvas_open(om_canvas *canvas, const char *path, double width, double height, tn_error *error)
{
    *canvas = (om_canvas){.width = width, .height = height};
    tn_status status = om_stream_open(&canvas->stream, path, error);
    if (status != TN_OK) return status;
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width * OM_PIXELS), (int)ceil(height * OM_PIXELS));
    canvas->cr = cairo_create(surface);
    cairo_scale(canvas->cr, OM_PIXELS, OM_PIXELS);
    cairo_surface_destroy(surface); /* the context holds it */
    if (cairo_status(canvas->cr) != CAIRO_STATUS_SUCCESS) return om_canvas_close(canvas, TN_OK, error);
    om_text_setup(canvas->cr);
    om_colour_set(canvas->cr, OM_WHITE, 1);
    cairo_paint(canvas->cr);
    return TN_OK;
}

tn_status om_canvas_close(om_canvas *canvas, tn_status status, tn_error *error)
{
    cairo_surface_t *surface = cairo_surface_reference(cairo_get_target(canvas->cr));
    cairo_status_t drawn = cairo_status(canvas->cr);
    cairo_destroy(canvas->cr);
    if (drawn == CAIRO_STATUS_SUCCESS && status == TN_OK)
        drawn = cairo_surface_write_to_png_stream(surface, write_bytes, canvas->stream.file);
    cairo_surface_finish(surface);
    if (drawn == CAIRO_STATUS_SUCCESS) drawn = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (status == TN_OK && drawn != CAIRO_STATUS_SUCCESS)
        status = tn_fail(error, drawn == CAIRO_STATUS_NO_MEMORY ? TN_ENOMEM : TN_EIO, "%s: cannot be drawn: %s",
                         canvas->stream.output.path, cairo_status_to_string(drawn));
    status = om_stream_close(&canvas->stream, status, error);
    *canvas = (om_canvas){0};
    return status;
}

void om_colour_set(cairo_t *cr, om_colour colour, double alpha)
{
    cairo_set_source_rgba(cr, colour.red, colour.green, colour.blue, alpha);
}

void om_text_setup(cairo_t *cr)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cr, options);
    cairo_font_options_destroy(options);
}

/* DejaVu is what fontconfig brings along on Debian; drawn a tenth narrower it takes no more room than a grotesque. */
static void select_font(cairo_t *cr, om_font font)
{
    double size = font.size > 0 ? font.size : 8;
    cairo_matrix_t narrow = {.xx = 0.9 * size, .yy = size};
    cairo_select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           font.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_matrix(cr, &narrow);
}

static double advance(cairo_t *cr, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance;
}

/* Shortens text, character by character, until it and an ellipsis fit. */
static double fit(cairo_t *cr, char *text, size_t room, double max_width)
{
    static const char ellipsis[] = "\u2026";
    double width = advance(cr, text);
    if (!(max_width > 0) || width <= max_width) return width;
    size_t length = strlen(text);
    if (length > room - sizeof ellipsis) length = room - sizeof ellipsis;
    do {
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) length--;
        memcpy(text + length, ellipsis, sizeof ellipsis);
        width = advance(cr, text);
    } while (width > max_width && length-- > 0);
    return width;
}

double om_text_width(cairo_t *cr, const char *text, om_font font)
{
    char clean[512];
    om_text_clean(clean, sizeof clean, text);
    select_font(cr, font);
    return fit(cr, clean, sizeof clean, font.max_width);
}

void om_text_draw(cairo_t *cr, double x, double y, const char *text, om_font font)
{
    char clean[512];
    om_text_clean(clean, sizeof clean, text);
    select_font(cr, font);
    double width = fit(cr, clean, sizeof clean, font.max_width);
    double shift = font.align == OM_LEFT ? 0 : font.align == OM_CENTRE ? -width / 2 : -width;
    cairo_save(cr);
    cairo_translate(cr, x, y);
    if (font.upward) cairo_rotate(cr, -M_PI / 2);
    cairo_move_to(cr, shift, 0);
    if (font.halo) {
        cairo_text_path(cr, clean);
        om_colour_set(cr, OM_WHITE, 0.85);
        cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
        cairo_set_line_width(cr, 2);
        cairo_stroke_preserve(cr);
        om_colour_set(cr, font.colour, 1);
        cairo_fill(cr);
    } else {
        om_colour_set(cr, font.colour, 1);
        cairo_show_text(cr, clean);
    }
    cairo_restore(cr);
    cairo_new_path(cr);
}
