#!/bin/bash
# flash-encryption keygen, encrypt, decrypt and unlock: the reference's bytes, layouts, modes of files, refusals.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors/flashenc
umask 022
cd "$work"
# same A B OFFSET LENGTH: the two files agree there
same() {
    cmp -s -n "$4" -i "$3" "$1" "$2"
}

# the reference's bytes, both ways, each scheme once
turn() { # CASE CHIP ADDRESS OPTION...
    local case=$1 chip=$2 address=$3
    shift 3
    cp "$vectors/$case/key.bin" key.bin
    chmod 600 key.bin
    expect 0 flash-encryption encrypt "$vectors/$case/plain.bin" --address "$address" --chip "$chip" --key key.bin \
        --out cipher.bin --force "$@"
    cmp cipher.bin "$vectors/$case/cipher.bin" || fail "$case: encrypt is not the reference's"
    mode cipher.bin 644
    [ ! -s "$work/out" ] || fail "encrypt prints on stdout"
    rm -f back.bin
    expect 0 flash-encryption decrypt cipher.bin --address "$address" --chip "$chip" --key key.bin --out back.bin "$@"
    cmp back.bin "$vectors/$case/plain.bin" || fail "$case: decrypt does not give it back"
    mode back.bin 600
}
turn xts128_a10000_n4112 esp32c3 0x10000
turn xts256_a10000_n4112 esp32s3 0x10000
turn xts128c2_a10_n1024 esp32c2 16
turn esp32_k256_4112 esp32 0x8000
turn esp32_k192_conf5_a1000 esp32 0x1000 --crypt-config 5

# keys
expect 0 flash-encryption keygen --chip esp32c3 --out c3.key
mode c3.key 600
[ "$(stat -c %s c3.key)" -eq 32 ] || fail "c3.key is no key"
says 'c3.key: new key of 256 bits for the flash encryption of ESP32-C3 (XTS-AES-128)'
expect 2 flash-encryption keygen --chip esp32c3 --out c3.key
says 'keys are never replaced'
expect 0 flash-encryption keygen --chip esp32s3 --bits 512 --out s3.key --json
jq -e '.bits == 512 and .scheme == "XTS-AES-256" and .chip == "esp32s3" and .file == "s3.key"' out >/dev/null ||
    fail "the JSON of keygen is wrong"
[ "$(stat -c %s s3.key)" -eq 64 ] || fail "s3.key is no key"
expect 0 flash-encryption keygen --chip esp32c2 --bits 128 --out c2.key
expect 0 flash-encryption keygen --chip esp32 --bits 192 --out esp32.key
for wrong in 'esp32c3 512' 'esp32c5 512' 'esp32c3 128' 'esp32s3 192' 'esp32 64' 'esp32c3 255'; do
    # shellcheck disable=SC2086 # two words
    set -- $wrong
    expect 1 flash-encryption keygen --chip "$1" --bits "$2" --out no.key
    says 'bits for flash encryption'
    [ ! -e no.key ] || fail "a key for nobody"
done
expect 1 flash-encryption keygen --chip esp32x3 --out no.key
says 'did you mean --chip esp32c3?'

# keys that are none
printf 'x%.0s' {1..32} >same.key
head -c 20 /dev/zero >short.key
printf '%064d' 1 >hex.key
chmod 600 ./*.key
head -c 64 /dev/urandom >app.bin
for key in same short hex s3; do
    expect 2 flash-encryption encrypt app.bin --address 0 --chip esp32c3 --key "$key.key" --out x.bin
    [ ! -e x.bin ] || fail "$key.key is taken for a key"
done
says 's3.key has 64 bytes and is no key for the flash encryption of ESP32-C3'
says 'hint: a key for this chip has 32 bytes'
cp c3.key open.key
chmod 644 open.key
expect 2 flash-encryption encrypt app.bin --address 0 --chip esp32c3 --key open.key --out x.bin
says 'can be read by others'
expect 0 flash-encryption encrypt app.bin --address 0 --chip esp32c3 --key open.key --out x.bin --insecure-permissions

# what has no meaning
expect 1 flash-encryption encrypt app.bin --chip esp32c3 --key c3.key --out y.bin
says 'at which address does app.bin lie in flash?'
expect 1 flash-encryption encrypt 0=app.bin --address 0 --chip esp32c3 --key c3.key --out y.bin
expect 1 flash-encryption encrypt app.bin --address 0 --chip esp32c3 --key c3.key
says '--out FILE, or --out-dir DIR?'
expect 1 flash-encryption encrypt app.bin --address 8 --chip esp32c3 --key c3.key --out y.bin
says 'blocks of 16 bytes'
expect 1 flash-encryption encrypt app.bin --address 0 --chip esp32c3 --key c3.key --out y.bin --crypt-config 1
says 'ESP32-C3 has no FLASH_CRYPT_CONFIG'
cp esp32.key e.key
expect 1 flash-encryption encrypt app.bin --address 0xfffff0 --chip esp32 --key e.key --out y.bin
says 'beyond the 16 MiB'
expect 0 flash-encryption encrypt app.bin --address 0 --chip esp32 --key e.key --out y.bin --crypt-config 0
says 'warning: with FLASH_CRYPT_CONFIG 0'
rm y.bin
: >empty.bin
expect 2 flash-encryption encrypt empty.bin --address 0 --chip esp32c3 --key c3.key --out y.bin
expect 2 flash-encryption encrypt app.bin --address 0 --chip esp32c3 --key c3.key --out x.bin
says 'x.bin exists already'

# nothing is filled up in silence
head -c 50 app.bin >odd.bin
expect 2 flash-encryption encrypt odd.bin --address 0 --chip esp32c3 --key c3.key --out y.bin
says 'hint: --pad fills it up with FF'
expect 0 flash-encryption encrypt odd.bin --address 0 --chip esp32c3 --key c3.key --out y.bin --pad
says 'odd.bin: filled up with 14 bytes FF'
expect 0 flash-encryption decrypt y.bin --address 0 --chip esp32c3 --key c3.key --out odd2.bin
[ "$(stat -c %s odd2.bin)" -eq 64 ] || fail "padding is wrong"
same odd.bin odd2.bin 0 50 || fail "padding changes the file"

# a layout
cat >table.csv <<'CSV'
nvs,      data, nvs,      0x9000,  0x4000,
otadata,  data, ota,      0xd000,  0x2000,
phy,      data, phy,      0xf000,  0x1000,
app,      app,  factory,  0x10000, 0x8000,
keys,     data, nvs_keys, 0x18000, 0x1000,
files,    data, spiffs,   0x19000, 0x2000, encrypted
open,     data, spiffs,   0x1b000, 0x1000,
fnvs,     data, nvs,      0x1c000, 0x3000, encrypted
CSV
expect 0 partition-table encode table.csv --out table.bin
for part in 'bootloader 16384' 'nvs 16384' 'otadata 8192' 'phy 100' 'factory 32768' 'keys 4096' 'files 5000' 'open 99' \
    'fnvs 12288'; do
    # shellcheck disable=SC2086 # two words
    set -- $part
    head -c "$2" /dev/urandom >"$1.bin"
done
all=(0x0=bootloader.bin 0x8000=table.bin nvs=nvs.bin otadata=otadata.bin phy=phy.bin app=factory.bin keys=keys.bin
    0x19000=files.bin open=open.bin fnvs=fnvs.bin)
key=(--chip esp32c3 --key c3.key)
mkdir enc dec
expect 2 flash-encryption encrypt "${all[@]}" "${key[@]}" --out-dir enc
says 'files.bin: 5000 bytes at 0x19000 are to be encrypted, and are no multiple of 16'
[ -z "$(ls enc)" ] || fail "some files were written before all were checked"
expect 0 flash-encryption encrypt "${all[@]}" "${key[@]}" --out-dir enc --pad
says '0x010000 enc/factory.bin: 32768 bytes encrypted'
says '0x009000 enc/nvs.bin: 16384 bytes stay as they are: NVS encrypts itself'
says '0x01b000 enc/open.bin: 99 bytes stay as they are: it has no flag "encrypted"'
for plain in nvs phy open fnvs; do
    cmp "$plain.bin" "enc/$plain.bin" || fail "$plain is not left as it is"
done
while read -r name address; do
    size=$(stat -c %s "enc/$name.bin")
    [ $((size % 16)) -eq 0 ] || fail "$name has $size bytes"
    expect 0 flash-encryption decrypt "enc/$name.bin" --address "$address" "${key[@]}" --out one.bin --force
    same one.bin "$name.bin" 0 "$(stat -c %s "$name.bin")" || fail "$name is not encrypted for its place"
    cmp -s "enc/$name.bin" "$name.bin" && fail "$name is in the clear"
done <<'LIST'
bootloader 0
table 0x8000
otadata 0xd000
factory 0x10000
keys 0x18000
files 0x19000
LIST
# its table is decrypted first, or given
enc=(0x0=enc/bootloader.bin 0x8000=enc/table.bin nvs=enc/nvs.bin app=enc/factory.bin files=enc/files.bin)
expect 0 flash-encryption decrypt "${enc[@]}" "${key[@]}" --out-dir dec --json
jq -e '.files | length == 5 and .[2].decrypted == 0 and .[3].decrypted == 32768 and .[3].offset == 65536' out \
    >/dev/null || fail "the JSON of a layout is wrong"
for name in bootloader table nvs factory; do
    cmp "$name.bin" "dec/$name.bin" || fail "$name does not come back"
    mode "dec/$name.bin" 600
done
expect 0 flash-encryption decrypt app=enc/factory.bin "${key[@]}" --partition-table table.csv --out f.bin
cmp f.bin factory.bin || fail "the table of --partition-table is not taken"
cp c2.key other.key
head -c 32 /dev/urandom >other.key
expect 1 flash-encryption decrypt "${enc[@]}" --chip esp32c3 --key other.key --out-dir dec --force
says 'there is none at 0x8000'
# the whole flash at once, and taken apart again
expect 0 flash merge "${all[@]}" --out flash.bin --pad-to 0x20000
expect 0 flash-encryption encrypt 0x0=flash.bin "${key[@]}" --out flash_enc.bin
same flash_enc.bin enc/factory.bin 65536:0 32768 || fail "the application in the image of the flash is not encrypted"
same flash_enc.bin enc/bootloader.bin 0 16384 || fail "the bootloader in the image of the flash is not encrypted"
same flash_enc.bin flash.bin 0x9000 16384 || fail "NVS in the image of the flash is not plain"
expect 0 flash-encryption decrypt 0x0=flash_enc.bin "${key[@]}" --out flash_dec.bin
cmp flash_dec.bin flash.bin || fail "the image of the flash does not come back"

# layouts that are none
expect 1 flash-encryption encrypt app=factory.bin "${key[@]}" --out z.bin
says 'the partition table says what is encrypted'
expect 1 flash-encryption encrypt 0x8000=table.bin 0x10000=factory.bin 0x17000=keys.bin "${key[@]}" --out-dir enc --force
says 'overlap'
head -c 32784 /dev/urandom >long.bin
expect 2 flash-encryption encrypt 0x8000=table.bin 0x10000=long.bin "${key[@]}" --out-dir enc --force
says 'reaches beyond the partition "app"'
expect 2 flash-encryption encrypt 0x8000=table.bin none=factory.bin "${key[@]}" --out-dir enc --force
says 'there is no partition "none"'
expect 1 flash-encryption encrypt 0x8000=table.bin app=factory.bin "${key[@]}" --out z.bin
says 'more than one file does not go into --out'
mkdir sub
cp nvs.bin sub/factory.bin
expect 1 flash-encryption encrypt 0x8000=table.bin app=factory.bin nvs=sub/factory.bin "${key[@]}" --out-dir enc --force
says 'would both become'
sed 's/0x10000, 0x8000/0x10000, 0x7000/' table.csv >other.csv
expect 2 flash-encryption encrypt 0x8000=table.bin app=factory.bin "${key[@]}" --partition-table other.csv --out-dir enc
says 'is not the table that goes to 0x8000'

# escrow, for RSA and EC recipients; openssl opens it too
for kind in rsa:2048 'ec -pkeyopt ec_paramgen_curve:P-256' 'ec -pkeyopt ec_paramgen_curve:P-384'; do
    rm -f to.key to.crt esc.key esc.cms got.key
    # shellcheck disable=SC2086 # words
    openssl req -x509 -newkey $kind -nodes -keyout to.key -out to.crt -subj /CN=service -days 3 2>/dev/null
    chmod 600 to.key
    expect 0 flash-encryption keygen --chip esp32c3 --out esc.key --escrow-to to.crt --escrow-out esc.cms \
        --mac 7C:DF:A1:00:00:01
    mode esc.cms 600
    expect 0 unlock esc.cms --key to.key --out got.key --json
    jq -e '.chip == "esp32c3" and .mac == "7c:df:a1:00:00:01" and .kind == "flash_encryption" and .bits == 256 and
        .kinds == ["flash_encryption"]' out >/dev/null || fail "the JSON of unlock is wrong"
    cmp got.key esc.key || fail "$kind: another key comes back"
    mode got.key 600
    openssl cms -decrypt -inform PEM -in esc.cms -inkey to.key -binary -out esc.der ||
        fail "$kind: openssl does not open it"
    tail -c 32 esc.der | cmp - esc.key || fail "$kind: openssl finds another key"
    grep -qF "$(base64 -w0 <esc.key | cut -c1-20)" esc.cms && fail "the key stands in the file"
done
expect 2 unlock esc.cms --key to.key --out got.key
says 'got.key exists already'
expect 2 unlock esc.cms --key to.key --out got2.key --mac 7cdfa1000002
says 'esc.cms holds the keys of another device'
expect 2 unlock esc.cms --key to.key --out got2.key --kind nvs_hmac
says 'hint: --kind takes one of: flash_encryption'
expect 0 identity key --type ec:p384 --out stranger.key
expect 2 unlock esc.cms --key stranger.key --out got2.key
says 'is not wrapped for this EC P-384'
sed '10s/^./A/;11s/^./B/' esc.cms >changed.cms
expect 2 unlock changed.cms --key to.key --out got2.key
expect 2 unlock to.crt --key to.key --out got2.key
says 'to.crt is no escrow file'
[ ! -e got2.key ] || fail "a refused key is written"
expect 1 flash-encryption keygen --chip esp32c3 --out no.key --escrow-to to.crt
says 'belong together'
expect 0 identity ca --type ec:p256 --subject /CN=CA --out-key ca.key --out-cert ca.crt
expect 2 flash-encryption keygen --chip esp32c3 --out no.key --escrow-to ca.crt --escrow-out no.cms
says 'does not allow key agreement'
[ ! -e no.key ] || fail "a key without its escrow"
