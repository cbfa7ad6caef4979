/* Reference values kept as JSON under tests/data: arrays of numbers, nested or not, and strings, by name. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stddef.h>

/* Every function ends the test with a message when the file or the value is not there. */
typedef struct fixture fixture;

fixture *fixture_open(const char *name); /* a file of tests/data */
void fixture_close(fixture *file);

double fixture_number(const fixture *file, const char *key);
const char *fixture_string(const fixture *file, const char *key, size_t i);

/* The numbers of an array of any depth, row by row, which must be exactly count; owned by the file. */
const double *fixture_numbers(fixture *file, const char *key, size_t count);

/* How many there are. */
size_t fixture_count(const fixture *file, const char *key);

#endif
