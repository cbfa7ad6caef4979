#!/bin/sh
# Many more damaged files than `make check` draws.
OMMATID_FUZZ=${OMMATID_FUZZ-20000} "$abs_top_builddir/tests/libtensor/check_damaged_files"
