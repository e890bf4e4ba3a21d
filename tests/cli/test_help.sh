#!/bin/bash
# Help in all its forms: exit 0, on stdout, the same text by every way to ask.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
fail() {
    echo "FAIL: $*"
    exit 1
}

version=$(sed -n 's/^project(espseal VERSION \([0-9.]*\).*/\1/p' "$SOURCE/CMakeLists.txt")
[ "$("$espseal" --version)" = "espseal $version" ] || fail "--version says $("$espseal" --version)"

"$espseal" --help >"$work/overview" 2>"$work/err" || fail "--help exits $?"
[ ! -s "$work/err" ] || fail "--help talks on stderr"
"$espseal" help | diff - "$work/overview" || fail "help and --help differ"
"$espseal" -h | diff - "$work/overview" || fail "-h and --help differ"
"$espseal" >"$work/out" 2>"$work/bare" && fail "no command at all exits 0"
[ ! -s "$work/out" ] || fail "no command at all prints on stdout"
diff "$work/bare" "$work/overview" || fail "no command at all shows something else"

count=0
while read -r command; do
    grep -qE "^  $command  +[a-z]" "$work/overview" || fail "$command is not in the overview"
    # shellcheck disable=SC2086 # a command is one or two words
    "$espseal" help $command >"$work/one" || fail "help $command exits $?"
    # shellcheck disable=SC2086
    "$espseal" $command --help | diff - "$work/one" || fail "help $command and $command --help differ"
    # shellcheck disable=SC2086
    "$espseal" $command --no-such-option -h | diff - "$work/one" || fail "-h does not win in $command"
    [ "$(head -c 7 "$work/one")" = "usage: " ] || fail "help of $command does not begin with its usage"
    awk 'length($0) > 110 && !/^  / {exit 1}' "$work/one" || fail "help of $command has a long line"
    count=$((count + 1))
done < <("$espseal" help --commands)
[ "$count" -ge 2 ] || fail "only $count commands are listed"

"$espseal" chip --help | grep -q '^  chip list ' || fail "a group does not list its commands"
if "$espseal" --help >/dev/full 2>"$work/err"; then
    fail "a full disk goes unnoticed"
fi
grep -q 'cannot write to standard output' "$work/err" || fail "a full disk is not named"

# A reader that left, as head does, is no error.
exec 3> >(exit)
wait "$!"
"$espseal" --help >&3 2>"$work/err" || fail "a reader that left makes exit $?"
[ ! -s "$work/err" ] || fail "a reader that left is complained about: $(cat "$work/err")"
exec 3>&-
