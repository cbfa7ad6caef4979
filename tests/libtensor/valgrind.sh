#!/bin/sh
# The tests of libtensor under valgrind. It knows no AVX-512 and says so to those who ask the processor, as libtensor,
# BLIS, OpenMP and the C library do: they take their kernels for AVX2. Each program runs as one process.
command -v valgrind >/dev/null || { echo "SKIPPED: valgrind is missing"; exit 77; }
[ -z "$OM_SANITIZE" ] || { echo "SKIPPED: built with $OM_SANITIZE"; exit 77; }
unset BLIS_ARCH_TYPE CK_RUN_CASE CK_RUN_SUITE
export CK_FORK=no
export OMMATID_FUZZ_LIMIT=no # valgrind itself takes more memory than damaged files may
# Those with small tiles make the same graphs and plans, and check_optimizer_values and check_lbfgs the same steps as
# check_optim and check_training, in less time: fused multiply-adds take valgrind a function call each. Guard pages see
# more of matrix products than valgrind does; threads, which it runs one after the other, have the thread sanitizer; and
# the tests of failing allocations bring allocators of their own, which hide what it looks for (--enable-asan sees it).
left_out="check_ops check_random_graphs check_plan check_optim check_training check_gemm check_threads check_memory"
failures=0 programs=0
for program in "$abs_top_builddir"/tests/libtensor/check_*; do
    name=${program##*/}
    case " $left_out " in *" $name "*) continue ;; esac
    case $name in *.*) continue ;; esac
    programs=$((programs + 1))
    start=$(date +%s)
    valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \
        "$program"
    status=$?
    echo "$name under valgrind: exit status $status after $(($(date +%s) - start)) s"
    [ $status -eq 0 ] || failures=$((failures + 1))
done
[ $programs -gt 10 ] || { echo "only $programs programs"; exit 1; }
exit $((failures > 0))
