/* The dynamics of the circuit: against reference trajectories, by hand on one neuron, and the noise. */
#include "config.h"
#include "fixture.h"
#include "models.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A circuit of neurons without columns but the inputs, from plain arrays; borrowed, not to be freed. */
static om_circuit circuit_of(int32_t neurons, int32_t synapses, int32_t *source, int32_t *target, float *weight,
                             float *time_constant, float *rest, uint8_t *is_input)
{
    static om_cell_type type = {.name = "X"};
    static int32_t zeros[1 << 12];
    static float nothing[1];
    ck_assert_int_le(neurons, 1 << 12);
    return (om_circuit){.cell_type = &type, .types = 1, .columns = 1, .neurons = neurons, .synapses = synapses,
                        .type = zeros, .column = zeros, .is_input = is_input, .time_constant = time_constant,
                        .resting_potential = rest, .source = source, .target = target,
                        .weight = weight ? weight : nothing};
}

static om_simulation *simulation_of(const om_circuit *circuit, double delta_t, double sigma, uint64_t seed)
{
    tn_error error = {0};
    om_simulation *s = om_simulation_new(circuit, delta_t, sigma, seed, &error);
    ck_assert_msg(s != NULL, "%s", error.message);
    return s;
}

static om_circuit *builtin(int32_t extent)
{
    tn_error error = {0};
    om_circuit *circuit = om_circuit_read(test_data("../apps/data/builtin.json"), extent, &error);
    ck_assert_msg(circuit != NULL, "%s", error.message);
    return circuit;
}

static void run_frame(om_simulation *s, const float *light, float *voltage, float *derivative)
{
    tn_error error = {0};
    ck_assert_msg(om_simulation_frame(s, light, voltage, derivative, &error) == TN_OK, "%s", error.message);
}

/* ---- the reference trajectory of the built-in circuit ---- */

static void assert_near(const char *what, int64_t frame, const float *found, const double *expected, int32_t n,
                        double largest)
{
    for (int32_t i = 0; i < n; i++)
        ck_assert_msg(fabs(found[i] - expected[i]) <= 1e-5 * largest, "%s of neuron %d at frame %lld is %.9g, not %.9g",
                      what, (int)i, (long long)frame, (double)found[i], expected[i]);
}

static double largest_of(const double *values, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(values[i]));
    return largest;
}

START_TEST(the_built_in_circuit_follows_the_reference)
{
    fixture *file = fixture_open("builtin_extent2.json");
    om_circuit *c = builtin((int32_t)fixture_number(file, "extent"));
    size_t n = (size_t)c->neurons, stored = fixture_count(file, "frame"), all = fixture_count(file, "luminance");
    const double *frame = fixture_numbers(file, "frame", stored), *light = fixture_numbers(file, "luminance", all);
    const double *v = fixture_numbers(file, "voltage", stored * n);
    const double *y = fixture_numbers(file, "derivative", stored * n);
    double v_largest = largest_of(v, stored * n), y_largest = largest_of(y, stored * n);
    om_simulation *s = simulation_of(c, fixture_number(file, "delta_t"), 0, 1);
    ck_assert_int_eq(om_simulation_settle(s, fixture_number(file, "settle_grey"),
                                          (int)fixture_number(file, "settle_frames"), NULL), TN_OK);
    float *start = malloc(n * sizeof *start), *voltage = malloc(n * sizeof *voltage);
    float *derivative = malloc(n * sizeof *derivative);
    memcpy(start, om_simulation_voltage(s), n * sizeof *start);
    om_simulation_start(s, start, 0);
    int64_t frames = (int64_t)all / c->columns;
    ck_assert_int_gt(frames, 50);
    int64_t k = 0;
    for (int64_t t = 0; t < frames; t++) {
        float shown[64];
        for (int32_t i = 0; i < c->columns; i++) shown[i] = (float)light[t * c->columns + i];
        run_frame(s, shown, voltage, derivative);
        if (k >= (int64_t)stored || frame[k] != (double)t) continue;
        assert_near("voltage", t, voltage, v + (size_t)k * n, c->neurons, v_largest);
        assert_near("derivative", t, derivative, y + (size_t)k * n, c->neurons, y_largest);
        k++;
    }
    ck_assert_int_eq(k, stored);
    assert_near("voltage", frames, om_simulation_voltage(s), fixture_numbers(file, "final_voltage", n), c->neurons,
                v_largest);
    free(start);
    free(voltage);
    free(derivative);
    om_simulation_free(s);
    om_circuit_free(c);
    fixture_close(file);
}
END_TEST

/* ---- by hand ---- */

/* v -> rest by the factor 1 - dt/tau a frame: v(t) = rest + (v(0) - rest) (1 - dt/tau)^t. */
START_TEST(one_neuron_decays_to_its_resting_potential)
{
    float tau = 0.13f, rest = 0.75f, v0 = -2.25f, none = 0, light = 0.9f;
    uint8_t dark = 0;
    om_circuit c = circuit_of(1, 0, NULL, NULL, NULL, &tau, &rest, &dark);
    om_simulation *s = simulation_of(&c, 0.02, 0, 1);
    om_simulation_start(s, &v0, 0);
    for (int t = 0; t < 60; t++) {
        float v, y;
        double expected = 0.75 + (-2.25 - 0.75) * pow(1 - 0.02 / (double)tau, t);
        run_frame(s, t % 2 ? &light : &none, &v, &y); /* it is no input: light does not matter */
        ck_assert_double_eq_tol((double)v, expected, 2e-6);
        ck_assert_double_eq_tol((double)y, (0.75 - expected) / (double)tau, 5e-5);
    }
    om_simulation_free(s);
}
END_TEST

/* 0 -> 1 excites by 1.5 above 0 volts; 1 is the input. One frame by the formula. */
START_TEST(synapses_pass_what_is_above_zero_and_inputs_see_their_column)
{
    float tau[] = {0.1f, 0.2f}, rest[] = {0.25f, -0.5f}, weight[] = {1.5f}, light = 0.625f;
    int32_t source[] = {0}, target[] = {1};
    uint8_t is_input[] = {0, 1};
    om_circuit c = circuit_of(2, 1, source, target, weight, tau, rest, is_input);
    om_simulation *s = simulation_of(&c, 0.02, 0, 1);
    for (int above = 0; above < 2; above++) {
        float v0[] = {above ? 0.875f : -0.875f, 0.375f}, v[2], y[2];
        double message = above ? 1.5 * 0.875 : 0, expected = (-0.375 - 0.5 + message + 0.625) / (double)tau[1];
        om_simulation_start(s, v0, 0);
        run_frame(s, &light, v, y);
        ck_assert_mem_eq(v, v0, sizeof v);
        ck_assert_double_eq_tol((double)y[0], (0.25 - (double)v0[0]) / (double)tau[0], 1e-5);
        ck_assert_double_eq_tol((double)y[1], expected, 1e-5);
        ck_assert_double_eq_tol((double)om_simulation_voltage(s)[1], 0.375 + 0.02 * expected, 1e-6);
    }
    om_simulation_free(s);
}
END_TEST

/* A time constant below the time step would make settling swing: it is clamped there, and only there. */
START_TEST(settling_clamps_time_constants_to_the_time_step)
{
    float tau = 0.005f, rest = 2, v0 = 1;
    uint8_t is_input = 1;
    om_circuit c = circuit_of(1, 0, NULL, NULL, NULL, &tau, &rest, &is_input);
    om_simulation *s = simulation_of(&c, 0.02, 0, 1);
    ck_assert_int_eq(om_simulation_settle(s, 0.5, 3, NULL), TN_OK);
    ck_assert_double_eq_tol((double)om_simulation_voltage(s)[0], 2.5, 1e-6);
    float light = 0, y;
    om_simulation_start(s, &v0, 0);
    run_frame(s, &light, NULL, &y);
    ck_assert_double_eq_tol((double)y, 1 / 0.005, 1e-3);
    om_simulation_free(s);
}
END_TEST

/* ---- noise ---- */

enum { MANY = 4000, FRAMES = 50 };
#define SIGMA 0.3

/* Neurons at rest move by the noise alone: v(t+1) = v(t) + sigma xi with tau so long that nothing decays. */
static om_circuit still_neurons(void)
{
    static float tau[MANY], rest[MANY];
    static uint8_t is_input[MANY];
    for (int i = 0; i < MANY; i++) tau[i] = 1e9f;
    return circuit_of(MANY, 0, NULL, NULL, NULL, tau, rest, is_input);
}

START_TEST(noise_is_white_and_has_the_standard_deviation_asked_for)
{
    om_circuit c = still_neurons();
    om_simulation *s = simulation_of(&c, 0.02, SIGMA, 7);
    float *now = malloc(MANY * sizeof *now), *before = calloc(MANY, sizeof *before), *step = calloc(MANY, sizeof *step);
    double n = (double)MANY * FRAMES, sum = 0, squares = 0, fourth = 0, in_time = 0, in_space = 0;
    float light = 0;
    om_simulation_start(s, before, 3);
    for (int t = 0; t < FRAMES; t++) {
        run_frame(s, &light, before, NULL);
        memcpy(now, om_simulation_voltage(s), MANY * sizeof *now);
        double last = 0;
        for (int i = 0; i < MANY; i++) {
            double xi = ((double)now[i] - (double)before[i]) / SIGMA;
            sum += xi, squares += xi * xi, fourth += xi * xi * xi * xi;
            in_time += xi * (double)step[i], in_space += xi * last;
            step[i] = (float)xi, last = xi;
        }
    }
    /* Within five standard errors of the moments of N(0, 1): 0, 1, 3 and no correlation. */
    ck_assert_double_le(fabs(sum / n), 5 / sqrt(n));
    ck_assert_double_le(fabs(squares / n - 1), 5 * sqrt(2 / n));
    ck_assert_double_le(fabs(fourth / n - 3), 5 * sqrt(96 / n));
    ck_assert_double_le(fabs(in_time / n), 5 / sqrt(n));
    ck_assert_double_le(fabs(in_space / n), 5 / sqrt(n));
    free(now);
    free(before);
    free(step);
    om_simulation_free(s);
}
END_TEST

static void first_frames(uint64_t seed, uint32_t stream, int frames, float *out)
{
    om_circuit c = still_neurons();
    om_simulation *s = simulation_of(&c, 0.02, SIGMA, seed);
    float *zero = calloc(MANY, sizeof *zero), light = 0;
    om_simulation_start(s, zero, stream);
    for (int t = 0; t < frames; t++) run_frame(s, &light, NULL, NULL);
    memcpy(out, om_simulation_voltage(s), MANY * sizeof *out);
    free(zero);
    om_simulation_free(s);
}

START_TEST(noise_is_a_function_of_seed_stream_and_frame)
{
    static float a[MANY], b[MANY];
    static const struct {
        uint64_t seed;
        uint32_t stream;
        int frames;
    } others[] = {{8, 3, 2}, {7, 4, 2}, {7, 3, 1}};
    first_frames(7, 3, 2, a);
    first_frames(7, 3, 2, b);
    ck_assert_mem_eq(a, b, sizeof a);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        first_frames(others[i].seed, others[i].stream, others[i].frames, b);
        int equal = 0;
        for (int k = 0; k < MANY; k++) equal += a[k] == b[k];
        ck_assert_int_le(equal, 2);
    }
}
END_TEST

/* ---- threads and errors ---- */

START_TEST(any_number_of_threads_gives_the_same_bits)
{
    static float found[3][2][4096];
    static const int threads[] = {1, 2, 4};
    om_circuit *c = builtin(4);
    float light[64] = {0};
    ck_assert_int_le(c->neurons, 4096);
    for (int i = 0; i < c->columns; i++) light[i] = (float)tn_random_uniform(1, 2, (uint64_t)i);
    for (int way = 0; way < 3; way++) {
        tn_set_threads(threads[way]);
        om_simulation *s = simulation_of(c, 0.02, 0.05, 11);
        ck_assert_int_eq(om_simulation_settle(s, 0.5, 10, NULL), TN_OK);
        float *start = malloc((size_t)c->neurons * sizeof *start);
        memcpy(start, om_simulation_voltage(s), (size_t)c->neurons * sizeof *start);
        om_simulation_start(s, start, 0);
        for (int t = 0; t < 20; t++) run_frame(s, light, found[way][0], found[way][1]);
        free(start);
        om_simulation_free(s);
    }
    ck_assert_mem_eq(found[0], found[1], sizeof found[0]);
    ck_assert_mem_eq(found[0], found[2], sizeof found[0]);
    om_circuit_free(c);
}
END_TEST

START_TEST(impossible_steps_and_noise_are_refused)
{
    static const struct {
        double delta_t, sigma;
    } bad[] = {{0, 0}, {-0.02, 0}, {NAN, 0}, {INFINITY, 0}, {0.02, -0.1}, {0.02, NAN}, {0.02, INFINITY}};
    om_circuit c = still_neurons();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(om_simulation_new(&c, bad[i].delta_t, bad[i].sigma, 1, &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
    }
}
END_TEST

/* Neuron 1 excites itself ten thousandfold. */
START_TEST(a_voltage_that_runs_away_is_reported_with_neuron_and_frame)
{
    float tau[] = {0.02f, 0.02f}, rest[] = {1, 1}, weight[] = {1e4f}, v0[] = {1, 1}, light = 0;
    int32_t source[] = {1}, target[] = {1};
    uint8_t is_input[] = {0, 0};
    tn_error error = {0};
    om_circuit c = circuit_of(2, 1, source, target, weight, tau, rest, is_input);
    om_simulation *s = simulation_of(&c, 0.02, 0, 1);
    om_simulation_start(s, v0, 0);
    tn_status status = TN_OK;
    for (int t = 0; t < 100 && !status; t++) status = om_simulation_frame(s, &light, NULL, NULL, &error);
    ck_assert_int_eq(status, TN_ENUMERIC);
    ck_assert_msg(strstr(error.message, "voltage of neuron 1 (X) became") && strstr(error.message, "at frame 2") &&
                      strstr(error.message, "time step is 0.02 s, the shortest time constant, that of X, 0.02 s"),
                  "%s", error.message);
    om_simulation_free(s);
}
END_TEST

int main(void)
{
    TCase *dynamics = tcase_create("dynamics"), *noise = tcase_create("noise"), *rest = tcase_create("threads, errors");
    tcase_add_test(dynamics, the_built_in_circuit_follows_the_reference);
    tcase_add_test(dynamics, one_neuron_decays_to_its_resting_potential);
    tcase_add_test(dynamics, synapses_pass_what_is_above_zero_and_inputs_see_their_column);
    tcase_add_test(dynamics, settling_clamps_time_constants_to_the_time_step);
    tcase_add_test(noise, noise_is_white_and_has_the_standard_deviation_asked_for);
    tcase_add_test(noise, noise_is_a_function_of_seed_stream_and_frame);
    tcase_add_test(rest, any_number_of_threads_gives_the_same_bits);
    tcase_add_test(rest, impossible_steps_and_noise_are_refused);
    tcase_add_test(rest, a_voltage_that_runs_away_is_reported_with_neuron_and_frame);
    return run_cases("simulation", dynamics, noise, rest, NULL);
}
