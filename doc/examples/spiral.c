/* Arms of a spiral told apart by a network with two hidden layers, and a picture of what it thinks of every place.
 *
 *     spiral [STEPS [ARMS [SEED]]]
 *
 * trains for STEPS (1000) steps on 200 noisy points of each of ARMS (3) arms, prints the share of as many new points
 * that it puts into the right arm, and writes spiral.png: the colour of each place says which arm the network takes it
 * for, its strength how sure it is, and dots are the points it learned from. */
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <tensor.h>

enum { POINTS = 200, HIDDEN = 32, PIXELS = 400, MOST_ARMS = 6 };

static const struct {
    const char *weight, *bias;
} layers[] = {{"weight0", "bias0"}, {"weight1", "bias1"}, {"weight2", "bias2"}};
enum { LAYERS = sizeof layers / sizeof *layers };

static void stop(const char *message)
{
    fprintf(stderr, "spiral: %s\n", message);
    exit(1);
}

/* Points [arms * POINTS, 2] within the unit circle, one arm after the other. */
static float *draw(int arms, uint64_t seed, uint32_t stream)
{
    float *place = tn_alloc((size_t)(arms * POINTS * 2) * sizeof *place);
    for (int i = 0; i < arms * POINTS; i++) {
        double along = tn_random_uniform(seed, stream, 2 * (uint64_t)i),
               noise = tn_random_normal(seed, stream, 2 * (uint64_t)i + 1);
        double radius = 0.1 + 0.9 * along, angle = 2 * M_PI * (i / POINTS) / arms + 5 * along + 0.15 * noise;
        place[2 * i] = (float)(radius * cos(angle));
        place[2 * i + 1] = (float)(radius * sin(angle));
    }
    return place;
}

/* place [P, 2] -> logits [P, arms] */
static tn_node *network(tn_graph *g, tn_params *params, tn_node *place)
{
    tn_node *x = place;
    for (int i = 0; i < LAYERS; i++) {
        x = tn_linear(g, x, tn_param(g, params, layers[i].weight), tn_param(g, params, layers[i].bias));
        if (i < LAYERS - 1) x = tn_relu(g, x);
    }
    return x;
}

static void train(tn_params *params, const float *place, int arms, int steps)
{
    tn_error error = {0};
    int64_t n = arms * POINTS;
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *logits = network(g, params, tn_input(g, "place", TN_F32, TN_SHAPE(n, 2)));
    tn_node *loss = tn_cross_entropy(g, logits, tn_input(g, "arm", TN_I32, TN_SHAPE(n)));
    tn_params_grad(g, loss, params);
    tn_plan *plan = tn_plan_new(g, 0, &error);
    tn_optimizer *adam = plan ? tn_optimizer_new(params, TN_ADAM_DEFAULTS, &error) : NULL;
    if (!adam) stop(error.message);
    int32_t *arm = tn_alloc((size_t)n * sizeof *arm);
    for (int i = 0; i < n; i++) arm[i] = i / POINTS;
    tn_bind(plan, "place", place, &error);
    tn_bind(plan, "arm", arm, &error);
    for (int step = 0; step < steps; step++) {
        tn_run(plan, &error);
        tn_optimizer_step(adam, (double[]){0.01});
    }
    tn_free(arm);
    tn_optimizer_free(adam), tn_plan_free(plan), tn_graph_free(g);
}

/* Probabilities [n, arms] of each place; owned by the caller. */
static float *ask(tn_params *params, const float *place, int64_t n, int arms)
{
    tn_error error = {0};
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *logits = network(g, params, tn_input(g, "place", TN_F32, TN_SHAPE(n, 2)));
    tn_output(g, "probability", tn_softmax(g, logits, 1));
    tn_plan *plan = tn_plan_new(g, 0, &error);
    if (!plan) stop(error.message);
    tn_bind(plan, "place", place, &error);
    tn_run(plan, &error);
    const float *result = tn_result(plan, "probability");
    float *probability = tn_alloc((size_t)(n * arms) * sizeof *probability);
    for (int64_t i = 0; i < n * arms; i++) probability[i] = result[i];
    tn_plan_free(plan), tn_graph_free(g);
    return probability;
}

static int likeliest(const float *probability, int arms)
{
    int best = 0;
    for (int k = 1; k < arms; k++)
        if (probability[k] > probability[best]) best = k;
    return best;
}

/* ---- the picture: 1.1 units to each side of the middle, one place per pixel ---- */

static const unsigned char colour[MOST_ARMS][3] = {{214, 72, 60},  {58, 110, 190}, {84, 158, 84},
                                                   {222, 160, 50}, {140, 90, 170}, {90, 160, 170}};

static void paint(tn_params *params, const float *seen, int arms)
{
    float *place = tn_alloc(PIXELS * PIXELS * 2 * sizeof *place);
    for (int i = 0; i < PIXELS * PIXELS; i++) {
        place[2 * i] = 2.2f * (float)(i % PIXELS) / PIXELS - 1.1f;
        place[2 * i + 1] = 2.2f * (float)(i / PIXELS) / PIXELS - 1.1f;
    }
    float *probability = ask(params, place, PIXELS * PIXELS, arms);
    unsigned char(*pixel)[3] = malloc(PIXELS * PIXELS * sizeof *pixel);
    for (int i = 0; i < PIXELS * PIXELS; i++) {
        const float *p = probability + i * arms;
        int best = likeliest(p, arms);
        double sure = 0.6 * (p[best] * arms - 1) / (arms - 1); /* 0 where all are as likely */
        for (int k = 0; k < 3; k++) pixel[i][k] = (unsigned char)(255 - sure * (255 - colour[best][k]));
    }
    for (int i = 0; i < arms * POINTS; i++) {
        int x = (int)((seen[2 * i] + 1.1f) / 2.2f * PIXELS), y = (int)((seen[2 * i + 1] + 1.1f) / 2.2f * PIXELS);
        for (int d = 0; d < 9; d++)
            for (int k = 0; k < 3; k++)
                pixel[(y + d / 3 - 1) * PIXELS + x + d % 3 - 1][k] = (unsigned char)(0.8 * colour[i / POINTS][k]);
    }
    png_image png = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB, .width = PIXELS, .height = PIXELS};
    if (!png_image_write_to_file(&png, "spiral.png", 0, pixel, 0, NULL)) stop(png.message);
    free(pixel), tn_free(place), tn_free(probability);
}

int main(int argc, char **argv)
{
    int steps = argc > 1 ? atoi(argv[1]) : 1000, arms = argc > 2 ? atoi(argv[2]) : 3, right = 0;
    uint64_t seed = argc > 3 ? (uint64_t)atoi(argv[3]) : 1;
    if (arms < 2 || arms > MOST_ARMS) stop("two to six arms");
    tn_error error = {0};
    tn_params *params = tn_params_new(TN_F32, seed);
    for (int i = 0; i < LAYERS; i++) {
        int64_t in = i ? HIDDEN : 2, out = i < LAYERS - 1 ? HIDDEN : arms;
        tn_init init = {TN_INIT_NORMAL, 0, sqrt(2 / (double)in)}, zero = {TN_INIT_CONSTANT, 0, 0};
        tn_params_add(params, layers[i].weight, TN_SHAPE(out, in), init, 0);
        tn_params_add(params, layers[i].bias, TN_SHAPE(out), zero, 0);
    }
    if (tn_params_seal(params, &error)) stop(error.message);
    float *seen = draw(arms, seed, 0), *unseen = draw(arms, seed, 1);
    train(params, seen, arms, steps);
    float *probability = ask(params, unseen, arms * POINTS, arms);
    for (int i = 0; i < arms * POINTS; i++) right += likeliest(probability + i * arms, arms) == i / POINTS;
    printf("%.1f %% of new points in the right arm\n", 100.0 * right / (arms * POINTS));
    paint(params, seen, arms);
    tn_free(seen), tn_free(unseen), tn_free(probability), tn_params_free(params);
}
