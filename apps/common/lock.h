/* lock.h - a folder that one program at a time writes into.
 *
 * The lock is flock's on a hidden file in the folder, so it ends with the program however that ends. A program that is
 * killed leaves the file behind, which means nothing. */
#ifndef OM_LOCK_H
#define OM_LOCK_H

#include "tensor.h"

#define OM_LOCK_NAME ".ommatid-lock"

/* Zeroed: nothing is locked. */
typedef struct om_lock {
    int file; /* open while locked is set */
    bool locked;
    char *path;
} om_lock;

/* Locks a folder that exists. Where files cannot be locked, as on some network file systems, nothing is.
 *   deed  what the program does to it, "trained": for others, who are told "RUN: is being trained by process 42 on fly"
 * Errors: TN_EIO another program has it, or the file cannot be made; TN_ENOMEM. */
tn_status om_lock_take(om_lock *lock, const char *folder, const char *deed, tn_error *error);

/* Removes the file and the lock; nothing if there is none. */
void om_lock_release(om_lock *lock);

#endif
