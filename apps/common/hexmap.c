/* The compound eye as a picture. */
#include "config.h"
#include "common/hexmap.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A pixel is looked at in FINE x FINE points; those that see one column only are painted, the others mixed. */
enum { FINE = 4, POINTS = FINE * FINE, NOTHING = -1 };

/* Pixels first ... first + length - 1 of a row, all inside one column. */
typedef struct span {
    int row, first, length;
    int32_t column;
} span;

/* A pixel on an edge: how many of its points see each of up to three columns; the rest see what was there before. */
typedef struct edge {
    int row, x;
    int32_t column[3];
    uint8_t points[3];
} edge;

struct om_hexmap {
    size_t n;
    double unit, left, top;   /* pixels per lattice distance; place of (x, y) = (0, 0) */
    double *centre;           /* [n, 2] lattice plane */
    int low_u, low_v, across; /* of the table of columns by place */
    int32_t *column_at;       /* [.., across] column at (u - low_u, v - low_v), or NOTHING */
    size_t places;
    span *spans;
    edge *edges;
    size_t n_spans, n_edges;
};

static const double half_width = 0.5, radius = 0.57735026918962576; /* of a hexagon whose neighbours are 1 apart */

void om_hexmap_free(om_hexmap *map)
{
    if (!map) return;
    free(map->centre);
    free(map->column_at);
    free(map->spans);
    free(map->edges);
    free(map);
}

void om_hexmap_centre(const om_hexmap *map, size_t column, double *x, double *y)
{
    *x = map->left + map->unit * map->centre[2 * column];
    *y = map->top - map->unit * map->centre[2 * column + 1];
}

static tn_status place_centres(om_hexmap *map, const int32_t *u, const int32_t *v, tn_error *error)
{
    const int far = 10000;
    map->centre = calloc(2 * map->n, sizeof *map->centre);
    if (!map->centre) return tn_fail(error, TN_ENOMEM, "out of memory for %zu columns", map->n);
    for (size_t i = 0; i < map->n; i++) {
        if (u[i] < -far || u[i] > far || v[i] < -far || v[i] > far)
            return tn_fail(error, TN_EINVAL, "column %zu lies at (%d, %d), too far out to be drawn", i, (int)u[i],
                           (int)v[i]);
        map->centre[2 * i] = u[i] + 0.5 * v[i];
        map->centre[2 * i + 1] = v[i] * 1.5 * radius;
    }
    return TN_OK;
}

/* The largest scale at which all hexagons fit. */
static tn_status fit_picture(om_hexmap *map, int width, int height, tn_error *error)
{
    double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
    for (size_t i = 0; i < map->n; i++) {
        low_x = fmin(low_x, map->centre[2 * i] - half_width);
        high_x = fmax(high_x, map->centre[2 * i] + half_width);
        low_y = fmin(low_y, map->centre[2 * i + 1] - radius);
        high_y = fmax(high_y, map->centre[2 * i + 1] + radius);
    }
    map->unit = fmin(width / (high_x - low_x), height / (high_y - low_y));
    if (!(map->unit >= 2))
        return tn_fail(error, TN_EINVAL, "%zu hexagons need more than %d x %d pixels", map->n, width, height);
    map->left = 0.5 * width - map->unit * 0.5 * (low_x + high_x);
    map->top = 0.5 * height + map->unit * 0.5 * (low_y + high_y);
    return TN_OK;
}

/* Enters every column in the table by place, which is small because the hexagons fit into the picture. */
static tn_status enter_columns(om_hexmap *map, const int32_t *u, const int32_t *v, tn_error *error)
{
    int high_u = u[0], high_v = v[0];
    map->low_u = u[0];
    map->low_v = v[0];
    for (size_t i = 0; i < map->n; i++) {
        if (u[i] < map->low_u) map->low_u = u[i];
        if (v[i] < map->low_v) map->low_v = v[i];
        if (u[i] > high_u) high_u = u[i];
        if (v[i] > high_v) high_v = v[i];
    }
    map->across = high_u - map->low_u + 1;
    map->places = (size_t)map->across * (size_t)(high_v - map->low_v + 1);
    map->column_at = malloc(map->places * sizeof *map->column_at);
    if (!map->column_at) return tn_fail(error, TN_ENOMEM, "out of memory for %zu columns", map->n);
    memset(map->column_at, 0xff, map->places * sizeof *map->column_at);
    for (size_t i = 0; i < map->n; i++) {
        int32_t *place = &map->column_at[(v[i] - map->low_v) * map->across + u[i] - map->low_u];
        if (*place != NOTHING)
            return tn_fail(error, TN_EINVAL, "columns %d and %zu both lie at (%d, %d)", (int)*place, i, (int)u[i],
                           (int)v[i]);
        *place = (int32_t)i;
    }
    return TN_OK;
}

/* The column whose hexagon holds a point of the picture: the nearest lattice place, by rounding its cube coordinates
 * (Red Blob Games, Hexagonal grids), if there is a column. */
static int32_t column_of(const om_hexmap *map, double x, double y, int rows)
{
    double plane_x = (x - map->left) / map->unit, plane_y = (map->top - y) / map->unit;
    double v = plane_y / (1.5 * radius), u = plane_x - 0.5 * v, w = -u - v;
    double round_u = floor(u + 0.5), round_v = floor(v + 0.5), round_w = floor(w + 0.5);
    double miss_u = fabs(round_u - u), miss_v = fabs(round_v - v), miss_w = fabs(round_w - w);
    if (miss_u > miss_v && miss_u > miss_w)
        round_u = -round_v - round_w;
    else if (miss_v > miss_w)
        round_v = -round_u - round_w;
    double place_u = round_u - map->low_u, place_v = round_v - map->low_v;
    if (!(place_u >= 0 && place_u < map->across && place_v >= 0 && place_v < rows)) return NOTHING;
    return map->column_at[(size_t)place_v * (size_t)map->across + (size_t)place_u];
}

/* Looks at one pixel; the edge it makes has no column at all if the pixel lies outside. */
static edge look(const om_hexmap *map, int row, int x)
{
    edge seen = {.row = row, .x = x, .column = {NOTHING, NOTHING, NOTHING}};
    int rows = (int)(map->places / (size_t)map->across);
    for (int i = 0; i < POINTS; i++) {
        double fine_x = x + (i % FINE + 0.5) / FINE, fine_y = row + (i / FINE + 0.5) / FINE;
        int32_t column = column_of(map, fine_x, fine_y, rows);
        for (int k = 0; column != NOTHING && k < 3; k++)
            if (seen.column[k] == column || seen.column[k] == NOTHING) {
                seen.column[k] = column;
                seen.points[k]++;
                break;
            }
    }
    return seen;
}

/* Makes room for one more element of size bytes; count doubles from 256. */
static bool reserve(void **array, size_t count, size_t size)
{
    bool full = count == 0 || (count >= 256 && (count & (count - 1)) == 0);
    if (!full) return true;
    void *grown = reallocarray(*array, count < 256 ? 256 : 2 * count, size);
    if (grown) *array = grown;
    return grown != NULL;
}

static bool survey_row(om_hexmap *map, int row, int width)
{
    for (int x = 0; x < width; x++) {
        edge seen = look(map, row, x);
        if (seen.column[0] == NOTHING) continue;
        if (seen.points[0] < POINTS) {
            if (!reserve((void **)&map->edges, map->n_edges, sizeof *map->edges)) return false;
            map->edges[map->n_edges++] = seen;
            continue;
        }
        span *last = map->n_spans ? &map->spans[map->n_spans - 1] : NULL;
        if (last && last->row == row && last->column == seen.column[0] && last->first + last->length == x) {
            last->length++;
            continue;
        }
        if (!reserve((void **)&map->spans, map->n_spans, sizeof *map->spans)) return false;
        map->spans[map->n_spans++] = (span){.row = row, .first = x, .length = 1, .column = seen.column[0]};
    }
    return true;
}

om_hexmap *om_hexmap_new(size_t n, const int32_t *u, const int32_t *v, int width, int height, tn_error *error)
{
    if (n == 0 || n > INT32_MAX || width <= 0 || height <= 0) {
        tn_fail(error, TN_EINVAL, "%zu columns cannot be drawn on %d x %d pixels", n, width, height);
        return NULL;
    }
    om_hexmap *map = calloc(1, sizeof *map);
    tn_status status = map ? TN_OK : tn_fail(error, TN_ENOMEM, "out of memory for %zu columns", n);
    if (map) map->n = n;
    if (status == TN_OK) status = place_centres(map, u, v, error);
    if (status == TN_OK) status = fit_picture(map, width, height, error);
    if (status == TN_OK) status = enter_columns(map, u, v, error);
    for (int row = 0; row < height && status == TN_OK; row++)
        if (!survey_row(map, row, width)) status = tn_fail(error, TN_ENOMEM, "out of memory for %zu columns", n);
    if (status == TN_OK) return map;
    om_hexmap_free(map);
    return NULL;
}

void om_hexmap_draw(const om_hexmap *map, const uint32_t *colour, uint32_t *pixels, size_t stride)
{
    for (size_t i = 0; i < map->n_spans; i++) {
        const span *each = &map->spans[i];
        uint32_t *row = pixels + (size_t)each->row * stride;
        for (int x = 0; x < each->length; x++) row[each->first + x] = colour[each->column];
    }
    for (size_t i = 0; i < map->n_edges; i++) {
        const edge *each = &map->edges[i];
        uint32_t *pixel = pixels + (size_t)each->row * stride + each->x, mixed = 0xff000000u;
        for (int shift = 0; shift < 24; shift += 8) {
            uint32_t sum = 0, left = POINTS;
            for (int k = 0; k < 3 && each->points[k]; k++) {
                sum += each->points[k] * (colour[each->column[k]] >> shift & 255);
                left -= each->points[k];
            }
            sum += left * (*pixel >> shift & 255);
            mixed |= (sum + POINTS / 2) / POINTS << shift;
        }
        *pixel = mixed;
    }
}
