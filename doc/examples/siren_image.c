/* An image as a network of sines, f(x, y) = brightness. The network can be differentiated at any place, and its
 * derivative again, so the gradient and the Laplacian of the image come with it.
 *
 *     siren_image [IMAGE.png [STEPS [WIDTH [SEED]]]]
 *
 * fits a network with WIDTH (256) sines in each of its layers to an image in STEPS (1000) steps of training, and writes
 * siren_fit.png, siren_gradient.png and siren_laplacian.png. A number in place of the image draws one of that size.
 * Source: Sitzmann et al., Implicit neural representations with periodic activation functions, NeurIPS 2020. */
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <tensor.h>

enum { BATCH = 4096 };
static const double RATE = 1e-3; /* of learning */

static const struct {
    const char *weight, *bias;
} layers[] = {
    {"weight0", "bias0"}, {"weight1", "bias1"}, {"weight2", "bias2"}, {"weight3", "bias3"}, {"weight4", "bias4"}};
enum { LAYERS = sizeof layers / sizeof *layers };

static void stop(const char *message)
{
    fprintf(stderr, "siren_image: %s\n", message);
    exit(1);
}

/* ---- images: brightness from -1 to 1, row by row ---- */

typedef struct image {
    int rows, cols;
    float *value;
} image;

static image image_new(int rows, int cols)
{
    return (image){rows, cols, tn_alloc((size_t)rows * (size_t)cols * sizeof(float))};
}

static image image_read(const char *path)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&png, path)) stop(png.message);
    png.format = PNG_FORMAT_GRAY;
    unsigned char *bytes = malloc(PNG_IMAGE_SIZE(png));
    if (!bytes || !png_image_finish_read(&png, NULL, bytes, 0, NULL))
        stop(bytes ? png.message : "the image is too large");
    image im = image_new((int)png.height, (int)png.width);
    for (int i = 0; i < im.rows * im.cols; i++) im.value[i] = (float)bytes[i] / 127.5f - 1;
    free(bytes);
    return im;
}

/* Waves, a hill and an edge. */
static image image_draw(int n)
{
    image im = image_new(n, n);
    for (int i = 0; i < n * n; i++) {
        double x = 2.0 * (i % n) / n - 1, y = 2.0 * (i / n) / n - 1, r = hypot(x - 0.3, y + 0.2);
        im.value[i] = (float)(0.5 * sin(9 * x + 4 * y * y) * exp(-r * r) + 0.4 * tanh(10 * (0.4 - r)));
    }
    return im;
}

/* Values from low, black, to high, white. */
static void image_write(image im, const char *path, double low, double high)
{
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .format = PNG_FORMAT_GRAY,
                     .width = (unsigned)im.cols,
                     .height = (unsigned)im.rows};
    unsigned char *bytes = malloc(PNG_IMAGE_SIZE(png));
    for (int i = 0; i < im.rows * im.cols; i++)
        bytes[i] = (unsigned char)fmin(fmax(255 * (im.value[i] - low) / (high - low) + 0.5, 0), 255);
    if (!png_image_write_to_file(&png, path, 0, bytes, 0, NULL)) stop(png.message);
    free(bytes);
}

/* Places go from -1 to 1 on both axes. */
static void place_of(image im, int pixel, float place[2])
{
    place[0] = 2 * ((float)(pixel % im.cols) + 0.5f) / (float)im.cols - 1;
    place[1] = 2 * ((float)(pixel / im.cols) + 0.5f) / (float)im.rows - 1;
}

/* ---- the network ---- */

/* The sines of the first layer: as many pixels to a wave in all images, 256 pixels as in the paper. More, and the fit
 * would waver between the pixels. */
static double frequency(image im)
{
    return 30.0 / 256 * (im.cols > im.rows ? im.cols : im.rows);
}

/* These initial values give the arguments of all layers' sines the same spread, however many layers there are. */
static void declare(tn_params *params, double omega, int width)
{
    for (int i = 0; i < LAYERS; i++) {
        int64_t in = i ? width : 2, out = i < LAYERS - 1 ? width : 1;
        double bound = i ? sqrt(6.0 / width) / omega : 0.5, offset = 1 / sqrt((double)in);
        tn_params_add(params, layers[i].weight, TN_SHAPE(out, in), (tn_init){TN_INIT_UNIFORM, -bound, bound}, 0);
        tn_params_add(params, layers[i].bias, TN_SHAPE(out), (tn_init){TN_INIT_UNIFORM, -offset, offset}, 0);
    }
}

/* place [P, 2] -> brightness [P, 1] */
static tn_node *siren(tn_graph *g, tn_params *params, double omega, tn_node *place)
{
    tn_node *x = place;
    for (int i = 0; i < LAYERS; i++) {
        x = tn_linear(g, x, tn_param(g, params, layers[i].weight), tn_param(g, params, layers[i].bias));
        if (i < LAYERS - 1) x = tn_sin(g, tn_scale(g, x, omega));
    }
    return x;
}

/* Each step learns from pixels drawn anew: as good a direction as that of all pixels, for a fraction of the work. */
static void train(image im, tn_params *params, int steps, uint64_t seed)
{
    tn_error error = {0};
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *place = tn_input(g, "place", TN_F32, TN_SHAPE(BATCH, 2));
    tn_node *loss =
        tn_mse(g, siren(g, params, frequency(im), place), tn_input(g, "brightness", TN_F32, TN_SHAPE(BATCH, 1)));
    tn_params_grad(g, loss, params);
    tn_plan *plan = tn_plan_new(g, 0, &error);
    tn_optimizer *adam = plan ? tn_optimizer_new(params, TN_ADAM_DEFAULTS, &error) : NULL;
    if (!adam) stop(error.message);
    float *places = tn_alloc(BATCH * 2 * sizeof *places), *brightness = tn_alloc(BATCH * sizeof *brightness);
    tn_bind(plan, "place", places, &error);
    tn_bind(plan, "brightness", brightness, &error);
    tn_schedule schedule = {TN_SCHEDULE_COSINE, steps, 0, 0};
    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < BATCH; i++) {
            double drawn = tn_random_uniform(seed, 0, (uint64_t)step * BATCH + (uint64_t)i);
            int pixel = (int)(drawn * im.rows * im.cols);
            place_of(im, pixel, places + 2 * i);
            brightness[i] = im.value[pixel];
        }
        tn_run(plan, &error);
        tn_optimizer_step(adam, (double[]){RATE * tn_schedule_at(&schedule, step)});
    }
    tn_free(places), tn_free(brightness);
    tn_optimizer_free(adam), tn_plan_free(plan), tn_graph_free(g);
}

/* Brightness, length of its gradient, and Laplacian, at all pixels, a row of the image at a time. */
static void look(image im, tn_params *params, image result[3])
{
    static const char *const names[3] = {"fit", "gradient", "laplacian"};
    tn_error error = {0};
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *place = tn_input(g, "place", TN_F32, TN_SHAPE(im.cols, 2)), *fit = siren(g, params, frequency(im), place);
    /* A pixel's brightness depends on no other's place, so the gradient of the sum holds the gradients of each. */
    tn_node *slope, *bend[2];
    tn_grad(g, tn_sum(g, fit, TN_ALL, false), 1, &place, &slope);
    for (int axis = 0; axis < 2; axis++) {
        tn_grad(g, tn_sum(g, tn_slice(g, slope, 1, axis, 1), TN_ALL, false), 1, &place, &bend[axis]);
        bend[axis] = tn_slice(g, bend[axis], 1, axis, 1);
    }
    tn_output(g, "fit", fit);
    tn_output(g, "gradient", tn_norm2(g, slope, TN_AXIS(1), false));
    tn_output(g, "laplacian", tn_add(g, bend[0], bend[1]));
    tn_plan *plan = tn_plan_new(g, 0, &error);
    if (!plan) stop(error.message);
    float *places = tn_alloc((size_t)im.cols * 2 * sizeof *places);
    tn_bind(plan, "place", places, &error);
    for (int k = 0; k < 3; k++) result[k] = image_new(im.rows, im.cols);
    for (int row = 0; row < im.rows; row++) {
        for (int i = 0; i < im.cols; i++) place_of(im, row * im.cols + i, places + 2 * i);
        tn_run(plan, &error);
        for (int k = 0; k < 3; k++)
            memcpy(result[k].value + row * im.cols, tn_result(plan, names[k]), (size_t)im.cols * sizeof(float));
    }
    tn_free(places), tn_plan_free(plan), tn_graph_free(g);
}

/* ---- how good it is ---- */

/* What differences between neighbouring pixels say of gradient and Laplacian, in the same units; 0 at the margin. */
static void differences(image im, image gradient, image laplacian)
{
    float *v = im.value, h = 2 / (float)im.cols, k = 2 / (float)im.rows;
    for (int row = 1; row < im.rows - 1; row++)
        for (int i = row * im.cols + 1; i < (row + 1) * im.cols - 1; i++) {
            float left = v[i - 1], right = v[i + 1], up = v[i - im.cols], down = v[i + im.cols];
            gradient.value[i] = hypotf((right - left) / (2 * h), (down - up) / (2 * k));
            laplacian.value[i] = (left + right - 2 * v[i]) / (h * h) + (up + down - 2 * v[i]) / (k * k);
        }
}

/* The mean of the products of values, over pixels that far from the margin. */
static double product(image a, image b, int margin)
{
    double sum = 0;
    for (int row = margin; row < a.rows - margin; row++)
        for (int col = margin; col < a.cols - margin; col++)
            sum += (double)a.value[row * a.cols + col] * b.value[row * a.cols + col];
    return sum / ((a.rows - 2 * margin) * (a.cols - 2 * margin));
}

static double cosine(image a, image b)
{
    return product(a, b, 1) / sqrt(product(a, a, 1) * product(b, b, 1));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "256";
    int steps = argc > 2 ? atoi(argv[2]) : 1000, width = argc > 3 ? atoi(argv[3]) : 256;
    uint64_t seed = argc > 4 ? (uint64_t)atoi(argv[4]) : 1;
    bool number = !what[strspn(what, "0123456789")];
    image im = number ? image_draw(atoi(what)) : image_read(what), result[3], expected[2];
    if (im.rows < 3 || im.cols < 3) stop("the image is too small");

    tn_error error = {0};
    tn_params *params = tn_params_new(TN_F32, seed);
    declare(params, frequency(im), width);
    if (tn_params_seal(params, &error)) stop(error.message);
    train(im, params, steps, seed);
    look(im, params, result);

    for (int k = 0; k < 2; k++) expected[k] = image_new(im.rows, im.cols);
    differences(im, expected[0], expected[1]);
    for (int i = 0; i < im.rows * im.cols; i++) im.value[i] -= result[0].value[i];
    double steep = 3 * sqrt(product(result[1], result[1], 0)), bent = 3 * sqrt(product(result[2], result[2], 0));
    printf("PSNR %.1f dB; cosine with differences of pixels: gradient %.3f, Laplacian %.3f\n",
           10 * log10(4 / product(im, im, 0)), cosine(result[1], expected[0]), cosine(result[2], expected[1]));
    image_write(result[0], "siren_fit.png", -1, 1);
    image_write(result[1], "siren_gradient.png", 0, steep);
    image_write(result[2], "siren_laplacian.png", -bent, bent);

    tn_free(im.value), tn_free(expected[0].value), tn_free(expected[1].value);
    for (int k = 0; k < 3; k++) tn_free(result[k].value);
    tn_params_free(params);
}
