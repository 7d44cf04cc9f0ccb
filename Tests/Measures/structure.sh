#!/usr/bin/env bash
# Measures of the sources' structure, each with its limit; fails where one is beyond it. Function lengths and
# parameters are read off the layout that `swift format` gives.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8
failed=0

# Prints a measure, what it may be, and the places that it counts.
measure() { # name, value, limit, places
    printf '%-52s %6s (at most %s)\n' "$1" "$2" "$3"
    if [ "$2" -gt "$3" ]; then
        failed=1
        printf '%s\n' "${4:-}" | sed '/^$/d; s/^/    /'
    fi
}

count() { printf '%s' "$1" | grep -c . || true; }

# A layer that was added: files that name it.
layer=$(grep -rlE '\bGELU\b' Sources --include='*.swift')
measure "files that name the layer gelu" "$(count "$layer")" 2 "$layer"

properties=$(awk '/^public final class Session /{inside=1} inside && /^}/{inside=0}
    inside && /^    (private |private\(set\) )?(let|var) / && !/\{$/ && !/\{ .* \}$/' Sources/Session/Session.swift)
measure "stored properties of Session" "$(count "$properties")" 6 "$properties"

largest=0
places=""
for folder in Sources/*/; do
    lines=$(find "$folder" \( -name '*.swift' -o -name '*.[ch]' -o -name '*.inc' \) ! -name '*.pb.swift' -exec cat {} + | wc -l)
    [ "$lines" -le 2500 ] || places+="$folder $lines"$'\n'
    [ "$lines" -le "$largest" ] || largest=$lines
done
measure "lines of the largest target" "$largest" 2500 "$places"

# From the line of a function's name to the bracket that closes it; `// Long: …` above gives a reason.
functions=$(find Sources -name '*.swift' ! -name '*.pb.swift' -print0 | xargs -0 awk '
    FNR == 1 { name = ""; reason = 0 }
    /^ *\/\/ Long: / { reason = 1 }
    # A requirement of a protocol has no body: the next function takes its place.
    match($0, /^ *((public|package|private|fileprivate|static|mutating|consuming|override|convenience|required) )*(func |init[(?<])/) {
        own = $0; sub(/[^ ].*/, "", own)
        if (name != "" && own != indent) next
        indent = own; name = $0; start = FNR; close_ = indent "}"
        if ($0 ~ /\{.*\}$/) { name = ""; reason = 0 }
    }
    name != "" && $0 == close_ {
        if (FNR - start + 1 > 40 && !reason) {
            sub(/^ */, "", name)
            print FNR - start + 1, FILENAME ":" start, name
        }
        name = ""; reason = 0
    }' | sort -rn)
measure "functions above 40 lines without a reason" "$(count "$functions")" "${FUNCTIONS:-0}" "$functions"

# Colons at the outermost level of the brackets, one for each parameter.
parameters=$(find Sources -name '*.swift' ! -name '*.pb.swift' -print0 | xargs -0 awk '
    function finish() { if (colons > 6) print colons, FILENAME ":" start; reading = 0 }
    FNR == 1 { reading = 0 }
    !reading && match($0, /^ *((public|package|private|fileprivate|static|mutating|consuming|override|convenience|required) )*(func [^(]*|init[?]?(<[^(]*)?)\(/) {
        reading = 1; depth = 0; colons = 0; start = FNR; rest = substr($0, RSTART + RLENGTH - 1)
    }
    reading {
        if (FNR != start) rest = $0
        for (i = 1; i <= length(rest); i++) {
            c = substr(rest, i, 1)
            if (c ~ /[([]/) depth++
            else if (c ~ /[])]/) { depth--; if (depth == 0) { finish(); break } }
            else if (c == ":" && depth == 1) colons++
        }
    }' | sort -rn)
measure "functions with more than 6 parameters" "$(count "$parameters")" "${PARAMETERS:-0}" "$parameters"

comments=$(grep -rnE '^.{111,}' --include='*.swift' --include='*.[ch]' --include='*.inc' Sources Tests Package.swift |
    grep -E '^[^:]+:[0-9]+: *(//|/\*| \*)' || true)
measure "comment lines above 110 columns" "$(count "$comments")" 0 "$comments"

exit $failed
