/* A strict reader of the part of JSON (RFC 8259) that safetensors headers are made of: objects, arrays, strings and
 * integers that are not negative. The caller asks for what it expects:
 *
 *     tn_json_open(&json, '{');
 *     while (tn_json_more(&json, '}')) {
 *         const char *key = tn_json_key(&json);
 *         ...read the value of that key...
 *     }
 *     tn_json_end(&json);
 *     if (json.failed) ...json.problem and json.place say what and where...
 *
 * The first problem sticks: from there on nothing more is read, values are "" and 0, and loops end. */
#ifndef TN_IO_JSON_H
#define TN_IO_JSON_H

#include "tensor.h"

typedef struct tn_json {
    char *begin, *at, *end;
    bool fresh; /* the bracket just opened has no element yet */
    bool failed;
    size_t place; /* of the problem, in bytes */
    char problem[256];
} tn_json;

/* The text is borrowed and overwritten: strings are decoded where they stand. */
void tn_json_begin(tn_json *json, char *text, size_t bytes);
/* Enters an object, '{', or an array, '['. */
void tn_json_open(tn_json *json, char bracket);
/* True before each element; false once the closing bracket has been read. */
bool tn_json_more(tn_json *json, char closing);
/* A string of valid UTF-8 without NUL, in the text's own memory; a key is a string with its colon. */
const char *tn_json_string(tn_json *json);
const char *tn_json_key(tn_json *json);
/* An integer of [0, 2^63). */
int64_t tn_json_integer(tn_json *json);
/* Only white space may be left. */
void tn_json_end(tn_json *json);
/* Records a problem at the present place, unless there is one already. */
void tn_json_fail(tn_json *json, const char *format, ...) TN_PRINTF(2, 3);

/* Bytes of the UTF-8 sequence at text, or 0 if it is not one (RFC 3629). */
int tn_utf8_bytes(const char *text, const char *end);

#endif
