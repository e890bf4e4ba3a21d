#!/bin/bash
# What a person, a script and a factory see of `espseal provision`: refusals before the first fuse, files, streams.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"

"$espseal" identity ca --subject '/CN=Test CA' --days 30 --out-cert ca.pem --out-key ca.key 2>err
for name in device other; do
    "$espseal" identity key --type rsa:2048 --out $name.key 2>err
    "$espseal" identity csr --key $name.key --subject /CN=$name --out $name.csr 2>err
    "$espseal" identity cert --csr $name.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out $name.crt 2>err
done
"$espseal" identity key --type ec:p256 --out ec.key 2>err
"$espseal" identity csr --key ec.key --subject /CN=ec --out ec.csr 2>err
"$espseal" identity cert --csr ec.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out ec.crt 2>err
"$espseal" identity key --type rsa:4096 --out big.key 2>err
"$espseal" identity csr --key big.key --subject /CN=big --out big.csr 2>err
"$espseal" identity cert --csr big.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out big.crt 2>err
# valid for no day at all: expired a second after it was made
openssl x509 -req -in device.csr -CA ca.pem -CAkey ca.key -days 0 -out old.crt 2>openssl.log

given=(--ca-cert ca.pem --device-cert device.crt --private-key device.key)
port='sim:esp32c3?efuse=efuse.bin&flash=flash.bin'
"$espseal" efuse summary --port "$port" >/dev/null
cp efuse.bin blank.bin

# refused STATUS TEXT WORD...: one line names the thing, a hint follows, and not one fuse changes.
refused() {
    local want=$1 text=$2 status=0
    shift 2
    "$espseal" provision --confirm burn "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "$* exits $status, not $want"
    [ "$(grep -c '^espseal: error: ' err)" -eq 1 ] || fail "$*: not one error line"
    grep -q "^espseal: error: .*$text" err || fail "$*: the error does not say \"$text\""
    grep -q '^espseal: hint: ' err || fail "$*: no hint"
    [ ! -s out ] || fail "$*: something on stdout"
    cmp -s efuse.bin "${as:-blank.bin}" || fail "$*: FUSES CHANGED"
}

refused 2 'nowhere.crt' --port "$port" --mode production --device-cert nowhere.crt --private-key device.key
refused 2 'device.key is not a certificate\|device.key' --port "$port" --mode production --device-cert device.key \
    --private-key device.key
refused 2 'other' --port "$port" --mode production --device-cert device.crt --private-key other.key
refused 2 'takes RSA keys' --port "$port" --mode production --device-cert ec.crt --private-key ec.key
refused 2 'RSA-3072' --port "$port" --mode production --device-cert big.crt --private-key big.key
refused 5 'no ECDSA peripheral' --port "$port" --mode production --storage ecdsa --device-cert ec.crt --private-key ec.key
refused 5 'ID-PLAINTEXT' --port "$port" --mode production --storage plaintext "${given[@]}"
refused 5 'ESP32-C3' --port "$port" --chip esp32s3 --mode production "${given[@]}"
refused 1 'there is no chip' --port "$port" --chip esp32x3 --mode production "${given[@]}"
refused 5 'no DS parameters' --port "$port" --mode production --device-cert device.crt
refused 1 'belong together' --port "$port" --mode production --private-key device.key
refused 1 'nobody signs' --port "$port" --mode production --subject '/CN={mac}'
refused 1 'there is no identity' --port "$port" --mode production
refused 1 '{serial}' --port "$port" --mode production --ca-cert ca.pem --ca-key ca.key --subject '/CN={serial}'
refused 2 'does not match\|another key\|other' --port "$port" --mode production --ca-cert ca.pem --ca-key other.key \
    --subject '/CN={mac}'
refused 2 'no partition table' --port "$port" --mode production --offset auto "${given[@]}"
refused 1 'multiple of 4096' --port "$port" --mode production --offset 0xd001 "${given[@]}"
refused 1 'efuse-key' --port "$port" --mode production --efuse-key nine "${given[@]}"
refused 1 'BLOCK_KEY6' --port "$port" --mode production --efuse-key 6 "${given[@]}"
refused 1 'PLACE=FILE' --port "$port" --mode production --firmware ca.pem "${given[@]}"
refused 2 'nowhere.bin' --port "$port" --mode production --firmware 0x0=nowhere.bin "${given[@]}"
printf 'nvs, data, nvs, 0x9000, 0x4000\nesp_secure_cert, 0x3f, , 0xd000, 0x2000\napp, app, factory, 0x10000, 0x10000\n' >places.csv
"$espseal" partition-table encode places.csv --out places.bin
head -c 50000 /dev/zero | tr '\0' a >app.bin
head -c 70000 /dev/zero | tr '\0' a >large.bin
refused 1 'no table names it' --port "$port" --mode production --firmware app=app.bin "${given[@]}"
refused 2 'there is no partition "ota_9"' --port "$port" --mode production --firmware partition-table=places.bin \
    --firmware ota_9=app.bin "${given[@]}"
refused 2 'large.bin has 70000 bytes, and app has room for 65536' --port "$port" --mode production \
    --firmware 0x8000=places.bin --firmware app=large.bin "${given[@]}"
"$espseal" provision --port sim:esp32c3 --mode development --offset auto --firmware app=app.bin \
    --firmware partition-table=places.bin "${given[@]}" --dry-run >out 2>err || fail 'partitions by name'
grep -q 'write app.bin to flash at 0x10000' out err || fail 'an image goes elsewhere than into its partition'
refused 1 'keep-secrets' --port "$port" --mode production --keep-secrets --out kept "${given[@]}"
refused 2 'ended with status 3' --port "$port" --mode production --ca-cert ca.pem --subject '/CN={mac}' --sign-cmd 'exit 3'
refused 2 'signing command' --port "$port" --mode production --ca-cert ca.pem --subject '/CN={mac}' --sign-cmd 'echo no'
refused 3 'ttyNOWHERE' --port /dev/ttyNOWHERE --mode production "${given[@]}"
refused 1 'scheme\|port' --port ftp://example --mode production "${given[@]}"
refused 3 '127.0.0.1' --port socket://127.0.0.1:1 --mode production "${given[@]}"
chmod 644 device.key
refused 2 'device.key .*can be read by others' --port "$port" --mode production "${given[@]}"
chmod 600 device.key
refused 2 'dev/full\|cannot' --port "$port" --mode production --out /dev/full/x "${given[@]}"
head -c 100 device.key >cut.key && chmod 600 cut.key
refused 2 'cut.key' --port "$port" --mode production --device-cert device.crt --private-key cut.key
if grep -q "$(sed -n 2p cut.key)" err; then
    fail 'the error echoes key bytes'
fi

# Without a word of consent nothing burns, and a pipe is no consent.
status=0
echo BURN | setsid "$espseal" provision --port "$port" --mode production "${given[@]}" >out 2>err || status=$?
[ "$status" -eq 8 ] || fail "no terminal exits $status"
cmp -s efuse.bin blank.bin || fail 'burned without consent'

# A dry run changes nothing and calls nobody.
"$espseal" provision --port "$port" --mode production --ca-cert ca.pem --subject '/CN={mac}' --sign-cmd 'touch called' \
    --dry-run --json >plan.json 2>err || fail "dry run exits $?"
[ ! -e called ] || fail 'a dry run calls --sign-cmd'
cmp -s efuse.bin blank.bin || fail 'a dry run burns'
[ "$(jq '[.steps[] | select(.irreversible)] | length' plan.json)" -eq 3 ] || fail "the plan is $(cat plan.json)"

sleep 1.1
"$espseal" provision --port "$port" --mode production --device-cert old.crt --private-key device.key --dry-run >out 2>err ||
    fail "an expired certificate exits $?"
grep -q '^espseal: warning: the device certificate expired on 20' err || fail 'no warning about an expired certificate'

# Signing elsewhere; the record; the directory of one device.
"$espseal" provision --port "$port" --mode production --ca-cert ca.pem --subject '/CN={mac}' --csr-out request.pem \
    --sign-cmd "\"$espseal\" identity cert --csr - --ca-cert ca.pem --ca-key ca.key --days 30 --out -" \
    --out 'records/{mac}' --confirm burn --json >receipt.json 2>err || fail "signing elsewhere exits $?"
record=records/7cdfa15ea101
openssl req -in request.pem -noout -verify 2>/dev/null || fail 'the request does not verify'
openssl verify -CAfile ca.pem "$record/certificate.pem" >/dev/null || fail 'the certificate does not verify'
jq -e '.result == "done" and .proof.verified and .proof.through_read_protected_key' "$record/receipt.json" >/dev/null ||
    fail "the receipt is $(cat "$record/receipt.json")"
cmp -s <(jq -S 'del(.finished, .wire)' receipt.json) <(jq -S 'del(.finished, .wire)' "$record/receipt.json") ||
    fail 'the receipt on stdout is another one'
if find records -name '*.key' -o -name 'hmac*' | grep -q .; then
    fail 'production left a key on the host'
fi
key=$(od -An -tx1 -v -j 112 -N 32 efuse.bin | tr -d ' \n')
if grep -rqi "$key" records receipt.json plan.json err; then
    fail 'the HMAC key is in a file'
fi
if "$espseal" flash read --port "$port" 0xd000 0x2000 --out partition.bin 2>err && grep -q 'PRIVATE KEY' partition.bin; then
    fail 'a private key is in flash'
fi
"$espseal" provision --port "$port" --mode production --ca-cert ca.pem --ca-key ca.key --subject '/CN={mac}' \
    --out 'records/{mac}' >out 2>err </dev/null || fail "a finished device exits $?"
grep -q 'nothing to do' err || fail 'a finished device is touched'
[ -e "$record/receipt-2.json" ] || fail 'the second receipt is missing'

# Another device does not overwrite this one's record, and its refusal burns nothing.
status=0
"$espseal" provision --port 'sim:esp32c3?efuse=efuse2.bin&mac=02:00:00:00:00:02' --mode development "${given[@]}" \
    --out "$record" --confirm burn >out 2>err || status=$?
[ "$status" -eq 2 ] || [ "$status" -eq 1 ] || fail "another device's directory exits $status"

grep -q '^espseal: hint: .*--force takes this one' err || fail 'nobody says what --force would do'
# With --force it takes the folder, and what was there is kept under that device's name.
cp -r "$record" shared
for run in 1 2; do
    cp shared/receipt.json was.json
    "$espseal" provision --port "sim:esp32c3?efuse=efuse2$run.bin&mac=02:00:00:00:00:2$run" --mode development "${given[@]}" \
        --out shared --force --confirm burn >out 2>err || fail "--force in another device's folder exits $?"
    former=shared/$(jq -r .chip.mac was.json | tr -d :)
    cmp -s "$former/receipt.json" was.json || fail 'the receipt of the other device is lost'
    [ "$(jq -r .chip.mac shared/receipt.json)" = "02:00:00:00:00:2$run" ] || fail 'the folder is not its own'
done
for file in certificate.pem esp_secure_cert.bin receipt-2.json; do
    cmp -s "$record/$file" "shared/$(basename "$record")/$file" || fail "$file of the other device is lost"
done
[ ! -e shared/receipt-2.json ] || fail 'a receipt of the other device stays'

# A file of a person's that has one of the record's names stays, and costs no fuse.
mkdir mine
echo precious >mine/private_key.pem
as=efuse.bin refused 2 'mine/private_key.pem exists already' --port "sim:esp32c3?efuse=efuse5.bin" --mode development "${given[@]}" \
    --out mine --keep-secrets
cmp -s efuse5.bin blank.bin || fail 'a record that cannot be kept costs fuses'
[ "$(cat mine/private_key.pem)" = precious ] || fail 'a private key was overwritten'
[ ! -e mine/receipt.json ] || fail 'a refused run leaves a record'
"$espseal" provision --port 'sim:esp32c3?efuse=efuse6.bin&flash=flash6.bin' --mode development "${given[@]}" --out mine \
    --keep-secrets --force --confirm burn >out 2>err || fail "--force over a person's file exits $?"
[ "$(cat mine/former/private_key.pem)" = precious ] || fail 'a private key was lost to --force'

# A finished development device says that it is not sealed.
"$espseal" provision --port 'sim:esp32c3?efuse=efuse3.bin&flash=flash3.bin' --mode development "${given[@]}" --out dev \
    --keep-secrets --confirm burn >out 2>err || fail "development exits $?"
grep -q 'NOT sealed' err || fail 'development is not called what it is'
[ "$(stat -c %a dev/private_key.pem dev/hmac_key.bin | sort -u)" = 600 ] || fail 'kept secrets are not 0600'
jq -e '.state | contains("not sealed")' dev/receipt.json >/dev/null || fail 'the receipt does not say so'

# Closed streams: what is said must not end in a file, or on the wire.
"$espseal" device info --port "sim:esp32c3" --trace closed.trace <&- >&- 2>&- || fail "closed streams exit $?"
grep -q ' > SYNC ' closed.trace || fail 'no trace with closed streams'
if grep -qv '^[0-9.]* [<>] ' closed.trace; then
    fail 'talk went into the trace'
fi

# The disk is full when the last word of the record is written: the device is done, and that is said.
status=0
(
    trap '' XFSZ
    ulimit -f 3
    "$espseal" provision --port sim:esp32c3 --mode development "${given[@]}" --out full --confirm burn >out 2>err
) || status=$?
[ "$status" -eq 2 ] || fail "a record that does not fit exits $status"
grep -q '^done ' err || fail 'a finished device is not called finished'
grep -q '^espseal: error: cannot write full/receipt.json' err || fail 'the record is not named'
grep -q '^espseal: hint: the device is finished' err || fail 'no hint about the record'

# A plaintext identity burns nothing, says so loudly, and its key does not come out through a trace either way.
plain='sim:esp32c3?efuse=efuse4.bin&flash=flash4.bin'
"$espseal" provision --port "$plain" --mode development --storage plaintext "${given[@]}" --trace plain.trace --confirm burn \
    >out 2>err || fail "a plaintext identity exits $?"
grep -q 'IN CLEAR' err || fail 'the clear key is not named'
cmp -s efuse4.bin blank.bin || fail 'a plaintext identity burns fuses'
"$espseal" flash read --port "$plain" --trace plain2.trace 0xd000 0x2000 --out plain.bin 2>err
grep -q 'PRIVATE KEY' plain.bin || fail 'the plaintext key is not in flash'
if grep -q '< READ_FLASH_SLOW [0-9]* [0-9a-f]\|> FLASH_DEFL_DATA [0-9]* [0-9a-f]' plain.trace plain2.trace; then
    fail 'the trace shows contents of flash'
fi
grep -q '< READ_FLASH_SLOW [0-9]* (hidden)' plain2.trace || fail 'the trace shows what is read from flash'
grep -q '> FLASH_DEFL_DATA [0-9]* (hidden)' plain.trace || fail 'the trace shows what is written to flash'
