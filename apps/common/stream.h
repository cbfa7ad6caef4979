/* A stream into a file that appears whole or not at all (common/output.h), for text and images. */
#ifndef OM_STREAM_H
#define OM_STREAM_H

#include "common/output.h"

typedef struct om_stream {
    FILE *file; /* write here; errors of writing are found when it is closed */
    om_output output;
} om_stream;

/* Replaces an older file when it is closed. After an error there is nothing to close.
 * Errors: TN_EINVAL path is NULL or empty, or is no file; TN_EIO path and reason; TN_ENOMEM. */
tn_status om_stream_open(om_stream *stream, const char *path, tn_error *error);

/* With status TN_OK the file takes its place; with any other, or when writing failed, what was at path stays.
 * Returns status, or TN_EIO with path and reason. */
tn_status om_stream_close(om_stream *stream, tn_status status, tn_error *error);

#endif
