#!/bin/bash
# No notes to self, no path of a machine that built it, nothing that prints, exits or reads the environment below cli.
set -euo pipefail
cd "$SOURCE"
bad=0
folders=(src include man completions tests README.md CMakeLists.txt .ci .clang-format .clang-tidy)
complain() {
    echo "FAIL: $1"
    echo "$2"
    bad=1
}

found=$(grep -srnIwE 'TO[D]O|FIX[M]E|XX[X]' "${folders[@]}" || true)
[ -z "$found" ] || complain "notes to self" "$found"

# Where this tree happens to lie, and homes and work folders of anybody, are nobody's business.
found=$(grep -srnIE "(^|[^A-Za-z0-9_.\$}/])/(home|root|work|Users)/[A-Za-z0-9._-]" "${folders[@]}" || true)
[ -z "$found" ] || complain "a path of one machine" "$found"
found=$(grep -srnIF "$SOURCE/" "${folders[@]}" || true)
[ -z "$found" ] || complain "this machine's path" "$found"

library=(src/base src/format src/crypto src/chip src/link src/rom src/efuse src/seal)
found=$(grep -srnE --include='*.c' '(^|[^A-Za-z0-9_>.])(printf|puts|putchar|perror|exit|_exit|abort|getenv|secure_getenv|setenv)\(' \
    "${library[@]}" | grep -vE ':[0-9]+: *(/?\*|//)' | grep -vE '(child|exec)[^:]*_exit\(' || true)
found=$(grep -v '_exit(127)' <<<"$found" || true)
[ -z "$found" ] || complain "a library prints, exits or reads the environment" "$found"
found=$(grep -srnE --include='*.c' '(fprintf|fputs|fputc|vfprintf)\(.*(stdout|stderr)|\b(stdout|stderr)\b' "${library[@]}" || true)
[ -z "$found" ] || complain "a library knows stdout or stderr" "$found"

found=$(grep -srnE --include='*.[ch]' '(^|[^A-Za-z0-9_])(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|system)\(' src || true)
[ -z "$found" ] || complain "a function that has a safer sister" "$found"
exit "$bad"
