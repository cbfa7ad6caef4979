/* Lists of movies. */
#include "config.h"
#include "common/sources.h"
#include "common/configuration.h"
#include "common/movie_kind.h"
#include "common/random_streams.h"
#include "common/scene.h"
#include "common/shuffle.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

void om_sources_clear(om_sources *sources)
{
    for (int i = 0; i < sources->count; i++) free(sources->at[i].name);
    free(sources->at);
    *sources = (om_sources){0};
}

/* Takes the name over, also when it fails. */
static tn_status append(om_sources *sources, char *name, const char *scene, uint32_t sequence, tn_error *error)
{
    om_source *grown = name ? reallocarray(sources->at, (size_t)sources->count + 1, sizeof *grown) : NULL;
    if (!grown) {
        free(name);
        return tn_fail(error, TN_ENOMEM, "no memory for the names of the movies");
    }
    sources->at = grown;
    grown[sources->count++] = (om_source){name, scene, sequence};
    return TN_OK;
}

static tn_status add_scene(om_sources *sources, const char *name, uint32_t first, int count, tn_error *error)
{
    const char *scene = om_scene_find(name, error);
    if (!scene) return TN_EINVAL;
    for (int k = 0; k < count; k++) {
        char *numbered;
        uint32_t sequence = first + (uint32_t)k;
        if (asprintf(&numbered, OM_SCENE "%s/%06lu", name, (unsigned long)sequence) < 0) numbered = NULL;
        tn_status status = append(sources, numbered, scene, sequence, error);
        if (status != TN_OK) return status;
    }
    return TN_OK;
}

/* In a folder of movies, files of other names are taken for notes. */
static bool is_movie_name(const char *name)
{
    static const char *const endings[] = {"mp4",  "m4v", "mov", "avi", "mkv", "webm", "mpg",
                                          "mpeg", "ts",  "ogv", "flv", "wmv", "gif",  "y4m"};
    const char *dot = strrchr(name, '.');
    if (name[0] == '.' || !dot) return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (!strcasecmp(dot + 1, endings[i])) return true;
    return false;
}

/* The first name of each kind that a folder holds, "" if there is none; the first, so that messages do not depend on
 * the order of the directory. */
typedef struct contents {
    char image[NAME_MAX + 1], movie[NAME_MAX + 1];
} contents;

static void keep_first(char kept[NAME_MAX + 1], const char *name)
{
    if (!*kept || strcmp(name, kept) < 0) snprintf(kept, NAME_MAX + 1, "%s", name);
}

/* Images are the frames of one movie. Beside movies, they would hide them, or be left out: who mixes them is asked. */
static tn_status check_contents(const char *path, const contents *found, tn_error *error)
{
    if (!*found->image || !*found->movie) return TN_OK;
    return tn_fail(error, TN_EFORMAT, "%s: the folder holds an image, %s, and a movie, %s; expected the images of one "
                   "movie, or movies", path, found->image, found->movie);
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Looks at the files of a folder within a collection; one that cannot be opened counts as empty. */
static tn_status look_inside(const char *path, contents *found, tn_error *error)
{
    *found = (contents){0};
    DIR *directory = opendir(path);
    if (!directory) return TN_OK;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (om_movie_is_image(entry->d_name))
            keep_first(found->image, entry->d_name);
        else if (is_movie_name(entry->d_name))
            keep_first(found->movie, entry->d_name);
    }
    closedir(directory);
    return check_contents(path, found, error);
}

/* Takes in one entry of a folder: a movie, which is a file or a folder of images, is added to the list. */
static tn_status add_entry(om_sources *sources, const char *folder, const char *name, contents *found, tn_error *error)
{
    char *path;
    contents inside = {0};
    tn_status status = TN_OK;
    if (*name == '.') return TN_OK;
    if (asprintf(&path, "%s/%s", folder, name) < 0) return append(sources, NULL, NULL, 0, error);
    bool deeper = is_folder(path);
    if (deeper) status = look_inside(path, &inside, error);
    if (!deeper && om_movie_is_image(name)) keep_first(found->image, name);
    if (status == TN_OK && (deeper ? *inside.image != 0 : is_movie_name(name))) {
        keep_first(found->movie, name);
        return append(sources, path, NULL, 0, error);
    }
    free(path);
    return status;
}

static tn_status add_folder(om_sources *sources, const char *path, tn_error *error)
{
    contents found = {0};
    DIR *directory = opendir(path);
    if (!directory) return tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    tn_status status = TN_OK;
    for (struct dirent *entry; status == TN_OK && (entry = readdir(directory));)
        status = add_entry(sources, path, entry->d_name, &found, error);
    closedir(directory);
    if (status == TN_OK) status = check_contents(path, &found, error);
    if (status != TN_OK || *found.movie) return status;
    if (*found.image) return append(sources, strdup(path), NULL, 0, error);
    return tn_fail(error, TN_EFORMAT, "%s: the folder holds neither images nor movies", path);
}

tn_status om_sources_add(om_sources *sources, const char *text, uint32_t first_sequence, int sequences, tn_error *error)
{
    const char *scene = om_source_scene(text);
    if (scene) return add_scene(sources, scene, first_sequence, sequences, error);
    struct stat about;
    if (stat(text, &about)) return tn_fail(error, TN_EIO, "%s: %s", text, strerror(errno));
    if (S_ISDIR(about.st_mode)) return add_folder(sources, text, error);
    return append(sources, strdup(text), NULL, 0, error);
}

/* The part behind the last slash that has something behind it; a scene's name as a whole. */
static const char *last_part(const om_source *source)
{
    const char *part = source->name;
    if (source->scene) return part;
    for (const char *at = part; *at; at++)
        if (*at == '/' && at[1] && at[1] != '/') part = at + 1;
    return part;
}

static int by_name(const void *a, const void *b)
{
    const om_source *left = a, *right = b;
    int order = strcmp(last_part(left), last_part(right));
    return order ? order : strcmp(left->name, right->name);
}

void om_sources_sort(om_sources *sources)
{
    if (sources->count) qsort(sources->at, (size_t)sources->count, sizeof *sources->at, by_name);
}

tn_status om_sources_split(om_sources *all, double share, uint64_t seed, om_sources *train, om_sources *test,
                           tn_error *error)
{
    if (!(share >= 0 && share <= 1)) return tn_fail(error, TN_EINVAL, "a share of %g of the movies", share);
    int count = all->count, trained = (int)(share * count + 1e-9); /* 0.8 x 5 is 4 */
    if (trained > count - 1) trained = count - 1;
    if (trained < 1) trained = count ? 1 : 0;
    int64_t *order = calloc((size_t)count + 1, sizeof *order);
    om_source *first = calloc((size_t)trained + 1, sizeof *first);
    om_source *second = calloc((size_t)(count - trained) + 1, sizeof *second);
    if (!order || !first || !second) {
        free(order);
        free(first);
        free(second);
        return tn_fail(error, TN_ENOMEM, "no memory to split %d movies", count);
    }
    om_sources_sort(all);
    om_shuffle(order, count, seed, OM_STREAM_SPLIT);
    for (int i = 0; i < count; i++) *(i < trained ? &first[i] : &second[i - trained]) = all->at[order[i]];
    free(order);
    free(all->at);
    *all = (om_sources){0};
    *train = (om_sources){first, trained};
    *test = (om_sources){second, count - trained};
    om_sources_sort(train);
    om_sources_sort(test);
    return TN_OK;
}
