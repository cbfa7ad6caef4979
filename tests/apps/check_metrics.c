/* Metrics: a line a step, and what a run that is resumed finds of them. */
#include "config.h"
#include "common/metrics.h"
#include "common/progress.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[512];
static tn_error error;

static void setup(void)
{
    snprintf(path, sizeof path, "%s", scratch_path("metrics.jsonl"));
}

START_TEST(lines_have_short_numbers_and_null_for_what_is_not_finite)
{
    const om_named_number fields[] = {{"loss", 1.0 / 3}, {"big", 1e300}, {"n", -12}, {"nan", NAN}, {"inf", -INFINITY}};
    char *line = om_json_line("what", "a \"b\"", 5, fields);
    ck_assert_str_eq(line, "{\"what\": \"a \\\"b\\\"\", \"loss\": 0.333333333, \"big\": 1e300, \"n\": -12, "
                           "\"nan\": null, \"inf\": null}");
    free(line);
    ck_assert_ptr_null(om_json_line("what", "\xff", 0, NULL));
}
END_TEST

static void write_steps(int64_t last_step, int64_t from, int64_t to)
{
    om_metrics *metrics = om_metrics_open(path, last_step, NULL, &error);
    ck_assert_msg(metrics != NULL, "%s", error.message);
    for (int64_t step = from; step <= to; step++)
        ck_assert_int_eq(om_metrics_write(metrics, step, 1, &(om_named_number){"x", (double)step / 2}, &error), TN_OK);
    om_metrics_close(metrics);
}

START_TEST(resuming_drops_what_came_after_the_checkpoint)
{
    write_steps(-1, 1, 3);
    assert_holds(path, "{\"step\": 1, \"x\": 0.5}\n{\"step\": 2, \"x\": 1}\n{\"step\": 3, \"x\": 1.5}\n");
    write_steps(2, 3, 3);
    assert_holds(path, "{\"step\": 1, \"x\": 0.5}\n{\"step\": 2, \"x\": 1}\n{\"step\": 3, \"x\": 1.5}\n");
    write_steps(1, 5, 5);
    assert_holds(path, "{\"step\": 1, \"x\": 0.5}\n{\"step\": 5, \"x\": 2.5}\n");
    write_steps(-1, 1, 1);
    assert_holds(path, "{\"step\": 1, \"x\": 0.5}\n");
    ck_assert_int_eq(entries(scratch_path(".")), 1);
}
END_TEST

START_TEST(a_line_cut_short_is_dropped)
{
    write_text(path, "{\"step\": 1}\n{\"step\": 2, \"lo");
    write_steps(7, 3, 3);
    assert_holds(path, "{\"step\": 1}\n{\"step\": 3, \"x\": 1.5}\n");
}
END_TEST

START_TEST(a_broken_line_is_kept_and_warned_of)
{
    static const char *const broken[] = {"hello\n", "[1]\n", "\n", "{\"step\": 1.5}\n", "{\"loss\": 1}\n"};
    char text[200], *said;
    size_t length;
    om_progress progress;
    om_progress_init(&progress, OM_PROGRESS_PLAIN, true);
    progress.stream = open_memstream(&said, &length);
    snprintf(text, sizeof text, "%s{\"step\": 1}\n%s{\"step\": 3}\n", broken[_i], broken[_i]);
    write_text(path, text);
    om_metrics *metrics = om_metrics_open(path, 1, &progress, &error);
    ck_assert_msg(metrics != NULL, "%s", error.message);
    om_metrics_close(metrics);
    fclose(progress.stream);
    ck_assert_msg(strstr(said, "metrics.jsonl:1: ") && strstr(said, "; the line is kept as it is, and so are 1 more\n"),
                  "%s", said);
    free(said);
    snprintf(text, sizeof text, "%s{\"step\": 1}\n%s", broken[_i], broken[_i]);
    assert_holds(path, text);
    ck_assert_int_eq(entries(scratch_path(".")), 1);
}
END_TEST

START_TEST(a_file_that_is_not_there_cannot_be_resumed)
{
    ck_assert_ptr_null(om_metrics_open("/nowhere/x", 0, NULL, &error));
    ck_assert_int_eq(error.status, TN_EIO);
}
END_TEST

START_TEST(a_pipe_in_place_of_the_file_is_refused_at_once)
{
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    ck_assert_ptr_null(om_metrics_open(path, 7, NULL, &error));
    ck_assert_int_eq(error.status, TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "metrics.jsonl: is not a regular file"));
    ck_assert_ptr_null(om_metrics_open(path, -1, NULL, NULL));
}
END_TEST

START_TEST(a_new_run_begins_the_file_that_a_link_leads_to)
{
    const char *there = scratch_path("there");
    write_text(there, "{\"step\": 1}\n");
    ck_assert_int_eq(symlink("there", path), 0);
    write_steps(-1, 5, 5);
    assert_holds(there, "{\"step\": 5, \"x\": 2.5}\n");
    ck_assert_int_eq(entries(scratch_path(".")), 2);
}
END_TEST

int main(void)
{
    TCase *metrics = tcase_create("metrics");
    tcase_add_checked_fixture(metrics, setup, NULL);
    tcase_add_test(metrics, lines_have_short_numbers_and_null_for_what_is_not_finite);
    tcase_add_test(metrics, resuming_drops_what_came_after_the_checkpoint);
    tcase_add_test(metrics, a_line_cut_short_is_dropped);
    tcase_add_loop_test(metrics, a_broken_line_is_kept_and_warned_of, 0, 5);
    tcase_add_test(metrics, a_file_that_is_not_there_cannot_be_resumed);
    tcase_add_test(metrics, a_pipe_in_place_of_the_file_is_refused_at_once);
    tcase_add_test(metrics, a_new_run_begins_the_file_that_a_link_leads_to);
    return run_cases("metrics", metrics, NULL);
}
