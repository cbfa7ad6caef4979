/* Example applications of every operation of the table: what the tests of all operations loop over. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "tensor.h"

#define MAX_OPERANDS 4

typedef struct sample {
    const char *op;
    /* Shapes of the operands: "3,4|4" is [3, 4] and [4]; cases are separated by ';'. */
    const char *shapes;
    tn_node *(*build)(tn_graph *g, tn_node *const *in);
    double low, high; /* operands are drawn from this range */
} sample;

/* One case of a sample. */
typedef struct example {
    const sample *sample;
    char text[64]; /* "add 3,4|4" */
    int n;
    tn_shape shape[MAX_OPERANDS];
} example;

int example_count(void);
example example_at(int i);

/* Whether any sample shows that operation. */
bool has_sample(const char *op);

#endif
