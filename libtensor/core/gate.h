/* A gate that the threads of a team come to and wait at until it is opened. They spin first, as stages of a plan follow
 * each other within microseconds; but not for longer than falling asleep and waking up takes, because what they wait
 * for may need their processor. */
#ifndef TN_CORE_GATE_H
#define TN_CORE_GATE_H

#include <stdatomic.h>

/* All zero: closed, and nobody waits. */
typedef struct tn_gate {
    atomic_uint open, asleep;
} tn_gate;

/* Returns once the gate is open; what was done before it was opened is then visible. */
void tn_gate_wait(tn_gate *gate);

void tn_gate_open(tn_gate *gate);

/* Closes it for the next time. Nobody may be waiting. */
void tn_gate_close(tn_gate *gate);

#endif
