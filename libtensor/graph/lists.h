/* Things sorted by a number each of them has, in linear time: the planner looks at vertices stage by stage and chain by
 * chain, of which there may be as many as vertices. */
#ifndef TN_GRAPH_LISTS_H
#define TN_GRAPH_LISTS_H

#include <stdbool.h>

typedef struct tn_lists {
    int *start; /* [keys + 1] the list of key k is item[start[k]] to item[start[k + 1] - 1], in ascending order */
    int *item;
} tn_lists;

/* Lists the things 0 .. n - 1 by key[], which are 0 .. keys - 1; those with a negative key are left out. false when out of
 * memory. To be freed with tn_lists_free, also then. */
bool tn_lists_make(tn_lists *lists, int n, const int *key, int keys);
void tn_lists_free(tn_lists *lists);

#endif
