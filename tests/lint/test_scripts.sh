#!/bin/bash
# All shell scripts pass shellcheck.
set -euo pipefail
cd "$SOURCE"
command -v shellcheck >/dev/null || {
    echo "FAIL: shellcheck is missing"
    exit 1
}
mapfile -t scripts < <(grep -rlIE '^#!/(usr/)?bin/(env )?(ba)?sh' src tests man .ci 2>/dev/null | sort)
[ "${#scripts[@]}" -ge 5 ] || {
    echo "FAIL: only ${#scripts[@]} scripts were found"
    exit 1
}
shellcheck -x "${scripts[@]}" completions/espseal.bash
for script in "${scripts[@]}"; do
    [ -x "$script" ] || [[ $script == *.inc.sh ]] || {
        echo "FAIL: $script is not executable"
        exit 1
    }
done
echo "${#scripts[@]} scripts"
