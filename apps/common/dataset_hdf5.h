/* HDF5 as the recording needs it: quiet, and suspicious of what strangers wrote. */
#ifndef OM_DATASET_HDF5_H
#define OM_DATASET_HDF5_H

#include "tensor.h"

#include <hdf5.h>

/* An open file, with what messages about it need. */
typedef struct om_h5 {
    hid_t file;
    const char *path;
    tn_error *error;
} om_h5;

/* A dataset of numbers that is wholly stored in the file; id < 0 if there is none of this name. */
typedef struct om_h5_array {
    hid_t id;
    const char *name;
    int rank;
    int64_t dim[2];
} om_h5_array;

/* Every function that uses HDF5 begins with this. It keeps HDF5 from printing, which is a setting of each thread, and
 * from cleaning up at exit: HDF5 1.10.8 would close once more a file whose closing has failed, and crash. */
void om_h5_enter(void);

/* Records "PATH: NAME WHAT: the innermost reason HDF5 gives" for the HDF5 call that has just failed. */
tn_status om_h5_fail(const om_h5 *h5, tn_status status, const char *name, const char *what);
/* Records "PATH: NAME ..." */
tn_status om_h5_say(const om_h5 *h5, tn_status status, const char *name, const char *format, ...) TN_PRINTF(4, 5);
tn_status om_h5_no_memory(const om_h5 *h5);

/* Opens a dataset of numbers of that rank (1 or 2); absent is no error. Errors: TN_EFORMAT another rank, no numbers,
 * not all of it stored in this file, or only through a filter that is not installed. */
tn_status om_h5_open(const om_h5 *h5, const char *name, int rank, om_h5_array *array);
void om_h5_close(om_h5_array *array);
/* Whether there is an object of that name, such as "/truth". Errors: TN_EFORMAT its parent is no group, or in another
 * file. */
tn_status om_h5_exists(const om_h5 *h5, const char *name, bool *there);

/* Read a whole array of rank 1 or 2 into new memory, to be freed with free.
 * Errors: TN_EFORMAT a value that is no int32, no flag (0 or 1), or not finite; TN_EIO; TN_ENOMEM. */
tn_status om_h5_read_int32(const om_h5 *h5, const om_h5_array *array, int32_t **out);
tn_status om_h5_read_flags(const om_h5 *h5, const om_h5_array *array, uint8_t **out);
tn_status om_h5_read_float(const om_h5 *h5, const om_h5_array *array, float **out);

/* Reads a list of strings, fixed or variable in length, as one block to be freed with free; *out NULL if absent. */
tn_status om_h5_read_strings(const om_h5 *h5, const char *name, char ***out, int64_t *count);

/* Attributes of the root: one number as memory_type, one string (to be freed with free; NULL if absent). */
tn_status om_h5_attribute(const om_h5 *h5, const char *name, hid_t memory_type, void *out, bool *found);
tn_status om_h5_attribute_text(const om_h5 *h5, const char *name, char **out);

#endif
