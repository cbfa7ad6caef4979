/* dataset.h - the file recording.h5: what was recorded, and the circuit it was recorded from (doc/formats.md).
 *
 *     om_recording *recording = om_recording_open("recording.h5", &error);
 *     const om_recording_circuit *circuit = om_recording_circuit_of(recording);
 *     om_recording_frames(recording, OM_TRAIN, OM_VOLTAGE, batch, frame, voltage, &error);
 *     om_recording_close(recording);
 *
 * Sizes: N neurons, E synapses, C columns of the eye, T frames of a split. One thread at a time may use a recording
 * or a writer; it need not be the one that opened it. Nothing is kept in memory that grows with the frames. */
#ifndef OM_DATASET_H
#define OM_DATASET_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum om_split { OM_TRAIN, OM_TEST, OM_SPLITS } om_split;

typedef enum om_recording_series {
    OM_VOLTAGE,    /* [T, N] before the step */
    OM_DERIVATIVE, /* [T, N] per second: the learner's target */
    OM_STIMULUS,   /* [T, C] luminance of each column */
    OM_SERIES_COUNT
} om_recording_series;

/* No recording has values beyond these, whatever its units; and as far as these, the sums of squares that training and
 * reports take over derivatives stay within float32. */
#define OM_LEAST_DELTA_T   1e-6 /* s */
#define OM_MOST_DELTA_T    1e3
#define OM_MOST_VOLTAGE    1e9  /* in size; the same for the stimulus */
#define OM_MOST_DERIVATIVE 1e15 /* in size, per second */

/* Words and numbers about the whole recording. When reading, text is owned by the recording. */
typedef struct om_recording_attributes {
    double delta_t;                  /* seconds between frames, OM_LEAST_DELTA_T to OM_MOST_DELTA_T */
    double sigma, measurement_noise; /* standard deviations; NaN: unknown */
    uint64_t seed;                   /* 0 if unknown */
    const char *config, *program;    /* the whole configuration, name and version of the program; "" if unknown */
} om_recording_attributes;

/* What a learner may know of the circuit and the eye. Absent arrays are NULL; is_input and column, u and v come in
 * pairs. When reading, all is owned by the recording. */
typedef struct om_recording_circuit {
    int64_t neurons, synapses, columns, types;
    const int32_t *source, *target; /* [E] neurons, strictly ascending by (target, source) */
    const uint8_t *is_input;        /* [N] 1: driven by the stimulus of its column */
    const int32_t *column;          /* [N] column of the eye, or -1; inputs have one */
    const int32_t *type;            /* [N] index of its cell type */
    const char *const *type_names;  /* [types] */
    const int32_t *u, *v;           /* [C] */
    const float *position;          /* [C, 2] in the plane; when reading, computed from u and v if it is not stored */
} om_recording_circuit;

/* What the learner must not see. Absent arrays are NULL. */
typedef struct om_recording_truth {
    float *weight;            /* [E] */
    float *time_constant;     /* [N] seconds */
    float *resting_potential; /* [N] */
    uint8_t *is_null;         /* [E] 1: a synapse that does nothing */
} om_recording_truth;

/* ---- 1. Writing --------------------------------------------------------------------------------------------- */

/* What a new recording will hold; all of it is borrowed, until om_recording_create returns. */
typedef struct om_recording_plan {
    om_recording_attributes attributes;
    om_recording_circuit circuit;
    const om_recording_truth *truth; /* or NULL */
    int64_t frames[OM_SPLITS];       /* T of each; no frames, no such split (train needs some) */
    bool has[OM_SERIES_COUNT];       /* which series beside the voltage, which is always there */
    bool compress;                   /* smaller, and slower to read at random */
    bool overwrite;                  /* an existing file may be replaced */
} om_recording_plan;

/* Bytes of the frames, beside which the rest is nothing. Of the plan it takes frames, has, and neurons and columns of
 * the circuit. Compressed frames may need as much, but seldom do. */
double om_recording_bytes(const om_recording_plan *plan);

/* Whether the recording fits where path is to be: for programs that have much to do before they write. One that is
 * compressed is not refused, as nobody knows its size before. Errors: TN_EIO it does not fit; TN_ENOMEM. */
tn_status om_recording_space(const char *path, const om_recording_plan *plan, tn_error *error);

typedef struct om_recording_writer om_recording_writer;

/* Begins a recording under a temporary name beside path; circuit and truth are written at once.
 * Errors: TN_EINVAL the file exists, or the plan is not a valid recording (the message names the value);
 *         TN_EIO no room on the disk, or writing failed; TN_ENOMEM. */
om_recording_writer *om_recording_create(const char *path, const om_recording_plan *plan, tn_error *error);

/* Appends n frames to a split. series[OM_VOLTAGE] [n, N], series[OM_DERIVATIVE] [n, N], series[OM_STIMULUS] [n, C];
 * those the plan has, and no others.
 * Errors: TN_EINVAL more frames than planned, or a series too many or too few; TN_ENUMERIC a value is not finite or
 *         beyond the limits above (the message names split, frame and neuron or column); TN_EIO. */
tn_status om_recording_append(om_recording_writer *writer, om_split split, int64_t n,
                              const float *const series[OM_SERIES_COUNT], tn_error *error);

/* Ends the recording: closed, opened and read again, synced, and given its name. The writer is freed in any case, and
 * on error there is no new file. Errors: TN_EINVAL frames are missing, or the file has come to exist; TN_EIO. */
tn_status om_recording_finish(om_recording_writer *writer, tn_error *error);

/* Gives up: the temporary file is removed and the writer freed. NULL is allowed. */
void om_recording_abandon(om_recording_writer *writer);

/* ---- 2. Reading --------------------------------------------------------------------------------------------- */

typedef struct om_recording om_recording;

/* Opens a recording and checks all of it but the frames and the truth. Numbers of any HDF5 type are converted.
 * Errors: TN_EIO it cannot be opened; TN_EFORMAT it is no recording/1: a part is missing, has another shape or type
 *         than its neighbours ask for, an index is out of range, a value is not finite, synapses are out of order (the
 *         message names file, part, the first bad value and what was expected); TN_ENOMEM. */
om_recording *om_recording_open(const char *path, tn_error *error);
void om_recording_close(om_recording *recording);

/* The path it was opened by. */
const char *om_recording_path(const om_recording *recording);
const om_recording_attributes *om_recording_attributes_of(const om_recording *recording);
const om_recording_circuit *om_recording_circuit_of(const om_recording *recording);

/* Parts a recording can do without. */
typedef enum om_recording_part {
    OM_PART_DERIVATIVE, /* of training; without it the finite difference of the voltage is the target */
    OM_PART_STIMULUS,   /* of training */
    OM_PART_INPUTS,     /* is_input and column */
    OM_PART_LATTICE,    /* positions of the columns */
    OM_PART_TYPES,      /* type and type_names */
    OM_PART_TEST,       /* voltage of the test split */
    OM_PART_TRUTH,      /* anything under /truth */
    OM_PARTS
} om_recording_part;

bool om_recording_has(const om_recording *recording, om_recording_part part);
/* Where it would be, "/train/stimulus". */
const char *om_recording_part_name(om_recording_part part);
/* A sentence on what cannot be done without the part. */
const char *om_recording_without(om_recording_part part);
/* Prints what is there and what is not, with those sentences. */
void om_recording_describe(const om_recording *recording, FILE *stream);

/* Whether every column of the eye has a place of its own, by /lattice/u and v and by /lattice/position.
 * Errors: TN_EFORMAT, naming two that have not; TN_ENOMEM. */
tn_status om_recording_check_places(const om_recording *recording, tn_error *error);

/* Frames of a series that can be read, 0 if there is none. A derivative that is not stored is the finite difference
 * (v(t+1) - v(t)) / delta_t, which the last frame does not have: T - 1. */
int64_t om_recording_length(const om_recording *recording, om_split split, om_recording_series series);

/* Of two such lengths. */
static inline int64_t om_smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Reads n frames, in any order: out [n, N], or [n, C] for the stimulus. One read of the file a frame, without a copy,
 * if the file is as om_recording_create writes it.
 * Errors: TN_EINVAL a frame that does not exist; TN_EFORMAT a value is not finite or beyond the limits above (the
 *         message names file, dataset, frame, and neuron or column); TN_EIO. */
tn_status om_recording_frames(om_recording *recording, om_split split, om_recording_series series, int64_t n,
                              const int64_t *frame, float *out, tn_error *error);
/* The same for the n frames from first on. */
tn_status om_recording_block(om_recording *recording, om_split split, om_recording_series series, int64_t first,
                             int64_t n, float *out, tn_error *error);

/* Mean and standard deviation (n-1) of each neuron's training voltage, in double: mean [N], sd [N]; and its highest
 * value: highest [N]. xnorm is 1.5 times the standard deviation (n-1) over all neurons and frames together. One pass
 * over the file; the same bits on any number of threads. Errors: TN_EFORMAT fewer than 2 frames; those of
 * om_recording_block; TN_ENOMEM. */
tn_status om_recording_statistics(om_recording *recording, double *mean, double *sd, float *highest, double *xnorm,
                                  tn_error *error);

/* Reads what is under /truth, and nothing else does: not for learning, only to report. Parts that are absent are
 * NULL. Free with om_recording_truth_free. Errors: as for om_recording_open. */
tn_status om_recording_read_truth(om_recording *recording, om_recording_truth *truth, tn_error *error);
void om_recording_truth_free(om_recording_truth *truth);

#ifdef __cplusplus
}
#endif
#endif
