/* A page to draw on with cairo, written as PNG. */
#ifndef OM_CANVAS_H
#define OM_CANVAS_H

#include "common/colour.h"
#include "common/stream.h"
#include "tensor.h"

#include <cairo.h>

/* Lengths are points (1/72 inch), y downwards; there are OM_PIXELS pixels per point. */
enum { OM_PIXELS = 3 };

typedef struct om_canvas {
    cairo_t *cr; /* draw here; cairo keeps the first error, om_canvas_close reports it */
    double width, height;
    om_stream stream;
} om_canvas;

/* A white page; the file appears at path when the canvas is closed.
 * Errors: TN_EIO it cannot be written; TN_ENOMEM. After an error there is nothing to close. */
tn_status om_canvas_open(om_canvas *canvas, const char *path, double width, double height, tn_error *error);

/* Finishes the file, or removes it if status is not TN_OK. Returns status; TN_EIO or TN_ENOMEM if writing failed. */
tn_status om_canvas_close(om_canvas *canvas, tn_status status, tn_error *error);

typedef enum om_align { OM_LEFT, OM_CENTRE, OM_RIGHT } om_align;

typedef struct om_font {
    double size; /* points; 0 means 8 */
    om_colour colour;
    om_align align;
    bool bold, upward; /* upward: read from below, turned a quarter */
    bool halo;         /* a white rim, for words over data */
    double max_width;  /* longer text is cut and ends in an ellipsis; 0 = any */
} om_font;

/* Font options that do not depend on the machine's settings: grey antialiasing, no hinting. */
void om_text_setup(cairo_t *cr);

/* Writes text with its baseline at y, beginning, centred or ending at x. Any bytes are safe. */
void om_text_draw(cairo_t *cr, double x, double y, const char *text, om_font font);
double om_text_width(cairo_t *cr, const char *text, om_font font);

void om_colour_set(cairo_t *cr, om_colour colour, double alpha);

#endif
