# What the tests of documents share. `make check` sets abs_top_srcdir and abs_top_builddir. Sourcing this enters a fresh
# temporary folder, removed at the end.
set -u
LC_ALL=C
export LC_ALL
failures=0
temporary=$(mktemp -d "${TMPDIR:-/tmp}/ommatid-doc.XXXXXX") || exit 99
trap 'cd /; rm -rf "$temporary"' EXIT
trap 'exit 99' HUP INT TERM
cd "$temporary" || exit 99

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# same EXPECTED FOUND WHAT
same() { cmp -s "$1" "$2" || fail "$3: $(diff "$1" "$2")"; }

finish() { exit $((failures > 0)); }
