/* The stimulus that the equations of the input neurons ask for. */
#include "config.h"
#include "recovery.h"
#include "watch.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 32 }; /* frames at a time */

typedef struct solving {
    const om_joint *joint;
    const om_data *data;
    om_field *field;
    tn_graph *graph;
    tn_plan *plan;
    tn_dtype number;
    void *whole;                        /* [CHUNK, N] all neurons of some frames */
    void *voltage, *derivative, *before; /* [CHUNK, inputs], likewise, [CHUNK, presynaptic] */
} solving;

static void end(solving *s)
{
    om_field_free(s->field);
    tn_plan_free(s->plan);
    tn_graph_free(s->graph);
    tn_free(s->whole);
    tn_free(s->voltage);
    tn_free(s->derivative);
    tn_free(s->before);
}

static tn_status begin(solving *s, const om_joint *joint, tn_params *params, const om_data *data, tn_error *error)
{
    size_t size = tn_dtype_size(tn_params_dtype(params));
    *s = (solving){.joint = joint, .data = data, .number = tn_params_dtype(params)};
    if (!data->derivative) return tn_fail(error, TN_EINVAL, "solving for the stimulus needs the derivative");
    s->field = om_field_new(joint, params, CHUNK, error);
    if (!s->field) return om_failure(error);
    s->graph = tn_graph_new(s->number);
    s->whole = om_array(CHUNK * joint->wiring.neurons, size);
    s->voltage = om_array(CHUNK * joint->part.n_inputs, size);
    s->derivative = om_array(CHUNK * joint->part.n_inputs, size);
    s->before = om_array(CHUNK * joint->part.n_presynaptic, size);
    if (!s->graph || !s->whole || !s->voltage || !s->derivative || !s->before)
        return tn_fail(error, TN_ENOMEM, "no memory to solve for the stimulus of %d frames", CHUNK);
    om_joint_solve(joint, s->graph, params, CHUNK);
    s->plan = tn_plan_new(s->graph, 0, error);
    if (!s->plan) return om_failure(error);
    tn_bind(s->plan, "input_voltage", s->voltage, NULL);
    tn_bind(s->plan, "input_derivative", s->derivative, NULL);
    return tn_bind(s->plan, "presynaptic_voltage", s->before, error);
}

/* out [CHUNK, n] = some neurons of the frames in whole. */
static void pick(const solving *s, void *out, const int32_t *neuron, int64_t n)
{
    int64_t neurons = s->joint->wiring.neurons;
    size_t size = tn_dtype_size(s->number);
    for (int64_t k = 0; k < CHUNK; k++)
        for (int64_t i = 0; i < n; i++)
            memcpy((char *)out + (size_t)(k * n + i) * size,
                   (const char *)s->whole + (size_t)(k * neurons + neuron[i]) * size, size);
}

static tn_status load(solving *s, const int64_t *frame, tn_error *error)
{
    const om_input_part *part = &s->joint->part;
    tn_status status = s->data->voltage(s->data->user, CHUNK, frame, s->whole, error);
    if (status) return status;
    pick(s, s->voltage, part->input, part->n_inputs);
    pick(s, s->before, part->presynaptic, part->n_presynaptic);
    status = s->data->derivative(s->data->user, CHUNK, frame, s->whole, error);
    if (!status) pick(s, s->derivative, part->input, part->n_inputs);
    return status;
}

static tn_status keep(const solving *s, int64_t n, const int64_t *frame, float *solved, tn_error *error)
{
    int64_t columns = s->joint->wiring.columns;
    om_values result = {tn_result(s->plan, "solved"), s->number};
    for (int64_t i = 0; i < n * columns; i++) {
        solved[i] = (float)om_value_at(result, i);
        if (!isfinite(solved[i]))
            return tn_fail(error, TN_ENUMERIC, "the stimulus of frame %lld, column %lld is not finite",
                           (long long)frame[i / columns], (long long)(i % columns));
    }
    return TN_OK;
}

static tn_status solve_chunk(solving *s, int64_t n, const int64_t *frame, float *solved, tn_error *error)
{
    int64_t chunk[CHUNK];
    for (int64_t k = 0; k < CHUNK; k++) chunk[k] = frame[k < n ? k : n - 1];
    const void *field = om_field_at(s->field, chunk, error);
    tn_status status = field ? load(s, chunk, error) : om_failure(error);
    if (status) return status;
    tn_bind(s->plan, "field", field, NULL);
    status = tn_run(s->plan, error);
    if (!status) status = keep(s, n, chunk, solved, error);
    return status ? status : om_watch_ask(s->data->watch, error);
}

tn_status om_solve_stimulus(const om_joint *joint, tn_params *params, const om_data *data, int64_t n,
                            const int64_t *frame, float *solved, tn_error *error)
{
    solving s;
    tn_status status = begin(&s, joint, params, data, error);
    for (int64_t first = 0; first < n && !status; first += CHUNK)
        status = solve_chunk(&s, n - first < CHUNK ? n - first : CHUNK, frame + first,
                             solved + first * joint->wiring.columns, error);
    end(&s);
    return status;
}
