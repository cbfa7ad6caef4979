/* The co-process. */
#include "config.h"
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct bench_peer {
    pid_t pid;
    FILE *to, *from;
    char *about, *line;
    size_t capacity;
};

extern char **environ;

/* ---- the process ---- */

static int spawn(pid_t *pid, const char *const *words, int input, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    int failure = posix_spawnp(pid, words[0], &actions, NULL, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

void bench_peer_stop(bench_peer *peer)
{
    if (!peer) return;
    if (peer->to) fclose(peer->to);
    if (peer->from) fclose(peer->from);
    while (peer->pid > 0 && waitpid(peer->pid, NULL, 0) < 0 && errno == EINTR) continue;
    free(peer->about);
    free(peer->line);
    free(peer);
}

/* The next line without its end, or NULL where the process has ended. */
static const char *read_line(bench_peer *peer)
{
    ssize_t length = getline(&peer->line, &peer->capacity, peer->from);
    if (length <= 0) return NULL;
    peer->line[strcspn(peer->line, "\n")] = 0;
    return peer->line;
}

static tn_status connect_to(bench_peer *peer, const char *const *words, tn_error *error)
{
    int request[2], answer[2];
    if (pipe2(request, O_CLOEXEC)) return tn_fail(error, TN_EIO, "pipe: %s", strerror(errno));
    if (pipe2(answer, O_CLOEXEC)) {
        tn_fail(error, TN_EIO, "pipe: %s", strerror(errno));
        close(request[0]);
        close(request[1]);
        return TN_EIO;
    }
    int failure = spawn(&peer->pid, words, request[0], answer[1]);
    close(request[0]);
    close(answer[1]);
    if (!(peer->to = fdopen(request[1], "w"))) close(request[1]);
    if (!(peer->from = fdopen(answer[0], "r"))) close(answer[0]);
    if (failure) {
        peer->pid = 0;
        return tn_fail(error, TN_EIO, "%s: %s", words[0], strerror(failure));
    }
    return peer->to && peer->from ? TN_OK : tn_fail(error, TN_ENOMEM, "out of memory");
}

bench_peer *bench_peer_start(const char *interpreter, const char *script, const char *directory, int threads,
                             tn_error *error)
{
    /* Some environments set the first two to make OpenBLAS take smaller blocks or another kernel than fits the machine.
     * BLIS, where it is the peer's BLAS, takes one thread unless told otherwise. */
    char blis[64];
    snprintf(blis, sizeof blis, "BLIS_NUM_THREADS=%d", threads);
    const char *const words[] = {"env", "-u", "OPENBLAS_CORETYPE", "-u", "OPENBLAS_L2_SIZE", blis, interpreter, script,
                                 directory, NULL};
    bench_peer *peer = calloc(1, sizeof *peer);
    if (!peer) {
        tn_fail(error, TN_ENOMEM, "out of memory");
        return NULL;
    }
    if (connect_to(peer, words, error) == TN_OK) {
        const char *about = read_line(peer);
        if (about) peer->about = strdup(about);
        if (peer->about) return peer;
        tn_fail(error, TN_EIO, "%s %s does not answer", interpreter, script);
    }
    bench_peer_stop(peer);
    return NULL;
}

const char *bench_peer_about(const bench_peer *peer)
{
    return peer->about;
}

/* ---- requests ---- */

/* Threads of a BLAS may look for more work for a while after the last; let them fall asleep before we measure. */
static void let_rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
}

/* Reads n numbers from the answer. */
static tn_status read_numbers(bench_peer *peer, const char *what, int n, double *numbers, tn_error *error)
{
    const char *answer = read_line(peer);
    if (!answer) return tn_fail(error, TN_EIO, "the peer ended while it was asked for %s", what);
    let_rest();
    for (int i = 0; i < n; i++) {
        char *end;
        numbers[i] = strtod(answer, &end);
        if (end == answer) return tn_fail(error, TN_EINVAL, "the peer answered to %s: %s", what, peer->line);
        answer = end;
    }
    return TN_OK;
}

tn_status bench_peer_value(bench_peer *peer, const char *formulation, const char *line, int threads, double *value,
                           tn_error *error)
{
    fprintf(peer->to, "value %s/%s %d\n", formulation, line, threads);
    fflush(peer->to);
    return read_numbers(peer, line, 1, value, error);
}

tn_status bench_peer_run(bench_peer *peer, const char *formulation, const char *line, int threads, int runs,
                         double *seconds, tn_error *error)
{
    fprintf(peer->to, "%s/%s %d %d\n", formulation, line, threads, runs);
    fflush(peer->to);
    return read_numbers(peer, line, runs, seconds, error);
}

/* ---- shared data ---- */

void bench_data_tensor(bench_data *data, const char *name, tn_dtype dtype, tn_shape shape, const void *values)
{
    if (data->n_tensors < BENCH_TENSORS)
        data->tensor[data->n_tensors++] = (tn_tensor){.name = name, .dtype = dtype, .shape = shape, .data = values};
}

void bench_data_text(bench_data *data, const char *name, const char *text)
{
    if (data->n_numbers == BENCH_NUMBERS) return;
    char *copy = data->text[data->n_numbers];
    snprintf(copy, sizeof data->text[0], "%s", text);
    data->number[data->n_numbers++] = (tn_pair){name, copy};
}

void bench_data_number(bench_data *data, const char *name, double value)
{
    char text[64];
    snprintf(text, sizeof text, "%.17g", value);
    bench_data_text(data, name, text);
}

void bench_data_params(bench_data *data, const tn_params *params)
{
    for (int i = 0; i < tn_params_count(params); i++) {
        tn_param_info info = tn_params_at(params, i);
        bench_data_tensor(data, info.name, tn_params_dtype(params), info.shape, info.data);
    }
}

void bench_data_circuit(bench_data *data, const om_circuit *circuit)
{
    bench_data_number(data, "neurons", circuit->neurons);
    bench_data_tensor(data, "source", TN_I32, TN_SHAPE(circuit->synapses), circuit->source);
    bench_data_tensor(data, "target", TN_I32, TN_SHAPE(circuit->synapses), circuit->target);
}
