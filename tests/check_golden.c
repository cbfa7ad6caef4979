/* The reader of reference values: whatever a file says must arrive, or every comparison with it is worth nothing. */
#include "config.h"
#include "golden.h"
#include "testing.h"

#include <hdf5.h>
#include <string.h>

static hid_t file;

static hid_t string_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    return type;
}

static void write_strings(const char *name, size_t size, const void *text)
{
    hsize_t count = 2;
    hid_t type = string_type(size), space = H5Screate_simple(1, &count, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text), 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
}

static void write_attribute(const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR), attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Awrite(attribute, type, value), 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static golden *written(void)
{
    const char *path = scratch_path("written.h5");
    const hsize_t dim[2] = {2, 3};
    const float numbers[6] = {1.5f, -2, 3, 4, 5, 6.25f};
    const char *const variable[2] = {"a longer string", ""};
    const int32_t extent = 7;
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
          space = H5Screate_simple(2, dim, NULL);
    hid_t set = H5Dcreate2(group, "numbers", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers), 0);
    write_strings("fixed", 4, "abcdx\0\0\0");
    write_strings("variable", H5T_VARIABLE, variable);
    write_attribute("extent", H5T_NATIVE_INT32, &extent);
    hid_t type = string_type(11);
    write_attribute("format", type, "recording/1");
    H5Tclose(type);
    H5Dclose(set);
    H5Sclose(space);
    H5Gclose(group);
    H5Fclose(file);
    return golden_open(path);
}

START_TEST(numbers_arrive_with_their_shape)
{
    golden *read = written();
    ck_assert(tn_shape_equal(golden_shape(read, "group/numbers"), TN_SHAPE(2, 3)));
    ck_assert_double_eq(golden_doubles(read, "/group/numbers")[5], 6.25);
    ck_assert_int_eq(golden_int32s(read, "group/numbers")[1], -2);
    golden_close(read);
}
END_TEST

START_TEST(strings_arrive_whatever_their_kind)
{
    golden *read = written();
    ck_assert_str_eq(golden_strings(read, "fixed")[0], "abcd");
    ck_assert_str_eq(golden_strings(read, "fixed")[1], "x");
    ck_assert_str_eq(golden_strings(read, "variable")[0], "a longer string");
    ck_assert_str_eq(golden_strings(read, "variable")[1], "");
    golden_close(read);
}
END_TEST

START_TEST(attributes_arrive)
{
    golden *read = written();
    ck_assert_double_eq(golden_attribute(read, "/", "extent"), 7);
    ck_assert_str_eq(golden_text(read, "/", "format"), "recording/1");
    golden_close(read);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    golden *read = written();
    ck_assert(golden_has(read, "/") && golden_has(read, "group") && golden_has(read, "/group/numbers"));
    ck_assert(!golden_has(read, "none") && !golden_has(read, "none/numbers") && !golden_has(read, "/group/none"));
    golden_close(read);
    ck_assert_ptr_null(golden_open(NULL));
}
END_TEST

int main(void)
{
    TCase *reader = tcase_create("reader");
    tcase_add_test(reader, numbers_arrive_with_their_shape);
    tcase_add_test(reader, strings_arrive_whatever_their_kind);
    tcase_add_test(reader, attributes_arrive);
    tcase_add_test(reader, what_is_not_there_is_not_found);
    return run_cases("golden", reader, NULL);
}
