/* The result: a table for people, and a JSON object per line for programs (doc/performance.md). */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench.h"
#include "common/output.h"

typedef struct bench_report {
    bench_machine machine;
    FILE *table;
    FILE *json; /* NULL: none wanted */
    om_output output;
} bench_report;

/* Measures the machine and begins both.
 *   json     path, or NULL;   force  replace it
 *   circuit  what the circuit is, in words
 * Errors: TN_ENOMEM; those of om_output_begin. */
tn_status bench_report_begin(bench_report *report, const bench_setting *setting, const char *circuit,
                             const bench_peer *peer, FILE *table, const char *json, bool force, tn_error *error);
void bench_report_line(bench_report *report, const bench_result *result);
/* A line that could not be measured. */
void bench_report_failure(bench_report *report, const bench_line *line, const char *message);
/* The JSON gets its name. Errors: TN_EIO. */
tn_status bench_report_end(bench_report *report, tn_error *error);

#endif
