/* The inside of parameter sets. */
#ifndef TN_GRAPH_PARAMS_H
#define TN_GRAPH_PARAMS_H

#include "tensor.h"

typedef struct tn_parameter {
    char *name;
    tn_shape shape;
    tn_init init;
    int group;
    int64_t offset; /* elements from the start of the block; a multiple of TN_ALIGN bytes */
} tn_parameter;

struct tn_params {
    tn_dtype dtype;
    uint64_t seed;
    tn_parameter *list;
    int count, capacity;
    int64_t length; /* elements of the block, with the gaps that align each tensor */
    void *data, *grad;
    tn_error error;
};

#define TN_NO_SET "there is no parameter set: NULL instead of one"

/* Address of parameter i in a block laid out like the set's. */
void *tn_params_place(const tn_params *params, void *block, int i);

#endif
