/* Writing a file so that a reader finds the old one or the new one, never half: under a temporary name in the same
 * directory, synced, renamed, the directory synced. */
#ifndef TN_IO_REPLACE_H
#define TN_IO_REPLACE_H

#include "tensor.h"

/* Gives the file that writing to path is to replace in target (free with free): of a symbolic link the one it leads to.
 * Errors: TN_EINVAL a device, a pipe or a folder is there; TN_EIO; TN_ENOMEM. */
tn_status tn_replace_target(const char *path, char **target, tn_error *error);

/* Gives the name to write to, PATH.tmp.NUMBER with a random number, in temporary (free with free), and removes what
 * killed programs left under names of this kind. A file name too long for that is replaced by its hash there.
 * Errors: TN_ENOMEM. */
tn_status tn_replace_begin(const char *path, char **temporary, tn_error *error);

/* Creates the temporary file and returns a descriptor to write with, or -1 with errno. It is locked (flock), so that
 * others see it is in use, as long as the descriptor is open: to be closed only after tn_replace_finish, or others might
 * remove the file before it has its name. */
int tn_replace_create(const char *temporary);

/* Syncs the finished temporary file, gives it its name and syncs the directory. On error the temporary file is gone.
 * Errors: TN_EIO with path and reason. */
tn_status tn_replace_finish(const char *temporary, const char *path, tn_error *error);

#endif
