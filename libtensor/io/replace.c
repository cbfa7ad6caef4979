/* Atomic replacement of a file. */
#include "config.h"
#include "io/replace.h"
#include "io/xxh64.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory of path, to be freed. dirname may write to its argument and return a part of it, or a constant. */
static char *directory_of(const char *path)
{
    char *copy = strdup(path);
    char *directory = copy ? strdup(dirname(copy)) : NULL;
    free(copy);
    return directory;
}

/* A temporary file nobody holds a lock on was left by a program that died; or it has its final name by now, and its
 * writer is at the next one of that name. */
static void remove_if_abandoned(int directory, const char *name)
{
    struct stat opened, named;
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return;
    if (flock(file, LOCK_EX | LOCK_NB) == 0 && fstat(file, &opened) == 0 &&
        fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && opened.st_ino == named.st_ino)
        unlinkat(directory, name, 0);
    close(file);
}

static bool is_temporary(const char *name, const char *prefix, size_t length)
{
    return !strncmp(name, prefix, length) && name[length] && !name[length + strspn(name + length, "0123456789")];
}

/* Failures here are no concern of the caller's: what is not removed stays. */
static void remove_abandoned(const char *directory_name, const char *prefix)
{
    DIR *directory = opendir(directory_name);
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (is_temporary(entry->d_name, prefix, strlen(prefix))) remove_if_abandoned(dirfd(directory), entry->d_name);
    closedir(directory);
}

/* "PATH.tmp.", to be freed. Where names have no room for that, the hash of the name stands for it. */
static char *prefix_of(const char *path)
{
    enum { LONGEST_NAME = 255, ADDED = sizeof ".tmp." + 10 };
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    tn_xxh64 hash;
    char *prefix;
    tn_xxh64_begin(&hash, 0);
    tn_xxh64_add(&hash, name, strlen(name));
    int made = strlen(name) + ADDED <= LONGEST_NAME
                   ? asprintf(&prefix, "%s.tmp.", path)
                   : asprintf(&prefix, "%.*s.%016" PRIx64 ".tmp.", (int)(name - path), path, tn_xxh64_end(&hash));
    return made < 0 ? NULL : prefix;
}

/* Not that of the process: threads share it, and the first process of every container has the same. */
static uint32_t any_number(void)
{
    uint32_t number = (uint32_t)getpid();
    (void)!getrandom(&number, sizeof number, 0);
    return number;
}

tn_status tn_replace_target(const char *path, char **target, tn_error *error)
{
    struct stat about;
    *target = NULL;
    if (lstat(path, &about) != 0 && errno == ENOENT) /* nothing yet */
        return (*target = strdup(path)) ? TN_OK : tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
    if (!(*target = realpath(path, NULL)) || stat(*target, &about) != 0)
        return tn_fail(error, errno == ENOMEM ? TN_ENOMEM : TN_EIO, "%s: %s", path, strerror(errno));
    return S_ISREG(about.st_mode) ? TN_OK : tn_fail(error, TN_EINVAL, "%s: exists and is not a file", path);
}

tn_status tn_replace_begin(const char *path, char **temporary, tn_error *error)
{
    char *directory = directory_of(path), *prefix = prefix_of(path);
    *temporary = NULL;
    if (directory && prefix) {
        const char *slash = strrchr(prefix, '/');
        remove_abandoned(directory, slash ? slash + 1 : prefix);
        if (asprintf(temporary, "%s%" PRIu32, prefix, any_number()) < 0) *temporary = NULL;
    }
    free(prefix);
    free(directory);
    return *temporary ? TN_OK : tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
}

int tn_replace_create(const char *temporary)
{
    struct stat status;
    for (;;) {
        int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        /* Others may have taken it for abandoned before it was locked: then it has no name any more. Not every file
         * system has locks; there nobody takes anything for abandoned. */
        if (file < 0 || flock(file, LOCK_EX) != 0 || fstat(file, &status) != 0 || status.st_nlink > 0) return file;
        close(file);
    }
}

/* fsync of what path names; a file system that cannot sync directories says EINVAL. */
static bool sync_path(const char *path, int flags)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (file < 0) return false;
    bool synced = fsync(file) == 0 || ((flags & O_DIRECTORY) && errno == EINVAL);
    int cause = errno;
    close(file);
    errno = cause;
    return synced;
}

tn_status tn_replace_finish(const char *temporary, const char *path, tn_error *error)
{
    char *directory = directory_of(path);
    if (!directory) {
        unlink(temporary);
        return tn_fail(error, TN_ENOMEM, "%s: out of memory", path);
    }
    tn_status status = TN_OK;
    if (!sync_path(temporary, 0) || rename(temporary, path) != 0) {
        status = tn_fail(error, TN_EIO, "%s: cannot be written: %s", path, strerror(errno));
        unlink(temporary);
    } else if (!sync_path(directory, O_DIRECTORY)) {
        status = tn_fail(error, TN_EIO, "%s: the directory cannot be synced: %s", path, strerror(errno));
    }
    free(directory);
    return status;
}
