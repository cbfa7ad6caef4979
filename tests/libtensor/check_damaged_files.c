/* Damaged safetensors files, drawn at random: each is refused in words, or is a file all the same; none crashes the
 * reader, or makes it want much more memory than the file has bytes. OMMATID_FUZZ is the number of files of each
 * kind. */
#include "config.h"
#include "core/memory.h"
#include "core/shape.h"
#include "tensor.h"
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST = 1 << 14, MEMORY = 2 << 20 };

typedef struct text {
    size_t length;
    unsigned char bytes[MOST];
} text;

/* ---- what is damaged ---- */

static const char header_of_others[] =
    "{\"__metadata__\":{\"format\":\"pt\",\"\\u00e9\\ud83d\\ude00\":\"a\\\\b\\n\"},"
    "\"layer.0.weight\":{\"dtype\":\"F32\",\"shape\":[4,3],\"data_offsets\":[0,48]},"
    "\"layer.0.bias\":{\"data_offsets\":[48,72],\"shape\":[3],\"dtype\":\"F64\"},"
    "\"empty\":{\"dtype\":\"I32\",\"shape\":[0,7],\"data_offsets\":[72,72]},"
    "\"step\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[72,76]}}";

/* As other programs write it: without hashes, so that damage reaches the reader of the header. */
static void file_of_others(text *file)
{
    size_t length = sizeof header_of_others - 1;
    memset(file, 0, sizeof *file);
    for (int i = 0; i < 8; i++) file->bytes[i] = (unsigned char)(length >> 8 * i);
    memcpy(file->bytes + 8, header_of_others, length);
    file->length = 8 + length + 76;
}

/* As the library writes it. */
static void file_of_ours(text *file)
{
    static const float weight[12] = {1, -2, 3e-30f};
    static const int32_t step = 7;
    const tn_tensor tensors[] = {{"weight", TN_F32, TN_SHAPE(4, 3), weight}, {"step", TN_I32, TN_SCALAR, &step}};
    const char *path = scratch_path("ours");
    ck_assert_int_eq(tn_file_write(path, 2, tensors, 1, &(tn_pair){"key", "value"}, NULL), TN_OK);
    int descriptor = open(path, O_RDONLY);
    ssize_t got = read(descriptor, file->bytes, MOST);
    close(descriptor);
    ck_assert_int_gt(got, 100);
    file->length = (size_t)got;
}

/* ---- damage ---- */

typedef struct dice {
    uint64_t seed, thrown;
} dice;

static size_t throw(dice *d, size_t sides)
{
    uint32_t bits[4];
    tn_random_bits(d->seed, 9, d->thrown++, bits);
    return ((uint64_t)bits[0] << 32 | bits[1]) % sides;
}

static void replace(text *file, size_t at, size_t removed, const void *bytes, size_t added)
{
    if (at > file->length) at = file->length;
    if (removed > file->length - at) removed = file->length - at;
    if (file->length - removed + added > MOST) return;
    memmove(file->bytes + at + added, file->bytes + at + removed, file->length - at - removed);
    if (added) memcpy(file->bytes + at, bytes, added);
    file->length += added - removed;
}

static void change_a_bit(text *file, dice *d)
{
    if (file->length) file->bytes[throw(d, file->length)] ^= (unsigned char)(1 << throw(d, 8));
}

static void change_a_byte(text *file, dice *d)
{
    static const unsigned char likely[] = "{}[]\",:\\u0919-.eE \n\t\x7f\x80\xc0\xed\xf4\xff";
    if (file->length) file->bytes[throw(d, file->length)] = likely[throw(d, sizeof likely)];
}

static void cut_the_end(text *file, dice *d)
{
    file->length = throw(d, file->length + 1);
}

static void remove_some(text *file, dice *d)
{
    replace(file, throw(d, file->length + 1), throw(d, 40), NULL, 0);
}

static void repeat_some(text *file, dice *d)
{
    unsigned char copy[200];
    size_t from = throw(d, file->length + 1), length = throw(d, sizeof copy);
    if (length > file->length - from) length = file->length - from;
    memcpy(copy, file->bytes + from, length);
    replace(file, throw(d, file->length + 1), throw(d, 2) * length, copy, length);
}

static void put_a_word(text *file, dice *d)
{
    static const char *const words[] = {
        "18446744073709551615", "9223372036854775807", "9223372036854775808", "4294967296", "-1", "1e9", "00", "null",
        "[[[[[[[[", "{\"a\":{", "\\ud800", "\\u0000", "\"dtype\":\"F32\",", "\"shape\":[1073741824,1073741824],",
        "\"data_offsets\":[0,9223372036854775807]", "__metadata__", "payload_hash", "header_hash", "BF16", "\"x\":{}",
    };
    const char *word = words[throw(d, sizeof words / sizeof *words)];
    replace(file, 8 + throw(d, file->length + 1), throw(d, 8), word, strlen(word));
}

/* A number of the header becomes another one: sizes that do not go together. */
static void change_a_number(text *file, dice *d)
{
    static const char *const numbers[] = {"0", "1", "2", "47", "49", "1000000", "4611686018427387904", "3000000000"};
    size_t at = 8 + throw(d, file->length + 1), digits = 0;
    while (at < file->length && (file->bytes[at] < '0' || file->bytes[at] > '9')) at++;
    while (at + digits < file->length && file->bytes[at + digits] >= '0' && file->bytes[at + digits] <= '9') digits++;
    const char *number = numbers[throw(d, sizeof numbers / sizeof *numbers)];
    if (digits) replace(file, at, digits, number, strlen(number));
}

static void change_the_length_of_the_header(text *file, dice *d)
{
    if (file->length < 8) return;
    size_t kind = throw(d, 3), byte = throw(d, 8);
    if (kind == 0) file->bytes[byte] = (unsigned char)throw(d, 256);
    else if (kind == 1) memset(file->bytes, (int)throw(d, 256), 8);
    else file->bytes[0] = (unsigned char)(file->bytes[0] + throw(d, 9) - 4);
}

/* So that what was done inside the header does not end at its length already. */
static void mend_the_length_of_the_header(text *file, dice *d)
{
    size_t end = 8;
    (void)d;
    for (size_t i = 8; i < file->length; i++)
        if (file->bytes[i] == '}') end = i + 1;
    for (int i = 0; i < 8 && file->length >= 8; i++) file->bytes[i] = (unsigned char)((end - 8) >> 8 * i);
}

static void (*const damages[])(text *, dice *) = {
    change_a_bit, change_a_byte, change_a_byte, cut_the_end, remove_some, repeat_some, put_a_word, change_a_number,
    change_a_number, change_the_length_of_the_header,
};

/* ---- reading ---- */

/* Touches all that the file gives; returns its bytes. */
static size_t use(const tn_file *file)
{
    size_t bytes = 0;
    volatile unsigned char seen = 0;
    for (int i = 0; i < tn_file_count(file); i++) {
        tn_tensor tensor = tn_file_at(file, i);
        size_t size = (size_t)tn_shape_size(tensor.shape) * tn_dtype_size(tensor.dtype);
        ck_assert(tn_shape_valid(tensor.shape) && (uintptr_t)tensor.data % 64 == 0);
        for (size_t k = 0; k < size; k++) seen = (unsigned char)(seen ^ ((const unsigned char *)tensor.data)[k]);
        ck_assert_ptr_eq(tn_file_find(file, tensor.name)->data, tensor.data);
        bytes += size + strlen(tensor.name);
    }
    tn_file_meta(file, "format");
    return bytes;
}

/* Whether the file was accepted. */
static bool read_damaged(const char *path, const text *file)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert(descriptor >= 0 && write(descriptor, file->bytes, file->length) == (ssize_t)file->length);
    close(descriptor);
    tn_error error = {0};
    long live = tn_live_allocations();
    tn_file *read = tn_file_read(path, &error);
    if (read) ck_assert_uint_le(use(read), file->length);
    else ck_assert_msg(error.status == TN_EFORMAT && strstr(error.message, path), "%s: \"%s\"",
                       tn_status_name(error.status), error.message);
    tn_file_free(read);
    ck_assert_int_eq(tn_live_allocations(), live);
    return read;
}

/* The sanitizers need addresses without end; what else does sets OMMATID_FUZZ_LIMIT=no. */
static void limit_memory(void)
{
#ifndef OM_SANITIZED
    struct rlimit limit;
    if (getenv("OMMATID_FUZZ_LIMIT")) return;
    FILE *about = fopen("/proc/self/statm", "r");
    unsigned long pages;
    ck_assert(about && fscanf(about, "%lu", &pages) == 1);
    fclose(about);
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert_ptr_null(tn_alloc(2 * (size_t)MEMORY)); /* the limit is one */
#endif
}

static uint64_t files_of_each_kind(void)
{
    const char *number = getenv("OMMATID_FUZZ");
    return number ? strtoull(number, NULL, 10) : 300;
}

static const struct {
    void (*make)(text *);
    bool mended;     /* the length of the header is mended at the end */
    bool some_pass;  /* some damage is no damage: a changed name, a changed payload */
} kinds[] = {{file_of_others, false, true}, {file_of_others, true, true}, {file_of_ours, false, false},
             {file_of_ours, true, false}};

/* Up to four damages each. Where hashes are, they find everything but what hides them. */
START_TEST(damaged_files_are_refused_or_are_files)
{
    static text whole, file;
    char path[4096];
    kinds[_i].make(&whole);
    snprintf(path, sizeof path, "%s", scratch_path("damaged"));
    ck_assert(read_damaged(path, &whole));
    limit_memory();
    uint64_t accepted = 0, changed = 0, files = files_of_each_kind();
    for (uint64_t i = 0; i < files; i++) {
        dice d = {.seed = i << 2 | (uint64_t)_i};
        file = whole;
        for (size_t times = 1 + throw(&d, 4); times > 0; times--)
            damages[throw(&d, sizeof damages / sizeof *damages)](&file, &d);
        if (kinds[_i].mended) mend_the_length_of_the_header(&file, &d);
        if (file.length == whole.length && !memcmp(file.bytes, whole.bytes, whole.length)) continue;
        changed++;
        mark_point(); /* so that Check can say where it crashed */
        accepted += read_damaged(path, &file);
    }
    printf("kind %d: %llu damaged files, %llu of them are files\n", _i, (unsigned long long)changed,
           (unsigned long long)accepted);
    ck_assert_uint_gt(changed, files * 9 / 10);
    if (kinds[_i].some_pass) ck_assert_uint_gt(accepted, 0);
    ck_assert_uint_lt(accepted, changed / 2);
}
END_TEST

int main(void)
{
    TCase *damage = tcase_create("damage");
    tcase_set_timeout(damage, 15 + (double)files_of_each_kind() / 100); /* for machines with other work to do */
    tcase_add_loop_test(damage, damaged_files_are_refused_or_are_files, 0, (int)(sizeof kinds / sizeof *kinds));
    return run_cases("damaged files", damage, NULL);
}
