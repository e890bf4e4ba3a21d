#!/bin/bash
# Every chip that the simulator knows takes plain, deflated and encrypted writes, and reads them back.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
cd "$work"
seq 1 8000 >text.bin # 38 893 bytes
head -c 20000 /dev/urandom >random.bin

head -c 32 /dev/urandom >flash.key
chmod 600 flash.key
printf 'app, app, factory, 0x80000, 0x10000, encrypted\n' >table.csv

count=0
while read -r chip; do
    port="sim:$chip?flash=$chip.flash&efuse=$chip.efuse"
    run() {
        local want=$1 status=0
        shift
        "$espseal" flash "$@" --port "$port" --json >out 2>err || status=$?
        [ "$status" -eq "$want" ] || fail "$chip: flash $* exits $status, not $want"
    }
    burn_key() {
        "$espseal" efuse burn-key auto --purpose "$1" --file flash.key --port "$port" --confirm burn >out 2>err ||
            fail "$chip: the key is not burned"
    }
    run 0 write 0x10000=text.bin 0x20000=random.bin
    deflated=true
    [ "$chip" != esp32 ] || deflated=false # its ROM would write more than the data
    [ "$(jq -c '[.files[] | .verified, .deflated]' out)" = "[true,$deflated,true,false]" ] || fail "$chip: deflated and plain"
    run 0 write 0x40000=text.bin --no-compress
    [ "$(jq '.files[0].sent >= .files[0].length' out)" = true ] || fail "$chip: --no-compress deflates"
    for at in 0x10000 0x40000; do
        cmp -n 38893 -i $((at)):0 "$chip.flash" text.bin || fail "$chip: flash at $at"
    done
    run 0 read 0x20000 20000 --out "$chip.back"
    cmp "$chip.back" random.bin || fail "$chip: read back"
    run 0 erase 0x20000 0x5000
    run 7 verify 0x20000=random.bin
    run 0 verify 0x10000=text.bin

    # With a key of its own, which comes back only by that key: the ROM encrypts, on the ESP32 the host.
    if [ "$chip" = esp32 ]; then
        run 5 write 0x80000=text.bin --encrypt # its ROM cannot
        grep -q 'the ROM of an ESP32 cannot encrypt' err || fail "$chip: says nothing of encryption"
        burn_key flash_encryption
        run 0 write app=text.bin --encrypt-with flash.key --partition-table table.csv --allow FL-CIPHERTEXT \
            --allow FL-KEY-DOUBT
    else
        run 5 write 0x80000=text.bin --encrypt
        grep -q 'FL-NO-KEY' err || fail "$chip: encrypts without a key"
        burn_key XTS_AES_128_KEY
        run 0 write 0x80000=text.bin --encrypt --key flash.key
    fi
    [ "$(jq '.files[0].verified' out)" = true ] || fail "$chip: what was encrypted is not verified"
    run 0 read 0x80000 38912 --out "$chip.encrypted"
    cmp -s -n 4096 "$chip.encrypted" text.bin && fail "$chip: flash holds the plaintext"
    "$espseal" flash-encryption decrypt "$chip.encrypted" --address 0x80000 --chip "$chip" --key flash.key \
        --out "$chip.plain" >out 2>err || fail "$chip: cannot be decrypted"
    cmp -n 38893 "$chip.plain" text.bin || fail "$chip: what was encrypted does not come back"
    count=$((count + 1))
done < <("$espseal" chip list --json | jq -r '.chips[].name')
[ "$count" -ge 10 ] || fail "only $count chips"
echo "$count chips"
