#!/bin/bash
# No function over 80 lines, no file over 600. Generated tables are exempt by their first lines.
set -euo pipefail
cd "$SOURCE"
command -v ctags >/dev/null || {
    echo "FAIL: ctags (package universal-ctags) is missing"
    exit 1
}
files=$(find src include tests \( -name '*.c' -o -name '*.h' \) | sort)
bad=0
for file in $files; do
    if head -n 3 "$file" | grep -qi 'generated'; then
        continue
    fi
    lines=$(wc -l <"$file")
    if [ "$lines" -gt 600 ]; then
        echo "FAIL: $file has $lines lines"
        bad=1
    fi
done
# shellcheck disable=SC2086 # names in this tree hold no blanks
functions=$(ctags --languages=C --langmap=C:.c --kinds-C=f --fields=+ne -f - $files 2>/dev/null | grep -v '^!' |
    awk -F'\t' '{
        line = 0; last = 0
        for (i = 4; i <= NF; i++) {
            if ($i ~ /^line:/) line = substr($i, 6)
            if ($i ~ /^end:/) last = substr($i, 5)
        }
        if (last) print last - line + 1, $2, $1
    }' | sort -n)
count=$(wc -l <<<"$functions")
[ "$count" -gt 50 ] || {
    echo "FAIL: only $count functions were found"
    exit 1
}
long=$(awk '$1 > 80' <<<"$functions")
if [ -n "$long" ]; then
    echo "FAIL: functions of more than 80 lines:"
    echo "$long"
    bad=1
fi
echo "$count functions; median $(awk -v n="$count" 'NR == int((n + 1) / 2) {print $1}' <<<"$functions") lines," \
    "longest $(tail -n 1 <<<"$functions")"
exit "$bad"
