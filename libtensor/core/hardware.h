/* The instruction set of this machine. */
#ifndef TN_CORE_HARDWARE_H
#define TN_CORE_HARDWARE_H

/* The widest that the processor has, as a place in lists that go from wide to narrow: 0 AVX-512F, 1 AVX2 with fused
 * multiply-add, 2 what every x86-64 has. */
int tn_isa(void);

#endif
