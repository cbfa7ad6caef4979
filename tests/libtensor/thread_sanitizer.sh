#!/bin/sh
# Threads under the thread sanitizer, in a build of its own. With clang: its OpenMP library tells the sanitizer, by way
# of Archer, when threads wait for each other; that of gcc does so unseen, and every parallel region looks like a race.
skip() { echo "SKIPPED: $*"; exit 77; }
command -v clang >/dev/null || skip "clang is missing"
archer=$(clang -print-resource-dir)/../../libarcher.so
[ -e "$archer" ] || archer=$(clang -print-file-name=libarcher.so)
[ -e "$archer" ] || skip "Archer is missing (Debian: libomp-dev)"
build=$(mktemp -d) || exit 1
trap 'rm -rf "$build"' EXIT
source=$abs_top_srcdir
if [ -e "$source/config.status" ]; then # no other folder can be configured from sources that are
    source=$build/source
    make -C "$abs_top_builddir" distdir distdir="$source" >"$build/said" 2>&1 || { tail -n 30 "$build/said"; exit 1; }
fi
cd "$build" || exit 1
"$source/configure" --disable-apps --disable-shared --enable-tsan CC=clang CFLAGS="-g -O1" >said 2>&1 &&
    make tests/libtensor/check_threads >>said 2>&1 || { tail -n 30 said; exit 1; }
unset CK_RUN_CASE
CK_FORK=no OMP_NUM_THREADS=2 OMP_TOOL_LIBRARIES=$archer TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=1" \
    tests/libtensor/check_threads
