/* Asking whether to go on. */
#ifndef OM_WATCH_H
#define OM_WATCH_H

#include "models.h"

static inline tn_status om_watch_ask(const om_watch *watch, tn_error *error)
{
    return watch && watch->check ? watch->check(watch->user, error) : TN_OK;
}

#endif
