/* The recording from inside. */
#ifndef OM_DATASET_PARTS_H
#define OM_DATASET_PARTS_H

#include "common/dataset.h"
#include "common/dataset_hdf5.h"

#define OM_RECORDING_FORMAT "recording/1"

/* "/train/voltage" */
extern const char *const om_series_name[OM_SPLITS][OM_SERIES_COUNT];

/* One dataset of frames. */
typedef struct om_stored_frames {
    om_h5_array array; /* [frames, width] */
    int64_t place;     /* of frame 0 in the file if the frames follow each other there as native floats, else -1 */
} om_stored_frames;

struct om_recording {
    char *path;
    hid_t file;
    int descriptor; /* of the file; HDF5's */
    om_recording_attributes attributes;
    om_recording_circuit circuit;
    om_stored_frames frames[OM_SPLITS][OM_SERIES_COUNT];
    bool has_truth;
    float *next; /* [N] scratch of the finite difference */
    void *owned[16];
    int owned_count;
};

/* Whether the circuit keeps what dataset.h promises of it. where is the file's path, status what to call a violation.
 * Errors: status, naming the first bad value. */
tn_status om_recording_check_circuit(const om_recording_circuit *circuit, const char *where, tn_status status,
                                     tn_error *error);

/* Opens the datasets of frames and checks that they agree in T, N and C; the stimulus alone knows C where there is no
 * lattice. Sets circuit.neurons, and circuit.columns, to -1 where there is no stimulus. */
tn_status om_recording_open_frames(om_recording *recording, const om_h5 *h5);

/* Whether the seconds between frames are within their limits; where and status as above. */
tn_status om_recording_check_delta_t(double delta_t, const char *where, tn_status status, tn_error *error);

/* Whether the frames [n, width] from first on are finite and within the limits of their series. Else the error is
 * about the first that is not: path, dataset, frame, and neuron or column. status is what to call it. */
tn_status om_recording_check_frames(const char *path, om_split split, om_recording_series series, const float *values,
                                    int64_t n, int64_t width, int64_t first, tn_status status, tn_error *error);

#endif
