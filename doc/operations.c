/* Prints the table of operations: of each family its title, then a line for each operation with its builder's name,
 * what it is and its derivative, separated by tabs. doc/operations.awk makes the tables of the guide from it. */
#include "config.h"
#include "ops/op.h"

#include <stdio.h>

static const char *derivative(const tn_op *op)
{
    return op->flags & TN_OP_LEAF ? "" : op->flags & TN_OP_FLAT ? "0" : op->expand ? "parts" : "rule";
}

int main(void)
{
    for (const tn_family *family = tn_op_families; family->title; family++) {
        printf("%s\n", family->title);
        for (const tn_op *op = family->ops; op->name; op++)
            printf("%s\t%s\t%s\n", op->builder ? op->builder : op->name, op->about, derivative(op));
    }
}
