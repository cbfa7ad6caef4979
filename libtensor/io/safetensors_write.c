/* Writing safetensors files. */
#include "config.h"
#include "core/memory.h"
#include "core/shape.h"
#include "io/json.h"
#include "io/replace.h"
#include "io/safetensors.h"
#include "io/xxh64.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is to be written. */
typedef struct content {
    const char *path;
    int tensors_count, meta_count;
    const tn_tensor *tensors;
    const tn_pair *meta;
    tn_error *error;
} content;

/* Text that grows; once out of memory it stays as it is. */
typedef struct text {
    char *bytes;
    size_t used, room;
    bool failed;
} text;

/* ---- Checking what the caller gave ---- */

static bool is_utf8(const char *name)
{
    const char *end = name + strlen(name);
    int bytes = 1;
    for (; name < end && bytes; name += bytes) bytes = tn_utf8_bytes(name, end);
    return bytes > 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names must be text, and no two alike. Sorts them. */
static tn_status check_names(const content *what, const char *kind, const char **names, int count)
{
    for (int i = 0; i < count; i++)
        if (!names[i] || !is_utf8(names[i]))
            return tn_fail(what->error, TN_EINVAL, "%s: a %s is not UTF-8 text", what->path, kind);
    qsort(names, (size_t)count, sizeof *names, compare_names);
    for (int i = 1; i < count; i++)
        if (!strcmp(names[i - 1], names[i]))
            return tn_fail(what->error, TN_EINVAL, "%s: the %s \"%s\" is taken", what->path, kind, names[i]);
    return TN_OK;
}

static tn_status check_lists(const content *what)
{
    if (!what->path) return tn_fail(what->error, TN_EINVAL, "a file to be written wants a path: NULL instead of one");
    const struct {
        const char *kind;
        int count;
        const void *list;
    } lists[] = {{"tensors", what->tensors_count, what->tensors}, {"metadata", what->meta_count, what->meta}};
    for (int i = 0; i < 2; i++)
        if (lists[i].count < 0 || (lists[i].count && !lists[i].list))
            return tn_fail(what->error, TN_EINVAL, "%s: %d %s%s: expected a list of 0 or more", what->path,
                           lists[i].count, lists[i].kind, lists[i].list ? "" : " at NULL");
    return TN_OK;
}

static tn_status check_all_names(const content *what)
{
    int n = what->tensors_count > what->meta_count ? what->tensors_count : what->meta_count;
    const char **names = tn_calloc((size_t)n + 2, sizeof *names);
    if (!names) return tn_fail(what->error, TN_ENOMEM, "%s: out of memory", what->path);
    for (int i = 0; i < what->tensors_count; i++) names[i] = what->tensors[i].name;
    names[what->tensors_count] = TN_ST_METADATA;
    tn_status status = check_names(what, "tensor name", names, what->tensors_count + 1);
    for (int i = 0; i < what->meta_count; i++) names[i] = what->meta[i].key;
    names[what->meta_count] = TN_ST_PAYLOAD_HASH;
    names[what->meta_count + 1] = TN_ST_HEADER_HASH;
    if (status == TN_OK) status = check_names(what, "metadata key", names, what->meta_count + 2);
    tn_release(names);
    return status;
}

static tn_status check_values(const content *what)
{
    for (int i = 0; i < what->tensors_count; i++) {
        const tn_tensor *tensor = &what->tensors[i];
        if ((size_t)tensor->dtype >= sizeof tn_st_dtype / sizeof *tn_st_dtype || !tn_shape_valid(tensor->shape))
            return tn_fail(what->error, TN_EINVAL, "%s: tensor \"%s\" has an impossible shape or type", what->path,
                           tensor->name);
        if (!tensor->data && tn_st_bytes(tensor) > 0)
            return tn_fail(what->error, TN_EINVAL, "%s: tensor \"%s\" has no data", what->path, tensor->name);
    }
    for (int i = 0; i < what->meta_count; i++)
        if (!what->meta[i].value || !is_utf8(what->meta[i].value))
            return tn_fail(what->error, TN_EINVAL, "%s: metadata \"%s\" is not UTF-8 text", what->path,
                           what->meta[i].key);
    return TN_OK;
}

/* ---- The header ---- */

static void append(text *out, const char *bytes, size_t count)
{
    if (out->used + count > out->room && !out->failed) {
        size_t room = 2 * (out->used + count) + 1024;
        char *grown = tn_grow(out->bytes, room, 1);
        out->failed = !grown;
        if (grown) out->bytes = grown, out->room = room;
    }
    if (out->failed) return;
    memcpy(out->bytes + out->used, bytes, count);
    out->used += count;
}

static void print(text *out, const char *format, ...) TN_PRINTF(2, 3);
static void print(text *out, const char *format, ...)
{
    char piece[128]; /* numbers and punctuation only */
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    append(out, piece, (size_t)bytes);
}

static void print_string(text *out, const char *string)
{
    append(out, "\"", 1);
    for (; *string; string++) {
        if (*string == '"' || *string == '\\')
            print(out, "\\%c", *string);
        else if ((unsigned char)*string < 0x20)
            print(out, "\\u%04x", (unsigned)*string);
        else
            append(out, string, 1);
    }
    append(out, "\"", 1);
}

static void print_pair(text *out, const char *key, const char *value)
{
    print(out, ",");
    print_string(out, key);
    print(out, ":");
    print_string(out, value);
}

static void print_tensor(text *out, const tn_tensor *tensor, uint64_t *place)
{
    uint64_t end = *place + tn_st_bytes(tensor);
    print(out, ",");
    print_string(out, tensor->name);
    print(out, ":{\"dtype\":\"%s\",\"shape\":[", tn_st_dtype[tensor->dtype]);
    for (int i = 0; i < tensor->shape.rank; i++) print(out, "%s%" PRId64, i ? "," : "", tensor->shape.dim[i]);
    print(out, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", *place, end);
    *place = end;
}

static void hex(char digits[TN_ST_DIGITS + 1], const tn_xxh64 *hash)
{
    snprintf(digits, TN_ST_DIGITS + 1, "%016" PRIx64, tn_xxh64_end(hash));
}

static void print_header(text *out, const content *what)
{
    char digits[TN_ST_DIGITS + 1] = "----------------"; /* of the header: known only at the end */
    append(out, TN_ST_START, TN_ST_START_BYTES);
    print(out, "%s\"", digits);

    tn_xxh64 hash;
    tn_xxh64_begin(&hash, 0);
    for (int i = 0; i < what->tensors_count; i++)
        tn_xxh64_add(&hash, what->tensors[i].data, tn_st_bytes(&what->tensors[i]));
    hex(digits, &hash);
    print_pair(out, TN_ST_PAYLOAD_HASH, digits);
    for (int i = 0; i < what->meta_count; i++) print_pair(out, what->meta[i].key, what->meta[i].value);
    print(out, "}");

    uint64_t place = 0;
    for (int i = 0; i < what->tensors_count; i++) print_tensor(out, &what->tensors[i], &place);
    print(out, "}");
    while ((8 + out->used) % TN_ST_ALIGN && !out->failed) print(out, " ");
    if (out->failed) return;

    size_t covered = TN_ST_START_BYTES + TN_ST_DIGITS;
    tn_xxh64_begin(&hash, 0);
    tn_xxh64_add(&hash, out->bytes + covered, out->used - covered);
    hex(digits, &hash);
    memcpy(out->bytes + TN_ST_START_BYTES, digits, TN_ST_DIGITS);
}

/* ---- The bytes ---- */

static bool write_bytes(int file, const void *data, size_t bytes)
{
    for (const char *at = data; bytes > 0;) {
        ssize_t put = write(file, at, bytes);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        at += put;
        bytes -= (size_t)put;
    }
    return true;
}

static tn_status write_file(const content *what, const char *target, const char *temporary, const text *header)
{
    int file = tn_replace_create(temporary);
    if (file < 0) return tn_fail(what->error, TN_EIO, "%s: %s", temporary, strerror(errno));
    uint64_t length = htole64(header->used);
    bool written = write_bytes(file, &length, sizeof length) && write_bytes(file, header->bytes, header->used);
    for (int i = 0; i < what->tensors_count && written; i++)
        written = write_bytes(file, what->tensors[i].data, tn_st_bytes(&what->tensors[i]));
    tn_status status;
    if (written) status = tn_replace_finish(temporary, target, what->error);
    else {
        status = tn_fail(what->error, TN_EIO, "%s: cannot be written: %s", what->path, strerror(errno));
        unlink(temporary);
    }
    close(file); /* what it could complain of, the sync has told */
    return status;
}

tn_status tn_file_write(const char *path, int n_tensors, const tn_tensor *tensors, int n_meta, const tn_pair *meta,
                        tn_error *error)
{
    content what = {path, n_tensors, n_meta, tensors, meta, error};
    text header = {0};
    char *target = NULL, *temporary = NULL;
    tn_status status = check_lists(&what);
    if (status == TN_OK) status = check_all_names(&what);
    if (status == TN_OK) status = check_values(&what);
    if (status != TN_OK) return status;
    print_header(&header, &what);
    if (header.failed)
        status = tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
    else if (header.used > TN_ST_MAX_HEADER)
        status = tn_fail(error, TN_EINVAL, "%s: names and metadata too long", path);
    if (status == TN_OK) status = tn_replace_target(path, &target, error);
    if (status == TN_OK) status = tn_replace_begin(target, &temporary, error);
    if (status == TN_OK) status = write_file(&what, target, temporary, &header);
    free(temporary);
    free(target);
    tn_release(header.bytes);
    return status;
}
