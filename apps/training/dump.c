/* --dump-step. */
#include "config.h"
#include "training/dump.h"
#include "common/no_memory.h"
#include "common/output.h"
#include "training/batch.h"
#include "training/course.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FRAMES = 1024, NAME = 160 };

static tn_status parse_frames(const char *text, int64_t limit, int64_t *frame, int64_t *n, tn_error *error)
{
    *n = 0;
    for (const char *at = text;; at++) {
        char *end;
        errno = 0;
        long long value = strtoll(at, &end, 10);
        if (end == at || errno || value < 0 || value >= limit || (*end && *end != ',') || *n == MAX_FRAMES)
            return tn_fail(error, TN_EINVAL,
                           "--frames %.60s: wanted are at most %d numbers of 0 to %lld between commas", text,
                           MAX_FRAMES, (long long)limit - 1);
        frame[(*n)++] = value;
        if (!*end) return TN_OK;
        at = end;
    }
}

static tn_status load_run(om_experiment *e, const char *run, om_progress *progress, tn_error *error)
{
    om_checkpoint *checkpoint = om_checkpoint_newest(run, progress, error);
    tn_status status = checkpoint ? om_experiment_restore(e, checkpoint, NULL, error) : error->status;
    char how[120];
    if (!status && om_experiment_differs(e, checkpoint, how))
        om_progress_warn(progress, "%s was trained on another recording than the one given: %s", run, how);
    om_checkpoint_free(checkpoint);
    return status;
}

/* The list of tensors to write, with names of its own. */
typedef struct listing {
    int n;
    tn_tensor *tensor; /* [n] with room for all there are */
    char (*name)[NAME];
} listing;

static bool begin_listing(listing *l, const om_experiment *e)
{
    enum { OTHERS = 16 }; /* besides parameters, gradients and terms */
    size_t room = 2 * (size_t)tn_params_count(e->params) + OM_TERMS + OTHERS;
    *l = (listing){.tensor = calloc(room, sizeof *l->tensor), .name = calloc(room, sizeof *l->name)};
    return l->tensor && l->name;
}

static void end_listing(listing *l)
{
    free(l->tensor);
    free(l->name);
}

static void add(listing *l, const char *prefix, const char *name, tn_dtype dtype, tn_shape shape, const void *data)
{
    snprintf(l->name[l->n], NAME, "%s%s", prefix, name);
    l->tensor[l->n] = (tn_tensor){l->name[l->n], dtype, shape, data};
    l->n++;
}

static void list(listing *l, const om_experiment *e, const tn_plan *plan, int64_t n)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    for (int i = 0; i < tn_params_count(e->params); i++) {
        tn_param_info info = tn_params_at(e->params, i);
        add(l, "param/", info.name, TN_F32, info.shape, info.data);
        add(l, "grad/", info.name, TN_F32, info.shape, info.grad);
    }
    for (int i = 0; i < OM_TERMS; i++) {
        char name[64];
        snprintf(name, sizeof name, "term/%s", om_term_names[i]);
        add(l, "", name, TN_F32, TN_SCALAR, tn_result(plan, name));
    }
    add(l, "", "term/prediction", TN_F32, TN_SCALAR, tn_result(plan, "term/prediction"));
    add(l, "", "loss", TN_F32, TN_SCALAR, tn_result(plan, "loss"));
    add(l, "", "field", TN_F32, TN_SHAPE(n, c->columns), tn_result(plan, "field"));
    add(l, "", "message", TN_F32, TN_SHAPE(n, c->neurons), tn_result(plan, "message"));
    add(l, "", "predicted_derivative", TN_F32, TN_SHAPE(n, c->neurons), tn_result(plan, "predicted_derivative"));
}

/* Writes what was listed, or with --dry-run says what would be. */
static tn_status write_listing(const listing *l, const om_experiment *e, const om_dump *dump, tn_error *error)
{
    double bytes = 0;
    for (int i = 0; i < l->n; i++)
        bytes += (double)tn_shape_size(l->tensor[i].shape) * (double)tn_dtype_size(l->tensor[i].dtype);
    if (dump->dry_run) {
        printf("step      %d tensors, with %s parameters\n"
               "disk      %.1f MB in %s\n",
               l->n, dump->run ? "the run's" : "initial", bytes / 1e6, dump->path);
        return TN_OK;
    }
    char *config = om_config_text(e->config), *target = om_output_target(dump->path);
    const tn_pair meta[] = {{"format", "step/1"}, {"program", PACKAGE_STRING}, {"config", config}};
    tn_status status = config && target
                           ? tn_file_write(target, l->n, l->tensor, sizeof meta / sizeof *meta, meta, error)
                           : om_no_memory(NULL, error);
    free(config);
    free(target);
    return status;
}

/* Runs the step on n frames and writes it. */
static tn_status make_step(om_experiment *e, tn_plan *plan, const om_dump *dump, int64_t n, const int64_t *frame,
                           tn_error *error)
{
    om_batch batch;
    float *coefficients = tn_alloc(OM_COEFFICIENTS * sizeof *coefficients);
    listing l;
    int32_t frame32[MAX_FRAMES];
    tn_status status = om_batch_of(&batch, e, n, frame, error);
    if (!begin_listing(&l, e) || !coefficients) status = om_no_memory(NULL, error);
    if (!status) {
        om_batch_bind(&batch, plan);
        om_experiment_bind(e, plan);
        om_course_coefficients(e->config, e->config->training.steps - 1, coefficients);
        tn_bind(plan, "coefficients", coefficients, NULL);
        status = tn_run(plan, error);
    }
    if (!status) {
        list(&l, e, plan, n);
        if (e->neuron_weight)
            add(&l, "", "neuron_weight", TN_F32, TN_SHAPE(om_recording_circuit_of(e->recording)->neurons),
                e->neuron_weight);
        for (int64_t i = 0; i < n; i++) frame32[i] = (int32_t)frame[i];
        add(&l, "", "frames", TN_I32, TN_SHAPE(n), frame32);
        status = write_listing(&l, e, dump, error);
    }
    om_batch_clear(&batch);
    tn_free(coefficients);
    end_listing(&l);
    return status;
}

tn_status om_dump_step(om_experiment *e, const om_dump *dump, om_progress *progress, tn_error *error)
{
    int64_t frame[MAX_FRAMES], n;
    tn_status status = parse_frames(dump->frames, e->frames, frame, &n, error);
    if (!status && dump->run) status = load_run(e, dump->run, progress, error);
    if (status) return status;
    tn_graph *g = tn_graph_new(TN_F32);
    if (!g) return tn_fail(error, TN_ENOMEM, "no memory for a graph");
    om_joint_step(e->joint, g, e->params, n, 0, true);
    tn_plan *plan = tn_plan_new(g, 0, error);
    status = plan ? make_step(e, plan, dump, n, frame, error) : error->status;
    tn_plan_free(plan);
    tn_graph_free(g);
    return status;
}
