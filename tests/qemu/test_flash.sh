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

# What the ROM encrypts is what the simulator says that it does, with the same key at the same place.
new_chip sealed
printf '\004' | dd of="$work/sealed.efuse" bs=1 seek=11 conv=notrunc status=none # KEY_PURPOSE_0: XTS_AES_128_KEY
head -c 32 /dev/urandom | dd of="$work/sealed.efuse" bs=1 seek=112 conv=notrunc status=none
head -c 57000 "$work/image" >"$work/secret"
cp "$work/sealed.efuse" "$work/twin.efuse"
power_on sealed
run 0 "$espseal" flash write --encrypt "0x20000=$work/secret" --port "$(device)" --baud 2000000
says 'written encrypted'
power_off
run 0 "$espseal" flash write --encrypt "0x20000=$work/secret" --port "sim:esp32c3?efuse=$work/twin.efuse&flash=$work/twin.flash"
cmp "$work/sealed.flash" "$work/twin.flash" || fail "the ROM and the simulator encrypt differently"
cmp -s -n 57000 -i $((0x20000)):0 "$work/sealed.flash" "$work/secret" && fail "flash holds the plaintext"
exit 0
