/* How idle threads wait. */
#ifndef OM_WAITING_H
#define OM_WAITING_H

/* Has threads that wait for work sleep after some ten microseconds, unless the environment says otherwise
 * (OMP_WAIT_POLICY, GOMP_SPINCOUNT). Left to itself GNU OpenMP lets them spin for milliseconds: where other programs
 * want the processors too, a thread then spins for one that cannot run, at every frame. OpenMP reads its environment
 * before main, so the program begins anew; call this first.
 *   argv  of main */
void om_wait_politely(char **argv);

#endif
