/* Line searches on functions of one number. */
#include "config.h"
#include "optim/line_search.h"
#include "testing.h"

#include <math.h>

/* Functions of one number, negative slope at 0; the first two: Moré and Thuente, ACM TOMS 20, 1994, section 5. */
static double more_1(double t, double *slope)
{
    *slope = (t * t - 2) / ((t * t + 2) * (t * t + 2));
    return -t / (t * t + 2);
}

static double more_2(double t, double *slope)
{
    double u = t + 0.04;
    *slope = 5 * pow(u, 4) - 8 * pow(u, 3);
    return pow(u, 5) - 2 * pow(u, 4);
}

static double wall(double t, double *slope)
{
    *slope = t < 2 ? -1 + 1 / (2 - t) : 0;
    return t < 2 ? -t - log(2 - t) : -INFINITY; /* no number, and yet less than all */
}

static double flat(double t, double *slope)
{
    *slope = -1e-3 * exp(-1e-3 * t) + 1e-9 * t;
    return exp(-1e-3 * t) + 0.5e-9 * t * t;
}

static double (*const functions[])(double t, double *slope) = {more_1, more_2, wall, flat};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

typedef struct curve {
    double (*f)(double t, double *slope);
    double last;
} curve;

static tn_status trace(void *of, tn_point *here, tn_error *error)
{
    curve *c = of;
    (void)error;
    here->loss = c->f(here->at, &here->slope);
    c->last = here->at;
    return TN_OK;
}

START_TEST(line_searches_end_where_the_strong_wolfe_conditions_hold)
{
    static const double conditions[][2] = {{1e-4, 0.9}, {1e-3, 0.1}, {1e-4, 0.01}};
    for (int k = 0; k < 3; k++)
        for (double first = 1e-3; first < 1e4; first *= 10) {
            curve c = {.f = functions[_i]};
            tn_line_search search = {.decrease = conditions[k][0], .curvature = conditions[k][1], .evaluations = 40,
                                     .first = first, .evaluate = trace, .problem = &c};
            tn_point start = {0}, found;
            bool finite;
            start.loss = c.f(0, &start.slope);
            ck_assert_int_eq(tn_line_search_run(&search, start, &found, &finite, NULL), TN_OK);
            ck_assert_double_gt(found.at, 0);
            ck_assert(finite);
            ck_assert_double_eq(c.last, found.at);
            ck_assert_double_le(found.loss, start.loss + conditions[k][0] * found.at * start.slope);
            ck_assert_msg(fabs(found.slope) <= conditions[k][1] * fabs(start.slope), "from %g: at %g the slope is %g",
                          first, found.at, found.slope);
        }
}
END_TEST

/* With too few evaluations the best place of sufficient decrease is taken, and evaluated last; up a hill there is none.
 */
START_TEST(line_searches_that_are_cut_short_end_at_their_best_place)
{
    curve c = {.f = more_1};
    tn_line_search search = {.decrease = 1e-4, .curvature = 1e-6, .evaluate = trace, .problem = &c};
    tn_point start = {0}, found;
    bool finite;
    start.loss = more_1(0, &start.slope);
    for (search.first = 0.01; search.first < 100; search.first *= 3) {
        double loss = start.loss;
        for (search.evaluations = 1; search.evaluations < 10; search.evaluations++) {
            ck_assert_int_eq(tn_line_search_run(&search, start, &found, &finite, NULL), TN_OK);
            ck_assert_double_eq(c.last, found.at);
            ck_assert_double_le(found.loss, loss);
            loss = found.loss;
        }
    }
    start = (tn_point){.loss = -1, .slope = -1}; /* not what the function does */
    ck_assert_int_eq(tn_line_search_run(&search, start, &found, &finite, NULL), TN_OK);
    ck_assert_double_eq(found.at, 0);
}
END_TEST

int main(void)
{
    TCase *searches = tcase_create("searches");
    tcase_add_loop_test(searches, line_searches_end_where_the_strong_wolfe_conditions_hold, 0, FUNCTIONS);
    tcase_add_test(searches, line_searches_that_are_cut_short_end_at_their_best_place);
    return run_cases("line search", searches, NULL);
}
