#!/bin/bash
# A simulated chip in secure download mode: what it can do works, the rest is refused by name and without a wait.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
cd "$work"
head -c 1024 /dev/zero >efuse
printf '\040' | dd of=efuse bs=1 seek=16 conv=notrunc status=none # ENABLE_SECURITY_DOWNLOAD
head -c 100000 /dev/urandom >image
chip="sim:esp32c3?efuse=efuse&flash=flash"

"$espseal" device security-info --port "$chip" >out 2>err || fail "device security-info exits $?"
"$espseal" device info --port "$chip" >out 2>err || fail "device info exits $?"
grep -q 'ESP32-C3' out || fail "device info does not name the chip"

# Longer than 64 KiB: the rate of the line rises here too.
"$espseal" flash write 0x10000=image --port "$chip&baud=921600" --no-verify --assume-size 4MB --trace trace >out 2>err ||
    fail "flash write exits $?"
grep -q '> CHANGE_BAUDRATE' trace || fail "the rate did not rise"
! grep -q '> FLASH_DEFL_BEGIN' trace || fail "it sent deflated blocks, which this mode refuses"
cmp -i 65536:0 -n 100000 flash image || fail "flash holds something else"

# The first 32 KiB of it erased, and nothing else.
"$espseal" flash erase 0x10000 0x8000 --port "$chip" --no-verify --assume-size 4MB --trace trace >out 2>err ||
    fail "flash erase exits $?"
! grep -qE '> (READ_REG|SPI_FLASH_MD5)' trace || fail "it asked what this mode does not answer"
[ "$(head -c 98304 flash | tail -c 32768 | tr -d '\377' | wc -c)" -eq 0 ] || fail "what was to be erased is there"
cmp -i 98304:32768 -n 67232 flash image || fail "it erased more"

refused() {
    local status=0
    "$espseal" "$@" --port "$chip" --trace trace >out 2>err || status=$?
    [ "$status" -eq 5 ] || fail "espseal $* exits $status, not 5"
    grep -q 'secure download mode' err || fail "espseal $* does not say why"
    ! grep -qE '> (READ_REG|WRITE_REG|READ_FLASH_SLOW|SPI_FLASH_MD5|MEM_)' trace || fail "espseal $* tried it first"
}
for trial in 'flash read 0 64 --out bytes' 'flash md5 0 0x1000' 'flash verify 0x10000=image' 'flash id' 'efuse summary' \
    'flash write 0x10000=image' 'flash erase 0x10000 0x1000' 'flash erase --all' prove; do
    rm -f trace
    read -ra words <<<"$trial"
    refused "${words[@]}"
done
