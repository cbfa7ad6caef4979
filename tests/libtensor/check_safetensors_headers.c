/* Safetensors files of other programs: what is sound is read, and what is not is refused in words. */
#include "config.h"
#include "tensor.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static tn_file *read_raw(const char *header, size_t payload, tn_error *error)
{
    const char *path = scratch_path("raw");
    size_t length = strlen(header);
    unsigned char *bytes = calloc(8 + length + payload, 1);
    bytes[0] = (unsigned char)length, bytes[1] = (unsigned char)(length >> 8);
    memcpy(bytes + 8, header, length);
    write_bytes(path, bytes, 8 + length + payload);
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
    write_bytes(path, bytes, sizeof bytes);
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

int main(void)
{
    TCase *headers = tcase_create("headers");
    tcase_add_test(headers, headers_as_other_programs_write_them_are_read);
    tcase_add_test(headers, a_header_may_name_tensors_in_another_order_than_the_payload);
    tcase_add_loop_test(headers, malformed_headers_are_refused_in_words, 0, sizeof malformed / sizeof *malformed);
    tcase_add_test(headers, what_is_no_file_is_an_input_error);
    return run_cases("safetensors headers", headers, NULL);
}
