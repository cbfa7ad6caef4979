/* Shapes and number types. */
#include "config.h"
#include "core/shape.h"

size_t tn_dtype_size(tn_dtype dtype)
{
    return dtype == TN_F64 ? 8 : 4;
}

const char *tn_dtype_name(tn_dtype dtype)
{
    static const char *const names[] = {[TN_F32] = "float32", [TN_F64] = "float64", [TN_I32] = "int32"};
    return (size_t)dtype < sizeof names / sizeof *names ? names[dtype] : "unknown";
}

tn_shape tn_shape_of(int rank, const int64_t *dim)
{
    tn_shape shape = {.rank = rank};
    for (int i = 0; i < rank && i < TN_MAX_RANK; i++) shape.dim[i] = dim ? dim[i] : -1; /* of no shape */
    return shape;
}

int64_t tn_shape_product(tn_shape shape, int first, int last)
{
    int64_t size = 1;
    for (int i = first; i < last && i < TN_MAX_RANK; i++) size *= shape.dim[i];
    return size;
}

int64_t tn_shape_size(tn_shape shape)
{
    return tn_shape_product(shape, 0, shape.rank);
}

bool tn_shape_equal(tn_shape a, tn_shape b)
{
    bool equal = a.rank == b.rank;
    for (int i = 0; equal && i < a.rank && i < TN_MAX_RANK; i++) equal = a.dim[i] == b.dim[i];
    return equal;
}

int64_t tn_shape_cols(tn_shape shape)
{
    return shape.rank >= 2 ? shape.dim[shape.rank - 1] : 1;
}

int64_t tn_shape_rows(tn_shape shape)
{
    return shape.rank >= 2 ? tn_shape_product(shape, 0, shape.rank - 1) : tn_shape_size(shape);
}

int64_t tn_shape_stride0(tn_shape shape)
{
    return shape.rank ? tn_shape_product(shape, 1, shape.rank) : 1;
}

int64_t tn_shape_dim0(tn_shape shape)
{
    return shape.rank ? shape.dim[0] : 1;
}

/* 8 TB of float64: more than there is, and sums of thousands of such sizes in bytes do not overflow. */
#define MOST_ELEMENTS (INT64_C(1) << 40)

bool tn_shape_valid(tn_shape shape)
{
    if (shape.rank < 0 || shape.rank > TN_MAX_RANK) return false;
    int64_t size = 1;
    for (int i = 0; i < shape.rank; i++) {
        if (shape.dim[i] < 0) return false;
        if (shape.dim[i] && size > MOST_ELEMENTS / shape.dim[i]) return false;
        if (shape.dim[i]) size *= shape.dim[i]; /* so that no part of an empty shape overflows either */
    }
    return true;
}

tn_words tn_shape_words(tn_shape shape)
{
    tn_words words;
    size_t used = 0, room = sizeof words.text;
    if (shape.rank < 0 || shape.rank > TN_MAX_RANK) {
        snprintf(words.text, room, "[%d axes]", shape.rank);
        return words;
    }
    used += (size_t)snprintf(words.text, room, "[");
    for (int i = 0; i < shape.rank && used < room; i++)
        used += (size_t)snprintf(words.text + used, room - used, "%s%lld", i ? ", " : "", (long long)shape.dim[i]);
    if (used < room) snprintf(words.text + used, room - used, "]");
    return words;
}
