/* Clouds of very many points. */
#include "config.h"
#include "common/density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A dot is a disc of 1.6 points across: pixels inside count 1, those on the rim a part. */
enum { REACH = 3 };
static const double dot_radius = 0.8 * OM_PIXELS;

typedef struct dot {
    float cover[2 * REACH + 1][2 * REACH + 1];
} dot;

static dot make_dot(void)
{
    dot made;
    for (int i = -REACH; i <= REACH; i++)
        for (int j = -REACH; j <= REACH; j++) {
            double outside = hypot(i, j) - dot_radius;
            made.cover[i + REACH][j + REACH] = (float)fmin(1, fmax(0, 0.5 - outside));
        }
    return made;
}

tn_status om_density_open(om_density *density, const om_panel *panel, tn_error *error)
{
    *density = (om_density){
        .panel = panel, .width = (int)ceil(panel->width * OM_PIXELS), .height = (int)ceil(panel->height * OM_PIXELS)};
    density->count = calloc((size_t)density->width * (size_t)density->height, sizeof *density->count);
    return density->count ? TN_OK : tn_fail(error, TN_ENOMEM, "out of memory while drawing a cloud of points");
}

static void stamp(om_density *density, const dot *shape, int x, int y)
{
    for (int i = -REACH; i <= REACH; i++) {
        int row = y + i;
        if (row < 0 || row >= density->height) continue;
        for (int j = -REACH; j <= REACH; j++) {
            int column = x + j;
            if (column < 0 || column >= density->width) continue;
            density->count[(size_t)row * (size_t)density->width + (size_t)column] += shape->cover[i + REACH][j + REACH];
        }
    }
}

void om_density_add(om_density *density, size_t n, const double *x, const double *y)
{
    const om_panel *panel = density->panel;
    dot shape = make_dot();
    for (size_t i = 0; i < n; i++) {
        double right = om_axis_place(&panel->horizontal, x[i]), up = om_axis_place(&panel->vertical, y[i]);
        if (isnan(right) || isnan(up)) {
            density->tally.not_finite++;
        } else if (right < 0 || right > 1 || up < 0 || up > 1) {
            density->tally.outside++;
        } else {
            density->tally.drawn++;
            stamp(density, &shape, (int)(right * (density->width - 1) + 0.5),
                  (int)((1 - up) * (density->height - 1) + 0.5));
        }
    }
}

/* Premultiplied pixels: thin rims are transparent, full dots take the colour of their number. */
static void colour_rows(const om_density *density, double most, unsigned char *data, int stride)
{
    uint32_t table[OM_VIRIDIS_STEPS];
    om_colour_viridis_table(table);
    for (int row = 0; row < density->height; row++) {
        const float *count = density->count + (size_t)row * (size_t)density->width;
        uint32_t *pixel = (uint32_t *)(void *)(data + (size_t)row * (size_t)stride);
        for (int i = 0; i < density->width; i++) {
            double alpha = fmin(1, count[i]);
            uint32_t colour = om_colour_lookup(table, log(fmax(1, count[i])) / log(most)), mixed = 0;
            for (int shift = 0; shift < 32; shift += 8)
                mixed |= (uint32_t)lrint(alpha * (colour >> shift & 255)) << shift;
            pixel[i] = mixed;
        }
    }
}

static void paint(const om_density *density, double most)
{
    const om_panel *panel = density->panel;
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, density->width, density->height);
    unsigned char *data = cairo_image_surface_get_data(image);
    if (data) {
        cairo_surface_flush(image);
        colour_rows(density, most, data, cairo_image_surface_get_stride(image));
        cairo_surface_mark_dirty(image);
    }
    cairo_save(panel->cr);
    cairo_translate(panel->cr, panel->x, panel->y);
    cairo_scale(panel->cr, panel->width / density->width, panel->height / density->height);
    cairo_set_source_surface(panel->cr, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(panel->cr), CAIRO_FILTER_NEAREST);
    cairo_paint(panel->cr);
    cairo_restore(panel->cr);
    cairo_surface_destroy(image);
}

void om_density_close(om_density *density, const char *label)
{
    enum { BAR = 70 };
    double most = 10;
    const om_panel *panel = density->panel;
    size_t pixels = (size_t)density->width * (size_t)density->height;
    for (size_t i = 0; i < pixels; i++) most = fmax(most, density->count[i]);
    paint(density, most);
    om_panel bar = {.cr = panel->cr,
                    .x = panel->x + panel->width + 6,
                    .y = panel->y + panel->height - BAR,
                    .width = 5,
                    .height = BAR,
                    .vertical = {.label = label, .limits = {1, most}, .logarithmic = true, .wanted = 3}};
    om_panel_colour_bar(&bar);
    free(density->count);
    *density = (om_density){0};
}
