/* Outputs and metrics: whole or not at all. */
#include "config.h"
#include "common/metrics.h"
#include "common/output.h"
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[256], path[512];
static tn_error error;

static void setup(void)
{
    snprintf(directory, sizeof directory, "%s", scratch_path("outputs"));
    snprintf(path, sizeof path, "%s/result.mp4", directory);
    ck_assert_int_eq(mkdir(directory, 0777), 0);
    error = (tn_error){0};
}

START_TEST(an_output_never_replaces_an_input)
{
    char other[512];
    const char *const inputs[] = {"/nowhere/movie.mp4", path};
    snprintf(other, sizeof other, "%s/../outputs/link", directory);
    write_text(path, "precious");
    ck_assert_int_eq(symlink("result.mp4", other), 0);
    ck_assert_int_eq(om_output_check(path, true, 1, inputs, &error), TN_OK);
    ck_assert_int_eq(om_output_check(other, true, 2, inputs, &error), TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "link: is the input "));
    ck_assert_ptr_nonnull(strstr(error.message, path));
}
END_TEST

START_TEST(what_begin_would_refuse_is_refused_before)
{
    char below[1024];
    ck_assert_int_eq(om_output_check(path, false, 0, NULL, &error), TN_OK);
    write_text(path, "precious");
    ck_assert_int_eq(om_output_check(path, false, 0, NULL, &error), TN_EINVAL);
    ck_assert_int_eq(om_output_check(path, true, 0, NULL, &error), TN_OK);
    ck_assert_int_eq(om_output_check(directory, true, 0, NULL, &error), TN_EINVAL);
    snprintf(below, sizeof below, "%s/nowhere/x", directory);
    ck_assert_int_eq(om_output_check(below, false, 0, NULL, &error), TN_EIO);
    ck_assert_int_eq(entries(directory), 1);
}
END_TEST

START_TEST(a_committed_file_is_there_and_nothing_else)
{
    om_output output;
    ck_assert_int_eq(om_output_begin(&output, path, false, &error), TN_OK);
    ck_assert_str_eq(output.temporary + strlen(output.temporary) - 11, "-result.mp4");
    ck_assert_int_eq(access(path, F_OK), -1);
    write_text(output.temporary, "all");
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_int_eq(om_output_commit(&output, &error), TN_OK);
    assert_holds(path, "all");
    ck_assert_int_eq(entries(directory), 1);
}
END_TEST

START_TEST(a_name_may_be_as_long_as_names_may_be)
{
    om_output output;
    char longest[600];
    snprintf(longest, sizeof longest, "%s/%0251d.mp4", directory, 7);
    ck_assert_int_eq(om_output_begin(&output, longest, false, &error), TN_OK);
    ck_assert_str_eq(output.temporary + strlen(output.temporary) - 6, "07.mp4");
    ck_assert_int_eq(om_output_commit(&output, &error), TN_OK);
    assert_holds(longest, "");
}
END_TEST

START_TEST(an_aborted_file_leaves_what_was_there)
{
    om_output output;
    write_text(path, "old");
    ck_assert_int_eq(om_output_begin(&output, path, true, &error), TN_OK);
    write_text(output.temporary, "half");
    om_output_abort(&output);
    om_output_abort(&output);
    assert_holds(path, "old");
    ck_assert_int_eq(entries(directory), 1);
}
END_TEST

START_TEST(an_existing_file_is_replaced_only_by_force)
{
    om_output output;
    write_text(path, "old");
    ck_assert_int_eq(om_output_begin(&output, path, false, &error), TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "result.mp4: exists; --force replaces it"));
    ck_assert_int_eq(entries(directory), 1);
    ck_assert_int_eq(om_output_begin(&output, path, true, NULL), TN_OK);
    write_text(output.temporary, "new");
    ck_assert_int_eq(om_output_commit(&output, NULL), TN_OK);
    assert_holds(path, "new");
}
END_TEST

START_TEST(a_file_that_appears_meanwhile_is_kept)
{
    om_output output;
    ck_assert_int_eq(om_output_begin(&output, path, false, &error), TN_OK);
    write_text(path, "of somebody else");
    ck_assert_int_eq(om_output_commit(&output, &error), TN_EINVAL);
    assert_holds(path, "of somebody else");
    ck_assert_int_eq(entries(directory), 1);
}
END_TEST

/* link -> a/second -> ../other/result.mp4, seen from where each link is. */
START_TEST(a_symbolic_link_stays_and_the_file_it_leads_to_is_written)
{
    om_output output;
    char link[512], second[512], other[512], there[600];
    snprintf(link, sizeof link, "%s/link", directory);
    snprintf(second, sizeof second, "%s/a", directory);
    snprintf(other, sizeof other, "%s/other", directory);
    snprintf(there, sizeof there, "%s/result.mp4", other);
    ck_assert(mkdir(second, 0777) == 0 && mkdir(other, 0777) == 0);
    strcat(second, "/second");
    ck_assert(symlink("a/second", link) == 0 && symlink("../other/result.mp4", second) == 0);
    for (int force = 0; force < 2; force++) { /* first where nothing is yet */
        ck_assert_int_eq(om_output_check(link, force, 0, NULL, &error), TN_OK);
        ck_assert_int_eq(om_output_begin(&output, link, force, &error), TN_OK);
        ck_assert_int_eq(strncmp(output.temporary, second, strlen(directory)), 0);
        ck_assert_ptr_nonnull(strstr(output.temporary, "/other/.ommatid-"));
        write_text(output.temporary, force ? "second" : "first");
        ck_assert_int_eq(om_output_commit(&output, &error), TN_OK);
        assert_holds(there, force ? "second" : "first");
        struct stat kind;
        ck_assert(lstat(link, &kind) == 0 && S_ISLNK(kind.st_mode));
        ck_assert(lstat(second, &kind) == 0 && S_ISLNK(kind.st_mode));
        ck_assert_int_eq(om_output_begin(&output, link, false, NULL), TN_EINVAL);
    }
    ck_assert_int_eq(entries(directory), 3);
}
END_TEST

START_TEST(links_that_lead_nowhere_are_refused)
{
    om_output output;
    ck_assert_int_eq(symlink("result.mp4", path), 0);
    ck_assert_int_eq(om_output_begin(&output, path, true, &error), TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "result.mp4: Too many levels of symbolic links"));
    unlink(path);
    ck_assert_int_eq(symlink("nowhere/x", path), 0);
    ck_assert_int_eq(om_output_check(path, true, 0, NULL, NULL), TN_EIO);
    ck_assert_int_eq(om_output_begin(&output, path, true, NULL), TN_EIO);
    ck_assert_int_eq(entries(directory), 1);
}
END_TEST

START_TEST(places_where_no_file_can_be_are_refused)
{
    om_output output;
    ck_assert_int_eq(om_output_begin(&output, directory, true, &error), TN_EINVAL);
    ck_assert_int_eq(om_output_begin(&output, "/dev/null", true, NULL), TN_EINVAL);
    error = (tn_error){0};
    ck_assert_int_eq(om_output_begin(&output, "/nowhere/x", false, &error), TN_EIO);
    ck_assert_str_eq(error.message, "/nowhere/x: No such file or directory");
    write_text(path, "");
    ck_assert_int_eq(om_output_begin(&output, scratch_path("outputs/result.mp4/x"), false, NULL), TN_EIO);
    ck_assert_int_eq(om_output_begin(&output, scratch_path("outputs/"), false, NULL), TN_EINVAL);
}
END_TEST

START_TEST(a_vanished_temporary_file_is_an_error)
{
    om_output output;
    ck_assert_int_eq(om_output_begin(&output, path, false, &error), TN_OK);
    unlink(output.temporary);
    ck_assert_int_eq(om_output_commit(&output, &error), TN_EIO);
    ck_assert_int_eq(entries(directory), 0);
}
END_TEST

/* A limit on the size of files is what a full disk is to a writer. */
START_TEST(a_full_disk_leaves_no_partial_file)
{
    om_output output;
    char block[8192];
    memset(block, 'x', sizeof block);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096});
    ck_assert_int_eq(om_output_begin(&output, path, false, &error), TN_OK);
    FILE *file = fopen(output.temporary, "w");
    bool good = fwrite(block, 1, sizeof block, file) == sizeof block;
    ck_assert(fclose(file) != 0 || !good);
    om_output_abort(&output);
    ck_assert_int_eq(entries(directory), 0);

    om_metrics *metrics = om_metrics_open(path, -1, NULL, &error);
    tn_status status = TN_OK;
    for (int64_t step = 0; step < 400 && status == TN_OK; step++)
        status = om_metrics_write(metrics, step, 1, &(om_named_number){"loss", 0.5}, &error);
    ck_assert_int_eq(status, TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "result.mp4: File too large"));
    om_metrics_close(metrics);

    error = (tn_error){0};
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1024, 1024});
    struct stat before, after;
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_ptr_null(om_metrics_open(path, 1000, NULL, &error));
    ck_assert_int_eq(error.status, TN_EIO);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(after.st_size, before.st_size);
    ck_assert_int_eq(entries(directory), 1);
}
END_TEST

/* The name of the temporary file that a process leaves when it is killed. */
static void leave_one(bool killed, pid_t *child, char name[512])
{
    int ends[2];
    om_output output;
    ck_assert_int_eq(pipe(ends), 0);
    *child = fork();
    if (*child == 0) {
        char copy[512] = "";
        if (om_output_begin(&output, path, true, NULL) == TN_OK) snprintf(copy, sizeof copy, "%s", output.temporary);
        if (write(ends[1], copy, sizeof copy) < 0) _exit(1);
        for (;;) pause();
    }
    ck_assert_int_eq(read(ends[0], name, 512), 512);
    if (killed) {
        kill(*child, SIGKILL);
        waitpid(*child, NULL, 0);
    }
}

START_TEST(temporary_files_of_dead_processes_are_removed_and_of_living_ones_kept)
{
    om_output output;
    pid_t dead, living;
    char left[512], used[512], foreign[600];
    leave_one(false, &living, used);
    leave_one(true, &dead, left);
    snprintf(foreign, sizeof foreign, "%s/.ommatid-%ld@another.machine-x", directory, (long)dead);
    write_text(foreign, "");
    ck_assert_int_eq(access(left, F_OK), 0);
    ck_assert_int_eq(om_output_begin(&output, path, false, &error), TN_OK);
    ck_assert_int_eq(access(left, F_OK), -1);
    ck_assert_int_eq(access(used, F_OK), 0);
    ck_assert_int_eq(access(foreign, F_OK), 0);
    om_output_abort(&output);
    kill(living, SIGKILL);
    waitpid(living, NULL, 0);
}
END_TEST

START_TEST(what_libtensor_left_is_removed_unless_it_is_being_written)
{
    enum { FILES = 7, GONE = 2 }; /* the first ones are abandoned */
    static const char *const names[FILES] = {"checkpoint.safetensors.tmp.7", "recovered.safetensors.tmp.7",
                                             "checkpoint.safetensors.tmp.8", "checkpoint.safetensors.tmp.x",
                                             "recovered.safetensors.tmp.", "recovered.safetensors", "notes.tmp.7"};
    char file[FILES][600];
    for (int i = 0; i < FILES; i++) {
        snprintf(file[i], sizeof file[i], "%s/%s", directory, names[i]);
        write_text(file[i], "");
    }
    int written = open(file[GONE], O_RDWR);
    ck_assert_int_eq(flock(written, LOCK_EX), 0);
    om_output output;
    ck_assert_int_eq(om_output_begin(&output, path, false, &error), TN_OK);
    for (int i = 0; i < FILES; i++) ck_assert_int_eq(access(file[i], F_OK), i < GONE ? -1 : 0);
    om_output_abort(&output);
    close(written);
}
END_TEST

START_TEST(a_private_file_stays_private_when_it_is_replaced)
{
    om_output output;
    struct stat status;
    write_text(path, "old");
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(om_output_begin(&output, path, true, &error), TN_OK);
    ck_assert_int_eq(om_output_commit(&output, &error), TN_OK);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    ck_assert_int_eq(status.st_size, 0);
}
END_TEST

START_TEST(a_temporary_file_of_an_earlier_process_with_our_number_is_replaced)
{
    om_output first, second;
    ck_assert_int_eq(om_output_begin(&first, path, false, &error), TN_OK);
    write_text(first.temporary, "of a container that was stopped");
    ck_assert_int_eq(om_output_begin(&second, path, false, &error), TN_OK);
    ck_assert_int_eq(om_output_commit(&second, &error), TN_OK);
    assert_holds(path, "");
    om_output_abort(&first);
}
END_TEST

static tn_status directory_for(const char *name, bool reuse, tn_error *reason)
{
    om_lock lock = {0};
    tn_status status = om_output_directory(name, reuse, "tested", &lock, reason);
    om_lock_release(&lock);
    return status;
}

START_TEST(a_directory_is_made_with_its_parents_and_reused_only_when_allowed)
{
    char deep[600], file[700];
    snprintf(deep, sizeof deep, "%s/a/b/run", directory);
    ck_assert_int_eq(directory_for(deep, false, &error), TN_OK);
    ck_assert_int_eq(directory_for(deep, false, &error), TN_OK);
    snprintf(file, sizeof file, "%s/checkpoint", deep);
    write_text(file, "c");
    ck_assert_int_eq(directory_for(deep, false, &error), TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "run: is not empty; --force"));
    ck_assert_int_eq(directory_for(deep, true, NULL), TN_OK);
    assert_holds(file, "c");
    ck_assert_int_eq(directory_for(file, true, NULL), TN_EINVAL);
    ck_assert_int_eq(directory_for(strcat(file, "/x"), true, NULL), TN_EIO);
    ck_assert_int_eq(directory_for("", true, NULL), TN_EINVAL);
    ck_assert_int_eq(directory_for("/proc/x", true, NULL), TN_EIO);
}
END_TEST

START_TEST(a_directory_is_looked_at_without_a_trace)
{
    char run[600], left[512];
    pid_t dead;
    snprintf(run, sizeof run, "%s/none", directory);
    ck_assert_int_eq(om_output_directory_check(run, false, NULL), TN_OK);
    ck_assert_int_eq(access(run, F_OK), -1);
    leave_one(true, &dead, left);
    ck_assert_int_eq(om_output_directory_check(directory, false, NULL), TN_OK);
    ck_assert_int_eq(access(left, F_OK), 0);
    write_text(path, "c");
    ck_assert_int_eq(om_output_directory_check(directory, false, NULL), TN_EINVAL);
    ck_assert_int_eq(om_output_directory_check(directory, true, NULL), TN_OK);
    ck_assert_int_eq(om_output_directory_check(path, true, NULL), TN_EINVAL);
}
END_TEST

START_TEST(space_is_compared_with_what_the_disk_has)
{
    ck_assert_int_eq(om_output_space(path, 1, &error), TN_OK);
    ck_assert_int_eq(om_output_space(path, UINT64_MAX, &error), TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "needs 1.84e+10 GB"));
    ck_assert_int_eq(om_output_space("/nowhere/x", 1, NULL), TN_EIO);
}
END_TEST

int main(void)
{
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, setup, NULL);
    tcase_add_test(files, an_output_never_replaces_an_input);
    tcase_add_test(files, what_begin_would_refuse_is_refused_before);
    tcase_add_test(files, a_committed_file_is_there_and_nothing_else);
    tcase_add_test(files, a_name_may_be_as_long_as_names_may_be);
    tcase_add_test(files, an_aborted_file_leaves_what_was_there);
    tcase_add_test(files, an_existing_file_is_replaced_only_by_force);
    tcase_add_test(files, a_file_that_appears_meanwhile_is_kept);
    tcase_add_test(files, a_symbolic_link_stays_and_the_file_it_leads_to_is_written);
    tcase_add_test(files, links_that_lead_nowhere_are_refused);
    tcase_add_test(files, places_where_no_file_can_be_are_refused);
    tcase_add_test(files, a_vanished_temporary_file_is_an_error);
    tcase_add_test(files, a_full_disk_leaves_no_partial_file);
    tcase_add_test(files, temporary_files_of_dead_processes_are_removed_and_of_living_ones_kept);
    tcase_add_test(files, what_libtensor_left_is_removed_unless_it_is_being_written);
    tcase_add_test(files, a_private_file_stays_private_when_it_is_replaced);
    tcase_add_test(files, a_temporary_file_of_an_earlier_process_with_our_number_is_replaced);
    tcase_add_test(files, a_directory_is_made_with_its_parents_and_reused_only_when_allowed);
    tcase_add_test(files, a_directory_is_looked_at_without_a_trace);
    tcase_add_test(files, space_is_compared_with_what_the_disk_has);
    return run_cases("output", files, NULL);
}
