#!/bin/bash
# Every public header compiles alone, and twice.
set -euo pipefail
compiler=${CC:-cc}
bad=0
for header in "$SOURCE"/include/espseal/*.h; do
    name=espseal/$(basename "$header")
    printf '#include <%s>\n#include <%s>\nextern int nothing_else;\n' "$name" "$name" |
        "$compiler" -std=c17 -Wall -Wextra -Wpedantic -Werror -I "$SOURCE/include" -fsyntax-only -x c - || {
        echo "FAIL: $name does not compile alone"
        bad=1
    }
done
exit "$bad"
