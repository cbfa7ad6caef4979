/* dump.h - one training step written down, so that anyone can check it against another framework. */
#ifndef OM_DUMP_H
#define OM_DUMP_H

#include "common/experiment.h"

/* Computes one step on the given training frames ("131,321,381") and writes param/, grad/, term/, loss, field, message,
 * predicted_derivative and frames to a safetensors file (doc/formats.md). The loss is that of the last epoch.
 *   run  directory whose checkpoint gives the parameters; NULL: initial values. progress is told if its newest
 *        checkpoint cannot be read and the one before it is taken
 * Errors: TN_EINVAL the list of frames, or the file exists and force is false; TN_EFORMAT, TN_EIO, TN_ENOMEM. */
tn_status om_dump_step(om_experiment *experiment, const char *run, const char *path, const char *frames, bool force,
                       om_progress *progress, tn_error *error);

#endif
