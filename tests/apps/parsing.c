/* A configuration from text, for tests. */
#include "config.h"
#include "parsing.h"
#include "testing.h"

#include <string.h>

om_config config;
tn_error failure;

tn_status parse_with(const char *text, int n_set, const char *const *set)
{
    om_config_free(&config);
    memset(&config, 0, sizeof config);
    failure = (tn_error){0};
    return om_config_parse(&config, "x.yaml", text, strlen(text), NULL, n_set, set, &failure);
}

tn_status parse(const char *text)
{
    return parse_with(text, 0, NULL);
}

void refused(const char *text, const char *words)
{
    ck_assert_msg(parse(text) == TN_EFORMAT, "accepted: %s", text);
    ck_assert_int_eq(failure.status, TN_EFORMAT);
    ck_assert_msg(strstr(failure.message, words) != NULL, "\"%s\" is not in: %s", words, failure.message);
}
