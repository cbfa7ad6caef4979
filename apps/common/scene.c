/* Built-in scenes: the list, and what all have in common. */
#include "config.h"
#include "common/random_streams.h"
#include "common/scene_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const om_scene_kind kinds[] = {
    {"dead_leaves", om_draw_dead_leaves},   /* discs of all sizes and greys that cover each other, drift and turn */
    {"moving_edges", om_draw_moving_edges}, /* bright and dark edges and bars in all directions at all speeds */
    {"gratings", om_draw_gratings},         /* drifting sines of all directions, periods, speeds and contrasts */
    {"flicker", om_draw_flicker},           /* clouds of light, correlated in space and time, coarse and fine */
    {"white_noise", om_draw_white_noise},   /* squares of three sizes, by chance, all new fifty times a second */
};
enum { KINDS = sizeof kinds / sizeof *kinds, PROPERTIES = 16 };

const char *om_scene_name(int i)
{
    return i >= 0 && i < KINDS ? kinds[i].name : NULL;
}

static uint64_t number(uint64_t object, int property)
{
    return object * PROPERTIES + (uint64_t)property;
}

double om_scene_uniform(const om_scene *scene, uint64_t object, int property, double low, double high)
{
    return low + (high - low) * tn_random_uniform(scene->seed, OM_STREAM_DRAW, number(object, property));
}

double om_scene_log_uniform(const om_scene *scene, uint64_t object, int property, double low, double high)
{
    return exp(om_scene_uniform(scene, object, property, log(low), log(high)));
}

double om_scene_normal(const om_scene *scene, uint64_t object, int property)
{
    return tn_random_normal(scene->seed, OM_STREAM_DRAW, number(object, property));
}

static tn_status next_moment(om_movie *base, om_frame *frame, tn_error *error)
{
    om_scene *scene = (om_scene *)base;
    (void)error;
    if (scene->next == base->info.frames) return TN_OK;
    double time = (double)scene->next++ / base->info.rate;
    scene->kind->draw(scene, time);
    size_t size = (size_t)base->info.width * (size_t)base->info.height;
    for (size_t i = 0; i < size; i++) {
        double light = scene->light[i];
        scene->grey[i] = (uint8_t)(255 * (light < 0 ? 0 : light > 1 ? 1 : light) + 0.5);
    }
    *frame = (om_frame){base->info.width, base->info.height, OM_GREY8, scene->grey, time};
    return TN_OK;
}

static void close_scene(om_movie *base)
{
    om_scene *scene = (om_scene *)base;
    free(scene->light);
    free(scene->veil);
    free(scene->grey);
    free(scene);
}

static const om_scene_kind *find_kind(const char *name, tn_error *error)
{
    char known[256] = "";
    for (int i = 0; i < KINDS; i++) {
        if (!strcmp(name, kinds[i].name)) return &kinds[i];
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", kinds[i].name);
    }
    tn_fail(error, TN_EINVAL, "scene %s is unknown; there are %s", name, known);
    return NULL;
}

const char *om_scene_find(const char *name, tn_error *error)
{
    const om_scene_kind *kind = find_kind(name, error);
    return kind ? kind->name : NULL;
}

static tn_status check_options(const char *name, const om_scene_options *options, tn_error *error)
{
    if (options->width < 8 || options->height < 8 || options->width > 4096 || options->height > 4096)
        return tn_fail(error, TN_EINVAL, "scene %s: frames of %d x %d pixels; from 8 to 4096 each way are possible",
                       name, options->width, options->height);
    if (options->width > 8 * options->height || options->height > 8 * options->width)
        return tn_fail(error, TN_EINVAL, "scene %s: %d x %d pixels; one side may be 8 times the other at most", name,
                       options->width, options->height);
    if (options->frames < 1 || !(options->rate > 0) || !isfinite(options->rate))
        return tn_fail(error, TN_EINVAL, "scene %s: %lld frames at %g per second; positive numbers were expected", name,
                       (long long)options->frames, options->rate);
    return TN_OK;
}

om_movie *om_scene_open(const char *name, const om_scene_options *options, tn_error *error)
{
    static const om_movie_kind functions = {next_moment, close_scene};
    const om_scene_kind *kind = find_kind(name, error);
    if (!kind || check_options(name, options, error) != TN_OK) return NULL;
    size_t size = (size_t)options->width * (size_t)options->height;
    om_scene *scene = calloc(1, sizeof *scene);
    if (!scene || !(scene->light = calloc(size, sizeof(double))) || !(scene->veil = calloc(size, sizeof(double))) ||
        !(scene->grey = calloc(size, 1))) {
        if (scene) close_scene(&scene->base);
        tn_fail(error, TN_ENOMEM, "scene %s: no memory for frames of %d x %d pixels", name, options->width,
                options->height);
        return NULL;
    }
    uint32_t bits[4];
    tn_random_bits(options->seed, OM_STREAM_SCENE, options->sequence, bits);
    scene->seed = (uint64_t)bits[1] << 32 | bits[0];
    scene->kind = kind;
    scene->base.kind = &functions;
    scene->base.info = (om_movie_info){options->width, options->height, options->frames, options->rate};
    return &scene->base;
}
