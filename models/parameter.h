/* How parameters of networks are called: as PyTorch would name them. */
#ifndef OM_PARAMETER_H
#define OM_PARAMETER_H

#include <stdio.h>

typedef struct om_parameter_name {
    char text[128];
} om_parameter_name;

/* "siren.0.weight". What is longer than there is room for is cut. */
static inline om_parameter_name om_parameter(const char *network, int layer, const char *what)
{
    om_parameter_name name;
    snprintf(name.text, sizeof name.text, "%s.%d.%s", network, layer, what);
    return name;
}

#endif
