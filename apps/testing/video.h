/* video.h - the comparison video. */
#ifndef OM_VIDEO_H
#define OM_VIDEO_H

#include "testing/results.h"

/* Draws and encodes comparison.mp4. *made stays false where there is no SIREN to compare or no video is asked for; and,
 * with a warning to progress, where the recording has no lattice or the programs were built without cairo or FFmpeg.
 * Errors: those of drawing and encoding; TN_EINVAL a signal asked to stop. */
tn_status om_video_make(const char *path, const om_results *results, const om_experiment *experiment, bool force,
                        om_progress *progress, bool *made, tn_error *error);

#endif
