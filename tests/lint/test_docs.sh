#!/bin/bash
# The committed manual pages and completions are what the descriptors say, and are well-formed.
set -euo pipefail
cd "$SOURCE"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
bad=0
man/generate "$BIN/espseal" "$made"
for path in man completions README.md; do
    diff -r -x generate -x '*.jq' -x espseal-sim.1 -x espseal-secure-cert.7 "$path" "$made/$path" || {
        echo "FAIL: $path is not what the program says: run man/generate"
        bad=1
    }
done
command -v mandoc >/dev/null || {
    echo "FAIL: mandoc is missing"
    exit 1
}
mandoc -T lint -W warning "$made"/man/*.[15] man/espseal-sim.1 man/*.7 || bad=1
bash -n "$made/completions/espseal.bash" || bad=1
if command -v zsh >/dev/null; then
    zsh -n "$made/completions/_espseal" || bad=1
fi
if command -v fish >/dev/null; then
    fish -n "$made/completions/espseal.fish" || bad=1
fi

# Every command has a page, and each of its options stands in the page and in each completion.
while read -r command; do
    page=$made/man/espseal-${command// /-}.1
    [ -s "$page" ] || {
        echo "FAIL: no page for $command"
        bad=1
        continue
    }
    # shellcheck disable=SC2086 # a command is one or two words
    for option in $("$BIN/espseal" help $command | sed -nE 's/^(  -.,|     ) --([a-z0-9-]+).*/\2/p'); do
        grep -qE "^\.It (Fl . , )?Fl -$option( |$)" "$page" || {
            echo "FAIL: --$option is not in $page"
            bad=1
        }
        if ! grep -q -- "--$option\b" "$made/completions/espseal.bash" ||
            ! grep -q -- "--$option\[" "$made/completions/_espseal" ||
            ! grep -q -- "-l $option\b" "$made/completions/espseal.fish"; then
            echo "FAIL: --$option of $command is not completed"
            bad=1
        fi
    done
done < <("$BIN/espseal" help --commands)

# The README tells the same exit statuses as the manual.
"$BIN/espseal" help --man | awk '/^\.Sh EXIT STATUS/ {on = 1; next} /^\.Sh/ {on = 0} on && /^\.It/ {n = $2; next}
    on && /^[a-z]/ {print "| " n " | " $0 " |"}' | while IFS= read -r row; do
    grep -qxF -- "$row" README.md || echo "FAIL: not in README.md: $row"
done | grep . && bad=1
exit "$bad"
