/* Progress on standard error. */
#include "config.h"
#include "common/progress.h"
#include "common/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 100, LONGEST = 512, MEMORY_S = 10, MOST_FIELDS = 32 };

double om_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double om_memory_peak(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? 1024.0 * (double)usage.ru_maxrss : NAN;
}

void om_progress_init(om_progress *progress, om_progress_mode mode, bool quiet)
{
    const char *terminal = getenv("TERM");
    *progress = (om_progress){.stream = stderr, .mode = mode, .quiet = quiet, .clock = om_now};
    progress->live = mode == OM_PROGRESS_AUTO && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

static bool silent(const om_progress *progress)
{
    return progress->quiet || progress->mode == OM_PROGRESS_NONE;
}

/* Columns of the terminal that may be used; the last one stays free, as some terminals would wrap. */
static int usable_width(const om_progress *progress)
{
    struct winsize size;
    if (ioctl(fileno(progress->stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 1) return size.ws_col - 1;
    return WIDTH - 1;
}

/* 0:07, 12:34, 5:06:07. */
static void duration(double seconds, char text[32])
{
    long s = isfinite(seconds) && seconds < 1e9 ? lround(seconds) : 0;
    if (s < 3600)
        snprintf(text, 32, "%ld:%02ld", s / 60, s % 60);
    else
        snprintf(text, 32, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
}

static double seconds_left(const om_progress *p)
{
    return p->total > p->done && p->rate > 0 ? (double)(p->total - p->done) / p->rate : p->total > p->done ? NAN : 0;
}

static TN_PRINTF(2, 3) void append(char line[LONGEST], const char *format, ...)
{
    size_t used = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + used, LONGEST - used, format, arguments);
    va_end(arguments);
}

static void print_words(const om_progress *p, int n, const om_named_number *fields)
{
    char line[LONGEST] = "", left[32];
    append(line, "%s %lld", p->what, (long long)p->done);
    if (p->total)
        append(line, "/%lld  %.0f %%", (long long)p->total, floor(100.0 * (double)p->done / (double)p->total));
    append(line, "  %.3g/s", p->rate);
    if (p->total && p->rate > 0) {
        duration(seconds_left(p), left);
        append(line, "  %s left", left);
    }
    for (int i = 0; i < n; i++)
        if (!isnan(fields[i].value)) append(line, "  %s %.4g", fields[i].name, fields[i].value);
    if (p->live)
        fprintf(p->stream, "\r%-*.*s", usable_width(p), usable_width(p), line);
    else
        fprintf(p->stream, "%s\n", line);
}

static void print_json(const om_progress *p, int n, const om_named_number *fields)
{
    enum { OWN = 5 };
    om_named_number all[OWN + MOST_FIELDS] = {{"done", (double)p->done},
                                              {"total", p->total ? (double)p->total : NAN},
                                              {"seconds", p->clock() - p->start},
                                              {"per_second", p->rate},
                                              {"seconds_left", p->total ? seconds_left(p) : NAN}};
    if (n > MOST_FIELDS) n = MOST_FIELDS;
    for (int i = 0; i < n; i++) all[OWN + i] = fields[i];
    char *line = om_json_line("what", p->what, OWN + n, all);
    if (line) fprintf(p->stream, "%s\n", line);
    free(line);
}

static void print(const om_progress *p, int n, const om_named_number *fields)
{
    if (p->mode == OM_PROGRESS_JSON)
        print_json(p, n, fields);
    else
        print_words(p, n, fields);
    fflush(p->stream);
}

void om_progress_begin(om_progress *p, const char *what, int64_t done, int64_t total)
{
    p->what = what;
    p->total = total;
    p->first = p->done = p->shown_done = done;
    p->start = p->shown = p->clock();
    p->rate = 0;
}

/* The mean rate since the last print, averaged over about MEMORY_S with those before. */
static void update_rate(om_progress *p, double now)
{
    double elapsed = now - p->shown, latest = (double)(p->done - p->shown_done) / elapsed;
    p->rate = p->rate > 0 ? p->rate + (1 - exp(-elapsed / MEMORY_S)) * (latest - p->rate) : latest;
    p->shown = now;
    p->shown_done = p->done;
}

void om_progress_at(om_progress *p, int64_t done, int n, const om_named_number *fields)
{
    p->done = done;
    if (silent(p)) return;
    double now = p->clock(), period = p->live ? 0.1 : p->mode == OM_PROGRESS_JSON ? 1 : 10;
    if (now - p->shown < period) return;
    update_rate(p, now);
    print(p, n, fields);
}

static void clear_live_line(const om_progress *p)
{
    if (p->live) fprintf(p->stream, "\r%*s\r", usable_width(p), "");
}

void om_progress_end(om_progress *p)
{
    if (silent(p)) return;
    double elapsed = p->clock() - p->start;
    p->rate = elapsed > 0 ? (double)(p->done - p->first) / elapsed : 0;
    if (p->mode == OM_PROGRESS_JSON) print_json(p, 0, NULL);
    else {
        char text[32];
        duration(elapsed, text);
        clear_live_line(p);
        fprintf(p->stream, "%s: %lld in %s\n", p->what, (long long)p->done, text);
    }
    fflush(p->stream);
}

/* A line of its own; kind is its name in JSON, prefix stands before it elsewhere. */
static TN_PRINTF(4, 0) void print_message(const om_progress *p, const char *kind, const char *prefix,
                                          const char *format, va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    om_one_line shown = om_text_line(text);
    char *line = p->mode == OM_PROGRESS_JSON ? om_json_line(kind, shown.text, 0, NULL) : NULL;
    clear_live_line(p);
    fprintf(p->stream, "%s%s\n", line ? "" : prefix, line ? line : shown.text);
    fflush(p->stream);
    free(line);
}

void om_progress_say(om_progress *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!p->quiet) print_message(p, "message", "", format, arguments);
    va_end(arguments);
}

void om_progress_warn(om_progress *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_message(p, "warning", "warning: ", format, arguments);
    va_end(arguments);
}
