#!/bin/bash
# ds params: byte-equal to the reference, and refusals.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors/ds
cd "$work"
refused() {
    local wanted=$1 message=$2 status=0
    shift 2
    setsid "$espseal" ds params "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "espseal ds params $* exits $status, not $wanted"
    [ ! -s out ] || fail "espseal ds params $* prints on stdout"
    [ "$(grep -c '^espseal: error: ' err)" -eq 1 ] || fail "espseal ds params $* has not one error line"
    grep -qF -- "$message" err || fail "espseal ds params $* does not say \"$message\""
    [ ! -e no.bin ] || fail "espseal ds params $* leaves a file"
}

# The reference sizes the ESP32-C5 for 4096 bits, the chip takes 3072 (tests/vectors/test_ds.c has both).
count=0
for case in "$vectors"/*/; do
    name=$(basename "$case")
    chip=${name%%_*}
    key=$(echo "$case"key.*)
    cp "$key" key
    cp "$case"hmac_key.bin hmac
    chmod 600 key hmac
    (umask 077 && jq -r '.inputs.password // ""' "$case"case.json >pass)
    if [ "$(jq -r .expected.result "$case"case.json)" = error ]; then
        refused 2 'DS peripheral' --chip "$chip" --key key --hmac-key hmac --out no.bin
    elif [ "$chip" != esp32c5 ]; then
        iv=$(od -An -vtx1 "$case"iv.bin | tr -d ' \n')
        [ "$("$espseal" ds params --chip "$chip" --key key --hmac-key hmac --iv "$iv" --out c --out-iv iv \
            --passphrase-file pass --force 2>err)" = "$iv" ] || fail "$name: the IV is not printed"
        cmp c "$case"c.bin || fail "$name differs from the reference"
        [ "$(od -An -vtx1 iv | tr -d ' \n')" = "$iv" ] || fail "$name: --out-iv differs"
    fi
    count=$((count + 1))
done
[ "$count" -eq 30 ] || fail "only $count cases"

cp "$vectors"/esp32c3_rsa2048/key.pem key
cp "$vectors"/esp32c3_rsa2048/hmac_key.bin hmac
cp "$vectors"/esp32c3_ec_key/key.pem ec
chmod 600 key hmac ec
"$espseal" ds params --chip ESP32-C5 --key key --hmac-key hmac --out c5 >/dev/null 2>err || fail "the ESP32-C5"
[ "$(stat -c %s c5)" -eq 1200 ] || fail "the ESP32-C5's parameters have $(stat -c %s c5) bytes"
"$espseal" ds params --chip esp32c3 --key key --hmac-key hmac --out j --json >out 2>err || fail "--json exits $?"
[ ! -s err ] || fail "--json talks"
[ "$(jq -r '"\(.rsa_bits) \(.c_len) \(.iv | length) \(.sha256)"' out)" = \
    "2048 1200 32 $(sha256sum j | cut -d' ' -f1)" ] || fail "--json says $(cat out)"
"$espseal" ds params --chip esp32c3 --key key --hmac-key hmac --out - >piped 2>err || fail "--out - exits $?"
[ "$(stat -c %s piped)" -eq 1200 ] || fail "--out - writes something else as well"
grep -qE '^iv: [0-9a-f]{32}$' err || fail "--out - hides the IV"

refused 2 'j exists already' --chip esp32c3 --key key --hmac-key hmac --out j
refused 2 'EC P-256' --chip esp32c3 --key ec --hmac-key hmac --out no.bin
refused 5 'ESP32-C2' --chip esp32c2 --key key --hmac-key hmac --out no.bin
refused 1 'esp32c33' --chip esp32c33 --key key --hmac-key hmac --out no.bin
refused 1 '--iv' --chip esp32c3 --key key --hmac-key hmac --iv 00 --out no.bin
refused 1 'name the same file' --chip esp32c3 --key key --hmac-key hmac --out no.bin --out-iv no.bin
status=0
"$espseal" ds params --chip esp32c3 --key key --hmac-key hmac --out - --json >out 2>err || status=$?
[ "$status $(jq -r .error.code out)" = "1 USAGE" ] || fail "--json --out - gives $status, $(cat out)"
for len in 0 31 33 64; do
    (umask 077 && head -c "$len" /dev/zero >short)
    refused 2 "it has $len bytes, not 32" --chip esp32c3 --key key --hmac-key short --out no.bin
done
refused 2 'no-such-file' --chip esp32c3 --key key --hmac-key no-such-file --out no.bin
chmod 644 hmac
refused 2 'hmac holds a secret and can be read by others' --chip esp32c3 --key key --hmac-key hmac --out no.bin
"$espseal" ds params --chip esp32c3 --key key --hmac-key hmac --insecure-permissions --out last >/dev/null 2>err ||
    fail "--insecure-permissions exits $?"
