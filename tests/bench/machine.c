/* The peak of the machine, on all threads and on one. */
#include "config.h"
#include "machine.h"

tn_status bench_machine_measure(bench_machine *machine, int threads, bool smoke, tn_error *error)
{
    tn_peak all, one;
    tn_status status = tn_peak_measure(threads, smoke, &all, error);
    if (!status) status = tn_peak_measure(1, smoke, &one, error);
    if (!status)
        *machine = (bench_machine){.threads = threads, .flops = all.flops, .one_flops = one.flops,
                                   .bandwidth = all.bandwidth, .one_bandwidth = one.bandwidth,
                                   .instructions = all.instructions};
    return status;
}
