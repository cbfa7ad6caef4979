/* A small recording for tests. */
#include "config.h"
#include "recordings.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

om_recording_plan sample_plan(void)
{
    static const int32_t source[SYNAPSES] = {1, 4, 0, 2, 2, 3}, target[SYNAPSES] = {0, 0, 1, 1, 4, 4};
    static const uint8_t is_input[NEURONS] = {1, 1, 0, 0, 1};
    static const int32_t column[NEURONS] = {2, 0, -1, 1, 0}, type[NEURONS] = {0, 0, 1, 1, 1};
    static const char *const type_names[] = {"R1", "T4\xce\xb1"};
    static const int32_t u[COLUMNS] = {-1, 0, 0}, v[COLUMNS] = {1, 0, 1};
    static const float position[2 * COLUMNS] = {-0.5f, 0.8660254f, 0, 0, 0.5f, 0.8660254f};
    static float weight[SYNAPSES] = {0.5f, -1.25f, 3, 0, 2, -7};
    static float time_constant[NEURONS] = {0.01f, 0.02f, 0.03f, 0.04f, 0.05f};
    static float resting_potential[NEURONS] = {0.1f, 0.2f, 0.3f, 0.4f, 0.5f};
    static uint8_t is_null[SYNAPSES] = {0, 0, 0, 1, 0, 0};
    static const om_recording_truth truth = {weight, time_constant, resting_potential, is_null};
    return (om_recording_plan){.attributes = {.delta_t = 0.02,
                                              .sigma = 0.05,
                                              .measurement_noise = 0.25,
                                              .seed = 18446744073709551615u,
                                              .config = "generate:\n  extent: 2\n",
                                              .program = "ommatid-generate 0.1.0"},
                               .circuit = {.neurons = NEURONS,
                                           .synapses = SYNAPSES,
                                           .columns = COLUMNS,
                                           .types = 2,
                                           .source = source,
                                           .target = target,
                                           .is_input = is_input,
                                           .column = column,
                                           .type = type,
                                           .type_names = type_names,
                                           .u = u,
                                           .v = v,
                                           .position = position},
                               .truth = &truth,
                               .frames = {TRAIN_FRAMES, TEST_FRAMES},
                               .has = {true, true, true}};
}

float sample_value(om_split split, om_recording_series series, int64_t frame, int64_t k)
{
    return (float)tn_random_normal(3, (uint32_t)(3 * split + series), (uint64_t)(WIDEST * frame + k));
}

const double *sample_voltage(void)
{
    static double values[TRAIN_FRAMES * NEURONS];
    for (int i = 0; i < TRAIN_FRAMES * NEURONS; i++)
        values[i] = sample_value(OM_TRAIN, OM_VOLTAGE, i / NEURONS, i % NEURONS);
    return values;
}

tn_status sample_append(om_recording_writer *writer, const om_recording_plan *plan, int64_t n, tn_error *error)
{
    tn_status status = TN_OK;
    for (int split = 0; split < OM_SPLITS; split++)
        for (int64_t first = 0; first < plan->frames[split] && status == TN_OK; first += n) {
            static float values[OM_SERIES_COUNT][16 * WIDEST];
            const float *series[OM_SERIES_COUNT] = {NULL};
            int64_t count = plan->frames[split] - first < n ? plan->frames[split] - first : n;
            for (int each = 0; each < OM_SERIES_COUNT; each++) {
                int64_t width = each == OM_STIMULUS ? COLUMNS : NEURONS;
                for (int64_t i = 0; i < count * width; i++)
                    values[each][i] =
                        sample_value((om_split)split, (om_recording_series)each, first + i / width, i % width);
                if (each == OM_VOLTAGE || plan->has[each]) series[each] = values[each];
            }
            status = om_recording_append(writer, (om_split)split, count, series, error);
        }
    return status;
}

const char *sample_write(const om_recording_plan *plan)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s", scratch_path("recording.h5"));
    unlink(path);
    tn_error error = {0};
    om_recording_writer *writer = om_recording_create(path, plan, &error);
    ck_assert_msg(writer != NULL, "%s", error.message);
    ck_assert_msg(sample_append(writer, plan, 3, &error) == TN_OK, "%s", error.message);
    ck_assert_msg(om_recording_finish(writer, &error) == TN_OK, "%s", error.message);
    return path;
}

om_recording *open_or_fail(const char *path)
{
    tn_error error = {0};
    om_recording *recording = om_recording_open(path, &error);
    ck_assert_msg(recording != NULL, "%s", error.message);
    return recording;
}

om_recording_writer *wide_create(const char *path)
{
    static const int32_t none[1];
    om_recording_plan plan = {.attributes.delta_t = 1, .frames = {LONG, 0}};
    plan.circuit = (om_recording_circuit){.neurons = WIDE, .source = none, .target = none};
    return om_recording_create(path, &plan, NULL);
}

/* ---- Editing ---- */

static hid_t edit(const char *path, H5F_libver_t format)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, format, H5F_LIBVER_LATEST);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    H5Pclose(access);
    ck_assert_int_ge(file, 0);
    return file;
}

void drop(const char *path, const char *object)
{
    hid_t file = edit(path, H5F_LIBVER_EARLIEST);
    ck_assert_int_ge(H5Ldelete(file, object, H5P_DEFAULT), 0);
    H5Fclose(file);
}

void put_array(const char *path, const char *object, hid_t type, int64_t rows, int64_t columns, const double *values,
               hid_t layout)
{
    hsize_t dim[2] = {(hsize_t)rows, (hsize_t)columns};
    H5D_alloc_time_t time = H5D_ALLOC_TIME_DEFAULT; /* early: the new format stores chunks without an index */
    if (layout != H5P_DEFAULT) H5Pget_alloc_time(layout, &time);
    hid_t file = edit(path, time == H5D_ALLOC_TIME_EARLY ? H5F_LIBVER_V110 : H5F_LIBVER_EARLIEST);
    hid_t space = rows ? H5Screate_simple(columns ? 2 : 1, dim, NULL) : H5Screate(H5S_SCALAR);
    if (H5Lexists(file, object, H5P_DEFAULT) > 0) H5Ldelete(file, object, H5P_DEFAULT);
    hid_t dataset = H5Dcreate2(file, object, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    if (values) ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Fclose(file);
}

void put_names(const char *path, const char *object, int64_t count, const char *const *names)
{
    hid_t file = edit(path, H5F_LIBVER_EARLIEST), type = H5Tcopy(H5T_C_S1);
    hid_t space = H5Screate_simple(1, (hsize_t[]){(hsize_t)count}, NULL);
    H5Tset_size(type, H5T_VARIABLE);
    if (H5Lexists(file, object, H5P_DEFAULT) > 0) H5Ldelete(file, object, H5P_DEFAULT);
    hid_t dataset = H5Dcreate2(file, object, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(dataset >= 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Tclose(type);
    H5Fclose(file);
}

void drop_attribute(const char *path, const char *attribute)
{
    hid_t file = edit(path, H5F_LIBVER_EARLIEST);
    if (H5Aexists(file, attribute) > 0) H5Adelete(file, attribute);
    H5Fclose(file);
}

static void put_attribute(const char *path, const char *name, hid_t type, const void *value)
{
    drop_attribute(path, name);
    hid_t file = edit(path, H5F_LIBVER_EARLIEST), space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(attribute >= 0 && H5Awrite(attribute, type, value) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Fclose(file);
}

void put_number(const char *path, const char *attribute, double value)
{
    put_attribute(path, attribute, H5T_NATIVE_DOUBLE, &value);
}

void put_text(const char *path, const char *attribute, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1); /* fixed in length, unlike those we write */
    H5Tset_size(type, strlen(text) + 1);
    put_attribute(path, attribute, type, text);
    H5Tclose(type);
}
