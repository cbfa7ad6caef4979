/* signals.h - a request to stop, so that a long loop can finish its step, save and leave. */
#ifndef OM_SIGNALS_H
#define OM_SIGNALS_H

/* From now on a closed pipe and a limit on file sizes are errors of writing and end no process. */
void om_signals_spare_files(void);

/* That, and SIGTERM, SIGINT and SIGUSR1 (what batch systems send before the time is over) are remembered instead of
 * ending the process; a second SIGINT still ends it at once. */
void om_signals_catch(void);

/* The signal that asked to stop, or 0. */
int om_signals_pending(void);

#endif
