/* The parts of the configuration reader; programs include configuration.h. */
#ifndef OM_CONFIGURATION_PARTS_H
#define OM_CONFIGURATION_PARTS_H

#include "common/configuration.h"

/* A few words for a message. */
typedef struct om_words {
    char text[160];
} om_words;

/* Foreign text fit for a message: one line, no control characters, cut when long. */
om_words om_shown(const char *text);

/* --- names (configuration_schema.c) --- */

int om_key_find(const char *name);        /* the row of that name, or -1 */
int om_key_nearest(const char *name);     /* the row whose name resembles it most, or -1 */
bool om_key_section(const char *section); /* whether keys "section.*" exist */

/* --- values (configuration_value.c); numbers are read and written in the current locale --- */

/* Sets the field of a key from one YAML scalar; of a list, appends to it.
 * Returns TN_OK; TN_EFORMAT the text does not say such a value or it is out of range; TN_ENOMEM. */
tn_status om_value_put(om_config *config, const om_key *key, const char *text, bool quoted);

/* Frees what the field owns and makes it zero, an empty list. */
void om_value_clear(om_config *config, const om_key *key);

bool om_value_is_list(const om_key *key);
int om_value_print(const om_config *config, const om_key *key, FILE *stream); /* as YAML; returns its length */
/* "a whole number in [1, 64]"; of a list, or of one entry of it */
om_words om_value_expected(const om_key *key, bool entry);

/* --- YAML (configuration_yaml.c) --- */

/* Assigns what a YAML document says.
 *   name, lines   what messages call the text, and whether they give the line in it
 *   section       "" for a whole configuration; else the key or section whose value the text is
 *   given         [rows of the table] receives true for every key assigned
 * Errors: as om_config_read. */
tn_status om_yaml_assign(om_config *config, bool *given, const char *name, bool lines, const char *section,
                         const char *text, size_t length, tn_error *error);

#endif
