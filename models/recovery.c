/* The two read-outs of a trained model: the arithmetic is in readout.c, here the model is run where they want to see
 * it. */
#include "config.h"
#include "recovery.h"
#include "readout.h"
#include "watch.h"

#include <math.h>
#include <string.h>

void om_recovery_clear(om_recovery *r)
{
    tn_free(r->weight);
    tn_free(r->time_constant);
    tn_free(r->resting_potential);
    tn_free(r->input_gain);
    tn_free(r->identifiable);
    tn_free(r->slope_g);
    tn_free(r->slope_f);
    tn_free(r->offset_f);
    tn_free(r->slope_message);
    *r = (om_recovery){0};
}

bool om_recovery_allocate(om_recovery *r, const om_joint *joint)
{
    *r = (om_recovery){.neurons = joint->wiring.neurons, .synapses = joint->wiring.synapses, .fit_r2 = NAN};
    r->weight = om_array(r->synapses, sizeof *r->weight);
    r->time_constant = om_array(r->neurons, sizeof *r->time_constant);
    r->resting_potential = om_array(r->neurons, sizeof *r->resting_potential);
    return r->weight && r->time_constant && r->resting_potential;
}

static om_values raw_weights(const tn_params *params)
{
    return (om_values){tn_params_data(params, "W"), tn_params_dtype(params)};
}

/* ---- running the model on frames of the data ---- */

enum { CHUNK = 8 };

typedef struct probe {
    const om_joint *joint;
    const om_data *data;
    tn_dtype number;
    tn_graph *graph;
    tn_plan *plan;
    om_field *field; /* NULL where the stimulus is known */
    void *voltage, *stimulus;
} probe;

static void probe_end(probe *p)
{
    tn_plan_free(p->plan);
    tn_graph_free(p->graph);
    om_field_free(p->field);
    tn_free(p->voltage);
    tn_free(p->stimulus);
}

static tn_status probe_begin(probe *p, const om_joint *joint, tn_params *params, const om_data *data, tn_error *error)
{
    size_t size = tn_dtype_size(tn_params_dtype(params));
    *p = (probe){.joint = joint, .data = data, .number = tn_params_dtype(params),
                 .graph = tn_graph_new(tn_params_dtype(params))};
    p->voltage = om_array(CHUNK * joint->wiring.neurons, size);
    p->stimulus = om_array(CHUNK * joint->wiring.columns, size);
    if (!p->graph || !p->voltage || !p->stimulus) return tn_fail(error, TN_ENOMEM, "no memory to look at the model");
    om_joint_predict(joint, p->graph, params, CHUNK, true);
    p->plan = tn_plan_new(p->graph, 0, error);
    if (!data->stimulus) p->field = om_field_new(joint, params, CHUNK, error);
    if (!p->plan || (!data->stimulus && !p->field)) return tn_fail(error, TN_ENOMEM, "no memory to look at the model");
    return tn_bind(p->plan, "voltage", p->voltage, error);
}

/* Runs up to CHUNK frames; the results are those of the plan. */
static tn_status probe_run(probe *p, int64_t n, const int64_t *wanted, tn_error *error)
{
    int64_t frame[CHUNK];
    for (int64_t k = 0; k < CHUNK; k++) frame[k] = wanted[k < n ? k : n - 1]; /* the last one fills the chunk */
    tn_status status = p->data->voltage(p->data->user, n, frame, p->voltage, error);
    const void *stimulus = p->stimulus;
    if (!status && p->data->stimulus)
        status = p->data->stimulus(p->data->user, n, frame, p->stimulus, error);
    else if (!status && !(stimulus = om_field_at(p->field, frame, error)))
        status = om_failure(error);
    if (!status) status = om_watch_ask(p->data->watch, error);
    if (!status) status = tn_bind(p->plan, "stimulus", stimulus, error);
    return status ? status : tn_run(p->plan, error);
}

static om_values result(const probe *p, const char *name)
{
    return (om_values){tn_result(p->plan, name), p->number};
}

/* ---- in distribution ---- */

static tn_status gather(probe *p, om_readout *readout, om_frames visited, tn_error *error)
{
    tn_status status = TN_OK;
    for (int64_t i = 0; i < visited.count && !status; i += CHUNK) {
        int64_t frame[CHUNK], n = visited.count - i < CHUNK ? visited.count - i : CHUNK;
        for (int64_t k = 0; k < n; k++) frame[k] = om_frame_at(visited, i + k);
        status = probe_run(p, n, frame, error);
        om_states states = {.v = {p->voltage, p->number}, .m = result(p, "message"), .I = result(p, "seen"),
                            .f = result(p, "predicted_derivative"), .g2 = result(p, "activation")};
        if (!status) om_readout_add(readout, &states, n);
    }
    return status;
}

static tn_status solve(const om_readout *readout, const om_joint *joint, const tn_params *params, om_recovery *r,
                       tn_error *error)
{
    om_picture picture = {0};
    tn_status status = om_readout_solve(readout, &picture, error);
    om_recovered out = {r->weight, r->time_constant, r->resting_potential, r->input_gain};
    if (!status) status = om_recover(&out, &picture, &joint->wiring, raw_weights(params), error);
    if (!status) {
        om_identifiable_synapses(r->identifiable, &picture, &joint->wiring);
        r->fit_r2 = om_lower_median(picture.f_r2, r->neurons);
    }
    om_picture_free(&picture);
    return status;
}

tn_status om_recover_in_distribution(const om_joint *joint, tn_params *params, const om_data *data, int64_t count,
                                     om_recovery *r, tn_error *error)
{
    probe p = {0};
    om_readout *readout = om_readout_new(&joint->wiring, error);
    *r = (om_recovery){0};
    bool enough = readout && om_recovery_allocate(r, joint);
    if (enough) enough = (r->identifiable = om_array(r->synapses, sizeof *r->identifiable));
    if (enough) enough = (r->input_gain = om_array(r->neurons, sizeof *r->input_gain));
    tn_status status = enough ? probe_begin(&p, joint, params, data, error)
                              : tn_fail(error, TN_ENOMEM, "no memory for a read-out");
    if (!status) status = gather(&p, readout, om_probe_frames(data->frames, 0, data->frames - 1, count), error);
    if (!status) status = solve(readout, joint, params, r, error);
    probe_end(&p);
    om_readout_free(readout);
    return status;
}

/* ---- as published: slopes over grids of their own ---- */

enum { GRID = 1000, STRIP = 50 }; /* points of a grid, and how many of them at a time */

/* One neuron's grid: the first and the last of its points. */
typedef struct grid {
    double first, last;
} grid;

static double point(const grid *g, int i)
{
    return g->first + (g->last - g->first) * i / (GRID - 1);
}

/* Sums for the slope and offset of y over a grid. Its points are taken from the middle, where their sum is 0, so there
 * is no cancellation. */
typedef struct sums {
    double xx, xy, y;
} sums;

static void finish_line(const grid *g, const sums *s, double *slope, double *offset)
{
    /* The published bound, on n sum x^2 - (sum x)^2 = n xx. */
    bool flat = fabs(GRID * s->xx) <= 1e-12;
    double middle = (g->first + g->last) / 2;
    *slope = flat ? 0 : s->xy / s->xx;
    if (offset) *offset = flat ? 0 : s->y / GRID - *slope * middle;
}

/* Runs output `name` of the probe graph over the grids [N], STRIP points at a time, and sums. */
static tn_status sum_over_grids(tn_plan *plan, tn_dtype number, void *voltage, const char *name, const grid *grids,
                                sums *total, int64_t neurons, const om_watch *watch, tn_error *error)
{
    tn_status status = TN_OK;
    for (int first = 0; first < GRID && !status; first += STRIP) {
        for (int64_t i = 0; i < neurons; i++)
            for (int k = 0; k < STRIP; k++) om_value_put(voltage, number, i * STRIP + k, point(&grids[i], first + k));
        status = om_watch_ask(watch, error);
        if (!status) status = tn_run(plan, error);
        om_values y = {tn_result(plan, name), number};
        for (int64_t i = 0; i < neurons && !status; i++)
            for (int k = 0; k < STRIP; k++) {
                double x = point(&grids[i], first + k) - (grids[i].first + grids[i].last) / 2;
                double f = om_value_at(y, i * STRIP + k);
                total[i].xx += x * x;
                total[i].xy += x * f;
                total[i].y += f;
            }
    }
    return status;
}

static tn_status measure_slopes(const om_joint *joint, tn_params *params, const double *mean, const double *sd,
                                om_recovery *r, const om_watch *watch, tn_error *error)
{
    int64_t n = r->neurons;
    tn_dtype number = tn_params_dtype(params);
    tn_graph *graph = tn_graph_new(number);
    grid *grids = om_array(n, sizeof *grids);
    sums *total = om_array(n, sizeof *total);
    void *voltage = om_array(n * STRIP, tn_dtype_size(number));
    tn_plan *plan = NULL;
    if (graph && grids && total && voltage) {
        om_joint_probe(joint, graph, params, STRIP);
        plan = tn_plan_new(graph, 0, error);
    }
    tn_status status = plan ? tn_bind(plan, "voltage", voltage, error)
                            : tn_fail(error, TN_ENOMEM, "no memory for grids of %lld neurons", (long long)n);
    for (int64_t i = 0; i < n && !status; i++) {
        bool active = mean[i] + sd[i] > 0;
        grids[i] = (grid){active ? fmax(mean[i] - 2 * sd[i], 0) : 0, active ? mean[i] + 2 * sd[i] : 1};
    }
    if (!status) status = sum_over_grids(plan, number, voltage, "g", grids, total, n, watch, error);
    for (int64_t i = 0; i < n && !status; i++) {
        finish_line(&grids[i], &total[i], &r->slope_g[i], NULL);
        if (!(mean[i] + sd[i] > 0)) r->slope_g[i] = 1;
        grids[i] = (grid){mean[i] - 2 * sd[i], mean[i] + 2 * sd[i]};
        total[i] = (sums){0};
    }
    if (!status) status = sum_over_grids(plan, number, voltage, "f", grids, total, n, watch, error);
    for (int64_t i = 0; i < n && !status; i++) finish_line(&grids[i], &total[i], &r->slope_f[i], &r->offset_f[i]);
    tn_plan_free(plan);
    tn_graph_free(graph);
    tn_free(grids);
    tn_free(total);
    tn_free(voltage);
    return status;
}

/* d_i: the median of df/dm over 8 frames, or over all of a short recording. */
static tn_status measure_message(probe *p, om_recovery *r, tn_error *error)
{
    int64_t n = r->neurons;
    om_frames visited = om_probe_frames(p->data->frames, p->data->frames / 10, p->data->frames - 100, 8);
    double *slope = om_array(n * visited.count, sizeof *slope);
    tn_status status = slope ? TN_OK : tn_fail(error, TN_ENOMEM, "no memory for slopes");
    for (int64_t k = 0; k < visited.count && !status; k++) {
        int64_t frame = om_frame_at(visited, k);
        status = probe_run(p, 1, &frame, error);
        om_values found = result(p, "grad_message");
        for (int64_t i = 0; i < n && !status; i++) slope[i * visited.count + k] = om_value_at(found, i);
    }
    for (int64_t i = 0; i < n && !status; i++)
        r->slope_message[i] = om_lower_median(slope + i * visited.count, visited.count);
    tn_free(slope);
    return status;
}

tn_status om_recover_as_published(const om_joint *joint, tn_params *params, const om_data *data, const double *mean,
                                  const double *sd, om_recovery *r, tn_error *error)
{
    probe p = {0};
    bool enough = om_recovery_allocate(r, joint);
    double **arrays[] = {&r->slope_g, &r->slope_f, &r->offset_f, &r->slope_message};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays && enough; i++)
        enough = (*arrays[i] = om_array(r->neurons, sizeof **arrays[i]));
    tn_status status = enough ? probe_begin(&p, joint, params, data, error)
                              : tn_fail(error, TN_ENOMEM, "no memory for a read-out");
    if (!status) status = measure_message(&p, r, error);
    if (!status) status = measure_slopes(joint, params, mean, sd, r, data->watch, error);
    om_recovered out = {r->weight, r->time_constant, r->resting_potential, NULL};
    om_published published = {r->slope_g, r->slope_f, r->offset_f, r->slope_message};
    if (!status) status = om_recover_published(&out, &published, &joint->wiring, raw_weights(params), error);
    probe_end(&p);
    return status;
}
