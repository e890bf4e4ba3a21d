#!/bin/bash
# Flash that is encrypted on the host: on every chip the ROM's ciphertext, the host's and the simulator's are one, a
# chip in use is reflashed by whoever holds its key, and nobody else's key is taken.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
umask 077
cd "$work"
run() { # STATUS WORD...
    local want=$1 status=0
    shift
    "$espseal" "$@" >out 2>err || status=$?
    [ "$status" -eq "$want" ] || fail "espseal $* exits $status, not $want"
}
says() {
    grep -q -- "$1" out err || fail "nobody says: $1"
}
# at OFFSET FILE: flash holds it there
at() {
    cmp -s -n "$(stat -c %s "$2")" -i "$(($1)):0" "$chip.flash" "$2"
}

cat >table.csv <<'CSV'
nvs,      data, nvs,      0x9000,  0x4000,
otadata,  data, ota,      0xd000,  0x2000,
phy,      data, phy,      0xf000,  0x1000,
app,      app,  factory,  0x10000, 0x8000,
files,    data, spiffs,   0x18000, 0x2000, encrypted
CSV
run 0 partition-table encode table.csv --out table.bin
seq 1 4000 | head -c 16384 >app.bin
seq 5 4000 | head -c 9000 >new.bin
seq 9 900 | head -c 3000 >nvs.bin
seq 9 900 | head -c 1001 >files.bin

count=0
while read -r type bits purpose; do
    chip=$type-$bits
    port="sim:$type?flash=$chip.flash&efuse=$chip.efuse"
    run 0 flash-encryption keygen --chip "$type" --bits "$bits" --out "$chip.key"
    run 0 flash-encryption keygen --chip "$type" --bits "$bits" --out "$chip.other"
    block=auto
    [ "$type" != esp32 ] || block=BLOCK1
    # before encryption is on, ciphertext is refused, as is what no key is there for
    run 5 flash write 0x8000=table.bin --encrypt-with "$chip.key" --port "$port"
    says 'rule FL-NO-KEY'
    run 0 efuse burn-key "$block" --purpose "$purpose" --file "$chip.key" --allow C2-ONE-WRITE --port "$port" \
        --confirm burn
    run 5 flash write 0x8000=table.bin --encrypt-with "$chip.key" --port "$port"
    says 'rule FL-CIPHERTEXT'
    if [ "$type" = esp32 ]; then
        run 0 efuse burn FLASH_CRYPT_CONFIG=15 --port "$port" --confirm burn
        run 0 efuse burn FLASH_CRYPT_CNT=1 --port "$port" --confirm burn
    else
        run 0 efuse burn SPI_BOOT_CRYPT_CNT=1 --port "$port" --confirm burn
    fi
    # nothing in flash shows that the key is the chip's
    run 5 flash write 0x8000=table.bin --encrypt-with "$chip.key" --port "$port"
    says 'rule FL-KEY-DOUBT: .* its flash is erased'
    run 0 flash write 0x8000=table.bin app=app.bin nvs=nvs.bin --encrypt-with "$chip.key" --allow FL-KEY-DOUBT \
        --port "$port" --json
    [ "$(jq -c '[.files[] | .encrypted, .verified]' out)" = '[3072,true,16384,true,0,true]' ] || fail "$chip: the JSON"
    at 0x9000 nvs.bin || fail "$chip: NVS is not plain"
    for file in 'table.bin 0x8000' 'app.bin 0x10000'; do
        # shellcheck disable=SC2086 # two words
        set -- $file
        run 0 flash-encryption encrypt "$1" --address "$2" --chip "$type" --key "$chip.key" --out x.bin --force
        at "$2" x.bin || fail "$chip: $1 is not what flash-encryption encrypt makes"
    done
    # now the chip's own table, decrypted, gives the places; the wrong key finds none
    run 0 flash write app=new.bin files=files.bin --encrypt-with "$chip.key" --port "$port"
    says 'new.bin: 9000 bytes encrypted, written and verified'
    cp "$chip.flash" before
    run 1 flash write app=app.bin --encrypt-with "$chip.other" --port "$port"
    says 'the partition table says what is encrypted'
    run 5 flash write 0x8000=table.bin app=app.bin --encrypt-with "$chip.other" --port "$port"
    says 'rule FL-KEY-DOUBT: .* comes out right'
    cmp before "$chip.flash" || fail "$chip: another key changes the flash"
    # read home and decrypted, what is not a whole block filled up with FF
    run 0 flash read 0 0x20000 --out home.bin --force --port "$port"
    run 0 flash-encryption decrypt 0x0=home.bin --chip "$type" --key "$chip.key" --out plain.bin --force
    cmp -n 9000 -i 65536:0 plain.bin new.bin || fail "$chip: the application does not come home"
    cmp -n 1001 -i 98304:0 plain.bin files.bin || fail "$chip: the files do not come home"
    [ "$(dd if=plain.bin bs=1 skip=$((98304 + 1001)) count=7 status=none | xxd -p)" = ffffffffffffff ] ||
        fail "$chip: the last block is not filled up with FF"
    # the ROM makes the same ciphertext, and is held to it
    if [ "$type" != esp32 ]; then
        run 0 flash write 0x10000=app.bin --encrypt --key "$chip.key" --port "$port" --json
        [ "$(jq -c '[.files[0] | .encrypted, .verified]' out)" = '[16384,true]' ] || fail "$chip: --encrypt --key"
        run 0 flash write 0x10000=new.bin --encrypt --key "$chip.key" --port "$port"
        says 'written encrypted, as the key has it'
        run 6 flash write 0x10000=app.bin --encrypt --key "$chip.other" --port "$port"
        says 'this chip has another key'
    fi
    count=$((count + 1))
done <<'CHIPS'
esp32 256 flash_encryption
esp32s2 512 XTS_AES_256_KEY
esp32s3 512 XTS_AES_256_KEY
esp32c2 256 XTS_AES_128_KEY
esp32c2 128 XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS
esp32c3 256 XTS_AES_128_KEY
esp32c5 256 XTS_AES_128_KEY
esp32c6 256 XTS_AES_128_KEY
esp32c61 256 XTS_AES_128_KEY
esp32h2 256 XTS_AES_128_KEY
esp32p4 512 XTS_AES_256_KEY
CHIPS
[ "$count" -eq 11 ] || fail "only $count chips"

# options that exclude each other
port="sim:esp32c3?flash=esp32c3-256.flash&efuse=esp32c3-256.efuse"
run 1 flash write 0x10000=app.bin --encrypt --encrypt-with esp32c3-256.key --port "$port"
run 1 flash write 0x10000=app.bin --key esp32c3-256.key --port "$port"
says 'lets the ROM do it'
run 1 flash write 0x10000=app.bin --encrypt --key esp32c3-256.key --no-verify --port "$port"
run 2 flash write 0x10000=app.bin --encrypt-with esp32s3-512.key --port "$port"
says 'is no key for the flash encryption of ESP32-C3'
chmod 644 esp32c3-256.key
run 2 flash write 0x10000=app.bin --encrypt-with esp32c3-256.key --port "$port"
chmod 600 esp32c3-256.key
# an application beyond its partition, before the first byte
head -c 32784 /dev/zero >long.bin
cp esp32c3-256.flash before
run 2 flash write 0x10000=long.bin --encrypt-with esp32c3-256.key --port "$port"
says 'reaches beyond the partition "app"'
cmp before esp32c3-256.flash || fail "a file that does not fit changes the flash"

# by escrow: blank to encrypted, the key thrown away, and the device reflashed by the service
openssl req -x509 -newkey rsa:2048 -nodes -keyout service.key -out service.crt -subj /CN=service -days 3 2>/dev/null
chmod 600 service.key
chip=escrowed
port="sim:esp32c3?flash=$chip.flash&efuse=$chip.efuse"
run 0 flash-encryption keygen --chip esp32c3 --out device.key --escrow-to service.crt --escrow-out device.cms
run 0 efuse burn-key auto --purpose XTS_AES_128_KEY --file device.key --port "$port" --confirm burn
run 0 efuse burn SPI_BOOT_CRYPT_CNT=7 --port "$port" --confirm burn
run 0 flash write 0x8000=table.bin app=app.bin --encrypt --port "$port"
rm device.key
run 0 efuse burn DIS_DOWNLOAD_MANUAL_ENCRYPT --port "$port" --confirm burn
run 5 flash write 0x10000=new.bin --encrypt --port "$port"
run 0 unlock device.cms --key service.key --out device.key
run 0 flash write app=new.bin --encrypt-with device.key --port "$port"
says 'encrypted, written and verified'
# in secure download mode nothing can be shown, and nothing is guessed
run 0 efuse burn ENABLE_SECURITY_DOWNLOAD --port "$port" --confirm burn
blind=(--no-verify --assume-size 4MB --port "$port")
run 1 flash write 0x10000=app.bin --encrypt-with device.key "${blind[@]}"
says 'the partition table says what is encrypted'
run 5 flash write 0x10000=app.bin --encrypt-with device.key --partition-table table.csv "${blind[@]}"
says 'rule FL-KEY-DOUBT: .* secure download mode'
run 0 flash write app=app.bin --encrypt-with device.key --partition-table table.csv --allow FL-KEY-DOUBT "${blind[@]}"
run 0 flash-encryption encrypt app.bin --address 0x10000 --chip esp32c3 --key device.key --out x.bin --force
at 0x10000 x.bin || fail "the service's application is not there"
