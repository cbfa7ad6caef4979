/* Reading circuit/1 files: strict, so that a misspelt key or a wrong unit is found here and not in a figure. */
#include "config.h"
#include "diagram.h"
#include "array.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAX_FILE = 64 << 20, /* bytes: hundreds of times a fly, and every count fits an int32 */
    MAX_STEP = 65535,    /* of strides and offsets: wider than the widest lattice */
};

/* Where we are in the file, and what became of it. Only the first complaint counts. */
typedef struct reader {
    const char *file;
    char place[64]; /* "synapses[12].offsets[3]", or "" at the top */
    tn_status status;
    tn_error *error;
} reader;

static void TN_PRINTF(2, 3) enter(reader *r, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(r->place, sizeof r->place, format, values);
    va_end(values);
}

static void TN_PRINTF(2, 3) complain(reader *r, const char *format, ...)
{
    char text[512];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (r->status != TN_OK) return;
    r->status = tn_fail(r->error, TN_EFORMAT, "%s: %s%s%s", r->file, r->place, *r->place ? ": " : "", text);
}

static void out_of_memory(reader *r)
{
    if (r->status == TN_OK) r->status = tn_fail(r->error, TN_ENOMEM, "%s: no memory to read it", r->file);
}

/* --- objects: which keys, of which types ------------------------------------------------------------------------ */

typedef struct field {
    const char *key;
    json_type type; /* JSON_REAL: any number */
    bool optional;
} field;

static const field circuit_fields[] = {
    {"format", JSON_STRING, false}, {"name", JSON_STRING, false},      {"source", JSON_STRING, true},
    {"units", JSON_OBJECT, true},   {"cell_types", JSON_ARRAY, false}, {"synapses", JSON_ARRAY, false},
    {NULL, JSON_NULL, false},
};
static const field units_fields[] = {
    {"time_constant", JSON_STRING, true},
    {"resting_potential", JSON_STRING, true},
    {"strength", JSON_STRING, true},
    {NULL, JSON_NULL, false},
};
static const field cell_type_fields[] = {
    {"name", JSON_STRING, false},        {"stride", JSON_ARRAY, false},           {"role", JSON_STRING, false},
    {"time_constant", JSON_REAL, false}, {"resting_potential", JSON_REAL, false}, {NULL, JSON_NULL, false},
};
static const field synapse_fields[] = {
    {"source", JSON_STRING, false}, {"target", JSON_STRING, false}, {"sign", JSON_INTEGER, false},
    {"strength", JSON_REAL, false}, {"offsets", JSON_ARRAY, false}, {NULL, JSON_NULL, false},
};

static const char *type_in_words(json_type type)
{
    static const char *const words[] = {
        [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "an integer", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",        [JSON_NULL] = "null",
    };
    return words[type];
}

/* What is the value called in messages? */
static bool is_of_type(reader *r, const json_t *value, const char *what, json_type type)
{
    if (json_typeof(value) == type || (type == JSON_REAL && json_is_integer(value))) return true;
    complain(r, "%s is %s, expected %s", what, type_in_words(json_typeof(value)), type_in_words(type));
    return false;
}

static const field *find_field(const field *fields, const char *key)
{
    for (; fields->key; fields++)
        if (!strcmp(fields->key, key)) return fields;
    return NULL;
}

/* True if value is an object of exactly these fields. */
static bool is_object_of(reader *r, json_t *value, const field *fields)
{
    if (!is_of_type(r, value, "this", JSON_OBJECT)) return false;
    for (void *i = json_object_iter(value); i; i = json_object_iter_next(value, i))
        if (!find_field(fields, json_object_iter_key(i)))
            complain(r, "\"%.60s\" is not a key known here", json_object_iter_key(i));
    for (const field *f = fields; f->key; f++) {
        const json_t *member = json_object_get(value, f->key);
        if (member)
            is_of_type(r, member, f->key, f->type);
        else if (!f->optional)
            complain(r, "\"%s\" is missing", f->key);
    }
    return r->status == TN_OK;
}

/* --- values ----------------------------------------------------------------------------------------------------- */

/* A number that fits a float32. expected says in words what least and FLT_MAX enclose. */
static double number(reader *r, const json_t *value, const char *what, double least, const char *expected)
{
    if (!is_of_type(r, value, what, JSON_REAL)) return 0;
    double x = json_number_value(value);
    if (!(x >= least && x <= FLT_MAX)) complain(r, "%s is %g, expected %s", what, x, expected);
    return x;
}

static int32_t integer(reader *r, const json_t *value, const char *what, int32_t least, int32_t most)
{
    if (!is_of_type(r, value, what, JSON_INTEGER)) return 0;
    json_int_t x = json_integer_value(value);
    if (x >= least && x <= most) return (int32_t)x;
    complain(r, "%s is %lld, expected %d to %d", what, (long long)x, (int)least, (int)most);
    return 0;
}

static void read_name(reader *r, char out[OM_NAME_SIZE], const json_t *value)
{
    size_t length = json_string_length(value);
    tn_error why = {0};
    if (om_name_check(json_string_value(value), length, &why) == TN_OK)
        memcpy(out, json_string_value(value), length + 1);
    else
        complain(r, "name %s", why.message);
}

static om_role read_role(reader *r, const char *word)
{
    static const char *const words[] = {
        [OM_ROLE_INPUT] = "input", [OM_ROLE_HIDDEN] = "hidden", [OM_ROLE_OUTPUT] = "output"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i], word)) return (om_role)i;
    complain(r, "role is \"%.60s\", expected input, hidden or output", word);
    return OM_ROLE_HIDDEN;
}

/* --- cell types --------------------------------------------------------------------------------------------------- */

static void read_cell_type(reader *r, om_cell_type *type, json_t *value)
{
    if (!is_object_of(r, value, cell_type_fields)) return;
    read_name(r, type->name, json_object_get(value, "name"));
    type->role = read_role(r, json_string_value(json_object_get(value, "role")));
    type->time_constant = (float)number(r, json_object_get(value, "time_constant"), "time_constant", FLT_MIN,
                                        "a number above 0 that fits a float32");
    type->resting_potential = (float)number(r, json_object_get(value, "resting_potential"), "resting_potential",
                                            -FLT_MAX, "a number that fits a float32");
    const json_t *stride = json_object_get(value, "stride");
    if (json_array_size(stride) != 2) complain(r, "stride has %zu elements, expected 2", json_array_size(stride));
    for (size_t i = 0; i < json_array_size(stride) && i < 2; i++)
        type->stride[i] = integer(r, json_array_get(stride, i), i ? "stride[1]" : "stride[0]", 1, MAX_STEP);
}

/* Reads the cell types; index receives the number of each under its name. */
static void read_cell_types(reader *r, om_diagram *diagram, const json_t *list, json_t *index)
{
    size_t count = json_array_size(list);
    if (count == 0) complain(r, "cell_types is empty");
    diagram->types = (int32_t)count;
    diagram->cell_type = om_array(diagram->types, sizeof *diagram->cell_type);
    if (!diagram->cell_type) out_of_memory(r);

    for (size_t i = 0; i < count && r->status == TN_OK; i++) {
        om_cell_type *type = &diagram->cell_type[i];
        enter(r, "cell_types[%zu]", i);
        read_cell_type(r, type, json_array_get(list, i));
        const json_t *taken = json_object_get(index, type->name);
        if (taken) complain(r, "name \"%s\" is taken by cell_types[%d]", type->name, (int)json_integer_value(taken));
        if (r->status == TN_OK && json_object_set_new(index, type->name, json_integer((json_int_t)i))) out_of_memory(r);
    }
}

/* --- synapses ----------------------------------------------------------------------------------------------------- */

static int32_t type_of(reader *r, const json_t *synapse, const char *key, const json_t *index)
{
    const char *type = json_string_value(json_object_get(synapse, key));
    const json_t *found = json_object_get(index, type);
    if (!found) complain(r, "%s \"%.60s\" is no cell type", key, type);
    return (int32_t)json_integer_value(found);
}

/* strength: with its sign */
static void read_offset(reader *r, om_rule *rule, double strength, const json_t *value)
{
    if (!is_of_type(r, value, "this", JSON_ARRAY)) return;
    if (json_array_size(value) != 3) {
        complain(r, "%zu elements, expected [du, dv, count]", json_array_size(value));
        return;
    }
    rule->du = integer(r, json_array_get(value, 0), "du", -MAX_STEP, MAX_STEP);
    rule->dv = integer(r, json_array_get(value, 1), "dv", -MAX_STEP, MAX_STEP);
    double count = number(r, json_array_get(value, 2), "count", 0, "a number not below 0 that fits a float32");
    double weight = strength * count;
    if (weight > FLT_MAX || weight < -FLT_MAX) complain(r, "weight is %g, which does not fit a float32", weight);
    rule->weight = (float)weight;
}

/* Appends one rule per offset of the synapse type. */
static void read_synapse(reader *r, om_diagram *diagram, int32_t i, json_t *value, const json_t *index)
{
    if (!is_object_of(r, value, synapse_fields)) return;
    om_rule common = {.synapse_type = i};
    common.source = type_of(r, value, "source", index);
    common.target = type_of(r, value, "target", index);
    json_int_t sign = json_integer_value(json_object_get(value, "sign"));
    if (sign != 1 && sign != -1) complain(r, "sign is %lld, expected 1 or -1", (long long)sign);
    double strength =
        number(r, json_object_get(value, "strength"), "strength", 0, "a number not below 0 that fits a float32");

    const json_t *offsets = json_object_get(value, "offsets");
    for (size_t k = 0; k < json_array_size(offsets) && r->status == TN_OK; k++) {
        om_rule *rule = &diagram->rule[diagram->rules++];
        *rule = common;
        rule->offset = (int32_t)k;
        enter(r, "synapses[%d].offsets[%zu]", (int)i, k);
        read_offset(r, rule, (double)sign * strength, json_array_get(offsets, k));
    }
}

static int compare(int32_t a, int32_t b)
{
    return (a > b) - (a < b);
}

/* By the synapses they give. */
static int compare_rules(const void *a, const void *b)
{
    const om_rule *x = a, *y = b;
    int order = compare(x->target, y->target);
    if (!order) order = compare(x->source, y->source);
    if (!order) order = compare(x->du, y->du);
    return order ? order : compare(x->dv, y->dv);
}

static int compare_rules_then_places(const void *a, const void *b)
{
    const om_rule *x = a, *y = b;
    int order = compare_rules(x, y);
    if (!order) order = compare(x->synapse_type, y->synapse_type);
    return order ? order : compare(x->offset, y->offset);
}

/* Two rules give the same synapse on some lattice only if they are equal, so expansion need not look again. */
static void refuse_repeated_rules(reader *r, om_diagram *diagram)
{
    qsort(diagram->rule, (size_t)diagram->rules, sizeof *diagram->rule, compare_rules_then_places);
    for (int32_t i = 1; i < diagram->rules; i++) {
        const om_rule *first = &diagram->rule[i - 1], *second = &diagram->rule[i];
        if (compare_rules(first, second)) continue;
        enter(r, "synapses[%d].offsets[%d]", (int)second->synapse_type, (int)second->offset);
        complain(r, "the same synapse, %s -> %s at [%d, %d], is in synapses[%d].offsets[%d]",
                 diagram->cell_type[first->source].name, diagram->cell_type[first->target].name, (int)first->du,
                 (int)first->dv, (int)first->synapse_type, (int)first->offset);
    }
}

static void read_synapses(reader *r, om_diagram *diagram, const json_t *list, const json_t *index)
{
    size_t count = json_array_size(list), rules = 0;
    for (size_t i = 0; i < count; i++) rules += json_array_size(json_object_get(json_array_get(list, i), "offsets"));
    diagram->rule = om_array((int64_t)rules, sizeof *diagram->rule);
    if (!diagram->rule) out_of_memory(r);
    for (size_t i = 0; i < count && r->status == TN_OK; i++) {
        enter(r, "synapses[%zu]", i);
        read_synapse(r, diagram, (int32_t)i, json_array_get(list, i), index);
    }
    if (r->status == TN_OK) refuse_repeated_rules(r, diagram);
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

/* A time constant in another unit would silently be wrong by a factor. */
static void check_units(reader *r, json_t *units)
{
    enter(r, "units");
    if (!units || !is_object_of(r, units, units_fields)) return;
    const char *time = json_string_value(json_object_get(units, "time_constant"));
    if (time && strcmp(time, "s")) complain(r, "time_constant is in \"%.60s\", expected \"s\"", time);
}

static void read_circuit(reader *r, om_diagram *diagram, json_t *root)
{
    if (!is_object_of(r, root, circuit_fields)) return;
    const char *format = json_string_value(json_object_get(root, "format"));
    if (strcmp(format, "circuit/1")) complain(r, "format is \"%.60s\", expected \"circuit/1\"", format);
    read_name(r, diagram->name, json_object_get(root, "name"));
    check_units(r, json_object_get(root, "units"));
    enter(r, "%s", "");

    json_t *index = json_object();
    if (!index) out_of_memory(r);
    if (r->status == TN_OK) read_cell_types(r, diagram, json_object_get(root, "cell_types"), index);
    if (r->status == TN_OK) read_synapses(r, diagram, json_object_get(root, "synapses"), index);
    json_decref(index);
}

/* Takes root, NULL if the text is no JSON. */
static tn_status finish(reader *r, om_diagram *diagram, json_t *root, const json_error_t *problem)
{
    /* Jansson says nothing, or names the code, when it has no memory. */
    if (!root && (!*problem->text || json_error_code(problem) == json_error_out_of_memory))
        out_of_memory(r);
    else if (!root)
        complain(r, "line %d, column %d: %s", problem->line, problem->column, problem->text);
    else
        read_circuit(r, diagram, root);
    json_decref(root);
    return r->status;
}

tn_status om_diagram_parse(om_diagram *diagram, const char *text, size_t length, const char *name, tn_error *error)
{
    reader r = {.file = name, .error = error};
    json_error_t problem = {0};
    *diagram = (om_diagram){0};
    if (length > MAX_FILE)
        return tn_fail(error, TN_EFORMAT, "%s: longer than %d bytes, too long for a circuit", name, MAX_FILE);
    return finish(&r, diagram, json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem), &problem);
}

typedef struct input {
    FILE *file;
    size_t read;
    int cause; /* errno of a failed read */
} input;

/* For jansson: 0 ends the text, and whether that was the end of the file is seen later. */
static size_t read_some(void *buffer, size_t room, void *data)
{
    input *in = data;
    size_t got = in->read > MAX_FILE ? 0 : fread(buffer, 1, room, in->file);
    in->read += got;
    if (ferror(in->file)) in->cause = errno;
    return got;
}

tn_status om_diagram_read(om_diagram *diagram, const char *path, tn_error *error)
{
    reader r = {.file = path, .error = error};
    json_error_t problem = {0};
    *diagram = (om_diagram){0};
    struct stat about;
    /* Without waiting, as whoever opens a pipe does, for a writer. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool opened = descriptor >= 0 && fstat(descriptor, &about) == 0, regular = opened && S_ISREG(about.st_mode);
    input in = {.file = regular ? fdopen(descriptor, "rb") : NULL};
    if (!in.file) {
        tn_fail(error, TN_EIO, "%s: %s", path, opened && !regular ? "is not a regular file" : strerror(errno));
        if (descriptor >= 0) close(descriptor);
        return TN_EIO;
    }

    json_t *root = json_load_callback(read_some, &in, JSON_REJECT_DUPLICATES, &problem);
    if (in.cause)
        r.status = tn_fail(error, TN_EIO, "%s: %s", path, strerror(in.cause));
    else if (in.read > MAX_FILE)
        complain(&r, "longer than %d bytes, too long for a circuit", MAX_FILE);
    fclose(in.file);
    if (r.status == TN_OK) return finish(&r, diagram, root, &problem);
    json_decref(root);
    return r.status;
}

void om_diagram_clear(om_diagram *diagram)
{
    tn_free(diagram->cell_type);
    tn_free(diagram->rule);
    *diagram = (om_diagram){0};
}
