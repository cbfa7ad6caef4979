/* The fly's visual system against the reference values, neuron by neuron and synapse by synapse. */
#include "config.h"
#include "golden.h"
#include "models.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>

static om_circuit *read_fly(int32_t extent)
{
    tn_error error = {0};
    const char *path = shared_data("circuits/fly-visual-system.json");
    if (!path) return NULL;
    om_circuit *circuit = om_circuit_read(path, extent, &error);
    ck_assert_msg(circuit != NULL, "%s", error.message);
    return circuit;
}

START_TEST(the_fly_has_its_numbers_of_neurons_and_synapses)
{
    static const struct {
        int32_t extent, columns, neurons, synapses, inputs;
    } expected[] = {{2, 19, 1203, 28904, 152}, {4, 61, 3865, 110794, 488}, {8, 217, 13741, 434112, 1736}};
    om_circuit *c = read_fly(expected[_i].extent);
    if (!c) return;
    int32_t inputs = 0;
    for (int32_t i = 0; i < c->neurons; i++) inputs += c->is_input[i];
    ck_assert_int_eq(c->columns, expected[_i].columns);
    ck_assert_int_eq(c->neurons, expected[_i].neurons);
    ck_assert_int_eq(c->synapses, expected[_i].synapses);
    ck_assert_int_eq(inputs, expected[_i].inputs);
    om_circuit_free(c);
}
END_TEST

static void same_ints(golden *file, const char *name, const int32_t *values, int32_t count)
{
    ck_assert_int_eq(tn_shape_size(golden_shape(file, name)), count);
    const int32_t *expected = golden_int32s(file, name);
    for (int32_t i = 0; i < count; i++)
        ck_assert_msg(values[i] == expected[i], "%s[%d] is %d, expected %d", name, (int)i, (int)values[i],
                      (int)expected[i]);
}

static void same_floats(golden *file, const char *name, const float *values, int32_t count, double tolerance)
{
    ck_assert_int_eq(tn_shape_size(golden_shape(file, name)), count);
    const double *expected = golden_doubles(file, name);
    for (int32_t i = 0; i < count; i++)
        ck_assert_msg(fabs(values[i] - expected[i]) <= tolerance, "%s[%d] is %.9g, expected %.9g", name, (int)i,
                      (double)values[i], expected[i]);
}

START_TEST(every_neuron_and_synapse_of_the_fly_is_in_its_place)
{
    const char *path = shared_data(_i ? "golden/circuit_extent8.h5" : "golden/circuit_extent2.h5");
    golden *file = golden_open(path);
    om_circuit *c = file ? read_fly((int32_t)golden_attribute(file, "/", "extent")) : NULL;
    if (!c) return;
    const char *const *names = golden_strings(file, "type_names");
    ck_assert_int_eq(golden_shape(file, "type_names").dim[0], c->types);
    for (int32_t t = 0; t < c->types; t++) ck_assert_str_eq(c->cell_type[t].name, names[t]);

    int32_t *is_input = calloc((size_t)c->neurons, sizeof *is_input);
    for (int32_t i = 0; i < c->neurons; i++) is_input[i] = c->is_input[i];
    same_ints(file, "is_input", is_input, c->neurons);
    same_ints(file, "type", c->type, c->neurons);
    same_ints(file, "u", c->u, c->neurons);
    same_ints(file, "v", c->v, c->neurons);
    same_ints(file, "source", c->source, c->synapses);
    same_ints(file, "target", c->target, c->synapses);
    same_floats(file, "time_constant", c->time_constant, c->neurons, 0);
    same_floats(file, "resting_potential", c->resting_potential, c->neurons, 0);
    same_floats(file, "weight", c->weight, c->synapses, 0);
    free(is_input);
    om_circuit_free(c);
    golden_close(file);
}
END_TEST

START_TEST(the_columns_are_those_of_the_reference_eye)
{
    golden *file = golden_open(golden_data("eye_extent8.h5"));
    if (!file) return;
    om_lattice *lattice = om_lattice_new((int32_t)golden_attribute(file, "/", "extent"), NULL);
    same_ints(file, "u", lattice->u, lattice->columns);
    same_ints(file, "v", lattice->v, lattice->columns);
    om_lattice_free(lattice);
    golden_close(file);
}
END_TEST

START_TEST(the_columns_of_neurons_are_those_of_the_reference_dynamics)
{
    golden *file = golden_open(shared_data("golden/dynamics_extent2.h5"));
    om_circuit *c = file ? read_fly((int32_t)golden_attribute(file, "/", "extent")) : NULL;
    if (!c) return;
    same_ints(file, "column", c->column, c->neurons);
    om_circuit_free(c);
    golden_close(file);
}
END_TEST

int main(void)
{
    TCase *fly = tcase_create("fly");
    tcase_add_loop_test(fly, the_fly_has_its_numbers_of_neurons_and_synapses, 0, 3);
    tcase_add_loop_test(fly, every_neuron_and_synapse_of_the_fly_is_in_its_place, 0, 2);
    tcase_add_test(fly, the_columns_are_those_of_the_reference_eye);
    tcase_add_test(fly, the_columns_of_neurons_are_those_of_the_reference_dynamics);
    return run_cases("circuit-golden", fly, NULL);
}
