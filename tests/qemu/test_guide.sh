#!/bin/bash
# The guide for configure_esp_secure_cert.py as it is printed: openssl's commands, then both command lines.
set -euo pipefail
# shellcheck disable=SC2034 # for lib.sh
WHAT="the command lines of Espressif's guide on an emulated ESP32-C3"
# shellcheck source=tests/qemu/lib.sh
. "$SOURCE/tests/qemu/lib.sh"
PATH=$BIN:$PATH

mkdir "$work/guide"
cd "$work/guide"
{
    openssl genrsa -out ca.key 2048
    openssl req -new -x509 -days 3650 -key ca.key -subj '/CN=Example CA' -out cacert.pem
    openssl genrsa -out client.key 2048
    openssl req -new -key client.key -subj '/CN=example device' -out client.csr
    openssl x509 -req -in client.csr -CA cacert.pem -CAkey ca.key -CAcreateserial -days 3650 -out client.crt
} >"$work/out" 2>"$work/err" || fail "openssl does not make the inputs"

# guide NAME ANSWER WORD...
guide() {
    local name=$1 answer=$2 status=0
    shift 2
    echo "$answer" | configure_esp_secure_cert.py -p "$(device)" --keep_ds_data_on_host --efuse_key_id 1 --ca-cert cacert.pem \
        --device-cert client.crt --private-key client.key --target_chip esp32c3 --secure_cert_type cust_flash_tlv \
        --configure_ds "$@" >"$work/out" 2>"$work/err" || status=$?
    echo "$status" >"$work/status"
    [ -s "$work/$name.efuse" ]
}

# ends STATUS
ends() {
    [ "$(cat "$work/status")" -eq "$1" ] || fail "the guide's command exits $(cat "$work/status"), not $1"
}

for mode in development production; do
    words=()
    [ "$mode" = development ] || words=(--production)
    new_chip "$mode"
    power_on "$mode"
    cp "$work/$mode.efuse" "$work/blank"
    guide "$mode" no "${words[@]}"
    ends 8
    same_fuses "$mode" blank
    guide "$mode" BURN "${words[@]}"
    ends 0
    proves
    says 'BLOCK_KEY1 signed'
    # It is done: nothing is left to burn, so nothing is asked.
    cp "$work/$mode.efuse" "$work/done"
    guide "$mode" no "${words[@]}"
    ends 0
    same_fuses "$mode" "done"
    readable=$(fuses "$mode" '.keys[1].readable')
    [ "$mode$readable" = developmenttrue ] || [ "$mode$readable" = productionfalse ] || fail "$mode leaves readable $readable"
    power_on "$mode"
    proves
    rm -rf esp_secure_cert_data
done
