#!/bin/sh
# The installed library as its users have it: the examples, compiled and linked as pkg-config says, with the shared and
# with the static library, in C and, where there is a compiler, in C++. Run by `make installcheck`.
set -u
temporary=$(mktemp -d) || exit 1
trap 'rm -rf "$temporary"' EXIT
failures=0
fail() { echo "installcheck: FAILED: $*" >&2; failures=1; }

# What the installed libtensor.pc says; with DESTDIR the files are not where they believe to be.
PKG_CONFIG_PATH=$DESTDIR$libdir/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
config() {
    if [ -n "$DESTDIR" ]; then set -- "--define-variable=prefix=$DESTDIR$prefix" "$@"; fi
    $PKG_CONFIG "$@" libtensor
}

config --exists --print-errors || exit 1
[ "$(config --modversion)" = "$PACKAGE_VERSION" ] || fail "libtensor.pc is of version $(config --modversion)"
[ -f "$(config --variable=includedir)/tensor.h" ] || fail "tensor.h is not where libtensor.pc says"

# Debian has no static SLEEF, so that -static is not possible: the library alone is taken by its file.
static_libs() { config --static --libs | sed "s|-ltensor|$DESTDIR$libdir/libtensor.a|"; }

# holds PROGRAM: whether the library is in the program itself.
holds() { $NM -P "$1" | grep -q '^tn_run [Tt] '; }

# try COMPILER FLAGS EXAMPLE: links and runs it both ways.
try() {
    compiler="$1 $2 -Wall -Wextra -Wpedantic -Werror $OM_SANITIZE $(config --cflags)"
    if [ -e "$DESTDIR$libdir/libtensor.so" ]; then
        $compiler "$3" -o "$temporary/shared" $(config --libs) -lm &&
            ! holds "$temporary/shared" && LD_LIBRARY_PATH=$DESTDIR$libdir "$temporary/shared" >"$temporary/out" &&
            echo "installcheck: ${3##*/}, $1, shared: $(tail -n 1 "$temporary/out")" || fail "${3##*/}, $1, shared"
    fi
    if [ -e "$DESTDIR$libdir/libtensor.a" ]; then
        $compiler "$3" -o "$temporary/static" $(static_libs) &&
            holds "$temporary/static" && "$temporary/static" >"$temporary/out" &&
            echo "installcheck: ${3##*/}, $1, static: $(tail -n 1 "$temporary/out")" || fail "${3##*/}, $1, static"
    fi
}

try "$CC" -std=c17 "$abs_top_srcdir/doc/examples/line_fit.c"
echo 'int main() { return 0; }' >"$temporary/empty.cpp"
found=
# First the one of the same family: with libtensor.a a program links the OpenMP library of the compiler that made it.
case $CC in *clang*) family=clang++ ;; *) family=g++ ;; esac
for compiler in ${CXX-} $family g++ clang++ c++; do
    [ -z "$found" ] && $compiler $OPENMP_CFLAGS $OM_SANITIZE "$temporary/empty.cpp" -o "$temporary/empty" \
        2>"$temporary/why" && found=$compiler
done
if [ -n "$found" ]; then try $found -std=c++17 "$abs_top_srcdir/doc/examples/diffusion.cpp"
else echo "installcheck: SKIPPED: no C++ compiler"
fi
exit $failures
