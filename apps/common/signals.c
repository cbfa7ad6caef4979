/* Requests to stop. A signal handler can reach nothing but a variable of the whole program. */
#include "config.h"
#include "common/signals.h"
#include "common/cli.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t pending;

static void remember(int signal_number)
{
    pending = signal_number;
}

void om_signals_catch(void)
{
    static const int caught[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
    struct sigaction before;
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        /* nohup asks that a closed terminal ends nothing */
        if (caught[i] == SIGHUP && sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_IGN) continue;
        struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
        if (caught[i] == SIGINT) action.sa_flags |= (int)SA_RESETHAND;
        sigemptyset(&action.sa_mask);
        sigaction(caught[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    pending = 0;
}

int om_signals_pending(void)
{
    return pending;
}

tn_status om_signals_check(const char *outcome, tn_error *error)
{
    return pending ? tn_fail(error, TN_EINVAL, "stopped by a signal; %s", outcome) : TN_OK;
}

tn_status om_signals_ask(void *outcome, tn_error *error)
{
    return om_signals_check(outcome, error);
}

int om_signals_exit(int code)
{
    return code == OM_EXIT_INPUT && pending ? OM_EXIT_FAILED : code;
}
