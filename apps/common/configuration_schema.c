/* Every key of a configuration. The rows are printed in this order, so sections stay together. */
#include "config.h"
#include "common/configuration_parts.h"

#include <stddef.h>
#include <string.h>

/* The name, the type and the offset of a row follow from its field, so they cannot disagree with it. */
#define FIELD(member) (((om_config *)0)->member)
#define KEY(member)                                                                                                    \
    #member,                                                                                                           \
    _Generic(FIELD(member), bool: OM_BOOL, int64_t: OM_INT, double: OM_FLOAT, int: OM_CHOICE, char *: OM_STRING,       \
             om_floats: OM_FLOATS, om_strings: OM_STRINGS),                                                            \
    offsetof(om_config, member)

#define G OM_FOR_GENERATE
#define L OM_FOR_TRAIN
#define T OM_FOR_TEST

/* clang-format off */
static const om_key keys[] = {
    /* field, interval or choices, defaults, programs, explanation
     *
     * The columns of the defaults are recipe x mode: ours joint, ours known, published joint, published known. Instead
     * of one that is missing, the recipe's for joint counts, or else ours for the mode, or else the first. */
    { KEY(description), NULL, {"\"\""}, G|L|T, "what this experiment is, in words" },
    { KEY(seed), "[0, 9007199254740991]", {"1"}, G|L|T, "seed of every random number" },
    { KEY(threads), "[0, 1024]", {"0"}, G|L|T, "threads; 0: one per processor; results do not depend on it" },

    { KEY(circuit.file), NULL, {"builtin"}, G, "circuit file, or builtin" },
    { KEY(circuit.extent), "[1, 64]", {"4", NULL, "8"}, G, "radius n of the hexagonal eye; it has 3n(n+1)+1 columns" },
    { KEY(circuit.null_synapses), "[0, 100]", {"0"}, G,
      "synapses of weight 0 added for the learner, per synapse of their source" },
    { KEY(circuit.hidden_synapses), "[0, 1]", {"0"}, G,
      "share of each source's synapses that the learner is not shown" },
    { KEY(circuit.hidden), "reduced|full", {"reduced"}, G,
      "simulate without (reduced) or with (full) the hidden synapses" },
    { KEY(circuit.ablation), "[0, 1]", {"0"}, G, "share of weights set to 0 in the simulation" },

    { KEY(stimulus.train), NULL, {"[\"scene:dead_leaves\"]"}, G,
      "movies: files, folders of PNG or JPEG images, or scene:NAME" },
    { KEY(stimulus.test), NULL, {"[]"}, G, "movies of the test part; []: a fifth of the list above" },
    { KEY(stimulus.scene_movies), "[1, 10000]", {"24"}, G,
      "movies that each scene:NAME counts as, shown as often as as many files; 1: as often as one" },
    { KEY(stimulus.time), "frame|nearest|linear", {"frame"}, G,
      "one movie frame per time step, or real time: nearest frame or linear interpolation" },
    { KEY(stimulus.scales), "[1, 100]", {"[]"}, G,
      "heights of the frame, in heights of the lattice, each movie at each; []: by stimulus.scale" },
    { KEY(stimulus.scale), "[1, 1000]", {"1"}, G, "factor by which frames are shrunk, so that more of them is seen" },
    { KEY(stimulus.crops), "[1, 1000]", {"1"}, G, "views of each frame; 1: centred; more: at random places" },
    { KEY(stimulus.symmetries), "all|published|none", {"all", NULL, "published"}, G,
      "mirror images and rotations: all 12, the 8 published, or the upright one" },
    { KEY(stimulus.max_frames), "[0, 100000000]", {"0"}, G,
      "time steps of a sequence at most, from a random start; 0: the whole movie" },
    { KEY(stimulus.shuffle), NULL, {"true"}, G, "shuffle the sequences" },

    { KEY(simulation.train_frames), "[2, 100000000]", {"12000", NULL, "64000"}, G, "time steps of the training part" },
    { KEY(simulation.test_frames), "[2, 100000000]", {"2000", NULL, "8528"}, G, "time steps of the test part" },
    { KEY(simulation.delta_t), "[1e-06, 1]", {"0.02"}, G, "time step, s" },
    { KEY(simulation.sigma), "[0, 100]", {"0.05"}, G,
      "noise added to each voltage at each time step, standard deviation" },
    { KEY(simulation.measurement_noise), "[0, 100]", {"0"}, G,
      "noise on the voltages that the learner sees, standard deviation" },

    { KEY(model.mode), "joint|known", {"joint"}, L, "recover the movie too (joint), or be given it (known)" },
    { KEY(model.recipe), "ours|published", {"ours"}, G|L,
      "whose values the keys left out take; published: see doc/architecture.md" },
    { KEY(model.hidden_dim), "[1, 4096]", {"64", NULL, "64", "80"}, L, "width of g_phi and f_theta" },
    { KEY(model.layers), "[2, 8]", {"3"}, L, "linear layers of g_phi and of f_theta" },
    { KEY(model.embedding_dim), "[1, 64]", {"2"}, L, "numbers that describe a neuron" },
    { KEY(model.weight_init), "zero|normal", {"zero", NULL, "zero", "normal"}, L,
      "synaptic weights at the start: 0 or N(0, 1/synapses)" },

    { KEY(siren.form), "ours|published", {"ours", NULL, "published"}, L,
      "frequencies within the weights, or one omega" },
    { KEY(siren.hidden_dim), "[1, 16384]", {"256", NULL, "2048"}, L, "width of the sine layers" },
    { KEY(siren.layers), "[0, 16]", {"3", NULL, "4"}, L, "sine layers between the first one and the output" },
    { KEY(siren.windows), "[1, 256]", {"1"}, L,
      "networks of form ours, one per window of time: more capacity at the same cost per point" },
    { KEY(siren.omega_t), "(0, 1000000]", {"16"}, L, "frequencies in time of the first layer, rad per second" },
    { KEY(siren.omega_x), "(0, 1000]", {"1"}, L, "horizontal frequencies of the first layer, rad per column" },
    { KEY(siren.omega_y), "(0, 1000]", {"1"}, L, "vertical frequencies of the first layer, rad per column" },
    { KEY(siren.omega), "(0, 10000000]", {"4096"}, L, "factor within every sine of the published form" },
    { KEY(siren.squared), NULL, {"false", NULL, "true"}, L, "square the output, so that the movie is not negative" },

    { KEY(training.steps), "[1, 1000000000]", {"20000", NULL, "960000", "112000"}, L, "steps of the optimizer" },
    { KEY(training.epochs), "[1, 10000]", {"1", NULL, "3", "1"}, L, "equal parts of the steps" },
    { KEY(training.later_rate), "[0, 1]", {"1", NULL, "0.05", "1"}, L,
      "factor on the learning rates, but the SIREN's, from the second epoch on" },
    { KEY(training.restart_adam), NULL, {"false", NULL, "true"}, L, "forget the moments of Adam at each new epoch" },
    { KEY(training.batch), "[1, 100000]", {"4", NULL, "1", "4"}, L, "frames of a step" },
    { KEY(training.input_frames), "[0, 1000000]", {"64", "0", "0"}, L,
      "more frames of a step, of input neurons only; with siren.windows a multiple, the batch among them" },
    { KEY(training.solve_from), "[0, 1]", {"1"}, L,
      "share of the steps, or schedule_steps, after which the SIREN learns the movie solved for; 1: never" },
    { KEY(training.solve_every), "[1, 1000000000]", {"250"}, L, "steps after which it is solved for anew" },
    { KEY(training.solve_frames), "[1, 1000000000]", {"8192"}, L,
      "frames that it is solved for, the next ones of a shuffled order each time" },
    { KEY(training.solve_points), "[1, 100000000]", {"8192"}, L,
      "points of the solved movie in a step; as many of each window, rounded up" },
    { KEY(training.lr_mlp), "[0, 10]", {"0.0018", NULL, "0.001", "0.0018"}, L, "learning rate of g_phi and f_theta" },
    { KEY(training.lr_embedding), "[0, 10]", {"0.0023", NULL, "0.001", "0.0023"}, L, "learning rate of the embedding" },
    { KEY(training.lr_weight), "[0, 10]", {"0.0009", NULL, "0.0001", "0.0009"}, L,
      "learning rate of the synaptic weights" },
    { KEY(training.lr_siren), "[0, 10]", {"0.002", NULL, "1e-08"}, L, "learning rate of the SIREN" },
    { KEY(training.schedule), "constant|cosine|step", {"cosine", NULL, "constant"}, L, "course of the learning rates" },
    { KEY(training.schedule_final), "[0, 1]", {"0.02"}, L, "factor on them at the end of the cosine, or at each drop" },
    { KEY(training.schedule_steps), "[0, 1000000000]", {"0"}, L,
      "length of the cosine, distance of the drops; 0: training.steps" },
    { KEY(training.warmup), "[0, 1000000000]", {"0"}, L, "steps over which the learning rates rise from 0" },
    { KEY(training.clip_norm), "[0, 1000000000]", {"0"}, L,
      "gradients longer than this are shortened to it; 0: never" },
    { KEY(training.log_every), "[1, 1000000000]", {"100"}, L, "steps between two lines of metrics.jsonl" },
    { KEY(training.evaluate_every), "[0, 1000000000]", {"1000"}, L,
      "steps between two comparisons with the truth; 0: never" },
    { KEY(training.checkpoint_minutes), "(0, 10000]", {"10"}, L, "minutes between two checkpoints" },

    { KEY(loss.g_phi_diff), "[0, 1000000]", {"150", "750", "750"}, L, "coefficient: g_phi rises with the voltage" },
    { KEY(loss.g_phi_norm), "[0, 1000000]", {"0.2", "0.9", "1", "0.9"}, L, "coefficient: g_phi has the gain 1" },
    { KEY(loss.W_L1), "[0, 1000000]", {"1e-05", "5e-05", "5e-05", "0.00015"}, L, "coefficient of |W|_1" },
    { KEY(loss.W_L2), "[0, 1000000]", {"0", NULL, "0", "1.5e-06"}, L, "coefficient of ||W||_2" },
    { KEY(loss.g_phi_L1), "[0, 1000000]", {"0.05", NULL, "0.5", "0.28"}, L, "coefficient of |parameters of g_phi|_1" },
    { KEY(loss.f_theta_L1), "[0, 1000000]", {"0.01", NULL, "0.5", "0.05"}, L,
      "coefficient of |parameters of f_theta|_1" },
    { KEY(loss.f_theta_L2), "[0, 1000000]", {"0.0002", NULL, "0.001"}, L,
      "coefficient of the 2-norms of the parameters of f_theta" },
    { KEY(loss.f_theta_affine), "[0, 1000000]", {"0"}, L,
      "coefficient: f_theta goes straight from the states that neurons live through to silence" },
    { KEY(loss.W_silent), "[0, 1000000]", {"0"}, L,
      "coefficient of |W|_1 over synapses of neurons never active in the training data" },
    { KEY(loss.annealing_rate), "[0, 1000]", {"0", NULL, "0.5", "0"}, L,
      "W_L1, g_phi_L1, f_theta_L1 and f_theta_L2 grow as 1 - exp(-rate epoch); 0: constant" },
    { KEY(loss.inputs), "(0, 1000]", {"1"}, L,
      "factor on the prediction error of input neurons in steps with input-only frames, at the first step" },
    { KEY(loss.inputs_final), "(0, 1000]", {"0.1", NULL, "1"}, L,
      "the same at the end of a cosine schedule; it changes geometrically" },
    { KEY(loss.equalize), "[0, 1]", {"0.5", NULL, "0"}, L,
      "a neuron's prediction error counts as the spread of its derivative to the power of minus this" },

    { KEY(test.rollout_frames), "[2, 100000000]", {"8527"}, T, "time steps of the rollout at most" },
    { KEY(test.readout_frames), "[2, 1000000]", {"4000"}, T,
      "frames of the in-distribution read-out" },
    { KEY(test.yardstick_frames), "[0, 10000000]", {"4000"}, T,
      "frames of the least-squares fit that results are compared with; 0: no such fit" },
    { KEY(test.ablation), "[0, 1]", {"0"}, T,
      "share of synapses silenced in the learned and in the true circuit, whose rollouts are then compared" },
    { KEY(test.clusters), "[0, 1000]", {"0"}, T,
      "components of the mixture that sorts neurons into types; 0: 100 for every 65 types, as published" },
    { KEY(test.video_frames), "[0, 100000]", {"400"}, T, "frames of the comparison video; 0: no video" },
    { KEY(test.video_step), "[1, 10000]", {"2"}, T, "time steps from one video frame to the next" },
    { KEY(test.video_fps), "[0.01, 240]", {"10"}, T, "video frames per second" },
    { KEY(test.traces), NULL, {"[]"}, T, "cell types whose voltages are drawn; []: ten spread over the circuit" },
    { KEY(test.column), "[-1, 20000]", {"-1"}, T, "lattice column whose cells are drawn; -1: the central one" },
};
/* clang-format on */

const om_key *om_config_keys(int *count)
{
    *count = (int)(sizeof keys / sizeof *keys);
    return keys;
}

enum { COUNT = sizeof keys / sizeof *keys, LONGEST_NAME = 64 };

int om_key_find(const char *name)
{
    for (int i = 0; i < COUNT; i++)
        if (strcmp(keys[i].name, name) == 0) return i;
    return -1;
}

bool om_key_section(const char *section)
{
    size_t length = strlen(section);
    for (int i = 0; i < COUNT; i++)
        if (strncmp(keys[i].name, section, length) == 0 && keys[i].name[length] == '.') return true;
    return false;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Letters to insert, remove or exchange until a is b (Levenshtein, Soviet Physics Doklady 10 (1966) 707); the names
 * of the table are shorter than LONGEST_NAME, and so must b be. */
static int edits(const char *a, const char *b)
{
    int row[LONGEST_NAME], length = (int)strlen(b);
    for (int j = 0; j <= length; j++) row[j] = j;
    for (int i = 1; *a; i++, a++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= length; j++) {
            int exchanged = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(exchanged, 1 + smaller(row[j], row[j - 1]));
        }
    }
    return row[length];
}

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* A key in the wrong section (or in none) is one edit away from its place. */
int om_key_nearest(const char *name)
{
    if (strlen(name) >= LONGEST_NAME) return -1;
    int nearest = -1, fewest = 1 + smaller(3, (int)strlen(last_part(name)) / 2);
    for (int i = 0; i < COUNT; i++) {
        int distance = smaller(edits(keys[i].name, name), 1 + edits(last_part(keys[i].name), last_part(name)));
        if (distance < fewest) fewest = distance, nearest = i;
    }
    return nearest;
}
