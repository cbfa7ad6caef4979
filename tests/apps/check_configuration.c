/* Configurations: every key of the table against every kind of mistake, true lines, round trips, files. */
#include "config.h"
#include "parsing.h"
#include "testing.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static tn_status set(const char *assignment)
{
    return parse_with("{}", 1, &assignment);
}

static const om_key *key_at(int i)
{
    int count;
    return om_config_keys(&count) + i;
}

static int key_count(void)
{
    int count;
    om_config_keys(&count);
    return count;
}

static void *field(const char *name)
{
    for (int i = 0; i < key_count(); i++)
        if (strcmp(key_at(i)->name, name) == 0) return (char *)&config + key_at(i)->offset;
    ck_abort_msg("no key %s", name);
    return NULL;
}

/* --- every key --- */

START_TEST(a_key_has_a_default_of_every_recipe_and_an_explanation)
{
    static const char *const chosen[] = {"{}", "model: {mode: known}", "model.recipe: published",
                                         "model: {recipe: published, mode: known}"};
    const om_key *key = key_at(_i);
    for (int i = 0; i < 4; i++) ck_assert_msg(parse(chosen[i]) == TN_OK, "%s", failure.message);
    ck_assert_ptr_nonnull(key->value[0]);
    ck_assert_uint_ne(key->programs & OM_FOR_EVERY, 0);
    ck_assert_uint_gt(strlen(key->help), 8);
    ck_assert_msg(strlen(key->help) < 100 && !strchr(key->help, '\n'), "%s", key->name);
}
END_TEST

/* What every type refuses; the key stands on line 5. */
START_TEST(a_value_of_the_wrong_type_is_refused_with_its_line)
{
    static const char *const wrong[] = {
        [OM_BOOL] = "yes\nno\n1\n\"true\"\ntruex\ntrue false\nTrue\nnan\n~\n\n[true]\n{a: true}",
        [OM_INT] = "abc\n1.5\n1.5abc\n12abc\n1 2\n0x10\n1e1\n\"3\"\nnan\n.nan\ninf\n.inf\n-.inf\nnull\n\n[1]\n{a: 1}\n"
                   "99999999999999999999\n-99999999999999999999\n--1\n+\n1_000\n1,5",
        [OM_FLOAT] = "abc\n1.5abc\n0.5 0.5\n\"0.5\"\nnan\nNaN\n.nan\n.NaN\ninf\n.inf\ninfinity\n-.inf\n1e999\n0x1p3\n"
                     "0x1\n~\n\n[0.5]\n{a: 1}\n1,5\n1e\n.\n1e5.5",
        [OM_CHOICE] = "nonsense\n1\njoint|known\n|\n~\n\n[joint]\n{a: b}\nnan",
        [OM_STRING] = "~\nnull\n\n[a]\n{a: b}",
        [OM_FLOATS] = "1\n1.5abc\nabc\n~\n\n{a: 1}\n[a]\n[1, 1.5abc]\n[nan]\n[.inf]\n[[1]]\n[\"1\"]\n[1, ]x\n[1, ~]",
        [OM_STRINGS] = "a\n~\n\n{a: b}\n[[a]]\n[{a: b}]\n[~]\n[a, \"\"]",
    };
    const om_key *key = key_at(_i);
    char values[512], text[256];
    snprintf(values, sizeof values, "%s", wrong[key->type]);
    char *rest = values;
    for (const char *value; (value = strsep(&rest, "\n"));) {
        snprintf(text, sizeof text, "# a comment\n\n\n\n%s: %s\n", key->name, value);
        refused(text, "x.yaml:5: ");
    }
}
END_TEST

START_TEST(a_number_out_of_range_is_refused)
{
    const om_key *key = key_at(_i);
    if (key->type != OM_INT && key->type != OM_FLOAT && key->type != OM_FLOATS) return;
    char *end, text[128];
    double low = strtod(key->domain + 1, &end), high = strtod(end + 1, &end);
    ck_assert(isfinite(low) && isfinite(high) && low < high);
    bool whole = key->type == OM_INT, list = key->type == OM_FLOATS;
    double outside[2] = {whole ? low - 1 : *key->domain == '(' ? low : nextafter(low, -DBL_MAX),
                         whole ? high + 1 : *end == ')' ? high : nextafter(high, DBL_MAX)};
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, list ? "\n%s: [%.17g]" : "\n%s: %.17g", key->name, outside[i]);
        refused(text, key->domain);
        ck_assert_msg(strstr(failure.message, "x.yaml:2: "), "%s", failure.message);
        ck_assert_msg(strstr(failure.message, key->name), "%s", failure.message);
    }
    for (int i = 0; i < 2; i++) { /* the ends themselves, where they belong to it */
        if (i ? *end == ')' : *key->domain == '(') continue;
        snprintf(text, sizeof text, list ? "\n%s: [%.17g]" : "\n%s: %.17g", key->name, i ? high : low);
        ck_assert_msg(parse(text) == TN_OK, "%s", failure.message);
    }
}
END_TEST

START_TEST(a_key_given_twice_is_refused_with_both_lines)
{
    const om_key *key = key_at(_i);
    char text[512];
    ck_assert_ptr_null(strchr(key->value[0], '\n'));
    snprintf(text, sizeof text, "%s: %s\n\n%s: %s\n", key->name, key->value[0], key->name, key->value[0]);
    refused(text, "x.yaml:3: ");
    ck_assert_msg(strstr(failure.message, "line 1") && strstr(failure.message, key->name), "%s", failure.message);
}
END_TEST

START_TEST(a_misspelt_key_is_refused_and_the_right_one_is_named)
{
    const om_key *key = key_at(_i);
    char name[64], text[128];
    snprintf(name, sizeof name, "%s", key->name);
    name[strlen(name) - 2] = '#';
    snprintf(text, sizeof text, "\n\n%s: 1\n", name);
    refused(text, "x.yaml:3: unknown key ");
    ck_assert_msg(strstr(failure.message, "did you mean"), "%s", failure.message);
    snprintf(text, sizeof text, "did you mean %s?", key->name);
    if (strlen(key->name) > 12) ck_assert_msg(strstr(failure.message, text), "%s", failure.message);
}
END_TEST

/* --- single keys --- */

START_TEST(nested_and_dotted_keys_mean_the_same)
{
    ck_assert_int_eq(parse("siren: {hidden_dim: 77, omega_t: 1.5e3}\ntraining.lr_siren: 1e-5\n"), TN_OK);
    ck_assert_int_eq(config.siren.hidden_dim, 77);
    ck_assert_double_eq(config.siren.omega_t, 1500);
    ck_assert_double_eq(config.training.lr_siren, 1e-5);
    refused("siren:\n  layers: 2\nsiren.layers: 3\n", "x.yaml:3: siren.layers: given a second time, first on line 2");
}
END_TEST

START_TEST(lists_texts_and_choices_are_read)
{
    ck_assert_int_eq(parse("description: \"two\\nlines \\u00e4\"\n"
                           "stimulus:\n  train: [a b.mp4, \"scene:dead_leaves\", scene:bars]\n  test:\n  - c.mp4\n"
                           "  scales: [1, 1.6]\n  time: linear\n  shuffle: false\n"),
                     TN_OK);
    ck_assert_str_eq(config.description, "two\nlines \xc3\xa4");
    ck_assert_int_eq(config.stimulus.train.count, 3);
    ck_assert_str_eq(config.stimulus.train.at[0], "a b.mp4");
    ck_assert_str_eq(om_source_scene(config.stimulus.train.at[2]), "bars");
    ck_assert_ptr_null(om_source_scene(config.stimulus.train.at[0]));
    ck_assert_int_eq(config.stimulus.test.count, 1);
    ck_assert_int_eq(config.stimulus.scales.count, 2);
    ck_assert_double_eq(config.stimulus.scales.at[1], 1.6);
    ck_assert_int_eq(config.stimulus.time, OM_TIME_LINEAR);
    ck_assert(!config.stimulus.shuffle);
}
END_TEST

/* The published numbers of Allier, Lappalainen and Saalfeld, as far as a mode has its own. */
START_TEST(recipe_and_mode_choose_the_defaults_of_what_is_left_out)
{
    ck_assert_int_eq(parse("{}"), TN_OK);
    ck_assert(config.model.mode == OM_MODE_JOINT && config.model.recipe == OM_OURS);
    ck_assert_int_eq(config.model.hidden_dim, 64);
    ck_assert_int_eq(parse("model: {mode: known}\n"), TN_OK);
    ck_assert_int_eq(config.training.batch, 4);
    ck_assert_int_eq(config.training.input_frames, 0);
    ck_assert_int_eq(config.model.hidden_dim, 64);
    ck_assert_int_eq(parse("loss: {W_L1: 0.25}\nmodel: {recipe: published}\n"), TN_OK);
    ck_assert_int_eq(config.siren.form, OM_PUBLISHED);
    ck_assert_int_eq(config.siren.hidden_dim, 2048);
    ck_assert_int_eq(config.training.steps, 960000);
    ck_assert_int_eq(config.training.batch, 1);
    ck_assert_double_eq(config.training.lr_siren, 1e-8);
    ck_assert_double_eq(config.loss.W_L1, 0.25);
    ck_assert_double_eq(config.loss.annealing_rate, 0.5);
    ck_assert_int_eq(parse("model: {recipe: published, mode: known}\n"), TN_OK);
    ck_assert_int_eq(config.training.steps, 112000);
    ck_assert_int_eq(config.model.hidden_dim, 80);
    ck_assert_int_eq(config.model.weight_init, OM_WEIGHT_NORMAL);
    ck_assert_double_eq(config.loss.W_L2, 1.5e-6);
    ck_assert_double_eq(config.loss.annealing_rate, 0);
    const char *known = "model.mode=known";
    ck_assert_int_eq(parse_with("model: {recipe: published}\n", 1, &known), TN_OK);
    ck_assert_int_eq(config.training.steps, 112000);
}
END_TEST

START_TEST(assignments_override_the_file_and_the_last_one_counts)
{
    const char *const assignments[] = {"siren.hidden_dim=5", "siren={layers: 2, hidden_dim: 6}",
                                       "stimulus.scales=[2, 3]", "description=a b", "stimulus.train=[x.mp4]"};
    ck_assert_int_eq(parse_with("siren: {hidden_dim: 4}\nstimulus: {train: [a, b]}\n", 5, assignments), TN_OK);
    ck_assert_int_eq(config.siren.hidden_dim, 6);
    ck_assert_int_eq(config.siren.layers, 2);
    ck_assert_int_eq(config.stimulus.scales.count, 2);
    ck_assert_int_eq(config.stimulus.train.count, 1);
    ck_assert_str_eq(config.description, "a b");
}
END_TEST

START_TEST(bad_assignments_are_refused)
{
    static const char *const bad[] = {"siren.hidden_dim=",  "siren.hidden_dim=1.5abc", "siren.hiddn_dim=3", "siren=3",
                                      "siren.hidden_dim",   "=3",                      "seed=1\n--- 2",     "seed=&a 1",
                                      "siren={layers: x}", "seed=1: 2",               "description=",      "seed=[",
                                      "description=\"a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(set(bad[i]) == TN_EFORMAT, "accepted: %s", bad[i]);
        ck_assert_msg(strncmp(failure.message, "command line: ", 14) == 0, "%s", failure.message);
    }
}
END_TEST

START_TEST(the_nearest_key_is_suggested_across_sections_but_nothing_far)
{
    refused("hidden_dims: 3\n", "did you mean model.hidden_dim?");
    refused("sirn: {omega_t: 3}\n", "unknown key sirn.omega_t; did you mean siren.omega_t?");
    refused("model: {lr_siren: 3}\n", "did you mean training.lr_siren?");
    refused("learning_rate_NNR_f: 3\n", "unknown key learning_rate_NNR_f; --help-config");
    refused("include: other.yaml\n", "unknown key include");
    refused("<<: {seed: 1}\n", "unknown key <<");
    refused("\na: {b: {c: {d: 1}}}\n", "x.yaml:2: unknown key a.b; --help-config");
    refused("a: {}\n", "unknown key a;");
    refused("a: {[b]: 1}\n", "unknown key a;");
    refused("a: {*b : 1}\n", "anchors and aliases");
}
END_TEST

/* --- printing --- */

static void assert_round_trip(void)
{
    char *first = om_config_text(&config);
    ck_assert_msg(parse(first) == TN_OK, "%s", failure.message);
    char *second = om_config_text(&config);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
}

START_TEST(what_is_printed_reads_back_the_same)
{
    static const char *const texts[] = {
        "{}",
        "model: {recipe: published}",
        "model: {recipe: published, mode: known}",
        "simulation: {sigma: 0.1, delta_t: 0.012345678901234567}\nloss: {W_L1: 1e-300, W_L2: 5e-324}",
        "seed: 9007199254740991\nstimulus: {scales: [1.1, 1.2345678901234567, 3e1]}",
        "description: \"\\x01 \\t \\n \\x7f \\x85 \\xa0 \\u2028 \\ufeff \\ufffe \\U0001f600 \xc3\xa9 : - # ~\"",
        "stimulus.test: ['a, b', \"c\\\"d\\\\\", '#x']",
        "stimulus: {train: ['null', '~', '1', 'true', ' ', '!x', '&x', '*x', '- x', '? x', \"a\\nb\"]}",
    };
    ck_assert_msg(parse(texts[_i]) == TN_OK, "%s", failure.message);
    char *description = strdup(config.description);
    double sigma = config.simulation.sigma, delta_t = config.simulation.delta_t, small = config.loss.W_L2;
    assert_round_trip();
    ck_assert_str_eq(config.description, description);
    ck_assert_double_eq(config.simulation.sigma, sigma);
    ck_assert_double_eq(config.simulation.delta_t, delta_t);
    ck_assert_double_eq(config.loss.W_L2, small);
    free(description);
}
END_TEST

/* Printing chooses every choice by its number, reading by its name. */
START_TEST(every_choice_is_printed_by_its_name)
{
    char choices[64], text[256], *rest = choices;
    const om_key *key = key_at(_i);
    if (key->type != OM_CHOICE) return;
    snprintf(choices, sizeof choices, "%s", key->domain);
    for (int i = 0; rest; i++) {
        snprintf(text, sizeof text, "%s: %s\n", key->name, strsep(&rest, "|"));
        ck_assert_int_eq(parse(text), TN_OK);
        ck_assert_int_eq(*(int *)field(key->name), i);
        assert_round_trip();
        ck_assert_int_eq(*(int *)field(key->name), i);
    }
}
END_TEST

START_TEST(every_key_is_printed_with_its_explanation)
{
    ck_assert_int_eq(parse("{}"), TN_OK);
    char *text = om_config_text(&config), *help = NULL;
    size_t length;
    FILE *stream = open_memstream(&help, &length);
    om_config_help(OM_FOR_EVERY, stream);
    fclose(stream);
    for (int i = 0; i < key_count(); i++) {
        ck_assert_ptr_nonnull(strstr(text, key_at(i)->help));
        ck_assert_ptr_nonnull(strstr(help, key_at(i)->name));
    }
    ck_assert_ptr_nonnull(strstr(text, "\nsiren:\n  form: ours "));
    free(text);
    free(help);

    stream = open_memstream(&help, &length);
    om_config_help(OM_FOR_TEST, stream);
    fclose(stream);
    ck_assert_ptr_nonnull(strstr(help, "test.video_fps"));
    ck_assert_ptr_null(strstr(help, "siren.omega_t"));
    free(help);
}
END_TEST

/* A locale with a decimal comma, made here if the system has none. */
static const char *comma_locale(void)
{
    char command[600];
    if (setlocale(LC_ALL, "de_DE.UTF-8")) return "de_DE.UTF-8";
    const char *made = scratch_path("de_DE.UTF-8");
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s >/dev/null 2>&1", made);
    if (system(command) != 0) return NULL;
    setenv("LOCPATH", scratch_path("."), 1);
    return setlocale(LC_ALL, "de_DE.UTF-8");
}

START_TEST(a_language_with_a_decimal_comma_changes_nothing)
{
    if (!comma_locale()) {
        printf("SKIPPED: there is no locale de_DE.UTF-8\n");
        return;
    }
    char number[16];
    snprintf(number, sizeof number, "%.1f", 1.5);
    ck_assert_str_eq(number, "1,5");
    ck_assert_msg(parse("simulation: {sigma: 0.125}\nstimulus: {scales: [1.5]}\n") == TN_OK, "%s", failure.message);
    ck_assert_double_eq(config.simulation.sigma, 0.125);
    assert_round_trip();
    ck_assert_double_eq(config.simulation.sigma, 0.125);
    refused("simulation: {sigma: '0,125'}\n", "simulation.sigma");
    snprintf(number, sizeof number, "%.1f", 1.5);
    ck_assert_str_eq(number, "1,5");
}
END_TEST

/* --- files --- */

START_TEST(files_that_cannot_be_read_are_named)
{
    tn_error error = {0};
    om_config read = {0};
    ck_assert_int_eq(om_config_read(&read, "/nowhere/x.yaml", NULL, 0, NULL, &error), TN_EIO);
    ck_assert_str_eq(error.message, "/nowhere/x.yaml: No such file or directory");
    om_config_free(&read);
    error = (tn_error){0};
    ck_assert_int_eq(om_config_read(&read, "/", NULL, 0, NULL, &error), TN_EIO);
    om_config_free(&read);

    char *large = calloc(1, (1 << 20) + 1);
    memset(large, ' ', (1 << 20) + 1);
    error = (tn_error){0};
    const char *path = scratch_path("large.yaml");
    write_bytes(path, large, (1 << 20) + 1);
    ck_assert_int_eq(om_config_read(&read, path, NULL, 0, NULL, &error), TN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "larger than"));
    om_config_free(&read);
    free(large);
}
END_TEST

START_TEST(relative_paths_start_at_the_file_or_the_data_directory)
{
    static const struct {
        const char *data_dir, *path, *expected;
    } cases[] = {
        {"/data", "a/b.mp4", "/data/a/b.mp4"},
        {"/data", "/c.mp4", "/c.mp4"},
        {".", "c.mp4", "c.mp4"},
        {"", "c.mp4", "c.mp4"},
    };
    for (int i = 0; i < 4; i++) {
        om_config read = {0};
        ck_assert_int_eq(om_config_read(&read, NULL, cases[i].data_dir, 0, NULL, NULL), TN_OK);
        char *path = om_config_path(&read, cases[i].path);
        ck_assert_str_eq(path, cases[i].expected);
        free(path);
        om_config_free(&read);
    }
    om_config read = {0};
    const char *file = scratch_path("some.yaml");
    write_text(file, "seed: 3\n");
    ck_assert_int_eq(om_config_read(&read, file, NULL, 0, NULL, NULL), TN_OK);
    ck_assert_int_eq(read.seed, 3);
    char *path = om_config_path(&read, "c.mp4");
    ck_assert_str_eq(path, scratch_path("c.mp4"));
    free(path);
    om_config_free(&read);
}
END_TEST

START_TEST(the_installed_configurations_are_good)
{
    static const char *const names[] = {"demo",
                                        "fly_extent2_joint", "fly_extent2_known", "fly_extent4_joint",
                                        "fly_extent4_known", "fly_extent8_joint", "fly_extent8_known"};
    char path[4096];
    tn_error error = {0};
    om_config read = {0};
    snprintf(path, sizeof path, "%s/apps/data/%s.yaml", getenv("abs_top_srcdir"), names[_i]);
    ck_assert_msg(om_config_read(&read, path, NULL, 0, NULL, &error) == TN_OK, "%s", error.message);
    ck_assert_uint_gt(strlen(read.description), 10);
    om_config_free(&read);
}
END_TEST

int main(void)
{
    TCase *every_key = tcase_create("every key");
    tcase_add_loop_test(every_key, a_key_has_a_default_of_every_recipe_and_an_explanation, 0, key_count());
    tcase_add_loop_test(every_key, a_value_of_the_wrong_type_is_refused_with_its_line, 0, key_count());
    tcase_add_loop_test(every_key, a_number_out_of_range_is_refused, 0, key_count());
    tcase_add_loop_test(every_key, a_key_given_twice_is_refused_with_both_lines, 0, key_count());
    tcase_add_loop_test(every_key, a_misspelt_key_is_refused_and_the_right_one_is_named, 0, key_count());
    tcase_add_loop_test(every_key, every_choice_is_printed_by_its_name, 0, key_count());

    TCase *keys = tcase_create("keys");
    tcase_add_test(keys, nested_and_dotted_keys_mean_the_same);
    tcase_add_test(keys, lists_texts_and_choices_are_read);
    tcase_add_test(keys, recipe_and_mode_choose_the_defaults_of_what_is_left_out);
    tcase_add_test(keys, assignments_override_the_file_and_the_last_one_counts);
    tcase_add_test(keys, bad_assignments_are_refused);
    tcase_add_test(keys, the_nearest_key_is_suggested_across_sections_but_nothing_far);

    TCase *printing = tcase_create("printing");
    tcase_add_loop_test(printing, what_is_printed_reads_back_the_same, 0, 8);
    tcase_add_test(printing, every_key_is_printed_with_its_explanation);
    tcase_add_test(printing, a_language_with_a_decimal_comma_changes_nothing);

    TCase *files = tcase_create("files");
    tcase_add_test(files, files_that_cannot_be_read_are_named);
    tcase_add_test(files, relative_paths_start_at_the_file_or_the_data_directory);
    tcase_add_loop_test(files, the_installed_configurations_are_good, 0, 7);
    return run_cases("configuration", every_key, keys, printing, files, NULL);
}
