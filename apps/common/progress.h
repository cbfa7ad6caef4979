/* progress.h - how far a program is, on standard error. */
#ifndef OM_PROGRESS_H
#define OM_PROGRESS_H

#include "common/metrics.h"

typedef enum om_progress_mode {
    OM_PROGRESS_AUTO,  /* a live line on a terminal, else plain */
    OM_PROGRESS_PLAIN, /* a line from time to time */
    OM_PROGRESS_JSON,  /* an object per line, from time to time */
    OM_PROGRESS_NONE,
} om_progress_mode;

/* One task at a time. Set by om_progress_init; a test may then replace stream, live and clock. */
typedef struct om_progress {
    FILE *stream;
    om_progress_mode mode;
    bool quiet;             /* nothing but warnings */
    bool live;              /* one line, written over */
    double (*clock)(void);  /* s, from any origin */
    const char *what;       /* the task; borrowed */
    int64_t total;          /* steps of the task, 0 if not known */
    int64_t first, done;    /* steps made when it began, and now */
    double start;           /* when it began, s */
    double shown;           /* when a rate was last computed, s ... */
    int64_t shown_done;     /* ... and the steps made then */
    double rate;            /* steps per s */
} om_progress;

/*   quiet  print nothing but warnings, whatever the mode */
void om_progress_init(om_progress *progress, om_progress_mode mode, bool quiet);

/*   what   the task in a word or two of ASCII, such as "train"; must outlive it
 *   done   steps already made, as when a run is resumed;   total   all steps, 0 if not known */
void om_progress_begin(om_progress *progress, const char *what, int64_t done, int64_t total);

/* Tells that done steps are made. Prints when it is time to: a live line ten times a second, a plain one every ten
 * seconds, JSON every second; so it may be called at every step.
 *   fields  more numbers to show, such as the loss; NaN: not known, left out, or null in JSON */
void om_progress_at(om_progress *progress, int64_t done, int n, const om_named_number *fields);

/* Prints how many steps were made and how long they took. */
void om_progress_end(om_progress *progress);

/* The clock of everything that is timed: seconds from any origin. */
double om_now(void);

/* The most memory that the process has held, bytes. */
double om_memory_peak(void);

/* A message, on a line of its own (in JSON mode {"message": ...}); nothing when quiet. */
void om_progress_say(om_progress *progress, const char *format, ...) TN_PRINTF(2, 3);

/* What the user may not expect of the results, such as a part of them that is missing: "warning: ..." (in JSON mode
 * {"warning": ...}), quiet or not. */
void om_progress_warn(om_progress *progress, const char *format, ...) TN_PRINTF(2, 3);

#endif
