#!/bin/bash
# The real ROM in secure download mode: flash is written and erased, the chip tells its state, the rest is refused by name
# at once, before a frame is sent for it.
set -euo pipefail
# shellcheck disable=SC2034 # for lib.sh
WHAT="an emulated ESP32-C3 in secure download mode"
# shellcheck source=tests/qemu/lib.sh
. "$SOURCE/tests/qemu/lib.sh"
new_chip closed
printf '\040' | dd of="$work/closed.efuse" bs=1 seek=16 conv=notrunc status=none # ENABLE_SECURITY_DOWNLOAD
cp "$work/closed.efuse" "$work/before"
head -c 100000 /dev/urandom >"$work/image"

power_on closed
run 0 "$espseal" device security-info --port "$(device)" --json
jq -e . "$work/out" >/dev/null || fail "security-info is not JSON"
run 0 "$espseal" device info --port "$(device)"
says 'ESP32-C3'

# Longer than 64 KiB: the rate of the line rises here too.
run 0 "$espseal" flash write 0x10000="$work/image" --no-verify --assume-size 4MB --port "$(device)" --trace "$work/trace"
grep -q '> CHANGE_BAUDRATE' "$work/trace" || fail "the rate did not rise"
power_off
cmp -i 65536:0 -n 100000 "$work/closed.flash" "$work/image" || fail "flash holds something else"

power_on closed
run 0 "$espseal" flash erase 0x10000 0x8000 --no-verify --assume-size 4MB --port "$(device)"
power_off
[ "$(head -c 98304 "$work/closed.flash" | tail -c 32768 | tr -d '\377' | wc -c)" -eq 0 ] ||
    fail "what was to be erased is there"
cmp -i $((65536 + 32768)):32768 -n $((100000 - 32768)) "$work/closed.flash" "$work/image" || fail "it erased more"

# refused WORD...
refused() {
    local began=$EPOCHREALTIME
    run 5 "$espseal" "$@" --port "$(device)" --trace "$work/trace"
    says 'secure download mode'
    ! grep -qE '> (READ_REG|WRITE_REG|READ_FLASH_SLOW|SPI_FLASH_MD5|MEM_)' "$work/trace" || fail "espseal $* tried it first"
    awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN {exit !(b - a < 5)}' || fail "espseal $* waited"
    rm "$work/trace"
}
rm "$work/trace"
cp "$work/closed.flash" "$work/flash"
power_on closed
refused flash read 0 64 --out "$work/bytes"
refused flash md5 0 0x1000
refused flash verify 0x10000="$work/image"
refused flash id
refused flash write 0x10000="$work/image"
refused flash erase 0x10000 0x1000
refused efuse summary
refused prove
power_off
cmp "$work/closed.flash" "$work/flash" || fail "a refusal changed the flash"
same_fuses closed before
