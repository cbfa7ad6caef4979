/* Reading safetensors files, believing nothing. */
#include "config.h"
#include "io/safetensors.h"
#include "core/memory.h"
#include "core/shape.h"
#include "io/json.h"
#include "io/xxh64.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const tn_st_dtype[3] = {[TN_F32] = "F32", [TN_F64] = "F64", [TN_I32] = "I32"};

struct tn_file {
    char *header;        /* decoded in place: every name and all metadata lie in it */
    unsigned char *data; /* every tensor at a multiple of TN_ST_ALIGN */
    tn_tensor *tensors;  /* in the order of the header */
    const tn_tensor **by_name;
    tn_pair *meta; /* sorted by key */
    int tensors_count, tensors_room, meta_count, meta_room;
};

/* Where a tensor lies in the payload. */
typedef struct extent {
    int64_t start, end;
    int tensor;
} extent;

/* A file while it is being read. */
typedef struct source {
    const char *path;
    int descriptor;
    int64_t header_bytes, payload_bytes;
    extent *extents; /* of all tensors, by place once the header is read: it may name them in another order */
    int extents_count, extents_room;
    tn_error *error;
} source;

size_t tn_st_bytes(const tn_tensor *tensor)
{
    return (size_t)tn_shape_size(tensor->shape) * tn_dtype_size(tensor->dtype);
}

static size_t padded(size_t bytes)
{
    return (bytes + TN_ST_ALIGN - 1) / TN_ST_ALIGN * TN_ST_ALIGN;
}

/* ---- The header ---- */

static tn_dtype read_dtype(tn_json *json, const char *name)
{
    const char *text = tn_json_string(json);
    for (int dtype = 0; dtype < 3; dtype++)
        if (!strcmp(text, tn_st_dtype[dtype])) return (tn_dtype)dtype;
    tn_json_fail(json, "tensor \"%.60s\" has dtype \"%.20s\", expected F32, F64 or I32", name, text);
    return TN_F32;
}

/* An array of integers, at most `room` of them; returns how many. */
static int read_integers(tn_json *json, const char *name, const char *what, int64_t *values, int room)
{
    int count = 0;
    tn_json_open(json, '[');
    while (tn_json_more(json, ']')) {
        if (count == room)
            tn_json_fail(json, "tensor \"%.60s\" has more than %d numbers in %s", name, room, what);
        else
            values[count++] = tn_json_integer(json);
    }
    return count;
}

/* Each tensor must be as long as its shape says, and lie in the payload. */
static void check_extent(const source *file, tn_json *json, const tn_tensor *tensor, const int64_t place[2])
{
    if (!tn_shape_valid(tensor->shape)) {
        tn_json_fail(json, "tensor \"%.60s\" has an impossible shape", tensor->name);
        return;
    }
    int64_t bytes = (int64_t)tn_st_bytes(tensor);
    if (place[1] - place[0] != bytes)
        tn_json_fail(json, "tensor \"%.60s\" lies at [%" PRId64 ", %" PRId64 "], but has %" PRId64 " bytes",
                     tensor->name, place[0], place[1], bytes);
    if (place[1] > file->payload_bytes)
        tn_json_fail(json, "tensor \"%.60s\" ends at byte %" PRId64 " of a payload of %" PRId64, tensor->name,
                     place[1], file->payload_bytes);
}

static tn_tensor read_tensor(const source *file, tn_json *json, const char *name, int64_t place[2])
{
    static const char *const entries[] = {"dtype", "shape", "data_offsets"};
    tn_tensor tensor = {.name = name};
    int times[3] = {0}, offsets = 0;
    tn_json_open(json, '{');
    while (tn_json_more(json, '}')) {
        const char *key = tn_json_key(json);
        int entry = 0;
        while (entry < 3 && strcmp(key, entries[entry])) entry++;
        if (entry == 3)
            tn_json_fail(json, "tensor \"%.60s\" has the unknown entry \"%.60s\"", name, key);
        else
            times[entry]++;
        if (entry == 0) tensor.dtype = read_dtype(json, name);
        if (entry == 1) tensor.shape.rank = read_integers(json, name, "shape", tensor.shape.dim, TN_MAX_RANK);
        if (entry == 2) offsets = read_integers(json, name, "data_offsets", place, 2);
    }
    for (int entry = 0; entry < 3; entry++)
        if (times[entry] != 1)
            tn_json_fail(json, "tensor \"%.60s\" has %d entries \"%s\", expected one", name, times[entry],
                         entries[entry]);
    if (offsets != 2) tn_json_fail(json, "tensor \"%.60s\" has %d data_offsets, expected 2", name, offsets);
    if (!json->failed) check_extent(file, json, &tensor, place);
    return tensor;
}

static bool read_metadata(tn_file *file, tn_json *json)
{
    tn_json_open(json, '{');
    while (tn_json_more(json, '}')) {
        if (!TN_RESERVE(file->meta, file->meta_count, file->meta_room)) return false;
        const char *key = tn_json_key(json);
        file->meta[file->meta_count++] = (tn_pair){key, tn_json_string(json)};
    }
    return true;
}

/* False when out of memory; whatever is wrong with the text is in json. */
static bool read_entries(tn_file *file, source *from, tn_json *json)
{
    bool metadata = false;
    tn_json_open(json, '{');
    while (tn_json_more(json, '}')) {
        if (!TN_RESERVE(file->tensors, file->tensors_count, file->tensors_room) ||
            !TN_RESERVE(from->extents, from->extents_count, from->extents_room))
            return false;
        const char *name = tn_json_key(json);
        if (strcmp(name, TN_ST_METADATA)) {
            int64_t place[2] = {0};
            file->tensors[file->tensors_count] = read_tensor(from, json, name, place);
            from->extents[from->extents_count++] = (extent){place[0], place[1], file->tensors_count++};
        } else {
            if (metadata) tn_json_fail(json, "%s appears twice", TN_ST_METADATA);
            metadata = true;
            if (!read_metadata(file, json)) return false;
        }
    }
    tn_json_end(json);
    return true;
}

/* By place; what is empty before what begins there. */
static int compare_extents(const void *a, const void *b)
{
    const extent *p = a, *q = b;
    if (p->start != q->start) return p->start < q->start ? -1 : 1;
    return (p->end > q->end) - (p->end < q->end);
}

/* In the order of the payload, the tensors must follow each other, so that together they are all of it. */
static tn_status check_cover(const tn_file *file, const source *from)
{
    int64_t covered = 0;
    if (from->extents) qsort(from->extents, (size_t)from->extents_count, sizeof *from->extents, compare_extents);
    for (int i = 0; i < from->extents_count; i++) {
        const extent *e = &from->extents[i];
        if (e->start != covered)
            return tn_fail(from->error, TN_EFORMAT,
                           "%s: tensor \"%.60s\" lies at [%" PRId64 ", %" PRId64 "], expected to follow byte %" PRId64,
                           from->path, file->tensors[e->tensor].name, e->start, e->end, covered);
        covered = e->end;
    }
    if (covered == from->payload_bytes) return TN_OK;
    return tn_fail(from->error, TN_EFORMAT, "%s: the tensors cover %" PRId64 " bytes of a payload of %" PRId64,
                   from->path, covered, from->payload_bytes);
}

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const tn_pair *)a)->key, ((const tn_pair *)b)->key);
}

static int compare_tensors(const void *a, const void *b)
{
    return strcmp((*(const tn_tensor *const *)a)->name, (*(const tn_tensor *const *)b)->name);
}

/* Sorts names and keys for finding them; equal ones then are neighbours. */
static tn_status index_names(tn_file *file, const source *from)
{
    size_t n = (size_t)file->tensors_count;
    if (!(file->by_name = tn_calloc(n, sizeof *file->by_name)))
        return tn_fail(from->error, TN_ENOMEM, "%s: out of memory", from->path);
    for (size_t i = 0; i < n; i++) file->by_name[i] = &file->tensors[i];
    qsort(file->by_name, n, sizeof *file->by_name, compare_tensors);
    for (size_t i = 1; i < n; i++)
        if (!compare_tensors(&file->by_name[i - 1], &file->by_name[i]))
            return tn_fail(from->error, TN_EFORMAT, "%s: tensor \"%s\" appears twice", from->path,
                           file->by_name[i]->name);
    if (file->meta) qsort(file->meta, (size_t)file->meta_count, sizeof *file->meta, compare_pairs);
    for (int i = 1; i < file->meta_count; i++)
        if (!compare_pairs(&file->meta[i - 1], &file->meta[i]))
            return tn_fail(from->error, TN_EFORMAT, "%s: metadata \"%s\" appears twice", from->path, file->meta[i].key);
    return TN_OK;
}

/* ---- Bytes and their hashes ---- */

static tn_status read_bytes(const source *from, void *out, size_t bytes, int64_t place)
{
    for (char *at = out; bytes > 0;) {
        ssize_t got = pread(from->descriptor, at, bytes, (off_t)place);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return tn_fail(from->error, TN_EIO, "%s: %s", from->path, strerror(errno));
        if (got == 0) return tn_fail(from->error, TN_EIO, "%s: became shorter while it was read", from->path);
        at += got;
        place += got;
        bytes -= (size_t)got;
    }
    return TN_OK;
}

static tn_status check_hash(const source *from, const char *what, const tn_xxh64 *hash, const char *recorded)
{
    char digits[TN_ST_DIGITS + 1];
    snprintf(digits, sizeof digits, "%016" PRIx64, tn_xxh64_end(hash));
    if (!strncmp(digits, recorded, TN_ST_DIGITS)) return TN_OK;
    return tn_fail(from->error, TN_EFORMAT, "%s: the %s is damaged: its hash is %s, recorded is %.16s", from->path,
                   what, digits, recorded);
}

/* Only files that begin as our writer begins them carry this hash. */
static tn_status check_header_hash(const source *from, const char *header)
{
    size_t covered = TN_ST_START_BYTES + TN_ST_DIGITS, bytes = (size_t)from->header_bytes;
    if (bytes < covered || memcmp(header, TN_ST_START, TN_ST_START_BYTES)) return TN_OK;
    tn_xxh64 hash;
    tn_xxh64_begin(&hash, 0);
    tn_xxh64_add(&hash, header + covered, bytes - covered);
    return check_hash(from, "header", &hash, header + TN_ST_START_BYTES);
}

static tn_status read_header(tn_file *file, source *from)
{
    if (!(file->header = tn_calloc((size_t)from->header_bytes + 1, 1)))
        return tn_fail(from->error, TN_ENOMEM, "%s: out of memory", from->path);
    tn_status status = read_bytes(from, file->header, (size_t)from->header_bytes, 8);
    if (status == TN_OK) status = check_header_hash(from, file->header);
    if (status != TN_OK) return status;
    tn_json json;
    tn_json_begin(&json, file->header, (size_t)from->header_bytes);
    if (file->header[0] != '{') tn_json_fail(&json, "expected '{'");
    if (!read_entries(file, from, &json)) return tn_fail(from->error, TN_ENOMEM, "%s: out of memory", from->path);
    if (json.failed)
        return tn_fail(from->error, TN_EFORMAT, "%s: byte %zu: %s", from->path, json.place + 8, json.problem);
    status = check_cover(file, from);
    return status ? status : index_names(file, from);
}

static tn_status read_payload(tn_file *file, const source *from)
{
    size_t bytes = 0;
    for (int i = 0; i < file->tensors_count; i++) bytes += padded(tn_st_bytes(&file->tensors[i]));
    if (!(file->data = tn_alloc(bytes))) return tn_fail(from->error, TN_ENOMEM, "%s: out of memory", from->path);

    tn_xxh64 hash;
    tn_xxh64_begin(&hash, 0);
    unsigned char *at = file->data;
    for (int i = 0; i < from->extents_count; i++) {
        tn_tensor *tensor = &file->tensors[from->extents[i].tensor];
        size_t size = tn_st_bytes(tensor);
        tn_status status = read_bytes(from, at, size, 8 + from->header_bytes + from->extents[i].start);
        if (status != TN_OK) return status;
        tn_xxh64_add(&hash, at, size);
        tensor->data = at;
        at += padded(size);
    }
    const char *recorded = tn_file_meta(file, TN_ST_PAYLOAD_HASH);
    return recorded ? check_hash(from, "payload", &hash, recorded) : TN_OK;
}

/* ---- The file ---- */

static tn_status open_source(source *from)
{
    /* O_NONBLOCK: a pipe of this name must not stop us. */
    from->descriptor = open(from->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    if (from->descriptor < 0 || fstat(from->descriptor, &about) < 0)
        return tn_fail(from->error, TN_EIO, "%s: %s", from->path, strerror(errno));
    if (!S_ISREG(about.st_mode)) return tn_fail(from->error, TN_EIO, "%s: is not a regular file", from->path);
    if (about.st_size < 8)
        return tn_fail(from->error, TN_EFORMAT, "%s: %lld bytes are no safetensors file", from->path,
                       (long long)about.st_size);
    uint64_t length;
    tn_status status = read_bytes(from, &length, sizeof length, 0);
    if (status != TN_OK) return status;
    length = le64toh(length);
    if (length > TN_ST_MAX_HEADER || length > (uint64_t)about.st_size - 8)
        return tn_fail(from->error, TN_EFORMAT, "%s: a header of %" PRIu64 " bytes in a file of %lld bytes", from->path,
                       length, (long long)about.st_size);
    from->header_bytes = (int64_t)length;
    from->payload_bytes = about.st_size - 8 - (int64_t)length;
    return TN_OK;
}

tn_file *tn_file_read(const char *path, tn_error *error)
{
    if (!path) {
        tn_fail(error, TN_EINVAL, "a file to be read wants a path: NULL instead of one");
        return NULL;
    }
    source from = {.path = path, .descriptor = -1, .error = error};
    tn_file *file = tn_calloc(1, sizeof *file);
    tn_status status = file ? open_source(&from) : tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
    if (status == TN_OK) status = read_header(file, &from);
    if (status == TN_OK) status = read_payload(file, &from);
    if (from.descriptor >= 0) close(from.descriptor);
    tn_release(from.extents);
    if (status == TN_OK) return file;
    tn_file_free(file);
    return NULL;
}

void tn_file_free(tn_file *file)
{
    if (!file) return;
    tn_release(file->header);
    tn_free(file->data);
    tn_release(file->tensors);
    tn_release(file->by_name);
    tn_release(file->meta);
    tn_release(file);
}

int tn_file_count(const tn_file *file)
{
    return file ? file->tensors_count : 0;
}

tn_tensor tn_file_at(const tn_file *file, int i)
{
    return i >= 0 && i < tn_file_count(file) ? file->tensors[i] : (tn_tensor){0};
}

const tn_tensor *tn_file_find(const tn_file *file, const char *name)
{
    if (!file || !name) return NULL;
    const tn_tensor wanted = {.name = name}, *key = &wanted;
    const tn_tensor **found =
        bsearch(&key, file->by_name, (size_t)file->tensors_count, sizeof *file->by_name, compare_tensors);
    return found ? *found : NULL;
}

const char *tn_file_meta(const tn_file *file, const char *key)
{
    if (!file || !key) return NULL;
    const tn_pair wanted = {.key = key};
    const tn_pair *found =
        file->meta ? bsearch(&wanted, file->meta, (size_t)file->meta_count, sizeof wanted, compare_pairs) : NULL;
    return found ? found->value : NULL;
}
