/* Colours: a perceptually even map for values, well separated ones for categories. */
#ifndef OM_COLOUR_H
#define OM_COLOUR_H

#include <stdint.h>

/* sRGB, each from 0 to 1. */
typedef struct om_colour {
    double red, green, blue;
} om_colour;

#define OM_BLACK ((om_colour){0, 0, 0})
#define OM_WHITE ((om_colour){1, 1, 1})
#define OM_INK   ((om_colour){0.13, 0.14, 0.16}) /* text and axes */
#define OM_GREY  ((om_colour){0.55, 0.56, 0.58}) /* what stands behind the data */
#define OM_PALE  ((om_colour){0.85, 0.86, 0.87}) /* where there is no data */
#define OM_TRUTH ((om_colour){0.40, 0.80, 0.40}) /* the green of true traces */
#define OM_ALARM ((om_colour){0.80, 0.20, 0.16}) /* what deserves a look */

/* The colour of t in [0, 1] (clamped) on a map in the manner of viridis, from dark violet to light yellow; lightness
 * rises evenly, so it reads in grey too. NaN gives OM_PALE. */
om_colour om_colour_viridis(double t);

/* The colour of category i >= 0: hues a golden angle apart, dark enough for white paper. No end to them. */
om_colour om_colour_category(int i);

/* Perceived lightness, 0 black to 1 white: L of Oklab (Ottosson, A perceptual color space for image processing, 2020)
 */
double om_colour_lightness(om_colour colour);

/* A mixture in sRGB: share 0 gives a, 1 gives b. */
om_colour om_colour_mix(om_colour a, om_colour b, double share);

/* An opaque pixel, 0xffRRGGBB: CAIRO_FORMAT_ARGB32, or BGRA bytes on a little-endian machine. */
uint32_t om_colour_pixel(om_colour colour);

/* The map as a table of pixels, for images. */
enum { OM_VIRIDIS_STEPS = 256 };
void om_colour_viridis_table(uint32_t table[OM_VIRIDIS_STEPS]);
uint32_t om_colour_lookup(const uint32_t table[OM_VIRIDIS_STEPS], double t); /* as om_colour_viridis(t), quickly */

#endif
