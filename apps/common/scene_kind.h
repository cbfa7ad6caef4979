/* How the kinds of scenes are made: each is a function that draws the light of one moment. */
#ifndef OM_SCENE_KIND_H
#define OM_SCENE_KIND_H

#include "common/movie_kind.h"
#include "common/scene.h"

#define OM_PI 3.14159265358979323846

typedef struct om_scene om_scene;

typedef struct om_scene_kind {
    const char *name;
    void (*draw)(om_scene *scene, double time);
} om_scene_kind;

struct om_scene {
    om_movie base;
    const om_scene_kind *kind;
    int64_t next;
    uint64_t seed; /* of this sequence */
    double *light; /* [height, width] what draw makes: 0 black, 1 white; values outside are clipped */
    double *veil;  /* [height, width] for draw to use as it likes */
    uint8_t *grey; /* [height, width] */
};

/* The kinds, in their files. */
void om_draw_dead_leaves(om_scene *scene, double time);
void om_draw_moving_edges(om_scene *scene, double time);
void om_draw_gratings(om_scene *scene, double time);
void om_draw_flicker(om_scene *scene, double time);
void om_draw_white_noise(om_scene *scene, double time);

/* Random numbers of a sequence: object counts up, property tells apart the numbers of one object. */
double om_scene_uniform(const om_scene *scene, uint64_t object, int property, double low, double high);
double om_scene_log_uniform(const om_scene *scene, uint64_t object, int property, double low, double high);
double om_scene_normal(const om_scene *scene, uint64_t object, int property);

/* The share of a pixel that lies in a half-plane whose border passes it at a signed distance in pixels, positive
 * inside; exact for borders along an axis. */
static inline double om_coverage(double distance)
{
    double share = distance + 0.5;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

#endif
