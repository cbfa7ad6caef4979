/* files.h - what a run writes beside what it reads. */
#ifndef OM_TRAINING_FILES_H
#define OM_TRAINING_FILES_H

#include "common/configuration.h"

/* Whether a run can write its files without replacing what it is made from: none of them may be the configuration or
 * the recording, by whatever name, or anything but a file. RUN/config.yaml may be the configuration itself if it says,
 * letter by letter, what would be written there. A run that is not there yet is fine. Creates nothing.
 * Errors: TN_EINVAL, naming the file; TN_EIO; TN_ENOMEM. */
tn_status om_run_check(const char *run, const char *configuration, const char *recording, const om_config *config,
                       tn_error *error);

/* Whether an output is none of the files of a run, by whatever name. Errors: TN_EINVAL, naming both; TN_ENOMEM. */
tn_status om_run_spare(const char *run, const char *output, tn_error *error);

#endif
