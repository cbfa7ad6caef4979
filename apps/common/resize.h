/* resize.h - grey images to another size: by averaging areas when shrinking, by cubic interpolation when growing. */
#ifndef OM_RESIZE_H
#define OM_RESIZE_H

#include "tensor.h"

/* out [out_height, out_width] from in [height, width], both row-major, every size at least 1. Each axis by itself:
 * shrunk, a pixel is the mean of the area that it covers; grown, it is the cubic of Catmull and Rom (Keys, IEEE
 * Transactions on Acoustics, Speech, and Signal Processing 29 (1981) 1153, a = -1/2) with repeated edges, kept within
 * 0 to 1. The corners of the images coincide. An unchanged size is an exact copy. Errors: TN_ENOMEM. */
tn_status om_resize(const double *in, int width, int height, double *out, int out_width, int out_height,
                    tn_error *error);

#endif
