/* Safetensors files: what is written is read back, and nothing damaged is believed. */
#include "config.h"
#include "core/memory.h"
#include "tensor.h"
#include "testing.h"

#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- A small file of every kind of tensor ---- */

static const float floats[] = {1.5f, -2.25f, 3e-38f};
static const double doubles[] = {0.1, -7e300, 3.0, 4.0, 5.0, 6.0};
static const int32_t integers[] = {INT32_MIN, 7};

static int example(tn_tensor tensors[5])
{
    tensors[0] = (tn_tensor){"z.weight", TN_F32, TN_SHAPE(3), floats};
    tensors[1] = (tn_tensor){"a/\"moment\"\\1\n", TN_F64, TN_SHAPE(1, 2, 1, 3, 1, 1), doubles};
    tensors[2] = (tn_tensor){"empty", TN_F64, TN_SHAPE(4, 0), NULL};
    tensors[3] = (tn_tensor){"\xc3\xa9tape", TN_I32, TN_SCALAR, integers + 1};
    tensors[4] = (tn_tensor){"", TN_I32, TN_SHAPE(2), integers};
    return 5;
}

static const tn_pair meta[] = {{"step", "40"}, {"config", "a: \"b\"\n\tc: \xe2\x82\xac\\\x01"}, {"", ""}};
enum { N_META = sizeof meta / sizeof *meta };

static const char *write_example(void)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s", scratch_path("example.safetensors"));
    tn_tensor tensors[5];
    tn_error error = {0};
    ck_assert_msg(tn_file_write(path, example(tensors), tensors, N_META, meta, &error) == TN_OK, "%s", error.message);
    return path;
}

static bool same_as_example(const tn_file *file)
{
    tn_tensor tensors[5];
    bool same = tn_file_count(file) == example(tensors);
    for (int i = 0; i < 5 && same; i++) {
        tn_tensor read = tn_file_at(file, i);
        size_t bytes = (size_t)tn_shape_size(read.shape) * tn_dtype_size(read.dtype);
        same = !strcmp(read.name, tensors[i].name) && read.dtype == tensors[i].dtype &&
               tn_shape_equal(read.shape, tensors[i].shape) && (!bytes || !memcmp(read.data, tensors[i].data, bytes));
    }
    for (int i = 0; i < N_META && same; i++) {
        const char *value = tn_file_meta(file, meta[i].key);
        same = value && !strcmp(value, meta[i].value);
    }
    return same;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

START_TEST(what_is_written_is_read_back)
{
    tn_error error = {0};
    tn_file *file = tn_file_read(write_example(), &error);
    ck_assert_msg(file != NULL, "%s", error.message);
    ck_assert(same_as_example(file));
    tn_tensor tensors[5];
    for (int i = 0; i < example(tensors); i++) {
        const tn_tensor *found = tn_file_find(file, tensors[i].name);
        ck_assert_ptr_nonnull(found);
        ck_assert_str_eq(found->name, tensors[i].name);
        ck_assert_uint_eq((uintptr_t)found->data % 64, 0);
    }
    ck_assert_ptr_null(tn_file_find(file, "z.weigh"));
    ck_assert_ptr_null(tn_file_meta(file, "steps"));
    tn_file_free(file);
}
END_TEST

START_TEST(a_file_without_tensors_or_metadata_is_a_file)
{
    tn_error error = {0};
    const char *path = scratch_path("nothing");
    ck_assert_int_eq(tn_file_write(path, 0, NULL, 0, NULL, &error), TN_OK);
    tn_file *file = tn_file_read(path, &error);
    ck_assert_msg(file != NULL, "%s", error.message);
    ck_assert_int_eq(tn_file_count(file), 0);
    ck_assert_ptr_null(tn_file_find(file, "x"));
    ck_assert_str_eq(tn_file_meta(file, "payload_hash"), "ef46db3751d8e999");
    tn_file_free(file);
}
END_TEST

/* Byte for byte what doc/formats.md says; the payload's hash is XXH64 of "abcdabcd". */
START_TEST(the_layout_is_the_documented_one)
{
    static const char header[] =
        "{\"__metadata__\":{\"header_hash\":\"................\",\"payload_hash\":\"85a115c725f116a6\",\"k\":\"v\"},"
        "\"x\":{\"dtype\":\"I32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}";
    const char *path = scratch_path("layout");
    tn_tensor x = {"x", TN_I32, TN_SHAPE(2, 1), "abcdabcd"};
    ck_assert_int_eq(tn_file_write(path, 1, &x, 1, &(tn_pair){"k", "v"}, NULL), TN_OK);
    size_t bytes;
    unsigned char *file = read_bytes(path, &bytes);
    ck_assert_uint_eq(bytes, 192 + 8);
    ck_assert_mem_eq(file, "\xb8\0\0\0\0\0\0\0", 8);
    memset(file + 8 + strcspn(header, "."), '.', 16);
    ck_assert_mem_eq(file + 8, header, strlen(header));
    for (size_t i = 8 + strlen(header); i < 192; i++) ck_assert_int_eq(file[i], ' ');
    ck_assert_mem_eq(file + 192, "abcdabcd", 8);
    free(file);
}
END_TEST

/* ---- Damage ---- */

START_TEST(every_flipped_header_bit_is_detected_or_harmless)
{
    const char *path = write_example();
    size_t bytes, harmless = 0;
    unsigned char *file = read_bytes(path, &bytes);
    size_t header = 8 + file[0] + 256u * file[1];
    for (size_t bit = 0; bit < 8 * header; bit++) {
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_bytes(path, file, bytes);
        tn_error error = {0};
        tn_file *read = tn_file_read(path, &error);
        ck_assert_msg(!read || same_as_example(read), "bit %zu", bit);
        ck_assert(read || error.status == TN_EFORMAT);
        harmless += read != NULL;
        tn_file_free(read);
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    ck_assert_uint_le(harmless, 8 * strlen("header_hash")); /* a changed name of this key hides it */
    free(file);
}
END_TEST

START_TEST(every_truncation_and_every_extension_is_detected)
{
    const char *path = write_example();
    size_t bytes;
    unsigned char *file = read_bytes(path, &bytes);
    file[bytes] = 0;
    for (size_t length = 0; length <= bytes + 1; length++) {
        write_bytes(path, file, length);
        tn_error error = {0};
        tn_file *read = tn_file_read(path, &error);
        ck_assert_msg(!read == (length != bytes), "length %zu: %s", length, error.message);
        ck_assert(read || error.status == TN_EFORMAT);
        tn_file_free(read);
    }
    free(file);
}
END_TEST

START_TEST(every_flipped_payload_bit_is_detected)
{
    enum { N = 5003, FLIPS = 2000 };
    char path[4096];
    snprintf(path, sizeof path, "%s", scratch_path("payload"));
    float *x = malloc(N * sizeof *x);
    tn_fill_normal(x, N, 1, 2, 3);
    tn_tensor tensor = {"x", TN_F32, TN_SHAPE(N), x};
    ck_assert_int_eq(tn_file_write(path, 1, &tensor, 0, NULL, NULL), TN_OK);
    size_t bytes;
    unsigned char *file = read_bytes(path, &bytes);
    size_t payload = N * sizeof *x;
    for (uint64_t i = 0; i < FLIPS; i++) {
        size_t bit = (size_t)(tn_random_uniform(5, 0, i) * 8.0 * (double)payload);
        unsigned char *hit = file + bytes - payload + bit / 8;
        *hit ^= (unsigned char)(1 << bit % 8);
        write_bytes(path, file, bytes);
        tn_error error = {0};
        ck_assert_ptr_null(tn_file_read(path, &error));
        ck_assert_int_eq(error.status, TN_EFORMAT);
        ck_assert_ptr_nonnull(strstr(error.message, "the payload is damaged"));
        *hit ^= (unsigned char)(1 << bit % 8);
    }
    free(file);
    free(x);
}
END_TEST

/* ---- Failures ---- */

START_TEST(every_failed_allocation_is_reported_and_leaks_nothing)
{
    const char *path = write_example();
    tn_tensor tensors[5];
    int n = example(tensors), k, failures = 0;
    for (k = 0; k < 100; k++) {
        tn_error error = {0};
        long before = tn_live_allocations();
        tn_fail_allocation(k, 1);
        tn_status status = tn_file_write(path, n, tensors, N_META, meta, &error);
        tn_fail_allocation(-1, 0);
        ck_assert_int_eq(tn_live_allocations(), before);
        tn_file *file = tn_file_read(path, NULL); /* the old one or the new one */
        ck_assert(file && same_as_example(file));
        tn_file_free(file);
        if (status == TN_OK) break;
        ck_assert_int_eq(status, TN_ENOMEM);
        failures++;
    }
    ck_assert_int_ge(failures, 2);
    for (k = 0, failures = 0; k < 100; k++, failures++) {
        tn_error error = {0};
        long before = tn_live_allocations();
        tn_fail_allocation(k, 1);
        tn_file *file = tn_file_read(path, &error);
        tn_fail_allocation(-1, 0);
        tn_file_free(file);
        ck_assert_int_eq(tn_live_allocations(), before);
        if (file) break;
        ck_assert_int_eq(error.status, TN_ENOMEM);
    }
    ck_assert_int_ge(failures, 5);
    ck_assert_int_lt(k, 100);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused)
{
    static const float one = 1;
    static const struct {
        tn_tensor tensors[2];
        tn_pair meta[2];
        const char *message;
    } cases[] = {
        {{{"x", TN_F32, {0}, &one}, {"x", TN_F32, {0}, &one}}, {{"a", ""}, {"b", ""}}, "name \"x\" is taken"},
        {{{"__metadata__", TN_F32, {0}, &one}, {"x", TN_F32, {0}, &one}}, {{"a", ""}, {"b", ""}}, "is taken"},
        {{{"x\xff", TN_F32, {0}, &one}, {"y", TN_F32, {0}, &one}}, {{"a", ""}, {"b", ""}}, "not UTF-8"},
        {{{"x", TN_F32, {0}, NULL}, {"y", TN_F32, {0}, &one}}, {{"a", ""}, {"b", ""}}, "\"x\" has no data"},
        {{{"x", TN_F32, {1, {-1}}, &one}, {"y", TN_F32, {0}, &one}}, {{"a", ""}, {"b", ""}}, "impossible shape"},
        {{{"x", (tn_dtype)3, {0}, &one}, {"y", TN_F32, {0}, &one}}, {{"a", ""}, {"b", ""}}, "impossible shape or type"},
        {{{"x", TN_F32, {0}, &one}, {"y", TN_F32, {0}, &one}}, {{"a", ""}, {"a", ""}}, "key \"a\" is taken"},
        {{{"x", TN_F32, {0}, &one}, {"y", TN_F32, {0}, &one}}, {{"payload_hash", ""}, {"b", ""}}, "is taken"},
        {{{"x", TN_F32, {0}, &one}, {"y", TN_F32, {0}, &one}}, {{"header_hash", ""}, {"b", ""}}, "is taken"},
        {{{"x", TN_F32, {0}, &one}, {"y", TN_F32, {0}, &one}}, {{"a", "\x80"}, {"b", ""}}, "metadata \"a\""},
    };
    const char *path = scratch_path("refused");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error = {0};
        ck_assert_int_eq(tn_file_write(path, 2, cases[i].tensors, 2, cases[i].meta, &error), TN_EINVAL);
        ck_assert_msg(strstr(error.message, cases[i].message) != NULL, "%s", error.message);
        ck_assert(!exists(path));
    }
    tn_error error = {0};
    ck_assert_int_eq(tn_file_write("/nowhere/x", 0, NULL, 0, NULL, &error), TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, "/nowhere/x"));
}
END_TEST

START_TEST(lists_that_are_none_are_refused)
{
    static const float one = 1;
    static const tn_tensor tensor = {"x", TN_F32, {0}, &one};
    static const tn_pair pair = {"a", ""};
    static const struct {
        int tensors, meta;
        const tn_tensor *tensor;
        const tn_pair *pair;
        const char *words;
    } cases[] = {
        {-1, 1, &tensor, &pair, "-1 tensors: expected"}, {INT_MIN, 0, NULL, NULL, "tensors at NULL"},
        {1, -3, &tensor, &pair, "-3 metadata: expected"}, {1, 0, NULL, NULL, "1 tensors at NULL"},
        {1, 1, &tensor, NULL, "1 metadata at NULL"},
    };
    const char *path = scratch_path("lists");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error = {0};
        ck_assert_int_eq(
            tn_file_write(path, cases[i].tensors, cases[i].tensor, cases[i].meta, cases[i].pair, &error), TN_EINVAL);
        ck_assert_msg(strstr(error.message, cases[i].words) && strstr(error.message, path), "\"%s\"", error.message);
        ck_assert(!exists(path));
    }
    ck_assert_int_eq(tn_file_write(NULL, 0, NULL, 0, NULL, NULL), TN_EINVAL);
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file_and_no_other)
{
    const char *path = write_example();
    char temporary[5000];
    snprintf(temporary, sizeof temporary, "%s.tmp.*", path);
    float *x = calloc(10000, sizeof *x);
    tn_tensor tensor = {"x", TN_F32, TN_SHAPE(10000), x};
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    tn_error error = {0};
    ck_assert_int_eq(tn_file_write(path, 1, &tensor, 0, NULL, &error), TN_EIO);
    ck_assert_ptr_nonnull(strstr(error.message, path));
    glob_t left;
    ck_assert_int_eq(glob(temporary, 0, NULL, &left), GLOB_NOMATCH);
    tn_file *file = tn_file_read(path, NULL);
    ck_assert(file && same_as_example(file));
    tn_file_free(file);
    free(x);
}
END_TEST

int main(void)
{
    TCase *files = tcase_create("files");
    tcase_add_test(files, what_is_written_is_read_back);
    tcase_add_test(files, a_file_without_tensors_or_metadata_is_a_file);
    tcase_add_test(files, the_layout_is_the_documented_one);
    TCase *damage = tcase_create("damage");
    tcase_set_timeout(damage, 30);
    tcase_add_test(damage, every_flipped_header_bit_is_detected_or_harmless);
    tcase_add_test(damage, every_truncation_and_every_extension_is_detected);
    tcase_add_test(damage, every_flipped_payload_bit_is_detected);
    TCase *failures = tcase_create("failures");
    tcase_add_test(failures, every_failed_allocation_is_reported_and_leaks_nothing);
    tcase_add_test(failures, what_cannot_be_written_is_refused);
    tcase_add_test(failures, lists_that_are_none_are_refused);
    tcase_add_test(failures, a_full_disk_leaves_the_old_file_and_no_other);
    return run_cases("safetensors", files, damage, failures, NULL);
}
