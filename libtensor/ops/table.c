/* The table of operations: the only list of families. */
#include "config.h"
#include "ops/op.h"

#include <string.h>

extern const tn_op tn_ops_elementwise[], tn_ops_linear[], tn_ops_reduce[], tn_ops_shape[], tn_ops_sparse[];

const tn_op *const tn_op_families[] = {
    tn_ops_elementwise, tn_ops_linear, tn_ops_reduce, tn_ops_shape, tn_ops_sparse, NULL,
};

const tn_op *tn_op_find(const char *name)
{
    for (const tn_op *const *family = tn_op_families; *family; family++)
        for (const tn_op *op = *family; op->name; op++)
            if (!strcmp(op->name, name)) return op;
    return NULL;
}
