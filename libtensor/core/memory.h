/* Memory of the library. All of it passes through here, so that tests can make any allocation fail. */
#ifndef TN_CORE_MEMORY_H
#define TN_CORE_MEMORY_H

#include <stddef.h>

/* What tn_alloc promises: at least so many bytes behind the ones asked for may be read. BLIS 0.9.0 reads past the end
 * of matrices, a few bytes of C and up to one row of A: flame/blis issues 635 and 821. Rows longer than this are kept
 * from it (ops/gemm_template.h). tests/libtensor/check_gemm.c holds both to it. */
#define TN_SLACK 65536
#define TN_ALIGN 64

/* Like calloc, realloc, strdup and free. NULL when out of memory. */
void *tn_calloc(size_t count, size_t size);
void *tn_grow(void *memory, size_t count, size_t size);
char *tn_strdup(const char *text);
void tn_release(void *memory);

/* Makes room for one more element: array doubles when count reaches *capacity. False when out of memory. */
#define TN_RESERVE(array, count, capacity) tn_reserve((void **)&(array), (count), &(capacity), sizeof *(array))
int tn_reserve(void **array, int count, int *capacity, size_t size);

/* For tests: the allocation after next `countdown` ones fails, once or for good; -1 = never. */
void tn_fail_allocation(long countdown, int for_good);
long tn_live_allocations(void);
long tn_total_allocations(void);

#endif
