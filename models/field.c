/* The SIREN's stimulus at given frames, and how well it agrees with the truth. */
#include "config.h"
#include "recovery.h"
#include "watch.h"

#include <string.h>

/* The network of one window. */
typedef struct network {
    tn_graph *graph;
    tn_plan *plan;
} network;

struct om_field {
    const om_joint *joint;
    int64_t frames;
    tn_dtype number;
    void *coordinates; /* [C, frames, 3] */
    om_blend *blend;   /* [frames] */
    void *stimulus;    /* [frames, C] */
    int windows;
    network network[];
};

void om_field_free(om_field *field)
{
    if (!field) return;
    for (int k = 0; k < field->windows; k++) {
        tn_plan_free(field->network[k].plan);
        tn_graph_free(field->network[k].graph);
    }
    tn_free(field->coordinates);
    tn_free(field->blend);
    tn_free(field->stimulus);
    tn_free(field);
}

static tn_status make_network(om_field *field, int window, tn_params *params, tn_error *error)
{
    network *n = &field->network[window];
    n->graph = tn_graph_new(field->number);
    if (!n->graph) return TN_ENOMEM; /* the caller says what for */
    om_joint_field(field->joint, window, n->graph, params, field->frames);
    n->plan = tn_plan_new(n->graph, 0, error);
    return n->plan ? tn_bind(n->plan, "coordinates", field->coordinates, error) : TN_ENOMEM;
}

om_field *om_field_new(const om_joint *joint, tn_params *params, int64_t frames, tn_error *error)
{
    if (!joint->spec.joint) {
        tn_fail(error, TN_EINVAL, "this model has no SIREN: its stimulus is given");
        return NULL;
    }
    int windows = joint->spec.siren.windows;
    om_field *field = tn_alloc(sizeof *field + (size_t)windows * sizeof *field->network);
    if (field) {
        size_t size = tn_dtype_size(tn_params_dtype(params));
        field->joint = joint;
        field->frames = frames;
        field->number = tn_params_dtype(params);
        field->windows = windows;
        field->coordinates = om_array(joint->wiring.columns * frames * 3, size);
        field->blend = om_array(frames, sizeof *field->blend);
        field->stimulus = om_array(joint->wiring.columns * frames, size);
        tn_status status = field->coordinates && field->blend && field->stimulus ? TN_OK : TN_ENOMEM;
        for (int k = 0; k < windows && !status; k++) status = make_network(field, k, params, error);
        if (!status) return field;
    }
    om_field_free(field);
    tn_fail(error, TN_ENOMEM, "no memory for a stimulus of %lld frames", (long long)frames);
    return NULL;
}

/* Adds what the network of a window says of frame k, times its weight. */
static void add(const om_field *field, const void *values, int64_t k, double weight)
{
    int64_t columns = field->joint->wiring.columns;
    for (int64_t i = k * columns; i < (k + 1) * columns; i++)
        if (field->number == TN_F64) ((double *)field->stimulus)[i] += weight * ((const double *)values)[i];
        else ((float *)field->stimulus)[i] += (float)weight * ((const float *)values)[i];
}

const void *om_field_at(om_field *field, const int64_t *frame, tn_error *error)
{
    memset(field->stimulus, 0, (size_t)(field->frames * field->joint->wiring.columns) * tn_dtype_size(field->number));
    for (int64_t k = 0; k < field->frames; k++) field->blend[k] = om_joint_blend(field->joint, frame[k]);
    for (int window = 0; window < field->windows; window++) {
        tn_plan *plan = NULL; /* until the first frame of this window */
        for (int64_t k = 0; k < field->frames; k++)
            for (int i = 0; i < field->blend[k].n; i++) {
                if (field->blend[k].window[i] != window) continue;
                if (!plan) {
                    plan = field->network[window].plan;
                    om_joint_coordinates(field->joint, window, field->number, field->frames, frame, field->coordinates);
                    if (tn_run(plan, error)) return NULL;
                }
                add(field, tn_result(plan, "field"), k, field->blend[k].weight[i]);
            }
    }
    return field->stimulus;
}

/* ---- agreement with the truth ---- */

enum { CHUNK = 16 };

om_score om_score_of(const om_line *line)
{
    return (om_score){.count = line->count, .r2 = line->r2, .slope = line->slope, .offset = line->offset,
                      .r2_identity = line->r2_identity};
}

om_score om_stimulus_score(const om_moments *moments)
{
    om_line line = om_line_of(moments);
    om_score score = om_score_of(&line);
    /* R2 against the identity line compares with the truth's own variance, whichever side it stands on. */
    if (moments->count) score.r2_identity = moments->yy > 0 ? 1 - moments->difference / moments->yy : 0;
    return score;
}

tn_status om_score_movie(const float *movie, int64_t columns, int64_t frames, const om_data *truth, om_score *score,
                         tn_error *error)
{
    float *true_stimulus = om_array(CHUNK * columns, sizeof *true_stimulus);
    om_moments moments = {0};
    tn_status status = true_stimulus ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a stimulus");
    for (int64_t first = 0; first < frames && !status; first += CHUNK) {
        int64_t frame[CHUNK], n = frames - first < CHUNK ? frames - first : CHUNK;
        for (int64_t k = 0; k < n; k++) frame[k] = first + k;
        status = truth->stimulus(truth->user, n, frame, true_stimulus, error);
        if (!status)
            om_moments_add(&moments, (om_values){movie + first * columns, TN_F32}, (om_values){true_stimulus, TN_F32},
                           NULL, n * columns);
        if (!status) status = om_watch_ask(truth->watch, error);
    }
    *score = om_stimulus_score(&moments);
    tn_free(true_stimulus);
    return status;
}

tn_status om_score_stimulus(const om_joint *joint, tn_params *params, int64_t last, int64_t count,
                            const om_data *truth, om_score *score, tn_error *error)
{
    om_frames visited = om_probe_frames(last + 1, 0, last, count);
    om_field *field = om_field_new(joint, params, CHUNK, error);
    tn_dtype number = tn_params_dtype(params);
    void *true_stimulus = om_array(CHUNK * joint->wiring.columns, tn_dtype_size(number));
    om_moments moments = {0};
    tn_status status = field && true_stimulus ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for a stimulus");
    for (int64_t i = 0; i < visited.count && !status; i += CHUNK) {
        int64_t frame[CHUNK], n = visited.count - i < CHUNK ? visited.count - i : CHUNK;
        for (int64_t k = 0; k < CHUNK; k++) frame[k] = om_frame_at(visited, i + (k < n ? k : n - 1));
        const void *predicted = om_field_at(field, frame, error);
        status = predicted ? truth->stimulus(truth->user, n, frame, true_stimulus, error) : om_failure(error);
        if (!status)
            om_moments_add(&moments, (om_values){predicted, number}, (om_values){true_stimulus, number}, NULL,
                           n * joint->wiring.columns);
        if (!status) status = om_watch_ask(truth->watch, error);
    }
    *score = om_stimulus_score(&moments);
    om_field_free(field);
    tn_free(true_stimulus);
    return status;
}
