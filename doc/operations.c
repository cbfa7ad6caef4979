/* Prints the table of operations, a line for each with its name, what it is and its derivative, separated by tabs; an
 * empty line between families. doc/operations.awk makes the table of the guide from it. */
#include "config.h"
#include "ops/op.h"

#include <stdio.h>

static const char *derivative(const tn_op *op)
{
    return op->flags & TN_OP_LEAF ? "" : op->flags & TN_OP_FLAT ? "0" : op->expand ? "parts" : "rule";
}

int main(void)
{
    for (const tn_op *const *family = tn_op_families; *family; family++, printf("\n"))
        for (const tn_op *op = *family; op->name; op++) printf("%s\t%s\t%s\n", op->name, op->about, derivative(op));
}
