/* Writing a recording, frame by frame, to a file that is there whole or not at all. */
#include "config.h"
#include "common/dataset_parts.h"
#include "common/no_memory.h"
#include "common/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFLATE_LEVEL = 4 };

struct om_recording_writer {
    om_output output;
    hid_t file;
    hid_t dataset[OM_SPLITS][OM_SERIES_COUNT]; /* H5I_INVALID_HID: not planned */
    int64_t frames[OM_SPLITS], written[OM_SPLITS];
    int64_t neurons, columns;
};

static int64_t width_of(const om_recording_writer *writer, int series)
{
    return series == OM_STIMULUS ? writer->columns : writer->neurons;
}

/* ---- Checking the plan ---- */

static tn_status check_plan(const char *path, const om_recording_plan *plan, tn_error *error)
{
    tn_status status = om_recording_check_delta_t(plan->attributes.delta_t, path, TN_EINVAL, error);
    if (status != TN_OK) return status;
    for (int split = 0; split < OM_SPLITS; split++)
        if (plan->frames[split] < (split == OM_TRAIN) || plan->frames[split] > INT32_MAX)
            return tn_fail(error, TN_EINVAL, "%s: %lld frames in %s, expected %d to 2^31 - 1", path,
                           (long long)plan->frames[split], split == OM_TRAIN ? "train" : "test", split == OM_TRAIN);
    if (plan->has[OM_STIMULUS] && plan->circuit.columns < 1)
        return tn_fail(error, TN_EINVAL, "%s: a stimulus needs columns", path);
    if (plan->compress && H5Zfilter_avail(H5Z_FILTER_DEFLATE) <= 0)
        return tn_fail(error, TN_EINVAL, "%s: this HDF5 cannot compress", path);
    return om_recording_check_circuit(&plan->circuit, path, TN_EINVAL, error);
}

double om_recording_bytes(const om_recording_plan *plan)
{
    double values = 0, frames = 0;
    for (int series = 0; series < OM_SERIES_COUNT; series++)
        if (series == OM_VOLTAGE || plan->has[series])
            values += (double)(series == OM_STIMULUS ? plan->circuit.columns : plan->circuit.neurons);
    for (int split = 0; split < OM_SPLITS; split++) frames += (double)plan->frames[split];
    return values * frames * (double)sizeof(float);
}

tn_status om_recording_space(const char *path, const om_recording_plan *plan, tn_error *error)
{
    if (plan->compress) return TN_OK;
    return om_output_space(path, (uint64_t)fmin(om_recording_bytes(plan), 1e19), error);
}

/* ---- Attributes and arrays ---- */

static bool put_attribute(hid_t file, const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR), attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool put = attribute >= 0 && H5Awrite(attribute, type, value) >= 0;
    if (attribute >= 0 && H5Aclose(attribute) < 0) put = false;
    H5Sclose(space);
    return put;
}

/* Strings of fixed length: HDF5 keeps those of variable length in heaps without checksums, and 1.10.8 crashes on
 * damaged ones. */
static hid_t text_type(size_t bytes)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, bytes ? bytes : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static bool put_text(hid_t file, const char *name, const char *text)
{
    hid_t type = text_type(text ? strlen(text) : 0);
    bool put = put_attribute(file, name, type, text ? text : "");
    H5Tclose(type);
    return put;
}

static tn_status put_attributes(const om_h5 *h5, const om_recording_attributes *about)
{
    hid_t file = h5->file;
    const struct {
        const char *name;
        const double *value;
    } numbers[] = {
        {"delta_t", &about->delta_t}, {"sigma", &about->sigma}, {"measurement_noise", &about->measurement_noise}};
    bool put = put_text(file, "format", OM_RECORDING_FORMAT) && put_text(file, "config", about->config) &&
               put_text(file, "program", about->program) &&
               put_attribute(file, "seed", H5T_NATIVE_UINT64, &about->seed);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && put; i++)
        if (!isnan(*numbers[i].value)) put = put_attribute(file, numbers[i].name, H5T_NATIVE_DOUBLE, numbers[i].value);
    return put ? TN_OK : om_h5_fail(h5, TN_EIO, "", "its attributes cannot be written");
}

/* The properties of a new object that does not remember when it was made: the same contents are the same bytes. */
static hid_t timeless(hid_t class)
{
    hid_t properties = H5Pcreate(class);
    H5Pset_obj_track_times(properties, false);
    return properties;
}

/* A new dataset "/group/name", and its group if that is new. Closes the properties. */
static hid_t create_dataset(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dim, hid_t properties)
{
    char group[32] = "";
    snprintf(group, sizeof group, "%.*s", (int)(strrchr(name, '/') - name), name);
    if (H5Lexists(file, group, H5P_DEFAULT) == 0) {
        hid_t plain = timeless(H5P_GROUP_CREATE), made = H5Gcreate2(file, group, H5P_DEFAULT, plain, H5P_DEFAULT);
        if (made >= 0) H5Gclose(made);
        H5Pclose(plain);
    }
    hid_t space = H5Screate_simple(rank, dim, NULL);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(properties);
    return dataset;
}

/* An array and what it holds; NULL values are left out. */
typedef struct item {
    const char *name;
    hid_t type;
    int64_t rows, columns; /* columns 0: of rank 1 */
    const void *values;
} item;

static tn_status put_item(const om_h5 *h5, const item *each)
{
    if (!each->values) return TN_OK;
    hsize_t dim[2] = {(hsize_t)each->rows, (hsize_t)each->columns};
    hid_t dataset = create_dataset(h5->file, each->name, each->type, each->columns ? 2 : 1, dim,
                                   timeless(H5P_DATASET_CREATE));
    bool put = dataset >= 0 &&
               (each->rows == 0 || H5Dwrite(dataset, each->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, each->values) >= 0);
    tn_status status = put ? TN_OK : om_h5_fail(h5, TN_EIO, each->name, "cannot be written");
    if (dataset >= 0 && H5Dclose(dataset) < 0) status = om_h5_fail(h5, TN_EIO, each->name, "cannot be closed");
    return status;
}

/* The names in rows of `bytes` each, to be freed; NULL when out of memory. */
static char *rows_of_names(const om_recording_circuit *circuit, size_t *bytes)
{
    *bytes = 1;
    for (int64_t i = 0; i < circuit->types; i++) {
        size_t length = strlen(circuit->type_names[i]);
        if (length > *bytes) *bytes = length;
    }
    char *rows = calloc((size_t)circuit->types + 1, *bytes);
    for (int64_t i = 0; i < circuit->types && rows; i++) {
        size_t length = strlen(circuit->type_names[i]);
        memcpy(rows + (size_t)i * *bytes, circuit->type_names[i], length);
    }
    return rows;
}

static tn_status put_names(const om_h5 *h5, const om_recording_circuit *circuit)
{
    size_t bytes;
    if (!circuit->type_names) return TN_OK;
    char *rows = rows_of_names(circuit, &bytes);
    if (!rows) return om_h5_no_memory(h5);
    hid_t type = text_type(bytes);
    tn_status status = put_item(h5, &(item){"/circuit/type_names", type, circuit->types, 0, rows});
    H5Tclose(type);
    free(rows);
    return status;
}

static tn_status put_arrays(const om_h5 *h5, const om_recording_plan *plan)
{
    static const om_recording_truth none;
    const om_recording_circuit *circuit = &plan->circuit;
    const om_recording_truth *truth = plan->truth ? plan->truth : &none;
    int64_t neurons = circuit->neurons, synapses = circuit->synapses, columns = circuit->columns;
    const item items[] = {{"/circuit/source", H5T_NATIVE_INT32, synapses, 0, circuit->source},
                          {"/circuit/target", H5T_NATIVE_INT32, synapses, 0, circuit->target},
                          {"/circuit/is_input", H5T_NATIVE_UINT8, neurons, 0, circuit->is_input},
                          {"/circuit/column", H5T_NATIVE_INT32, neurons, 0, circuit->column},
                          {"/circuit/type", H5T_NATIVE_INT32, neurons, 0, circuit->type},
                          {"/lattice/u", H5T_NATIVE_INT32, columns, 0, circuit->u},
                          {"/lattice/v", H5T_NATIVE_INT32, columns, 0, circuit->v},
                          {"/lattice/position", H5T_NATIVE_FLOAT, columns, 2, circuit->position},
                          {"/truth/weight", H5T_NATIVE_FLOAT, synapses, 0, truth->weight},
                          {"/truth/time_constant", H5T_NATIVE_FLOAT, neurons, 0, truth->time_constant},
                          {"/truth/resting_potential", H5T_NATIVE_FLOAT, neurons, 0, truth->resting_potential},
                          {"/truth/is_null", H5T_NATIVE_UINT8, synapses, 0, truth->is_null}};
    tn_status status = TN_OK;
    for (size_t i = 0; i < sizeof items / sizeof *items && status == TN_OK; i++) status = put_item(h5, &items[i]);
    return status == TN_OK ? put_names(h5, circuit) : status;
}

/* ---- Frames ---- */

/* One frame a chunk. Uncompressed chunks are allocated at once, so that they lie one behind the other. */
static tn_status create_frames(om_recording_writer *writer, const om_h5 *h5, const om_recording_plan *plan)
{
    tn_status status = TN_OK;
    for (int split = 0; split < OM_SPLITS; split++)
        for (int series = 0; series < OM_SERIES_COUNT && plan->frames[split] && status == TN_OK; series++) {
            if (series != OM_VOLTAGE && !plan->has[series]) continue;
            hsize_t dim[2] = {(hsize_t)plan->frames[split], (hsize_t)width_of(writer, series)};
            hid_t properties = timeless(H5P_DATASET_CREATE);
            H5Pset_chunk(properties, 2, (hsize_t[]){1, dim[1]});
            H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
            if (plan->compress)
                H5Pset_shuffle(properties), H5Pset_deflate(properties, DEFLATE_LEVEL);
            else
                H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
            const char *name = om_series_name[split][series];
            hid_t dataset = create_dataset(h5->file, name, H5T_NATIVE_FLOAT, 2, dim, properties);
            if (dataset < 0) status = om_h5_fail(h5, TN_EIO, name, "cannot be created");
            writer->dataset[split][series] = dataset;
        }
    return status;
}

static tn_status create_file(om_recording_writer *writer, const om_recording_plan *plan, tn_error *error)
{
    om_h5 h5 = {H5I_INVALID_HID, writer->output.path, error};
    hid_t creation = timeless(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5Pset_cache(access, 0, 1, 0, 0);                               /* no chunk cache: frames go straight to the file */
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110); /* chunks without an index; checked metadata */
    h5.file = writer->file = H5Fcreate(writer->output.temporary, H5F_ACC_TRUNC, creation, access);
    H5Pclose(creation);
    H5Pclose(access);
    if (writer->file < 0) return om_h5_fail(&h5, TN_EIO, "", "cannot be created");
    tn_status status = put_attributes(&h5, &plan->attributes);
    if (status == TN_OK) status = put_arrays(&h5, plan);
    if (status == TN_OK) status = create_frames(writer, &h5, plan);
    return status;
}

om_recording_writer *om_recording_create(const char *path, const om_recording_plan *plan, tn_error *error)
{
    om_h5_enter();
    tn_status status = check_plan(path, plan, error);
    if (status == TN_OK) status = om_recording_space(path, plan, error);
    if (status != TN_OK) return NULL;
    om_recording_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        om_no_memory(path, error);
        return NULL;
    }
    writer->file = H5I_INVALID_HID;
    writer->neurons = plan->circuit.neurons;
    writer->columns = plan->circuit.columns;
    memcpy(writer->frames, plan->frames, sizeof writer->frames);
    for (int split = 0; split < OM_SPLITS; split++)
        for (int series = 0; series < OM_SERIES_COUNT; series++) writer->dataset[split][series] = H5I_INVALID_HID;
    status = om_output_begin(&writer->output, path, plan->overwrite, error);
    if (status == TN_OK) status = create_file(writer, plan, error);
    if (status == TN_OK) return writer;
    om_recording_abandon(writer);
    return NULL;
}

static tn_status append_series(om_recording_writer *writer, om_split split, om_recording_series series, int64_t n,
                               const float *values, tn_error *error)
{
    const char *name = om_series_name[split][series];
    const om_h5 h5 = {writer->file, writer->output.path, error};
    hid_t dataset = writer->dataset[split][series];
    int64_t width = width_of(writer, series), first = writer->written[split];
    if (!values != (dataset < 0))
        return om_h5_say(&h5, TN_EINVAL, name, values ? "is not planned" : "is planned, but not given");
    if (!values) return TN_OK;
    tn_status status =
        om_recording_check_frames(writer->output.path, split, series, values, n, width, first, TN_ENUMERIC, error);
    if (status != TN_OK) return status;
    hsize_t start[2] = {(hsize_t)first, 0}, count[2] = {(hsize_t)n, (hsize_t)width};
    hid_t memory = H5Screate_simple(2, count, NULL), space = H5Dget_space(dataset);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    if (H5Dwrite(dataset, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, values) < 0)
        status = om_h5_fail(&h5, TN_EIO, name, "cannot be written");
    H5Sclose(memory);
    H5Sclose(space);
    return status;
}

tn_status om_recording_append(om_recording_writer *writer, om_split split, int64_t n,
                              const float *const series[OM_SERIES_COUNT], tn_error *error)
{
    om_h5_enter();
    if (n < 0 || n > writer->frames[split] - writer->written[split])
        return tn_fail(error, TN_EINVAL, "%s: %lld frames for %s, which has %lld of %lld", writer->output.path,
                       (long long)n, om_series_name[split][OM_VOLTAGE], (long long)writer->written[split],
                       (long long)writer->frames[split]);
    tn_status status = TN_OK;
    for (int each = 0; each < OM_SERIES_COUNT && n > 0 && status == TN_OK; each++)
        status = append_series(writer, split, (om_recording_series)each, n, series[each], error);
    if (status == TN_OK) writer->written[split] += n;
    return status;
}

/* ---- The end ---- */

static tn_status check_complete(const om_recording_writer *writer, tn_error *error)
{
    for (int split = 0; split < OM_SPLITS; split++)
        if (writer->written[split] != writer->frames[split])
            return tn_fail(error, TN_EINVAL, "%s: %s has %lld frames, planned were %lld", writer->output.path,
                           om_series_name[split][OM_VOLTAGE], (long long)writer->written[split],
                           (long long)writer->frames[split]);
    return TN_OK;
}

/* After a failed write any of these calls may be the one that tells, and the file's must have its turn. */
static tn_status close_file(om_recording_writer *writer, tn_error *error)
{
    const om_h5 h5 = {writer->file, writer->output.path, error};
    tn_status status = TN_OK;
    for (int split = 0; split < OM_SPLITS; split++)
        for (int series = 0; series < OM_SERIES_COUNT; series++)
            if (writer->dataset[split][series] >= 0 && H5Dclose(writer->dataset[split][series]) < 0)
                status = om_h5_fail(&h5, TN_EIO, om_series_name[split][series], "cannot be closed");
    if (H5Fflush(writer->file, H5F_SCOPE_GLOBAL) < 0) status = om_h5_fail(&h5, TN_EIO, "", "cannot be flushed");
    if (H5Fclose(writer->file) < 0) status = om_h5_fail(&h5, TN_EIO, "", "cannot be closed");
    writer->file = H5I_INVALID_HID;
    return status;
}

/* Opens what was written as any reader would, and reads the last frame of everything. Whatever is found wrong, the disk
 * or the system did it, as the plan was checked. */
static tn_status verify(const om_recording_writer *writer, tn_error *error)
{
    om_recording_truth truth = {0};
    int64_t widest = writer->neurons > writer->columns ? writer->neurons : writer->columns;
    float *frame = calloc((size_t)widest, sizeof *frame);
    if (!frame) return om_no_memory(writer->output.path, error);
    tn_error reason = {0};
    om_recording *recording = om_recording_open(writer->output.temporary, &reason);
    tn_status status = recording ? om_recording_read_truth(recording, &truth, &reason) : reason.status;
    for (int split = 0; split < OM_SPLITS && status == TN_OK; split++)
        for (int series = 0; series < OM_SERIES_COUNT && status == TN_OK; series++) {
            int64_t last = om_recording_length(recording, (om_split)split, (om_recording_series)series) - 1;
            if (last >= 0)
                status = om_recording_block(recording, (om_split)split, (om_recording_series)series, last, 1, frame,
                                            &reason);
        }
    om_recording_truth_free(&truth);
    om_recording_close(recording);
    free(frame);
    if (status == TN_ENOMEM) return om_no_memory(writer->output.path, error);
    if (!status) return TN_OK;
    return tn_fail(error, TN_EIO, "%s: what was written cannot be read: %s", writer->output.path, reason.message);
}

tn_status om_recording_finish(om_recording_writer *writer, tn_error *error)
{
    om_h5_enter();
    tn_status status = check_complete(writer, error);
    if (status == TN_OK) status = close_file(writer, error);
    if (status == TN_OK) status = verify(writer, error);
    if (status == TN_OK) status = om_output_commit(&writer->output, error);
    om_recording_abandon(writer);
    return status;
}

void om_recording_abandon(om_recording_writer *writer)
{
    if (!writer) return;
    om_h5_enter();
    if (writer->file >= 0) H5Fclose(writer->file);
    om_output_abort(&writer->output);
    free(writer);
}
