/* YAML to keys. libyaml's events are read directly: they carry the true line of every value and the text as it was
 * written. libcyaml, which maps YAML to structs, names wrong lines and takes "1.5abc" and "nan" for numbers. */
#include "config.h"
#include "common/configuration_parts.h"
#include "common/no_memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { LONGEST_NAME = 128 };

typedef struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    om_config *config;
    bool *given;
    int *line; /* [rows of the table] where each key was given in this document, or 0 */
    const char *name;
    bool lines;
    tn_error *error;
} reader;

static TN_PRINTF(3, 4) tn_status fail_at(reader *r, size_t line, const char *format, ...)
{
    char what[640], where[24] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (r->lines) snprintf(where, sizeof where, "%zu:", line);
    return tn_fail(r->error, TN_EFORMAT, "%s:%s %s", r->name, where, what);
}

static size_t line_of(const yaml_event_t *event)
{
    return event->start_mark.line + 1;
}

/* Bytes that are not text have an offset only, not a mark. */
static tn_status parser_error(reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) return om_no_memory(r->name, r->error);
    if (p->error == YAML_READER_ERROR) {
        size_t line = 1, end = p->problem_offset;
        const unsigned char *text = p->input.string.start;
        for (size_t i = 0; i < end && text + i < p->input.string.end; i++) line += text[i] == '\n';
        return fail_at(r, line, "not YAML: %s", p->problem);
    }
    return fail_at(r, p->problem_mark.line + 1, "not YAML: %s%s%s", p->context ? p->context : "",
                   p->context ? ", " : "", p->problem ? p->problem : "syntax error");
}

/* The next event, without what the configuration has no use for. Aliases could make a small file a huge one. */
static tn_status next(reader *r)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event)) return parser_error(r);
    const yaml_char_t *anchor = NULL, *tag = NULL;
    const yaml_event_t *e = &r->event;
    if (e->type == YAML_ALIAS_EVENT) anchor = e->data.alias.anchor;
    if (e->type == YAML_SCALAR_EVENT) anchor = e->data.scalar.anchor, tag = e->data.scalar.tag;
    if (e->type == YAML_SEQUENCE_START_EVENT) anchor = e->data.sequence_start.anchor, tag = e->data.sequence_start.tag;
    if (e->type == YAML_MAPPING_START_EVENT) anchor = e->data.mapping_start.anchor, tag = e->data.mapping_start.tag;
    if (anchor) return fail_at(r, line_of(e), "anchors and aliases (& and *) are not used here; write the value out");
    if (tag) return fail_at(r, line_of(e), "tags (!) are not used here; quote a text that starts with !");
    if (e->type == YAML_SCALAR_EVENT && strlen((char *)e->data.scalar.value) != e->data.scalar.length)
        return fail_at(r, line_of(e), "a text with a zero byte");
    return TN_OK;
}

/* What stands at the current event, for "found ...". */
static om_words found(const yaml_event_t *e)
{
    if (e->type == YAML_MAPPING_START_EVENT) return (om_words){"a section"};
    if (e->type == YAML_SEQUENCE_START_EVENT) return (om_words){"a list"};
    bool quoted = e->type == YAML_SCALAR_EVENT && e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (e->type != YAML_SCALAR_EVENT || !e->data.scalar.length)
        return quoted ? (om_words){"an empty text"} : (om_words){"nothing"};
    om_words words, shown = om_shown((const char *)e->data.scalar.value);
    snprintf(words.text, sizeof words.text, "%s'%.100s'", quoted ? "the quoted text " : "", shown.text);
    return words;
}

/* entry of a list, from 0; WHOLE: the value as a whole */
enum { WHOLE = -1 };
static tn_status mistaken(reader *r, const om_key *key, int entry)
{
    char place[16] = "";
    if (entry != WHOLE) snprintf(place, sizeof place, "[%d]", entry);
    return fail_at(r, line_of(&r->event), "%s%s: expected %s, found %s", key->name, place,
                   om_value_expected(key, entry != WHOLE).text, found(&r->event).text);
}

static tn_status put_scalar(reader *r, const om_key *key, int entry)
{
    const yaml_event_t *e = &r->event;
    if (e->type != YAML_SCALAR_EVENT) return mistaken(r, key, entry);
    bool quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    tn_status status = om_value_put(r->config, key, (const char *)e->data.scalar.value, quoted);
    if (status == TN_ENOMEM) return om_no_memory(r->name, r->error);
    return status == TN_OK ? TN_OK : mistaken(r, key, entry);
}

/* The value of a key; the current event starts it. */
static tn_status read_key(reader *r, const om_key *key)
{
    om_value_clear(r->config, key);
    if (!om_value_is_list(key)) return put_scalar(r, key, WHOLE);
    if (r->event.type != YAML_SEQUENCE_START_EVENT) return mistaken(r, key, WHOLE);
    tn_status status = next(r);
    for (int i = 0; status == TN_OK && r->event.type != YAML_SEQUENCE_END_EVENT; i++) {
        status = put_scalar(r, key, i);
        if (status == TN_OK) status = next(r);
    }
    return status;
}

/* section "siren" and the scalar "omega_t" to "siren.omega_t"; what is too long is no name, and stays unknown cut. */
static char *join(char name[LONGEST_NAME], const char *section, const yaml_event_t *e)
{
    snprintf(name, LONGEST_NAME, "%s%s%s", section, *section ? "." : "", (const char *)e->data.scalar.value);
    return name;
}

/* The key behind an unknown name may tell what was meant: siren.omega_t of `sirn: {omega_t: 1}`.
 *   line   of the name; the current event starts its value */
static tn_status unknown(reader *r, const char *name, size_t line)
{
    char longer[LONGEST_NAME];
    if (r->event.type == YAML_MAPPING_START_EVENT) {
        tn_status status = next(r);
        if (status != TN_OK) return status;
        if (r->event.type == YAML_SCALAR_EVENT) {
            line = line_of(&r->event);
            name = join(longer, name, &r->event);
        }
    }
    int count, nearest = om_key_nearest(name);
    const om_key *keys = om_config_keys(&count);
    if (nearest < 0) return fail_at(r, line, "unknown key %s; --help-config lists the keys", om_shown(name).text);
    return fail_at(r, line, "unknown key %s; did you mean %s?", om_shown(name).text, keys[nearest].name);
}

static tn_status read_section(reader *r, const char *section);

/* What name, a key or a section, is given; the current event starts it.
 *   line   of the name */
static tn_status read_named(reader *r, const char *name, size_t line)
{
    int count, row = om_key_find(name);
    const om_key *keys = om_config_keys(&count);
    if (row < 0 && !om_key_section(name)) return unknown(r, name, line);
    if (row < 0 && r->event.type != YAML_MAPPING_START_EVENT)
        return fail_at(r, line, "%s: expected a section with indented keys, found %s", name, found(&r->event).text);
    if (row < 0) return read_section(r, name);
    if (r->line[row]) return fail_at(r, line, "%s: given a second time, first on line %d", name, r->line[row]);
    r->line[row] = (int)line;
    r->given[row] = true;
    return read_key(r, &keys[row]);
}

/* The current event starts the mapping. Depth is bounded by the table: only sections in it are followed. */
static tn_status read_section(reader *r, const char *section)
{
    char name[LONGEST_NAME];
    tn_status status = next(r);
    while (status == TN_OK && r->event.type != YAML_MAPPING_END_EVENT) {
        size_t line = line_of(&r->event);
        if (r->event.type != YAML_SCALAR_EVENT)
            return fail_at(r, line, "expected the name of a key, found %s", found(&r->event).text);
        join(name, section, &r->event);
        status = next(r);
        if (status == TN_OK) status = read_named(r, name, line);
        if (status == TN_OK) status = next(r);
    }
    return status;
}

static tn_status read_document(reader *r, const char *section)
{
    tn_status status = next(r); /* the start of the stream */
    if (status == TN_OK) status = next(r);
    if (status != TN_OK) return status;
    if (r->event.type == YAML_STREAM_END_EVENT && *section)
        return fail_at(r, 1, "%s: no value; an empty text is \"\"", section);
    if (r->event.type == YAML_STREAM_END_EVENT) return fail_at(r, 1, "no keys; an empty configuration is {}");
    status = next(r);
    if (status != TN_OK) return status;
    if (*section)
        status = read_named(r, section, line_of(&r->event));
    else if (r->event.type == YAML_MAPPING_START_EVENT)
        status = read_section(r, "");
    else
        status = fail_at(r, line_of(&r->event), "expected keys with values, found %s", found(&r->event).text);

    if (status == TN_OK) status = next(r); /* the end of the document */
    if (status == TN_OK) status = next(r);
    if (status == TN_OK && r->event.type != YAML_STREAM_END_EVENT)
        status = fail_at(r, line_of(&r->event), "a second document; a configuration is one");
    return status;
}

tn_status om_yaml_assign(om_config *config, bool *given, const char *name, bool lines, const char *section,
                         const char *text, size_t length, tn_error *error)
{
    int count;
    om_config_keys(&count);
    reader r = {.config = config, .given = given, .name = name, .lines = lines, .error = error};
    r.line = calloc((size_t)count, sizeof *r.line);
    if (!r.line || !yaml_parser_initialize(&r.parser)) {
        free(r.line);
        return om_no_memory(name, error);
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, length);
    tn_status status = read_document(&r, section);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    free(r.line);
    return status;
}
