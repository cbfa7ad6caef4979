/* The instruction set of this machine. */
#ifndef TN_CORE_HARDWARE_H
#define TN_CORE_HARDWARE_H

/* From wide to narrow, as lists of variants go: AVX-512F, AVX2 with fused multiply-add, what every x86-64 has. */
typedef enum tn_isa { TN_ISA_AVX512, TN_ISA_AVX2, TN_ISA_SSE2 } tn_isa;

/* The widest that the processor has. */
tn_isa tn_isa_here(void);

#endif
