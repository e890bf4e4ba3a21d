#!/bin/bash
# The real ROMs start what is signed and encrypted as the fuses ask, and nothing else; boot-check and the simulator say so
# beforehand, and the simulator in the ROM's own words. One row of a table is one state of fuses and flash.
set -euo pipefail
espseal=$BIN/espseal
work=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cd "$work"

fail() {
    echo "FAIL: $chip: $row: $*"
    local file
    for file in out rom.txt sim.txt check.txt qemu.log; do
        [ ! -s "$file" ] || sed "s/^/  $file: /" "$file" | tail -n 25
    done
    exit 1
}

# --- fuses and flash --------------------------------------------------------------------------------------------------

# fuses WORD...: a blank chip with these burned, "then" between operations; none: blank
fuses() {
    head -c "$fuse_bytes" /dev/zero >efuse
    chmod 600 efuse
    if [ "$chip" = esp32 ]; then
        # revision 2 in the fuses; the third bit is in a register of the chip
        set -- burn CHIP_VER_REV1 CHIP_VER_REV2 ${1:+then} "$@"
    else
        printf '\014' | dd of=efuse bs=1 seek=38 conv=notrunc status=none # revision 0.3
    fi
    [ $# = 0 ] || "$espseal" efuse "$1" --efuse-file efuse --chip "$chip" --confirm burn --allow SB-REVISION \
        --allow SB-NO-DIGEST --allow SB-DIGEST-HIDDEN --allow SB-REVOKE-LAST "${@:2}" >out 2>&1 ||
        fail "efuse $* exits $?"
}

# flash FILE: erased but for FILE where the ROM looks
flash() {
    head -c 4194304 /dev/zero | tr '\0' '\377' >flash
    dd if="$1" of=flash bs=4096 seek="$((offset / 4096))" conv=notrunc status=none
}

# flipped FILE BYTE: a copy with one bit changed; its name is on stdout
flipped() {
    local byte
    cp "$1" flipped
    byte=$(xxd -s "$2" -l 1 -p flipped)
    printf '%b' "\\x$(printf %02x $((0x$byte ^ 1)))" | dd of=flipped bs=1 seek="$2" conv=notrunc status=none
    echo flipped
}

# --- three verdicts ---------------------------------------------------------------------------------------------------

final='SEAL-HELLO-BOOTED|secure boot check fail|ets_main.c|secure boot verification failed|invalid header: |csum err|wrong chip id'

# The lines up to the one that decides; what the image itself says is not the ROM's. The emulated ESP32 resets itself once
# in a while, and begins anew.
lines() {
    tr -d '\r' <"$1" | sed 's/^rst:0x[0-9a-f]* ([A-Z_]*)/rst/' | awk -v final="$final" '$0 == "" || /SEAL-HELLO/ {next} {print} $0 ~ final {exit}'
}

rom_boots() {
    local i
    rm -f serial
    "$qemu" -nographic -machine "$chip" -monitor none -drive file=flash,if=mtd,format=raw \
        -drive file=efuse,if=none,format=raw,id=efuse -global "driver=nvram.$chip.efuse,property=drive,value=efuse" \
        -global "driver=$chip.gpio,property=strap_mode,value=$strap" -serial file:serial >qemu.log 2>&1 </dev/null &
    pid=$!
    for ((i = 0; i < 2400; i++)); do
        ! grep -qaE "($final).*"$'\r?$' serial 2>/dev/null || break
        kill -0 "$pid" 2>/dev/null || fail "the emulator ended"
        sleep 0.05
    done
    kill "$pid"
    wait "$pid" 2>/dev/null || true
    pid=
    [ "$i" -lt 2400 ] || fail "the ROM says neither that it boots nor that it does not"
    head -c 65536 serial >rom.out
    lines rom.out >rom.txt
    grep -qa SEAL-HELLO-BOOTED rom.out
}

# judged WANTED: all three agree (WANTED: boots, refuses or loops). emulator=TEXT: QEMU is known to differ, and why.
judged() {
    local rom=boots sim=boots check status=0
    rom_boots || rom=refuses
    "$BIN/espseal-sim" --chip "$chip" --boot --efuse efuse --flash flash >sim.out 2>&1 || status=$?
    [ "$status" = 0 ] || sim=refuses
    [ "$status" = 0 ] || [ "$status" = 4 ] || fail "espseal-sim exits $status: $(cat sim.out)"
    lines sim.out >sim.txt
    status=0
    "$espseal" boot-check --chip "$chip" --efuse-file efuse --flash-file flash "${revision[@]}" >check.txt 2>&1 ||
        status=$?
    check=$(sed -n 's/^\([a-z]*\): .*/\1/p' check.txt | head -1)
    [ "$check" = "$1" ] || fail "boot-check says $check, not $1"
    [ "$status" = "$([ "$check" = boots ] && echo 0 || echo 5)" ] || fail "boot-check exits $status"
    [ "$check" = boots ] || check=refuses
    [ "$sim" = "$check" ] || fail "the simulator $sim, and boot-check says $check"
    if [ -n "${emulator:-}" ]; then
        [ "$rom" != "$check" ] || fail "the emulator has learned that $emulator: take the exception out"
        echo "known: $chip: $row: QEMU $rom: $emulator"
    else
        [ "$rom" = "$check" ] || fail "the real ROM $rom, and boot-check says $check"
        cmp -s rom.txt sim.txt || fail "the simulator has other words than the ROM: $(diff rom.txt sim.txt)"
    fi
    count=$((count + 1))
}

# --- the table --------------------------------------------------------------------------------------------------------

plain_rows() {
    row='blank'; fuses; flash /dev/null; judged loops
    row='plain'; flash hello; judged boots
    row='wrong checksum'; flash "$(flipped hello 40)"; judged refuses
    row='wrong hash alone'; flash "$(flipped hello "$(($(stat -c %s hello) - 1))")"; judged boots
    row='other chip'; flash "$(flipped hello 12)"; judged refuses
    row='signed, secure boot off'; flash signed; judged boots
}

# trust WORD...: the digest of key a is burned, WORDs are burned, and then secure boot is enabled
trust() {
    fuses burn-digest --key a.pem "$@" "then" burn "$secure_boot"
}

signed_rows() {
    row='digest burned, not enabled'; fuses burn-digest --key a.pem; flash hello; judged boots
    row='signed'; trust; flash signed; judged boots
    row='unsigned'; flash hello; judged refuses
    row='wrong key'; flash other; judged refuses
    row='flipped byte of the image'; flash "$(flipped signed 60)"; judged refuses
    row='flipped byte behind the image'; flash "$(flipped signed 2000)"; judged refuses
    row='flipped byte of the signature block'; flash "$(flipped signed 5000)"; judged refuses
    row='second signature trusted'; flash both; judged boots
    row='no digest'; fuses burn "$secure_boot"; flash signed; judged refuses
    row='digest of another key'; fuses burn-digest --key b.pem "then" burn "$secure_boot"; judged refuses
}

slot_rows() {
    row='key in slot 2'; fuses burn-digest --key a.pem --slot 2 "then" burn SECURE_BOOT_EN; flash signed; judged boots
    row='key revoked'; trust "then" burn SECURE_BOOT_KEY_REVOKE0; judged refuses
    row='other key revoked'; trust "then" burn SECURE_BOOT_KEY_REVOKE1; judged boots
    row='revoked key and a good one'; trust "then" burn-digest --key b.pem --slot 1 "then" burn SECURE_BOOT_KEY_REVOKE0
    flash both; judged boots
    row='digest read-protected'; trust "then" protect --read BLOCK_KEY0; flash signed; judged refuses
}

# encrypted FILE: for where the ROM looks, with key f
encrypted() {
    "$espseal" flash-encryption encrypt "$1" --chip "$chip" --key "${2:-f.key}" --address "$offset" --pad --force \
        --out encrypted >out 2>&1 || fail "flash-encryption encrypt exits $?"
    echo encrypted
}

encrypted_rows() {
    local key=(burn-key "$key_block" --purpose "$key_purpose" --file f.key)
    [ "$chip" != esp32 ] || key=(burn FLASH_CRYPT_CONFIG=0xf "then" "${key[@]}")
    row='encrypted, counter 0'; fuses "${key[@]}"; flash "$(encrypted hello)"; judged loops
    row='encrypted, counter 1'; fuses "${key[@]}" "then" burn "$counter=1"; judged boots
    row='encrypted, counter 7'; fuses "${key[@]}" "then" burn "$counter=7"; judged boots
    row='encrypted, flipped byte'; flash "$(flipped encrypted 40)"; judged refuses
    row='encrypted with another key'; flash "$(encrypted hello g.key)"; judged loops
    row='plain under encryption'; flash hello; judged loops
    row='encrypted, counter 3'; fuses "${key[@]}" "then" burn "$counter=3"; flash "$(encrypted hello)"
    if [ "$chip" = esp32 ]; then
        judged loops
    else
        emulator='every counter but 0 turns encryption on, where the chip counts odd bits' judged loops
    fi
    row='signed and encrypted'; trust "then" "${key[@]}" "then" burn "$counter=1"
    flash "$(encrypted signed)"; judged boots
    row='unsigned and encrypted'; flash "$(encrypted hello)"; judged refuses
    row='wrong key and encrypted'; flash "$(encrypted other)"; judged refuses
    row='changed before encryption'; flash "$(encrypted "$(flipped signed 60)")"; judged refuses
}

xts256_rows() {
    (umask 077 && cat f.key g.key >long.key)
    row='XTS-AES-256'; fuses burn-key BLOCK_KEY1 --purpose XTS_AES_256_KEY --file long.key "then" burn "$counter=1"
    flash "$(encrypted hello long.key)"; judged boots
    row='XTS-AES-256, halves swapped'; (umask 077 && cat g.key f.key >swapped.key)
    flash "$(encrypted hello swapped.key)"; judged loops
}

# The emulator has no hardware for v1: it boots what boot-check and the simulator refuse.
v1_rows() {
    (umask 077 && printf 'one more key of thirty-two bytes.' | head -c 32 >v1.key)
    "$espseal" identity key --type ec:p256 --out v1.pem --force >out 2>&1 || fail "identity key exits $?"
    rm -f v1.bin
    row='v1 signed'; sign hello v1.pem v1.bin --version 1 --bootloader-key v1.key
    fuses burn-key BLOCK2 --purpose secure_boot_v1 --file v1.key "then" burn ABS_DONE_0
    offset=0; flash v1.bin; judged boots
    row='v1 with a changed digest'; flash "$(flipped v1.bin 150)"
    emulator='no digest of secure boot v1 is checked' judged refuses
    row='v1 without a digest'; offset=4096; flash hello
    emulator='no digest of secure boot v1 is checked' judged refuses
}

sign() {
    "$espseal" secure-boot sign "$1" --key "$2" --out "$3" --chip "$chip" "${@:4}" >out 2>&1 || fail "sign exits $?"
}

# chip QEMU STRAP OFFSET FUSE-BYTES
chip_rows() {
    chip=$1 qemu=$2 strap=$3 offset=$4 fuse_bytes=$5 row=making
    revision=()
    if ! "$qemu" -machine help 2>/dev/null | grep -q "^$chip "; then
        echo "SKIP: booting was not tested on the ROM of the $chip: no $qemu with that machine (Espressif's has it) on PATH"
        return
    fi
    tested=1
    cp "$SOURCE/tests/qemu/hello-$chip.bin" hello
    rm -f signed other both
    sign hello a.pem signed
    sign hello b.pem other
    sign other a.pem both --append
    if [ "$chip" = esp32 ]; then
        secure_boot=ABS_DONE_1 counter=FLASH_CRYPT_CNT key_block=BLOCK1 key_purpose=flash_encryption
        revision=(--revision 3.0)
    else
        secure_boot=SECURE_BOOT_EN counter=SPI_BOOT_CRYPT_CNT key_block=BLOCK_KEY4 key_purpose=XTS_AES_128_KEY
    fi
    plain_rows
    signed_rows
    [ "$chip" = esp32 ] || slot_rows
    encrypted_rows
    [ "$chip" != esp32s3 ] || xts256_rows
    [ "$chip" != esp32 ] || v1_rows
}

chip=all row=keys tested='' count=0
for name in a b; do
    "$espseal" identity key --type rsa:3072 --out "$name.pem" >out 2>&1 || fail "identity key exits $?"
done
(umask 077 && printf 'a key of flash encryption has 32 ' | head -c 32 >f.key && printf 'another of them, of as many bytes' | head -c 32 >g.key)
chip_rows esp32c3 qemu-system-riscv32 0x08 0 1024
chip_rows esp32s3 qemu-system-xtensa 0x08 0 1024
chip_rows esp32 qemu-system-xtensa 0x12 4096 124
[ -n "$tested" ] || exit 77
echo "PASS: $count states of fuses and flash, each judged by the real ROM, the simulator and boot-check"
