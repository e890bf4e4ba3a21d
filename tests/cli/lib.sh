# What the tests of the installed program share, for tests that source this: the program, a folder that goes with
# the test, and how a failure is told. A test may put a function of its own in the place of one of these.
# shellcheck shell=bash

export espseal=$BIN/espseal
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fail WHAT: ends the test, with what the last command printed here or in $work.
fail() {
    echo "FAIL: $*"
    cat out err 2>/dev/null || cat "$work/out" "$work/err" 2>/dev/null || true
    exit 1
}
# expect STATUS WORD...: runs the program, whose output goes to $work/out and $work/err.
expect() {
    local wanted=$1 status=0
    shift
    "$espseal" "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq "$wanted" ] || fail "espseal $* exits $status instead of $wanted"
}
# says TEXT: on stderr.
says() {
    grep -qF -- "$1" "$work/err" || fail "stderr has no \"$1\""
}
# mode FILE MODE
mode() {
    [ "$(stat -c %a "$1")" = "$2" ] || fail "$1 has mode $(stat -c %a "$1") instead of $2"
}
