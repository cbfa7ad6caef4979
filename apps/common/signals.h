/* signals.h - a request to stop, so that a long loop can finish its step, save and leave. */
#ifndef OM_SIGNALS_H
#define OM_SIGNALS_H

#include "tensor.h"

/* From now on SIGTERM, SIGINT, SIGUSR1 (what batch systems send before the time is over) and SIGHUP (a terminal that is
 * closed; where it is ignored, as with nohup, it stays so) are remembered instead of ending the process; a second
 * SIGINT still ends it at once. A closed pipe and a limit on file sizes are errors of writing, and end no process
 * either. */
void om_signals_catch(void);

/* The signal that asked to stop, or 0. */
int om_signals_pending(void);

/* For loops that save nothing: where a signal asked to stop, the error "stopped by a signal; OUTCOME".
 * Errors: TN_EINVAL, for which om_signals_exit finds the exit status. */
tn_status om_signals_check(const char *outcome, tn_error *error);

/* The same as the check of an om_watch, whose user is OUTCOME. */
tn_status om_signals_ask(void *outcome, tn_error *error);

/* The exit status of a program that ends with this one: OM_EXIT_FAILED where a signal is why it is not 0. */
int om_signals_exit(int code);

#endif
