#!/bin/bash
# `espseal boot-check`: on a device and on files, as text and JSON, with its exit status for each verdict.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
hello=$SOURCE/tests/qemu/hello-esp32c3.bin
cd "$work"
# check STATUS WORD...
check() {
    local want=$1 status=0
    shift
    "$espseal" boot-check "$@" >out 2>err || status=$?
    [ "$status" -eq "$want" ] || fail "boot-check $* exits $status, not $want"
}
says() {
    grep -q -- "$1" out err || fail "it does not say $1"
}
device=(--port "sim:esp32c3?efuse=$work/efuse&flash=$work/flash")
files=(--chip esp32c3 --efuse-file efuse --flash-file flash)

# A device, before and after its flash is written
check 5 "${device[@]}"
says '^loops: there is no image at 0x0'
says 'error: the ROM would start no image'
"$espseal" flash write 0x0="$hello" "${device[@]}" >out 2>err || fail "flash write exits $?"
check 0 "${device[@]}"
says '^boots: '
says '^rom  *ok  *encryption  *flash encryption is off'
says '^bootloader  *note  *table'
[ ! -s err ] || fail "talk on stderr"
check 0 "${files[@]}" --json
jq -e '.verdict == "boots" and .rom == "boots" and .bootloader == null and .decided_by == null and .chip == "esp32c3" and
    (.flash_encryption or .secure_boot | not) and ([.steps[] | .stage] | unique) == ["bootloader", "rom"]' out >/dev/null ||
    fail "the JSON of a chip that boots"

# What if
check 5 "${device[@]}" --if SECURE_BOOT_EN=1
says '^rom  *bad  *signature'
check 5 "${files[@]}" --if SECURE_BOOT_EN --json
jq -e '.verdict == "refuses" and .decided_by == "signature" and .secure_boot' out >/dev/null || fail "the JSON of a refusal"
check 5 "${files[@]}" --if SPI_BOOT_CRYPT_CNT=1
says 'no eFuse block holds a flash-encryption key'
check 7 "${files[@]}" --if SECURE_BOOT_EN=1 --revision 0.0
says 'is unknown: secure boot v2 is enabled'
cmp -s <(head -c 24 efuse) <(head -c 24 /dev/zero) || fail "asking burned something"

# The doors
check 0 "${files[@]}" --download
says '^download: .*all its commands'
check 0 "${files[@]}" --download --if ENABLE_SECURITY_DOWNLOAD=1
says '^download: .*secure download mode'
check 5 "${files[@]}" --download --if DIS_DOWNLOAD_MODE=1
says 'error: no download mode'

# A key that the fuses hide
(umask 077 && head -c 32 /dev/urandom >key)
"$espseal" flash-encryption encrypt "$hello" --chip esp32c3 --key key --address 0 --pad --out cipher >out 2>err ||
    fail "flash-encryption encrypt exits $?"
dd if=cipher of=flash conv=notrunc status=none
hidden=(--if SPI_BOOT_CRYPT_CNT=1 --if KEY_PURPOSE_0=4 --if RD_DIS=1)
check 7 "${files[@]}" "${hidden[@]}"
says 'hint: --key FILE'
check 0 "${files[@]}" "${hidden[@]}" --key key
says '^rom  *ok  *key'
check 5 "${files[@]}"
chmod 644 key
check 2 "${files[@]}" "${hidden[@]}" --key key
chmod 600 key
head -c 16 key >short && chmod 600 short
check 2 "${files[@]}" "${hidden[@]}" --key short

# What makes no sense
check 1 --chip esp32c3 --efuse-file efuse
says '--flash-file FILE is missing'
check 1 "${files[@]}" --if SECURE_BOT_EN=1
says 'SECURE_BOOT_EN'
check 1 "${files[@]}" --if SECURE_BOOT_EN=x
check 1 "${files[@]}" --if SECURE_BOOT_EN=2
check 1 "${files[@]}" --revision three
check 2 --chip esp32c3 --efuse-file flash --flash-file flash
check 2 --chip esp32c3 --efuse-file efuse --flash-file nowhere
echo "PASS"
