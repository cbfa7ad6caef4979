/* Expansion: the built-in circuit against an independent program, small circuits against arithmetic by hand. */
#include "config.h"
#include "fixture.h"
#include "models.h"
#include "testing.h"

#include <string.h>

static const char *builtin_path(void)
{
    return test_data("../apps/data/builtin.json");
}

static om_circuit *read_builtin(int32_t extent)
{
    tn_error error = {0};
    om_circuit *circuit = om_circuit_read(builtin_path(), extent, &error);
    ck_assert_msg(circuit != NULL, "%s", error.message);
    return circuit;
}

static om_circuit *parse(const char *text, int32_t extent)
{
    tn_error error = {0};
    om_circuit *circuit = om_circuit_parse(text, strlen(text), "text", extent, &error);
    ck_assert_msg(circuit != NULL, "%s", error.message);
    return circuit;
}

/* One array of the circuit against the fixture: INTS for equality, FLOATS to 1e-6 relative. */
#define INTS(key, array, count)                                                                                        \
    do {                                                                                                               \
        const double *expected = fixture_numbers(golden, key, (size_t)(count));                                        \
        for (int32_t i = 0; i < (count); i++)                                                                          \
            ck_assert_msg((array)[i] == expected[i], "%s[%d] is %d, expected %g", key, (int)i, (int)(array)[i],        \
                          expected[i]);                                                                                \
    } while (0)
#define FLOATS(key, array, count)                                                                                      \
    do {                                                                                                               \
        const double *expected = fixture_numbers(golden, key, (size_t)(count));                                        \
        for (int32_t i = 0; i < (count); i++)                                                                          \
            ck_assert_double_eq_tol((array)[i], expected[i], 1e-6 * (expected[i] < 0 ? -expected[i] : expected[i]));   \
    } while (0)

START_TEST(the_builtin_circuit_agrees_with_an_independent_expansion)
{
    fixture *golden = fixture_open("builtin_extent2.json");
    om_circuit *c = read_builtin((int32_t)fixture_number(golden, "extent"));
    ck_assert_int_eq(c->lattice->extent, 2);
    ck_assert_int_eq(c->columns, c->lattice->columns);
    ck_assert_int_eq(c->types, (int32_t)fixture_count(golden, "type_names"));
    for (int32_t t = 0; t < c->types; t++)
        ck_assert_str_eq(c->cell_type[t].name, fixture_string(golden, "type_names", (size_t)t));
    INTS("lattice_u", c->lattice->u, c->columns);
    INTS("lattice_v", c->lattice->v, c->columns);
    INTS("type", c->type, c->neurons);
    INTS("column", c->column, c->neurons);
    INTS("u", c->u, c->neurons);
    INTS("v", c->v, c->neurons);
    INTS("is_input", c->is_input, c->neurons);
    FLOATS("time_constant", c->time_constant, c->neurons);
    FLOATS("resting_potential", c->resting_potential, c->neurons);
    INTS("source", c->source, c->synapses);
    INTS("target", c->target, c->synapses);
    FLOATS("weight", c->weight, c->synapses);
    for (int32_t e = 0; e < c->synapses; e++) ck_assert_int_eq(c->is_null[e], 0);
    om_circuit_free(c);
    fixture_close(golden);
}
END_TEST

START_TEST(the_builtin_circuit_is_of_the_promised_kind)
{
    om_circuit *c = read_builtin(4);
    int roles[3] = {0};
    for (int32_t t = 0; t < c->types; t++) {
        roles[c->cell_type[t].role]++;
        ck_assert(c->cell_type[t].time_constant >= 0.02f && c->cell_type[t].time_constant <= 0.3f);
        for (int32_t s = 0; s < t; s++)
            ck_assert_float_ne(c->cell_type[s].time_constant, c->cell_type[t].time_constant);
    }
    ck_assert_int_ge(roles[OM_ROLE_INPUT], 3);
    ck_assert_int_eq(roles[OM_ROLE_OUTPUT], 4);
    ck_assert_int_eq(c->types, 15);
    ck_assert_int_eq(c->neurons, 873);
    ck_assert_int_eq(c->synapses, 6365);
    om_circuit_free(c);
}
END_TEST

START_TEST(synapses_are_sorted_by_target_and_source_without_repetition)
{
    om_circuit *c = read_builtin(_i);
    for (int32_t e = 0; e < c->synapses; e++) {
        ck_assert(c->source[e] >= 0 && c->source[e] < c->neurons && c->target[e] >= 0 && c->target[e] < c->neurons);
        ck_assert(e == 0 || c->target[e - 1] < c->target[e] ||
                  (c->target[e - 1] == c->target[e] && c->source[e - 1] < c->source[e]));
    }
    om_circuit_free(c);
}
END_TEST

/* B stands in columns with u divisible by 3 and v by 2, also negative ones. */
static const char sparse_text[] =
    "{\"format\": \"circuit/1\", \"name\": \"sparse\", \"cell_types\": ["
    "{\"name\": \"A\", \"stride\": [1, 1], \"role\": \"input\", \"time_constant\": 0.5, \"resting_potential\": -1},"
    "{\"name\": \"B\", \"stride\": [3, 2], \"role\": \"output\", \"time_constant\": 1, \"resting_potential\": 0.25}],"
    "\"synapses\": [{\"source\": \"B\", \"target\": \"A\", \"sign\": -1, \"strength\": 0.5,"
    " \"offsets\": [[1, -2, 3], [0, 0, 0.5]]}]}";

START_TEST(strides_count_from_the_centre_in_both_directions)
{
    om_circuit *c = parse(sparse_text, 3);
    static const int32_t expected[][2] = {{-3, 0}, {-3, 2}, {0, -2}, {0, 0}, {0, 2}, {3, -2}, {3, 0}};
    ck_assert_int_eq(c->neurons, 37 + 7);
    for (int32_t i = 0; i < 7; i++) {
        ck_assert_int_eq(c->type[37 + i], 1);
        ck_assert_int_eq(c->u[37 + i], expected[i][0]);
        ck_assert_int_eq(c->v[37 + i], expected[i][1]);
        ck_assert_int_eq(c->column[37 + i], om_lattice_column(c->lattice, expected[i][0], expected[i][1]));
        ck_assert_int_eq(c->is_input[37 + i], 0);
        ck_assert_int_eq(c->is_input[i], 1);
        ck_assert_float_eq(c->time_constant[i], 0.5f);
        ck_assert_float_eq(c->resting_potential[37 + i], 0.25f);
    }
    om_circuit_free(c);
}
END_TEST

START_TEST(an_offset_leads_from_the_source_to_the_target)
{
    om_circuit *c = parse(sparse_text, 3);
    int32_t moved = 0;
    ck_assert_int_eq(c->synapses, 7 + 3);
    for (int32_t e = 0; e < c->synapses; e++) {
        int32_t s = c->source[e], t = c->target[e];
        bool same = c->column[s] == c->column[t];
        moved += !same;
        ck_assert_int_eq(c->type[s], 1);
        ck_assert_int_eq(c->type[t], 0);
        ck_assert_int_eq(c->u[t] - c->u[s], same ? 0 : 1);
        ck_assert_int_eq(c->v[t] - c->v[s], same ? 0 : -2);
        ck_assert_float_eq(c->weight[e], same ? -0.25f : -1.5f);
    }
    ck_assert_int_eq(moved, 3);
    om_circuit_free(c);
}
END_TEST

START_TEST(without_synapses_there_are_still_neurons)
{
    om_circuit *c =
        parse("{\"format\": \"circuit/1\", \"name\": \"one\", \"cell_types\": [{\"name\": \"A\", \"stride\":"
              " [2, 1], \"role\": \"hidden\", \"time_constant\": 1, \"resting_potential\": 0}],"
              " \"synapses\": []}",
              0);
    ck_assert_int_eq(c->neurons, 1);
    ck_assert_int_eq(c->synapses, 0);
    ck_assert_str_eq(c->name, "one");
    om_circuit_free(c);
}
END_TEST

/* Offsets farther than the lattice is wide reach nothing. Their number is known before there is memory for them. */
START_TEST(an_offset_beyond_the_lattice_gives_no_synapse)
{
    om_circuit *c =
        parse("{\"format\": \"circuit/1\", \"name\": \"far\", \"cell_types\": [{\"name\": \"A\", \"stride\":"
              " [1, 3], \"role\": \"hidden\", \"time_constant\": 1, \"resting_potential\": 0}], \"synapses\":"
              " [{\"source\": \"A\", \"target\": \"A\", \"sign\": 1, \"strength\": 1, \"offsets\":"
              " [[65535, -65535, 1], [-65535, 65535, 1], [0, 1, 1], [0, -3, 1], [4, 0, 1], [5, 0, 1]]}]}",
              2);
    ck_assert_int_eq(c->neurons, 5);
    ck_assert_int_eq(c->synapses, 1);
    ck_assert_int_eq(c->u[c->target[0]], 2);
    ck_assert_int_eq(c->u[c->source[0]], -2);
    om_circuit_free(c);
}
END_TEST

START_TEST(an_extent_out_of_range_or_too_large_is_refused)
{
    static const struct {
        int32_t extent;
        const char *message;
    } cases[] = {
        {-1, "extent of the lattice is -1"},
        {26755, "extent of the lattice is 26755"},
        {26754, "neurons and"},
        {2500, "at extent 2500 would have 267296265 neurons and 2189518781 synapses"}, /* too many synapses only */
    };
    tn_error error = {0};
    ck_assert_ptr_null(om_circuit_read(builtin_path(), cases[_i].extent, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_msg(strstr(error.message, cases[_i].message) != NULL, "%s", error.message);
}
END_TEST

START_TEST(too_many_neurons_are_refused_also_without_synapses)
{
    static const char text[] =
        "{\"format\": \"circuit/1\", \"name\": \"pair\", \"cell_types\": ["
        "{\"name\": \"A\", \"stride\": [1, 1], \"role\": \"input\", \"time_constant\": 1, \"resting_potential\": 0},"
        "{\"name\": \"B\", \"stride\": [2, 3], \"role\": \"hidden\", \"time_constant\": 1, \"resting_potential\": 0}],"
        " \"synapses\": []}";
    tn_error error = {0};
    ck_assert_ptr_null(om_circuit_parse(text, strlen(text), "text", 26754, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_msg(strstr(error.message, "neurons and 0 synapses") != NULL, "%s", error.message);
}
END_TEST

int main(void)
{
    TCase *builtin = tcase_create("built-in");
    tcase_add_test(builtin, the_builtin_circuit_agrees_with_an_independent_expansion);
    tcase_add_test(builtin, the_builtin_circuit_is_of_the_promised_kind);
    tcase_add_loop_test(builtin, synapses_are_sorted_by_target_and_source_without_repetition, 0, 6);
    TCase *expansion = tcase_create("expansion");
    tcase_add_test(expansion, strides_count_from_the_centre_in_both_directions);
    tcase_add_test(expansion, an_offset_leads_from_the_source_to_the_target);
    tcase_add_test(expansion, without_synapses_there_are_still_neurons);
    tcase_add_test(expansion, an_offset_beyond_the_lattice_gives_no_synapse);
    tcase_add_loop_test(expansion, an_extent_out_of_range_or_too_large_is_refused, 0, 4);
    tcase_add_test(expansion, too_many_neurons_are_refused_also_without_synapses);
    return run_cases("circuit", builtin, expansion, NULL);
}
