/* Words for figures, reports and messages: safe text, numbers as readers expect them. */
#ifndef OM_TEXT_H
#define OM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies text and makes it valid UTF-8 that fits: bytes that are not UTF-8 become '?', control characters spaces.
 * What does not fit in room bytes is cut between characters. NULL counts as empty. */
void om_text_clean(char *out, size_t room, const char *text);

/* The length in bytes of the UTF-8 character at text, or 0 where there is none (end, invalid byte, surrogate). */
size_t om_text_character(const char *text);

/* The bytes before the first that is not UTF-8: the length of a text that is. */
size_t om_text_valid(const char *text);

/* Control characters and what else breaks lines or is no character: U+0000 to U+001F, U+007F to U+009F, U+2028, U+2029,
 * U+FEFF, U+FFFE, U+FFFF. */
bool om_text_is_control(uint32_t code);

/* Text, such as a message that holds a path, as one line that shows every byte: those of control characters, and those
 * that are not UTF-8, as \n, \r, \t or \xNN. What goes beyond the room is cut. */
typedef struct om_one_line {
    char text[4 * 1024];
} om_one_line;
om_one_line om_text_line(const char *text);

/* A number in few characters, with a true minus sign: "434,112" for whole numbers, else `digits` decimals;
 * "not finite" for NaN and infinity. */
typedef struct om_phrase {
    char text[64];
} om_phrase;
om_phrase om_text_count(double whole);
om_phrase om_text_decimal(double value, int digits);

/* A value as a tick label next to others that are `step` apart: "−0.25", "20k", "3×10⁻⁵". */
om_phrase om_text_tick(double value, double step);

/* A power of ten: "10⁻³". */
om_phrase om_text_power(int exponent);

#endif
