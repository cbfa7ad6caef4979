/* What every test program shares. */
#include "config.h"
#include "testing.h"

#include <dirent.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int run_cases(const char *suite_name, ...)
{
    Suite *suite = suite_create(suite_name);
    va_list cases;
    va_start(cases, suite_name);
    for (TCase *each; (each = va_arg(cases, TCase *));) suite_add_tcase(suite, each);
    va_end(cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int run = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (run == 0) fprintf(stderr, "%s: no test was run\n", suite_name);
    return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *source_directory(void)
{
    const char *directory = getenv("abs_top_srcdir");
    return directory ? directory : ".";
}

const char *shared_data(const char *name)
{
    static char path[4096];
    const char *chosen = getenv("OMMATID_SHARED");
    if (chosen) snprintf(path, sizeof path, "%s/data/%s", chosen, name);
    else snprintf(path, sizeof path, "%s/../shared/data/%s", source_directory(), name);
    if (access(path, R_OK) == 0) return path;
    printf("SKIPPED: %s is not here\n", name);
    return NULL;
}

const char *golden_data(const char *name)
{
    char place[256];
    snprintf(place, sizeof place, "data/%s", name);
    const char *committed = test_data(place);
    if (access(committed, R_OK) == 0) return committed;
    snprintf(place, sizeof place, "golden/%s", name);
    return shared_data(place);
}

const char *test_data(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/tests/%s", source_directory(), name);
    return path;
}

static char scratch[64];
static pid_t owner;

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

/* Check runs each test in a child of its own; only the process that made the directory removes it. */
static void remove_scratch(void)
{
    if (getpid() == owner) nftw(scratch, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const char *name)
{
    static char path[4096];
    if (owner != getpid()) {
        snprintf(scratch, sizeof scratch, "/tmp/ommatid-test-XXXXXX");
        if (!mkdtemp(scratch)) ck_abort_msg("cannot make a directory under /tmp");
        owner = getpid();
        atexit(remove_scratch);
    }
    snprintf(path, sizeof path, "%s/%s", scratch, name);
    return path;
}

void *read_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is not there", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s cannot be written", path);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

void assert_holds(const char *path, const char *text)
{
    size_t size;
    char *found = read_bytes(path, &size);
    ck_assert_str_eq(found, text);
    free(found);
}

int entries(const char *path)
{
    int count = -2; /* "." and ".." */
    DIR *directory = opendir(path);
    ck_assert_msg(directory != NULL, "%s is no folder", path);
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}
