#!/bin/sh
# The shared library shows what tensor.h declares and nothing else; the static one, in which nothing is hidden, defines
# no name that is not ours.
temporary=$(mktemp -d) || exit 1
trap 'rm -rf "$temporary"' EXIT

# defined LIBRARY OPTION ...: the symbols that it defines, without those that belong to the system.
defined() {
    library=$1
    shift
    $NM "$@" -P "$library" | awk 'NF > 2 && $2 !~ /[Uwv]/ && $1 !~ /^_/ { sub(/@.*/, "", $1); print $1 }' | sort -u
}

shared=$abs_top_builddir/.libs/libtensor.so
static=$abs_top_builddir/.libs/libtensor.a
[ -e "$shared" ] || [ -e "$static" ] || { echo "$abs_top_builddir/.libs has no libtensor"; exit 1; }
failures=0
if [ -e "$shared" ]; then
    sed -n 's/^TN_API [^(]*[ *]\(tn_[a-z0-9_]*\)(.*/\1/p' "$abs_top_srcdir/libtensor/tensor.h" |
        sort >"$temporary/declared"
    defined "$shared" -D >"$temporary/shown"
    [ "$(wc -l <"$temporary/declared")" -gt 100 ] || { echo "tensor.h declares too little"; failures=1; }
    diff "$temporary/declared" "$temporary/shown" ||
        { echo "< is declared and not shown, > is shown and not declared"; failures=1; }
fi
if [ -e "$static" ]; then
    defined "$static" -g >"$temporary/defined"
    grep -q '^tn_run$' "$temporary/defined" || { echo "$static has no tn_run"; failures=1; }
    # Clang makes the function that chooses between the clones of a kernel global, under a name that C does not have.
    ! grep -vE '^tn_|\.resolver$' "$temporary/defined" || { echo "are names that programs may want"; failures=1; }
fi
[ -e "$shared" ] || { echo "SKIPPED: there is no shared library"; [ $failures -ne 0 ] || exit 77; }
exit $failures
