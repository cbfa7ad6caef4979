/* Reference values kept as JSON. */
#include "config.h"
#include "fixture.h"
#include "testing.h"

#include <jansson.h>
#include <stdlib.h>

enum { MOST = 64 };

struct fixture {
    json_t *root;
    double *array[MOST]; /* handed out */
    size_t arrays;
};

fixture *fixture_open(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "data/%s", name);
    json_error_t problem;
    fixture *file = calloc(1, sizeof *file);
    file->root = json_load_file(test_data(path), 0, &problem);
    ck_assert_msg(file->root != NULL, "%s: line %d: %s", path, problem.line, problem.text);
    return file;
}

void fixture_close(fixture *file)
{
    for (size_t i = 0; i < file->arrays; i++) free(file->array[i]);
    json_decref(file->root);
    free(file);
}

static const json_t *find(const fixture *file, const char *key)
{
    const json_t *value = json_object_get(file->root, key);
    ck_assert_msg(value != NULL, "the fixture has no \"%s\"", key);
    return value;
}

double fixture_number(const fixture *file, const char *key)
{
    const json_t *value = find(file, key);
    ck_assert_msg(json_is_number(value), "\"%s\" is no number", key);
    return json_number_value(value);
}

const char *fixture_string(const fixture *file, const char *key, size_t i)
{
    const char *text = json_string_value(json_array_get(find(file, key), i));
    ck_assert_msg(text != NULL, "\"%s\" has no string %zu", key, i);
    return text;
}

static size_t count(const json_t *value)
{
    if (!json_is_array(value)) return 1;
    size_t sum = 0;
    for (size_t i = 0; i < json_array_size(value); i++) sum += count(json_array_get(value, i));
    return sum;
}

size_t fixture_count(const fixture *file, const char *key)
{
    return count(find(file, key));
}

static double *flatten(double *out, const json_t *value)
{
    if (!json_is_array(value)) {
        ck_assert_msg(json_is_number(value), "not every element is a number");
        *out = json_number_value(value);
        return out + 1;
    }
    for (size_t i = 0; i < json_array_size(value); i++) out = flatten(out, json_array_get(value, i));
    return out;
}

const double *fixture_numbers(fixture *file, const char *key, size_t expected)
{
    ck_assert_msg(file->arrays < MOST, "more than %d arrays of one fixture", MOST);
    ck_assert_msg(fixture_count(file, key) == expected, "\"%s\" has %zu elements, expected %zu", key,
                  fixture_count(file, key), expected);
    double *array = calloc(expected ? expected : 1, sizeof *array);
    file->array[file->arrays++] = array;
    flatten(array, find(file, key));
    return array;
}
