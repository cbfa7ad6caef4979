/* A configuration from text, for tests. */
#ifndef PARSING_H
#define PARSING_H

#include "common/configuration.h"

extern om_config config; /* what was parsed last */
extern tn_error failure; /* and what was wrong with it */

/* Parses text, called x.yaml, and then n_set assignments. */
tn_status parse_with(const char *text, int n_set, const char *const *set);
tn_status parse(const char *text);

/* The text must be refused, with exactly these words somewhere in the message. */
void refused(const char *text, const char *words);

#endif
