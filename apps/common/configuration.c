/* Configurations: files, defaults, printing. */
#include "config.h"
#include "common/configuration.h"
#include "common/configuration_parts.h"
#include "common/no_memory.h"
#include "common/input.h"
#include "common/output.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 20, COMMENT_COLUMN = 40 };

/* Numbers have a decimal point here, whatever the user's language. */
static locale_t enter_c_locale(locale_t *c)
{
    *c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return uselocale(*c);
}

static void leave_c_locale(locale_t c, locale_t before)
{
    uselocale(before);
    if (c) freelocale(c);
}

/* --- reading --- */

/* The column that holds the default of a key: see om_key. */
static const char *default_of(const om_key *key, int recipe, int mode)
{
    const int candidates[] = {2 * recipe + mode, 2 * recipe, mode, 0};
    int i = 0;
    while (!key->value[candidates[i]]) i++;
    return key->value[candidates[i]];
}

static tn_status assign_defaults(om_config *config, bool *given, tn_error *error)
{
    int count;
    const om_key *keys = om_config_keys(&count);
    tn_status status = TN_OK;
    for (int i = 0; i < count && status == TN_OK; i++) {
        if (given[i]) continue;
        const char *value = default_of(&keys[i], config->model.recipe, config->model.mode);
        status = om_yaml_assign(config, given, "default", false, keys[i].name, value, strlen(value), error);
    }
    return status;
}

/* "siren.hidden_dim=256". */
static tn_status assign_option(om_config *config, bool *given, const char *option, tn_error *error)
{
    char name[128];
    const char *equals = strchr(option, '=');
    if (!equals || equals == option || equals - option >= (int)sizeof name)
        return tn_fail(error, TN_EFORMAT, "command line: expected KEY=VALUE, found %s", om_shown(option).text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - option), option);
    return om_yaml_assign(config, given, "command line", false, name, equals + 1, strlen(equals + 1), error);
}

/* text NULL: defaults and options only. */
static tn_status assign_all(om_config *config, const char *name, const char *text, size_t length, int n_set,
                            const char *const *set, tn_error *error)
{
    int count;
    om_config_keys(&count);
    bool *given = calloc((size_t)count, sizeof *given);
    if (!given || !config->directory) {
        free(given);
        return om_no_memory(NULL, error);
    }
    locale_t c, before = enter_c_locale(&c);
    tn_status status = TN_OK;
    if (text) status = om_yaml_assign(config, given, name, true, "", text, length, error);
    for (int i = 0; i < n_set && status == TN_OK; i++) status = assign_option(config, given, set[i], error);
    if (status == TN_OK) status = assign_defaults(config, given, error);
    leave_c_locale(c, before);
    free(given);
    return status;
}

tn_status om_config_parse(om_config *config, const char *name, const char *text, size_t length, const char *data_dir,
                          int n_set, const char *const *set, tn_error *error)
{
    config->directory = strdup(data_dir ? data_dir : ".");
    return assign_all(config, name, text, length, n_set, set, error);
}

/* The whole file, LARGEST_FILE bytes at most. */
static tn_status read_text(const char *path, char **text, size_t *length, tn_error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file) return tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    tn_status status = TN_OK;
    *text = malloc(LARGEST_FILE + 1);
    *length = *text ? fread(*text, 1, LARGEST_FILE + 1, file) : 0;
    if (!*text)
        status = om_no_memory(path, error);
    else if (ferror(file))
        status = tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    else if (*length > LARGEST_FILE)
        status = tn_fail(error, TN_EFORMAT, "%s: larger than %d bytes; is this a configuration?", path, LARGEST_FILE);
    fclose(file);
    return status;
}

tn_status om_config_read(om_config *config, const char *path, const char *data_dir, int n_set, const char *const *set,
                         tn_error *error)
{
    char *text = NULL;
    size_t length = 0;
    config->directory = data_dir || !path ? strdup(data_dir ? data_dir : ".") : om_directory_of(path);
    tn_status status = path ? read_text(path, &text, &length, error) : TN_OK;
    if (status == TN_OK) status = assign_all(config, path, text, length, n_set, set, error);
    free(text);
    return status;
}

void om_config_free(om_config *config)
{
    int count;
    const om_key *keys = om_config_keys(&count);
    for (int i = 0; i < count; i++) om_value_clear(config, &keys[i]);
    free(config->directory);
    config->directory = NULL;
}

/* --- printing --- */

/* Prints "siren:" where a section begins; returns the part of the key's name within its section. */
static const char *print_section(const om_key *keys, int i, FILE *stream)
{
    const char *name = keys[i].name, *dot = strchr(name, '.');
    size_t section = dot ? (size_t)(dot - name) + 1 : 0;
    if (section && (i == 0 || strncmp(keys[i - 1].name, name, section) != 0))
        fprintf(stream, "\n%.*s:\n", (int)section - 1, name);
    return name + section;
}

static void print_all(const om_config *config, FILE *stream)
{
    int count;
    const om_key *keys = om_config_keys(&count);
    for (int i = 0; i < count; i++) {
        const char *name = print_section(keys, i, stream);
        int length = fprintf(stream, "%s%s: ", name == keys[i].name ? "" : "  ", name);
        length += om_value_print(config, &keys[i], stream);
        fprintf(stream, "%*s # %s", length < COMMENT_COLUMN ? COMMENT_COLUMN - length : 0, "", keys[i].help);
        if (keys[i].type == OM_CHOICE) fprintf(stream, " (%s)", keys[i].domain);
        fputc('\n', stream);
    }
}

void om_config_print(const om_config *config, FILE *stream)
{
    locale_t c, before = enter_c_locale(&c);
    print_all(config, stream);
    leave_c_locale(c, before);
}

/* What is printed, as a string: everything, or the value of one key. */
static char *printed(const om_config *config, const om_key *key)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (!memory) return NULL;
    locale_t c, before = enter_c_locale(&c);
    if (key)
        om_value_print(config, key, memory);
    else
        print_all(config, memory);
    leave_c_locale(c, before);
    bool good = !ferror(memory);
    if (fclose(memory) == 0 && good) return text;
    free(text);
    return NULL;
}

char *om_config_text(const om_config *config)
{
    return printed(config, NULL);
}

char *om_config_value(const om_config *config, const om_key *key)
{
    return printed(config, key);
}

void om_config_help(unsigned programs, FILE *stream)
{
    static const char *const columns[OM_COLUMNS] = {"default", "known", "published", "published, known"};
    int count;
    const om_key *keys = om_config_keys(&count);
    for (int i = 0; i < count; i++) {
        if (!(keys[i].programs & programs)) continue;
        fprintf(stream, "%s\n    %s\n    %s;", keys[i].name, keys[i].help, om_value_expected(&keys[i], false).text);
        for (int j = 0; j < OM_COLUMNS; j++)
            if (keys[i].value[j]) fprintf(stream, "%s %s %s", j ? "," : "", columns[j], keys[i].value[j]);
        fputc('\n', stream);
    }
}

/* --- keys that may be changed --- */

/* Whether the name is the key's, or of the section that it is in. */
static bool concerns(const char *name, size_t length, const om_key *key)
{
    return !strncmp(key->name, name, length) && (!key->name[length] || key->name[length] == '.');
}

bool om_config_may_set(const char *option, unsigned programs)
{
    int count;
    const om_key *keys = om_config_keys(&count);
    for (int i = 0; i < count; i++)
        if (concerns(option, strcspn(option, "="), &keys[i]) && !(keys[i].programs & programs)) return false;
    return true;
}

void om_config_list(unsigned programs, FILE *stream)
{
    int count, listed = 0;
    const om_key *keys = om_config_keys(&count);
    for (int i = 0; i < count; i++)
        if (keys[i].programs & programs) fprintf(stream, "%s%s", listed++ ? ", " : "", keys[i].name);
}

/* --- what values mean --- */

char *om_config_path(const om_config *config, const char *path)
{
    char *joined = NULL;
    if (*path == '/' || !*config->directory || strcmp(config->directory, ".") == 0) return strdup(path);
    return asprintf(&joined, "%s/%s", config->directory, path) < 0 ? NULL : joined;
}

const char *om_source_scene(const char *source)
{
    return strncmp(source, OM_SCENE, strlen(OM_SCENE)) == 0 ? source + strlen(OM_SCENE) : NULL;
}

bool om_config_is_saved(const om_config *config, const char *path)
{
    FILE *file = NULL;
    char *text = om_config_text(config), *found = calloc(1, LARGEST_FILE + 1);
    if (found && om_input_open(path, true, &file, NULL) == TN_OK && file) {
        size_t length = fread(found, 1, LARGEST_FILE, file);
        if (ferror(file) || length == LARGEST_FILE) *found = 0;
        fclose(file);
    }
    bool same = text && found && !strcmp(text, found);
    free(text);
    free(found);
    return same;
}

static tn_status save(const om_config *config, const char *path, tn_error *error)
{
    om_output output;
    tn_status status = om_output_begin(&output, path, true, error);
    if (status != TN_OK) return status;
    FILE *file = fopen(output.temporary, "w");
    if (file) om_config_print(config, file);
    bool written = file && !ferror(file);
    if (file && fclose(file)) written = false;
    if (written) return om_output_commit(&output, error);
    status = tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    om_output_abort(&output);
    return status;
}

tn_status om_config_save(const om_config *config, const char *directory, tn_error *error)
{
    char *path;
    if (asprintf(&path, "%s/" OM_CONFIG_NAME, directory) < 0) return om_no_memory(NULL, error);
    tn_status status = om_config_is_saved(config, path) ? TN_OK : save(config, path, error);
    free(path);
    return status;
}
