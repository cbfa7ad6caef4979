#!/bin/sh
# What the documents on libtensor say is true: their programs are built and print what is said, their commands work, and
# their tables of operations and the code that they quote are those of the library. So is what CONTRIBUTING.md says of
# the names of types.
. "$abs_top_srcdir/tests/doc/lib.sh"
examples=$abs_top_srcdir/doc/examples

# The compiler and pkg-config, for libtensor as it was built here instead of one that is installed.
gcc() {
    "$abs_top_builddir/libtool" --silent --tag=CC --mode=link $CC $OM_SANITIZE -std=gnu17 "$@"
}
command -v dot >/dev/null || dot() { echo "SKIPPED: dot, which is missing"; } >&2
# What the guide has behind pkg-config.
link=$(sed -n 's/^gcc line_fit.c -o line_fit .*)//p' "$abs_top_srcdir/doc/guide.md")
pkg_config() { echo "-I$abs_top_srcdir/libtensor $abs_top_builddir/libtensor.la"; }

# counted DOCUMENT: what is read, with places in the document as those of an example.c that is the block alone.
counted() {
    awk -v place="${1##*/}:[0-9]+" '
        NR == FNR { if (/^```/) fence = NR; start[NR] = fence; next }
        {
            while (match($0, place)) {
                line = substr($0, RSTART, RLENGTH)
                sub(/.*:/, "", line)
                $0 = substr($0, 1, RSTART - 1) "example.c:" line - start[line] substr($0, RSTART + RLENGTH)
            }
            print
        }' "$abs_top_srcdir/$1" -
}

# check DOCUMENT: the programs and commands in it.
check() {
    rm -rf pages && mkdir pages && cd pages || exit 99
    awk -f "$abs_top_srcdir/tests/doc/blocks.awk" "$abs_top_srcdir/$1"
    ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-} # pages free nothing
    export ASAN_OPTIONS
    for program in page*.c; do
        [ -e "$program" ] || continue
        page=${program%.c}
        gcc -O1 -Wall -Wextra -Werror $program -o $page $(pkg_config) $link ||
            { fail "$1: $page is not built"; continue; }
        ./$page >raw || fail "$1: $page: exit status $?"
        counted "$1" <raw >printed
        same $page.expected printed "$1: $page prints"
    done
    for commands in page*.sh; do
        [ -e "$commands" ] || continue
        page=${commands%.sh}
        cp "$examples"/*.c .
        sed -i 's/pkg-config/pkg_config/' $commands
        (set -e; . ./$commands) >printed || fail "$1: $page: exit status $?"
        same $page.said printed "$1: the commands of $page print"
    done
    cd ..
}

# The README's program is the example, and prints what it says there.
awk '/^```/ {inside = /c$/; next} inside' "$abs_top_srcdir/README.md" >readme.c
same "$examples/line_fit.c" readme.c "README.md and doc/examples/line_fit.c"
cp "$examples/line_fit.c" .
sed -n 's/^    \(gcc .*\)/\1/p' "$abs_top_srcdir/README.md" | sed 's/pkg-config/pkg_config/' >build.sh
. ./build.sh || fail "line_fit is not built as the README says"
grep -qF "$(./line_fit)" "$abs_top_srcdir/README.md" || fail "line_fit prints something else than the README says"

# Every example that is built is listed.
for name in $(sed -n 's|^%C%_\(.*\)_LDADD = .*|\1|p' "$examples/Makefile.inc"); do
    grep -q "$name" "$examples/README.md" || fail "doc/examples/README.md: $name is not listed"
    grep -q "$name" "$abs_top_srcdir/tests/doc/examples.sh" || fail "tests/doc/examples.sh: $name is not tried"
done

check doc/guide.md

"$abs_top_builddir/doc/operations" |
    awk -f "$abs_top_srcdir/doc/operations.awk" RS=';' "$abs_top_srcdir/libtensor/tensor.h" \
        RS='\n' "$abs_top_srcdir/doc/guide.md" FS='\t' - >guide.md
same "$abs_top_srcdir/doc/guide.md" guide.md "the table of operations is not that of the library; after make operations"

# All builders of tensor.h, sections 7 and 8, are in these tables.
for builder in $(sed -n '/---- 7\. /,/---- 9\. /s/^TN_API \(tn_node \*\|void \)\(tn_[a-z0-9_]*\)(tn_graph \*g.*/\2/p' \
    "$abs_top_srcdir/libtensor/tensor.h"); do
    sed -n '/^## All operations/,$p' "$abs_top_srcdir/doc/guide.md" | grep -qF "$builder(g" ||
        fail "doc/guide.md: no $builder among all operations"
done

# The comparison with others names tests of ours that there are, for each thing but those that it says we have not.
sed -n '/^## libtensor and others/,/^## /p' "$abs_top_srcdir/doc/guide.md" | grep '^| [a-z]' >comparison
[ "$(wc -l <comparison)" -ge 30 ] || fail "doc/guide.md: the comparison has $(wc -l <comparison) rows"
awk -F ' *[|] *' '$3 == "" || $4 == "" && $3 !~ /^(no|a plan for each)$/ || NF != 9' comparison | grep . &&
    fail "doc/guide.md: these rows name no test, or have cells too many or too few"
for test in $(cut -d '|' -f 4 comparison | tr -d '`,'); do
    grep -rqF "START_TEST($test)" "$abs_top_srcdir/tests" || [ -n "$(find "$abs_top_srcdir/tests" -name "$test")" ] ||
        fail "doc/guide.md: there is no test $test"
done

# Code of ours in the guide is that of the file that its block names.
awk '/^```c ./ {file = substr($0, 6); print "" >(out = "quoted." ++n); print file >(out ".file"); next}
    /^```/ {out = ""} out {print >out}' "$abs_top_srcdir/doc/guide.md"
for block in quoted.*[0-9]; do
    file=$abs_top_srcdir/$(cat $block.file)
    awk 'FNR == NR {text = text $0 "\n"; next} {whole = whole $0 "\n"} END {exit !index(whole, text)}' \
        $block "$file" || fail "doc/guide.md: not in $file: $(cat $block)"
done

# Lines are of 120 characters at most, but for rows of tables and what programs print.
for document in README.md CONTRIBUTING.md NEWS $(cd "$abs_top_srcdir" && echo doc/*.md) doc/examples/README.md; do
    LC_ALL=C tr -d '\200-\277' <"$abs_top_srcdir/$document" | awk '
        /^```/ { text = /text/ }
        length > 120 && !/^\|/ && !text { print "line " NR; bad = 1 }
        END { exit bad }' || fail "$document: lines of more than 120 characters"
done

# types HEADER: the names of the types of ours that it defines, transparent ones and others.
types() {
    sed -nE 's/^typedef (struct|enum|union) ((om|tn)_[a-z0-9_]+).*/\2/p; s/^\} ((om|tn)_[a-z0-9_]+);.*/\1/p
        s/^typedef .*\(\*((om|tn)_[a-z0-9_]+)\).*/\1/p' "$1" | sort -u
}
find "$abs_top_srcdir/libtensor" "$abs_top_srcdir/models" "$abs_top_srcdir/apps" "$abs_top_srcdir/tests" -name '*.h' |
    while read -r header; do types "$header"; done | sort >types
[ "$(wc -l <types)" -ge 100 ] || fail "the headers define $(wc -l <types) types"
[ -z "$(uniq -d types)" ] || fail "types of more than one header: $(uniq -d types)"
finish
