/* Reference values in HDF5 files, by path: "param/W", "/circuit/type_names". Also good for the files that the programs
 * write. Every function but golden_open and golden_has ends the test with a message when something is not there. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdbool.h>
#include <stdint.h>
#include <tensor.h>

typedef struct golden golden;

/* Opens any HDF5 file; NULL for a NULL path, so that golden_open(shared_data(name)) may be skipped in one place. */
golden *golden_open(const char *path);
void golden_close(golden *file); /* also what it handed out */

bool golden_has(const golden *file, const char *path);
tn_shape golden_shape(const golden *file, const char *dataset);

/* All values of a dataset, row-major, converted from whatever number type it has; owned by the file. */
const double *golden_doubles(golden *file, const char *dataset);
const int32_t *golden_int32s(golden *file, const char *dataset);
/* Strings of fixed or of variable length; owned by the file. */
const char *const *golden_strings(golden *file, const char *dataset);

/* Attributes of a group or dataset ("/" is the file): a scalar, a string (owned by the file). */
double golden_attribute(const golden *file, const char *object, const char *name);
const char *golden_text(golden *file, const char *object, const char *name);

#endif
