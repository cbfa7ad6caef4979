/* The benchmarks: their formulas, their statistics, and one run on tiny sizes. Times are not tested. */
#include <config.h>
#include "bench/formulas.h"
#include "bench/statistics.h"
#include "testing.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- formulas ---- */

/* The fly's visual system at extent 8. */
static const bench_network_sizes fly = {
    .neurons = 13741, .synapses = 434112, .columns = 217, .inputs = 1736, .presynaptic = 1269, .width = 80};

static void assert_giga(double found, double expected)
{
    ck_assert_msg(fabs(found / 1e9 - expected) < 0.005 * expected, "%.4f, not %.4f billions", found / 1e9, expected);
}

START_TEST(the_work_of_a_step_is_that_of_its_products)
{
    ck_assert_double_eq(bench_weights(3, 80, 1), 3 * 80 + 80 * 80 + 80);
    assert_giga(bench_gnn_flop(&fly, 4), 6.15);
    assert_giga(bench_gnn_flop(&fly, 1), 2.78);
    assert_giga(bench_siren_flop(217, 2048, 4), 21.9);
    assert_giga(bench_siren_flop(217, 512, 3), 1.03);
    assert_giga(bench_siren_flop(1736, 256, 3), 2.06);
    assert_giga(bench_siren_flop(1024, 256, 3), 1.21);
    double dense = 2708 * (64 * 16 + 16 * 7), sparse = 10556 * (16 + 7);
    ck_assert_double_eq(bench_convolution_flop(2708, 10556, 64, 16, 7), 6 * (dense + sparse));
    assert_giga(bench_joint_flop(&fly, 4, 64, 256, 3), 31.5);
    assert_giga(bench_joint_flop(&fly, 4, 64, 512, 3), 83.8);
}
END_TEST

START_TEST(the_work_of_sparse_products_and_of_optimizers_is_what_they_move)
{
    ck_assert_double_eq(bench_spmm_flop(1000, 4), 8000);
    ck_assert_double_eq(bench_spmm_bytes(10, 1000, 4), 8 * 1000 + 4 * 4 * 2 * 10);
    ck_assert_double_eq(bench_spmm_gradients_bytes(10, 1000, 4), 12 * 1000 + 4 * 4 * 3 * 10);
    ck_assert_double_eq(bench_optimizer_bytes(1000, 2), 28000);
    ck_assert_double_eq(bench_lbfgs_bytes(1000, 3), 4000 * (25 + 35 + 45));
    ck_assert_double_eq(bench_frame_bytes(10, 1000), 8 * 1000 + 24 * 10);
}
END_TEST

/* ---- statistics ---- */

START_TEST(quartiles_lie_between_the_values)
{
    double values[] = {5, 1, 4, 2, 7, 11};
    bench_quartiles q = bench_quartiles_of(values, 6);
    ck_assert_int_eq(q.n, 6);
    ck_assert_double_eq_tol(q.lower, 2.5, 1e-12);
    ck_assert_double_eq_tol(q.median, 4.5, 1e-12);
    ck_assert_double_eq_tol(q.upper, 6.5, 1e-12);
    q = bench_quartiles_of(values, 1);
    ck_assert_double_eq(q.lower, q.upper);
    ck_assert(isnan(bench_quartiles_of(values, 0).median));
}
END_TEST

/* ---- runs ---- */

/* Runs bench on tiny sizes with these options; returns its exit status. Its words go to the files "out" and "err". */
static int run_bench(const char *options)
{
    const char *build = getenv("abs_top_builddir");
    char command[16384], out[4096], err[4096];
    setenv("OMMATID_DATA", test_data("../apps/data"), 1);
    snprintf(out, sizeof out, "%s", scratch_path("out"));
    snprintf(err, sizeof err, "%s", scratch_path("err"));
    snprintf(command, sizeof command, "'%s/tests/bench/bench' --smoke --threads 2 --programs '%s' %s >'%s' 2>'%s'",
             build ? build : ".", build ? build : ".", options, out, err);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The same with an object per line: the objects by line, and that of the machine under "". */
static json_t *measure(const char *options)
{
    char path[4096], text[8192];
    snprintf(path, sizeof path, "%s", scratch_path("lines.jsonl"));
    snprintf(text, sizeof text, "--json '%s' --force %s", path, options);
    int code = run_bench(text);
    ck_assert_msg(code == 0, "bench ended with %d", code);
    json_t *lines = json_object();
    FILE *file = fopen(path, "r");
    ck_assert(file != NULL);
    json_error_t error;
    for (json_t *one; (one = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error));) {
        const char *name = json_string_value(json_object_get(one, "line"));
        ck_assert_msg(!json_object_get(lines, name ? name : ""), "%s is there twice", name ? name : "the machine");
        json_object_set_new(lines, name ? name : "", one);
    }
    ck_assert_msg(feof(file) && error.column <= 1, "line %d is not JSON: %s", (int)json_object_size(lines), error.text);
    fclose(file);
    return lines;
}

/* The number at a path such as "seconds.median"; it must be there. */
static double number(json_t *object, const char *path)
{
    char copy[256], *rest = copy;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key; (key = strsep(&rest, "."));) object = json_object_get(object, key);
    ck_assert_msg(json_is_number(object), "no number %s", path);
    return json_number_value(object);
}

static void assert_measured(const char *name, json_t *line)
{
    ck_assert_msg(line != NULL, "%s is missing", name);
    if (json_object_get(line, "memory_bytes")) {
        ck_assert_double_gt(number(line, "memory_bytes"), 0);
        return;
    }
    double lower = number(line, "seconds.lower"), median = number(line, "seconds.median");
    ck_assert_msg(0 < lower && lower <= median && median <= number(line, "seconds.upper"), "%s: no quartiles", name);
    bool overhead = !strncmp(name, "plan-time", 9) || !strncmp(name, "replay", 6);
    if (!overhead) ck_assert_double_gt(number(line, "share_of_peak"), 0);
}

START_TEST(a_run_measures_every_line)
{
    json_t *lines = measure("");
    ck_assert_int_eq(run_bench("--list"), 0);
    FILE *list = fopen(scratch_path("out"), "r");
    ck_assert(list != NULL);
    char name[256];
    size_t n = 0;
    for (; fscanf(list, "%255s", name) == 1; n++) assert_measured(name, json_object_get(lines, name));
    fclose(list);
    ck_assert_uint_gt(n, 20);
    ck_assert_uint_eq(json_object_size(lines), n + 1);
    json_t *machine = json_object_get(lines, "");
    ck_assert_double_gt(number(machine, "flop_per_second"), 0);
    ck_assert_double_gt(number(machine, "bytes_per_second"), 0);
    json_decref(lines);
}
END_TEST

START_TEST(rates_and_shares_follow_from_work_and_time)
{
    json_t *lines = measure("--only gnn-b4"), *line = json_object_get(lines, "gnn-b4");
    double rate = number(line, "flop") / number(line, "seconds.median");
    ck_assert_double_eq_tol(number(line, "flop_per_second") / rate, 1, 1e-6);
    double share = rate / number(json_object_get(lines, ""), "flop_per_second");
    ck_assert_double_eq_tol(number(line, "share_of_peak") / share, 1, 1e-6);
    ck_assert_double_gt(number(line, "one_thread.ratio.median"), 0);
    ck_assert(json_is_true(json_object_get(json_object_get(line, "one_thread"), "agrees")));
    json_decref(lines);
}
END_TEST

/* ---- a peer, played by a shell script ---- */

/* The options that make bench ask it. */
static const char *play_peer(const char *answers)
{
    static char options[8192];
    FILE *script = fopen(scratch_path("peer.sh"), "w");
    ck_assert(script != NULL);
    fprintf(script, "directory=$1; echo a script\nwhile read -r first second third; do\n%s\ndone\n", answers);
    fclose(script);
    snprintf(options, sizeof options, "--python /bin/sh --peer='%s' --only gnn-b4", scratch_path("peer.sh"));
    return options;
}

START_TEST(a_peer_is_compared_round_by_round_on_shared_data)
{
    json_t *lines = measure(play_peer("test -r \"$directory/gnn-b4.safetensors\" || { echo error; continue; }\n"
                                      "case $first in value) echo 1e30;; */gnn-b4) echo 0.5;; *) echo error;; esac"));
    json_t *line = json_object_get(lines, "gnn-b4");
    ck_assert_double_eq(number(line, "seconds.n"), 2); /* so that the quartiles tell both */
    double lower = number(line, "seconds.lower"), upper = number(line, "seconds.upper");
    double one = (3 * lower - upper) / 2, other_one = (3 * upper - lower) / 2;
    const char *const formulations[] = {"published", "expert"};
    for (int i = 0; i < 2; i++) {
        json_t *other = json_object_get(line, formulations[i]);
        ck_assert_double_eq(number(other, "seconds.median"), 0.5);
        double expected = (0.5 / one + 0.5 / other_one) / 2;
        ck_assert_double_eq_tol(number(other, "ratio.median") / expected, 1, 1e-6);
        ck_assert(json_is_false(json_object_get(other, "agrees")));
    }
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(lines, ""), "peer")), "a script");
    json_decref(lines);
}
END_TEST

START_TEST(a_peer_that_fails_is_left_out)
{
    const char *const failures[] = {"exit 1", "echo error no such thing", "test $first = value && echo 1 || exit 1"};
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        json_t *lines = measure(play_peer(failures[i])), *line = json_object_get(lines, "gnn-b4");
        assert_measured("gnn-b4", line);
        ck_assert(!json_object_get(line, "expert") && !json_object_get(line, "published"));
        json_decref(lines);
    }
}
END_TEST

START_TEST(no_line_measured_is_a_failure)
{
    ck_assert_int_ne(run_bench("--only no-such-line"), 0);
}
END_TEST

int main(void)
{
    TCase *numbers = tcase_create("numbers"), *runs = tcase_create("runs");
    tcase_add_test(numbers, the_work_of_a_step_is_that_of_its_products);
    tcase_add_test(numbers, the_work_of_sparse_products_and_of_optimizers_is_what_they_move);
    tcase_add_test(numbers, quartiles_lie_between_the_values);
    tcase_set_timeout(runs, 60);
    tcase_add_test(runs, a_run_measures_every_line);
    tcase_add_test(runs, rates_and_shares_follow_from_work_and_time);
    tcase_add_test(runs, a_peer_is_compared_round_by_round_on_shared_data);
    tcase_add_test(runs, a_peer_that_fails_is_left_out);
    tcase_add_test(runs, no_line_measured_is_a_failure);
    return run_cases("bench", numbers, runs, NULL);
}
