/* published.h - when the numbers of the published system (doc/architecture.md) may stand beside a run's own. */
#ifndef OM_COMMON_PUBLISHED_H
#define OM_COMMON_PUBLISHED_H

#include <stdbool.h>
#include <stdint.h>

/* Its settings: training with the stimulus unknown, or with the stimulus known at one of three levels of noise. */
typedef enum om_published_setting {
    OM_PUBLISHED_NONE,
    OM_PUBLISHED_JOINT,      /* stimulus unknown, sigma = 0.05 */
    OM_PUBLISHED_NOISE_FREE, /* stimulus known, sigma = 0 */
    OM_PUBLISHED_LOW_NOISE,  /* stimulus known, sigma = 0.05 */
    OM_PUBLISHED_HIGH_NOISE, /* stimulus known, sigma = 0.5 */
    OM_PUBLISHED_SETTINGS
} om_published_setting;

/* Whether a circuit of these cell types is the published one, the fly's visual system: the same 65 names, in any order.
 *   name  [types], or NULL: not known */
bool om_published_circuit(int64_t types, const char *const *name);

/* Whether a recording made by this configuration is of a changed circuit: with null or hidden synapses, or ablated.
 * Text that is no configuration of ours tells nothing: false. */
bool om_published_altered(const char *config);

/* The published setting like this one, of the published circuit; or none. sigma may be NaN: not known. */
om_published_setting om_published_like(bool joint, double sigma);

#endif
