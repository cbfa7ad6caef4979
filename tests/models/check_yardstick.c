/* The yardstick: circuits of which the data determine everything, and those of which they do not. */
#include "config.h"
#include "hashed.h"
#include "models.h"
#include "testing.h"

#include <math.h>
#include <string.h>

/* Neurons 0 and 1 see columns 1 and 0; 4 is never active; 3 has no synapse onto it. */
enum { NEURONS = 6, COLUMNS = 2, SYNAPSES = 8, FRAMES = 53 };

static const uint8_t is_input[NEURONS] = {1, 1};
static const int32_t column[NEURONS] = {1, 0, -1, -1, -1, -1};
static const int32_t source[SYNAPSES] = {5, 0, 0, 1, 3, 4, 5, 2}, target[SYNAPSES] = {0, 1, 2, 2, 2, 4, 4, 5};
static const float weight[SYNAPSES] = {0.5f, -2, 3, 0.25f, -1, 7, 1.5f, 0};
static const om_wiring wiring = {.neurons = NEURONS,
                                 .synapses = SYNAPSES,
                                 .columns = COLUMNS,
                                 .source = source,
                                 .target = target,
                                 .is_input = is_input,
                                 .column = column};

typedef struct recording {
    float v[FRAMES][NEURONS], y[FRAMES][NEURONS], light[FRAMES][COLUMNS];
} recording;

static double true_tau(int i)
{
    return 0.02 + 0.01 * i;
}

static double true_rest(int i)
{
    return 0.3 - 0.1 * i;
}

/* dv/dt of the true equations at voltages that have nothing to do with them. */
static void record(recording *r)
{
    for (uint32_t t = 0; t < FRAMES; t++) {
        for (uint32_t i = 0; i < NEURONS; i++)
            r->v[t][i] = (float)(i == 4 ? -hashed(t * 8 + i) : 2 * hashed(t * 8 + i) - 0.7);
        for (uint32_t c = 0; c < COLUMNS; c++) r->light[t][c] = (float)hashed(t * 8 + 6 + c);
        for (int i = 0; i < NEURONS; i++) {
            double drive = true_rest(i) - r->v[t][i] + (is_input[i] ? r->light[t][column[i]] : 0);
            for (int e = 0; e < SYNAPSES; e++)
                if (target[e] == i) drive += weight[e] * fmaxf(r->v[t][source[e]], 0);
            r->y[t][i] = (float)(drive / true_tau(i));
        }
    }
}

static tn_status give(const void *from, size_t row, int64_t n, const int64_t *frame, void *out)
{
    for (int64_t k = 0; k < n; k++)
        memcpy((char *)out + (size_t)k * row, (const char *)from + (size_t)frame[k] * row, row);
    return TN_OK;
}

static tn_status voltage(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    (void)error;
    return give(((recording *)user)->v, sizeof((recording *)user)->v[0], n, frame, out);
}

static tn_status derivative(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    (void)error;
    return give(((recording *)user)->y, sizeof((recording *)user)->y[0], n, frame, out);
}

static tn_status stimulus(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    (void)error;
    return give(((recording *)user)->light, sizeof((recording *)user)->light[0], n, frame, out);
}

/* From the first frames. */
static tn_status recover(recording *r, int64_t count, om_recovery *recovery, tn_error *error)
{
    om_joint_spec spec = {.hidden_dim = 4, .layers = 2, .embedding_dim = 1, .xnorm = 1};
    om_joint *joint = om_joint_new(&wiring, &spec, error);
    om_data data = {count, r, voltage, stimulus, derivative, NULL};
    tn_status status = om_recover_least_squares(joint, &data, count, recovery, error);
    om_joint_free(joint);
    return status;
}

START_TEST(what_the_data_determine_is_found)
{
    static recording r;
    om_recovery found;
    record(&r);
    ck_assert_int_eq(recover(&r, FRAMES, &found, NULL), TN_OK);
    for (int i = 0; i < NEURONS; i++) {
        ck_assert_double_eq_tol(found.time_constant[i], true_tau(i), 1e-6);
        ck_assert_double_eq_tol(found.resting_potential[i], true_rest(i), 1e-5);
    }
    for (int e = 0; e < SYNAPSES; e++) {
        bool silent = source[e] == 4; /* says nothing about its weight */
        ck_assert_double_eq_tol(found.weight[e], silent ? 0 : (double)weight[e], 1e-5);
        ck_assert_int_eq(found.identifiable[e], !silent);
    }
    ck_assert_double_eq_tol(found.fit_r2, 1, 1e-9);
    om_recovery_clear(&found);
}
END_TEST

/* A neuron that is always active cannot tell its synapse onto itself from its leak, and so not the scale of others. */
START_TEST(what_they_do_not_determine_is_marked)
{
    static recording r;
    om_recovery found;
    record(&r);
    for (int t = 0; t < FRAMES; t++) r.v[t][4] += 3;
    ck_assert_int_eq(recover(&r, FRAMES, &found, NULL), TN_OK);
    for (int e = 0; e < SYNAPSES; e++) ck_assert_int_eq(found.identifiable[e], target[e] != 4);
    om_recovery_clear(&found);
}
END_TEST

/* With fewer frames than unknowns there are many circuits; the one of minimum norm is finite and explains all. */
START_TEST(too_few_frames_give_finite_numbers)
{
    static recording r;
    om_recovery found;
    record(&r);
    for (int count = 1; count <= 3; count++) {
        ck_assert_int_eq(recover(&r, count, &found, NULL), TN_OK);
        for (int e = 0; e < SYNAPSES; e++) ck_assert(isfinite(found.weight[e]) && !found.identifiable[e]);
        for (int i = 0; i < NEURONS; i++) ck_assert(isfinite(found.time_constant[i]));
        om_recovery_clear(&found);
    }
}
END_TEST

START_TEST(what_is_not_finite_stays_with_its_neuron)
{
    static recording r;
    om_recovery found;
    record(&r);
    r.y[7][0] = NAN;
    ck_assert_int_eq(recover(&r, FRAMES, &found, NULL), TN_OK);
    ck_assert_double_eq(found.time_constant[0], 0);
    ck_assert_double_eq(found.weight[0], 0);
    ck_assert_double_eq_tol(found.time_constant[1], true_tau(1), 1e-6);
    om_recovery_clear(&found);
}
END_TEST

START_TEST(any_number_of_threads_gives_the_same_bits)
{
    static recording r;
    om_recovery one, more;
    record(&r);
    tn_set_threads(1);
    ck_assert_int_eq(recover(&r, FRAMES, &one, NULL), TN_OK);
    tn_set_threads(3);
    ck_assert_int_eq(recover(&r, FRAMES, &more, NULL), TN_OK);
    tn_set_threads(0);
    ck_assert_mem_eq(one.weight, more.weight, sizeof(double) * SYNAPSES);
    ck_assert_mem_eq(one.resting_potential, more.resting_potential, sizeof(double) * NEURONS);
    om_recovery_clear(&one);
    om_recovery_clear(&more);
}
END_TEST

/* A watch that has had enough after `left` questions. */
static tn_status count_down(void *user, tn_error *error)
{
    int *left = user;
    return (*left)-- > 0 ? TN_OK : tn_fail(error, TN_EIO, "enough");
}

/* On one thread: after each of four chunks of frames, and before each neuron is solved. */
START_TEST(a_watch_ends_it_while_frames_are_gathered_and_neurons_solved)
{
    enum { CHUNKS = 4 };
    static recording r;
    record(&r);
    om_joint_spec spec = {.hidden_dim = 4, .layers = 2, .embedding_dim = 1, .xnorm = 1};
    om_joint *joint = om_joint_new(&wiring, &spec, NULL);
    tn_set_threads(1);
    for (int patience = 0; patience <= CHUNKS + NEURONS; patience++) {
        int left = patience;
        const om_watch watch = {count_down, &left};
        const om_data data = {FRAMES, &r, voltage, stimulus, derivative, &watch};
        om_recovery found;
        tn_error error = {0};
        bool enough = patience == CHUNKS + NEURONS;
        ck_assert_int_eq(om_recover_least_squares(joint, &data, FRAMES, &found, &error), enough ? TN_OK : TN_EIO);
        ck_assert_int_eq(left, enough ? 0 : -1);
        om_recovery_clear(&found);
    }
    tn_set_threads(0);
    om_joint_free(joint);
}
END_TEST

START_TEST(the_cost_is_that_of_all_neurons)
{
    om_cost cost = om_least_squares_cost(&wiring, 10); /* neurons with 1, 1, 3, 0, 2, 1 synapses */
    ck_assert_double_eq(cost.bytes, 4 * (16 + 16 + 36 + 9 + 25 + 16));
    ck_assert_double_eq(cost.flop, 30 * (16 + 16 + 36 + 9 + 25 + 16) + 100 * (64 + 64 + 216 + 27 + 125 + 64));
}
END_TEST

START_TEST(without_stimulus_or_derivative_it_refuses)
{
    om_joint_spec spec = {.hidden_dim = 4, .layers = 2, .embedding_dim = 1, .xnorm = 1};
    om_joint *joint = om_joint_new(&wiring, &spec, NULL);
    const om_data lacking[] = {{FRAMES, NULL, voltage, NULL, derivative, NULL},
                               {FRAMES, NULL, voltage, stimulus, NULL, NULL}};
    for (int i = 0; i < 2; i++) {
        om_recovery found = {0};
        tn_error error = {0};
        ck_assert_int_eq(om_recover_least_squares(joint, &lacking[i], FRAMES, &found, &error), TN_EINVAL);
        ck_assert_ptr_nonnull(strstr(error.message, "derivative and the stimulus"));
        om_recovery_clear(&found);
    }
    om_joint_free(joint);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("the yardstick");
    tcase_add_test(all, what_the_data_determine_is_found);
    tcase_add_test(all, what_they_do_not_determine_is_marked);
    tcase_add_test(all, too_few_frames_give_finite_numbers);
    tcase_add_test(all, what_is_not_finite_stays_with_its_neuron);
    tcase_add_test(all, any_number_of_threads_gives_the_same_bits);
    tcase_add_test(all, a_watch_ends_it_while_frames_are_gathered_and_neurons_solved);
    tcase_add_test(all, the_cost_is_that_of_all_neurons);
    tcase_add_test(all, without_stimulus_or_derivative_it_refuses);
    return run_cases("yardstick", all, NULL);
}
