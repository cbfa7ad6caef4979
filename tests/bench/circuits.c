/* Finding a circuit of the full size. */
#include "config.h"
#include "circuits.h"
#include "generation/builtin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the fly's visual system at extent 8 and 4. */
enum { EXTENT = 8, SMALLER_EXTENT = 4, NEURONS = 13741, SMALLER_NEURONS = 3865, MOST_EXTENT = 64 };

/* The file in the shared data, which the environment or the source tree leads to; NULL if it is not there. */
static char *fly(void)
{
    const char *shared = getenv("OMMATID_SHARED"), *source = getenv("abs_top_srcdir");
    char *path;
    if (asprintf(&path, "%s%s/data/circuits/fly-visual-system.json", shared ? shared : source ? source : ".",
                 shared ? "" : "/../shared") < 0)
        return NULL;
    if (access(path, R_OK) == 0) return path;
    free(path);
    return NULL;
}

/* The smallest expansion with at least so many neurons. */
static om_circuit *expand(const char *path, int32_t neurons, tn_error *error)
{
    for (int32_t extent = 1; extent <= MOST_EXTENT; extent++) {
        om_circuit *circuit = om_circuit_read(path, extent, error);
        if (!circuit || circuit->neurons >= neurons || extent == MOST_EXTENT) return circuit;
        om_circuit_free(circuit);
    }
    return NULL;
}

static tn_status read_builtin(bench_setting *setting, tn_error *error)
{
    char *path = om_builtin_circuit(error);
    if (!path) return error->status;
    if (setting->smoke) {
        setting->circuit = om_circuit_read(path, 2, error);
        setting->smaller = om_circuit_read(path, 1, error);
    } else {
        setting->circuit = expand(path, NEURONS, error);
        setting->smaller = expand(path, SMALLER_NEURONS, error);
    }
    free(path);
    return setting->circuit && setting->smaller ? TN_OK : error->status;
}

static tn_status read_file(bench_setting *setting, const char *path, tn_error *error)
{
    setting->circuit = om_circuit_read(path, EXTENT, error);
    setting->smaller = om_circuit_read(path, SMALLER_EXTENT, error);
    return setting->circuit && setting->smaller ? TN_OK : error->status;
}

tn_status bench_circuits_read(bench_setting *setting, const char *path, char words[256], tn_error *error)
{
    char *found = path || setting->smoke ? NULL : fly();
    const char *file = path ? path : found;
    tn_status status = file ? read_file(setting, file, error) : read_builtin(setting, error);
    free(found);
    if (status) return status;
    const om_circuit *c = setting->circuit, *s = setting->smaller;
    snprintf(words, 256, "%s: %d neurons, %d synapses, %d columns (extent %d); %d, %d, %d (extent %d)%s", c->name,
             c->neurons, c->synapses, c->columns, c->lattice->extent, s->neurons, s->synapses, s->columns,
             s->lattice->extent, file || setting->smoke ? "" : ", in place of the fly's");
    return TN_OK;
}
