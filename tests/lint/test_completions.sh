#!/bin/bash
# The completion scripts are read by the shells that they are for; a shell that is missing is named.
set -euo pipefail
cd "$SOURCE"
missing=()
reads() { # SHELL WORD...: the shell parses the file without a word
    local shell=$1 said
    shift
    command -v "$shell" >/dev/null || {
        missing+=("$shell")
        return 0
    }
    said=$("$shell" "$@" 2>&1) || said="status $? $said"
    [ -z "$said" ] || {
        echo "FAIL: $shell does not read ${*: -1}: $said"
        exit 1
    }
}
reads bash -n completions/espseal.bash
reads zsh -n completions/_espseal
reads fish --no-execute completions/espseal.fish
[ "$(head -n 1 completions/_espseal)" = '#compdef espseal' ] || {
    echo 'FAIL: zsh does not load _espseal, which has no #compdef'
    exit 1
}
[ "${#missing[@]}" -eq 0 ] || {
    echo "SKIP: not installed (tests/packages.txt, group ci): ${missing[*]}"
    exit 77
}
