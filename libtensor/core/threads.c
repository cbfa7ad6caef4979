/* The thread setting, the only global state. */
#include "config.h"
#include "tensor.h"

#include <omp.h>
#include <stdatomic.h>

static atomic_int chosen;

void tn_set_threads(int threads)
{
    chosen = threads > 0 ? threads : 0;
}

/* omp_get_max_threads honours OMP_NUM_THREADS and the processors this process may run on. */
int tn_threads(void)
{
    int threads = chosen;
    return threads ? threads : omp_get_max_threads();
}
