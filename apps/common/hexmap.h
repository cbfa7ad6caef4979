/* The compound eye as a picture: one touching hexagon per lattice column, drawn fast because which pixel shows which
 * columns is worked out once. */
#ifndef OM_HEXMAP_H
#define OM_HEXMAP_H

#include "tensor.h"

typedef struct om_hexmap om_hexmap;

/* Fits the hexagons of n columns at lattice places (u, v) into width x height pixels, as large as they go, centred.
 * Column (u, v) lies at x = u + v/2, y = v sqrt(3)/2, y upwards, as in models.h.
 *   u, v   [n], copied; n > 0
 * Errors: TN_EINVAL no column, a place beyond +-10000, two columns at one place (the message names them), or a picture
 * so small that a hexagon is less than 2 pixels wide; TN_ENOMEM. Returns NULL on error. */
om_hexmap *om_hexmap_new(size_t n, const int32_t *u, const int32_t *v, int width, int height, tn_error *error);
void om_hexmap_free(om_hexmap *map);

/* Paints every hexagon.
 *   colour   [n] opaque pixels, 0xffRRGGBB
 *   pixels   [height, stride] of which the upper left width x height are written where hexagons lie; edges against what
 *            was there before, and between hexagons, are smooth */
void om_hexmap_draw(const om_hexmap *map, const uint32_t *colour, uint32_t *pixels, size_t stride);

/* ---- To look inside, for tests: no program calls these ---- */

/* The middle of a column's hexagon, in pixels from the upper left corner. */
void om_hexmap_centre(const om_hexmap *map, size_t column, double *x, double *y);

#endif
