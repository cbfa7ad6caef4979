# The guide with its last part, the tables of operations, made anew: awk -f operations.awk, with these files in order:
#   RS=';' tensor.h                 how operations are called
#   RS='\n' guide.md                everything up to the first heading of the third level under "All operations"
#   FS='\t' - (of doc/operations)   titles of families; of operations: builder, what it is, derivative
FILENAME ~ /tensor\.h$/ {
    if (!match($0, /TN_API (tn_node \*|void )tn_[a-z0-9_]+\(tn_graph \*g[^)]*\)/)) next
    call = substr($0, RSTART, RLENGTH)
    sub(/^[^(]*tn_/, "", call)
    name = substr(call, 1, index(call, "(") - 1)
    n = split(substr(call, index(call, "(") + 1, length(call) - length(name) - 2), argument, ",")
    for (i = 1; i <= n; i++) sub(/.*[ *]/, "", argument[i])
    call = "tn_" name "(" argument[1]
    for (i = 2; i <= n; i++) call = call ", " argument[i]
    calls[name] = call ")"
    next
}
FILENAME ~ /guide\.md$/ {
    if (/^## /) last = /^## All operations/
    if (last && /^### /) old = 1
    if (!old) print
    next
}
NF == 1 {
    printf "%s### %s\n\n| call | what it is | derivative |\n|---|---|---|\n", FNR == 1 ? "" : "\n", $1
    next
}
!($1 in calls) {
    print "operations.awk: tensor.h has no tn_" $1 >"/dev/stderr"
    exit wrong = 1
}
{
    gsub(/\|/, "\\|")
    printf "| `%s` | %s | %s |\n", calls[$1], $2, $3
}
END { exit wrong }
