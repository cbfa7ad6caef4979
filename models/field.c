/* The SIREN's stimulus at given frames, and how well it agrees with the truth. */
#include "config.h"
#include "recovery.h"

struct om_field {
    const om_joint *joint;
    int64_t frames;
    tn_dtype number;
    tn_graph *graph;
    tn_plan *plan;
    void *coordinates;
};

void om_field_free(om_field *field)
{
    if (!field) return;
    tn_plan_free(field->plan);
    tn_graph_free(field->graph);
    tn_free(field->coordinates);
    tn_free(field);
}

om_field *om_field_new(const om_joint *joint, tn_params *params, int64_t frames, tn_error *error)
{
    if (!joint->spec.joint) {
        tn_fail(error, TN_EINVAL, "this model has no SIREN: its stimulus is given");
        return NULL;
    }
    om_field *field = tn_alloc(sizeof *field);
    if (field) {
        *field = (om_field){.joint = joint, .frames = frames, .number = tn_params_dtype(params),
                            .graph = tn_graph_new(tn_params_dtype(params))};
        field->coordinates = om_array(joint->wiring.columns * frames * 3, tn_dtype_size(field->number));
        if (field->graph && field->coordinates) {
            om_joint_field(joint, field->graph, params, frames);
            field->plan = tn_plan_new(field->graph, 0, error);
            if (field->plan && tn_bind(field->plan, "coordinates", field->coordinates, error) == TN_OK) return field;
        }
    }
    om_field_free(field);
    tn_fail(error, TN_ENOMEM, "no memory for a stimulus of %lld frames", (long long)frames);
    return NULL;
}

const void *om_field_at(om_field *field, const int64_t *frame, tn_error *error)
{
    om_joint_coordinates(field->joint, field->number, field->frames, frame, field->coordinates);
    return tn_run(field->plan, error) ? NULL : tn_result(field->plan, "field");
}

/* ---- agreement with the truth ---- */

enum { CHUNK = 16 };

om_score om_score_of(const om_line *line)
{
    return (om_score){.count = line->count, .r2 = line->r2, .slope = line->slope, .offset = line->offset,
                      .r2_identity = line->r2_identity};
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
        status = predicted ? truth->stimulus(truth->user, n, frame, true_stimulus, error) : TN_ENOMEM;
        /* The truth is on the left of this line: true = a predicted + b. */
        if (!status)
            om_moments_add(&moments, (om_values){predicted, number}, (om_values){true_stimulus, number}, NULL,
                           n * joint->wiring.columns);
    }
    om_line line = om_line_of(&moments);
    *score = om_score_of(&line);
    /* R2 against the identity line compares with the truth's own variance, whichever side it stands on. */
    if (!status && moments.yy > 0) score->r2_identity = 1 - moments.difference / moments.yy;
    om_field_free(field);
    tn_free(true_stimulus);
    return status;
}
