/* What every test program shares. */
#ifndef TESTING_H
#define TESTING_H

#include <check.h>

/* Runs the test cases, ended by NULL, and returns the exit status of the program: failure also when no test ran at
 * all (a misspelt CK_RUN_CASE must not pass). */
int run_cases(const char *suite, ...);

/* The path of a file of the shared data, or NULL after saying which check is skipped. The string is overwritten by
 * the next call. */
const char *shared_data(const char *name);

/* The path of a file committed under tests/. Overwritten by the next call. */
const char *test_data(const char *name);

/* A path in a fresh private directory, removed when the program ends. Overwritten by the next call. */
const char *scratch_path(const char *name);

#endif
