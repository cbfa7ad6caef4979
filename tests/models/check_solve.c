/* Solving for the stimulus, and the step that learns from what was solved for. */
#include "config.h"
#include "small_joint.h"

#include <math.h>
#include <string.h>

/* Three columns of two neurons each that see them, and one behind that acts back on the first. */
enum { NEURONS = 7, SYNAPSES = 7, COLUMNS = 3, INPUTS = 6, FRAMES = 37, BATCH = 2, POINTS = 4, WINDOWS = 2 };

static om_joint *model_of(bool joint, int windows)
{
    static const int32_t source[SYNAPSES] = {6, 0, 1, 2, 3, 4, 5}, target[SYNAPSES] = {0, 6, 6, 6, 6, 6, 6};
    static const int32_t column[NEURONS] = {0, 1, 2, 0, 1, 2, 0};
    static const uint8_t is_input[NEURONS] = {1, 1, 1, 1, 1, 1, 0};
    static const double position[] = {-0.5, 0, 0.5, 1, 0.5, -1};
    om_wiring wiring = {NEURONS, SYNAPSES, COLUMNS, source, target, is_input, column, position};
    om_joint_spec spec = {
        .hidden_dim = 6, .layers = 2, .embedding_dim = 2, .joint = joint, .weight_scale = 0.3, .xnorm = 1,
        .siren = {.hidden_dim = 8, .layers = 1, .omega = {3, 2, 2}, .windows = windows},
        .t_scale = 2.0 / FRAMES, .t_offset = -1, .xy_scale = 1,
    };
    return made_joint(&wiring, &spec);
}

/* ---- solving ---- */

/* A recording that the model itself has made. */
typedef struct recorded {
    double *voltage, *derivative; /* [FRAMES, NEURONS] */
} recorded;

static tn_status copy_frames(const double *from, int64_t n, const int64_t *frame, void *out)
{
    for (int64_t k = 0; k < n; k++)
        memcpy((double *)out + k * NEURONS, from + frame[k] * NEURONS, NEURONS * sizeof *from);
    return TN_OK;
}

static tn_status voltage(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    (void)error;
    return copy_frames(((recorded *)user)->voltage, n, frame, out);
}

static tn_status derivative(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    (void)error;
    return copy_frames(((recorded *)user)->derivative, n, frame, out);
}

/* More frames than are solved for at a time. */
static int64_t every_frame[FRAMES];

static void number_frames(void)
{
    for (int64_t k = 0; k < FRAMES; k++) every_frame[k] = k;
}

/* What the SIREN says of all frames, as float64. */
static double *field_of(const om_joint *joint, tn_params *params)
{
    om_field *field = om_field_new(joint, params, FRAMES, NULL);
    double *copy = tn_alloc(FRAMES * COLUMNS * sizeof *copy);
    memcpy(copy, om_field_at(field, every_frame, NULL), FRAMES * COLUMNS * sizeof *copy);
    om_field_free(field);
    return copy;
}

/* Squared distances of the SIREN and of the solved stimulus from the one, `shift` off the SIREN's, that was seen. */
static void distances(double shift, double *of_field, double *of_solved)
{
    tn_error error = {0};
    om_joint *joint = model_of(true, WINDOWS);
    tn_params *params = parameters_of(joint, 8);
    double *field = field_of(joint, params), *off = numbers(FRAMES * COLUMNS, 1);
    double *seen = tn_alloc(FRAMES * COLUMNS * sizeof *seen);
    for (int i = 0; i < FRAMES * COLUMNS; i++) seen[i] = field[i] + shift * (off[i] - 0.5);
    recorded r = {numbers(FRAMES * NEURONS, 2), tn_alloc(FRAMES * NEURONS * sizeof(double))};
    tn_graph *g = tn_graph_new(TN_F64);
    om_joint_predict(joint, g, params, FRAMES, false);
    tn_plan *plan = planned(g, (input[]){{"voltage", r.voltage}, {"stimulus", seen}, {0}});
    memcpy(r.derivative, tn_result(plan, "predicted_derivative"), FRAMES * NEURONS * sizeof *r.derivative);

    float solved[FRAMES * COLUMNS];
    om_data data = {.frames = FRAMES, .user = &r, .voltage = voltage, .derivative = derivative};
    ck_assert_msg(om_solve_stimulus(joint, params, &data, FRAMES, every_frame, solved, &error) == TN_OK, "%s",
                  error.message);
    *of_field = *of_solved = 0;
    for (int i = 0; i < FRAMES * COLUMNS; i++) {
        *of_field += pow(field[i] - seen[i], 2);
        *of_solved += pow(solved[i] - seen[i], 2);
    }
    tn_plan_free(plan);
    tn_graph_free(g);
    tn_free(field);
    tn_free(off);
    tn_free(seen);
    tn_free(r.voltage);
    tn_free(r.derivative);
    tn_params_free(params);
    om_joint_free(joint);
}

START_TEST(what_explains_the_derivatives_stays)
{
    double of_field, of_solved;
    distances(0, &of_field, &of_solved);
    ck_assert_double_lt(of_solved, 1e-12);
}
END_TEST

START_TEST(solving_comes_nearer_to_what_was_seen)
{
    double of_field, of_solved;
    distances(0.01, &of_field, &of_solved);
    ck_assert_double_gt(of_field, 0);
    ck_assert_double_lt(of_solved, 0.01 * of_field);
}
END_TEST

START_TEST(a_frame_is_solved_for_the_same_in_any_company)
{
    om_joint *joint = model_of(true, WINDOWS);
    tn_params *params = parameters_of(joint, 8);
    recorded r = {numbers(FRAMES * NEURONS, 2), numbers(FRAMES * NEURONS, 3)};
    double *bias = tn_params_data(params, "f_theta.0.bias"); /* f_theta shall be steeper in some frames */
    for (int i = 0; i < 6; i++) bias[i] = i % 2 ? -0.5 : 0.2;
    float together[FRAMES * COLUMNS], alone[COLUMNS];
    om_data data = {.frames = FRAMES, .user = &r, .voltage = voltage, .derivative = derivative};
    ck_assert_int_eq(om_solve_stimulus(joint, params, &data, FRAMES, every_frame, together, NULL), TN_OK);
    for (int k = 0; k < FRAMES; k++) {
        ck_assert_int_eq(om_solve_stimulus(joint, params, &data, 1, every_frame + k, alone, NULL), TN_OK);
        for (int c = 0; c < COLUMNS; c++)
            ck_assert_float_eq_tol(alone[c], together[k * COLUMNS + c], 1e-6f * fabsf(alone[c]));
    }
    tn_free(r.voltage);
    tn_free(r.derivative);
    tn_params_free(params);
    om_joint_free(joint);
}
END_TEST

START_TEST(a_stimulus_that_is_not_finite_is_refused)
{
    tn_error error = {0};
    om_joint *joint = model_of(true, 1);
    tn_params *params = parameters_of(joint, 8);
    recorded r = {numbers(FRAMES * NEURONS, 2), numbers(FRAMES * NEURONS, 3)};
    float solved[FRAMES * COLUMNS];
    om_data data = {.frames = FRAMES, .user = &r, .voltage = voltage, .derivative = derivative};
    r.derivative[33 * NEURONS + 1] = NAN;
    ck_assert_int_eq(om_solve_stimulus(joint, params, &data, FRAMES, every_frame, solved, &error), TN_ENUMERIC);
    ck_assert_ptr_nonnull(strstr(error.message, "frame 33, column 1"));
    tn_free(r.voltage);
    tn_free(r.derivative);
    tn_params_free(params);
    om_joint_free(joint);
}
END_TEST

START_TEST(what_cannot_be_solved_is_refused)
{
    recorded r = {numbers(FRAMES * NEURONS, 2), numbers(FRAMES * NEURONS, 3)};
    om_data data = {.frames = FRAMES, .user = &r, .voltage = voltage};
    float solved[FRAMES * COLUMNS];
    for (int with_siren = 0; with_siren < 2; with_siren++) {
        tn_error error = {0};
        om_joint *joint = model_of(with_siren, 1);
        tn_params *params = parameters_of(joint, 8);
        data.derivative = with_siren ? NULL : derivative;
        ck_assert_int_eq(om_solve_stimulus(joint, params, &data, FRAMES, every_frame, solved, &error), TN_EINVAL);
        ck_assert_ptr_nonnull(strstr(error.message, with_siren ? "needs the derivative" : "has no SIREN"));
        ck_assert_int_ne(om_solve_stimulus(joint, params, &data, FRAMES, every_frame, solved, NULL), TN_OK);
        tn_params_free(params);
        om_joint_free(joint);
    }
    tn_free(r.voltage);
    tn_free(r.derivative);
}
END_TEST

static tn_status true_movie(void *user, int64_t n, const int64_t *frame, void *out, tn_error *error)
{
    (void)error;
    for (int64_t k = 0; k < n; k++)
        memcpy((float *)out + k * COLUMNS, (float *)user + frame[k] * COLUMNS, COLUMNS * sizeof(float));
    return TN_OK;
}

static double squared_correlation(const float *x, const float *y, int n)
{
    double sx = 0, sy = 0, xx = 0, xy = 0, yy = 0;
    for (int i = 0; i < n; i++)
        sx += x[i], sy += y[i], xx += (double)x[i] * x[i], xy += (double)x[i] * y[i], yy += (double)y[i] * y[i];
    return pow(xy - sx * sy / n, 2) / ((xx - sx * sx / n) * (yy - sy * sy / n));
}

START_TEST(a_movie_is_compared_with_the_true_one_after_a_line)
{
    enum { SOME = FRAMES - 5 };
    float movie[FRAMES * COLUMNS], truth[FRAMES * COLUMNS];
    double *random[] = {numbers(FRAMES * COLUMNS, 2), numbers(FRAMES * COLUMNS, 3)};
    om_data data = {.user = truth, .stimulus = true_movie};
    om_score score;
    for (int i = 0; i < FRAMES * COLUMNS; i++) truth[i] = 3 - 2 * (movie[i] = (float)random[0][i]);
    ck_assert_int_eq(om_score_movie(movie, COLUMNS, FRAMES, &data, &score, NULL), TN_OK);
    ck_assert_double_eq_tol(score.r2, 1, 1e-9);
    ck_assert_double_eq_tol(score.slope, -2, 1e-5);
    ck_assert_double_eq_tol(score.offset, 3, 1e-5);

    for (int i = 0; i < FRAMES * COLUMNS; i++) truth[i] = (float)random[1][i];
    ck_assert_int_eq(om_score_movie(movie, COLUMNS, SOME, &data, &score, NULL), TN_OK);
    ck_assert_double_eq_tol(score.r2, squared_correlation(movie, truth, SOME * COLUMNS), 1e-9);
    for (int i = 0; i < 2; i++) tn_free(random[i]);
}
END_TEST

/* ---- the step ---- */

/* The loss of a step with a known stimulus, and with the same one solved for; its term for the SIREN. */
START_TEST(a_solved_step_is_a_known_one_and_the_siren_on_its_own)
{
    om_joint *known = model_of(false, 1), *solved = model_of(true, WINDOWS);
    tn_params *params[2] = {parameters_of(known, 8), parameters_of(solved, 8)};
    copy_parameters(params[0], params[1]);
    double coefficient[OM_COEFFICIENTS] = {0.1, 0.2, 0.01, [OM_TERM_FIELD] = 2, [OM_FACTOR_INPUTS] = 1};
    double *v = numbers(BATCH * NEURONS, 1), *y = numbers(BATCH * NEURONS, 2), *seen = numbers(BATCH * COLUMNS, 3);
    double *points = numbers(WINDOWS * POINTS * 3, 4), *target = numbers(WINDOWS * POINTS, 5);
    const input inputs[] = {{"voltage", v}, {"derivative", y}, {"stimulus", seen}, {"coefficients", coefficient}, {0},
                            {0}, {0}};
    input more[7];
    memcpy(more, inputs, sizeof more);
    more[4] = (input){"points", points};
    more[5] = (input){"target", target};
    tn_graph *g[3] = {tn_graph_new(TN_F64), tn_graph_new(TN_F64), tn_graph_new(TN_F64)};
    om_joint_step(known, g[0], params[0], BATCH, 0, false);
    om_joint_solved_step(solved, g[1], params[1], BATCH, POINTS);
    tn_plan *plan[3] = {planned(g[0], inputs), planned(g[1], more)};

    /* The SIREN at the same points, one network after the other. */
    tn_node *at = tn_input(g[2], "points", TN_F64, TN_SHAPE(WINDOWS, POINTS, 3)), *value[WINDOWS];
    const om_siren *siren = &om_joint_specification(solved)->siren;
    for (int k = 0; k < WINDOWS; k++)
        value[k] = om_siren_build(siren, k, g[2], params[1],
                                  tn_reshape(g[2], tn_slice(g[2], at, 0, k, 1), TN_SHAPE(POINTS, 3)));
    tn_output(g[2], "value", tn_concat(g[2], WINDOWS, value, 0));
    plan[2] = planned(g[2], (input[]){{"points", points}, {0}});
    const double *said = tn_result(plan[2], "value");
    double squares = 0;
    for (int i = 0; i < WINDOWS * POINTS; i++) squares += pow(said[i] - target[i], 2);

    double term = *(const double *)tn_result(plan[1], "term/field");
    ck_assert_double_eq_tol(term, 2 * sqrt(squares), 1e-12);
    ck_assert_double_eq_tol(*(const double *)tn_result(plan[1], "loss"),
                            *(const double *)tn_result(plan[0], "loss") + term, 1e-12);
    for (int i = 0; i < 3; i++) {
        tn_plan_free(plan[i]);
        tn_graph_free(g[i]);
    }
    double *const made[] = {v, y, seen, points, target};
    for (int i = 0; i < 5; i++) tn_free(made[i]);
    for (int i = 0; i < 2; i++) tn_params_free(params[i]);
    om_joint_free(known);
    om_joint_free(solved);
}
END_TEST

int main(void)
{
    number_frames();
    TCase *solving = tcase_create("solving"), *step = tcase_create("step");
    tcase_add_test(solving, what_explains_the_derivatives_stays);
    tcase_add_test(solving, solving_comes_nearer_to_what_was_seen);
    tcase_add_test(solving, a_frame_is_solved_for_the_same_in_any_company);
    tcase_add_test(solving, a_stimulus_that_is_not_finite_is_refused);
    tcase_add_test(solving, what_cannot_be_solved_is_refused);
    tcase_add_test(solving, a_movie_is_compared_with_the_true_one_after_a_line);
    tcase_add_test(step, a_solved_step_is_a_known_one_and_the_siren_on_its_own);
    return run_cases("solve", solving, step, NULL);
}
