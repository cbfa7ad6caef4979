/* The compound eye. */
#include "config.h"
#include "common/eye.h"
#include "common/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { K = OM_EYE_BOX, HALF = K / 2, MAX_DISTANCE = 10000 };

typedef struct plane {
    double *grey; /* [height, width] */
    size_t room;
} plane;

struct om_eye {
    int columns, extent;
    int *right, *up; /* [columns] pixels from the centre to the middle of each box */
    plane frame, scaled;
};

om_eye *om_eye_new(int columns, const int32_t *u, const int32_t *v, tn_error *error)
{
    if (columns < 1) {
        tn_fail(error, TN_EINVAL, "an eye of %d columns", columns);
        return NULL;
    }
    om_eye *eye = calloc(1, sizeof *eye);
    if (!eye || !(eye->right = calloc((size_t)columns, sizeof(int))) ||
        !(eye->up = calloc((size_t)columns, sizeof(int)))) {
        om_eye_free(eye);
        tn_fail(error, TN_ENOMEM, "no memory for an eye of %d columns", columns);
        return NULL;
    }
    eye->columns = columns;
    for (int i = 0; i < columns; i++) {
        int64_t distance = fmax(fmax(fabs((double)u[i]), fabs((double)v[i])), fabs((double)u[i] + v[i]));
        if (distance > MAX_DISTANCE) {
            tn_fail(error, TN_EINVAL, "column (%d, %d) of the eye is farther than %d from its centre", (int)u[i],
                    (int)v[i], MAX_DISTANCE);
            om_eye_free(eye);
            return NULL;
        }
        if (distance > eye->extent) eye->extent = (int)distance;
        eye->right[i] = K * (2 * u[i] + v[i]) / 2; /* integer division goes towards zero */
        eye->up[i] = K * v[i];
    }
    return eye;
}

void om_eye_free(om_eye *eye)
{
    if (!eye) return;
    free(eye->right);
    free(eye->up);
    free(eye->frame.grey);
    free(eye->scaled.grey);
    free(eye);
}

int om_eye_span(const om_eye *eye)
{
    return K * (2 * eye->extent + 1);
}

/* The pixel number place of those where a window of span pixels can be centred on an axis of size pixels. */
static int placed(double place, int size, int span)
{
    int choices = size - span + 1, chosen = (int)(place * choices);
    return span / 2 + (chosen < choices ? chosen : choices - 1);
}

tn_status om_eye_view(const om_eye *eye, int width, int height, double zoom, const double *place, om_view *view,
                      tn_error *error)
{
    int span = om_eye_span(eye);
    if (!(zoom > 0) || !isfinite(zoom)) return tn_fail(error, TN_EINVAL, "frames cannot be scaled by %g", zoom);
    zoom = fmax(zoom, fmax((double)span / width, (double)span / height));
    double across = fmax(span, round(zoom * width)), down = fmax(span, round(zoom * height));
    if (across * down > (double)OM_MAX_PIXELS)
        return tn_fail(error, TN_EINVAL, "frames of %d x %d pixels scaled by %g would have more than %lld", width,
                       height, zoom, (long long)OM_MAX_PIXELS);
    view->width = (int)across;
    view->height = (int)down;
    view->column = place ? placed(place[0], view->width, span) : view->width / 2;
    view->row = place ? placed(place[1], view->height, span) : view->height - 1 - view->height / 2;
    return TN_OK;
}

static tn_status make_room(plane *p, int width, int height, tn_error *error)
{
    size_t wanted = (size_t)width * (size_t)height;
    if (wanted <= p->room) return TN_OK;
    free(p->grey);
    p->grey = malloc(wanted * sizeof *p->grey);
    p->room = p->grey ? wanted : 0;
    return p->grey ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a frame of %d x %d pixels", width, height);
}

static void make_grey(const om_frame *frame, double *grey)
{
    size_t size = (size_t)frame->width * (size_t)frame->height;
    const uint8_t *from = frame->data;
    double red[256], green[256], blue[256]; /* the share of each value */
    for (int i = 0; i < 256; i++) {
        red[i] = 0.299 * i / 255;
        green[i] = 0.587 * i / 255;
        blue[i] = 0.114 * i / 255;
    }
    if (frame->pixels == OM_GREY8)
        for (size_t i = 0; i < size; i++) grey[i] = from[i] / 255.0;
    else
        for (size_t i = 0; i < size; i++, from += 3) grey[i] = red[from[0]] + green[from[1]] + blue[from[2]];
}

static int clip(int value, int size)
{
    return value < 0 ? 0 : value > size ? size : value;
}

static double box_mean(const double *grey, int width, int height, int column, int row)
{
    int left = clip(column - HALF, width), right = clip(column + HALF + 1, width);
    int top = clip(row - HALF, height), bottom = clip(row + HALF + 1, height);
    double sum = 0;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) sum += grey[(size_t)y * (size_t)width + (size_t)x];
    return sum / (K * K);
}

tn_status om_eye_look(om_eye *eye, const om_frame *frame, int n, const om_view *views, double *luminance,
                      tn_error *error)
{
    tn_status status = make_room(&eye->frame, frame->width, frame->height, error);
    if (status != TN_OK) return status;
    make_grey(frame, eye->frame.grey);
    for (int i = 0; i < n; i++) {
        const om_view *view = &views[i];
        if (i == 0 || view->width != view[-1].width || view->height != view[-1].height) {
            status = make_room(&eye->scaled, view->width, view->height, error);
            if (status == TN_OK)
                status = om_resize(eye->frame.grey, frame->width, frame->height, eye->scaled.grey, view->width,
                                   view->height, error);
            if (status != TN_OK) return status;
        }
        for (int c = 0; c < eye->columns; c++)
            *luminance++ = box_mean(eye->scaled.grey, view->width, view->height, view->column + eye->right[c],
                                    view->row - eye->up[c]);
    }
    return TN_OK;
}
