/* Progress and signals. The clock is the test's own. */
#include "config.h"
#include "common/progress.h"
#include "common/signals.h"
#include "testing.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static double now;

static double clock_of_test(void)
{
    return now;
}

static char *text;
static size_t length;

/* A progress that prints to text; its clock starts at 100 s. */
static om_progress open_progress(om_progress_mode mode, bool quiet)
{
    om_progress progress;
    om_progress_init(&progress, mode, quiet);
    progress.stream = open_memstream(&text, &length);
    progress.clock = clock_of_test;
    progress.live = false;
    now = 100;
    return progress;
}

static void close_progress(om_progress *progress)
{
    fclose(progress->stream);
    free(text);
    text = NULL;
}

START_TEST(plain_lines_come_every_ten_seconds_with_rate_and_time_left)
{
    om_progress p = open_progress(OM_PROGRESS_PLAIN, false);
    om_progress_begin(&p, "train", 0, 1000);
    const om_named_number fields[] = {{"loss", 0.125}, {"R2", NAN}}; /* not known yet */
    for (int i = 1; i <= 100; i++, now += 0.2) om_progress_at(&p, i, 2, fields);
    ck_assert_str_eq(text, "train 51/1000  5 %  5.1/s  3:06 left  loss 0.125\n");
    now = 100 + 3725;
    om_progress_end(&p);
    ck_assert_ptr_nonnull(strstr(text, "\ntrain: 100 in 1:02:05\n"));
    close_progress(&p);
}
END_TEST

START_TEST(the_rate_follows_a_change_and_counts_from_where_a_run_is_resumed)
{
    om_progress p = open_progress(OM_PROGRESS_PLAIN, false);
    om_progress_begin(&p, "train", 5000, 0);
    now += 10;
    om_progress_at(&p, 5100, 0, NULL);
    ck_assert_str_eq(text, "train 5100  10/s\n");
    for (int i = 1; i <= 10; i++) {
        now += 10;
        om_progress_at(&p, 5100 + 200 * i, 0, NULL);
        ck_assert(p.rate > 10 && p.rate < 20);
    }
    ck_assert_double_eq_tol(p.rate, 20, 0.01);
    om_progress_end(&p);
    ck_assert_double_eq_tol(p.rate, 2100 / 110.0, 1e-9);
    close_progress(&p);
}
END_TEST

START_TEST(json_lines_are_objects_once_a_second)
{
    om_progress p = open_progress(OM_PROGRESS_JSON, false);
    const om_named_number fields[] = {{"loss", 0.5}, {"R2", NAN}};
    om_progress_begin(&p, "train", 0, 100);
    om_progress_say(&p, "reading \"%s\"", "x.h5");
    for (int i = 1; i <= 20; i++, now += 0.25) om_progress_at(&p, i, 2, fields);
    om_progress_end(&p);
    char *rest = text;
    int lines = 0;
    for (const char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        json_t *object = json_loads(line, 0, NULL);
        ck_assert_msg(json_is_object(object), "%s", line);
        if (lines == 0) ck_assert_str_eq(json_string_value(json_object_get(object, "message")), "reading \"x.h5\"");
        if (lines == 1) {
            ck_assert_str_eq(json_string_value(json_object_get(object, "what")), "train");
            ck_assert_int_eq(json_integer_value(json_object_get(object, "done")), 5);
            ck_assert_double_eq(json_number_value(json_object_get(object, "per_second")), 5);
            ck_assert_double_eq(json_number_value(json_object_get(object, "seconds_left")), 19);
            ck_assert_double_eq(json_number_value(json_object_get(object, "loss")), 0.5);
            ck_assert(json_is_null(json_object_get(object, "R2")));
        }
        json_decref(object);
    }
    ck_assert_int_eq(lines, 1 + 4 + 1);
    close_progress(&p);
}
END_TEST

START_TEST(only_warnings_are_printed_when_quiet_and_no_progress_where_none_is_wanted)
{
    for (int mode = OM_PROGRESS_AUTO; mode <= OM_PROGRESS_NONE; mode++) {
        for (int quiet = 0; quiet < 2; quiet++) {
            om_progress p = open_progress((om_progress_mode)mode, quiet);
            om_progress_begin(&p, "train", 0, 10);
            now += 100;
            om_progress_at(&p, 5, 0, NULL);
            om_progress_say(&p, "a message");
            om_progress_warn(&p, "%s is missing", "this");
            om_progress_end(&p);
            fflush(p.stream);
            const char *warning = mode == OM_PROGRESS_JSON ? "{\"warning\": \"this is missing\"}\n"
                                                           : "warning: this is missing\n";
            if (quiet)
                ck_assert_str_eq(text, warning);
            else if (mode == OM_PROGRESS_NONE)
                ck_assert_str_eq(text, "a message\nwarning: this is missing\n");
            else
                ck_assert(strstr(text, "train") && strstr(text, "a message") && strstr(text, warning));
            close_progress(&p);
        }
    }
}
END_TEST

START_TEST(a_message_stays_on_its_line_whatever_the_paths_in_it)
{
    for (int json = 0; json < 2; json++) {
        om_progress p = open_progress(json ? OM_PROGRESS_JSON : OM_PROGRESS_PLAIN, false);
        om_progress_warn(&p, "%s is missing", "a\nb\xff");
        fflush(p.stream);
        ck_assert_str_eq(text,
                         json ? "{\"warning\": \"a\\\\nb\\\\xFF is missing\"}\n" : "warning: a\\nb\\xFF is missing\n");
        close_progress(&p);
    }
}
END_TEST

/* A terminal of 40 columns as standard error, and what appeared on it. */
START_TEST(a_terminal_has_one_line_that_fits_and_moves_ten_times_a_second)
{
    char seen[8192] = "";
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal, 0);
    ck_assert(grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &(struct winsize){.ws_row = 10, .ws_col = 40}), 0);
    int other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(dup2(other, STDERR_FILENO), 0);

    om_progress p;
    setenv("TERM", "dumb", 1);
    om_progress_init(&p, OM_PROGRESS_AUTO, false);
    ck_assert(!p.live);
    setenv("TERM", "xterm", 1);
    om_progress_init(&p, OM_PROGRESS_PLAIN, false);
    ck_assert(!p.live);
    om_progress_init(&p, OM_PROGRESS_AUTO, false);
    ck_assert(p.live);
    p.clock = clock_of_test;
    now = 0;
    om_progress_begin(&p, "train", 0, 100000);
    const om_named_number field = {"a rather long name of a number", 1};
    for (int i = 1; i <= 1000; i++, now += 0.001) om_progress_at(&p, i, 1, &field);
    om_progress_say(&p, "note");
    om_progress_end(&p);
    for (size_t used = 0; !strstr(seen, "in 0:01\r\n") && used < sizeof seen - 1;) { /* or Check's time is up */
        ssize_t bytes = read(terminal, seen + used, sizeof seen - 1 - used);
        ck_assert_int_gt(bytes, 0);
        used += (size_t)bytes;
    }

    int updates = 0;
    const char *end;
    for (const char *line = seen; (line = strchr(line, '\r')); line = end, updates++) {
        end = line + 1 + strcspn(line + 1, "\r\n");
        ck_assert_int_le(end - line - 1, 39);
    }
    ck_assert_int_ge(updates, 9);
    ck_assert_int_le(updates, 20);
    ck_assert_ptr_nonnull(strstr(seen, "\rnote\r\n"));
    ck_assert_ptr_nonnull(strstr(seen, "\rtrain: 1000 in 0:01\r\n"));
    close(other);
    close(terminal);
}
END_TEST

/* --- signals --- */

START_TEST(a_signal_is_remembered)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
    om_signals_catch();
    ck_assert_int_eq(om_signals_pending(), 0);
    raise(signals[_i]);
    ck_assert_int_eq(om_signals_pending(), signals[_i]);
}
END_TEST

START_TEST(a_second_interrupt_ends_the_process_and_a_second_request_does_not)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        om_signals_catch();
        raise(SIGTERM);
        raise(SIGTERM);
        raise(SIGUSR1);
        raise(SIGINT);
        if (om_signals_pending() != SIGINT) _exit(1);
        raise(SIGINT);
        _exit(2);
    }
    waitpid(child, &status, 0);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGINT);
}
END_TEST

START_TEST(a_closed_pipe_is_an_error_of_writing)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    om_signals_catch();
    ck_assert_int_eq(write(ends[1], "x", 1), -1);
    close(ends[1]);
}
END_TEST

int main(void)
{
    TCase *progress = tcase_create("progress"), *signals = tcase_create("signals");
    tcase_add_test(progress, plain_lines_come_every_ten_seconds_with_rate_and_time_left);
    tcase_add_test(progress, the_rate_follows_a_change_and_counts_from_where_a_run_is_resumed);
    tcase_add_test(progress, json_lines_are_objects_once_a_second);
    tcase_add_test(progress, a_message_stays_on_its_line_whatever_the_paths_in_it);
    tcase_add_test(progress, only_warnings_are_printed_when_quiet_and_no_progress_where_none_is_wanted);
    tcase_add_test(progress, a_terminal_has_one_line_that_fits_and_moves_ten_times_a_second);
    tcase_add_loop_test(signals, a_signal_is_remembered, 0, 3);
    tcase_add_test(signals, a_second_interrupt_ends_the_process_and_a_second_request_does_not);
    tcase_add_test(signals, a_closed_pipe_is_an_error_of_writing);
    return run_cases("progress", progress, signals, NULL);
}
