#!/bin/bash
# All C is formatted as .clang-format says.
set -euo pipefail
cd "$SOURCE"
command -v clang-format >/dev/null || {
    echo "FAIL: clang-format is missing"
    exit 1
}
find src include tests \( -name '*.c' -o -name '*.h' \) -print0 | xargs -0 clang-format --dry-run -Werror
