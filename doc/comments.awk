# Doxygen's marks for the comments of tensor.h, which has none. What a comment describes follows from its place:
#   - above a declaration: this one, and those that follow in the same paragraph without a comment of their own; of a
#     structure or an enumeration also its members
#   - behind a declaration or a member: this one
#   - with an empty line below it: the file, or the group that the line above it begins, "---- 3. Numbers ----"
# Every line stays where it is, so that warnings name the lines of the header.

function flat(from, to,    text, i) {
    text = line[from]
    for (i = from + 1; i <= to; i++) text = text " " line[i]
    gsub(/\/\*|\*\//, " ", text)
    gsub(/ \* /, " ", text)
    return "/** " text " */ "
}

function end_of_comment(i) {
    while (line[i] !~ /\*\// && i < NR) i++
    return i
}

# Opens a group, closes the one before, and takes what stands right below into its description.
function section(i,    title, number, last) {
    title = line[i]
    gsub(/^\/\* -+ | -+ \*\/$/, "", title)
    number = title + 0
    line[i] = (number > 1 ? "/** @} */ " : "") "/** @defgroup section" number " " title
    if (line[i + 1] !~ /^\/\*/) line[i + 1] = " * @{ */"
    else {
        line[i + 1] = " *" substr(line[i + 1], 3)
        last = end_of_comment(i + 1)
        sub(/\*\//, "@{ */", line[last])
    }
    return end_of_comment(i + 1)
}

# A comment on lines of its own, which ends at line `last`.
function comment(i, last) {
    lead = flat(i, last)
    described = 1
    if (i == 1 || line[last + 1] == "") lead = ""
    if (i == 1 || lead != "") sub(/\/\*/, "/**", line[i])
    if (i == 1) sub(/\*\//, "@file */", line[last])
}

# Members of one type, "double a, b;", one by one.
function separate(text, about,    type, name, n, k) {
    match(text, /^ *(const )?[a-z0-9_]+ /)
    type = substr(text, 1, RLENGTH)
    n = split(substr(text, RLENGTH + 1), name, /[,;] */)
    text = ""
    for (k = 1; k < n; k++) text = text about type name[k] ";"
    return text
}

function declaration(i,    text, about, mine) {
    text = about = line[i]
    sub(/ *\/\*.*/, "", text)
    if (!inside && text ~ /^#(define|undef)|^[a-zA-Z]/ || inside == 1 && text ~ /^    [a-zA-Z]/) {
        mine = about != text
        about = mine ? substr(about, length(text) + 1) : described ? "" : lead
        if (inside && text ~ /,.*;/ && about ~ /\*\/ *$/) {
            sub(/\/\*+/, "/**", about)
            line[i] = separate(text, about)
        } else if (mine) sub(/\/\*/, "/**<", line[i])
        else line[i] = about text
    }
    described = 0
    if (text ~ /^(typedef )?(struct|enum)[^}]*\{/ && text !~ /\}/) inside = 1
    else if (inside == 1 && text ~ /^\}/) inside = 0
    else if (inside != 1) inside = text ~ /[;}] *$/ || text ~ /^#/ && text !~ /\\$/ ? 0 : 2
}

{ line[NR] = $0 }

END {
    for (i = 1; i <= NR; i = last + 1) {
        last = i
        if (line[i] ~ /^\/\* -+ [0-9]/) last = section(i)
        else if (line[i] == "") lead = described = ""
        else {
            if (line[i] ~ /\/\*/) last = end_of_comment(i)
            if (line[i] ~ /^ *\/\*/) comment(i, last)
            else declaration(i)
        }
        for (; i <= last; i++) print line[i]
    }
    print "/** @} */"
}
