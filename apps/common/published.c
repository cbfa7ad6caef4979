/* The published system: its cell types and its settings. */
#include "config.h"
#include "common/published.h"
#include "common/configuration.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { TYPES = 65 };

/* The cell types of the fly's visual system, as flyvis names them (Lappalainen et al., Nature 634 (2024) 1132). */
/* clang-format off */
static const char *const fly[TYPES] = {
    "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "L1", "L2", "L3", "L4", "L5", "Lawf1", "Lawf2", "Am", "C2",
    "C3", "CT1(Lo1)", "CT1(M10)", "Mi1", "Mi2", "Mi3", "Mi4", "Mi9", "Mi10", "Mi11", "Mi12", "Mi13", "Mi14", "Mi15",
    "T1", "T2", "T2a", "T3", "T4a", "T4b", "T4c", "T4d", "T5a", "T5b", "T5c", "T5d", "Tm1", "Tm2", "Tm3", "Tm4",
    "Tm5Y", "Tm5a", "Tm5b", "Tm5c", "Tm9", "Tm16", "Tm20", "Tm28", "Tm30", "TmY3", "TmY4", "TmY5a", "TmY9", "TmY10",
    "TmY13", "TmY14", "TmY15", "TmY18",
};
/* clang-format on */

bool om_published_circuit(int64_t types, const char *const *name)
{
    if (types != TYPES || !name) return false;
    for (int i = 0; i < TYPES; i++) {
        int k = 0;
        while (k < TYPES && strcmp(fly[i], name[k])) k++;
        if (k == TYPES) return false;
    }
    return true;
}

bool om_published_altered(const char *text)
{
    om_config config = {0};
    bool known = *text && om_config_parse(&config, "the recording", text, strlen(text), NULL, 0, NULL, NULL) == TN_OK;
    bool altered = known && (config.circuit.null_synapses > 0 || config.circuit.hidden_synapses > 0 ||
                             config.circuit.ablation > 0);
    om_config_free(&config);
    return altered;
}

om_published_setting om_published_like(bool joint, double sigma)
{
    static const struct {
        double sigma;
        om_published_setting known;
    } levels[] = {{0, OM_PUBLISHED_NOISE_FREE}, {0.05, OM_PUBLISHED_LOW_NOISE}, {0.5, OM_PUBLISHED_HIGH_NOISE}};
    if (joint) return fabs(sigma - 0.05) < 1e-6 ? OM_PUBLISHED_JOINT : OM_PUBLISHED_NONE;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (fabs(sigma - levels[i].sigma) < 1e-6) return levels[i].known;
    return OM_PUBLISHED_NONE;
}
