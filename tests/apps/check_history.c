/* The course of training, as metrics.jsonl tells it. */
#include "config.h"
#include "testing/history.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_lines(const char *text)
{
    write_text(scratch_path("metrics.jsonl"), text);
}

static char *said; /* warnings of the latest reading */
static size_t length;

static om_history read_lines(void)
{
    om_history history;
    tn_error error = {0};
    om_progress progress;
    om_progress_init(&progress, OM_PROGRESS_PLAIN, true);
    free(said);
    progress.stream = open_memstream(&said, &length);
    ck_assert_msg(om_history_read(&history, scratch_path("."), &progress, &error) == TN_OK, "%s", error.message);
    fclose(progress.stream);
    return history;
}

START_TEST(a_comparison_with_the_truth_counts_once)
{
    write_lines("{\"step\": 10, \"loss\": 3, \"prediction\": 2, \"stimulus_r2\": null, \"weight_r2\": 0.5}\n"
                "{\"step\": 20, \"loss\": 3, \"prediction\": 2, \"stimulus_r2\": 0.25, \"weight_r2\": 0.5}\n"
                "{\"step\": 30, \"loss\": 1, \"prediction\": 1, \"stimulus_r2\": 0.25, \"weight_r2\": 0.5}\n"
                "{\"step\": 40, \"loss\": 1, \"prediction\": 1, \"stimulus_r2\": 0.75, \"weight_r2\": 0.5}\n");
    const double stimulus[] = {NAN, 0.25, NAN, 0.75}, weight[] = {0.5, NAN, NAN, NAN}, loss[] = {3, 3, 1, 1};
    om_history history = read_lines();
    ck_assert_uint_eq(history.n, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq(history.step[i], 10 * (i + 1));
        ck_assert_double_eq(history.loss[i], loss[i]);
        ck_assert(isnan(stimulus[i]) ? isnan(history.stimulus_r2[i]) : history.stimulus_r2[i] == stimulus[i]);
        ck_assert(isnan(weight[i]) ? isnan(history.weight_r2[i]) : history.weight_r2[i] == weight[i]);
    }
    om_history_clear(&history);
}
END_TEST

START_TEST(a_run_without_lines_has_no_history_and_a_line_cut_short_is_none)
{
    om_history history = read_lines();
    ck_assert_uint_eq(history.n, 0);
    om_history_clear(&history);
    write_lines("{\"step\": 10, \"loss\": 3}\n{\"step\": 20, \"lo");
    history = read_lines();
    ck_assert_uint_eq(history.n, 1);
    ck_assert(isnan(history.prediction[0]));
    om_history_clear(&history);
}
END_TEST

START_TEST(broken_lines_are_left_out_and_the_first_is_named)
{
    write_lines("{\"step\": 10}\n[1]\n{\"step\": 20}\nhello\n\n{\"step\": 30}\n");
    om_history history = read_lines();
    ck_assert_uint_eq(history.n, 3);
    for (int i = 0; i < 3; i++) ck_assert_double_eq(history.step[i], 10 * (i + 1));
    ck_assert_msg(strstr(said, "metrics.jsonl:2: not an object with a step; the line is left out of the course of "
                               "training, and so are 2 more\n") != NULL, "%s", said);
    om_history_clear(&history);
    write_lines("{\"step\": 10}\n{\"step\": 2\n");
    history = read_lines();
    ck_assert_uint_eq(history.n, 1);
    ck_assert_msg(strstr(said, "metrics.jsonl:2: ") && strstr(said, "training\n"), "%s", said);
    om_history_clear(&history);
}
END_TEST

START_TEST(a_pipe_in_place_of_the_file_is_an_error)
{
    om_history history;
    om_progress progress;
    tn_error error = {0};
    om_progress_init(&progress, OM_PROGRESS_PLAIN, true);
    unlink(scratch_path("metrics.jsonl"));
    ck_assert_int_eq(mkfifo(scratch_path("metrics.jsonl"), 0666), 0);
    ck_assert_int_eq(om_history_read(&history, scratch_path("."), &progress, &error), TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "metrics.jsonl: is not a regular file"));
    om_history_clear(&history);
}
END_TEST

int main(void)
{
    TCase *history = tcase_create("history");
    tcase_add_test(history, a_comparison_with_the_truth_counts_once);
    tcase_add_test(history, a_run_without_lines_has_no_history_and_a_line_cut_short_is_none);
    tcase_add_test(history, broken_lines_are_left_out_and_the_first_is_named);
    tcase_add_test(history, a_pipe_in_place_of_the_file_is_an_error);
    return run_cases("history", history, NULL);
}
