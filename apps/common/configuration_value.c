/* The values of a configuration: from text to field and back. */
#include "config.h"
#include "common/configuration_parts.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

static void *field(const om_config *config, const om_key *key)
{
    return (char *)config + key->offset;
}

bool om_value_is_list(const om_key *key)
{
    return key->type == OM_FLOATS || key->type == OM_STRINGS;
}

/* Whether a number lies in an interval such as "(0, 1]". Intervals of the table are finite, so that what is too large
 * for a type, and comes as its largest number or as infinity, lies outside. */
static bool inside(const char *interval, double number)
{
    char *end;
    double low = strtod(interval + 1, &end), high = strtod(end + 1, &end);
    return (*interval == '(' ? number > low : number >= low) && (*end == ')' ? number < high : number <= high);
}

/* strtod and strtoll take more than a number of YAML's: spaces, hexadecimal, "nan", "infinity". */
static bool only(const char *allowed, const char *text)
{
    return *text && text[strspn(text, allowed)] == 0;
}

static bool read_int(const om_key *key, const char *text, int64_t *value)
{
    char *end;
    *value = strtoll(text, &end, 10);
    return only("+-0123456789", text) && *end == 0 && inside(key->domain, (double)*value);
}

static bool read_float(const om_key *key, const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return only("+-.0123456789eE", text) && *end == 0 && inside(key->domain, *value);
}

static bool read_bool(const char *text, bool *value)
{
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0;
}

/* Finds text between the bars of "joint|known". */
static bool read_choice(const char *choices, const char *text, int *value)
{
    size_t length = strlen(text);
    *value = 0;
    for (const char *each = choices; each; each = strchr(each, '|')) {
        each += *each == '|';
        if (strcspn(each, "|") == length && memcmp(each, text, length) == 0) return true;
        ++*value;
    }
    *value = 0;
    return false;
}

static tn_status append_float(om_floats *list, double value)
{
    double *grown = reallocarray(list->at, (size_t)list->count + 1, sizeof *grown);
    if (!grown) return TN_ENOMEM;
    list->at = grown;
    list->at[list->count++] = value;
    return TN_OK;
}

static tn_status append_string(om_strings *list, const char *text)
{
    char **grown = reallocarray(list->at, (size_t)list->count + 1, sizeof *grown), *copy = strdup(text);
    if (grown) list->at = grown;
    if (!grown || !copy) {
        free(copy);
        return TN_ENOMEM;
    }
    list->at[list->count++] = copy;
    return TN_OK;
}

static tn_status put_string(char **place, const char *text)
{
    char *copy = strdup(text);
    if (!copy) return TN_ENOMEM;
    free(*place);
    *place = copy;
    return TN_OK;
}

static bool is_null(const char *text)
{
    return !*text || !strcmp(text, "~") || !strcmp(text, "null") || !strcmp(text, "Null") || !strcmp(text, "NULL");
}

tn_status om_value_put(om_config *config, const om_key *key, const char *text, bool quoted)
{
    void *place = field(config, key);
    double number;
    bool good = !quoted;
    switch (key->type) {
    case OM_BOOL: good = good && read_bool(text, place); break;
    case OM_INT: good = good && read_int(key, text, place); break;
    case OM_FLOAT: good = good && read_float(key, text, place); break;
    case OM_CHOICE: good = read_choice(key->domain, text, place); break;
    case OM_FLOATS:
        good = good && read_float(key, text, &number);
        return good ? append_float(place, number) : TN_EFORMAT;
    case OM_STRING: return quoted || !is_null(text) ? put_string(place, text) : TN_EFORMAT;
    case OM_STRINGS: return *text && (quoted || !is_null(text)) ? append_string(place, text) : TN_EFORMAT;
    }
    return good ? TN_OK : TN_EFORMAT;
}

void om_value_clear(om_config *config, const om_key *key)
{
    char **text = field(config, key);
    om_floats *floats = field(config, key);
    om_strings *strings = field(config, key);
    if (key->type == OM_STRING) {
        free(*text);
        *text = NULL;
    }
    if (key->type == OM_FLOATS) {
        free(floats->at);
        *floats = (om_floats){0};
    }
    if (key->type == OM_STRINGS) {
        for (int i = 0; i < strings->count; i++) free(strings->at[i]);
        free(strings->at);
        *strings = (om_strings){0};
    }
}

/* The print functions return the number of bytes printed. */

/* The shortest text that gives the number back. */
static int print_float(double value, FILE *stream)
{
    char text[32];
    int digits = 6;
    do snprintf(text, sizeof text, "%.*g", digits, value);
    while (digits++ < 17 && strtod(text, NULL) != value);
    return fprintf(stream, "%s", text);
}

/* The character at *text, which is UTF-8, and moves past it; a stray byte counts as a character. */
static uint32_t next_character(const unsigned char **text)
{
    uint32_t first = *(*text)++;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    uint32_t character = more ? first & (0x3fu >> more) : first;
    for (; more && (**text & 0xc0) == 0x80; more--) character = character << 6 | (*(*text)++ & 0x3fu);
    return character;
}

/* Control characters are escaped, as YAML would not read them back. */
static int print_string(const char *string, FILE *stream)
{
    const unsigned char *text = (const unsigned char *)string;
    int length = fprintf(stream, "\"");
    while (*text) {
        const unsigned char *start = text;
        uint32_t c = next_character(&text);
        if (om_text_is_control(c))
            length += fprintf(stream, "\\u%04x", (unsigned)c);
        else
            length += fprintf(stream, "%s%.*s", c == '"' || c == '\\' ? "\\" : "", (int)(text - start), start);
    }
    return length + fprintf(stream, "\"");
}

static int print_choice(const char *choices, int value, FILE *stream)
{
    while (value-- > 0) choices = strchr(choices, '|') + 1;
    return fprintf(stream, "%.*s", (int)strcspn(choices, "|"), choices);
}

int om_value_print(const om_config *config, const om_key *key, FILE *stream)
{
    const void *place = field(config, key);
    const om_floats *floats = place;
    const om_strings *strings = place;
    switch (key->type) {
    case OM_BOOL: return fprintf(stream, "%s", *(const bool *)place ? "true" : "false");
    case OM_INT: return fprintf(stream, "%lld", (long long)*(const int64_t *)place);
    case OM_FLOAT: return print_float(*(const double *)place, stream);
    case OM_CHOICE: return print_choice(key->domain, *(const int *)place, stream);
    case OM_STRING: return print_string(*(char *const *)place, stream);
    case OM_FLOATS:
    case OM_STRINGS: break;
    }
    int length = fprintf(stream, "[");
    int count = key->type == OM_FLOATS ? floats->count : strings->count;
    for (int i = 0; i < count; i++) {
        if (i) length += fprintf(stream, ", ");
        length += key->type == OM_FLOATS ? print_float(floats->at[i], stream) : print_string(strings->at[i], stream);
    }
    return length + fprintf(stream, "]");
}

om_words om_value_expected(const om_key *key, bool entry)
{
    static const char *const kinds[] = {
        [OM_BOOL] = "true or false",
        [OM_INT] = "a whole number in ",
        [OM_FLOAT] = "a number in ",
        [OM_CHOICE] = "one of ",
        [OM_STRING] = "text",
        [OM_FLOATS] = "a list [a, b] of numbers in ",
        [OM_STRINGS] = "a list [a, b] of names",
    };
    const char *kind = !entry ? kinds[key->type] : key->type == OM_STRINGS ? "a name" : kinds[OM_FLOAT];
    om_words words;
    snprintf(words.text, sizeof words.text, "%s%s", kind, key->domain ? key->domain : "");
    return words;
}

om_words om_shown(const char *string)
{
    enum { LONGEST = 60 };
    const unsigned char *text = (const unsigned char *)string;
    om_words words;
    size_t used = 0;
    while (*text && used < LONGEST) {
        const unsigned char *start = text;
        if (om_text_is_control(next_character(&text)))
            words.text[used++] = '?';
        else
            while (start < text) words.text[used++] = (char)*start++;
    }
    strcpy(words.text + used, *text ? "..." : "");
    return words;
}
