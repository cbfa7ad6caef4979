/* Safetensors files: what is written is read back, and nothing damaged is believed. */
#include "config.h"
#include "core/memory.h"
#include "io/xxh64.h"
#include "tensor.h"
#include "testing.h"

#include <fcntl.h>
#include <limits.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- XXH64 ---- */

/* The test buffer and the numbers of xxHash's own self-test. */
START_TEST(xxh64_gives_the_published_numbers_in_one_piece_and_in_many)
{
    static const struct {
        size_t bytes;
        uint64_t seed, expected;
    } cases[] = {
        {0, 0, 0xEF46DB3751D8E999},   {0, 2654435761, 0xAC75FDA2929B17EF},  {1, 0, 0xE934A84ADB052768},
        {4, 0, 0x9136A0DCA57457EE},   {14, 0, 0x8282DCC4994E35C8},          {14, 2654435761, 0xC3BD6BF63DEB6DF0},
        {32, 0, 0x18B216492BB44B70},  {33, 0, 0x55C8DC3E578F5B59},          {64, 0, 0xEF558F8ACAC2B5CD},
        {222, 0, 0xB641AE8CB691C174}, {222, 2654435761, 0x20CB8AB7AE10C14A}};
    unsigned char buffer[222];
    uint64_t generator = 2654435761;
    for (size_t i = 0; i < sizeof buffer; i++, generator *= 11400714785074694797u)
        buffer[i] = (unsigned char)(generator >> 56);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t piece = 1; piece <= 222; piece += 17) {
            tn_xxh64 hash;
            tn_xxh64_begin(&hash, cases[i].seed);
            for (size_t at = 0; at < cases[i].bytes; at += piece)
                tn_xxh64_add(&hash, buffer + at, piece < cases[i].bytes - at ? piece : cases[i].bytes - at);
            ck_assert_uint_eq(tn_xxh64_end(&hash), cases[i].expected);
        }
}
END_TEST

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

/* A whole file in memory, and back. */
static unsigned char *slurp(const char *path, size_t *bytes)
{
    struct stat about;
    int file = open(path, O_RDONLY);
    ck_assert(file >= 0 && fstat(file, &about) == 0);
    unsigned char *data = malloc((size_t)about.st_size + 1);
    ck_assert(read(file, data, (size_t)about.st_size) == about.st_size);
    close(file);
    *bytes = (size_t)about.st_size;
    return data;
}

static void spill(const char *path, const void *data, size_t bytes)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ck_assert(file >= 0 && write(file, data, bytes) == (ssize_t)bytes);
    close(file);
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
    unsigned char *file = slurp(path, &bytes);
    ck_assert_uint_eq(bytes, 192 + 8);
    ck_assert_mem_eq(file, "\xb8\0\0\0\0\0\0\0", 8);
    memset(file + 8 + strcspn(header, "."), '.', 16);
    ck_assert_mem_eq(file + 8, header, strlen(header));
    for (size_t i = 8 + strlen(header); i < 192; i++) ck_assert_int_eq(file[i], ' ');
    ck_assert_mem_eq(file + 192, "abcdabcd", 8);
    free(file);
}
END_TEST

/* ---- Files of others ---- */

static tn_file *read_raw(const char *header, size_t payload, tn_error *error)
{
    const char *path = scratch_path("raw");
    size_t length = strlen(header);
    unsigned char *bytes = calloc(8 + length + payload, 1);
    bytes[0] = (unsigned char)length, bytes[1] = (unsigned char)(length >> 8);
    memcpy(bytes + 8, header, length);
    spill(path, bytes, 8 + length + payload);
    free(bytes);
    *error = (tn_error){0};
    return tn_file_read(path, error);
}

#define X4 "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"

START_TEST(headers_as_other_programs_write_them_are_read)
{
    static const struct {
        const char *header, *name;
        size_t payload;
    } cases[] = {
        {"{" X4 "}", "x", 4},
        {"{ \"x\" :\t{ \"data_offsets\" : [ 0 , 4 ] ,\n\"shape\" : [ ] , \"dtype\" : \"F32\" } }  \n\r\t ", "x", 4},
        {"{\"\\u00e9\\ud83d\\ude00\\/\\b\\f\\r\\t\\u004A\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[0,0]}}",
         "\xc3\xa9\xf0\x9f\x98\x80/\b\f\r\tJ", 0},
        {"{" X4 ",\"y\":{\"dtype\":\"F64\",\"shape\":[2,1],\"data_offsets\":[4,20]},\"__metadata__\":{}}", "y", 20}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error;
        tn_file *file = read_raw(cases[i].header, cases[i].payload, &error);
        ck_assert_msg(file != NULL, "%s: %s", cases[i].header, error.message);
        ck_assert_ptr_nonnull(tn_file_find(file, cases[i].name));
        tn_file_free(file);
    }
}
END_TEST

/* As other programs sort a header by name and a payload by alignment. */
START_TEST(a_header_may_name_tensors_in_another_order_than_the_payload)
{
    static const char header[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]},"
                                 "\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[16,16]},"
                                 "\"c\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}";
    const char *path = scratch_path("order");
    const uint64_t length = sizeof header - 1;
    unsigned char bytes[8 + sizeof header - 1 + 24];
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    memcpy(bytes + 8 + length, (double[]){0.5, -2}, 16);
    memcpy(bytes + 8 + length + 16, (float[]){7, 9}, 8);
    spill(path, bytes, sizeof bytes);
    tn_error error = {0};
    tn_file *file = tn_file_read(path, &error);
    ck_assert_msg(file != NULL, "%s", error.message);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(tn_file_at(file, i).name[0], 'a' + i);
    ck_assert_mem_eq(tn_file_find(file, "a")->data, bytes + 8 + length + 16, 8);
    ck_assert_mem_eq(tn_file_find(file, "c")->data, bytes + 8 + length, 16);
    tn_file_free(file);
}
END_TEST

#define ENTRY(inside) "{\"x\":{" inside "}}"
#define SHAPE         "\"shape\":[1],"
#define F32           "\"dtype\":\"F32\","
#define PLACE         "\"data_offsets\":[0,4]"
#define META(inside)  "{\"__metadata__\":{" inside "}," X4 "}"

/* Payload: 4 bytes. */
static const struct {
    const char *header, *message;
} malformed[] = {
    {"", "expected '{'"},
    {" {" X4 "}", "expected '{'"},
    {"[]", "expected '{'"},
    {"{", "expected '\"'"},
    {"{" X4, "expected ',' or '}'"},
    {"{" X4 ",}", "expected '\"'"},
    {"{" X4 "}x", "the end of the header"},
    {"{" X4 "}{", "the end of the header"},
    {"{" X4 "," X4 "}", "lies at [0, 4], expected to follow byte 4"},
    {"{\"x\" 1}", "expected ':'"},
    {"{\"x\":1}", "expected '{'"},
    {"{\"x", "without an end"},
    {"{\"x\\", "unknown escape"},
    {"{\"\\q\"", "unknown escape"},
    {"{\"\\u12", "four hexadecimal"},
    {"{\"\\u12g4\"", "four hexadecimal"},
    {"{\"\\u0000\"", "NUL"},
    {"{\"\\udc00\"", "surrogate"},
    {"{\"\\ud800\"", "surrogate"},
    {"{\"\\ud800\\u0041\"", "surrogate"},
    {"{\"\n\"", "not UTF-8"},
    {"{\"\xc0\x80\"", "not UTF-8"},
    {"{\"\xe0\x80\x80\"", "not UTF-8"},
    {"{\"\xed\xa0\x80\"", "not UTF-8"},
    {"{\"\xf4\x90\x80\x80\"", "not UTF-8"},
    {"{\"\xe2\x82", "not UTF-8"},
    {ENTRY(SHAPE PLACE), "0 entries \"dtype\""},
    {ENTRY(F32 PLACE), "0 entries \"shape\""},
    {ENTRY(F32 "\"shape\":[1]"), "0 entries \"data_offsets\""},
    {ENTRY(F32 F32 SHAPE PLACE), "2 entries \"dtype\""},
    {ENTRY(F32 SHAPE PLACE ",\"stride\":[1]"), "unknown entry \"stride\""},
    {ENTRY("\"dtype\":\"BF16\"," SHAPE PLACE), "dtype \"BF16\""},
    {ENTRY("\"dtype\":1," SHAPE PLACE), "expected '\"'"},
    {ENTRY(F32 "\"shape\":[-1]," PLACE), "not negative"},
    {ENTRY(F32 "\"shape\":[01]," PLACE), "leading zero"},
    {ENTRY(F32 "\"shape\":[1.0]," PLACE), "expected ',' or ']'"},
    {ENTRY(F32 "\"shape\":[9223372036854775808]," PLACE), "too large"},
    {ENTRY(F32 "\"shape\":[4294967296,4294967296]," PLACE), "impossible shape"},
    {ENTRY(F32 "\"shape\":[1,1,1,1,1,1,1]," PLACE), "more than 6 numbers"},
    {ENTRY(F32 "\"shape\":[2]," PLACE), "lies at [0, 4], but has 8 bytes"},
    {ENTRY(F32 SHAPE "\"data_offsets\":[9223372036854775807,0]"), "lies at [9223372036854775807, 0], but has 4 bytes"},
    {ENTRY(F32 SHAPE "\"data_offsets\":[4]"), "1 data_offsets"},
    {ENTRY(F32 SHAPE "\"data_offsets\":[0,4,8]"), "more than 2 numbers"},
    {ENTRY(F32 SHAPE "\"data_offsets\":[4,0]"), "lies at [4, 0]"},
    {ENTRY(F32 "\"shape\":[2],\"data_offsets\":[0,8]"), "ends at byte 8 of a payload of 4"},
    {ENTRY(F32 "\"shape\":[0],\"data_offsets\":[0,0]"), "cover 0 bytes of a payload of 4"},
    {"{\"z\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[2,2]}," X4 "}",
     "\"z\" lies at [2, 2], expected to follow"},
    {META("\"a\":1"), "expected '\"'"},
    {META("\"a\":\"1\",\"a\":\"1\""), "metadata \"a\" appears twice"},
    {META("\"payload_hash\":\"0000000000000000\""), "the payload is damaged"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", "__metadata__ appears twice"},
    {"{" X4 ",\"x\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]}}", "tensor \"x\" appears twice"},
};

START_TEST(malformed_headers_are_refused_in_words)
{
    tn_error error;
    ck_assert_ptr_null(read_raw(malformed[_i].header, 4, &error));
    ck_assert_int_eq(error.status, TN_EFORMAT);
    ck_assert_msg(strstr(error.message, malformed[_i].message) && strstr(error.message, "/raw: "), "%s: %s",
                  malformed[_i].header, error.message);
}
END_TEST

START_TEST(what_is_no_file_is_an_input_error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s", scratch_path("pipe"));
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    const char *const paths[] = {"/nowhere/x", "/tmp", path};
    for (int i = 0; i < 3; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(tn_file_read(paths[i], &error));
        ck_assert_int_eq(error.status, TN_EIO);
        ck_assert_ptr_nonnull(strstr(error.message, paths[i]));
    }
}
END_TEST

/* ---- Damage ---- */

START_TEST(every_flipped_header_bit_is_detected_or_harmless)
{
    const char *path = write_example();
    size_t bytes, harmless = 0;
    unsigned char *file = slurp(path, &bytes);
    size_t header = 8 + file[0] + 256u * file[1];
    for (size_t bit = 0; bit < 8 * header; bit++) {
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
        spill(path, file, bytes);
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
    unsigned char *file = slurp(path, &bytes);
    file[bytes] = 0;
    for (size_t length = 0; length <= bytes + 1; length++) {
        spill(path, file, length);
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
    unsigned char *file = slurp(path, &bytes);
    size_t payload = N * sizeof *x;
    for (uint64_t i = 0; i < FLIPS; i++) {
        size_t bit = (size_t)(tn_random_uniform(5, 0, i) * 8.0 * (double)payload);
        unsigned char *hit = file + bytes - payload + bit / 8;
        *hit ^= (unsigned char)(1 << bit % 8);
        spill(path, file, bytes);
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
    snprintf(temporary, sizeof temporary, "%s.tmp.%ld", path, (long)getpid());
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
    ck_assert(!exists(temporary));
    tn_file *file = tn_file_read(path, NULL);
    ck_assert(file && same_as_example(file));
    tn_file_free(file);
    free(x);
}
END_TEST

int main(void)
{
    TCase *hash = tcase_create("hash");
    tcase_add_test(hash, xxh64_gives_the_published_numbers_in_one_piece_and_in_many);
    TCase *files = tcase_create("files");
    tcase_add_test(files, what_is_written_is_read_back);
    tcase_add_test(files, a_file_without_tensors_or_metadata_is_a_file);
    tcase_add_test(files, the_layout_is_the_documented_one);
    tcase_add_test(files, headers_as_other_programs_write_them_are_read);
    tcase_add_test(files, a_header_may_name_tensors_in_another_order_than_the_payload);
    tcase_add_loop_test(files, malformed_headers_are_refused_in_words, 0, sizeof malformed / sizeof *malformed);
    tcase_add_test(files, what_is_no_file_is_an_input_error);
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
    return run_cases("safetensors", hash, files, damage, failures, NULL);
}
