#!/bin/sh
# Everything in tensor.h is documented: Doxygen has nothing to say about it (doc/Doxyfile, doc/comments.awk).
command -v doxygen >/dev/null || { echo "SKIPPED: doxygen is missing"; exit 77; }
temporary=$(mktemp -d) || exit 1
trap 'rm -rf "$temporary"' EXIT
VERSION=test SOURCE=$abs_top_srcdir OUTPUT=$temporary doxygen "$abs_top_srcdir/doc/Doxyfile" 2>"$temporary/said" >&2
status=$?
cat "$temporary/said"
[ $status -eq 0 ] && [ ! -s "$temporary/said" ] && [ -s "$temporary/html/group__section1.html" ]
