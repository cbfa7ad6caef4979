/* Locks on folders. */
#include "config.h"
#include "common/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS = 128 };

/* Whether the path still names the file that was opened: whoever held the lock before may have removed it. */
static bool is_named(int file, const char *path)
{
    struct stat opened, named;
    return fstat(file, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

/* Who has it, "trained by process 42 on fly"; the one who has just got it may not have written that yet. */
static tn_status busy(int file, const char *folder, tn_error *error)
{
    char words[WORDS] = "";
    ssize_t length = pread(file, words, sizeof words - 1, 0);
    if (length <= 0) strcpy(words, "used by another process");
    else words[strcspn(words, "\n")] = 0;
    return tn_fail(error, TN_EIO, "%s: is being %s", folder, words);
}

static void sign(int file, const char *deed)
{
    char words[WORDS], machine[65] = "";
    gethostname(machine, sizeof machine - 1);
    int length = snprintf(words, sizeof words, "%.30s by process %ld on %s\n", deed, (long)getpid(), machine);
    /* Only a message to others depends on it. */
    if (ftruncate(file, 0) != 0 || pwrite(file, words, (size_t)length, 0) < 0) return;
}

tn_status om_lock_take(om_lock *lock, const char *folder, const char *deed, tn_error *error)
{
    *lock = (om_lock){0};
    if (asprintf(&lock->path, "%s/" OM_LOCK_NAME, folder) < 0) {
        lock->path = NULL;
        return tn_fail(error, TN_ENOMEM, "%s: out of memory", folder);
    }
    tn_status status = TN_OK;
    while (!status && !lock->locked) {
        lock->file = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
        if (lock->file < 0)
            status = tn_fail(error, TN_EIO, "%s: %s", errno == EISDIR || errno == ELOOP ? lock->path : folder,
                             strerror(errno));
        else if (flock(lock->file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            status = busy(lock->file, folder, error);
        else lock->locked = is_named(lock->file, lock->path);
        if (!lock->locked && lock->file >= 0) close(lock->file);
    }
    if (!status) sign(lock->file, deed);
    else om_lock_release(lock);
    return status;
}

void om_lock_release(om_lock *lock)
{
    if (lock->locked) {
        unlink(lock->path); /* while it is locked: nobody else has this file, or believes to */
        close(lock->file);
    }
    free(lock->path);
    *lock = (om_lock){0};
}
