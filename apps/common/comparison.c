/* Frames of the comparison video. */
#include "config.h"
#include "common/comparison.h"
#include "common/hexmap.h"
#include "common/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Everything is laid out on a page of 800 x 300 points, which is scaled to the size asked for. */
enum { PAGE_WIDTH = 800, PAGE_HEIGHT = 300, EYE = 236, EYE_TOP = 32, STATUS = 291 };
static const double eye_left[2] = {10, 256};

struct om_comparison {
    om_comparison_spec spec;        /* its arrays are not kept */
    double scale, shift_x, shift_y; /* from page to pixels */
    om_hexmap *eye;
    size_t eye_corner[2]; /* pixels into the picture: the true eye and the recovered one */
    uint32_t table[OM_VIRIDIS_STEPS];
    uint32_t *colour;                 /* [n_columns] */
    cairo_surface_t *still, *picture; /* what never changes, and the frame */
    double middle[OM_COMPARISON_TRACES], height[OM_COMPARISON_TRACES];
    float *past[2]; /* [n_traces, window] voltages, true and predicted: rings */
    double *x, *y;  /* [window] the curve being drawn */
    int64_t drawn, rmse_count;
    double rmse, rmse_sum;
};

void om_comparison_free(om_comparison *c)
{
    if (!c) return;
    om_hexmap_free(c->eye);
    free(c->colour);
    free(c->past[0]);
    free(c->past[1]);
    free(c->x);
    free(c->y);
    if (c->still) cairo_surface_destroy(c->still);
    if (c->picture) cairo_surface_destroy(c->picture);
    free(c);
}

double om_comparison_rmse(const om_comparison *c)
{
    return c->rmse;
}

double om_comparison_running_rmse(const om_comparison *c)
{
    return c->rmse_count ? c->rmse_sum / (double)c->rmse_count : NAN;
}

/* ---- what never changes ---- */

/* A drawing context on a surface, in points of the page. */
static cairo_t *page_on(const om_comparison *c, cairo_surface_t *surface)
{
    cairo_t *cr = cairo_create(surface);
    cairo_translate(cr, c->shift_x, c->shift_y);
    cairo_scale(cr, c->scale, c->scale);
    om_text_setup(cr);
    return cr;
}

/* The panel of the traces; its vertical axis counts lanes from the bottom. */
static om_panel trace_panel(const om_comparison *c, cairo_t *cr)
{
    return (om_panel){.cr = cr,
                      .x = 596,
                      .y = EYE_TOP,
                      .width = 194,
                      .height = EYE - 18,
                      .horizontal = {.label = "time before now (s)",
                                     .limits = om_limits_pad((om_limits){-c->spec.dt * c->spec.window, 0}, 0)},
                      .vertical = {.bare = true, .limits = {-0.55, fmax(1, (double)c->spec.n_traces) - 0.45}}};
}

static double lane(const om_comparison *c, size_t trace)
{
    return (double)(c->spec.n_traces - 1 - trace);
}

static void draw_traces_still(const om_comparison *c, cairo_t *cr, const char *const *name)
{
    const om_line_key key[] = {{"true", OM_TRUE_TRACE}, {"predicted", OM_PREDICTED_TRACE}};
    om_panel panel = trace_panel(c, cr);
    if (c->spec.n_traces == 0) return;
    om_panel_axes(&panel, "voltage");
    om_key_lines(cr, panel.x + 102, panel.y - 8, 2, key);
    for (size_t k = 0; k < c->spec.n_traces; k++)
        om_text_draw(
            cr, panel.x - 5, om_panel_y(&panel, lane(c, k)) + 2.5, name[k],
            (om_font){.size = c->spec.n_traces > 24 ? 6.5 : 7.5, .colour = OM_INK, .align = OM_RIGHT, .max_width = 48});
}

/* The words of the status line, and where their values go. */
static const struct {
    const char *name;
    double x, value_x;
} status_line[] = {{"frame", 10, 37}, {"time", 100, 122}, {"RMSE", 190, 217}, {"mean RMSE", 270, 321}};

static void draw_status_still(const om_comparison *c, cairo_t *cr)
{
    om_font font = {.size = 8, .colour = OM_GREY};
    for (size_t i = 0; i < sizeof status_line / sizeof *status_line; i++)
        om_text_draw(cr, status_line[i].x, STATUS, status_line[i].name, font);
    char words[160];
    snprintf(words, sizeof words, "true \u2248 a \u00b7 recovered + b,   a = %.40s,   b = %.40s",
             om_text_decimal(c->spec.a, 3).text, om_text_decimal(c->spec.b, 3).text);
    font.align = OM_RIGHT;
    om_text_draw(cr, PAGE_WIDTH - 10, STATUS, words, font);
}

static tn_status draw_still(om_comparison *c, const char *const *name, tn_error *error)
{
    static const char *const titles[2] = {"true stimulus", "recovered stimulus"};
    cairo_t *cr = page_on(c, c->still);
    om_colour_set(cr, OM_WHITE, 1);
    cairo_paint(cr);
    for (int i = 0; i < 2; i++)
        om_text_draw(cr, eye_left[i] + EYE / 2.0, EYE_TOP - 8, titles[i],
                     (om_font){.size = 8, .colour = OM_INK, .bold = true, .align = OM_CENTRE});
    om_panel bar = {.cr = cr,
                    .x = 502,
                    .y = EYE_TOP + 40,
                    .width = 6,
                    .height = EYE - 80,
                    .vertical = {.label = "luminance", .limits = {c->spec.low, c->spec.high}}};
    om_panel_colour_bar(&bar);
    draw_traces_still(c, cr, name);
    draw_status_still(c, cr);
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    cairo_surface_flush(c->still);
    return status == CAIRO_STATUS_SUCCESS
               ? TN_OK
               : tn_fail(error, TN_ENOMEM, "the comparison cannot be drawn: %s", cairo_status_to_string(status));
}

/* ---- making one ---- */

static tn_status check(const om_comparison_spec *spec, tn_error *error)
{
    if (spec->width < 320 || spec->height < 120 || spec->width > 16384 || spec->height > 16384)
        return tn_fail(error, TN_EINVAL, "a comparison of %d x %d pixels: from 320 x 120 to 16384 x 16384 are possible",
                       spec->width, spec->height);
    if (spec->n_traces > OM_COMPARISON_TRACES)
        return tn_fail(error, TN_EINVAL, "a comparison shows up to %d traces, not %zu", OM_COMPARISON_TRACES,
                       spec->n_traces);
    if (!(spec->high > spec->low) || !isfinite(spec->high - spec->low))
        return tn_fail(error, TN_EINVAL, "a scale of colours from %g to %g has no length", spec->low, spec->high);
    if (!(spec->dt > 0) || spec->window < 2 || spec->window > 100000)
        return tn_fail(error, TN_EINVAL,
                       "traces of %d frames, %g s apart: 2 to 100000 frames and a positive time are possible",
                       spec->window, spec->dt);
    return TN_OK;
}

/* Page to pixels, and the eyes on whole pixels. */
static tn_status lay_out(om_comparison *c, const om_comparison_spec *spec, tn_error *error)
{
    c->scale = fmin((double)c->spec.width / PAGE_WIDTH, (double)c->spec.height / PAGE_HEIGHT);
    c->shift_x = 0.5 * (c->spec.width - c->scale * PAGE_WIDTH);
    c->shift_y = 0.5 * (c->spec.height - c->scale * PAGE_HEIGHT);
    int size = (int)(EYE * c->scale);
    c->eye = om_hexmap_new(spec->n_columns, spec->u, spec->v, size, size, error);
    if (!c->eye) return error ? error->status : TN_EINVAL;
    for (int i = 0; i < 2; i++)
        c->eye_corner[i] = (size_t)lround(c->shift_y + c->scale * EYE_TOP) * (size_t)c->spec.width +
                           (size_t)lround(c->shift_x + c->scale * eye_left[i]);
    return TN_OK;
}

/* The lanes of the traces. One without a range of its own gets one around its value. */
static void scale_traces(om_comparison *c, const om_comparison_spec *spec)
{
    for (size_t k = 0; k < spec->n_traces; k++) {
        om_limits range = om_limits_pad((om_limits){spec->trace_low[k], spec->trace_high[k]}, 0.05);
        c->middle[k] = 0.5 * (range.low + range.high);
        c->height[k] = range.high - range.low;
    }
}

static tn_status allocate(om_comparison *c, tn_error *error)
{
    size_t window = (size_t)c->spec.window, samples = (c->spec.n_traces + 1) * window;
    c->colour = calloc(c->spec.n_columns, sizeof *c->colour);
    c->past[0] = calloc(samples, sizeof *c->past[0]);
    c->past[1] = calloc(samples, sizeof *c->past[1]);
    c->x = calloc(window, sizeof *c->x);
    c->y = calloc(window, sizeof *c->y);
    c->still = cairo_image_surface_create(CAIRO_FORMAT_RGB24, c->spec.width, c->spec.height);
    c->picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, c->spec.width, c->spec.height);
    if (!c->colour || !c->past[0] || !c->past[1] || !c->x || !c->y || cairo_surface_status(c->still) ||
        cairo_surface_status(c->picture))
        return tn_fail(error, TN_ENOMEM, "out of memory for a comparison of %d x %d pixels", c->spec.width,
                       c->spec.height);
    for (size_t i = 0; i < window; i++) c->x[i] = c->spec.dt * ((double)i - (double)(window - 1));
    return TN_OK;
}

om_comparison *om_comparison_new(const om_comparison_spec *spec, tn_error *error)
{
    om_comparison *c = calloc(1, sizeof *c);
    if (!c) {
        tn_fail(error, TN_ENOMEM, "out of memory for a comparison");
        return NULL;
    }
    c->spec = *spec;
    c->rmse = NAN;
    if (!spec->width) c->spec.width = 1280;
    if (!spec->height) c->spec.height = 480;
    if (!spec->window) c->spec.window = 200;
    c->spec.width += c->spec.width & 1;
    c->spec.height += c->spec.height & 1;
    tn_status status = check(&c->spec, error);
    if (status == TN_OK) status = lay_out(c, spec, error);
    if (status == TN_OK) status = allocate(c, error);
    if (status == TN_OK) {
        om_colour_viridis_table(c->table);
        scale_traces(c, spec);
        status = draw_still(c, spec->name, error);
    }
    if (status == TN_OK) return c;
    om_comparison_free(c);
    return NULL;
}

/* ---- one frame ---- */

static void measure(om_comparison *c, const om_comparison_frame *frame)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; frame->truth && i < c->spec.n_columns; i++) {
        double miss = (double)frame->truth[i] - (c->spec.a * (double)frame->recovered[i] + c->spec.b);
        if (isfinite(miss)) sum += miss * miss, count++;
    }
    c->rmse = count ? sqrt(sum / (double)count) : NAN;
    if (count) c->rmse_sum += c->rmse, c->rmse_count++;
}

/* Paints one eye: a value + b in the colours of the scale. */
static void draw_eye(om_comparison *c, int which, const float *value, double a, double b)
{
    uint32_t *pixels = (uint32_t *)(void *)cairo_image_surface_get_data(c->picture);
    double length = c->spec.high - c->spec.low;
    for (size_t i = 0; i < c->spec.n_columns; i++)
        c->colour[i] = om_colour_lookup(c->table, (a * (double)value[i] + b - c->spec.low) / length);
    om_hexmap_draw(c->eye, c->colour, pixels + c->eye_corner[which], (size_t)c->spec.width);
}

static void remember(om_comparison *c, const om_comparison_frame *frame)
{
    size_t window = (size_t)c->spec.window, slot = (size_t)(c->drawn % c->spec.window);
    for (size_t k = 0; k < c->spec.n_traces; k++) {
        c->past[0][k * window + slot] = frame->voltage[k];
        c->past[1][k * window + slot] = frame->predicted[k];
    }
    c->drawn++;
}

static void draw_traces(om_comparison *c, cairo_t *cr)
{
    om_panel panel = trace_panel(c, cr);
    size_t window = (size_t)c->spec.window, known = c->drawn < c->spec.window ? (size_t)c->drawn : window;
    for (int which = 0; which < 2; which++)
        for (size_t k = 0; k < c->spec.n_traces; k++) {
            const float *ring = c->past[which] + k * window;
            for (size_t i = window - known; i < window; i++) {
                double value = (double)ring[((size_t)(c->drawn % c->spec.window) + i) % window];
                c->y[i] = lane(c, k) + (value - c->middle[k]) / c->height[k];
            }
            om_panel_line(&panel, known, c->x + window - known, c->y + window - known,
                          which ? OM_PREDICTED_TRACE : OM_TRUE_TRACE);
        }
}

static void draw_status(const om_comparison *c, cairo_t *cr, const om_comparison_frame *frame)
{
    om_phrase seconds, values[] = {om_text_count((double)frame->index), om_text_decimal(frame->time, 2),
                                   om_text_decimal(c->rmse, 3), om_text_decimal(om_comparison_running_rmse(c), 3)};
    snprintf(seconds.text, sizeof seconds.text, "%.40s s", values[1].text);
    values[1] = seconds;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        bool unknown = i >= 2 && c->rmse_count == 0;
        om_text_draw(cr, status_line[i].value_x, STATUS, unknown ? "\u2013" : values[i].text,
                     (om_font){.size = 8, .colour = OM_INK});
    }
}

tn_status om_comparison_draw(om_comparison *c, const om_comparison_frame *frame, om_comparison_picture *picture,
                             tn_error *error)
{
    cairo_surface_flush(c->picture);
    size_t stride = (size_t)cairo_image_surface_get_stride(c->picture);
    unsigned char *data = cairo_image_surface_get_data(c->picture);
    memcpy(data, cairo_image_surface_get_data(c->still), stride * (size_t)c->spec.height);
    measure(c, frame);
    if (frame->truth) draw_eye(c, 0, frame->truth, 1, 0);
    draw_eye(c, 1, frame->recovered, c->spec.a, c->spec.b);
    cairo_surface_mark_dirty(c->picture);

    cairo_t *cr = page_on(c, c->picture);
    remember(c, frame);
    draw_traces(c, cr);
    draw_status(c, cr, frame);
    if (!frame->truth)
        om_text_draw(cr, eye_left[0] + EYE / 2.0, EYE_TOP + EYE / 2.0, "not known",
                     (om_font){.size = 8, .colour = OM_GREY, .align = OM_CENTRE});
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    cairo_surface_flush(c->picture);
    *picture =
        (om_comparison_picture){.data = data, .stride = stride, .width = c->spec.width, .height = c->spec.height};
    return status == CAIRO_STATUS_SUCCESS ? TN_OK
                                          : tn_fail(error, TN_ENOMEM, "frame %lld cannot be drawn: %s",
                                                    (long long)frame->index, cairo_status_to_string(status));
}
