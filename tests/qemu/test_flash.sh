#!/bin/bash
# flash write, read and id through the real ROM, with half a megabyte of machine code.
set -euo pipefail
# shellcheck disable=SC2034 # for lib.sh
WHAT="writing and reading the flash of an emulated ESP32-C3"
# shellcheck source=tests/qemu/lib.sh
. "$SOURCE/tests/qemu/lib.sh"
size=524288
for ((i = 0; i < 64; i++)); do cat "$espseal"; done 2>/dev/null | head -c "$size" >"$work/image" || true
[ "$(stat -c %s "$work/image")" -eq "$size" ] || fail "the image has $(stat -c %s "$work/image") bytes"

new_chip board
power_on board
run 0 "$espseal" flash id --port "$(device)"
says '4194304 bytes'

run 0 "$espseal" flash write "0x10000=$work/image" --port "$(device)" --baud 2000000
dd if="$work/board.flash" bs=65536 skip=1 count=8 status=none | cmp - "$work/image" || fail "flash holds something else"
[ "$(head -c 65536 "$work/board.flash" | tr -d '\377' | wc -c)" -eq 0 ] || fail "it wrote in front of the image"
[ "$(tail -c +589825 "$work/board.flash" | tr -d '\377' | wc -c)" -eq 0 ] || fail "it wrote behind the image"

run 0 "$espseal" flash read 0x10400 0x1001 --out "$work/part" --port "$(device)"
dd if="$work/image" bs=1 skip=1024 count=4097 status=none | cmp - "$work/part" || fail "it reads something else"

# What does not fit is refused before the first byte.
cp "$work/board.flash" "$work/before"
run 2 "$espseal" flash write "0x3f0000=$work/image" --port "$(device)"
cmp "$work/board.flash" "$work/before" || fail "a refused image was written"
