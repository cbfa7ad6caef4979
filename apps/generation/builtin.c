/* Finding the built-in circuit. */
#include "config.h"
#include "generation/builtin.h"
#include "common/no_memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "builtin.json"

/* The directory of the executable, without a slash at its end; "" if the system does not tell. */
static void executable_directory(char directory[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", directory, PATH_MAX - 1);
    directory[length > 0 ? length : 0] = 0;
    char *slash = strrchr(directory, '/');
    if (slash) *slash = 0;
}

char *om_builtin_circuit(tn_error *error)
{
    char beside[PATH_MAX], looked[PATH_MAX] = "";
    const char *chosen = getenv("OMMATID_DATA");
    executable_directory(beside);
    const struct {
        const char *directory, *below;
    } places[] = {{chosen ? chosen : OM_DATADIR, ""},
                  {beside, "/../share/" PACKAGE},
                  {beside, "/../apps/data"},
                  {beside, "/apps/data"}};
    int n = chosen ? 1 : (int)(sizeof places / sizeof *places);
    for (int i = 0; i < n; i++) {
        char *path;
        if (asprintf(&path, "%s%s/" NAME, places[i].directory, places[i].below) < 0) {
            om_no_memory(NULL, error);
            return NULL;
        }
        if (access(path, F_OK) == 0) return path;
        free(path);
        size_t used = strlen(looked);
        snprintf(looked + used, sizeof looked - used, "%s%s%s", i ? ", " : "", places[i].directory, places[i].below);
    }
    tn_fail(error, TN_EIO, "circuit.file: builtin: no " NAME " in %s%s", looked,
            chosen ? " (from OMMATID_DATA)" : "; the environment variable OMMATID_DATA may name its directory");
    return NULL;
}
