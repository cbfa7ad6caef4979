/* What the SIREN learns from a solved stimulus. */
#include "config.h"
#include "training/solution.h"
#include "common/evaluation.h"
#include "common/random_streams.h"
#include "common/signals.h"
#include "training/course.h"
#include "training/order.h"

#include <math.h>
#include <stdlib.h>

/* The first step of the second part, if there is one. Of 0.07 * 100 it is step 7, although this is a little more. */
static int64_t first_step(const om_config *c)
{
    return (int64_t)ceil(c->training.solve_from * (double)om_course_length(c) - 1e-6);
}

bool om_solution_covers(const om_config *c, int64_t step)
{
    return c->model.mode == OM_MODE_JOINT && c->training.solve_from < 1 && step >= first_step(c);
}

int64_t om_solution_steps(const om_config *c)
{
    int64_t steps = c->training.steps;
    return om_solution_covers(c, steps - 1) ? steps - first_step(c) : 0;
}

bool om_solution_due(const om_config *c, int64_t step)
{
    return om_solution_covers(c, step) && (step - first_step(c)) % c->training.solve_every == 0;
}

tn_status om_solution_make(om_solution *s, const om_experiment *e, tn_error *error)
{
    int64_t windows = om_joint_specification(e->joint)->siren.windows, points = e->config->training.solve_points;
    int64_t columns = om_recording_circuit_of(e->recording)->columns, n = e->config->training.solve_frames;
    if (n > e->frames) n = e->frames;
    *s = (om_solution){.experiment = e, .points = (points + windows - 1) / windows, .given = {n, columns, NULL, NULL}};
    s->given.frame = tn_alloc((size_t)n * sizeof *s->given.frame);
    s->given.stimulus = tn_alloc((size_t)(n * columns) * sizeof *s->given.stimulus);
    s->at = tn_alloc((size_t)(windows * s->points * 3) * sizeof *s->at);
    s->target = tn_alloc((size_t)(windows * s->points) * sizeof *s->target);
    return s->given.frame && s->given.stimulus && s->at && s->target
               ? TN_OK
               : tn_fail(error, TN_ENOMEM, "no memory for the stimulus of %lld frames", (long long)n);
}

void om_solution_clear(om_solution *s)
{
    tn_free(s->given.frame);
    tn_free(s->given.stimulus);
    tn_free(s->at);
    tn_free(s->target);
    *s = (om_solution){0};
}

const om_solved *om_solution_given(const om_solution *s)
{
    return s->given.frame ? &s->given : NULL;
}

/* ---- solving ---- */

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The frames of the step's turn: each turn takes others until all were there. */
static void choose(const om_solution *s, int64_t step, int64_t *frame)
{
    const om_experiment *e = s->experiment;
    int64_t turn = (step - first_step(e->config)) / e->config->training.solve_every, n = s->given.n;
    for (int64_t k = 0; k < n; k++)
        frame[k] = om_order_at((uint64_t)e->config->seed, OM_STREAM_SOLVED_FRAMES, e->frames, turn * n + k);
    qsort(frame, (size_t)n, sizeof *frame, ascending);
}

tn_status om_solution_solve(om_solution *s, int64_t step, tn_error *error)
{
    const om_experiment *e = s->experiment;
    const om_watch watch = {om_signals_ask, (void *)"the stimulus is not solved for"};
    om_data data = om_experiment_data(e);
    data.watch = &watch;
    int64_t *frame = tn_alloc((size_t)s->given.n * sizeof *frame);
    if (!frame) return tn_fail(error, TN_ENOMEM, "no memory for %lld frames", (long long)s->given.n);
    choose(s, step, frame);
    for (int64_t k = 0; k < s->given.n; k++) s->given.frame[k] = (int32_t)frame[k];
    tn_status status = om_solve_stimulus(e->joint, e->params, &data, s->given.n, frame, s->given.stimulus, error);
    tn_free(frame);
    return status;
}

/* ---- steps ---- */

void om_solution_describe(const om_solution *s, const om_experiment *e, tn_graph *g)
{
    int64_t batch = e->config->training.batch;
    if (s->given.frame) om_joint_solved_step(e->joint, g, e->params, batch, s->points);
    else om_joint_step(e->joint, g, e->params, batch, e->config->training.input_frames, false);
}

void om_solution_bind(const om_solution *s, tn_plan *plan)
{
    if (!s->given.frame) return;
    tn_bind(plan, "points", s->at, NULL);
    tn_bind(plan, "target", s->target, NULL);
}

/* The place in the list of the first frame that is not below a given one. */
static int64_t place_of(const om_solution *s, int64_t frame)
{
    int64_t low = 0, high = s->given.n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (s->given.frame[middle] < frame) low = middle + 1;
        else high = middle;
    }
    return low;
}

void om_solution_draw(om_solution *s, int64_t step)
{
    const om_experiment *e = s->experiment;
    if (!s->given.frame) return;
    int64_t columns = om_recording_circuit_of(e->recording)->columns;
    int windows = om_joint_specification(e->joint)->siren.windows;
    for (int window = 0; window < windows; window++) {
        /* The frames of the window are neighbours in the list. Should it have none, it learns from any. */
        int64_t first, length = om_joint_window(e->joint, window, e->frames, &first);
        int64_t begin = place_of(s, first), known = place_of(s, first + length) - begin;
        for (int64_t k = 0; k < s->points; k++) {
            int64_t i = window * s->points + k, among = (known ? known : s->given.n) * columns;
            int64_t place = om_order_at((uint64_t)e->config->seed, OM_STREAM_POINTS + (uint32_t)window, among,
                                        step * s->points + k);
            int64_t row = (known ? begin : 0) + place / columns, column = place % columns;
            double point[3];
            om_joint_point(e->joint, window, s->given.frame[row], column, point);
            for (int axis = 0; axis < 3; axis++) s->at[3 * i + axis] = (float)point[axis];
            s->target[i] = s->given.stimulus[row * columns + column];
        }
    }
}
