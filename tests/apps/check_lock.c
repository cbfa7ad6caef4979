/* Folders that one program at a time writes into. */
#include "config.h"
#include "common/lock.h"
#include "common/output.h"
#include "testing.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[256];
static tn_error error;
static om_lock lock;

static void setup(void)
{
    snprintf(folder, sizeof folder, "%s", scratch_path("run"));
    ck_assert_int_eq(mkdir(folder, 0777), 0);
    error = (tn_error){0};
}

/* A process that has the lock. */
static pid_t holder(void)
{
    int ends[2];
    char done;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        if (om_lock_take(&lock, folder, "trained", NULL) != TN_OK || write(ends[1], "x", 1) != 1) _exit(1);
        for (;;) pause();
    }
    ck_assert_int_eq(read(ends[0], &done, 1), 1);
    return child;
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

START_TEST(who_has_the_lock_is_named_and_nothing_is_written)
{
    char words[400];
    pid_t other = holder();
    snprintf(words, sizeof words, "%s: is being trained by process %ld on ", folder, (long)other);
    ck_assert_int_eq(om_lock_take(&lock, folder, "tested", &error), TN_EIO);
    ck_assert_msg(strncmp(error.message, words, strlen(words)) == 0, "%s", error.message);
    om_lock_release(&lock);
    for (int reuse = 0; reuse < 2; reuse++)
        ck_assert_int_eq(om_output_directory(folder, reuse, "tested", &lock, NULL), TN_EIO);
    end(other);
}
END_TEST

START_TEST(a_killed_program_has_no_lock)
{
    end(holder());
    ck_assert_int_eq(om_output_directory(folder, false, "trained", &lock, &error), TN_OK);
    om_lock_release(&lock);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(a_lock_that_was_given_back_can_be_taken_again)
{
    om_lock second;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(om_lock_take(&lock, folder, "trained", &error), TN_OK);
        ck_assert_int_eq(om_lock_take(&second, folder, "trained", NULL), TN_EIO);
        om_lock_release(&lock);
        om_lock_release(&lock);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* Whoever opens the file just before it is removed must not end up with a lock that nobody else sees. */
START_TEST(of_many_programs_one_at_a_time_has_the_lock)
{
    enum { PROGRAMS = 4, TIMES = 200 };
    char token[300];
    pid_t child[PROGRAMS];
    snprintf(token, sizeof token, "%s/token", folder);
    for (int i = 0; i < PROGRAMS; i++)
        if ((child[i] = fork()) == 0) {
            for (int k = 0; k < TIMES;) {
                if (om_lock_take(&lock, folder, "trained", NULL) != TN_OK) continue;
                if (mkdir(token, 0777) != 0 || rmdir(token) != 0) _exit(1);
                om_lock_release(&lock);
                k++;
            }
            _exit(0);
        }
    for (int i = 0; i < PROGRAMS; i++) {
        int status;
        waitpid(child[i], &status, 0);
        ck_assert_int_eq(status, 0);
    }
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_an_error)
{
    ck_assert_int_eq(om_lock_take(&lock, "/nowhere", "trained", &error), TN_EIO);
    ck_assert_str_eq(error.message, "/nowhere: No such file or directory");
    om_lock_release(&lock);
}
END_TEST

START_TEST(what_is_no_lock_is_named)
{
    char name[400];
    snprintf(name, sizeof name, "%s/" OM_LOCK_NAME, folder);
    ck_assert_int_eq(mkdir(name, 0777), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(om_lock_take(&lock, folder, "trained", &error), TN_EIO);
        ck_assert_msg(!strncmp(error.message, name, strlen(name)), "%s", error.message);
        om_lock_release(&lock);
        ck_assert_int_eq(remove(name), 0);
        if (i == 0) ck_assert_int_eq(symlink("elsewhere", name), 0);
    }
}
END_TEST

int main(void)
{
    TCase *locks = tcase_create("locks");
    tcase_add_checked_fixture(locks, setup, NULL);
    tcase_set_timeout(locks, 60);
    tcase_add_test(locks, who_has_the_lock_is_named_and_nothing_is_written);
    tcase_add_test(locks, a_killed_program_has_no_lock);
    tcase_add_test(locks, a_lock_that_was_given_back_can_be_taken_again);
    tcase_add_test(locks, of_many_programs_one_at_a_time_has_the_lock);
    tcase_add_test(locks, a_folder_that_is_not_there_is_an_error);
    tcase_add_test(locks, what_is_no_lock_is_named);
    return run_cases("lock", locks, NULL);
}
