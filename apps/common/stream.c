/* Streams into files that appear whole or not at all. */
#include "config.h"
#include "common/stream.h"

#include <errno.h>
#include <string.h>

tn_status om_stream_open(om_stream *stream, const char *path, tn_error *error)
{
    *stream = (om_stream){0};
    if (!path || !*path) return tn_fail(error, TN_EINVAL, "the name of an output is empty");
    tn_status status = om_output_begin(&stream->output, path, true, error);
    if (status != TN_OK) return status;
    stream->file = fopen(stream->output.temporary, "wb");
    if (stream->file) return TN_OK;
    status = tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
    om_output_abort(&stream->output);
    return status;
}

tn_status om_stream_close(om_stream *stream, tn_status status, tn_error *error)
{
    errno = 0;
    bool failed = ferror(stream->file) != 0;
    if (fclose(stream->file)) failed = true; /* a full disk may speak only here */
    stream->file = NULL;
    if (status == TN_OK && failed)
        status = tn_fail(error, TN_EIO, "%s: %s", stream->output.path, errno ? strerror(errno) : "writing failed");
    if (status == TN_OK) return om_output_commit(&stream->output, error);
    om_output_abort(&stream->output);
    return status;
}
