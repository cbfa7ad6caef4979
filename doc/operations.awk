# The guide with its last part, the table of operations, made anew: awk -f operations.awk, with these files in order:
#   RS=';' tensor.h                 how operations are called
#   RS='\n' guide.md                everything up to the first line of the old table
#   FS='\t' - (of doc/operations)   name, what it is, derivative; an empty line between families
function heading() { print "| call | what it is | derivative |\n|---|---|---|" }

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
    if (/^\| call \|/) old = 1
    if (!old) print
    next
}
FNR == 1 { heading() }
$0 == "" { between = 1; next }
{
    if (between) {
        print ""
        heading()
        between = 0
    }
    gsub(/\|/, "\\|")
    printf "| `%s` | %s | %s |\n", $1 in calls ? calls[$1] : $1, $2, $3
}
