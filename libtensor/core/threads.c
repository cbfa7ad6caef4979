/* The thread setting, the only global state. */
#include "config.h"
#include "tensor.h"

#include <omp.h>

static int chosen;

void tn_set_threads(int threads)
{
    chosen = threads > 0 ? threads : 0;
}

/* omp_get_max_threads honours OMP_NUM_THREADS and the processors this process may run on. */
int tn_threads(void)
{
    return chosen ? chosen : omp_get_max_threads();
}
