/* frames.h - the frames of a recording: stimulus, dynamics and measurement, one after the other. */
#ifndef OM_GENERATION_FRAMES_H
#define OM_GENERATION_FRAMES_H

#include "common/configuration.h"
#include "common/dataset.h"
#include "common/progress.h"
#include "common/stimulus.h"
#include "models.h"

/* Simulates and appends all frames of one split, which starts from the voltage `start` [N]. Memory does not grow with
 * the frames. Errors: TN_ENUMERIC the circuit is unstable; TN_EIO; TN_ENOMEM; TN_EINVAL a signal asked to stop. */
tn_status om_frames_record(om_recording_writer *writer, om_split split, om_simulation *simulation,
                           const om_circuit *circuit, om_stimulus *stimulus, const om_config *config,
                           const float *start, om_progress *progress, tn_error *error);

/* The stimulus of one split. sources are those of the configuration. Errors: those of sources and stimuli. */
om_stimulus *om_frames_stimulus(om_split split, const om_lattice *lattice, const om_config *config, tn_error *error);

#endif
