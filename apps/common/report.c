/* The report of a test. */
#include "config.h"
#include "common/html.h"
#include "common/metrics_table.h"
#include "common/stream.h"
#include "common/report.h"
#include "common/no_memory.h"

#include <stdlib.h>
#include <string.h>

/* Readable from a phone to a wide screen, by day and by night; figures stay on white paper. */
/* clang-format off */
static const char style[] =
    ":root{color-scheme:light dark;"
    "--paper:#fff;--ink:#22252a;--soft:#6a7078;--line:#dfe2e6;--card:#f6f7f9;--mark:#2a788e}\n"
    "@media(prefers-color-scheme:dark){:root{"
    "--paper:#15171a;--ink:#e4e6ea;--soft:#9aa1ab;--line:#2e3238;--card:#1e2126;--mark:#5ec3c8}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:62rem;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}\n"
    "h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0 1.5rem}\n"
    "h2{font-size:1.15rem;margin:2.75rem 0 .75rem}\n"
    "p,figcaption{color:var(--soft);max-width:46rem}\n"
    "a{color:var(--mark)}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:0;padding:0}\n"
    ".cards div{background:var(--card);border-radius:.6rem;padding:.7rem .8rem}\n"
    ".cards dt{color:var(--soft);font-size:.8rem}\n"
    ".cards dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    ".cards .long{font-size:1.05rem;line-height:2.15rem}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}\n"
    "th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}\n"
    "th{font-weight:600}\n"
    "thead th{color:var(--soft);font-weight:500;font-size:.85rem;vertical-align:bottom;max-width:9rem}\n"
    "tbody th{padding-top:1.1rem}\n"
    "td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}\n"
    "td.number{white-space:nowrap}\n"
    "tr>:last-child{padding-right:0}\n"
    ".facts td{overflow-wrap:anywhere}\n"
    "figure{margin:0 0 2.5rem}\n"
    "figure img{display:block;width:100%;min-width:38rem;height:auto;"
    "background:#fff;border-radius:.6rem;padding:.4rem}\n"
    "figcaption{margin-top:.5rem;font-size:.92rem}\n"
    "video{display:block;width:100%;height:auto;background:#fff;border-radius:.6rem}\n"
    "pre{overflow-x:auto;background:var(--card);border-radius:.6rem;padding:1rem;font-size:.8rem}\n"
    "summary{cursor:pointer;color:var(--soft)}\n"
    "@media(max-width:36rem){table{font-size:.8rem}th,td{padding-right:.5rem}}\n";
/* clang-format on */

/* <tag class="...">escaped text</tag> */
static void element(FILE *out, const char *tag, const char *class, const char *text)
{
    fprintf(out, "<%s", tag);
    if (class) fprintf(out, " class=\"%s\"", class);
    fputs(">", out);
    om_html_text(out, text);
    fprintf(out, "</%s>", tag);
}

static void write_head(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n",
          out);
    element(out, "title", NULL, title);
    fprintf(out, "\n<style>\n%s</style>\n</head>\n<body>\n", style);
    element(out, "h1", NULL, title);
    fputs("\n", out);
}

static void write_cards(FILE *out, const json_t *metrics)
{
    fputs("<dl class=\"cards\">\n", out);
    for (const om_metric *row = om_metrics; row->name; row++) {
        if (!row->headline) continue;
        om_phrase value = om_metric_value(metrics, row->own, row->digits < 3 ? row->digits : 3);
        fputs("<div>", out);
        element(out, "dt", NULL, om_metric_with_part(metrics, row, row->headline).text);
        element(out, "dd", strlen(value.text) > 8 ? "long" : NULL, value.text);
        fputs("</div>\n", out);
    }
    fputs("</dl>\n", out);
}

static const char *const published_as[] = {
    [OM_PUBLISHED_JOINT] = "published, stimulus unknown, \u03c3 = 0.05",
    [OM_PUBLISHED_NOISE_FREE] = "published, stimulus known, \u03c3 = 0",
    [OM_PUBLISHED_LOW_NOISE] = "published, stimulus known, \u03c3 = 0.05",
    [OM_PUBLISHED_HIGH_NOISE] = "published, stimulus known, \u03c3 = 0.5",
};

static void write_row(FILE *out, const json_t *metrics, const om_metric *row, om_published_setting published)
{
    const char *const keys[] = {row->own, row->published_way};
    fputs("<tr>", out);
    element(out, "td", NULL, row->name);
    for (int i = 0; i < 2; i++)
        element(out, "td", "number", keys[i] ? om_metric_value(metrics, keys[i], row->digits).text : "");
    if (published) element(out, "td", "number", row->published[published]);
    fputs("</tr>\n", out);
}

static void write_metrics(FILE *out, const json_t *metrics, om_published_setting published)
{
    const char *group = "";
    fputs("<h2>metrics</h2>\n<div class=\"wide\"><table>\n<thead><tr><th></th><th class=\"number\">this run</th>"
          "<th class=\"number\">this run, read out<br />as published</th>",
          out);
    if (published) element(out, "th", "number", published_as[published]);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (const om_metric *row = om_metrics; row->name; row++) {
        if (strcmp(group, row->group))
            fprintf(out, "<tr><th colspan=\"%d\">%s</th></tr>\n", published ? 4 : 3,
                    om_metric_with_part(metrics, row, row->group).text);
        write_row(out, metrics, row, published);
        group = row->group;
    }
    fputs("</tbody>\n</table></div>\n<p>A value after \u00b1 is the standard deviation over neurons. The published "
          "read-out probes the learned functions on uniform grids; this run\u2019s own uses the states that neurons "
          "really visit.",
          out);
    if (published)
        fputs(" Published values are those of flyvis-gnn (Allier, Lappalainen and Saalfeld, documentation of April "
              "2026), of the same cell types on 217 columns.",
              out);
    fputs("</p>\n", out);
}

static void write_video(FILE *out, const char *name)
{
    if (!name) return;
    fputs("<h2>true and recovered stimulus</h2>\n<video controls=\"controls\" preload=\"metadata\" src=\"", out);
    om_html_link(out, name);
    fputs("\"></video>\n<p><a href=\"", out);
    om_html_link(out, name);
    fputs("\">", out);
    om_html_text(out, name);
    fputs("</a> lies beside this report.</p>\n", out);
}

static tn_status write_figures(FILE *out, const om_report *report, tn_error *error)
{
    tn_status status = TN_OK;
    for (size_t i = 0; i < report->n_figures && status == TN_OK; i++) {
        const om_report_figure *each = &report->figures[i];
        element(out, "h2", NULL, each->title);
        fputs("\n<figure>\n<div class=\"wide\">", out);
        status = om_html_image(out, each->path, each->title, error);
        fputs("</div>\n", out);
        if (each->caption) element(out, "figcaption", NULL, each->caption);
        fputs("\n</figure>\n", out);
    }
    return status;
}

/* One row per scalar; the keys of nested objects are joined by dots, lists stay JSON. False when out of memory. */
static bool write_facts(FILE *out, const char *prefix, const json_t *facts, int depth)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)facts, key, value) /* a macro that reads, but takes no const */
    {
        char *name, *text = NULL;
        if (asprintf(&name, "%s%s%s", prefix, *prefix ? "." : "", key) < 0) return false;
        bool nested = json_is_object(value) && depth < 8, good = !nested || write_facts(out, name, value, depth + 1);
        if (!nested && !json_is_string(value))
            good = (text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))) != NULL;
        if (!nested && good) {
            fputs("<tr>", out);
            element(out, "td", NULL, name);
            element(out, "td", NULL, text ? text : json_string_value(value));
            fputs("</tr>\n", out);
        }
        free(text);
        free(name);
        if (!good) return false;
    }
    return true;
}

static bool write_run(FILE *out, const om_report *report)
{
    fputs("<h2>run</h2>\n<div class=\"wide\"><table class=\"facts\">\n<tbody>\n", out);
    bool good = write_facts(out, "", report->facts, 0);
    fputs("</tbody>\n</table></div>\n", out);
    char *text = json_dumps(report->metrics, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputs("<details><summary>metrics.json</summary>\n<pre>", out);
    if (text) om_html_text(out, text);
    fputs("</pre>\n</details>\n", out);
    free(text);
    return good && text;
}

tn_status om_report_write(const char *path, const om_report *report, tn_error *error)
{
    om_stream stream;
    if (!json_is_object(report->metrics))
        return tn_fail(error, TN_EINVAL, "%s: a report needs metrics", path ? path : "");
    tn_status status = om_stream_open(&stream, path, error);
    if (status != TN_OK) return status;
    FILE *out = stream.file;
    write_head(out, report->title);
    write_cards(out, report->metrics);
    write_metrics(out, report->metrics, report->published);
    write_video(out, report->video);
    status = write_figures(out, report, error);
    if (!write_run(out, report) && !status) status = om_no_memory(path, error);
    fputs("</body>\n</html>\n", out);
    return om_stream_close(&stream, status, error);
}
