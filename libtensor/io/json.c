/* A strict reader of the JSON of safetensors headers. */
#include "config.h"
#include "io/json.h"

#include <stdarg.h>
#include <string.h>

void tn_json_begin(tn_json *json, char *text, size_t bytes)
{
    *json = (tn_json){.begin = text, .at = text, .end = text + bytes};
}

void tn_json_fail(tn_json *json, const char *format, ...)
{
    if (json->failed) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(json->problem, sizeof json->problem, format, arguments);
    va_end(arguments);
    json->failed = true;
    json->place = (size_t)(json->at - json->begin);
}

static void skip_space(tn_json *json)
{
    while (json->at < json->end && *json->at && strchr(" \t\n\r", *json->at)) json->at++;
}

static bool accept(tn_json *json, char wanted)
{
    skip_space(json);
    if (json->failed || json->at == json->end || *json->at != wanted) return false;
    json->at++;
    return true;
}

static void expect(tn_json *json, char wanted)
{
    if (!accept(json, wanted)) tn_json_fail(json, "expected '%c'", wanted);
}

void tn_json_open(tn_json *json, char bracket)
{
    expect(json, bracket);
    json->fresh = true;
}

bool tn_json_more(tn_json *json, char closing)
{
    bool first = json->fresh;
    json->fresh = false;
    if (json->failed || accept(json, closing)) return false;
    if (!first && !accept(json, ',')) tn_json_fail(json, "expected ',' or '%c'", closing);
    return !json->failed;
}

void tn_json_end(tn_json *json)
{
    skip_space(json);
    if (json->at < json->end) tn_json_fail(json, "expected the end of the header");
}

int64_t tn_json_integer(tn_json *json)
{
    int64_t value = 0;
    skip_space(json);
    const char *first = json->at;
    for (; !json->failed && json->at < json->end && *json->at >= '0' && *json->at <= '9'; json->at++) {
        if (json->at > first && *first == '0') tn_json_fail(json, "an integer with a leading zero");
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *json->at - '0', &value))
            tn_json_fail(json, "an integer too large");
    }
    if (json->at == first) tn_json_fail(json, "expected an integer that is not negative");
    return json->failed ? 0 : value;
}

int tn_utf8_bytes(const char *text, const char *end)
{
    /* Lead bytes from `first` on start a sequence of `bytes`, whose second byte is at least `least`, at most `most`;
     * the bounds exclude overlong forms, surrogates and what lies beyond U+10FFFF. */
    static const struct {
        unsigned char first, bytes, least, most;
    } rows[] = {{0x00, 1, 0, 0},       {0x80, 0, 0, 0},       {0xC2, 2, 0x80, 0xBF}, {0xE0, 3, 0xA0, 0xBF},
                {0xE1, 3, 0x80, 0xBF}, {0xED, 3, 0x80, 0x9F}, {0xEE, 3, 0x80, 0xBF}, {0xF0, 4, 0x90, 0xBF},
                {0xF1, 4, 0x80, 0xBF}, {0xF4, 4, 0x80, 0x8F}, {0xF5, 0, 0, 0}};
    const unsigned char *byte = (const unsigned char *)text;
    if (text == end) return 0;
    size_t row = sizeof rows / sizeof *rows - 1;
    while (rows[row].first > byte[0]) row--;
    int bytes = rows[row].bytes;
    if (bytes > end - text) return 0;
    if (bytes > 1 && (byte[1] < rows[row].least || byte[1] > rows[row].most)) return 0;
    for (int i = 2; i < bytes; i++)
        if ((byte[i] & 0xC0) != 0x80) return 0;
    return bytes;
}

static char *put_utf8(char *out, uint32_t code)
{
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    *out++ = (char)(lead[more] | code >> 6 * more);
    while (more-- > 0) *out++ = (char)(0x80 | (code >> 6 * more & 0x3F));
    return out;
}

/* The four hexadecimal digits of a \u escape. */
static uint32_t hex4(tn_json *json)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t code = 0;
    for (int i = 0; i < 4; i++, json->at++) {
        const char *digit = json->at < json->end && *json->at ? strchr(digits, *json->at | 0x20) : NULL;
        if (!digit || *json->at < '0') {
            tn_json_fail(json, "\\u without four hexadecimal digits");
            return 0;
        }
        code = code << 4 | (uint32_t)(digit - digits);
    }
    return code;
}

/* What follows \u: one code, or two that are a surrogate pair. */
static uint32_t unicode_escape(tn_json *json)
{
    uint32_t code = hex4(json);
    if (code >= 0xD800 && code < 0xDC00 && json->end - json->at >= 2 && json->at[0] == '\\' && json->at[1] == 'u') {
        json->at += 2;
        uint32_t low = hex4(json);
        if (low < 0xDC00 || low > 0xDFFF) tn_json_fail(json, "half a surrogate pair");
        return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code >= 0xD800 && code <= 0xDFFF) tn_json_fail(json, "half a surrogate pair");
    if (code == 0) tn_json_fail(json, "a NUL character in a string");
    return code;
}

/* An escape sequence, after its backslash; never longer decoded than encoded. */
static char *unescape(tn_json *json, char *out)
{
    static const char names[] = "\"\\/bfnrtu", values[] = "\"\\/\b\f\n\r\t";
    const char *name = json->at < json->end && *json->at ? strchr(names, *json->at) : NULL;
    if (!name) {
        tn_json_fail(json, "an unknown escape sequence");
        return out;
    }
    json->at++;
    uint32_t code = *name == 'u' ? unicode_escape(json) : (uint32_t)values[name - names];
    return json->failed ? out : put_utf8(out, code);
}

const char *tn_json_string(tn_json *json)
{
    expect(json, '"');
    char *text = json->at, *out = text;
    while (!json->failed) {
        int bytes = tn_utf8_bytes(json->at, json->end);
        if (json->at == json->end) {
            tn_json_fail(json, "a string without an end");
        } else if (*json->at == '"') {
            json->at++;
            *out = '\0';
            return text;
        } else if (*json->at == '\\') {
            json->at++;
            out = unescape(json, out);
        } else if (bytes == 0 || (unsigned char)*json->at < 0x20) {
            tn_json_fail(json, "a string that is not UTF-8 text");
        } else {
            memmove(out, json->at, (size_t)bytes);
            out += bytes;
            json->at += bytes;
        }
    }
    return "";
}

const char *tn_json_key(tn_json *json)
{
    const char *key = tn_json_string(json);
    expect(json, ':');
    return key;
}
