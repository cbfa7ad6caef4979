/* Watching a program from outside. */
#include "config.h"
#include "process.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

/* VmHWM of a running process; 0 where there is none. Not ru_maxrss: that counts what the parent held when it made the
 * process. */
static double high_water(pid_t pid)
{
    char path[64], line[256];
    double kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "r");
    if (!status) return 0;
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %lf kB", &kilobytes) == 1) break;
    fclose(status);
    return 1024 * kilobytes;
}

tn_status bench_process_peak(const char *const *words, double *bytes, tn_error *error)
{
    pid_t pid, ended;
    int result = 0, failure = posix_spawn(&pid, words[0], NULL, NULL, (char *const *)words, environ);
    if (failure) return tn_fail(error, TN_EIO, "%s: %s", words[0], strerror(failure));
    *bytes = 0;
    /* It only grows, so the last look before the end finds the most, but for what happens in the last 2 ms. */
    while ((ended = waitpid(pid, &result, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        double now = high_water(pid);
        if (now > *bytes) *bytes = now;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    if (ended < 0 || !WIFEXITED(result) || WEXITSTATUS(result) != 0)
        return tn_fail(error, TN_EIO, "%s failed", words[0]);
    return *bytes > 0 ? TN_OK : tn_fail(error, TN_EIO, "%s: its memory cannot be read under /proc", words[0]);
}
