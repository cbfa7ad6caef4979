/* What every test program shares. */
#ifndef TESTING_H
#define TESTING_H

#include <check.h>
#include <stddef.h>

/* Runs the test cases, ended by NULL, and returns the exit status of the program: failure also when no test ran at
 * all (a misspelt CK_RUN_CASE must not pass). */
int run_cases(const char *suite, ...);

/* The path of a file of the shared data, or NULL after saying which check is skipped. The string is overwritten by
 * the next call. */
const char *shared_data(const char *name);
/* The same of reference values, some of which are in tests/data. */
const char *golden_data(const char *name);

/* The path of a file committed under tests/. Overwritten by the next call. */
const char *test_data(const char *name);

/* A path in a fresh private directory, removed when the program ends. Overwritten by the next call. */
const char *scratch_path(const char *name);

/* A whole file, to be freed, with a NUL behind it that is not counted; the test fails where there is none. */
void *read_bytes(const char *path, size_t *size);
void write_bytes(const char *path, const void *bytes, size_t size);
void write_text(const char *path, const char *text);
void assert_holds(const char *path, const char *text);

/* How many files and folders a folder has. */
int entries(const char *path);

#endif
