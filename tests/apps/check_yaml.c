/* YAML that a configuration refuses, and damaged text. */
#include "config.h"
#include "parsing.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

START_TEST(what_yaml_offers_beyond_plain_values_is_refused)
{
    refused("seed: &a 1\nthreads: *a\n", "x.yaml:1: anchors and aliases");
    refused("seed: 1\nthreads: *a\n", "x.yaml:2: anchors and aliases");
    refused("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "x.yaml:1: ");
    refused("\nseed: !!int 1\n", "x.yaml:2: tags");
    refused("stimulus: {train: !mine [a]}\n", "tags");
    refused("seed: 1\n---\nseed: 2\n", "x.yaml:2: a second document");
    refused("seed: 1\n...\n%YAML 1.1\n---\n{}\n", "second document");
    refused("- 1\n- 2\n", "x.yaml:1: expected keys with values, found a list");
    refused("just words\n", "found 'just words'");
    refused("", "no keys; an empty configuration is {}");
    refused("# only a comment\n", "no keys");
    refused("siren:\nlayers: 3\n", "x.yaml:1: siren: expected a section with indented keys, found nothing");
    refused("siren: [1]\n", "found a list");
    refused("? [a, b]\n: 3\n", "expected the name of a key, found a list");
    refused("description: \"a\\0b\"\n", "zero byte");
    refused("\nseed: \"1\n\n2\"\n", "x.yaml:2: seed");
    refused("seed: \"1\"\n", "found the quoted text '1'");
    refused("seed: \x1b[31m\n", "x.yaml:1: not YAML");
    refused("seed: 1\nthreads: 2\ndescription: \xff\xfe\n", "x.yaml:3: not YAML");
    refused("seed: 1\n\tthreads: 2\n", "x.yaml:2: not YAML");
    refused("seed: 1\nstimulus:\n  train: [a, b\nsiren: {}\n", "x.yaml:4: not YAML");
    ck_assert_int_eq(parse("{}\n"), TN_OK);
    ck_assert_int_eq(parse("--- {seed: 3}\n...\n"), TN_OK);
}
END_TEST

START_TEST(deep_nesting_is_refused_quickly)
{
    enum { DEEP = 200000 };
    char *text = malloc(DEEP + 32);
    for (int i = 0; i < 3; i++) {
        int start = sprintf(text, "%s", i == 2 ? "stimulus.train: " : "");
        memset(text + start, "[{["[i], DEEP);
        text[start + DEEP] = 0;
        ck_assert_int_eq(parse(text), TN_EFORMAT);
    }
    free(text);
}
END_TEST

START_TEST(messages_show_foreign_text_in_one_short_line)
{
    char text[2000] = "seed: \"\\e[31m\\n";
    memset(text + strlen(text), 'x', 1500);
    strcat(text, "\"\n");
    refused(text, "found the quoted text '?[31m?xxx");
    ck_assert_uint_lt(strlen(failure.message), 200);
    memset(text, 'k', 900);
    strcpy(text + 900, ": 1\n");
    refused(text, "unknown key kkk");
    ck_assert_uint_lt(strlen(failure.message), 200);
}
END_TEST

/* Cuts, exchanges and repeats bytes of a good configuration. */
START_TEST(damaged_text_is_read_or_refused_with_a_message)
{
    enum { ROUNDS = 400 };
    static const char bytes[] = ":{}[]\"'&*!|>%@#,-? \n\t\\0a\xff\xc3";
    ck_assert_int_eq(parse("stimulus: {scales: [1, 2], train: [\"a\", 'b']}"), TN_OK);
    char *good = om_config_text(&config);
    size_t length = strlen(good);
    char *text = malloc(length + 1);
    int refusals = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t counter = (uint64_t)round * 64;
        memcpy(text, good, length + 1);
        size_t first = (size_t)(tn_random_uniform((uint64_t)_i, 0, counter++) * (double)length);
        for (int hits = 1 + round % 8; hits-- > 0;) {
            size_t at = (size_t)(tn_random_uniform((uint64_t)_i, 0, counter++) * (double)length);
            text[at] = bytes[(size_t)(tn_random_uniform((uint64_t)_i, 0, counter++) * (sizeof bytes - 1))];
        }
        if (round % 3 == 0) text[first] = 0;
        tn_status status = parse(text);
        ck_assert(status == TN_OK || (status == TN_EFORMAT && strncmp(failure.message, "x.yaml:", 7) == 0));
        refusals += status != TN_OK;
    }
    ck_assert_int_gt(refusals, ROUNDS / 4);
    free(text);
    free(good);
}
END_TEST

START_TEST(random_bytes_are_refused)
{
    char text[256];
    for (uint64_t round = 0; round < 500; round++) {
        for (uint64_t i = 0; i < sizeof text; i += 16) {
            uint32_t bits[4];
            tn_random_bits(round, 1, i, bits);
            memcpy(text + i, bits, sizeof bits);
        }
        om_config_free(&config);
        failure = (tn_error){0};
        ck_assert_int_eq(om_config_parse(&config, "x.yaml", text, sizeof text, NULL, 0, NULL, &failure), TN_EFORMAT);
    }
}
END_TEST

int main(void)
{
    TCase *yaml = tcase_create("yaml");
    tcase_add_test(yaml, what_yaml_offers_beyond_plain_values_is_refused);
    tcase_add_test(yaml, deep_nesting_is_refused_quickly);
    tcase_add_test(yaml, messages_show_foreign_text_in_one_short_line);
    tcase_add_loop_test(yaml, damaged_text_is_read_or_refused_with_a_message, 0, 4);
    tcase_add_test(yaml, random_bytes_are_refused);
    return run_cases("yaml", yaml, NULL);
}
