#!/bin/bash
# The eFuse commands on the chip's real ROM: a plan of several operations, keys that prove themselves, and the
# door that is closed last, after which the ROM shows no register any more.
set -euo pipefail
# shellcheck disable=SC2034 # for lib.sh
WHAT="burning eFuses on the emulated ESP32-C3"
# shellcheck source=tests/qemu/lib.sh
. "$SOURCE/tests/qemu/lib.sh"

# shellcheck disable=SC1010 # "then" joins operations here
fuse() {
    local wanted=$1 verb=$2
    shift 2
    run "$wanted" "$espseal" efuse "$verb" --port "$(device)" "$@"
}
umask 077
head -c 32 /dev/urandom >"$work/key"
head -c 32 /dev/urandom >"$work/other"
new_chip fuses
power_on fuses

fuse 0 burn-key --confirm burn BLOCK_KEY2 --purpose HMAC_UP --file "$work/key" 'then' burn DIS_PAD_JTAG=1
fuse 0 burn-key --confirm burn BLOCK_KEY2 --purpose HMAC_UP --file "$work/key"
says 'holds this very key: the chip computed an HMAC with it'
fuse 5 burn-key --confirm burn BLOCK_KEY2 --purpose HMAC_UP --file "$work/other"
says 'holds another key'
fuse 0 burn-key --confirm burn auto --purpose HMAC_DOWN_DIGITAL_SIGNATURE --file "$work/other"
fuse 0 burn-key --confirm burn auto --purpose HMAC_DOWN_DIGITAL_SIGNATURE --file "$work/other"
says 'holds this very key: the chip signed with it'
fuse 0 burn-mac --confirm burn 02:00:00:12:34:56
fuse 0 summary --field CUSTOM_MAC
says '02:00:00:12:34:56'
fuse 0 protect --confirm burn --write RD_DIS
fuse 5 burn-key --confirm burn BLOCK_KEY4 --purpose HMAC_UP --file "$work/other"
says 'cannot be read-protected any more'
fuse 5 burn SPI_BOOT_CRYPT_CNT --confirm burn
says 'FE-NO-KEY'

# secure download mode begins with the read command of this very burn
fuse 0 burn --confirm burn ENABLE_SECURITY_DOWNLOAD
fuse 5 summary
run 0 "$espseal" device security-info --port "$(device)"
says 'SECURE_DOWNLOAD_ENABLE        1'
echo "PASS"
