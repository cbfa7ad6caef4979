/* A small recording for tests: 5 neurons, 6 synapses, 3 columns, 7 + 4 frames, every part there. */
#ifndef RECORDINGS_H
#define RECORDINGS_H

#include "common/dataset.h"

#include <hdf5.h>

enum { NEURONS = 5, SYNAPSES = 6, COLUMNS = 3, TRAIN_FRAMES = 7, TEST_FRAMES = 4, WIDEST = 5 };

/* The plan of it; static memory. */
om_recording_plan sample_plan(void);
/* The value the sample has at a place. */
float sample_value(om_split split, om_recording_series series, int64_t frame, int64_t k);

/* Appends all frames of the sample, as the plan wants them, n at a time. */
tn_status sample_append(om_recording_writer *writer, const om_recording_plan *plan, int64_t n, tn_error *error);
/* Writes the sample, or a variation of it, to a fresh path, which stays valid until the next call. */
const char *sample_write(const om_recording_plan *plan);

/* Opens what must open. */
om_recording *open_or_fail(const char *path);

/* Begins a recording of many neurons, no synapses and nothing but LONG frames of voltage. */
enum { WIDE = 1100, LONG = 37 };
om_recording_writer *wide_create(const char *path);

/* Edit a file with HDF5 itself. put_array replaces a dataset by one of that type and layout holding values (NULL:
 * created, but never written); rows, columns are its shape (columns 0: of rank 1; rows 0 too: a scalar). put_names
 * replaces one by strings of variable length. */
void drop(const char *path, const char *object);
void put_array(const char *path, const char *object, hid_t type, int64_t rows, int64_t columns, const double *values,
               hid_t layout);
void put_names(const char *path, const char *object, int64_t count, const char *const *names);
void put_number(const char *path, const char *attribute, double value);
void put_text(const char *path, const char *attribute, const char *text);
void drop_attribute(const char *path, const char *attribute);

/* The sample's voltage of training as doubles. */
const double *sample_voltage(void);

#endif
