/* video.h - the comparison video. */
#ifndef OM_VIDEO_H
#define OM_VIDEO_H

#include "testing/results.h"

/* Draws and encodes comparison.mp4. *made stays false where there is no SIREN to compare, no lattice, or the programs
 * were built without cairo or FFmpeg; the reason is said through progress. Errors: those of drawing and encoding. */
tn_status om_video_make(const char *path, const om_results *results, const om_experiment *experiment, bool force,
                        om_progress *progress, bool *made, tn_error *error);

#endif
