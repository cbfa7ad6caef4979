/* Recordings: what is written is read back, in every layout. */
#include "config.h"
#include "common/dataset_parts.h"
#include "recordings.h"
#include "testing.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Every frame of every series, in blocks and one by one backwards. */
static void assert_frames(om_recording *recording, const om_recording_plan *plan)
{
    float block[16 * WIDEST], frames[16 * WIDEST];
    tn_error error = {0};
    for (int split = 0; split < OM_SPLITS; split++)
        for (int series = 0; series < OM_SERIES_COUNT; series++) {
            if (series != OM_VOLTAGE && !plan->has[series]) continue;
            int64_t n = plan->frames[split], width = series == OM_STIMULUS ? COLUMNS : NEURONS, order[16];
            ck_assert_int_eq(om_recording_length(recording, (om_split)split, (om_recording_series)series), n);
            for (int64_t i = 0; i < n; i++) order[i] = n - 1 - i;
            tn_status status =
                om_recording_block(recording, (om_split)split, (om_recording_series)series, 0, n, block, &error);
            ck_assert_msg(status == TN_OK, "%s", error.message);
            status =
                om_recording_frames(recording, (om_split)split, (om_recording_series)series, n, order, frames, &error);
            ck_assert_msg(status == TN_OK, "%s", error.message);
            for (int64_t i = 0; i < n; i++)
                for (int64_t k = 0; k < width; k++) {
                    float expected = sample_value((om_split)split, (om_recording_series)series, i, k);
                    ck_assert_float_eq(block[i * width + k], expected);
                    ck_assert_float_eq(frames[(n - 1 - i) * width + k], expected);
                }
        }
}

/* ---- Round trips ---- */

START_TEST(everything_written_is_read_back)
{
    om_recording_plan plan = sample_plan();
    plan.compress = _i;
    om_recording *recording = open_or_fail(sample_write(&plan));
    const om_recording_attributes *about = om_recording_attributes_of(recording);
    ck_assert_double_eq(about->delta_t, 0.02);
    ck_assert_double_eq(about->sigma, 0.05);
    ck_assert_double_eq(about->measurement_noise, 0.25);
    ck_assert(about->seed == plan.attributes.seed);
    ck_assert_str_eq(about->config, plan.attributes.config);
    ck_assert_str_eq(about->program, plan.attributes.program);

    const om_recording_circuit *circuit = om_recording_circuit_of(recording), *wanted = &plan.circuit;
    ck_assert(circuit->neurons == NEURONS && circuit->synapses == SYNAPSES && circuit->columns == COLUMNS);
    ck_assert_mem_eq(circuit->source, wanted->source, SYNAPSES * sizeof(int32_t));
    ck_assert_mem_eq(circuit->target, wanted->target, SYNAPSES * sizeof(int32_t));
    ck_assert_mem_eq(circuit->is_input, wanted->is_input, NEURONS);
    ck_assert_mem_eq(circuit->column, wanted->column, NEURONS * sizeof(int32_t));
    ck_assert_mem_eq(circuit->type, wanted->type, NEURONS * sizeof(int32_t));
    ck_assert_mem_eq(circuit->u, wanted->u, COLUMNS * sizeof(int32_t));
    ck_assert_mem_eq(circuit->v, wanted->v, COLUMNS * sizeof(int32_t));
    ck_assert_mem_eq(circuit->position, wanted->position, 2 * COLUMNS * sizeof(float));
    ck_assert_int_eq(circuit->types, 2);
    for (int i = 0; i < 2; i++) ck_assert_str_eq(circuit->type_names[i], wanted->type_names[i]);
    for (om_recording_part part = 0; part < OM_PARTS; part++) ck_assert(om_recording_has(recording, part));

    om_recording_truth truth;
    ck_assert_int_eq(om_recording_read_truth(recording, &truth, NULL), TN_OK);
    ck_assert_mem_eq(truth.weight, plan.truth->weight, SYNAPSES * sizeof(float));
    ck_assert_mem_eq(truth.time_constant, plan.truth->time_constant, NEURONS * sizeof(float));
    ck_assert_mem_eq(truth.resting_potential, plan.truth->resting_potential, NEURONS * sizeof(float));
    ck_assert_mem_eq(truth.is_null, plan.truth->is_null, SYNAPSES);
    om_recording_truth_free(&truth);
    assert_frames(recording, &plan);
    om_recording_close(recording);
}
END_TEST

START_TEST(uncompressed_frames_are_read_without_hdf5)
{
    om_recording_plan plan = sample_plan();
    om_recording *recording = open_or_fail(sample_write(&plan));
    for (int split = 0; split < OM_SPLITS; split++)
        for (int series = 0; series < OM_SERIES_COUNT; series++)
            ck_assert_int_gt(recording->frames[split][series].place, 0);
    om_recording_close(recording);
}
END_TEST

START_TEST(a_recording_of_voltage_and_circuit_alone_says_what_it_cannot_serve)
{
    om_recording_plan plan = sample_plan();
    plan.attributes = (om_recording_attributes){.delta_t = 0.5, .sigma = NAN, .measurement_noise = NAN};
    plan.circuit = (om_recording_circuit){
        .neurons = NEURONS, .synapses = SYNAPSES, .source = plan.circuit.source, .target = plan.circuit.target};
    plan.truth = NULL;
    plan.frames[OM_TEST] = 0;
    memset(plan.has, 0, sizeof plan.has);
    om_recording *recording = open_or_fail(sample_write(&plan));
    ck_assert(isnan(om_recording_attributes_of(recording)->sigma));
    ck_assert_str_eq(om_recording_attributes_of(recording)->program, "");
    ck_assert_int_eq(om_recording_circuit_of(recording)->columns, 0);

    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    om_recording_describe(recording, stream);
    fclose(stream);
    for (om_recording_part part = 0; part < OM_PARTS; part++) {
        ck_assert(!om_recording_has(recording, part));
        ck_assert_msg(strstr(text, om_recording_without(part)) != NULL, "%s", text);
    }
    free(text);

    om_recording_truth truth;
    ck_assert_int_eq(om_recording_read_truth(recording, &truth, NULL), TN_OK);
    ck_assert(!truth.weight && !truth.time_constant && !truth.resting_potential && !truth.is_null);
    ck_assert_int_eq(om_recording_length(recording, OM_TRAIN, OM_STIMULUS), 0);
    ck_assert_int_eq(om_recording_length(recording, OM_TEST, OM_VOLTAGE), 0);
    ck_assert_int_eq(om_recording_length(recording, OM_TEST, OM_DERIVATIVE), 0);
    om_recording_close(recording);
}
END_TEST

START_TEST(without_a_derivative_the_finite_difference_is_the_target)
{
    om_recording_plan plan = sample_plan();
    plan.has[OM_DERIVATIVE] = false;
    om_recording *recording = open_or_fail(sample_write(&plan));
    ck_assert_int_eq(om_recording_length(recording, OM_TRAIN, OM_DERIVATIVE), TRAIN_FRAMES - 1);
    float y[(TRAIN_FRAMES - 1) * NEURONS];
    ck_assert_int_eq(om_recording_block(recording, OM_TRAIN, OM_DERIVATIVE, 0, TRAIN_FRAMES - 1, y, NULL), TN_OK);
    for (int i = 0; i < (TRAIN_FRAMES - 1) * NEURONS; i++) {
        int64_t t = i / NEURONS, k = i % NEURONS;
        double next = sample_value(OM_TRAIN, OM_VOLTAGE, t + 1, k), now = sample_value(OM_TRAIN, OM_VOLTAGE, t, k);
        ck_assert_float_eq_tol(y[i], (float)((next - now) / 0.02), 1e-5f);
    }
    tn_error error = {0};
    int64_t last = TRAIN_FRAMES - 1;
    ck_assert_int_eq(om_recording_frames(recording, OM_TRAIN, OM_DERIVATIVE, 1, &last, y, &error), TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "/train/derivative has no frame 6: it has 6"));
    om_recording_close(recording);
}
END_TEST

START_TEST(positions_follow_from_lattice_coordinates)
{
    om_recording_plan plan = sample_plan();
    const float *expected = plan.circuit.position;
    plan.circuit.position = NULL;
    om_recording *recording = open_or_fail(sample_write(&plan));
    ck_assert(om_recording_has(recording, OM_PART_LATTICE));
    for (int i = 0; i < 2 * COLUMNS; i++)
        ck_assert_float_eq_tol(om_recording_circuit_of(recording)->position[i], expected[i], 1e-6f);
    om_recording_close(recording);
}
END_TEST

/* ---- Layouts ---- */

/* Types and layouts in which a stranger may store the voltage, and whether they are read without HDF5. */
static const struct {
    const char *type;  /* see type_of */
    int rows, columns; /* of a chunk; 0: contiguous */
    bool deflate, early, direct;
} variants[] = {
    {"f4", 0, 0, false, false, true},        {"f8", 0, 0, false, false, false},
    {"big", 0, 0, false, false, false},      {"f4", 1, NEURONS, false, true, true},
    {"f4", 1, NEURONS, false, false, false}, {"f4", 2, NEURONS, false, true, false},
    {"f4", 1, 3, false, true, false},        {"f4", 3, 2, true, false, false},
    {"big", 1, NEURONS, true, false, false}, {"f8", 4, NEURONS, false, false, false},
    {"f4", 7, 5, false, false, false},
};

static hid_t type_of(const char *name)
{
    return !strcmp(name, "f4") ? H5T_NATIVE_FLOAT : !strcmp(name, "f8") ? H5T_NATIVE_DOUBLE : H5T_IEEE_F32BE;
}

START_TEST(voltages_of_any_type_and_layout_give_the_same_frames)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    if (variants[_i].rows)
        H5Pset_chunk(layout, 2, (hsize_t[]){(hsize_t)variants[_i].rows, (hsize_t)variants[_i].columns});
    if (variants[_i].deflate) H5Pset_deflate(layout, 6);
    if (variants[_i].early) H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY);
    put_array(path, "/train/voltage", type_of(variants[_i].type), TRAIN_FRAMES, NEURONS, sample_voltage(), layout);
    H5Pclose(layout);
    om_recording *recording = open_or_fail(path);
    ck_assert_int_eq(recording->frames[OM_TRAIN][OM_VOLTAGE].place >= 0, variants[_i].direct);
    assert_frames(recording, &plan);
    om_recording_close(recording);
}
END_TEST

/* As MATLAB writes them: HDF5 begins after a block of the user's. */
START_TEST(a_recording_behind_a_user_block_is_read)
{
    enum { BLOCK = 512, MOST = 1 << 20 };
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    char *bytes = calloc(1, MOST);
    FILE *file = fopen(path, "r+b");
    ck_assert(bytes && file);
    size_t size = fread(bytes + BLOCK, 1, MOST - BLOCK, file);
    ck_assert(size > 0 && feof(file));
    rewind(file);
    ck_assert_uint_eq(fwrite(bytes, 1, BLOCK + size, file), BLOCK + size);
    ck_assert_int_eq(fclose(file), 0);
    free(bytes);
    om_recording *recording = open_or_fail(path);
    ck_assert_int_lt(recording->frames[OM_TRAIN][OM_VOLTAGE].place, 0);
    assert_frames(recording, &plan);
    om_recording_close(recording);
}
END_TEST

START_TEST(integer_voltages_are_read_as_floats)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    double values[TRAIN_FRAMES * NEURONS];
    for (int i = 0; i < TRAIN_FRAMES * NEURONS; i++) values[i] = 7 * i - 100;
    put_array(path, "/train/voltage", H5T_STD_I16BE, TRAIN_FRAMES, NEURONS, values, H5P_DEFAULT);
    om_recording *recording = open_or_fail(path);
    float frame[NEURONS];
    ck_assert_int_eq(om_recording_block(recording, OM_TRAIN, OM_VOLTAGE, 3, 1, frame, NULL), TN_OK);
    for (int k = 0; k < NEURONS; k++) ck_assert_float_eq(frame[k], (float)values[3 * NEURONS + k]);
    om_recording_close(recording);
}
END_TEST

/* As h5py does: booleans are an enumeration, names are of fixed length, indices are 64 bits. */
START_TEST(circuits_of_other_number_types_are_read)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    double source[SYNAPSES];
    for (int e = 0; e < SYNAPSES; e++) source[e] = plan.circuit.source[e];
    put_array(path, "/circuit/source", H5T_STD_U64BE, SYNAPSES, 0, source, H5P_DEFAULT);
    hid_t boolean = H5Tenum_create(H5T_NATIVE_INT8);
    H5Tenum_insert(boolean, "FALSE", &(int8_t){0});
    H5Tenum_insert(boolean, "TRUE", &(int8_t){1});
    put_array(path, "/circuit/is_input", boolean, NEURONS, 0, NULL, H5P_DEFAULT);
    drop(path, "/circuit/type_names");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), text = H5Tcopy(H5T_C_S1);
    hid_t dataset = H5Dopen2(file, "/circuit/is_input", H5P_DEFAULT), space = H5Screate_simple(1, (hsize_t[]){2}, NULL);
    ck_assert_int_ge(H5Dwrite(dataset, boolean, H5S_ALL, H5S_ALL, H5P_DEFAULT, plan.circuit.is_input), 0);
    H5Dclose(dataset);
    H5Tset_size(text, 4);
    H5Tset_strpad(text, H5T_STR_SPACEPAD);
    dataset = H5Dcreate2(file, "/circuit/type_names", text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(dataset, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, "R1  T4bb"), 0);
    H5Dclose(dataset);
    H5Fclose(file);

    om_recording *recording = open_or_fail(path);
    const om_recording_circuit *circuit = om_recording_circuit_of(recording);
    ck_assert_mem_eq(circuit->source, plan.circuit.source, SYNAPSES * sizeof(int32_t));
    ck_assert_mem_eq(circuit->is_input, plan.circuit.is_input, NEURONS);
    ck_assert_str_eq(circuit->type_names[0], "R1");
    ck_assert_str_eq(circuit->type_names[1], "T4bb");
    om_recording_close(recording);
}
END_TEST

/* ---- Reading ---- */

START_TEST(frames_beyond_the_end_do_not_exist)
{
    om_recording_plan plan = sample_plan();
    om_recording *recording = open_or_fail(sample_write(&plan));
    static const int64_t cases[][2] = {{-1, 1}, {TRAIN_FRAMES, 1}, {0, TRAIN_FRAMES + 1}, {3, INT64_MAX}, {3, -1}};
    float out[NEURONS];
    for (int i = 0; i < 5; i++) {
        tn_error error = {0};
        tn_status status = om_recording_block(recording, OM_TRAIN, OM_VOLTAGE, cases[i][0], cases[i][1], out, &error);
        ck_assert_int_eq(status, TN_EINVAL);
        ck_assert_ptr_nonnull(strstr(error.message, "/train/voltage has no frame"));
    }
    tn_error error = {0};
    ck_assert_int_eq(om_recording_frames(recording, OM_TEST, OM_STIMULUS, 2, (int64_t[]){0, 4}, out, &error),
                     TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "/test/stimulus has no frame 4: it has 4"));
    om_recording_close(recording);
}
END_TEST

START_TEST(a_value_that_is_not_finite_is_named_when_it_is_read)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    double values[TRAIN_FRAMES * NEURONS] = {0};
    values[4 * NEURONS + 2] = _i ? 1e300 : NAN; /* too large for a float, or no number */
    put_array(path, "/train/voltage", H5T_NATIVE_DOUBLE, TRAIN_FRAMES, NEURONS, values, H5P_DEFAULT);
    om_recording *recording = open_or_fail(path);
    float out[3 * NEURONS];
    tn_error error = {0};
    ck_assert_int_eq(om_recording_block(recording, OM_TRAIN, OM_VOLTAGE, 0, 3, out, &error), TN_OK);
    ck_assert_int_eq(om_recording_block(recording, OM_TRAIN, OM_VOLTAGE, 3, 3, out, &error), TN_EFORMAT);
    ck_assert_msg(strstr(error.message, "recording.h5: /train/voltage[4, 2], frame 4 of neuron 2, is ") &&
                      strstr(error.message, _i ? "is inf" : "is nan"),
                  "%s", error.message);
    om_recording_close(recording);
}
END_TEST

static void *read_everything(void *recording)
{
    om_recording_plan plan = sample_plan();
    assert_frames(recording, &plan);
    return NULL;
}

START_TEST(another_thread_may_read)
{
    om_recording_plan plan = sample_plan();
    plan.compress = _i;
    om_recording *recording = open_or_fail(sample_write(&plan));
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, read_everything, recording), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    om_recording_close(recording);
}
END_TEST

/* ---- Statistics ---- */

/* A recording of many neurons far from zero, whose variance a careless sum would lose. */
static const char *write_wide(float *voltage)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s", scratch_path("wide.h5"));
    for (int64_t t = 0; t < LONG; t++) tn_fill_normal(voltage + t * WIDE, WIDE, 1, 1, (uint64_t)t);
    for (int64_t i = 0; i < LONG * WIDE; i++) voltage[i] = 1000.0f + (float)(i % WIDE) + 0.125f * voltage[i];
    om_recording_writer *writer = wide_create(path);
    const float *series[OM_SERIES_COUNT] = {voltage};
    ck_assert_int_eq(om_recording_append(writer, OM_TRAIN, LONG, series, NULL), TN_OK);
    ck_assert_int_eq(om_recording_finish(writer, NULL), TN_OK);
    return path;
}

/* Mean and standard deviation of n values, stride apart, in two passes. */
static void two_passes(const float *x, int64_t n, int64_t stride, double *mean, double *sd)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i * stride];
    *mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) squares += (x[i * stride] - *mean) * (x[i * stride] - *mean);
    *sd = sqrt(squares / (double)(n - 1));
}

START_TEST(statistics_agree_with_two_passes_and_with_any_number_of_threads)
{
    float *voltage = calloc(LONG * WIDE, sizeof *voltage);
    double result[2][2 * WIDE + 1], mean, sd;
    float highest[WIDE];
    om_recording *recording = open_or_fail(write_wide(voltage));
    for (int run = 0; run < 2; run++) {
        tn_set_threads(run ? 4 : 1);
        tn_error error = {0};
        double *r = result[run];
        tn_status status = om_recording_statistics(recording, r, r + WIDE, highest, r + 2 * WIDE, &error);
        ck_assert_msg(status == TN_OK, "%s", error.message);
    }
    ck_assert_mem_eq(result[0], result[1], sizeof result[0]);
    for (int i = 0; i < WIDE; i++) {
        two_passes(voltage + i, LONG, WIDE, &mean, &sd);
        ck_assert_double_eq_tol(result[0][i] / mean, 1, 1e-13);
        ck_assert_double_eq_tol(result[0][WIDE + i] / sd, 1, 1e-10);
        float largest = voltage[i];
        for (int k = 1; k < LONG; k++) largest = fmaxf(largest, voltage[k * WIDE + i]);
        ck_assert_float_eq(highest[i], largest);
    }
    two_passes(voltage, LONG * WIDE, 1, &mean, &sd);
    ck_assert_double_eq_tol(result[0][2 * WIDE] / (1.5 * sd), 1, 1e-12);
    om_recording_close(recording);
    free(voltage);
}
END_TEST

START_TEST(statistics_of_one_frame_do_not_exist)
{
    om_recording_plan plan = sample_plan();
    plan.frames[OM_TRAIN] = 1;
    om_recording *recording = open_or_fail(sample_write(&plan));
    double mean[NEURONS], sd[NEURONS], xnorm;
    float highest[NEURONS];
    tn_error error = {0};
    ck_assert_int_eq(om_recording_statistics(recording, mean, sd, highest, &xnorm, &error), TN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "at least 2"));
    om_recording_close(recording);
}
END_TEST

int main(void)
{
    TCase *round_trip = tcase_create("round trip");
    tcase_add_loop_test(round_trip, everything_written_is_read_back, 0, 2);
    tcase_add_test(round_trip, uncompressed_frames_are_read_without_hdf5);
    tcase_add_test(round_trip, a_recording_of_voltage_and_circuit_alone_says_what_it_cannot_serve);
    tcase_add_test(round_trip, without_a_derivative_the_finite_difference_is_the_target);
    tcase_add_test(round_trip, positions_follow_from_lattice_coordinates);
    TCase *layouts = tcase_create("layouts");
    tcase_add_loop_test(layouts, voltages_of_any_type_and_layout_give_the_same_frames, 0,
                        sizeof variants / sizeof *variants);
    tcase_add_test(layouts, a_recording_behind_a_user_block_is_read);
    tcase_add_test(layouts, integer_voltages_are_read_as_floats);
    tcase_add_test(layouts, circuits_of_other_number_types_are_read);
    TCase *reading = tcase_create("reading");
    tcase_add_test(reading, frames_beyond_the_end_do_not_exist);
    tcase_add_loop_test(reading, a_value_that_is_not_finite_is_named_when_it_is_read, 0, 2);
    tcase_add_loop_test(reading, another_thread_may_read, 0, 2);
    tcase_add_test(reading, statistics_agree_with_two_passes_and_with_any_number_of_threads);
    tcase_add_test(reading, statistics_of_one_frame_do_not_exist);
    return run_cases("dataset", round_trip, layouts, reading, NULL);
}
