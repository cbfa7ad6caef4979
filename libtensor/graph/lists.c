/* Counting sort. */
#include "graph/lists.h"
#include "core/memory.h"

bool tn_lists_make(tn_lists *lists, int n, const int *key, int keys)
{
    *lists = (tn_lists){tn_calloc((size_t)keys + 2, sizeof *lists->start), tn_calloc((size_t)n, sizeof *lists->item)};
    if (!lists->start || !lists->item) return false;
    /* Counted two places on and filled one place on, start ends where it belongs. */
    int *count = lists->start + 2, *next = lists->start + 1;
    for (int i = 0; i < n; i++)
        if (key[i] >= 0) count[key[i]]++;
    for (int k = 1; k < keys; k++) count[k] += count[k - 1];
    for (int i = 0; i < n; i++)
        if (key[i] >= 0) lists->item[next[key[i]]++] = i;
    return true;
}

void tn_lists_free(tn_lists *lists)
{
    tn_release(lists->start);
    tn_release(lists->item);
    *lists = (tn_lists){0};
}
