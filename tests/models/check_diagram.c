/* Reading circuit files: every documented error, and whatever else bytes can do. */
#include "config.h"
#include "core/memory.h"
#include "models.h"
#include "testing.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char valid[] =
    "{\"format\": \"circuit/1\", \"name\": \"two\", \"source\": \"here\", \"units\": {\"time_constant\": \"s\"},\n"
    " \"cell_types\": [\n"
    "  {\"name\": \"A\", \"stride\": [1, 2], \"role\": \"input\", \"time_constant\": 0.5, \"resting_potential\": 1},\n"
    "  {\"name\": \"B\", \"stride\": [1, 1], \"role\": \"output\", \"time_constant\": 2, \"resting_potential\": -3}],\n"
    " \"synapses\": [\n"
    "  {\"source\": \"A\", \"target\": \"B\", \"sign\": -1, \"strength\": 0.25, \"offsets\": [[0, 0, 4], [0, 1, "
    "1.5]]},\n"
    "  {\"source\": \"B\", \"target\": \"A\", \"sign\": 1, \"strength\": 0.75, \"offsets\": [[0, -1, 8]]}]}\n";

/* The valid text with the first occurrence of one string replaced. */
static char *edited(const char *from, const char *to)
{
    const char *place = strstr(valid, from);
    ck_assert_msg(place != NULL, "the text has no %s", from);
    char *text = calloc(strlen(valid) + strlen(to) + 1, 1);
    memcpy(text, valid, (size_t)(place - valid));
    strcat(text, to);
    return strcat(text, place + strlen(from));
}

static const char long_name[] = "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl\""; /* 64 bytes */

static const struct {
    const char *from, *to, *message;
} mistakes[] = {
    {"{\"format\"", "[\"format\"", "circuit.json: line 1, column 10: "},
    {"1.5]]}", "1.5]]", "circuit.json: line 7, column 3: "},
    {"[[0, -1, 8]]}]}", "[[0, -1, 8]]}]} x", "line 7, column 90: end of file expected"},
    {"\"name\": \"two\"", "\"name\": \"two\", \"name\": \"three\"", "duplicate object key"},
    {"\"name\": \"two\"", "\"name\": \"t\\u0000o\"", "line 1, column"},
    {"\"name\": \"two\"", "\"name\": \"t\xff\"", "line 1, column"},
    {"0.5", "NaN", "line 3, column"},
    {"0.5", "1e999", "line 3, column"},
    {"circuit/1", "circuit/2", "circuit.json: format is \"circuit/2\", expected \"circuit/1\""},
    {"\"name\": \"two\", ", "", "circuit.json: \"name\" is missing"},
    {"\"name\": \"two\"", "\"name\": 2", "name is an integer, expected a string"},
    {"\"name\": \"two\"", "\"name\": \"\"", "name has 0 bytes, expected 1 to 63"},
    {"\"name\": \"two\"", "\"name\": \"t\\no\"", "circuit.json: name has the control character U+000A at byte 1"},
    {"{\"name\": \"A\"", "{\"name\": \"A\\u007f\"", "cell_types[0]: name has the control character U+007F at byte 1"},
    {"{\"name\": \"A\"", "{\"name\": \"A\xc2\x85\"", "cell_types[0]: name has the control character U+0085 at byte 1"},
    {"{\"name\": \"A\"", "{\"name\": \"\\u2028\"", "cell_types[0]: name has the control character U+2028 at byte 0"},
    {"\"source\": \"here\"", "\"origin\": \"here\"", "\"origin\" is not a key known here"},
    {"{\"time_constant\": \"s\"}", "{\"time_constant\": \"ms\"}", "units: time_constant is in \"ms\", expected \"s\""},
    {"{\"time_constant\": \"s\"}", "{\"length\": \"m\"}", "units: \"length\" is not a key known here"},
    {"{\"time_constant\": \"s\"}", "\"s\"", "units is a string, expected an object"},
    {"{\"name\": \"A\"", "{\"name\": \"B\"", "cell_types[1]: name \"B\" is taken by cell_types[0]"},
    {"{\"name\": \"A\", ", "{", "cell_types[0]: \"name\" is missing"},
    {"\"A\"", long_name, "cell_types[0]: name has 64 bytes, expected 1 to 63"},
    {"\"role\": \"input\"", "\"role\": \"inputs\"",
     "cell_types[0]: role is \"inputs\", expected input, hidden or output"},
    {"\"role\": \"input\"", "\"rolle\": \"input\"", "cell_types[0]: \"rolle\" is not a key known here"},
    {"[1, 2]", "[1]", "cell_types[0]: stride has 1 elements, expected 2"},
    {"[1, 2]", "[1, 2, 3]", "cell_types[0]: stride has 3 elements, expected 2"},
    {"[1, 2]", "[0, 2]", "cell_types[0]: stride[0] is 0, expected 1 to 65535"},
    {"[1, 2]", "[1, 65536]", "cell_types[0]: stride[1] is 65536, expected 1 to 65535"},
    {"[1, 2]", "[1, 2.0]", "cell_types[0]: stride[1] is a number, expected an integer"},
    {"[1, 2]", "2", "cell_types[0]: stride is an integer, expected an array"},
    {"\"time_constant\": 0.5", "\"time_constant\": 0", "cell_types[0]: time_constant is 0, expected a number above 0"},
    {"\"time_constant\": 0.5", "\"time_constant\": -0.5", "time_constant is -0.5, expected a number above 0"},
    {"\"time_constant\": 0.5", "\"time_constant\": 1e-50", "time_constant is 1e-50, expected a number above 0"},
    {"\"time_constant\": 0.5", "\"time_constant\": 1e39", "time_constant is 1e+39, expected a number above 0"},
    {"\"time_constant\": 0.5", "\"time_constant\": \"0.5\"", "time_constant is a string, expected a number"},
    {"-3", "-1e39", "cell_types[1]: resting_potential is -1e+39, expected a number that fits a float32"},
    {"-3", "null", "cell_types[1]: resting_potential is null, expected a number"},
    {"\"source\": \"A\"", "\"source\": \"C\"", "synapses[0]: source \"C\" is no cell type"},
    {"\"target\": \"A\"", "\"target\": \"a\"", "synapses[1]: target \"a\" is no cell type"},
    {"\"sign\": 1", "\"sign\": 0", "synapses[1]: sign is 0, expected 1 or -1"},
    {"\"sign\": -1", "\"sign\": -2", "synapses[0]: sign is -2, expected 1 or -1"},
    {"\"sign\": -1", "\"sign\": 1.0", "synapses[0]: sign is a number, expected an integer"},
    {"\"strength\": 0.25", "\"strength\": -0.25", "synapses[0]: strength is -0.25, expected a number not below 0"},
    {"\"strength\": 0.25", "\"strength\": 1e38",
     "synapses[0].offsets[0]: weight is -4e+38, which does not fit a float32"},
    {"\"strength\": 0.25, ", "", "synapses[0]: \"strength\" is missing"},
    {"[[0, 0, 4]", "[[0, 0]", "synapses[0].offsets[0]: 2 elements, expected [du, dv, count]"},
    {"[[0, 0, 4]", "[0", "synapses[0].offsets[0]: this is an integer, expected an array"},
    {"[[0, 0, 4]", "[[0.5, 0, 4]", "synapses[0].offsets[0]: du is a number, expected an integer"},
    {"[0, 1, 1.5]", "[0, 65536, 1.5]", "synapses[0].offsets[1]: dv is 65536, expected -65535 to 65535"},
    {"[0, 1, 1.5]", "[0, 9223372036854775807, 1]", "dv is 9223372036854775807, expected -65535 to 65535"},
    {"[0, 1, 1.5]", "[0, 1, -1.5]", "synapses[0].offsets[1]: count is -1.5, expected a number not below 0"},
    {"[0, 1, 1.5]", "[0, 1, true]", "synapses[0].offsets[1]: count is true, expected a number"},
    {"[0, 1, 1.5]", "[0, 0, 1.5]",
     "synapses[0].offsets[1]: the same synapse, A -> B at [0, 0], is in synapses[0].offsets[0]"},
    {"\"source\": \"B\", \"target\": \"A\", \"sign\": 1, \"strength\": 0.75, \"offsets\": [[0, -1, 8]]",
     "\"source\": \"A\", \"target\": \"B\", \"sign\": 1, \"strength\": 0.75, \"offsets\": [[0, 2, 8], [0, 1, 8]]",
     "synapses[1].offsets[1]: the same synapse, A -> B at [0, 1], is in synapses[0].offsets[1]"},
};

static tn_status parse(const char *text, size_t length, tn_error *error)
{
    om_circuit *circuit = om_circuit_parse(text, length, "circuit.json", 2, error);
    om_circuit_free(circuit);
    return circuit ? TN_OK : error->status;
}

START_TEST(the_valid_text_is_valid)
{
    tn_error error = {0};
    ck_assert_msg(parse(valid, strlen(valid), &error) == TN_OK, "%s", error.message);
}
END_TEST

START_TEST(a_mistake_is_named_with_its_place)
{
    tn_error error = {0};
    char *text = edited(mistakes[_i].from, mistakes[_i].to);
    ck_assert_msg(parse(text, strlen(text), &error) == TN_EFORMAT, "accepted: %s", mistakes[_i].to);
    ck_assert_msg(strstr(error.message, mistakes[_i].message) != NULL, "\"%s\" instead of \"%s\"", error.message,
                  mistakes[_i].message);
    free(text);
}
END_TEST

START_TEST(other_json_is_refused)
{
    static const struct {
        const char *text, *message;
    } others[] = {
        {"", "line 1, column 0: "},
        {"[]", "circuit.json: this is an array, expected an object"},
        {"{}", "circuit.json: \"format\" is missing"},
        {"{\"format\": \"circuit/1\", \"name\": \"n\", \"cell_types\": [], \"synapses\": []}", "cell_types is empty"},
        {"{\"format\": \"circuit/1\", \"name\": \"n\", \"cell_types\": [3], \"synapses\": []}",
         "cell_types[0]: this is an integer, expected an object"},
    };
    tn_error error = {0};
    ck_assert_int_eq(parse(others[_i].text, strlen(others[_i].text), &error), TN_EFORMAT);
    ck_assert_msg(strstr(error.message, others[_i].message) != NULL, "%s", error.message);
}
END_TEST

START_TEST(an_error_may_go_unreported)
{
    ck_assert_ptr_null(om_circuit_parse("{}", 2, "circuit.json", 2, NULL));
    ck_assert_ptr_null(om_circuit_parse(valid, strlen(valid), "circuit.json", -1, NULL));
}
END_TEST

/* --- files -------------------------------------------------------------------------------------------------------- */

START_TEST(a_file_gives_what_its_text_gives)
{
    const char *path = scratch_path("valid.json");
    write_text(path, valid);
    om_circuit *a = om_circuit_read(path, 2, NULL), *b = om_circuit_parse(valid, strlen(valid), "text", 2, NULL);
    ck_assert(a && b && a->synapses == b->synapses);
    ck_assert_mem_eq(a->weight, b->weight, (size_t)a->synapses * sizeof *a->weight);
    om_circuit_free(a);
    om_circuit_free(b);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_an_input_error)
{
    for (int i = 0; i < 2; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(om_circuit_read(i ? "/" : scratch_path("nothing.json"), 2, &error));
        ck_assert_int_eq(error.status, TN_EIO);
        const char *words = i ? "/: is not a regular file" : "nothing.json: No such file";
        ck_assert_msg(strstr(error.message, words) != NULL, "%s", error.message);
    }
}
END_TEST

/* Without the limit jansson would ask for several times the memory. */
START_TEST(a_file_beyond_all_measure_is_refused)
{
    enum { MEGABYTE = 1 << 20 };
    const char *path = scratch_path("huge.json");
    FILE *file = fopen(path, "wb");
    char *spaces = malloc(MEGABYTE);
    memset(spaces, ' ', MEGABYTE);
    for (int i = 0; i < 65; i++) ck_assert_uint_eq(fwrite(spaces, 1, MEGABYTE, file), MEGABYTE);
    fclose(file);
    free(spaces);
    tn_error error = {0};
    ck_assert_ptr_null(om_circuit_read(path, 2, &error));
    ck_assert_int_eq(error.status, TN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "longer than 67108864 bytes"));
    error = (tn_error){0};
    ck_assert_int_eq(parse(valid, (64 << 20) + 1, &error), TN_EFORMAT);
}
END_TEST

/* --- any bytes ---------------------------------------------------------------------------------------------------- */

START_TEST(a_text_cut_anywhere_is_refused)
{
    size_t length = strlen(valid) - 1; /* the last byte is a line end, which may go */
    for (size_t cut = 0; cut < length; cut++) {
        char *copy = malloc(cut ? cut : 1); /* exactly as long, so that reading on is seen */
        memcpy(copy, valid, cut);
        tn_error error = {0};
        ck_assert_int_eq(parse(copy, cut, &error), TN_EFORMAT);
        free(copy);
    }
}
END_TEST

START_TEST(a_text_with_changed_bytes_is_read_or_refused)
{
    size_t length = strlen(valid);
    char *copy = malloc(length);
    int accepted = 0, refused = 0;
    for (uint64_t trial = 0; trial < 20000; trial++) {
        uint32_t bits[4];
        memcpy(copy, valid, length);
        int changes = 1 + (int)(trial % 3);
        for (int i = 0; i < changes; i++) {
            tn_random_bits(11, (uint32_t)i, trial, bits);
            char *byte = &copy[bits[0] % length];
            *byte = (char)(bits[1] % 4 ? (unsigned char)*byte ^ 1u << bits[2] % 8 : bits[2]);
        }
        tn_error error = {0};
        tn_status status = parse(copy, length, &error);
        ck_assert_msg(status == TN_OK || status == TN_EFORMAT, "%s", error.message);
        ck_assert(status == TN_OK || *error.message);
        accepted += status == TN_OK;
        refused += status != TN_OK;
    }
    ck_assert_int_gt(accepted, 100);
    ck_assert_int_gt(refused, 10000);
    free(copy);
}
END_TEST

/* --- memory ------------------------------------------------------------------------------------------------------- */

static long blocks, countdown = -1; /* of jansson; this process is the test's own */

static void *counted_malloc(size_t size)
{
    if (countdown >= 0 && countdown-- == 0) return NULL;
    void *memory = malloc(size);
    blocks += memory != NULL;
    return memory;
}

static void counted_free(void *memory)
{
    blocks -= memory != NULL;
    free(memory);
}

/* One allocation of ours (_i = 0) or of jansson's (1) fails, the next one each time, until none is left to fail.
 * Jansson calls some of them mistakes in the text. */
START_TEST(running_out_of_memory_anywhere_is_reported_and_leaks_nothing)
{
    json_set_alloc_funcs(counted_malloc, counted_free);
    long live = tn_live_allocations(), failures = 0;
    for (tn_status status = TN_ENOMEM; status != TN_OK; failures++) {
        tn_error error = {0};
        if (_i)
            countdown = failures;
        else
            tn_fail_allocation(failures, 0);
        status = parse(valid, strlen(valid), &error);
        ck_assert_msg(status == TN_OK || status == TN_ENOMEM || (_i && status == TN_EFORMAT), "failure %ld: %s",
                      failures, error.message);
        ck_assert_int_eq(tn_live_allocations(), live);
        ck_assert_int_eq(blocks, 0);
    }
    tn_fail_allocation(-1, 0);
    ck_assert_int_gt(failures, _i ? 50 : 15);
}
END_TEST

int main(void)
{
    TCase *errors = tcase_create("mistakes");
    tcase_add_test(errors, the_valid_text_is_valid);
    tcase_add_loop_test(errors, a_mistake_is_named_with_its_place, 0, (int)(sizeof mistakes / sizeof *mistakes));
    tcase_add_loop_test(errors, other_json_is_refused, 0, 5);
    tcase_add_test(errors, an_error_may_go_unreported);
    TCase *files = tcase_create("files");
    tcase_add_test(files, a_file_gives_what_its_text_gives);
    tcase_add_test(files, a_file_that_cannot_be_read_is_an_input_error);
    tcase_add_test(files, a_file_beyond_all_measure_is_refused);
    TCase *bytes = tcase_create("any bytes");
    tcase_add_test(bytes, a_text_cut_anywhere_is_refused);
    tcase_add_test(bytes, a_text_with_changed_bytes_is_read_or_refused);
    TCase *memory = tcase_create("memory");
    tcase_add_loop_test(memory, running_out_of_memory_anywhere_is_reported_and_leaks_nothing, 0, 2);
    return run_cases("diagram", errors, files, bytes, memory, NULL);
}
