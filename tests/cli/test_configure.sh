#!/bin/bash
# configure_esp_secure_cert.py: the command line of every case of tests/vectors/tlv, run as it stands there.
set -euo pipefail
vectors=$SOURCE/tests/vectors/tlv
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
umask 022
PATH=$BIN:$PATH
data=esp_secure_cert_data
same=0 verified=0 other=0 refused=0

fail() {
    echo "FAIL: $id: $*"
    cat "$work/err"
    exit 1
}
# run ARGUMENT...: configure_esp_secure_cert.py in the case's folder; sets status
run() {
    status=0
    configure_esp_secure_cert.py "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
expect_ok() {
    [ "$status" = 0 ] || fail "exits $status"
}

# The reference writes the key of the ECDSA peripheral into flash; ours does not, and says so everywhere.
check_ecdsa() {
    "$espseal" secure-cert inspect "$data/esp_secure_cert.bin" --json |
        jq -e '.private_key_in_clear == false and ([.entries[].name] | index("SEC_CFG") == 0)' >/dev/null ||
        fail "a key of the ECDSA peripheral is in flash"
    other=$((other + 1))
}
# Random IVs: everything but DS_DATA and the integrity is the same.
check_ds() {
    "$espseal" secure-cert inspect "$1" --json | jq -S '[.entries[] | select(.name != "INTEGRITY" and .name != "DS_DATA")]' >"$work/a"
    "$espseal" secure-cert inspect "$2" --json | jq -S '[.entries[] | select(.name != "INTEGRITY" and .name != "DS_DATA")]' >"$work/b"
    sed -i '/"offset"/d' "$work/a" "$work/b" # the reference sizes the ESP32-C5's parameters for 4096 bits
    cmp "$work/a" "$work/b" || fail "other entries than the reference"
    "$espseal" secure-cert verify "$2" >/dev/null || fail "does not verify"
    other=$((other + 1))
}
check_signed() {
    local public=()
    for file in sign?.pem; do
        openssl pkey -in "$file" -pubout -out "$file.pub" 2>"$work/err"
        public+=(--public-key "$file.pub")
    done
    "$espseal" secure-cert verify "$data/esp_secure_cert_signed.bin" --signed "${public[@]}" >"$work/out" 2>"$work/err" ||
        fail "the signed partition does not verify"
    if "$espseal" secure-cert inspect "$data/esp_secure_cert_signed.bin" --json | 
        jq -e .private_key_in_clear >/dev/null; then
        [ "$(stat -c %a "$data/esp_secure_cert_signed.bin")" = 600 ] || fail "a key in clear is not 0600"
    fi
    verified=$((verified + 1))
}

for folder in "$vectors"/*; do
    id=$(basename "$folder")
    rm -rf "$work/case"
    cp -r "$folder" "$work/case"
    cd "$work/case"
    find . -type f -exec chmod 600 {} +
    expected=$(jq -r '.expected.result // "parse"' case.json)
    command=$(jq -r .command case.json)
    command=${command%% && configure_esp_secure_cert.py --parse_bin*}
    read -ra words <<<"$command"
    case $id in
    append_integrity_*)
        cp in.bin made.bin
        run --append-integrity made.bin
        expect_ok
        for _ in $(seq $(($(jq -r '.expected.ok_appends // 1' case.json) - 1))); do run --append-integrity made.bin; done
        cmp made.bin out.bin || fail "another file"
        if [ "$id" = append_integrity_limit ]; then
            run --append-integrity made.bin
            [ "$status" = 2 ] || fail "no limit"
        fi
        same=$((same + 1))
        continue
        ;;
    parse_wrong_ext) # the original minds the name of the file only
        run "${words[@]:1}"
        expect_ok
        other=$((other + 1))
        continue
        ;;
    parse_*) [ "$expected" = parse ] && {
        run "${words[@]:1}"
        if [ "$id" = parse_not_tlv ]; then
            [ "$status" = 2 ] || fail "exits $status"
        else
            expect_ok
            for file in esp_secure_cert_parsed.csv tlv_entries_raw.txt contents/cacert_0_0.pem; do
                [ -f "esp_secure_cert_parsed_data/$file" ] || fail "no $file"
            done
        fi
        other=$((other + 1))
        continue
    } ;;
    err_append_integrity_* | err_*)
        run "${words[@]:1}"
        if [ "$id" = err_ds_no_algo ]; then # the original crashes; the key says what it is
            [ "$status" = 5 ] || fail "exits $status"
            grep -q 'no ECDSA peripheral' "$work/err" || fail "does not take the kind from the key"
        else
            [[ $status == [1-5] ]] || fail "exits $status"
        fi
        [ ! -e "$data/esp_secure_cert.bin" ] || fail "leaves a file"
        refused=$((refused + 1))
        continue
        ;;
    esac
    run "${words[@]:1}"
    case $id in
    csv_overflow* | sign_rsa2048_bad | sign_mixed_rsa_ecdsa)
        [ "$status" = 2 ] || fail "exits $status"
        [ ! -e "$data/esp_secure_cert.bin" ] || fail "leaves a file"
        refused=$((refused + 1))
        ;;
    csv_user_data) # subtype 255, which the format does not have
        [ "$status" = 2 ] || fail "exits $status"
        refused=$((refused + 1))
        ;;
    rsa_ds_generated_hmac)
        [ "$status" = 1 ] || fail "exits $status" # a key that would be thrown away makes no sense
        run "${words[@]:1}" --keep_ds_data_on_host
        expect_ok
        [ "$(stat -c '%a %s' "$data/hmac_key.bin")" = '600 32' ] || fail "hmac_key.bin is $(stat -c '%a %s' "$data/hmac_key.bin")"
        check_ds esp_secure_cert.bin "$data/esp_secure_cert.bin"
        ;;
    sign_*)
        expect_ok
        check_signed
        ;;
    csv_two_keys*)
        expect_ok
        "$espseal" secure-cert verify "$data/esp_secure_cert.bin" >/dev/null || fail "does not verify"
        other=$((other + 1))
        ;;
    rsa_ds_* | csv_rsa_ds)
        expect_ok
        check_ds esp_secure_cert.bin "$data/esp_secure_cert.bin"
        ;;
    ecdsa_*)
        expect_ok
        check_ecdsa
        ;;
    *)
        expect_ok
        cmp esp_secure_cert.bin "$data/esp_secure_cert.bin" || fail "another partition"
        same=$((same + 1))
        ;;
    esac
done
id=count
: >"$work/err"
echo "$same same, $verified verified, $other by their meaning, $refused refused"
[ $((same + verified + other + refused)) = "$(find "$vectors" -mindepth 1 -maxdepth 1 | wc -l)" ] || fail "a case was passed over"
[ "$same" -ge 28 ] || fail "only $same are the same"

# What --parse_bin writes makes the partition again, also where the original refuses its own CSV.
id=parse_bin
for name in csv_full_plain rsa_ds_esp32c3_2048; do
    cd "$work"
    rm -rf parse
    mkdir parse
    cd parse
    run --parse_bin "$vectors/$name/esp_secure_cert.bin"
    expect_ok
    cd esp_secure_cert_parsed_data
    run --esp_secure_cert_csv esp_secure_cert_parsed.csv --skip_flash
    expect_ok
    cmp "$data/esp_secure_cert.bin" "$vectors/$name/esp_secure_cert.bin" || fail "$name is another"
done

# The legacy formats, which make the original crash; onto a chip; and what cannot be.
id=legacy
cd "$work"
rm -rf case
mkdir case
cd case
cp "$vectors"/plain_rsa_pem/{ca,dev,key}.pem .
chmod 600 key.pem
inputs=(--ca-cert ca.pem --device-cert dev.pem --private-key key.pem)
legacy=$SOURCE/tests/vectors/legacy
cp "$legacy"/cust_flash_plain_esp32c3_rsa_pem/{ca,dev,key}.pem .
run "${inputs[@]}" --secure_cert_type cust_flash --skip_flash
expect_ok
cmp "$data/esp_secure_cert.bin" "$legacy/cust_flash_plain_esp32c3_rsa_pem/esp_secure_cert.bin" || fail "another cust_flash"
run "${inputs[@]}" --secure_cert_type nvs -p "sim:esp32c3?flash=$work/flash"
expect_ok
cmp -n 4096 -i 53248:0 "$work/flash" "$data/esp_secure_cert.bin" || fail "another partition in flash"
run "${inputs[@]}" --secure_cert_type other --skip_flash
[ "$status" = 1 ] || fail "a type that is not there exits $status"
run "${inputs[@]}" --secure-sign --skip_flash
[ "$status" = 1 ] || fail "signing without a key exits $status"
run "${inputs[@]}" --configure_ds --secure-sign --signing-key-file key.pem -p "sim:esp32c3?flash=$work/flash"
[ "$status" = 1 ] || fail "what would have to be burned exits $status"
run --summary -p "sim:esp32c3?flash=$work/flash"
expect_ok
grep -q RD_DIS "$work/out" || fail "no summary"
