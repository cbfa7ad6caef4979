/* The dynamics of the fly's visual system against the reference trajectory. */
#include "config.h"
#include "golden.h"
#include "models.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>

static double largest_of(const double *values, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(values[i]));
    return largest;
}

static void assert_near(const char *what, int frame, const float *found, const double *expected, int32_t n,
                        double tolerance)
{
    for (int32_t i = 0; i < n; i++)
        ck_assert_msg(fabs((double)found[i] - expected[i]) <= tolerance,
                      "%s of neuron %d at frame %d is %.9g, not %.9g", what, (int)i, frame, (double)found[i],
                      expected[i]);
}

START_TEST(the_fly_follows_the_reference_for_300_frames)
{
    golden *file = golden_open(shared_data("golden/dynamics_extent2.h5"));
    const char *path = file ? shared_data("circuits/fly-visual-system.json") : NULL;
    if (!path) return;
    tn_error error = {0};
    om_circuit *c = om_circuit_read(path, (int32_t)golden_attribute(file, "/", "extent"), &error);
    ck_assert_msg(c != NULL, "%s", error.message);
    int64_t n = c->neurons, stored = golden_shape(file, "frame").dim[0];
    int64_t frames = golden_shape(file, "luminance").dim[0];
    const int32_t *frame = golden_int32s(file, "frame");
    const double *light = golden_doubles(file, "luminance"), *initial = golden_doubles(file, "initial_voltage");
    const double *v = golden_doubles(file, "voltage"), *y = golden_doubles(file, "derivative");
    double v_tolerance = 1e-4 * largest_of(v, stored * n), y_tolerance = 1e-4 * largest_of(y, stored * n);
    float *voltage = malloc((size_t)n * sizeof *voltage), *derivative = malloc((size_t)n * sizeof *derivative);
    om_simulation *s = om_simulation_new(c, golden_attribute(file, "/", "delta_t"), 0, 1, &error);
    ck_assert_msg(s != NULL, "%s", error.message);
    for (int64_t i = 0; i < n; i++) voltage[i] = (float)initial[i];
    om_simulation_start(s, voltage, 0);
    ck_assert_int_eq(frames, 300);
    int64_t k = 0;
    for (int t = 0; t < (int)frames; t++) {
        float shown[64];
        for (int32_t i = 0; i < c->columns; i++) shown[i] = (float)light[t * c->columns + i];
        ck_assert_msg(om_simulation_frame(s, shown, voltage, derivative, &error) == TN_OK, "%s", error.message);
        if (k >= stored || frame[k] != t) continue;
        assert_near("voltage", t, voltage, v + k * n, c->neurons, v_tolerance);
        assert_near("derivative", t, derivative, y + k * n, c->neurons, y_tolerance);
        k++;
    }
    ck_assert_int_eq(k, stored);
    assert_near("voltage", (int)frames, om_simulation_voltage(s), golden_doubles(file, "final_voltage"), c->neurons,
                v_tolerance);
    free(voltage);
    free(derivative);
    om_simulation_free(s);
    om_circuit_free(c);
    golden_close(file);
}
END_TEST

int main(void)
{
    TCase *fly = tcase_create("fly");
    tcase_set_timeout(fly, 30);
    tcase_add_test(fly, the_fly_follows_the_reference_for_300_frames);
    return run_cases("simulation-golden", fly, NULL);
}
