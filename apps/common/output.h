/* output.h - files that are there whole or not at all.
 *
 *     om_output output;
 *     tn_status status = om_output_begin(&output, "recording.h5", cli.force, &error);
 *     if (status == TN_OK) {
 *         status = write_recording(output.temporary, ..., &error);
 *         if (status == TN_OK) status = om_output_commit(&output, &error);
 *         else om_output_abort(&output);
 *     }
 *
 * The file is written under a temporary name in the directory of the final one, which keeps the ending of the name
 * and carries process and machine; a killed program leaves it behind, and the next one removes it. Of a symbolic link
 * the file that it leads to is written, and the link stays. */
#ifndef OM_OUTPUT_H
#define OM_OUTPUT_H

#include "common/lock.h"

typedef struct om_output {
    char *path, *target, *temporary; /* target: what the path names, which is another where it is a symbolic link */
    bool force;
} om_output;

/* Whether om_output_begin may succeed: for programs that have much to do before they write.
 *   inputs  [n] paths of files that the output must not replace, even with force; those that do not exist are ignored
 * Errors: as om_output_begin; TN_EINVAL also where path is one of the inputs, by whatever name. Creates nothing. */
tn_status om_output_check(const char *path, bool force, int n, const char *const *inputs, tn_error *error);

/* The same, with force, for files of a directory: names [n_names]. One that is not there yet is fine. */
tn_status om_output_check_files(const char *directory, int n_names, const char *const *names, int n,
                                const char *const *inputs, tn_error *error);

/* Whether two paths name one file, which is there. */
bool om_output_same_file(const char *a, const char *b);

/* Creates the empty temporary file, and removes those that dead processes of this machine left in the directory.
 *   force  replace an existing file
 * Errors: TN_EINVAL path exists and force is false, or it exists and is not a file; TN_EIO; TN_ENOMEM.
 * After an error there is nothing to abort. */
tn_status om_output_begin(om_output *output, const char *path, bool force, tn_error *error);

/* Syncs the temporary file, gives it its name, and syncs the directory. Ends the output also when it fails; then the
 * temporary file is gone and what was at path is as before, unless the directory was all that could not be synced.
 * Errors: TN_EINVAL a file has appeared at path meanwhile; TN_EIO. */
tn_status om_output_commit(om_output *output, tn_error *error);

/* Removes the temporary file and ends the output. */
void om_output_abort(om_output *output);

/* Makes path a directory that can be written to, with its parents, locks it and removes what dead processes left in it.
 *   reuse       accept one that has files in it
 *   deed        as for om_lock_take
 *   lock        zeroed, or a lock of this directory already; to be released with om_lock_release, also after an error
 * Errors: TN_EINVAL it has files and reuse is false, or it is not a directory; TN_EIO, among it that another program
 *         has the lock; TN_ENOMEM. */
tn_status om_output_directory(const char *path, bool reuse, const char *deed, om_lock *lock, tn_error *error);

/* Whether a directory that exists would do for om_output_directory. Creates and removes nothing. */
tn_status om_output_directory_check(const char *path, bool reuse, tn_error *error);

/* Whether bytes more fit where path is, or is to be created. Errors: TN_EIO they do not; TN_ENOMEM. */
tn_status om_output_space(const char *path, uint64_t bytes, tn_error *error);

/* The file that is written for path: where the symbolic links of its last name lead to, even if nothing is there; to be
 * freed, NULL when out of memory. */
char *om_output_target(const char *path);

/* The directory of a path, "." if it names none; to be freed, NULL when out of memory. */
char *om_directory_of(const char *path);

#endif
