#!/bin/bash
# Chips that no job can be done on are refused by name, at once, with not one fuse burned.
set -euo pipefail
# shellcheck disable=SC2034 # for lib.sh
WHAT="refusing an emulated ESP32-C3 in a state that forbids the job"
# shellcheck source=tests/qemu/lib.sh
. "$SOURCE/tests/qemu/lib.sh"
given_identity
job=(provision --mode production --ca-cert "$work/ca.pem" --device-cert "$work/device.pem"
    --private-key "$work/device.key" --confirm burn)

# bits NAME BYTE OCTAL: one byte of BLOCK0 as it was burned before
bits() {
    printf '%b' "\\0$3" | dd of="$work/$1.efuse" bs=1 seek="$2" conv=notrunc status=none
}

# refused NAME STATUS WORD...
refused() {
    local name=$1 status=$2
    shift 2
    power_on "$name"
    cp "$work/$name.efuse" "$work/before"
    cp "$work/$name.flash" "$work/flash"
    run "$status" "$espseal" "${job[@]}" --port "$(device)" "$@"
    same_fuses "$name" before
    cmp "$work/$name.flash" "$work/flash" || fail "$name: flash was written"
}

# ENABLE_SECURITY_DOWNLOAD: no register can be read
new_chip closed
bits closed 16 040
refused closed 5
says 'secure download mode'
run 0 "$espseal" device security-info --port "$(device)"
run 0 "$espseal" device security-info --port "$(device)" --json
jq -e . "$work/out" >/dev/null || fail "security-info is not JSON"
run 5 "$espseal" prove --port "$(device)"
run 5 "$espseal" efuse summary --port "$(device)"

# SPI_BOOT_CRYPT_CNT = 1: flash encryption is on
new_chip encrypted
bits encrypted 10 004
[ "$(fuses encrypted '.fields[] | select(.name == "SPI_BOOT_CRYPT_CNT") | .value')" = 1 ] || fail "another bit was set"
refused encrypted 5
says 'flash encryption'

# another chip than the one that was named
new_chip other
refused other 5 --chip esp32s3
says 'ESP32-C3'

# the block that was asked for has another purpose
new_chip taken
bits taken 11 011
refused taken 5 --efuse-key 0
says 'BLOCK_KEY0'
