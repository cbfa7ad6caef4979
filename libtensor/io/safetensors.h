/* What the reader and the writer of safetensors files share.
 *
 * A file is 8 bytes, the length of the header as a little-endian integer; the header, a JSON object padded with
 * spaces; and the payload, all tensors one behind the other. Ours begin
 * {"__metadata__":{"header_hash":"0123456789abcdef" where the 16 digits are the XXH64 of the rest of the header, up to
 * the payload. */
#ifndef TN_IO_SAFETENSORS_H
#define TN_IO_SAFETENSORS_H

#include "tensor.h"

#define TN_ST_METADATA     "__metadata__"
#define TN_ST_PAYLOAD_HASH "payload_hash"
#define TN_ST_HEADER_HASH  "header_hash"
#define TN_ST_START        "{\"" TN_ST_METADATA "\":{\"" TN_ST_HEADER_HASH "\":\""

enum {
    TN_ST_START_BYTES = sizeof TN_ST_START - 1,
    TN_ST_DIGITS = 16,
    TN_ST_MAX_HEADER = 100000000, /* the reference implementation's limit */
    TN_ST_ALIGN = 64,             /* of the payload in the file, and of every tensor in memory */
};

/* "F32", "F64", "I32", indexed by tn_dtype. */
extern const char *const tn_st_dtype[3];

/* Size of the data of a tensor whose shape is valid. */
size_t tn_st_bytes(const tn_tensor *tensor);

#endif
