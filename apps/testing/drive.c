/* What drives the model frame by frame. */
#include "config.h"
#include "testing/results.h"

enum { CHUNK = 32 }; /* frames that the SIREN is asked for at a time */

struct om_drive {
    const om_experiment *experiment;
    om_split split;
    om_field *field;    /* NULL: the true stimulus */
    int64_t first;      /* frame of the chunk at hand; -1: none */
    const float *chunk; /* [CHUNK, C] */
    float *one;         /* [C] */
};

void om_drive_free(om_drive *d)
{
    if (!d) return;
    om_field_free(d->field);
    tn_free(d->one);
    tn_free(d);
}

om_drive *om_drive_new(const om_experiment *e, om_split split, tn_error *error)
{
    om_drive *d = tn_alloc(sizeof *d);
    if (d) {
        int64_t columns = om_recording_circuit_of(e->recording)->columns;
        *d = (om_drive){.experiment = e, .split = split, .first = -1};
        d->one = tn_alloc((size_t)columns * sizeof *d->one);
        bool joint = e->config->model.mode == OM_MODE_JOINT;
        if (joint) d->field = om_field_new(e->joint, e->params, CHUNK, error);
        if (d->one && (d->field || !joint)) return d;
    }
    om_drive_free(d);
    tn_fail(error, TN_ENOMEM, "no memory for a stimulus");
    return NULL;
}

const float *om_drive_at(om_drive *d, int64_t frame, tn_error *error)
{
    if (!d->field) {
        om_recording *recording = d->experiment->recording;
        return om_recording_frames(recording, d->split, OM_STIMULUS, 1, &frame, d->one, error) ? NULL : d->one;
    }
    int64_t first = frame / CHUNK * CHUNK;
    if (first != d->first) {
        int64_t wanted[CHUNK];
        for (int64_t k = 0; k < CHUNK; k++) wanted[k] = first + k;
        d->chunk = om_field_at(d->field, wanted, error);
        d->first = d->chunk ? first : -1;
    }
    int64_t columns = om_recording_circuit_of(d->experiment->recording)->columns;
    return d->chunk ? d->chunk + (frame - first) * columns : NULL;
}
