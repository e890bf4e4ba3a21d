#!/bin/bash
# What is installed can be used: the programs, the libraries, the headers, the pkg-config file, the pages.
set -euo pipefail
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
DESTDIR=$stage cmake --install "$BUILD" >/dev/null
prefix=$stage$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$BUILD/CMakeCache.txt")
fail() {
    echo "FAIL: $*"
    exit 1
}

for file in bin/espseal bin/espseal-sim bin/configure_esp_secure_cert.py include/espseal/err.h \
    share/man/man1/espseal.1 share/man/man5/espseal-profile.5 share/espseal/profile.schema.json \
    share/doc/espseal/examples/production-esp32c3.json share/bash-completion/completions/espseal \
    share/zsh/site-functions/_espseal share/fish/vendor_completions.d/espseal.fish; do
    [ -e "$prefix/$file" ] || fail "$file is not installed"
done
[ ! -e "$prefix/share/man/man1/generate" ] || fail "man/generate is installed"
[ "$("$prefix/bin/espseal" --version)" = "$("$BIN/espseal" --version)" ] || fail "the installed program differs"

library=$(find "$prefix" -name 'libespseal.so' | head -n 1)
[ -n "$library" ] || fail "libespseal.so is not installed"
[ -n "$(find "$prefix" -name 'libespseal.a')" ] || fail "libespseal.a is not installed"
pc=$(find "$prefix" -name libespseal.pc)
[ -n "$pc" ] || fail "libespseal.pc is not installed"

foreign=$(nm -D --defined-only "$library" | awk '$2 ~ /^[A-Z]$/ && $3 !~ /^seal_/ {print $3}')
[ -z "$foreign" ] || fail "libespseal.so exports $foreign"
[ "$(nm -D --defined-only "$library" | grep -c ' seal_')" -gt 50 ] || fail "libespseal.so exports too little"

cat >"$stage/program.c" <<'PROGRAM'
#include <espseal/err.h>
#include <stdio.h>
int main(void)
{
    return puts(seal_strerror(SEAL_ERR_TIMEOUT)) < 0;
}
PROGRAM
export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$stage
flags=$(pkg-config --cflags --libs libespseal)
sanitize=()
if grep -q '^ESPSEAL_SANITIZE:BOOL=ON' "$BUILD/CMakeCache.txt"; then
    sanitize=("-fsanitize=address,undefined")
fi
# shellcheck disable=SC2086 # flags are words
"${CC:-$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$BUILD/CMakeCache.txt")}" -std=c17 -Wall -Werror "${sanitize[@]}" \
    "$stage/program.c" $flags -o "$stage/program"
text=$(LD_LIBRARY_PATH=${library%/*} "$stage/program")
[ "$text" = "the chip did not answer in time" ] || fail "the 5-line program said: $text"
