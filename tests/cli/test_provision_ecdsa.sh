#!/bin/bash
# An identity in the ECDSA peripheral, as a person and a script see it: proven, audited, refused where it must be.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
cd "$work"
# refused STATUS TEXT WORD...: one line names the thing, a hint follows, and the chip stays blank.
refused() {
    local want=$1 text=$2
    shift 2
    expect "$want" provision --confirm burn --storage ecdsa --mode production "$@"
    grep -q "^espseal: error: .*$text" err || fail "$*: the error does not say \"$text\""
    grep -q '^espseal: hint: ' err || fail "$*: no hint"
    cmp -s efuse.bin blank.bin || fail "$*: FUSES CHANGED"
}

expect 0 identity ca --subject '/CN=Test CA' --days 30 --out-cert ca.pem --out-key ca.key
expect 0 identity key --type ec:p256 --out ec.key
expect 0 identity csr --key ec.key --subject /CN=ec --out ec.csr
expect 0 identity cert --csr ec.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out ec.crt
expect 0 identity key --type rsa:2048 --out rsa.key
expect 0 identity csr --key rsa.key --subject /CN=rsa --out rsa.csr
expect 0 identity cert --csr rsa.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out rsa.crt
made=(--ca-cert ca.pem --ca-key ca.key --subject '/CN={mac}')
given=(--ca-cert ca.pem --device-cert ec.crt --private-key ec.key)
port='sim:esp32h2?efuse=efuse.bin&flash=flash.bin'

expect 0 efuse summary --port "$port"
cp efuse.bin blank.bin
refused 2 'RSA-2048, but the ECDSA peripheral of the ESP32-H2 takes P-192, P-256' --port "$port" --ca-cert ca.pem \
    --device-cert rsa.crt --private-key rsa.key
refused 2 'ec:p384, but the ECDSA' --port "$port" "${made[@]}" --key-type ec:p384
refused 5 'no ECDSA peripheral' --port sim:esp32c6 "${given[@]}"
refused 5 'before v3.0 has no ECDSA peripheral' --port 'sim:esp32p4?revision=1.0' "${given[@]}"
refused 5 'holds no key' --port "$port" --ca-cert ca.pem --device-cert ec.crt
refused 5 'KEY-XTS-BLOCK' --port "$port" "${given[@]}" --efuse-key 5

expect 0 provision --dry-run --storage ecdsa --mode production "${made[@]}" --port "$port"
grep -q 'KEY_PURPOSE_0 = ECDSA_KEY' err || fail 'the plan does not name the purpose'
cmp -s efuse.bin blank.bin || fail 'a dry run burns'

# sealed, and proven through the hidden key, by everything that can ask for it
expect 0 provision --confirm burn --storage ecdsa --mode production "${made[@]}" --port "$port" --json --out records
jq -e '.result == "done" and (.proof | .verified and .through_read_protected_key and (.signature | length) == 128) and
    (.proof.algorithm | startswith("ECDSA P-256")) and .identity.key == "EC P-256" and
    .identity.key_block == "BLOCK_KEY0" and (.state | startswith("identity sealed"))' out >/dev/null ||
    fail "the receipt is $(cat out)"
expect 0 prove --port "$port" --json
jq -e '.proven and .key == "P-256"' out >/dev/null || fail "prove says $(cat out)"
expect 0 secure-cert inspect --port "$port" --json
if grep -q 'PRIVATE KEY' flash.bin; then
    fail 'a private key is in flash'
fi
expect 0 audit --port "$port" --json
for check in ID-PERIPHERAL ID-KEY ID-PROOF ID-CERT; do
    jq -e --arg id $check '[.checks[] | select(.id == $id) | .verdict] == ["pass"]' out >/dev/null ||
        fail "the audit's $check is $(jq -c --arg id $check '.checks[] | select(.id == $id)' out)"
done
cp efuse.bin sealed.bin
expect 0 provision --storage ecdsa --mode production "${made[@]}" --port "$port"
cmp -s efuse.bin sealed.bin || fail 'a finished device is burned'

# what efuse burn-key burns (whose bytes are those of espefuse) is the key that provision knows
for chip in esp32h2 esp32p4; do
    purpose=ECDSA_KEY
    [ $chip = esp32h2 ] || purpose=ECDSA_KEY_P256
    port="sim:$chip?efuse=$chip.bin&flash=$chip.flash"
    expect 0 efuse burn-key BLOCK_KEY2 --purpose $purpose --file ec.key --keep-readable --confirm burn --port "$port"
    expect 0 provision --confirm burn --storage ecdsa --mode production "${given[@]}" --port "$port" --json
    jq -e '.identity.key_block == "BLOCK_KEY2" and ([.steps[].name] | index("burn key") == null)' out >/dev/null ||
        fail "$chip takes its key for another: $(cat out)"
done
expect 0 identity key --type ec:p384 --out 384.key
expect 0 identity csr --key 384.key --subject /CN=ec --out 384.csr
expect 0 identity cert --csr 384.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out 384.crt
port='sim:esp32c5?efuse=c5.bin&flash=c5.flash'
expect 0 efuse burn-key BLOCK_KEY0 --purpose ECDSA_KEY_P384 --file 384.key --keep-readable --confirm burn --port "$port"
expect 0 provision --confirm burn --storage ecdsa --mode production --ca-cert ca.pem --device-cert 384.crt \
    --private-key 384.key --port "$port" --json
jq -e '.identity.key_block == "BLOCK_KEY1" and .identity.key_block_high == "BLOCK_KEY0" and
    ([.steps[].name] | index("burn key") == null)' out >/dev/null || fail "P-384: $(cat out)"
grep -q 'BLOCK_KEY0 holds the high half' err || fail 'the warning about the second block is missing'

# an early ESP32-H2 has no k of its own: its signature is verified and not kept; development keeps the key
port='sim:esp32h2?efuse=early.bin&flash=early.flash&revision=1.1'
expect 0 provision --confirm burn --storage ecdsa --mode development "${made[@]}" --port "$port" --json --out early \
    --keep-secrets
jq -e '.proof.verified and .proof.signature == null and (.proof | has("signature_left_out"))' out >/dev/null ||
    fail "the receipt of an early chip is $(cat out)"
[ -e early/private_key.pem ] || fail 'the private key is not kept'
[ ! -e early/hmac_key.bin ] || fail 'there is an HMAC key'
grep -q 'private key can be read from the chip' err || fail 'development is not named'

# two runs: the chip signs the same request for its hidden key each time, and takes the certificate that comes of it
for type in ec:p256 ec:p384; do
    rm -rf two && mkdir two
    port='sim:esp32c5?efuse=two/efuse.bin&flash=two/flash.bin'
    first=(provision --confirm burn --storage ecdsa --mode production --key-type "$type" --subject '/CN={mac}'
        --csr-only --port "$port")
    expect 0 "${first[@]}" --csr-out two/first.csr
    expect 0 "${first[@]}" --csr-out two/again.csr
    cmp two/first.csr two/again.csr || fail "$type: the request is another one"
    openssl req -in two/first.csr -noout -verify 2>err || fail "$type: OpenSSL does not take the request"
    cp two/efuse.bin two/before.bin
    expect 0 identity cert --csr two/first.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out two/device.crt
    [ $type = ec:p384 ] || expect 2 provision --storage ecdsa --mode production --port "$port" --ca-cert ca.pem --device-cert ec.crt
    expect 0 provision --storage ecdsa --mode production --port "$port" --ca-cert ca.pem --device-cert two/device.crt --json
    jq -e '.result == "done" and .proof.verified and (.state | startswith("identity sealed"))' out >/dev/null ||
        fail "$type: the second run says $(cat out)"
    cmp two/efuse.bin two/before.bin || fail "$type: the second run burns"
done
expect 5 provision --storage ecdsa --mode production --subject '/CN={mac}' --csr-only --csr-out early.csr \
    --port 'sim:esp32h2?revision=1.1'
grep -q 'not good enough in the bootloader' err || fail 'an early ESP32-H2 signs a request'

# a hidden key is known again by its signature
port='sim:esp32c61?efuse=hidden.bin'
burn=(efuse burn-key BLOCK_KEY1 --purpose ECDSA_KEY --confirm burn --port "$port")
expect 0 "${burn[@]}" --file ec.key
expect 0 "${burn[@]}" --file ec.key
grep -q 'BLOCK_KEY1 holds this very key: the chip signed with it' err || fail 'a hidden ECDSA key is not known again'
expect 0 identity key --type ec:p256 --out other.key
expect 5 "${burn[@]}" --file other.key
grep -q 'proved that it holds another key' err || fail 'another ECDSA key passes for the hidden one'
