#!/bin/bash
# secure-cert build and inspect: the reference's bytes, modes of files, exit statuses, warnings, findings.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors/tlv
umask 022

# use CASE: copies its inputs to $work/in as a person would have them
use() {
    rm -rf "$work/in"
    cp -r "$vectors/$1" "$work/in"
    find "$work/in" \( -name 'key.*' -o -name 'hmac_key.bin' \) -exec chmod 600 {} +
}
in=$work/in
certs=(--ca-cert "$in/ca.pem" --device-cert "$in/dev.pem")

use rsa_ds_esp32c3_2048
iv=$(od -An -tx1 "$in/iv.bin" | tr -d ' \n')
ds=(--private-key "$in/key.pem" --key-storage ds --chip ESP32-C3 --efuse-key 4 --hmac-key "$in/hmac_key.bin")
expect 0 secure-cert build "${certs[@]}" "${ds[@]}" --iv "$iv" --out "$work/ds.bin"
[ ! -s "$work/out" ] || fail "build prints on stdout"
cmp "$work/ds.bin" "$in/esp_secure_cert.bin" || fail "the DS partition is not the reference's"
[ "$(stat -c %a "$work/ds.bin")" = 644 ] || fail "a partition without secrets has mode $(stat -c %a "$work/ds.bin")"
expect 2 secure-cert build "${certs[@]}" "${ds[@]}" --out "$work/ds.bin"
says "$work/ds.bin"
expect 0 secure-cert build "${certs[@]}" "${ds[@]}" --out "$work/ds.bin" --force --json
jq -e '.size == 3600 and .key_storage == "ds" and (.sha256 | length) == 64' "$work/out" >/dev/null ||
    fail "the JSON of build is $(cat "$work/out")"
[ "$(jq -r .sha256 "$work/out")" = "$(sha256sum "$work/ds.bin" | cut -d ' ' -f 1)" ] || fail "another SHA-256"
! cmp -s "$work/ds.bin" "$in/esp_secure_cert.bin" || fail "two random IVs are the same"
expect 0 secure-cert build "${certs[@]}" "${ds[@]}" --iv "$iv" --out -
cmp "$work/out" "$in/esp_secure_cert.bin" || fail "standard output gets something else"
expect 1 secure-cert build "${certs[@]}" "${ds[@]}" --out - --json

expect 0 secure-cert inspect "$work/ds.bin"
[ ! -s "$work/err" ] || fail "a good partition gets a warning"
for text in 'RSA-2048, BLOCK_KEY4' 'integrity ok' 'issuer   O=Vec,CN=Vec public RSA CA' '3600 bytes in use'; do
    grep -qF -- "$text" "$work/out" || fail "inspect does not show \"$text\""
done
expect 0 secure-cert inspect "$work/ds.bin" --json
jq -e '.findings == 0 and .private_key_in_clear == false and (.entries | map(.name)) ==
    ["DS_DATA", "DS_CONTEXT", "CA_CERT", "DEV_CERT", "INTEGRITY"] and .entries[1].efuse_key == 4 and
    (.entries | all(.crc_ok)) and .entries[4].integrity_ok' "$work/out" >/dev/null ||
    fail "the JSON of inspect is $(cat "$work/out")"

# What does not go together names itself and leaves no file behind.
out=(--out "$work/none.bin")
expect 1 secure-cert build "${out[@]}" --private-key "$in/key.pem"
says '--key-storage'
expect 1 secure-cert build "${out[@]}" --key-storage ds
says '--private-key'
expect 1 secure-cert build "${out[@]}" --private-key "$in/key.pem" --key-storage ds --chip esp32c3 --efuse-key 1
says '--hmac-key'
expect 1 secure-cert build "${out[@]}" "${ds[@]/4/6}"
expect 1 secure-cert build "${out[@]}" "${ds[@]}" --iv 00
says '--iv must be 32 hex digits'
expect 1 secure-cert build "${out[@]}" --iv "$iv"
expect 1 secure-cert build "${out[@]}" --efuse-key 1
expect 5 secure-cert build "${out[@]}" "${ds[@]/ESP32-C3/esp32}"
says 'no RSA Digital Signature peripheral'
expect 2 secure-cert build "${out[@]}" "${ds[@]/hmac_key.bin/iv.bin}"
expect 2 secure-cert build "${out[@]}" --ca-cert "$in/absent.pem"
says "$in/absent.pem"
expect 2 secure-cert build "${out[@]}" --ca-cert "$in/key.pem"
expect 2 secure-cert build --ca-cert "$in/ca.pem" --out "$work/absent/none.bin"
expect 2 secure-cert build "${out[@]}" --device-cert "$vectors/plain_ec_sec1_pem/dev.pem" "${ds[@]}"
chmod 644 "$in/hmac_key.bin"
expect 2 secure-cert build "${out[@]}" "${ds[@]}"
says "$in/hmac_key.bin"
chmod 600 "$in/hmac_key.bin"
[ ! -e "$work/none.bin" ] || fail "a refused build leaves a file"

# RSA-4096 is too long for the ESP32-C3; an EC key cannot go where RSA is needed, nor the other way round.
use rsa_ds_esp32s3_4096
expect 2 secure-cert build "${out[@]}" "${ds[@]}"
use ecdsa_esp32h2_p256
cp "$vectors/rsa_ds_esp32c3_2048/hmac_key.bin" "$in"
chmod 600 "$in/hmac_key.bin"
expect 2 secure-cert build "${out[@]}" "${ds[@]/key.pem/$(cd "$in" && echo key.*)}"
use rsa_ds_esp32c3_2048
expect 2 secure-cert build "${out[@]}" --private-key "$in/key.pem" --key-storage ecdsa --chip esp32h2 --efuse-key 1
expect 5 secure-cert build "${out[@]}" --private-key "$in/key.pem" --key-storage ecdsa --chip esp32c3 --efuse-key 1
says 'no ECDSA peripheral'

# ECDSA: the reference leaks the key, espseal does not, and inspect tells them apart.
use ecdsa_esp32h2_p256
key=$(echo "$in"/key.*)
expect 0 secure-cert build "${certs[@]}" --private-key "$key" --key-storage ecdsa --chip esp32h2 \
    --efuse-key "$(sed -nE 's/.*--efuse_key_id ([0-9]).*/\1/p' "$in/case.json")" --out "$work/ecdsa.bin"
expect 0 secure-cert inspect "$work/ecdsa.bin" --json
jq -e '.private_key_in_clear == false and
    (.entries[] | select(.name == "PRIV_KEY") | .flags == 8 and .length == 0 and .private_key == "efuse")' \
    "$work/out" >/dev/null || fail "the ECDSA partition is $(cat "$work/out")"
expect 7 secure-cert inspect "$in/esp_secure_cert.bin" --json
says 'holds the private key in clear, although the key is meant to live in the ECDSA peripheral'
jq -e '.private_key_in_clear and .findings == 1 and
    (.entries[] | select(.name == "PRIV_KEY") | .private_key == "leaked")' "$work/out" >/dev/null ||
    fail "the leaked key is not called out: $(cat "$work/out")"

# A plaintext key: the file is 0600 from the start, the warning is loud, inspect warns and does not fail.
use plain_rsa_pem
expect 0 secure-cert build "${certs[@]}" --private-key "$in/key.pem" --key-storage plaintext --out "$work/plain.bin"
says 'PRIVATE KEY IN CLEAR'
cmp "$work/plain.bin" "$in/esp_secure_cert.bin" || fail "the plaintext partition is not the reference's"
[ "$(stat -c %a "$work/plain.bin")" = 600 ] || fail "a partition with a key has mode $(stat -c %a "$work/plain.bin")"
expect 0 secure-cert inspect "$work/plain.bin"
says 'private key in clear'
grep -qF 'RSA-2048, PRIVATE KEY IN CLEAR' "$work/out" || fail "the key is not called out"
! grep -qF 'BEGIN' "$work/out" "$work/err" || fail "the key is echoed"

# Certificates only, without and with integrity; nothing at all.
expect 0 secure-cert build "${certs[@]}" --no-integrity --out "$work/certs.bin"
cmp -n "$(stat -c %s "$work/certs.bin")" "$work/certs.bin" "$in/esp_secure_cert.bin" || fail "other certificates"
expect 0 secure-cert build --out "$work/empty.bin"
cmp "$work/empty.bin" "$vectors/empty/esp_secure_cert.bin" || fail "the empty partition is not the reference's"

# Damage.
expect 7 secure-cert inspect "$vectors/parse_bad_crc/in.bin"
says 'DEV_CERT at 0x290 has a wrong CRC'
says 'INTEGRITY at 0x5a0 is not the SHA-256 of what stands before it'
expect 2 secure-cert inspect "$vectors/parse_truncated/in.bin"
says 'truncated'
expect 2 secure-cert inspect "$vectors/parse_not_tlv/in.bin"
expect 2 secure-cert inspect /dev/null
expect 2 secure-cert inspect "$work/absent.bin"
expect 0 secure-cert inspect "$vectors/parse_padded/in.bin"
grep -qF '1488 bytes in use; then erased flash follows' "$work/out" || fail "the padding is not named"
expect 0 secure-cert inspect - <"$vectors/parse_padded/in.bin"
"$espseal" secure-cert build --device-cert "$vectors/plain_ec_sec1_pem/dev.pem" --no-integrity \
    --out "$work/other.bin" 2>"$work/err"
"$espseal" secure-cert build --private-key "$in/key.pem" --key-storage plaintext --no-integrity \
    --out "$work/key.bin" 2>"$work/err"
cat "$work/key.bin" >>"$work/other.bin"
expect 7 secure-cert inspect "$work/other.bin"
says 'is not the key of the device certificate'
