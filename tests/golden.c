/* Reference values in HDF5 files. */
#include "config.h"
#include "golden.h"
#include "testing.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 512 };

struct golden {
    hid_t id;
    void *given[MOST]; /* memory handed out */
    size_t count;
};

golden *golden_open(const char *path)
{
    if (!path) return NULL;
    golden *file = calloc(1, sizeof *file);
    file->id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_msg(file->id >= 0, "%s: cannot open it", path);
    return file;
}

void golden_close(golden *file)
{
    for (size_t i = 0; i < file->count; i++) free(file->given[i]);
    H5Fclose(file->id);
    free(file);
}

/* Memory that lives as long as the file is open. */
static void *give(golden *file, size_t bytes)
{
    ck_assert_msg(file->count < MOST, "more than %d arrays of one file", MOST);
    return file->given[file->count++] = calloc(bytes ? bytes : 1, 1);
}

bool golden_has(const golden *file, const char *path)
{
    /* H5Lexists wants every step on the way to exist. */
    char part[512];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (H5Lexists(file->id, part, H5P_DEFAULT) <= 0) return false;
        *slash = '/';
    }
    return !strcmp(path, "/") || H5Lexists(file->id, path, H5P_DEFAULT) > 0;
}

static hid_t open_dataset(const golden *file, const char *dataset)
{
    ck_assert_msg(golden_has(file, dataset), "there is no %s in the file", dataset);
    hid_t id = H5Dopen2(file->id, dataset, H5P_DEFAULT);
    ck_assert_msg(id >= 0, "%s is no dataset", dataset);
    return id;
}

static tn_shape shape_of(hid_t space)
{
    hsize_t dim[H5S_MAX_RANK];
    tn_shape shape = {.rank = H5Sget_simple_extent_dims(space, dim, NULL)};
    ck_assert_int_le(shape.rank, TN_MAX_RANK);
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = (int64_t)dim[i];
    H5Sclose(space);
    return shape;
}

tn_shape golden_shape(const golden *file, const char *dataset)
{
    hid_t id = open_dataset(file, dataset);
    tn_shape shape = shape_of(H5Dget_space(id));
    H5Dclose(id);
    return shape;
}

static const void *numbers(golden *file, const char *dataset, hid_t type, size_t size)
{
    int64_t count = tn_shape_size(golden_shape(file, dataset));
    void *values = give(file, (size_t)count * size);
    hid_t id = open_dataset(file, dataset);
    ck_assert_msg(H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, "cannot read %s", dataset);
    H5Dclose(id);
    return values;
}

const double *golden_doubles(golden *file, const char *dataset)
{
    return numbers(file, dataset, H5T_NATIVE_DOUBLE, sizeof(double));
}

const int32_t *golden_int32s(golden *file, const char *dataset)
{
    return numbers(file, dataset, H5T_NATIVE_INT32, sizeof(int32_t));
}

static herr_t read_any(hid_t id, hid_t type, void *out)
{
    return H5Iget_type(id) == H5I_ATTR ? H5Aread(id, type, out) : H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
}

/* The strings of a dataset or attribute, from fixed or variable length. */
static const char *const *strings(golden *file, hid_t id, hid_t type, hid_t space, const char *what)
{
    ck_assert_msg(H5Tget_class(type) == H5T_STRING, "%s has no strings", what);
    size_t count = (size_t)H5Sget_simple_extent_npoints(space);
    char **list = give(file, count * sizeof *list);
    if (H5Tis_variable_str(type)) {
        ck_assert_msg(read_any(id, type, list) >= 0, "cannot read %s", what);
        for (size_t i = 0; i < count; i++) {
            char *text = list[i]; /* NULL where nothing was written */
            list[i] = give(file, text ? strlen(text) + 1 : 1);
            if (text) strcpy(list[i], text);
            H5free_memory(text);
        }
        return (const char *const *)list;
    }
    size_t size = H5Tget_size(type) + 1;
    char *block = give(file, count * size);
    hid_t memory = H5Tcopy(type);
    H5Tset_size(memory, size);
    H5Tset_strpad(memory, H5T_STR_NULLTERM);
    ck_assert_msg(read_any(id, memory, block) >= 0, "cannot read %s", what);
    H5Tclose(memory);
    for (size_t i = 0; i < count; i++) list[i] = block + i * size;
    return (const char *const *)list;
}

const char *const *golden_strings(golden *file, const char *dataset)
{
    hid_t id = open_dataset(file, dataset), type = H5Dget_type(id), space = H5Dget_space(id);
    const char *const *list = strings(file, id, type, space, dataset);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(id);
    return list;
}

static hid_t open_attribute(const golden *file, const char *object, const char *name)
{
    ck_assert_msg(H5Aexists_by_name(file->id, object, name, H5P_DEFAULT) > 0, "%s has no attribute %s", object, name);
    return H5Aopen_by_name(file->id, object, name, H5P_DEFAULT, H5P_DEFAULT);
}

double golden_attribute(const golden *file, const char *object, const char *name)
{
    double value = 0;
    hid_t id = open_attribute(file, object, name), space = H5Aget_space(id);
    ck_assert_msg(H5Sget_simple_extent_npoints(space) == 1, "attribute %s is no scalar", name);
    ck_assert_msg(H5Aread(id, H5T_NATIVE_DOUBLE, &value) >= 0, "attribute %s is no number", name);
    H5Sclose(space);
    H5Aclose(id);
    return value;
}

const char *golden_text(golden *file, const char *object, const char *name)
{
    hid_t id = open_attribute(file, object, name), type = H5Aget_type(id), space = H5Aget_space(id);
    const char *text = strings(file, id, type, space, name)[0];
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(id);
    return text;
}
