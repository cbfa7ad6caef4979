#!/bin/sh
# Every function that describes notes where it was called: each one that tensor.h declares is a macro of
# tensor_places.h.
temporary=$(mktemp -d) || exit 1
trap 'rm -rf "$temporary"' EXIT
cd "$abs_top_srcdir/libtensor" || exit 1
sed -n 's/^TN_API [^(]*[ *]\(tn_[a-z0-9_]*\)(tn_graph \*g[,)].*/\1/p' tensor.h |
    grep -v -e '^tn_graph_free$' -e '^tn_gradcheck$' -e '^tn_plan_new$' -e '^tn_place$' | sort >"$temporary/declared"
sed -n 's/^#define \(tn_[a-z0-9_]*\)(.*TN_PLACED*(.*\1(.*/\1/p' tensor_places.h | sort >"$temporary/noted"
[ "$(wc -l <"$temporary/declared")" -gt 90 ] || { echo "tensor.h declares too little"; exit 1; }
diff "$temporary/declared" "$temporary/noted" || { echo "< notes no place, > is not declared"; exit 1; }
