/* Recordings are there whole or not at all, and only valid ones. */
#include "config.h"
#include "recordings.h"
#include "testing.h"

#include <dirent.h>
#include <libgen.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Entries of the directory of path that are called recording.h5, or so for the time being. */
static int siblings(const char *path)
{
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", path);
    DIR *directory = opendir(dirname(copy));
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) count += strstr(entry->d_name, "recording.h5") != NULL;
    closedir(directory);
    return count;
}

/* ---- Whole or not at all ---- */

START_TEST(an_existing_file_is_replaced_only_on_request)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    tn_error error = {0};
    ck_assert_ptr_null(om_recording_create(path, &plan, &error));
    ck_assert_int_eq(error.status, TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "recording.h5: exists"));
    plan.overwrite = true;
    plan.attributes.delta_t = 0.25;
    om_recording_writer *writer = om_recording_create(path, &plan, NULL);
    ck_assert_int_eq(sample_append(writer, &plan, 1, NULL), TN_OK);
    ck_assert_int_eq(om_recording_finish(writer, NULL), TN_OK);
    om_recording *recording = open_or_fail(path);
    ck_assert_double_eq(om_recording_attributes_of(recording)->delta_t, 0.25);
    om_recording_close(recording);
}
END_TEST

START_TEST(a_file_that_appears_meanwhile_is_kept)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    unlink(path);
    om_recording_writer *writer = om_recording_create(path, &plan, NULL);
    ck_assert_int_eq(sample_append(writer, &plan, 1, NULL), TN_OK);
    fclose(fopen(path, "w"));
    tn_error error = {0};
    ck_assert_int_eq(om_recording_finish(writer, &error), TN_EINVAL);
    ck_assert_int_eq(siblings(path), 1);
}
END_TEST

START_TEST(a_killed_writer_leaves_no_recording_and_its_rest_goes_next_time)
{
    om_recording_plan plan = sample_plan();
    const char *path = sample_write(&plan);
    unlink(path);
    pid_t child = fork();
    if (child == 0) {
        om_recording_writer *writer = om_recording_create(path, &plan, NULL);
        sample_append(writer, &plan, 2, NULL);
        raise(SIGKILL);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ck_assert(!exists(path));
    ck_assert_int_eq(siblings(path), 1);
    om_recording_writer *writer = om_recording_create(path, &plan, NULL);
    ck_assert_int_eq(siblings(path), 1); /* its own */
    om_recording_abandon(writer);
    ck_assert_int_eq(siblings(path), 0);
}
END_TEST

/* Limits from where nothing fits to where the last bytes do not. */
START_TEST(a_full_disk_is_an_input_output_error_and_leaves_nothing)
{
    om_recording_plan plan = sample_plan();
    plan.compress = _i % 2;
    const char *path = sample_write(&plan);
    FILE *file = fopen(path, "r");
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fclose(file);
    unlink(path);
    struct rlimit limit = {.rlim_cur = (rlim_t)(size * (_i / 2) / 8), .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    tn_error error = {0};
    om_recording_writer *writer = om_recording_create(path, &plan, &error);
    tn_status status = writer ? sample_append(writer, &plan, 2, &error) : error.status;
    if (writer && status == TN_OK)
        status = om_recording_finish(writer, &error);
    else
        om_recording_abandon(writer);
    ck_assert_msg(status == TN_EIO && error.status == TN_EIO, "limit %ld: %s", (long)limit.rlim_cur, error.message);
    ck_assert_msg(strstr(error.message, "recording.h5: ") != NULL, "%s", error.message);
    ck_assert_int_eq(siblings(path), 0);
}
END_TEST

START_TEST(a_disk_that_fills_up_under_the_frames_stops_the_writer)
{
    const char *path = scratch_path("recording.h5");
    float *voltage = calloc(LONG * WIDE, sizeof *voltage);
    struct rlimit limit = {.rlim_cur = 20 * WIDE * sizeof *voltage, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    om_recording_writer *writer = wide_create(path);
    tn_error error = {0};
    ck_assert_int_eq(om_recording_append(writer, OM_TRAIN, 15, (const float *[]){voltage, NULL, NULL}, &error), TN_OK);
    ck_assert_int_eq(om_recording_append(writer, OM_TRAIN, 15, (const float *[]){voltage, NULL, NULL}, &error), TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "/train/voltage cannot be written: HDF5: File too large"));
    om_recording_abandon(writer);
    ck_assert_int_eq(siblings(path), 0);
    free(voltage);
}
END_TEST

START_TEST(what_cannot_fit_is_not_begun)
{
    static const int32_t none[1];
    om_recording_plan plan = {.attributes.delta_t = 1, .frames = {INT32_MAX, 0}};
    plan.circuit = (om_recording_circuit){.neurons = INT32_MAX, .source = none, .target = none};
    tn_error error = {0};
    ck_assert_ptr_null(om_recording_create(scratch_path("recording.h5"), &plan, &error));
    ck_assert_int_eq(error.status, TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "GB left"));
    ck_assert_int_eq(om_recording_space(scratch_path("recording.h5"), &plan, NULL), TN_EIO);
    plan.compress = true; /* may fit */
    ck_assert_int_eq(om_recording_space(scratch_path("recording.h5"), &plan, NULL), TN_OK);
    plan.compress = false;
    error = (tn_error){0};
    plan.circuit.neurons = plan.frames[OM_TRAIN] = 1;
    ck_assert_ptr_null(om_recording_create("/nowhere/recording.h5", &plan, &error));
    ck_assert_int_eq(error.status, TN_EIO);
}
END_TEST

/* ---- Plans and frames that are refused ---- */

START_TEST(plans_of_invalid_recordings_are_refused)
{
    const char *path = scratch_path("recording.h5");
    for (int i = 0; i < 7; i++) {
        om_recording_plan plan = sample_plan();
        static const int32_t unsorted[SYNAPSES] = {4, 1, 0, 2, 2, 3};
        static const char *const messages[] = {"delta_t (attribute) is 0",
                                               "0 frames in train",
                                               "-1 frames in test",
                                               "synapse 1",
                                               "0 neurons",
                                               "needs columns",
                                               "/lattice/v is missing"};
        if (i == 0) plan.attributes.delta_t = 0;
        if (i == 1) plan.frames[OM_TRAIN] = 0;
        if (i == 2) plan.frames[OM_TEST] = -1;
        if (i == 3) plan.circuit.source = unsorted;
        if (i == 4) plan.circuit.neurons = 0;
        if (i == 5) plan.circuit.columns = 0;
        if (i == 6) plan.circuit.v = NULL;
        tn_error error = {0};
        ck_assert_ptr_null(om_recording_create(path, &plan, &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
        ck_assert_msg(strstr(error.message, messages[i]) != NULL, "%d: %s", i, error.message);
        ck_assert(!exists(path));
    }
}
END_TEST

START_TEST(frames_unlike_the_plan_are_refused)
{
    om_recording_plan plan = sample_plan();
    plan.has[OM_STIMULUS] = false;
    om_recording_writer *writer = om_recording_create(scratch_path("recording.h5"), &plan, NULL);
    float zero[10 * NEURONS] = {0}, bad[2 * NEURONS] = {[NEURONS + 3] = INFINITY}, large[2 * NEURONS] = {[2] = 2e9f};
    const struct {
        int64_t n;
        const float *series[OM_SERIES_COUNT];
        tn_status status;
        const char *message;
    } cases[] = {{TRAIN_FRAMES + 1, {zero, zero}, TN_EINVAL, "8 frames for /train/voltage, which has 0 of 7"},
                 {-1, {zero, zero}, TN_EINVAL, "-1 frames"},
                 {1, {zero, NULL}, TN_EINVAL, "/train/derivative is planned, but not given"},
                 {1, {zero, zero, zero}, TN_EINVAL, "/train/stimulus is not planned"},
                 {2, {zero, bad}, TN_ENUMERIC, "/train/derivative[1, 3], frame 1 of neuron 3, is inf"},
                 {2, {large, zero}, TN_ENUMERIC, "/train/voltage[0, 2], frame 0 of neuron 2, is 2e+09"}};
    for (int i = 0; i < 6; i++) {
        tn_error error = {0};
        ck_assert_int_eq(om_recording_append(writer, OM_TRAIN, cases[i].n, cases[i].series, &error), cases[i].status);
        ck_assert_msg(strstr(error.message, cases[i].message) != NULL, "%s", error.message);
    }
    ck_assert_int_eq(om_recording_append(writer, OM_TRAIN, 6, (const float *[]){zero, zero, NULL}, NULL), TN_OK);
    tn_error error = {0};
    ck_assert_int_eq(om_recording_finish(writer, &error), TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "has 6 frames, planned were 7"));
    ck_assert(!exists(scratch_path("recording.h5")));
}
END_TEST

int main(void)
{
    TCase *files = tcase_create("files");
    tcase_add_test(files, an_existing_file_is_replaced_only_on_request);
    tcase_add_test(files, a_file_that_appears_meanwhile_is_kept);
    tcase_add_test(files, a_killed_writer_leaves_no_recording_and_its_rest_goes_next_time);
    tcase_add_loop_test(files, a_full_disk_is_an_input_output_error_and_leaves_nothing, 0, 16);
    tcase_add_test(files, a_disk_that_fills_up_under_the_frames_stops_the_writer);
    tcase_add_test(files, what_cannot_fit_is_not_begun);
    TCase *plans = tcase_create("plans");
    tcase_add_test(plans, plans_of_invalid_recordings_are_refused);
    tcase_add_test(plans, frames_unlike_the_plan_are_refused);
    return run_cases("dataset writing", files, plans, NULL);
}
