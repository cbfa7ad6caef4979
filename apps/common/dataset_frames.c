/* Frames: the datasets that training reads at random. */
#include "config.h"
#include "common/dataset_parts.h"
#include "common/no_memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const om_series_name[OM_SPLITS][OM_SERIES_COUNT] = {
    {"/train/voltage", "/train/derivative", "/train/stimulus"},
    {"/test/voltage", "/test/derivative", "/test/stimulus"}};

/* ---- Opening ---- */

/* Where frame 0 lies if HDF5 can tell for sure that frame k lies k frames behind it: one contiguous block, or one
 * frame a chunk without an index, which is how HDF5 stores unfiltered chunks that it allocated all at once. */
static haddr_t first_frame(const om_stored_frames *frames, hid_t properties)
{
    hid_t dataset = frames->array.id;
    hsize_t chunk[2], origin[2] = {0, 0}, bytes;
    unsigned filters;
    haddr_t place;
    H5D_chunk_index_t index;
    if (H5Pget_layout(properties) == H5D_CONTIGUOUS) return H5Dget_offset(dataset);
    if (H5Pget_layout(properties) != H5D_CHUNKED || H5Pget_nfilters(properties) != 0 ||
        H5Pget_chunk(properties, 2, chunk) != 2 || chunk[0] != 1 || chunk[1] != (hsize_t)frames->array.dim[1] ||
        H5Dget_chunk_index_type(dataset, &index) < 0 || index != H5D_CHUNK_IDX_NONE ||
        H5Dget_chunk_info_by_coord(dataset, origin, &filters, &place, &bytes) < 0)
        return HADDR_UNDEF;
    return place;
}

static bool has_user_block(hid_t file)
{
    hsize_t bytes = 0;
    hid_t properties = H5Fget_create_plist(file);
    bool has = H5Pget_userblock(properties, &bytes) < 0 || bytes > 0;
    H5Pclose(properties);
    return has;
}

/* Frames can be read without HDF5 if they are native floats in known places inside the file. */
static void find_place(om_stored_frames *frames, hid_t file)
{
    hsize_t size = 0, bytes = (hsize_t)frames->array.dim[0] * (hsize_t)frames->array.dim[1] * sizeof(float);
    hid_t type = H5Dget_type(frames->array.id), properties = H5Dget_create_plist(frames->array.id);
    haddr_t place =
        H5Tequal(type, H5T_NATIVE_FLOAT) > 0 && !has_user_block(file) ? first_frame(frames, properties) : HADDR_UNDEF;
    H5Fget_filesize(file, &size);
    frames->place = place != HADDR_UNDEF && place < size && bytes <= size - place ? (int64_t)place : -1;
    H5Tclose(type);
    H5Pclose(properties);
}

/* Chunks of several frames are worth keeping while frames are read in order: one row of chunks, if that is not too
 * much. Chunks of one frame are not: uncached, HDF5 reads them straight into our memory. */
static tn_status cache_chunks(const om_h5 *h5, om_stored_frames *frames)
{
    enum { SLOTS = 12421, MOST = 256 << 20 };
    hsize_t chunk[2] = {1, 1};
    om_h5_array *array = &frames->array;
    hid_t type = H5Dget_type(array->id), properties = H5Dget_create_plist(array->id);
    size_t bytes = 0;
    if (H5Pget_layout(properties) == H5D_CHUNKED && H5Pget_chunk(properties, 2, chunk) == 2 && chunk[0] > 1) {
        double row = ceil((double)array->dim[1] / (double)chunk[1]) * (double)chunk[1] * (double)chunk[0] *
                     (double)H5Tget_size(type);
        bytes = row <= MOST ? (size_t)row : 0;
    }
    H5Tclose(type);
    H5Pclose(properties);

    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk_cache(access, SLOTS, bytes, 1);
    om_h5_close(array);
    array->id = H5Dopen2(h5->file, array->name, access);
    H5Pclose(access);
    return array->id < 0 ? om_h5_fail(h5, TN_EIO, array->name, "cannot be opened") : TN_OK;
}

static tn_status open_series(const om_h5 *h5, const char *name, om_stored_frames *frames, int64_t *rows, int64_t *width)
{
    om_h5_array *array = &frames->array;
    tn_status status = om_h5_open(h5, name, 2, array);
    if (status != TN_OK || array->id < 0) return status;
    if (*rows < 0) *rows = array->dim[0];
    if (*width < 0) *width = array->dim[1];
    if (array->dim[0] < 1 || array->dim[1] < 1)
        return om_h5_say(h5, TN_EFORMAT, name, "is %lld x %lld: nothing is in it", (long long)array->dim[0],
                         (long long)array->dim[1]);
    if (array->dim[0] != *rows || array->dim[1] != *width)
        return om_h5_say(h5, TN_EFORMAT, name, "is %lld x %lld, expected %lld x %lld", (long long)array->dim[0],
                         (long long)array->dim[1], (long long)*rows, (long long)*width);
    find_place(frames, h5->file);
    return frames->place < 0 ? cache_chunks(h5, frames) : TN_OK;
}

tn_status om_recording_open_frames(om_recording *recording, const om_h5 *h5)
{
    om_recording_circuit *circuit = &recording->circuit;
    circuit->neurons = circuit->columns = -1;
    for (int split = 0; split < OM_SPLITS; split++) {
        int64_t rows = -1;
        for (int series = 0; series < OM_SERIES_COUNT; series++) {
            const char *name = om_series_name[split][series];
            om_stored_frames *frames = &recording->frames[split][series];
            int64_t *width = series == OM_STIMULUS ? &circuit->columns : &circuit->neurons;
            tn_status status = open_series(h5, name, frames, &rows, width);
            if (status != TN_OK) return status;
            if (series == OM_VOLTAGE && frames->array.id < 0 && split == OM_TRAIN)
                return om_h5_say(h5, TN_EFORMAT, name, "is missing: there is nothing to learn from");
            if (frames->array.id >= 0 && recording->frames[split][OM_VOLTAGE].array.id < 0)
                return om_h5_say(h5, TN_EFORMAT, om_series_name[split][OM_VOLTAGE], "is missing, which %s needs", name);
        }
    }
    recording->next = calloc((size_t)circuit->neurons, sizeof *recording->next);
    return recording->next ? TN_OK : om_h5_no_memory(h5);
}

/* ---- Reading ---- */

int64_t om_recording_length(const om_recording *recording, om_split split, om_recording_series series)
{
    const om_stored_frames *frames = recording->frames[split];
    if (frames[series].array.id >= 0) return frames[series].array.dim[0];
    bool difference = series == OM_DERIVATIVE && frames[OM_VOLTAGE].array.id >= 0;
    return difference ? frames[OM_VOLTAGE].array.dim[0] - 1 : 0;
}

static tn_status read_bytes(const om_recording *recording, const char *name, int64_t place, void *out, size_t bytes,
                            tn_error *error)
{
    for (char *at = out; bytes > 0;) {
        ssize_t got = pread(recording->descriptor, at, bytes, (off_t)place);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return tn_fail(error, TN_EIO, "%s: %s cannot be read: %s", recording->path, name,
                           got < 0 ? strerror(errno) : "the file has become shorter");
        at += got;
        place += got;
        bytes -= (size_t)got;
    }
    return TN_OK;
}

/* The n stored frames from first on, unchecked. */
static tn_status read_stored(const om_recording *recording, const om_stored_frames *frames, int64_t first, int64_t n,
                             float *out, tn_error *error)
{
    int64_t width = frames->array.dim[1], frame_bytes = width * (int64_t)sizeof *out;
    if (frames->place >= 0)
        return read_bytes(recording, frames->array.name, frames->place + first * frame_bytes, out,
                          (size_t)(n * frame_bytes), error);
    om_h5_enter();
    const om_h5 h5 = {recording->file, recording->path, error};
    hsize_t start[2] = {(hsize_t)first, 0}, count[2] = {(hsize_t)n, (hsize_t)width};
    hid_t memory = H5Screate_simple(2, count, NULL), space = H5Dget_space(frames->array.id);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    tn_status status = H5Dread(frames->array.id, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, out) >= 0
                           ? TN_OK
                           : om_h5_fail(&h5, TN_EIO, frames->array.name, "cannot be read");
    H5Sclose(memory);
    H5Sclose(space);
    return status;
}

/* Frame `first` and the n - 1 behind it, checked. */
static tn_status read_series(om_recording *recording, om_split split, om_recording_series series, int64_t first,
                             int64_t n, float *out, tn_error *error)
{
    const om_stored_frames *frames = &recording->frames[split][series];
    int64_t width = frames->array.dim[1];
    tn_status status = read_stored(recording, frames, first, n, out, error);
    if (status != TN_OK) return status;
    return om_recording_check_frames(recording->path, split, series, out, n, width, first, TN_EFORMAT, error);
}

/* (v(t+1) - v(t)) / delta_t */
static tn_status read_difference(om_recording *recording, om_split split, int64_t frame, float *out, tn_error *error)
{
    tn_status status = read_series(recording, split, OM_VOLTAGE, frame, 1, out, error);
    if (status == TN_OK) status = read_series(recording, split, OM_VOLTAGE, frame + 1, 1, recording->next, error);
    for (int64_t i = 0; i < recording->circuit.neurons && status == TN_OK; i++)
        out[i] = (float)(((double)recording->next[i] - out[i]) / recording->attributes.delta_t);
    return status;
}

static tn_status check_frames(const om_recording *recording, om_split split, om_recording_series series, int64_t first,
                              int64_t n, tn_error *error)
{
    int64_t length = om_recording_length(recording, split, series);
    bool begins = first >= 0 && first < length;
    if (begins && n >= 0 && n <= length - first) return TN_OK;
    return tn_fail(error, TN_EINVAL, "%s: %s has no frame %lld: it has %lld", recording->path,
                   om_series_name[split][series],
                   (long long)(!begins ? first
                               : n < 0 ? n
                                       : length),
                   (long long)length);
}

tn_status om_recording_block(om_recording *recording, om_split split, om_recording_series series, int64_t first,
                             int64_t n, float *out, tn_error *error)
{
    if (n == 0) return TN_OK;
    tn_status status = check_frames(recording, split, series, first, n, error);
    if (status != TN_OK) return status;
    if (recording->frames[split][series].array.id >= 0)
        return read_series(recording, split, series, first, n, out, error);
    for (int64_t i = 0; i < n && status == TN_OK; i++)
        status = read_difference(recording, split, first + i, out + i * recording->circuit.neurons, error);
    return status;
}

tn_status om_recording_frames(om_recording *recording, om_split split, om_recording_series series, int64_t n,
                              const int64_t *frame, float *out, tn_error *error)
{
    int64_t width = series == OM_STIMULUS ? recording->circuit.columns : recording->circuit.neurons;
    tn_status status = TN_OK;
    for (int64_t i = 0; i < n && status == TN_OK; i++)
        status = om_recording_block(recording, split, series, frame[i], 1, out + i * width, error);
    return status;
}

/* ---- Statistics ---- */

/* Sums over frames of the distance to the first frame, d, and of d squared: exact enough, and one pass. And the largest
 * d. */
typedef struct sums {
    double first, d, d_squared, largest;
} sums;

/* Every neuron adds its frames in their order, whoever does it, so the bits depend on neither threads nor blocks. */
static void add_block(sums *sum, const float *voltage, int64_t n, int64_t neurons)
{
    enum { TILE = 512 }; /* neurons, whose sums stay in the cache */
#pragma omp parallel for num_threads(tn_threads()) schedule(static)
    for (int64_t tile = 0; tile < neurons; tile += TILE) {
        int64_t end = neurons - tile < TILE ? neurons : tile + TILE;
        for (int64_t k = 0; k < n; k++)
            for (int64_t i = tile; i < end; i++) {
                double d = voltage[k * neurons + i] - sum[i].first;
                sum[i].d += d;
                sum[i].d_squared += d * d;
                sum[i].largest = d > sum[i].largest ? d : sum[i].largest;
            }
    }
}

/* The variance over everything is that within the neurons and that between their means (every neuron has T frames). */
static void finish_sums(const sums *sum, int64_t neurons, double frames, double *mean, double *sd, float *highest,
                        double *xnorm)
{
    double grand = 0, squares = 0;
    for (int64_t i = 0; i < neurons; i++) {
        mean[i] = sum[i].first + sum[i].d / frames;
        highest[i] = (float)(sum[i].first + sum[i].largest);
        double within = fmax(sum[i].d_squared - sum[i].d * sum[i].d / frames, 0);
        sd[i] = sqrt(within / (frames - 1));
        squares += within;
        grand += mean[i] / (double)neurons;
    }
    for (int64_t i = 0; i < neurons; i++) squares += frames * (mean[i] - grand) * (mean[i] - grand);
    *xnorm = 1.5 * sqrt(squares / ((double)neurons * frames - 1));
}

tn_status om_recording_statistics(om_recording *recording, double *mean, double *sd, float *highest, double *xnorm,
                                  tn_error *error)
{
    enum { BLOCK_BYTES = 4 << 20 };
    int64_t neurons = recording->circuit.neurons, frames = om_recording_length(recording, OM_TRAIN, OM_VOLTAGE);
    int64_t block = BLOCK_BYTES / (neurons * (int64_t)sizeof(float)) + 1;
    if (frames < 2)
        return tn_fail(error, TN_EFORMAT, "%s: /train/voltage has one frame, expected at least 2", recording->path);
    sums *sum = calloc((size_t)neurons, sizeof *sum);
    float *voltage = calloc((size_t)(block * neurons), sizeof *voltage);
    tn_status status = sum && voltage ? TN_OK : om_no_memory(recording->path, error);
    for (int64_t first = 0; first < frames && status == TN_OK; first += block) {
        int64_t n = frames - first < block ? frames - first : block;
        status = om_recording_block(recording, OM_TRAIN, OM_VOLTAGE, first, n, voltage, error);
        if (status != TN_OK) break;
        for (int64_t i = 0; i < neurons && first == 0; i++) sum[i].first = voltage[i];
        add_block(sum, voltage, n, neurons);
    }
    if (status == TN_OK) finish_sums(sum, neurons, (double)frames, mean, sd, highest, xnorm);
    free(sum);
    free(voltage);
    return status;
}
