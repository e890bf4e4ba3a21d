#!/bin/bash
# device exits: the ways into a chip, from a device, from a file, and in secure download mode; jtag token.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
cd "$work"
way() { # NAME KEY: a value from the JSON in out
    jq -r --arg name "$1" --arg key "$2" '.ways[] | select(.name == $name) | .[$key]' out
}
exits() { "$espseal" device exits "$@" --json >out 2>err || fail "device exits $* exits $?"; }

# A blank chip, by its link and by its file.
chip="sim:esp32c3?efuse=efuse&flash=flash"
exits --port "$chip"
[ "$(way uart-download state)" = open ] || fail "UART is not open"
[ "$(jq -r .link out)" = uart-download ] || fail "the link in use is not named"
[ "$(jq -r .left out)" = 6 ] || fail "not six ways are left"
[ "$(jq '.ways | length' out)" = 12 ] || fail "not every way is listed"

# Burned, they close by the fuse that is named.
"$espseal" efuse burn --port "$chip" DIS_PAD_JTAG=1 DIS_DIRECT_BOOT=1 DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE=1 \
    DIS_FORCE_DOWNLOAD=1 --confirm burn >out 2>err || fail "efuse burn exits $?"
for place in "--port $chip" "--chip esp32c3 --efuse-file efuse"; do
    read -ra words <<<"$place"
    exits "${words[@]}"
    for closed in pad-jtag:DIS_PAD_JTAG direct-boot:DIS_DIRECT_BOOT forced-download:DIS_FORCE_DOWNLOAD \
        usb-serial-jtag-download:DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE; do
        [ "$(way "${closed%:*}" state)" = closed ] || fail "${closed%:*} is not closed ($place)"
        [ "$(way "${closed%:*}" fuse)" = "${closed#*:}" ] || fail "${closed%:*} is closed by another fuse"
    done
    [ "$(way usb-jtag state)" = open ] || fail "JTAG over USB is not open"
done
[ "$(jq -r .link out)" = null ] || fail "a file has a link"

# In secure download mode the ROM tells of some.
"$espseal" efuse burn --port "$chip" ENABLE_SECURITY_DOWNLOAD=1 --confirm burn >out 2>err ||
    fail "efuse burn exits $?"
exits --port "$chip"
[ "$(way uart-download state)" = reduced ] || fail "UART is not reduced"
[ "$(way pad-jtag state)" = closed ] || fail "the ROM told of JTAG, and it was not heard"
[ "$(way direct-boot state)" = unknown ] || fail "direct boot is known"
"$espseal" device exits --port "$chip" >out 2>err || fail "device exits exits $?"
grep -q 'direct-boot *unknown' out || fail "the table does not say unknown"
grep -q 'ways in beside its firmware' out || fail "the table has no sum"

# Every chip answers; what one does not have is not in its table.
for name in esp32 esp32s2 esp32s3 esp32c2 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4; do
    "$espseal" device exits --port "sim:$name" >out 2>err || fail "device exits on the $name exits $?"
    grep -q '^uart-download *open' out || fail "$name: UART is not open"
done
"$espseal" device exits --port sim:esp32 >out 2>err
grep -q '^rom-basic *open' out || fail "the ESP32 has its BASIC"
! grep -q 'usb' out || fail "the ESP32 has no USB"
status=0
"$espseal" device exits >out 2>err || status=$?
[ "$status" = 1 ] || fail "without a device it exits $status, not 1"

# The token, against Python's hmac.
umask 077
head -c 32 /dev/urandom >jtag.bin
"$espseal" jtag token --hmac-key jtag.bin --out token.bin >out 2>err || fail "jtag token exits $?"
head -c 32 /dev/zero >zeroes
openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(od -An -vtx1 jtag.bin | tr -d ' \n')" -binary zeroes >want
cmp token.bin want || fail "another token"
[ "$(stat -c %a token.bin)" = 600 ] || fail "the token's mode is $(stat -c %a token.bin)"
[ "$("$espseal" jtag token --hmac-key jtag.bin --out - --hex)" = "$(od -An -vtx1 want | tr -d ' \n')" ] ||
    fail "another token in hex"
[ "$("$espseal" jtag token --hmac-key - --out - --hex <jtag.bin)" = "$(od -An -vtx1 want | tr -d ' \n')" ] ||
    fail "another token from standard input"
! "$espseal" jtag token --hmac-key jtag.bin --out token.bin >out 2>err || fail "a token was overwritten"
"$espseal" jtag token --hmac-key jtag.bin --out token.bin --force --json >out 2>err || fail "--force exits $?"
[ "$(jq -r .form out)" = binary ] || fail "JSON says another form"
! grep -qi "$(od -An -vtx1 want | tr -d ' \n')" out err || fail "the token was printed"
head -c 31 jtag.bin >short.bin
status=0
"$espseal" jtag token --hmac-key short.bin --out other >out 2>err || status=$?
[ "$status" = 2 ] || fail "a short key exits $status"
[ ! -e other ] || fail "a short key left a file"
chmod 644 jtag.bin
status=0
"$espseal" jtag token --hmac-key jtag.bin --out other >out 2>err || status=$?
[ "$status" = 2 ] || fail "a key that others can read exits $status"
