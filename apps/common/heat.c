/* Images of values. */
#include "config.h"
#include "common/plot.h"

#include <math.h>

/* The mean of the finite ones among n values, NaN without any. */
static double mean(const float *values, size_t n, size_t stride)
{
    double sum = 0;
    size_t finite = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i * stride])) sum += values[i * stride], finite++;
    return finite ? sum / (double)finite : NAN;
}

void om_panel_heat(const om_panel *panel, size_t rows, size_t columns, const float *values, size_t row_stride,
                   size_t column_stride, om_limits limits)
{
    if (rows == 0 || columns == 0) return;
    size_t finest = (size_t)ceil(panel->width * OM_PIXELS), across = columns < finest ? columns : finest;
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)across, (int)rows);
    unsigned char *data = cairo_image_surface_get_data(image);
    double length = limits.high > limits.low ? limits.high - limits.low : 1;
    uint32_t table[OM_VIRIDIS_STEPS];
    om_colour_viridis_table(table);
    for (size_t row = 0; data && row < rows; row++) {
        uint32_t *pixel = (uint32_t *)(void *)(data + row * (size_t)cairo_image_surface_get_stride(image));
        for (size_t i = 0; i < across; i++) {
            size_t first = i * columns / across, end = (i + 1) * columns / across;
            double value = mean(values + row * row_stride + first * column_stride, end - first, column_stride);
            pixel[i] = om_colour_lookup(table, (value - limits.low) / length);
        }
    }
    cairo_surface_mark_dirty(image);
    cairo_save(panel->cr);
    cairo_translate(panel->cr, panel->x, panel->y);
    cairo_scale(panel->cr, panel->width / (double)across, panel->height / (double)rows);
    cairo_set_source_surface(panel->cr, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(panel->cr), CAIRO_FILTER_NEAREST);
    cairo_rectangle(panel->cr, 0, 0, (double)across, (double)rows);
    cairo_fill(panel->cr);
    cairo_restore(panel->cr);
    cairo_surface_destroy(image);
}
