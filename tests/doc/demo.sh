#!/bin/sh
# The demo at its full size finds what the README says, to the second digit: the third may differ between processors.
. "$abs_top_srcdir/tests/doc/lib.sh"
[ -x "$abs_top_builddir/ommatid-generate" ] || { echo "SKIPPED: the programs were not built"; exit 77; }
ln -s "$abs_top_builddir"/ommatid-* .
mkdir demo
sh "$abs_top_srcdir/apps/demo.sh" "$abs_top_srcdir/apps/data" >said 2>&1 || fail "exit status $?: $(tail -n 3 said)"

# found WORDS: the number that the README gives for it, and that of the demo.
found() {
    set -- "$1" "$(sed -n "s/^| $1[^|]*| \([0-9.]*\) |$/\1/p" "$abs_top_srcdir/README.md")" \
        "$(sed -n "s/^$1  *\([0-9.]*\).*/\1/p" said)"
    echo "$1: $3, in the README $2"
    awk -v promised="$2" -v found="$3" \
        'BEGIN {exit !(promised != "" && found != "" && (found - promised) ^ 2 < 0.0001)}' ||
        fail "$1: $3, but $2 in the README"
}
for words in weights "time constants" "resting potentials" stimulus; do found "$words"; done
finish
