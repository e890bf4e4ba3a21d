#!/bin/bash
# secure-cert extract, inspect and scan: files and chips, legacy formats, round trips, findings.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors
umask 022

# Taken apart and built again: every kind of partition.
again() { # again FILE [BUILD OPTION...]
    local file=$1
    shift
    rm -rf "$work/parts" "$work/again.bin"
    expect 0 secure-cert extract "$file" --out "$work/parts" --json
    jq -e .rebuilds "$work/out" >/dev/null || fail "$file cannot be built again: $(cat "$work/parts/esp_secure_cert.csv")"
    expect 0 secure-cert build --csv "$work/parts/esp_secure_cert.csv" --size 0x8000 --out "$work/again.bin" "$@"
    cmp "$file" "$work/again.bin" || fail "$file is another after extract and build"
}
tlv=$vectors/tlv
again "$tlv/plain_rsa_pem/esp_secure_cert.bin"
[ "$(stat -c %a "$work/parts/priv_key_0.pem")" = 600 ] || fail "an extracted key is not 0600"
[ "$(stat -c %a "$work/parts/dev_cert_0.pem")" = 644 ] || fail "an extracted certificate is not 0644"
cmp "$work/parts/dev_cert_0.pem" "$tlv/plain_rsa_pem/dev.pem" || fail "another certificate"
again "$tlv/rsa_ds_esp32c3_2048/esp_secure_cert.bin"
again "$tlv/sign_rsa3072_x3/esp_secure_cert_signed.bin"
again "$tlv/parse_padded/in.bin"
again "$tlv/parse_bad_crc/in.bin"
again "$tlv/parse_truncated/in.bin"
again "$tlv/csv_raw_types/esp_secure_cert.bin"
again "$vectors/legacy/nvs_plain_esp32c3_rsa/esp_secure_cert.bin" --format nvs
again "$vectors/legacy/cust_flash_ds_esp32s3_rsa3072_ca_pem/esp_secure_cert.bin" --format cust_flash
again "$tlv/ecdsa_esp32h2_p256/esp_secure_cert.bin" --allow-private-key
expect 2 secure-cert build --csv "$work/parts/esp_secure_cert.csv" --out "$work/none"
says 'there is a private key in the data'
expect 2 secure-cert extract "$tlv/no_ca/esp_secure_cert.bin" --out "$work/parts"
says 'exists'
expect 2 secure-cert extract "$tlv/parse_not_tlv/in.bin" --out "$work/none"
expect 1 secure-cert extract --out "$work/none"
[ ! -e "$work/none" ] || fail "a refused command leaves something behind"

# Legacy partitions are recognised.
expect 0 secure-cert inspect "$vectors/legacy/cust_flash_ds_esp32c3_rsa2048_ca_pem/esp_secure_cert.bin" --json
jq -e '.format == "cust_flash" and [.entries[].name] == ["DS_DATA", "DS_CONTEXT", "CA_CERT", "DEV_CERT"]' \
    "$work/out" >/dev/null || fail "cust_flash is shown as $(cat "$work/out")"
cp "$vectors/legacy/cust_flash_plain_esp32c3_rsa_pem/esp_secure_cert.bin" "$work/flash.bin"
printf 'x' | dd of="$work/flash.bin" bs=1 seek=100 conv=notrunc status=none
expect 7 secure-cert inspect "$work/flash.bin"
says 'the device certificate has a wrong CRC'

# From a chip.
chip() { # chip FILE: a chip with this partition
    head -c $((4 << 20)) /dev/zero | tr '\0' '\377' >"$work/chip.flash"
    dd if="$1" of="$work/chip.flash" bs=4096 seek=13 conv=notrunc status=none
}
port="sim:esp32c3?flash=$work/chip.flash"
chip "$tlv/rsa_ds_esp32c3_2048/esp_secure_cert.bin"
expect 0 secure-cert inspect --port "$port" --json
jq -e '.used == 3600 and .entries[1].efuse_key == 4' "$work/out" >/dev/null || fail "the chip has $(cat "$work/out")"
expect 0 secure-cert extract --port "$port" --out "$work/chip"
expect 0 secure-cert build --csv "$work/chip/esp_secure_cert.csv" --out "$work/chip.bin"
cmp "$work/chip.bin" "$tlv/rsa_ds_esp32c3_2048/esp_secure_cert.bin" || fail "another partition than the chip has"
chip "$vectors/legacy/cust_flash_plain_esp32c3_der/esp_secure_cert.bin"
expect 0 secure-cert inspect --port "$port" --json
jq -e '.format == "cust_flash" and .private_key_in_clear' "$work/out" >/dev/null || fail "the chip has $(cat "$work/out")"
expect 1 secure-cert inspect --port "$port" "$work/chip.bin"
expect 2 secure-cert inspect --port "$port" --offset 0x20000
says 'no esp_secure_cert partition'

# Scan.
key=$tlv/plain_rsa_pem/key.pem
openssl pkey -in "$key" -outform DER -out "$work/key.der" 2>"$work/err"
head -c 32 /dev/urandom >"$work/hmac.bin"
sha256sum "$work/hmac.bin" >"$work/known.txt"
{ head -c 5000 /dev/zero; cat "$work/key.der"; head -c 100 /dev/zero; cat "$work/hmac.bin"; } >"$work/image.bin"
{ echo 'burning key'; od -An -v -tx1 "$work/hmac.bin"; echo burned; } >"$work/burn.log"
expect 7 secure-cert scan "$work/image.bin"
[ "$(cat "$work/out")" = "$work/image.bin: 0x1388: private key, binary, RSA-2048" ] || fail "scan says $(cat "$work/out")"
expect 7 secure-cert scan "$work/image.bin" "$work/burn.log" --fingerprints "$work/known.txt" --json
jq -e '[.findings[] | .kind + " " + .form] == ["private_key binary", "fingerprint binary", "fingerprint hex"]' \
    "$work/out" >/dev/null || fail "scan says $(cat "$work/out")"
expect 7 secure-cert scan "$tlv/ecdsa_esp32h2_p256/esp_secure_cert.bin"
expect 0 secure-cert scan "$tlv/rsa_ds_esp32c3_2048/esp_secure_cert.bin" "$espseal" "$work/burn.log" \
    "$work/known.txt" --fingerprint "$(printf '00%.0s' $(seq 32))"
[ ! -s "$work/out" ] || fail "scan finds $(cat "$work/out")"
expect 1 secure-cert scan "$work/image.bin" --fingerprint abc
expect 2 secure-cert scan "$work/absent"
! grep -q "$(od -An -v -tx1 -N 8 "$work/hmac.bin" | tr -d ' ')" "$work/out" "$work/err" || fail "a key is shown"
