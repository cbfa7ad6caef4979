/* Clouds of very many points: how many dots lie on each pixel, as a colour. */
#ifndef OM_DENSITY_H
#define OM_DENSITY_H

#include "common/plot.h"

typedef struct om_density {
    const om_panel *panel; /* borrowed */
    int width, height;     /* pixels */
    float *count;          /* [height, width] dots on each pixel */
    om_tally tally;
} om_density;

/* Begins a cloud on a panel. Errors: TN_ENOMEM. */
tn_status om_density_open(om_density *density, const om_panel *panel, tn_error *error);

/* Adds points. The picture does not depend on how they are divided over calls. */
void om_density_add(om_density *density, size_t n, const double *x, const double *y);

/* Paints the cloud, one dot dark and many light, on a logarithmic scale, and its colour bar at the right of the panel's
 * lower end, with a label; frees it. */
void om_density_close(om_density *density, const char *label);

#endif
