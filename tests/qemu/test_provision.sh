#!/bin/bash
# The main job against the real ROM: both modes, proof, a rerun that changes nothing, power cycles, and a chip that boots.
set -euo pipefail
# shellcheck disable=SC2034 # for lib.sh
WHAT="provisioning an emulated ESP32-C3 with its real ROM"
# shellcheck source=tests/qemu/lib.sh
. "$SOURCE/tests/qemu/lib.sh"
given_identity

development=(--chip esp32c3 --mode development --ca-cert "$work/ca.pem" --device-cert "$work/device.pem"
    --private-key "$work/device.key" --firmware "0x0=$hello" --out "$work/development" --confirm burn)
production=(--chip esp32c3 --mode production --ca-cert "$work/ca.pem" --ca-key "$work/ca.key" --subject '/CN={mac}'
    --efuse-key 3 --firmware "0x0=$hello" --out "$work/production" --confirm burn)

# job NAME WORD...: dry run, run, prove, run again, power cycle, prove again, boot
job() {
    local name=$1 nonce
    shift
    new_chip "$name"
    power_on "$name"
    cp "$work/$name.efuse" "$work/$name.before"
    run 0 "$espseal" provision --port "$(device)" "$@" --dry-run
    same_fuses "$name" "$name.before"
    [ "$(tr -d '\377' <"$work/$name.flash" | wc -c)" -eq 0 ] || fail "a dry run writes to flash"

    run 0 "$espseal" provision --port "$(device)" "$@"
    proves
    cp "$work/$name.efuse" "$work/$name.after"
    cp "$work/$name.flash" "$work/$name.flashed"
    run 0 "$espseal" provision --port "$(device)" "$@"
    same_fuses "$name" "$name.after"
    cmp "$work/$name.flash" "$work/$name.flashed" || fail "a rerun writes to flash"

    power_on "$name"
    proves
    nonce=$(sed -n 's/.*signed nonce \([0-9a-f]*\).*/\1/p' "$work/out")
    proves
    ! grep -qF "$nonce" "$work/out" || fail "two proofs sign the same nonce"
    run 0 "$espseal" provision --port "$(device)" "$@"
    boots "$name"
    same_fuses "$name" "$name.after"
}

# keys NAME: one line for each key block that is not as it left the factory
keys() {
    fuses "$1" '.keys[] | select(.purpose != "USER" or .content != "blank" or (.writable | not) or (.readable | not))
        | "\(.key) \(.purpose) \(.readable) \(.writable) \(.purpose_writable)"'
}

job given "${development[@]}"
[ "$(keys given)" = "0 HMAC_DOWN_DIGITAL_SIGNATURE true false false" ] || fail "development leaves: $(keys given)"
openssl x509 -in "$work/device.pem" -outform DER -out "$work/given.der"
openssl x509 -in "$work/development/certificate.pem" -outform DER | cmp - "$work/given.der" ||
    fail "the record has another certificate"

job made "${production[@]}"
[ "$(keys made)" = "3 HMAC_DOWN_DIGITAL_SIGNATURE false false false" ] || fail "production leaves: $(keys made)"
openssl verify -CAfile "$work/ca.pem" "$work/production/certificate.pem" >"$work/out" 2>&1 || fail "the CA did not sign"
grep -rlE 'PRIVATE KEY' "$work/production" && fail "production leaves a private key"

# What stands in flash is what the record says, and an identity of somebody else does not replace a sealed one.
dd if="$work/made.flash" bs=4096 skip=13 count=3 status=none | head -c "$(stat -c %s "$work/production/esp_secure_cert.bin")" |
    cmp - "$work/production/esp_secure_cert.bin" || fail "flash and record differ"
power_on made
run 5 "$espseal" provision --port "$(device)" "${development[@]}" --efuse-key 3 --force
says 'BLOCK_KEY3'
same_fuses made made.after
