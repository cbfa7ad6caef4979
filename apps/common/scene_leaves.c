/* Dead leaves: a model of natural images (Lee, Mumford and Huang, International Journal of Computer Vision 41 (2001)
 * 35). Discs lie on each other in the order in which they fell; with radii distributed as r^-3 the picture has edges,
 * occlusions and a spectrum of every scale alike. Here the discs drift, the eye moves and turns above them, and new
 * discs fall on top, growing in an instant. */
#include "config.h"
#include "common/scene_kind.h"

#include <math.h>

#define SMALLEST 0.03 /* radius; lengths are shares of the height of the frame */
#define LARGEST  0.5
#define DRIFT    0.06 /* a disc's own speed along each axis, standard deviation, per second */
#define RENEWAL  0.3  /* how often a point is covered anew, per second */
#define GROWTH   0.15 /* seconds until a new disc has its size */
#define HIDDEN   7    /* a disc is forgotten when a point is covered so often, on average, by later ones */

/* Properties of a disc, and of the path of the eye. */
enum { PLACE_X, PLACE_Y, DRIFT_X, DRIFT_Y, RADIUS, GREY };
enum {
    SPEED,
    DIRECTION,
    TURN,
    SWAY_X,
    PERIOD_X,
    PHASE_X,
    SWAY_Y,
    PERIOD_Y,
    PHASE_Y,
    SWAY_TURN,
    PERIOD_TURN,
    PHASE_TURN
};
#define PATH  0                  /* the object number of the path */
#define FIRST ((int64_t)1 << 40) /* that of the disc that falls when the scene begins; older ones stand below */

/* Where the eye is: its centre, in heights, and its angle. */
typedef struct pose {
    double x, y, cosine, sine;
} pose;

typedef struct disc {
    double x, y, radius, grey; /* in pixels of the frame */
} disc;

static double sway(const om_scene *scene, int amplitude, double largest, double time)
{
    double size = om_scene_uniform(scene, PATH, amplitude, 0.3 * largest, largest);
    double period = om_scene_uniform(scene, PATH, amplitude + 1, 1, 4);
    double phase = om_scene_uniform(scene, PATH, amplitude + 2, 0, 2 * OM_PI);
    return size * sin(2 * OM_PI * time / period + phase);
}

static pose eye_at(const om_scene *scene, double time)
{
    double speed = om_scene_uniform(scene, PATH, SPEED, 0, 0.3);
    double direction = om_scene_uniform(scene, PATH, DIRECTION, 0, 2 * OM_PI);
    double angle = om_scene_uniform(scene, PATH, TURN, -0.2, 0.2) * time + sway(scene, SWAY_TURN, 0.15, time);
    return (pose){.x = speed * cos(direction) * time + sway(scene, SWAY_X, 0.15, time),
                  .y = speed * sin(direction) * time + sway(scene, SWAY_Y, 0.15, time),
                  .cosine = cos(angle),
                  .sine = sin(angle)};
}

/* Disc number k at a time after its birth. The plane repeats itself with a period so long that the eye never sees a
 * disc twice. */
static disc disc_at(const om_scene *scene, int64_t k, double age, const pose *eye, double period)
{
    uint64_t object = (uint64_t)(FIRST + k);
    double x =
        om_scene_uniform(scene, object, PLACE_X, 0, period) + age * DRIFT * om_scene_normal(scene, object, DRIFT_X);
    double y =
        om_scene_uniform(scene, object, PLACE_Y, 0, period) + age * DRIFT * om_scene_normal(scene, object, DRIFT_Y);
    x = remainder(x - eye->x, period);
    y = remainder(y - eye->y, period);
    double share = om_scene_uniform(scene, object, RADIUS, 1 / (LARGEST * LARGEST), 1 / (SMALLEST * SMALLEST));
    double height = scene->base.info.height;
    return (disc){.x = (x * eye->cosine - y * eye->sine) * height + scene->base.info.width / 2.0,
                  .y = (x * eye->sine + y * eye->cosine) * height + height / 2,
                  .radius = fmin(1, age / GROWTH) * height / sqrt(share),
                  .grey = om_scene_uniform(scene, object, GREY, 0, 1)};
}

/* Adds a disc behind what is already there: veil is the share of each pixel that is still open. Returns how much of
 * it the disc closes. */
static double add_behind(om_scene *scene, const disc *d)
{
    int width = scene->base.info.width, height = scene->base.info.height;
    double reach = d->radius + 0.5, closed = 0;
    int top = (int)fmax(0, ceil(d->y - reach - 0.5)), bottom = (int)fmin(height, floor(d->y + reach + 0.5));
    for (int y = top; y < bottom; y++) {
        double dy = y + 0.5 - d->y, half = sqrt(fmax(0, reach * reach - dy * dy));
        int left = (int)fmax(0, ceil(d->x - half - 0.5)), right = (int)fmin(width, floor(d->x + half + 0.5));
        double *light = scene->light + (ptrdiff_t)y * width, *veil = scene->veil + (ptrdiff_t)y * width;
        for (int x = left; x < right; x++) {
            if (veil[x] == 0) continue;
            double dx = x + 0.5 - d->x;
            double covered = veil[x] * om_coverage(d->radius - sqrt(dx * dx + dy * dy));
            light[x] += covered * d->grey;
            veil[x] -= covered;
            closed += covered;
        }
    }
    return closed;
}

void om_draw_dead_leaves(om_scene *scene, double time)
{
    double width = (double)scene->base.info.width / scene->base.info.height;
    double period = hypot(width, 1) + 2.1 * LARGEST;
    double mean_area = 2 * OM_PI * log(LARGEST / SMALLEST) / (1 / (SMALLEST * SMALLEST) - 1 / (LARGEST * LARGEST));
    double births = RENEWAL * period * period / mean_area; /* per second */
    int64_t youngest = (int64_t)floor(time * births), oldest = youngest - (int64_t)(births * HIDDEN / RENEWAL);

    size_t size = (size_t)scene->base.info.width * (size_t)scene->base.info.height;
    double open = (double)size;
    for (size_t i = 0; i < size; i++) {
        scene->light[i] = 0;
        scene->veil[i] = 1;
    }
    pose eye = eye_at(scene, time);
    for (int64_t k = youngest; k >= oldest && open > 1e-3; k--) {
        disc d = disc_at(scene, k, time - (double)k / births, &eye, period);
        open -= add_behind(scene, &d);
    }
    for (size_t i = 0; i < size; i++) scene->light[i] += 0.5 * scene->veil[i];
}
