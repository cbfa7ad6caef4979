/* eye.h - what the columns of a compound eye see of a frame: the mean luminance of a box of pixels each.
 *
 * The grey value of a pixel is (0.299 R + 0.587 G + 0.114 B) / 255 in double. Column (u, v) sees the mean over 13 x 13
 * pixels around column X + trunc(13 (u + v/2)) and row Y - 13 v of the frame (row 0 at the top), where (X, Y) is the
 * pixel under the centre of the lattice, in the middle of a frame of W x H pixels (W/2, H - 1 - H/2), rounded down.
 * Pixels outside the frame count 0. A hexagon of extent n fits a frame of 13 (2n + 1) pixels each way. */
#ifndef OM_EYE_H
#define OM_EYE_H

#include "common/movie.h"

#define OM_EYE_BOX 13

typedef struct om_eye om_eye;

/* An eye with columns (u[i], v[i]); the lists [columns] are copied. It owns working memory, so a thread needs its own.
 * Errors: TN_EINVAL no column, or one farther than 10000 from the centre; TN_ENOMEM. Returns NULL on error. */
om_eye *om_eye_new(int columns, const int32_t *u, const int32_t *v, tn_error *error);
void om_eye_free(om_eye *eye);

/* Pixels that all columns together span each way: 13 (2n + 1). */
int om_eye_span(const om_eye *eye);

/* How the eye looks at frames of one size: they are scaled to width x height, and (column, row) of the scaled frame is
 * under the centre of the lattice. */
typedef struct om_view {
    int width, height, column, row;
} om_view;

/* The view of frames of width x height pixels, scaled by zoom: 1 keeps the pixels, 1/2 shows twice as much. A frame
 * that would be smaller than the span is scaled up to it (to the smallest such size, aspect kept).
 *   place  [2]  numbers from 0 to below 1: where the lattice lies between left and right, top and bottom of what is
 *               possible without leaving the frame; NULL: centred as above
 * Errors: TN_EINVAL the zoom is not positive, or the scaled frame has more than OM_MAX_PIXELS. */
tn_status om_eye_view(const om_eye *eye, int width, int height, double zoom, const double *place, om_view *view,
                      tn_error *error);

/* What the columns see of one frame through n views: luminance [n, columns], from 0 to 1. Views of one size next to
 * each other share the scaling (resize.h says how). Errors: TN_ENOMEM. */
tn_status om_eye_look(om_eye *eye, const om_frame *frame, int n, const om_view *views, double *luminance,
                      tn_error *error);

#endif
