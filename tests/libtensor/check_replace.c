/* Files that replace others: whose temporary files go, and what they are called. */
#include "config.h"
#include "io/replace.h"
#include "testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[5000];

static void setup(void)
{
    snprintf(path, sizeof path, "%s", scratch_path("example.safetensors"));
}

static void write_to(const char *name)
{
    tn_error error = {0};
    ck_assert_msg(tn_file_write(name, 0, NULL, 0, NULL, &error) == TN_OK, "%s", error.message);
}

static bool exists(const char *name)
{
    return access(name, F_OK) == 0;
}

START_TEST(leftovers_of_killed_programs_go_and_files_in_use_stay)
{
    const char *const ends[] = {".tmp.999999999", ".tmp.999999998", ".tmp.1a", ".temporary"};
    char name[4][6000];
    for (int i = 0; i < 4; i++) {
        snprintf(name[i], sizeof name[i], "%s%s", path, ends[i]);
        write_to(name[i]);
    }
    int busy = open(name[1], O_RDONLY);
    ck_assert(busy >= 0 && flock(busy, LOCK_EX) == 0);
    write_to(path);
    ck_assert(!exists(name[0]));
    ck_assert(exists(name[1]) && exists(name[2]) && exists(name[3]));
    close(busy);
}
END_TEST

/* Each would take the other's temporary files for abandoned that were not locked until they have their name. */
START_TEST(two_programs_that_write_one_file_leave_each_other_alone)
{
    enum { WRITERS = 2, TIMES = 300 };
    pid_t writer[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        if ((writer[i] = fork()) == 0) {
            tn_error error = {0};
            for (int k = 0; k < TIMES && !error.status; k++) tn_file_write(path, 0, NULL, 0, NULL, &error);
            if (error.status) fprintf(stderr, "%s\n", error.message);
            _exit(error.status != TN_OK);
        }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        ck_assert_int_eq(waitpid(writer[i], &status, 0), writer[i]);
        ck_assert_int_eq(status, 0);
    }
}
END_TEST

START_TEST(two_threads_that_write_one_file_leave_each_other_alone)
{
    enum { WRITERS = 2, TIMES = 100, N = 100000 };
    float *x = tn_alloc(N * sizeof *x);
    tn_tensor tensor = {"x", TN_F32, TN_SHAPE(N), x};
    tn_error error[WRITERS] = {{0}};
#pragma omp parallel for num_threads(WRITERS)
    for (int i = 0; i < WRITERS; i++)
        for (int k = 0; k < TIMES && !error[i].status; k++) tn_file_write(path, 1, &tensor, 0, NULL, &error[i]);
    for (int i = 0; i < WRITERS; i++) ck_assert_msg(!error[i].status, "%s", error[i].message);
    tn_file *file = tn_file_read(path, NULL);
    ck_assert_ptr_nonnull(file);
    tn_file_free(file);
    tn_free(x);
}
END_TEST

START_TEST(a_temporary_file_is_locked_as_long_as_it_is_written)
{
    char *temporary;
    ck_assert_int_eq(tn_replace_begin(path, &temporary, NULL), TN_OK);
    int file = tn_replace_create(temporary), other = open(temporary, O_RDONLY);
    ck_assert(file >= 0 && other >= 0);
    ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), -1);
    ck_assert_int_eq(tn_replace_finish(temporary, path, NULL), TN_OK);
    ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), -1);
    close(file);
    close(other);
    free(temporary);
}
END_TEST

START_TEST(a_name_may_be_as_long_as_names_may_be)
{
    char name[256], longest[5000];
    for (int length = 238; length <= 255; length++) {
        snprintf(name, sizeof name, "%0*d", length, 7);
        snprintf(longest, sizeof longest, "%s", scratch_path(name));
        write_to(longest);
        ck_assert(exists(longest));
    }
    char *temporary;
    ck_assert_int_eq(tn_replace_begin(longest, &temporary, NULL), TN_OK);
    snprintf(name, sizeof name, "%.*s/", (int)(strrchr(longest, '/') - longest), longest);
    ck_assert_msg(strncmp(temporary, name, strlen(name)) == 0, "%s: in another folder", temporary);
    free(temporary);
}
END_TEST

START_TEST(a_link_stays_and_what_it_leads_to_is_written)
{
    char link[4200];
    snprintf(link, sizeof link, "%s", scratch_path("link"));
    struct stat about;
    write_to(path);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(unlink(path), 0);
    tn_error error = {0};
    ck_assert_int_eq(tn_file_write(link, 0, NULL, 0, NULL, &error), TN_EIO);
    write_to(path);
    ck_assert_int_eq(truncate(path, 0), 0);
    write_to(link);
    ck_assert(lstat(link, &about) == 0 && S_ISLNK(about.st_mode));
    ck_assert(stat(path, &about) == 0 && about.st_size > 0);
}
END_TEST

START_TEST(what_is_no_file_is_left_as_it_is)
{
    struct stat about;
    char pipe[4200];
    snprintf(pipe, sizeof pipe, "%s", scratch_path("pipe"));
    ck_assert_int_eq(mkfifo(pipe, 0666), 0);
    tn_error error = {0};
    ck_assert_int_eq(tn_file_write(pipe, 0, NULL, 0, NULL, &error), TN_EINVAL);
    ck_assert_msg(strstr(error.message, "pipe: exists and is not a file"), "%s", error.message);
    ck_assert(lstat(pipe, &about) == 0 && S_ISFIFO(about.st_mode));
}
END_TEST

int main(void)
{
    TCase *replace = tcase_create("replace");
    tcase_add_checked_fixture(replace, setup, NULL);
    tcase_set_timeout(replace, 60);
    tcase_add_test(replace, leftovers_of_killed_programs_go_and_files_in_use_stay);
    tcase_add_test(replace, two_programs_that_write_one_file_leave_each_other_alone);
    tcase_add_test(replace, two_threads_that_write_one_file_leave_each_other_alone);
    tcase_add_test(replace, a_temporary_file_is_locked_as_long_as_it_is_written);
    tcase_add_test(replace, a_name_may_be_as_long_as_names_may_be);
    tcase_add_test(replace, a_link_stays_and_what_it_leads_to_is_written);
    tcase_add_test(replace, what_is_no_file_is_left_as_it_is);
    return run_cases("replace", replace, NULL);
}
