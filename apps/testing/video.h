/* video.h - the comparison video. */
#ifndef OM_VIDEO_H
#define OM_VIDEO_H

#include "testing/results.h"

/* Whether there will be a video. There is none where there is no SIREN to compare or none is asked for; and, with a
 * warning to progress, where the recording has no lattice or one that cannot be drawn, or the programs were built
 * without cairo or FFmpeg. To be called first, as what takes hours should not end in a surprise. Errors: TN_ENOMEM. */
tn_status om_video_plan(const om_experiment *experiment, om_progress *progress, bool *possible, tn_error *error);

/* Draws and encodes comparison.mp4, where om_video_plan found it possible. *made stays false where no frame was
 * predicted. Errors: those of drawing and encoding; TN_EINVAL a signal asked to stop. */
tn_status om_video_make(const char *path, const om_results *results, const om_experiment *experiment, bool force,
                        om_progress *progress, bool *made, tn_error *error);

#endif
