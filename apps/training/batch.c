/* Batches: two of them, one in use and one being filled by a thread of its own. */
#include "config.h"
#include "training/batch.h"
#include "common/random_streams.h"
#include "training/order.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static const char *const names[OM_BATCH_BUFFERS] = {
    "voltage", "derivative", "stimulus", "coordinates", "input_voltage", "input_derivative", "presynaptic_voltage",
    "input_stimulus", "selection",
};

void om_batch_bind(const om_batch *batch, tn_plan *plan)
{
    for (int i = 0; i < OM_BATCH_BUFFERS; i++)
        if (batch->buffer[i]) tn_bind(plan, names[i], batch->buffer[i], NULL);
}

/* ---- filling ---- */

typedef struct filling {
    const om_experiment *e;
    const om_solved *given;         /* frames with a stimulus in place of the SIREN's; NULL: none */
    int64_t batch, extra;          /* frames */
    int64_t neurons, columns, inputs, presynaptic;
    const int32_t *input, *pre;    /* neurons */
    int windows;                   /* of the SIREN */
    int64_t slots;                 /* frames of each */
    int64_t *frame;                /* [batch + extra] */
    int64_t *slot;                 /* [batch] which of the input-only frames they are, with more than one window, or of
                                    * those given */
    float *whole;                  /* [N] one frame, before its input neurons are picked */
} filling;

static bool filling_begin(filling *f, const om_experiment *e, int64_t batch, int64_t extra, const om_solved *given)
{
    const om_recording_circuit *c = om_recording_circuit_of(e->recording);
    *f = (filling){.e = e, .batch = batch, .extra = extra, .neurons = c->neurons, .columns = c->columns,
                    .given = given};
    f->inputs = om_joint_inputs(e->joint, &f->input);
    f->presynaptic = om_joint_presynaptic(e->joint, &f->pre);
    f->frame = tn_alloc((size_t)(batch + extra) * sizeof *f->frame);
    f->windows = given ? 1 : om_joint_specification(e->joint)->siren.windows;
    f->slots = given ? 0 : om_joint_slots(e->joint, batch, extra);
    f->slot = tn_alloc((size_t)batch * sizeof *f->slot);
    f->whole = tn_alloc((size_t)f->neurons * sizeof *f->whole);
    return f->frame && f->slot && f->whole;
}

static void filling_end(filling *f)
{
    tn_free(f->frame);
    tn_free(f->slot);
    tn_free(f->whole);
}

static bool allocate(const filling *f, om_batch *batch)
{
    bool joint = f->e->config->model.mode == OM_MODE_JOINT && !f->given;
    const int64_t size[OM_BATCH_BUFFERS] = {
        f->batch * f->neurons, f->batch * f->neurons, joint ? 0 : f->batch * f->columns,
        joint ? f->windows * f->columns * f->slots * 3 : 0, f->extra * f->inputs, f->extra * f->inputs,
        f->extra * f->presynaptic, joint ? 0 : f->extra * f->columns,
        joint && f->windows > 1 ? f->windows * f->slots * f->batch : 0,
    };
    for (int i = 0; i < OM_BATCH_BUFFERS; i++) {
        bool only_extra = i >= OM_BATCH_INPUT_VOLTAGE && i <= OM_BATCH_INPUT_STIMULUS;
        bool wanted = only_extra ? f->extra && (i != OM_BATCH_INPUT_STIMULUS || !joint) : size[i] > 0;
        if (wanted && !(batch->buffer[i] = tn_alloc((size_t)size[i] * sizeof(float)))) return false;
    }
    return true;
}

void om_batch_clear(om_batch *batch)
{
    for (int i = 0; i < OM_BATCH_BUFFERS; i++) tn_free(batch->buffer[i]);
    *batch = (om_batch){0};
}

static void pick(float *out, const float *from, const int32_t *neuron, int64_t n)
{
    for (int64_t i = 0; i < n; i++) out[i] = from[neuron[i]];
}

/* The input neurons, and those before them, of frame k of the input-only ones. */
static tn_status fill_inputs(const filling *f, om_batch *batch, int64_t k, tn_error *error)
{
    om_recording *recording = f->e->recording;
    const int64_t *frame = f->frame + f->batch + k;
    tn_status status = om_recording_frames(recording, OM_TRAIN, OM_VOLTAGE, 1, frame, f->whole, error);
    if (status) return status;
    pick(batch->buffer[OM_BATCH_INPUT_VOLTAGE] + k * f->inputs, f->whole, f->input, f->inputs);
    pick(batch->buffer[OM_BATCH_PRESYNAPTIC_VOLTAGE] + k * f->presynaptic, f->whole, f->pre, f->presynaptic);
    status = om_recording_frames(recording, OM_TRAIN, OM_DERIVATIVE, 1, frame, f->whole, error);
    if (status) return status;
    pick(batch->buffer[OM_BATCH_INPUT_DERIVATIVE] + k * f->inputs, f->whole, f->input, f->inputs);
    return TN_OK;
}

/* The frames that the network of a window evaluates. */
static const int64_t *slots_of(const filling *f, int window)
{
    return f->windows == 1 || !f->extra ? f->frame : f->frame + f->batch + window * f->slots;
}

/* Where the frames of the batch stand among the slots. Without input-only frames, each window has them all. */
static void fill_selection(const filling *f, float *selection)
{
    memset(selection, 0, (size_t)(f->windows * f->slots * f->batch) * sizeof *selection);
    for (int64_t k = 0; k < f->batch; k++)
        if (f->extra) selection[f->slot[k] * f->batch + k] = 1;
        else {
            om_blend blend = om_joint_blend(f->e->joint, f->frame[k]);
            for (int i = 0; i < blend.n; i++)
                selection[(blend.window[i] * f->slots + k) * f->batch + k] = (float)blend.weight[i];
        }
}

static tn_status fill_stimulus(const filling *f, float *out, tn_error *error)
{
    if (!f->given) return om_recording_frames(f->e->recording, OM_TRAIN, OM_STIMULUS, f->batch, f->frame, out, error);
    for (int64_t k = 0; k < f->batch; k++)
        memcpy(out + k * f->columns, f->given->stimulus + f->slot[k] * f->columns, (size_t)f->columns * sizeof *out);
    return TN_OK;
}

static tn_status fill(const filling *f, om_batch *batch, tn_error *error)
{
    om_recording *recording = f->e->recording;
    float **b = batch->buffer;
    tn_status status =
        om_recording_frames(recording, OM_TRAIN, OM_VOLTAGE, f->batch, f->frame, b[OM_BATCH_VOLTAGE], error);
    if (!status)
        status = om_recording_frames(recording, OM_TRAIN, OM_DERIVATIVE, f->batch, f->frame, b[OM_BATCH_DERIVATIVE],
                                     error);
    if (!status && b[OM_BATCH_STIMULUS])
        status = fill_stimulus(f, b[OM_BATCH_STIMULUS], error);
    if (!status && b[OM_BATCH_INPUT_STIMULUS])
        status = om_recording_frames(recording, OM_TRAIN, OM_STIMULUS, f->extra, f->frame + f->batch,
                                     b[OM_BATCH_INPUT_STIMULUS], error);
    for (int64_t k = 0; k < f->extra && !status; k++) status = fill_inputs(f, batch, k, error);
    for (int k = 0; k < f->windows && b[OM_BATCH_COORDINATES]; k++)
        om_joint_coordinates(f->e->joint, k, TN_F32, f->slots, slots_of(f, k),
                             b[OM_BATCH_COORDINATES] + k * f->columns * f->slots * 3);
    if (b[OM_BATCH_SELECTION]) fill_selection(f, b[OM_BATCH_SELECTION]);
    return status;
}

tn_status om_batch_of(om_batch *batch, const om_experiment *e, int64_t n, const int64_t *frame, tn_error *error)
{
    filling f;
    *batch = (om_batch){0};
    tn_status status = TN_ENOMEM;
    if (filling_begin(&f, e, n, 0, NULL) && allocate(&f, batch)) {
        memcpy(f.frame, frame, (size_t)n * sizeof *frame);
        status = fill(&f, batch, error);
    } else
        tn_fail(error, status, "no memory for a batch of %lld frames", (long long)n);
    filling_end(&f);
    return status;
}

/* ---- the thread ---- */

struct om_batches {
    filling f;
    om_batch batch[2];
    int64_t step;       /* of the batch being filled */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool running, full, stop; /* full: batch[step % 2] is ready */
    tn_status status;
    tn_error error;
};

static void choose_frames(filling *f, int64_t step)
{
    uint64_t seed = (uint64_t)f->e->config->seed;
    if (f->windows > 1) {
        for (int window = 0; window < f->windows; window++) {
            int64_t first, length = om_joint_window(f->e->joint, window, f->e->frames, &first);
            for (int64_t k = 0; k < f->slots; k++)
                f->frame[f->batch + window * f->slots + k] =
                    first + om_order_at(seed, OM_STREAM_WINDOWS + (uint32_t)window, length, step * f->slots + k);
        }
        for (int64_t k = 0; k < f->batch; k++) {
            f->slot[k] = om_order_at(seed, OM_STREAM_FRAMES, f->extra, step * f->batch + k);
            f->frame[k] = f->frame[f->batch + f->slot[k]];
        }
        return;
    }
    for (int64_t k = 0; k < f->batch; k++) {
        int64_t among = f->given ? f->given->n : f->e->frames;
        f->slot[k] = om_order_at(seed, OM_STREAM_FRAMES, among, step * f->batch + k);
        f->frame[k] = f->given ? f->given->frame[f->slot[k]] : f->slot[k];
    }
    for (int64_t k = 0; k < f->extra; k++)
        f->frame[f->batch + k] = om_order_at(seed, OM_STREAM_INPUT_FRAMES, f->e->frames, step * f->extra + k);
}

static void *fill_forever(void *argument)
{
    om_batches *b = argument;
    pthread_mutex_lock(&b->lock);
    while (!b->stop) {
        if (b->full) {
            pthread_cond_wait(&b->changed, &b->lock);
            continue;
        }
        pthread_mutex_unlock(&b->lock);
        choose_frames(&b->f, b->step);
        tn_status status = fill(&b->f, &b->batch[b->step % 2], &b->error);
        pthread_mutex_lock(&b->lock);
        b->status = status;
        b->full = true;
        pthread_cond_broadcast(&b->changed);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

om_batches *om_batches_new(const om_experiment *e, int64_t first, const om_solved *given, tn_error *error)
{
    om_batches *b = tn_alloc(sizeof *b);
    if (b) {
        b->step = first;
        pthread_mutex_init(&b->lock, NULL);
        pthread_cond_init(&b->changed, NULL);
        int64_t extra = given ? 0 : e->config->training.input_frames;
        bool enough = filling_begin(&b->f, e, e->config->training.batch, extra, given) &&
                      allocate(&b->f, &b->batch[0]) && allocate(&b->f, &b->batch[1]);
        int cause = enough ? pthread_create(&b->thread, NULL, fill_forever, b) : 0;
        b->running = enough && !cause;
        if (b->running) return b;
        om_batches_free(b);
        if (cause)
            tn_fail(error, TN_ENOMEM, "cannot start the thread that reads batches: %s%s", strerror(cause),
                    cause == EAGAIN ? "; the limits of threads (ulimit -u) and of memory, of which its stack takes a "
                                      "part (ulimit -v, ulimit -s), may be too low"
                                    : "");
    }
    /* Kept if it is the first error. */
    tn_fail(error, TN_ENOMEM, "no memory for batches of %lld frames", (long long)e->config->training.batch);
    return NULL;
}

void om_batches_free(om_batches *b)
{
    if (!b) return;
    if (b->running) {
        pthread_mutex_lock(&b->lock);
        b->stop = true;
        pthread_cond_broadcast(&b->changed);
        pthread_mutex_unlock(&b->lock);
        pthread_join(b->thread, NULL);
    }
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->changed);
    for (int i = 0; i < 2; i++) om_batch_clear(&b->batch[i]);
    filling_end(&b->f);
    tn_free(b);
}

tn_status om_batches_next(om_batches *b, const om_batch **batch, tn_error *error)
{
    pthread_mutex_lock(&b->lock);
    while (!b->full) pthread_cond_wait(&b->changed, &b->lock);
    tn_status status = b->status;
    if (status) tn_fail(error, status, "%s", b->error.message);
    else {
        *batch = &b->batch[b->step % 2];
        b->step++;
        b->full = false;
        pthread_cond_broadcast(&b->changed);
    }
    pthread_mutex_unlock(&b->lock);
    return status;
}

void om_batches_wait(om_batches *b)
{
    pthread_mutex_lock(&b->lock);
    while (!b->full) pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
}
