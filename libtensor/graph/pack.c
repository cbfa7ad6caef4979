/* First fit. */
#include "graph/pack.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

/* Largest first: the small ones then fill the gaps. Vertices tell apart what is of one size. */
static int compare(const void *left, const void *right)
{
    const tn_life *a = left, *b = right;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? 1 : -1;
    return (a->vertex > b->vertex) - (a->vertex < b->vertex);
}

/* What lives overlap with, looked at in the order of their places. */
typedef struct placed {
    int first, last;
    int64_t begin, end;
} placed;

/* The first gap among those that is large enough, seen from below. */
static int64_t find_place(const placed *others, int n, const tn_life *life)
{
    int64_t place = 0;
    for (int i = 0; i < n && place + life->bytes > others[i].begin; i++)
        if (life->first <= others[i].last && others[i].first <= life->last && others[i].end > place)
            place = others[i].end;
    return place;
}

/* Keeps the order of places; equal ones follow each other as they came. */
static void insert(placed *others, int n, const tn_life *life)
{
    int low = 0, high = n;
    while (low < high) {
        int middle = (low + high) / 2;
        if (others[middle].begin <= life->place) low = middle + 1;
        else high = middle;
    }
    memmove(others + low + 1, others + low, (size_t)(n - low) * sizeof *others);
    others[low] = (placed){life->first, life->last, life->place, life->place + life->bytes};
}

int64_t tn_pack_lives(tn_life *lives, int n)
{
    placed *others = tn_calloc((size_t)n, sizeof *others);
    int64_t total = 0;
    if (!others) return -1;
    qsort(lives, (size_t)n, sizeof *lives, compare);
    for (int i = 0; i < n; i++) {
        lives[i].place = find_place(others, i, &lives[i]);
        insert(others, i, &lives[i]);
        if (lives[i].place + lives[i].bytes > total) total = lives[i].place + lives[i].bytes;
    }
    tn_release(others);
    return total;
}
