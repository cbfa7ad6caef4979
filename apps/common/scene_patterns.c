/* Scenes that ask for one thing at a time: edges and bars, gratings, flicker, noise. */
#include "config.h"
#include "common/scene_kind.h"

#include <math.h>

static void fill(om_scene *scene, double light)
{
    size_t size = (size_t)scene->base.info.width * (size_t)scene->base.info.height;
    for (size_t i = 0; i < size; i++) scene->light[i] = light;
}

/* ---- moving edges ---- */

/* Each layer shows one sweep after the other, each in a slot of equal length; later layers cover earlier ones. The
 * first sweeps edges between dark and bright, the others bars. The slower the layer, the farther away. */
static const struct layer {
    double slot; /* seconds */
    bool bars;
} layers[] = {{1.7, false}, {5.3, true}, {2.3, true}, {0.9, true}};
enum { LAYERS = sizeof layers / sizeof *layers };
enum { DIRECTION, WIDTH, LIGHT, DURATION, POLARITY };

/* Sweeps are numbered from 1; the light of number 0 is there before. */
static uint64_t sweep_object(int layer, int64_t sweep)
{
    return (uint64_t)sweep * LAYERS + (uint64_t)layer;
}

/* Dark and bright take turns, so that every edge of the first layer has contrast. */
static double sweep_light(const om_scene *scene, int layer, int64_t sweep)
{
    int64_t first = om_scene_uniform(scene, sweep_object(layer, 0), POLARITY, 0, 2) < 1;
    double low = (sweep + first) % 2 ? 0.6 : 0;
    return om_scene_uniform(scene, sweep_object(layer, sweep), LIGHT, low, low + 0.4);
}

static void draw_sweep(om_scene *scene, int layer, double time)
{
    int width = scene->base.info.width, height = scene->base.info.height;
    int64_t sweep = (int64_t)floor(time / layers[layer].slot) + 1;
    uint64_t object = sweep_object(layer, sweep);
    double direction = om_scene_uniform(scene, object, DIRECTION, 0, 2 * OM_PI);
    double x_share = cos(direction), y_share = sin(direction);
    double span = width * fabs(x_share) + height * fabs(y_share) + 1;
    double thick = layers[layer].bars ? height * om_scene_log_uniform(scene, object, WIDTH, 0.04, 0.5) : INFINITY;
    double light = sweep_light(scene, layer, sweep);
    double duration = layers[layer].slot * om_scene_uniform(scene, object, DURATION, 0.6, 1);
    double progress = fmin(1, (time - (double)(sweep - 1) * layers[layer].slot) / duration);
    double lead = -span / 2 + progress * (layers[layer].bars ? span + thick : span);

    for (int y = 0; y < height; y++) {
        double *row = scene->light + (ptrdiff_t)y * width, along = (y + 0.5 - height / 2.0) * y_share;
        for (int x = 0; x < width; x++) {
            double distance = lead - along - (x + 0.5 - width / 2.0) * x_share;
            double covered = om_coverage(distance) - om_coverage(distance - thick);
            row[x] += covered * (light - row[x]);
        }
    }
}

void om_draw_moving_edges(om_scene *scene, double time)
{
    int64_t sweep = (int64_t)floor(time / layers[0].slot);
    fill(scene, sweep_light(scene, 0, sweep));
    for (int layer = 0; layer < LAYERS; layer++) draw_sweep(scene, layer, time);
}

/* ---- gratings ---- */

/* A new grating every second. */
void om_draw_gratings(om_scene *scene, double time)
{
    enum { HEADING, PERIOD, FREQUENCY, CONTRAST, MEAN, PHASE };
    int width = scene->base.info.width, height = scene->base.info.height;
    uint64_t object = (uint64_t)time;
    double heading = om_scene_uniform(scene, object, HEADING, 0, 2 * OM_PI);
    double wave = 2 * OM_PI / (height * om_scene_log_uniform(scene, object, PERIOD, 0.15, 1));
    double frequency = om_scene_log_uniform(scene, object, FREQUENCY, 0.5, 12);
    double mean = om_scene_uniform(scene, object, MEAN, 0.3, 0.7);
    double swing = fmin(mean, 1 - mean) * om_scene_uniform(scene, object, CONTRAST, 0.2, 1);
    double phase = om_scene_uniform(scene, object, PHASE, 0, 2 * OM_PI) - 2 * OM_PI * frequency * time;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double along = (x + 0.5) * cos(heading) + (y + 0.5) * sin(heading);
            scene->light[(ptrdiff_t)y * width + x] = mean + swing * cos(wave * along + phase);
        }
}

/* ---- flicker ---- */

/* Normal random numbers at knots in space and time, joined by cubic B-splines; fine clouds change faster. */
static const struct octave {
    double knot;  /* distance of knots, shares of the height */
    double pause; /* distance of knots in time, seconds */
} octaves[] = {{1 / 3.0, 0.4}, {1 / 6.0, 0.2}, {1 / 12.0, 0.1}};
enum { OCTAVES = sizeof octaves / sizeof *octaves };
#define DEVIATION 0.22 /* of the light */

/* Weights of four neighbouring knots at a place 0 <= f < 1 between the middle two. */
static void spline(double f, double weight[4])
{
    double g = 1 - f;
    weight[0] = g * g * g / 6;
    weight[1] = (f * f * (3 * f - 6) + 4) / 6;
    weight[2] = (g * g * (3 * g - 6) + 4) / 6;
    weight[3] = f * f * f / 6;
}

/* The mean over f of the sum of squared weights: what one axis leaves of the variance of the knots. */
#define SPLINE_VARIANCE (151 / 315.0)

/* The value of knot (column, row) at a time. */
static double knot_at(const om_scene *scene, int octave, int64_t column, int64_t row, double time)
{
    double weight[4], sum = 0, when = time / octaves[octave].pause;
    int64_t first = (int64_t)floor(when);
    spline(when - (double)first, weight);
    uint64_t place = ((uint64_t)octave << 20 | (uint64_t)row << 10 | (uint64_t)column) << 32;
    for (int k = 0; k < 4; k++) sum += weight[k] * om_scene_normal(scene, place + (uint64_t)(first + k), 0);
    return sum;
}

enum { MAX_ROWS = 12 + 4, MAX_COLUMNS = 8 * 12 + 4 };

/* Adds the clouds of one octave. */
static void add_clouds(om_scene *scene, int octave, double strength, double time)
{
    int width = scene->base.info.width, height = scene->base.info.height;
    double spacing = octaves[octave].knot * height, knots[MAX_ROWS][MAX_COLUMNS], joined[MAX_COLUMNS], weight[4];
    int rows = (int)(height / spacing) + 4, columns = (int)(width / spacing) + 4;
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++) knots[row][column] = knot_at(scene, octave, column, row, time);
    for (int y = 0; y < height; y++) {
        int row = (int)((y + 0.5) / spacing);
        spline((y + 0.5) / spacing - row, weight);
        for (int column = 0; column < columns; column++) {
            joined[column] = 0;
            for (int k = 0; k < 4; k++) joined[column] += weight[k] * knots[row + k][column];
        }
        for (int x = 0; x < width; x++) {
            int column = (int)((x + 0.5) / spacing);
            spline((x + 0.5) / spacing - column, weight);
            for (int k = 0; k < 4; k++)
                scene->light[(ptrdiff_t)y * width + x] += strength * weight[k] * joined[column + k];
        }
    }
}

void om_draw_flicker(om_scene *scene, double time)
{
    fill(scene, 0.5);
    double left = SPLINE_VARIANCE * SPLINE_VARIANCE * SPLINE_VARIANCE; /* of a variance of 1, by three axes */
    for (int octave = 0; octave < OCTAVES; octave++) add_clouds(scene, octave, DEVIATION / sqrt(OCTAVES * left), time);
}

/* ---- white noise ---- */

/* Squares of each layer are light or dark by chance, and layers add up: large ones move what sums over much of the eye,
 * small ones tell its columns apart. */
static const int squares[] = {1, 3, 9}; /* in the height */
enum { LAYERS_OF_NOISE = sizeof squares / sizeof *squares };
#define NOISE_RATE 50 /* pictures per second */
#define NOISE_SWING 0.3

/* The share of a pixel that lies in a square, along one axis; from and to are the square's borders in pixels. */
static double overlap(int pixel, double from, double to)
{
    return om_coverage(pixel + 0.5 - from) - om_coverage(pixel + 0.5 - to);
}

static void add_square(om_scene *scene, double side, int row, int column, double light)
{
    int width = scene->base.info.width, height = scene->base.info.height;
    double left = column * side, top = row * side, right = left + side, bottom = top + side;
    for (int y = (int)top; y < bottom && y < height; y++) {
        double share = light * overlap(y, top, bottom);
        for (int x = (int)left; x < right && x < width; x++)
            scene->light[(ptrdiff_t)y * width + x] += share * overlap(x, left, right);
    }
}

void om_draw_white_noise(om_scene *scene, double time)
{
    uint64_t picture = (uint64_t)(time * NOISE_RATE + 1e-6); /* times of frames are rounded */
    fill(scene, 0.5);
    for (int layer = 0; layer < LAYERS_OF_NOISE; layer++) {
        double side = (double)scene->base.info.height / squares[layer];
        for (int row = 0; row < squares[layer]; row++)
            for (int column = 0; column * side < scene->base.info.width; column++) {
                uint64_t object = (picture * LAYERS_OF_NOISE + (uint64_t)layer) << 20 | (uint64_t)(row << 10 | column);
                double sign = om_scene_uniform(scene, object, 0, -1, 1);
                add_square(scene, side, row, column, copysign(NOISE_SWING, sign));
            }
    }
}
