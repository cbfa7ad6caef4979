/* configuration.h - one experiment in one YAML file.
 *
 *     tn_error error = {0};
 *     om_config config = {0};
 *     if (om_config_read(&config, "fly.yaml", NULL, 0, NULL, &error) == TN_OK)
 *         train(config.training.steps, config.siren.hidden_dim);
 *     om_config_free(&config);
 *
 * One table (configuration_schema.c) describes every key; reading, defaults, checks, --set, --print-config,
 * --help-config and the text kept in recordings and checkpoints are loops over it.
 * The name of a key is the path of its field below: `siren: {hidden_dim: 256}` or `siren.hidden_dim: 256`.
 * The file has this name because "config.h" is what configure writes. */
#ifndef OM_CONFIGURATION_H
#define OM_CONFIGURATION_H

#include "tensor.h"

typedef struct om_floats {
    int count;
    double *at;
} om_floats;

typedef struct om_strings {
    int count;
    char **at;
} om_strings;

/* The values of keys with choices, in the order of the table. training.schedule has those of tn_schedule. */
enum { OM_OURS, OM_PUBLISHED };
enum { OM_HIDDEN_REDUCED, OM_HIDDEN_FULL };
enum { OM_TIME_FRAME, OM_TIME_NEAREST, OM_TIME_LINEAR };
enum { OM_SYMMETRIES_ALL, OM_SYMMETRIES_PUBLISHED, OM_SYMMETRIES_NONE };
enum { OM_MODE_JOINT, OM_MODE_KNOWN };
enum { OM_WEIGHT_ZERO, OM_WEIGHT_NORMAL };

/* Fields are explained, with units and ranges, in the table. Choices are int. Strings are never NULL once read. */
typedef struct om_config {
    char *description;
    int64_t seed;
    int64_t threads;
    struct {
        char *file;
        int64_t extent;
        double null_synapses, hidden_synapses;
        int hidden;
        double ablation;
    } circuit;
    struct {
        om_strings train, test;
        int64_t scene_movies;
        int time;
        om_floats scales;
        double scale;
        int64_t crops;
        int symmetries;
        int64_t max_frames;
        bool shuffle;
    } stimulus;
    struct {
        int64_t train_frames, test_frames;
        double delta_t, sigma, measurement_noise;
    } simulation;
    struct {
        int mode, recipe;
        int64_t hidden_dim, layers, embedding_dim;
        int weight_init;
    } model;
    struct {
        int form;
        int64_t hidden_dim, layers, windows;
        double omega_t, omega_x, omega_y, omega;
        bool squared;
    } siren;
    struct {
        int64_t steps, epochs;
        double later_rate;
        bool restart_adam;
        int64_t batch, input_frames;
        double solve_from;
        int64_t solve_every, solve_frames, solve_points;
        double lr_mlp, lr_embedding, lr_weight, lr_siren;
        int schedule;
        double schedule_final;
        int64_t schedule_steps, warmup;
        double clip_norm;
        int64_t log_every, evaluate_every;
        double checkpoint_minutes;
    } training;
    struct {
        double g_phi_diff, g_phi_norm, W_L1, W_L2, g_phi_L1, f_theta_L1, f_theta_L2, f_theta_affine, annealing_rate;
        double W_silent, inputs, inputs_final, equalize;
    } loss;
    struct {
        int64_t rollout_frames, readout_frames, yardstick_frames;
        double ablation;
        int64_t clusters, video_frames, video_step;
        double video_fps;
        om_strings traces;
        int64_t column;
    } test;

    char *directory; /* not a key: where relative paths of the configuration start */
} om_config;

typedef enum om_type { OM_BOOL, OM_INT, OM_FLOAT, OM_CHOICE, OM_STRING, OM_FLOATS, OM_STRINGS } om_type;

enum { OM_FOR_GENERATE = 1, OM_FOR_TRAIN = 2, OM_FOR_TEST = 4, OM_FOR_EVERY = 7 }; /* which programs use a key */

enum { OM_COLUMNS = 4 };

/* One row of the table. */
typedef struct om_key {
    const char *name; /* "siren.hidden_dim" */
    om_type type;
    size_t offset;      /* of the field in om_config */
    const char *domain; /* of numbers an interval, "(0, 1]"; of choices "joint|known"; else NULL */
    /* Defaults in YAML, one column each for (ours, joint) (ours, known) (published, joint) (published, known).
     * NULL takes that of the same recipe's joint mode, else that of our recipe. */
    const char *value[OM_COLUMNS];
    unsigned programs;
    const char *help; /* one line, with the unit */
} om_key;

/* The table; *count receives the number of its rows. */
const om_key *om_config_keys(int *count);

/* Reads a configuration: the file at path (NULL: nothing but defaults), then n_set assignments "key=value" that
 * override it, then the defaults of the recipe and mode so chosen.
 *   config    zeroed; to be freed also after an error
 *   data_dir  where relative paths start; NULL: the directory of the file
 * Errors: TN_EIO the file cannot be read; TN_ENOMEM; TN_EFORMAT, "file:line: key: ...", for an unknown key (with the
 * nearest known one), a key given twice, a value of the wrong type, out of range, not finite or with something behind
 * it, an anchor, alias or tag, more than one document, or what is not YAML at all. */
tn_status om_config_read(om_config *config, const char *path, const char *data_dir, int n_set, const char *const *set,
                         tn_error *error);

/* The same from text, such as the one kept in a checkpoint; name stands for the file in messages. Relative paths
 * start at data_dir, or at the working directory. */
tn_status om_config_parse(om_config *config, const char *name, const char *text, size_t length, const char *data_dir,
                          int n_set, const char *const *set, tn_error *error);

void om_config_free(om_config *config);

/* Prints every key with its value as YAML, each with its explanation as a comment. Reading it gives the same. */
void om_config_print(const om_config *config, FILE *stream);

/* The same as a string to be freed, or NULL when out of memory. */
char *om_config_text(const om_config *config);

/* The value of one key as YAML, to be freed; NULL when out of memory. */
char *om_config_value(const om_config *config, const om_key *key);

#define OM_CONFIG_NAME "config.yaml"

/* Whether the file at path holds this text, letter by letter. */
bool om_config_is_saved(const om_config *config, const char *path);

/* Writes the text to DIRECTORY/config.yaml, in place of an older one; a file that holds it already is left alone.
 * Errors: TN_EIO, TN_ENOMEM. */
tn_status om_config_save(const om_config *config, const char *directory, tn_error *error);

/* Whether the assignment "key=value", or "section={...}", gives values only to keys that the given programs use, or to
 * none that exists; and a list of these keys, "seed, threads, ...". For programs whose other values are settled. */
bool om_config_may_set(const char *option, unsigned programs);
void om_config_list(unsigned programs, FILE *stream);

/* Prints the keys that the given programs use: type, range, defaults, explanation. */
void om_config_help(unsigned programs, FILE *stream);

/* A path of the configuration as one that can be opened, to be freed; NULL when out of memory. */
char *om_config_path(const om_config *config, const char *path);

#define OM_SCENE "scene:" /* what sources that are built-in scenes begin with */

/* The name of a built-in scene, "dead_leaves" of the source "scene:dead_leaves"; NULL for a path. Within source. */
const char *om_source_scene(const char *source);

#endif
