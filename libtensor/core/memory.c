/* Memory: aligned tensors with slack behind them, and everything else. */
#include "config.h"
#include "core/memory.h"
#include "tensor.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What a test may watch and steer; not part of any result. */
static atomic_long live, total, countdown = -1;
static atomic_int for_good;

static bool allowed(void)
{
    long left = atomic_load(&countdown);
    if (left < 0) return true;
    if (left > 0) {
        atomic_fetch_sub(&countdown, 1);
        return true;
    }
    if (!atomic_load(&for_good)) atomic_store(&countdown, -1);
    return false;
}

static void *counted(void *memory)
{
    if (memory) {
        atomic_fetch_add(&live, 1);
        atomic_fetch_add(&total, 1);
    }
    return memory;
}

/* Kernels walk large matrices with long strides; with pages of 4 KiB most of their time would go into finding them. */
static void prefer_large_pages(char *given, size_t bytes)
{
#if defined MADV_HUGEPAGE
    const uintptr_t page = 2 << 20;
    uintptr_t first = ((uintptr_t)given + page - 1) / page * page, last = ((uintptr_t)given + bytes) / page * page;
    if (last > first) madvise((void *)first, last - first, MADV_HUGEPAGE);
#else
    (void)given, (void)bytes;
#endif
}

/* From calloc, which gets large blocks as zero pages that cost nothing until they are touched. It aligns to less, so
 * the memory starts a bit behind what calloc gave, which is noted before it. */
void *tn_alloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - TN_SLACK - TN_ALIGN || !allowed()) return NULL;
    char *given = counted(calloc(1, bytes + TN_SLACK + TN_ALIGN));
    if (!given) return NULL;
    prefer_large_pages(given, bytes);
    void **memory = (void **)(given + TN_ALIGN - (uintptr_t)given % TN_ALIGN);
    memory[-1] = given;
    return memory;
}

void tn_free(void *memory)
{
    if (memory) tn_release(((void **)memory)[-1]);
}

void *tn_calloc(size_t count, size_t size)
{
    return allowed() ? counted(calloc(count ? count : 1, size ? size : 1)) : NULL;
}

void *tn_grow(void *memory, size_t count, size_t size)
{
    if (!allowed()) return NULL;
    void *grown = reallocarray(memory, count, size);
    if (grown && !memory) atomic_fetch_add(&live, 1);
    if (grown) atomic_fetch_add(&total, 1);
    return grown;
}

char *tn_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = tn_calloc(bytes, 1);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

void tn_release(void *memory)
{
    if (memory) atomic_fetch_sub(&live, 1);
    free(memory);
}

int tn_reserve(void **array, int count, int *capacity, size_t size)
{
    if (count < *capacity) return 1;
    int wanted = *capacity ? 2 * *capacity : 16;
    void *grown = tn_grow(*array, (size_t)wanted, size);
    if (!grown) return 0;
    *array = grown;
    *capacity = wanted;
    return 1;
}

void tn_fail_allocation(long after, int persistent)
{
    atomic_store(&for_good, persistent);
    atomic_store(&countdown, after);
}

long tn_live_allocations(void)
{
    return atomic_load(&live);
}

long tn_total_allocations(void)
{
    return atomic_load(&total);
}
