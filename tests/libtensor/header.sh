#!/bin/sh
# tensor.h and the examples compile without a warning as C17 and as C++17, with each compiler that is here, and the
# C++ example links and runs. A C++ compiler is not needed to build anything.
temporary=$(mktemp -d) || exit 1
trap 'rm -rf "$temporary"' EXIT
warnings="-Wall -Wextra -Wpedantic -Wshadow -Werror"
include="-I$abs_top_srcdir/libtensor"
examples=$abs_top_srcdir/doc/examples
failures=0
fail() { echo "FAILED: $*"; failures=1; }

# Every macro of the header once, in what C and C++ have in common.
cat >"$temporary/both.c" <<'end'
#include <tensor.h>
int main(void)
{
    const int64_t n = 2;
    tn_shape shape = TN_SHAPE(n, 3), scalar = TN_SCALAR;
    tn_optimizer_config adam = TN_ADAM_DEFAULTS;
    tn_init init = TN_LITERAL(tn_init, TN_INIT_UNIFORM, -1, 1);
    tn_schedule schedule = {TN_SCHEDULE_COSINE, 10, 0.5, 0};
    unsigned axes = TN_AXIS(1), all = TN_ALL;
    return !(tn_shape_size(shape) == 6 && tn_shape_size(TN_SHAPE(4)) == 4 && scalar.rank == 0 && adam.beta2 > 0.99 &&
             init.b > init.a && tn_schedule_at(&schedule, 0) > 0.9 && (axes & all) == 2 && TN_MAX_RANK >= 4);
}
end
cp "$temporary/both.c" "$temporary/both.cpp"

# compiles COMPILER STANDARD FILE: with no warning.
compiles() { $1 -std=$2 $warnings $include -fsyntax-only "$3" || fail "$1 -std=$2 $3"; }

# runs COMPILER STANDARD FILE: linked with what was built here.
runs() {
    $1 -std=$2 $OM_SANITIZE $include -c "$3" -o "$temporary/program.o" &&
        $LIBTOOL --silent --tag=CC --mode=link $1 $OM_SANITIZE $OPENMP_CFLAGS -o "$temporary/program" \
            "$temporary/program.o" "$abs_top_builddir/libtensor.la" -lm && "$temporary/program" ||
        fail "$1 -std=$2 $3: not linked or run"
}

for compiler in "$CC" gcc clang; do
    command -v ${compiler%% *} >/dev/null || continue
    for file in "$temporary/both.c" "$examples/line_fit.c"; do compiles "$compiler" c17 "$file"; done
done
runs "$CC" c17 "$temporary/both.c"
found=
for compiler in ${CXX-} g++ clang++; do
    command -v $compiler >/dev/null || continue
    for file in "$temporary/both.cpp" "$examples/diffusion.cpp"; do compiles $compiler c++17 "$file"; done
    echo 'int main() { return 0; }' >"$temporary/empty.cpp"
    $compiler $OPENMP_CFLAGS $OM_SANITIZE "$temporary/empty.cpp" -o "$temporary/empty" 2>"$temporary/why" ||
        { echo "SKIPPED: $compiler does not link with $OPENMP_CFLAGS $OM_SANITIZE"; continue; }
    found=$compiler
    case "$OM_SANITIZE $CC $compiler" in # the sanitizers of different compilers do not mix
    -*clang*clang++ | " "*) ;;
    -*clang*g++ | -*clang++) echo "SKIPPED: $compiler has another sanitizer than $CC"; continue ;;
    esac
    for file in "$temporary/both.cpp" "$examples/diffusion.cpp"; do runs $compiler c++17 "$file"; done
done
[ -n "$found" ] || echo "SKIPPED: no C++ compiler"
exit $failures
