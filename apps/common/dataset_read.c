/* Opening a recording: attributes, circuit, truth. */
#include "config.h"
#include "common/dataset_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Attributes ---- */

/* Keeps memory until the recording is closed; room for all there is to own. */
static void *own(om_recording *recording, void *memory)
{
    return recording->owned[recording->owned_count++] = memory;
}

static tn_status read_format(const om_h5 *h5)
{
    char *format;
    tn_status status = om_h5_attribute_text(h5, "format", &format);
    if (status == TN_OK && !format)
        status = om_h5_say(h5, TN_EFORMAT, "format", "(attribute) is missing, expected \"" OM_RECORDING_FORMAT "\"");
    if (status == TN_OK && strcmp(format, OM_RECORDING_FORMAT) != 0)
        status = om_h5_say(h5, TN_EFORMAT, "format", "(attribute) is \"%.40s\", expected \"" OM_RECORDING_FORMAT "\"",
                           format);
    free(format);
    return status;
}

/* A standard deviation, NaN if it is not there. */
static tn_status read_deviation(const om_h5 *h5, const char *name, double *value)
{
    bool found;
    *value = NAN;
    tn_status status = om_h5_attribute(h5, name, H5T_NATIVE_DOUBLE, value, &found);
    if (status == TN_OK && found && !(isfinite(*value) && *value >= 0))
        status = om_h5_say(h5, TN_EFORMAT, name, "(attribute) is %g, expected a standard deviation, 0 or more", *value);
    return status;
}

/* Through double first: HDF5 would cut fractions off, and make 0 of what is negative. */
static tn_status read_seed(const om_h5 *h5, uint64_t *seed)
{
    bool found;
    double number = 0;
    tn_status status = om_h5_attribute(h5, "seed", H5T_NATIVE_DOUBLE, &number, &found);
    if (status == TN_OK && !(number >= 0 && number <= 0x1p64 && number == floor(number)))
        status = om_h5_say(h5, TN_EFORMAT, "seed", "(attribute) is %.10g, expected an integer of 0 to 2^64 - 1",
                           number);
    return status == TN_OK ? om_h5_attribute(h5, "seed", H5T_NATIVE_UINT64, seed, &found) : status;
}

static tn_status read_numbers(const om_h5 *h5, om_recording_attributes *attributes)
{
    bool found;
    tn_status status = om_h5_attribute(h5, "delta_t", H5T_NATIVE_DOUBLE, &attributes->delta_t, &found);
    if (status == TN_OK && !found)
        status = om_h5_say(h5, TN_EFORMAT, "delta_t", "(attribute) is missing, expected seconds between frames");
    if (status == TN_OK) status = om_recording_check_delta_t(attributes->delta_t, h5->path, TN_EFORMAT, h5->error);
    if (status == TN_OK) status = read_deviation(h5, "sigma", &attributes->sigma);
    if (status == TN_OK) status = read_deviation(h5, "measurement_noise", &attributes->measurement_noise);
    return status == TN_OK ? read_seed(h5, &attributes->seed) : status;
}

static tn_status read_attributes(om_recording *recording, const om_h5 *h5)
{
    char *config = NULL, *program = NULL;
    tn_status status = read_format(h5);
    if (status == TN_OK) status = read_numbers(h5, &recording->attributes);
    if (status == TN_OK) status = om_h5_attribute_text(h5, "config", &config);
    if (status == TN_OK) status = om_h5_attribute_text(h5, "program", &program);
    recording->attributes.config = own(recording, config) ? config : "";
    recording->attributes.program = own(recording, program) ? program : "";
    return status;
}

/* ---- Arrays ---- */

/* Opens an array whose length others may have fixed already; -1: not yet. */
static tn_status open_sized(const om_h5 *h5, const char *name, int rank, int64_t *length, om_h5_array *array)
{
    tn_status status = om_h5_open(h5, name, rank, array);
    if (status != TN_OK || array->id < 0) return status;
    if (*length < 0) *length = array->dim[0];
    if (array->dim[0] != *length)
        status = om_h5_say(h5, TN_EFORMAT, name, "has %lld rows, expected %lld", (long long)array->dim[0],
                           (long long)*length);
    else if (rank == 2 && array->dim[1] != 2)
        status = om_h5_say(h5, TN_EFORMAT, name, "has %lld columns, expected 2", (long long)array->dim[1]);
    if (status != TN_OK) om_h5_close(array);
    return status;
}

typedef enum kind { INDEX, FLAG, REAL } kind;

/* Reads an array, NULL if it is absent; to be freed with free. */
static tn_status read_array(const om_h5 *h5, const char *name, kind type, int rank, int64_t *length, void **out)
{
    om_h5_array array;
    int32_t *indices = NULL;
    uint8_t *flags = NULL;
    float *reals = NULL;
    *out = NULL;
    tn_status status = open_sized(h5, name, rank, length, &array);
    if (status != TN_OK || array.id < 0) return status;
    switch (type) {
    case INDEX: status = om_h5_read_int32(h5, &array, &indices); break;
    case FLAG: status = om_h5_read_flags(h5, &array, &flags); break;
    case REAL: status = om_h5_read_float(h5, &array, &reals); break;
    }
    *out = indices ? (void *)indices : flags ? (void *)flags : (void *)reals;
    om_h5_close(&array);
    return status;
}

static int64_t columns_used(const om_recording_circuit *circuit)
{
    int64_t columns = 0;
    for (int64_t i = 0; circuit->column && i < circuit->neurons; i++)
        if (circuit->column[i] >= columns) columns = (int64_t)circuit->column[i] + 1;
    return columns;
}

static tn_status place_columns(om_recording *recording, const om_h5 *h5)
{
    om_recording_circuit *circuit = &recording->circuit;
    float *position = calloc(2 * (size_t)circuit->columns + 1, sizeof *position);
    if (!own(recording, position)) return om_h5_no_memory(h5);
    for (int64_t c = 0; c < circuit->columns; c++) {
        position[2 * c] = (float)(circuit->u[c] + circuit->v[c] / 2.0);
        position[2 * c + 1] = (float)(circuit->v[c] * sqrt(3) / 2);
    }
    circuit->position = position;
    return TN_OK;
}

static tn_status read_circuit(om_recording *recording, const om_h5 *h5)
{
    om_recording_circuit *circuit = &recording->circuit;
    int64_t *neurons = &circuit->neurons, *synapses = &circuit->synapses, *columns = &circuit->columns;
    void *source, *target, *is_input, *column, *type, *u, *v, *position;
    const struct {
        const char *name;
        kind type;
        int rank;
        int64_t *length;
        void **values;
    } parts[] = {
        {"/circuit/source", INDEX, 1, synapses, &source},
        {"/circuit/target", INDEX, 1, synapses, &target},
        {"/circuit/is_input", FLAG, 1, neurons, &is_input},
        {"/circuit/column", INDEX, 1, neurons, &column},
        {"/circuit/type", INDEX, 1, neurons, &type},
        {"/lattice/u", INDEX, 1, columns, &u},
        {"/lattice/v", INDEX, 1, columns, &v},
        {"/lattice/position", REAL, 2, columns, &position},
    };
    *synapses = -1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        tn_status status =
            read_array(h5, parts[i].name, parts[i].type, parts[i].rank, parts[i].length, parts[i].values);
        own(recording, *parts[i].values);
        if (status != TN_OK) return status;
        if (parts[i].length == synapses && !*parts[i].values)
            return om_h5_say(h5, TN_EFORMAT, parts[i].name, "is missing: nothing can be learned without the circuit");
    }
    circuit->source = source, circuit->target = target;
    circuit->is_input = is_input, circuit->column = column, circuit->type = type;
    circuit->u = u, circuit->v = v, circuit->position = position;
    if (*columns < 0) *columns = columns_used(circuit);

    char **names;
    tn_status status = om_h5_read_strings(h5, "/circuit/type_names", &names, &circuit->types);
    circuit->type_names = (const char *const *)own(recording, names);
    if (status == TN_OK) status = om_recording_check_circuit(circuit, recording->path, TN_EFORMAT, h5->error);
    return status == TN_OK && u && !position ? place_columns(recording, h5) : status;
}

/* ---- The file ---- */

/* HDF5 says less clearly what it cannot open. */
static tn_status check_file(const om_h5 *h5)
{
    static const char signature[8] = "\x89HDF\r\n\x1a\n";
    char start[8] = "";
    struct stat about;
    int descriptor = open(h5->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    tn_status status = TN_OK;
    if (descriptor < 0 || fstat(descriptor, &about) != 0)
        status = tn_fail(h5->error, TN_EIO, "%s: %s", h5->path, strerror(errno));
    else if (!S_ISREG(about.st_mode))
        status = tn_fail(h5->error, TN_EIO, "%s: is not a regular file", h5->path);
    else if (read(descriptor, start, sizeof start) != sizeof start || memcmp(start, signature, sizeof start) != 0)
        status = tn_fail(h5->error, TN_EFORMAT, "%s: is not an HDF5 file", h5->path);
    if (descriptor >= 0) close(descriptor);
    return status;
}

static tn_status open_file(om_recording *recording, om_h5 *h5)
{
    void *descriptor;
    tn_status status = check_file(h5);
    if (status != TN_OK) return status;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    h5->file = recording->file = H5Fopen(h5->path, H5F_ACC_RDONLY, access);
    if (h5->file < 0)
        status = om_h5_fail(h5, TN_EFORMAT, "", "cannot be opened");
    else if (H5Fget_vfd_handle(h5->file, access, &descriptor) < 0)
        status = om_h5_fail(h5, TN_EIO, "", "has no file descriptor");
    else
        recording->descriptor = *(int *)descriptor;
    H5Pclose(access);
    return status;
}

om_recording *om_recording_open(const char *path, tn_error *error)
{
    om_h5_enter();
    om_h5 h5 = {H5I_INVALID_HID, path, error};
    om_recording *recording = calloc(1, sizeof *recording);
    if (!recording || !(recording->path = strdup(path))) {
        om_h5_no_memory(&h5);
        free(recording);
        return NULL;
    }
    for (int split = 0; split < OM_SPLITS; split++)
        for (int series = 0; series < OM_SERIES_COUNT; series++)
            recording->frames[split][series].array.id = H5I_INVALID_HID;
    tn_status status = open_file(recording, &h5);
    if (status == TN_OK) status = read_attributes(recording, &h5);
    if (status == TN_OK) status = om_recording_open_frames(recording, &h5);
    if (status == TN_OK) status = read_circuit(recording, &h5);
    if (status == TN_OK) status = om_h5_exists(&h5, "/truth", &recording->has_truth);
    if (status == TN_OK) return recording;
    om_recording_close(recording);
    return NULL;
}

void om_recording_close(om_recording *recording)
{
    if (!recording) return;
    om_h5_enter();
    if (recording->file > 0) H5Fclose(recording->file); /* and every dataset with it */
    for (int i = 0; i < recording->owned_count; i++) free(recording->owned[i]);
    free(recording->next);
    free(recording->path);
    free(recording);
}

const char *om_recording_path(const om_recording *recording)
{
    return recording->path;
}

const om_recording_attributes *om_recording_attributes_of(const om_recording *recording)
{
    return &recording->attributes;
}

const om_recording_circuit *om_recording_circuit_of(const om_recording *recording)
{
    return &recording->circuit;
}

/* ---- Truth ---- */

static tn_status check_time_constants(const om_h5 *h5, const float *time_constant, int64_t neurons)
{
    for (int64_t i = 0; time_constant && i < neurons; i++)
        if (!(time_constant[i] > 0))
            return om_h5_say(h5, TN_EFORMAT, "/truth/time_constant", "[%lld] is %g, expected seconds above 0",
                             (long long)i, (double)time_constant[i]);
    return TN_OK;
}

tn_status om_recording_read_truth(om_recording *recording, om_recording_truth *truth, tn_error *error)
{
    om_h5_enter();
    const om_h5 h5 = {recording->file, recording->path, error};
    int64_t neurons = recording->circuit.neurons, synapses = recording->circuit.synapses;
    void *weight = NULL, *time_constant = NULL, *resting_potential = NULL, *is_null = NULL;
    tn_status status = read_array(&h5, "/truth/weight", REAL, 1, &synapses, &weight);
    if (status == TN_OK) status = read_array(&h5, "/truth/time_constant", REAL, 1, &neurons, &time_constant);
    if (status == TN_OK) status = read_array(&h5, "/truth/resting_potential", REAL, 1, &neurons, &resting_potential);
    if (status == TN_OK) status = read_array(&h5, "/truth/is_null", FLAG, 1, &synapses, &is_null);
    if (status == TN_OK) status = check_time_constants(&h5, time_constant, neurons);
    *truth = (om_recording_truth){weight, time_constant, resting_potential, is_null};
    if (status != TN_OK) om_recording_truth_free(truth);
    return status;
}

void om_recording_truth_free(om_recording_truth *truth)
{
    free(truth->weight);
    free(truth->time_constant);
    free(truth->resting_potential);
    free(truth->is_null);
    *truth = (om_recording_truth){0};
}
