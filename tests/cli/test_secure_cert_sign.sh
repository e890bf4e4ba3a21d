#!/bin/bash
# secure-cert build from rows, sign (here and in two steps with openssl), verify, append-integrity.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors/tlv
umask 022
key() { # key FILE ALGORITHM OPTIONS
    openssl genpkey -algorithm "$2" -pkeyopt "$3" -out "$work/$1.pem" 2>"$work/err"
    openssl pkey -in "$work/$1.pem" -pubout -out "$work/$1.pub" 2>"$work/err"
    chmod 600 "$work/$1.pem"
}

# Rows: the paths are relative to their folder, options' entries stand in front, a key in clear makes it 0600.
rows=$vectors/csv_plus_args
expect 0 secure-cert build --csv "$rows/conf.csv" --ca-cert "$rows/ca.pem" --device-cert "$rows/dev.pem" \
    --private-key "$rows/key.pem" --key-storage plaintext --insecure-permissions --out "$work/p.bin"
cmp "$work/p.bin" "$rows/esp_secure_cert.bin" || fail "rows and options give other bytes than the reference"
[ "$(stat -c %a "$work/p.bin")" = 600 ] || fail "a partition with a key has mode $(stat -c %a "$work/p.bin")"
expect 5 secure-cert build --csv "$vectors/csv_full_plain/conf.csv" --insecure-permissions --production --out "$work/none"
expect 0 secure-cert build --csv "$vectors/csv_full_plain/conf.csv" --insecure-permissions --production \
    --flash-encryption --out "$work/full.bin"
cmp "$work/full.bin" "$vectors/csv_full_plain/esp_secure_cert.bin" || fail "other bytes than the reference"
expect 2 secure-cert build --csv "$vectors/csv_full_size/conf.csv" --size 4096 --out "$work/none"
says 'does not fit'
expect 2 secure-cert build --csv "$vectors/csv_overflow/conf.csv" --out "$work/none"
expect 0 secure-cert build --csv "$vectors/csv_overflow/conf.csv" --size 0x4000 --out "$work/large.bin"
[ "$(stat -c %s "$work/large.bin")" = 8256 ] || fail "a larger partition has $(stat -c %s "$work/large.bin") bytes"
# The size from a table, CSV or binary; where it stands there is told.
printf 'nvs,data,nvs,0x9000,0x4000\nesp_secure_cert,0x3f,,0x1d000,0x4000\n' >"$work/table.csv"
expect 0 partition-table encode "$work/table.csv" --out "$work/table.bin"
for table in "$work/table.csv" "$work/table.bin"; do
    expect 0 secure-cert build --csv "$vectors/csv_overflow/conf.csv" --partition-table "$table" --out "$work/t.bin" --force
    says ', for 0x1d000 (16384 bytes)'
    cmp "$work/t.bin" "$work/large.bin" || fail "$table gives another partition than its size"
    expect 0 secure-cert append-integrity "$work/t.bin" --partition-table "$table"
    [ "$(stat -c %s "$work/t.bin")" -gt 8256 ] || fail "nothing was appended"
done
expect 2 secure-cert append-integrity "$work/large.bin" --out "$work/none"
expect 0 secure-cert build --device-cert "$rows/dev.pem" --partition-table "$work/table.bin" --out "$work/plain.bin" --json
jq -e '.offset == 118784 and .partition_size == 16384' "$work/out" >/dev/null || fail "build says $(cat "$work/out")"
expect 0 secure-cert build --device-cert "$rows/dev.pem" --out "$work/plain8.bin" --json
jq -e 'has("offset") | not' "$work/out" >/dev/null || fail "an offset that no table tells: $(cat "$work/out")"
cmp "$work/plain.bin" "$work/plain8.bin" || fail "a larger partition has other entries"
expect 2 secure-cert build --device-cert "$rows/dev.pem" --format cust_flash --partition-table "$work/table.csv" --out "$work/none"
says '24576 bytes do not fit into the table'
expect 1 secure-cert build --partition-table "$work/table.csv" --size 4096 --out "$work/none"
printf 'esp_secure_cert,0x3f,,0xd000,0x1000\n' >"$work/small.csv"
expect 2 secure-cert build --csv "$vectors/csv_full_size/conf.csv" --partition-table "$work/small.csv" --out "$work/none"
says "of the partition's 4096 bytes are in use"
printf 'nvs,data,nvs,0x9000,0x4000\n' >"$work/other.csv"
expect 2 secure-cert build --partition-table "$work/other.csv" --out "$work/none"
says "no esp_secure_cert (it has nvs)"
says "to $work/other.csv, or give --size"
printf '[{"tlv_type": "USER_DATA_1", "tlv_subtype": 3, "data_value": "c2VhbA==", "data_type": "base64"}]' >"$work/e.json"
expect 0 secure-cert build --entries "$work/e.json" --no-integrity --out "$work/json.bin"
[ "$(od -An -v -tx1 -N 16 "$work/json.bin" | tr -d ' \n')" = 11ba5eba00000000330304007365616c ] ||
    fail "the entry from JSON is $(od -An -v -tx1 "$work/json.bin")"
cp "$rows/key.pem" "$work/key.pem"
printf 'tlv_type,tlv_subtype,data_value,data_type\n51,0,key.pem,file\n' >"$work/leak.csv"
expect 2 secure-cert build --csv "$work/leak.csv" --out "$work/none"
says 'leak.csv line 2: there is a private key in the data'
[ ! -e "$work/none" ] || fail "a refused build leaves a file"
head -c 32 /dev/urandom >"$work/hmac.bin"
chmod 600 "$work/hmac.bin" "$work/key.pem"
expect 2 secure-cert build --key-storage hmac-encrypted --private-key "$work/key.pem" --device-cert \
    "$vectors/plain_rsa_pem/dev.pem" --hmac-key "$work/hmac.bin" --out "$work/none"
expect 0 secure-cert build --key-storage hmac-encrypted --private-key "$work/key.pem" --device-cert "$rows/dev.pem" \
    --hmac-key "$work/hmac.bin" --out "$work/enc.bin"
expect 0 secure-cert inspect "$work/enc.bin" --json
jq -e '.private_key_in_clear == false and (.entries[] | select(.name == "PRIV_KEY") | .flags == 128)' \
    "$work/out" >/dev/null || fail "the encrypted key is $(cat "$work/out")"
salt=$(printf 'a5%.0s' $(seq 32))
expect 0 secure-cert build --key-storage hmac-derived --hmac-key "$work/hmac.bin" --salt "$salt" --out "$work/der.bin"
expect 0 secure-cert inspect "$work/der.bin" --json
jq -e '[.entries[].name] == ["HMAC_ECDSA_KEY_SALT", "PRIV_KEY", "INTEGRITY"]' "$work/out" >/dev/null ||
    fail "the derived key is $(cat "$work/out")"

# Signing with each kind of key, verified with it, refused with another.
key rsa RSA rsa_keygen_bits:3072
key rsa_b RSA rsa_keygen_bits:3072
key rsa_c RSA rsa_keygen_bits:3072
key small RSA rsa_keygen_bits:2048
key p192 EC ec_paramgen_curve:prime192v1
key p256 EC ec_paramgen_curve:P-256
key p384 EC ec_paramgen_curve:P-384
in=$vectors/parse_padded/in.bin
for kind in rsa p192 p256 p384; do
    expect 0 secure-cert sign "$in" --key "$work/$kind.pem" --out "$work/$kind.bin"
    expect 0 secure-cert verify "$work/$kind.bin" --public-key "$work/$kind.pub"
    grep -qx 'signature: good' "$work/out" || fail "the verdict is $(cat "$work/out")"
    expect 7 secure-cert verify "$work/$kind.bin" --public-key "$work/rsa_b.pub"
    says 'no signature is good and of a trusted key'
done
expect 0 secure-cert sign "$in" --key "$work/rsa.pem" --key "$work/rsa_b.pem" --out "$work/two.bin" --json
jq -e '(.signatures | length) == 2 and .signed == 1488' "$work/out" >/dev/null || fail "sign says $(cat "$work/out")"
digest=$(jq -r '.signatures[1].key_digest' "$work/out")
expect 0 secure-cert verify "$work/two.bin" --digest "$digest" --json
jq -e '.accepted and .signatures[0].trusted == false and .signatures[1].trusted' "$work/out" >/dev/null ||
    fail "verify says $(cat "$work/out")"
expect 2 secure-cert sign "$in" --key "$work/small.pem" --out "$work/none"
expect 2 secure-cert sign "$in" --key "$work/rsa.pem" --key "$work/p256.pem" --out "$work/none"
says 'a device checks one scheme only'
expect 5 secure-cert sign "$work/two.bin" --key "$work/rsa.pem" --out "$work/none"
says 'signed already'
expect 2 secure-cert sign "$vectors/parse_bad_crc/in.bin" --key "$work/rsa.pem" --out "$work/none"
expect 2 secure-cert sign "$in" --key "$work/rsa.pem" --size 2048 --out "$work/none"
expect 0 secure-cert sign "$in" --key "$work/rsa.pem" --partition-table "$work/small.csv" --out "$work/fits.bin"
expect 2 secure-cert sign "$work/plain.bin" --key "$work/rsa.pem" --key "$work/rsa_b.pem" --key "$work/rsa_c.pem" \
    --partition-table "$work/small.csv" --out "$work/none"
says "of the partition's 4096 bytes are in use"
expect 0 secure-cert sign "$work/plain.bin" --key "$work/rsa.pem" --key "$work/rsa_b.pem" --key "$work/rsa_c.pem" \
    --partition-table "$work/table.csv" --out "$work/three.bin"
expect 1 secure-cert sign "$in" --out "$work/none"
expect 7 secure-cert verify "$in" --signed
expect 0 secure-cert verify "$in"
[ ! -e "$work/none" ] || fail "a refused signature leaves a file"

# A single changed bit anywhere in what is signed is refused.
cp "$work/p256.bin" "$work/changed.bin"
printf '\x00' | dd of="$work/changed.bin" bs=1 seek=100 conv=notrunc status=none
expect 7 secure-cert verify "$work/changed.bin"

# In two steps.
expect 0 secure-cert sign "$in" --to-be-signed "$work/tbs"
openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sign "$work/rsa.pem" \
    -out "$work/rsa.sig" "$work/tbs"
openssl dgst -sha384 -sign "$work/p384.pem" -out "$work/p384.sig" "$work/tbs"
openssl dgst -sha256 -sign "$work/rsa.pem" -out "$work/pkcs1.sig" "$work/tbs"
for kind in rsa p384; do
    expect 0 secure-cert sign "$in" --signature "$work/$kind.sig" --public-key "$work/$kind.pub" --force \
        --out "$work/$kind.bin"
    expect 0 secure-cert verify "$work/$kind.bin" --public-key "$work/$kind.pub"
done
expect 2 secure-cert sign "$in" --signature "$work/pkcs1.sig" --public-key "$work/rsa.pub" --out "$work/none"
says 'RSA-PSS with SHA-256 and a salt of 32 bytes is needed'
expect 2 secure-cert sign "$in" --signature "$work/rsa.sig" --public-key "$work/rsa_b.pub" --out "$work/none"
expect 1 secure-cert sign "$in" --signature "$work/rsa.sig" --out "$work/none"

# The file that the reference flashes after --secure-sign is one that a device refuses.
expect 0 secure-cert verify "$vectors/sign_rsa3072_x1/esp_secure_cert_signed.bin"
expect 7 secure-cert verify "$vectors/sign_rsa3072_x1/esp_secure_cert.bin"

# Integrity behind what is there.
cp "$vectors/append_integrity_padded/in.bin" "$work/a.bin"
expect 0 secure-cert append-integrity "$work/a.bin"
cmp "$work/a.bin" "$vectors/append_integrity_padded/out.bin" || fail "another integrity entry"
expect 0 secure-cert append-integrity "$vectors/append_integrity_badcrc/in.bin" --out "$work/b.bin"
says 'the entry at 0x0 has a wrong CRC'
cmp "$work/b.bin" "$vectors/append_integrity_badcrc/out.bin" || fail "another integrity entry"
expect 2 secure-cert append-integrity "$vectors/err_append_integrity_empty/in.bin" --out "$work/none"
