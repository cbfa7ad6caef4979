/* Recordings that strangers got wrong, or that were damaged, are refused in words. */
#include "config.h"
#include "common/dataset_hdf5.h"
#include "recordings.h"
#include "testing.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- One thing wrong ---- */

static const double zeros[64], ones[] = {1, 1, 1, 1, 1, 1}, not_a_number[] = {0, 0, 0, NAN, 0, 0};
static const double unsorted[] = {1, 4, 2, 0, 2, 3}, twice[] = {1, 4, 2, 2, 2, 3}, beyond[] = {1, 4, 0, 5, 2, 3},
                    negative[] = {1, 4, 0, -1, 2, 3}, fraction[] = {1, 4, 0, 2.5, 2, 3},
                    huge[] = {1, 4, 0, 4294967298.0, 2, 3}, two[] = {1, 1, 0, 2, 1}, no_column[] = {2, -1, -1, 1, 0},
                    too_low[] = {2, 0, -2, 1, 0}, too_high[] = {2, 0, 3, 1, 0}, bad_type[] = {0, 0, 1, 2, 1};

typedef enum what { DROP, PUT, STRINGS, UNWRITTEN, UNWRITTEN_CHUNKS, ATTRIBUTE, TEXT, DROP_ATTRIBUTE } what;

static const struct {
    what what;
    const char *name;
    int64_t rows, columns;
    const double *values;
    double number; /* of ATTRIBUTE */
    const char *message;
    tn_status status;
} cases[] = {
    {DROP_ATTRIBUTE, "format", 0, 0, NULL, 0, "format (attribute) is missing", TN_EFORMAT},
    {TEXT, "format", 0, 0, NULL, 0, "format (attribute) is \"recording/2\", expected \"recording/1\"", TN_EFORMAT},
    {ATTRIBUTE, "format", 0, 0, NULL, 1, "format (attribute) is not text", TN_EFORMAT},
    {DROP_ATTRIBUTE, "delta_t", 0, 0, NULL, 0, "delta_t (attribute) is missing", TN_EFORMAT},
    {TEXT, "delta_t", 0, 0, NULL, 0, "delta_t (attribute) is not a number", TN_EFORMAT},
    {ATTRIBUTE, "delta_t", 0, 0, NULL, 0, "delta_t (attribute) is 0, expected 1e-06 to 1000 seconds", TN_EFORMAT},
    {ATTRIBUTE, "delta_t", 0, 0, NULL, -0.5, "delta_t (attribute) is -0.5", TN_EFORMAT},
    {ATTRIBUTE, "delta_t", 0, 0, NULL, 1e-300, "delta_t (attribute) is 1e-300, expected 1e-06", TN_EFORMAT},
    {ATTRIBUTE, "delta_t", 0, 0, NULL, 1e300, "delta_t (attribute) is 1e+300, expected 1e-06", TN_EFORMAT},
    {ATTRIBUTE, "delta_t", 0, 0, NULL, NAN, "delta_t (attribute) is nan", TN_EFORMAT},

    {ATTRIBUTE, "sigma", 0, 0, NULL, NAN, "sigma (attribute) is nan, expected a standard deviation", TN_EFORMAT},
    {ATTRIBUTE, "sigma", 0, 0, NULL, -1, "sigma (attribute) is -1, expected a standard deviation", TN_EFORMAT},
    {ATTRIBUTE, "measurement_noise", 0, 0, NULL, -1, "measurement_noise (attribute) is -1, expected", TN_EFORMAT},
    {ATTRIBUTE, "seed", 0, 0, NULL, -3, "seed (attribute) is -3, expected an integer", TN_EFORMAT},
    {ATTRIBUTE, "seed", 0, 0, NULL, 4.5, "seed (attribute) is 4.5, expected an integer", TN_EFORMAT},

    {DROP, "/train/voltage", 0, 0, NULL, 0, "/train/voltage is missing", TN_EFORMAT},
    {DROP, "/train", 0, 0, NULL, 0, "/train/voltage is missing", TN_EFORMAT},
    {PUT, "/train", 3, 0, zeros, 0, "/train is not a group", TN_EFORMAT},
    {PUT, "/train/voltage", 5, 0, zeros, 0, "/train/voltage has 1 dimensions, expected 2", TN_EFORMAT},
    {PUT, "/train/voltage", 0, 0, zeros, 0, "/train/voltage has 0 dimensions, expected 2", TN_EFORMAT},
    {STRINGS, "/train/voltage", 7, 5, NULL, 0, "/train/voltage holds no numbers", TN_EFORMAT},
    {UNWRITTEN, "/train/voltage", 7, 5, NULL, 0, "/train/voltage is not wholly in the file", TN_EFORMAT},
    {UNWRITTEN_CHUNKS, "/train/voltage", 7, 5, NULL, 0, "/train/voltage is not wholly in the file", TN_EFORMAT},
    {PUT, "/train/voltage", 7, 4, zeros, 0, "/train/derivative is 7 x 5, expected 7 x 4", TN_EFORMAT},
    {PUT, "/train/derivative", 6, 5, zeros, 0, "/train/derivative is 6 x 5, expected 7 x 5", TN_EFORMAT},
    {PUT, "/train/stimulus", 7, 2, zeros, 0, "/test/stimulus is 4 x 3, expected 4 x 2", TN_EFORMAT},
    {PUT, "/test/voltage", 4, 6, zeros, 0, "/test/voltage is 4 x 6, expected 4 x 5", TN_EFORMAT},
    {DROP, "/test/voltage", 0, 0, NULL, 0, "/test/voltage is missing, which /test/derivative needs", TN_EFORMAT},

    {DROP, "/circuit/source", 0, 0, NULL, 0, "/circuit/source is missing", TN_EFORMAT},
    {DROP, "/circuit/target", 0, 0, NULL, 0, "/circuit/target is missing", TN_EFORMAT},
    {PUT, "/circuit/target", 5, 0, zeros, 0, "/circuit/target has 5 rows, expected 6", TN_EFORMAT},
    {PUT, "/circuit/source", 6, 0, unsorted, 0, "synapse 3 (target 1, source 0) follows synapse 2 (target 1, source 2)",
     TN_EFORMAT},
    {PUT, "/circuit/source", 6, 0, twice, 0, "synapse 3 (target 1, source 2) repeats synapse 2", TN_EFORMAT},
    {PUT, "/circuit/source", 6, 0, beyond, 0, "/circuit/source[3] is 5, expected 0 to 4", TN_EFORMAT},
    {PUT, "/circuit/source", 6, 0, negative, 0, "/circuit/source[3] is -1, expected 0 to 4", TN_EFORMAT},
    {PUT, "/circuit/source", 6, 0, fraction, 0, "/circuit/source[3] is 2.5, expected an integer", TN_EFORMAT},
    {PUT, "/circuit/source", 6, 0, huge, 0, "/circuit/source[3] is 4294967298, expected an integer", TN_EFORMAT},
    {PUT, "/circuit/source", 6, 0, not_a_number, 0, "/circuit/source[3] is nan, expected an integer", TN_EFORMAT},
    {DROP, "/circuit/is_input", 0, 0, NULL, 0, "/circuit/is_input is missing, which /circuit/column needs", TN_EFORMAT},
    {PUT, "/circuit/is_input", 5, 0, two, 0, "/circuit/is_input[3] is 2, expected 0 or 1", TN_EFORMAT},
    {DROP, "/circuit/column", 0, 0, NULL, 0, "/circuit/column is missing, which /circuit/is_input needs", TN_EFORMAT},
    {PUT, "/circuit/column", 5, 0, no_column, 0, "/circuit/column[1] is -1, expected a column", TN_EFORMAT},
    {PUT, "/circuit/column", 5, 0, too_low, 0, "/circuit/column[2] is -2, expected -1 to 2", TN_EFORMAT},
    {PUT, "/circuit/column", 5, 0, too_high, 0, "/circuit/column[2] is 3, expected -1 to 2", TN_EFORMAT},
    {DROP, "/circuit/type_names", 0, 0, NULL, 0, "/circuit/type_names is missing", TN_EFORMAT},
    {PUT, "/circuit/type_names", 2, 0, zeros, 0, "/circuit/type_names holds no strings", TN_EFORMAT},
    {PUT, "/circuit/type", 5, 0, bad_type, 0, "/circuit/type[3] is 2, expected 0 to 1", TN_EFORMAT},
    {DROP, "/lattice/u", 0, 0, NULL, 0, "/lattice/u is missing, which /lattice/v needs", TN_EFORMAT},
    {PUT, "/lattice/v", 4, 0, zeros, 0, "/lattice/v has 4 rows, expected 3", TN_EFORMAT},
    {PUT, "/lattice/position", 3, 3, zeros, 0, "/lattice/position has 3 columns, expected 2", TN_EFORMAT},
    {PUT, "/lattice/position", 3, 2, not_a_number, 0, "/lattice/position[1, 1] is nan, expected a finite number",
     TN_EFORMAT},
};

static void apply(const char *path, int i)
{
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE), text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 3);
    H5Pset_chunk(layout, 2, (hsize_t[]){1, 5});
    int64_t rows = cases[i].rows, columns = cases[i].columns;
    switch (cases[i].what) {
    case DROP: drop(path, cases[i].name); break;
    case PUT: put_array(path, cases[i].name, H5T_NATIVE_DOUBLE, rows, columns, cases[i].values, H5P_DEFAULT); break;
    case STRINGS: put_array(path, cases[i].name, text, rows, columns, NULL, H5P_DEFAULT); break;
    case UNWRITTEN: put_array(path, cases[i].name, H5T_NATIVE_FLOAT, rows, columns, NULL, H5P_DEFAULT); break;
    case UNWRITTEN_CHUNKS: put_array(path, cases[i].name, H5T_NATIVE_FLOAT, rows, columns, NULL, layout); break;
    case ATTRIBUTE: put_number(path, cases[i].name, cases[i].number); break;
    case TEXT: put_text(path, cases[i].name, "recording/2"); break;
    case DROP_ATTRIBUTE: drop_attribute(path, cases[i].name); break;
    }
    H5Tclose(text);
    H5Pclose(layout);
}

START_TEST(what_is_wrong_is_named)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    apply(path, _i);
    tn_error error = {0};
    ck_assert_msg(om_recording_open(path, &error) == NULL, "case %d is accepted: %s", _i, cases[_i].message);
    ck_assert_msg(strstr(error.message, cases[_i].message) && strstr(error.message, "recording.h5: "),
                  "\"%s\", expected \"%s\"", error.message, cases[_i].message);
    ck_assert_int_eq(error.status, cases[_i].status);
}
END_TEST

/* As large as no recording has them; each is met where its frame is read. */
START_TEST(values_beyond_all_units_are_refused)
{
    static const struct {
        const char *name, *message;
        om_recording_series which;
        double most;
    } series[] = {
        {"/train/voltage", "/train/voltage[0, 3], frame 0 of neuron 3, is 1e+30, expected", OM_VOLTAGE, 1e9},
        {"/train/derivative", "/train/derivative[0, 3], frame 0 of neuron 3, is 1e+30, expected", OM_DERIVATIVE, 1e15},
    };
    for (size_t i = 0; i < sizeof series / sizeof *series; i++)
        for (int large = 0; large < 2; large++) {
            om_recording_plan plan = sample_plan();
            const char *path = sample_write(&plan);
            double values[TRAIN_FRAMES * NEURONS] = {[3] = large ? 1e30 : series[i].most};
            put_array(path, series[i].name, H5T_NATIVE_FLOAT, TRAIN_FRAMES, NEURONS, values, H5P_DEFAULT);
            om_recording *recording = open_or_fail(path);
            float frame[NEURONS];
            tn_error error = {0};
            tn_status status = om_recording_block(recording, OM_TRAIN, series[i].which, 0, 1, frame, &error);
            ck_assert_int_eq(status, large ? TN_EFORMAT : TN_OK);
            if (large) ck_assert_msg(strstr(error.message, series[i].message) != NULL, "%s", error.message);
            om_recording_close(recording);
        }
}
END_TEST

/* ---- What HDF5 says ---- */

START_TEST(the_reason_that_hdf5_gives_is_kept_whole)
{
    static const struct {
        const char *said, *kept;
    } reasons[] = {
        {"can't open 'plugin' directory", "HDF5: can't open 'plugin' directory"},
        {"two\nlines", "HDF5: two"},
        {"write failed: errno = 28, error message = 'No space left', buf = 0x1", "HDF5: No space left"},
        {"open failed: error message = 'Can't find it', flags = 0", "HDF5: Can't find it"},
    };
    om_h5_enter();
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        tn_error error = {0};
        const om_h5 h5 = {H5I_INVALID_HID, "recording.h5", &error};
        H5Eclear2(H5E_DEFAULT);
        H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_IO, H5E_READERROR, "%s", reasons[i].said);
        om_h5_fail(&h5, TN_EIO, "/train/voltage", "cannot be read");
        const char *kept = strstr(error.message, "HDF5: ");
        ck_assert_ptr_nonnull(kept);
        ck_assert_str_eq(kept, reasons[i].kept);
    }
}
END_TEST

static size_t same_bytes(unsigned flags, size_t n, const unsigned values[], size_t bytes, size_t *size, void **buffer)
{
    (void)flags, (void)n, (void)values, (void)size, (void)buffer;
    return bytes;
}

/* What a program that has more filters than we may write. */
START_TEST(a_filter_that_is_not_installed_is_named)
{
    static const char *const names[] = {"/train/voltage", "/circuit/source", "/lattice/position"};
    static const int64_t shape[][2] = {{TRAIN_FRAMES, NEURONS}, {SYNAPSES, 0}, {COLUMNS, 2}};
    enum { FILTER = 32000 };
    for (int i = 0; i < 3; i++) {
        om_recording_plan plan = sample_plan();
        const char *path = sample_write(&plan);
        H5Z_class2_t class = {.version = H5Z_CLASS_T_VERS,
                              .id = FILTER,
                              .encoder_present = 1,
                              .decoder_present = 1,
                              .name = "lzf",
                              .filter = same_bytes};
        H5Zregister(&class);
        hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(layout, shape[i][1] ? 2 : 1, (hsize_t[]){1, (hsize_t)shape[i][1]});
        H5Pset_filter(layout, FILTER, H5Z_FLAG_OPTIONAL, 0, NULL);
        put_array(path, names[i], H5T_NATIVE_FLOAT, shape[i][0], shape[i][1], zeros, layout);
        H5Pclose(layout);
        H5Zunregister(FILTER);
        tn_error error = {0};
        char message[256];
        snprintf(message, sizeof message,
                 "recording.h5: %s went through the HDF5 filter 32000 (lzf), which is not "
                 "installed",
                 names[i]);
        ck_assert_ptr_null(om_recording_open(path, &error));
        ck_assert_int_eq(error.status, TN_EFORMAT);
        ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
    }
}
END_TEST

START_TEST(names_that_cannot_be_shown_or_told_apart_are_refused)
{
    enum { LONG_NAME = 20000 };
    static char endless[LONG_NAME + 1], longest[64];
    memset(endless, 'x', LONG_NAME);
    memset(longest, 'x', 63);
    const struct {
        const char *names[2], *message;
    } wrong[] = {
        {{"R1", ""}, "/circuit/type_names[1] has 0 bytes, expected 1 to 63"},
        {{endless, "R1"}, "/circuit/type_names[0] has 20000 bytes, expected 1 to 63"},
        {{"R1", "T4\xff"}, "/circuit/type_names[1] has the byte 0xFF at 2, expected UTF-8"},
        {{"R1", "T4\xc2"}, "/circuit/type_names[1] has the byte 0xC2 at 2, expected UTF-8"},
        {{"R\n1", "T4"}, "/circuit/type_names[0] has the control character U+000A at byte 1"},
        {{"R1", "\xe2\x80\xa9"}, "/circuit/type_names[1] has the control character U+2029 at byte 0"},
        {{"R1", "R1"}, "/circuit/type_names[1] is \"R1\", as is [0]; expected each name once"},
        {{longest, "T4\xce\xb1 2\xc2\xa0mm"}, NULL},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        om_recording_plan plan = sample_plan();
        const char *path = sample_write(&plan);
        put_names(path, "/circuit/type_names", 2, wrong[i].names);
        tn_error error = {0};
        om_recording *recording = om_recording_open(path, &error);
        ck_assert_msg(!recording == !!wrong[i].message, "case %zu: %s", i, error.message);
        om_recording_close(recording);
        if (!wrong[i].message) continue;
        ck_assert_int_eq(error.status, TN_EFORMAT);
        ck_assert_msg(strstr(error.message, wrong[i].message) && strstr(error.message, path), "%s", error.message);
    }
}
END_TEST

START_TEST(a_wrong_truth_matters_only_to_those_who_ask)
{
    const struct {
        const char *name, *message;
        int64_t rows;
        const double *values;
        tn_status status;
    } wrong[] = {{"/truth/weight", "/truth/weight has 5 rows, expected 6", 5, zeros, TN_EFORMAT},
                 {"/truth/time_constant", "/truth/time_constant[3] is nan", 5, not_a_number, TN_EFORMAT},
                 {"/truth/time_constant", "/truth/time_constant[0] is 0, expected seconds", 5, zeros, TN_EFORMAT},
                 {"/truth/is_null", "/truth/is_null[2] is 2", 6, (const double[]){0, 0, 2, 0, 0, 0}, TN_EFORMAT}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        om_recording_plan plan = sample_plan();
        const char *path = sample_write(&plan);
        put_array(path, wrong[i].name, H5T_NATIVE_DOUBLE, wrong[i].rows, 0, wrong[i].values, H5P_DEFAULT);
        om_recording *recording = om_recording_open(path, NULL);
        ck_assert_ptr_nonnull(recording);
        om_recording_truth truth;
        tn_error error = {0};
        ck_assert_int_eq(om_recording_read_truth(recording, &truth, &error), wrong[i].status);
        ck_assert_msg(strstr(error.message, wrong[i].message) != NULL, "%s", error.message);
        ck_assert(!truth.weight && !truth.time_constant && !truth.resting_potential && !truth.is_null);
        om_recording_close(recording);
    }
}
END_TEST

START_TEST(columns_are_counted_from_the_neurons_where_nothing_else_knows_them)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    const char *const gone[] = {"/lattice", "/train/stimulus", "/test/stimulus"};
    for (int i = 0; i < 3; i++) drop(path, gone[i]);
    put_array(path, "/circuit/column", H5T_NATIVE_INT, NEURONS, 0, ones, H5P_DEFAULT);
    om_recording *recording = om_recording_open(path, NULL);
    ck_assert_ptr_nonnull(recording);
    ck_assert_int_eq(om_recording_circuit_of(recording)->columns, 2);
    ck_assert(!om_recording_has(recording, OM_PART_LATTICE));
    om_recording_close(recording);
}
END_TEST

/* ---- Files elsewhere, other files, damaged files ---- */

START_TEST(frames_in_another_file_are_refused)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(layout, "/etc/passwd", 0, TRAIN_FRAMES * NEURONS * sizeof(float));
    put_array(path, "/train/voltage", H5T_NATIVE_FLOAT, TRAIN_FRAMES, NEURONS, NULL, layout);
    H5Pclose(layout);
    tn_error error = {0};
    ck_assert_ptr_null(om_recording_open(path, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "/train/voltage is not wholly in the file"));
}
END_TEST

/* A link to a dataset, to a group of datasets, and to one by way of a link within the file. */
START_TEST(links_into_other_recordings_are_refused)
{
    static const char *const names[][2] = {{"/train/voltage", "/train/voltage"},
                                           {"/train", "/train"},
                                           {"/circuit/target", "/circuit/target"},
                                           {"/circuit/type_names", "/circuit/type_names"},
                                           {"/elsewhere", "/train/voltage"}};
    om_recording_plan plan = sample_plan();
    char other[4096];
    snprintf(other, sizeof other, "%s", sample_write(&plan));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = sample_write(&plan), *link = names[i][0], *to = names[i][1];
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        ck_assert_int_ge(H5Ldelete(file, to, H5P_DEFAULT), 0);
        ck_assert_int_ge(H5Lcreate_external(other, to, file, link, H5P_DEFAULT, H5P_DEFAULT), 0);
        if (strcmp(link, to)) ck_assert_int_ge(H5Lcreate_soft(link, file, to, H5P_DEFAULT, H5P_DEFAULT), 0);
        H5Fclose(file);
        tn_error error = {0};
        ck_assert_ptr_null(om_recording_open(path, &error));
        ck_assert_msg(strstr(error.message, to) && strstr(error.message, "is not in the file: a link leads out of it"),
                      "%s", error.message);
    }
}
END_TEST

START_TEST(a_recording_of_nothing_is_refused)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, (const hsize_t[]){0, NEURONS}, NULL);
    ck_assert_int_ge(H5Ldelete(file, "/train/voltage", H5P_DEFAULT), 0);
    hid_t empty = H5Dcreate2(file, "/train/voltage", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(empty);
    H5Sclose(space);
    H5Fclose(file);
    tn_error error = {0};
    ck_assert_ptr_null(om_recording_open(path, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "/train/voltage is 0 x 5: nothing is in it"));
}
END_TEST

START_TEST(what_is_no_recording_is_refused)
{
    char pipe[4096], text[4096];
    snprintf(pipe, sizeof pipe, "%s", scratch_path("pipe"));
    snprintf(text, sizeof text, "%s", scratch_path("text"));
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    write_text(text, "time,voltage\n0,0\n");
    const struct {
        const char *path, *message;
        tn_status status;
    } others[] = {{"/nowhere/x.h5", "No such file", TN_EIO},
                  {"/tmp", "is not a regular file", TN_EIO},
                  {pipe, "is not a regular file", TN_EIO},
                  {text, "is not an HDF5 file", TN_EFORMAT}};
    for (int i = 0; i < 4; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(om_recording_open(others[i].path, &error));
        ck_assert_int_eq(error.status, others[i].status);
        ck_assert_msg(strstr(error.message, others[i].message) != NULL, "%s", error.message);
    }
}
END_TEST

START_TEST(a_truncated_file_is_refused_at_every_length)
{
    om_recording_plan plan = sample_plan();
    plan.compress = _i;
    const char *path = sample_write(&plan);
    struct stat about;
    ck_assert_int_eq(stat(path, &about), 0);
    for (off_t length = about.st_size - 1; length >= 0; length -= length > 200 ? 97 : 1) {
        ck_assert_int_eq(truncate(path, length), 0);
        tn_error error = {0};
        ck_assert_msg(om_recording_open(path, &error) == NULL, "length %ld", (long)length);
        ck_assert(error.status == TN_EFORMAT && strstr(error.message, path));
    }
}
END_TEST

/* The file may become shorter while it is open; that must not end in a signal, as reading mapped memory would. */
START_TEST(a_file_cut_while_it_is_open_is_an_input_output_error)
{
    om_recording_plan plan = sample_plan();
    plan.compress = _i;
    const char *path = sample_write(&plan);
    om_recording *recording = om_recording_open(path, NULL);
    ck_assert_int_eq(truncate(path, 100), 0);
    float out[TRAIN_FRAMES * NEURONS];
    tn_error error = {0};
    ck_assert_int_eq(om_recording_block(recording, OM_TRAIN, OM_VOLTAGE, 0, TRAIN_FRAMES, out, &error), TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "/train/voltage cannot be read"));
    om_recording_close(recording);
}
END_TEST

int main(void)
{
    TCase *wrong = tcase_create("wrong");
    tcase_add_loop_test(wrong, what_is_wrong_is_named, 0, sizeof cases / sizeof *cases);
    tcase_add_test(wrong, values_beyond_all_units_are_refused);
    tcase_add_test(wrong, the_reason_that_hdf5_gives_is_kept_whole);
    tcase_add_test(wrong, a_filter_that_is_not_installed_is_named);
    tcase_add_test(wrong, names_that_cannot_be_shown_or_told_apart_are_refused);
    tcase_add_test(wrong, a_wrong_truth_matters_only_to_those_who_ask);
    tcase_add_test(wrong, columns_are_counted_from_the_neurons_where_nothing_else_knows_them);
    TCase *damaged = tcase_create("damaged");
    tcase_add_test(damaged, frames_in_another_file_are_refused);
    tcase_add_test(damaged, links_into_other_recordings_are_refused);
    tcase_add_test(damaged, a_recording_of_nothing_is_refused);
    tcase_add_test(damaged, what_is_no_recording_is_refused);
    tcase_add_loop_test(damaged, a_truncated_file_is_refused_at_every_length, 0, 2);
    tcase_add_loop_test(damaged, a_file_cut_while_it_is_open_is_an_input_output_error, 0, 2);
    return run_cases("malformed dataset", wrong, damaged, NULL);
}
