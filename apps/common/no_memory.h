/* The commonest of errors. */
#ifndef OM_NO_MEMORY_H
#define OM_NO_MEMORY_H

#include "tensor.h"

/* Fails with TN_ENOMEM, "PATH: out of memory"; what: the file or the thing that needed it, or NULL. Where a number says
 * more, such as how many points there were, tn_fail says it. */
static inline tn_status om_no_memory(const char *what, tn_error *error)
{
    return tn_fail(error, TN_ENOMEM, "%s%sout of memory", what ? what : "", what ? ": " : "");
}

#endif
