/* Atomic outputs. */
#include "config.h"
#include "common/no_memory.h"
#include "common/output.h"
#include "common/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PREFIX ".ommatid-"

/* Bytes of a name's end that its temporary name keeps: file systems know no names of more than 255 bytes. */
enum { KEPT = 100 };

char *om_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

char *om_output_target(const char *path)
{
    enum { MOST_LINKS = 40 }; /* more of them are no path for the system either */
    char words[PATH_MAX], *at = strdup(path);
    for (int links = 0; at && links < MOST_LINKS; links++) {
        ssize_t length = readlink(at, words, sizeof words - 1);
        if (length < 0) break;
        words[length] = 0;
        char *directory = om_directory_of(at), *next = NULL;
        if (*words == '/') next = strdup(words);
        else if (!directory || asprintf(&next, "%s/%s", directory, words) < 0) next = NULL;
        free(directory);
        free(at);
        at = next;
    }
    return at;
}

static tn_status no_memory(tn_error *error)
{
    return om_no_memory(NULL, error);
}

static tn_status system_error(const char *path, tn_error *error)
{
    return tn_fail(error, TN_EIO, "%s: %s", path, strerror(errno));
}

/* "@machine-": process numbers mean nothing on another machine that shares the file system. */
static void machine_mark(char mark[80])
{
    char name[65] = "";
    gethostname(name, sizeof name - 1);
    snprintf(mark, 80, "@%s-", name);
}

static bool is_stale(const char *name)
{
    char mark[80], *end;
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0) return false;
    long process = strtol(name + strlen(PREFIX), &end, 10);
    machine_mark(mark);
    return process > 0 && strncmp(end, mark, strlen(mark)) == 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/* Whether it is what a killed process left of a checkpoint, or of another file of libtensor's, which holds a lock on it
 * as long as it is written. */
static bool is_abandoned(int directory, const char *name)
{
    static const char mark[] = ".safetensors.tmp.";
    const char *found = strstr(name, mark), *process = found ? found + sizeof mark - 1 : "";
    if (!*process || process[strspn(process, "0123456789")]) return false;
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool nobodys = file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0;
    if (file >= 0) close(file);
    return nobodys;
}

/* Removes stale temporary files, or only passes over them; returns how many other entries there are, but for a lock, or
 * -1 if the directory cannot be read. */
static int clean(const char *directory, bool really)
{
    DIR *stream = opendir(directory);
    if (!stream) return -1;
    int others = 0;
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (strcmp(entry->d_name, OM_LOCK_NAME) == 0) continue;
        bool stale = is_stale(entry->d_name) || is_abandoned(dirfd(stream), entry->d_name);
        if (!stale || (really && unlinkat(dirfd(stream), entry->d_name, 0) != 0)) others++;
    }
    closedir(stream);
    return others;
}

/* --- files --- */

static tn_status check_target(const char *path, bool force, tn_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0) return errno == ENOENT ? TN_OK : system_error(path, error);
    if (!S_ISREG(status.st_mode)) return tn_fail(error, TN_EINVAL, "%s: exists and is not a file", path);
    return force ? TN_OK : tn_fail(error, TN_EINVAL, "%s: exists; --force replaces it", path);
}

bool om_output_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* Of the file that is written for path; to be freed, NULL when out of memory. */
static char *directory_of_target(const char *path)
{
    char *target = om_output_target(path), *directory = target ? om_directory_of(target) : NULL;
    free(target);
    return directory;
}

tn_status om_output_check(const char *path, bool force, int n, const char *const *inputs, tn_error *error)
{
    for (int i = 0; i < n; i++)
        if (om_output_same_file(path, inputs[i]))
            return tn_fail(error, TN_EINVAL, "%s: is the input %s; the output needs a file of its own", path,
                           inputs[i]);
    tn_status status = check_target(path, force, error);
    if (status != TN_OK) return status;
    char *directory = directory_of_target(path);
    if (!directory) return no_memory(error);
    if (access(directory, W_OK | X_OK) != 0) status = system_error(directory, error);
    free(directory);
    return status;
}

tn_status om_output_check_files(const char *directory, int n_names, const char *const *names, int n,
                                const char *const *inputs, tn_error *error)
{
    tn_status status = TN_OK;
    if (access(directory, F_OK) != 0) return TN_OK;
    for (int i = 0; i < n_names && status == TN_OK; i++) {
        char *path;
        if (asprintf(&path, "%s/%s", directory, names[i]) < 0) return no_memory(error);
        status = om_output_check(path, true, n, inputs, error);
        free(path);
    }
    return status;
}

static void end(om_output *output)
{
    free(output->path);
    free(output->target);
    free(output->temporary);
    *output = (om_output){0};
}

static tn_status create(om_output *output, tn_error *error)
{
    char mark[80], *directory = om_directory_of(output->target);
    const char *slash = strrchr(output->target, '/'), *name = slash ? slash + 1 : output->target;
    if (strlen(name) > KEPT) name += strlen(name) - KEPT;
    machine_mark(mark);
    if (!directory || asprintf(&output->temporary, "%s/" PREFIX "%ld%s%s", directory, (long)getpid(), mark, name) < 0) {
        output->temporary = NULL;
        free(directory);
        return no_memory(error);
    }
    clean(directory, true);
    free(directory);
    /* A file of this name is of an earlier process with our number, as the first one of every container has. */
    unlink(output->temporary);
    int file = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) return system_error(output->path, error);
    /* What is replaced may have been private. */
    struct stat replaced;
    if (stat(output->target, &replaced) == 0) (void)!fchmod(file, replaced.st_mode & 0777);
    close(file); /* nothing was written yet */
    return TN_OK;
}

tn_status om_output_begin(om_output *output, const char *path, bool force, tn_error *error)
{
    *output = (om_output){.path = strdup(path), .force = force};
    tn_status status = output->path ? check_target(path, force, error) : no_memory(error);
    if (status == TN_OK && !(output->target = om_output_target(path))) status = no_memory(error);
    if (status == TN_OK) status = create(output, error);
    if (status != TN_OK) end(output);
    return status;
}

static tn_status sync_path(const char *path, int flags, const char *shown, tn_error *error)
{
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0) return system_error(shown, error);
    /* EINVAL: a file system without this */
    tn_status status = fsync(file) == 0 || errno == EINVAL ? TN_OK : system_error(shown, error);
    close(file);
    return status;
}

/* Where the file may not be replaced, one that has come meanwhile is not either, if the file system can tell. */
static int rename_output(const om_output *output)
{
    const char *from = output->temporary, *to = output->target;
    if (output->force) return rename(from, to);
    int failed = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    return failed && (errno == EINVAL || errno == ENOSYS) ? rename(from, to) : failed;
}

tn_status om_output_commit(om_output *output, tn_error *error)
{
    char *directory = om_directory_of(output->target);
    tn_status status = directory ? sync_path(output->temporary, O_RDONLY, output->path, error) : no_memory(error);
    if (status == TN_OK) status = check_target(output->path, output->force, error);
    if (status == TN_OK && rename_output(output) != 0) status = system_error(output->path, error);
    if (status != TN_OK) unlink(output->temporary);
    else status = sync_path(directory, O_RDONLY | O_DIRECTORY, output->path, error);
    free(directory);
    end(output);
    return status;
}

void om_output_abort(om_output *output)
{
    if (output->temporary) unlink(output->temporary);
    end(output);
}

/* --- directories --- */

static tn_status make_parents(const char *path, tn_error *error)
{
    char *part = strdup(path);
    if (!part) return no_memory(error);
    tn_status status = TN_OK;
    for (char *slash = part; status == TN_OK && (slash = strchr(slash + 1, '/'));) {
        *slash = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST) status = system_error(part, error);
        *slash = '/';
    }
    free(part);
    return status;
}

/* Of a directory that exists. */
static tn_status check_directory(const char *path, bool reuse, bool cleaned, tn_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0) return system_error(path, error);
    if (!S_ISDIR(info.st_mode)) return tn_fail(error, TN_EINVAL, "%s: exists and is not a directory", path);
    int entries = clean(path, cleaned);
    if (entries < 0 || access(path, W_OK | X_OK) != 0) return system_error(path, error);
    if (entries && !reuse) return tn_fail(error, TN_EINVAL, "%s: is not empty; --force writes into it", path);
    return TN_OK;
}

tn_status om_output_directory_check(const char *path, bool reuse, tn_error *error)
{
    return access(path, F_OK) == 0 ? check_directory(path, reuse, false, error) : TN_OK;
}

tn_status om_output_directory(const char *path, bool reuse, const char *deed, om_lock *lock, tn_error *error)
{
    if (!*path) return tn_fail(error, TN_EINVAL, "the output directory has no name");
    tn_status status = make_parents(path, error);
    if (status != TN_OK) return status;
    if (mkdir(path, 0777) != 0 && errno != EEXIST) return system_error(path, error);
    /* The lock first: files that another program is writing are no reason to think of --force. */
    status = check_directory(path, true, false, error);
    if (status == TN_OK && !lock->locked) status = om_lock_take(lock, path, deed, error);
    if (status == TN_OK) status = check_directory(path, reuse, true, error);
    if (status != TN_OK) om_lock_release(lock);
    return status;
}

/* "1.2 GB" */
static void name_size(double bytes, char words[24])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB"};
    int i = 0;
    for (; i < 3 && bytes >= 1000; i++) bytes /= 1000;
    snprintf(words, 24, "%.3g %s", bytes, unit[i]);
}

tn_status om_output_space(const char *path, uint64_t bytes, tn_error *error)
{
    struct statvfs disk;
    char *directory = directory_of_target(path);
    if (!directory) return no_memory(error);
    tn_status status = statvfs(directory, &disk) == 0 ? TN_OK : system_error(directory, error);
    free(directory);
    if (status != TN_OK) return status;
    double free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
    if ((double)bytes <= free_bytes) return TN_OK;
    char needed[24], left[24];
    name_size((double)bytes, needed);
    name_size(free_bytes, left);
    return tn_fail(error, TN_EIO, "%s: needs %s, and the disk has %s left", path, needed, left);
}
