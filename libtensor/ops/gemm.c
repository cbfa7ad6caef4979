/* Dense matrix products: BLIS, and loops of our own where one side is so thin that packing it costs more than the
 * product itself (a first layer of 3 inputs, a last layer of 1 output). */
#include "config.h"
#include "ops/gemm.h"
#include "core/memory.h"
#include "ops/op.h"

#include <blis.h>
#include <string.h>

enum { THIN = 8 };   /* at most this many columns are thin */
enum { LANES = 16 }; /* partial sums of a dot product: the order of summation, the same on every instruction set */

#define T float
#define NAME(name) name##_f32
#define BLIS_GEMM bli_sgemm_ex
#include "ops/gemm_template.h"
#undef T
#undef NAME
#undef BLIS_GEMM

#define T double
#define NAME(name) name##_f64
#define BLIS_GEMM bli_dgemm_ex
#include "ops/gemm_template.h"
