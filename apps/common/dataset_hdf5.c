/* HDF5 as the recording needs it. */
#include "config.h"
#include "common/dataset_hdf5.h"
#include "common/no_memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- Messages ---- */

void om_h5_enter(void)
{
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

enum { REASON_SIZE = 128 };

/* The innermost error comes first and says most. Those of the system are buried in addresses and times, as in
 * "write failed: time = ..., error message = 'No space left on device', buf = ..."; they may hold apostrophes too. */
static herr_t keep_first(unsigned number, const H5E_error2_t *error, void *reason)
{
    static const char system[] = "error message = '";
    const char *text = error->desc ? error->desc : "unknown", *cause = strstr(text, system);
    (void)number;
    if (cause) cause += strlen(system);
    const char *end = cause ? strstr(cause, "', ") : NULL;
    if (!cause) cause = text;
    snprintf(reason, REASON_SIZE, "%.*s", end ? (int)(end - cause) : (int)strcspn(cause, "\n"), cause);
    return 1;
}

tn_status om_h5_say(const om_h5 *h5, tn_status status, const char *name, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return tn_fail(h5->error, status, "%s: %s%s%s", h5->path, name, !*name || *text == '[' ? "" : " ", text);
}

tn_status om_h5_fail(const om_h5 *h5, tn_status status, const char *name, const char *what)
{
    char reason[REASON_SIZE] = "no reason given";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, reason);
    return om_h5_say(h5, status, name, "%s: HDF5: %s", what, reason);
}

tn_status om_h5_no_memory(const om_h5 *h5)
{
    return om_no_memory(h5->path, h5->error);
}

/* ---- Finding datasets ---- */

static herr_t refuse(const char *file, const char *group, const char *other, const char *object, unsigned *flags,
                     hid_t access, void *outside)
{
    (void)file, (void)group, (void)other, (void)object, (void)flags, (void)access;
    *(bool *)outside = true;
    return -1;
}

/* Links into other files are not followed: frames are read from this one, past HDF5. */
static hid_t access_within(bool *outside)
{
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    *outside = false;
    if (access >= 0) H5Pset_elink_cb(access, refuse, outside);
    return access;
}

static tn_status not_found(const om_h5 *h5, const char *name, const char *what, bool outside)
{
    return outside ? om_h5_say(h5, TN_EFORMAT, name, "is not in the file: a link leads out of it")
                   : om_h5_fail(h5, TN_EFORMAT, name, what);
}

/* Whether there is a link of that name; where that cannot be told, what is wrong with the one to blame. */
static tn_status look(const om_h5 *h5, const char *name, const char *blamed, const char *what, bool *there)
{
    bool outside;
    hid_t access = access_within(&outside);
    htri_t found = H5Lexists(h5->file, name, access);
    tn_status status = found < 0 ? not_found(h5, blamed, what, outside) : TN_OK;
    H5Pclose(access);
    *there = found > 0;
    return status;
}

tn_status om_h5_exists(const om_h5 *h5, const char *name, bool *there)
{
    char parent[64] = "";
    const char *slash = strrchr(name, '/');
    tn_status status = TN_OK;
    *there = true;
    if (slash > name) {
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - name), name);
        status = look(h5, parent, parent, "cannot be found", there);
    }
    if (status == TN_OK && *there) status = look(h5, name, *parent ? parent : name, "is not a group", there);
    return status;
}

/* id < 0 where there is none of that name. */
static tn_status find(const om_h5 *h5, const char *name, hid_t *id)
{
    bool there, outside;
    *id = H5I_INVALID_HID;
    tn_status status = om_h5_exists(h5, name, &there);
    if (status != TN_OK || !there) return status;
    hid_t access = access_within(&outside);
    *id = H5Dopen2(h5->file, name, access);
    if (*id < 0) status = not_found(h5, name, "cannot be opened", outside);
    H5Pclose(access);
    return status;
}

static tn_status check_type(const om_h5 *h5, const om_h5_array *array)
{
    hid_t type = H5Dget_type(array->id);
    H5T_class_t class = H5Tget_class(type);
    H5Tclose(type);
    /* h5py stores booleans as an enumeration of integers. */
    if (class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM) return TN_OK;
    return om_h5_say(h5, TN_EFORMAT, array->name, "holds no numbers");
}

static tn_status check_rank(const om_h5 *h5, om_h5_array *array, int rank)
{
    hsize_t dim[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(array->id);
    bool simple = H5Sget_simple_extent_type(space) == H5S_SIMPLE;
    array->rank = simple ? H5Sget_simple_extent_dims(space, dim, NULL) : 0;
    H5Sclose(space);
    if (array->rank != rank)
        return om_h5_say(h5, TN_EFORMAT, array->name, "has %d dimensions, expected %d", array->rank, rank);
    for (int i = 0; i < rank; i++) {
        if (dim[i] > INT32_MAX)
            return om_h5_say(h5, TN_EFORMAT, array->name, "is longer than 2^31 - 1 along dimension %d", i);
        array->dim[i] = (int64_t)dim[i];
    }
    return TN_OK;
}

static bool chunks_stored(const om_h5_array *array, hid_t properties)
{
    hsize_t chunk[H5S_MAX_RANK], expected = 1, stored = 0;
    if (H5Pget_chunk(properties, array->rank, chunk) != array->rank) return false;
    for (int i = 0; i < array->rank; i++) expected *= ((hsize_t)array->dim[i] + chunk[i] - 1) / chunk[i];
    hid_t space = H5Dget_space(array->id);
    herr_t status = H5Dget_num_chunks(array->id, space, &stored);
    H5Sclose(space);
    return status >= 0 && stored == expected;
}

/* A writer that was stopped leaves frames unwritten, which HDF5 would read as zeros. */
static tn_status check_stored(const om_h5 *h5, const om_h5_array *array)
{
    bool stored = false;
    hsize_t elements = 1, size = 0;
    for (int i = 0; i < array->rank; i++) elements *= (hsize_t)array->dim[i];
    hid_t type = H5Dget_type(array->id), properties = H5Dget_create_plist(array->id);
    H5Fget_filesize(h5->file, &size);
    switch (H5Pget_layout(properties)) {
    case H5D_COMPACT: stored = true; break;
    case H5D_CHUNKED: stored = chunks_stored(array, properties); break;
    case H5D_CONTIGUOUS: {
        haddr_t offset = H5Dget_offset(array->id); /* undefined if never written, or written to other files */
        stored = offset != HADDR_UNDEF && offset < size && elements <= (size - offset) / H5Tget_size(type);
        break;
    }
    default: break;
    }
    H5Tclose(type);
    H5Pclose(properties);
    return stored || elements == 0 ? TN_OK : om_h5_say(h5, TN_EFORMAT, array->name, "is not wholly in the file");
}

/* HDF5 itself would complain about the folder of its plugins only, and when the first value is read. */
static tn_status check_filters(const om_h5 *h5, const om_h5_array *array)
{
    tn_status status = TN_OK;
    hid_t properties = H5Dget_create_plist(array->id);
    int filters = H5Pget_nfilters(properties);
    for (unsigned i = 0; (int)i < filters && status == TN_OK; i++) {
        char filter[64] = "";
        unsigned flags, config;
        size_t values = 0;
        H5Z_filter_t id = H5Pget_filter2(properties, i, &flags, &values, NULL, sizeof filter, filter, &config);
        if (H5Zfilter_avail(id) > 0) continue;
        filter[sizeof filter - 1] = 0;
        status = om_h5_say(h5, TN_EFORMAT, array->name,
                           "went through the HDF5 filter %d%s%s%s, which is not installed "
                           "here; expected deflate, shuffle or none",
                           (int)id, *filter ? " (" : "", filter, *filter ? ")" : "");
    }
    H5Pclose(properties);
    return status;
}

tn_status om_h5_open(const om_h5 *h5, const char *name, int rank, om_h5_array *array)
{
    *array = (om_h5_array){.name = name};
    tn_status status = find(h5, name, &array->id);
    if (status != TN_OK || array->id < 0) return status;
    status = check_type(h5, array);
    if (status == TN_OK) status = check_rank(h5, array, rank);
    if (status == TN_OK) status = check_stored(h5, array);
    if (status == TN_OK) status = check_filters(h5, array);
    if (status != TN_OK) om_h5_close(array);
    return status;
}

void om_h5_close(om_h5_array *array)
{
    if (array->id >= 0) H5Dclose(array->id);
    array->id = H5I_INVALID_HID;
}

/* ---- Reading numbers ---- */

static size_t elements_of(const om_h5_array *array)
{
    return (size_t)array->dim[0] * (array->rank > 1 ? (size_t)array->dim[1] : 1);
}

/* The whole array in the given type, in new memory; NULL after an error. */
static tn_status read_all(const om_h5 *h5, const om_h5_array *array, hid_t memory_type, void **out)
{
    *out = NULL;
    void *values = calloc(elements_of(array) + 1, H5Tget_size(memory_type));
    if (!values) return om_h5_no_memory(h5);
    if (H5Dread(array->id, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        free(values);
        return om_h5_fail(h5, TN_EIO, array->name, "cannot be read");
    }
    *out = values;
    return TN_OK;
}

/* Element i as its indices, "[7]" or "[3, 1]". */
typedef struct place {
    char text[48];
} place;

static place place_of(const om_h5_array *array, size_t i)
{
    place at;
    size_t columns = array->rank > 1 ? (size_t)array->dim[1] : 1;
    if (array->rank > 1)
        snprintf(at.text, sizeof at.text, "[%zu, %zu]", i / columns, i % columns);
    else
        snprintf(at.text, sizeof at.text, "[%zu]", i);
    return at;
}

/* Through double, which shows fractions and what does not fit. */
tn_status om_h5_read_int32(const om_h5 *h5, const om_h5_array *array, int32_t **out)
{
    size_t n = elements_of(array);
    void *raw;
    *out = NULL;
    tn_status status = read_all(h5, array, H5T_NATIVE_DOUBLE, &raw);
    const double *values = raw;
    int32_t *integers = status == TN_OK ? calloc(n + 1, sizeof *integers) : NULL;
    if (status == TN_OK && !integers) status = om_h5_no_memory(h5);
    for (size_t i = 0; i < n && status == TN_OK; i++) {
        if (values[i] >= INT32_MIN && values[i] <= INT32_MAX && values[i] == floor(values[i]))
            integers[i] = (int32_t)values[i];
        else
            status = om_h5_say(h5, TN_EFORMAT, array->name, "%s is %.10g, expected an integer of 32 bits",
                               place_of(array, i).text, values[i]);
    }
    free(raw);
    if (status == TN_OK)
        *out = integers;
    else
        free(integers);
    return status;
}

tn_status om_h5_read_flags(const om_h5 *h5, const om_h5_array *array, uint8_t **out)
{
    size_t n = elements_of(array);
    int32_t *integers;
    *out = NULL;
    tn_status status = om_h5_read_int32(h5, array, &integers);
    uint8_t *flags = status == TN_OK ? calloc(n + 1, sizeof *flags) : NULL;
    if (status == TN_OK && !flags) status = om_h5_no_memory(h5);
    for (size_t i = 0; i < n && status == TN_OK; i++) {
        flags[i] = (uint8_t)integers[i];
        if (integers[i] != 0 && integers[i] != 1)
            status = om_h5_say(h5, TN_EFORMAT, array->name, "%s is %d, expected 0 or 1", place_of(array, i).text,
                               integers[i]);
    }
    free(integers);
    if (status == TN_OK)
        *out = flags;
    else
        free(flags);
    return status;
}

tn_status om_h5_read_float(const om_h5 *h5, const om_h5_array *array, float **out)
{
    size_t n = elements_of(array);
    void *raw;
    tn_status status = read_all(h5, array, H5T_NATIVE_FLOAT, &raw);
    float *values = raw;
    for (size_t i = 0; i < n && status == TN_OK; i++)
        if (!isfinite(values[i]))
            status = om_h5_say(h5, TN_EFORMAT, array->name, "%s is %g, expected a finite number",
                               place_of(array, i).text, (double)values[i]);
    if (status != TN_OK) {
        free(values);
        values = NULL;
    }
    *out = values;
    return status;
}

/* ---- Reading text ---- */

/* One string as HDF5 hands it out, fixed (padded) or variable in length. */
typedef struct text_type {
    hid_t type;
    bool variable;
    size_t size;
} text_type;

static text_type text_type_of(hid_t type)
{
    return (text_type){type, H5Tis_variable_str(type) > 0, H5Tget_size(type)};
}

static size_t text_length(const text_type *kind, const char *raw, size_t i, const char **start)
{
    if (kind->variable) {
        *start = ((char *const *)(const void *)raw)[i];
        return *start ? strlen(*start) : 0;
    }
    *start = raw + i * kind->size;
    size_t length = strnlen(*start, kind->size);
    while (length > 0 && H5Tget_strpad(kind->type) == H5T_STR_SPACEPAD && (*start)[length - 1] == ' ') length--;
    return length;
}

/* The strings in raw as one block: n pointers, then the characters. */
static char **pack_strings(const text_type *kind, const char *raw, size_t n)
{
    const char *start;
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += text_length(kind, raw, i, &start) + 1;
    char **strings = calloc(1, (n + 1) * sizeof *strings + bytes);
    if (!strings) return NULL;
    char *at = (char *)(strings + n + 1);
    for (size_t i = 0; i < n; i++) {
        size_t length = text_length(kind, raw, i, &start);
        strings[i] = at;
        if (length) memcpy(at, start, length);
        at += length + 1;
    }
    return strings;
}

tn_status om_h5_read_strings(const om_h5 *h5, const char *name, char ***out, int64_t *count)
{
    om_h5_array array = {.name = name};
    *out = NULL;
    *count = 0;
    tn_status status = find(h5, name, &array.id);
    if (status != TN_OK || array.id < 0) return status;
    hid_t type = H5Dget_type(array.id), space = H5Dget_space(array.id);
    status = H5Tget_class(type) == H5T_STRING ? check_rank(h5, &array, 1)
                                              : om_h5_say(h5, TN_EFORMAT, name, "holds no strings");
    if (status == TN_OK) status = check_stored(h5, &array);
    if (status == TN_OK) status = check_filters(h5, &array);
    if (status == TN_OK) {
        text_type kind = text_type_of(type);
        void *raw;
        status = read_all(h5, &array, type, &raw);
        if (raw && !(*out = pack_strings(&kind, raw, (size_t)array.dim[0]))) status = om_h5_no_memory(h5);
        if (raw && kind.variable) H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
        *count = array.dim[0];
        free(raw);
    }
    H5Tclose(type);
    H5Sclose(space);
    om_h5_close(&array);
    return status;
}

/* ---- Attributes of the root ---- */

static tn_status open_attribute(const om_h5 *h5, const char *name, hid_t *attribute)
{
    *attribute = H5I_INVALID_HID;
    htri_t found = H5Aexists(h5->file, name);
    if (found == 0) return TN_OK;
    *attribute = found > 0 ? H5Aopen(h5->file, name, H5P_DEFAULT) : H5I_INVALID_HID;
    if (*attribute < 0) return om_h5_fail(h5, TN_EFORMAT, name, "(attribute) cannot be opened");
    hid_t space = H5Aget_space(*attribute);
    bool single = H5Sget_simple_extent_npoints(space) == 1;
    H5Sclose(space);
    if (single) return TN_OK;
    H5Aclose(*attribute);
    return om_h5_say(h5, TN_EFORMAT, name, "(attribute) is not one value");
}

tn_status om_h5_attribute(const om_h5 *h5, const char *name, hid_t memory_type, void *out, bool *found)
{
    hid_t attribute;
    tn_status status = open_attribute(h5, name, &attribute);
    *found = attribute >= 0;
    if (status != TN_OK || attribute < 0) return status;
    hid_t type = H5Aget_type(attribute);
    H5T_class_t class = H5Tget_class(type);
    if (class != H5T_INTEGER && class != H5T_FLOAT)
        status = om_h5_say(h5, TN_EFORMAT, name, "(attribute) is not a number");
    else if (H5Aread(attribute, memory_type, out) < 0)
        status = om_h5_fail(h5, TN_EIO, name, "(attribute) cannot be read");
    H5Tclose(type);
    H5Aclose(attribute);
    return status;
}

static char *attribute_text(hid_t attribute, hid_t type)
{
    text_type kind = text_type_of(type);
    const char *start;
    char *raw = calloc(1, kind.size + sizeof(char *)), *text = NULL;
    if (raw && H5Aread(attribute, type, raw) >= 0) {
        size_t length = text_length(&kind, raw, 0, &start);
        text = strndup(start ? start : "", length);
        hid_t space = H5Aget_space(attribute);
        if (kind.variable) H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
        H5Sclose(space);
    }
    free(raw);
    return text;
}

tn_status om_h5_attribute_text(const om_h5 *h5, const char *name, char **out)
{
    hid_t attribute;
    *out = NULL;
    tn_status status = open_attribute(h5, name, &attribute);
    if (status != TN_OK || attribute < 0) return status;
    hid_t type = H5Aget_type(attribute);
    if (H5Tget_class(type) != H5T_STRING)
        status = om_h5_say(h5, TN_EFORMAT, name, "(attribute) is not text");
    else if (!(*out = attribute_text(attribute, type)))
        status = om_h5_fail(h5, TN_EIO, name, "(attribute) cannot be read");
    H5Tclose(type);
    H5Aclose(attribute);
    return status;
}
