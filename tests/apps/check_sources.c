/* Lists of movies and their split. */
#include "config.h"
#include "common/sources.h"
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder(const char *name)
{
    char *path = strdup(scratch_path(name));
    mkdir(path, 0777);
    return path;
}

static char *file_in(const char *directory, const char *name)
{
    char *path;
    ck_assert_int_gt(asprintf(&path, "%s/%s", directory, name), 0);
    int file = open(path, O_CREAT | O_WRONLY, 0666);
    ck_assert_int_ge(file, 0);
    close(file);
    return path;
}

/* Adds and must succeed. */
static void add(om_sources *sources, const char *text)
{
    tn_error error = {0};
    ck_assert_msg(om_sources_add(sources, text, 100, 3, &error) == TN_OK, "%s", error.message);
}

START_TEST(files_folders_collections_and_scenes_are_told_apart)
{
    char *collection = folder("movies"), *images = folder("movies/bear"), *notes = folder("movies/notes");
    free(file_in(images, "00000.jpg"));
    free(file_in(notes, "readme.txt"));
    free(file_in(collection, "walk.MP4"));
    free(file_in(collection, "README"));
    free(file_in(collection, ".hidden.mp4"));
    char *other = file_in(notes, "any.name");

    om_sources sources = {0};
    add(&sources, collection);
    add(&sources, images);
    add(&sources, other);
    add(&sources, "scene:flicker");
    om_sources_sort(&sources);
    static const char *const ends[] = {"/notes/any.name",      "/movies/bear",         "/movies/bear",
                                       "scene:flicker/000100", "scene:flicker/000101", "scene:flicker/000102",
                                       "/movies/walk.MP4"};
    ck_assert_int_eq(sources.count, 7);
    for (int i = 0; i < 7; i++) {
        const char *name = sources.at[i].name;
        ck_assert_str_eq(name + strlen(name) - strlen(ends[i]), ends[i]);
        ck_assert((sources.at[i].scene != NULL) == (i >= 3 && i <= 5));
    }
    ck_assert_str_eq(sources.at[4].scene, "flicker");
    ck_assert_uint_eq(sources.at[4].sequence, 101);
    om_sources_clear(&sources);
    ck_assert_int_eq(sources.count, 0);
    free(collection);
    free(images);
    free(notes);
    free(other);
}
END_TEST

/* Ten movies whose names follow from the number, added in an order of ours. */
static om_sources ten(const int *order, int count)
{
    om_sources sources = {0};
    for (int i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%d/movie%d.mp4", 9 - order[i], order[i]); /* sorted by the last part */
        sources.at = realloc(sources.at, (size_t)(i + 1) * sizeof *sources.at);
        sources.at[sources.count++] = (om_source){.name = strdup(name)};
    }
    return sources;
}

static const int upwards[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, mixed[] = {4, 8, 1, 9, 0, 2, 7, 3, 6, 5};

START_TEST(a_split_depends_on_names_and_seed_alone)
{
    tn_error error = {0};
    int differing = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        om_sources all = ten(upwards, 10), same = ten(mixed, 10), train, test, train_2, test_2;
        ck_assert_int_eq(om_sources_split(&all, 0.8, seed, &train, &test, &error), TN_OK);
        ck_assert_int_eq(om_sources_split(&same, 0.8, seed, &train_2, &test_2, &error), TN_OK);
        ck_assert_int_eq(all.count, 0);
        ck_assert_int_eq(train.count, 8);
        ck_assert_int_eq(test.count, 2);
        bool seen[10] = {0};
        for (int i = 0; i < 8; i++) ck_assert_str_eq(train.at[i].name, train_2.at[i].name);
        for (int i = 0; i < 2; i++) ck_assert_str_eq(test.at[i].name, test_2.at[i].name);
        for (int i = 0; i < 10; i++) {
            const om_sources *list = i < 8 ? &train : &test;
            int k = i < 8 ? i : i - 8, number = list->at[k].name[7] - '0';
            ck_assert(!seen[number]);
            seen[number] = true;
            if (k) ck_assert_int_gt(number, list->at[k - 1].name[7] - '0');
        }
        differing += strcmp(test.at[0].name, "1/movie8.mp4") != 0;
        om_sources_clear(&train);
        om_sources_clear(&test);
        om_sources_clear(&train_2);
        om_sources_clear(&test_2);
    }
    ck_assert_int_gt(differing, 10);
}
END_TEST

START_TEST(each_side_gets_a_movie_where_there_are_two)
{
    static const struct {
        int count;
        double share;
        int train;
    } cases[] = {{0, 0.8, 0}, {1, 0.8, 1}, {2, 0.8, 1}, {3, 0.8, 2},
                 {5, 0.8, 4}, {10, 1, 9},  {10, 0, 1},  {10, 0.79, 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error = {0};
        om_sources all = ten(upwards, cases[i].count), train, test;
        ck_assert_int_eq(om_sources_split(&all, cases[i].share, 1, &train, &test, &error), TN_OK);
        ck_assert_int_eq(train.count, cases[i].train);
        ck_assert_int_eq(test.count, cases[i].count - cases[i].train);
        om_sources_clear(&train);
        om_sources_clear(&test);
    }
}
END_TEST

/* A stray image must not hide the movies beside it, be they files or folders; nor in a folder further down. */
START_TEST(images_among_movies_are_refused)
{
    static const struct {
        const char *folder, *files[4], *words;
    } cases[] = {
        {"mixed", {"mixed/b.mp4", "mixed/a.mov", "mixed/z.png", "mixed/cover.jpg"},
         "mixed: the folder holds an image, cover.jpg, and a movie, a.mov; expected"},
        {"davis", {"davis/bear/0.jpg", "davis/bear/1.jpg", "davis/cover.png"},
         "davis: the folder holds an image, cover.png, and a movie, bear; expected"},
        {"deep", {"deep/a.mp4", "deep/bear/0.jpg", "deep/bear/walk.MKV"},
         "deep/bear: the folder holds an image, 0.jpg, and a movie, walk.MKV; expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = folder(cases[i].folder), bear[64];
        snprintf(bear, sizeof bear, "%s/bear", cases[i].folder);
        if (i > 0) free(folder(bear));
        for (int k = 0; k < 4 && cases[i].files[k]; k++)
            free(file_in(path, cases[i].files[k] + strlen(cases[i].folder) + 1));
        tn_error error = {0};
        om_sources sources = {0};
        ck_assert_int_eq(om_sources_add(&sources, path, 0, 1, &error), TN_EFORMAT);
        ck_assert_msg(strstr(error.message, cases[i].words) != NULL, "%s", error.message);
        om_sources_clear(&sources);
        free(path);
    }
}
END_TEST

START_TEST(what_names_no_movie_is_refused)
{
    char *empty = folder("nothing");
    const struct {
        const char *text, *words;
        tn_status status;
    } cases[] = {
        {"scene:forest", "scene forest is unknown; there are dead_leaves", TN_EINVAL},
        {"/nowhere/a.mp4", "/nowhere/a.mp4: No such file", TN_EIO},
        {empty, "nothing: the folder holds neither images nor movies", TN_EFORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tn_error error = {0};
        om_sources sources = {0};
        ck_assert_int_eq(om_sources_add(&sources, cases[i].text, 0, 1, &error), cases[i].status);
        ck_assert_msg(strstr(error.message, cases[i].words) != NULL, "%s", error.message);
        om_sources_clear(&sources);
    }
    tn_error error = {0};
    om_sources all = ten(mixed, 4), train, test;
    ck_assert_int_eq(om_sources_split(&all, 1.5, 1, &train, &test, &error), TN_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.message, "a share of 1.5"));
    om_sources_clear(&all);
    free(empty);
}
END_TEST

int main(void)
{
    TCase *sources = tcase_create("sources");
    tcase_add_test(sources, files_folders_collections_and_scenes_are_told_apart);
    tcase_add_test(sources, a_split_depends_on_names_and_seed_alone);
    tcase_add_test(sources, each_side_gets_a_movie_where_there_are_two);
    tcase_add_test(sources, images_among_movies_are_refused);
    tcase_add_test(sources, what_names_no_movie_is_refused);
    return run_cases("sources", sources, NULL);
}
