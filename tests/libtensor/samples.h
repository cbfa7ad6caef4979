/* Example applications of every operation of the table: what the tests of all operations loop over. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "tensor.h"

#define MAX_OPERANDS 4

typedef struct sample {
    const char *op;
    const char *name; /* of this application, unique: "sum_first" */
    /* Shapes of the operands: "3,4|4" is [3, 4] and [4]; cases are separated by ';'. */
    const char *shapes;
    /* Likewise with letters, which stand for any size: small letters from 0, capital letters from 1. */
    const char *any_shapes;
    /* May add inputs of int32, of any name; their values are oracle_input (oracle.h) or those of a file. */
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

/* All cases with given shapes. */
int example_count(void);
example example_at(int i);

/* A case drawn from all samples, with drawn sizes: a function of the two numbers. */
example example_drawn(uint64_t seed, uint64_t draw);

/* The last case of a sample's any_shapes; the sizes that letters stand for are equal, and their product is about
 * that. */
example example_sized(const sample *s, double elements);

/* Samples by themselves, in order; NULL behind the last. */
const sample *sample_at(int i);

/* Whether any sample shows that operation. */
bool has_sample(const char *op);

#endif
