/* Read-outs: from what a trained model does to the circuit it has learned. */
#include "config.h"
#include "core/memory.h"
#include "hashed.h"
#include "readout.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>

/* ---- A model that is linear --------------------------------------------------------------------------------- */

/* Neurons 0 and 1 are inputs; 4 is never active, 5 in 4 frames, 6 in 5; 3 has no synapse onto it. The stimulus given
 * for other neurons is junk that nobody may read. */
enum { NEURONS = 7, FRAMES = 50, SYNAPSES = 5 };

static const uint8_t is_input[NEURONS] = {1, 1};
static const int32_t source[SYNAPSES] = {6, 0, 1, 2, 4}, target[SYNAPSES] = {0, 1, 2, 2, 6};
static const double weight[SYNAPSES] = {0.5, -2, 3, 0.25, 7};
static const om_wiring wiring = {
    .neurons = NEURONS, .synapses = SYNAPSES, .source = source, .target = target, .is_input = is_input};

typedef struct behaviour {
    double v[FRAMES][NEURONS], m[FRAMES][NEURONS], I[FRAMES][NEURONS], f[FRAMES][NEURONS], g2[FRAMES][NEURONS];
} behaviour;

static behaviour model;

static double true_tau(int i)
{
    return 0.05 + 0.01 * i;
}

static double voltage(uint32_t t, int i)
{
    double u = hashed(t * NEURONS + (uint32_t)i);
    if (i == 4) return -u;
    if (i == 5 && t % 10 == 4) return 0;
    if (i == 5 || i == 6) return t % 10 == 3 && t / 10 < (uint32_t)i - 1 ? 0.1 + u : -u;
    return 4 * u - 1;
}

/* f = (-v + (2 + i) m + 3 I + i) / tau;  g^2 = (1 + i) relu(v) + 0.1 i */
static void make_model(void)
{
    for (uint32_t t = 0; t < FRAMES; t++) {
        for (int i = 0; i < NEURONS; i++) {
            model.v[t][i] = voltage(t, i);
            model.g2[t][i] = (1 + i) * fmax(model.v[t][i], 0) + 0.1 * i;
            model.I[t][i] = hashed(t + 5000) * (i < 2 ? 1 : 100);
            model.m[t][i] = 0;
        }
        for (int e = 0; e < SYNAPSES; e++) model.m[t][target[e]] += weight[e] * model.g2[t][source[e]];
        for (int i = 0; i < NEURONS; i++)
            model.f[t][i] =
                (-model.v[t][i] + (2 + i) * model.m[t][i] + (i < 2 ? 3 * model.I[t][i] : 0) + i) / true_tau(i);
    }
}

static om_states states_from(const behaviour *b, int frame)
{
    return (om_states){om_f64(b->v[frame]), om_f64(b->m[frame]), om_f64(b->I[frame]), om_f64(b->f[frame]),
                       om_f64(b->g2[frame])};
}

static om_picture picture_of(const behaviour *b, int piece)
{
    om_picture picture;
    om_readout *readout = om_readout_new(&wiring, NULL);
    for (int t = 0; t < FRAMES; t += piece) {
        om_states states = states_from(b, t);
        om_readout_add(readout, &states, FRAMES - t < piece ? FRAMES - t : piece);
    }
    ck_assert_int_eq(om_readout_solve(readout, &picture, NULL), TN_OK);
    om_readout_free(readout);
    return picture;
}

START_TEST(a_linear_model_is_read_out_exactly)
{
    make_model();
    om_picture p = picture_of(&model, FRAMES);
    for (int i = 0; i < NEURONS; i++) {
        bool driven = i != 3 && i != 4 && i != 5 && i != 6; /* 4 says nothing that varies to 6 */
        ck_assert_double_eq_tol(p.cv[i] * true_tau(i), -1, 1e-11);
        ck_assert_double_eq_tol(p.cm[i] * true_tau(i), driven ? 2 + i : 0, 1e-11);
        ck_assert_double_eq_tol(p.cI[i] * true_tau(i), i < 2 ? 3 : 0, 1e-11);
        ck_assert_double_eq_tol(p.f_r2[i], 1, 1e-12);
        bool active = i != 4 && i != 5;
        ck_assert_int_eq(p.identifiable[i], active);
        ck_assert_double_eq_tol(p.s[i], active ? 1 + i : 0, 1e-12);
        ck_assert_double_eq_tol(p.o[i], active ? 0.1 * i : 0, 1e-12);
        ck_assert_double_eq_tol(p.g_r2[i], active, 1e-12);
    }
    ck_assert_double_eq_tol(p.c0[2] * true_tau(2), 2, 1e-11);
    /* the constant message 7 x 0.4 of neuron 4 goes into the offset of neuron 6 */
    ck_assert_double_eq_tol(p.c0[6] * true_tau(6), 6 + 8 * 7 * 0.4, 1e-9);
    om_picture_free(&p);
}
END_TEST

START_TEST(the_circuit_follows_from_the_linear_picture)
{
    make_model();
    double w[SYNAPSES], tau[NEURONS], rest[NEURONS], gain[NEURONS];
    om_recovered circuit = {w, tau, rest, gain};
    om_picture p = picture_of(&model, FRAMES);
    ck_assert_int_eq(om_recover(&circuit, &p, &wiring, om_f64(weight), NULL), TN_OK);
    const double expected[SYNAPSES] = {0.5 * 2 * 7, -2 * 3 * 1, 3 * 4 * 2, 0.25 * 4 * 3, 0};
    for (int e = 0; e < SYNAPSES; e++) ck_assert_double_eq_tol(w[e], expected[e], 1e-10);
    for (int i = 0; i < NEURONS; i++) ck_assert_double_eq_tol(tau[i], true_tau(i), 1e-12);
    for (int i = 0; i < NEURONS; i++) ck_assert_double_eq_tol(gain[i], i < 2 ? 3 : 0, 1e-10);
    const double expected_rest[NEURONS] = {0.5 * 2 * 0.6,  1, 2 + 3 * 4 * 0.1 + 0.25 * 4 * 0.2, 3, 4, 5,
                                           6 + 8 * 7 * 0.4};
    for (int i = 0; i < NEURONS; i++) ck_assert_double_eq_tol(rest[i], expected_rest[i], 1e-9);
    uint8_t keep[SYNAPSES];
    ck_assert_int_eq(om_identifiable_synapses(keep, &p, &wiring), 4);
    const uint8_t expected_keep[SYNAPSES] = {1, 1, 1, 1, 0};
    ck_assert_mem_eq(keep, expected_keep, sizeof keep);
    om_picture_free(&p);
}
END_TEST

/* Neuron 0 is always active, neuron 1 sometimes; each has a synapse onto itself and one onto the other. */
START_TEST(the_leak_takes_the_synapse_onto_itself_of_a_neuron_that_is_always_active)
{
    const int32_t from[] = {0, 1, 0, 1}, to[] = {0, 0, 1, 1};
    const double learned[] = {0.2, 3, 5, 0.2};
    double cv[] = {-40, -50}, cm[] = {50, 50}, cI[] = {0, 0}, c0[] = {10, 20}, s[] = {2, 1}, o[] = {0.5, 0};
    double w[4], tau[2], rest[2], r2[] = {1, 1};
    uint8_t active[] = {1, 1}, always[] = {1, 0}, input[] = {0, 0};
    om_picture p = {2, cv, cm, cI, c0, s, o, r2, r2, active, always};
    om_wiring both = {.neurons = 2, .synapses = 4, .source = from, .target = to, .is_input = input};
    om_recovered circuit = {w, tau, rest, NULL};
    ck_assert_int_eq(om_recover(&circuit, &p, &both, om_f64(learned), NULL), TN_OK);
    /* -40 v + 0.2 x 50 x (2 v + 0.5) + 10 = -20 v + 15 */
    const double expected_w[] = {0, 3 * 50 / 20.0, 5 * 2, 0.2}, expected_tau[] = {1 / 20.0, 1 / 50.0};
    const double expected_rest[] = {15 / 20.0, 20 / 50.0 + 5 * 0.5};
    for (int e = 0; e < 4; e++) ck_assert_double_eq_tol(w[e], expected_w[e], 1e-12);
    for (int i = 0; i < 2; i++) ck_assert_double_eq_tol(tau[i], expected_tau[i], 1e-12);
    for (int i = 0; i < 2; i++) ck_assert_double_eq_tol(rest[i], expected_rest[i], 1e-12);
}
END_TEST

START_TEST(a_neuron_is_always_active_if_it_is_silent_in_at_most_one_of_a_hundred_frames)
{
    enum { MANY = 200, THREE = 3 };
    static double v[MANY][THREE], zero[MANY][THREE];
    for (int t = 0; t < MANY; t++)
        for (int i = 0; i < THREE; i++) v[t][i] = t % 50 < i ? -1 : 1; /* silent in 0, 4, 8 frames of 200 */
    for (int i = 1; i < 3; i++) v[0][i] = v[50][i] = 1;                /* in 0, 2, 6 */
    om_states states = {om_f64(*v), om_f64(*zero), om_f64(*zero), om_f64(*zero), om_f64(*zero)};
    om_readout *readout = om_readout_new(&(om_wiring){.neurons = THREE, .is_input = (uint8_t[THREE]){0}}, NULL);
    om_picture p;
    om_readout_add(readout, &states, MANY / 2);
    states = (om_states){om_f64(v[MANY / 2]), om_f64(*zero), om_f64(*zero), om_f64(*zero), om_f64(*zero)};
    om_readout_add(readout, &states, MANY / 2);
    ck_assert_int_eq(om_readout_solve(readout, &p, NULL), TN_OK);
    ck_assert_mem_eq(p.always_active, ((uint8_t[THREE]){1, 1, 0}), THREE);
    om_picture_free(&p);
    om_readout_free(readout);
}
END_TEST

START_TEST(frames_may_come_in_any_pieces_and_on_any_number_of_threads)
{
    make_model();
    tn_set_threads(1);
    om_picture a = picture_of(&model, 7);
    tn_set_threads(4);
    om_picture b = picture_of(&model, FRAMES);
    ck_assert_mem_eq(a.cv, b.cv, NEURONS * (8 * sizeof *a.cv + 1));
    om_picture_free(&a);
    om_picture_free(&b);
}
END_TEST

START_TEST(what_is_not_finite_counts_as_0)
{
    make_model();
    static behaviour broken;
    broken = model;
    broken.f[3][0] = NAN;
    broken.g2[9][2] = INFINITY;
    for (int t = 0; t < FRAMES; t++) broken.f[t][1] = 5; /* f does not depend on v: no time constant */
    double w[SYNAPSES], tau[NEURONS], rest[NEURONS];
    om_recovered circuit = {w, tau, rest, NULL};
    om_picture p = picture_of(&broken, FRAMES);
    ck_assert(p.cv[0] == 0 && p.cm[0] == 0 && p.cI[0] == 0 && p.c0[0] == 0 && p.f_r2[0] == 0);
    ck_assert(p.s[2] == 0 && p.o[2] == 0);
    ck_assert_double_eq(p.c0[1], 5);
    ck_assert_int_eq(om_recover(&circuit, &p, &wiring, om_f64(weight), NULL), TN_OK);
    for (int i = 0; i < 2; i++) ck_assert(tau[i] == 0 && rest[i] == 0 && w[i] == 0);
    ck_assert_double_eq_tol(tau[2], true_tau(2), 1e-12);
    om_picture_free(&p);
}
END_TEST

/* ---- The published read-out --------------------------------------------------------------------------------- */

START_TEST(the_published_circuit_is_that_of_its_formulas)
{
    const double s_f[NEURONS] = {-4, -0.5, 2, 0, NAN, -1e-320, -20}, o_f[NEURONS] = {2, 3, 4, 5, 6, 7, -1};
    const double s_g[NEURONS] = {2, 3, 4, 5, INFINITY, 7, 8}, d[NEURONS] = {10, 20, 30, 40, 50, 60, 70};
    const om_published published = {s_g, s_f, o_f, d};
    double w[SYNAPSES], tau[NEURONS], rest[NEURONS];
    om_recovered circuit = {w, tau, rest, NULL};
    ck_assert_int_eq(om_recover_published(&circuit, &published, &wiring, om_f64(weight), NULL), TN_OK);
    const double expected_w[] = {0.5 * 10 * 8 / 4, -2 * 20 * 2 / 0.5, -3 * 30 * 3 / 2.0, -0.25 * 30 * 4 / 2, 0};
    const double expected_tau[] = {0.25, 1, 0, 1, 0, 1, 0.05}, expected_rest[] = {0.5, 6, -2, 1, 0, 0, -0.05};
    for (int e = 0; e < SYNAPSES; e++) ck_assert_double_eq_tol(w[e], expected_w[e], 1e-12);
    for (int i = 0; i < NEURONS; i++) {
        ck_assert_double_eq_tol(tau[i], expected_tau[i], 1e-15);
        ck_assert_double_eq_tol(rest[i], expected_rest[i], 1e-15);
    }
}
END_TEST

START_TEST(features_describe_a_neuron_and_its_synapses)
{
    enum { D = 2, ROW = D + 6 };
    const float embedding[NEURONS][D] = {{1, 2}, {3, 4}, {5, 6}};
    double w[SYNAPSES] = {1, 2, 3, 7, 5}, tau[NEURONS] = {0.1, 0.2, 0.3}, rest[NEURONS] = {-1, -2, -3};
    om_recovered circuit = {w, tau, rest, NULL};
    double feature[NEURONS][ROW];
    ck_assert_int_eq(om_features(feature[0], om_f32(embedding[0]), D, &circuit, &wiring, NULL), TN_OK);
    const double second[ROW] = {5, 6, 0.3, -3, 5, 2, 7, 0}, third[ROW] = {0};
    for (int k = 0; k < ROW; k++) {
        ck_assert_double_eq_tol(feature[2][k], second[k], 1e-15);
        ck_assert_double_eq(feature[3][k], third[k]);
    }
}
END_TEST

/* ---- Reference values --------------------------------------------------------------------------------------- */

/* An array of tests/data/readout.safetensors, as long as it should be. */
static const void *array(const tn_file *file, const char *name, int64_t n)
{
    const tn_tensor *tensor = tn_file_find(file, name);
    ck_assert_msg(tensor && tn_shape_size(tensor->shape) == n, "%s is not there, or not of %lld values", name,
                  (long long)n);
    return tensor->data;
}

static void agree(const double *x, const void *expected, int64_t n, const char *what)
{
    const double *y = expected;
    double largest = 0, error = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(y[i]));
        error = fmax(error, fabs(x[i] - y[i]));
    }
    ck_assert_msg(error <= 1e-9 * largest, "%s is off by %.1e of the largest value", what, error / largest);
}

typedef struct reference {
    tn_file *file;
    int64_t N, E, K, kept; /* f is there for the first `kept` neurons */
    om_wiring wiring;
    om_values raw;
    double *weight, *tau, *rest;
} reference;

static reference open_reference(void)
{
    tn_error error = {0};
    reference r = {.file = tn_file_read(test_data("data/readout.safetensors"), &error)};
    ck_assert_msg(r.file != NULL, "%s", error.message);
    r.K = tn_file_find(r.file, "v")->shape.dim[0];
    r.N = tn_file_find(r.file, "v")->shape.dim[1];
    r.E = tn_file_find(r.file, "W")->shape.dim[0];
    r.kept = tn_file_find(r.file, "f")->shape.dim[1];
    r.wiring = (om_wiring){.neurons = r.N, .synapses = r.E};
    r.wiring.source = array(r.file, "source", r.E);
    r.wiring.target = array(r.file, "target", r.E);
    r.raw = om_f64(array(r.file, "W", r.E));
    r.weight = tn_alloc((size_t)(r.E + 2 * r.N) * sizeof(double));
    r.tau = r.weight + r.E;
    r.rest = r.tau + r.N;
    return r;
}

static void close_reference(reference *r)
{
    tn_free(r->weight);
    tn_file_free(r->file);
}

/* Spreads the stimulus of columns [K, C] and f of the kept neurons to all neurons. */
static void spread(const reference *r, double *stimulus, double *f, uint8_t *input)
{
    int64_t C = tn_file_find(r->file, "stimulus")->shape.dim[1];
    const double *field = array(r->file, "stimulus", r->K * C), *kept = array(r->file, "f", r->K * r->kept);
    const int32_t *column = array(r->file, "column", r->N);
    for (int64_t i = 0; i < r->N; i++) {
        input[i] = i < 10;
        for (int64_t t = 0; t < r->K; t++) {
            stimulus[t * r->N + i] = input[i] ? field[t * C + column[i]] : NAN;
            f[t * r->N + i] = i < r->kept ? kept[t * r->kept + i] : 0;
        }
    }
}

/* What the synapses carry of g^2, in their order. */
static void messages(const reference *r, double *m, const double *g2)
{
    for (int64_t t = 0; t < r->K; t++)
        for (int64_t e = 0; e < r->E; e++)
            m[t * r->N + r->wiring.target[e]] += ((const double *)r->raw.data)[e] * g2[t * r->N + r->wiring.source[e]];
}

START_TEST(the_in_distribution_read_out_gives_the_reference_values)
{
    reference r = open_reference();
    double *m = tn_alloc((size_t)(3 * r.K * r.N) * sizeof *m), *stimulus = m + r.K * r.N, *f = stimulus + r.K * r.N;
    uint8_t *input = tn_alloc((size_t)r.N);
    const double *v = array(r.file, "v", r.K * r.N), *g2 = array(r.file, "g2", r.K * r.N);
    spread(&r, stimulus, f, input);
    messages(&r, m, g2);

    om_states states = {om_f64(v), om_f64(m), om_f64(stimulus), om_f64(f), om_f64(g2)};
    om_picture picture;
    om_recovered circuit = {r.weight, r.tau, r.rest, NULL};
    r.wiring.is_input = input;
    om_readout *readout = om_readout_new(&r.wiring, NULL);
    om_readout_add(readout, &states, r.K);
    ck_assert_int_eq(om_readout_solve(readout, &picture, NULL), TN_OK);
    ck_assert_int_eq(om_recover(&circuit, &picture, &r.wiring, r.raw, NULL), TN_OK);
    int64_t kept = 0; /* synapses are sorted by target */
    while (kept < r.E && r.wiring.target[kept] < r.kept) kept++;
    agree(r.weight, array(r.file, "in_distribution/W", r.E), kept, "W");
    agree(r.tau, array(r.file, "in_distribution/time_constant", r.N), r.kept, "time constant");
    agree(r.rest, array(r.file, "in_distribution/resting_potential", r.N), r.kept, "resting potential");
    om_readout_free(readout);
    om_picture_free(&picture);
    tn_free(m);
    tn_free(input);
    close_reference(&r);
}
END_TEST

/* ---- Errors ------------------------------------------------------------------------------------------------- */

START_TEST(circuits_that_do_not_fit_are_refused)
{
    make_model();
    double w[SYNAPSES], tau[NEURONS], rest[NEURONS], feature[NEURONS * 6];
    const int32_t outside[SYNAPSES] = {0, 1, NEURONS, 3, 4};
    om_recovered circuit = {w, tau, rest, NULL};
    om_published published = {rest, rest, rest, rest};
    om_picture p = picture_of(&model, FRAMES);
    om_wiring bad = wiring;
    tn_error error[5] = {{0}};

    bad.source = outside;
    ck_assert_int_eq(om_recover(&circuit, &p, &bad, om_f64(weight), &error[0]), TN_EINVAL);
    ck_assert_str_eq(error[0].message, "synapse 2 joins neurons 7 and 2, but there are neurons 0 to 6");
    ck_assert_int_eq(om_recover_published(&circuit, &published, &bad, om_f64(weight), &error[1]), TN_EINVAL);
    ck_assert_int_eq(om_features(feature, om_f64(NULL), 0, &circuit, &bad, &error[2]), TN_EINVAL);
    ck_assert_int_eq(om_features(feature, om_f64(NULL), -1, &circuit, &wiring, &error[3]), TN_EINVAL);
    bad = wiring;
    bad.neurons--;
    ck_assert_int_eq(om_recover(&circuit, &p, &bad, om_f64(weight), &error[4]), TN_EINVAL);
    ck_assert_str_eq(error[4].message, "the fits are of 7 neurons, the synapses of 6");
    om_picture_free(&p);

    tn_error negative = {0};
    ck_assert_ptr_null(om_readout_new(&(om_wiring){.neurons = -1}, &negative));
    ck_assert_int_eq(negative.status, TN_EINVAL);
}
END_TEST

static tn_status everything_that_allocates(tn_error *error)
{
    double w[SYNAPSES] = {0}, values[NEURONS] = {0}, feature[NEURONS * 6];
    om_recovered circuit = {w, values, values, NULL};
    om_picture picture = {0};
    om_readout *readout = om_readout_new(&wiring, error);
    if (readout) om_readout_solve(readout, &picture, error);
    om_readout_free(readout);
    om_picture_free(&picture);
    if (error->status == TN_OK) om_features(feature, om_f64(NULL), 0, &circuit, &wiring, error);
    return error->status;
}

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    int failures = 0;
    for (tn_status status = TN_ENOMEM; status != TN_OK; failures++) {
        tn_error error = {0};
        long live = tn_live_allocations();
        tn_fail_allocation(failures, 1);
        status = everything_that_allocates(&error);
        tn_fail_allocation(-1, 0);
        ck_assert_int_eq(tn_live_allocations(), live);
        ck_assert(status == TN_OK || status == TN_ENOMEM);
    }
    ck_assert_int_gt(failures, 8);
}
END_TEST

int main(void)
{
    TCase *linear = tcase_create("linear picture");
    tcase_add_test(linear, a_linear_model_is_read_out_exactly);
    tcase_add_test(linear, the_circuit_follows_from_the_linear_picture);
    tcase_add_test(linear, the_leak_takes_the_synapse_onto_itself_of_a_neuron_that_is_always_active);
    tcase_add_test(linear, a_neuron_is_always_active_if_it_is_silent_in_at_most_one_of_a_hundred_frames);
    tcase_add_test(linear, frames_may_come_in_any_pieces_and_on_any_number_of_threads);
    tcase_add_test(linear, what_is_not_finite_counts_as_0);
    TCase *published = tcase_create("published");
    tcase_add_test(published, the_published_circuit_is_that_of_its_formulas);
    tcase_add_test(published, features_describe_a_neuron_and_its_synapses);
    TCase *golden = tcase_create("reference values");
    tcase_add_test(golden, the_in_distribution_read_out_gives_the_reference_values);
    TCase *errors = tcase_create("errors");
    tcase_add_test(errors, circuits_that_do_not_fit_are_refused);
    tcase_add_test(errors, every_failing_allocation_is_reported_and_leaks_nothing);
    return run_cases("read-out", linear, published, golden, errors, NULL);
}
