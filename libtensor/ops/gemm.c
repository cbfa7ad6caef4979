/* Which method a dense matrix product takes. The kernels of gemm_kernel.h serve the tiles of a plan, which lie in the
 * cache and have a contiguous side: BLIS packs both operands at each call, which costs a tile more than it gains. BLIS
 * serves machines without fused multiply-add, for which it has kernels too. */
#include "config.h"
#include "ops/gemm.h"
#include "core/hardware.h"
#include "core/memory.h"
#include "ops/gemm_kernel.h"

#include <blis.h>
#include <string.h>

const tn_gemm_kernel *const *tn_gemm_variants(void)
{
    static const tn_gemm_kernel *const all[] = {&tn_gemm_avx512f, &tn_gemm_avx2, &tn_gemm_sse2, NULL};
    return all + tn_isa_here();
}

const tn_gemm_kernel *tn_gemm_here(void)
{
    return *tn_gemm_variants();
}

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
