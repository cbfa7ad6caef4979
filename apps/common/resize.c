/* Resizing of grey images, one axis after the other. */
#include "config.h"
#include "common/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How one axis is resampled: output i is the sum over k < taps of weight[i, k] in[first[i] + k]. */
typedef struct axis {
    int in, out, taps;
    int *first;     /* [out] */
    double *weight; /* [out, taps] */
} axis;

static int within(int index, int size)
{
    return index < 0 ? 0 : index < size ? index : size - 1;
}

/* The cubic convolution kernel with a = -1/2. */
static double cubic(double t)
{
    t = fabs(t);
    if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
    if (t < 2) return ((-0.5 * t + 2.5) * t - 4) * t + 2;
    return 0;
}

static void set_areas(axis *a)
{
    double step = (double)a->in / a->out;
    for (int i = 0; i < a->out; i++) {
        double low = i * step, high = low + step;
        a->first[i] = within((int)low, a->in - a->taps + 1);
        for (int k = 0; k < a->taps; k++) {
            int j = a->first[i] + k;
            a->weight[i * a->taps + k] = fmax(0, fmin(high, j + 1) - fmax(low, j)) / step;
        }
    }
}

/* Weights of what lies outside go to the edge. */
static void set_cubics(axis *a)
{
    for (int i = 0; i < a->out; i++) {
        double centre = (i + 0.5) * a->in / a->out - 0.5;
        int start = (int)floor(centre) - 1;
        a->first[i] = within(start, a->in - a->taps + 1);
        for (int j = start; j < start + 4; j++)
            a->weight[i * a->taps + within(j, a->in) - a->first[i]] += cubic(j - centre);
    }
}

static bool make_axis(axis *a, int in, int out)
{
    int taps = in > out ? in / out + 2 : 4;
    *a = (axis){.in = in, .out = out, .taps = taps < in ? taps : in};
    a->first = calloc((size_t)out, sizeof *a->first);
    a->weight = calloc((size_t)out * (size_t)a->taps, sizeof *a->weight);
    if (!a->first || !a->weight) return false;
    if (in > out)
        set_areas(a);
    else
        set_cubics(a);
    return true;
}

static void free_axis(axis *a)
{
    free(a->first);
    free(a->weight);
}

/* out [rows, a->out] from in [rows, a->in] */
static void resize_rows(const axis *a, const double *in, double *out, int rows)
{
    for (int y = 0; y < rows; y++, in += a->in)
        for (int i = 0; i < a->out; i++) {
            const double *weight = a->weight + (size_t)i * (size_t)a->taps, *from = in + a->first[i];
            double sum = 0;
            for (int k = 0; k < a->taps; k++) sum += weight[k] * from[k];
            *out++ = sum;
        }
}

/* out [a->out, width] from in [a->in, width] */
static void resize_columns(const axis *a, const double *in, double *out, int width)
{
    memset(out, 0, sizeof *out * (size_t)a->out * (size_t)width);
    for (int i = 0; i < a->out; i++, out += width)
        for (int k = 0; k < a->taps; k++) {
            double weight = a->weight[(size_t)i * (size_t)a->taps + (size_t)k];
            const double *from = in + (size_t)(a->first[i] + k) * (size_t)width;
            for (int x = 0; x < width; x++) out[x] += weight * from[x];
        }
}

tn_status om_resize(const double *in, int width, int height, double *out, int out_width, int out_height,
                    tn_error *error)
{
    size_t size = (size_t)out_width * (size_t)out_height;
    if (width == out_width && height == out_height) {
        memcpy(out, in, size * sizeof *out);
        return TN_OK;
    }
    axis across, down;
    bool made = make_axis(&across, width, out_width);
    made = make_axis(&down, height, out_height) && made;
    double *narrow = made ? malloc((size_t)out_width * (size_t)height * sizeof *narrow) : NULL;
    if (narrow) {
        resize_rows(&across, in, narrow, height);
        resize_columns(&down, narrow, out, out_width);
        for (size_t i = 0; i < size; i++) out[i] = out[i] < 0 ? 0 : out[i] > 1 ? 1 : out[i];
    }
    free(narrow);
    free_axis(&across);
    free_axis(&down);
    return narrow ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory to scale a frame of %d x %d pixels", width, height);
}
