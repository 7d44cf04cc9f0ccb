# Turns what `acuity help COMMAND` prints into sections of a manual page [man(7)]; `name` is `acuity COMMAND`.

function roff(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return text ~ /^[.']/ ? "\\&" text : text
}

# Where the column of explanations begins: after a label that fits, or on a line of its own.
function entry(line) {
    if (substr(line, 26, 1) == " " || length(line) < 26) {
        label = substr(line, 1, 25)
        text = substr(line, 27)
    } else {
        label = line
        text = ""
    }
    gsub(/^ +| +$/, "", label)
    gsub(/ +$/, "", text)
}

function finish() {
    # Of the machine that builds it.
    if (label ~ /--threads/) sub(/ \(default: [0-9]+\)$/, "", text)
    if (label != "" && (isMain || label !~ /^(--version|-h, --help)$/))
        printf ".TP\n.B %s\n%s\n", roff(label), roff(text)
    label = ""
}

function heading(title) { printf isMain ? ".SH %s\n" : ".SS %s\n", title }

BEGIN {
    isMain = name == "acuity"
    if (!isMain) printf ".SH \"%s\"\n", toupper(name)
}

/^[A-Z]+:/ {
    finish()
    section = $1
    sub(/:$/, "", section)
    sub(/^[A-Z]+: */, "")
    if (section == "OVERVIEW") {
        if (isMain) heading("DESCRIPTION")
    } else if (section == "USAGE") {
        # The page has a synopsis of its own.
        if (isMain) next
        heading("Usage")
    } else {
        heading(isMain ? section : substr(section, 1, 1) tolower(substr(section, 2)))
    }
    if (section == "OVERVIEW" || section == "USAGE") print roff($0)
    next
}

section == "OVERVIEW" { print $0 == "" ? ".PP" : roff($0); next }
section == "USAGE" { if (!isMain && $0 != "") print roff($0); next }
/^  See / || $0 == "" { next }
/^   / {
    sub(/^ +/, "")
    text = text == "" ? $0 : text " " $0
    next
}
{ finish(); entry($0) }
END { finish() }
