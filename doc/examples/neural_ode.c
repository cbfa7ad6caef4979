/* The law of a motion, learned from watching it: dz/dt = f(z) with a network for f, fitted so that its solution, by a
 * Runge-Kutta method whose steps are part of the graph, follows the observed one.
 *
 *     neural_ode [STEPS [SEED]]
 *
 * watches a damped pendulum swing from 32 initial states (angle, angular velocity), trains for STEPS (2000) steps, and
 * then predicts 10 seconds of swings from 32 states that it has not seen.
 * Source: Chen, Rubanova, Bettencourt and Duvenaud, Neural ordinary differential equations, NeurIPS 2018. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tensor.h>

enum { SWINGS = 32, FRAMES = 101, WINDOW = 10, BATCH = 64, HIDDEN = 32 };
static const double DT = 0.1, RATE = 0.01; /* seconds between frames; of learning */

static const struct {
    const char *weight, *bias;
    int64_t in, out;
} layers[] = {{"weight0", "bias0", 2, HIDDEN}, {"weight1", "bias1", HIDDEN, HIDDEN}, {"weight2", "bias2", HIDDEN, 2}};
enum { LAYERS = sizeof layers / sizeof *layers };

static void stop(const tn_error *error)
{
    fprintf(stderr, "neural_ode: %s\n", error->message);
    exit(1);
}

/* ---- the truth ---- */

/* Swings [FRAMES, SWINGS, 2] from random initial states, by midpoint steps much shorter than those of the network. */
static float *watch(uint64_t seed, uint32_t stream)
{
    enum { FINE = 100 };
    float *state = tn_alloc(FRAMES * SWINGS * 2 * sizeof *state);
    for (uint64_t s = 0; s < SWINGS; s++) {
        double angle = 4 * tn_random_uniform(seed, stream, 2 * s) - 2;
        double velocity = 2 * tn_random_uniform(seed, stream, 2 * s + 1) - 1;
        for (uint64_t t = 0; t < FRAMES * FINE; t++) {
            if (t % FINE == 0) {
                state[(t / FINE * SWINGS + s) * 2] = (float)angle;
                state[(t / FINE * SWINGS + s) * 2 + 1] = (float)velocity;
            }
            double dt = DT / FINE, half = velocity + dt / 2 * (-sin(angle) - 0.15 * velocity);
            velocity += dt * (-sin(angle + dt / 2 * velocity) - 0.15 * half);
            angle += dt * half;
        }
    }
    return state;
}

/* ---- the model ---- */

/* z [B, 2] -> dz/dt [B, 2] */
static tn_node *law(tn_graph *g, tn_params *params, tn_node *z)
{
    for (int i = 0; i < LAYERS; i++) {
        z = tn_linear(g, z, tn_param(g, params, layers[i].weight), tn_param(g, params, layers[i].bias));
        if (i < LAYERS - 1) z = tn_tanh(g, z);
    }
    return z;
}

/* A step of the classical Runge-Kutta method: four slopes, each taken a part of the step along the one before. */
static tn_node *step_of(tn_graph *g, tn_params *params, tn_node *z)
{
    static const double part[4] = {0, 0.5, 0.5, 1}, weight[4] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
    tn_node *slope = NULL, *next = z;
    for (int i = 0; i < 4; i++) {
        slope = law(g, params, i ? tn_add(g, z, tn_scale(g, slope, part[i] * DT)) : z);
        next = tn_add(g, next, tn_scale(g, slope, weight[i] * DT));
    }
    return next;
}

/* Fits short windows rather than whole swings: a small error at the start of a long swing changes all that follows. */
static void train(tn_params *params, const float *state, int steps, uint64_t seed)
{
    tn_error error = {0};
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *z = tn_input(g, "start", TN_F32, TN_SHAPE(BATCH, 2)), *frame[WINDOW];
    for (int t = 0; t < WINDOW; t++) frame[t] = z = step_of(g, params, z);
    tn_node *seen = tn_input(g, "seen", TN_F32, TN_SHAPE(WINDOW, BATCH, 2));
    tn_node *loss = tn_mse(g, tn_stack(g, WINDOW, frame, 0), seen);
    tn_params_grad(g, loss, params);
    tn_plan *plan = tn_plan_new(g, 0, &error);
    tn_optimizer *adam = plan ? tn_optimizer_new(params, TN_ADAM_DEFAULTS, &error) : NULL;
    if (!adam) stop(&error);
    float *window = tn_alloc((WINDOW + 1) * BATCH * 2 * sizeof *window), *start = tn_alloc(BATCH * 2 * sizeof *start);
    tn_bind(plan, "start", start, &error);
    tn_bind(plan, "seen", window, &error);
    tn_schedule schedule = {TN_SCHEDULE_COSINE, steps, 0, 0};
    for (int step = 0; step < steps; step++) {
        for (uint64_t b = 0; b < BATCH; b++) {
            uint32_t bits[4];
            tn_random_bits(seed, 2, (uint64_t)step * BATCH + b, bits);
            const float *from = state + (bits[0] % (FRAMES - WINDOW) * SWINGS + bits[1] % SWINGS) * 2;
            memcpy(start + 2 * b, from, 2 * sizeof *from);
            for (int t = 0; t < WINDOW; t++)
                memcpy(window + (t * BATCH + (int)b) * 2, from + (t + 1) * SWINGS * 2, 2 * sizeof *from);
        }
        tn_run(plan, &error);
        tn_optimizer_step(adam, (double[]){RATE * tn_schedule_at(&schedule, step)});
    }
    tn_free(start), tn_free(window);
    tn_optimizer_free(adam), tn_plan_free(plan), tn_graph_free(g);
}

/* How far predictions from the first frame are off, relative to the size of the swings: root mean square of all. */
static double error_of_prediction(tn_params *params, const float *state)
{
    tn_error error = {0};
    tn_graph *g = tn_graph_new(TN_F32);
    tn_output(g, "next", step_of(g, params, tn_input(g, "now", TN_F32, TN_SHAPE(SWINGS, 2))));
    tn_plan *plan = tn_plan_new(g, 0, &error);
    if (!plan) stop(&error);
    float *now = tn_alloc(SWINGS * 2 * sizeof *now);
    tn_bind(plan, "now", now, &error);
    double off = 0, size = 0;
    memcpy(now, state, SWINGS * 2 * sizeof *now);
    for (int t = 1; t < FRAMES; t++) {
        tn_run(plan, &error);
        memcpy(now, tn_result(plan, "next"), SWINGS * 2 * sizeof *now);
        for (int i = 0; i < SWINGS * 2; i++) {
            double truth = state[t * SWINGS * 2 + i];
            off += pow(now[i] - truth, 2);
            size += truth * truth;
        }
    }
    tn_free(now), tn_plan_free(plan), tn_graph_free(g);
    return sqrt(off / size);
}

int main(int argc, char **argv)
{
    int steps = argc > 1 ? atoi(argv[1]) : 2000;
    uint64_t seed = argc > 2 ? (uint64_t)atoi(argv[2]) : 1;
    tn_error error = {0};
    tn_params *params = tn_params_new(TN_F32, seed);
    for (int i = 0; i < LAYERS; i++) {
        double deviation = 1 / sqrt((double)layers[i].in);
        tn_params_add(params, layers[i].weight, TN_SHAPE(layers[i].out, layers[i].in),
                      (tn_init){TN_INIT_NORMAL, 0, deviation}, 0);
        tn_params_add(params, layers[i].bias, TN_SHAPE(layers[i].out), (tn_init){TN_INIT_CONSTANT, 0, 0}, 0);
    }
    if (tn_params_seal(params, &error)) stop(&error);
    float *seen = watch(seed, 0), *unseen = watch(seed, 1);
    double before = error_of_prediction(params, unseen);
    train(params, seen, steps, seed);
    printf("10 seconds from unseen states, relative error: %.4f before training, %.4f after\n", before,
           error_of_prediction(params, unseen));
    tn_free(seen), tn_free(unseen), tn_params_free(params);
}
