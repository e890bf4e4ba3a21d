#!/bin/bash
# efuse summary: what a person reads, what a program reads, and no key bytes unless asked for.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"

# run STATUS WORD...
run() {
    local wanted=$1 status=0
    shift
    COLUMNS=140 "$espseal" efuse summary "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq "$wanted" ] || fail "efuse summary $* exits $status"
}

# says TEXT: blanks in the text stand for any number of blanks
says() {
    tr -s ' ' <"$work/out" | grep -qF -- "$1" || fail "no \"$1\""
}

run 0 --port sim:esp32c3
says 'ESP32-C3 revision 0.3, MAC 7c:df:a1:5e:a1:01'
says 'secure boot off, flash encryption off, download mode open, JTAG open'
says 'KEY1 R W blank USER no free'
says 'SECURE_BOOT_EN R W 0 any firmware boots'
says 'mac MAC R '
grep -q 'ADC1_CAL_VOL' "$work/out" && fail "calibration without --all"
grep -q 'RESERVED' "$work/out" && fail "reserved fields without --all"
[ ! -s "$work/err" ] || fail "talks on stderr"

run 0 --port sim:esp32c3 --all
says 'ADC1_CAL_VOL_ATTEN0 R '
says 'RPT4_RESERVED2 R '

run 0 --port sim:esp32c3 --json
jq -e '.chip == "esp32c3" and .revision == "0.3" and (.keys | length) == 6 and
    (.keys[0] | .purpose == "USER" and .content == "blank" and .readable and .writable) and
    (.fields | map(select(.name == "MAC")) | .[0].value == "7c:df:a1:5e:a1:01")' "$work/out" >/dev/null ||
    fail "the JSON is not that of a blank chip"

# A file with a readable DS key in KEY1, write-protected; a hidden one in KEY2; a digest in KEY3;
# purpose of KEY1 fixed, flash encryption on, JTAG on the pins off.
key=5ec7e7000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c
digest=d16e57000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c
# put OFFSET HEX
put() {
    # shellcheck disable=SC2001 # ${//} has no back-references
    printf '%b' "$(sed 's/../\\x&/g' <<<"$2")" | dd of="$work/fuses" bs=1 seek="$1" conv=notrunc status=none
}
head -c 1024 /dev/zero >"$work/fuses"
put 0 00020001   # WR_DIS: purpose of KEY1, BLOCK_KEY1
put 4 04000800   # RD_DIS: KEY2; DIS_PAD_JTAG
put 8 00000470   # SPI_BOOT_CRYPT_CNT 1; KEY_PURPOSE_1 HMAC_DOWN_DIGITAL_SIGNATURE
put 12 9800      # KEY_PURPOSE_2 HMAC_UP, KEY_PURPOSE_3 SECURE_BOOT_DIGEST0
put 144 "$key"
put 176 "$key"
put 208 "$digest"
run 0 --efuse-file "$work/fuses" --chip ESP32-C3
says 'flash encryption on'
says 'KEY1 R - set, readable HMAC_DOWN_DIGITAL_SIGNATURE yes HMAC that unlocks'
says 'KEY2 - W hidden HMAC_UP no'
says "KEY3 R W $digest SECURE_BOOT_DIGEST0"
says 'SPI_BOOT_CRYPT_CNT R W 1 flash encryption: on'
says 'DIS_PAD_JTAG R W 1 no JTAG on the pins'
grep -q 5ec7e7 "$work/out" && fail "a readable key is printed"
run 0 --efuse-file "$work/fuses" --chip esp32c3 --json
grep -q 5ec7e7 "$work/out" && fail "a readable key is printed as JSON"
jq -e '.keys[1].content == "set" and .keys[2].content == "hidden" and (.keys[1].writable | not) and
    (.keys[1].purpose_writable | not)' "$work/out" >/dev/null || fail "the JSON of the keys is wrong"
run 0 --efuse-file "$work/fuses" --chip esp32c3 --show-keys
says "KEY1 R - $key HMAC_DOWN"
[ "$(grep -c "$key" "$work/out")" -eq 1 ] || fail "a hidden key is printed"

run 1
grep -q 'hint: --port /dev/ttyUSB0 for a device, or --efuse-file' "$work/err" || fail "no hint"
run 1 --efuse-file "$work/fuses"
grep -q -- '--chip CHIP is missing' "$work/err" || fail "does not ask for --chip"
run 1 --efuse-file "$work/fuses" --port sim:esp32c3
run 2 --efuse-file "$work/none" --chip esp32c3
run 2 --efuse-file /dev/null --chip esp32c3
head -c 100 "$work/fuses" >"$work/short"
run 2 --efuse-file "$work/short" --chip esp32c3
grep -q 'has 1024 bytes, or 512 of a virtual chip: not 100' "$work/err" || fail "does not say what is wrong"
run 1 --efuse-file "$work/fuses" --chip esp32p9
grep -q 'there is no chip "esp32p9"' "$work/err" || fail "does not know its chips"

# Every chip explains a blank file; the ESP32's has a size of its own.
for chip in esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32s2 esp32s3; do
    head -c 1024 /dev/zero >"$work/blank"
    run 0 --efuse-file "$work/blank" --chip "$chip"
    head -c 512 /dev/zero >"$work/blank"
    run 0 --efuse-file "$work/blank" --chip "$chip" --json
done
head -c 124 /dev/zero >"$work/blank"
run 0 --efuse-file "$work/blank" --chip esp32

# Each field that is shown has words of its own, on every chip and every revision with other fuses.
for chip in esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 'esp32h2?revision=1.1' esp32p4 \
    'esp32p4?revision=1.3' esp32s2 esp32s3; do
    "$BIN/espseal" efuse summary --port "sim:$chip" --json >"$work/out"
    mute=$(jq -r '.fields[] | select(.meaning == "" and (.category | . != "calibration" and . != "spi pad") and
        (.name | startswith("KEY_PURPOSE_") or startswith("BLOCK_KEY") | not)) | .name' "$work/out")
    [ -z "$mute" ] || fail "sim:$chip says nothing about $mute"
done

# The ESP32 has other names for what matters.
head -c 124 /dev/zero >"$work/blank"
printf '\020' | dd of="$work/blank" bs=1 seek=2 conv=notrunc status=none   # FLASH_CRYPT_CNT = 1
printf '\140' | dd of="$work/blank" bs=1 seek=24 conv=notrunc status=none  # ABS_DONE_1, JTAG_DISABLE
run 0 --efuse-file "$work/blank" --chip esp32
grep -q 'secure boot on, flash encryption on, download mode open, JTAG off for good' "$work/out" ||
    fail "does not see the ESP32's security"
echo "PASS"
