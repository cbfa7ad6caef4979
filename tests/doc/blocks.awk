# The code of a document: its fenced blocks, by page, the part below a heading of the second level. For page N,
#   pageN.c        the C blocks in order, as one program: those that begin with static, typedef or # stand above main,
#                  the others within
#   pageN.expected what it prints, from the blocks of text that follow C
#   pageN.sh       the commands, from the blocks of sh
#   pageN.said     what they print, from the blocks of text that follow sh
# Blocks of another kind are not looked at: those without a name hold what differs from run to run, and `c FILE` code of
# ours, which documents.sh compares with the file.
# Line numbers in messages of the compiler are those of the document.
function save(page) {
    if (functions body != "") {
        file = "page" page ".c"
        printf "#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <tensor.h>\n" >file
        printf "%sint main(void)\n{\n%s    return 0;\n}\n", functions, body >file
        printf "%s", printed >("page" page ".expected")
    }
    if (commands != "") {
        printf "%s", commands >("page" page ".sh")
        printf "%s", said >("page" page ".said")
    }
    functions = body = printed = commands = said = ""
}

!inside && /^## / { save(page++) }
/^```/ {
    inside = !inside
    if (inside) {
        language = substr($0, 4)
        above = first = language == "c"
    }
    next
}
inside && language == "c" {
    if (first) {
        above = /^(static|typedef|#)/
        name = FILENAME
        sub(/.*\//, "", name)
        text = "#line " NR " \"" name "\"\n"
        if (above) functions = functions text
        else body = body text
        first = 0
    }
    if (above) functions = functions $0 "\n"
    else body = body $0 "\n"
    source = "c"
}
inside && language == "sh" {
    commands = commands $0 "\n"
    source = "sh"
}
inside && language == "text" {
    if (source == "c") printed = printed $0 "\n"
    else said = said $0 "\n"
}
END { save(page) }
