#!/bin/bash
# The real ROMs against the host's flash encryption: what a ROM encrypts is what the key makes of it, another key is found
# out, and what the host encrypted is started, with every size of key that ROMs encrypt with (test_boot.sh has the ESP32).
set -euo pipefail
espseal=$BIN/espseal
work=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
umask 077
cd "$work"

fail() {
    echo "FAIL: $chip: $*"
    tail -n 30 out qemu.log 2>/dev/null
    exit 1
}
run() { # STATUS WORD...
    local want=$1 status=0
    shift
    "$espseal" "$@" >out 2>&1 || status=$?
    [ "$status" -eq "$want" ] || fail "espseal $* exits $status, not $want"
}
says() {
    grep -q -- "$1" out || fail "nobody says: $1"
}
listens() {
    grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$1") 00000000:0000 0A " /proc/net/tcp
}
power_off() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
    pid=
}
emulate() { # STRAP SERIAL
    "$qemu" -nographic -machine "$chip" -monitor none -drive file=flash,if=mtd,format=raw \
        -drive file=efuse,if=none,format=raw,id=efuse -global "driver=nvram.$chip.efuse,property=drive,value=efuse" \
        -global "driver=$chip.gpio,property=strap_mode,value=$1" -serial "$2" >qemu.log 2>&1 </dev/null &
    pid=$!
}
# in its bootloader, on the first free port of a few
power_on() {
    local attempt
    for ((attempt = 0; attempt < 8; attempt++)); do
        port=$((21000 + RANDOM % 11000))
        emulate "$download" "tcp:127.0.0.1:$port,server=on,wait=off,nodelay=on"
        while kill -0 "$pid" 2>/dev/null && ! listens "$port"; do sleep 0.05; done
        ! kill -0 "$pid" 2>/dev/null || break
        pid=
    done
    [ -n "$pid" ] || fail "the emulator does not start"
    device=(--port "socket://127.0.0.1:$port")
    [ "$chip" != esp32s3 ] || device+=(--baud 2000000) # its emulated UART is slow
}
boots() {
    local i
    power_off
    rm -f serial
    emulate "$boot" file:serial
    for ((i = 0; i < 600; i++)); do
        ! grep -qaE 'SEAL-HELLO-BOOTED|invalid header|csum err' serial 2>/dev/null || break
        sleep 0.05
    done
    power_off
    grep -qa SEAL-HELLO-BOOTED serial || fail "$1 does not boot"
}

printf 'app, app, factory, 0x10000, 0x8000,\n' >table.csv
chip=none
run 0 partition-table encode table.csv --out table.bin
tested='' count=0
# CHIP QEMU DOWNLOAD BOOT BITS BLOCK PURPOSE
while read -r chip qemu download boot bits block purpose; do
    if ! "$qemu" -machine help 2>/dev/null | grep -q "^$chip "; then
        echo "SKIP: flash encryption was not tested on the ROM of the $chip: no $qemu with that machine on PATH"
        continue
    fi
    tested=1
    head -c 1024 /dev/zero >efuse
    printf '\014' | dd of=efuse bs=1 seek=38 conv=notrunc status=none # revision 0.3
    head -c 4194304 /dev/zero | tr '\0' '\377' >flash
    rm -f ./*.key
    run 0 flash-encryption keygen --chip "$chip" --bits "$bits" --out flash.key
    run 0 flash-encryption keygen --chip "$chip" --bits "$bits" --out other.key
    hello=$SOURCE/tests/qemu/hello-$chip.bin
    size=$(stat -c %s "$hello")
    run 0 efuse burn-key "$block" --purpose "$purpose" --file flash.key --efuse-file efuse --chip "$chip" \
        --confirm burn
    run 0 efuse burn SPI_BOOT_CRYPT_CNT=1 --efuse-file efuse --chip "$chip" --confirm burn
    power_on
    run 0 flash write "0x0=$hello" 0x8000=table.bin --encrypt --key flash.key "${device[@]}"
    says 'written encrypted, as the key has it'
    run 6 flash write 0x20000=table.bin --encrypt --key other.key "${device[@]}"
    says 'this chip has another key'
    boots 'what the ROM encrypted'
    power_on
    run 5 flash write "0x0=$hello" 0x8000=table.bin --encrypt-with other.key "${device[@]}"
    says 'rule FL-KEY-DOUBT'
    run 0 flash write "0x0=$hello" 0x8000=table.bin --encrypt-with flash.key --no-diff "${device[@]}"
    says 'encrypted, written and verified'
    # the chip's table, decrypted, gives the place of the application
    run 0 flash write app="$hello" --encrypt-with flash.key "${device[@]}"
    run 0 flash read 0x10000 $(((size + 15) / 16 * 16)) --out back --force "${device[@]}"
    run 0 flash-encryption decrypt back --address 0x10000 --chip "$chip" --key flash.key --out plain --force
    cmp -n "$size" plain "$hello" || fail "the application does not come home"
    boots 'what the host encrypted'
    count=$((count + 1))
done <<'CHIPS'
esp32c3 qemu-system-riscv32 0x02 0x08 256 BLOCK_KEY0 XTS_AES_128_KEY
esp32s3 qemu-system-xtensa 0x07 0x08 256 BLOCK_KEY1 XTS_AES_128_KEY
esp32s3 qemu-system-xtensa 0x07 0x08 512 BLOCK_KEY0 XTS_AES_256_KEY
CHIPS
[ -n "$tested" ] || exit 77
echo "PASS: $count keys"
