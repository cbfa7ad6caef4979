/* The program sets the environment of OpenMP and begins anew, as OpenMP has read it before main. */
#include "config.h"
#include "common/waiting.h"

#include <stdlib.h>
#include <unistd.h>

void om_wait_politely(char **argv)
{
    if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT")) return;
    setenv("OMP_WAIT_POLICY", "passive", 1);
    setenv("GOMP_SPINCOUNT", "2000", 1); /* a frame of a simulation takes no longer than waking a thread */
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) return;
    path[length] = '\0';
    execv(path, argv); /* where this fails, the program is only slower on a busy machine */
}
