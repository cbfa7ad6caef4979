/* The report: well-formed, escaped, complete, and there or not there. */
#include "config.h"
#include "common/html.h"
#include "common/report.h"
#include "common/stream.h"
#include "testing.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char metrics_text[] =
    "{\"stimulus\": {\"r2\": 0.9312, \"a\": -1.5, \"b\": null},"
    " \"weights\": {\"in_distribution\": {\"r2\": 0.9791}, \"published\": {\"r2_filtered\": 0.9412}},"
    " \"resting_potential\": null, \"embedding\": {\"accuracy\": 0.8, \"in_distribution\": {\"accuracy\": 0.9}},"
    " \"rollout\": {\"rmse_mean\": 0.1321, \"rmse_sd\": 0.07, \"split\": \"train\","
    "               \"oracle\": {\"pearson_mean\": 0.78}},"
    " \"run\": {\"steps\": 320000, \"program\": \"ommatid <0.1> & 'more'\"}}";

/* A PNG of one pixel by two, as far as a report reads it, and three bytes that base64 can be checked on. */
static const char tiny_png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\2abc";

/* Writes a report of the metrics above with one figure, and returns its text. */
static char *make_report(const char *title, om_published_setting published)
{
    char figure_path[256], path[256];
    strcpy(figure_path, scratch_path("figure.png"));
    strcpy(path, scratch_path("report.html"));
    write_bytes(figure_path, tiny_png, sizeof tiny_png - 1);
    json_t *metrics = json_loads(metrics_text, 0, NULL);
    json_t *facts = json_pack("{s:o, s:s, s:{s:f, s:[i,i], s:n}}", "run", json_incref(json_object_get(metrics, "run")),
                              "a <b>", "\"quoted\" & <script>", "training", "rate", 1e-3, "ids", 1, 2, "nothing");
    om_report_figure figure = {"figure \"one\" & <i>", "caption </figure> \xff", figure_path};
    om_report report = {title, metrics, facts, published, 1, &figure, "my <video> \"&.mp4"};
    tn_error error = {0};
    ck_assert_msg(om_report_write(path, &report, &error) == TN_OK, "%s", error.message);
    json_decref(metrics);
    json_decref(facts);
    size_t length;
    return read_bytes(path, &length);
}

/* Reads one tag at text, which begins with '<': its name, whether it closes or stands alone. Returns what follows, or
 * NULL for a faulty tag. */
static const char *read_tag(const char *text, char name[static 32], bool *closes, bool *alone)
{
    size_t length = 0;
    text++;
    *closes = *text == '/';
    text += *closes;
    while (isalnum((unsigned char)*text) && length < 31) name[length++] = *text++;
    name[length] = 0;
    *alone = length == 0;
    if (*alone && strncmp(text, "!DOCTYPE", 8)) return NULL;
    while (*text && *text != '>') {
        if (*text == '<') return NULL;
        if (*text == '/') *alone = true;
        if (*text++ != '"') continue;
        const char *end = strchr(text, '"');
        if (!end || memchr(text, '<', (size_t)(end - text))) return NULL;
        text = end + 1;
    }
    return *text ? text + 1 : NULL;
}

/* Every element is closed in order, and every ampersand begins an entity. */
static bool well_formed(const char *text)
{
    char stack[64][32], name[32];
    int depth = 0;
    while (text && *text) {
        bool closes, alone;
        if (*text == '&' &&
            !(strchr("alg#q", text[1]) && strspn(text + 1, "#039abgl-moptqu") == strcspn(text + 1, ";")))
            return false;
        if (*text != '<') {
            text++;
            continue;
        }
        text = read_tag(text, name, &closes, &alone);
        if (!text || (closes && (depth == 0 || strcmp(stack[--depth], name)))) return false;
        if (closes || alone) continue;
        if (depth == 64) return false;
        strcpy(stack[depth++], name);
    }
    return text && depth == 0;
}

START_TEST(the_checker_itself_finds_faults)
{
    ck_assert(well_formed("<!DOCTYPE html><p class=\"a>b\">&amp;<br /><b>x</b></p>"));
    ck_assert(!well_formed("<p><b></p></b>"));
    ck_assert(!well_formed("<p>"));
    ck_assert(!well_formed("</p>"));
    ck_assert(!well_formed("a < b"));
    ck_assert(!well_formed("<p>&</p>"));
    ck_assert(!well_formed("<p>&amp</p>"));
    ck_assert(!well_formed("<a href=\"<\"></a>"));
}
END_TEST

START_TEST(the_report_is_well_formed_and_asks_nothing_of_the_network)
{
    char *text = make_report("fly <&> \"eye\" \xc3", OM_PUBLISHED_JOINT);
    ck_assert(well_formed(text));
    ck_assert_ptr_nonnull(strstr(text, "<title>fly &lt;&amp;&gt; &quot;eye&quot; ?</title>"));
    ck_assert_ptr_nonnull(strstr(text, "caption &lt;/figure&gt; ?"));
    ck_assert_ptr_nonnull(strstr(text, "&quot;quoted&quot; &amp; &lt;script&gt;"));
    ck_assert_ptr_nonnull(strstr(text, "ommatid &lt;0.1&gt; &amp; &#39;more&#39;"));
    ck_assert_ptr_null(strstr(text, "http"));
    ck_assert_ptr_null(strstr(text, "//"));
    ck_assert_ptr_nonnull(strstr(text, "src=\"./my%20%3Cvideo%3E%20%22%26.mp4\""));
    ck_assert_ptr_nonnull(strstr(text, "prefers-color-scheme:dark"));
    ck_assert_ptr_nonnull(strstr(text, "width=device-width"));
    free(text);
}
END_TEST

START_TEST(figures_are_carried_inside_in_base64)
{
    char *text = make_report("title", OM_PUBLISHED_NONE);
    ck_assert_ptr_nonnull(strstr(text, "<img width=\"1\" height=\"2\" alt=\"figure &quot;one&quot; &amp; &lt;i&gt;\" "
                                       "src=\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAACYWJj\" />"));
    free(text);
}
END_TEST

START_TEST(base64_ends_as_it_should_for_any_length)
{
    static const char *const endings[] = {"AAAEAAAAC\"", "AAAEAAAACYQ==\"", "AAAEAAAACYWI=\"", "AAAEAAAACYWJj\""};
    char *text = NULL;
    size_t length;
    write_bytes(scratch_path("a.png"), tiny_png, 24 + (size_t)_i);
    FILE *stream = open_memstream(&text, &length);
    ck_assert_int_eq(om_html_image(stream, scratch_path("a.png"), "", NULL), TN_OK);
    fclose(stream);
    ck_assert_msg(strstr(text, endings[_i]) != NULL, "%s", text);
    free(text);
}
END_TEST

START_TEST(metrics_stand_beside_the_published_values)
{
    char *joint = make_report("title", OM_PUBLISHED_JOINT), *none = make_report("title", OM_PUBLISHED_NONE);
    ck_assert_ptr_nonnull(strstr(joint, "<td>R² after correction</td><td class=\"number\">0.9312</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<td>R² without outliers (error above 5)</td><td class=\"number\"></td>"
                                        "<td class=\"number\">0.9412</td><td class=\"number\">0.94</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<td>accuracy</td><td class=\"number\">0.9000</td>"
                                        "<td class=\"number\">0.8000</td><td class=\"number\">0.81</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<td>scale a</td><td class=\"number\">\u22121.5000</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<td>offset b</td><td class=\"number\">\u2013</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<td class=\"number\">0.1321 ± 0.0700</td><td class=\"number\"></td>"
                                        "<td class=\"number\">0.1441 ± 0.0789</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<td>Pearson r of the true circuit</td><td class=\"number\">0.780</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<td>training.rate</td><td>0.001</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<td>training.ids</td><td>[1, 2]</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<td>run.steps</td><td>320000</td>"));
    ck_assert_ptr_nonnull(strstr(joint, "<th class=\"number\">published, stimulus unknown, \u03c3 = 0.05</th>"));
    free(joint);
    free(none);
}
END_TEST

START_TEST(without_a_published_setting_there_is_no_column_of_published_values)
{
    char *text = make_report("title", OM_PUBLISHED_NONE);
    ck_assert_ptr_nonnull(strstr(text, "<td>accuracy</td><td class=\"number\">0.9000</td>"
                                       "<td class=\"number\">0.8000</td></tr>"));
    ck_assert_ptr_nonnull(strstr(text, "<th colspan=\"3\">weights</th>"));
    ck_assert_ptr_null(strstr(text, "0.1441"));
    ck_assert_ptr_null(strstr(text, "flyvis"));
    free(text);
}
END_TEST

START_TEST(one_step_and_rollout_say_which_frames_they_are_of)
{
    char *text = make_report("title", OM_PUBLISHED_JOINT);
    ck_assert_ptr_nonnull(strstr(text, "<th colspan=\"4\">rollout, training frames</th>"));
    ck_assert_ptr_nonnull(strstr(text, "<th colspan=\"4\">one step, training frames</th>"));
    ck_assert_ptr_nonnull(strstr(text, "<dt>rollout r, training frames</dt>"));
    ck_assert_ptr_nonnull(strstr(text, "<th colspan=\"4\">weights</th>"));
    free(text);
}
END_TEST

START_TEST(the_published_setting_is_found_by_noise_and_kind)
{
    ck_assert_int_eq(om_published_like(true, 0.05), OM_PUBLISHED_JOINT);
    ck_assert_int_eq(om_published_like(true, 0.5), OM_PUBLISHED_NONE);
    ck_assert_int_eq(om_published_like(false, 0), OM_PUBLISHED_NOISE_FREE);
    ck_assert_int_eq(om_published_like(false, 0.05f), OM_PUBLISHED_LOW_NOISE);
    ck_assert_int_eq(om_published_like(false, 0.5), OM_PUBLISHED_HIGH_NOISE);
    ck_assert_int_eq(om_published_like(false, 0.1), OM_PUBLISHED_NONE);
}
END_TEST

START_TEST(the_published_circuit_is_known_by_its_cell_types)
{
    enum { TYPES = 65 };
    char words[] = "TmY18 TmY15 TmY14 TmY13 TmY10 TmY9 TmY5a TmY4 TmY3 Tm30 Tm28 Tm20 Tm16 Tm9 Tm5c Tm5b Tm5a "
                   "Tm5Y Tm4 Tm3 Tm2 Tm1 T5d T5c T5b T5a T4d T4c T4b T4a T3 T2a T2 T1 Mi15 Mi14 Mi13 Mi12 Mi11 "
                   "Mi10 Mi9 Mi4 Mi3 Mi2 Mi1 CT1(M10) CT1(Lo1) C3 C2 Am Lawf2 Lawf1 L5 L4 L3 L2 L1 R8 R7 R6 R5 "
                   "R4 R3 R2 R1";
    const char *name[TYPES];
    for (int i = 0; i < TYPES; i++) name[i] = strtok(i ? NULL : words, " ");
    ck_assert(om_published_circuit(TYPES, name));
    ck_assert(!om_published_circuit(TYPES - 1, name));
    ck_assert(!om_published_circuit(TYPES, NULL));
    ck_assert(!om_published_circuit(0, NULL));
    name[64] = "R9";
    ck_assert(!om_published_circuit(TYPES, name));
    name[64] = "R2";
    ck_assert(!om_published_circuit(TYPES, name));
}
END_TEST

START_TEST(a_changed_circuit_is_known_by_the_configuration_of_its_recording)
{
    ck_assert(!om_published_altered(""));
    ck_assert(!om_published_altered("circuit: {extent: 4, null_synapses: 0, hidden_synapses: 0, ablation: 0}"));
    ck_assert(om_published_altered("circuit: {null_synapses: 4}"));
    ck_assert(om_published_altered("circuit: {hidden_synapses: 0.1}"));
    ck_assert(om_published_altered("circuit: {ablation: 0.5}"));
    ck_assert(!om_published_altered("circuit: {ablation: 0.5}, of another program"));
}
END_TEST

START_TEST(a_report_that_fails_leaves_nothing_and_says_why)
{
    char picture[256], report_path[256];
    tn_error missing = {0}, wrong = {0}, folder = {0}, nothing = {0};
    json_t *metrics = json_object();
    strcpy(report_path, scratch_path("report.html"));
    strcpy(picture, scratch_path("picture.png"));
    om_report_figure figure = {"title", NULL, picture};
    om_report report = {"title", metrics, NULL, OM_PUBLISHED_NONE, 1, &figure, NULL};
    ck_assert_int_eq(om_report_write(report_path, &report, &missing), TN_EIO);
    ck_assert_ptr_nonnull(strstr(missing.message, "picture.png: cannot be read: No such file"));
    write_text(picture, "GIF89a and so on and so on");
    ck_assert_int_eq(om_report_write(report_path, &report, &wrong), TN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(wrong.message, "picture.png: not a PNG image"));
    report.n_figures = 0;
    ck_assert_int_eq(om_report_write(scratch_path("no/folder.html"), &report, &folder), TN_EIO);
    report.metrics = NULL;
    ck_assert_int_eq(om_report_write(report_path, &report, &nothing), TN_EINVAL);
    report.metrics = metrics;
    ck_assert_int_eq(om_report_write(NULL, &report, NULL), TN_EINVAL);
    ck_assert_int_eq(om_report_write("", &report, NULL), TN_EINVAL);
    ck_assert_int_eq(entries(scratch_path(".")), 1); /* the picture */
    json_decref(metrics);
}
END_TEST

/* From here on files can hold this many bytes only; returns the limit before. */
static struct rlimit limit_files(rlim_t bytes)
{
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = bytes;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    return before;
}

START_TEST(a_full_disk_is_reported_and_keeps_the_older_report)
{
    tn_error error = {0}, late = {0};
    om_stream stream;
    json_t *metrics = json_object();
    om_report report = {"title", metrics, NULL, OM_PUBLISHED_NONE, 0, NULL, NULL};
    write_text(scratch_path("report.html"), "old");
    struct rlimit before = limit_files(1000);
    tn_status status = om_report_write(scratch_path("report.html"), &report, &error);
    limit_files(0);
    tn_status opened = om_stream_open(&stream, scratch_path("report.html"), &late);
    fputs("what waits in a buffer fails when the stream is closed", stream.file);
    tn_status closed = om_stream_close(&stream, TN_OK, &late);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(status, TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "report.html"));
    ck_assert_int_eq(opened, TN_OK);
    ck_assert_int_eq(closed, TN_EIO);
    ck_assert_ptr_nonnull(strstr(late.message, "report.html: File too large"));
    assert_holds(scratch_path("report.html"), "old");
    json_decref(metrics);
}
END_TEST

int main(void)
{
    TCase *report = tcase_create("report");
    tcase_add_test(report, the_checker_itself_finds_faults);
    tcase_add_test(report, the_report_is_well_formed_and_asks_nothing_of_the_network);
    tcase_add_test(report, figures_are_carried_inside_in_base64);
    tcase_add_loop_test(report, base64_ends_as_it_should_for_any_length, 0, 4);
    tcase_add_test(report, metrics_stand_beside_the_published_values);
    tcase_add_test(report, without_a_published_setting_there_is_no_column_of_published_values);
    tcase_add_test(report, one_step_and_rollout_say_which_frames_they_are_of);
    tcase_add_test(report, the_published_setting_is_found_by_noise_and_kind);
    tcase_add_test(report, the_published_circuit_is_known_by_its_cell_types);
    tcase_add_test(report, a_changed_circuit_is_known_by_the_configuration_of_its_recording);
    tcase_add_test(report, a_report_that_fails_leaves_nothing_and_says_why);
    tcase_add_test(report, a_full_disk_is_reported_and_keeps_the_older_report);
    return run_cases("report", report, NULL);
}
