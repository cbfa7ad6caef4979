/* Every figure of a report: same bytes twice, in three formats, with ordinary data, odd data and none. */
#include "config.h"
#include "common/figure.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 300, TYPES = 5, ROWS = 4 };

/* Data for all figures. Kind 0 is ordinary; 1 is constant; 2 has values that are not finite, immense ones, and names
 * that are no text; 3 is empty; 4 is a single neuron. */
enum { KINDS = 5 };

typedef struct data {
    size_t n, types, rows;
    double x[N], y[N];
    float a[2 * N], b[2 * N];
    int32_t type[N], row[ROWS];
    const char *name[N];
} data;

static data *make_data(int kind)
{
    data *d = calloc(1, sizeof *d);
    d->n = kind == 3 ? 0 : kind == 4 ? 1 : N;
    d->types = kind == 3 ? 0 : kind == 4 ? 1 : TYPES;
    d->rows = kind == 3 ? 0 : kind == 4 ? 1 : ROWS;
    for (size_t i = 0; i < N; i++) {
        uint64_t k = (uint64_t)i;
        d->x[i] = kind == 1 ? 0.25 : tn_random_normal(1, 0, k);
        d->y[i] = kind == 1 ? 0.25 : d->x[i] + 0.2 * tn_random_normal(1, 1, k);
        d->type[i] = kind == 4 ? 0 : (int32_t)(i % TYPES);
        d->name[i] = kind == 2 ? "a\xff very long name \n<of> a cell type that never ends, \xc3 really" : "Tm5a";
    }
    for (size_t i = 0; i < 2 * N; i++) {
        d->a[i] = kind == 1 ? 1.0f : (float)sin(0.1 * (double)i);
        d->b[i] = kind == 1 ? 1.0f : (float)sin(0.1 * (double)i + 0.1);
    }
    for (size_t i = 0; kind == 2 && i < 40; i++) {
        static const double odd[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e-300, 0};
        d->x[7 * i] = odd[i % 7];
        d->y[5 * i] = odd[i % 7];
        d->a[3 * i] = (float)odd[i % 7];
        d->b[11 * i] = (float)odd[i % 7];
    }
    return d;
}

static tn_status draw_weights(const char *path, const data *d, tn_error *error)
{
    om_recovery_figure figure = {
        .quantity = OM_WEIGHT,
        .n = d->n,
        .truth = d->a,
        .n_readouts = 2,
        .readout = {{"ours", d->y, 0.9, 1.01, 0.01, 0.8}, {"theirs", d->x, NAN, NAN, NAN, NAN}}};
    return om_figure_recovery(path, &figure, error);
}

static tn_status draw_time_constants(const char *path, const data *d, tn_error *error)
{
    om_recovery_figure figure = {.quantity = OM_TIME_CONSTANT,
                                 .n = d->n,
                                 .truth = d->a,
                                 .n_readouts = 1,
                                 .readout = {{"ours", d->y, 0.9, 1.01, 0.01, 0.8}},
                                 .types = {d->type, d->types, d->name}};
    return om_figure_recovery(path, &figure, error);
}

static tn_status draw_embedding(const char *path, const data *d, tn_error *error)
{
    om_embedding_figure figure = {d->n, d->a, {d->type, d->types, d->name}, 0.8, 0.7, NAN};
    return om_figure_embedding(path, &figure, error);
}

static tn_status draw_functions(const char *path, const data *d, tn_error *error)
{
    size_t points = d->types ? d->n / d->types : 0;
    om_functions_figure figure = {{d->types, points, d->x, d->y, d->x}, {d->types, points, d->x, NULL, d->y}, d->name};
    return om_figure_functions(path, &figure, error);
}

static tn_status draw_type_errors(const char *path, const data *d, tn_error *error)
{
    om_type_error errors[] = {{"weights", d->x, 0.5}, {"time constants", d->y, 0}};
    om_type_errors_figure figure = {d->n, d->name, 2, errors};
    return om_figure_type_errors(path, &figure, error);
}

static tn_status draw_stimulus(const char *path, const data *d, tn_error *error)
{
    size_t frames = d->rows ? d->n / d->rows : 0;
    om_stimulus_figure figure = {frames, d->rows, d->a, d->b, 1.1, -0.1, 0.9, 0.02, d->rows, d->row, 0, frames};
    return om_figure_stimulus(path, &figure, error);
}

static tn_status draw_training(const char *path, const data *d, tn_error *error)
{
    om_series series[] = {{"loss", d->n, d->x, d->y}, {"a score", d->n, d->y, d->x}};
    om_training_figure figure = {1, series, 2, series};
    return om_figure_training(path, &figure, error);
}

static tn_status draw_rollout(const char *path, const data *d, tn_error *error)
{
    size_t frames = d->rows ? d->n / d->rows : 0;
    om_rollout_figure figure = {d->rows, frames, d->name, d->a, d->b, d->a, 0.02, d->y};
    return om_figure_rollout(path, &figure, error);
}

static const struct figure {
    const char *name;
    tn_status (*draw)(const char *path, const data *d, tn_error *error);
} figures[] = {
    {"weights", draw_weights},         {"time_constants", draw_time_constants},
    {"embedding", draw_embedding},     {"functions", draw_functions},
    {"type_errors", draw_type_errors}, {"stimulus", draw_stimulus},
    {"training", draw_training},       {"rollout", draw_rollout},
};
enum { FIGURES = sizeof figures / sizeof *figures };

/* Draws a figure and returns its bytes. */
static char *bytes_of(const struct figure *figure, const data *d, size_t *length)
{
    char name[64];
    tn_error error = {0};
    snprintf(name, sizeof name, "%s.png", figure->name);
    const char *path = scratch_path(name);
    ck_assert_msg(figure->draw(path, d, &error) == TN_OK, "%s: %s", figure->name, error.message);
    return read_bytes(path, length);
}

START_TEST(the_same_data_give_the_same_png_and_other_data_another)
{
    const struct figure *figure = &figures[_i / KINDS];
    data *d = make_data(_i % KINDS), *other = make_data((_i + 1) % KINDS);
    size_t first_length, second_length, other_length;
    char *first = bytes_of(figure, d, &first_length), *different = bytes_of(figure, other, &other_length);
    char *second = bytes_of(figure, d, &second_length);
    ck_assert_uint_gt(first_length, 1000);
    ck_assert_mem_eq(first, "\x89PNG", 4);
    ck_assert_uint_eq(first_length, second_length);
    ck_assert_mem_eq(first, second, first_length);
    ck_assert(other_length != first_length || memcmp(first, different, first_length) != 0);
    free(first);
    free(second);
    free(different);
    free(d);
    free(other);
}
END_TEST

START_TEST(a_figure_that_cannot_be_written_leaves_nothing)
{
    data *d = make_data(0);
    tn_error folder = {0};
    ck_assert_int_eq(figures[_i].draw(scratch_path("no-such-folder/figure.png"), d, &folder), TN_EIO);
    ck_assert_ptr_nonnull(strstr(folder.message, "no-such-folder/figure.png: No such file"));
    ck_assert_int_eq(entries(scratch_path(".")), 0);
    free(d);
}
END_TEST

START_TEST(an_index_out_of_range_is_named)
{
    data *d = make_data(0);
    tn_error type = {0}, column = {0}, frames = {0}, readouts = {0};
    d->type[17] = TYPES;
    ck_assert_int_eq(draw_embedding(scratch_path("a.png"), d, &type), TN_EINVAL);
    ck_assert_str_eq(type.message, "the type of neuron 17 is 5, but there are 5 types");
    d->type[17] = -1;
    ck_assert_int_eq(draw_time_constants(scratch_path("a.png"), d, NULL), TN_EINVAL);
    d->row[2] = -1;
    ck_assert_int_eq(draw_stimulus(scratch_path("a.png"), d, &column), TN_EINVAL);
    ck_assert_str_eq(column.message, "lattice column -1 is to be shown, but there are 4");
    om_stimulus_figure late = {.n_frames = 10, .first = 5, .shown = 6};
    ck_assert_int_eq(om_figure_stimulus(scratch_path("a.png"), &late, &frames), TN_EINVAL);
    ck_assert_str_eq(frames.message, "frames 5 to 11 are to be shown, but there are 10");
    om_recovery_figure three = {.n_readouts = 3};
    ck_assert_int_eq(om_figure_recovery(scratch_path("a.png"), &three, &readouts), TN_EINVAL);
    free(d);
}
END_TEST

START_TEST(as_many_neurons_as_the_fly_has_are_no_trouble)
{
    enum { MANY = 13741 };
    double *x = calloc(MANY, sizeof *x);
    float *v = calloc(2 * MANY, sizeof *v);
    int32_t *type = calloc(MANY, sizeof *type);
    const char **name = calloc(MANY, sizeof *name);
    for (int i = 0; i < MANY; i++) x[i] = v[i] = (float)sin(i), type[i] = i, name[i] = "own type";
    om_types types = {type, MANY, name};
    om_recovery_figure recovery = {.quantity = OM_RESTING_POTENTIAL,
                                   .n = MANY,
                                   .truth = v,
                                   .n_readouts = 1,
                                   .readout = {{"ours", x, 1, 1, 0, 1}},
                                   .types = types};
    om_type_error each = {"error", x, 0.1};
    om_type_errors_figure errors = {MANY, name, 1, &each};
    om_functions_figure functions = {{MANY, 1, x, x, x}, {MANY, 1, x, x, x}, name};
    om_rollout_figure rollout = {MANY, 2, name, v, v, NULL, 0.02, x};
    ck_assert_int_eq(om_figure_recovery(scratch_path("a.png"), &recovery, NULL), TN_OK);
    ck_assert_int_eq(om_figure_type_errors(scratch_path("a.png"), &errors, NULL), TN_OK);
    ck_assert_int_eq(om_figure_functions(scratch_path("a.png"), &functions, NULL), TN_OK);
    ck_assert_int_eq(om_figure_rollout(scratch_path("a.png"), &rollout, NULL), TN_OK);
    free(x);
    free(v);
    free(type);
    free(name);
}
END_TEST

int main(void)
{
    TCase *every = tcase_create("every figure");
    tcase_set_timeout(every, 60);
    tcase_add_loop_test(every, the_same_data_give_the_same_png_and_other_data_another, 0, FIGURES * KINDS);
    tcase_add_loop_test(every, a_figure_that_cannot_be_written_leaves_nothing, 0, FIGURES);
    tcase_add_test(every, an_index_out_of_range_is_named);
    tcase_add_test(every, as_many_neurons_as_the_fly_has_are_no_trouble);
    return run_cases("figures", every, NULL);
}
