/* Opening text files. */
#include "config.h"
#include "common/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

tn_status om_input_open(const char *path, bool optional, FILE **file, tn_error *error)
{
    struct stat about;
    *file = NULL;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 && errno == ENOENT && optional) return TN_OK;
    bool opened = descriptor >= 0 && fstat(descriptor, &about) == 0, regular = opened && S_ISREG(about.st_mode);
    if (regular) *file = fdopen(descriptor, "r");
    if (*file) return TN_OK;
    tn_status status = tn_fail(error, TN_EIO, "%s: %s", path,
                               opened && !regular ? "is not a regular file" : strerror(errno));
    if (descriptor >= 0) close(descriptor);
    return status;
}
