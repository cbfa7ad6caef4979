/* Colours, computed in Oklab, where equal distances look equal. */
#include "config.h"
#include "common/colour.h"

#include <math.h>

typedef struct oklab {
    double lightness, a, b; /* a: green to red, b: blue to yellow */
} oklab;

static double clamp(double value)
{
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

static double to_linear(double c)
{
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double from_linear(double c)
{
    return c <= 0.0031308 ? 12.92 * c : 1.055 * pow(c, 1 / 2.4) - 0.055;
}

static oklab to_oklab(om_colour colour)
{
    double r = to_linear(colour.red), g = to_linear(colour.green), b = to_linear(colour.blue);
    double l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return (oklab){0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                   1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                   0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

static om_colour from_oklab(oklab c)
{
    double l = pow(c.lightness + 0.3963377774 * c.a + 0.2158037573 * c.b, 3);
    double m = pow(c.lightness - 0.1055613458 * c.a - 0.0638541728 * c.b, 3);
    double s = pow(c.lightness - 0.0894841775 * c.a - 1.2914855480 * c.b, 3);
    return (om_colour){clamp(from_linear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)),
                       clamp(from_linear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)),
                       clamp(from_linear(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s))};
}

double om_colour_lightness(om_colour colour)
{
    return to_oklab(colour).lightness;
}

/* The cubic through p1 (at 0) and p2 (at 1) whose slopes there are those of the neighbours' chords (Catmull-Rom). */
static double through(double p0, double p1, double p2, double p3, double t)
{
    double slope1 = (p2 - p0) / 2, slope2 = (p3 - p1) / 2, rise = p2 - p1;
    return p1 + t * (slope1 + t * (3 * rise - 2 * slope1 - slope2 + t * (slope1 + slope2 - 2 * rise)));
}

om_colour om_colour_viridis(double t)
{
    /* Hue and chroma run through five anchors; lightness is a straight line. */
    enum { ANCHORS = 5 };
    static const double a[ANCHORS] = {0.098, -0.012, -0.088, -0.148, -0.050};
    static const double b[ANCHORS] = {-0.098, -0.092, -0.012, 0.116, 0.178};
    const double darkest = 0.28, lightest = 0.915;
    if (isnan(t)) return OM_PALE;
    t = clamp(t);
    double place = t * (ANCHORS - 1);
    int i = place >= ANCHORS - 1 ? ANCHORS - 2 : (int)place;
    int before = i > 0 ? i - 1 : 0, after = i + 2 < ANCHORS ? i + 2 : ANCHORS - 1;
    return from_oklab((oklab){darkest + (lightest - darkest) * t,
                              through(a[before], a[i], a[i + 1], a[after], place - i),
                              through(b[before], b[i], b[i + 1], b[after], place - i)});
}

om_colour om_colour_category(int i)
{
    static const double lightness[] = {0.57, 0.68, 0.45}, chroma[] = {0.15, 0.14, 0.12};
    const double golden_angle = 2.399963229728653; /* pi (3 - sqrt 5) */
    double hue = 4.4 + golden_angle * i;
    int level = i % 3;
    return from_oklab((oklab){lightness[level], chroma[level] * cos(hue), chroma[level] * sin(hue)});
}

om_colour om_colour_mix(om_colour a, om_colour b, double share)
{
    return (om_colour){a.red + share * (b.red - a.red), a.green + share * (b.green - a.green),
                       a.blue + share * (b.blue - a.blue)};
}

uint32_t om_colour_pixel(om_colour colour)
{
    uint32_t red = (uint32_t)lrint(255 * clamp(colour.red)), green = (uint32_t)lrint(255 * clamp(colour.green)),
             blue = (uint32_t)lrint(255 * clamp(colour.blue));
    return 0xff000000u | red << 16 | green << 8 | blue;
}

void om_colour_viridis_table(uint32_t table[OM_VIRIDIS_STEPS])
{
    for (int i = 0; i < OM_VIRIDIS_STEPS; i++)
        table[i] = om_colour_pixel(om_colour_viridis(i / (OM_VIRIDIS_STEPS - 1.0)));
}

uint32_t om_colour_lookup(const uint32_t table[OM_VIRIDIS_STEPS], double t)
{
    return isnan(t) ? om_colour_pixel(OM_PALE) : table[(int)(clamp(t) * (OM_VIRIDIS_STEPS - 1) + 0.5)];
}
