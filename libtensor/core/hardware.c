/* What the processor offers: the instruction set is chosen here, at run time, so one binary runs everywhere. */
#include "config.h"
#include "core/hardware.h"
#include "core/vecmath.h"
#include "tensor.h"

#include <blis.h>
#include <stdio.h>

tn_isa tn_isa_here(void)
{
    if (__builtin_cpu_supports("avx512f")) return TN_ISA_AVX512;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? TN_ISA_AVX2 : TN_ISA_SSE2;
}

const tn_vecmath *const *tn_vec_variants(void)
{
    static const tn_vecmath *const all[] = {&tn_vecmath_avx512f, &tn_vecmath_avx2, &tn_vecmath_sse2, NULL};
    return all + tn_isa_here();
}

const tn_vecmath *tn_vec(void)
{
    return *tn_vec_variants();
}

const char *tn_hardware(void)
{
    static _Thread_local char text[64];
    snprintf(text, sizeof text, "%s, BLIS %s", tn_vec()->name, bli_arch_string(bli_arch_query_id()));
    return text;
}
