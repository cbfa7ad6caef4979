/* What a recording holds, what it lacks, and what follows from that. */
#include "config.h"
#include "common/dataset_parts.h"
#include "common/text.h"

#include <math.h>

/* What cannot be done without each part. */
static const struct {
    const char *name, *without;
} parts[OM_PARTS] = {
    [OM_PART_DERIVATIVE] = {"/train/derivative",
                            "the target is the finite difference of the voltage, which the last frame does not have"},
    [OM_PART_STIMULUS] = {"/train/stimulus", "training with known stimulus is impossible, and joint training cannot "
                                             "report how well it found the stimulus"},
    [OM_PART_INPUTS] = {"/circuit/is_input and /circuit/column",
                        "the stimulus drives no neuron: neither joint training nor training with known stimulus is "
                        "possible"},
    [OM_PART_LATTICE] = {"/lattice", "joint training is impossible, and the stimulus cannot be drawn"},
    [OM_PART_TYPES] = {"/circuit/type and /circuit/type_names",
                       "nothing can be reported by cell type, nor how well the embedding separates the types"},
    [OM_PART_TEST] = {"/test/voltage", "errors on frames that were not learned cannot be reported"},
    [OM_PART_TRUTH] = {"/truth", "how well weights, time constants and resting potentials were recovered cannot be "
                                 "reported"},
};

bool om_recording_has(const om_recording *recording, om_recording_part part)
{
    const om_recording_circuit *circuit = &recording->circuit;
    switch (part) {
    case OM_PART_DERIVATIVE: return recording->frames[OM_TRAIN][OM_DERIVATIVE].array.id >= 0;
    case OM_PART_STIMULUS: return recording->frames[OM_TRAIN][OM_STIMULUS].array.id >= 0;
    case OM_PART_INPUTS: return circuit->is_input != NULL;
    case OM_PART_LATTICE: return circuit->position != NULL;
    case OM_PART_TYPES: return circuit->type != NULL;
    case OM_PART_TEST: return recording->frames[OM_TEST][OM_VOLTAGE].array.id >= 0;
    case OM_PART_TRUTH: return recording->has_truth;
    default: return false;
    }
}

const char *om_recording_part_name(om_recording_part part)
{
    return (size_t)part < OM_PARTS ? parts[part].name : "";
}

const char *om_recording_without(om_recording_part part)
{
    return (size_t)part < OM_PARTS ? parts[part].without : "";
}

static void print_number(FILE *stream, const char *name, double value)
{
    if (isnan(value))
        fprintf(stream, ", %s unknown", name);
    else
        fprintf(stream, ", %s %g", name, value);
}

static void print_split(const om_recording *recording, om_split split, FILE *stream)
{
    static const char *const names[OM_SPLITS] = {"train", "test"};
    const om_stored_frames *frames = recording->frames[split];
    if (frames[OM_VOLTAGE].array.id < 0) return;
    int64_t count = frames[OM_VOLTAGE].array.dim[0];
    fprintf(stream, "  %-8s %lld frames, %g s: voltage%s%s\n", names[split], (long long)count,
            (double)count * recording->attributes.delta_t,
            frames[OM_DERIVATIVE].array.id >= 0 ? ", derivative" : ", derivative by finite difference",
            frames[OM_STIMULUS].array.id >= 0 ? ", stimulus" : "");
}

void om_recording_describe(const om_recording *recording, FILE *stream)
{
    const om_recording_attributes *about = &recording->attributes;
    const om_recording_circuit *circuit = &recording->circuit;
    int64_t inputs = 0;
    for (int64_t i = 0; circuit->is_input && i < circuit->neurons; i++) inputs += circuit->is_input[i];

    fprintf(stream, "%s: %s by %s\n", om_text_line(recording->path).text, OM_RECORDING_FORMAT,
            om_text_line(*about->program ? about->program : "an unknown program").text);
    fprintf(stream, "  %-8s %g s", "step", about->delta_t);
    print_number(stream, "noise", about->sigma);
    print_number(stream, "measurement noise", about->measurement_noise);
    fprintf(stream, ", seed %llu\n", (unsigned long long)about->seed);
    print_split(recording, OM_TRAIN, stream);
    print_split(recording, OM_TEST, stream);
    fprintf(stream, "  %-8s %lld neurons (%lld inputs), %lld synapses", "circuit", (long long)circuit->neurons,
            (long long)inputs, (long long)circuit->synapses);
    if (circuit->type) fprintf(stream, ", %lld cell types", (long long)circuit->types);
    fprintf(stream, "\n  %-8s %lld columns\n", "eye", (long long)circuit->columns);
    if (recording->has_truth) fprintf(stream, "  %-8s for reports only\n", "truth");
    for (om_recording_part part = 0; part < OM_PARTS; part++)
        if (!om_recording_has(recording, part)) fprintf(stream, "  no %s: %s\n", parts[part].name, parts[part].without);
}
