#!/bin/bash
# What makes no sense is refused with exit 1, one line that names it, and a hint; with --json as JSON too.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"

# refused MESSAGE HINT WORD...
refused() {
    local message=$1 hint=$2 status=0
    shift 2
    "$espseal" "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq 1 ] || fail "espseal $* exits $status"
    [ ! -s "$work/out" ] || fail "espseal $* prints on stdout"
    [ "$(wc -l <"$work/err")" -eq 2 ] || fail "espseal $* says more than two lines"
    grep -qxF -- "espseal: error: $message" "$work/err" || fail "espseal $*: not \"$message\""
    grep -qF -- "espseal: hint: $hint" "$work/err" || fail "espseal $*: no hint \"$hint\""
}

refused 'there is no command "chip lst"' 'did you mean espseal chip list?' chip lst
refused 'there is no command "hepl"' 'did you mean espseal help?' hepl
refused 'there is no command "frobnicate"' 'espseal --help' frobnicate
refused '"chip" needs a second word' 'espseal chip is followed by one of: list' chip
refused 'there is no command "efuse nothing"' 'espseal efuse is followed by one of: summary, burn, burn-bits' efuse nothing
refused 'there is no command "flsh"' 'did you mean espseal flash?' flsh
refused 'there is no command "write-flash"' 'did you mean espseal flash write?' write-flash
refused 'there is no command "summary"' 'did you mean espseal help efuse summary?' help summary
refused 'unknown option --verison' 'did you mean --version?' --verison
refused 'unknown option -p' 'options come behind the command' -p /dev/ttyUSB0 efuse summary
refused "'1M' is not a length in bytes, such as 0x1000" 'espseal flash read --help' flash read 0 1M --port sim:esp32c3 \
    --out "$work/none"
refused 'unknown option --jsn of espseal chip list' 'did you mean --json?' chip list --jsn
refused 'unknown option --frobnicate of espseal chip list' 'espseal chip list --help' chip list --frobnicate
refused 'unknown option -x of espseal chip list' 'espseal chip list --help' chip list -x
refused '--json takes no value' 'espseal chip list --help' chip list --json=1
refused '--progress needs a value' '--progress HOW' chip list --progress
refused '--progress cannot be "bra"' 'did you mean --progress bar? It may be: bar, json, none' chip list --progress bra
refused '"more" is one word too many' 'espseal chip list --help' chip list more
refused 'there is no command "chip lits"' 'did you mean espseal help chip list?' help chip lits
refused 'no command is given' 'espseal --help' --progress none

"$espseal" chip list --json --frobnicate >"$work/out" 2>"$work/err" && fail "exit 0"
[ "$(jq -r '.error | "\(.code) \(.exit_status) \(.message) / \(.hint)"' "$work/out")" = \
    "USAGE 1 unknown option --frobnicate of espseal chip list / espseal chip list --help" ] ||
    fail "the JSON error is $(cat "$work/out")"
[ "$(wc -l <"$work/err")" -eq 2 ] || fail "--json silences stderr"

"$espseal" chip list --json >"$work/out" 2>"$work/err" || fail "chip list --json exits $?"
[ ! -s "$work/err" ] || fail "chip list --json talks"
jq -e '.chips | map(select(.name == "esp32c3")) | .[0].ds_max_bits == 3072' "$work/out" >/dev/null ||
    fail "chip list --json does not know the ESP32-C3"
[ "$("$espseal" chip list | wc -l)" -eq "$(jq '.chips | length + 1' "$work/out")" ] ||
    fail "the table and the JSON differ in length"
