#!/bin/bash
# `espseal flash`: places by offset and by name, differences, encryption, refusals by rule, a cable that is pulled.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
images=$SOURCE/tests/vectors/image
tables=$SOURCE/tests/vectors/partition_table
cd "$work"
port='sim:esp32c3?efuse=efuse.bin&flash=flash.bin'
# flash STATUS COMMAND WORD...
flash() {
    local want=$1 command=$2 status=0
    shift 2
    case $command in
        merge) "$espseal" flash "$command" "$@" >out 2>err || status=$? ;;
        *) "$espseal" flash "$command" --port "$port" "$@" >out 2>err || status=$? ;;
    esac
    [ "$status" -eq "$want" ] || fail "flash $command $* exits $status, not $want"
}
says() {
    grep -q "$1" out err || fail "nobody says: $1"
}
# at OFFSET FILE: flash holds it there
at() {
    cmp -n "$(stat -c %s "$2")" -i "$(($1)):0" flash.bin "$2" || fail "flash at $1 is not $2"
}
# fuse BYTE VALUE: bits of BLOCK0, as espefuse would burn them
fuse() {
    printf '%b' "\\x$2" | dd of=efuse.bin bs=1 seek="$1" conv=notrunc status=none
}

"$espseal" partition-table encode "$tables/single_app/in.csv" --out table.bin
seq 1 60000 >app.bin # compressible
head -c 50000 "$BIN/espseal-sim" >other.bin
head -c 20000 /dev/urandom >random.bin

# places and regions
flash 0 id --json
size=$(jq .size out)
[ "$size" -eq 4194304 ] || fail "flash id --json"
[ "$(jq .sfdp out)" = null ] || fail "the simulated flash tells nothing of itself, as QEMU's"
flash 0 id
says '^SFDP: none'
flash 2 write factory=app.bin
says 'no partition table'
flash 2 write 0x8000=table.bin factory=app.bin phy_init=random.bin
says 'random.bin has 20000 bytes, and phy_init has room for 4096'
flash 0 write 0x8000=table.bin factory=app.bin --json # the names of the table that comes along
[ "$(jq -r '.files[1] | .offset, .verified, .deflated, .skipped' out | paste -sd ' ')" = '65536 true true false' ] ||
    fail "flash write --json"
[ "$(jq '.files[1].sent < .files[1].length' out)" = true ] || fail "what compresses was not deflated"
at 0x8000 table.bin
at 0x10000 app.bin
flash 0 verify factory=app.bin partition-table=table.bin
flash 0 write factory=app.bin
says '0x010000 app.bin: .* bytes are there already'
flash 0 read factory 1000 --out part.bin
cmp -n 1000 part.bin app.bin || fail "reading a partition"
flash 0 read phy_init --out phy.bin
[ "$(stat -c %s phy.bin)" -eq 4096 ] || fail "reading a whole partition"
flash 0 md5 factory "$(stat -c %s app.bin)"
[ "$(cat out)" = "$(md5sum <app.bin | cut -d' ' -f1)" ] || fail "flash md5"
flash 2 md5 nothing
says 'hint: the table has nvs, phy_init, factory'
flash 1 md5 0x10000
flash 1 read nvs 0x10000 --out long.bin
flash 1 write 0x10001=app.bin
flash 1 write zero=
flash 1 write 0x1000=app.bin 0x2000=other.bin
says 'lie in the same sectors'
flash 2 write 0x3ff000=app.bin
says 'reaches beyond the end of the flash (4096 KiB)'
flash 2 write 0x20000=nowhere.bin

# differences only
cp app.bin changed.bin
printf 'X' | dd of=changed.bin bs=1 seek=100000 conv=notrunc status=none
flash 0 write factory=changed.bin --no-compress --json
[ "$(jq '.files[0].sent' out)" -eq 4096 ] || fail "more than the sector that differs was sent"
at 0x10000 changed.bin
flash 7 verify factory=app.bin
says 'app.bin: DIFFERS'
flash 0 write factory=changed.bin --no-diff --no-compress --json
[ "$(jq '.files[0].sent' out)" -eq "$(stat -c %s changed.bin)" ] || fail "--no-diff skips sectors"
flash 1 write factory=changed.bin --no-diff --diff
flash 0 write 0x100000=random.bin --json
[ "$(jq '.files[0].deflated' out)" = false ] || fail "random bytes were deflated"
at 0x100000 random.bin

# erasing
flash 0 erase phy_init
says 'were erased already'
flash 0 erase 0x100000 0x1000
[ "$(dd if=flash.bin bs=4096 skip=256 count=1 status=none | tr -d '\377' | wc -c)" -eq 0 ] || fail "it is not erased"
cmp -n 15904 -i $((0x101000)):4096 flash.bin random.bin || fail "more than that is erased"
flash 1 erase 0x100100 0x1000
flash 1 erase
flash 1 erase nvs --all
flash 0 erase --all
[ "$(tr -d '\377' <flash.bin | wc -c)" -eq 0 ] || fail "not all is erased"

# images that would not start
c3=$images/esp32c3_boot/image.bin
flash 5 write 0x0="$images/esp32s3_boot/image.bin"
says 'rule FL-WRONG-CHIP: .* is for ESP32-S3 (chip id 9), and this is an ESP32-C3'
says 'hint: nothing was written; --allow FL-WRONG-CHIP'
[ "$(tr -d '\377' <flash.bin | wc -c)" -eq 0 ] || fail "a refused image was written"
flash 0 write 0x0="$images/esp32s3_boot/image.bin" --allow FL-WRONG-CHIP
flash 1 write 0x0="$c3" --allow EVERYTHING
cp "$c3" newer.bin
printf '\017\047' | dd of=newer.bin bs=1 seek=15 conv=notrunc status=none
flash 5 write 0x0=newer.bin
says 'rule FL-REVISION: newer.bin needs revision v99.99, and this chip is v'
flash 5 write bootloader="$images/truncated/image.bin"
says 'rule FL-DAMAGED'
flash 0 write bootloader="$c3"
at 0 "$c3"

# flash settings in the header
flash 0 write bootloader="$c3" --flash-mode qio --flash-freq 80m --flash-size detect
flash 0 read 0 912 --out header.bin
"$espseal" image info header.bin >out 2>err || fail "the changed bootloader is damaged"
says '^flash  *qio, 80m, 4MB'
flash 1 write bootloader="$SOURCE/tests/vectors/image_signed/v2_real_image/signed.bin" --flash-mode dout
says 'is signed'
flash 1 write bootloader=random.bin --flash-mode dout
says 'no image'
flash 1 write 0x10000="$c3" --flash-mode dout
flash 1 write bootloader="$c3" --flash-freq 26g
flash 0 write bootloader="$c3"

# encryption
cp efuse.bin blank.bin
flash 5 write 0x20000=app.bin --encrypt
says 'rule FL-NO-KEY'
fuse 11 04 # KEY_PURPOSE_0: XTS_AES_128_KEY
head -c 32 /dev/urandom | dd of=efuse.bin bs=1 seek=112 conv=notrunc status=none
flash 0 write 0x20000=app.bin --encrypt
says 'written encrypted'
cmp -s -n 4096 -i $((0x20000)):0 flash.bin app.bin && fail "flash holds the plaintext"
cp flash.bin encrypted.bin
flash 0 write 0x20000=app.bin --encrypt --compress
cmp flash.bin encrypted.bin || fail "the same key and place gave another ciphertext"
dd if=flash.bin bs=4096 skip=32 count=4 status=none of=cipher.bin
fuse 10 04 # SPI_BOOT_CRYPT_CNT = 1
flash 5 write 0x10000="$images/esp32c3_app/image.bin"
says 'rule FL-PLAINTEXT: .* flash encryption is on'
flash 5 write 0x8000=table.bin
flash 5 write 0x8000=table.bin factory=app.bin --allow FL-WRONG-CHIP
flash 0 write 0x10000=cipher.bin # encrypted elsewhere
flash 0 write 0x8000=table.bin --encrypt
flash 0 write 0x8000=table.bin --allow FL-PLAINTEXT
cp blank.bin efuse.bin

# secure boot
signed=$SOURCE/tests/vectors/image_signed/v2_real_image/signed.bin
fuse 14 10 # SECURE_BOOT_EN
flash 5 write bootloader="$c3"
says 'rule FL-UNSIGNED'
flash 5 write 0x10000="$signed"
says 'rule FL-WRONG-KEY'
fuse 11 90 # KEY_PURPOSE_1: SECURE_BOOT_DIGEST0
"$espseal" image info "$signed" --json >out
jq -r '.signatures[0].key_digest' out | xxd -r -p | dd of=efuse.bin bs=1 seek=144 conv=notrunc status=none
flash 0 write 0x10000="$signed"
fuse 10 20 # SECURE_BOOT_KEY_REVOKE0
flash 5 write 0x10000="$signed"
says 'rule FL-WRONG-KEY'
{
    cat "$images/esp32c3_app/image.bin"
    printf '\0\0\0\0'
    head -c 64 random.bin
} >v1.bin
flash 5 write 0x10000=v1.bin
says 'rule FL-SB-V1'
flash 0 write 0x10000=v1.bin --allow FL-SB-V1
cp blank.bin efuse.bin

# secure download mode: nothing can be read back
fuse 16 20 # ENABLE_SECURITY_DOWNLOAD
flash 5 write 0x10000=app.bin
says 'hint: if that is meant: --no-verify --assume-size SIZE'
flash 0 write 0x10000=app.bin --no-verify --assume-size 4MB
says 'written, not verified'
at 0x10000 app.bin
flash 5 read 0x10000 16 --out sdm.bin
cp blank.bin efuse.bin

# one image of many
flash 1 merge bootloader="$c3" --out merged.bin
flash 0 merge 0x0="$c3" 0x8000=table.bin factory=app.bin --out merged.bin --pad-to 4MB
flash 0 erase --all
flash 0 write 0x0="$c3" 0x8000=table.bin factory=app.bin
cmp merged.bin flash.bin || fail "merged and written files differ"
flash 0 merge 0x8000=table.bin factory=app.bin --out tail.bin --start 0x8000 --fill 0
cmp -n 3072 tail.bin table.bin || fail "--start"
[ "$(dd if=tail.bin bs=4096 skip=1 count=1 status=none | tr -d '\0' | wc -c)" -eq 0 ] || fail "--fill"
flash 2 merge 0x8000=table.bin factory=app.bin --out tail.bin --start 0x8000
says 'tail.bin exists already'
flash 1 merge 0x0="$c3" 0x100=table.bin --out bad.bin
says 'overlap'
flash 2 merge 0x0="$c3" 0x10000=app.bin --out bad.bin --pad-to 64KB
flash 1 merge 0x0="$c3" --out bad.bin --flash-mode qio
flash 0 merge 0x0="$c3" --out qio.bin --flash-mode qio --chip esp32c3
"$espseal" image info qio.bin >out 2>err || fail "a merged bootloader is damaged"
says '^flash  *qio'

# a cable that is pulled at a byte: a clear message, and the same command finishes
head -c 14000 random.bin >small.bin
whole=$port
for byte in 1 30 200 500 900 1600 2500 4000 5200 7000 9000 12000 14100 14700 15000; do
    port=$whole
    flash 0 erase 0x10000 0x4000
    port="$whole&fault=cut:byte=$byte"
    flash 4 write 0x10000=small.bin
    [ "$(grep -c '^espseal: error: ' err)" -eq 1 ] || fail "byte $byte: not one error"
    grep -q '^espseal: hint: ' err || fail "byte $byte: no hint"
    port=$whole
    flash 0 write 0x10000=small.bin
    at 0x10000 small.bin
done
port="$whole&fault=flip:byte=6000"
flash 0 erase 0x10000 0x4000
flash 0 write 0x10000=small.bin
at 0x10000 small.bin
