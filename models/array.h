/* Arrays of the models. */
#ifndef OM_ARRAY_H
#define OM_ARRAY_H

#include <tensor.h>

/* Zeroed memory for count elements from tn_alloc; NULL when there is none, or the size in bytes would overflow. */
static inline void *om_array(int64_t count, size_t size)
{
    return (uint64_t)count > SIZE_MAX / size ? NULL : tn_alloc((size_t)count * size);
}

#endif
