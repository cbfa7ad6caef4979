/* What shell scripts cannot see of the programs' files: `inspect WHAT FILE ...`, see the table of commands below. */
#include "config.h"
#include "common/movie.h"
#include "tensor.h"

#include <hdf5.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int complain(const char *file, const char *what)
{
    fprintf(stderr, "inspect: %s: %s\n", file, what);
    return EXIT_FAILURE;
}

/* FNV-1a (Fowler, Noll and Vo, 1991). */
static uint64_t hash_of(const void *data, size_t bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* tensors FILE: a line with name, shape and hash for each tensor of a safetensors file, and its counters; of metadata
 * that differ from run to run, nothing. */
static int tensors(int n, char **word)
{
    static const char *const counters[] = {"step", "optimizer_steps", "seed", "circuit", "lattice",
                                           "recording_voltage"};
    (void)n;
    tn_error error = {0};
    tn_file *file = tn_file_read(word[0], &error);
    if (!file) return complain(word[0], error.message);
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        const char *value = tn_file_meta(file, counters[i]);
        printf("%s %s\n", counters[i], value ? value : "missing");
    }
    for (int i = 0; i < tn_file_count(file); i++) {
        tn_tensor tensor = tn_file_at(file, i);
        size_t size = tn_dtype_size(tensor.dtype);
        printf("%s %s", tensor.name, tn_dtype_name(tensor.dtype));
        for (int k = 0; k < tensor.shape.rank; k++) {
            printf(" %" PRId64, tensor.shape.dim[k]);
            size *= (size_t)tensor.shape.dim[k];
        }
        printf(" %016" PRIx64 "\n", hash_of(tensor.data, size));
    }
    tn_file_free(file);
    return EXIT_SUCCESS;
}

/* What all checkpoints have, and what those of before do not. */
static const char *const keys[] = {"format", "step", "optimizer_steps", "train_seconds", "seed", "circuit", "config",
                                   "program", "lattice", "recording_voltage"};
enum { KEYS = sizeof keys / sizeof *keys, OLDER = 8 };

/* Reads a checkpoint, writes it again with so many of its metadata and what `change` has made of it. */
static int edit(char **word, int n_keys, void (*change)(char **word, int n, tn_tensor *tensor, tn_pair *pair))
{
    tn_error error = {0};
    tn_file *file = tn_file_read(word[0], &error);
    if (!file) return complain(word[0], error.message);
    int n = tn_file_count(file);
    tn_tensor *tensor = calloc((size_t)n + 1, sizeof *tensor);
    tn_pair pair[KEYS];
    for (int i = 0; i < n; i++) tensor[i] = tn_file_at(file, i);
    for (int i = 0; i < n_keys; i++) pair[i] = (tn_pair){keys[i], tn_file_meta(file, keys[i])};
    if (change) change(word, n, tensor, pair);
    tn_file_write(word[0], n, tensor, n_keys, pair, &error);
    free(tensor);
    tn_file_free(file);
    return error.status ? complain(word[0], error.message) : EXIT_SUCCESS;
}

static void change_meta(char **word, int n, tn_tensor *tensor, tn_pair *pair)
{
    (void)n, (void)tensor;
    for (int i = 0; i < KEYS; i++)
        if (!strcmp(keys[i], word[1])) pair[i].value = word[2];
}

/* meta CHECKPOINT KEY VALUE: gives a piece of metadata another value. */
static int meta(int n, char **word)
{
    (void)n;
    return edit(word, KEYS, change_meta);
}

/* older CHECKPOINT: without the metadata that checkpoints of before do not have. */
static int older(int n, char **word)
{
    (void)n;
    return edit(word, OLDER, NULL);
}

static void change_order(char **word, int n, tn_tensor *tensor, tn_pair *pair)
{
    (void)pair;
    for (int i = 0; i < n; i++) {
        if (strcmp(tensor[i].name, word[1])) continue;
        int32_t *number = (int32_t *)tensor[i].data;
        for (int64_t k = 0, last = tn_shape_size(tensor[i].shape) - 1; k < last; k++, last--) {
            int32_t first = number[k];
            number[k] = number[last];
            number[last] = first;
        }
    }
}

/* reverse CHECKPOINT TENSOR: its whole numbers in the opposite order. */
static int reverse(int n, char **word)
{
    (void)n;
    return edit(word, KEYS, change_order);
}

/* movie FILE: "FRAMES WIDTH HEIGHT", every frame decoded. */
static int movie(int n, char **word)
{
    (void)n;
    tn_error error = {0};
    om_movie *opened = om_movie_open(word[0], 25, &error);
    if (!opened) return complain(word[0], error.message);
    om_movie_info about = om_movie_about(opened);
    om_frame frame;
    int64_t frames = 0;
    while (om_movie_next(opened, &frame, &error) == TN_OK && frame.data) frames++;
    om_movie_close(opened);
    if (error.status) return complain(word[0], error.message);
    printf("%" PRId64 " %d %d\n", frames, about.width, about.height);
    return EXIT_SUCCESS;
}

/* json FILE PATH...: a line "PATH VALUE" for each path such as weights.published.r2; all must be there. */
static int json(int n, char **word)
{
    json_error_t reason;
    json_t *root = json_load_file(word[0], JSON_REJECT_DUPLICATES, &reason);
    if (!root) return complain(word[0], reason.text);
    int missing = 0;
    for (int i = 1; i < n; i++) {
        const json_t *at = root;
        char *path = strdup(word[i]), *rest = path;
        for (char *name; at && (name = strsep(&rest, "."));) at = json_object_get(at, name);
        free(path);
        char *text = at ? json_dumps(at, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)) : NULL;
        if (text)
            printf("%s %s\n", word[i], text);
        else
            missing++, complain(word[0], word[i]);
        free(text);
    }
    json_decref(root);
    return missing ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* drop RECORDING OBJECT...: removes groups and datasets. */
static int drop(int n, char **word)
{
    hid_t file = H5Fopen(word[0], H5F_ACC_RDWR, H5P_DEFAULT);
    int failed = file < 0;
    for (int i = 1; i < n && !failed; i++) failed = H5Ldelete(file, word[i], H5P_DEFAULT) < 0;
    if (file >= 0 && H5Fclose(file) < 0) failed = 1;
    return failed ? complain(word[0], "not edited") : EXIT_SUCCESS;
}

/* zero RECORDING DATASET: every number of it becomes 0. */
static int zero(int n, char **word)
{
    (void)n;
    hid_t file = H5Fopen(word[0], H5F_ACC_RDWR, H5P_DEFAULT), dataset = H5Dopen2(file, word[1], H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hssize_t size = H5Sget_simple_extent_npoints(space);
    double *values = calloc(size > 0 ? (size_t)size : 1, sizeof *values);
    int failed = size < 1 || !values || H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0;
    free(values);
    H5Sclose(space);
    H5Dclose(dataset);
    failed |= H5Fclose(file) < 0;
    return failed ? complain(word[0], "not edited") : EXIT_SUCCESS;
}

/* spoil RECORDING DATASET NUMBER: the first number of it becomes this, which may be nan. */
static int spoil(int n, char **word)
{
    (void)n;
    const hsize_t first[2] = {0, 0}, one[2] = {1, 1};
    hid_t file = H5Fopen(word[0], H5F_ACC_RDWR, H5P_DEFAULT), dataset = H5Dopen2(file, word[1], H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(2, one, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, one, NULL);
    double number = strtod(word[2], NULL);
    int failed = H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, &number) < 0;
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
    failed |= H5Fclose(file) < 0;
    return failed ? complain(word[0], "not edited") : EXIT_SUCCESS;
}

/* A dataset as new memory of n numbers; NULL if it is missing or of another size. */
static double *dataset_of(hid_t file, const char *name, int64_t n)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space = dataset < 0 ? -1 : H5Dget_space(dataset);
    double *values = NULL;
    if (space >= 0 && n > 0 && H5Sget_simple_extent_npoints(space) == n) values = calloc((size_t)n, sizeof *values);
    if (values && H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        free(values);
        values = NULL;
    }
    if (space >= 0) H5Sclose(space);
    if (dataset >= 0) H5Dclose(dataset);
    return values;
}

/* Pearson's correlation, squared (0 where a side does not vary), and R2 without a line of its own. */
static void print_scores(tn_tensor tensor, const double *truth, int64_t n)
{
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = tensor.dtype == TN_F64 ? ((const double *)tensor.data)[i] : ((const float *)tensor.data)[i];
        double y = truth[i];
        sx += x, sy += y, sxx += x * x, syy += y * y, sxy += x * y, squares += (x - y) * (x - y);
    }
    double m = (double)n, both = m * sxy - sx * sy, x_spread = m * sxx - sx * sx, y_spread = m * syy - sy * sy;
    printf("%.3f %.3g\n", x_spread > 0 && y_spread > 0 ? both * both / (x_spread * y_spread) : 0,
           1 - m * squares / y_spread);
}

/* scores FILE RECORDING TENSOR DATASET ...: a line "R2 R2" as print_scores says for each tensor of a safetensors file
 * against a dataset of its size. */
static int scores(int n, char **word)
{
    tn_error error = {0};
    tn_file *file = tn_file_read(word[0], &error);
    if (!file) return complain(word[0], error.message);
    hid_t recording = H5Fopen(word[1], H5F_ACC_RDONLY, H5P_DEFAULT);
    int failed = n % 2 ? complain(word[n - 1], "which dataset?") : 0;
    for (int i = 2; i + 1 < n && !failed; i += 2) {
        const tn_tensor *tensor = tn_file_find(file, word[i]);
        int64_t size = tensor && tensor->dtype != TN_I32 ? tn_shape_size(tensor->shape) : 0;
        double *truth = dataset_of(recording, word[i + 1], size);
        if (truth)
            print_scores(*tensor, truth, size);
        else
            failed = complain(word[i], "is missing, or there is no dataset of its size to compare with");
        free(truth);
    }
    if (recording >= 0) H5Fclose(recording);
    tn_file_free(file);
    return failed;
}

/* peak PROGRAM ...: runs it, prints the most memory it held, kB; its own exit status. */
static int peak(int n, char **word)
{
    (void)n;
    struct rusage usage;
    int status;
    pid_t child = fork();
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execv(word[0], word);
        _exit(complain(word[0], "cannot be run"));
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return complain(word[0], "cannot be run");
    printf("%ld\n", usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int fewest; /* words after the name */
        int (*run)(int n, char **word);
    } commands[] = {
        {"tensors", 1, tensors}, {"movie", 1, movie}, {"json", 1, json},
        {"drop", 2, drop},       {"spoil", 3, spoil}, {"peak", 1, peak}, {"zero", 2, zero}, {"meta", 3, meta},
        {"older", 1, older},     {"reverse", 2, reverse}, {"scores", 4, scores},
    };
    for (size_t i = 0; argc > 2 && i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].fewest)
            return commands[i].run(argc - 2, argv + 2);
    return complain(argc > 1 ? argv[1] : "", "unknown command, or too few words");
}
