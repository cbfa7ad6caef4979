/* Words for figures, reports and messages. */
#include "config.h"
#include "common/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUS "\u2212"

size_t om_text_character(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    if (*c == 0) return 0;
    if (*c < 0x80) return 1;
    size_t length = *c >= 0xC2 && *c < 0xE0 ? 2 : *c >= 0xE0 && *c < 0xF0 ? 3 : *c >= 0xF0 && *c < 0xF5 ? 4 : 0;
    for (size_t i = 1; i < length; i++)
        if ((c[i] & 0xC0) != 0x80) return 0;
    /* Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte. */
    if ((*c == 0xE0 && c[1] < 0xA0) || (*c == 0xED && c[1] > 0x9F)) return 0;
    if ((*c == 0xF0 && c[1] < 0x90) || (*c == 0xF4 && c[1] > 0x8F)) return 0;
    return length;
}

size_t om_text_valid(const char *text)
{
    size_t valid = 0;
    for (size_t length; (length = om_text_character(text + valid)) > 0;) valid += length;
    return valid;
}

void om_text_clean(char *out, size_t room, const char *text)
{
    size_t used = 0;
    if (room == 0) return;
    for (const char *in = text ? text : ""; *in;) {
        size_t length = om_text_character(in), taken = length ? length : 1;
        if (used + taken >= room) break;
        if (length > 1)
            memcpy(out + used, in, length);
        else
            out[used] = length == 0 ? '?' : (unsigned char)*in < 32 || *in == 127 ? ' ' : *in;
        used += taken;
        in += taken;
    }
    out[used] = 0;
}

bool om_text_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || code == 0xfeff ||
           (code | 1) == 0xffff;
}

static uint32_t code_of(const char *character, size_t length)
{
    const unsigned char *byte = (const unsigned char *)character;
    uint32_t code = length > 1 ? *byte & (0x7fu >> length) : *byte;
    for (size_t i = 1; i < length; i++) code = code << 6 | (byte[i] & 0x3fu);
    return code;
}

om_one_line om_text_line(const char *text)
{
    enum { LONGEST = 16 }; /* a character as four bytes in hexadecimal */
    om_one_line line;
    size_t used = 0;
    while (*text && used + LONGEST < sizeof line.text) {
        size_t length = om_text_character(text), taken = length ? length : 1;
        const char *letter = *text == '\n' ? "\\n" : *text == '\r' ? "\\r" : *text == '\t' ? "\\t" : NULL;
        if (letter)
            used += (size_t)sprintf(line.text + used, "%s", letter);
        else if (length && !om_text_is_control(code_of(text, length)))
            used += (size_t)sprintf(line.text + used, "%.*s", (int)length, text);
        else
            for (size_t i = 0; i < taken; i++)
                used += (size_t)sprintf(line.text + used, "\\x%02X", (unsigned char)text[i]);
        text += taken;
    }
    line.text[used] = 0;
    return line;
}

om_phrase om_text_count(double whole)
{
    om_phrase words = {"not finite"};
    if (!isfinite(whole)) return words;
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%.0f", fmin(fabs(whole), 1e20));
    size_t used = 0;
    if (whole <= -0.5) used = (size_t)sprintf(words.text, MINUS);
    for (int i = 0; i < length; i++) {
        words.text[used++] = digits[i];
        int left = length - 1 - i;
        if (left > 0 && left % 3 == 0) words.text[used++] = ',';
    }
    words.text[used] = 0;
    return words;
}

/* Changes an ASCII minus in front into the true one and drops the sign of a zero. */
static om_phrase with_minus(const char *number)
{
    om_phrase words;
    bool negative = *number == '-' && strpbrk(number, "123456789") != NULL;
    snprintf(words.text, sizeof words.text, "%s%.48s", negative ? MINUS : "", number + (*number == '-'));
    return words;
}

om_phrase om_text_decimal(double value, int digits)
{
    char number[64];
    if (!isfinite(value)) return (om_phrase){"not finite"};
    bool plain = value == 0 || (fabs(value) < 1e7 && fabs(value) >= 0.5 * pow(10, -digits));
    snprintf(number, sizeof number, plain ? "%.*f" : "%.*g", plain ? digits : 2, value);
    return with_minus(number);
}

om_phrase om_text_power(int exponent)
{
    static const char *const raised[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                         "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
    om_phrase words;
    char digits[16];
    snprintf(digits, sizeof digits, "%d", abs(exponent));
    size_t used = (size_t)snprintf(words.text, sizeof words.text, "10%s", exponent < 0 ? "\u207b" : "");
    for (const char *digit = digits; *digit; digit++)
        used += (size_t)snprintf(words.text + used, sizeof words.text - used, "%s", raised[*digit - '0']);
    return words;
}

static om_phrase scientific(double value, double step)
{
    om_phrase words;
    int exponent = (int)floor(log10(fabs(value)) + 1e-9);
    int digits = exponent - (int)floor(log10(step) + 1e-9);
    digits = digits < 0 ? 0 : digits > 12 ? 12 : digits;
    double mantissa = exponent < -300 ? value * 1e300 / pow(10, exponent + 300) : value / pow(10, exponent);
    snprintf(words.text, sizeof words.text, "%.26s\u00d7%.26s", om_text_decimal(mantissa, digits).text,
             om_text_power(exponent).text);
    return words;
}

om_phrase om_text_tick(double value, double step)
{
    char number[64];
    step = fabs(step);
    if (!isfinite(value) || !(step > 0)) return om_text_decimal(value, 3);
    if (fabs(value) < 1e-6 * step) return (om_phrase){"0"};
    if (step < 0.9e-4 || fabs(value) >= 0.9e9) return scientific(value, step);
    bool millions = step >= 0.9e5 && fabs(value) >= 0.9e6, thousands = !millions && step >= 90 && fabs(value) >= 0.9e4;
    double unit = millions ? 1e6 : thousands ? 1e3 : 1;
    int decimals = (int)fmax(0, ceil(-log10(step / unit) - 1e-9));
    snprintf(number, sizeof number, "%.*f%s", decimals, value / unit, millions ? "M" : thousands ? "k" : "");
    return with_minus(number);
}
